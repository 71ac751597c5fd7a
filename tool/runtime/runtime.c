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

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* --- which runtime
 * -------------------------------------------------------------------------------- */

/* The name without "-subuid", in place; NULL if there is no such name. */
static char *runtime_name(char *path)
{
        char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
        const size_t length = strlen(name), suffix = sizeof(SUFFIX) - 1;

        if (length <= suffix || strcmp(name + length - suffix, SUFFIX) != 0)
                return NULL;
        name[length - suffix] = '\0';
        return name;
}

/* A program that may be run, and is not this one. */
static bool is_runtime(const char *path)
{
        struct stat status, self;

        return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0 &&
               (stat("/proc/self/exe", &self) < 0 || status.st_dev != self.st_dev ||
                status.st_ino != self.st_ino);
}

/*
 * Finds the runtime in these folders, between colons. One whose name is not absolute is left out:
 * the current one may be a bundle.
 */
static bool find_runtime(char path[PATH_MAX], const char *folders, const char *name)
{
        while (folders && *folders) {
                const size_t length = strcspn(folders, ":");
                const int size = snprintf(path, PATH_MAX, "%.*s/%s", (int)length, folders, name);

                if (*folders == '/' && size > 0 && size < PATH_MAX && is_runtime(path))
                        return true;
                folders += length + (folders[length] == ':');
        }
        return false;
}

/* --- what is done
 * --------------------------------------------------------------------------------- */

struct outcome {
        const char *why; /* it was not done, or NULL */
        bool changed;
        uint32_t owner; /* 0: none, which root never is */
};

/* Why systemd is not to be asked to give the cgroup away, or NULL. */
static const char *refusal(const struct arguments *arguments, const struct config *config)
{
        if (!arguments->systemd_cgroup)
                return "not systemd's cgroup driver";
        if (config->unwanted)
                return config->unwanted;
        return host_refuses(config->owner);
}

static struct outcome prepare_config(const struct bundle *bundle, const struct arguments *arguments,
                                     bool is_crun)
{
        const struct config config = config_read(bundle->text, bundle->size, is_crun);
        struct outcome outcome = {.why = config.doubt};
        size_t size = bundle->size;
        const char *failed;
        char *text;

        if (config.doubt)
                return outcome;
        outcome.why = refusal(arguments, &config);
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

/* --- the log
 * -------------------------------------------------------------------------------------- */

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
        char path[PATH_MAX];
        const char *name = argc > 0 ? runtime_name(argv[0]) : NULL;
        struct outcome outcome;

        if (!name) {
                fputs("runc-subuid: call it by the name of a runtime and \"" SUFFIX "\"\n", stderr);
                return NOT_FOUND;
        }
        if (!find_runtime(path, getenv("PATH"), name) &&
            !find_runtime(path, "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin", name)) {
                fprintf(stderr, "%s" SUFFIX ": there is no %s\n", name, name);
                return NOT_FOUND;
        }
        outcome = prepare(argv, name);
        append_to_log(&outcome, name, argv);
        argv[0] = path;
        execv(path, argv);
        fprintf(stderr, "%s" SUFFIX ": %s: %s\n", name, path, strerror(errno));
        return NOT_FOUND;
}
