/* SPDX-License-Identifier: MIT */
#ifndef CONTAINERS_H
#define CONTAINERS_H

#include "extents.h"
#include "kubelet.h"
#include "processes.h"
#include "subid_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * The containers of this machine, as the files of its engines and of the kubelet tell of them: no
 * daemon and no socket is asked. Names come from records that engines write of what their users
 * say, so they may hold any bytes but NUL: they are shown by a text_shown. A record says who has a
 * range now, not who has had it before.
 *
 * What is not there is passed over; what cannot be read, or has no form that is known, is said on
 * standard error, once for each place; that root would be needed is not said.
 */

struct container {
        /* "containerd", "CRI-O", "podman" or "Docker"; "kubelet": a container of a pod, or a pod of
         * which no container is on record, and the engine is not known. */
        const char *engine;
        char *id;                               /* the engine's; NULL for a pod of the kubelet's */
        char *name, *pod, *namespace, *pod_uid; /* NULL: not known, or it has none */
        bool is_sandbox;        /* the pod's own, which only holds its namespaces ("pause") */
        bool running;           /* a record says so */
        struct extent *maps[2]; /* by enum subid_database; outside is an ID of this machine */
        size_t map_sizes[2];    /* 0: not known, or no user namespace */
        bool unread;            /* the kubelet has a record of its IDs that cannot be read */
        bool freed;            /* it had these IDs: the kubelet has no record of its pod any more */
        struct timespec since; /* so old is the record; tv_sec 0: not known */
        char *source;          /* the file or folder that says so; any bytes, too */
        char *cgroup;          /* where the record places it; NULL: nowhere */
};

struct containers {
        struct container *list;
        size_t count;
        char **sources; /* the files and folders that were read */
        size_t source_count;
        struct kubelet kubelet;
        const char *docker_remap; /* Docker's userns-remap; NULL: not set */
        struct container *pods;   /* by UID; with the maps that the kubelet has on record */
        size_t pod_count;
        struct containers_index *index;
};

/*
 * Reads all that is on record. The command lines of running daemons tell where some of it is.
 * Without processes (NULL), those of another system than the running one, none of them counts.
 */
void containers_read(struct containers *containers, const struct processes *processes);

/*
 * The container that a process in this cgroup runs in: by its record, or, where none can be read,
 * by the names of cgroups and of the folders of logs. NULL: in none that is known. The same cgroup
 * is always answered by the same pointer.
 */
const struct container *containers_of_cgroup(struct containers *containers, const char *cgroup);

/* Whether an ID of this machine is mapped in it by its record, and to which ID inside. */
bool container_maps(const struct container *container, enum subid_database database, uint32_t id,
                    uint32_t *inside);

#endif
