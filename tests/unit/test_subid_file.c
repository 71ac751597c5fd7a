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

        if (subid_file_locate(SUBID_USERS, &subid) != 1)
                fail_msg("%u of \"%s\" is not found", (unsigned int)id, owner);
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
        uint32_t gid = 0;

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
        subid = (struct subid){.id = 99, .owner = "x", .owner_length = 1, .position = 5};
        assert_int_equal(subid_file_group_of(&subid, &gid), 1);
        assert_int_equal(gid, 400);
        subid.position = 6;
        assert_int_equal(subid_file_group_of(&subid, &gid), 1);
        assert_int_equal(gid, SUBID_NO_GID);
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
        uint32_t gid = 0;

        (void)state;
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/subgid", "core:100000:65536\ncontainers:200000:268435456\n");
        expect_located(200193, "containers", 193);
        assert_int_equal(files_calls(), 4); /* openat, fstat, read, close */
        /* a user whose group has the same number: the same of the other file */
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/subgid", "core:100000:65536\ncontainers:200000:268435456\n");
        assert_int_equal(subid_file_locate_user(200193, false, &subid, &gid), 1);
        assert_int_equal(gid, 200193);
        assert_int_equal(files_calls(), 8);
        /* by its position: all is read, nothing twice, and then /etc/group */
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/subgid", "core:100000:65536\ncontainers:1200000:268435456\n");
        files_write("/etc/group", "root:x:0:\n");
        assert_int_equal(subid_file_locate_user(200193, false, &subid, &gid), 1);
        assert_int_equal(gid, 1200193);
        assert_int_equal(files_calls(), 4 + 6 + 5);
        /* by none: what has no such line need not be asked for another one */
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/subgid", "core:100000:65536\n");
        assert_int_equal(subid_file_locate_user(200193, false, &subid, &gid), 1);
        assert_int_equal(gid, SUBID_NO_GID);
        assert_int_equal(files_calls(), 4 + 6);
        /* a number of the host's: /etc/group too */
        files_clear();
        files_write("/etc/subuid", "root:1000:10\n");
        files_write("/etc/subgid", "root:1000:10\n");
        files_write("/etc/group", "bob:x:1001:\n");
        assert_int_equal(subid_file_locate_user(1001, false, &subid, &gid), 1);
        assert_int_equal(gid, SUBID_NO_GID);
        assert_int_equal(files_calls(), 12);
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

static void locates_users(void **state)
{
        struct subid user = {.id = 0};
        uint32_t gid = 0;

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
        files_fail("pread", "/etc/subgid", EIO, 0, 1);
        assert_int_equal(subid_file_locate_user(302, false, &user, &gid), -EIO);
        files_fail("pread", "/etc/passwd", EIO, 0, 1);
        assert_int_equal(subid_file_locate_user(302, true, &user, &gid), -EIO);
}

/* The group of the user 200193: the second line of "a", which begins at 200000. */
static void expect_group(uint32_t wanted, const char *groups, const char *more_groups,
                         const char *accounts)
{
        struct subid user = {.id = 0};
        uint32_t gid = 0;

        files_clear();
        files_write("/etc/subuid", "b:100:10\na:1000:50\na:200000:1000\n");
        files_write("/etc/subgid", groups);
        files_write("/etc/nss-subuid/subgid", more_groups);
        files_write("/etc/group", accounts);
        assert_int_equal(subid_file_locate_user(200193, false, &user, &gid), 1);
        if (gid != wanted)
                fail_msg("%u, not %u: %s", (unsigned int)gid, (unsigned int)wanted, groups);
        assert_int_equal(user.id, 200193);
        assert_int_equal(user.position, 243);
        assert_int_equal(files_open(), 0);
}

