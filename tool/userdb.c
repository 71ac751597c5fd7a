/* SPDX-License-Identifier: MIT */
#include "userdb.h"

#include "account_name.h"
#include "listing.h"
#include "root.h"

#include <string.h>

#define PATIENCE_MS 5000

/*
 * Of records that other programs keep (machined's containers, user namespaces of nsresourced), the
 * first one in a range that systemd's module lists within some seconds.
 */
static const char *find_served(enum subid_database database, const struct segments *segments)
{
        const struct listing listing = {database, "systemd", segments};
        const int64_t deadline = now_ms() + PATIENCE_MS;
        const struct child child = child_start(listing_list, &listing);
        const char *name = NULL;
        struct listed listed;

        while (!name && child_read(&child, &listed, sizeof(listed), deadline) == sizeof(listed)) {
                listed.name[sizeof(listed.name) - 1] = '\0';
                if (!subid_excluded(listed.id) && segments_line_of(segments, listed.id))
                        name = printable(listed.name, strlen(listed.name), SIZE_MAX);
        }
        child_end(&child);
        return name;
}

const char *userdb_record_in(enum subid_database database, const struct segments *segments)
{
        static const char *const folders[] = {"/etc/userdb", "/run/userdb", "/run/host/userdb",
                                              "/usr/local/lib/userdb", "/usr/lib/userdb"};
        const char *const suffix = database == SUBID_USERS ? ".user" : ".group";

        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
                char **paths;

                if (root_list(folders[i], suffix, &paths) < 0)
                        continue;
                for (; *paths; paths++) {
                        const char *const base = strrchr(*paths, '/') + 1;
                        char *const name = xstrndup(base, strlen(base) - strlen(suffix));
                        uint32_t id;

                        /* Asked by number, or by the name that the module would answer. */
                        if ((account_name_parse(name, &id) ||
                             account_name_parse(xasprintf(NAME_PREFIX "%s", name), &id)) &&
                            !subid_excluded(id) && segments_line_of(segments, id))
                                return *paths;
                }
        }
        return root_is_running() ? find_served(database, segments) : NULL;
}

const char *userdb_record(enum subid_database database)
{
        struct segments segments;
        struct ranges ranges;

        ranges_read(database, &ranges);
        segments_find(&ranges, &segments);
        return userdb_record_in(database, &segments);
}
