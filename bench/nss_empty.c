/* SPDX-License-Identifier: MIT */
/* libnss_empty.so.2: a module that knows nobody and needs libc alone: what any module costs. */
#include <errno.h>
#include <nss.h>
#include <pwd.h>

enum nss_status _nss_empty_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                      int *errnop);

enum nss_status _nss_empty_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                      int *errnop)
{
        (void)uid;
        (void)pwd;
        (void)buffer;
        (void)size;
        *errnop = ENOENT;
        return NSS_STATUS_NOTFOUND;
}
