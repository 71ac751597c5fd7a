/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../options.h"
#include "../progress.h"
#include "../root.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void read_side(struct side *side)
{
        ranges_read(side->database, &side->ranges);
        segments_find(&side->ranges, &side->segments);
        accounts_read(side->database, &side->accounts);
}

/* Neither findings nor notes, nor what libraries have to say. */
static void print_nothing(void)
{
        const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
                die("/dev/null: %m");
        close(null);
}

/* Who runs here, and what the engines and the kubelet have on record. */
static void read_consumers(struct checked *checked)
{
        const bool shown = root_is_running() && access("/proc/self/ns/user", F_OK) == 0;

        if (shown)
                processes_read(&checked->processes);
        containers_read(&checked->containers, shown ? &checked->processes : NULL);
}

int command_check(const struct options *options, char **argv)
{
        struct checked checked = {
            .users = {.database = SUBID_USERS, .nss = "passwd", .ids = "UIDs"},
            .groups = {.database = SUBID_GROUPS, .nss = "group", .ids = "GIDs"},
        };
        bool usable;
        int r;

        (void)argv;
        if (options->quiet)
                print_nothing();
        checked.users.other = &checked.groups;
        checked.groups.other = &checked.users;
        progress_start();
        read_side(&checked.users);
        read_side(&checked.groups);
        r = nsswitch_read(&checked.nsswitch);
        if (r < 0 && r != -ENOENT)
                root_die(NSSWITCH_FILE, r);
        progress("looking at the system");
        read_consumers(&checked);
        usable = check_system();
        check_nsswitch(&checked);
        check_files(&checked);
        progress("looking at the ranges");
        check_ranges(&checked);
        check_group(&checked);
        check_import(&checked);
        check_idmap(&checked);
        check_kubelet(&checked);
        check_engines(&checked);
        check_in_use(&checked);
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
