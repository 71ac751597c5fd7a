/* SPDX-License-Identifier: MIT */
#include "files.h"
#include "subid_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* A literal and its length, which may hold NUL bytes. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* --- the grammar ------------------------------------------------------------------------------ */

static const struct {
        const char *line;
        size_t length;
        const char *owner;
        uint32_t start, count;
} ranges[] = {
    {BYTES("containers:200000:268435456"), "containers", 200000, 268435456},
    {BYTES("1000:100000:65536"), "1000", 100000, 65536},
    {BYTES("root:1000:1"), "root", 1000, 1},
    {BYTES("a:1:0"), "a", 1, 0},
    {BYTES("a:0:1"), "a", 0, 1},
    /* bounds */
    {BYTES("a:4294967295:1"), "a", 4294967295, 1},
    {BYTES("a:4294967295:0"), "a", 4294967295, 0},
    {BYTES("a:4294967294:2"), "a", 4294967294, 2},
    {BYTES("a:0:4294967295"), "a", 0, 4294967295},
    {BYTES("a:1:4294967295"), "a", 1, 4294967295},
    {BYTES("a:2:4294967294"), "a", 2, 4294967294},
    /* bases */
    {BYTES("a:0x30D40:0X10000"), "a", 200000, 65536},
    {BYTES("a:0xabcdef:0xFf"), "a", 0xabcdef, 255},
    {BYTES("a:0x9ABCDEF:0x0123456"), "a", 0x9abcdef, 0x123456},
    {BYTES("a:0606500:0200000"), "a", 200000, 65536},
    {BYTES("a:00:00010"), "a", 0, 8},
    {BYTES("a:0x0000000000000000000000001:1"), "a", 1, 1},
    {BYTES("a:0000000000000000000000000000017:1"), "a", 15, 1},
    {BYTES("a:0xffffffff:1"), "a", 4294967295, 1},
    {BYTES("a:037777777777:1"), "a", 4294967295, 1},
    {BYTES("a:1234567890:987654321"), "a", 1234567890, 987654321},
    {BYTES("containers:010:07"), "containers", 8, 7},
    {BYTES("containers:07:010"), "containers", 7, 8},
    /* about eight bytes */
    {BYTES("a:1:2"), "a", 1, 2},
    {BYTES("a:1:23"), "a", 1, 23},
    {BYTES("a:1:234"), "a", 1, 234},
    {BYTES("a:1:2345"), "a", 1, 2345},
    {BYTES("a:12345:6"), "a", 12345, 6},
    {BYTES("a:123456:7"), "a", 123456, 7},
    {BYTES("a:1234567:8"), "a", 1234567, 8},
    /* blanks and plus signs in front of a number */
    {BYTES("a: 200000:\t65536"), "a", 200000, 65536},
    {BYTES("a: \t\v\f\r7:+8"), "a", 7, 8},
    {BYTES("a: +0x10:+010"), "a", 16, 8},
    {BYTES("a:+0:1"), "a", 0, 1},
    /* owners are text */
    {BYTES(" a b :1:2"), " a b ", 1, 2},
    {BYTES("\xff\x80\x01:1:2"), "\xff\x80\x01", 1, 2},
    {BYTES("a#+-:1:2"), "a#+-", 1, 2},
    {BYTES(" #a:1:2"), " #a", 1, 2},
    {BYTES(" +a:1:2"), " +a", 1, 2},
    {BYTES("\r:1:2"), "\r", 1, 2},
    {BYTES("EXAMPLE\\user:1:2"), "EXAMPLE\\user", 1, 2},
    {BYTES("%sd-admins:1:2"), "%sd-admins", 1, 2},
};

static const struct {
        const char *line;
        size_t length;
} no_ranges[] = {
    {BYTES("")},
    {BYTES(" ")},
    {BYTES("a")},
    {BYTES(":")},
    {BYTES("::")},
    {BYTES(":::")},
    /* fields: three, none empty */
    {BYTES("a:1")},
    {BYTES("a:1:")},
    {BYTES("a::1")},
    {BYTES(":1:1")},
    {BYTES("a:1:1:")},
    {BYTES("a:1:1:1")},
    {BYTES("a:1:1:b")},
    {BYTES("a: :1")},
    {BYTES("a:1: ")},
    /* first characters */
    {BYTES("#a:1:1")},
    {BYTES("+a:1:1")},
    {BYTES("-a:1:1")},
    {BYTES("+:1:1")},
    /* nothing behind a number */
    {BYTES("a:1:1\r")},
    {BYTES("a:1:1 ")},
    {BYTES("a:1 :1")},
    {BYTES("a:1:1k")},
    {BYTES("a:1:1#")},
    {BYTES("a:1.0:1")},
    {BYTES("a:1,000:1")},
    {BYTES("a:1/:1")},
    {BYTES("a:\b1:1")},
    {BYTES("a:\x0e"
           "1:1")},
    {BYTES("a:!1:1")},
    {BYTES("a:\x1f"
           "1:1")},
    {BYTES("a:1:1;")},
    /* signs */
    {BYTES("a:-1:1")},
    {BYTES("a:1:-1")},
    {BYTES("a:-0:1")},
    {BYTES("a:1:-0")},
    {BYTES("a:-18446744073709551615:1")},
    {BYTES("a:+ 1:1")},
    {BYTES("a:++1:1")},
    {BYTES("a:+-1:1")},
    {BYTES("a:+:1")},
    {BYTES("a: +:1")},
    {BYTES("a:1+:1")},
    /* digits of the base */
    {BYTES("a:08:1")},
    {BYTES("a:0x:1")},
    {BYTES("a:1:0x")},
    {BYTES("a:0xg:1")},
    {BYTES("a:0x1G:1")},
    {BYTES("a:0x@:1")},
    {BYTES("a:0x`:1")},
    {BYTES("a:0x 1:1")},
    {BYTES("a:0x+1:1")},
    {BYTES("a:0x-1:1")},
    {BYTES("a:00x1:1")},
    {BYTES("a:0b1:1")},
    {BYTES("a:0o1:1")},
    {BYTES("a:0y1:1")},
    {BYTES("a:0Y1:1")},
    {BYTES("a:0w1:1")},
    {BYTES("a:0W1:1")},
    {BYTES("a:1a:1")},
    {BYTES("containers:08:1")},
    {BYTES("containers:1:09")},
    {BYTES("containers:/99999999:5")},
    {BYTES("containers:5:/99999999")},
    {BYTES("containers:100+5")},
    {BYTES("containers:100/5")},
    {BYTES("containers:100a5")},
    {BYTES("a:a:1")},
    {BYTES("a:x10:1")},
    {BYTES("a:1e5:1")},
    /* bounds */
    {BYTES("a:4294967296:1")},
    {BYTES("a:4294967296:0")},
    {BYTES("a:0:4294967296")},
    {BYTES("a:1:4294967296")},
    {BYTES("a:2:4294967295")},
    {BYTES("a:4294967295:2")},
    {BYTES("a:0x100000000:1")},
    {BYTES("a:040000000000:1")},
    {BYTES("a:18446744073709551616:1")},
    {BYTES("a:18446744073709551617:1")},
    {BYTES("a:1:18446744073709551617")},
    {BYTES("a:99999999999999999999999999999999:1")},
    {BYTES("a:0x10000000000000001:1")},
    {BYTES("a:02000000000000000000001:1")},
    /* NUL bytes */
    {BYTES("\0a:1:1")},
    {BYTES("a\0:1:1")},
    {BYTES("a\0b:1:1")},
    {BYTES("a:\0001:1")},
    {BYTES("a:1\0:1")},
    {BYTES("a:1:1\0")},
    {BYTES("a:1:\0001")},
    {BYTES("\0")},
    /* numbers at the beginning of a line */
    {BYTES("12345678")},
    {BYTES("1234567890")},
    {BYTES("12345678:1")},
    {BYTES("1:12345678")},
    {BYTES("12345678:12345678")},
    {BYTES(":12345678:1")},
    {BYTES(":1:12345678")},
};

