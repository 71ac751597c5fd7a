/* SPDX-License-Identifier: MIT */
#include "files.h"
#include "subid_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static void expect_located(uint32_t id, const char *owner, uint64_t position)
{
        struct subid subid = {.id = id, .passed = 77};

        assert_int_equal(subid_file_locate(SUBID_USERS, &subid), 1);
        assert_int_equal(subid.owner_length, strlen(owner));
        assert_memory_equal(subid.owner, owner, subid.owner_length);
        assert_int_equal(subid.position, position);
        assert_int_equal(subid.id, id);
}

static void expect_missing(uint32_t id)
{
        struct subid subid = {.id = id};

        assert_int_equal(subid_file_locate(SUBID_USERS, &subid), 0);
}

static void reads_two_files_as_one(void **state)
{
        struct subid subid = {.id = 400};

        (void)state;
        files_clear();
        expect_missing(100);
        files_write("/etc/nss-subuid/subuid", "b:300:10\na:400:10\nb:100:10\n");
        expect_located(300, "b", 0);
        /* no last newline: the lines of two files are not joined */
        files_write("/etc/subuid", "b:50:10\na:100:10");
        expect_located(100, "a", 0);
        expect_located(309, "b", 19);
        expect_located(405, "a", 15);
        expect_missing(200);
        /* groups have files of their own */
        assert_int_equal(subid_file_holds(SUBID_GROUPS, &subid), 0);
        files_write("/etc/nss-subuid/subgid", "x:400:1\n");
        assert_int_equal(subid_file_holds(SUBID_GROUPS, &subid), 1);
        files_write("/etc/subgid", "x:500:5\n");
        subid = (struct subid){.owner = "x", .owner_length = 1, .position = 5, .passed = 77};
        assert_int_equal(subid_file_id_at(SUBID_GROUPS, &subid), 1);
        assert_int_equal(subid.id, 400);
        assert_int_equal(subid_file_id_at(SUBID_USERS, &subid), 0);
        /* and so have accounts */
        subid.id = 1000;
        assert_int_equal(subid_file_is_account(SUBID_USERS, &subid), 0);
        files_write("/etc/passwd", "bob:x:1000:1000:::\n");
        assert_int_equal(subid_file_is_account(SUBID_USERS, &subid), 1);
        assert_int_equal(subid_file_is_account(SUBID_GROUPS, &subid), 0);
        files_write("/etc/group", "bob:x:1000:");
        assert_int_equal(subid_file_is_account(SUBID_GROUPS, &subid), 1);
}

static void reads_files_of_one_read(void **state)
{
        (void)state;
        files_clear();
        files_write("/etc/subuid", "a:100:10\na:200:10");
        expect_located(100, "a", 0);
        expect_located(209, "a", 19);
        files_write("/etc/subuid", "a:100:10\n#\na:200:10\n");
        expect_located(209, "a", 19);
        files_write("/etc/subuid", "a:100:10");
        expect_located(109, "a", 9);
        files_write("/etc/subuid", "");
        expect_missing(109);
        files_write("/etc/subuid", "\n");
        expect_missing(109);
}

/* Lines of all lengths at all places of the buffer, and the answer does not depend on the pieces.
 */
static void reads_in_any_pieces(void **state)
{
        static const size_t pieces[] = {1, 2, 3, 17, 1023, 1024, 4095, 8191, 8192, SIZE_MAX};

        (void)state;
        for (size_t filler = 0; filler <= 9000; filler += filler < 1100 || filler > 8000 ? 97 : 719)
                for (size_t i = 0; i < COUNT_OF(pieces); i++) {
                        char *text = malloc(filler + 100);

                        assert_non_null(text);
                        files_clear();
                        memset(text, 'f', filler);
                        strcpy(text + filler, "\nb:10:5\na:100:10\nb:20:5\na:300:7\nb:40:5");
                        memcpy(text, "a:50:3\n", filler > 7 ? 7 : 0);
                        files_write("/etc/subuid", text);
                        files_read_at_most(pieces[i]);
                        expect_located(306, "a", filler > 7 ? 19 : 16);
                        expect_located(44, "b", 14);
                        expect_missing(45);
                        assert_int_equal(files_open(), 0);
                        free(text);
                }
}

static void reads_lines_of_any_length(void **state)
{
        (void)state;
        for (size_t length = 1; length < 40000; length = length * 5 / 4 + 1) {
                char *text = malloc(length + 100), *end = text + length;

                assert_non_null(text);
                files_clear();
                memset(text, 'o', length);
                strcpy(end, ":100:10\nb:500:10");
                files_write("/etc/subuid", text);
                expect_located(500, "b", 0);
                if (length + 7 < 1024)
                        expect_located(109, (*end = '\0', text), 9);
                else
                        expect_missing(109);
                free(text);
        }
}

