/* SPDX-License-Identifier: MIT */
/*
 * concurrency MODE COUNT: lookups that meet each other and files that change meanwhile. Writes the
 * range files, so it wants a private root. Exit status 1 if an answer is wrong, if anything is left
 * behind, or if what was to happen during a lookup never did.
 *
 *   glibc   8 threads and 4 children ask glibc while files are replaced COUNT times
 *   module  8 threads ask the module itself meanwhile; for ThreadSanitizer
 *   signal  a signal handler asks, until it has interrupted COUNT lookups of its own thread
 *   fork    COUNT children ask, forked while threads look up
 *   stack   a thread with the smallest stack asks each question COUNT times
 *   cancel  COUNT threads are cancelled while they look up
 */
#include "model.h"
#include "nss_subuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

enum {
        THREADS = 8,
        CHILDREN = 4,
        CONTENTS = 5, /* of each file */
        PAIRS = CONTENTS * CONTENTS,
        MANY = 1500, /* lines: 22 KiB, which are read in three pieces */
        LINES_MAX = MANY + 2,
        LINE_SIZE = 32,
};

static void must(bool ok, const char *what)
{
        if (!ok) {
                perror(what);
                exit(1);
        }
}

/* --- what the files hold, and what may be answered -------------------------------------------- */

enum database { USERS, GROUPS };

static const char *const paths[] = {[USERS] = "/etc/subuid", [GROUPS] = "/etc/subgid"};

struct content {
        char text[LINES_MAX * LINE_SIZE];
        size_t size;
};

/* The first of each is empty. */
static struct content contents[2][CONTENTS];

/*
 * The second file of each database, which always says the same of the IDs that are asked for:
 * small, or as subuidctl import writes it, with a mark and so many lines that it is searched by
 * halving.
 */
static const char second_file[] = "carol:400000:65536\n";

static void add(struct content *content, const char *owner, unsigned int start, unsigned int count)
{
        content->size += (size_t)snprintf(content->text + content->size, LINE_SIZE, "%s:%u:%u\n",
                                          owner, start, count);
}

/* With another count the text has the same size: a mixture of both would have good lines too. */
static void add_many(struct content *content, unsigned int start, unsigned int count)
{
        for (unsigned int i = 0; i < MANY; i++)
                add(content, "alice", start + i, count);
}

static void make_contents(void)
{
        struct content *const users = contents[USERS], *const groups = contents[GROUPS];

        add(&users[1], "alice", 200000, 65536);
        add(&users[2], "bob", 200190, 10);
        add(&users[2], "alice", 190000, 65536);
        add_many(&users[3], 400000, 1);
        add(&users[3], "alice", 200000, 65536);
        add_many(&users[4], 400000, 2);
        add(&users[4], "alice", 200000, 65536);

        add(&groups[1], "alice", 300000, 65536);
        add(&groups[1], "bob", 500000, 10);
        add(&groups[2], "carol", 600000, 10);
        add(&groups[2], "alice", 350000, 1000);
        add(&groups[2], "alice", 600000, 65536);
        add(&groups[2], "bob", 500100, 10);
        add_many(&groups[3], 700000, 1);
        add(&groups[3], "alice", 300000, 65536);
        add(&groups[3], "bob", 500200, 10);
        add_many(&groups[4], 700000, 2);
        add(&groups[4], "alice", 320000, 65536);
        add(&groups[4], "bob", 500300, 10);
}

/* Replaces the file. */
static void put(const char *path, const char *text, size_t size)
{
        char new_path[64];
        int fd;

        snprintf(new_path, sizeof(new_path), "%s.new", path);
        fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        must(fd >= 0, new_path);
        must(write(fd, text, size) == (ssize_t)size, new_path);
        must(close(fd) == 0, new_path);
        must(rename(new_path, path) == 0, path);
}

static void put_content(enum database database, size_t i)
{
        put(paths[database], contents[database][i].text, contents[database][i].size);
}