static void finds_the_group_of_a_user(void **state)
{
        static const char many[] = "z:300000:1\nz:300001:1\n";
        char filler[9000], groups[9200];

        (void)state;
        /* the same number, whatever the positions are */
        expect_group(200193, "a:200000:1000\n", "", "");
        expect_group(200193, "a:44:1\na:104:1\na:200000:1000\n", "", "video:x:44:\n");
        expect_group(200193, "b:100:10\n", "a:200000:194\n", "");
        expect_group(200193, "a:200000:1000\nb:200000:1000\n", "", "");
        /* not asked of /etc/group: an ordinary answer costs no more calls */
        expect_group(200193, "a:200000:1000\n", "", "x:x:200193:\n");
        /* else by its position */
        expect_group(400243, "a:400000:1000\n", "", "");
        expect_group(200193, "a:400000:1000\na:200000:1000\n", "", "");
        expect_group(500043, "a:400000:200\n", "a:500000:100\n", "");
        expect_group(200293, "a:1000:50\na:200100:1000\n", "", "");
        expect_group(SUBID_NO_GID, "a:400000:243\n", "", "");
        expect_group(SUBID_NO_GID, "", "", "");
        expect_group(SUBID_NO_GID, "a:200100:100\n", "", "");
        expect_group(SUBID_NO_GID, "b:200000:1000\n", "", "");
        /* which somebody else's line may hold first */
        expect_group(400243, "b:200000:1000\na:400000:1000\n", "", "");
        expect_group(SUBID_NO_GID, "b:400243:1\na:400000:1000\n", "", "");
        expect_group(400243, "b:400242:1\nb:400244:1\na:400000:1000\n", "", "");
        expect_group(400243, "a:400000:1000\nb:400243:1\n", "", "");
        expect_group(400243, "a:1:0\na:400000:1000\na:400243:1\n", "", "");
        /* or the host */
        expect_group(SUBID_NO_GID, "a:400000:1000\n", "", "x:x:400243:\n");
        expect_group(400243, "a:400000:1000\n", "", "x:x:400242:\n");
        expect_group(SUBID_NO_GID, "a:60000:1000\n", "", "");
        expect_group(65533, "a:65290:1000\n", "", "");
        expect_group(SUBID_NO_GID, "a:65291:1000\n", "", "");
        /* where the first file does not fit into the buffer */
        memset(filler, '#', sizeof(filler));
        filler[sizeof(filler) - 2] = '\n';
        filler[sizeof(filler) - 1] = '\0';
        snprintf(groups, sizeof(groups), "%sa:400000:1000\n", filler);
        expect_group(400243, groups, "", "");
        snprintf(groups, sizeof(groups), "%s%sb:400243:1\na:400000:1000\n", many, filler);
        expect_group(SUBID_NO_GID, groups, "", "");
        snprintf(groups, sizeof(groups), "b:200000:1000\n%s", filler);
        expect_group(400243, groups, "a:400000:1000\n", "");
        snprintf(groups, sizeof(groups), "a:200001:1000\n%sa:400000:1000\n", filler);
        expect_group(200244, groups, "", "");
}

static void asks_etc_group_for_the_hosts_gids(void **state)
{
        static const struct {
                uint32_t id;
                bool asked;
        } cases[] = {{1000, true}, {65533, true}, {65536, false}, {200000, false}};
        struct subid user = {.id = 0};
        uint32_t gid = 0;

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                char accounts[64];

                files_clear();
                files_write("/etc/subuid", "a:1000:300000\n");
                files_write("/etc/subgid", "a:1000:300000\n");
                snprintf(accounts, sizeof(accounts), "x:x:%u:\n", (unsigned int)cases[i].id);
                files_write("/etc/group", accounts);
                assert_int_equal(subid_file_locate_user(cases[i].id, false, &user, &gid), 1);
                assert_int_equal(gid, cases[i].asked ? SUBID_NO_GID : cases[i].id);
                files_fail("pread", "/etc/group", EIO, 0, 1);
                assert_int_equal(subid_file_locate_user(cases[i].id, false, &user, &gid),
                                 cases[i].asked ? -EIO : 1);
        }
}

/* Returns the ID, or -1 if no account is called so. */
static int64_t id_of(enum subid_database database, const char *name)
{
        struct subid account = {.id = 77, .owner_length = strlen(name)};
        int r;

        memcpy(account.owner, name, account.owner_length);
        r = subid_file_named(database, &account);
        assert_in_range(r, 0, 1);
        return r > 0 ? (int64_t)account.id : -1;
}