/* What is kept of a long line must not become a line of its own at the end of the file. */
static void reads_a_long_last_line_as_no_line(void **state)
{
        char text[1200];

        (void)state;
        for (size_t length = 1015; length <= 1100; length++) {
                files_clear();
                memset(text, '0', sizeof(text));
                memcpy(text, "a:7:", 4);
                text[1021] = '5';
                text[length] = '\0';
                files_write("/etc/subuid", text);
                if (length > 1021 && length < 1024)
                        expect_located(7, "a", 0);
                else
                        expect_missing(7);
                /* nor is any part of it, whatever is kept */
                memset(text + 4, '1', length - 4);
                files_write("/etc/subuid", text);
                expect_missing(7);
        }
}

/* A long line is cut for its beginning, but what is cut off does not count as a line. */
static void reads_the_end_of_a_long_line_as_no_line(void **state)
{
        const size_t size = 100000;
        char *text = malloc(size + 1);

        (void)state;
        assert_non_null(text);
        files_clear();
        for (size_t i = 0; i < size; i++)
                text[i] = ":1:9a"[i % 5];
        text[size] = '\0';
        files_write("/etc/subuid", text);
        expect_missing(1);
        files_write("/etc/passwd", text);
        struct subid subid = {.id = 9};
        assert_int_equal(subid_file_is_account(SUBID_USERS, &subid), 0);
        free(text);
}

static void reads_groups_with_many_members(void **state)
{
        char *text = malloc(100001);
        struct subid subid = {.id = 200194};

        (void)state;
        assert_non_null(text);
        files_clear();
        memset(text, 'm', 100000);
        memcpy(text, "big:x:200193:", 13);
        strcpy(text + 99980, "\nnext:x:200194:");
        files_write("/etc/group", text);
        assert_int_equal(subid_file_is_account(SUBID_GROUPS, &subid), 1);
        subid.id = 200193;
        assert_int_equal(subid_file_is_account(SUBID_GROUPS, &subid), 1);
        subid.id = 200195;
        assert_int_equal(subid_file_is_account(SUBID_GROUPS, &subid), 0);
        free(text);
}

/* More lines than a buffer holds; every owner has a line at the top and one at the bottom. */
static void reads_large_files(void **state)
{
        static const char *const paths[] = {"/etc/subuid", "/etc/nss-subuid/subuid"};
        const unsigned int lines = 20000;
        char *text = malloc(lines * 32 + 1), *end = text;

        (void)state;
        assert_non_null(text);
        for (unsigned int i = 0; i < lines; i++)
                end += sprintf(end, "o%u:%u:%u\n", i % (lines / 2), 100000 + i * 1000, 1000);
        for (size_t file = 0; file < COUNT_OF(paths); file++) {
                files_clear();
                files_write(paths[file], text);
                for (unsigned int i = 0; i < lines; i += i < 100 || i > lines - 100 ? 1 : 499) {
                        char owner[16];

                        sprintf(owner, "o%u", i % (lines / 2));
                        expect_located(100000 + i * 1000 + 999, owner, i < lines / 2 ? 999 : 1999);
                }
                expect_missing(99999);
                expect_missing(100000 + lines * 1000);
        }
        free(text);
}

/* No call that is not needed: what they cost is what a lookup costs. */
static void makes_few_calls(void **state)
{
        struct subid subid = {.id = 200193};

        (void)state;
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/subgid", "core:100000:65536\ncontainers:200000:268435456\n");
        expect_located(200193, "containers", 193);
        assert_int_equal(files_calls(), 4); /* openat, fstat, read, close */
        assert_int_equal(subid_file_id_at(SUBID_GROUPS, &subid), 0);
        /* to the end: another read, and an openat of the second file, which does not exist */
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        expect_missing(1);
        assert_int_equal(files_calls(), 6);
        files_clear();
        files_write("/etc/subuid", "core:100000:65536");
        expect_missing(1);
        assert_int_equal(files_calls(), 6);
        /* two files: nothing is asked a second time */
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\n");
        files_write("/etc/nss-subuid/subuid", "containers:200000:268435456\n");
        expect_missing(1);
        assert_int_equal(files_calls(), 10);
        /* one file without lines, one with: what was read is not read again */
        files_clear();
        files_write("/etc/subuid", "");
        files_write("/etc/nss-subuid/subuid", "containers:200000:268435456\n");
        expect_located(200193, "containers", 193);
        assert_int_equal(files_calls(), 8);
        files_clear();
        expect_missing(0);
        expect_missing(65534);
        expect_missing(65535);
        expect_missing(4294967295);
        subid.id = 0;
        assert_int_equal(subid_file_holds(SUBID_GROUPS, &subid), 0);
        assert_int_equal(files_calls(), 0);
}

