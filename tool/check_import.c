/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "subuidctl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Ranges of a directory: "subid:" in nsswitch.conf, which libsubid reads, and subuidctl import. */

/* The timer runs once a day. */
#define OLD_DAYS 2

#define OWNERS "/etc/nss-subuid/owners"

/* When a file was written, or -1 if it does not exist. It may be of 1970: images are built so. */
static time_t time_of(const char *path)
{
        const int fd = open_any_below_root(path, O_PATH | O_CLOEXEC);
        struct stat status = {.st_mtime = -1};

        if (fd >= 0) {
                if (fstat(fd, &status) < 0)
                        status.st_mtime = -1;
                close(fd);
        }
        return status.st_mtime;
}

/*
 * The line that names a service for subordinate IDs, as libsubid takes it (shadow, lib/nss.c): the
 * first word of the first line that has one. NULL for the files.
 */
static const struct nsswitch_line *directory_line(const struct nsswitch *nsswitch)
{
        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];

                if (!nsswitch_is(nsswitch, line->database, "subid") || line->count == 0)
                        continue;
                return nsswitch_is(nsswitch, line->services[0].name, "files") ? NULL : line;
        }
        return NULL;
}

static void check_age(const char *path)
{
        const time_t written = time_of(path);

        if (written < time_of(OWNERS))
                report(OLD_IMPORT, (struct place){path, 0, 0}, "subuidctl import",
                       "older than " OWNERS);
        else if (written < time(NULL) - (time_t)OLD_DAYS * 86400)
                report(OLD_IMPORT, (struct place){path, 0, 0},
                       "subuidctl import, by its timer best",
                       "not written for %d days: the directory may say something else by now",
                       OLD_DAYS);
}

/* Accounts, for whom newuidmap would be asked. */
static bool is_user(const struct checked *checked, const struct range_line *line)
{
        for (size_t i = 0; i < checked->users.account_count; i++) {
                const struct account *const account = &checked->users.accounts[i];

                if (account->id != 0 && account->name_length == line->range.owner_length &&
                    memcmp(account->name, line->range.owner, account->name_length) == 0)
                        return true;
        }
        return false;
}

static void check_ignored(const struct checked *checked, const struct side *side,
                          const char *service, int length)
{
        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];

                if (!line->is_range || strcmp(line->path, side->files[0]) != 0 ||
                    !is_user(checked, line))
                        continue;
                report_line(SUBID_IGNORED, line, "give the range in the directory",
                            "with subid: %.*s, newuidmap and getsubids pass over this file, and "
                            "%.*s is a user",
                            length, service, (int)line->range.owner_length, line->range.owner);
                return;
        }
}

void check_import(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};
        const struct nsswitch *const nsswitch = &checked->nsswitch;
        const struct nsswitch_line *const line = directory_line(nsswitch);

        for (size_t i = 0; i < 2; i++) {
                const char *const path = sides[i]->files[1];
                const bool exists = time_of(path) != -1;
                struct nsswitch_word service;

                if (!line) {
                        if (exists)
                                report(UNUSED_IMPORT, (struct place){path, 0, 0},
                                       "remove it, or name the directory",
                                       "imported, but subid: in " NSSWITCH_FILE
                                       " names no directory: nothing renews it");
                        continue;
                }
                service = line->services[0].name;
                if (exists)
                        check_age(path);
                else
                        report(NOT_IMPORTED, (struct place){NSSWITCH_FILE, line->number, 0},
                               "subuidctl import", "ranges of %.*s do not count: there is no %s",
                               (int)service.length, nsswitch->text + service.offset, path);
                check_ignored(checked, sides[i], nsswitch->text + service.offset,
                              (int)service.length);
        }
}
