/* SPDX-License-Identifier: MIT */
#ifndef NSS_SUBUID_H
#define NSS_SUBUID_H

#if !__has_include(<nss.h>)
#error "there is no <nss.h>: the Name Service Switch is glibc's, and musl, say, loads no modules"
#endif

#include "account_name.h"

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>

/*
 * libnss_subuid.so.2: a name for every subordinate ID.
 *
 * glibc calls these functions where a line of nsswitch.conf(5) says "subuid". Each call reads the
 * range files anew and keeps nothing: no memory, no lock, no descriptor, no writable data. So they
 * may be called from any thread, in a signal handler (but for initgroups_dyn, which may have to
 * grow the caller's array) and in the child of a fork.
 *
 * What they return, and what they store in *errnop:
 *
 *   NSS_STATUS_SUCCESS   the entry is filled in; *errnop is untouched
 *   NSS_STATUS_NOTFOUND  ENOENT: not a subordinate ID (a range file that does not exist is empty)
 *   NSS_STATUS_TRYAGAIN  ERANGE: the buffer is too small, a larger one will do;
 *                        EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR: a file could not be read just now
 *   NSS_STATUS_UNAVAIL   any other error: a file cannot be read (EINVAL: it is no regular file;
 *                        EFBIG: it is larger than 64 MiB)
 *
 * errno is unchanged but through errnop. Whatever the status, nothing outside the buffer is
 * written; every string of an entry lies in the buffer.
 */

#define NSS_SUBUID_VERSION "0.2.0"

/* With "x" and no shadow entry behind it, PAM refuses the account; "*" would let root's su in. */
#define ENTRY_PASSWD "x"
/* Not "/": sshd would read keys from /.ssh/authorized_keys. */
#define ENTRY_DIR "/nonexistent"
#define ENTRY_SHELL "/usr/sbin/nologin"
/* The group of all these users, where the administrator has made it. It opens nothing. */
#define GROUP_NAME "nss-subuid"
/* So many bytes of an owner, at most, are shown in pw_gecos. */
#define ENTRY_OWNER_MAX 64

/* All else is hidden (-fvisibility=hidden, nss_subuid.sym). */
#pragma GCC visibility push(default)

/* uid lies in a range of /etc/subuid or /etc/nss-subuid/subuid. */
enum nss_status _nss_subuid_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                       int *errnop);

/*
 * name is NAME_PREFIX and a UID in such a range that no account in /etc/passwd has: no local
 * account gets a second name. Any other name is refused without a system call.
 */
enum nss_status _nss_subuid_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                       size_t size, int *errnop);

/* The same for groups, with /etc/subgid, /etc/nss-subuid/subgid and /etc/group. */
enum nss_status _nss_subuid_getgrgid_r(gid_t gid, struct group *grp, char *buffer, size_t size,
                                       int *errnop);
enum nss_status _nss_subuid_getgrnam_r(const char *name, struct group *grp, char *buffer,
                                       size_t size, int *errnop);

/*
 * Every user whom getpwnam would answer is in one group, GROUP_NAME, if /etc/group has it and its
 * GID is neither excluded nor in a range: daemons can refuse all these users by its name. Any other
 * user: NOTFOUND. SUCCESS is also said where the GID is in the array already or limit is reached,
 * and nothing added; TRYAGAIN, ENOMEM, if the array cannot be grown.
 *
 * Without this function glibc would try to walk all groups. There is nothing to walk: setpwent,
 * getpwent and endpwent and their group twins do not exist, as millions of IDs are no list.
 */
enum nss_status _nss_subuid_initgroups_dyn(const char *user, gid_t group, long int *start,
                                           long int *size, gid_t **groups, long int limit,
                                           int *errnop);

/* NSS_SUBUID_VERSION, for subuidctl check. */
extern const char _nss_subuid_version[];

#pragma GCC visibility pop

#endif
