/* SPDX-License-Identifier: MIT */
#include "account_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

static void formats(void **state)
{
        static const struct {
                uint32_t id;
                const char *digits;
        } cases[] = {
            {0, "0"},
            {9, "9"},
            {10, "10"},
            {99, "99"},
            {100, "100"},
            {200193, "200193"},
            {1000000000, "1000000000"},
            {4294967294, "4294967294"},
            {4294967295, "4294967295"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                char name[ACCOUNT_NAME_SIZE], expected[64] = NAME_PREFIX;
                uint32_t id;
                const char *end = account_name_format(name, cases[i].id);

                strcat(expected, cases[i].digits);
                assert_string_equal(name, expected);
                assert_ptr_equal(end, name + strlen(expected));
                assert_true(account_name_parse(name, &id));
                assert_int_equal(id, cases[i].id);
        }
}

static void formats_64_bits(void **state)
{
        char text[21];

        (void)state;
        assert_ptr_equal(decimal_format(text, UINT64_MAX), text + 20);
        assert_string_equal(text, "18446744073709551615");
}

static void refuses(void **state)
{
        static const char *const names[] = {
            "",
            "root",
            "200193",
            NAME_PREFIX,
            NAME_PREFIX NAME_PREFIX "200193",
            NAME_PREFIX "0200193",
            NAME_PREFIX "00",
            NAME_PREFIX "+200193",
            NAME_PREFIX "-200193",
            NAME_PREFIX " 200193",
            NAME_PREFIX "200193 ",
            NAME_PREFIX "200193\n",
            NAME_PREFIX "200 193",
            NAME_PREFIX "200193a",
            NAME_PREFIX "200193\x80",
            NAME_PREFIX "0\x80",
            NAME_PREFIX "0x30e01",
            NAME_PREFIX "apt",
            NAME_PREFIX "/",
            NAME_PREFIX ":",
            NAME_PREFIX "12/",
            NAME_PREFIX "12:",
            NAME_PREFIX "4294967296",
            NAME_PREFIX "4294967305",
            NAME_PREFIX "18446744073709551616",
            NAME_PREFIX "18446744073709751809",
            " " NAME_PREFIX "200193",
            "A" NAME_PREFIX "200193",
            "x200193",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                uint32_t id = 42;

                if (account_name_parse(names[i], &id))
                        fail_msg("\"%s\" is read as %u", names[i], (unsigned int)id);
                assert_int_equal(id, 42);
        }
}

static void refuses_a_name_of_a_megabyte(void **state)
{
        const size_t size = 1 << 20;
        char *name = malloc(size + 1);
        uint32_t id;

        (void)state;
        assert_non_null(name);
        memset(name, '1', size);
        memcpy(name, NAME_PREFIX, sizeof(NAME_PREFIX) - 1);
        name[size] = '\0';
        assert_false(account_name_parse(name, &id));
        free(name);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(formats),
            cmocka_unit_test(formats_64_bits),
            cmocka_unit_test(refuses),
            cmocka_unit_test(refuses_a_name_of_a_megabyte),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
