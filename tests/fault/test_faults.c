/* SPDX-License-Identifier: MIT */
#include "files.h"
#include "supervised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/*
 * Two versions of each file, with an answer of their own to nearly every question. The new ones
 * stand behind so many comments that a lookup fills its buffer more than once, and so has to read a
 * file again to count positions; the imported ones behind so many sorted lines, and a mark, that
 * they are searched by halving.
 */
enum version { OLD, NEW, VERSIONS };

static const struct {
        const char *path, *ranges[VERSIONS];
} files[] = {
    {"/etc/subuid", {"core:100000:500\nlast:300000:5\n", "far:5:7\ncore:200100:1000\n"}},
    {"/etc/nss-subuid/subuid",
     {"core:500000:5\nfar:400000:1000\n", "far:8000:5\nnear:400100:100\nfar:400000:1000\n"}},
    {"/etc/subgid",
     {"core:1000:5\nfar:400000:100\n", "near:600000:1000\nfar:7:3\nfar:70000:100\n"}},
    {"/etc/nss-subuid/subgid",
     {"last:1010:5\nfar:400100:900\n", "far:900000:1000\nnear:400000:200\n"}},
    {"/etc/passwd", {"root:x:0:0::/:\nbob:x:8:8::/:\n", "root:x:0:0::/:\nbob:x:7:7::/:\n"}},
    {"/etc/group",
     {"root:x:0:\nbob:x:8:\nnss-subuid:x:990:\n", "root:x:0:\nnss-subuid:x:991:\nbob:x:400193:\n"}},
};

enum { FILES = COUNT_OF(files), COMMENTS_SIZE = 9600, TEXT_MAX = COMMENTS_SIZE + 512 };

static char texts[FILES][VERSIONS][TEXT_MAX];

static const uint32_t ids[] = {
    400193, /* in the second file of users, the first or the second of groups */
    7,      /* in no old file, in the first of the new ones */
    506410, /* in the sorted part of the new imported files */
};

enum { QUESTIONS = KINDS * COUNT_OF(ids) };

static struct question question_of(size_t number)
{
        return (struct question){(enum kind)(number % KINDS), ids[number / KINDS]};
}

/* 500 sorted lines of 20 bytes and a gap between them, and others behind. */
static void make_imported(char *text, const char *others)
{
        enum { LINES = 470, LINE_SIZE = 20 };
        const size_t mark =
            strlen("# Written by subuidctl import; sorted by start up to byte 0000 of 0000\n");
        const size_t size = mark + (size_t)LINES * LINE_SIZE;

        text +=
            sprintf(text, "# Written by subuidctl import; sorted by start up to byte %zu of %zu\n",
                    size, size + strlen(others));
        for (int i = 0; i < LINES; i++)
                text += sprintf(text, "sorted%03d:%d:14\n", i, 500000 + 20 * i);
        strcpy(text, others);
}

static void make_texts(void)
{
        for (size_t i = 0; i < FILES; i++) {
                strcpy(texts[i][OLD], files[i].ranges[OLD]);
                for (size_t j = 0; j < COMMENTS_SIZE; j++)
                        texts[i][NEW][j] = j % 32 == 31 ? '\n' : '#';
                strcpy(texts[i][NEW] + COMMENTS_SIZE, files[i].ranges[NEW]);
                if (strstr(files[i].path, "/nss-subuid/"))
                        make_imported(texts[i][NEW], files[i].ranges[NEW]);
        }
}

static void write_all(enum version version)
{
        files_clear();
        for (size_t i = 0; i < FILES; i++)
                files_write(files[i].path, texts[i][version]);
}

/* A new file in the place of the old one, which keeps its content for who has it open. */
static void replace(const char *path, const char *text)
{
        char target[8192];

        strcpy(target, files_path(path));
        files_write("/etc/new", text);
        assert_int_equal(rename(files_path("/etc/new"), target), 0);
}

/* Asks, undisturbed. */
static const char *ask(const struct question *question)
{
        const char *const answer = supervised_ask(question, NULL, NULL);

        if (strncmp(answer, "SUCCESS ", 8) != 0 && strcmp(answer, "NOTFOUND 2") != 0)
                fail_msg("undisturbed: %s", answer);
        return answer;
}

