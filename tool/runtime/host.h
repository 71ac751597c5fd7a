/* SPDX-License-Identifier: MIT */
#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <stdint.h>

/*
 * Whether systemd here would give a cgroup to a user ID. Returns NULL, or why not: cgroups are no
 * unified hierarchy; this is not the initial user namespace, whose IDs systemd means; the PID 1
 * that runs is no systemd of version 252 or later, the first that knows User= of a scope, or has
 * another /etc/nsswitch.conf; NSS does not give the ID the name that the module gives it. It may
 * hang, and NSS then knows the module alone: to be called in a child.
 */
const char *host_refuses(uint32_t uid);

#endif
