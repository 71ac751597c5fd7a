/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../owners.h"
#include "../root.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Ranges of a directory: "subid:" in nsswitch.conf, which libsubid reads, and subuidctl import. */

/* The timer runs once a day. */
#define OLD_DAYS 2

/* When a file was written, or -1 if it does not exist. It may be of 1970: images are built so. */
static time_t time_of(const char *path)
{
        const int fd = root_open(path, O_PATH);
        struct stat status = {.st_mtime = -1};

        if (fd >= 0) {
                if (fstat(fd, &status) < 0)
                        status.st_mtime = -1;
                close(fd);
        }
        return status.st_mtime;
}

/* import asks the running system's directory. */
static const char *advice_to_import(void)
{
        return root_is_running() ? "run 'subuidctl import'" : "run 'subuidctl import' there";
}

static void check_age(const char *path)
{
        const time_t written = time_of(path);

        if (written < time_of(OWNERS_FILE))
                report(WARNING, "old-import", (struct place){path, 0, 0}, advice_to_import(),
                       "older than " OWNERS_FILE);
        else if (written < time(NULL) - (time_t)OLD_DAYS * 86400)
                report(WARNING, "old-import", (struct place){path, 0, 0},
                       xasprintf("%s, by its timer best", advice_to_import()),
                       "not written for %d days: the directory may say something else by now",
                       OLD_DAYS);
}

/* Users, for whom newuidmap would be asked. */
static void check_ignored(const struct checked *checked, const struct side *side,
                          const char *service)
{
        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];
                const struct account *user;

                if (!line->is_range ||
                    strcmp(line->path, subid_range_paths[side->database][0]) != 0)
                        continue;
                user = accounts_named(&checked->users.accounts, line->range.owner,
                                      line->range.owner_length);
                if (!user || user->id == 0)
                        continue;
                report_line(WARNING, "subid-ignored", line, "give the range in the directory",
                            "with subid: %s, newuidmap and getsubids pass over this file, and "
                            "%.*s is a user",
                            service, (int)line->range.owner_length, line->range.owner);
                return;
        }
}

void check_import(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};
        unsigned long number;
        const char *const service = nsswitch_subid_service(&checked->nsswitch, &number);

        for (size_t i = 0; i < 2; i++) {
                const char *const path = subid_range_paths[sides[i]->database][1];
                const bool exists = time_of(path) != -1;

                if (!service) {
                        if (exists)
                                report(WARNING, "unused-import", (struct place){path, 0, 0},
                                       "remove it, or name the directory",
                                       "imported, but subid: in " NSSWITCH_FILE
                                       " names no directory: nothing renews it");
                        continue;
                }
                if (exists)
                        check_age(path);
                else
                        report(WARNING, "not-imported", (struct place){NSSWITCH_FILE, number, 0},
                               advice_to_import(), "ranges of %s do not count: there is no %s",
                               service, path);
                check_ignored(checked, sides[i], service);
        }
}
