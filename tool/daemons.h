/* SPDX-License-Identifier: MIT */
#ifndef DAEMONS_H
#define DAEMONS_H

#include "processes.h"

/*
 * The daemon of this name that runs on this machine as root, in the same mount namespace as this
 * command: no container's process, and no user's, can give itself out as one. NULL: there is none,
 * or processes is NULL.
 */
const struct process *daemon_find(const struct processes *processes, const char *program);

/* The same where there may be several: the one behind the last; NULL: the first. */
const struct process *daemon_next(const struct processes *processes, const char *program,
                                  const struct process *last);

/* Its arguments; none (a size of 0) if there is no such daemon. */
struct text daemon_arguments(const struct processes *processes, const char *program);

/* The value of an option, by one of its names up to a NULL; NULL if it is not among them. */
const char *option_of(struct text arguments, const char *const *names);

#endif
