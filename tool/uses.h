/* SPDX-License-Identifier: MIT */
#ifndef USES_H
#define USES_H

#include "containers.h"
#include "processes.h"

/*
 * Who uses an ID: the user namespaces in which it is mapped, and in each the containers, or units,
 * whose processes run as it; and the containers that have it on record. An index is made of all
 * that, since there may be a hundred thousand questions beside ten thousand processes.
 */

/* A container in a user namespace or, where none is known, a unit. */
struct place {
        const struct container *container; /* or NULL */
        const char *unit;                  /* printable; or NULL */
        struct process *first;             /* that has started first */
};

struct use {
        const struct userns *userns; /* NULL: on record only */
        uint32_t inside;             /* the ID there */
        struct process **running;    /* they run as the ID, all in one place */
        size_t count, room;
        /* That place; where nothing runs as the ID, all that share the user namespace. */
        struct place **places;
        size_t place_count;
        /* Where there is no user namespace; one that was freed only where there is nothing else. */
        const struct container *record;
};

struct uses;

/* Both are kept, and more is asked of them. */
struct uses *uses_index(struct processes *processes, struct containers *containers);

/*
 * Finds the uses of an ID: *list, as many as are returned, until the next call. The processes that
 * run as the ID, and the first of each place, are wanted then (processes_ask). In our own user
 * namespace every ID is mapped: there only processes count, and a place's first is one of them.
 */
size_t uses_find(struct uses *uses, enum subid_database database, uint32_t id, struct use **list);

/* The place of a process; NULL if it is gone. */
struct place *uses_place(struct uses *uses, struct process *process);

/*
 * Since when a container has its IDs: the oldest record of it or, if it is one of a pod, of that;
 * tv_sec is 0 if none tells.
 */
struct timespec uses_since(const struct uses *uses, const struct container *container);

#endif