static void put_second_files(bool marked)
{
        enum { OTHERS = 400, MARK_SIZE = 128 };
        static char lines[(OTHERS + 1) * LINE_SIZE], text[MARK_SIZE + sizeof(lines)];
        size_t size = (size_t)snprintf(lines, sizeof(lines), "%s", second_file);
        size_t mark = 0;

        for (unsigned int i = 0; i < OTHERS && marked; i++)
                size += (size_t)snprintf(lines + size, sizeof(lines) - size, "other%u:%u:1000\n", i,
                                         1000000000 + i * 1000);
        /* It counts itself. */
        for (int i = 0; i < 3 && marked; i++)
                mark = (size_t)snprintf(
                    text, sizeof(text),
                    "# Written by subuidctl import; sorted by start up to byte %zu of %zu\n",
                    mark + size, mark + size);
        memcpy(text + mark, lines, size);
        must(mkdir("/etc/nss-subuid", 0755) == 0 || errno == EEXIST, "/etc/nss-subuid");
        put("/etc/nss-subuid/subuid", text, mark + size);
        put("/etc/nss-subuid/subgid", text, mark + size);
}

static const struct question {
        enum database database;
        bool by_name;
        unsigned int id;
        const char *name;
} questions[] = {
    {USERS, false, 200193, NAME_PREFIX "200193"},  {USERS, true, 200193, NAME_PREFIX "200193"},
    {USERS, false, 220000, NAME_PREFIX "220000"},  {USERS, true, 220000, NAME_PREFIX "220000"},
    {USERS, false, 400700, NAME_PREFIX "400700"},  {USERS, true, 400700, NAME_PREFIX "400700"},
    {GROUPS, false, 300193, NAME_PREFIX "300193"}, {GROUPS, true, 300193, NAME_PREFIX "300193"},
    {GROUPS, false, 600005, NAME_PREFIX "600005"}, {GROUPS, true, 600005, NAME_PREFIX "600005"},
    {GROUPS, false, 700700, NAME_PREFIX "700700"}, {GROUPS, true, 700700, NAME_PREFIX "700700"},
};

enum { QUESTIONS = COUNT_OF(questions) };

struct answer {
        bool found;
        unsigned int gid;
        char gecos[64]; /* of a group: empty */
};

/* What each pair of contents, the one of subuid and the one of subgid, answers. */
static struct answer answers[QUESTIONS][PAIRS];

static void make_answer(const struct question *question, const struct content *users,
                        const struct content *groups, struct answer *answer)
{
        const struct content *const contents_of[] = {[USERS] = users, [GROUPS] = groups};
        struct model_ranges ranges[2] = {0};
        const struct model_range *range;
        uint64_t position;

        model_begin();
        for (int i = USERS; i <= GROUPS; i++) {
                model_read(&ranges[i], contents_of[i]->text, contents_of[i]->size);
                model_read(&ranges[i], second_file, strlen(second_file));
        }
        range = model_owner(&ranges[question->database], question->id);
        answer->found = range != NULL;
        if (!range)
                return;
        answer->gid = question->id;
        if (question->database == GROUPS)
                return;
        model_position(&ranges[USERS], range->owner, question->id, &position);
        answer->gid = model_gid(&ranges[GROUPS], range, question->id, position, "", 0);
        snprintf(answer->gecos, sizeof(answer->gecos), "subuid %llu of %s",
                 (unsigned long long)position, range->owner);
}

static bool same_answer(const struct answer *a, const struct answer *b)
{
        return a->found == b->found && a->gid == b->gid && strcmp(a->gecos, b->gecos) == 0;
}

/* Several pairs may give an answer; the first of them stands for all. */
static bool is_first_of_its_kind(size_t question, size_t pair)
{
        for (size_t i = 0; i < pair; i++)
                if (same_answer(&answers[question][i], &answers[question][pair]))
                        return false;
        return true;
}

