/* SPDX-License-Identifier: MIT */
/*
 * libnss_members.so.2: a second source of groups, for tests of what stands beside "subuid" on a
 * line. It knows the group of a subordinate GID, as a directory might, with two members.
 */
#include "account_name.h"

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <string.h>

#define GROUP_NAME NAME_PREFIX "200193"
#define GROUP_GID 200193

enum nss_status _nss_members_getgrgid_r(gid_t gid, struct group *grp, char *buffer, size_t size,
                                        int *errnop);
enum nss_status _nss_members_getgrnam_r(const char *name, struct group *grp, char *buffer,
                                        size_t size, int *errnop);
enum nss_status _nss_members_initgroups_dyn(const char *user, gid_t group, long int *start,
                                            long int *size, gid_t **groups, long int limit,
                                            int *errnop);

static enum nss_status answer(int known, struct group *grp, int *errnop)
{
        static char name[] = GROUP_NAME, passwd[] = "x", alice[] = "alice", bob[] = "bob";
        static char *members[] = {alice, bob, NULL};

        if (!known) {
                *errnop = ENOENT;
                return NSS_STATUS_NOTFOUND;
        }
        *grp = (struct group){
            .gr_name = name, .gr_passwd = passwd, .gr_gid = GROUP_GID, .gr_mem = members};
        return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_members_getgrgid_r(gid_t gid, struct group *grp, char *buffer, size_t size,
                                        int *errnop)
{
        (void)buffer;
        (void)size;
        return answer(gid == GROUP_GID, grp, errnop);
}

enum nss_status _nss_members_getgrnam_r(const char *name, struct group *grp, char *buffer,
                                        size_t size, int *errnop)
{
        (void)buffer;
        (void)size;
        return answer(strcmp(name, GROUP_NAME) == 0, grp, errnop);
}

/* bob is in the group, so initgroups has something to find. */
enum nss_status _nss_members_initgroups_dyn(const char *user, gid_t group, long int *start,
                                            long int *size, gid_t **groups, long int limit,
                                            int *errnop)
{
        (void)group;
        (void)limit;
        if (strcmp(user, "bob") != 0 || *start == *size) {
                *errnop = ENOENT;
                return NSS_STATUS_NOTFOUND;
        }
        (*groups)[(*start)++] = GROUP_GID;
        return NSS_STATUS_SUCCESS;
}
