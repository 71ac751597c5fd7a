/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../listing.h"
#include "../nsswitch_place.h"
#include "../root.h"
#include "../settings.h"
#include "account_name.h"

#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Accounts that meet IDs of a range: those of the files, and those of all other sources of the line
 * for users or groups, which are listed where that can be done. One source alone can be asked only
 * where nobody else asks: each gets a child, and all of them together five seconds.
 */

#define PATIENCE_MS 5000

/* So many accounts are named where there may be thousands. */
#define NAMED_MAX 3

/* What is known of the accounts of one source in one range. */
struct meeting {
        size_t count;
        char *named; /* the first of them: "5 is joe, 6 is eve" */
};

/* What a child is asked. */
struct question {
        struct listing listing; /* the first member */
        const struct side *side;
};

static void tell_id(int to, const struct question *question, uint32_t id)
{
        const bool users = question->side->database == SUBID_USERS;
        const struct passwd *const pwd = users ? getpwuid(id) : NULL;
        const struct group *const grp = users ? NULL : getgrgid(id);

        if (pwd || grp)
                listing_tell(&question->listing, to, id, pwd ? pwd->pw_name : grp->gr_name);
}

/* Asks for the first, the last and two more IDs of ranges but those of one ID. */
static void sample(int to, const void *data)
{
        const struct question *const question = data;
        const struct side *const side = question->side;
        size_t line;

        if (!listing_begin(&question->listing))
                return;
        for (size_t i = 0; choose_range(side, i, &line); i++) {
                const struct subid_range *const range = &side->ranges.owned[line]->range;

                for (uint64_t part = 0; range->count > 1 && part <= 3; part++)
                        tell_id(to, question,
                                range->start + (uint32_t)(part * (range->count - 1) / 3));
        }
}

/* Whether the library of a source has a function to list them; loading it may run its code. */
static void look_for_list(int to, const void *data)
{
        const struct question *const question = data;
        void *const library =
            dlopen(xasprintf("libnss_%s.so.2", question->listing.service), RTLD_LAZY | RTLD_LOCAL);
        const char *const function =
            xasprintf("_nss_%s_%s", question->listing.service,
                      question->side->database == SUBID_USERS ? "getpwent_r" : "getgrent_r");
        char answer = 's';

        if (!library)
                answer = 'n';
        else if (dlsym(library, function))
                answer = 'y';
        write_all(to, &answer, 1);
}

/* 'n': no such library, 'y': it lists, 's': it does not; -ETIMEDOUT. */
static int lists(const struct question *question, int64_t deadline)
{
        const struct child child = child_start(look_for_list, question);
        char answer = 's';
        const ssize_t n = child_read(&child, &answer, 1, deadline);

        child_end(&child);
        return n == -ETIMEDOUT ? (int)n : answer;
}

/* --- findings ----------------------------------------------------------------------------------
 */

static void check_name(const struct side *side, const char *source, unsigned long line, uint32_t id,
                       const char *name)
{
        uint32_t named;

        if (!account_name_parse(name, &named) || named == id || subid_excluded(named) ||
            !segments_line_of(&side->segments, named))
                return;
        report(ERROR, "account-name", (struct place){source, line, 0}, "rename it",
               "%s is called %s, as the ID %u of a range, and has the ID %u: what sudo allows the "
               "one, the other gets",
               side->database == SUBID_USERS ? "an account" : "a group", name, named, id);
}

static void add_meeting(const struct side *side, struct meeting *meetings,
                        const struct listed *listed)
{
        const struct range_line *const line = segments_line_of(&side->segments, listed->id);
        struct meeting *meeting;

        /* Who gives one ID alone means the account. */
        if (!line || line->range.count == 1 || subid_excluded(listed->id))
                return;
        meeting = &meetings[line - side->ranges.lines];
        if (meeting->count++ < NAMED_MAX)
                meeting->named = xasprintf("%s%s%u is %s", meeting->named ? meeting->named : "",
                                           meeting->named ? ", " : "", listed->id, listed->name);
}

static void report_meetings(struct side *side, const struct meeting *meetings, const char *service)
{
        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct meeting *const meeting = &meetings[i];

                if (meeting->count == 0)
                        continue;
                side->met[i] = true;
                report_line(ERROR, "answered", &side->ranges.lines[i],
                            "move the range, or the account",
                            "%s%s of %s, a service of the line for %s", meeting->named,
                            meeting->count > NAMED_MAX
                                ? xasprintf(" and %zu more", meeting->count - NAMED_MAX)
                                : "",
                            service, side->nss);
        }
}