/* --- what is expected ------------------------------------------------------------------------- */

/* Answers any of which is right. */
struct answers {
        size_t count;
        char texts[64][256];
};

static bool is_among(const struct answers *answers, const char *text)
{
        for (size_t i = 0; i < answers->count; i++)
                if (strcmp(answers->texts[i], text) == 0)
                        return true;
        return false;
}

static void add_answer(struct answers *answers, const char *text)
{
        if (is_among(answers, text))
                return;
        assert_true(answers->count < COUNT_OF(answers->texts));
        assert_true(strlen(text) < sizeof(answers->texts[0]));
        strcpy(answers->texts[answers->count++], text);
}

/* A single one. */
static struct answers only(const char *text)
{
        struct answers answers = {0};

        add_answer(&answers, text);
        return answers;
}

__attribute__((format(printf, 4, 5))) static void expect(const struct question *question,
                                                         const char *got,
                                                         const struct answers *wanted,
                                                         const char *situation, ...)
{
        static const char *const kinds[] = {"UID", "GID", "user name", "group name", "groups of"};
        char what[256];
        va_list arguments;

        if (is_among(wanted, got))
                return;
        va_start(arguments, situation);
        vsnprintf(what, sizeof(what), situation, arguments);
        va_end(arguments);
        for (size_t i = 0; i < wanted->count; i++)
                print_message("# wanted: %s\n", wanted->texts[i]);
        fail_msg("%s %u, %s: %s", kinds[question->kind], question->id, what, got);
}

/* Runs a test of each question on each version of the files, with the undisturbed answer. */
static void for_each_lookup(void (*test)(enum version version, const struct question *question,
                                         const struct answers *undisturbed))
{
        for (enum version version = OLD; version < VERSIONS; version++) {
                write_all(version);
                for (size_t i = 0; i < QUESTIONS; i++) {
                        const struct question question = question_of(i);
                        const struct answers undisturbed = only(ask(&question));

                        test(version, &question, &undisturbed);
                }
        }
}

/* --- calls that fail -------------------------------------------------------------------------- */

/* What the manual's pages of these calls name, and what file systems of all kinds add. */
static const int errors[] = {
    EPERM,   ENOENT,  EINTR,     EIO,       ENXIO,  E2BIG,     EBADF,        EAGAIN,
    ENOMEM,  EACCES,  EFAULT,    EBUSY,     EEXIST, ENODEV,    ENOTDIR,      EISDIR,
    EINVAL,  ENFILE,  EMFILE,    EFBIG,     ENOSPC, ESPIPE,    EROFS,        ERANGE,
    EDEADLK, ENOLCK,  ENOTCONN,  ELOOP,     EDQUOT, EOVERFLOW, ENAMETOOLONG, ESTALE,
    EPROTO,  EBADMSG, ETIMEDOUT, EHOSTDOWN, ENOKEY, ENODATA,   EUCLEAN,      EOPNOTSUPP,
};

/* Calls in a row that fail. */
struct fault {
        size_t first, count;
        int error;
        struct call hit; /* the first of them, once it was made */
};

static int fail_calls(const struct call *call, void *context)
{
        struct fault *const fault = context;

        if (call->number < fault->first || call->number - fault->first >= fault->count)
                return 0;
        if (call->number == fault->first)
                fault->hit = *call;
        return fault->error;
}

static bool may_be_interrupted(const struct call *call)
{
        return strcmp(call->name, "openat") == 0 || strcmp(call->name, "pread") == 0;
}

static struct answers answer_without(const char *path, const struct question *question)
{
        char kept[8192];
        struct answers answers;

        snprintf(kept, sizeof(kept), "%s.kept", files_path(path));
        assert_int_equal(rename(files_path(path), kept), 0);
        answers = only(ask(question));
        assert_int_equal(rename(kept, files_path(path)), 0);
        return answers;
}

