/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../idmaps.h"

#include <string.h>

/* IDs that a directory's service may make up for accounts: they are not asked for here. */

/* Says so at the first range of these IDs. */
static void check_map(const struct side *side, const char *finding, const struct idmap *idmap)
{
        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];
                uint64_t first = idmap->first, last = idmap->last;

                if (!line->is_range || !range_meets(&line->range, &first, &last))
                        continue;
                report_line(WARNING, finding, line, "move the range, or that of the directory",
                            "%s may give IDs of the range to accounts: %llu-%llu (%s)",
                            idmap->whose, (unsigned long long)idmap->first,
                            (unsigned long long)idmap->last, idmap->file);
                return;
        }
}

static const char *finding_of(const char *service)
{
        static const struct {
                const char *service, *finding;
        } findings[] = {
            {"sss", "sssd-map"},
            {"winbind", "winbind-map"},
            {"authd", "authd-map"},
            {"himmelblau", "himmelblau-map"},
        };
        size_t i = 0;

        while (strcmp(findings[i].service, service) != 0)
                i++;
        return findings[i].finding;
}

void check_idmap(const struct checked *checked)
{
        struct idmaps idmaps;

        idmaps_read(&checked->nsswitch, &idmaps);
        for (size_t i = 0; i < idmaps.count; i++) {
                const struct idmap *const idmap = &idmaps.list[i];
                const struct side *const side =
                    idmap->database == SUBID_USERS ? &checked->users : &checked->groups;

                if (!idmap->is_for_ranges)
                        check_map(side, finding_of(idmap->service), idmap);
        }
}
