/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "subuidctl.h"

#include <string.h>

/* The place of "subuid" in nsswitch.conf. */

static struct place at(const struct nsswitch_line *line, size_t offset)
{
        return (struct place){NSSWITCH_FILE, line->number, offset - line->text.offset + 1};
}

static struct place whole(const struct nsswitch_line *line)
{
        return (struct place){NSSWITCH_FILE, line ? line->number : 0, 0};
}

/* A word of the file, for "%.*s". */
#define WORD(nsswitch, word) (int)(word).length, (nsswitch)->text + (word).offset

static void check_mistake(const struct nsswitch *nsswitch)
{
        const struct nsswitch_line *const broken = nsswitch_broken(nsswitch);

        if (broken)
                report(MISTAKE, at(broken, broken->mistake), "write [STATUS=ACTION]",
                       "a mistake in [...], for which the C library refuses the whole file");
}

/* Which of several lines counts, and what of it. */
static void check_reading(const struct nsswitch *nsswitch, const char *database)
{
        const struct nsswitch_line *const counts = nsswitch_line_of(nsswitch, database);

        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];

                if (!nsswitch_is(nsswitch, line->database, database))
                        continue;
                if (!line->ended)
                        report(NOT_READ, whole(line), "end it",
                               "the last line has no newline: the C library passes it over");
                else if (line != counts)
                        report(TWO_LINES, whole(line), "remove one of the two",
                               "another line for %s: line %lu counts, and before glibc 2.33 the "
                               "first one",
                               database, counts->number);
        }
        if (!counts || counts->mistake != NSSWITCH_NONE)
                return;
        if (counts->rest < counts->text.offset + counts->text.length)
                report(NOT_READ, at(counts, counts->rest), "put all into one [...]",
                       "[...] without a service in front: the C library passes over what follows");
        if (counts->comment < counts->rest)
                report(COMMENT, at(counts, counts->comment), "give the comment a line of its own",
                       "a comment behind services, whose words glibc 2.33 and later take for "
                       "services");
}

static void check_databases(const struct nsswitch *nsswitch)
{
        /* Where it has something to say, or does no harm. */
        static const char *const right[] = {"passwd", "group", "initgroups"};

        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];
                const struct nsswitch_service *const service =
                    nsswitch_find(nsswitch, line, "subuid");
                bool is_right = false;

                for (size_t j = 0; j < sizeof(right) / sizeof(*right); j++)
                        is_right |= nsswitch_is(nsswitch, line->database, right[j]);
                if (service && !is_right)
                        report(WRONG_DATABASE, at(line, service->name.offset), "remove it",
                               "subuid knows nothing of %.*s", WORD(nsswitch, line->database));
        }
}

/* What stands in front of subuid. Returns whether it is asked at all. */
static bool check_before(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                         const struct nsswitch_service *subuid, bool merges)
{
        bool asked = true;

        for (const struct nsswitch_service *other = line->services; other < subuid; other++) {
                if (other->actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN) {
                        report(BEHIND_RETURN, at(line, other->brackets.offset),
                               "move subuid in front of it",
                               "NOTFOUND=return ends the search before subuid");
                        asked = false;
                }
                if (other->actions[NSSWITCH_SUCCESS] == NSSWITCH_CONTINUE)
                        report(BEHIND_CONTINUE, at(line, other->brackets.offset),
                               "run 'subuidctl disable', or take the [...] away",
                               "SUCCESS=continue goes on to subuid, whose \"not found\" takes the "
                               "place of an answer: accounts are lost, root too");
                if (nsswitch_is(nsswitch, other->name, "systemd") && !merges)
                        report(BEHIND_SYSTEMD, at(line, subuid->name.offset),
                               "move subuid in front of it",
                               "subuid behind systemd, which takes 0.1 ms to refuse an ID");
        }
        return asked;
}

/* What stands behind subuid. */
static void check_behind(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                         const struct nsswitch_service *subuid, bool merges)
{
        const struct nsswitch_service *const end = line->services + line->count;

        for (const struct nsswitch_service *other = subuid + 1; other < end; other++) {
                if (nsswitch_is(nsswitch, other->name, "subuid"))
                        report(TWICE, at(line, other->name.offset), "remove one of the two",
                               "subuid a second time");
                if (nsswitch_has_accounts(nsswitch, other))
                        report(BEFORE_ACCOUNTS, at(line, subuid->name.offset),
                               "move subuid behind it",
                               "subuid in front of %.*s, whose accounts lose their names where "
                               "they lie in a range",
                               WORD(nsswitch, other->name));
        }
        if (merges && subuid + 1 < end && subuid->actions[NSSWITCH_SUCCESS] == NSSWITCH_RETURN)
                report(MERGE, at(line, subuid->name.offset), "move subuid to the end",
                       "subuid in the middle of a line that merges: what a later service would "
                       "add is lost");
}

/* Returns whether subuid is asked. */
static bool check_place(const struct nsswitch *nsswitch, const char *database)
{
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, database);
        const struct nsswitch_service *const subuid =
            line ? nsswitch_find(nsswitch, line, "subuid") : NULL;
        bool merges = false, asked;

        if (!subuid) {
                const char *const advice = *options.root
                                               ? text_of("subuidctl enable --root %s", options.root)
                                               : "subuidctl enable";

                report(NOT_ENABLED, whole(line), advice, "subuid does not stand %s %s",
                       line ? "in the line for" : "in the file: there is no line for", database);
                return false;
        }
        for (const struct nsswitch_service *other = line->services; other < subuid; other++)
                merges |= other->actions[NSSWITCH_SUCCESS] == NSSWITCH_MERGE;
        asked = check_before(nsswitch, line, subuid, merges);
        check_behind(nsswitch, line, subuid, merges);
        return asked;
}

void check_nsswitch(struct checked *checked)
{
        struct side *const sides[] = {&checked->users, &checked->groups};
        const struct nsswitch *const nsswitch = &checked->nsswitch;

        check_mistake(nsswitch);
        check_databases(nsswitch);
        for (size_t i = 0; i < 2; i++) {
                check_reading(nsswitch, sides[i]->nss);
                sides[i]->enabled =
                    check_place(nsswitch, sides[i]->nss) && !nsswitch_broken(nsswitch);
        }
}
