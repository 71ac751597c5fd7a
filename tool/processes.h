/* SPDX-License-Identifier: MIT */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "subid_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The processes of this machine and the user namespaces in which they run, as /proc shows them:
 * each ID as the user namespace of this command sees it, nested ones too. Processes come and go
 * while /proc is read; one that is gone is left out.
 */

struct process {
        pid_t pid;
        size_t userns;   /* which of processes.namespaces */
        uint32_t ids[2]; /* effective UID and GID, by enum subid_database */
        char name[64];   /* as the kernel has it; any bytes but NUL and newline */
};

/* A line of uid_map or gid_map. */
struct extent {
        uint32_t inside, outside, count;
};

struct userns {
        bool own;   /* that of this command */
        bool known; /* by the two numbers; if not, what has the same maps and unit counts as one */
        dev_t device;
        ino_t inode;
        char *key;              /* maps and unit of one that is not known */
        struct extent *maps[2]; /* by enum subid_database */
        size_t map_sizes[2], map_rooms[2];
        size_t first;             /* its process that has started first */
        unsigned long long start; /* when that was, in clock ticks; 0: none is left */
};

struct processes {
        struct process *list;
        size_t count;
        struct userns *namespaces; /* the first is our own */
        size_t namespace_count, namespace_room;
        bool partial; /* there are processes that this user may not look into */
};

/* Dies without /proc. */
void processes_read(struct processes *processes);

/* Whether an ID is mapped in a user namespace, and to which ID there. */
bool userns_maps(const struct userns *userns, enum subid_database database, uint32_t id,
                 uint32_t *inside);

/*
 * What a process calls itself, as printable ASCII: the command line, or only the program. If it is
 * gone or has none, its name in brackets, or without.
 */
char *process_command(const struct process *process);
char *process_program(const struct process *process);

/*
 * The unit of systemd that a process belongs to, as printable ASCII: for one in a container that of
 * the container, not one of a systemd in it. Where systemd does not manage the cgroups, the name of
 * the cgroup; NULL if it is in the topmost one.
 */
char *process_unit(pid_t pid);

#endif
