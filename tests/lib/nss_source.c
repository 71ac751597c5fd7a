/* SPDX-License-Identifier: MIT */
/*
 * A source of accounts for no_answer_changes.py, which knows what it holds: SOURCE is its name, IDs
 * begin at FIRST, MISS (and ERROR) is what it says of what it does not hold; a directory that is
 * down says UNAVAIL.
 */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>

#ifndef SOURCE
#define SOURCE house
#define FIRST 5030
#define MISS NSS_STATUS_NOTFOUND
#define ERROR ENOENT
#endif

/* Two steps, since SOURCE is a macro. */
#define JOIN(source, function) _nss_##source##_##function
#define FUNCTION_OF(source, function) JOIN(source, function)
#define FUNCTION(function) FUNCTION_OF(SOURCE, function)
#define TEXT_OF(source) #source
#define TEXT(source) TEXT_OF(source)
#define NAME TEXT(SOURCE)

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

#define USER(name, id)                                                               \
        {                                                                            \
                .pw_name = (name), .pw_passwd = "x", .pw_uid = (id), .pw_gid = (id), \
                .pw_gecos = "", .pw_dir = "/", .pw_shell = "/bin/sh"                 \
        }

NSS_DECLARE_MODULE_FUNCTIONS(SOURCE)

static struct passwd users[] = {
    USER(NAME "1", FIRST),
    USER(NAME "2", 200000 + FIRST), /* inside a range */
    USER("alice", FIRST + 5),
};
static char *alice[] = {"alice", NULL}, *first[] = {NAME "1", NULL}, *none[] = {NULL};
static struct group groups[] = {
    {.gr_name = NAME "1", .gr_passwd = "x", .gr_gid = FIRST, .gr_mem = alice},
    {.gr_name = NAME "2", .gr_passwd = "x", .gr_gid = 200000 + FIRST, .gr_mem = none},
    {.gr_name = "alice", .gr_passwd = "x", .gr_gid = FIRST + 5, .gr_mem = none},
    {.gr_name = "shared", .gr_passwd = "x", .gr_gid = 4000, .gr_mem = first},
};
static size_t next_user, next_group;

static enum nss_status missed(int *errnop)
{
        *errnop = ERROR;
        return MISS;
}

static enum nss_status end_of_list(int *errnop)
{
        *errnop = ENOENT;
        return NSS_STATUS_NOTFOUND;
}

/* By name, or by ID where there is none. */
static enum nss_status give_user(const char *name, uid_t uid, struct passwd *pwd, int *errnop)
{
        for (size_t i = 0; i < COUNT_OF(users); i++)
                if (name ? strcmp(users[i].pw_name, name) == 0 : users[i].pw_uid == uid) {
                        *pwd = users[i];
                        return NSS_STATUS_SUCCESS;
                }
        return missed(errnop);
}

static enum nss_status give_group(const char *name, gid_t gid, struct group *grp, int *errnop)
{
        for (size_t i = 0; i < COUNT_OF(groups); i++)
                if (name ? strcmp(groups[i].gr_name, name) == 0 : groups[i].gr_gid == gid) {
                        *grp = groups[i];
                        return NSS_STATUS_SUCCESS;
                }
        return missed(errnop);
}

enum nss_status FUNCTION(getpwnam_r)(const char *name, struct passwd *pwd, char *buffer,
                                     size_t size, int *errnop)
{
        (void)buffer;
        (void)size;
        return give_user(name, 0, pwd, errnop);
}

enum nss_status FUNCTION(getpwuid_r)(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                     int *errnop)
{
        (void)buffer;
        (void)size;
        return give_user(NULL, uid, pwd, errnop);
}

enum nss_status FUNCTION(setpwent)(int stay_open)
{
        (void)stay_open;
        next_user = 0;
        return NSS_STATUS_SUCCESS;
}

enum nss_status FUNCTION(endpwent)(void)
{
        return NSS_STATUS_SUCCESS;
}

enum nss_status FUNCTION(getpwent_r)(struct passwd *pwd, char *buffer, size_t size, int *errnop)
{
        (void)buffer;
        (void)size;
        if (next_user == COUNT_OF(users))
                return end_of_list(errnop);
        *pwd = users[next_user++];
        return NSS_STATUS_SUCCESS;
}

enum nss_status FUNCTION(getgrnam_r)(const char *name, struct group *grp, char *buffer, size_t size,
                                     int *errnop)
{
        (void)buffer;
        (void)size;
        return give_group(name, 0, grp, errnop);
}

enum nss_status FUNCTION(getgrgid_r)(gid_t gid, struct group *grp, char *buffer, size_t size,
                                     int *errnop)
{
        (void)buffer;
        (void)size;
        return give_group(NULL, gid, grp, errnop);
}

enum nss_status FUNCTION(setgrent)(int stay_open)
{
        (void)stay_open;
        next_group = 0;
        return NSS_STATUS_SUCCESS;
}

enum nss_status FUNCTION(endgrent)(void)
{
        return NSS_STATUS_SUCCESS;
}

enum nss_status FUNCTION(getgrent_r)(struct group *grp, char *buffer, size_t size, int *errnop)
{
        (void)buffer;
        (void)size;
        if (next_group == COUNT_OF(groups))
                return end_of_list(errnop);
        *grp = groups[next_group++];
        return NSS_STATUS_SUCCESS;
}

/* The caller has room for more groups than there are. */
enum nss_status FUNCTION(initgroups_dyn)(const char *user, gid_t group, long int *start,
                                         long int *size, gid_t **gids, long int limit, int *errnop)
{
        const long int before = *start;

        (void)group;
        (void)limit;
        for (size_t i = 0; i < COUNT_OF(groups); i++)
                for (char **member = groups[i].gr_mem; *member; member++)
                        if (strcmp(*member, user) == 0 && *start < *size)
                                (*gids)[(*start)++] = groups[i].gr_gid;
        return *start > before ? NSS_STATUS_SUCCESS : missed(errnop);
}