static void parses_ranges(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ranges); i++) {
                struct subid_range range;

                if (!subid_range_parse(ranges[i].line, ranges[i].length, &range))
                        fail_msg("\"%s\" is no range", ranges[i].line);
                if (range.start != ranges[i].start || range.count != ranges[i].count)
                        fail_msg("\"%s\" is read as %u:%u", ranges[i].line,
                                 (unsigned int)range.start, (unsigned int)range.count);
                assert_ptr_equal(range.owner, ranges[i].line);
                assert_int_equal(range.owner_length, strlen(ranges[i].owner));
                assert_memory_equal(range.owner, ranges[i].owner, range.owner_length);
        }
}

static void parses_no_ranges(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(no_ranges); i++) {
                struct subid_range range;

                if (subid_range_parse(no_ranges[i].line, no_ranges[i].length, &range))
                        fail_msg("\"%s\" (case %zu) is a range", no_ranges[i].line, i);
        }
}

/* Each line at the end of an allocation, so that valgrind and ASan see a byte read beyond it. */
static void parses_every_prefix(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ranges); i++)
                for (size_t length = 0; length <= ranges[i].length; length++) {
                        char *room = malloc(1 + length);
                        struct subid_range range;

                        assert_non_null(room);
                        memcpy(room + 1, ranges[i].line, length);
                        subid_range_parse(room + 1, length, &range);
                        free(room);
                }
}

static void takes_lines_below_1024_bytes(void **state)
{
        char line[2048];
        struct subid_range range;

        (void)state;
        memset(line, 'o', sizeof(line));
        for (size_t length = 1000; length < 1100; length++) {
                memset(line, 'o', length);
                memcpy(line + length - 4, ":7:8", 4);
                assert_int_equal(subid_range_parse(line, length, &range), length < 1024);
        }
        assert_int_equal(range.start, 7);
        assert_int_equal(range.owner_length, 1019);
        /* the same with a number of many digits */
        for (size_t length = 1000; length < 1100; length++) {
                memset(line, '0', length);
                memcpy(line, "a:7:", 4);
                line[length - 1] = '5';
                assert_int_equal(subid_range_parse(line, length, &range), length < 1024);
        }
        assert_int_equal(range.count, 5);
}

/* A million short lines of what matters, against strtoul and strsep, which shadow uses. */
static bool shadow_parses(const char *line, struct subid_range *range)
{
        char copy[128], *rest = copy, *fields[3], *end;
        unsigned long long numbers[2];

        if (*line == '#' || *line == '+' || *line == '-')
                return false;
        strcpy(copy, line);
        for (int i = 0; i < 3; i++) {
                fields[i] = strsep(&rest, ":");
                if (!fields[i] || !*fields[i])
                        return false;
        }
        if (rest)
                return false;
        for (int i = 0; i < 2; i++) {
                const char *field = fields[i + 1];

                if (strchr(field, '-'))
                        return false;
                errno = 0;
                numbers[i] = strtoull(field, &end, 0);
                if (end == field || *end || errno)
                        return false;
        }
        if (numbers[0] > UINT32_MAX || numbers[1] > UINT32_MAX ||
            numbers[0] + numbers[1] > UINT64_C(4294967296))
                return false;
        range->start = (uint32_t)numbers[0];
        range->count = (uint32_t)numbers[1];
        range->owner_length = strlen(fields[0]);
        return true;
}

static void parses_as_strtoul_does(void **state)
{
        static const char *const tokens[] = {
            "0",          "0",          "1",          "7",          "8",  "9", "12",
            "4294967295", "4294967296", "429496729",  "0x",         "0X", "f", "F",
            "g",          "a",          " ",          "\t",         "\r", "+", "-",
            "#",          "00",         "4294967294", "3777777777",
        };
        unsigned int seed = 1;
        int found = 0;

        (void)state;
        for (int round = 0; round < 1000000; round++) {
                char line[128] = "";
                struct subid_range range, expected;
                bool got, wanted;

                for (int field = 0; field < 3; field++) {
                        int wanted_tokens;

                        seed = seed * 1103515245 + 12345;
                        wanted_tokens = (int)(seed >> 16) % 4;
                        for (int i = 0; i < wanted_tokens; i++) {
                                seed = seed * 1103515245 + 12345;
                                strcat(line, tokens[(seed >> 16) % COUNT_OF(tokens)]);
                        }
                        /* now and then a separator too few or too many */
                        seed = seed * 1103515245 + 12345;
                        if (((seed >> 16) % 50 == 0) == (field == 2))
                                strcat(line, ":");
                }
                got = subid_range_parse(line, strlen(line), &range);
                wanted = shadow_parses(line, &expected);
                if (got != wanted ||
                    (got && (range.start != expected.start || range.count != expected.count ||
                             range.owner_length != expected.owner_length)))
                        fail_msg("\"%s\": %d, strtoul: %d", line, got, wanted);
                found += got;
        }
        assert_in_range(found, 10000, 900000);
}