static void make_answers(void)
{
        for (size_t i = 0; i < QUESTIONS; i++)
                for (size_t pair = 0; pair < PAIRS; pair++)
                        make_answer(&questions[i], &contents[USERS][pair / CONTENTS],
                                    &contents[GROUPS][pair % CONTENTS], &answers[i][pair]);
        /* The first user is in all contents but the empty one: each pair can be told from others.
         */
        for (size_t pair = CONTENTS; pair < PAIRS; pair++)
                must(is_first_of_its_kind(0, pair), "two pairs of contents give the same answer");
}

/* --- asking ----------------------------------------------------------------------------------- */

struct reply {
        enum nss_status status;
        struct passwd pwd;
        struct group grp;
        char buffer[256];
};

typedef void ask_function(const struct question *question, struct reply *reply);

static void ask_module(const struct question *question, struct reply *reply)
{
        char *const buffer = reply->buffer;
        const size_t size = sizeof(reply->buffer);
        int error;

        if (question->database == USERS && question->by_name)
                reply->status =
                    _nss_subuid_getpwnam_r(question->name, &reply->pwd, buffer, size, &error);
        else if (question->database == USERS)
                reply->status =
                    _nss_subuid_getpwuid_r(question->id, &reply->pwd, buffer, size, &error);
        else if (question->by_name)
                reply->status =
                    _nss_subuid_getgrnam_r(question->name, &reply->grp, buffer, size, &error);
        else
                reply->status =
                    _nss_subuid_getgrgid_r(question->id, &reply->grp, buffer, size, &error);
}

static void ask_glibc(const struct question *question, struct reply *reply)
{
        char *const buffer = reply->buffer;
        const size_t size = sizeof(reply->buffer);
        struct passwd *pwd = NULL;
        struct group *grp = NULL;
        int error;

        if (question->database == USERS && question->by_name)
                error = getpwnam_r(question->name, &reply->pwd, buffer, size, &pwd);
        else if (question->database == USERS)
                error = getpwuid_r(question->id, &reply->pwd, buffer, size, &pwd);
        else if (question->by_name)
                error = getgrnam_r(question->name, &reply->grp, buffer, size, &grp);
        else
                error = getgrgid_r(question->id, &reply->grp, buffer, size, &grp);
        reply->status = pwd || grp ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
        if (error != 0)
                reply->status = NSS_STATUS_UNAVAIL;
}

static bool is_answer(const struct reply *reply, const struct question *question,
                      const struct answer *answer)
{
        const struct passwd *const pwd = &reply->pwd;
        const struct group *const grp = &reply->grp;

        if (!answer->found)
                return reply->status == NSS_STATUS_NOTFOUND;
        if (reply->status != NSS_STATUS_SUCCESS)
                return false;
        if (question->database == GROUPS)
                return strcmp(grp->gr_name, question->name) == 0 && grp->gr_gid == answer->gid &&
                       strcmp(grp->gr_passwd, ENTRY_PASSWD) == 0 && !grp->gr_mem[0];
        return strcmp(pwd->pw_name, question->name) == 0 && pwd->pw_uid == question->id &&
               pwd->pw_gid == answer->gid && strcmp(pwd->pw_gecos, answer->gecos) == 0 &&
               strcmp(pwd->pw_passwd, ENTRY_PASSWD) == 0 && strcmp(pwd->pw_dir, ENTRY_DIR) == 0 &&
               strcmp(pwd->pw_shell, ENTRY_SHELL) == 0;
}

/* Returns the first of the pairs of contents that give this reply, or -1. */
static int pair_of(const struct reply *reply, size_t question)
{
        for (int pair = 0; pair < PAIRS; pair++)
                if (is_answer(reply, &questions[question], &answers[question][pair]))
                        return pair;
        return -1;
}

/* Where the files stay as they are, they have these contents: those of many lines. */
enum { FIXED = 3, FIXED_PAIR = FIXED * CONTENTS + FIXED };

/* Asks the module one question of all. Safe in a signal handler. */
static bool ask_fixed(size_t n)
{
        const size_t question = n % QUESTIONS;
        struct reply reply;

        ask_module(&questions[question], &reply);
        return is_answer(&reply, &questions[question], &answers[question][FIXED_PAIR]);
}

