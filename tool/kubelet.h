/* SPDX-License-Identifier: MIT */
#ifndef KUBELET_H
#define KUBELET_H

#include "processes.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The kubelet of this machine and what it is told: by the command line of the one that runs, and by
 * its configuration, of which a few keys are read. What is not told is as the kubelet has it then.
 */

struct kubelet {
        bool here;            /* it runs, or there is its configuration or its folder */
        const char *folder;   /* --root-dir: has pods/UID/userns */
        const char *logs;     /* podLogsDir: has NAMESPACE_POD_UID/CONTAINER */
        const char *path;     /* PATH, as a service of systemd's has it; NULL: not known */
        const char *file;     /* that says idsPerPod; NULL: none does */
        uint64_t ids_per_pod; /* userNamespaces.idsPerPod */
        uint64_t max_pods;    /* maxPods */
        const char *trouble;  /* what could not be read, and why: "FILE: reason"; or NULL */
};

/*
 * Looks for it: for the process among these, which is asked with a deadline, and in the files. An
 * ordinary user is not told of the process. NULL: of another system than the running one.
 */
void kubelet_find(const struct processes *processes, struct kubelet *kubelet);

#endif
