/* SPDX-License-Identifier: MIT */
#include "files.h"
#include "nss_subuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* No bit of it is one of an errno. */
#define UNTOUCHED 4096

/* The four questions, by a number or by the name that belongs to it. */
enum question { UID, GID, USER_NAMED, GROUP_NAMED };

static const char *const question_names[] = {"UID", "GID", "user name", "group name"};

struct answer {
        enum nss_status status;
        int error; /* what *errnop is, UNTOUCHED if it was not set */
        struct passwd pwd;
        struct group grp;
};

/* Asks in a buffer; checks what holds for every answer: errno, descriptors and cancelling. */
static struct answer ask_in(enum question question, const char *name, unsigned int id, char *buffer,
                            size_t size)
{
        struct answer answer = {.error = UNTOUCHED};
        int cancel_state;

        errno = 4711;
        switch (question) {
        case UID:
                answer.status =
                    _nss_subuid_getpwuid_r(id, &answer.pwd, buffer, size, &answer.error);
                break;
        case GID:
                answer.status =
                    _nss_subuid_getgrgid_r(id, &answer.grp, buffer, size, &answer.error);
                break;
        case USER_NAMED:
                answer.status =
                    _nss_subuid_getpwnam_r(name, &answer.pwd, buffer, size, &answer.error);
                break;
        case GROUP_NAMED:
                answer.status =
                    _nss_subuid_getgrnam_r(name, &answer.grp, buffer, size, &answer.error);
                break;
        }
        assert_int_equal(errno, 4711);
        assert_int_equal(files_open(), 0);
        assert_false(files_cancellable());
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel_state);
        assert_int_equal(cancel_state, PTHREAD_CANCEL_ENABLE);
        return answer;
}

static char shared_buffer[1024];

static struct answer ask(enum question question, unsigned int id)
{
        char name[64];

        snprintf(name, sizeof(name), NAME_PREFIX "%u", id);
        return ask_in(question, name, id, shared_buffer, sizeof(shared_buffer));
}

static void expect(enum question question, unsigned int id, enum nss_status status, int error)
{
        const struct answer answer = ask(question, id);

        if (answer.status != status || answer.error != error)
                fail_msg("%s %u: status %d, errno %d instead of %d, %d", question_names[question],
                         id, answer.status, answer.error, status, error);
}

static void expect_user(unsigned int uid, unsigned int gid, const char *gecos)
{
        char name[64];

        snprintf(name, sizeof(name), NAME_PREFIX "%u", uid);
        for (enum question question = UID; question <= USER_NAMED; question += USER_NAMED - UID) {
                const struct answer answer = ask(question, uid);

                if (answer.status != NSS_STATUS_SUCCESS)
                        fail_msg("UID %u: status %d, errno %d", uid, answer.status, answer.error);
                assert_int_equal(answer.error, UNTOUCHED);
                assert_string_equal(answer.pwd.pw_name, name);
                assert_string_equal(answer.pwd.pw_passwd, "x");
                assert_int_equal(answer.pwd.pw_uid, uid);
                assert_int_equal(answer.pwd.pw_gid, gid);
                assert_string_equal(answer.pwd.pw_gecos, gecos);
                assert_string_equal(answer.pwd.pw_dir, "/nonexistent");
                assert_string_equal(answer.pwd.pw_shell, "/usr/sbin/nologin");
        }
}

static void expect_group(unsigned int gid)
{
        char name[64];

        snprintf(name, sizeof(name), NAME_PREFIX "%u", gid);
        for (enum question question = GID; question <= GROUP_NAMED; question += GROUP_NAMED - GID) {
                const struct answer answer = ask(question, gid);

                if (answer.status != NSS_STATUS_SUCCESS)
                        fail_msg("GID %u: status %d, errno %d", gid, answer.status, answer.error);
                assert_int_equal(answer.error, UNTOUCHED);
                assert_string_equal(answer.grp.gr_name, name);
                assert_string_equal(answer.grp.gr_passwd, "x");
                assert_int_equal(answer.grp.gr_gid, gid);
                assert_null(answer.grp.gr_mem[0]);
        }
}

static void expect_no_user(unsigned int uid)
{
        expect(UID, uid, NSS_STATUS_NOTFOUND, ENOENT);
        expect(USER_NAMED, uid, NSS_STATUS_NOTFOUND, ENOENT);
}

static void expect_no_group(unsigned int gid)
{
        expect(GID, gid, NSS_STATUS_NOTFOUND, ENOENT);
        expect(GROUP_NAMED, gid, NSS_STATUS_NOTFOUND, ENOENT);
}