/* --- files that are replaced ------------------------------------------------------------------ */

enum { READERS = THREADS + CHILDREN, LOOKUPS_MIN = 500 };

/* Shared with the children too. */
struct shared {
        atomic_bool done;
        atomic_ulong replaced;
        atomic_ulong lookups[READERS];
        atomic_ulong during; /* so many lookups while a file was replaced */
        atomic_ulong wrong;
        atomic_ulong seen[QUESTIONS][PAIRS];
};

static struct shared *shared;

struct reader {
        size_t index;
        ask_function *ask;
        pid_t child; /* 0: a thread */
        pthread_t thread;
};

static void complain(const struct question *question, const struct reply *reply)
{
        const bool user = question->database == USERS && reply->status == NSS_STATUS_SUCCESS;

        fprintf(stderr, "%s %s by %s: status %d, group %u, \"%s\"\n",
                question->database == USERS ? "user" : "group", question->name,
                question->by_name ? "name" : "ID", reply->status, user ? reply->pwd.pw_gid : 0,
                user ? reply->pwd.pw_gecos : "");
}

/* A thread that asks all the time lets others go first: two cores are to do all of this. */
static void give_way(void)
{
        must(setpriority(PRIO_PROCESS, (id_t)gettid(), 10) == 0, "setpriority");
}

/* Asks until all is done, or an answer is wrong. */
static void *read_replaced(void *argument)
{
        const struct reader *const reader = argument;

        give_way();
        for (size_t n = reader->index; !shared->done; n++) {
                const size_t question = n % QUESTIONS;
                const unsigned long replaced = shared->replaced;
                struct reply reply;
                int pair;

                reader->ask(&questions[question], &reply);
                shared->during += shared->replaced != replaced;
                shared->lookups[reader->index]++;
                pair = pair_of(&reply, question);
                if (pair < 0) {
                        complain(&questions[question], &reply);
                        shared->wrong++;
                        return NULL;
                }
                shared->seen[question][pair]++;
        }
        return NULL;
}

/* A slow machine replaces files for longer: each reader is to meet many contents. */
static bool all_have_asked(size_t readers)
{
        for (size_t i = 0; i < readers; i++)
                if (shared->lookups[i] < LOOKUPS_MIN)
                        return false;
        return true;
}

/* Says what was met. Returns whether it was enough, and nothing else. */
static bool report_replaced(size_t readers)
{
        unsigned long lookups = 0;
        unsigned int kinds = 0, seen = 0;

        for (size_t i = 0; i < readers; i++)
                lookups += shared->lookups[i];
        for (size_t i = 0; i < QUESTIONS; i++)
                for (size_t pair = 0; pair < PAIRS; pair++)
                        if (is_first_of_its_kind(i, pair)) {
                                kinds++;
                                seen += shared->seen[i][pair] > 0;
                        }
        printf("# %lu lookups, a file replaced during %lu of them, and %lu times in all\n", lookups,
               shared->during, shared->replaced);
        printf("# %u of %u possible answers seen, %lu impossible ones\n", seen, kinds,
               shared->wrong);
        return shared->during > 0 && seen > kinds / 2 && shared->wrong == 0;
}

static void start_reader(struct reader *reader, bool in_child)
{
        if (!in_child) {
                must(pthread_create(&reader->thread, NULL, read_replaced, reader) == 0, "thread");
                return;
        }
        reader->child = fork();
        must(reader->child >= 0, "fork");
        if (reader->child == 0) {
                read_replaced(reader);
                _exit(0);
        }
}

static bool end_reader(const struct reader *reader)
{
        int status;

        if (reader->child == 0)
                return pthread_join(reader->thread, NULL) == 0;
        return waitpid(reader->child, &status, 0) == reader->child && status == 0;
}

