/* SPDX-License-Identifier: MIT */
#include "nss_subuid.h"

#include "subid_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(uid_t) == sizeof(uint32_t) && sizeof(gid_t) == sizeof(uint32_t),
               "IDs have 32 bits");

const char _nss_subuid_version[] = NSS_SUBUID_VERSION;

/* What a question comes to: one of these, or a negative errno if a file could not be read. */
enum {
        NOT_OURS = 0,
        ANSWERED = 1,
        TOO_SMALL = 2, /* the caller's buffer */
};

static enum nss_status status_of(int result, int *errnop)
{
        switch (result) {
        case ANSWERED:
                return NSS_STATUS_SUCCESS;
        case NOT_OURS:
                *errnop = ENOENT;
                return NSS_STATUS_NOTFOUND;
        case TOO_SMALL:
                *errnop = ERANGE;
                return NSS_STATUS_TRYAGAIN;
        case -EMFILE:
        case -ENFILE:
        case -ENOMEM:
        case -EAGAIN:
        case -EINTR:
                *errnop = -result;
                return NSS_STATUS_TRYAGAIN;
        default:
                *errnop = -result;
                return NSS_STATUS_UNAVAIL;
        }
}

/* So many bytes of an owner are shown. */
static size_t shown_length(const struct subid *subid)
{
        return subid->owner_length < ENTRY_OWNER_MAX ? subid->owner_length : ENTRY_OWNER_MAX;
}

/*
 * "subuid POSITION of OWNER"; a comma would begin the next field of a GECOS, a colon of a line.
 * Returns a pointer to its NUL.
 */
static char *format_gecos(char *gecos, const struct subid *subid)
{
        const size_t length = shown_length(subid);
        char *const p = stpcpy(decimal_format(stpcpy(gecos, "subuid "), subid->position), " of ");

        for (size_t i = 0; i < length; i++) {
                const char c = subid->owner[i];

                p[i] = c;
                if (c < ' ' || c > '~' || c == ':' || c == ',' || c == '=' || c == '"')
                        p[i] = '?';
        }
        p[length] = '\0';
        return p + length;
}

static int pack_user(uid_t uid, gid_t gid, const struct subid *subid, struct passwd *pwd,
                     char *buffer, size_t size)
{
        if (size < account_name_size(uid) + sizeof(ENTRY_PASSWD) + sizeof("subuid  of ") +
                       decimal_length(subid->position) + shown_length(subid) + sizeof(ENTRY_DIR) +
                       sizeof(ENTRY_SHELL))
                return TOO_SMALL;
        *pwd = (struct passwd){.pw_name = buffer, .pw_uid = uid, .pw_gid = gid};
        pwd->pw_passwd = account_name_format(pwd->pw_name, uid) + 1;
        pwd->pw_gecos = stpcpy(pwd->pw_passwd, ENTRY_PASSWD) + 1;
        pwd->pw_dir = format_gecos(pwd->pw_gecos, subid) + 1;
        pwd->pw_shell = stpcpy(pwd->pw_dir, ENTRY_DIR) + 1;
        stpcpy(pwd->pw_shell, ENTRY_SHELL);
        return ANSWERED;
}

static int pack_group(gid_t gid, struct group *grp, char *buffer, size_t size)
{
        /* Never written to; not in the buffer, where a pointer would have to be aligned. */
        static char *const no_members[] = {NULL};

        if (size < account_name_size(gid) + sizeof(ENTRY_PASSWD))
                return TOO_SMALL;
        *grp = (struct group){.gr_name = buffer, .gr_gid = gid, .gr_mem = (char **)no_members};
        grp->gr_passwd = account_name_format(grp->gr_name, gid) + 1;
        stpcpy(grp->gr_passwd, ENTRY_PASSWD);
        return ANSWERED;
}

/* Answers for a UID, or, by name, for one that no local account has. */
static int answer_user(uid_t uid, bool by_name, struct passwd *pwd, char *buffer, size_t size)
{
        struct subid user;
        gid_t gid = SUBID_NO_GID;
        const int r = subid_file_locate_user(uid, by_name, &user, &gid);

        return r <= 0 ? r : pack_user(uid, gid, &user, pwd, buffer, size);
}