static void finds_accounts_by_name(void **state)
{
        struct subid account = {.owner = "x", .owner_length = 1};
        char name[1100];

        (void)state;
        files_clear();
        assert_int_equal(id_of(SUBID_GROUPS, "x"), -1);
        files_write("/etc/group", "#x:x:1:\nxx:x:2:\nx:x:\n x:x:3:\nx:x:4:\n:x:5:\n");
        files_write("/etc/passwd", "x:x:8:9::/:\n");
        assert_int_equal(id_of(SUBID_GROUPS, "y"), -1);
        assert_int_equal(id_of(SUBID_GROUPS, "x"), 3);
        assert_int_equal(id_of(SUBID_GROUPS, "xx"), 2);
        assert_int_equal(id_of(SUBID_GROUPS, ""), 5);
        assert_int_equal(id_of(SUBID_USERS, "x"), 8);
        /* names of any length, some of them too long to be found */
        for (size_t length = 1010; length < 1024; length++) {
                char line[1200];

                memset(name, 'n', length);
                name[length] = '\0';
                snprintf(line, sizeof(line), "%s::9\n", name);
                files_write("/etc/group", line);
                assert_int_equal(id_of(SUBID_GROUPS, name), length + 3 < 1024 ? 9 : -1);
        }
        files_fail("pread", "/etc/group", EIO, 0, 1);
        assert_int_equal(subid_file_named(SUBID_GROUPS, &account), -EIO);
}

/* --- imported files with a mark --------------------------------------------------------------- */

#define MARK "# Written by subuidctl import; sorted by start up to byte %lld of %lld\n"

/*
 * Writes an imported file: its sorted lines, the others, the mark in front. sorted_by and size_by
 * are what the mark says too much.
 */
static void write_marked(const char *path, const char *sorted, const char *rest, int sorted_by,
                         int size_by)
{
        const size_t length = strlen(sorted) + strlen(rest);
        char *const text = malloc(length + 200);
        long long mark = 0;

        assert_non_null(text);
        /* The mark counts itself. */
        for (int i = 0; i < 4; i++)
                mark = sprintf(text, MARK, mark + (long long)strlen(sorted) + sorted_by,
                               mark + (long long)length + size_by);
        strcpy(text + mark, sorted);
        strcat(text + mark, rest);
        files_write(path, text);
        free(text);
}

/* So many sorted lines of so many IDs, each behind a gap; every owner has one. */
static char *sorted_lines(unsigned int count, uint32_t start, uint32_t size, uint32_t gap,
                          unsigned int *seed)
{
        char *const text = malloc(count * 64UL + 1), *end = text;

        assert_non_null(text);
        *end = '\0';
        for (unsigned int i = 0; i < count; i++) {
                uint32_t this = size;

                if (seed) {
                        *seed = *seed * 1103515245 + 12345;
                        this = 1 + (*seed >> 16) % size;
                        start += (*seed >> 20) % 8 ? 0 : gap;
                }
                end += sprintf(end, "s%.*s%u:%u:%u\n", (int)(i * 7 % 13), "ooooooooooooo", i,
                               (unsigned int)start, (unsigned int)this);
                start += this + (seed ? 0 : gap);
        }
        return text;
}

/* What both files of users say of an ID. */
struct known {
        int result, holds;
        struct subid user;
        uint32_t gid;
};

static struct known ask_all(uint32_t id)
{
        struct known known = {.gid = 0};
        struct subid subid = {.id = id};

        known.result = subid_file_locate_user(id, false, &known.user, &known.gid);
        known.holds = subid_file_holds(SUBID_GROUPS, &subid);
        return known;
}