static bool replace(unsigned long count, ask_function *ask, size_t children)
{
        struct reader readers[READERS];
        const size_t number = children + THREADS;
        bool ended_well = true;

        /* First the children: at that time there is no other thread. */
        for (size_t i = 0; i < number; i++) {
                readers[i] = (struct reader){.index = i, .ask = ask};
                start_reader(&readers[i], i < children);
        }
        while (shared->wrong == 0 && (shared->replaced < count || !all_have_asked(number))) {
                put_content(random() % 2 == 0 ? USERS : GROUPS, (size_t)random() % CONTENTS);
                if (random() % 16 == 0)
                        put_second_files(random() % 2);
                shared->replaced++;
        }
        shared->done = true;
        for (size_t i = 0; i < number; i++)
                ended_well &= end_reader(&readers[i]);
        return report_replaced(number) && ended_well;
}

static bool test_glibc(unsigned long count)
{
        return replace(count, ask_glibc, CHILDREN);
}

static bool test_module(unsigned long count)
{
        return replace(count, ask_module, 0);
}

/* --- signals ---------------------------------------------------------------------------------- */

static volatile sig_atomic_t looking_up, interrupted, handler_wrong;

/* Does not save errno: a lookup leaves it as it was. */
static void ask_in_handler(int signal_number)
{
        static size_t n;

        (void)signal_number;
        interrupted += looking_up;
        if (!ask_fixed(n++))
                handler_wrong++;
}