static void write_node_files(void)
{
        files_clear();
        files_write("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/subgid", "core:100000:65536\ncontainers:200000:268435456\n");
        files_write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
        files_write("/etc/group", "root:x:0:\n");
}

static void answers_the_ids_of_a_node(void **state)
{
        (void)state;
        write_node_files();
        expect_user(100000, 100000, "subuid 0 of core");
        expect_user(165535, 165535, "subuid 65535 of core");
        expect_user(200000, 200000, "subuid 0 of containers");
        expect_user(200193, 200193, "subuid 193 of containers");
        expect_user(268635455, 268635455, "subuid 268435455 of containers");
        expect_group(100000);
        expect_group(165535);
        expect_group(200193);
        expect_group(268635455);
        for (size_t i = 0; i < 5; i++) {
                static const unsigned int ids[] = {99999, 165536, 199999, 268635456, 1000};

                expect_no_user(ids[i]);
                expect_no_group(ids[i]);
        }
}

static void answers_no_excluded_id(void **state)
{
        (void)state;
        files_clear();
        files_write("/etc/subuid", "all:0:4294967295\nlast:4294967295:1\n");
        files_write("/etc/subgid", "all:0:4294967295\nlast:4294967295:1\n");
        for (size_t i = 0; i < 10; i++) {
                static const unsigned int ids[] = {
                    0, 60001, 60705, 61184, 65519, 65534, 2147352576, 2147418111, 4294967295, 65535,
                };

                expect_no_user(ids[i]);
                expect_no_group(ids[i]);
        }
        expect_user(1, 1, "subuid 1 of all");
        expect_user(60000, 60000, "subuid 60000 of all");
        expect_user(60706, 60706, "subuid 60706 of all");
        expect_user(65533, 65533, "subuid 65533 of all");
        expect_user(65536, 65536, "subuid 65536 of all");
        expect_user(4294967294, 4294967294, "subuid 4294967294 of all");
        expect_group(4294967294);
}

static void gives_the_gid_at_the_same_position(void **state)
{
        (void)state;
        files_clear();
        files_write("/etc/subuid", "a:1000:10\nb:5000:10\na:2000:10\n");
        files_write("/etc/subgid", "b:9000:5\na:7000:5\na:8000:20\n");
        expect_user(1000, 7000, "subuid 0 of a");
        expect_user(1004, 7004, "subuid 4 of a");
        expect_user(1005, 8000, "subuid 5 of a");
        expect_user(2009, 8014, "subuid 19 of a");
        expect_user(5004, 9004, "subuid 4 of b");
        /* no GID at this position: nogroup */
        expect_user(5005, 65534, "subuid 5 of b");
        /* the position is that of the owner, wherever its lines stand */
        files_write("/etc/nss-subuid/subgid", "b:9500:5\n");
        expect_user(5005, 9500, "subuid 5 of b");
        files_write("/etc/nss-subuid/subuid", "c:6000:1\nb:6500:5\n");
        expect_user(6000, 65534, "subuid 0 of c");
        expect_user(6500, 65534, "subuid 10 of b");
        /* none of those that never get a name is anybody's group */
        files_write("/etc/subgid", "a:0:1\na:65534:2\na:60001:1\nb:65533:1\nb:65536:1\n");
        expect_user(1000, 65534, "subuid 0 of a");
        expect_user(1001, 65534, "subuid 1 of a");
        expect_user(1002, 65534, "subuid 2 of a");
        expect_user(1003, 65534, "subuid 3 of a");
        expect_user(5000, 65533, "subuid 0 of b");
        expect_user(5001, 65536, "subuid 1 of b");
        /* no subordinate groups at all */
        files_clear();
        files_write("/etc/subuid", "a:1000:10\n");
        expect_user(1000, 65534, "subuid 0 of a");
        expect_no_group(1000);
}