/* What the contract says about one failed call. */
static struct answers answer_to(const struct fault *fault, const struct question *question,
                                const struct answers *undisturbed)
{
        if (strcmp(fault->hit.name, "close") == 0)
                return *undisturbed;
        if (may_be_interrupted(&fault->hit) && fault->error == EINTR)
                return *undisturbed;
        if (strcmp(fault->hit.name, "openat") == 0 && fault->error == ENOENT)
                return answer_without(fault->hit.path, question);
        return only(supervised_failure(fault->error));
}

/* Asks while calls fail. Returns NULL if the lookup makes fewer calls. */
static const char *ask_at_fault(const struct question *question, struct fault *fault)
{
        const char *const got = supervised_ask(question, fail_calls, fault);

        return fault->hit.number == fault->first ? got : NULL;
}

static void fail_each_call(enum version version, const struct question *question,
                           const struct answers *undisturbed)
{
        const char *got;

        (void)version;
        for (size_t i = 0; i < COUNT_OF(errors); i++) {
                struct fault fault = {.first = 1, .count = 1, .error = errors[i]};

                for (; (got = ask_at_fault(question, &fault)); fault.first++) {
                        const struct answers wanted = answer_to(&fault, question, undisturbed);

                        expect(question, got, &wanted, "call %zu, %s of %s, fails with errno %d",
                               fault.first, fault.hit.name, fault.hit.path, errors[i]);
                }
        }
}

static void every_call_fails_with_every_errno(void **state)
{
        (void)state;
        for_each_lookup(fail_each_call);
}

static void interrupt_each_call(enum version version, const struct question *question,
                                const struct answers *undisturbed)
{
        static const size_t counts[] = {1, 15, SIZE_MAX};
        const struct answers interrupted = only(supervised_failure(EINTR));
        const char *got;

        (void)version;
        for (size_t i = 0; i < COUNT_OF(counts); i++) {
                struct fault fault = {.first = 1, .count = counts[i], .error = EINTR};

                for (; (got = ask_at_fault(question, &fault)); fault.first++)
                        if (may_be_interrupted(&fault.hit))
                                expect(question, got,
                                       counts[i] == SIZE_MAX ? &interrupted : undisturbed,
                                       "call %zu, %s of %s, interrupted %zu times", fault.first,
                                       fault.hit.name, fault.hit.path, counts[i]);
        }
}

static void an_interrupted_call_is_made_again(void **state)
{
        (void)state;
        for_each_lookup(interrupt_each_call);
}

/* --- reads that give little ------------------------------------------------------------------- */

/* A read gives so many bytes at most; a call may be interrupted before each; one may fail. */
struct trickle {
        int size;
        bool interrupt, interrupted;
        struct fault fault;
};

static int trickle(const struct call *call, void *context)
{
        struct trickle *const trickle = context;
        const int error = fail_calls(call, &trickle->fault);

        if (error)
                return error;
        trickle->interrupted =
            trickle->interrupt && !trickle->interrupted && may_be_interrupted(call);
        return trickle->interrupted ? EINTR : -trickle->size;
}

static void read_little(enum version version, const struct question *question,
                        const struct answers *undisturbed)
{
        struct trickle plan = {.size = version == OLD ? 1 : 997};

        expect(question, supervised_ask(question, trickle, &plan), undisturbed, "reads of %d bytes",
               plan.size);
        plan.interrupt = true;
        expect(question, supervised_ask(question, trickle, &plan), undisturbed,
               "reads of %d bytes, each call interrupted", plan.size);
}

/* Not half a file is answered from. */
static void fail_after_little(enum version version, const struct question *question,
                              const struct answers *undisturbed)
{
        struct trickle plan = {.size = version == OLD ? 13 : 997};
        struct fault *const fault = &plan.fault;

        *fault = (struct fault){.first = 1, .count = 1, .error = EIO};
        for (;; fault->first++) {
                const char *const got = supervised_ask(question, trickle, &plan);
                struct answers wanted;

                if (fault->hit.number != fault->first)
                        break;
                wanted = answer_to(fault, question, undisturbed);
                expect(question, got, &wanted, "reads of %d bytes, call %zu fails", plan.size,
                       fault->first);
        }
}

static void a_read_may_give_a_single_byte(void **state)
{
        (void)state;
        for_each_lookup(read_little);
        for_each_lookup(fail_after_little);
}

