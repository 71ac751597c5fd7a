/* SPDX-License-Identifier: MIT */
#include "tool/nsswitch.h"
#include "tool/nsswitch_edit.h"
#include "tool/nsswitch_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static char last_warning[256];

void __wrap_warn(const char *format, ...);

void __wrap_warn(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(last_warning, sizeof(last_warning), format, arguments);
        va_end(arguments);
}

static const struct nsswitch_wish wish = {.path = "f"};

static bool edit_add(struct text *text)
{
        return nsswitch_add(text, &wish);
}

static void assert_text(struct text text, const char *bytes, size_t size)
{
        if (text.size != size || memcmp(text.bytes, bytes, size) != 0)
                fail_msg("got '%.*s', wanted '%.*s'", (int)text.size, text.bytes, (int)size, bytes);
}

/* Of a passwd line: what enable makes of it, NULL where it refuses. A group line stands behind it.
 */
#define GROUP "group:files subuid\n"
static void adds_in_its_place(void **state)
{
        static const struct {
                const char *before, *after, *error;
        } cases[] = {
            {"passwd: files\n", "passwd: files subuid\n", NULL},
            {"passwd:files\n", "passwd:files subuid\n", NULL},
            {" passwd\tfiles\t systemd \n", " passwd\tfiles subuid\t systemd \n", NULL},
            {"passwd: files\r\n", "passwd: files subuid\r\n", NULL},
            {"passwd: files systemd sss\n", "passwd: files systemd sss subuid\n", NULL},
            {"passwd: files mymachines systemd\n", "passwd: files subuid mymachines systemd\n",
             NULL},
            {"passwd: db [SUCCESS=return] files systemd\n",
             "passwd: db [SUCCESS=return] files subuid systemd\n", NULL},
            {"passwd: compat # local first\n", "passwd: compat subuid # local first\n", NULL},
            {"passwd: files # sss\n", NULL, "f:1: a comment behind services"},
            {"passwd: files # subuid\n", "passwd: files subuid # subuid\n", NULL},
            {"passwd: sss[UNAVAIL=return]systemd\n", "passwd: sss[UNAVAIL=return]subuid systemd\n",
             NULL},
            {"passwd: files [SUCCESS=merge] systemd\n",
             "passwd: files [SUCCESS=merge] systemd subuid\n", NULL},
            {"passwd: files systemd [!success = MERGE] mymachines\n",
             "passwd: files subuid systemd [!success = MERGE] mymachines\n", NULL},
            {"passwd: sss files [NOTFOUND=continue] systemd\n",
             "passwd: sss files [NOTFOUND=continue] subuid systemd\n", NULL},
            {"passwd: files systemd [NOTFOUND=return] x_[NOTFOUND=return]\n", NULL,
             "f:1: [NOTFOUND=return] would hide"},
            {"passwd: files systemd [NOTFOUND=return]\n",
             "passwd: files subuid systemd [NOTFOUND=return]\n", NULL},
            {"passwd: sss [NOTFOUND=return] files\n", NULL, "f:1: [NOTFOUND=return] would hide"},
            {"passwd: files [!SUCCESS=return]\n", NULL, "f:1: [NOTFOUND=return] would hide"},
            {"passwd: files [SUCCESS=merge] systemd [NOTFOUND=return]\n", NULL,
             "f:1: [NOTFOUND=return] would hide"},
            {"passwd: sss [NOTFOUND=return] files subuid\n", NULL,
             "f:1: [NOTFOUND=return] would hide"},
            {"passwd: files subuid [NOTFOUND=continue] [SUCCESS=continue] sss\n", NULL,
             "f:1: what follows the second"},
            {"passwd: files subuid # sss\n", NULL, "f:1: a comment behind services"},
            {"passwd: files [SUCCESS=continue] subuid\n", NULL, "f:1: [SUCCESS=continue] goes on"},
            {"passwd: files systemd [!UNAVAIL=continue]\n",
             "passwd: files subuid systemd [!UNAVAIL=continue]\n", NULL},
            {"passwd: files systemd [SUCCESS=continue] sss\n", NULL,
             "f:1: [SUCCESS=continue] goes on"},
            {"passwd: files Subuid\n", "passwd: files Subuid subuid\n", NULL},
            {"passwd: a\npasswd: b\n", "passwd: a\npasswd: b subuid\n", NULL},
            {"passwd: subuid\n", NULL, "f:1: no source of accounts"},
            {"passwd: files absent-here [UNAVAIL=return]\n", NULL, "f:1: this action for UNAVAIL"},
            {"passwd: files sss [UNAVAIL=return]\n", "passwd: files sss [UNAVAIL=return] subuid\n",
             NULL},
            {"passwd:\n", NULL, "f:1: no source of accounts"},
            {"passwd: # local\n", NULL, "f:1: no source of accounts"},
            {"passwd: systemd\n", NULL, "f:1: no source of accounts"},
            {"passwd: files [SUCCESS=return] [NOTFOUND=return] sss\n", NULL,
             "f:1: what follows the second"},
            {"passwd: files [x=y]\n", NULL, "f:1: column 16: a mistake"},
            {"\nhosts: dns []\npasswd: files\n", NULL, "f:2: column 13: a mistake"},
            {"#passwd: files\n", NULL, "f: no line for passwd"},
            {"Passwd: files\n", NULL, "f: no line for passwd"},
            {"", NULL, "f: no line for passwd"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                char before[256], after[256];
                struct text text = {
                    before, (size_t)snprintf(before, sizeof(before), "%s" GROUP, cases[i].before)};

                *last_warning = '\0';
                assert_true(edit_add(&text) == !cases[i].error);
                if (cases[i].error) {
                        assert_memory_equal(last_warning, cases[i].error, strlen(cases[i].error));
                } else {
                        snprintf(after, sizeof(after), "%s" GROUP, cases[i].after);
                        assert_text(text, after, strlen(after));
                        assert_string_equal(last_warning, "");
                }
        }
}

/* Of a passwd line on which the word stands: what enable makes of it, and what it says. */
static void moves_what_stands_elsewhere(void **state)
{
        static const struct {
                const char *before, *after, *warning;
        } cases[] = {
            {"passwd: files subuid systemd\n", "passwd: files subuid systemd\n", ""},
            {"passwd: files systemd ldap subuid\n", "passwd: files systemd ldap subuid\n", ""},
            {"passwd: files mymachines subuid systemd\n",
             "passwd: files mymachines subuid systemd\n", ""},
            {"passwd: subuid files\n", "passwd: files subuid\n",
             "f:1: subuid in front of files, whose accounts lose their names where they lie in a "
             "range; moved"},
            {"passwd: files systemd subuid\n", "passwd: files subuid systemd\n",
             "f:1: subuid behind systemd, which takes 0.1 ms to refuse an ID; moved"},
            {"passwd: files systemd [NOTFOUND=return] subuid\n",
             "passwd: files subuid systemd [NOTFOUND=return]\n",
             "f:1: [NOTFOUND=return] ends the search before subuid; moved"},
            {"passwd: files subuid [NOTFOUND=return] systemd\n", "passwd: files subuid systemd\n",
             "f:1: this action of subuid ends the search before systemd; moved"},
            {"passwd: files subuid [NOTFOUND=return]\n", "passwd: files subuid [NOTFOUND=return]\n",
             ""},
            {"passwd: files subuid [!UNAVAIL=continue] systemd\n", "passwd: files subuid systemd\n",
             "f:1: [SUCCESS=continue] of subuid goes on to systemd, whose \"not found\" takes the "
             "place of its answer; moved"},
            {"passwd: files subuid[SUCCESS=merge]systemd\n", "passwd: files subuid systemd\n",
             "f:1: [SUCCESS=merge] of subuid: glibc merges groups alone; moved"},
            {"passwd: files [SUCCESS=merge] subuid systemd\n",
             "passwd: files [SUCCESS=merge] systemd subuid\n",
             "f:1: subuid in the middle of a line that merges: what a later service would add is "
             "lost; moved"},
            {"passwd: files subuid subuid systemd subuid\n", "passwd: files subuid systemd\n",
             "f:1: subuid a second time; moved"},
            {"passwd: files subuid sss\n", "passwd: files subuid sss\n",
             "f:1: subuid in front of sss stays; --move moves it"},
            {"passwd: subuid sss files ldap\n", "passwd: sss files ldap subuid\n",
             "f:1: subuid in front of files, whose accounts lose their names where they lie in a "
             "range; moved"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                char before[256], after[256];
                struct text text = {
                    before, (size_t)snprintf(before, sizeof(before), "%s" GROUP, cases[i].before)};

                *last_warning = '\0';
                assert_true(edit_add(&text));
                snprintf(after, sizeof(after), "%s" GROUP, cases[i].after);
                assert_text(text, after, strlen(after));
                assert_string_equal(last_warning, cases[i].warning);
        }
}

static void moves_from_in_front_of_a_directory_if_told_to(void **state)
{
        static const struct nsswitch_wish move = {.path = "f", .move = true};
        struct text text = {"passwd: files subuid sss\n" GROUP, 44};

        (void)state;
        assert_true(nsswitch_add(&text, &move));
        assert_text(text, "passwd: files sss subuid\n" GROUP, 44);
}

static void goes_behind_systemd_for_a_record(void **state)
{
        static const struct nsswitch_wish recorded = {.path = "f", .records = {"x", NULL}};
        struct text text = {"passwd: files systemd\n" GROUP, 41};

        (void)state;
        assert_true(nsswitch_add(&text, &recorded));
        assert_text(text, "passwd: files systemd subuid\n" GROUP, 48);
        text = (struct text){"passwd: files subuid systemd\n" GROUP, 48};
        assert_true(nsswitch_add(&text, &recorded));
        assert_text(text, "passwd: files systemd subuid\n" GROUP, 48);
}

/* Last on the line for initgroups, or not at all. */
static void completes_the_line_for_initgroups(void **state)
{
        static const struct {
                const char *before, *after;
        } cases[] = {
            {"files sss", "files sss subuid"},
            {"files [SUCCESS=continue] sss", "files [SUCCESS=continue] sss subuid"},
            {"subuid files", "subuid files"},
            {"files # local", "files subuid # local"},
            {"files [NOTFOUND=return] sss", "files [NOTFOUND=return] sss"},
            {"systemd [UNAVAIL=return]", "systemd [UNAVAIL=return]"},
            {"compat", "compat"},
            {"compat [SUCCESS=continue]", "compat [SUCCESS=continue] subuid"},
            {"files [NOTFOUND=continue][SUCCESS=merge]",
             "files [NOTFOUND=continue][SUCCESS=merge]"},
            {"files # sss", "files # sss"},
            {"", ""},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                char before[256], after[256];
                struct text text = {before,
                                    (size_t)snprintf(before, sizeof(before),
                                                     "passwd: files\n" GROUP "initgroups: %s\n",
                                                     cases[i].before)};

                assert_true(edit_add(&text));
                snprintf(after, sizeof(after), "passwd: files subuid\n" GROUP "initgroups: %s\n",
                         cases[i].after);
                assert_text(text, after, strlen(after));
        }
}

/* A word that stands stays, wherever: a package adds, and moves nothing. */
static void adds_only(void **state)
{
        static const struct nsswitch_wish add = {.path = "f", .add_only = true};
        struct text text = {"passwd: subuid files\ngroup: files\n", 34};

        (void)state;
        assert_true(nsswitch_add(&text, &add));
        assert_text(text, "passwd: subuid files\ngroup: files subuid\n", 41);

        *last_warning = '\0';
        text = (struct text){"passwd: subuid sss\ngroup: files\n", 32};
        assert_true(nsswitch_add(&text, &add));
        assert_string_equal(last_warning, "");

        text = (struct text){"passwd: a [NOTFOUND=return]\ngroup: subuid\n", 43};
        assert_false(nsswitch_add(&text, &add));
        assert_string_equal(last_warning,
                            "f:1: [NOTFOUND=return] would hide subuid behind it; take it away, "
                            "then run 'subuidctl enable'");

        text = (struct text){"passwd: a [NOTFOUND=return]\ngroup:\n", 36};
        assert_false(nsswitch_add(&text, &add));
        assert_true(strncmp(last_warning, "f:1: ", 5) == 0);
}

static void a_last_line_without_a_newline(void **state)
{
        struct text text = {"passwd: files\ngroup: files", 27};

        (void)state;
        assert_false(edit_add(&text));
        assert_string_equal(last_warning,
                            "f:2: a last line without a newline does not count; add one");
}

static void removes_what_others_wrote(void **state)
{
        static const struct {
                const char *before, *after;
        } cases[] = {
            {"passwd: files subuid", "passwd: files"},
            {"passwd: subuid\n", "passwd:\n"},
            {"passwd:subuid files\n", "passwd:files\n"},
            {"passwd:subuid\r\n", "passwd:\r\n"},
            {"passwd:subuid subuid files\n", "passwd:files\n"},
            {"group subuid :subuid :subuid\n", "group ::\n"},
            {"group subuid : :subuid [NOTFOUND=return] a\n", "group : :a\n"},
            {"group: subuid :[NOTFOUND=return] :subuid subuid\n",
             "group: :[NOTFOUND=return] :subuid\n"},
            {"group: a subuid [NOTFOUND=return] b\n", "group: a b\n"},
            {"group: a subuid[NOTFOUND=return]b\n", "group: a b\n"},
            {"group: a[SUCCESS=merge]subuid[NOTFOUND=return]b\n", "group: a[SUCCESS=merge]b\n"},
            {"group: a subuid\npasswd: subuid b\ngroup: subuid\n", "group: a\npasswd: b\ngroup:\n"},
            {"group: a subuid b [oops\n", "group: a b [oops\n"},
            {"hosts: subuid\npasswd: a # subuid\n", "hosts: subuid\npasswd: a # subuid\n"},
            {"passwd: subuids\ngroup: xsubuid SUBUID\n",
             "passwd: subuids\ngroup: xsubuid SUBUID\n"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct text text = {cases[i].before, strlen(cases[i].before)};

                nsswitch_remove(&text);
                assert_text(text, cases[i].after, strlen(cases[i].after));
        }
}

static uint32_t random_below(uint32_t n)
{
        static uint64_t state = 1;

        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(state >> 33) % n;
}

/* Words and blanks as they may stand in such a file, and as they hardly ever do. */
static size_t write_random(char *text, bool with_word)
{
        static const char *const pieces[] = {
            "passwd",
            "group",
            "passwd:",
            "group:",
            "shadow:",
            "\npasswd:",
            "\ngroup:",
            "\n",
            "\n",
            " ",
            " ",
            " ",
            "\t",
            "\r",
            "files",
            " files",
            " sss",
            "systemd",
            " systemd",
            "compat",
            " mymachines ",
            "[SUCCESS=merge]",
            " [notfound=continue] ",
            "[UNAVAIL=return]",
            "#",
            " # ",
            ":",
            "x",
            "\200",
            "]",
            "\nhosts: dns",
            "[!SUCCESS=RETURN]",
            "",
            "subuid",
            " subuid ",
        };
        const size_t kinds = COUNT_OF(pieces) - (with_word ? 0 : 2);
        char *end = text;

        for (uint32_t n = random_below(24); n > 0; n--) {
                const char *const piece = pieces[random_below((uint32_t)kinds)];

                if (*piece)
                        end = stpcpy(end, piece);
                else
                        *end++ = '\0';
        }
        /* Most of them shall be files that count. */
        if (random_below(4) > 0)
                end = stpcpy(end, "\npasswd: files systemd\n" + random_below(8));
        if (random_below(4) > 0)
                end = stpcpy(end, "\ngroup: files[SUCCESS=merge]systemd\n");
        return (size_t)(end - text);
}

enum { WORDS = 2, BYTES = 1024 };

static bool begins_with_word(struct text text, size_t offset)
{
        return text.size - offset >= 7 && (memcmp(text.bytes + offset, " subuid", 7) == 0 ||
                                           memcmp(text.bytes + offset, "subuid ", 7) == 0);
}

/*
 * Whether new is old with the word and one blank put in up to two places. reached[n][i]: the first
 * i bytes of new are n words and the first i - 7 * n bytes of old.
 */
static bool differs_by_words(struct text old, struct text new)
{
        bool reached[WORDS + 2][BYTES + 8] = {{true}};

        assert_true(new.size <= BYTES);
        for (size_t i = 0; i < new.size; i++) {
                for (size_t n = 0; n <= WORDS; n++) {
                        const size_t behind = i - 7 * n;

                        if (!reached[n][i])
                                continue;
                        if (behind < old.size && old.bytes[behind] == new.bytes[i])
                                reached[n][i + 1] = true;
                        if (begins_with_word(new, i))
                                reached[n + 1][i + 7] = true;
                }
        }
        for (size_t n = 0; n <= WORDS; n++)
                if (old.size + 7 * n == new.size && reached[n][new.size])
                        return true;
        return false;
}

/* glibc's reading: whether the word is among the services of both. */
static bool has_both(struct text text)
{
        static const char *const databases[] = {"passwd", "group"};
        struct nsswitch nsswitch;

        nsswitch_parse(text, &nsswitch);
        for (size_t i = 0; i < COUNT_OF(databases); i++) {
                const struct nsswitch_line *const line = nsswitch_line_of(&nsswitch, databases[i]);

                if (nsswitch_broken(&nsswitch) || !line ||
                    !nsswitch_find(&nsswitch, line, "subuid"))
                        return false;
        }
        nsswitch_free(&nsswitch);
        return true;
}

static void undoes_itself_on_random_files(void **state)
{
        unsigned int added = 0;

        (void)state;
        for (unsigned int round = 0; round < 100000; round++) {
                char bytes[BYTES];
                const struct text old = {bytes, write_random(bytes, false)};
                struct text new = old, again, back;

                back = old;
                nsswitch_remove(&back);
                assert_text(back, old.bytes, old.size);
                if (edit_add(&new)) {
                        added++;
                        if (!differs_by_words(old, new) || !has_both(new))
                                fail_msg("'%.*s' became '%.*s'", (int)old.size, old.bytes,
                                         (int)new.size, new.bytes);
                        again = new;
                        assert_true(edit_add(&again));
                        assert_text(again, new.bytes, new.size);
                        back = new;
                        nsswitch_remove(&back);
                        assert_text(back, old.bytes, old.size);
                }
        }
        assert_true(added > 10000);
}

static void is_idempotent_on_random_files_with_the_word(void **state)
{
        (void)state;
        for (unsigned int round = 0; round < 50000; round++) {
                char bytes[BYTES];
                const struct text old = {bytes, write_random(bytes, true)};
                struct text new = old, again;

                if (edit_add(&new)) {
                        assert_true(has_both(new));
                        again = new;
                        assert_true(edit_add(&again));
                        assert_text(again, new.bytes, new.size);
                }
                nsswitch_remove(&new);
                again = new;
                nsswitch_remove(&again);
                assert_text(again, new.bytes, new.size);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(adds_in_its_place),
            cmocka_unit_test(moves_what_stands_elsewhere),
            cmocka_unit_test(moves_from_in_front_of_a_directory_if_told_to),
            cmocka_unit_test(goes_behind_systemd_for_a_record),
            cmocka_unit_test(completes_the_line_for_initgroups),
            cmocka_unit_test(adds_only),
            cmocka_unit_test(a_last_line_without_a_newline),
            cmocka_unit_test(removes_what_others_wrote),
            cmocka_unit_test(undoes_itself_on_random_files),
            cmocka_unit_test(is_idempotent_on_random_files_with_the_word),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
