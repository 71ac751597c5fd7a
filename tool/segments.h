/* SPDX-License-Identifier: MIT */
#ifndef SEGMENTS_H
#define SEGMENTS_H

#include "ranges.h"

/* Which line owns which IDs: of overlapping ranges the first line does. */

struct segment {
        uint64_t first, last;
        const struct range_line *line;
};

struct segments {
        struct segment *list; /* in ascending order */
        size_t count;
};

void segments_find(const struct ranges *ranges, struct segments *segments);

/* The index of the first segment that ends at id or behind it; count if there is none. */
size_t segments_from(const struct segments *segments, uint64_t id);

/* The line that owns an ID, or NULL. */
const struct range_line *segments_line_of(const struct segments *segments, uint32_t id);

#endif
