/* SPDX-License-Identifier: MIT */
#ifndef CACHES_H
#define CACHES_H

/*
 * The caches of users and groups on this machine are told to forget, as shadow's programs tell them
 * (lib/nscd.c, lib/sssd.c). One that is not there, or does not listen within two seconds, forgets
 * by itself, later.
 */
void nscd_forget(void);
void sssd_forget(void);

#endif