/* The same content, with the mark and with a comment in its place, gives the same answers. */
static void expect_the_same(const char *sorted, const char *sorted_groups, const char *rest,
                            const uint32_t *ids, size_t count)
{
        struct known *const known = calloc(count, sizeof(*known));

        assert_non_null(known);
        for (int marked = 0; marked < 2; marked++) {
                write_marked("/etc/nss-subuid/subuid", sorted, rest, 0, marked ? 0 : 1);
                write_marked("/etc/nss-subuid/subgid", sorted_groups, rest, 0, marked ? 0 : 1);
                for (size_t i = 0; i < count; i++) {
                        const struct known now = ask_all(ids[i]);

                        if (!marked) {
                                known[i] = now;
                                continue;
                        }
                        if (now.result != known[i].result || now.holds != known[i].holds)
                                fail_msg("%u: %d, %d instead of %d, %d", (unsigned int)ids[i],
                                         now.result, now.holds, known[i].result, known[i].holds);
                        if (now.result <= 0)
                                continue;
                        if (now.gid != known[i].gid ||
                            now.user.position != known[i].user.position ||
                            now.user.owner_length != known[i].user.owner_length ||
                            memcmp(now.user.owner, known[i].user.owner, now.user.owner_length) != 0)
                                fail_msg("%u: group %u at %llu", (unsigned int)ids[i],
                                         (unsigned int)now.gid,
                                         (unsigned long long)now.user.position);
                }
        }
        free(known);
}

static void searches_imported_files(void **state)
{
        static const char rest[] = "m:1000:10\nm:500:10\nm:2000000000:1000\nz:7:0\n"
                                   "x:1500000000:10\ny:1500000005:10\nm:600:10\n#\n\n";
        static const char *const first_files[] = {"", "a:100:10\n",
                                                  "s5:50:7\ns1:4294000000:5\nsooooooo1:60:7\n",
                                                  "x:1500000000:3\nbig:70000:1000000\n"};
        static uint32_t ids[40000];
        static char first[10000];
        unsigned int seed = 1;

        (void)state;
        for (size_t round = 0; round < 24; round++) {
                const unsigned int lines = round < 4 ? 400 : 100 + (unsigned int)round * 97;
                const uint32_t size = round % 3 == 0 ? 7 : round % 3 == 1 ? 65536 : 1;
                char *const sorted =
                    sorted_lines(lines, round % 2 ? 3000000000 : 70000, size,
                                 round % 4 == 1 ? 100000 : 3, round % 2 ? &seed : NULL);
                char *groups;
                size_t count = 0;

                files_clear();
                /* from some round on, they nearly fill the buffer */
                memset(first, '#', sizeof(first));
                strcpy(first + (round < 12 ? 0 : 500 * (round - 5) - 1), "\n");
                strcat(first, first_files[round % 4]);
                files_write("/etc/subuid", first);
                files_write("/etc/subgid", first_files[round / 4 % 4]);
                for (const char *line = sorted; line && *line; line = strchr(line, '\n') + 1) {
                        struct subid_range range;
                        const size_t length = strcspn(line, "\n");

                        assert_true(subid_range_parse(line, length, &range));
                        if (lines > 500 && (count / 5) % 7 != 0 && count > 100 && round % 5) {
                                /* not each of many */
                                seed = seed * 1103515245 + 12345;
                                if ((seed >> 16) % 8)
                                        continue;
                        }
                        ids[count++] = range.start - 1;
                        ids[count++] = range.start;
                        ids[count++] = range.start + range.count / 2;
                        ids[count++] = range.start + (range.count - 1);
                        ids[count++] = (uint32_t)subid_range_end(&range);
                }
                for (size_t i = 0; i < 13; i++) {
                        static const uint32_t others[] = {
                            1,    7,          55,         65,         100,        509,       609,
                            1005, 2000000500, 1500000002, 1500000007, 1500000012, 4294967294};

                        ids[count++] = others[i];
                }
                assert_true(count < COUNT_OF(ids));
                expect_the_same(sorted, sorted, round % 3 ? rest : "", ids, count);
                /* the groups of other owners, or elsewhere */
                groups = sorted_lines(lines, round % 2 ? 70001 : 70000 + size + 3, size, 3, NULL);
                expect_the_same(sorted, groups, rest, ids, count < 400 ? count : 400);
                free(groups);
                free(sorted);
        }
        assert_int_equal(files_open(), 0);
}

