/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../sources.h"
#include "account_name.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the C library answers. It is asked in a child: a service of the line may take its time. */

/* For all questions of a child, in seconds. */
#define PATIENCE 5

/* What a child has found, at a range. */
struct answer {
        size_t line; /* among the ranges of the side */
        uint32_t id;
        char text[100];
};

__attribute__((format(printf, 4, 5))) static void tell(int to, size_t line, uint32_t id,
                                                       const char *format, ...)
{
        struct answer this = {.line = line, .id = id};
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(this.text, sizeof(this.text), format, arguments);
        va_end(arguments);
        if (!write_all(to, (const char *)&this, sizeof(this)))
                _exit(EXIT_FAILURE);
}

static const char *name_of(const struct side *side, uint32_t id)
{
        if (side->database == SUBID_USERS) {
                const struct passwd *const pwd = getpwuid(id);

                return pwd ? pwd->pw_name : NULL;
        } else {
                const struct group *const grp = getgrgid(id);

                return grp ? grp->gr_name : NULL;
        }
}

static void round_trip(const struct side *side, int to, size_t line, uint32_t id)
{
        const bool users = side->database == SUBID_USERS;
        const struct passwd *pwd;
        const struct group *grp;
        char name[ACCOUNT_NAME_SIZE];
        const char *found;
        struct subid subid;
        gid_t gid;

        if (subid_excluded(id) || accounts_with_id(&side->accounts, id))
                return;
        account_name_format(name, id);
        found = name_of(side, id);
        if (!found || strcmp(found, name) != 0) {
                /* One ID alone is meant to be that of an account, whichever service knows it. */
                if (found && side->ranges.owned[line]->range.count == 1)
                        return;
                tell(to, line, id, "is %s by number, not %s", found ? found : "unknown", name);
                return;
        }
        pwd = users ? getpwnam(name) : NULL;
        grp = users ? NULL : getgrnam(name);
        if (users ? !pwd || pwd->pw_uid != id : !grp || grp->gr_gid != id)
                tell(to, line, id, "is %s, which is %s by name", name,
                     pwd || grp ? "another" : "unknown");
        else if (pwd && subid_file_locate_user(id, false, &subid, &gid) > 0 && pwd->pw_gid != gid)
                tell(to, line, id, "has the group %u, not %u", pwd->pw_gid, gid);
}

/* The first and the last ID of a range of which no source of accounts knows an ID. */
static void ask_round_trips(int to, const void *data)
{
        const struct side *const side = data;
        size_t line;

        for (size_t i = 0; choose_range(&side->ranges, i, &line); i++) {
                const struct range_line *const owned = side->ranges.owned[line];
                const struct subid_range *const range = &owned->range;

                if (side->met[owned - side->ranges.lines])
                        continue;
                if (range->count > 0)
                        round_trip(side, to, line, range->start);
                if (range->count > 1)
                        round_trip(side, to, line, range->start + (range->count - 1));
        }
}

static void check_round_trips(const struct side *side)
{
        const int64_t deadline = now_ms() + (int64_t)PATIENCE * 1000;
        struct child child;
        struct answer answer;
        ssize_t n;

        if (side->ranges.owned_count > RANGES_ASKED)
                warn("%s: %d of %zu ranges were looked up", subid_range_paths[side->database][0],
                     RANGES_ASKED, side->ranges.owned_count);
        child = child_start(ask_round_trips, side);
        while ((n = child_read(&child, &answer, sizeof(answer), deadline)) == sizeof(answer))
                report_line(ERROR, "round-trip", side->ranges.owned[answer.line],
                            "see the other findings; where there are none, nss_subuid(8)",
                            "for the C library %u %s", answer.id, answer.text);
        child_end(&child);
        if (n < 0)
                report(WARNING, "no-answer", (struct place){nsswitch_path(), 0, 0},
                       "look after its services",
                       "the lookups for %s did not end within %d seconds", side->nss, PATIENCE);
}

void check_lookups(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};

        /* Of a service that is silent the lookups would say it once more. */
        for (size_t i = 0; i < 2; i++)
                if (sides[i]->enabled && !sides[i]->silent)
                        check_round_trips(sides[i]);
}
