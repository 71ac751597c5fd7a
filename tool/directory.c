/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include "child.h"
#include "progress.h"
#include "util.h"

#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <shadow/subid.h> /* has a struct subid_range of its own: subid_file.h cannot be used here */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* What children are to do. */
struct work {
        const char *service;
        const char *const *owners;
        size_t count;
        const char *group;
};

/* Waits for an answer as long as a directory may be silent. */
static ssize_t receive(const struct child *child, void *data, size_t size)
{
        return child_read(child, data, size, now_ms() + INT64_C(1000) * DIRECTORY_TIMEOUT);
}

/* Where its plugin cannot be used, libsubid reads /etc/subuid instead and does not tell. */
static void require_plugin(const char *service)
{
        const char *const library = xasprintf("libsubid_%s.so", service);

        if (dlopen(library, RTLD_LAZY | RTLD_NOLOAD))
                return;
        if (dlopen(library, RTLD_LAZY))
                warn("%s: no plugin that this libsubid takes", library);
        else
                warn("%s", dlerror());
        _exit(HAS_SAID_WHY);
}

static void write_answer(int to, const struct subid_range *ranges, int64_t count)
{
        const size_t known = count < 0 ? 0 : count < RANGES_MAX ? (size_t)count : RANGES_MAX;
        struct directory_range *const copy = xcalloc(known, sizeof(*copy));

        for (size_t i = 0; i < known; i++)
                copy[i] = (struct directory_range){ranges[i].start, ranges[i].count};
        if (!write_all(to, (const char *)&count, sizeof(count)) ||
            !write_all(to, (const char *)copy, known * sizeof(*copy)))
                _exit(EXIT_FAILURE);
        free(copy);
}

/* For each question: how many ranges or a negative number, then the ranges. */
static void answer_all(int to, const void *data)
{
        const struct work *const work = data;

        /* What it has to say, it would say on standard error, or (4.13) crash. */
        subid_init("subuidctl", NULL);
        for (size_t i = 0; i < 2 * work->count; i++) {
                const char *const owner = work->owners[i / 2];
                struct subid_range *ranges = NULL;
                const int64_t count = i % 2 == 0 ? subid_get_uid_ranges(owner, &ranges)
                                                 : subid_get_gid_ranges(owner, &ranges);

                if (i == 0)
                        require_plugin(work->service);
                write_answer(to, ranges, count);
                /* The ranges stay: before 4.16, libsubid has no function to give them back. */
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
        answer->ranges = xcalloc(1, size);
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
                const struct child child = child_start_heard(answer_all, &work);
                int status, r = 1;

                for (; i < count; i++) {
                        struct directory_answer *const answer = answers[i].answers;

                        progress("asking %s for the ranges of owner %zu of %zu", service, i + 1,
                                 count);
                        r = receive_answer(&child, &answer[0]);
                        if (r > 0)
                                r = receive_answer(&child, &answer[1]);
                        if (r <= 0)
                                break;
                        if (!answer[0].known || !answer[1].known)
                                warn("%s: no answer; %s does not know it, has no ranges of it or "
                                     "cannot be asked",
                                     owners[i], service);
                }
                status = child_end(&child);
                if (r > 0)
                        return;
                if (r == -ETIMEDOUT) {
                        warn("%s: no answer for %d seconds; %s is not asked again", owners[i],
                             DIRECTORY_TIMEOUT, service);
                        return;
                }
                if (WIFEXITED(status) && WEXITSTATUS(status) == HAS_SAID_WHY)
                        exit(EXIT_FAILURE);
                warn("%s: libsubid_%s.so has crashed or answered nonsense", owners[i++], service);
        }
}

/* Each name followed by a NUL. */
static void write_members(int to, const void *data)
{
        const struct work *const work = data;
        struct group *group;

        errno = 0;
        group = getgrnam(work->group);
        if (!group) {
                const bool unknown = errno == 0 || errno == ENOENT || errno == ESRCH;

                warn("%s: %s", work->group, unknown ? "no such group" : strerror(errno));
                _exit(HAS_SAID_WHY);
        }
        for (char **member = group->gr_mem; *member; member++)
                if (!write_all(to, *member, strlen(*member) + 1))
                        _exit(EXIT_FAILURE);
}

char **directory_members(const char *group)
{
        const struct child child = child_start_heard(write_members, &(struct work){.group = group});
        size_t size = 0, count = 0, room = 0;
        char *text = NULL, **members;
        int status;
        ssize_t n;

        progress("asking for the members of a group");
        do {
                text = xrealloc(text, (room += 65536) + 1);
                n = receive(&child, text + size, room - size);
                size += n > 0 ? (size_t)n : 0;
        } while (size == room);
        text[size] = '\0';
        status = child_end(&child);
        if (n == -ETIMEDOUT)
                die("%s: no answer for %d seconds", group, DIRECTORY_TIMEOUT);
        if (WIFEXITED(status) && WEXITSTATUS(status) == HAS_SAID_WHY)
                exit(EXIT_FAILURE);
        if (status != 0)
                die("%s: what was asked for the group has crashed", group);
        for (size_t i = 0; i < size; i++)
                count += text[i] == '\0';
        members = xcalloc(count + 1, sizeof(*members));
        for (size_t i = 0; i < count; i++) {
                members[i] = text;
                text += strlen(text) + 1;
        }
        return members;
}