/* What a mark says is believed only where it fits, and what does not fit is scanned. */
static void believes_no_mark_that_does_not_fit(void **state)
{
        char *const sorted = sorted_lines(1000, 100000, 10, 10, NULL);
        char *const copy = strdup(sorted);
        char *line;

        (void)state;
        assert_non_null(copy);
        /* the last line stands far in front of where it would be looked for */
        strcat(sorted, "last:5:7\n");
        for (int by = -1; by <= 1; by++) {
                files_clear();
                write_marked("/etc/nss-subuid/subuid", sorted, "", 0, by);
                if (by)
                        expect_located(7, "last", 2);
                else
                        expect_missing(7);
        }
        /* not in /etc/subuid, nor behind the first line, nor up to behind the end */
        files_clear();
        write_marked("/etc/subuid", sorted, "", 0, 0);
        expect_located(7, "last", 2);
        files_clear();
        write_marked("/etc/nss-subuid/subuid", sorted, "", 1, 0);
        expect_located(7, "last", 2);
        /* a line that is no range, where it is looked for: 105000 stands in the middle */
        line = strstr(copy, ":109980:");
        assert_non_null(line);
        memcpy(line, ":x", 2);
        files_clear();
        write_marked("/etc/nss-subuid/subuid", copy, "late:109985:1\nlast:5:7\n", 0, 0);
        expect_located(109985, "late", 0);
        expect_located(7, "last", 2);
        /* two lines in the wrong order */
        memcpy(line, ":900000:", 8);
        write_marked("/etc/nss-subuid/subuid", copy, "", 0, 0);
        expect_located(110001, "sooo500", 1);
        free(copy);
        free(sorted);
}

/* Whatever is wrong with a file that says that it is sorted: a lookup ends, with some answer. */
static void survives_files_that_are_not_sorted(void **state)
{
        char *const sorted = sorted_lines(1500, 100000, 10, 10, NULL);
        const size_t length = strlen(sorted);
        unsigned int seed = 7;

        (void)state;
        for (size_t round = 0; round < 300; round++) {
                char *const text = strdup(sorted);

                assert_non_null(text);
                for (size_t swaps = round % 20 + 1; swaps > 0; swaps--) {
                        size_t from, to, size;

                        seed = seed * 1103515245 + 12345;
                        from = (seed >> 8) % length;
                        seed = seed * 1103515245 + 12345;
                        to = (seed >> 8) % length;
                        seed = seed * 1103515245 + 12345;
                        size = (seed >> 8) % (round % 3 ? 10000 : 30);
                        if (from + size > length || to + size > length)
                                continue;
                        /* lines of numbers that are in the wrong place; now and then none at all */
                        memmove(text + to, round % 7 ? sorted + from : text, size);
                        if (round % 11 == 0)
                                memset(text + to, 'x', size);
                }
                text[length - 1] = '\n';
                files_clear();
                write_marked("/etc/nss-subuid/subuid", text, "", 0, 0);
                for (uint32_t id = 99000; id < 132000; id += 1777) {
                        struct subid subid = {.id = id};

                        assert_in_range(subid_file_locate(SUBID_USERS, &subid), 0, 1);
                }
                free(text);
        }
        assert_int_equal(files_open(), 0);
        free(sorted);
}

static void searches_files_without_a_sorted_part(void **state)
{
        char *const lines = sorted_lines(1000, 100000, 10, 10, NULL);

        (void)state;
        files_clear();
        write_marked("/etc/nss-subuid/subuid", "", lines, 0, 0);
        expect_located(100015 + 10, "sooooooo1", 5);
        expect_missing(100015);
        free(lines);
}

