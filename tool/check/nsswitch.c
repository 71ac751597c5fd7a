/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../nsswitch_file.h"
#include "../nsswitch_place.h"
#include "../root.h"
#include "../userdb.h"

#include <string.h>

/* What glibc makes of nsswitch.conf, and the place of "subuid" in it. */

static struct place at(const struct nsswitch_line *line, size_t offset)
{
        return (struct place){nsswitch_path(), line->number, offset - line->text.offset + 1};
}

static struct place whole(const struct nsswitch_line *line)
{
        return (struct place){nsswitch_path(), line->number, 0};
}

/* Which of several lines counts, and what of it; what keeps "subuid" from its place is said there.
 */
static void check_reading(const struct nsswitch *nsswitch, const char *database, const char *said)
{
        const struct nsswitch_line *const counts = nsswitch_line_of(nsswitch, database);

        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];

                if (!nsswitch_is(nsswitch, line->database, database))
                        continue;
                if (!line->ended && strcmp(said, "not-read") != 0)
                        report(ERROR, "not-read", whole(line), "end it",
                               "the last line has no newline: the C library passes it over");
                else if (line->ended && line != counts)
                        report(WARNING, "two-lines", whole(line), "remove one of the two",
                               "another line for %s: line %lu counts, and before glibc 2.33 the "
                               "first one",
                               database, counts->number);
        }
        if (!counts)
                return;
        if (counts->rest < counts->text.offset + counts->text.length &&
            strcmp(said, "not-read") != 0) {
                if (nsswitch->text.bytes[counts->rest] == '[')
                        report(ERROR, "not-read", at(counts, counts->rest),
                               "put all into one [...]",
                               "[...] without a service in front: the C library passes over what "
                               "follows");
                else
                        report(ERROR, "not-read", at(counts, counts->rest), "remove it",
                               "a NUL byte: the C library passes over what follows");
        }
        if (counts->comment < counts->rest && strcmp(said, "comment") != 0)
                report(WARNING, "comment", at(counts, counts->comment),
                       "give the comment a line of its own",
                       "a comment behind services, whose words glibc 2.33 and later take for "
                       "services");
}

/* Whether "subuid" has something to say on the lines of a database, or does no harm there. */
static bool is_right(const struct nsswitch *nsswitch, struct nsswitch_word database)
{
        /* Those of compat, if it stands in the line behind them: nsswitch_judge says more. */
        static const char *const of_compat[][2] = {{"passwd_compat", "passwd"},
                                                   {"group_compat", "group"}};
        const struct nsswitch_line *line;

        for (size_t i = 0; i < 2; i++)
                if (nsswitch_is(nsswitch, database, of_compat[i][0]))
                        return (line = nsswitch_line_of(nsswitch, of_compat[i][1])) &&
                               nsswitch_find(nsswitch, line, "compat");
        return nsswitch_is(nsswitch, database, "passwd") ||
               nsswitch_is(nsswitch, database, "group") ||
               nsswitch_is(nsswitch, database, "initgroups");
}

static void check_databases(const struct nsswitch *nsswitch)
{
        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];
                const struct nsswitch_service *const service =
                    nsswitch_find(nsswitch, line, NSSWITCH_WORD);

                if (service && !is_right(nsswitch, line->database))
                        report(WARNING, "wrong-database", at(line, service->name.offset),
                               "remove it", NSSWITCH_WORD " knows nothing of %s",
                               nsswitch_text(nsswitch, line->database));
        }
}

/* Reports what enable would say, or do. Returns whether glibc gets to "subuid". */
static bool check_place(const struct side *side, const struct nsswitch *nsswitch,
                        const struct nsswitch_file *file)
{
        const struct nsswitch_judgement judgement = nsswitch_judge(
            nsswitch, side->nss, userdb_record_in(side->database, &side->segments), false);
        const char *const enable = file->kept ? file->advice : advice_to_run("enable");
        const char *const kept = file->kept ? xasprintf("; the file is %s", file->kept) : "";
        const struct place place = {nsswitch_path(), judgement.number, judgement.column};
        const enum severity severity = judgement.error ? ERROR : WARNING;
        /* Without the word, what stands in its way is why it is missing. */
        const bool is_missing = judgement.state == NSSWITCH_REFUSED && !judgement.word &&
                                strcmp(judgement.finding, "not-read") != 0 &&
                                strcmp(judgement.finding, "compat") != 0;

        check_reading(nsswitch, side->nss,
                      judgement.state == NSSWITCH_REFUSED ? judgement.finding : "");
        if (judgement.directory)
                warn("%s:%lu: note: " NSSWITCH_WORD " in front of %s, as a site may choose; "
                     "%s to move it",
                     file->path, judgement.line->number,
                     nsswitch_text(nsswitch, judgement.directory->name),
                     advice_to_run("enable --move"));
        if (judgement.state == NSSWITCH_MISSING || judgement.state == NSSWITCH_MISPLACED)
                report(severity, judgement.finding, place, enable, "%s%s", judgement.what, kept);
        else if (judgement.state == NSSWITCH_REFUSED)
                report(ERROR, is_missing ? "not-enabled" : judgement.finding, place,
                       xasprintf("%s, then %s", judgement.advice, enable), "%s%s%s",
                       is_missing ? xasprintf(NSSWITCH_WORD " has no place for %s: ", side->nss)
                                  : "",
                       judgement.what, kept);
        return judgement.word && !judgement.hidden && judgement.state != NSSWITCH_REFUSED;
}

static void check_initgroups(const struct nsswitch *nsswitch)
{
        const struct nsswitch_judgement judgement = nsswitch_judge_initgroups(nsswitch);

        if (judgement.state != NSSWITCH_STANDS)
                report(judgement.error ? ERROR : WARNING, judgement.finding,
                       (struct place){nsswitch_path(), judgement.number, judgement.column},
                       judgement.advice ? judgement.advice : advice_to_run("enable"), "%s",
                       judgement.what);
}

void check_nsswitch(struct checked *checked)
{
        struct side *const sides[] = {&checked->users, &checked->groups};
        const struct nsswitch *const nsswitch = &checked->nsswitch;
        struct nsswitch_file file;

        nsswitch_file_open(&file);
        if (!file.exists) {
                report(ERROR, "not-enabled", (struct place){nsswitch_path(), 0, 0},
                       xasprintf("%s, then %s", file.advice, advice_to_run("enable")), "%s",
                       file.kept);
                return;
        }
        check_databases(nsswitch);
        /* With a mistake no line counts, whatever it says. */
        if (nsswitch_broken(nsswitch)) {
                const struct nsswitch_judgement mistake =
                    nsswitch_judge(nsswitch, checked->users.nss, NULL, false);

                report(ERROR, mistake.finding,
                       (struct place){nsswitch_path(), mistake.number, mistake.column},
                       mistake.advice, "%s", mistake.what);
                return;
        }
        for (size_t i = 0; i < 2; i++)
                sides[i]->enabled = check_place(sides[i], nsswitch, &file);
        check_initgroups(nsswitch);
}
