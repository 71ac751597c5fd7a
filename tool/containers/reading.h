/* SPDX-License-Identifier: MIT */
#ifndef CONTAINERS_READING_H
#define CONTAINERS_READING_H

#include "tool/containers.h"
#include "tool/json_text.h"
#include "tool/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the readers of records share: a folder in which they look, the records found so far, and the
 * forms of JSON that occur in several of them. Folders and files of engines are root's, but what is
 * in them comes from whoever starts containers.
 */

/*
 * A record of a part of what is known: what several say of one container or pod is put together
 * once all are read, and the first that knows something has it. Without an engine it only gives
 * names.
 */
struct reading {
        const struct processes *processes; /* or NULL */
        pid_t *pids;                       /* of those, in ascending order */
        struct container *list;
        size_t count, room;
        char **sources;
        size_t source_count, source_room;
        struct kubelet kubelet;
        bool has_pods;            /* its records of pods were read */
        const char *docker_remap; /* Docker's userns-remap; NULL: not set */
};

void reading_start(struct reading *reading, const struct processes *processes);

/* The new record; it is valid until the next one. */
struct container *reading_add(struct reading *reading, const char *engine, const char *source);

/* That a file or folder was read. */
void reading_used(struct reading *reading, const char *source);

/* A folder. Nothing in it is reached through a symbolic link or out of it. */
struct place {
        char *path;
        int fd;
        bool warned; /* once is enough */
};

/*
 * Opens a folder that an engine or its configuration names; a link there is root's own and is
 * followed. Returns false if it is not there, or says why it cannot be read.
 */
bool place_open(struct place *place, const char *path);
void place_close(struct place *place);

/* The names in a folder of a place ("." is the place itself) that are no hidden ones, up to a NULL;
 * none if it cannot be read. */
char **place_list(struct place *place, const char *folder);

/* Its path, for messages and sources. */
char *place_path(const struct place *place, const char *name);

/* Where a symbolic link of the place leads, as it says; NULL if it is none. */
char *place_link(const struct place *place, const char *name);

/*
 * Reads a file of the place that is not larger than size_max; and, if since is not NULL, when it
 * was written. Returns false if it is not there, or says why it cannot be read.
 */
bool place_read(struct place *place, const char *name, size_t size_max, struct text *text,
                struct timespec *since);

/* The same of JSON, which is an object or an array. NULL: not there, or it was said. */
json_object *place_read_json(struct place *place, const char *name, size_t size_max, json_type type,
                             struct timespec *since);

/* Says that a file of the place has no form that is known. */
void place_odd(struct place *place, const char *name);

/* An engine's ID may be a name in a path: letters, digits and ._- that begins with neither. */
bool is_container_id(const char *text);

/* A member of an object; NULL if there is none, or it is of another type. */
json_object *json_member(json_object *object, const char *name, json_type type);
const char *json_text_of(json_object *object, const char *name); /* a string that is not empty */

/* A copy of such a string, or NULL. */
char *json_copy_of(json_object *object, const char *name);

/* The names of the members of a mapping of IDs, which engines call differently. */
struct mapping_names {
        const char *inside, *outside, *count;
};

/* Of OCI's config.json, and of containers/storage and Docker. */
extern const struct mapping_names oci_mapping, storage_mapping;

/*
 * Takes two maps of IDs, by the names of members of an object, over into a record. Returns false,
 * and takes none, if one is of no known form. An absent one is empty.
 */
bool take_maps(json_object *object, const char *uids, const char *gids,
               const struct mapping_names *names, struct container *container);

/* Whether a process has this PID. */
bool is_running(const struct reading *reading, int64_t pid);

/* The time of RFC 3339 ("2026-11-26T04:07:34.5Z"); 0 if it is none. */
struct timespec parse_time(const char *text);

/* The readers, each of its engine. */

void read_containerd(struct reading *reading);
void read_storage(struct reading *reading); /* CRI-O and podman */
void read_docker(struct reading *reading);
void read_kubelet(struct reading *reading);

#endif