static bool test_signal(unsigned long count)
{
        const struct sigaction action = {.sa_handler = ask_in_handler};
        unsigned long lookups = 0, wrong = 0;

        /* A file that does not exist: errno is not left as it was by accident. */
        must(unlink("/etc/nss-subuid/subgid") == 0, "unlink");
        must(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
        while ((unsigned long)interrupted < count) {
                /* At any moment of the lookup, which takes about as long. */
                const struct itimerval timer = {.it_value.tv_usec = 1 + random() % 100};
                bool right;

                must(setitimer(ITIMER_REAL, &timer, NULL) == 0, "setitimer");
                errno = 4711;
                looking_up = 1;
                right = ask_fixed(lookups++);
                looking_up = 0;
                wrong += !right || errno != 4711;
        }
        printf("# %lu lookups, %d interrupted, %lu wrong, %d wrong in the handler\n", lookups,
               (int)interrupted, wrong, (int)handler_wrong);
        return wrong == 0 && handler_wrong == 0;
}

/* --- forks ------------------------------------------------------------------------------------ */

/* Not shared with children: theirs say what the threads were doing at the fork. */
static atomic_bool in_lookup[THREADS];

static void *ask_until_done(void *argument)
{
        atomic_bool *const inside = argument;

        give_way();
        for (size_t n = 0; !shared->done; n++) {
                bool right;

                *inside = true;
                right = ask_fixed(n);
                *inside = false;
                shared->wrong += !right;
        }
        return NULL;
}

static void __attribute__((noreturn)) ask_in_child(void)
{
        bool right = true;

        for (size_t i = 0; i < THREADS; i++)
                shared->during += in_lookup[i];
        for (size_t i = 0; i < QUESTIONS; i++)
                right &= ask_fixed(i);
        _exit(!right);
}

static bool test_fork(unsigned long count)
{
        pthread_t threads[THREADS];

        for (size_t i = 0; i < THREADS; i++)
                must(pthread_create(&threads[i], NULL, ask_until_done, &in_lookup[i]) == 0,
                     "thread");
        for (unsigned long n = 0; n < count; n++) {
                const pid_t child = fork();
                int status;

                must(child >= 0, "fork");
                if (child == 0)
                        ask_in_child();
                must(waitpid(child, &status, 0) == child, "waitpid");
                shared->wrong += status != 0;
        }
        shared->done = true;
        for (size_t i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        printf(
            "# %lu children, %lu lookups of %d threads were going on at their forks, %lu wrong\n",
            count, shared->during, THREADS, shared->wrong);
        return shared->during > 0 && shared->wrong == 0;
}

/* --- the smallest stack ----------------------------------------------------------------------- */

static size_t asked;
static const char *thread_frame;
static bool all_right = true;

static void *ask_on_small_stack(void *count)
{
        /* Not on the stack, which is for the module. */
        static struct reply reply;

        thread_frame = __builtin_frame_address(0);
        for (; asked < *(unsigned long *)count * QUESTIONS; asked++) {
                const size_t question = asked % QUESTIONS;

                ask_module(&questions[question], &reply);
                all_right &=
                    is_answer(&reply, &questions[question], &answers[question][FIXED_PAIR]);
        }
        return NULL;
}

/* Below the stack lies a page that nobody may touch: too deep a call ends the program. */
static bool test_stack(unsigned long count)
{
        const size_t size = (size_t)PTHREAD_STACK_MIN, page = (size_t)sysconf(_SC_PAGESIZE);
        char *const guard =
            mmap(NULL, page + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        char *const stack = guard + page;
        const char *lowest = stack;
        pthread_attr_t attributes;
        pthread_t thread;

        must(guard != MAP_FAILED, "mmap");
        must(mprotect(stack, size, PROT_READ | PROT_WRITE) == 0, "mprotect");
        memset(stack, '\xa5', size);
        must(pthread_attr_init(&attributes) == 0, "attributes");
        must(pthread_attr_setstack(&attributes, stack, size) == 0, "stack");
        must(pthread_create(&thread, &attributes, ask_on_small_stack, &count) == 0, "thread");
        pthread_join(thread, NULL);
        while (*lowest == '\xa5')
                lowest++;
        printf("# of %zu bytes of stack libc takes %td, a lookup %td, %td are left\n", size,
               stack + size - thread_frame, thread_frame - lowest, lowest - stack);
        return all_right && asked > 0;
}

/* --- cancelled threads ------------------------------------------------------------------------ */

static int open_descriptors(void)
{
        DIR *const directory = opendir("/proc/self/fd");
        int count = 0;

        must(directory != NULL, "/proc/self/fd");
        while (readdir(directory))
                count++;
        closedir(directory);
        return count;
}

static void *ask_until_cancelled(void *argument)
{
        (void)argument;
        give_way();
        for (size_t n = 0;; n++) {
                in_lookup[0] = true;
                ask_fixed(n);
                in_lookup[0] = false;
                pthread_testcancel();
        }
        return NULL;
}

/*
 * Threads whose cancellation is deferred. An asynchronous one may not look up anything (POSIX lists
 * what it may call), and before glibc 2.41 it can be cancelled even where it has switched that off.
 */
static bool test_cancel(unsigned long count)
{
        const int before = open_descriptors();
        unsigned long inside = 0;
        int after;

        for (unsigned long i = 0; i < count; i++) {
                pthread_t thread;
                void *result;

                in_lookup[0] = false;
                must(pthread_create(&thread, NULL, ask_until_cancelled, NULL) == 0, "thread");
                usleep((useconds_t)random() % 500);
                inside += in_lookup[0];
                must(pthread_cancel(thread) == 0, "cancel");
                must(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED, "join");
        }
        after = open_descriptors();
        printf("# %lu threads cancelled, %lu of them in a lookup, %d descriptors more are open\n",
               count, inside, after - before);
        return inside > 0 && after == before;
}

static const struct {
        const char *name;
        bool (*run)(unsigned long count);
} tests[] = {
    {"glibc", test_glibc}, {"module", test_module}, {"signal", test_signal},
    {"fork", test_fork},   {"stack", test_stack},   {"cancel", test_cancel},
};

int main(int argc, char **argv)
{
        if (argc != 3 || !getenv("NSS_SUBUID_PRIVATE_ROOT")) {
                fprintf(stderr, "concurrency MODE COUNT, in a private root\n");
                return 2;
        }
        shared =
            mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        must(shared != MAP_FAILED, "mmap");
        make_contents();
        make_answers();
        put_second_files(true);
        put_content(USERS, FIXED);
        put_content(GROUPS, FIXED);
        for (size_t i = 0; i < COUNT_OF(tests); i++)
                if (strcmp(argv[1], tests[i].name) == 0)
                        return !tests[i].run(strtoul(argv[2], NULL, 10));
        return 2;
}
