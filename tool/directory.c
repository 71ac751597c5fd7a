/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include "nsswitch.h"
#include "subuidctl.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <shadow/subid.h> /* has a struct subid_range of its own: subid_file.h cannot be used here */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before shadow 4.10 (RHEL 9 has 4.9) its functions had other names and no version. */
#ifndef SUBID_ABI_VERSION
#define subid_init libsubid_init
#define subid_get_uid_ranges get_subuid_ranges
#define subid_get_gid_ranges get_subgid_ranges
#endif

/* One owner has no more ranges than this: with 65,536 IDs each, they are all that there are. */
#define RANGES_MAX 65536

/* The exit status of a child that has said why nobody at all can be asked. */
#define HAS_SAID_WHY 3

const char *directory_service(void)
{
        struct nsswitch nsswitch;
        const int r = nsswitch_read(&nsswitch);

        if (r == -ENOENT)
                return NULL;
        if (r < 0)
                die(NSSWITCH_FILE ": %s", reason(r));
        for (size_t i = 0; i < nsswitch.count; i++) {
                const struct nsswitch_line *const line = &nsswitch.lines[i];
                struct nsswitch_word name;

                /* Unlike glibc, libsubid takes small and capital letters, but no blanks. */
                if (strncasecmp(nsswitch.text + line->text.offset, "subid:", 6) != 0 ||
                    line->count == 0)
                        continue;
                name = line->services[0].name;
                if (nsswitch_is(&nsswitch, name, "files"))
                        return NULL;
                return text_of("%.*s", (int)name.length, nsswitch.text + name.offset);
        }
        return NULL;
}

/* A process that writes answers into a pipe. */
struct child {
        pid_t pid;
        int fd; /* to read from */
};

/* What children are to do. */
struct work {
        const char *service;
        const char *const *owners;
        size_t count;
        const char *group;
};

typedef void work_function(FILE *out, const struct work *work);

static struct child start(work_function *function, const struct work *work)
{
        struct child child;
        int fds[2];