/* --- files that change ------------------------------------------------------------------------ */

/* What happens to a file before a call. */
struct change {
        enum { REMOVED, REPLACED, GROWN, TRUNCATED, CHANGES } kind;
        size_t file;
        enum version version; /* before */
        off_t size;           /* of a file that is truncated */
        size_t before;        /* the call of this number */
        bool done;
};

static void make_change(const struct change *change)
{
        const char *const path = files[change->file].path;
        const enum version other = change->version == OLD ? NEW : OLD;
        FILE *file;

        switch (change->kind) {
        case REMOVED:
                assert_int_equal(unlink(files_path(path)), 0);
                break;
        case REPLACED:
                replace(path, texts[change->file][other]);
                break;
        case GROWN:
                file = fopen(files_path(path), "ae");
                assert_non_null(file);
                fputs(files[change->file].ranges[other], file);
                assert_int_equal(fclose(file), 0);
                break;
        default:
                assert_int_equal(truncate(files_path(path), change->size), 0);
                break;
        }
}

static int change_file(const struct call *call, void *context)
{
        struct change *const change = context;

        if (call->number == change->before) {
                make_change(change);
                change->done = true;
        }
        return 0;
}

/* Adds the answer of a lookup that finds nothing in the files of groups. */
static void add_answer_without_groups(struct answers *answers, enum version version,
                                      const struct question *question)
{
        for (size_t i = 0; i < FILES; i++)
                if (strstr(files[i].path, "/subgid"))
                        files_write(files[i].path, "");
        add_answer(answers, ask(question));
        for (size_t i = 0; i < FILES; i++)
                if (strstr(files[i].path, "/subgid"))
                        files_write(files[i].path, texts[i][version]);
}

/*
 * A file is seen as it was or as it is; of one that is truncated, any part may have been read, and
 * the group that was found before may not be found again.
 */
static struct answers answers_around(struct change change, const struct question *question,
                                     const struct answers *undisturbed)
{
        const char *const text = texts[change.file][change.version];
        const off_t comments = change.version == OLD ? 0 : COMMENTS_SIZE;
        struct answers answers = *undisturbed;

        change.size = 0;
        do {
                make_change(&change);
                add_answer(&answers, ask(question));
                files_write(files[change.file].path, text);
                change.size = change.size < comments ? comments : change.size + 1;
        } while (change.kind == TRUNCATED && change.size < (off_t)strlen(text));
        if (change.kind == TRUNCATED && strstr(files[change.file].path, "/subgid"))
                add_answer_without_groups(&answers, change.version, question);
        return answers;
}

static void change_between_calls(struct change change, const struct question *question,
                                 const struct answers *answers)
{
        static const char *const names[] = {"removed", "replaced", "grown", "truncated"};

        for (change.before = 1;; change.before++) {
                const char *got;

                change.done = false;
                got = supervised_ask(question, change_file, &change);
                if (!change.done)
                        break;
                expect(question, got, answers, "%s is %s (%d bytes) before call %zu",
                       files[change.file].path, names[change.kind], (int)change.size,
                       change.before);
                files_write(files[change.file].path, texts[change.file][change.version]);
        }
}

/* A file that a lookup may open. */
struct reading {
        const char *path;
        bool seen;
};

static int look_for_file(const struct call *call, void *context)
{
        struct reading *const reading = context;

        reading->seen |= strcmp(call->path, reading->path) == 0;
        return 0;
}

static bool reads(const struct question *question, const char *path)
{
        struct reading reading = {path, false};

        supervised_ask(question, look_for_file, &reading);
        return reading.seen;
}

static void change_each_file(enum version version, const struct question *question,
                             const struct answers *undisturbed)
{
        for (size_t i = 0; i < FILES; i++) {
                const off_t size = (off_t)strlen(texts[i][version]);
                const off_t sizes[] = {0, size / 2, size - 4};
                struct change change = {.file = i, .version = version};
                struct answers answers;

                if (!reads(question, files[i].path))
                        continue;
                for (; change.kind < CHANGES; change.kind++) {
                        const size_t count = change.kind == TRUNCATED ? COUNT_OF(sizes) : 1;

                        answers = answers_around(change, question, undisturbed);
                        for (size_t j = 0; j < count; j++) {
                                change.size = sizes[j];
                                change_between_calls(change, question, &answers);
                        }
                }
        }
}

