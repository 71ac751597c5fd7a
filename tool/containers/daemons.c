/* SPDX-License-Identifier: MIT */
#include "daemons.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a container that shares all IDs with the machine, root is root; but it sees other mounts. */
static bool shares_mounts(const struct process *process)
{
        const int folder = process_open(process);
        struct stat there, here;
        bool shares;

        if (folder < 0)
                return false;
        shares = fstatat(folder, "ns/mnt", &there, 0) == 0 &&
                 stat("/proc/self/ns/mnt", &here) == 0 && there.st_ino == here.st_ino &&
                 there.st_dev == here.st_dev;
        close(folder);
        return shares;
}

static const struct process *find_daemon(const struct processes *processes, const char *program)
{
        for (size_t i = 0; i < processes->count; i++) {
                const struct process *const process = &processes->list[i];

                if (strcmp(process->name, program) == 0 && process->ids[SUBID_USERS] == 0 &&
                    processes->namespaces[process->userns].own && shares_mounts(process))
                        return process;
        }
        return NULL;
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
        const struct process *const process = processes ? find_daemon(processes, program) : NULL;
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
