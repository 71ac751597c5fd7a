/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "subuidctl.h"

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

static void add(struct side *side, uint64_t first, uint64_t end, const struct range_line *line)
{
        if (side->segment_count > 0) {
                struct segment *const before = &side->segments[side->segment_count - 1];

                if (before->line == line && before->last + 1 == first) {
                        before->last = end - 1;
                        return;
                }
        }
        side->segments[side->segment_count++] = (struct segment){first, end - 1, line};
}

void find_segments(struct side *side)
{
        const size_t count = side->ranges.owned_count;
        const struct range_line **const by_start = allocate(count * sizeof(struct range_line *));
        struct heap heap = {allocate(count * sizeof(struct range_line *)), 0};
        uint64_t at = 0;

        for (size_t i = 0; i < count; i++)
                by_start[i] = side->ranges.owned[i];
        qsort(by_start, count, sizeof(struct range_line *), compare_starts);
        /* One may begin at each start and at each end of a range. */
        side->segments = allocate(2 * count * sizeof(*side->segments));
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
                add(side, at, end, heap.lines[0]);
                at = end;
        }
        free(by_start);
        free(heap.lines);
}

const struct segment *segment_at(const struct side *side, uint64_t id)
{
        size_t first = 0, end = side->segment_count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (side->segments[middle].last < id)
                        first = middle + 1;
                else
                        end = middle;
        }
        return &side->segments[first];
}