static void shows_odd_owners_safely(void **state)
{
        static const struct {
                const char *owner, *shown;
        } cases[] = {
            {"%sd-admins", "%sd-admins"},
            {"EXAMPLE\\user", "EXAMPLE\\user"},
            {"a b!#$&'()*+-./;<>?@[]^_`{|}~", "a b!#$&'()*+-./;<>?@[]^_`{|}~"},
            {"a,b=c\"d", "a?b?c?d"},
            {"\x01\t\x1f\x7f\x80\xff", "??????"},
            {"M\xc3\xbcller", "M??ller"},
            {"012345678901234567890123456789012345678901234567890123456789012",
             "012345678901234567890123456789012345678901234567890123456789012"},
            {"0123456789012345678901234567890123456789012345678901234567890123",
             "0123456789012345678901234567890123456789012345678901234567890123"},
            {"0123456789012345678901234567890123456789012345678901234567890123X",
             "0123456789012345678901234567890123456789012345678901234567890123"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                char line[256], gecos[256];

                files_clear();
                snprintf(line, sizeof(line), "%s:1000:10\n", cases[i].owner);
                files_write("/etc/subuid", line);
                files_write("/etc/subgid", line);
                snprintf(gecos, sizeof(gecos), "subuid 7 of %s", cases[i].shown);
                expect_user(1007, 1007, gecos);
        }
}

static void tells_owners_apart_beyond_what_it_shows(void **state)
{
        char line[4096], owner[1020];

        (void)state;
        files_clear();
        memset(owner, 'o', 1018);
        snprintf(line, sizeof(line), "%.1016s:1000:1\n%.1016sX:2000:1\n%.1015s:3000:1\n", owner,
                 owner, owner);
        files_write("/etc/subgid", line);
        snprintf(line, sizeof(line), "%.1015s:5000:1\n", owner);
        files_write("/etc/subuid", line);
        expect(UID, 5000, NSS_STATUS_SUCCESS, UNTOUCHED);
        assert_int_equal(ask(UID, 5000).pwd.pw_gid, 3000);
}

static void gives_no_local_account_a_second_name(void **state)
{
        (void)state;
        files_clear();
        files_write("/etc/subuid", "root:1000:2\n");
        files_write("/etc/subgid", "root:1000:2\n");
        files_write("/etc/passwd",
                    "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n");
        files_write("/etc/group", "root:x:0:\nstaff:x:1001:bob\n");
        expect(USER_NAMED, 1000, NSS_STATUS_NOTFOUND, ENOENT);
        expect(UID, 1000, NSS_STATUS_SUCCESS, UNTOUCHED);
        /* nor is a group of the host anybody's, though it is lent to a container */
        expect_user(1001, 65534, "subuid 1 of root");
        expect(GROUP_NAMED, 1001, NSS_STATUS_NOTFOUND, ENOENT);
        expect(GID, 1001, NSS_STATUS_SUCCESS, UNTOUCHED);
        expect_group(1000);
}

static void refuses_other_names_without_a_call(void **state)
{
        static const char *const names[] = {
            "",
            "root",
            "200193",
            "containers",
            " " NAME_PREFIX "200193",
            NAME_PREFIX,
            NAME_PREFIX "apt",
            NAME_PREFIX "0200193",
            NAME_PREFIX "200193 ",
            NAME_PREFIX "+200193",
            NAME_PREFIX "x200193",
            NAME_PREFIX "4294967296",
        };

        (void)state;
        write_node_files();
        for (size_t i = 0; i < COUNT_OF(names); i++)
                for (enum question question = USER_NAMED; question <= GROUP_NAMED; question++) {
                        const struct answer answer =
                            ask_in(question, names[i], 0, shared_buffer, sizeof(shared_buffer));

                        assert_int_equal(answer.status, NSS_STATUS_NOTFOUND);
                        assert_int_equal(answer.error, ENOENT);
                }
        assert_int_equal(files_calls(), 0);
}

/* --- the group of them all -------------------------------------------------------------------- */

/* What a caller passes, as glibc does. */
struct groups {
        long int start, size;
        gid_t *list;
};

static struct groups some_groups(long int start, long int size)
{
        struct groups groups = {start, size, calloc(size > 0 ? (size_t)size : 1, sizeof(gid_t))};

        assert_non_null(groups.list);
        for (long int i = 0; i < size; i++)
                groups.list[i] = i < start ? 5000 + (gid_t)i : 4242;
        return groups;
}

static void expect_groups(const char *name, struct groups *groups, long int limit,
                          enum nss_status status, int error)
{
        int got_error = UNTOUCHED;

        errno = 4711;
        assert_int_equal(_nss_subuid_initgroups_dyn(name, 200193, &groups->start, &groups->size,
                                                    &groups->list, limit, &got_error),
                         status);
        assert_int_equal(got_error, error);
        assert_int_equal(errno, 4711);
        assert_int_equal(files_open(), 0);
        assert_false(files_cancellable());
}

static void write_group_files(const char *accounts)
{
        write_node_files();
        files_write("/etc/group", accounts);
}

#define SOMEBODY NAME_PREFIX "200193"

/* Asks for somebody, who is in the group 990 or in none. */
static void expect_membership(const char *name, bool member)
{
        struct groups groups = some_groups(1, 4);

        expect_groups(name, &groups, -1, member ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND,
                      member ? UNTOUCHED : ENOENT);
        assert_int_equal(groups.start, member ? 2 : 1);
        assert_int_equal(groups.size, 4);
        assert_int_equal(groups.list[0], 5000);
        assert_int_equal(groups.list[1], member ? 990 : 4242);
        free(groups.list);
}

static void puts_every_user_into_one_group(void **state)
{
        static const unsigned int excluded[] = {60001, 65519, 65534, 65535, 2147418111, 4294967295};

        (void)state;
        write_group_files("root:x:0:\nnss-subuid:x:990:\nnss-subuid:x:991:\n");
        expect_membership(SOMEBODY, true);
        expect_membership(NAME_PREFIX "100000", true);
        expect_membership(NAME_PREFIX "99", false);
        files_clear();
        expect_membership("root", false);
        expect_membership("", false);
        expect_membership(NAME_PREFIX "0200193", false);
        assert_int_equal(files_calls(), 0);
        /* no such group */
        write_group_files("root:x:0:\nnss-subuid2:x:990:\nnss-subui:x:990:\n#nss-subuid:x:990:\n");
        expect_membership(SOMEBODY, false);
        write_group_files("nss-subuid:x:\nnss-subuid:x:abc:\n nss-subuid:x:990:x\n");
        expect_membership(SOMEBODY, true);
        assert_int_equal(unlink(files_path("/etc/group")), 0);
        expect_membership(SOMEBODY, false);
        /* one that may not be used, though another of that name might */
        write_group_files("nss-subuid:x:0:\nnss-subuid:x:990:\n");
        expect_membership(SOMEBODY, false);
        for (size_t i = 0; i < COUNT_OF(excluded); i++) {
                char line[64];

                snprintf(line, sizeof(line), "nss-subuid:x:%u:\n", excluded[i]);
                write_group_files(line);
                expect_membership(SOMEBODY, false);
        }
        write_group_files("nss-subuid:x:200194:\n");
        expect_membership(SOMEBODY, false);
        write_group_files("nss-subuid:x:990:\n");
        files_write("/etc/subgid", "a:990:1\n");
        expect_membership(SOMEBODY, false);
        /* a local account */
        write_group_files("nss-subuid:x:990:\n");
        files_write("/etc/passwd", "bob:x:200193:1::/:\n");
        expect_membership(SOMEBODY, false);
        expect_membership(NAME_PREFIX "200194", true);
}

static void adds_the_group_once(void **state)
{
        struct groups groups = some_groups(3, 3);
        gid_t *const list = groups.list;

        (void)state;
        write_group_files("nss-subuid:x:990:\n");
        for (size_t i = 0; i < 3; i++) {
                const gid_t kept = list[i];

                list[i] = 990;
                expect_groups(SOMEBODY, &groups, -1, NSS_STATUS_SUCCESS, UNTOUCHED);
                expect_groups(SOMEBODY, &groups, 1, NSS_STATUS_SUCCESS, UNTOUCHED);
                assert_int_equal(groups.start, 3);
                assert_int_equal(groups.size, 3);
                assert_ptr_equal(groups.list, list);
                list[i] = kept;
        }
        free(list);
        /* what lies behind those that are known does not count */
        groups = some_groups(1, 3);
        groups.list[1] = groups.list[2] = 990;
        expect_groups(SOMEBODY, &groups, -1, NSS_STATUS_SUCCESS, UNTOUCHED);
        assert_int_equal(groups.start, 2);
        free(groups.list);
}

static void grows_the_array_up_to_the_limit(void **state)
{
        static const struct {
                long int start, size, limit, new_start, new_size;
        } cases[] = {
            {0, 0, -1, 1, 1}, {0, 0, 1, 1, 1},   {0, 1, -1, 1, 1},         {1, 1, -1, 2, 2},
            {1, 1, 0, 2, 2},  {1, 1, 1, 1, 1},   {1, 1, 2, 2, 2},          {2, 2, 3, 3, 3},
            {3, 3, -1, 4, 6}, {3, 3, 6, 4, 6},   {3, 3, 7, 4, 6},          {3, 3, 5, 4, 5},
            {3, 3, 3, 3, 3},  {3, 3, 2, 3, 3},   {3, 8, 3, 3, 8},          {3, 8, 4, 4, 8},
            {7, 8, 0, 8, 8},  {8, 8, -7, 9, 16}, {64, 64, 65536, 65, 128},
        };

        (void)state;
        write_group_files("nss-subuid:x:990:\n");
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct groups groups = some_groups(cases[i].start, cases[i].size);

                expect_groups(SOMEBODY, &groups, cases[i].limit, NSS_STATUS_SUCCESS, UNTOUCHED);
                if (groups.start != cases[i].new_start || groups.size != cases[i].new_size)
                        fail_msg("case %zu: %ld of %ld", i, groups.start, groups.size);
                for (long int j = 0; j < cases[i].start; j++)
                        assert_int_equal(groups.list[j], 5000 + j);
                if (groups.start > cases[i].start)
                        assert_int_equal(groups.list[cases[i].start], 990);
                /* all of it is there */
                for (long int j = groups.start; j < groups.size; j++)
                        groups.list[j] = 0;
                free(groups.list);
        }
}