/* --- questions asked of bytes ----------------------------------------------------------------- */

static bool find_owner(const char *text, struct subid *subid)
{
        return subid_find_owner(text, text + strlen(text), subid);
}

static void expect_owner(const char *text, uint32_t id, const char *owner)
{
        struct subid subid = {.id = id};
        const bool found = find_owner(text, &subid);

        if (found != (owner != NULL))
                fail_msg("%u in \"%s\": %s", (unsigned int)id, text, found ? "found" : "not found");
        if (!owner)
                return;
        assert_int_equal(subid.owner_length, strlen(owner));
        assert_memory_equal(subid.owner, owner, subid.owner_length);
}

static void finds_owners(void **state)
{
        (void)state;
        expect_owner("", 1, NULL);
        expect_owner("\n", 1, NULL);
        expect_owner("a:10:2\n", 9, NULL);
        expect_owner("a:10:2\n", 10, "a");
        expect_owner("a:10:2\n", 11, "a");
        expect_owner("a:10:2\n", 12, NULL);
        expect_owner("a:10:0\n", 10, NULL);
        expect_owner("a:10:0\nb:10:1\n", 10, "b");
        expect_owner("a:10:2\nb:12:2\n", 12, "b");
        expect_owner("a:4294967290:6\n", 4294967290, "a");
        expect_owner("a:4294967290:6\n", 4294967295, "a");
        expect_owner("a:4294967290:6\n", 0, NULL);
        expect_owner("a:0:4294967295\n", 4294967294, "a");
        expect_owner("a:0:4294967295\n", 4294967295, NULL);
        /* a bad line never hides a good one */
        expect_owner("#a:10:2\n\n:\na:10\nb:10:2\n", 10, "b");
        /* overlaps: the first line that holds it */
        expect_owner("a:10:10\nb:15:10\n", 15, "a");
        expect_owner("a:10:10\nb:15:10\n", 20, "b");
        expect_owner("b:15:10\na:10:10\n", 15, "b");
        expect_owner("b:15:10\na:10:10\n", 14, "a");
        expect_owner("0:10:1\nroot:10:1\n", 10, "0");
        /* only newlines are passed over, and all of them */
        expect_owner("\n\n\ta:10:1\n", 10, "\ta");
        expect_owner("\n\n\va:10:1\n", 10, "\va");
        expect_owner("\n\n\n\n\n\n\n\n\n\na:10:1\n", 10, "a");
        expect_owner("\n\n\n\n\n\n\na:10:1\n", 10, "a");
        expect_owner("\n\n\n\n\n\n\n\n", 10, NULL);
}

/* Of most starts of ten bytes not the number is looked at, but how it is written. */
static void finds_owners_by_starts_of_ten_bytes(void **state)
{
        (void)state;
        expect_owner("a:1000000000:5\n", 999999999, NULL);
        expect_owner("a:1000000000:5\n", 1000000000, "a");
        expect_owner("a:1000000000:5\n", 1000000004, "a");
        expect_owner("a:1000000000:5\n", 1000000005, NULL);
        expect_owner("a:1000000000:5\n", 4294967294, NULL);
        expect_owner("a:1999999999:5\n", 2000000003, "a");
        expect_owner("a:1999999999:5\n", 2000000004, NULL);
        expect_owner("a:4290000000:999999\n", 4290999998, "a");
        expect_owner("a:4290000000:999999\n", 4290999999, NULL);
        expect_owner("a:4290000000:1000000\n", 4290999999, "a");
        expect_owner("a:4290000000:1000000\n", 4291000000, NULL);
        expect_owner("a:4292999999:999999\n", 4293995706, "a");
        expect_owner("a:4292999999:999999\n", 4293999997, "a");
        expect_owner("a:4290000000:4967295\n", 4294967294, "a");
        expect_owner("a:4290000000:0999999\n", 4290000001, NULL);
        expect_owner("a:4290000000:0777777\n", 4290262142, "a");
        expect_owner("a:4290000000:0777777\n", 4290262143, NULL);
        /* other numbers of ten bytes */
        expect_owner("a:0x12345678:5\n", 0x12345678, "a");
        expect_owner("a:0123456712:5\n", 0123456712, "a");
        expect_owner("a: 123456789:5\n", 123456789, "a");
        expect_owner("a:+123456789:5\n", 123456789, "a");
        expect_owner("a:0000000000:5\n", 4, "a");
        /* ten bytes between colons of two lines */
        expect_owner("a:1:5\nabc:0100:9\n", 64, "abc");
        expect_owner("a:1:9\n:b:0100:9\nabc:0101:9\n", 65, "abc");
        expect_owner(":12345:789:9\na:7:3\n", 7, "a");
}

/* A line of an owner of up to 20 bytes and two numbers, of digits for the most part. */
static void random_line(char *line, unsigned int *seed)
{
        static const char *const pieces[] = {
            "0",  "1", "9", "42", "65536", "4294967295", "4294967296", "12345678", "123456789",
            "0x", " ", "+", ":",  "a",     "-",          "\x80",       "\xb5",     "\xb5"};
        size_t length;

        *line = '\0';
        *seed = *seed * 1103515245 + 12345;
        length = 1 + (*seed >> 16) % 20;
        memset(line, 'a' + (int)(*seed >> 24) % 2, length);
        line[length] = '\0';
        for (int field = 0; field < 2; field++) {
                unsigned int count;

                strcat(line, ":");
                *seed = *seed * 1103515245 + 12345;
                count = 1 + (*seed >> 16) % 3;
                while (count-- > 0) {
                        *seed = *seed * 1103515245 + 12345;
                        strcat(line,
                               pieces[(*seed >> 16) % ((*seed >> 28) % 4 ? 9 : COUNT_OF(pieces))]);
                }
        }
}

