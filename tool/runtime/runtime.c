/* SPDX-License-Identifier: MIT */
/*
 * runc-subuid and crun-subuid: prepares a bundle, then becomes runc or crun; see runc-subuid(8).
 * The engine takes it for the runtime, so it says nothing and changes nothing but config.json: any
 * doubt, any error, and the runtime starts as without it.
 */
#include "arguments.h"
#include "bundle.h"
#include "config.h"
#include "host.h"
#include "tool/child.h"
#include "tool/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX "-subuid"
#define LOG "/run/nss-subuid/runtime.log"

/* As a shell's for a command that is not found. */
enum { NOT_FOUND = 127 };

/* --- which runtime -------------------------------------------------------------------------- */

/* Copies the name without "-subuid". Returns false if there is no such name. */
static bool runtime_name(char name[NAME_MAX + 1], const char *path)
{
        const char *const slash = strrchr(path, '/'), *const own = slash ? slash + 1 : path;
        const size_t length = strlen(own), suffix = sizeof(SUFFIX) - 1;

        if (length <= suffix || length > NAME_MAX || strcmp(own + length - suffix, SUFFIX) != 0)
                return false;
        memcpy(name, own, length - suffix);
        name[length - suffix] = '\0';
        return true;
}

static bool is_this_program(const char *path)
{
        struct stat status, self;

        return stat(path, &status) == 0 && stat("/proc/self/exe", &self) == 0 &&
               status.st_dev == self.st_dev && status.st_ino == self.st_ino;
}

/*
 * Becomes the first program of this name in these folders, between colons, that lets itself be
 * executed. A folder whose name is not absolute is left out: the current one may be a bundle.
 * Returns the errno of the first one that is there and does not, or the one from before.
 */
static int become(const char *folders, const char *name, char **argv, int failed)
{
        while (folders && *folders) {
                const size_t length = strcspn(folders, ":");
                char path[PATH_MAX];
                const int size =
                    snprintf(path, sizeof(path), "%.*s/%s", (int)length, folders, name);

                if (*folders == '/' && size > 0 && size < PATH_MAX && !is_this_program(path)) {
                        argv[0] = path;
                        execv(path, argv);
                        if (failed == ENOENT && errno != ENOTDIR)
                                failed = errno;
                }
                folders += length + (folders[length] == ':');
        }
        return failed;
}

/* --- what is done --------------------------------------------------------------------------- */

struct outcome {
        const char *why; /* it was not done, or NULL */
        bool changed;
        uint32_t owner; /* 0: none, which root never is */
};

struct question {
        const struct bundle *bundle;
        bool systemd_cgroup, is_crun;
};

/*
 * The child. json-c may crash for want of memory, and NSS may hang, print, or crash: all that is
 * theirs happens here, with nothing open that the engine waits for. It sends the config and, if an
 * owner is wanted, why he is refused: texts of this program, which its parent has at the same
 * place.
 */
static void decide(int to, const void *data)
{
        const struct question *const question = data;
        const char *why;
        struct config config =
            config_read(question->bundle->text, question->bundle->size, question->is_crun);
        if (!config.doubt && !config.unwanted && !question->systemd_cgroup)
                config.unwanted = "not systemd's cgroup driver";
        if (!write_all(to, (const char *)&config, sizeof(config)) || config.doubt ||
            config.unwanted)
                return;
        why = host_refuses(config.owner);
        (void)write_all(to, (const char *)&why, sizeof(why));
}

/* What the child says within a second; without an answer there is doubt, or no owner. */
static struct config ask(const struct question *question)
{
        const int64_t deadline = now_ms() + 1000;
        struct config config = {.doubt = "no child can be made"};
        struct child child;
        sigset_t pending;
        const char *why = NULL;
        ssize_t n;
        char end;

        sigpending(&pending);
        if (!child_try(&child, decide, question))
                return config;
        if (child_read(&child, &config, sizeof(config), deadline) != sizeof(config))
                config.doubt = "config.json: not read to the end";
        else if (!config.doubt && !config.unwanted) {
                n = child_read(&child, &why, sizeof(why), deadline);
                config.unwanted = n == sizeof(why)  ? why
                                  : n == -ETIMEDOUT ? "no answer of systemd and NSS within a second"
                                                    : "no answer of systemd and NSS";
        }
        /* It ends by itself, unless it hangs. */
        (void)child_read(&child, &end, 1, deadline);
        child_end(&child);
        /* Where SIGCHLD is blocked, that of a child which the runtime has not made waits for it. */
        if (!sigismember(&pending, SIGCHLD))
                signal(SIGCHLD, signal(SIGCHLD, SIG_IGN));
        return config;
}

