/* SPDX-License-Identifier: MIT */
/* clang-format off */
/*
 * bench ROUNDS MICROSECONDS <CASES: measures what lookups cost, side by side.
 *
 * Each line of standard input is a case, of words with tabs between: a label, a kind, and what the
 * kind takes.
 *
 *   LABEL calls FILE...          openat, fstat, one read of 8 KiB and close of each file; one that
 *                                does not exist is just not opened
 *   LABEL lines FILE...          the same, but read to its end, and memchr for each line
 *   LABEL uid|gid|user|group SERVICE KEY hit|miss
 *                                one call of the service's own function, as glibc makes it; the
 *                                answer has to be the one that is said
 *   LABEL owners ID              libsubid's subid_get_uid_owners
 *   LABEL dlopen LIBRARY         dlopen of a library, the first one of a process
 *   LABEL run PROGRAM WORD...    a program, its standard output not shown
 *   LABEL threads calls FILE...  the same by two threads at once, per lookup of each
 *   LABEL threads SERVICE KEY hit|miss
 *
 * All cases are measured in turn, ROUNDS times, each time for about MICROSECONDS. Prints a line for
 * each case: label; median, 10th and 90th percentile of the CPU time, in nanoseconds; the same of
 * the time on the wall. What else runs on a machine changes the second, and the first much less.
 */
/* clang-format on */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CASES_MAX = 256, ROUNDS_MAX = 1000, WORDS_MAX = 8, BUFFER_SIZE = 1 << 21 };

typedef enum nss_status by_id(unsigned int id, void *entry, char *buffer, size_t size, int *error);
typedef enum nss_status by_name(const char *name, void *entry, char *buffer, size_t size,
                                int *error);

/* In nanoseconds. */
struct cost {
        double cpu, wall;
};

struct test {
        char *words[WORDS_MAX]; /* the label and what follows it */
        size_t count;
        bool (*once)(const struct test *); /* returns false if the answer is not the one expected */
        by_id *by_id;
        by_name *by_name;
        unsigned int id;
        bool hit;
        bool to_the_end; /* of lines */
        int (*owners)(unsigned int id, unsigned int **owners);
        long repeats;
        double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
};

static struct test tests[CASES_MAX];

static void __attribute__((noreturn)) fail(const struct test *test, const char *what)
{
        fprintf(stderr, "bench: %s: %s\n", test->words[0], what);
        exit(1);
}