/* Plain numbers are read fast, eight digits at once; that has to be what the grammar says. */
static void finds_what_the_grammar_says(void **state)
{
        unsigned int seed = 7;
        int held = 0, fast = 0;

        (void)state;
        for (int round = 0; round < 1000000; round++) {
                char line[128];
                struct subid_range range = {0};
                uint32_t ids[6];
                struct subid subid;
                size_t length;
                bool valid;

                random_line(line, &seed);
                length = strlen(line);
                valid = subid_range_parse(line, length, &range);
                line[length] = '\n';
                seed = seed * 1103515245 + 12345;
                ids[0] = range.start;
                ids[1] = range.start - 1;
                ids[2] = range.start + range.count - 1;
                ids[3] = range.start + range.count;
                ids[4] = seed;
                ids[5] = 42;
                for (size_t i = 0; i < COUNT_OF(ids); i++) {
                        const bool wanted =
                            valid && ids[i] >= range.start && ids[i] - range.start < range.count;

                        subid.id = ids[i];
                        if (subid_find_owner(line, line + length + 1, &subid) != wanted)
                                fail_msg("%u in %.*s: %d", (unsigned int)ids[i], (int)length, line,
                                         !wanted);
                        if (!wanted)
                                continue;
                        held++;
                        assert_int_equal(subid.owner_length, range.owner_length);
                        subid.passed = 0;
                        assert_true(subid_find_position(line, line + length + 1, &subid));
                        assert_int_equal(subid.position, ids[i] - range.start);
                        subid.passed = 0;
                        subid.id = 0;
                        assert_true(subid_find_id(line, line + length + 1, &subid));
                        assert_int_equal(subid.id, ids[i]);
                }
                /* whatever the line is, to an owner whose name it begins with */
                subid.owner_length = strcspn(line, ":");
                memcpy(subid.owner, line, subid.owner_length);
                subid.position = valid && range.count > 0 ? range.count - 1 : 0;
                subid.passed = 0;
                assert_int_equal(subid_find_id(line, line + length + 1, &subid),
                                 valid && range.count > 0);
                subid.owner_length--;
                subid.position = subid.passed = 0;
                assert_false(subid_find_id(line, line + length + 1, &subid));
                fast += valid && range.count > 0;
        }
        assert_in_range(held, 100000, 3000000);
        assert_in_range(fast, 100000, 900000);
}

/* A line as an allocation of its own, its newline behind it. */
static char *copy_line(const char *line, size_t length)
{
        char *const copy = malloc(length + 1);

        assert_non_null(copy);
        memcpy(copy, line, length);
        copy[length] = '\n';
        return copy;
}

/* Of each line of the grammar, what is no range holds no ID, even to an owner it begins with. */
static void finds_just_what_it_parses(void **state)
{
        struct subid subid;

        (void)state;
        for (size_t i = 0; i < COUNT_OF(ranges); i++) {
                char *const line = copy_line(ranges[i].line, ranges[i].length);
                const char *const end = line + ranges[i].length + 1;
                const bool any = ranges[i].count > 0;

                subid.id = ranges[i].start;
                assert_int_equal(subid_find_owner(line, end, &subid), any);
                subid.id = ranges[i].start - 1;
                assert_false(subid_find_owner(line, end, &subid));
                subid.id = ranges[i].start + ranges[i].count;
                assert_false(subid_find_owner(line, end, &subid));
                subid.owner_length = strlen(ranges[i].owner);
                memcpy(subid.owner, ranges[i].owner, subid.owner_length);
                subid.position = ranges[i].count - 1;
                subid.passed = 0;
                assert_int_equal(subid_find_id(line, end, &subid), any);
                if (any)
                        assert_int_equal(subid.id, ranges[i].start + ranges[i].count - 1);
                /* nor is it asked for an owner that is longer than the line */
                memset(subid.owner, 'o', sizeof(subid.owner));
                for (subid.owner_length = ranges[i].length - 1; subid.owner_length < 64;
                     subid.owner_length++)
                        assert_false(subid_find_id(line, end, &subid));
                free(line);
        }
        for (size_t i = 0; i < COUNT_OF(no_ranges); i++) {
                static const uint32_t ids[] = {0, 1, 2, 8, 10, 12345678, 1234567890, 4294967295};
                char *const line = copy_line(no_ranges[i].line, no_ranges[i].length);
                const char *const end = line + no_ranges[i].length + 1;
                const char *const colon = memchr(line, ':', no_ranges[i].length);

                for (size_t j = 0; j < COUNT_OF(ids); j++) {
                        subid.id = ids[j];
                        assert_false(subid_find_owner(line, end, &subid));
                }
                if (colon && colon > line) {
                        subid.owner_length = (size_t)(colon - line);
                        memcpy(subid.owner, line, subid.owner_length);
                        subid.position = subid.passed = 0;
                        /* no first characters and no NUL bytes: no owner has them */
                        if (!strchr("#+-", *line) && !memchr(line, '\0', subid.owner_length))
                                assert_false(subid_find_id(line, end, &subid));
                }
                free(line);
        }
}

/*
 * Nearly all lines are plain: their numbers are read at once, and one search finds their end. This
 * is what a lookup in a large file costs, so any plain line has to be read so.
 */
