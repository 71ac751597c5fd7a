/* SPDX-License-Identifier: MIT */
#ifndef CONTAINERS_CGROUP_H
#define CONTAINERS_CGROUP_H

#include <stdbool.h>

/*
 * How engines and the kubelet call the cgroups of containers. Only the outermost container counts:
 * what is below is made by whoever runs in it. No I/O.
 */

enum { CGROUP_ID_LENGTH = 64 };

struct cgroup_names {
        const char *engine;            /* as in struct container */
        char id[CGROUP_ID_LENGTH + 1]; /* the engine's */
        char *cgroup;                  /* the container's own, above what is in it */
        char *pod_uid;                 /* or NULL */
        char *within; /* NULL: of slices alone, which are root's. Else the service or scope in which
                       * the cgroup is, which may be somebody else's. */
};

/* Returns false if the path of a cgroup is not that of a container, or of something in one. */
bool cgroup_names_read(const char *path, struct cgroup_names *names);

/*
 * The path of the cgroup that config.json's linux.cgroupsPath stands for: itself, or for systemd
 * "SLICE:PREFIX:NAME". NULL if it is neither, or the topmost one.
 */
char *cgroup_of_config(const char *cgroups_path);

#endif