/* More memory than there is: the array is as it was. No byte of it is looked at behind start. */
static void grows_no_array_without_memory(void **state)
{
        (void)state;
        write_group_files("nss-subuid:x:990:\n");
        files_no_memory();
        for (long int start = 1; start <= 64; start++) {
                struct groups groups = some_groups(start, start), before = groups;

                expect_groups(SOMEBODY, &groups, -1, NSS_STATUS_TRYAGAIN, ENOMEM);
                assert_memory_equal(&groups, &before, sizeof(groups));
                /* there is enough of it where nothing has to grow */
                expect_groups(SOMEBODY, &groups, start, NSS_STATUS_SUCCESS, UNTOUCHED);
                free(groups.list);
        }
        files_clear();
}

/* Each call on each file that is asked fails. */
static void names_no_groups_if_a_file_cannot_be_read(void **state)
{
        static const char *const paths[] = {"/etc/group", "/etc/subgid", "/etc/nss-subuid/subgid",
                                            "/etc/subuid", "/etc/passwd"};
        static const char *const calls[] = {"openat", "fstat", "pread"};

        (void)state;
        for (size_t i = 0; i < COUNT_OF(paths); i++)
                for (size_t j = 0; j < COUNT_OF(calls); j++) {
                        struct groups groups = some_groups(1, 1), before = groups;

                        write_group_files("nss-subuid:x:990:\n");
                        files_write("/etc/nss-subuid/subgid", "x:1:1\n");
                        files_fail(calls[j], paths[i], EIO, 0, 1);
                        expect_groups(SOMEBODY, &groups, -1, NSS_STATUS_UNAVAIL, EIO);
                        assert_memory_equal(&groups, &before, sizeof(groups));
                        free(groups.list);
                }
}