static void reads_plain_lines_with_one_search(void **state)
{
        static const char *const numbers[] = {
            "9",       "10",       "90",        "987",      "1000",       "90909",    "123456",
            "1234567", "12345678", "909090909", "99999999", "1987654321", "98765432", "1012345678",
        };
        /* the shortest owner whose lines are read so, whatever the numbers are */
        struct subid subid = {.owner = "owners", .owner_length = 6};
        char line[64];

        (void)state;
        for (size_t i = 0; i < COUNT_OF(numbers); i++)
                for (size_t j = 0; j < COUNT_OF(numbers); j++) {
                        const int length =
                            snprintf(line, sizeof(line), "owners:%s:%s\n", numbers[i], numbers[j]);

                        /* IDs above and below the range; its owner's position behind it, and in it
                         */
                        for (int question = 0; question < 4; question++) {
                                files_clear();
                                subid.id = question == 0 ? 4294967294 : 8;
                                subid.passed = 0;
                                subid.position = question == 2 ? 4294967294 : 0;
                                if (question < 2)
                                        assert_false(subid_find_owner(line, line + length, &subid));
                                else
                                        assert_int_equal(subid_find_id(line, line + length, &subid),
                                                         question == 3);
                                if (files_searches() != 1)
                                        fail_msg("%s takes %d searches", line, files_searches());
                        }
                }
}

static void reads_the_bounds_with_one_search(void **state)
{
        static const struct {
                const char *line;
                uint32_t id;
        } cases[] = {
            {"owners:0:7\n", 7},
            {"owners:7:0\n", 7},
            {"owners:7:0\n", 6},
            {"owners:8:9\n", 7},
            {"owners:4294967290:4\n", 4294967294},
            {"owners:4294967295:1\n", 4294967294},
            {"owners:1:4294967295\n", 0},
            {"\nowners:1:4294967295\n\n\n", 0},
        };
        struct subid subid = {.owner = "owners", .owner_length = 6};

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const char *const line = cases[i].line, *const end = line + strlen(line);

                subid.id = cases[i].id;
                files_clear();
                assert_false(subid_find_owner(line, end, &subid));
                assert_int_equal(files_searches(), 1);
                subid.position = UINT32_MAX;
                subid.passed = 0;
                files_clear();
                assert_false(subid_find_id(line, end, &subid));
                assert_int_equal(files_searches(), 1);
        }
}

/* The lines of the text that are ranges, at most ROWS_MAX of them. */
enum { ROWS_MAX = 16 };

static size_t read_rows(const char *text, const char *end, struct subid_range *rows)
{
        size_t count = 0;

        for (const char *newline; text < end; text = newline + 1) {
                newline = memchr(text, '\n', (size_t)(end - text));
                count += subid_range_parse(text, (size_t)(newline - text), &rows[count]);
        }
        return count;
}

static bool is_of(const struct subid_range *row, const struct subid *subid)
{
        return row->owner_length == subid->owner_length &&
               memcmp(row->owner, subid->owner, row->owner_length) == 0;
}

/* Asks for the first or the last ID of a row: its owner, its position, and back. */
static void ask_for_row(const char *text, const char *end, const struct subid_range *rows,
                        size_t count, size_t which, bool last)
{
        struct subid subid = {.id = rows[which].start + (last ? rows[which].count - 1 : 0)};
        uint64_t position = 0;
        size_t first = 0;

        while (!subid_range_holds(&rows[first], subid.id))
                first++;
        assert_true(subid_find_owner(text, end, &subid));
        assert_true(is_of(&rows[first], &subid));
        for (size_t i = 0; i < first; i++)
                position += is_of(&rows[i], &subid) ? rows[i].count : 0;
        position += subid.id - rows[first].start;
        assert_true(subid_find_position(text, end, &subid));
        assert_true(subid.position == position);
        subid.passed = 0;
        assert_true(subid_find_id(text, end, &subid));
        subid.position = UINT64_MAX;
        subid.passed = position = 0;
        for (size_t i = 0; i < count; i++)
                position += is_of(&rows[i], &subid) ? rows[i].count : 0;
        assert_false(subid_find_id(text, end, &subid));
        assert_true(subid.passed == position);
}

/* Lines that are not looked at are no other ones than those of other ranges and owners. */
static void finds_lines_among_others(void **state)
{
        unsigned int seed = 3;
        int asked = 0;

        (void)state;
        for (int round = 0; round < 30000; round++) {
                char lines[ROWS_MAX * 128] = "", *text;
                struct subid_range rows[ROWS_MAX];
                size_t length, count;

                for (int i = 0; i < ROWS_MAX; i++) {
                        char line[128] = "";

                        seed = seed * 1103515245 + 12345;
                        if ((seed >> 16) % 4)
                                random_line(line, &seed);
                        /* owners of a few lengths */
                        strcat(lines, line + strspn(line, "ab") / ((seed >> 18) % 4 + 1));
                        strcat(lines, "\n");
                }
                length = strlen(lines);
                text = malloc(length);
                assert_non_null(text);
                memcpy(text, lines, length);
                count = read_rows(text, text + length, rows);
                for (size_t i = 0; i < 2 * count; i++)
                        if (rows[i / 2].count > 0) {
                                ask_for_row(text, text + length, rows, count, i / 2, i % 2);
                                asked++;
                        }
                free(text);
        }
        assert_in_range(asked, 50000, 1000000);
}

static void expect_position(const char *text, uint32_t id, uint64_t position)
{
        struct subid subid = {.id = id};

        assert_true(find_owner(text, &subid));
        if (!subid_find_position(text, text + strlen(text), &subid) || subid.position != position)
                fail_msg("%u in \"%s\" has position %llu", (unsigned int)id, text,
                         (unsigned long long)subid.position);
        /* and back, where no earlier line of the same owner holds the same ID */
        subid.id = 0;
        subid.passed = 0;
        assert_true(subid_find_id(text, text + strlen(text), &subid));
        assert_int_equal(subid.id, id);
}

static void finds_positions(void **state)
{
        (void)state;
        expect_position("a:10:2\n", 10, 0);
        expect_position("a:10:2\n", 11, 1);
        expect_position("a:10:2\na:30:5\n", 30, 2);
        expect_position("a:30:5\na:10:2\n", 11, 6);
        expect_position("a:10:2\nb:50:9\na:30:5\n", 34, 6);
        expect_position("a:10:2\nb:50:9\na:30:5\n", 58, 8);
        expect_position("a:10:0\na:30:5\n", 30, 0);
        expect_position("a:10:2\n#a:1:9\na:20:5:\na:30:5\n", 30, 2);
        expect_position("aa:10:2\na:30:5\n", 30, 0);
        expect_position("a:30:5\naa:10:2\n", 10, 0);
        expect_position("a\xff:10:2\na\xfe:30:5\n", 30, 0);
        /* an ID of two lines is counted through the one that owns it */
        expect_position("a:10:10\nb:15:10\na:30:10\n", 15, 5);
        expect_position("a:10:10\na:15:10\n", 15, 5);
        expect_position("a:10:10\na:15:10\n", 20, 15);
        expect_position("b:10:10\na:15:10\n", 20, 5);
        /* more IDs than a UID has values */
        expect_position("a:0:4294967295\na:0:4294967295\na:4294967295:1\n", 4294967295,
                        UINT64_C(8589934590));
}

