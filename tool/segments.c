/* SPDX-License-Identifier: MIT */
#include "segments.h"

#include "util.h"

#include <stdlib.h>

/*
 * Of overlapping ranges the first line owns an ID. From low to high IDs, a heap holds the lines
 * whose ranges have begun, the first one in the files on top; a line that has ended leaves the heap
 * when it comes to the top.
 */

struct heap {
        const struct range_line **lines;
        size_t count;
};

static void heap_push(struct heap *heap, const struct range_line *line)
{
        size_t i = heap->count++;

        for (; i > 0 && heap->lines[(i - 1) / 2] > line; i = (i - 1) / 2)
                heap->lines[i] = heap->lines[(i - 1) / 2];
        heap->lines[i] = line;
}

static void heap_pop(struct heap *heap)
{
        const struct range_line *const last = heap->lines[--heap->count];
        size_t i = 0, child;

        for (; (child = 2 * i + 1) < heap->count; i = child) {
                if (child + 1 < heap->count && heap->lines[child + 1] < heap->lines[child])
                        child++;
                if (last < heap->lines[child])
                        break;
                heap->lines[i] = heap->lines[child];
        }
        heap->lines[i] = last;
}

static void add(struct segments *segments, uint64_t first, uint64_t end,
                const struct range_line *line)
{
        if (segments->count > 0) {
                struct segment *const before = &segments->list[segments->count - 1];

                if (before->line == line && before->last + 1 == first) {
                        before->last = end - 1;
                        return;
                }
        }
        segments->list[segments->count++] = (struct segment){first, end - 1, line};
}

void segments_find(const struct ranges *ranges, struct segments *segments)
{
        const size_t count = ranges->owned_count;
        const struct range_line **const by_start = ranges_by_start(ranges->owned, count);
        struct heap heap = {xcalloc(count, sizeof(struct range_line *)), 0};
        uint64_t at = 0;

        /* One may begin at each start and at each end of a range. */
        *segments = (struct segments){xcalloc(2 * count, sizeof(*segments->list)), 0};
        for (size_t next = 0;;) {
                uint64_t end;

                while (heap.count > 0 && range_end(heap.lines[0]) <= at)
                        heap_pop(&heap);
                if (heap.count == 0 && next == count)
                        break;
                if (heap.count == 0)
                        at = by_start[next]->range.start;
                while (next < count && by_start[next]->range.start <= at)
                        heap_push(&heap, by_start[next++]);
                while (heap.count > 0 && range_end(heap.lines[0]) <= at)
                        heap_pop(&heap);
                if (heap.count == 0)
                        continue;
                end = range_end(heap.lines[0]);
                if (next < count && by_start[next]->range.start < end)
                        end = by_start[next]->range.start;
                add(segments, at, end, heap.lines[0]);
                at = end;
        }
        free(by_start);
        free(heap.lines);
}

size_t segments_from(const struct segments *segments, uint64_t id)
{
        size_t first = 0, end = segments->count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (segments->list[middle].last < id)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

const struct range_line *segments_line_of(const struct segments *segments, uint32_t id)
{
        const size_t i = segments_from(segments, id);

        return i < segments->count && segments->list[i].first <= id ? segments->list[i].line : NULL;
}
