/* SPDX-License-Identifier: MIT */
/*
 * CRI-O and podman: both keep their containers by containers/storage, which has their IDs and maps
 * in two lists, of those that last and of those that are gone after a boot. CRI-O's own words are
 * in the metadata there, and in each container's config.json, which outlives the list.
 */
#include "reading.h"

#include "tool/root.h"
#include "tool/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 16 << 20, CONFIG_MAX = 4 << 20 };

/* Where it is: the lists of a driver called "overlay", say, are in overlay-containers. */
struct roots {
        const char *graph, *run;
};

/* --- CRI-O's words -------------------------------------------------------------------------- */

/* CRI-O calls a pod "k8s_POD_NAMESPACE_UID_ATTEMPT"; names of Kubernetes have no "_". */
static void take_pod(const char *name, struct container *container)
{
        char *parts[6] = {NULL}, *rest;
        size_t count = 0;

        if (!name)
                return;
        rest = xasprintf("%s", name);
        while (rest && count < 6)
                parts[count++] = strsep(&rest, "_");
        if (count != 5 || strcmp(parts[0], "k8s") != 0)
                return;
        container->pod = parts[1];
        container->namespace = parts[2];
        container->pod_uid = parts[3];
}

/* The metadata of an entry tells CRI-O's from podman's. */
static void take_metadata(json_object *entry, struct container *container)
{
        const char *const text = json_text_of(entry, "metadata");
        enum json_text_fault fault;
        json_object *const metadata =
            text ? json_text_parse(text, strlen(text), json_type_object, &fault) : NULL;
        json_object *const names = json_member(entry, "names", json_type_array);
        json_object *const name = names ? json_object_array_get_idx(names, 0) : NULL;
        json_object *const is_pod = json_member(metadata, "pod", json_type_boolean);

        if (json_text_of(metadata, "pod-id")) {
                container->engine = "CRI-O";
                container->is_sandbox = is_pod && json_object_get_boolean(is_pod);
                if (!container->is_sandbox)
                        container->name = json_copy_of(metadata, "metadata-name");
                take_pod(json_text_of(metadata, "pod-name"), container);
        } else if (json_object_is_type(name, json_type_string) && *json_object_get_string(name)) {
                container->name = xasprintf("%s", json_object_get_string(name));
        }
        json_object_put(metadata);
}

/* The kubelet's labels are among the annotations; the pod's own cannot be called so. */
static bool take_annotations(json_object *annotations, struct container *container)
{
        const char *const manager = json_text_of(annotations, "io.container.manager");
        const char *const name = json_text_of(annotations, "io.kubernetes.container.name");

        container->pod = json_copy_of(annotations, "io.kubernetes.pod.name");
        if (!container->pod && (!manager || strcmp(manager, "cri-o") != 0))
                return false;
        container->namespace = json_copy_of(annotations, "io.kubernetes.pod.namespace");
        container->pod_uid = json_copy_of(annotations, "io.kubernetes.pod.uid");
        container->is_sandbox = name && strcmp(name, "POD") == 0;
        if (name && !container->is_sandbox)
                container->name = xasprintf("%s", name);
        return true;
}

/* --- the files ------------------------------------------------------------------------------ */

static void read_entry(struct reading *reading, struct place *place, const char *list,
                       json_object *entry)
{
        const char *const id = json_text_of(entry, "id");
        struct container *container;

        if (!id || !is_container_id(id)) {
                place_odd(place, list);
                return;
        }
        container = reading_add(reading, "podman", place_path(place, list));
        container->id = xasprintf("%s", id);
        container->since = parse_time(json_text_of(entry, "created"));
        take_metadata(entry, container);
        if (!take_maps(entry, "uidmap", "gidmap", &storage_mapping, container))
                place_odd(place, list);
}

static void read_list(struct reading *reading, struct place *place, const char *list)
{
        json_object *const entries = place_read_json(place, list, LIST_MAX, json_type_array, NULL);
        const size_t count = entries ? json_object_array_length(entries) : 0;

        if (!entries)
                return;
        reading_used(reading, place_path(place, list));
        for (size_t i = 0; i < count; i++)
                read_entry(reading, place, list, json_object_array_get_idx(entries, i));
        json_object_put(entries);
}

/* A container of which only CRI-O's folder is left. */
static void read_left(struct reading *reading, struct place *place, const char *id)
{
        char *const name = xasprintf("%s/userdata/config.json", id);
        struct timespec since;
        struct container container = {.engine = "CRI-O", .source = place_path(place, name)};
        json_object *const config =
            place_read_json(place, name, CONFIG_MAX, json_type_object, &since);

        if (!take_annotations(json_member(config, "annotations", json_type_object), &container)) {
                json_object_put(config);
                return;
        }
        container.id = xasprintf("%s", id);
        container.since = since;
        if (!take_maps(json_member(config, "linux", json_type_object), "uidMappings", "gidMappings",
                       &oci_mapping, &container))
                place_odd(place, name);
        *reading_add(reading, container.engine, container.source) = container;
        json_object_put(config);
}

