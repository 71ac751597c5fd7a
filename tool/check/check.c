/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../options.h"
#include "../progress.h"
#include "../root.h"

#include <errno.h>

static void read_side(struct side *side)
{
        ranges_read(side->database, &side->ranges);
        segments_find(&side->ranges, &side->segments);
        accounts_read(side->database, &side->accounts);
}

int command_check(const struct options *options, char **argv)
{
        struct checked checked = {
            .users = {.database = SUBID_USERS,
                      .nss = "passwd",
                      .ids = "UIDs",
                      .id_min = "UID_MIN",
                      .id_max = "UID_MAX"},
            .groups = {.database = SUBID_GROUPS,
                       .nss = "group",
                       .ids = "GIDs",
                       .id_min = "GID_MIN",
                       .id_max = "GID_MAX"},
        };
        bool usable;
        int r;

        (void)argv;
        progress_start();
        read_side(&checked.users);
        read_side(&checked.groups);
        r = nsswitch_read(&checked.nsswitch);
        if (r < 0 && r != -ENOENT)
                root_die(NSSWITCH_FILE, r);
        progress("looking at the system");
        usable = check_system();
        check_nsswitch(&checked);
        check_files(&checked);
        progress("looking at the ranges");
        check_ranges(&checked);
        check_group(&checked);
        check_import(&checked);
        check_idmap(&checked);
        /* Nobody is answered by a library that is not there. */
        checked.users.enabled &= usable;
        checked.groups.enabled &= usable;
        progress("asking the services of " NSSWITCH_FILE " for accounts");
        check_accounts(&checked);
        if (root_is_running()) {
                progress("asking the C library for IDs");
                check_lookups(&checked);
                progress("asking mail servers");
                check_mail(&checked);
        }
        progress_end();
        return findings_print(&options->table);
}
