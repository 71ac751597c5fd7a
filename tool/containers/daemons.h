/* SPDX-License-Identifier: MIT */
#ifndef CONTAINERS_DAEMONS_H
#define CONTAINERS_DAEMONS_H

#include "tool/processes.h"

/*
 * The value of an option, by one of its names, on the command line of a daemon that runs on this
 * machine as root, in the same mount namespace as this command: no container's process can give
 * itself out as one. NULL: there is none, or it has no such option.
 */
const char *daemon_option(const struct processes *processes, const char *program,
                          const char *const *names);

#endif