static int compare_ids(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folders of those that are in none of the lists, which are in the records from first on. */
static void read_all_left(struct reading *reading, struct place *place, size_t first)
{
        const size_t count = reading->count - first;
        char **const listed = xcalloc(count, sizeof(*listed));

        for (size_t i = 0; i < count; i++)
                listed[i] = reading->list[first + i].id;
        qsort(listed, count, sizeof(*listed), compare_ids);
        for (char **names = place_list(place, "."); *names; names++)
                if (is_container_id(*names) &&
                    !bsearch(names, listed, count, sizeof(*listed), compare_ids))
                        read_left(reading, place, *names);
        free(listed);
}

static bool is_driver(const char *name)
{
        const char *const suffix = strchr(name, '-');

        return suffix && strcmp(suffix, "-containers") == 0;
}

static void read_roots(struct reading *reading, const struct roots *roots)
{
        const size_t first = reading->count;
        struct place graph, containers;

        if (!place_open(&graph, roots->graph))
                return;
        for (char **names = place_list(&graph, "."); *names; names++) {
                if (!is_driver(*names))
                        continue;
                /* Of a transient store, they are in the other root. */
                if (place_open(&containers, xasprintf("%s/%s", roots->run, *names))) {
                        read_list(reading, &containers, "volatile-containers.json");
                        place_close(&containers);
                }
                if (!place_open(&containers, xasprintf("%s/%s", roots->graph, *names)))
                        continue;
                read_list(reading, &containers, "containers.json");
                read_list(reading, &containers, "volatile-containers.json");
                read_all_left(reading, &containers, first);
                place_close(&containers);
        }
        place_close(&graph);
}

/* --- where they are ------------------------------------------------------------------------- */

static void set_root(const struct settings *settings, const char *section, const char *key,
                     const char **root)
{
        const char *const value = settings_text(settings, section, key);

        if (value && is_absolute(value))
                *root = value;
}

/* Returns false if there is no such file. */
static bool set_roots(const char *path, const char *section, const char *graph, struct roots *roots)
{
        struct settings settings;

        if (!settings_read_toml(path, &settings))
                return false;
        set_root(&settings, section, graph, &roots->graph);
        set_root(&settings, section, "runroot", &roots->run);
        return true;
}

static const char *file_name(const char *path)
{
        return strrchr(path, '/') + 1;
}

/*
 * As containers-storage.conf(5) has it: the first main file that is there, then all drop-ins by
 * name, of which one in a later folder replaces that of an earlier one.
 */
static void read_storage_conf(struct roots *roots)
{
        static const char *const folders[] = {
            "/usr/share/containers/storage.conf.d", "/usr/share/containers/storage.rootful.conf.d",
            "/etc/containers/storage.conf.d", "/etc/containers/storage.rootful.conf.d"};
        char **paths = NULL, **more;
        size_t count = 0, room = 0;

        if (!set_roots("/etc/containers/storage.conf", "storage", "graphroot", roots))
                set_roots("/usr/share/containers/storage.conf", "storage", "graphroot", roots);
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
                if (root_list(folders[i], ".conf", &more) < 0)
                        continue;
                for (; *more; more++) {
                        paths = grow(paths, count, &room, sizeof(*paths));
                        paths[count++] = *more;
                }
        }
        /* Stable: equal names stay in the order of their folders. */
        for (size_t i = 1; i < count; i++)
                for (size_t j = i;
                     j > 0 && strcmp(file_name(paths[j - 1]), file_name(paths[j])) > 0; j--) {
                        char *const path = paths[j];

                        paths[j] = paths[j - 1];
                        paths[j - 1] = path;
                }
        for (size_t i = 0; i < count; i++)
                if (i + 1 == count || strcmp(file_name(paths[i]), file_name(paths[i + 1])) != 0)
                        set_roots(paths[i], "storage", "graphroot", roots);
}

/* CRI-O's own configuration may move both. */
static void read_crio_conf(struct roots *roots)
{
        char **paths;

        set_roots("/etc/crio/crio.conf", "crio", "root", roots);
        if (root_list("/etc/crio/crio.conf.d", "", &paths) == 0)
                for (; *paths; paths++)
                        set_roots(*paths, "crio", "root", roots);
}

void read_storage(struct reading *reading)
{
        struct roots roots = {"/var/lib/containers/storage", "/run/containers/storage"};
        struct roots of_crio;

        read_storage_conf(&roots);
        of_crio = roots;
        read_crio_conf(&of_crio);
        read_roots(reading, &roots);
        if (strcmp(roots.graph, of_crio.graph) != 0 || strcmp(roots.run, of_crio.run) != 0)
                read_roots(reading, &of_crio);
}
