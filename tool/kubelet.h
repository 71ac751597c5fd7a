/* SPDX-License-Identifier: MIT */
#ifndef KUBELET_H
#define KUBELET_H

#include "extents.h"
#include "processes.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The kubelet of this machine and what it is told: by the command line of the one that runs, and by
 * its configuration, of which a few keys are read. What is not told is as the kubelet has it then.
 */

struct kubelet {
        const struct process *process; /* NULL: none runs, or below --root */
        bool here;                     /* it runs, or there is its configuration or its folder */
        const char *folder;            /* --root-dir: has pods/UID/userns */
        const char *logs;              /* podLogsDir: has NAMESPACE_POD_UID/CONTAINER */
        const char *path;              /* PATH, as a service of systemd's has it; NULL: not known */
        const char *file;              /* that says idsPerPod; NULL: none does */
        uint64_t ids_per_pod;          /* userNamespaces.idsPerPod */
        uint64_t max_pods;             /* maxPods */
        const char *trouble; /* what could not be read, and why: "FILE: reason"; or NULL */
};

/*
 * Looks for it: for the process among these, which may be NULL, and in the files. The process is
 * asked by a child, with a deadline; an ordinary user does not learn its PATH.
 */
void kubelet_find(const struct processes *processes, struct kubelet *kubelet);

/* The IDs that the kubelet has given to a pod, as it has written it down. */
struct kubelet_pod {
        char *uid;  /* the pod's */
        char *path; /* of the record */
        /* By enum subid_database; the kubelet takes only one, of the same IDs, from 0 inside. */
        struct extent map[2];
        const char *trouble; /* why it could not be read; NULL: it could */
};

/*
 * Reads all of them, in the order of their UIDs. Returns their number, or a negative errno if the
 * folder of pods cannot be read.
 */
ssize_t kubelet_read_pods(const struct kubelet *kubelet, struct kubelet_pod **pods);

#endif
