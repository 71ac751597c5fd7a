/* SPDX-License-Identifier: MIT */
#ifndef RANGES_H
#define RANGES_H

#include "subid_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The range files of a database with their lines and numbers. What is a range and what is not,
 * subid_file says.
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

/* The line that owns an ID, or NULL. */
const struct range_line *ranges_line_of(const struct ranges *ranges, uint32_t id);

/* Where a range is over: behind its last ID. */
static inline uint64_t range_end(const struct range_line *line)
{
        return (uint64_t)line->range.start + line->range.count;
}

/* For qsort(3), of pointers to lines: by their first ID, then as in the files. */
static inline int compare_starts(const void *a, const void *b)
{
        const struct range_line *const x = *(const struct range_line *const *)a;
        const struct range_line *const y = *(const struct range_line *const *)b;

        if (x->range.start != y->range.start)
                return x->range.start < y->range.start ? -1 : 1;
        return (x > y) - (x < y);
}

/* "100-199", or "100" if that is all, with a prefix in front of each number; to be freed. */
char *range_span(const char *prefix, uint64_t first, uint64_t last);

/* How many IDs an owner has. */
uint64_t ranges_total(const struct ranges *ranges, const char *owner, size_t owner_length);

/* Whether the owner is the name or the number of an account; below --root of one in /etc/passwd. */
bool owner_is_account(const char *owner, size_t owner_length);

#endif