/* No more is read than is needed, whatever the size. */
static void reads_little_of_imported_files(void **state)
{
        char *const sorted = sorted_lines(100000, 100000, 10, 10, NULL);
        struct subid user = {.id = 0};
        uint32_t gid = 0;

        (void)state;
        files_clear();
        files_write("/etc/subuid", "a:1:1\n");
        files_write("/etc/subgid", "a:1:1\n");
        write_marked("/etc/nss-subuid/subuid", sorted, "", 0, 0);
        write_marked("/etc/nss-subuid/subgid", sorted, "", 0, 0);
        for (uint32_t id = 100000; id < 2100000; id += 4999) {
                const int before = files_calls();
                const bool held = (id - 100000) % 20 < 10;

                assert_int_equal(subid_file_locate_user(id, false, &user, &gid), held);
                /* two files, each openat, fstat, close; the first one's bytes and end; the second's
                 */
                assert_in_range(files_calls() - before, 0, (held ? 2 : 1) * (3 + 2 + 3 + 5));
        }
        free(sorted);
}

/* Where sizes differ by orders of magnitude no guess is of use; halving bounds what is read. */
static void reads_little_of_skewed_files(void **state)
{
        char *const sorted = malloc(50000 * 32UL), *end = sorted;
        int most = 0;

        (void)state;
        assert_non_null(sorted);
        for (uint64_t start = 131072, size; start < UINT32_MAX; start += size) {
                size = 1 + (start >> 12);
                if (size > UINT32_MAX - start)
                        size = UINT32_MAX - start;
                end += sprintf(end, "s%u:%u:%u\n", (unsigned int)(end - sorted),
                               (unsigned int)start, (unsigned int)size);
        }
        files_clear();
        write_marked("/etc/nss-subuid/subgid", sorted, "", 0, 0);
        for (uint64_t id = 131072; id < UINT32_MAX; id += 1 + (id >> 9)) {
                struct subid group = {.id = (uint32_t)id};
                const int before = files_calls();

                assert_int_equal(subid_file_holds(SUBID_GROUPS, &group), !subid_excluded(group.id));
                if (files_calls() - before > most)
                        most = files_calls() - before;
        }
        free(sorted);
        /* openat of two files, fstat, close; the mark; of 1.3 MB pieces of 2 KiB */
        assert_in_range(most, 4 + 1 + 10, 4 + 1 + 2 * 10);
}

static void maps_errors_of_the_search(void **state)
{
        char *const sorted = sorted_lines(2000, 100000, 10, 10, NULL);
        struct subid subid = {.id = 120005};
        int passed = 0;

        (void)state;
        files_clear();
        write_marked("/etc/nss-subuid/subuid", sorted, "", 0, 0);
        for (;; passed++) {
                files_fail("pread", "/etc/nss-subuid/subuid", EIO, passed, 1);
                if (subid_file_holds(SUBID_USERS, &subid) != -EIO)
                        break;
        }
        assert_in_range(passed, 2, 6);
        assert_int_equal(files_open(), 0);
        /* where reads give little, all is scanned */
        for (size_t size = 1; size < 3000; size = size * 3 + 1) {
                files_clear();
                write_marked("/etc/nss-subuid/subuid", sorted, "z:5:1\n", 0, 0);
                files_read_at_most(size);
                expect_located(120005, "soooooo1000", 5);
                expect_located(5, "z", 0);
                expect_missing(120015);
        }
        free(sorted);
}

enum { SIZE_LIMIT = 67108864 };

/* Too large a file is not read, whatever is asked of it. */
static void refuses_large_files(void **state)
{
        struct subid subid = {.id = 205};

        (void)state;
        files_clear();
        files_write("/etc/subuid", "a:100:10\n");
        files_stretch("/etc/subuid", SIZE_LIMIT + 1LL);
        subid.id = 105;
        assert_int_equal(subid_file_locate(SUBID_USERS, &subid), -EFBIG);
        assert_int_equal(files_calls(), 3); /* openat, fstat, close */
        assert_int_equal(subid_file_holds(SUBID_USERS, &subid), -EFBIG);
        files_stretch("/etc/subuid", 5LL << 30);
        assert_int_equal(subid_file_holds(SUBID_USERS, &subid), -EFBIG);
        files_write("/etc/group", "a:x:105:\n");
        files_stretch("/etc/group", SIZE_LIMIT + 1LL);
        assert_int_equal(subid_file_is_account(SUBID_GROUPS, &subid), -EFBIG);
        subid.owner_length = 1;
        assert_int_equal(subid_file_named(SUBID_GROUPS, &subid), -EFBIG);
        /* one that is just as large as it may be */
        files_clear();
        files_write("/etc/subuid", "a:100:10\n");
        files_stretch("/etc/subuid", SIZE_LIMIT);
        expect_located(105, "a", 5);
        expect_missing(99);
}

