/* SPDX-License-Identifier: MIT */
#ifndef INNER_NAME_H
#define INNER_NAME_H

#include "processes.h"
#include "subid_file.h"

#include <stdint.h>

/*
 * The name that a container's own /etc/passwd (/etc/group) gives an ID inside, of which at most 32
 * bytes are shown. The container is what the process sees, which runs in this user namespace. NULL
 * if it gives none, or if that cannot be known: then *why is not NULL and says why. It takes as
 * long as child.h says at most.
 */
char *inner_name(const struct process *process, const struct userns *userns,
                 enum subid_database database, uint32_t inside, text_shown *show, const char **why);

#endif