        /* Nothing that waits to be printed is to be printed twice. */
        flush_output();
        if (pipe2(fds, O_CLOEXEC) < 0)
                die("pipe: %m");
        child = (struct child){.pid = fork(), .fd = fds[0]};
        if (child.pid < 0)
                die("fork: %m");
        if (child.pid == 0) {
                FILE *const out = fdopen(fds[1], "w");

                /* It may hang, and holds the lock too. */
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(fds[0]);
                if (!out)
                        die("fdopen: %m");
                function(out, work);
                /* Not exit(), which would run what a plugin has left to be run. */
                _exit(fflush(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        close(fds[1]);
        return child;
}

/* Returns the status, as waitpid gives it, of a child that has ended or is ended here. */
static int finish(const struct child *child)
{
        int status = -1;

        kill(child->pid, SIGKILL);
        waitpid(child->pid, &status, 0);
        close(child->fd);
        return status;
}

/* Returns the number of bytes read, less than size at the end, or -ETIMEDOUT. */
static ssize_t receive(const struct child *child, void *data, size_t size)
{
        struct pollfd readable = {.fd = child->fd, .events = POLLIN};
        size_t done = 0;

        while (done < size) {
                const int ready = poll(&readable, 1, DIRECTORY_TIMEOUT * 1000);
                ssize_t n;

                if (ready == 0)
                        return -ETIMEDOUT;
                n = ready < 0 ? -1 : read(child->fd, (char *)data + done, size - done);
                if (n < 0 && errno != EINTR)
                        die("a pipe: %m");
                if (n == 0)
                        break;
                if (n > 0)
                        done += (size_t)n;
        }
        return (ssize_t)done;
}

/* Where its plugin cannot be used, libsubid reads /etc/subuid instead and does not tell. */
static void require_plugin(const char *service)
{
        const char *const library = text_of("libsubid_%s.so", service);

        if (dlopen(library, RTLD_LAZY | RTLD_NOLOAD))
                return;
        if (dlopen(library, RTLD_LAZY))
                error("%s: no plugin that this libsubid takes", library);
        else
                error("%s", dlerror());
        _exit(HAS_SAID_WHY);
}

/* For each question: how many ranges or a negative number, then the ranges. */
static void answer_all(FILE *out, const struct work *work)
{
        /* What it has to say, it would say on standard error, or (4.13) crash. */
        subid_init("subuidctl", NULL);
        for (size_t i = 0; i < 2 * work->count; i++) {
                const char *const owner = work->owners[i / 2];
                struct subid_range *ranges = NULL;
                const int64_t count = i % 2 == 0 ? subid_get_uid_ranges(owner, &ranges)
                                                 : subid_get_gid_ranges(owner, &ranges);

                if (i == 0)
                        require_plugin(work->service);
                fwrite(&count, sizeof(count), 1, out);
                for (int64_t j = 0; j < count && j < RANGES_MAX; j++) {
                        const struct directory_range range = {ranges[j].start, ranges[j].count};

                        fwrite(&range, sizeof(range), 1, out);
                }
                /* The ranges stay: before 4.16, libsubid has no function to give them back. */
                fflush(out);
        }
}

/* Returns a positive number if there was an answer, 0 if that made no sense, or -ETIMEDOUT. */
static int receive_answer(const struct child *child, struct directory_answer *answer)
{
        int64_t count;
        ssize_t n = receive(child, &count, sizeof(count));
        size_t size;

        if (n != sizeof(count) || count > RANGES_MAX)
                return n < 0 ? (int)n : 0;
        if (count < 0)
                return 1;
        size = (size_t)count * sizeof(*answer->ranges);
        answer->ranges = allocate(size);
        n = receive(child, answer->ranges, size);
        if (n != (ssize_t)size)
                return n < 0 ? (int)n : 0;
        answer->known = true;
        answer->count = (size_t)count;
        return 1;
}

void directory_ask(const char *service, const char *const *owners, size_t count,
                   struct directory_owner *answers)
{
        size_t i = 0;

        memset(answers, 0, count * sizeof(*answers));
        /* After an owner at whom the plugin crashes, another child goes on. */
        while (i < count) {
                const struct work work = {
                    .service = service, .owners = owners + i, .count = count - i};
                const struct child child = start(answer_all, &work);
                int status, r = 1;

                for (; i < count; i++) {
                        struct directory_answer *const answer = answers[i].answers;

                        r = receive_answer(&child, &answer[0]);
                        if (r > 0)
                                r = receive_answer(&child, &answer[1]);
                        if (r <= 0)
                                break;
                        if (!answer[0].known || !answer[1].known)
                                error("%s: no answer; %s does not know it, has no ranges of it or "
                                      "cannot be asked",
                                      owners[i], service);
                }
                status = finish(&child);
                if (r > 0)
                        return;
                if (r == -ETIMEDOUT) {
                        error("%s: no answer for %d seconds; %s is not asked again", owners[i],
                              DIRECTORY_TIMEOUT, service);
                        return;
                }
                if (WIFEXITED(status) && WEXITSTATUS(status) == HAS_SAID_WHY)
                        exit(EXIT_FAILURE);
                error("%s: libsubid_%s.so has crashed or answered nonsense", owners[i++], service);
        }
}

/* Each name followed by a NUL. */
static void write_members(FILE *out, const struct work *work)
{
        struct group *group;

        errno = 0;
        group = getgrnam(work->group);
        if (!group) {
                const bool unknown = errno == 0 || errno == ENOENT || errno == ESRCH;

                error("%s: %s", work->group, unknown ? "no such group" : strerror(errno));
                _exit(HAS_SAID_WHY);
        }
        for (char **member = group->gr_mem; *member; member++)
                fwrite(*member, strlen(*member) + 1, 1, out);
}

char **directory_members(const char *group)
{
        const struct child child = start(write_members, &(struct work){.group = group});
        size_t size = 0, count = 0, room = 0;
        char *text = NULL, **members;
        int status;
        ssize_t n;

        do {
                text = reallocate(text, (room += 65536) + 1);
                n = receive(&child, text + size, room - size);
                size += n > 0 ? (size_t)n : 0;
        } while (size == room);
        text[size] = '\0';
        status = finish(&child);
        if (n == -ETIMEDOUT)
                die("%s: no answer for %d seconds", group, DIRECTORY_TIMEOUT);
        if (WIFEXITED(status) && WEXITSTATUS(status) == HAS_SAID_WHY)
                exit(EXIT_FAILURE);
        if (status != 0)
                die("%s: what was asked for the group has crashed", group);
        for (size_t i = 0; i < size; i++)
                count += text[i] == '\0';
        members = allocate((count + 1) * sizeof(*members));
        for (size_t i = 0; i < count; i++) {
                members[i] = text;
                text += strlen(text) + 1;
        }
        return members;
}
