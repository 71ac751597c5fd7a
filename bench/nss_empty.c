/* SPDX-License-Identifier: MIT */
/*
 * A module that knows nobody and calls nothing: what any module costs. Three of a kind:
 *
 *   libnss_empty.so.2    imports nothing, and so does not depend on the C library either
 *   libnss_linked.so.2   imports nothing, but depends on it, as what calls anything does
 *   libnss_imports.so.2  -DIMPORTS: imports what libnss_subuid.so.2 does, and calls nothing
 */
#include "account_name.h"

#include <errno.h>
#include <fcntl.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* _nss_SERVICE_getpwuid_r, of -DSERVICE=_nss_SERVICE_. */
#define JOINED(service, function) service##function
#define JOIN(service, function) JOINED(service, function)
#define FUNCTION JOIN(SERVICE, getpwuid_r)

enum nss_status FUNCTION(uid_t uid, struct passwd *pwd, char *buffer, size_t size, int *errnop);

enum nss_status FUNCTION(uid_t uid, struct passwd *pwd, char *buffer, size_t size, int *errnop)
{
#ifdef IMPORTS
        /* This is nobody's ID. */
        if (uid == (uid_t)-1) {
                struct stat status;

                errno = openat(AT_FDCWD, buffer, O_RDONLY);
                fstat(errno, &status);
                /* 64 bits by a variable: on 32-bit ARM libgcc does it, and brings raise(3). */
                status.st_size /= uid;
                errno = (int)pread(errno, buffer, size, status.st_size);
                close(errno);
                pthread_setcancelstate(errno, errnop);
                pwd->pw_dir = memchr(buffer, errno, size);
                /* A prefix of one byte is compared without a call, here as there. */
                errno = strncmp(buffer, NAME_PREFIX, sizeof(NAME_PREFIX) - 1);
                pwd->pw_name = realloc(buffer, size);
                return NSS_STATUS_SUCCESS;
        }
#endif
        (void)uid;
        (void)pwd;
        (void)buffer;
        (void)size;
        *errnop = ENOENT;
        return NSS_STATUS_NOTFOUND;
}