/* Takes what a child has to say. Returns false if it did not end in time. */
static bool take(struct side *side, const struct question *question, child_function *ask,
                 int64_t deadline)
{
        struct meeting *const meetings = xcalloc(side->ranges.count, sizeof(*meetings));
        const struct child child = child_start(ask, question);
        struct listed listed;
        ssize_t n;

        while ((n = child_read(&child, &listed, sizeof(listed), deadline)) == sizeof(listed)) {
                listed.name[sizeof(listed.name) - 1] = '\0';
                add_meeting(side, meetings, &listed);
                check_name(side, question->listing.service, 0, listed.id, listed.name);
        }
        child_end(&child);
        report_meetings(side, meetings, question->listing.service);
        free(meetings);
        return n >= 0;
}

static bool check_service(struct side *side, const char *service, int64_t deadline)
{
        const struct question question = {{side->database, service, &side->segments}, side};
        const int can_list = lists(&question, deadline);

        if (can_list == 'n')
                return true;
        if (can_list == 'y' && settings_enumerates(service))
                return take(side, &question, listing_list, deadline);
        warn("%s: not listed for %s: four IDs of a range are asked for", service, side->nss);
        return can_list >= 0 && take(side, &question, sample, deadline);
}

/* Whatever a service of a line knows, but what is in the files, and what is made up of ranges. */
static void check_services(const struct checked *checked, struct side *side, int64_t deadline)
{
        const struct nsswitch *const nsswitch = &checked->nsswitch;
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, side->nss);

        for (size_t i = 0; line && i < line->meant; i++) {
                const char *const service = nsswitch_text(nsswitch, line->services[i].name);

                if (strcmp(service, "files") == 0 || strcmp(service, NSSWITCH_WORD) == 0)
                        continue;
                if (now_ms() >= deadline) {
                        side->silent = true;
                        warn("%s: not asked for %s: no time is left", service, side->nss);
                        continue;
                }
                if (check_service(side, service, deadline))
                        continue;
                side->silent = true;
                report(WARNING, "no-answer", (struct place){nsswitch_path(), line->number, 0},
                       "look after the service",
                       "%s did not answer within %d seconds: not known whether its accounts lie in "
                       "a range",
                       service, PATIENCE_MS / 1000);
        }
}

/* Below --root: sources that are files of other names. */
static void check_other_files(struct side *side)
{
        static const struct {
                const char *service, *paths[2];
        } sources[] = {
            {"altfiles", {"/usr/lib/passwd", "/usr/lib/group"}},
            {"extrausers", {"/var/lib/extrausers/passwd", "/var/lib/extrausers/group"}},
        };

        for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
                struct meeting *const meetings = xcalloc(side->ranges.count, sizeof(*meetings));
                struct accounts accounts;

                accounts_read_file(sources[i].paths[side->database], &accounts);
                for (size_t j = 0; j < accounts.count; j++) {
                        const struct account *const account = &accounts.by_id[j];
                        struct listed listed = {.id = account->id};

                        snprintf(listed.name, sizeof(listed.name), "%.*s",
                                 (int)account->name_length, account->name);
                        add_meeting(side, meetings, &listed);
                        check_name(side, account->path, account->line, account->id, listed.name);
                }
                report_meetings(side, meetings, sources[i].service);
                free(meetings);
        }
}

static void check_names(const struct side *side)
{
        for (size_t i = 0; i < side->accounts.count; i++) {
                const struct account *const account = &side->accounts.by_id[i];

                check_name(side, account->path, account->line, account->id,
                           xstrndup(account->name, account->name_length));
        }
}

void check_accounts(struct checked *checked)
{
        struct side *const sides[] = {&checked->users, &checked->groups};
        const int64_t deadline = now_ms() + PATIENCE_MS;

        for (size_t i = 0; i < 2; i++) {
                sides[i]->met = xcalloc(sides[i]->ranges.count, sizeof(*sides[i]->met));
                check_names(sides[i]);
                if (root_is_running())
                        check_services(checked, sides[i], deadline);
                else
                        check_other_files(sides[i]);
        }
}
