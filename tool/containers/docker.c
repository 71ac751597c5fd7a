/* SPDX-License-Identifier: MIT */
/*
 * Docker: each container's config.v2.json and hostconfig.json. With userns-remap they are below a
 * folder that is called after the IDs of the container's root.
 */
#include "reading.h"

#include "tool/daemons.h"
#include "tool/ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 4 << 20 };

/* The maps of all containers of one folder. */
struct remap {
        struct extent *maps[2];
        size_t sizes[2];
};

/*
 * Docker maps all IDs of an owner, in the order of the file (daemon/internal/usergroup), and calls
 * the folder after the first. If no owner's IDs begin there, the map is not known.
 */
static void find_map(enum subid_database database, uint32_t first, struct remap *remap)
{
        struct range_line *const *lines;
        const struct range_line *owner = NULL;
        struct ranges ranges;
        uint64_t inside = 0;
        size_t count;

        ranges_read(database, &ranges);
        for (size_t i = 0; i < ranges.count && !owner; i++)
                if (ranges.lines[i].is_range && ranges.lines[i].position == 0 &&
                    ranges.lines[i].range.start == first)
                        owner = &ranges.lines[i];
        if (!owner)
                return;
        count = ranges_of(&ranges, owner->range.owner, owner->range.owner_length, &lines);
        remap->maps[database] = xcalloc(count, sizeof(struct extent));
        for (size_t i = 0; i < count && inside + lines[i]->range.count <= UINT32_MAX; i++) {
                remap->maps[database][remap->sizes[database]++] =
                    (struct extent){(uint32_t)inside, (uint32_t)lines[i]->range.start,
                                    (uint32_t)lines[i]->range.count};
                inside += lines[i]->range.count;
        }
}

/* "--userns=host" */
static bool is_remapped(struct place *place, const char *id)
{
        json_object *const config = place_read_json(place, xasprintf("%s/hostconfig.json", id),
                                                    CONFIG_MAX, json_type_object, NULL);
        const char *const mode = json_text_of(config, "UsernsMode");
        const bool remapped = config && (!mode || strcmp(mode, "host") != 0);

        json_object_put(config);
        return remapped;
}

static bool read_running(const struct reading *reading, json_object *config)
{
        json_object *const state = json_member(config, "State", json_type_object);
        json_object *const running = json_member(state, "Running", json_type_boolean);
        json_object *const pid = json_member(state, "Pid", json_type_int);

        return running && json_object_get_boolean(running) && pid &&
               is_running(reading, json_object_get_int64(pid));
}

static void read_container(struct reading *reading, struct place *place, const char *id,
                           const struct remap *remap)
{
        char *const path = xasprintf("%s/config.v2.json", id);
        json_object *const config =
            place_read_json(place, path, CONFIG_MAX, json_type_object, NULL);
        const char *const own = json_text_of(config, "ID");
        const char *const name = json_text_of(config, "Name");
        struct container *container;

        if (!config)
                return;
        if (!own || strcmp(own, id) != 0) {
                place_odd(place, path);
                return;
        }
        container = reading_add(reading, "Docker", place_path(place, path));
        container->id = xasprintf("%s", id);
        if (name)
                container->name = xasprintf("%s", name + (*name == '/'));
        container->since = parse_time(json_text_of(config, "Created"));
        container->running = read_running(reading, config);
        if (remap && is_remapped(place, id))
                for (int i = 0; i < 2; i++) {
                        container->maps[i] = remap->maps[i];
                        container->map_sizes[i] = remap->sizes[i];
                }
        json_object_put(config);
}

static void read_folder(struct reading *reading, const char *folder, const struct remap *remap)
{
        struct place place;

        if (!place_open(&place, xasprintf("%s/containers", folder)))
                return;
        reading_used(reading, place_path(&place, "."));
        for (char **ids = place_list(&place, "."); *ids; ids++)
                if (is_container_id(*ids))
                        read_container(reading, &place, *ids, remap);
        place_close(&place);
}

/* "UID.GID" */
static bool is_remap(const char *name, uint32_t *uid, uint32_t *gid)
{
        char text[32];

        if (sscanf(name, "%u.%u", uid, gid) != 2)
                return false;
        snprintf(text, sizeof(text), "%u.%u", *uid, *gid);
        return strcmp(text, name) == 0;
}

static void read_root(struct reading *reading, const char *root)
{
        struct place place;

        if (!place_open(&place, root))
                return;
        for (char **names = place_list(&place, "."); *names; names++) {
                struct remap remap = {.sizes = {0}};
                uint32_t uid, gid;

                if (!is_remap(*names, &uid, &gid))
                        continue;
                find_map(SUBID_USERS, uid, &remap);
                find_map(SUBID_GROUPS, gid, &remap);
                read_folder(reading, xasprintf("%s/%s", root, *names), &remap);
        }
        place_close(&place);
        read_folder(reading, root, NULL);
}

/* What /etc/docker/daemon.json says; NULL: there is none. */
static json_object *read_settings(void)
{
        json_object *settings;
        struct place place;

        if (!place_open(&place, "/etc/docker"))
                return NULL;
        settings = place_read_json(&place, "daemon.json", CONFIG_MAX, json_type_object, NULL);
        place_close(&place);
        return settings;
}

void read_docker(struct reading *reading)
{
        static const char default_root[] = "/var/lib/docker";
        static const char *const root_options[] = {"data-root", "graph", "g", NULL};
        static const char *const remap_options[] = {"userns-remap", NULL};
        const struct text arguments = daemon_arguments(reading->processes, "dockerd");
        json_object *const settings = read_settings();
        const char *const root_option = option_of(arguments, root_options);
        const char *const root = root_option ? root_option : json_copy_of(settings, "data-root");
        const char *const remap = option_of(arguments, remap_options);

        reading->docker_remap = remap ? remap : json_copy_of(settings, "userns-remap");
        json_object_put(settings);
        read_root(reading, default_root);
        if (root && is_absolute(root) && strcmp(root, default_root) != 0)
                read_root(reading, root);
}