/* A daemon may have closed its standard input: the next file gets the descriptor 0. */
static void reads_through_descriptor_0(void **state)
{
        const int input = dup(0);
        struct subid subid = {.id = 205};

        (void)state;
        close(0);
        files_clear();
        files_write("/etc/subuid", "a:100:10\n");
        files_write("/etc/nss-subuid/subuid", "a:200:10\n");
        expect_located(205, "a", 15);
        files_fail("openat", "/etc/subuid", EINTR, 0, 1);
        expect_located(205, "a", 15);
        assert_int_equal(files_open(), 0);
        files_clear();
        assert_int_equal(mkdir(files_path("/etc/subuid"), 0755), 0);
        assert_int_equal(subid_file_locate(SUBID_USERS, &subid), -EINVAL);
        if (input >= 0) {
                dup2(input, 0);
                close(input);
        }
}

/* A call that was interrupted is made again, and once it succeeds no more. */
static void locates_users(void **state)
{
        struct subid user;
        uint32_t gid;

        (void)state;
        files_clear();
        files_write("/etc/subuid", "a:100:10\nb:200:10\na:300:10\n");
        files_write("/etc/subgid", "a:1000:15\na:65534:1\n");
        files_write("/etc/passwd", "x:x:301:1::/:\n");
        for (int by_name = 0; by_name < 2; by_name++) {
                assert_int_equal(subid_file_locate_user(302, by_name, &user, &gid), 1);
                assert_int_equal(user.id, 302);
                assert_int_equal(user.position, 12);
                assert_int_equal(user.owner_length, 1);
                assert_memory_equal(user.owner, "a", 1);
                assert_int_equal(gid, 1012);
                assert_int_equal(subid_file_locate_user(305, by_name, &user, &gid), 1);
                assert_int_equal(gid, SUBID_NO_GID);
                assert_int_equal(subid_file_locate_user(205, by_name, &user, &gid), 1);
                assert_int_equal(gid, SUBID_NO_GID);
                assert_int_equal(subid_file_locate_user(301, by_name, &user, &gid), !by_name);
                assert_int_equal(subid_file_locate_user(99, by_name, &user, &gid), 0);
        }
        files_fail("read", "/etc/subgid", EIO, 0, 1);
        assert_int_equal(subid_file_locate_user(302, false, &user, &gid), -EIO);
        files_fail("read", "/etc/passwd", EIO, 0, 1);
        assert_int_equal(subid_file_locate_user(302, true, &user, &gid), -EIO);
}

static void repeats_only_what_was_interrupted(void **state)
{
        static const char *const calls[] = {"openat", "read"};
        static const int errors[] = {EPERM, EIO};

        (void)state;
        for (size_t i = 0; i < COUNT_OF(calls); i++) {
                files_clear();
                files_write("/etc/subuid", "a:100:10\n");
                files_fail(calls[i], "/etc/subuid", EINTR, 0, 3);
                expect_missing(1);
                /* openat, fstat, read to the end, close; openat of the second file */
                assert_int_equal(files_calls(), 3 + 6);
                assert_int_equal(files_open(), 0);
                for (size_t j = 0; j < COUNT_OF(errors); j++) {
                        struct subid subid = {.id = 100};

                        files_fail(calls[i], "/etc/subuid", errors[j], 0, 1);
                        assert_int_equal(subid_file_locate(SUBID_USERS, &subid), -errors[j]);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_two_files_as_one),
            cmocka_unit_test(reads_files_of_one_read),
            cmocka_unit_test(reads_lines_of_any_length),
            cmocka_unit_test(reads_a_long_last_line_as_no_line),
            cmocka_unit_test(reads_the_end_of_a_long_line_as_no_line),
            cmocka_unit_test(reads_groups_with_many_members),
            cmocka_unit_test(reads_large_files),
            cmocka_unit_test(makes_few_calls),
            cmocka_unit_test(locates_users),
            cmocka_unit_test(reads_through_descriptor_0),
            cmocka_unit_test(repeats_only_what_was_interrupted),
            /* what takes its time comes last */
            cmocka_unit_test(reads_in_any_pieces),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
