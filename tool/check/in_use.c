/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../root.h"

#include <linux/nsfs.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * IDs that user namespaces of this machine use and no line holds: they have no name, and nothing
 * keeps useradd and others from giving them to somebody.
 */

/* Below are those of systemd and of accounts, which nobody gives to containers. */
#define SUBORDINATE_FIRST 65536

/* For all names that the C library is asked for, in milliseconds. */
#define PATIENCE_MS 5000

/* IDs of one side in use, and who was the first to be seen with them. */
struct use {
        enum subid_database database;
        uint64_t first, last;
        struct process *process;
};

struct uses {
        struct use *list;
        size_t count, room;
};

/* Whether a user namespace is one of another than our own: its IDs are a part of that one's. */
static bool is_nested(const struct processes *processes, const struct userns *userns)
{
        const struct userns *const own = &processes->namespaces[0];
        const int parent = userns->fd < 0 ? -1 : ioctl(userns->fd, NS_GET_PARENT);
        struct stat status;
        bool nested;

        if (parent < 0)
                return false;
        nested = fstat(parent, &status) == 0 &&
                 (status.st_ino != own->inode || status.st_dev != own->device);
        close(parent);
        return nested;
}

/* Whether the kubelet has them on record: of these it is said by check_kubelet. */
static bool is_of_pod(const struct containers *containers, const struct extent *extent)
{
        for (size_t i = 0; i < containers->pod_count; i++)
                if (containers->pods[i].map_sizes[SUBID_USERS] > 0 &&
                    containers->pods[i].maps[SUBID_USERS]->outside == extent->outside)
                        return true;
        return false;
}

static void add_use(struct uses *uses, const struct use *use)
{
        for (size_t i = 0; i < uses->count; i++)
                if (uses->list[i].database == use->database && uses->list[i].first == use->first &&
                    uses->list[i].last == use->last)
                        return;
        uses->list = grow(uses->list, uses->count, &uses->room, sizeof(*uses->list));
        uses->list[uses->count++] = *use;
}

/* Adds what no line holds, but for IDs that get no name anyway. */
static void add_unheld(const struct side *side, const struct extent *extent,
                       struct process *process, struct uses *uses)
{
        const struct segments *const segments = &side->segments;
        const uint64_t end = (uint64_t)extent->outside + extent->count;
        uint64_t first = extent->outside;

        if (first < SUBORDINATE_FIRST)
                first = SUBORDINATE_FIRST;
        for (size_t i = segments_from(segments, first); first < end; i++) {
                const bool held = i < segments->count && segments->list[i].first < end;
                const uint64_t behind = held ? segments->list[i].first : end;

                if (behind > first && !subid_excluded((uint32_t)first))
                        add_use(uses, &(struct use){side->database, first, behind - 1, process});
                first = held ? segments->list[i].last + 1 : end;
        }
}

/* One ID alone is a user's own, and who is the same inside is nobody's subordinate. */
static void add_namespace(const struct checked *checked, const struct userns *userns,
                          struct uses *uses)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};

        for (size_t i = 0; i < 2; i++)
                for (size_t j = 0; j < userns->map_sizes[i]; j++) {
                        const struct extent *const extent = &userns->maps[i][j];

                        if (extent->count > 1 && extent->inside != extent->outside &&
                            !is_of_pod(&checked->containers, extent))
                                add_unheld(sides[i], extent,
                                           &checked->processes.list[userns->first], uses);
                }
}

/* Writes for each whether systemd says whose the first ID is: a machine's, or one of its own. */
static void ask_names(int to, const void *data)
{
        static const char *const prefixes[] = {"vu-", "vg-", "ns-", "foreign-"};
        const struct uses *const uses = data;

        for (size_t i = 0; i < uses->count; i++) {
                const struct passwd *const account = getpwuid((uid_t)uses->list[i].first);
                bool known = false;

                for (size_t j = 0; account && j < sizeof(prefixes) / sizeof(*prefixes); j++)
                        known |= strncmp(account->pw_name, prefixes[j], strlen(prefixes[j])) == 0;
                if (!write_all(to, (const char *)&known, sizeof(known)))
                        return;
        }
}

/* systemd-nspawn takes blocks of its own, which are free of names when it does. */
static bool is_of_nspawn(const char *unit)
{
        return unit && (strncmp(unit, "systemd-nspawn@", 15) == 0 ||
                        (strncmp(unit, "machine-", 8) == 0 && strstr(unit, ".scope")));
}

