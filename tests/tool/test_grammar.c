/* SPDX-License-Identifier: MIT */
#include "subid_range.h"
#include "tool/check/grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define BYTES(literal) literal, sizeof(literal) - 1

static void names_the_fault_and_its_column(void **state)
{
        static const struct {
                const char *line;
                size_t length, column;
                const char *what;
        } cases[] = {
            {BYTES("a"), 2, "one field instead of three"},
            {BYTES("a:1"), 4, "two fields instead of three"},
            {BYTES("a:1:2:3"), 6, "more than three fields"},
            {BYTES("a:1:2:"), 6,
             "a fourth, empty field, with which shadow 4.13 and 4.17 still honour the line"},
            {BYTES(":1:2"), 1, "no owner"},
            {BYTES("a::2"), 3, "no number"},
            {BYTES("a:1: +"), 7, "no number"},
            {BYTES("a:0x:2"), 5, "no number"},
            {BYTES("a:1:65536\r"), 10, "a carriage return at the end"},
            {BYTES("a:1:65536 "), 10, "a blank in or behind a number"},
            {BYTES("a:1:65 536"), 7, "a blank in or behind a number"},
            {BYTES("a:1:2 # b"), 7, "a comment behind a range"},
            {BYTES("a:1:2#b"), 6, "a comment behind a range"},
            {BYTES("a:-1:2"), 3, "a minus sign"},
            {BYTES("a:1_000:2"), 4, "no digit"},
            {BYTES("a:089:2"), 4, "no octal digit behind a leading 0"},
            {BYTES("a:0xfg:2"), 6, "no hexadecimal digit"},
            {BYTES("a:4294967296:2"), 3, "a number beyond 4294967295"},
            {BYTES("a:1:99999999999999999999999"), 5, "a number beyond 4294967295"},
            {BYTES("a:4294967295:2"), 14,
             "IDs beyond 4294967295, of which shadow 4.13 and 4.17 honour the rest"},
            {BYTES("+a:1:2"), 1, "a sign in front, which newuidmap takes for NIS"},
            {BYTES("a\0b:1:2"), 2, "a NUL byte"},
            {BYTES(" \t"), 1, "nothing but blanks"},
            {BYTES("  # b"), 1, "a blank in front of a comment"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct explanation explanation;

                assert_true(explain_line(cases[i].line, cases[i].length, &explanation));
                assert_string_equal(explanation.what, cases[i].what);
                assert_int_equal(explanation.column, cases[i].column);
                assert_true(strlen(explanation.advice) > 0);
        }
}

static void a_line_that_is_too_long(void **state)
{
        char line[SUBID_LINE_MAX];
        struct explanation explanation;

        (void)state;
        memset(line, 'a', sizeof(line));
        memcpy(line + sizeof(line) - 4, ":1:2", 4);
        assert_false(explain_line(line + 1, sizeof(line) - 1, &explanation));
        assert_true(explain_line(line, sizeof(line), &explanation));
        assert_int_equal(explanation.column, SUBID_LINE_MAX);
}

static uint64_t random_state = 1;

static unsigned int random_below(unsigned int end)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned int)(random_state >> 33) % end;
}

/* A range of odd numbers, then up to three bytes of it changed, put in or taken out. */
static size_t random_line(char *line)
{
        static const char *const numbers[] = {"0",          "65536",      "0x10",  "0755", "+7",
                                              " 1",         "4294967295", "08",    "",     "0x",
                                              "4294967296", "00",         "0X1fF", "-1"};
        static const char bytes[] = ":::#+- \t\r\v0123456789xXafFg\0\200";
        size_t length = 0;

        for (unsigned int field = 0; field < 3; field++) {
                const char *const text =
                    field ? numbers[random_below(random_below(2) ? 7 : COUNT_OF(numbers))] : "bob";

                if (field)
                        line[length++] = ':';
                memcpy(line + length, text, strlen(text));
                length += strlen(text);
        }
        for (unsigned int changes = random_below(4); changes > 0 && length > 0; changes--) {
                const size_t at = random_below((unsigned int)length);
                const char byte = bytes[random_below(sizeof(bytes) - 1)];

                switch (random_below(3)) {
                case 0:
                        line[at] = byte;
                        break;
                case 1:
                        memmove(line + at + 1, line + at, length++ - at);
                        line[at] = byte;
                        break;
                default:
                        memmove(line + at, line + at + 1, --length - at);
                }
        }
        return length;
}

/* An explanation exists if and only if the module refuses what is neither a comment nor empty. */
static void explains_what_is_refused(void **state)
{
        unsigned int explained = 0, ranges = 0;

        (void)state;
        for (unsigned int i = 0; i < 1000000; i++) {
                struct explanation explanation;
                struct subid_range range;
                char line[64];
                const size_t length = random_line(line);
                const bool is_range = subid_range_parse(line, length, &range);

                if (length == 0 || *line == '#') {
                        assert_false(explain_line(line, length, &explanation));
                        continue;
                }
                if (explain_line(line, length, &explanation) == is_range)
                        fail_msg("\"%.*s\" is %s", (int)length, line,
                                 is_range ? "a range, and explained" : "no range, not explained");
                if (!is_range)
                        assert_true(explanation.column >= 1 && explanation.column <= length + 1);
                ranges += is_range;
                explained += !is_range;
        }
        assert_true(ranges > 100000);
        assert_true(explained > 100000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_the_fault_and_its_column),
            cmocka_unit_test(a_line_that_is_too_long),
            cmocka_unit_test(explains_what_is_refused),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
