/* SPDX-License-Identifier: MIT */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A directory (SSSD, FreeIPA, LDAP), asked through libsubid and NSS; all else knows neither.
 *
 * Child processes ask: a stopped sssd hangs its caller for minutes, and a plugin of libsubid is
 * anybody's code. So an answer is to be judged by who gets it; only its size was.
 */

/* So many seconds a directory may be silent. */
#define DIRECTORY_TIMEOUT 30

struct directory_range {
        uint64_t start, count;
};

struct directory_answer {
        bool known; /* false: it is not known what the directory has */
        struct directory_range *ranges;
        size_t count;
};

/* What a directory has of an owner: user IDs, group IDs. */
struct directory_owner {
        struct directory_answer answers[2];
};

/*
 * Asks for the ranges of so many owners. Says of each question that was not answered why; after
 * one that was not answered in time no more are asked. Ends the command if there is no such plugin.
 */
void directory_ask(const char *service, const char *const *owners, size_t count,
                   struct directory_owner *answers);

/* The members of a group, followed by NULL. Dies if there is no such group. */
char **directory_members(const char *group);

#endif
