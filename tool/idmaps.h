/* SPDX-License-Identifier: MIT */
#ifndef IDMAPS_H
#define IDMAPS_H

#include "nsswitch.h"
#include "subid_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * IDs that a directory's service makes up for its accounts, as its configuration says: of an
 * account that has not been asked for yet, nothing else tells. Only services that stand on a line
 * of nsswitch.conf count.
 */

struct idmap {
        const char *service;          /* as on that line */
        enum subid_database database; /* for whose IDs */
        uint64_t first, last;
        bool is_for_ranges; /* not to accounts: to subordinate IDs of them */
        const char *file;   /* that says so */
        char *whose;        /* "SSSD (domain/example.com)" */
};

struct idmaps {
        struct idmap *list;
        size_t count, room;
};

void idmaps_read(const struct nsswitch *nsswitch, struct idmaps *idmaps);

#endif