static void a_file_changes_between_two_calls(void **state)
{
        (void)state;
        for_each_lookup(change_each_file);
}

/* All files are replaced before each call, or before every second, third, … */
struct unrest {
        size_t period;
        enum version version; /* what is there now */
};

static int replace_files(const struct call *call, void *context)
{
        struct unrest *const unrest = context;

        if (call->number % unrest->period == 0) {
                unrest->version = unrest->version == OLD ? NEW : OLD;
                for (size_t i = 0; i < FILES; i++)
                        replace(files[i].path, texts[i][unrest->version]);
        }
        return 0;
}

/* All answers that the versions of the files give together. */
static struct answers answers_of_all_versions(const struct question *question)
{
        struct answers answers = {0};

        for (size_t set = 0; set < 1 << FILES; set++) {
                for (size_t i = 0; i < FILES; i++)
                        files_write(files[i].path, texts[i][set >> i & 1]);
                add_answer(&answers, ask(question));
        }
        return answers;
}

/* Each file is seen through one descriptor, so in one version. */
static void all_files_change_all_the_time(void **state)
{
        (void)state;
        files_clear();
        for (size_t i = 0; i < QUESTIONS; i++) {
                const struct question question = question_of(i);
                const struct answers answers = answers_of_all_versions(&question);

                for (size_t start = 0; start < 16; start++) {
                        struct unrest unrest = {.period = 1 + start / 2, .version = start % 2};

                        write_all(unrest.version);
                        expect(&question, supervised_ask(&question, replace_files, &unrest),
                               &answers, "all files replaced before every %zuth call",
                               unrest.period);
                }
        }
}

/* --- files that cost -------------------------------------------------------------------------- */

static int count_reads(const struct call *call, void *context)
{
        *(size_t *)context += strcmp(call->name, "pread") == 0;
        return 0;
}

/* Whatever a file holds, it is read once, or twice for a position, in large pieces. */
static void no_content_costs_more_than_its_size(void **state)
{
        enum { SIZE = 1 << 20, PIECE = 8192 - 1024, LAST_LINE = 64 };
        static char text[SIZE + LAST_LINE];
        /* The first one stands for NUL bytes. */
        static const char *const contents[] = {
            "",
            "x",
            "\n",
            ":",
            "0",
            " ",
            "#\n",
            "a:1:1\n",
            "containers:1:1\n",
            "containers:00000:0\n",
        };
        const struct question question = {UID, 200193};

        (void)state;
        for (size_t i = 0; i < 2 * COUNT_OF(contents); i++) {
                const char *const content = contents[i / 2];
                const size_t length = *content == '\0' ? 1 : strlen(content);
                const bool found = i % 2 == 1;
                size_t reads = 0;
                const char *got;

                for (size_t j = 0; j < SIZE; j++)
                        text[j] = content[j % length];
                strcpy(text + SIZE, found ? "\ncontainers:200000:1000\n" : "\n");
                files_clear();
                files_write_bytes("/etc/subuid", text, SIZE + strlen(text + SIZE));
                got = supervised_ask(&question, count_reads, &reads);
                assert_int_equal(strncmp(got, "SUCCESS ", 8) == 0, found);
                assert_in_range(reads, SIZE / 8192, (found ? 2 : 1) * (SIZE / PIECE + 2));
        }
}

static int setup(void **state)
{
        make_texts();
        return files_setup(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_call_fails_with_every_errno),
            cmocka_unit_test(an_interrupted_call_is_made_again),
            cmocka_unit_test(a_read_may_give_a_single_byte),
            cmocka_unit_test(a_file_changes_between_two_calls),
            cmocka_unit_test(all_files_change_all_the_time),
            cmocka_unit_test(no_content_costs_more_than_its_size),
        };

        if (!supervised_start()) {
                const char *const ci = getenv("CI");

                puts("1..0 # SKIP the kernel does not let a program answer system calls");
                return ci && strcmp(ci, "true") == 0;
        }
        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, setup, files_teardown);
}
