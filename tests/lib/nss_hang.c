/* SPDX-License-Identifier: MIT */
/*
 * libnss_hang.so.2: a source of users that never answers, as one whose server does not. It knows no
 * groups.
 */
#include <nss.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

enum nss_status _nss_hang_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                     int *errnop);
enum nss_status _nss_hang_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                     size_t size, int *errnop);

enum nss_status _nss_hang_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                     int *errnop)
{
        (void)uid;
        (void)pwd;
        (void)buffer;
        (void)size;
        (void)errnop;
        for (;;)
                pause();
}

enum nss_status _nss_hang_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                     size_t size, int *errnop)
{
        (void)name;
        return _nss_hang_getpwuid_r(0, pwd, buffer, size, errnop);
}