/* A file that states no size, or less than it has, is read up to the limit. */
static void refuses_endless_files(void **state)
{
        struct subid subid = {.id = 99};

        (void)state;
        files_clear();
        files_hide_sizes();
        files_write("/etc/subuid", "a:100:10\n");
        files_stretch("/etc/subuid", SIZE_LIMIT);
        expect_located(105, "a", 5);
        expect_missing(99);
        files_stretch("/etc/subuid", SIZE_LIMIT + 1LL);
        expect_located(105, "a", 5);
        assert_int_equal(subid_file_holds(SUBID_USERS, &subid), -EFBIG);
        files_stretch("/etc/subuid", 5LL << 30);
        assert_int_equal(subid_file_holds(SUBID_USERS, &subid), -EFBIG);
        assert_int_equal(files_open(), 0);
}

/* A call that was interrupted is made again, and once it succeeds no more. */
static void repeats_only_what_was_interrupted(void **state)
{
        static const char *const calls[] = {"openat", "pread"};
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

/* A sorted part that is shorter than what is read at once. */
static void searches_short_parts(void **state)
{
        static const uint32_t ids[] = {5, 199999, 200000, 200009, 200010, 300000, 4294967290};
        char *const rest = malloc(10001);

        (void)state;
        assert_non_null(rest);
        memset(rest, '#', 10000);
        rest[10000] = '\0';
        rest[9999] = '\n';
        files_clear();
        expect_the_same("a:200000:10\nb:300000:10\n", "a:200000:10\n", rest, ids, COUNT_OF(ids));
        expect_the_same("", "a:200000:10\n", rest, ids, COUNT_OF(ids));
        free(rest);
}

/* The group at a position takes several readings of a long file: whichever fails, it is no answer.
 */
static void fails_with_each_reading(void **state)
{
        char *const groups = malloc(20100);
        struct subid user = {.id = 0};
        uint32_t gid = 0;
        int r = -EIO, failed = 0;

        (void)state;
        assert_non_null(groups);
        strcpy(groups, "b:105:1\n");
        memset(groups + 8, '#', 20000);
        strcpy(groups + 20008, "\na:500:10\n");
        files_clear();
        files_write("/etc/subuid", "a:100:10\n");
        files_write("/etc/subgid", groups);
        for (; r == -EIO && failed < 100; failed++) {
                files_fail("pread", "/etc/subgid", EIO, failed, 1);
                r = subid_file_locate_user(105, false, &user, &gid);
        }
        assert_int_equal(r, 1);
        assert_int_equal(gid, 505);
        assert_true(failed > 6);
        free(groups);
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
            cmocka_unit_test(finds_the_group_of_a_user),
            cmocka_unit_test(asks_etc_group_for_the_hosts_gids),
            cmocka_unit_test(finds_accounts_by_name),
            cmocka_unit_test(believes_no_mark_that_does_not_fit),
            cmocka_unit_test(survives_files_that_are_not_sorted),
            cmocka_unit_test(searches_files_without_a_sorted_part),
            cmocka_unit_test(reads_little_of_imported_files),
            cmocka_unit_test(reads_little_of_skewed_files),
            cmocka_unit_test(maps_errors_of_the_search),
            cmocka_unit_test(refuses_large_files),
            cmocka_unit_test(reads_through_descriptor_0),
            cmocka_unit_test(repeats_only_what_was_interrupted),
            /* what takes its time comes last */
            cmocka_unit_test(reads_in_any_pieces),
            cmocka_unit_test(searches_imported_files),
            cmocka_unit_test(searches_short_parts),
            cmocka_unit_test(fails_with_each_reading),
            cmocka_unit_test(refuses_endless_files),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
