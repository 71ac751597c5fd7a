/* SPDX-License-Identifier: MIT */
#include "child.h"

#include "progress.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
        ANSWER = STDERR_FILENO + 1, /* the only descriptor besides the standard ones */
        GRACE_MS = 20,
        END_MS = 200, /* what is killed and still there then cannot be killed */
};

static pid_t parent;

void child_dies_with_parent(void)
{
        /* It may have died before. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
                _exit(EXIT_FAILURE);
}

/* Whoever reads what its parent prints would else wait for a child that is left behind. */
static void be_silent(int last)
{
        const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        for (int fd = STDIN_FILENO; fd <= last; fd++)
                if (null < 0 || dup2(null, fd) < 0)
                        close(fd);
        if (null > ANSWER)
                close(null);
}

static bool make(struct child *child, child_function *function, const void *data, bool is_heard)
{
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return false;
        parent = getpid();
        *child = (struct child){.pid = fork(), .fd = ends[0]};
        if (child->pid < 0) {
                close(ends[0]);
                close(ends[1]);
                return false;
        }
        if (child->pid == 0) {
                child_dies_with_parent();
                /* What it starts in turn, a plugin say, is ended with it; it has no terminal. */
                setsid();
                if (ends[1] != ANSWER && dup2(ends[1], ANSWER) < 0)
                        _exit(EXIT_FAILURE);
                /* Debian 11's C library has no name for it. */
                syscall(__NR_close_range, (unsigned int)ANSWER + 1, UINT_MAX, 0U);
                be_silent(is_heard ? STDOUT_FILENO : STDERR_FILENO);
                signal(SIGPIPE, SIG_DFL);
                function(ANSWER, data);
                /* Not exit(), which would run what a plugin has left to be run. */
                _exit(EXIT_SUCCESS);
        }
        close(ends[1]);
        return true;
}

bool child_try(struct child *child, child_function *function, const void *data)
{
        return make(child, function, data, false);
}

static struct child start_or_die(child_function *function, const void *data, bool is_heard)
{
        struct child child;

        /* Nothing that waits to be printed is to be printed twice. */
        flush_output();
        if (!make(&child, function, data, is_heard))
                die("a child: %m");
        return child;
}

struct child child_start(child_function *function, const void *data)
{
        return start_or_die(function, data, false);
}

struct child child_start_heard(child_function *function, const void *data)
{
        return start_or_die(function, data, true);
}

void child_becomes_program(int to, const void *data)
{
        static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
        char *const environment[] = {path, locale, NULL};
        char *const *const arguments = data;

        if (dup2(to, STDOUT_FILENO) < 0)
                _exit(EXIT_FAILURE);
        close(to);
        execve(arguments[0], arguments, environment);
        _exit(EXIT_FAILURE);
}

ssize_t child_read(const struct child *child, void *data, size_t size, int64_t deadline)
{
        struct pollfd readable = {.fd = child->fd, .events = POLLIN};
        size_t done = 0;

        while (done < size) {
                const int64_t left = deadline - now_ms();
                const int ready = left > 0 ? poll(&readable, 1, (int)progress_tick(left)) : 0;
                ssize_t n;

                if (left <= 0)
                        return -ETIMEDOUT;
                if (ready == 0)
                        continue;
                n = ready < 0 ? -1 : read(child->fd, (char *)data + done, size - done);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        break;
                if (n > 0)
                        done += (size_t)n;
        }
        return (ssize_t)done;
}

int child_end(const struct child *child)
{
        int status;

        close(child->fd);
        /* One that is about to end by itself may do so. */
        for (int ms = 0; ms < END_MS; ms++) {
                siginfo_t ended = {.si_pid = 0};

                /* Not reaped yet: its number is nobody else's, nor is that of its group. */
                if (waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOHANG | WNOWAIT) < 0)
                        return -1;
                if (ended.si_pid != 0 || ms >= GRACE_MS)
                        kill(-child->pid, SIGKILL);
                if (ended.si_pid != 0)
                        return waitpid(child->pid, &status, 0) == child->pid ? status : -1;
                if (ms >= GRACE_MS)
                        kill(child->pid, SIGKILL);
                usleep(1000);
        }
        return -1;
}

int child_run(const char *const *arguments, int64_t ms, char **output)
{
        enum { OUTPUT_MAX = 65536 };
        const int64_t deadline = now_ms() + ms;
        const struct child child = child_start(child_becomes_program, arguments);
        const ssize_t n =
            child_read(&child, *output = xcalloc(1, OUTPUT_MAX + 1), OUTPUT_MAX, deadline);
        const int status = child_end(&child);

        return n < 0 ? (int)n : status;
}

size_t child_answers(child_function *function, const void *data, void *answers, size_t size,
                     size_t count, int64_t *left)
{
        const struct child child = child_start(function, data);
        const int64_t start = now_ms();
        size_t i;

        for (i = 0; i < count; i++) {
                const int64_t now = now_ms(), end = start + *left;

                if (child_read(&child, (char *)answers + i * size, size,
                               now + CHILD_WAIT_MS < end ? now + CHILD_WAIT_MS : end) !=
                    (ssize_t)size)
                        break;
        }
        child_end(&child);
        *left -= now_ms() - start;
        return i;
}
