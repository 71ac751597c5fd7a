/* SPDX-License-Identifier: MIT */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "extents.h"
#include "subid_file.h"
#include "util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The processes of this machine and the user namespaces in which they run, as /proc shows them:
 * each ID as the user namespace of this command sees it, nested ones too. Processes come and go
 * while /proc is read; one that is gone is left out, and one that has got its PID since is never
 * taken for it.
 *
 * What is read here is what the kernel knows by itself. The arguments of a process lie in its
 * memory, which it can have locked for as long as it likes (ps(1) hangs then): processes_ask has a
 * child read them, with a deadline.
 */

struct process {
        pid_t pid;
        unsigned long long start; /* in clock ticks */
        size_t userns;            /* which of processes.namespaces */
        uint32_t ids[2];          /* effective UID and GID, by enum subid_database */
        char name[64];            /* as the kernel has it; any bytes but NUL and newline */
        bool wanted;              /* set it: its arguments are asked for */
        bool asked;
        struct text arguments; /* each with its NUL; the first bytes of them, or none */
        bool gone;             /* as was seen when its cgroup was asked for */
        char *cgroup;          /* see process_cgroup; NULL: not asked for */
};

struct userns {
        bool own;   /* that of this command */
        bool known; /* by the two numbers; if not, it is all that have the same maps and unit */
        bool alike; /* not known, and the maps are those of our own: each ID is in it, as in that */
        dev_t device;
        ino_t inode;
        int fd;      /* keeps it: no other one gets the numbers; -1 if there are too many */
        bool silent; /* a process in it has not answered, so no more are asked */
        char *key;   /* maps and unit of one that is not known */
        struct extent *maps[2]; /* by enum subid_database */
        size_t map_sizes[2], map_rooms[2];
        size_t count; /* processes in it; 0: what was seen of it was gone at once */
        size_t first; /* the one that has started first */
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

/* Whether every ID is in a user namespace, and the same there as here. */
static inline bool userns_is_whole(const struct userns *userns)
{
        return userns->own || userns->alike;
}

enum { ID_REAL, ID_EFFECTIVE, ID_SAVED, ID_FILE_SYSTEM, ID_KINDS };

struct process_ids {
        uint32_t ids[2][ID_KINDS]; /* by enum subid_database */
        uint32_t *groups;          /* the supplementary ones */
        size_t group_count;
};

/* All IDs of a process. Returns false if it is gone. */
bool process_ids(const struct process *process, struct process_ids *ids);

/* Whether an ID is mapped in a user namespace, and to which ID there. */
bool userns_maps(const struct userns *userns, enum subid_database database, uint32_t id,
                 uint32_t *inside);

/*
 * Asks for the arguments of all processes that are wanted and have not been asked. Says so of one
 * that does not answer; it has none then, as one that is gone.
 */
void processes_ask(struct processes *processes);

/*
 * All arguments of a process, which may be more than are asked for above: at most 64 KiB of them,
 * with a NUL behind the last. Returns false if it does not answer, has none or is gone.
 */
bool process_arguments(const struct process *process, struct text *arguments);

/* The same of its environment, which only its own user and root get to see. */
bool process_environment(const struct process *process, struct text *variables);

/*
 * What a process that was asked calls itself: the command line, or only the program. If it has
 * none, its name in brackets, or without.
 */
char *process_command(const struct process *process, text_shown *show);
char *process_program(const struct process *process, text_shown *show);

/*
 * The path of the cgroup that a process is in, as /proc shows it to us, "/" at the top; NULL if the
 * process is gone. What is below a container's own cgroup, the container may have made.
 */
const char *process_cgroup(struct process *process);

/*
 * The unit of systemd that a process belongs to: for one in a container that of the container, not
 * one of a systemd in it. Where systemd does not manage the cgroups, the name of the cgroup; NULL
 * if it is in the topmost one, or gone.
 */
char *process_unit(struct process *process, text_shown *show);

/*
 * Opens the folder of a process in /proc. What is opened in it is never that of another one with
 * the same PID. Returns -1, and errno is ESRCH or ENOENT, if it is gone.
 */
int process_open(const struct process *process);

#endif
