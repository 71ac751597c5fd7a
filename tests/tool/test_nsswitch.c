/* SPDX-License-Identifier: MIT */
#include "tool/nsswitch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <nss.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static void parse(const char *text, struct nsswitch *nsswitch)
{
        nsswitch_parse((struct text){text, strlen(text)}, nsswitch);
}

static void append(char *to, const struct nsswitch *nsswitch, struct nsswitch_word word)
{
        strncat(to, nsswitch->text.bytes + word.offset, word.length);
}

/* Writes the services of passwd, each with its [...] and with its actions as C, R, M. */
static void describe(const struct nsswitch *nsswitch, char *to)
{
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, "passwd");

        *to = '\0';
        for (size_t i = 0; line && i < line->count; i++) {
                const struct nsswitch_service *const service = &line->services[i];

                append(to, nsswitch, service->name);
                append(to, nsswitch, service->brackets);
                strcat(to, "(");
                for (int j = 0; j < NSSWITCH_STATUSES; j++)
                        strncat(to, &"CRM"[service->actions[j]], 1);
                strcat(to, ")");
        }
}

static void reads_lines(void **state)
{
        static const struct {
                const char *text, *services;
        } cases[] = {
            {"passwd: files subuid systemd\n", "files(RCCC)subuid(RCCC)systemd(RCCC)"},
            {"# passwd: a\n\n \tpasswd :: files\t\r\n", "files(RCCC)"},
            {"passwd files\n", "files(RCCC)"},
            {"passwd:\n", ""},
            {"Passwd: files\n", ""},
            {"passwd: a[NOTFOUND=return]b\n", "a[NOTFOUND=return](RRCC)b(RCCC)"},
            {"passwd: a [ success = MERGE !unavail=Return ] b\n",
             "a[ success = MERGE !unavail=Return ](RRCR)b(RCCC)"},
            {"passwd: a [!SUCCESS=return TRYAGAIN=continue]\n",
             "a[!SUCCESS=return TRYAGAIN=continue](RRRC)"},
            {"passwd: a [NOTFOUND=return] [SUCCESS=continue] b\n", "a[NOTFOUND=return](RRCC)"},
            {"passwd: [NOTFOUND=return] a\n", ""},
            {"passwd: a # b\n", "a(RCCC)#(RCCC)b(RCCC)"},
            {"passwd: a\npasswd: b\n", "b(RCCC)"},
            {"passwd: a\npasswd: b", "a(RCCC)"},
            {"passwd: a \\\n b\n", "a(RCCC)\\(RCCC)"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct nsswitch nsswitch;
                char services[256];

                parse(cases[i].text, &nsswitch);
                describe(&nsswitch, services);
                assert_string_equal(services, cases[i].services);
                assert_null(nsswitch_broken(&nsswitch));
                nsswitch_free(&nsswitch);
        }
}

static void finds_the_mistake(void **state)
{
        static const struct {
                const char *text;
                size_t mistake; /* its offset; 0: glibc does not care */
        } cases[] = {
            {"passwd: a [NOTFUND=return]\n", 11},
            {"hosts: a [NOTFOUND=retrun]\n", 19},
            {"passwd: a [NOTFOUND return]\n", 20},
            {"passwd: a []\n", 11},
            {"passwd: a [!!SUCCESS=return]\n", 12},
            {"passwd: a [SUCCESS=return\n", 25},
            {"passwd: a [\n", 11},
            {"sudoers: a [NOTFUND=return]\n", 0},
            {"# passwd: a [x]\n", 0},
            {"passwd: a [x]", 0},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct nsswitch_line *broken;
                struct nsswitch nsswitch;

                parse(cases[i].text, &nsswitch);
                broken = nsswitch_broken(&nsswitch);
                assert_int_equal(broken ? broken->mistake : 0, cases[i].mistake);
                nsswitch_free(&nsswitch);
        }
}

static void tells_where_things_are(void **state)
{
        static const char text[] = "\npasswd: a [success=merge] [x] b # c\ngroup: subuid files";
        const struct nsswitch_line *line;
        struct nsswitch nsswitch;

        (void)state;
        parse(text, &nsswitch);
        assert_int_equal(nsswitch.count, 2);
        line = nsswitch_line_of(&nsswitch, "passwd");
        assert_non_null(line);
        assert_int_equal(line->number, 2);
        assert_true(line->ended);
        assert_int_equal(line->text.offset, 1);
        assert_int_equal(line->text.length, strlen("passwd: a [success=merge] [x] b # c"));
        assert_int_equal(line->rest, (size_t)(strstr(text, "[x]") - text));
        assert_int_equal(line->comment, (size_t)(strchr(text, '#') - text));
        assert_null(nsswitch_line_of(&nsswitch, "group"));
        line = &nsswitch.lines[1];
        assert_int_equal(line->number, 3);
        assert_false(line->ended);
        assert_int_equal(line->rest, sizeof(text) - 1);
        assert_int_equal(line->comment, sizeof(text) - 1);
        assert_ptr_equal(nsswitch_find(&nsswitch, line, "subuid"), &line->services[0]);
        assert_null(nsswitch_find(&nsswitch, line, "sub"));
        nsswitch_free(&nsswitch);
}

static uint64_t random_state = 1;

static unsigned int random_below(unsigned int end)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned int)(random_state >> 33) % end;
}

