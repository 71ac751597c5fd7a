/* SPDX-License-Identifier: MIT */
#include "ranges.h"

#include "progress.h"
#include "root.h"

#include <errno.h>
#include <stdlib.h>

/* By owner, then as in the files, where lines lie in memory. */
static int compare_lines(const void *a, const void *b)
{
        const struct range_line *const x = *(struct range_line *const *)a;
        const struct range_line *const y = *(struct range_line *const *)b;
        const int order = text_compare(range_owner(&x->range), range_owner(&y->range));

        return order ? order : (x > y) - (x < y);
}

static void read_lines(const char *path, struct ranges *ranges, size_t *room)
{
        struct text text, line;
        int r;

        progress("reading %s", path);
        r = root_read(path, &text);
        if (r == -ENOENT)
                return;
        if (r < 0)
                root_die(path, r);
        for (unsigned long number = 1; take_line(&text, &line); number++) {
                struct range_line *this;

                progress_tick(0);
                if (line.size == 0)
                        continue;
                ranges->lines = grow(ranges->lines, ranges->count, room, sizeof(*ranges->lines));
                this = &ranges->lines[ranges->count++];
                *this = (struct range_line){
                    .path = path, .number = number, .text = line.bytes, .length = line.size};
                this->is_range = subid_range_parse(line.bytes, line.size, &this->range);
        }
}

void ranges_read(enum subid_database database, struct ranges *ranges)
{
        size_t room = 0;

        *ranges = (struct ranges){.count = 0};
        for (size_t i = 0; i < SUBID_FILES; i++)
                read_lines(subid_range_paths[database][i], ranges, &room);
        ranges->owned = xcalloc(ranges->count, sizeof(struct range_line *));
        for (size_t i = 0; i < ranges->count; i++)
                if (ranges->lines[i].is_range)
                        ranges->owned[ranges->owned_count++] = &ranges->lines[i];
        qsort(ranges->owned, ranges->owned_count, sizeof(struct range_line *), compare_lines);
        for (size_t i = 1; i < ranges->owned_count; i++) {
                const struct range_line *const before = ranges->owned[i - 1];
                struct range_line *const this = ranges->owned[i];

                if (is_owned_by(&this->range, before->range.owner, before->range.owner_length))
                        this->position = before->position + before->range.count;
        }
}

/* How many ranges, by owner, stand in front of an owner's; with his own, in front of the next's. */
static size_t count_before(const struct ranges *ranges, const char *owner, size_t owner_length,
                           bool with_his_own)
{
        size_t first = 0, end = ranges->owned_count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;
                const int order = text_compare(range_owner(&ranges->owned[middle]->range),
                                               (struct text){owner, owner_length});

                if (order < 0 || (order == 0 && with_his_own))
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

size_t ranges_of(const struct ranges *ranges, const char *owner, size_t owner_length,
                 struct range_line *const **lines)
{
        const size_t first = count_before(ranges, owner, owner_length, false);

        *lines = ranges->owned + first;
        return count_before(ranges, owner, owner_length, true) - first;
}

uint64_t ranges_total(const struct ranges *ranges, const char *owner, size_t owner_length)
{
        struct range_line *const *lines;
        const size_t count = ranges_of(ranges, owner, owner_length, &lines);

        return count ? lines[count - 1]->position + lines[count - 1]->range.count : 0;
}

size_t owner_odd_byte(const char *owner, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if (owner[i] <= ' ' || owner[i] > '~')
                        return i + 1;
        return 0;
}

bool range_meets(const struct subid_range *range, uint64_t *first, uint64_t *last)
{
        const uint64_t end = subid_range_end(range);

        if (range->count == 0 || range->start > *last || end <= *first)
                return false;
        if (*first < range->start)
                *first = range->start;
        if (*last >= end)
                *last = end - 1;
        return true;
}

static int compare_starts(const void *a, const void *b)
{
        const struct range_line *const x = *(const struct range_line *const *)a;
        const struct range_line *const y = *(const struct range_line *const *)b;

        if (x->range.start != y->range.start)
                return x->range.start < y->range.start ? -1 : 1;
        return (x > y) - (x < y);
}

const struct range_line **ranges_by_start(struct range_line *const *lines, size_t count)
{
        const struct range_line **const sorted = xcalloc(count, sizeof(struct range_line *));

        for (size_t i = 0; i < count; i++)
                sorted[i] = lines[i];
        qsort(sorted, count, sizeof(struct range_line *), compare_starts);
        return sorted;
}

void ranges_each_overlap(const struct range_line *const *sorted, size_t count,
                         ranges_overlap *found, void *data)
{
        const struct range_line *furthest = NULL;

        for (size_t i = 0; i < count; i++) {
                if (sorted[i]->range.count == 0)
                        continue;
                if (furthest && sorted[i]->range.start < range_end(furthest))
                        found(sorted[i], furthest, data);
                if (!furthest || range_end(sorted[i]) > range_end(furthest))
                        furthest = sorted[i];
        }
}

char *range_span(const char *prefix, uint64_t first, uint64_t last)
{
        return first == last ? xasprintf("%s%llu", prefix, (unsigned long long)first)
                             : xasprintf("%s%llu-%s%llu", prefix, (unsigned long long)first, prefix,
                                         (unsigned long long)last);
}
