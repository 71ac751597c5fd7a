/* SPDX-License-Identifier: MIT */
#include "uses.h"

#include "util.h"

#include <stdlib.h>
#include <string.h>

/* IDs that a user namespace or a container on record has. */
struct holder {
        uint32_t first, last;
        size_t rank; /* the index of the user namespace; behind those, that of the container */
};

/* One may hold all IDs, so a search looks at each block of those that begin before an ID. */
enum { BLOCK = 64 };

struct holders {
        struct holder *list; /* by first ID */
        size_t count, room;
        uint32_t *ends; /* the highest ID of each block */
};

/* The places of a user namespace. */
struct places {
        struct place **list;
        size_t count, room;
        struct process *unseen; /* the first of those that have not been looked at */
};

struct uses {
        struct processes *processes;
        struct containers *containers;
        struct process **by_id[2]; /* by enum subid_database; those of one ID by user namespace */
        struct holders holders[2];
        size_t *whole; /* the user namespaces in which every ID is mapped */
        size_t whole_count;
        struct places *places;   /* by user namespace */
        struct place **place_of; /* by process; NULL: not looked at, or gone */
        struct process **next;   /* by process: the next one in its user namespace, or NULL */
        size_t *hits;            /* the ranks of those that hold an ID */
        size_t hit_count, hit_room;
        struct use *list;
        size_t count, room;
};

/* No map goes beyond the last ID: the kernel and who reads records take none that does. */
static void add_map(struct holders *holders, const struct extent *map, size_t size, size_t rank)
{
        for (size_t i = 0; i < size; i++) {
                if (map[i].count == 0)
                        continue;
                holders->list =
                    grow(holders->list, holders->count, &holders->room, sizeof(*holders->list));
                holders->list[holders->count++] =
                    (struct holder){.first = map[i].outside,
                                    .last = map[i].outside + (map[i].count - 1),
                                    .rank = rank};
        }
}

static int compare_firsts(const void *a, const void *b)
{
        const struct holder *const x = a, *const y = b;

        return (x->first > y->first) - (x->first < y->first);
}

static void sort_holders(struct holders *holders)
{
        if (holders->count > 0)
                qsort(holders->list, holders->count, sizeof(*holders->list), compare_firsts);
        holders->ends = xcalloc(holders->count / BLOCK + 1, sizeof(*holders->ends));
        for (size_t i = 0; i < holders->count; i++)
                if (holders->list[i].last > holders->ends[i / BLOCK])
                        holders->ends[i / BLOCK] = holders->list[i].last;
}

static int compare_ranks(const void *a, const void *b)
{
        const size_t x = *(const size_t *)a, y = *(const size_t *)b;

        return (x > y) - (x < y);
}

/* Finds who holds an ID: the ranks, in ascending order. */
static void search(struct uses *uses, const struct holders *holders, uint32_t id)
{
        for (size_t i = 0; i < holders->count && holders->list[i].first <= id; i++) {
                if (i % BLOCK == 0 && holders->ends[i / BLOCK] < id) {
                        i += BLOCK - 1;
                        continue;
                }
                if (holders->list[i].last < id)
                        continue;
                uses->hits =
                    grow(uses->hits, uses->hit_count, &uses->hit_room, sizeof(*uses->hits));
                uses->hits[uses->hit_count++] = holders->list[i].rank;
        }
        if (uses->hit_count > 0)
                qsort(uses->hits, uses->hit_count, sizeof(*uses->hits), compare_ranks);
}

static int compare_ids(const void *a, const void *b, enum subid_database database)
{
        const struct process *const x = *(struct process *const *)a;
        const struct process *const y = *(struct process *const *)b;

        if (x->ids[database] != y->ids[database])
                return x->ids[database] < y->ids[database] ? -1 : 1;
        if (x->userns != y->userns)
                return x->userns < y->userns ? -1 : 1;
        return (x > y) - (x < y);
}

static int compare_uids(const void *a, const void *b)
{
        return compare_ids(a, b, SUBID_USERS);
}

static int compare_gids(const void *a, const void *b)
{
        return compare_ids(a, b, SUBID_GROUPS);
}

static struct process **sorted(struct processes *processes,
                               int (*compare)(const void *, const void *))
{
        struct process **const list = xcalloc(processes->count, sizeof(struct process *));

        for (size_t i = 0; i < processes->count; i++)
                list[i] = &processes->list[i];
        qsort(list, processes->count, sizeof(struct process *), compare);
        return list;
}

