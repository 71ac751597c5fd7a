/* SPDX-License-Identifier: MIT */
#ifndef LISTING_H
#define LISTING_H

#include "child.h"
#include "segments.h"

/*
 * The accounts of one service of nsswitch.conf alone, on the running system: all that it lists, as
 * far as they meet a range. For a child: one service alone can be asked only where nobody else
 * asks.
 */

struct listing {
        enum subid_database database;
        const char *service;
        const struct segments *segments;
};

/* What is written for each account: it has an ID of a range, or is called as one. */
struct listed {
        uint32_t id;
        char name[64]; /* maybe cut; NUL-terminated */
};

/* Has this service alone asked from now on. Returns false if the C library does not take it. */
bool listing_begin(const struct listing *listing);

/* Writes an account, if it meets a range. Ends the child if it cannot. */
void listing_tell(const struct listing *listing, int to, uint32_t id, const char *name);

/* Lists; data points to a struct listing. */
child_function listing_list;

#endif
