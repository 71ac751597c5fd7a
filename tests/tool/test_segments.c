/* SPDX-License-Identifier: MIT */
#include "tool/check.h"
#include "tool/subuidctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINES = 8, IDS = 24 };

/* What segments.c wants of the command. */
void *allocate(size_t size)
{
        void *const memory = calloc(1, size ? size : 1);

        assert_non_null(memory);
        return memory;
}

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
                struct side side = {.ranges = {.owned = owned}};
                const struct segment *end;

                side.ranges.owned_count = random_lines(lines, owned, low);
                find_segments(&side);
                end = side.segments + side.segment_count;
                for (uint64_t id = low; id < low + IDS; id++) {
                        const struct segment *const segment = segment_at(&side, id);
                        const bool owns = segment < end && segment->first <= id;

                        assert_ptr_equal(owns ? segment->line : NULL,
                                         owner_of(lines, side.ranges.owned_count, id));
                }
                /* Neighbours have different lines. */
                for (const struct segment *s = side.segments; s + 1 < end; s++) {
                        assert_true(s->first <= s->last && s->last < s[1].first);
                        assert_true(s->line != s[1].line || s->last + 1 < s[1].first);
                }
                free(side.segments);
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