static void index_maps(struct uses *uses, enum subid_database database)
{
        struct holders *const holders = &uses->holders[database];
        const struct processes *const processes = uses->processes;

        for (size_t i = 0; i < processes->namespace_count; i++) {
                const struct userns *const userns = &processes->namespaces[i];

                if (!userns_is_whole(userns) && userns->count > 0)
                        add_map(holders, userns->maps[database], userns->map_sizes[database], i);
        }
        for (size_t i = 0; i < uses->containers->count; i++) {
                const struct container *const container = &uses->containers->list[i];

                add_map(holders, container->maps[database], container->map_sizes[database],
                        processes->namespace_count + i);
        }
        sort_holders(holders);
}

struct uses *uses_index(struct processes *processes, struct containers *containers)
{
        struct uses *const uses = xcalloc(1, sizeof(*uses));

        uses->processes = processes;
        uses->containers = containers;
        uses->by_id[SUBID_USERS] = sorted(processes, compare_uids);
        uses->by_id[SUBID_GROUPS] = sorted(processes, compare_gids);
        uses->places = xcalloc(processes->namespace_count, sizeof(*uses->places));
        uses->place_of = xcalloc(processes->count, sizeof(struct place *));
        uses->next = xcalloc(processes->count, sizeof(struct process *));
        for (size_t i = processes->count; i-- > 0;) {
                struct process **const unseen = &uses->places[processes->list[i].userns].unseen;

                uses->next[i] = *unseen;
                *unseen = &processes->list[i];
        }
        uses->whole = xcalloc(processes->namespace_count, sizeof(*uses->whole));
        for (size_t i = 0; i < processes->namespace_count; i++)
                if (userns_is_whole(&processes->namespaces[i]))
                        uses->whole[uses->whole_count++] = i;
        index_maps(uses, SUBID_USERS);
        index_maps(uses, SUBID_GROUPS);
        return uses;
}

/* Processes of one container are in one place, whatever cgroups it has made. */
static bool is_place(const struct place *place, const struct container *container, const char *unit)
{
        if (container || place->container)
                return place->container == container;
        return place->unit && unit ? strcmp(place->unit, unit) == 0 : place->unit == unit;
}

struct place *uses_place(struct uses *uses, struct process *process)
{
        struct place **const found = &uses->place_of[process - uses->processes->list];
        struct places *const places = &uses->places[process->userns];
        const char *const cgroup = *found ? NULL : process_cgroup(process);
        const struct container *container;
        char *unit;

        if (!cgroup)
                return *found;
        container = containers_of_cgroup(uses->containers, cgroup);
        unit = process_unit(process, printable);
        for (size_t i = 0; i < places->count && !*found; i++)
                if (is_place(places->list[i], container, unit))
                        *found = places->list[i];
        if (*found) {
                if (process->start < (*found)->first->start)
                        (*found)->first = process;
                free(unit);
                return *found;
        }
        *found = xcalloc(1, sizeof(**found));
        **found = (struct place){container, unit, process};
        places->list = grow(places->list, places->count, &places->room, sizeof(struct place *));
        return places->list[places->count++] = *found;
}

/* All places of a user namespace. */
static const struct places *find_places(struct uses *uses, size_t userns)
{
        struct places *const places = &uses->places[userns];

        for (; places->unseen; places->unseen = uses->next[places->unseen - uses->processes->list])
                uses_place(uses, places->unseen);
        return places;
}

static struct use *add_use(struct uses *uses)
{
        uses->list = grow(uses->list, uses->count, &uses->room, sizeof(*uses->list));
        uses->list[uses->count] = (struct use){.userns = NULL};
        return &uses->list[uses->count++];
}

/* One container, or two of one pod: they have the same IDs. */
static bool is_same_holder(const struct container *a, const struct container *b)
{
        return a == b || (a->pod_uid && b->pod_uid && strcmp(a->pod_uid, b->pod_uid) == 0);
}

/* Whether a place is that of a pod's sandbox, and one of its containers is there too. */
static bool is_mere_sandbox(const struct place *place, struct place *const *places, size_t count)
{
        const struct container *const sandbox = place->container;

        for (size_t i = 0; i < count && sandbox && sandbox->is_sandbox; i++)
                if (places[i]->container && !places[i]->container->is_sandbox &&
                    is_same_holder(places[i]->container, sandbox))
                        return true;
        return false;
}

static struct use *add_use_of(struct uses *uses, size_t userns, uint32_t inside,
                              struct place *const *places, size_t count)
{
        struct use *const use = add_use(uses);

        use->userns = &uses->processes->namespaces[userns];
        use->inside = inside;
        use->places = xcalloc(count, sizeof(struct place *));
        for (size_t i = 0; i < count; i++) {
                if (count > 1 && is_mere_sandbox(places[i], places, count))
                        continue;
                use->places[use->place_count++] = places[i];
                places[i]->first->wanted |= !userns_is_whole(use->userns);
        }
        return use;
}