static struct outcome prepare_config(const struct bundle *bundle, const struct arguments *arguments,
                                     bool is_crun)
{
        const struct config config =
            ask(&(struct question){bundle, arguments->systemd_cgroup, is_crun});
        struct outcome outcome = {.why = config.doubt ? config.doubt : config.unwanted};
        size_t size = bundle->size;
        const char *failed;
        char *text;

        if (config.doubt)
                return outcome;
        if (!outcome.why)
                outcome.owner = config.owner;
        if (outcome.owner ? config.has_own && config.own == outcome.owner : !config.has_own)
                return outcome;
        text = config_edit(bundle->text, &size, &config, outcome.owner ? &outcome.owner : NULL);
        failed = text ? bundle_replace(bundle, text, size) : "config.json: no place found";
        free(text);
        if (failed)
                return (struct outcome){.why = failed};
        outcome.changed = true;
        return outcome;
}

static struct outcome prepare(char *const *argv, const char *name)
{
        const bool is_crun = strcmp(name, "crun") == 0;
        struct arguments arguments;
        struct outcome outcome = {.why = NULL};
        struct bundle bundle;

        if (!is_crun && strcmp(name, "runc") != 0)
                return (struct outcome){.why = "neither runc nor crun"};
        outcome.why = arguments_read(argv, &arguments);
        if (outcome.why)
                return outcome;
        outcome.why = bundle_open(&bundle, arguments.bundle, CONFIG_SIZE_MAX);
        if (!outcome.why)
                outcome = prepare_config(&bundle, &arguments, is_crun);
        bundle_close(&bundle);
        return outcome;
}

/* --- the log -------------------------------------------------------------------------------- */

/* What was done, and the command line without control characters, cut where it is too long. */
static size_t write_line(char *line, size_t size, const struct outcome *outcome, const char *name,
                         char *const *argv)
{
        const time_t now = time(NULL);
        char what[64];
        struct tm utc;
        size_t length;

        if (outcome->owner)
                snprintf(what, sizeof(what), "User=%u%s", outcome->owner,
                         outcome->changed ? "" : ", as before");
        else
                snprintf(what, sizeof(what), "%s", outcome->changed ? "taken out: " : "not done: ");
        length = strftime(line, size, "%Y-%m-%dT%H:%M:%SZ ", gmtime_r(&now, &utc));
        length += (size_t)snprintf(line + length, size - length, "%s: %s%s:", name, what,
                                   outcome->why ? outcome->why : "");
        for (argv++; *argv && length < size - 2; argv++)
                length += (size_t)snprintf(line + length, size - length, " %s", *argv);
        if (length > size - 2)
                length = size - 2;
        for (char *p = line; p < line + length; p++)
                if (*p < ' ' || *p > '~')
                        *p = '?';
        line[length++] = '\n';
        return length;
}

static void append_to_log(const struct outcome *outcome, const char *name, char *const *argv)
{
        const int fd =
            open(LOG, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat status;

        if (fd < 0)
                return;
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == 0) {
                char line[1024];

                (void)!write(fd, line, write_line(line, sizeof(line), outcome, name, argv));
        }
        close(fd);
}

int main(int argc, char **argv)
{
        char name[NAME_MAX + 1];
        struct outcome outcome;
        sighandler_t before;
        int failed = ENOENT;

        if (argc == 0 || !runtime_name(name, argv[0])) {
                warn("call it by the name of a runtime and \"" SUFFIX "\"");
                return NOT_FOUND;
        }
        /* A file that may not grow is an error like others. */
        before = signal(SIGXFSZ, SIG_IGN);
        outcome = prepare(argv, name);
        append_to_log(&outcome, name, argv);
        signal(SIGXFSZ, before);
        failed = become(getenv("PATH"), name, argv, failed);
        errno = become("/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin", name, argv, failed);
        warn("%s: %m", name);
        return NOT_FOUND;
}
