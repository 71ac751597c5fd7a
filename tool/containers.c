/* SPDX-License-Identifier: MIT */
#include "containers.h"

#include "containers/cgroup.h"
#include "containers/reading.h"
#include "root.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct containers_index {
        struct container *names; /* what the logs say of containers that are not in the list */
        size_t name_count;
        const struct container **by_id, **by_cgroup; /* of the list, and the names */
        size_t id_count, cgroup_count;
        struct container *pods; /* by their UIDs */
        size_t pod_count;
        void *found; /* a tree of those that cgroups alone tell of */
};

/* --- what several records say of one container or pod ----------------------------------------- */

static int compare_texts(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* Parts of one container stand together then, in the order in which they were read. */
static int compare_records(const void *a, const void *b)
{
        const struct container *const *const x = a, *const *const y = b;
        int order = compare_texts((*x)->id, (*y)->id);

        if (order == 0 && !(*x)->id)
                order = compare_texts((*x)->pod_uid, (*y)->pod_uid);
        return order ? order : (*x > *y) - (*x < *y);
}

static void take(char **to, char *from)
{
        if (!*to)
                *to = from;
}

static bool has_maps(const struct container *container)
{
        return container->map_sizes[SUBID_USERS] || container->map_sizes[SUBID_GROUPS];
}

/* What the first record does not know, the second may. */
static void merge(struct container *container, const struct container *other)
{
        if (!container->engine) {
                container->engine = other->engine;
                container->source = other->source;
        }
        take(&container->name, other->name);
        take(&container->pod, other->pod);
        take(&container->namespace, other->namespace);
        take(&container->pod_uid, other->pod_uid);
        take(&container->cgroup, other->cgroup);
        container->is_sandbox |= other->is_sandbox;
        container->running |= other->running;
        container->unread |= other->unread;
        if (!has_maps(container)) {
                memcpy(container->maps, other->maps, sizeof(container->maps));
                memcpy(container->map_sizes, other->map_sizes, sizeof(container->map_sizes));
        }
        if (other->since.tv_sec &&
            (!container->since.tv_sec || other->since.tv_sec < container->since.tv_sec))
                container->since = other->since;
}

/* IDs that people choose are one engine's and one namespace's; random ones are of one container. */
static bool are_one(const struct container *a, const struct container *b)
{
        if (a->engine && b->engine && strcmp(a->engine, b->engine) != 0)
                return false;
        if (!a->id || !b->id)
                return !a->id && !b->id && a->pod_uid && b->pod_uid &&
                       strcmp(a->pod_uid, b->pod_uid) == 0;
        return strcmp(a->id, b->id) == 0 && strlen(a->id) == CGROUP_ID_LENGTH;
}

static void add(struct container *list, size_t *count, const struct container *container)
{
        if (*count && are_one(&list[*count - 1], container))
                merge(&list[*count - 1], container);
        else
                list[(*count)++] = *container;
}

/* --- the list and its indexes ----------------------------------------------------------------- */

static int compare_pods(const void *a, const void *b)
{
        return compare_texts(((const struct container *)a)->pod_uid,
                             ((const struct container *)b)->pod_uid);
}

static struct container *find_pod(const struct containers_index *index, char *uid)
{
        const struct container key = {.pod_uid = uid};

        return uid && index->pod_count ? bsearch(&key, index->pods, index->pod_count,
                                                 sizeof(*index->pods), compare_pods)
                                       : NULL;
}

/* What is known of a container's pod. The kubelet's record is needed no more then. */
static void take_pod(const struct containers_index *index, bool has_pods,
                     struct container *container)
{
        struct container *const pod = find_pod(index, container->pod_uid);

        container->freed = has_pods && container->pod_uid && has_maps(container) &&
                           !container->running && !(pod && (has_maps(pod) || pod->unread));
        if (!pod)
                return;
        merge(container, pod);
        pod->engine = NULL;
}

static int compare_ids(const void *a, const void *b)
{
        const struct container *const *const x = a, *const *const y = b;

        return strcmp((*x)->id, (*y)->id);
}

static int compare_cgroups(const void *a, const void *b)
{
        const struct container *const *const x = a, *const *const y = b;

        return strcmp((*x)->cgroup, (*y)->cgroup);
}

static const struct container *find(const struct container *key, const struct container **sorted,
                                    size_t count, int (*compare)(const void *, const void *))
{
        const struct container **const found =
            count ? bsearch(&key, sorted, count, sizeof(struct container *), compare) : NULL;

        return found ? *found : NULL;
}

static void sort_list(struct containers *containers)
{
        struct containers_index *const index = containers->index;

        index->by_id = xcalloc(containers->count + index->name_count, sizeof(struct container *));
        index->by_cgroup = xcalloc(containers->count, sizeof(struct container *));
        for (size_t i = 0; i < containers->count; i++) {
                if (containers->list[i].id)
                        index->by_id[index->id_count++] = &containers->list[i];
                if (containers->list[i].cgroup)
                        index->by_cgroup[index->cgroup_count++] = &containers->list[i];
        }
        for (size_t i = 0; i < index->name_count; i++)
                index->by_id[index->id_count++] = &index->names[i];
        qsort(index->by_id, index->id_count, sizeof(struct container *), compare_ids);
        qsort(index->by_cgroup, index->cgroup_count, sizeof(struct container *), compare_cgroups);
}

/* Puts the records together: containers of engines, names of others, and pods. */
static void put_together(struct containers *containers, const struct reading *reading)
{
        struct containers_index *const index = containers->index;
        const struct container **const sorted = xcalloc(reading->count, sizeof(struct container *));
        struct container *const all = xcalloc(reading->count, sizeof(*all));
        size_t count = 0;

        for (size_t i = 0; i < reading->count; i++)
                sorted[i] = &reading->list[i];
        qsort(sorted, reading->count, sizeof(struct container *), compare_records);
        for (size_t i = 0; i < reading->count; i++)
                add(all, &count, sorted[i]);
        free(sorted);
        /* Without an ID they come first. */
        index->pods = all;
        while (index->pod_count < count && !all[index->pod_count].id)
                index->pod_count++;
        containers->list = xcalloc(count, sizeof(*containers->list));
        index->names = xcalloc(count, sizeof(*index->names));
        for (size_t i = index->pod_count; i < count; i++) {
                if (!all[i].engine) {
                        index->names[index->name_count++] = all[i];
                        continue;
                }
                take_pod(index, reading->has_pods, &all[i]);
                containers->list[containers->count++] = all[i];
        }
        for (size_t i = 0; i < index->pod_count; i++)
                if (all[i].engine)
                        containers->list[containers->count++] = all[i];
}

void containers_read(struct containers *containers, const struct processes *processes)
{
        struct reading reading;

        reading_start(&reading, processes);
        read_containerd(&reading);
        read_storage(&reading);
        read_docker(&reading);
        read_kubelet(&reading);
        *containers = (struct containers){.sources = reading.sources,
                                          .source_count = reading.source_count,
                                          .kubelet = reading.kubelet,
                                          .docker_remap = reading.docker_remap,
                                          .index = xcalloc(1, sizeof(struct containers_index))};
        put_together(containers, &reading);
        containers->pods = containers->index->pods;
        containers->pod_count = containers->index->pod_count;
        sort_list(containers);
        free(reading.list);
        free(reading.pids);
}

/* --- by cgroup -------------------------------------------------------------------------------- */

/* The record of the outermost cgroup around a process that is one's. */
static const struct container *find_cgroup(const struct containers_index *index, const char *cgroup)
{
        const size_t length = strlen(cgroup);
        char *const outer = xstrndup(cgroup, length);
        const struct container *found = NULL;

        for (size_t i = 1; !found && i <= length; i++) {
                if (cgroup[i] != '/' && cgroup[i] != '\0')
                        continue;
                outer[i] = '\0';
                found = find(&(struct container){.cgroup = outer}, index->by_cgroup,
                             index->cgroup_count, compare_cgroups);
                outer[i] = cgroup[i];
        }
        free(outer);
        return found;
}

/* Whether the cgroup of a service or scope is root's: nobody else then can call what is in it. */
static bool is_roots(const char *cgroup)
{
        struct stat status;

        return root_is_running() && stat(xasprintf("/sys/fs/cgroup%s", cgroup), &status) == 0 &&
               status.st_uid == 0;
}

/* What the names of cgroups tell of a container, and the logs and the kubelet of those names. */
static struct container *describe(const struct containers_index *index,
                                  const struct cgroup_names *names, const struct container *logged,
                                  bool believed)
{
        struct container *const container = xcalloc(1, sizeof(*container));
        const struct container *pod;

        if (logged)
                *container = *logged;
        container->engine = names->engine;
        container->id = xasprintf("%s", names->id);
        container->cgroup = names->cgroup;
        take(&container->source, xasprintf("/sys/fs/cgroup%s", names->cgroup));
        if (believed)
                take(&container->pod_uid, names->pod_uid);
        pod = find_pod(index, container->pod_uid);
        if (pod)
                merge(container, pod);
        return container;
}

static int compare_found(const void *a, const void *b)
{
        return strcmp(((const struct container *)a)->cgroup, ((const struct container *)b)->cgroup);
}

const struct container *containers_of_cgroup(struct containers *containers, const char *cgroup)
{
        struct containers_index *const index = containers->index;
        const struct container *container = find_cgroup(index, cgroup);
        struct cgroup_names names;
        struct container **node, *found;
        bool believed;

        if (container || !cgroup_names_read(cgroup, &names))
                return container;
        /* Somebody may call a cgroup of his own after another's container. */
        believed = !names.within || is_roots(names.within);
        if (believed)
                container = find(&(struct container){.id = names.id}, index->by_id, index->id_count,
                                 compare_ids);
        if (container && container->engine)
                return container;
        found = describe(index, &names, container, believed);
        node = tsearch(found, &index->found, compare_found);
        if (!node)
                die("out of memory");
        if (*node != found)
                free(found);
        return *node;
}

bool container_maps(const struct container *container, enum subid_database database, uint32_t id,
                    uint32_t *inside)
{
        return extents_map(container->maps[database], container->map_sizes[database], id, inside);
}