/* One of the processes that run as the ID; the uses of its user namespace begin with first. */
static void add_running(struct uses *uses, size_t first, struct process *process, uint32_t inside)
{
        struct place *const place = uses_place(uses, process);
        struct use *use = NULL;

        if (!place)
                return;
        for (size_t i = first; i < uses->count && !use; i++)
                if (*uses->list[i].places == place)
                        use = &uses->list[i];
        if (!use)
                use = add_use_of(uses, process->userns, inside, &place, 1);
        use->running = grow(use->running, use->count, &use->room, sizeof(struct process *));
        use->running[use->count++] = process;
        process->wanted = true;
}

/* Where in the list those begin that run as the ID in this user namespace or a later one. */
static size_t running_from(const struct uses *uses, enum subid_database database, uint32_t id,
                           size_t userns)
{
        size_t first = 0, end = uses->processes->count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;
                const struct process *const process = uses->by_id[database][middle];

                if (process->ids[database] < id ||
                    (process->ids[database] == id && process->userns < userns))
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

/* The uses in one user namespace, in which the ID is mapped. */
static void add_userns(struct uses *uses, enum subid_database database, uint32_t id, size_t userns)
{
        const struct userns *const namespace = &uses->processes->namespaces[userns];
        const size_t first = uses->count;
        const struct places *places = NULL;
        uint32_t inside;

        if (!userns_maps(namespace, database, id, &inside))
                return;
        if (!userns_is_whole(namespace))
                places = find_places(uses, userns);
        for (size_t i = running_from(uses, database, id, userns); i < uses->processes->count; i++) {
                struct process *const process = uses->by_id[database][i];

                if (process->ids[database] != id || process->userns != userns)
                        break;
                add_running(uses, first, process, inside);
        }
        if (uses->count == first && places && places->count > 0)
                add_use_of(uses, userns, inside, places->list, places->count);
}

/* A record says nothing new where its container, or one of its pod, is in a use already. */
static void add_record(struct uses *uses, const struct container *record,
                       enum subid_database database, uint32_t id)
{
        struct use *use;
        uint32_t inside;

        if (!container_maps(record, database, id, &inside))
                return;
        for (size_t i = 0; i < uses->count; i++) {
                use = &uses->list[i];
                for (size_t j = 0; j < use->place_count; j++)
                        if (use->places[j]->container &&
                            is_same_holder(use->places[j]->container, record))
                                return;
                if (!use->record || !is_same_holder(use->record, record))
                        continue;
                /* Two containers are two; what has no name is the pod. */
                if (record->name && use->record->name)
                        continue;
                use->record = use->record->name ? use->record : record;
                return;
        }
        use = add_use(uses);
        use->inside = inside;
        use->record = record;
}

/* Those on record that have the ID or, if freed is set, had it. */
static void add_records(struct uses *uses, enum subid_database database, uint32_t id, bool freed)
{
        const size_t first = uses->processes->namespace_count;

        for (size_t i = 0; i < uses->hit_count; i++) {
                const struct container *record;

                if (uses->hits[i] < first)
                        continue;
                record = &uses->containers->list[uses->hits[i] - first];
                if (record->freed == freed)
                        add_record(uses, record, database, id);
        }
}

static void clear(struct uses *uses)
{
        for (size_t i = 0; i < uses->count; i++) {
                free(uses->list[i].running);
                free(uses->list[i].places);
        }
        uses->count = uses->hit_count = 0;
}

size_t uses_find(struct uses *uses, enum subid_database database, uint32_t id, struct use **list)
{
        const struct processes *const processes = uses->processes;

        clear(uses);
        for (size_t i = 0; i < uses->whole_count; i++)
                add_userns(uses, database, id, uses->whole[i]);
        search(uses, &uses->holders[database], id);
        for (size_t i = 0; i < uses->hit_count && uses->hits[i] < processes->namespace_count; i++)
                if (i == 0 || uses->hits[i] != uses->hits[i - 1])
                        add_userns(uses, database, id, uses->hits[i]);
        add_records(uses, database, id, false);
        if (uses->count == 0)
                add_records(uses, database, id, true);
        *list = uses->list;
        return uses->count;
}

struct timespec uses_since(const struct uses *uses, const struct container *container)
{
        struct timespec since = container->since;

        for (size_t i = 0; i < uses->containers->count; i++) {
                const struct container *const other = &uses->containers->list[i];

                if (other->since.tv_sec != 0 && is_same_holder(container, other) &&
                    (since.tv_sec == 0 || other->since.tv_sec < since.tv_sec))
                        since = other->since;
        }
        return since;
}
