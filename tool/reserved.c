/* SPDX-License-Identifier: MIT */
#include "reserved.h"

#include "root.h"

#include <stddef.h>
#include <stdlib.h>

/* What ranges may hold too. */
static const struct {
        uint32_t first, last;
        const char *whose;
} conventions[] = {
    {1, SYSTEM_LAST, "system accounts"},
    {SYSTEM_LAST + 1, 60000, "ordinary accounts"},
    {NSPAWN_FIRST, NSPAWN_LAST, "systemd's containers (nspawn -U, nsresourced)"},
};

/* What a row of subid_excluded_ids has in front, up to here. */
static const struct {
        uint32_t last;
        const char *whose;
} parts[] = {
    {60513, "systemd-homed's accounts"},
    {60577, "systemd's accounts in containers (nspawn --bind-user)"},
};

static const char *part_of(const struct subid_excluded *row, uint32_t id)
{
        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
                if (id <= parts[i].last && row->first <= parts[i].last &&
                    row->last >= parts[i].last)
                        return parts[i].whose;
        return row->whose;
}

const char *reserved_for(uint32_t id)
{
        for (size_t i = 0; i < SUBID_EXCLUDED_COUNT; i++)
                if (id >= subid_excluded_ids[i].first && id <= subid_excluded_ids[i].last)
                        return part_of(&subid_excluded_ids[i], id);
        for (size_t i = 0; i < sizeof(conventions) / sizeof(*conventions); i++)
                if (id >= conventions[i].first && id <= conventions[i].last)
                        return conventions[i].whose;
        return NULL;
}

bool reserved_overflow(enum subid_database database, uint32_t *id)
{
        static const char *const paths[] = {[SUBID_USERS] = "/proc/sys/kernel/overflowuid",
                                            [SUBID_GROUPS] = "/proc/sys/kernel/overflowgid"};
        struct text text;

        if (root_read(paths[database], &text) < 0)
                return false;
        *id = (uint32_t)strtoul(text.bytes, NULL, 10);
        return true;
}
