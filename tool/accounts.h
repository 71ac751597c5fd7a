/* SPDX-License-Identifier: MIT */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include "subid_file.h"
#include "subid_range.h"
#include "util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The accounts of a file of passwd(5) or group(5), as the module reads its lines. */

struct account {
        const char *name; /* not NUL-terminated */
        size_t name_length;
        uint32_t id;
        const char *path; /* of the file */
        unsigned long line;
};

struct accounts {
        struct account *by_id; /* in ascending order; those of one ID as in the file */
        struct account **by_name;
        size_t count;
};

/* Reads a file. Dies if it cannot be read; one that is not there is empty. */
void accounts_read_file(const char *path, struct accounts *accounts);

/* The same of /etc/passwd or /etc/group. */
void accounts_read(enum subid_database database, struct accounts *accounts);

/* The index of the first account with this ID or a higher one; count if there is none. */
size_t accounts_from(const struct accounts *accounts, uint64_t id);

/* The first account of the file that has this ID, or NULL. */
const struct account *accounts_with_id(const struct accounts *accounts, uint32_t id);

/* The first account of the file that has this name, or NULL. */
const struct account *accounts_named(const struct accounts *accounts, const char *name,
                                     size_t length);

/* The field of a line of these files behind so many colons; empty if there is none. */
struct text account_field(struct text line, int number);

/* Takes the next name of a list of members. Returns false if none is left. */
bool take_member(struct text *list, struct text *name);

/* Reads an owner that is a number, as shadow takes him for the account of that UID. */
bool owner_as_number(struct text owner, uint32_t *uid);

/* The account that an owner is. */
struct identity {
        bool known;
        uint32_t uid;
        struct text name;
};

/*
 * Finds the account that each owner is, by name or by number: in /etc/passwd, or, of the running
 * system, with another service of nsswitch.conf, which gets five seconds for all of them. Returns
 * false if that did not answer in time: then those that were left are not known.
 */
bool owners_identify(const struct accounts *users, const struct text *owners, size_t count,
                     struct identity *identities);

#endif
