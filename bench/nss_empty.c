/* SPDX-License-Identifier: MIT */
/*
 * libnss_empty.so.2: a module that knows nobody and imports nothing: what any module costs.
 *
 * With -DIMPORTS, libnss_imports.so.2: the same, but it imports what libnss_subuid.so.2 does and
 * calls none of it: what it costs to bind these symbols when it is loaded.
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

#ifdef IMPORTS
#define FUNCTION _nss_imports_getpwuid_r
#else
#define FUNCTION _nss_empty_getpwuid_r
#endif

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
                memmove(buffer, memchr(buffer, errno, size), (size_t)errno);
                errno = memcmp(buffer + 1, buffer, (size_t)errno);
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
