/* SPDX-License-Identifier: MIT */
#ifndef SOURCES_H
#define SOURCES_H

#include "nsswitch.h"
#include "segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The accounts of the sources on a line of nsswitch.conf but files: of the running system all that
 * a service lists, and where it lists none, four IDs of a range; below --root those of files with
 * other names. A service that does not answer is given up.
 */

/* For all that the services of a command are asked, in milliseconds. */
#define SOURCES_PATIENCE_MS 5000

struct sources {
        enum subid_database database;
        const struct nsswitch *nsswitch;
        const struct segments *segments; /* accounts are told that meet these, by ID or name */
        const struct ranges *ranges;     /* four IDs are asked for of these */
        int64_t deadline;                /* on the clock of now_ms() */
        void *data;
        /* An account; file and line of one that stands in a file, else NULL and 0. */
        void (*account)(const char *source, const char *file, unsigned long line, uint32_t id,
                        const char *name, void *data);
        /* A source has been asked; that it did not answer in time. NULL: nobody wants to know. */
        void (*asked)(const char *source, void *data);
        void (*silent)(const char *source, const struct nsswitch_line *line, void *data);
};

/* Asks them all. Returns false if one has not answered or no time was left for it. */
bool sources_ask(const struct sources *sources);

/*
 * The index, among ranges.owned, of the i-th range that somebody is asked about: all, or 50 evenly
 * chosen, the first and the last among them. Returns false if there is none.
 */
enum { RANGES_ASKED = 50 };
static inline bool choose_range(const struct ranges *ranges, size_t i, size_t *range)
{
        const size_t count = ranges->owned_count;

        *range = count <= RANGES_ASKED ? i : i * (count - 1) / (RANGES_ASKED - 1);
        return i < count && i < RANGES_ASKED;
}

#endif
