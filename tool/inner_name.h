/* SPDX-License-Identifier: MIT */
#ifndef INNER_NAME_H
#define INNER_NAME_H

#include "processes.h"
#include "subid_file.h"

#include <stdint.h>

/*
 * The name that a container's own /etc/passwd (/etc/group) gives an ID inside, as printable ASCII
 * of at most 32 bytes, or NULL. The container is what the process sees, which runs in this user
 * namespace. It takes two seconds at most, and all calls together six.
 */
char *inner_name(const struct process *process, const struct userns *userns,
                 enum subid_database database, uint32_t inside);

#endif
