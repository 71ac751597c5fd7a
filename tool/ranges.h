/* SPDX-License-Identifier: MIT */
#ifndef RANGES_H
#define RANGES_H

#include "subid_file.h"
#include "subid_range.h"
#include "util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The range files of a database with their lines and numbers, in memory. What is a range and what
 * is not, subid_range says.
 */

struct range_line {
        const char *path;
        unsigned long number; /* of the line, from 1 */
        const char *text;     /* not NUL-terminated */
        size_t length;        /* in bytes, without the newline */
        bool is_range;
        struct subid_range range;
        uint64_t position; /* of the range's first ID, among the IDs of its owner */
};

struct ranges {
        struct range_line *lines; /* all that are not empty, in the order of the files */
        size_t count;
        struct range_line **owned; /* the ranges, by owner, then in the order of the files */
        size_t owned_count;
};

/* Dies if a file cannot be read; one that does not exist is empty. */
void ranges_read(enum subid_database database, struct ranges *ranges);

/* The ranges of an owner: *lines and the number that is returned. */
size_t ranges_of(const struct ranges *ranges, const char *owner, size_t owner_length,
                 struct range_line *const **lines);

/* How many IDs an owner has. */
uint64_t ranges_total(const struct ranges *ranges, const char *owner, size_t owner_length);

static inline struct text range_owner(const struct subid_range *range)
{
        return (struct text){range->owner, range->owner_length};
}

/*
 * Where the first byte of an owner is that is hardly meant, a blank, a control or a non-ASCII one:
 * from 1, or 0.
 */
size_t owner_odd_byte(const char *owner, size_t length);

/* Whether a line is of this owner, which need not be NUL-terminated. */
static inline bool is_owned_by(const struct subid_range *range, const char *owner, size_t length)
{
        return range->owner_length == length && memcmp(range->owner, owner, length) == 0;
}

/* Where a range is over: behind its last ID. */
static inline uint64_t range_end(const struct range_line *line)
{
        return subid_range_end(&line->range);
}

/* Whether a range has IDs of those from *first to *last, which then are these. */
bool range_meets(const struct subid_range *range, uint64_t *first, uint64_t *last);

/* The same lines in ascending order of their first IDs; to be freed. */
const struct range_line **ranges_by_start(struct range_line *const *lines, size_t count);

/*
 * Of lines in that order, each that begins before another is over, with the one of those that ends
 * last. Empty ranges overlap nothing.
 */
typedef void ranges_overlap(const struct range_line *line, const struct range_line *furthest,
                            void *data);
void ranges_each_overlap(const struct range_line *const *sorted, size_t count,
                         ranges_overlap *found, void *data);

/* "100-199", or "100" if that is all, with a prefix in front of each number; to be freed. */
char *range_span(const char *prefix, uint64_t first, uint64_t last);

#endif
