/* SPDX-License-Identifier: MIT */
#ifndef CHECKED_H
#define CHECKED_H

#include "../accounts.h"
#include "../containers.h"
#include "../nsswitch.h"
#include "../segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the parts of "subuidctl check" look at, and the parts, one for each subject. Of a cause and
 * what follows from it, they report only the cause. Below --root only what files tell is looked at.
 */

/* A database and what belongs to it. */
struct side {
        enum subid_database database;
        const char *nss; /* its name in nsswitch.conf */
        const char *ids; /* "UIDs" */
        struct ranges ranges;
        struct segments segments;
        struct accounts accounts;
        const struct side *other; /* of the other database */
        bool enabled;             /* glibc gets to "subuid" for it */
        bool *met;                /* by line, whether a source of accounts knows IDs of it */
        bool silent;              /* a service of its line did not answer */
        bool refused; /* newuidmap and getsubids refuse the first file of it as a whole */
};

/* All that the parts look at. */
struct checked {
        struct side users, groups;
        struct nsswitch nsswitch;
        struct processes processes; /* none below --root, or without /proc */
        struct containers containers;
};

static inline const struct side *side_of(const struct checked *checked,
                                         enum subid_database database)
{
        return database == SUBID_USERS ? &checked->users : &checked->groups;
}

/*
 * What to do where an owner lacks these IDs, as UIDs or as GIDs: the command, if it does that, or
 * the edit.
 */
char *advice_to_give(const struct checked *checked, const char *owner, uint64_t start,
                     uint64_t count);

/* The library and what else stands between it and a program. Returns whether it can be used. */
bool check_system(void);
void check_nsswitch(struct checked *checked); /* sets enabled */
void check_files(struct checked *checked);    /* sets refused */
void check_ranges(const struct checked *checked);
void check_import(const struct checked *checked);
void check_idmap(const struct checked *checked);
void check_group(const struct checked *checked);
void check_accounts(struct checked *checked); /* sets met, silent */
void check_kubelet(const struct checked *checked);
void check_engines(const struct checked *checked);
void check_in_use(const struct checked *checked);
void check_mail(const struct checked *checked);
void check_lookups(const struct checked *checked);

#endif
