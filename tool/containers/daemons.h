/* SPDX-License-Identifier: MIT */
#ifndef CONTAINERS_DAEMONS_H
#define CONTAINERS_DAEMONS_H

#include "tool/processes.h"

/*
 * The arguments of a daemon that runs on this machine as root, in the same mount namespace as this
 * command: no container's process can give itself out as one. None (a size of 0), if there is no
 * such daemon, or processes is NULL.
 */
struct text daemon_arguments(const struct processes *processes, const char *program);

/* The value of an option, by one of its names up to a NULL; NULL if it is not among them. */
const char *option_of(struct text arguments, const char *const *names);

#endif