/* --- as it was -------------------------------------------------------------------------------- */

static void leaves_cancelling_as_it_was(void **state)
{
        struct passwd pwd;
        int error, cancel_state;

        (void)state;
        write_node_files();
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        assert_int_equal(
            _nss_subuid_getpwuid_r(200193, &pwd, shared_buffer, sizeof(shared_buffer), &error),
            NSS_STATUS_SUCCESS);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel_state);
        assert_int_equal(cancel_state, PTHREAD_CANCEL_DISABLE);
}

static void opens_files_with_care(void **state)
{
        (void)state;
        write_node_files();
        expect(UID, 200193, NSS_STATUS_SUCCESS, UNTOUCHED);
        assert_int_equal(files_open_flags() & O_ACCMODE, O_RDONLY);
        assert_int_equal(files_open_flags() & (O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
                         O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* Sanitizers leave room between variables. */
#ifdef __SANITIZE_ADDRESS__
enum { STACK_SIZE = 256 * 1024, STACK_LIMIT = 32768 };
#else
enum { STACK_SIZE = 256 * 1024, STACK_LIMIT = 16384 };
#endif

static size_t stack_used;

static void *ask_on_painted_stack(void *stack)
{
        char *const here = __builtin_frame_address(0);
        const char *lowest = stack;

        memset(stack, '\xa5', (size_t)(here - (char *)stack) - 4096);
        ask(USER_NAMED, 200193);
        while (*lowest == '\xa5')
                lowest++;
        stack_used = (size_t)(here - lowest);
        return NULL;
}

/* As it was compiled and linked, whatever was inlined: below 16 KiB, libc's own frames included. */
static void uses_little_stack(void **state)
{
        static _Alignas(4096) char stack[STACK_SIZE];
        pthread_attr_t attributes;
        pthread_t thread;

        (void)state;
        write_node_files();
        assert_int_equal(pthread_attr_init(&attributes), 0);
        assert_int_equal(pthread_attr_setstack(&attributes, stack, sizeof(stack)), 0);
        assert_int_equal(pthread_create(&thread, &attributes, ask_on_painted_stack, stack), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_in_range(stack_used, 8192, STACK_LIMIT);
        pthread_attr_destroy(&attributes);
}

/* --- the caller's buffer ---------------------------------------------------------------------- */

enum { GUARD = 64 };

static bool lies_in(const char *text, const char *buffer, size_t size)
{
        return text >= buffer && text + strlen(text) < buffer + size;
}

/* Asks in a buffer of so many bytes that lies at this offset between guards. */
static struct answer ask_guarded(enum question question, unsigned int id, size_t offset,
                                 size_t size)
{
        static _Alignas(16) char room[GUARD + 16 + 1024 + GUARD];
        char *const buffer = room + GUARD + offset;
        char name[64];
        struct answer answer;

        memset(room, '\xa5', sizeof(room));
        snprintf(name, sizeof(name), NAME_PREFIX "%u", id);
        answer = ask_in(question, name, id, buffer, size);
        for (char *p = room; p < room + sizeof(room); p++)
                if ((p < buffer || p >= buffer + size) && *p != '\xa5')
                        fail_msg("byte %td of a buffer of %zu is overwritten", p - buffer, size);
        if (answer.status == NSS_STATUS_SUCCESS && (question == UID || question == USER_NAMED)) {
                assert_true(lies_in(answer.pwd.pw_name, buffer, size));
                assert_true(lies_in(answer.pwd.pw_passwd, buffer, size));
                assert_true(lies_in(answer.pwd.pw_gecos, buffer, size));
                assert_true(lies_in(answer.pwd.pw_dir, buffer, size));
                assert_true(lies_in(answer.pwd.pw_shell, buffer, size));
        } else if (answer.status == NSS_STATUS_SUCCESS) {
                assert_true(lies_in(answer.grp.gr_name, buffer, size));
                assert_true(lies_in(answer.grp.gr_passwd, buffer, size));
                assert_null(answer.grp.gr_mem[0]);
        }
        return answer;
}

static void expect_fit(enum question question, unsigned int id, size_t offset, size_t needed)
{
        const size_t sizes[] = {0, 1, 2, needed / 2, needed - 1, needed, needed + 1, 1024};

        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                const struct answer answer = ask_guarded(question, id, offset, sizes[i]);
                const bool fits = sizes[i] >= needed;

                assert_int_equal(answer.status, fits ? NSS_STATUS_SUCCESS : NSS_STATUS_TRYAGAIN);
                assert_int_equal(answer.error, fits ? UNTOUCHED : ERANGE);
        }
}

static void fits_exactly_at_every_alignment(void **state)
{
        static const unsigned int ids[] = {7, 200193, 268635455, 4294967294};
        const size_t user_rest = sizeof("x") + sizeof("/nonexistent") + sizeof("/usr/sbin/nologin");
        static const char line[] =
            "0123456789012345678901234567890123456789012345678901234567890123:"
            "1:4294967294\n";

        (void)state;
        files_clear();
        files_write("/etc/subuid", line);
        files_write("/etc/subgid", line);
        for (size_t i = 0; i < COUNT_OF(ids); i++)
                for (enum question question = UID; question <= GROUP_NAMED; question++)
                        for (size_t offset = 0; offset < 16; offset++) {
                                const bool user = question == UID || question == USER_NAMED;
                                char name[32], position[32];
                                size_t needed;

                                snprintf(name, sizeof(name), NAME_PREFIX "%u", ids[i]);
                                snprintf(position, sizeof(position), "%u", ids[i] - 1);
                                needed = strlen(name) + 1;
                                needed += user ? strlen("subuid  of ") + strlen(position) + 64 + 1 +
                                                     user_rest
                                               : sizeof("x");
                                expect_fit(question, ids[i], offset, needed);
                        }
}

static void fits_the_customary_buffer(void **state)
{
        char line[1100];

        (void)state;
        files_clear();
        memset(line, 'o', sizeof(line));
        strcpy(line + 1000, ":1000000000:3294967295\n");
        files_write("/etc/subuid", line);
        assert_int_equal(ask_guarded(UID, 4294967294, 0, 200).status, NSS_STATUS_SUCCESS);
}

static void leaves_the_entry_alone_unless_it_answers(void **state)
{
        struct passwd pwd, untouched;
        int error;

        (void)state;
        write_node_files();
        memset(&untouched, '\x5a', sizeof(untouched));
        pwd = untouched;
        _nss_subuid_getpwuid_r(200193, &pwd, shared_buffer, 5, &error);
        assert_memory_equal(&pwd, &untouched, sizeof(pwd));
        _nss_subuid_getpwuid_r(1, &pwd, shared_buffer, sizeof(shared_buffer), &error);
        assert_memory_equal(&pwd, &untouched, sizeof(pwd));
        assert_int_equal(_nss_subuid_getpwuid_r(200193, &pwd, NULL, 0, &error),
                         NSS_STATUS_TRYAGAIN);
        assert_int_equal(_nss_subuid_getpwuid_r(200193, &pwd, shared_buffer, SIZE_MAX, &error),
                         NSS_STATUS_SUCCESS);
}

/* --- files that cannot be read ---------------------------------------------------------------- */

/* Each call on each file, by each question that reaches it, fails with each errno. */
static void maps_every_error(void **state)
{
        static const struct {
                enum question question;
                const char *path;
        } reached[] = {
            {UID, "/etc/subuid"},
            {UID, "/etc/subgid"},
            {USER_NAMED, "/etc/subuid"},
            {USER_NAMED, "/etc/subgid"},
            {USER_NAMED, "/etc/passwd"},
            {GID, "/etc/subgid"},
            {GROUP_NAMED, "/etc/subgid"},
            {GROUP_NAMED, "/etc/group"},
            {UID, "/etc/nss-subuid/subuid"},
            {UID, "/etc/nss-subuid/subgid"},
        };
        static const char *const calls[] = {"openat", "fstat", "pread"};
        static const struct {
                int error;
                enum nss_status status;
        } errors[] = {
            {EMFILE, NSS_STATUS_TRYAGAIN},   {ENFILE, NSS_STATUS_TRYAGAIN},
            {ENOMEM, NSS_STATUS_TRYAGAIN},   {EAGAIN, NSS_STATUS_TRYAGAIN},
            {EINTR, NSS_STATUS_TRYAGAIN},    {EACCES, NSS_STATUS_UNAVAIL},
            {EIO, NSS_STATUS_UNAVAIL},       {ELOOP, NSS_STATUS_UNAVAIL},
            {EPERM, NSS_STATUS_UNAVAIL},     {ENOTDIR, NSS_STATUS_UNAVAIL},
            {EISDIR, NSS_STATUS_UNAVAIL},    {ENXIO, NSS_STATUS_UNAVAIL},
            {EOVERFLOW, NSS_STATUS_UNAVAIL}, {ERANGE, NSS_STATUS_UNAVAIL},
            {ESTALE, NSS_STATUS_UNAVAIL},
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(reached); i++)
                for (size_t j = 0; j < COUNT_OF(calls); j++)
                        for (size_t k = 0; k < COUNT_OF(errors); k++) {
                                files_clear();
                                files_write("/etc/subuid", "other:7:7\n");
                                files_write("/etc/nss-subuid/subuid", "containers:200000:1000\n");
                                files_write("/etc/subgid", "containers:200000:1000\n");
                                files_write("/etc/nss-subuid/subgid", "x:1:1\n");
                                files_write("/etc/passwd", "root:x:0:0:::\n");
                                files_write("/etc/group", "root:x:0:\n");
                                if (strcmp(reached[i].path, "/etc/nss-subuid/subgid") == 0)
                                        files_write("/etc/subgid", "x:1:1\n");
                                files_fail(calls[j], reached[i].path, errors[k].error, 0, 1000);
                                expect(reached[i].question, 200193, errors[k].status,
                                       errors[k].error);
                                /* and once more, when it is over */
                                files_fail(calls[j], reached[i].path, errors[k].error, 0, 0);
                                expect(reached[i].question, 200193, NSS_STATUS_SUCCESS, UNTOUCHED);
                        }
}

/* An owner's lines are counted in a second reading where one buffer did not hold all. */
static void maps_errors_of_the_second_reading(void **state)
{
        (void)state;
        files_clear();
        files_write("/etc/subuid", "a:100:10\n");
        files_write("/etc/nss-subuid/subuid", "a:200:10\n");
        expect_user(205, 65534, "subuid 15 of a");
        files_fail("pread", "/etc/subuid", EIO, 2, 1);
        expect(UID, 205, NSS_STATUS_UNAVAIL, EIO);
        expect_user(205, 65534, "subuid 15 of a");
        files_fail("pread", "/etc/nss-subuid/subuid", ENOMEM, 1, 1);
        expect(UID, 205, NSS_STATUS_TRYAGAIN, ENOMEM);
        expect_user(205, 65534, "subuid 15 of a");
}

static void goes_on_after_an_interruption(void **state)
{
        static const char *const calls[] = {"openat", "pread"};

        (void)state;
        for (size_t i = 0; i < COUNT_OF(calls); i++) {
                write_node_files();
                files_fail(calls[i], "/etc/subuid", EINTR, 0, 15);
                expect_user(200193, 200193, "subuid 193 of containers");
                files_fail(calls[i], "/etc/subuid", EINTR, 0, 16);
                expect(UID, 200193, NSS_STATUS_TRYAGAIN, EINTR);
        }
}

static void wants_regular_files(void **state)
{
        static const char *const paths[] = {"/etc/subuid", "/etc/subgid", "/etc/nss-subuid/subuid",
                                            "/etc/passwd"};

        (void)state;
        for (size_t i = 0; i < COUNT_OF(paths); i++)
                for (int kind = 0; kind < 3; kind++) {
                        char path[2 * PATH_MAX];

                        write_node_files();
                        files_write("/etc/subuid", "core:100000:65536\n");
                        files_write("/etc/nss-subuid/subuid", "containers:200000:1000\n");
                        strcpy(path, files_path(paths[i]));
                        assert_int_equal(unlink(path), 0);
                        if (kind == 0)
                                assert_int_equal(mkdir(path, 0755), 0);
                        else if (kind == 1)
                                assert_int_equal(mkfifo(path, 0644), 0);
                        else
                                assert_int_equal(symlink("/dev/zero", path), 0);
                        expect(USER_NAMED, 200193, NSS_STATUS_UNAVAIL, EINVAL);
                }
}

static void follows_symbolic_links(void **state)
{
        char path[2 * PATH_MAX], target[2 * PATH_MAX];

        (void)state;
        write_node_files();
        strcpy(path, files_path("/etc/subuid"));
        strcpy(target, files_path("/etc/nss-subuid/subuid"));
        assert_int_equal(rename(path, target), 0);
        assert_int_equal(symlink("nss-subuid/subuid", path), 0);
        expect_user(200193, 200193, "subuid 193 of containers");
        /* a dangling one is a file that does not exist */
        assert_int_equal(unlink(target), 0);
        expect_no_user(200193);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("subuid", path), 0);
        expect(UID, 200193, NSS_STATUS_UNAVAIL, ELOOP);
}

static void has_a_version(void **state)
{
        (void)state;
        assert_string_equal(_nss_subuid_version, NSS_SUBUID_VERSION);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(has_a_version),
            cmocka_unit_test(answers_the_ids_of_a_node),
            cmocka_unit_test(answers_no_excluded_id),
            cmocka_unit_test(gives_the_gid_at_the_same_position),
            cmocka_unit_test(shows_odd_owners_safely),
            cmocka_unit_test(tells_owners_apart_beyond_what_it_shows),
            cmocka_unit_test(gives_no_local_account_a_second_name),
            cmocka_unit_test(refuses_other_names_without_a_call),
            cmocka_unit_test(puts_every_user_into_one_group),
            cmocka_unit_test(adds_the_group_once),
            cmocka_unit_test(grows_the_array_up_to_the_limit),
            cmocka_unit_test(grows_no_array_without_memory),
            cmocka_unit_test(names_no_groups_if_a_file_cannot_be_read),
            cmocka_unit_test(leaves_cancelling_as_it_was),
            cmocka_unit_test(opens_files_with_care),
            cmocka_unit_test(uses_little_stack),
            cmocka_unit_test(fits_the_customary_buffer),
            cmocka_unit_test(leaves_the_entry_alone_unless_it_answers),
            cmocka_unit_test(maps_errors_of_the_second_reading),
            cmocka_unit_test(goes_on_after_an_interruption),
            cmocka_unit_test(wants_regular_files),
            cmocka_unit_test(follows_symbolic_links),
            /* what takes its time comes last */
            cmocka_unit_test(fits_exactly_at_every_alignment),
            cmocka_unit_test(maps_every_error),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
