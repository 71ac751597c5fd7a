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
 * negative errno if a file could not be read: that of openat, fstat, read or lseek, or EINVAL for
 * one that is no regular file.
 */

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

/* owner and position → id, an excluded one too. */
int subid_file_id_at(enum subid_database database, struct subid *subid);

/* id → whether a local account has it. */
int subid_file_is_account(enum subid_database database, struct subid *subid);

/* The group of a user who has none of his own: nogroup. */
#define SUBID_NO_GID 65534

/*
 * uid → all that is known of its user: owner, position and the GID, which is the subordinate GID at
 * the same position of the same owner, or SUBID_NO_GID where there is none or it is excluded. Asked
 * by_name, a UID that a local account has is not found. user and gid are undefined unless it
 * returns 1.
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
        r = subid_file_id_at(SUBID_GROUPS, user);
        if (r < 0)
                return r;
        *gid = r > 0 && !subid_excluded(user->id) ? user->id : SUBID_NO_GID;
        user->id = uid;
        return 1;
}

#endif