/* The container that has the first of the IDs on record and runs; NULL: none is known. */
static const struct container *container_of(const struct containers *containers,
                                            const struct use *use)
{
        for (size_t i = 0; i < containers->count; i++) {
                uint32_t inside;

                if (containers->list[i].running &&
                    container_maps(&containers->list[i], use->database, (uint32_t)use->first,
                                   &inside))
                        return &containers->list[i];
        }
        return NULL;
}

static char *name_of(const struct container *container, const char *unit)
{
        const char *const name = !container        ? unit
                                 : container->name ? container->name
                                                   : container->id;
        char *const shown = name ? quoted(name, strlen(name), SIZE_MAX) : NULL;

        if (container && container->pod && container->namespace)
                return xasprintf("the pod %s",
                                 quoted(xasprintf("%s/%s", container->namespace, container->pod),
                                        strlen(container->namespace) + strlen(container->pod) + 1,
                                        SIZE_MAX));
        return container ? xasprintf("%s's container %s", container->engine, shown ? shown : "?")
               : shown   ? shown
                         : xasprintf("a user namespace");
}

/* Whose range that would be, as far as the other file, the engine or the unit tell. */
static const char *owner_of(const struct side *other, const struct use *use,
                            const struct container *container, const char *unit)
{
        static const struct {
                const char *begin, *owner;
        } engines[] = {{"podman", "containers"}, {"CRI-O", "containers"},
                       {"Docker", "dockremap"},  {"libpod-", "containers"},
                       {"crio-", "containers"},  {"docker-", "dockremap"},
                       {"lxc", "root"}};
        const char *const told = container ? container->engine : unit;
        const struct range_line *const line =
            segments_line_of(&other->segments, (uint32_t)use->first);

        if (line)
                return printable(line->range.owner, line->range.owner_length, SIZE_MAX);
        for (size_t i = 0; told && i < sizeof(engines) / sizeof(*engines); i++)
                if (strncmp(told, engines[i].begin, strlen(engines[i].begin)) == 0)
                        return engines[i].owner;
        return "OWNER";
}

static void report_use(const struct checked *checked, const struct use *use)
{
        const char *const unit = process_unit(use->process, printable);
        const struct container *const container = container_of(&checked->containers, use);
        const struct side *const other =
            use->database == SUBID_USERS ? &checked->groups : &checked->users;

        if (is_of_nspawn(unit))
                return;
        report(WARNING, "in-use", (struct place){subid_range_paths[use->database][0], 0, 0},
               advice_to_give(checked, owner_of(other, use, container, unit), use->first,
                              use->last - use->first + 1),
               "the %s %s are in use, by %s (PID %d), and stand in no line",
               use->database == SUBID_USERS ? "UIDs" : "GIDs",
               range_span("", use->first, use->last), name_of(container, unit),
               (int)use->process->pid);
}

static bool is_told(const struct uses *uses, const struct use *use)
{
        for (size_t i = 0; i < uses->count; i++)
                if (uses->list[i].database == SUBID_USERS && uses->list[i].first == use->first &&
                    uses->list[i].last == use->last)
                        return use->database == SUBID_GROUPS;
        return false;
}

void check_in_use(const struct checked *checked)
{
        const int64_t deadline = now_ms() + PATIENCE_MS;
        struct uses uses = {.count = 0};
        unsigned long number;
        struct child child;

        /* Who is not root does not see into the user namespaces of others. And what a directory
         * gives is in the files only once it is imported: of that check_import tells. */
        if (geteuid() != 0 || nsswitch_subid_service(&checked->nsswitch, &number))
                return;
        for (size_t i = 1; i < checked->processes.namespace_count; i++) {
                const struct userns *const userns = &checked->processes.namespaces[i];

                if (userns->count > 0 && !userns->alike && !is_nested(&checked->processes, userns))
                        add_namespace(checked, userns, &uses);
        }
        if (uses.count == 0)
                return;
        child = child_start(ask_names, &uses);
        for (size_t i = 0; i < uses.count; i++) {
                bool known = false;

                if (child_read(&child, &known, sizeof(known), deadline) != sizeof(known))
                        known = false;
                /* The command cures both files. */
                if (!known && !is_told(&uses, &uses.list[i]))
                        report_use(checked, &uses.list[i]);
        }
        child_end(&child);
}
