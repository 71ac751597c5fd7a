/* SPDX-License-Identifier: MIT */
#include "userdb.h"

#include "account_name.h"
#include "root.h"

#include <string.h>

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
        return NULL;
}

const char *userdb_record(enum subid_database database)
{
        struct segments segments;
        struct ranges ranges;

        ranges_read(database, &ranges);
        segments_find(&ranges, &segments);
        return userdb_record_in(database, &segments);
}
