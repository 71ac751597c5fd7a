/* SPDX-License-Identifier: MIT */
#ifndef SUBID_FILE_H
#define SUBID_FILE_H

#include "subid_range.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The questions of subid_range.h asked of the files. The range files of a database are read as one,
 * in their order; one that does not exist is empty. Each call opens a file at most once and closes
 * it again, leaves errno as it was and cannot be cancelled. Returns 1 if found, 0 if not, or a
 * negative errno if a file could not be read: that of openat, fstat or pread, EINVAL for one that
 * is no regular file, or EFBIG for one that is larger than SUBID_FILE_SIZE_MAX.
 */

/* In bytes. Known before anything is read, but for files that state no size, as those in /proc. */
#define SUBID_FILE_SIZE_MAX 67108864

enum subid_database {
        SUBID_USERS,
        SUBID_GROUPS,
};

/* The range files of a database. */
#define SUBID_FILES 2

/* Characters, not pointers, which would have to be relocated: the module has no writable data. */
typedef char subid_path[sizeof("/etc/nss-subuid/subuid")];

/* /etc/subuid and /etc/nss-subuid/subuid; /etc/subgid and /etc/nss-subuid/subgid. */
extern const subid_path subid_range_paths[2][SUBID_FILES];

/* The local accounts: /etc/passwd; /etc/group. */
extern const subid_path subid_account_paths[2];

/* id → whether it lies in a range. It is never found if it is excluded. */
int subid_file_holds(enum subid_database database, struct subid *subid);

/* id → owner and position. It is never found if it is excluded. */
int subid_file_locate(enum subid_database database, struct subid *subid);

/* id → whether a local account has it. */
int subid_file_is_account(enum subid_database database, struct subid *subid);

/* owner → the ID of the first local account that is called so. */
int subid_file_named(enum subid_database database, struct subid *account);

/* The group of a user who has none of his own: nogroup. */
#define SUBID_NO_GID 65534

/*
 * What subid_file_locate has found → the GID of that user. It is
 *  - the same number, if the first line that holds it among those of groups has the same owner and
 *    start as the UID's: the user N and the group N of one container;
 *  - else the GID at the same position, if the first line that holds it is the same owner's;
 *  - else, or if no range gives that one a name, SUBID_NO_GID.
 * It is SUBID_NO_GID too if /etc/group has it: a line such as root:44:1 lends a group of the host.
 * That file is asked only for a GID below 65536 or found by its position. Returns 1 or a negative
 * errno.
 */
int subid_file_group_of(struct subid *user, uint32_t *gid);

/*
 * uid → all that is known of its user: owner, position and GID. Asked by_name, a UID that a local
 * account has is not found. user and gid are undefined unless it returns 1.
 */
static inline int subid_file_locate_user(uint32_t uid, bool by_name, struct subid *user,
                                         uint32_t *gid)
{
        int r;

        user->id = uid;
        r = subid_file_locate(SUBID_USERS, user);
        if (r <= 0)
                return r;
        if (by_name) {
                r = subid_file_is_account(SUBID_USERS, user);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return subid_file_group_of(user, gid);
}

#endif