static void finds_ids(void **state)
{
        const char *text = "a:100:10\nb:500:5\na:200:0\na:300:10\n";
        static const struct {
                uint64_t position;
                bool found;
                uint32_t id;
        } cases[] = {
            {0, true, 100},         {9, true, 109}, {10, true, 300},
            {19, true, 309},        {20, false, 0}, {UINT64_C(0x100000000), false, 0},
            {UINT64_MAX, false, 0},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct subid subid = {
                    .position = cases[i].position, .owner = "a", .owner_length = 1};

                assert_int_equal(subid_find_id(text, text + strlen(text), &subid), cases[i].found);
                assert_int_equal(subid.id, cases[i].id);
                assert_int_equal(subid.position, cases[i].position);
        }
}

/* What an owner that was longer has left there. */
static void looks_at_no_byte_behind_an_owner(void **state)
{
        static const char text[] = "bob:1:5\n";
        struct subid subid = {.id = 3, .owner = "bob:1:5\n", .owner_length = 3};

        (void)state;
        assert_true(subid_find_position(text, text + strlen(text), &subid));
        assert_true(subid_find_holder(text, text + strlen(text), &subid));
        assert_true(subid.same_owner);
}

static void finds_accounts(void **state)
{
        static const struct {
                const char *line;
                bool found;
        } cases[] = {
            {"bob:x:200193:100:Bob:/home/bob:/bin/sh\n", true},
            {"bob::200193:100:::\n", true},
            {"users:x:200193:\n", true},
            {"users:x:200193:bob,alice\n", true},
            {"  bob:x:200193:100:::\n", true},
            {"!bob:x:200193:100:::\n", true},
            {"*bob:x:200193:100:::\n", true},
            {",bob:x:200193:100:::\n", true},
            {"bob:x:0200193:100:::\n", true},
            {"bob:x: +200193:100:::\n", true},
            {"root:x:0:0:::\nbob:x:200193:100:::\n", true},
            {"\n\nbob:x:200193:100:::\n", true},
            {"bob:x:200193\n", true},
            {"#bob:x:200193:100:::\n", false},
            {" #bob:x:200193:100:::\n", false},
            {"root:x:0:0:::\n#bob:x:200193:100:::\n", false},
            {"+bob:x:200193:100:::\n", false},
            {"-bob:x:200193:100:::\n", false},
            {"bob:x:200194:200193:::\n", false},
            {"bob:200193:x:200193:::\n", false},
            {"200193:x:1:1:::\n", false},
            {"bob:x:x200193:100:::\n", false},
            {"bob:x:200193 :100:::\n", false},
            {"bob:x:0x30e01:100:::\n", false},
            {"bob:x::100:::\n", false},
            {"bob:x\n200193:100\n", false},
            {" \nbob:x\nalice:200193:\n", false},
            {"bob:200193\n", false},
            {"200193\n", false},
            {"\n", false},
            {"", false},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const char *line = cases[i].line;
                struct subid subid = {.id = 200193};

                if (subid_find_account(line, line + strlen(line), &subid) != cases[i].found)
                        fail_msg("in \"%s\"", line);
        }
}

static void parses_accounts(void **state)
{
        static const struct {
                const char *line, *name;
                uint32_t id;
        } cases[] = {
            {"bob:x:200193:100:Bob:/home/bob:/bin/sh", "bob", 200193},
            {" \tbob :x: +7", "bob ", 7},
            {":x:4294967295:", "", 4294967295},
            {" ::0", "", 0},
            {"a+-#:x:1", "a+-#", 1},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct subid_account account;

                assert_true(subid_account_parse(cases[i].line, strlen(cases[i].line), &account));
                assert_int_equal(account.name_length, strlen(cases[i].name));
                assert_memory_equal(account.name, cases[i].name, account.name_length);
                assert_true(account.name >= cases[i].line &&
                            account.name + account.name_length <
                                cases[i].line + strlen(cases[i].line));
                assert_int_equal(account.id, cases[i].id);
        }
}