static double read_clock(clockid_t clock)
{
        struct timespec time;

        clock_gettime(clock, &time);
        return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static struct cost start_clocks(clockid_t cpu)
{
        return (struct cost){.cpu = read_clock(cpu), .wall = read_clock(CLOCK_MONOTONIC)};
}

static struct cost stop_clocks(clockid_t cpu, struct cost start)
{
        const struct cost stop = start_clocks(cpu);

        return (struct cost){stop.cpu - start.cpu, stop.wall - start.wall};
}

/* Finds each line's end. Returns how many bytes behind the last one are left. */
static size_t pass_lines(const char *buffer, size_t size)
{
        const char *line = buffer, *const end = buffer + size, *newline;

        while (line < end && (newline = memchr(line, '\n', (size_t)(end - line))))
                line = newline + 1;
        return (size_t)(end - line);
}

/* Lines are shorter than the buffer. */
static void read_lines(int fd)
{
        char buffer[8192];
        size_t kept = 0;
        ssize_t n;

        while ((n = read(fd, buffer + kept, sizeof(buffer) - kept)) > 0) {
                const size_t size = kept + (size_t)n;

                kept = pass_lines(buffer, size);
                memmove(buffer, buffer + size - kept, kept);
        }
}

static bool read_once(const struct test *test)
{
        char buffer[8192];

        for (size_t i = 2; i < test->count; i++) {
                struct stat status;
                int fd;

                if (test->words[i][0] != '/')
                        continue;
                fd = openat(AT_FDCWD, test->words[i], O_RDONLY | O_CLOEXEC);
                if (fd < 0)
                        continue;
                if (fstat(fd, &status) < 0)
                        return false;
                if (test->to_the_end)
                        read_lines(fd);
                else if (read(fd, buffer, sizeof(buffer)) < 0)
                        return false;
                close(fd);
        }
        return true;
}

static bool ask_once(const struct test *test)
{
        /* One for each thread, as large as libnss-cache wants it for groups. */
        static _Thread_local char buffer[BUFFER_SIZE];
        union {
                struct passwd pwd;
                struct group grp;
        } entry;
        int error;
        enum nss_status status;

        if (test->by_id)
                status = test->by_id(test->id, &entry, buffer, sizeof(buffer), &error);
        else
                status = test->by_name(test->words[3], &entry, buffer, sizeof(buffer), &error);
        return (status == NSS_STATUS_SUCCESS) == test->hit;
}

static bool owners_once(const struct test *test)
{
        unsigned int *owners = NULL;
        const bool found = test->owners(test->id, &owners) > 0;

        free(owners);
        return found;
}

/* A process for each, since a library stays loaded; its cost is all that the child tells. */
static struct cost measure_dlopen(const struct test *test)
{
        struct cost result;
        int fds[2];

        if (pipe(fds) < 0)
                fail(test, "pipe");
        if (fork() == 0) {
                const struct cost start = start_clocks(CLOCK_THREAD_CPUTIME_ID);

                if (!dlopen(test->words[2], RTLD_NOW))
                        _exit(1);
                result = stop_clocks(CLOCK_THREAD_CPUTIME_ID, start);
                _exit(write(fds[1], &result, sizeof(result)) != sizeof(result));
        }
        close(fds[1]);
        if (read(fds[0], &result, sizeof(result)) != sizeof(result))
                fail(test, "cannot be opened");
        close(fds[0]);
        wait(NULL);
        return result;
}

static double nanoseconds_of(struct timeval time)
{
        return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

static struct cost measure_run(const struct test *test)
{
        const double start = read_clock(CLOCK_MONOTONIC);
        struct rusage usage;
        int status;

        if (fork() == 0) {
                const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

                dup2(null, STDOUT_FILENO);
                execvp(test->words[2], test->words + 2);
                _exit(127);
        }
        if (wait4(-1, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
                fail(test, "cannot be run");
        return (struct cost){nanoseconds_of(usage.ru_utime) + nanoseconds_of(usage.ru_stime),
                             read_clock(CLOCK_MONOTONIC) - start};
}

static void *repeat(void *argument)
{
        const struct test *test = argument;

        for (long i = 0; i < test->repeats; i++)
                if (!test->once(test))
                        fail(test, "not the answer that was expected");
        return NULL;
}

static struct cost measure_repeats(struct test *test, int threads)
{
        const clockid_t clock = threads > 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID;
        struct cost cost = start_clocks(clock);
        pthread_t other;

        if (threads > 1 && pthread_create(&other, NULL, repeat, test) != 0)
                fail(test, "pthread_create");
        repeat(test);
        if (threads > 1)
                pthread_join(other, NULL);
        cost = stop_clocks(clock, cost);
        return (struct cost){cost.cpu / (double)(threads * test->repeats),
                             cost.wall / (double)test->repeats};
}

static struct cost measure(struct test *test)
{
        if (strcmp(test->words[1], "dlopen") == 0)
                return measure_dlopen(test);
        if (strcmp(test->words[1], "run") == 0)
                return measure_run(test);
        return measure_repeats(test, strcmp(test->words[1], "threads") == 0 ? 2 : 1);
}

/* The function of a service; that of "files" has become a part of libc. */
static void *service_function(const struct test *test, const char *service, const char *function)
{
        char name[64];
        void *library, *address;

        snprintf(name, sizeof(name), "libnss_%s.so.2", service);
        library = dlopen(name, RTLD_NOW);
        snprintf(name, sizeof(name), "_nss_%s_%s_r", service, function);
        address = library ? dlsym(library, name) : NULL;
        if (!address) {
                library = dlopen("libc.so.6", RTLD_NOW);
                address = library ? dlvsym(library, name, "GLIBC_PRIVATE") : NULL;
        }
        if (!address)
                fail(test, "no such function");
        return address;
}

static void prepare_owners(struct test *test)
{
        static const char *const names[] = {"libsubid.so.4", "libsubid.so.5", "libsubid.so.6"};
        void *library = NULL;

        for (size_t i = 0; !library && i < sizeof(names) / sizeof(*names); i++)
                library = dlopen(names[i], RTLD_NOW);
        if (!library)
                fail(test, "no libsubid");
        test->owners = (typeof(test->owners))dlsym(library, "subid_get_uid_owners");
        test->id = (unsigned int)strtoul(test->words[2], NULL, 10);
        test->once = owners_once;
}

static void prepare_question(struct test *test, const char *kind, char **words)
{
        static const char *const functions[][2] = {
            {"uid", "getpwuid"}, {"gid", "getgrgid"}, {"user", "getpwnam"}, {"group", "getgrnam"}};

        for (size_t i = 0; i < 4; i++) {
                void *address;

                if (strcmp(kind, functions[i][0]) != 0)
                        continue;
                address = service_function(test, words[0], functions[i][1]);
                if (i < 2)
                        test->by_id = (by_id *)address;
                else
                        test->by_name = (by_name *)address;
                test->id = (unsigned int)strtoul(words[1], NULL, 10);
                test->hit = strcmp(words[2], "hit") == 0;
                test->once = ask_once;
                return;
        }
        fail(test, "unknown kind");
}

static void prepare(struct test *test)
{
        const char *const kind = test->words[1];

        test->to_the_end = strcmp(kind, "lines") == 0;
        if (strcmp(kind, "dlopen") == 0 || strcmp(kind, "run") == 0)
                return;
        if (strcmp(kind, "owners") == 0)
                prepare_owners(test);
        else if (strcmp(kind, "calls") == 0 || strcmp(kind, "lines") == 0 ||
                 (strcmp(kind, "threads") == 0 && strcmp(test->words[2], "calls") == 0))
                test->once = read_once;
        else if (strcmp(kind, "threads") == 0)
                prepare_question(test, "uid", test->words + 2);
        else
                prepare_question(test, kind, test->words + 2);
}

/* How often a case has to be repeated to take so long; and the first time is not measured. */
static void calibrate(struct test *test, double nanoseconds)
{
        double each;

        test->repeats = 1;
        if (!test->once)
                return;
        measure(test);
        each = measure(test).cpu;
        /* A clock that goes in steps may have stood still. */
        test->repeats = each > 0 ? (long)(nanoseconds / each) + 1 : 1;
}

static int compare(const void *a, const void *b)
{
        const double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

/* Median, 10th and 90th percentile. */
static void print_spread(double *results, size_t rounds, const char *end)
{
        qsort(results, rounds, sizeof(*results), compare);
        printf("\t%.1f\t%.1f\t%.1f%s", results[rounds / 2], results[rounds / 10],
               results[rounds * 9 / 10], end);
}

static size_t read_cases(void)
{
        static char lines[CASES_MAX][512];
        size_t count = 0;

        while (count < CASES_MAX && fgets(lines[count], sizeof(lines[count]), stdin)) {
                struct test *test = &tests[count];
                char *rest = lines[count];

                rest[strcspn(rest, "\n")] = '\0';
                while (test->count < WORDS_MAX - 1 && rest)
                        test->words[test->count++] = strsep(&rest, "\t");
                if (test->count < 3 || rest)
                        fail(test, "not a case");
                count++;
        }
        return count;
}

int main(int argc, char **argv)
{
        const size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
        const double nanoseconds = argc > 2 ? strtod(argv[2], NULL) * 1000 : 0;
        size_t count;

        if (rounds < 1 || rounds > ROUNDS_MAX) {
                fprintf(stderr, "usage: bench ROUNDS MICROSECONDS <CASES\n");
                return 2;
        }
        count = read_cases();
        for (size_t i = 0; i < count; i++) {
                prepare(&tests[i]);
                calibrate(&tests[i], nanoseconds);
        }
        for (size_t round = 0; round < rounds; round++)
                for (size_t i = 0; i < count; i++) {
                        const struct cost cost = measure(&tests[i]);

                        tests[i].cpu[round] = cost.cpu;
                        tests[i].wall[round] = cost.wall;
                }
        for (size_t i = 0; i < count; i++) {
                fputs(tests[i].words[0], stdout);
                print_spread(tests[i].cpu, rounds, "");
                print_spread(tests[i].wall, rounds, "\n");
        }
        return 0;
}
