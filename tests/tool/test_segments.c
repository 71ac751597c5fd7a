/* SPDX-License-Identifier: MIT */
#include "tool/segments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINES = 8, IDS = 24 };

static uint64_t random_state = 1;

static unsigned int random_below(unsigned int end)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned int)(random_state >> 33) % end;
}

static const struct range_line *owner_of(const struct range_line *lines, size_t count, uint64_t id)
{
        for (size_t i = 0; i < count; i++)
                if (id >= lines[i].range.start && id - lines[i].range.start < lines[i].range.count)
                        return &lines[i];
        return NULL;
}

/* Ranges at the low or at the high end of the IDs. */
static size_t random_lines(struct range_line *lines, struct range_line **owned, uint64_t low)
{
        const size_t count = random_below(LINES + 1);

        for (size_t i = 0; i < count; i++) {
                const unsigned int start = random_below(IDS);

                lines[i] = (struct range_line){.is_range = true,
                                               .range = {.start = (uint32_t)(low + start),
                                                         .count = random_below(IDS - start + 1)}};
                owned[i] = &lines[i];
        }
        /* They lie by owner, not in the order of the files. */
        for (size_t i = 0; i < count; i++) {
                const size_t j = random_below((unsigned int)count);
                struct range_line *const swapped = owned[i];

                owned[i] = owned[j];
                owned[j] = swapped;
        }
        return count;
}

static void say_which_line_owns_which_ids(void **state)
{
        (void)state;
        for (unsigned int i = 0; i < 100000; i++) {
                const uint64_t low = i % 2 ? 0 : UINT64_C(0x100000000) - IDS;
                struct range_line lines[LINES] = {{.number = 0}}, *owned[LINES] = {NULL};
                struct ranges ranges = {.owned = owned};
                struct segments segments;

                ranges.owned_count = random_lines(lines, owned, low);
                segments_find(&ranges, &segments);
                for (uint64_t id = low; id < low + IDS; id++)
                        assert_ptr_equal(segments_line_of(&segments, (uint32_t)id),
                                         owner_of(lines, ranges.owned_count, id));
                /* Neighbours have different lines. */
                for (size_t j = 0; j + 1 < segments.count; j++) {
                        const struct segment *const segment = &segments.list[j];

                        assert_true(segment->first <= segment->last &&
                                    segment->last < segment[1].first);
                        assert_true(segment->line != segment[1].line ||
                                    segment->last + 1 < segment[1].first);
                }
                free(segments.list);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(say_which_line_owns_which_ids),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
