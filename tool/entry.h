/* SPDX-License-Identifier: MIT */
#ifndef ENTRY_H
#define ENTRY_H

#include "account_name.h"
#include "subid_file.h"

#include <stdbool.h>
#include <stdint.h>

/* What the module answers for an ID: asked of its own code, so that nobody else works it out. */

struct entry {
        enum subid_database database;
        struct subid subid; /* ID, owner, position */
        uint32_t gid;       /* of a user; of a group the ID */
        bool is_account;    /* a local account has the ID, so it is not called by this name */
        char name[ACCOUNT_NAME_SIZE];
};

/* Returns false if the ID lies in no range. Dies if the files cannot be read. */
bool entry_find(enum subid_database database, uint32_t id, struct entry *entry);

#endif