/*
 * glibc refuses a line if and only if there is a mistake in it. Not many lines: it keeps the name
 * of every service that it has met, in a list.
 */
static void refuses_what_glibc_refuses(void **state)
{
        static const char *const words[] = {
            "files",
            "subuid",
            " ",
            "\t",
            "[",
            "]",
            "[",
            "]",
            "!",
            "=",
            "=",
            "SUCCESS",
            "notfound",
            "Unavail",
            "TRYAGAIN",
            "return",
            "CONTINUE",
            "merge",
            "x",
            ":",
            "#",
            "[NOTFOUND=return]",
            " a [!success=merge unavail=return] ",
            "SUCCESS=return ",
        };
        unsigned int mistakes = 0, others = 0;

        (void)state;
        /* Before 2.33 it kept what stands in front of a mistake. */
        if (strverscmp(gnu_get_libc_version(), "2.33") < 0)
                skip();
        for (unsigned int i = 0; i < 8000; i++) {
                char line[512] = "services: a";
                struct nsswitch nsswitch;
                bool mistake;

                for (unsigned int n = random_below(10); n > 0; n--)
                        strcat(line, words[random_below(COUNT_OF(words))]);
                strcat(line, "\n");
                parse(line, &nsswitch);
                assert_int_equal(nsswitch.count, 1);
                mistake = nsswitch_broken(&nsswitch) != NULL;
                nsswitch_free(&nsswitch);
                if ((__nss_configure_lookup("services", line + strlen("services: ")) != 0) !=
                    mistake)
                        fail_msg("\"%s\" has %s mistake", line, mistake ? "a" : "no");
                mistakes += mistake;
                others += !mistake;
        }
        assert_true(mistakes > 1000);
        assert_true(others > 1000);
}

/* As libsubid reads it (shadow, lib/nss.c). */
static void finds_the_service_of_subid(void **state)
{
        static const struct {
                const char *text, *service;
                unsigned long number;
        } cases[] = {
            {"passwd: files\nsubid: sss\n", "sss", 2},
            {"SUBID: sss\n", "sss", 1},
            {"SubId:\tsss files\n", "sss", 1},
            {" subid: sss\n", NULL, 0},
            {"subid : sss\n", NULL, 0},
            {"#subid: sss\n", NULL, 0},
            {"subid: files sss\n", NULL, 0},
            {"subid: files\nsubid: sss\n", NULL, 0},
            {"subid: \nsubid: sss\n", "sss", 2},
            {"subid: sss", "sss", 1},
            {"subid: sss[NOTFOUND=return]\n", "sss[NOTFOUND=return]", 1},
            {"subid: a2345678901234567890123456789012345678901234567890\n",
             "a2345678901234567890123456789012345678901234567890", 1},
            {"subid: a23456789012345678901234567890123456789012345678901\n", NULL, 0},
            {"", NULL, 0},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct nsswitch nsswitch;
                unsigned long number;
                const char *service;

                parse(cases[i].text, &nsswitch);
                service = nsswitch_subid_service(&nsswitch, &number);
                if (cases[i].service) {
                        assert_non_null(service);
                        assert_string_equal(service, cases[i].service);
                        assert_int_equal(number, cases[i].number);
                } else {
                        assert_null(service);
                }
                nsswitch_free(&nsswitch);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_lines),
            cmocka_unit_test(finds_the_mistake),
            cmocka_unit_test(tells_where_things_are),
            cmocka_unit_test(refuses_what_glibc_refuses),
            cmocka_unit_test(finds_the_service_of_subid),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
