/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../sources.h"
#include "account_name.h"

#include <stdlib.h>
#include <string.h>

/* Accounts that meet IDs of a range: those of the files, and those of all other sources. */

/* So many accounts are named where there may be thousands. */
#define NAMED_MAX 3

/* What is known of the accounts of one source in one range. */
struct meeting {
        size_t count;
        char *named; /* the first of them: "5 is joe, 6 is eve" */
};

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

static void add_meeting(const struct side *side, struct meeting *meetings, uint32_t id,
                        const char *name)
{
        const struct range_line *const line = segments_line_of(&side->segments, id);
        struct meeting *meeting;

        /* Who gives one ID alone means the account. */
        if (!line || line->range.count == 1 || subid_excluded(id))
                return;
        meeting = &meetings[line - side->ranges.lines];
        if (meeting->count++ < NAMED_MAX)
                meeting->named = xasprintf("%s%s%u is %s", meeting->named ? meeting->named : "",
                                           meeting->named ? ", " : "", id, name);
}

/* What is done while sources are asked. */
struct asking {
        struct side *side;
        struct meeting *meetings; /* of the source that is asked, by line */
};

static void take_account(const char *source, const char *file, unsigned long line, uint32_t id,
                         const char *name, void *data)
{
        const struct asking *const asking = data;

        add_meeting(asking->side, asking->meetings, id, name);
        check_name(asking->side, file ? file : source, line, id, name);
}

static void report_meetings(const char *source, void *data)
{
        const struct asking *const asking = data;
        struct side *const side = asking->side;

        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct meeting *const meeting = &asking->meetings[i];

                if (meeting->count == 0)
                        continue;
                side->met[i] = true;
                report_line(ERROR, "answered", &side->ranges.lines[i],
                            "move the range, or the account",
                            "%s%s of %s, a service of the line for %s", meeting->named,
                            meeting->count > NAMED_MAX
                                ? xasprintf(" and %zu more", meeting->count - NAMED_MAX)
                                : "",
                            source, side->nss);
        }
        memset(asking->meetings, 0, side->ranges.count * sizeof(*asking->meetings));
}

static void report_silence(const char *source, const struct nsswitch_line *line, void *data)
{
        (void)data;
        report(WARNING, "no-answer", (struct place){nsswitch_path(), line->number, 0},
               "look after the service",
               "%s did not answer within %d seconds: not known whether its accounts lie in a range",
               source, SOURCES_PATIENCE_MS / 1000);
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
        const int64_t deadline = now_ms() + SOURCES_PATIENCE_MS;

        for (size_t i = 0; i < 2; i++) {
                struct side *const side = sides[i];
                struct asking asking = {side,
                                        xcalloc(side->ranges.count, sizeof(*asking.meetings))};

                side->met = xcalloc(side->ranges.count, sizeof(*side->met));
                check_names(side);
                side->silent = !sources_ask(&(struct sources){.database = side->database,
                                                              .nsswitch = &checked->nsswitch,
                                                              .segments = &side->segments,
                                                              .ranges = &side->ranges,
                                                              .deadline = deadline,
                                                              .data = &asking,
                                                              .account = take_account,
                                                              .asked = report_meetings,
                                                              .silent = report_silence});
                free(asking.meetings);
        }
}