static void parses_marks(void **state)
{
        static const struct {
                const char *line;
                uint64_t sorted, size;
        } marks[] = {
            {"# Written by subuidctl import; sorted by start up to byte 64 of 64", 64, 64},
            {"# Written by subuidctl import; sorted by start up to byte 1 of 1", 1, 1},
            {"# Written by subuidctl import; sorted by start up to byte 12345678 of 67108864",
             12345678, 67108864},
            {"# Written by subuidctl import; sorted by start up to byte 9 of 8", 9, 8},
        };
        static const char *const no_marks[] = {
            "",
            "#",
            "# Written by subuidctl import",
            "# Written by subuidctl import; sorted by start up to byte ",
            "# Written by subuidctl import; sorted by start up to byte  of ",
            "# Written by subuidctl import; sorted by start up to byte 64",
            "# Written by subuidctl import; sorted by start up to byte 64 of ",
            "# Written by subuidctl import; sorted by start up to byte  of 64",
            "# Written by subuidctl import; sorted by start up to byte 64 of 64 ",
            "# Written by subuidctl import; sorted by start up to byte 64 of 064",
            "# Written by subuidctl import; sorted by start up to byte 064 of 64",
            "# Written by subuidctl import; sorted by start up to byte 64 of 0100",
            "# Written by subuidctl import; sorted by start up to byte 0100 of 64",
            "# Written by subuidctl import; sorted by start up to byte 64 of 0",
            "# Written by subuidctl import; sorted by start up to byte 0 of 64",
            "# Written by subuidctl import; sorted by start up to byte 64  of 64",
            "# Written by subuidctl import; sorted by start up to byte +64 of 64",
            "# Written by subuidctl import; sorted by start up to byte 64 of +64",
            "# Written by subuidctl import; sorted by start up to byte 6,4 of 64",
            "# Written by subuidctl import; sorted by start up to byte 64 OF 64",
            "# Written by subuidctl import; sorted by start up to byte 64 on 64",
            "# Written by subuidctl import; sorted by start up to byte 0x40 of 64",
            "# Written by subuidctl import; sorted by start up to byte 64 of 64\r",
            " # Written by subuidctl import; sorted by start up to byte 64 of 64",
            "# Written by subuidctl  import; sorted by start up to byte 64 of 64",
            "# written by subuidctl import; sorted by start up to byte 64 of 64",
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(marks); i++) {
                uint64_t sorted = 7, size = 7;

                assert_true(subid_mark_parse(marks[i].line, strlen(marks[i].line), &sorted, &size));
                assert_true(sorted == marks[i].sorted && size == marks[i].size);
        }
        for (size_t i = 0; i < COUNT_OF(no_marks); i++) {
                char *const copy = strdup(no_marks[i]);
                uint64_t sorted, size;

                assert_non_null(copy);
                if (subid_mark_parse(copy, strlen(copy), &sorted, &size))
                        fail_msg("\"%s\" is a mark", copy);
                free(copy);
        }
}

static void searches_by_halving(void **state)
{
        static const struct {
                const char *lines;
                uint32_t id;
                enum subid_place place;
                const char *line;
        } cases[] = {
            {"a:10:5\n", 9, SUBID_BELOW, NULL},
            {"a:10:5\n", 10, SUBID_INSIDE, "a:10:5\n"},
            {"a:10:5\n", 14, SUBID_INSIDE, "a:10:5\n"},
            {"a:10:5\n", 15, SUBID_ABOVE, NULL},
            {"a:4294967290:6\n", 4294967295, SUBID_INSIDE, "a:4294967290:6\n"},
            {"a:10:5\nb:15:5\n", 14, SUBID_INSIDE, "a:10:5\n"},
            {"a:10:5\nb:15:5\n", 15, SUBID_INSIDE, "b:15:5\n"},
            {"a:10:5\nb:16:5\n", 15, SUBID_BETWEEN, NULL},
            {"a:10:5\nb:16:5\n", 21, SUBID_ABOVE, NULL},
            {"a:1:1\nbbbbbbbbbbbbbbbbbbbbbbbbb:3:1\nc:5:1\n", 2, SUBID_BETWEEN, NULL},
            {"a:1:1\nbbbbbbbbbbbbbbbbbbbbbbbbb:3:1\nc:5:1\n", 5, SUBID_INSIDE, "c:5:1\n"},
            {"a:1:1\nb:3:1\nccccccccccccccccccccc:5:1\n", 1, SUBID_INSIDE, "a:1:1\n"},
            {"a:1:1\nb:3:1\nccccccccccccccccccccc:5:1\n", 3, SUBID_INSIDE, "b:3:1\n"},
            /* no ranges, as far as one looks */
            {"#a:10:5\n", 10, SUBID_UNSORTED, NULL},
            {"\n", 10, SUBID_UNSORTED, NULL},
            {"a:10:5\n#\n", 9, SUBID_BELOW, NULL},
            {"a:10:5\n#\n", 10, SUBID_UNSORTED, NULL},
            {"a:10:5\n#\nb:20:1\n", 15, SUBID_UNSORTED, NULL},
            {"a:10:0\n", 10, SUBID_UNSORTED, NULL},
            /* no order */
            {"a:10:5\nb:5:1\n", 12, SUBID_UNSORTED, NULL},
            {"a:10:5\nb:9:4294967286\n", 12, SUBID_UNSORTED, NULL},
            {"a:10:5\nb:14:9\nc:30:1\nd:15:1\ne:40:5\n", 32, SUBID_UNSORTED, NULL},
            {"a:10:5\nb:14:9\nc:90:1\nd:15:1\ne:40:5\n", 32, SUBID_UNSORTED, NULL},
            /* a last line without its newline is none */
            {"a:100:1\nb:500:1\nc:300:1\nd:550:1\ne:600:1\n", 200, SUBID_UNSORTED, NULL},
            {"a:10:5", 10, SUBID_UNSORTED, NULL},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const char *const lines = cases[i].lines, *const end = lines + strlen(lines);
                struct subid_part part;

                if (subid_search(lines, end, cases[i].id, &part) != cases[i].place)
                        fail_msg("case %zu: %u in \"%s\"", i, (unsigned int)cases[i].id, lines);
                if (cases[i].line) {
                        assert_int_equal(part.line_end - part.line, strlen(cases[i].line));
                        assert_memory_equal(part.line, cases[i].line, strlen(cases[i].line));
                }
        }
}

static void searches_many_lines(void **state)
{
        char text[4096], *end = text;
        struct subid_part part;

        (void)state;
        for (unsigned int i = 0; i < 100; i++)
                end += sprintf(end, "%.*s:%u:3\n", 1 + (int)i * 7 % 20, "oooooooooooooooooooo",
                               10 + i * 5);
        for (uint32_t id = 10; id < 10 + 99 * 5 + 3; id++) {
                const bool held = (id - 10) % 5 < 3;
                char start[16];

                assert_int_equal(subid_search(text, end, id, &part),
                                 held ? SUBID_INSIDE : SUBID_BETWEEN);
                assert_int_equal(part.first, 10);
                assert_int_equal(part.behind, 10 + 99 * 5 + 3);
                if (!held)
                        continue;
                snprintf(start, sizeof(start), ":%u:3\n", (unsigned int)(id - (id - 10) % 5));
                assert_true(part.line == text || part.line[-1] == '\n');
                assert_memory_equal(part.line_end - strlen(start), start, strlen(start));
        }
}

