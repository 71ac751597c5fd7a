/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../owners.h"
#include "../ranges.h"
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

/* Its st_mtime is -1 if it does not exist. It may be of 1970: images are built so. */
static struct stat status_of(const char *path)
{
        const int fd = root_open(path, O_PATH);
        struct stat status = {.st_mtime = -1};

        if (fd >= 0) {
                if (fstat(fd, &status) < 0)
                        status.st_mtime = -1;
                close(fd);
        }
        return status;
}

static time_t time_of(const char *path)
{
        return status_of(path).st_mtime;
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

static bool has_another(const struct ranges *ranges, const struct range_line *line)
{
        struct range_line *const *lines;
        const size_t count = ranges_of(ranges, line->range.owner, line->range.owner_length, &lines);

        for (size_t i = 0; i < count; i++)
                if (lines[i] != line && strcmp(lines[i]->path, line->path) == 0)
                        return true;
        return false;
}

/* What a line must not be in the part that the module searches by halving, or NULL. */
static const char *wrong_in_part(const struct ranges *ranges, const struct range_line *line,
                                 uint64_t behind)
{
        if (!line->is_range || line->range.count == 0)
                return "no range";
        if (line->range.start < behind)
                return "not behind the one before";
        return has_another(ranges, line) ? "not the only one of its owner" : NULL;
}

#define ADVICE_MARK "take the first line away"

/* Whether the first line of an imported file is true: who edits the file is to take it away. */
static void check_mark(const struct side *side)
{
        const char *const path = subid_range_paths[side->database][1];
        const struct range_line *line = side->ranges.lines, *mark;
        const struct range_line *const end = line + side->ranges.count;
        uint64_t sorted, size, behind = 0;
        const char *expected;

        while (line < end && strcmp(line->path, path) != 0)
                line++;
        if (line == end || line->number != 1 ||
            !subid_mark_parse(line->text, line->length, &sorted, &size))
                return;
        if (size != (uint64_t)status_of(path).st_size) {
                report_line(WARNING, "mark", line, ADVICE_MARK,
                            "edited: the file has another size, so the module reads all of it "
                            "for each answer");
                return;
        }
        mark = line++;
        expected = mark->text + mark->length + 1;
        for (; line < end && (uint64_t)(line->text - mark->text) < sorted; line++) {
                const char *const wrong = wrong_in_part(&side->ranges, line, behind);

                if (wrong) {
                        report_line(ERROR, "mark", line, ADVICE_MARK,
                                    "edited: %s, where the module searches by halving, so it may "
                                    "miss IDs",
                                    wrong);
                        return;
                }
                behind = range_end(line);
                expected = line->text + line->length + 1;
        }
        if ((uint64_t)(expected - mark->text) != sorted)
                report_line(ERROR, "mark", mark, ADVICE_MARK,
                            "edited: no range ends at byte %llu, up to which the module searches "
                            "by halving, so it may miss IDs",
                            (unsigned long long)sorted);
}

void check_import(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};
        unsigned long number;
        const char *const service = nsswitch_subid_service(&checked->nsswitch, &number);

        for (size_t i = 0; i < 2; i++) {
                const char *const path = subid_range_paths[sides[i]->database][1];
                const bool exists = time_of(path) != -1;

                check_mark(sides[i]);
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
                        report(WARNING, "not-imported", (struct place){nsswitch_path(), number, 0},
                               advice_to_import(), "ranges of %s do not count: there is no %s",
                               service, path);
                check_ignored(checked, sides[i], service);
        }
}
