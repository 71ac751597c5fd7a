/* SPDX-License-Identifier: MIT */
#include "daemons.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a container that shares all IDs with the machine, root is root; but it sees other mounts. */
static bool shares_mounts(int folder)
{
        struct stat there, here;

        return fstatat(folder, "ns/mnt", &there, 0) == 0 && stat("/proc/self/ns/mnt", &here) == 0 &&
               there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

/*
 * Whoever starts a set-user-ID program, sudo say, by a link of his own gives the process its name,
 * arguments and environment; but it stays that program.
 */
static bool runs(int folder, const char *program)
{
        char path[PATH_MAX];
        const ssize_t n = readlinkat(folder, "exe", path, sizeof(path) - 1);
        const char *name;

        if (n < 0)
                return false;
        path[n] = '\0';
        name = strrchr(path, '/');
        /* After an upgrade it is "deleted". */
        return name && strncmp(name + 1, program, strlen(program)) == 0 &&
               (name[1 + strlen(program)] == '\0' || name[1 + strlen(program)] == ' ');
}

static bool is_daemon(const struct process *process, const char *program)
{
        const int folder = process_open(process);
        bool is;

        if (folder < 0)
                return false;
        is = shares_mounts(folder) && runs(folder, program);
        close(folder);
        return is;
}

const struct process *daemon_next(const struct processes *processes, const char *program,
                                  const struct process *last)
{
        size_t i = last ? (size_t)(last - processes->list) + 1 : 0;

        for (; processes && i < processes->count; i++) {
                const struct process *const process = &processes->list[i];

                if (strcmp(process->name, program) == 0 && process->ids[SUBID_USERS] == 0 &&
                    processes->namespaces[process->userns].own && is_daemon(process, program))
                        return process;
        }
        return NULL;
}

const struct process *daemon_find(const struct processes *processes, const char *program)
{
        return daemon_next(processes, program, NULL);
}

/* "--name=value", or "--name" and the next one; Go's own flags may have one dash. */
static const char *value_of(const char *argument, const char *next, const char *name)
{
        const size_t length = strlen(name);

        if (*argument++ != '-')
                return NULL;
        argument += *argument == '-';
        if (strncmp(argument, name, length) != 0)
                return NULL;
        return argument[length] == '=' ? argument + length + 1 : argument[length] ? NULL : next;
}

struct text daemon_arguments(const struct processes *processes, const char *program)
{
        const struct process *const process = daemon_find(processes, program);
        struct text arguments = {"", 0};

        if (process)
                process_arguments(process, &arguments);
        return arguments;
}

const char *option_of(struct text arguments, const char *const *names)
{
        const char *const end = arguments.bytes + arguments.size;
        const char *value = NULL;

        for (const char *argument = arguments.bytes, *next; argument < end; argument = next) {
                next = argument + strlen(argument) + 1;
                for (size_t i = 0; names[i]; i++) {
                        const char *const found =
                            value_of(argument, next < end ? next : NULL, names[i]);

                        value = found ? found : value;
                }
        }
        return value;
}