static void knows_where_a_range_ends(void **state)
{
        static const struct {
                struct subid_range range;
                uint64_t end;
        } cases[] = {
            {{.start = 0, .count = 0}, 0},
            {{.start = 7, .count = 0}, 7},
            {{.start = 7, .count = 1}, 8},
            {{.start = 4294967295, .count = 1}, UINT64_C(4294967296)},
            {{.start = 1, .count = 4294967295}, UINT64_C(4294967296)},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct subid_range *const range = &cases[i].range;

                assert_true(subid_range_end(range) == cases[i].end);
                assert_int_equal(subid_range_holds(range, range->start), range->count > 0);
                assert_int_equal(subid_range_holds(range, (uint32_t)(cases[i].end - 1)),
                                 range->count > 0);
                assert_false(subid_range_holds(range, (uint32_t)cases[i].end));
                assert_false(subid_range_holds(range, range->start - 1));
        }
}

static void finds_accounts_on_long_lines(void **state)
{
        static const uint32_t parts[] = {1, 12, 123, 12345};
        char line[4096];
        struct subid subid = {.id = 1234};

        (void)state;
        /* behind the number anything may stand, in front of it less than 1,024 bytes */
        for (size_t name = 1; name < 2000; name++) {
                memset(line, 'n', sizeof(line));
                memcpy(line + name, ":x:1234:", 8);
                line[sizeof(line) - 1] = '\n';
                assert_int_equal(subid_find_account(line, line + sizeof(line), &subid),
                                 name + 8 <= 1023);
                /* a number that is cut is no number */
                for (size_t i = 0; i < COUNT_OF(parts); i++) {
                        struct subid part = {.id = parts[i]};

                        assert_false(subid_find_account(line, line + sizeof(line), &part));
                }
        }
}

static void excludes_ids_of_others(void **state)
{
        static const struct {
                uint32_t first, last;
        } excluded[] = {
            {0, 0},         {60001, 60705},           {61184, 65519},
            {65534, 65535}, {2147352576, 2147418111}, {4294967295, 4294967295},
        };

        (void)state;
        for (uint64_t id = 0; id <= UINT32_MAX;) {
                bool wanted = false;

                for (size_t i = 0; i < COUNT_OF(excluded); i++)
                        wanted |= id >= excluded[i].first && id <= excluded[i].last;
                assert_int_equal(subid_excluded((uint32_t)id), wanted);
                id += id < 70000 || id > 4294900000 || (id >= 2147350000 && id < 2147420000) ? 1
                                                                                             : 997;
        }
}

static void tells_whose_the_excluded_ids_are(void **state)
{
        static const struct subid_excluded wanted[] = {
            {0, 0, "root"},
            {60001, 60705, "systemd's accounts"},
            {61184, 65519, "systemd's DynamicUser="},
            {65534, 65534, "nobody"},
            {65535, 65535, "\"-1\" of 16 bits"},
            {2147352576, 2147418111, "systemd's foreign IDs"},
            {4294967295, 4294967295, "\"-1\""},
        };

        (void)state;
        assert_int_equal(SUBID_EXCLUDED_COUNT, COUNT_OF(wanted));
        for (size_t i = 0; i < COUNT_OF(wanted); i++) {
                assert_int_equal(subid_excluded_ids[i].first, wanted[i].first);
                assert_int_equal(subid_excluded_ids[i].last, wanted[i].last);
                assert_string_equal(subid_excluded_ids[i].whose, wanted[i].whose);
        }
}

/* The longest line, and one more byte: also where the numbers are read fast. */
static void finds_no_ids_on_long_lines(void **state)
{
        char line[1100];

        (void)state;
        memset(line, 'o', sizeof(line));
        for (size_t owner_length = 1000; owner_length < 1019; owner_length++) {
                struct subid subid = {.owner_length = owner_length};
                size_t length;

                memset(line, 'o', sizeof(line));
                memcpy(subid.owner, line, owner_length);
                strcpy(line + owner_length, ":100000:65536\n");
                length = strlen(line);
                assert_int_equal(subid_find_id(line, line + length, &subid), length - 1 < 1024);
        }
}

static void finds_accounts_on_lines_of_1024_bytes(void **state)
{
        char line[1026];
        struct subid subid = {.id = 7};

        (void)state;
        for (size_t length = 1020; length < 1026; length++) {
                memset(line, 'n', sizeof(line));
                memcpy(line + length - 4, ":x:7", 4);
                line[length] = '\n';
                /* the field ends with the line, which is not too long */
                assert_int_equal(subid_find_account(line, line + length + 1, &subid),
                                 length < 1024);
                memcpy(line + length - 5, ":x:7:", 5);
                assert_int_equal(subid_find_account(line, line + length + 1, &subid),
                                 length < 1024);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(parses_ranges),
            cmocka_unit_test(parses_no_ranges),
            cmocka_unit_test(parses_every_prefix),
            cmocka_unit_test(takes_lines_below_1024_bytes),
            cmocka_unit_test(finds_owners),
            cmocka_unit_test(finds_owners_by_starts_of_ten_bytes),
            cmocka_unit_test(finds_lines_among_others),
            cmocka_unit_test(finds_just_what_it_parses),
            cmocka_unit_test(reads_plain_lines_with_one_search),
            cmocka_unit_test(reads_the_bounds_with_one_search),
            cmocka_unit_test(finds_positions),
            cmocka_unit_test(finds_ids),
            cmocka_unit_test(looks_at_no_byte_behind_an_owner),
            cmocka_unit_test(finds_accounts),
            cmocka_unit_test(parses_accounts),
            cmocka_unit_test(finds_accounts_on_long_lines),
            cmocka_unit_test(finds_no_ids_on_long_lines),
            cmocka_unit_test(finds_accounts_on_lines_of_1024_bytes),
            cmocka_unit_test(parses_marks),
            cmocka_unit_test(searches_by_halving),
            cmocka_unit_test(searches_many_lines),
            cmocka_unit_test(knows_where_a_range_ends),
            cmocka_unit_test(excludes_ids_of_others),
            cmocka_unit_test(tells_whose_the_excluded_ids_are),
            /* what takes its time comes last */
            cmocka_unit_test(parses_as_strtoul_does),
            cmocka_unit_test(finds_what_the_grammar_says),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
