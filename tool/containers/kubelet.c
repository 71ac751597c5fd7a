/* SPDX-License-Identifier: MIT */
/*
 * The kubelet: which pods have which IDs, in ROOT/pods/UID/userns, for as long as they have them;
 * and their names, in the folders and links of their logs, which everybody may read.
 */
#include "cgroup.h"
#include "reading.h"

#include "tool/root.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mapping_names kubelet_mapping = {"containerId", "hostId", "length"};

enum { RECORD_MAX = 1 << 20 };

/* Splits a copy of a name at each "_", of which names of Kubernetes have none. */
static bool split(const char *name, char **parts, size_t count)
{
        char *rest = xasprintf("%s", name);

        for (size_t i = 0; i < count; i++) {
                parts[i] = strsep(&rest, "_");
                if (!parts[i] || !*parts[i])
                        return false;
        }
        return !rest;
}

static void read_pod(struct reading *reading, struct place *place, const char *uid)
{
        char *const name = xasprintf("%s/userns", uid);
        struct timespec since = {.tv_sec = 0};
        json_object *const record =
            place_read_json(place, name, RECORD_MAX, json_type_object, &since);
        struct container *pod;

        if (!record && faccessat(place->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
                return;
        pod = reading_add(reading, "kubelet", place_path(place, name));
        pod->pod_uid = xasprintf("%s", uid);
        pod->since = since;
        pod->unread = !record;
        if (!take_maps(record, "uidMappings", "gidMappings", &kubelet_mapping, pod)) {
                place_odd(place, name);
                pod->unread = true;
        }
        json_object_put(record);
}

static void read_pods(struct reading *reading, const char *root)
{
        struct place place;

        if (!place_open(&place, xasprintf("%s/pods", root)))
                return;
        reading_used(reading, place_path(&place, "."));
        reading->has_pods = true;
        for (char **names = place_list(&place, "."); *names; names++)
                read_pod(reading, &place, *names);
        place_close(&place);
}

/* NAMESPACE_POD_UID */
static void read_pod_logs(struct reading *reading, const char *folder)
{
        struct place place;

        if (!place_open(&place, folder))
                return;
        reading_used(reading, place_path(&place, "."));
        for (char **names = place_list(&place, "."); *names; names++) {
                struct container *pod;
                char *parts[3];

                if (!split(*names, parts, 3))
                        continue;
                pod = reading_add(reading, NULL, place_path(&place, *names));
                pod->namespace = parts[0];
                pod->pod = parts[1];
                pod->pod_uid = parts[2];
        }
        place_close(&place);
}

/* The UID of the pod is in the folder that the link leads to. */
static char *uid_of_link(const struct place *place, const char *name, char *const parts[3])
{
        char *const folder = xasprintf("/%s_%s_", parts[1], parts[0]);
        const char *const target = place_link(place, name);
        const char *const found = target ? strstr(target, folder) : NULL;
        const char *const uid = found ? found + strlen(folder) : NULL;
        const size_t length = uid ? strcspn(uid, "/_") : 0;

        return length && uid[length] == '/' ? xstrndup(uid, length) : NULL;
}

/* POD_NAMESPACE_CONTAINER-ID.log */
static void read_container_log(struct reading *reading, const struct place *place, const char *name)
{
        const size_t length = strlen(name), suffix = 1 + CGROUP_ID_LENGTH + strlen(".log");
        struct container *container;
        char *parts[3];

        if (length <= suffix || name[length - suffix] != '-' ||
            strcmp(name + length - strlen(".log"), ".log") != 0 ||
            !split(xstrndup(name, length - suffix), parts, 3))
                return;
        container = reading_add(reading, NULL, place_path(place, name));
        container->id = xstrndup(name + length - suffix + 1, CGROUP_ID_LENGTH);
        container->pod = parts[0];
        container->namespace = parts[1];
        container->name = parts[2];
        container->pod_uid = uid_of_link(place, name, parts);
}

static void read_container_logs(struct reading *reading)
{
        struct place place;

        if (!place_open(&place, "/var/log/containers"))
                return;
        reading_used(reading, place_path(&place, "."));
        for (char **names = place_list(&place, "."); *names; names++)
                read_container_log(reading, &place, *names);
        place_close(&place);
}

void read_kubelet(struct reading *reading)
{
        kubelet_find(reading->processes, &reading->kubelet);
        read_pods(reading, reading->kubelet.folder);
        read_pod_logs(reading, reading->kubelet.logs);
        read_container_logs(reading);
}
