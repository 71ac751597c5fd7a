/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../nsswitch_place.h"
#include "account_name.h"

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What the C library answers. It is asked in a child, since a service may take its time (SSSD's,
 * with its daemon stopped, 300 s), and one service alone can be asked only where nobody else asks.
 */

/* For all questions of a child, in seconds. */
#define PATIENCE 5

/* So many ranges are asked for: evenly chosen, the first and the last among them. */
#define RANGES_ASKED 50

/* What a child has found, at a range. */
struct answer {
        size_t line; /* among the ranges of the side */
        uint32_t id;
        char text[100];
};

/* What a child is asked. */
struct question {
        const struct side *side;
        const char *service; /* alone, or NULL */
        bool *skipped;       /* ranges, among those of the side, of which something is known */
};

typedef void report_function(const struct question *question, const struct answer *answer);

/* Reports the answers that come in time. Returns false if the child did not end. */
static bool ask(const struct question *question, child_function *ask_all,
                report_function *report_answer)
{
        const int64_t deadline = now_ms() + (int64_t)PATIENCE * 1000;
        const struct child child = child_start(ask_all, question);
        struct answer answer;
        ssize_t n;

        while ((n = child_read(&child, &answer, sizeof(answer), deadline)) == sizeof(answer))
                report_answer(question, &answer);
        child_end(&child);
        return n >= 0;
}

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

/* The i-th of the ranges to be asked for. Returns false if there is none. */
static bool choose(const struct side *side, size_t i, size_t *line)
{
        const size_t count = side->ranges.owned_count;

        if (i >= count || i >= RANGES_ASKED)
                return false;
        *line = count <= RANGES_ASKED ? i : i * (count - 1) / (RANGES_ASKED - 1);
        return true;
}

/* --- other services --------------------------------------------------------------------------- */

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

/* Asks one service for the first, the last and two more IDs of each range but those of one ID. */
static void ask_service(int to, const void *data)
{
        const struct question *const question = data;
        const struct side *const side = question->side;
        size_t line;

        if (__nss_configure_lookup(side->nss, question->service) != 0)
                return;
        for (size_t i = 0; choose(side, i, &line); i++) {
                const struct subid_range *const range = &side->ranges.owned[line]->range;

                for (uint64_t part = 0; range->count > 1 && part <= 3; part++) {
                        const uint32_t id =
                            range->start + (uint32_t)(part * (range->count - 1) / 3);
                        const char *const name = subid_excluded(id) ? NULL : name_of(side, id);

                        if (name) {
                                tell(to, line, id, "%s", name);
                                break;
                        }
                }
        }
}

static void report_service(const struct question *question, const struct answer *answer)
{
        const struct side *const side = question->side;

        question->skipped[answer->line] = true;
        report_line(ERROR, "answered", side->ranges.owned[answer->line],
                    "move the range, or the account",
                    "%u is %s of %s, a service of the line for %s", answer->id, answer->text,
                    question->service, side->nss);
}

/* Returns whether all services have answered in time; marks ranges of which one knows an ID. */
static bool check_services(const struct checked *checked, const struct side *side, bool *skipped)
{
        const struct nsswitch *const nsswitch = &checked->nsswitch;
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, side->nss);
        bool answered = true;

        for (size_t i = 0; line && i < line->meant; i++) {
                const char *const service = nsswitch_text(nsswitch, line->services[i].name);
                const struct question question = {side, service, skipped};

                /* What is in the files, check_ranges has seen. */
                if (strcmp(service, "files") == 0 || strcmp(service, NSSWITCH_WORD) == 0 ||
                    ask(&question, ask_service, report_service))
                        continue;
                answered = false;
                report(WARNING, "no-answer", (struct place){NSSWITCH_FILE, line->number, 0},
                       "look after the service",
                       "%s did not answer within %d seconds: not known whether its accounts lie in "
                       "a range",
                       service, PATIENCE);
        }
        return answered;
}

/* --- there and back --------------------------------------------------------------------------- */

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

/* The first and the last ID of a range. */
static void ask_round_trips(int to, const void *data)
{
        const struct question *const question = data;
        const struct side *const side = question->side;
        size_t line;

        for (size_t i = 0; choose(side, i, &line); i++) {
                const struct subid_range *const range = &side->ranges.owned[line]->range;

                if (range->count > 0 && !question->skipped[line])
                        round_trip(side, to, line, range->start);
                if (range->count > 1 && !question->skipped[line])
                        round_trip(side, to, line, range->start + (range->count - 1));
        }
}

static void report_round_trip(const struct question *question, const struct answer *answer)
{
        report_line(ERROR, "round-trip", question->side->ranges.owned[answer->line],
                    "see the other findings; where there are none, nss_subuid(8)",
                    "for the C library %u %s", answer->id, answer->text);
}

static void check_round_trips(const struct side *side, bool *skipped)
{
        const struct question question = {side, NULL, skipped};

        if (side->ranges.owned_count > RANGES_ASKED)
                warn("%s: %d of %zu ranges were looked up", subid_range_paths[side->database][0],
                     RANGES_ASKED, side->ranges.owned_count);
        if (!ask(&question, ask_round_trips, report_round_trip))
                report(WARNING, "no-answer", (struct place){NSSWITCH_FILE, 0, 0},
                       "look after its services",
                       "the lookups for %s did not end within %d seconds", side->nss, PATIENCE);
}

void check_lookups(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};

        for (size_t i = 0; i < 2; i++) {
                bool *const skipped = xcalloc(sides[i]->ranges.owned_count, sizeof(bool));

                /* Of a service that is silent the lookups would say it once more. */
                if (check_services(checked, sides[i], skipped) && sides[i]->enabled)
                        check_round_trips(sides[i], skipped);
        }
}