/* Answers for a GID, or, by name, for one that no local group has. */
static int answer_group(gid_t gid, bool by_name, struct group *grp, char *buffer, size_t size)
{
        struct subid subid;
        int r;

        subid.id = gid;
        r = subid_file_holds(SUBID_GROUPS, &subid);
        if (r <= 0)
                return r;
        if (by_name) {
                r = subid_file_is_account(SUBID_GROUPS, &subid);
                if (r != 0)
                        return r < 0 ? r : NOT_OURS;
        }
        return pack_group(gid, grp, buffer, size);
}

/*
 * Makes room for more than start groups, as glibc's own services do: twice as many, but not more
 * than limit, if that is above 0. Returns false if there is no memory; then all is as it was.
 */
static bool grow_groups(long int start, long int *size, gid_t **groups, long int limit)
{
        const int saved_errno = errno;
        /* There is an array of start groups, so twice as many can be counted. */
        long int wanted = start > 0 ? 2 * start : 1;
        gid_t *grown;

        if (limit > 0 && wanted > limit)
                wanted = limit;
        grown = realloc(*groups, (size_t)wanted * sizeof(gid_t));
        errno = saved_errno;
        if (!grown)
                return false;
        *groups = grown;
        *size = wanted;
        return true;
}

/* Adds a group to those that are known, start of them, unless it is among them or would be too
 * many. */
static int add_group(gid_t gid, long int *start, long int *size, gid_t **groups, long int limit)
{
        for (long int i = 0; i < *start; i++)
                if ((*groups)[i] == gid)
                        return ANSWERED;
        if (limit > 0 && *start >= limit)
                return ANSWERED;
        if (*start >= *size && !grow_groups(*start, size, groups, limit))
                return -ENOMEM;
        (*groups)[(*start)++] = gid;
        return ANSWERED;
}

/* Finds the GID of GROUP_NAME, if it may be used: one of a range would be a container's own. */
static int find_common_group(gid_t *gid)
{
        struct subid group;
        int r;

        group.owner_length = sizeof(GROUP_NAME) - 1;
        stpcpy(group.owner, GROUP_NAME);
        r = subid_file_named(SUBID_GROUPS, &group);
        if (r <= 0 || subid_excluded(group.id))
                return r < 0 ? r : NOT_OURS;
        *gid = group.id;
        r = subid_file_holds(SUBID_GROUPS, &group);
        return r < 0 ? r : !r;
}

/* Adds that group to those of a user that getpwnam would answer. */
static int answer_groups(uid_t uid, long int *start, long int *size, gid_t **groups, long int limit)
{
        struct subid user;
        gid_t gid;
        int r = find_common_group(&gid);

        if (r <= 0)
                return r;
        user.id = uid;
        r = subid_file_holds(SUBID_USERS, &user);
        if (r <= 0)
                return r;
        r = subid_file_is_account(SUBID_USERS, &user);
        if (r != 0)
                return r < 0 ? r : NOT_OURS;
        return add_group(gid, start, size, groups, limit);
}

enum nss_status _nss_subuid_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                       int *errnop)
{
        return status_of(answer_user(uid, false, pwd, buffer, size), errnop);
}

enum nss_status _nss_subuid_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                       size_t size, int *errnop)
{
        uid_t uid;

        if (!account_name_parse(name, &uid))
                return status_of(NOT_OURS, errnop);
        return status_of(answer_user(uid, true, pwd, buffer, size), errnop);
}

enum nss_status _nss_subuid_getgrgid_r(gid_t gid, struct group *grp, char *buffer, size_t size,
                                       int *errnop)
{
        return status_of(answer_group(gid, false, grp, buffer, size), errnop);
}

enum nss_status _nss_subuid_getgrnam_r(const char *name, struct group *grp, char *buffer,
                                       size_t size, int *errnop)
{
        gid_t gid;

        if (!account_name_parse(name, &gid))
                return status_of(NOT_OURS, errnop);
        return status_of(answer_group(gid, true, grp, buffer, size), errnop);
}

enum nss_status _nss_subuid_initgroups_dyn(const char *user, gid_t group, long int *start,
                                           long int *size, gid_t **groups, long int limit,
                                           int *errnop)
{
        uid_t uid;

        (void)group;
        if (!account_name_parse(user, &uid))
                return status_of(NOT_OURS, errnop);
        return status_of(answer_groups(uid, start, size, groups, limit), errnop);
}
