/* SPDX-License-Identifier: MIT */
#include "nsswitch_place.h"

#include "libraries.h"
#include "nss_subuid.h"
#include "root.h"
#include "subid_file.h"

#include <elf.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static bool is_one_of(const struct nsswitch *nsswitch, const struct nsswitch_service *service,
                      const char *const *names, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (nsswitch_is(nsswitch, service->name, names[i]))
                        return true;
        return false;
}

static bool is_word(const struct nsswitch *nsswitch, const struct nsswitch_service *service)
{
        return nsswitch_is(nsswitch, service->name, NSSWITCH_WORD);
}

/* Any service may know real accounts that is not known to make its entries up, or to have none. */
static bool has_accounts(const struct nsswitch *nsswitch, const struct nsswitch_service *service)
{
        static const char *const others[] = {NSSWITCH_WORD, "systemd", "mymachines",
                                             "myhostname",  "resolve", "dns",
                                             "mdns",        "mdns4",   "mdns4_minimal"};

        return !is_one_of(nsswitch, service, others, COUNT_OF(others));
}

/* Directories, whose IDs a site may know to lie elsewhere. */
static bool is_directory(const struct nsswitch *nsswitch, const struct nsswitch_service *service)
{
        static const char *const names[] = {"sss", "ldap", "winbind", "nis", "nisplus", "hesiod"};

        return is_one_of(nsswitch, service, names, COUNT_OF(names));
}

/* Whether glibc, asked for a service of this name, may find one: it loads libnss_NAME.so.2. */
static bool may_exist(const struct nsswitch *nsswitch, const struct nsswitch_service *service)
{
        /* In libc itself; or known, if not here. */
        static const char *const known[] = {"files", "sss", "ldap", "winbind"};
        bool classes[3];

        if (is_one_of(nsswitch, service, known, COUNT_OF(known)))
                return true;
        libraries_find(xasprintf("libnss_%s.so.2", nsswitch_text(nsswitch, service->name)),
                       classes);
        return classes[ELFCLASS32] || classes[ELFCLASS64];
}

static bool merges(const struct nsswitch_service *service)
{
        return service->actions[NSSWITCH_SUCCESS] == NSSWITCH_MERGE;
}

/*
 * Whether a word behind "#" may answer something. One that stands in front too has been asked by
 * then, and says nothing new unless the line merges.
 */
static bool is_comment_asked(const struct nsswitch *nsswitch, const struct nsswitch_line *line)
{
        bool merging = false;

        for (size_t i = 0; i < line->meant; i++)
                merging |= merges(&line->services[i]);
        for (size_t i = line->meant; i < line->count; i++) {
                const struct nsswitch_service *const service = &line->services[i];

                if (!is_word(nsswitch, service) &&
                    (merging ||
                     !nsswitch_find(nsswitch, line, nsswitch_text(nsswitch, service->name))) &&
                    may_exist(nsswitch, service))
                        return true;
        }
        return false;
}

/* What is wrong at an offset of a line. */
static void fault(struct nsswitch_judgement *judgement, enum nsswitch_state state,
                  const char *finding, bool error, const struct nsswitch_line *line, size_t offset,
                  const char *what, const char *advice)
{
        judgement->state = state;
        judgement->finding = finding;
        judgement->error = error;
        judgement->number = line ? line->number : 0;
        judgement->column = line && offset != NSSWITCH_NONE ? offset - line->text.offset + 1 : 0;
        judgement->what = what;
        judgement->advice = advice;
}

/*
 * Why glibc does not get from a service to the next one, or gets there with an answer in its hands
 * that the next one's status then replaces (nss/getXXbyYY_r.c); NULL if neither.
 */
struct barrier {
        const struct nsswitch_service *service;
        const char *finding;
        bool hides; /* else it replaces */
        const char *what_behind, *what_standing;
};

/*
 * Whether glibc, that passes over a service which is not there or lacks the function, ends there:
 * it goes on for the action "continue" alone (nss/nsswitch.c). One that is there is unavailable on
 * a bad day only.
 */
static bool is_end_if_absent(const struct nsswitch *nsswitch,
                             const struct nsswitch_service *service)
{
        return service->actions[NSSWITCH_UNAVAIL] != NSSWITCH_CONTINUE &&
               (!has_accounts(nsswitch, service) || !may_exist(nsswitch, service));
}

static bool find_barrier_at(const struct nsswitch *nsswitch, const struct nsswitch_service *service,
                            struct barrier *barrier)
{
        const enum nsswitch_action *const actions = service->actions;

        barrier->service = service;
        barrier->finding = "behind-return";
        barrier->hides = true;
        if (actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN) {
                barrier->what_behind = "[NOTFOUND=return] would hide " NSSWITCH_WORD " behind it";
                barrier->what_standing = "[NOTFOUND=return] ends the search before " NSSWITCH_WORD;
                return true;
        }
        if (is_end_if_absent(nsswitch, service)) {
                barrier->what_behind =
                    "this action for UNAVAIL would hide " NSSWITCH_WORD " behind it";
                barrier->what_standing =
                    "this action for UNAVAIL ends the search before " NSSWITCH_WORD;
                return true;
        }
        barrier->finding = "behind-continue";
        barrier->hides = false;
        barrier->what_behind =
            "[SUCCESS=continue] goes on to " NSSWITCH_WORD
            ", whose answer \"not found\" would take the place of the one before "
            "it, root's too";
        barrier->what_standing = "[SUCCESS=continue] goes on to " NSSWITCH_WORD
                                 ", whose \"not found\" takes the place of an answer: accounts are "
                                 "lost, root too";
        return actions[NSSWITCH_SUCCESS] == NSSWITCH_CONTINUE;
}

/* The first one among so many services, the words themselves aside. */
static bool find_barrier(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                         size_t count, struct barrier *barrier)
{
        for (size_t i = 0; line->services && i < count; i++)
                if (!is_word(nsswitch, &line->services[i]) &&
                    find_barrier_at(nsswitch, &line->services[i], barrier))
                        return true;
        return false;
}

/*
 * How many services, the words themselves aside, stand in front of the place where the word
 * belongs; *last is the last of them. 0: there is no source of accounts.
 */
static size_t find_place(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                         const char *record, const struct nsswitch_service **last)
{
        size_t place = 0;
        bool merging = false;

        for (size_t i = 0; i < line->meant; i++) {
                const struct nsswitch_service *const service = &line->services[i];

                if (has_accounts(nsswitch, service))
                        place = i + 1;
                merging |= merges(service) && !is_word(nsswitch, service);
        }
        if (place == 0)
                return 0;
        for (size_t i = place; i < line->meant; i++)
                if (!is_word(nsswitch, &line->services[i]) &&
                    (merging ||
                     (record && nsswitch_is(nsswitch, line->services[i].name, "systemd"))))
                        place = i + 1;
        *last = &line->services[place - 1];
        return place;
}

/* Why a line is left alone, whether the word stands on it or not. Returns false if it is not. */
static bool refuse_line(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                        struct nsswitch_judgement *judgement)
{
        if (line->rest < line->comment && nsswitch->text.bytes[line->rest] == '[') {
                fault(judgement, NSSWITCH_REFUSED, "not-read", true, line, line->rest,
                      "what follows the second [...] in a row does not count", "take one away");
                return true;
        }
        if (is_comment_asked(nsswitch, line)) {
                fault(judgement, NSSWITCH_REFUSED, "comment", false, line, line->comment,
                      "a comment behind services, of which glibc takes a word for a service",
                      "give the comment a line of its own");
                return true;
        }
        return false;
}

/* Why the word, taken from the line, has no place on it. Returns false if it has one. */
static bool refuse(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                   const char *record, struct nsswitch_judgement *judgement)
{
        const struct nsswitch_service *last;
        struct barrier barrier;
        size_t count;

        count = find_place(nsswitch, line, record, &last);
        if (count == 0) {
                fault(judgement, NSSWITCH_REFUSED, "not-enabled", true, line, NSSWITCH_NONE,
                      "no source of accounts", "name one, such as files");
                return true;
        }
        if (find_barrier(nsswitch, line, count, &barrier)) {
                fault(judgement, NSSWITCH_REFUSED, barrier.finding, true, line,
                      barrier.service->brackets.offset, barrier.what_behind, "take it away");
                return true;
        }
        judgement->place = nsswitch_end(last);
        return false;
}

/* What stands around the word: the first of each kind, or NULL. */
struct surroundings {
        bool merging;                             /* a service in front merges */
        const struct nsswitch_service *behind;    /* anything behind, but words */
        const struct nsswitch_service *source;    /* of accounts, behind */
        const struct nsswitch_service *directory; /* likewise */
        const struct nsswitch_service *systemd_behind;
        const struct nsswitch_service *systemd_before; /* behind all sources in front */
        const struct nsswitch_service *second;         /* the word once more */
};

static struct surroundings look_around(const struct nsswitch *nsswitch,
                                       const struct nsswitch_line *line,
                                       const struct nsswitch_service *word)
{
        const struct nsswitch_service *const end = line->services + line->meant;
        struct surroundings around = {.merging = false};

        for (const struct nsswitch_service *other = line->services; other < word; other++) {
                around.merging |= merges(other);
                if (has_accounts(nsswitch, other))
                        around.systemd_before = NULL;
                else if (nsswitch_is(nsswitch, other->name, "systemd"))
                        around.systemd_before = other;
        }
        for (const struct nsswitch_service *other = word + 1; other < end; other++) {
                const struct nsswitch_service **kind = &around.second;

                if (!is_word(nsswitch, other)) {
                        around.behind = around.behind ? around.behind : other;
                        if (nsswitch_is(nsswitch, other->name, "systemd"))
                                kind = &around.systemd_behind;
                        else if (is_directory(nsswitch, other))
                                kind = &around.directory;
                        else if (has_accounts(nsswitch, other))
                                kind = &around.source;
                        else
                                continue;
                }
                *kind = *kind ? *kind : other;
        }
        return around;
}

/* The first service behind one, but words; NULL if there is none. */
static const struct nsswitch_service *find_behind(const struct nsswitch *nsswitch,
                                                  const struct nsswitch_line *line,
                                                  const struct nsswitch_service *service)
{
        const struct nsswitch_service *const end = line->services + line->meant;

        for (service++; service < end && is_word(nsswitch, service);)
                service++;
        return service < end ? service : NULL;
}

/* What an action of the word's own does to the services behind it, or to its answer. */
static bool judge_own(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                      struct nsswitch_judgement *judgement)
{
        for (size_t i = 0; i < line->meant; i++) {
                const struct nsswitch_service *const word = &line->services[i];
                const struct nsswitch_service *const behind = find_behind(nsswitch, line, word);
                const enum nsswitch_action *const own = word->actions;
                const char *name, *what;

                if (!behind || !is_word(nsswitch, word))
                        continue;
                name = nsswitch_text(nsswitch, behind->name);
                /* For lists of users, and for shadow(5), the module has no function. */
                if (own[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN ||
                    own[NSSWITCH_UNAVAIL] != NSSWITCH_CONTINUE)
                        what = xasprintf(
                            "this action of " NSSWITCH_WORD " ends the search before %s", name);
                else if (own[NSSWITCH_SUCCESS] == NSSWITCH_CONTINUE)
                        what = xasprintf(
                            "[SUCCESS=continue] of " NSSWITCH_WORD
                            " goes on to %s, whose \"not found\" takes the place of its answer",
                            name);
                else
                        continue;
                judgement->hidden = own[NSSWITCH_SUCCESS] == NSSWITCH_CONTINUE;
                fault(judgement, NSSWITCH_MISPLACED, "own-action", true, line,
                      word->brackets.offset, what, NULL);
                return true;
        }
        return false;
}

/* What actions, in front or its own, make of the word. Returns whether anything is wrong. */
static bool judge_actions(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                          const char *database, const struct surroundings *around,
                          struct nsswitch_judgement *judgement)
{
        const struct nsswitch_service *const word = judgement->word, *const behind = around->behind;
        const enum nsswitch_action *const own = word->actions;
        struct barrier barrier;

        if (find_barrier(nsswitch, line, (size_t)(word - line->services), &barrier)) {
                judgement->hidden = barrier.hides;
                fault(judgement, NSSWITCH_MISPLACED, barrier.finding, true, line,
                      barrier.service->brackets.offset, barrier.what_standing, NULL);
        } else if (judge_own(nsswitch, line, judgement)) {
                return true;
        } else if (merges(word) && strcmp(database, "group") != 0) {
                judgement->hidden = true;
                fault(judgement, NSSWITCH_MISPLACED, "own-action", true, line,
                      word->brackets.offset,
                      "[SUCCESS=merge] of " NSSWITCH_WORD ": glibc merges groups alone", NULL);
        } else if (around->merging && behind && own[NSSWITCH_SUCCESS] == NSSWITCH_RETURN) {
                fault(judgement, NSSWITCH_MISPLACED, "merge", true, line, word->name.offset,
                      NSSWITCH_WORD " in the middle of a line that merges: what a later service "
                                    "would add is lost",
                      NULL);
        } else {
                return false;
        }
        return true;
}

/* What its place among the other services makes of it. */
static void judge_order(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                        const char *record, bool move, const struct surroundings *around,
                        struct nsswitch_judgement *judgement)
{
        const size_t at = judgement->word->name.offset;
        const struct nsswitch_service *const source =
            around->source || !move ? around->source : around->directory;

        judgement->directory = source ? NULL : around->directory;
        if (source)
                fault(judgement, NSSWITCH_MISPLACED, "before-accounts", false, line, at,
                      xasprintf(NSSWITCH_WORD " in front of %s, whose accounts lose their names "
                                              "where they lie in a range",
                                nsswitch_text(nsswitch, source->name)),
                      NULL);
        else if (record && around->systemd_behind)
                fault(judgement, NSSWITCH_MISPLACED, "before-systemd", true, line, at,
                      xasprintf(NSSWITCH_WORD
                                " in front of systemd, which alone has the account of "
                                "%s, inside a range",
                                record),
                      NULL);
        else if (around->systemd_before && !record && !around->merging)
                fault(judgement, NSSWITCH_MISPLACED, "behind-systemd", false, line, at,
                      NSSWITCH_WORD " behind systemd, which takes 0.1 ms to refuse an ID", NULL);
        else if (around->second)
                fault(judgement, NSSWITCH_MISPLACED, "twice", false, line,
                      around->second->name.offset, NSSWITCH_WORD " a second time", NULL);
}

/* What is wrong with the word where it stands. */
static void judge_word(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                       const char *database, const char *record, bool move,
                       struct nsswitch_judgement *judgement)
{
        const struct surroundings around = look_around(nsswitch, line, judgement->word);

        if (!judge_actions(nsswitch, line, database, &around, judgement))
                judge_order(nsswitch, line, record, move, &around, judgement);
}

/* The line of a database where glibc passes it over for want of a newline, or NULL. */
static const struct nsswitch_line *find_unended(const struct nsswitch *nsswitch,
                                                const char *database)
{
        const struct nsswitch_line *const last =
            nsswitch->count ? &nsswitch->lines[nsswitch->count - 1] : NULL;

        return last && !last->ended && nsswitch_is(nsswitch, last->database, database) ? last
                                                                                       : NULL;
}

/* Whether the file of users has a line "+", for which compat asks another service. */
static bool has_plus(void)
{
        struct text text, line;

        if (root_read(subid_account_paths[SUBID_USERS], &text) < 0)
                return false;
        while (take_line(&text, &line)) {
                while (line.size && is_blank(*line.bytes)) {
                        line.bytes++;
                        line.size--;
                }
                if (line.size && line.bytes[0] == '+' && (line.size == 1 || line.bytes[1] == ':'))
                        return true;
        }
        return false;
}

/*
 * compat asks the first service of a line of its own (nss_compat). For users that is a place for
 * the word, unless accounts of services behind compat would lose their names. For groups it is
 * none: asked for the groups of a user, compat calls a function that no service has to have, and
 * every program that asks dies. Returns whether that settles it.
 */
static bool judge_compat(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                         const char *database, struct nsswitch_judgement *judgement)
{
        const struct nsswitch_line *const of_compat =
            nsswitch_line_of(nsswitch, xasprintf("%s_compat", database));
        const struct nsswitch_service *const compat = nsswitch_find(nsswitch, line, "compat");
        const struct nsswitch_service *source = NULL;
        struct barrier barrier;

        if (!compat || !of_compat || of_compat->count == 0 ||
            !is_word(nsswitch, &of_compat->services[0]))
                return false;
        for (size_t i = (size_t)(compat - line->services) + 1; i < line->meant; i++)
                if (has_accounts(nsswitch, &line->services[i]) && !source)
                        source = &line->services[i];
        if (strcmp(database, "group") == 0)
                fault(judgement, NSSWITCH_REFUSED, "compat", true, of_compat,
                      of_compat->services[0].name.offset,
                      NSSWITCH_WORD " behind compat, which crashes in every program that asks for "
                                    "the groups of a user",
                      "take it away");
        else if (source)
                fault(judgement, NSSWITCH_REFUSED, "compat", true, of_compat,
                      of_compat->services[0].name.offset,
                      xasprintf(NSSWITCH_WORD " in front of %s, whose accounts lose their names "
                                              "where they lie in a range",
                                nsswitch_text(nsswitch, source->name)),
                      "take it away");
        else if (nsswitch_find(nsswitch, line, NSSWITCH_WORD) || !has_plus())
                return false;
        else if (find_barrier(nsswitch, line, (size_t)(compat - line->services), &barrier))
                fault(judgement, NSSWITCH_REFUSED, barrier.finding, true, line,
                      barrier.service->brackets.offset, barrier.what_behind, "take it away");
        else
                judgement->word = &of_compat->services[0];
        return true;
}

struct nsswitch_judgement nsswitch_judge(const struct nsswitch *nsswitch, const char *database,
                                         const char *record, bool move)
{
        const struct nsswitch_line *const broken = nsswitch_broken(nsswitch);
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, database);
        struct nsswitch_judgement judgement = {
            .line = line, .word = line ? nsswitch_find(nsswitch, line, NSSWITCH_WORD) : NULL};

        if (broken) {
                fault(&judgement, NSSWITCH_REFUSED, "mistake", true, broken, broken->mistake,
                      "a mistake in [...], for which the C library refuses the whole file",
                      "write [STATUS=ACTION]");
        } else if (!line && find_unended(nsswitch, database)) {
                fault(&judgement, NSSWITCH_REFUSED, "not-read", true,
                      find_unended(nsswitch, database), NSSWITCH_NONE,
                      "a last line without a newline does not count", "add one");
        } else if (!line) {
                fault(&judgement, NSSWITCH_REFUSED, "not-enabled", true, NULL, NSSWITCH_NONE,
                      xasprintf("no line for %s", database),
                      xasprintf("add \"%s: files\"", database));
        } else if (judge_compat(nsswitch, line, database, &judgement) ||
                   refuse_line(nsswitch, line, &judgement)) {
                /* That settles it. */
        } else if (!judgement.word) {
                if (!refuse(nsswitch, line, record, &judgement))
                        fault(
                            &judgement, NSSWITCH_MISSING, "not-enabled", true, line, NSSWITCH_NONE,
                            xasprintf(NSSWITCH_WORD " does not stand in the line for %s", database),
                            NULL);
        } else {
                const struct nsswitch_service *last;

                judge_word(nsswitch, line, database, record, move, &judgement);
                /* Moved, it would stand no better; alone it has nobody to stand behind. */
                if (judgement.state == NSSWITCH_MISPLACED ||
                    find_place(nsswitch, line, record, &last) == 0)
                        refuse(nsswitch, line, record, &judgement);
        }
        return judgement;
}

/* Whether a line has any service but the word, in front of its comment. */
static bool has_other_services(const struct nsswitch *nsswitch, const struct nsswitch_line *line)
{
        for (size_t i = 0; i < line->meant; i++)
                if (!is_word(nsswitch, &line->services[i]))
                        return true;
        return false;
}

/*
 * Whether a service is said to have found groups of a user, also where there are none: so does
 * nss_compat, and glibc of one that has a list of groups and no function for those of a user
 * (compat_call in nss/initgroups.c).
 */
static bool always_finds_groups(const struct nsswitch *nsswitch,
                                const struct nsswitch_service *service)
{
        const char *const name = nsswitch_text(nsswitch, service->name);
        const char *const library = xasprintf("libnss_%s.so.2", name);

        return strcmp(name, "compat") == 0 ||
               (libraries_name(library, xasprintf("_nss_%s_getgrent_r", name)) &&
                !libraries_name(library, xasprintf("_nss_%s_initgroups_dyn", name)));
}

struct nsswitch_judgement nsswitch_judge_initgroups(const struct nsswitch *nsswitch)
{
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, "initgroups");
        struct nsswitch_judgement judgement = {.line = line};
        const struct nsswitch_service *barrier = NULL;
        size_t before;

        if (!line || nsswitch_broken(nsswitch))
                return judgement;
        /* Put behind the first [...] the word would get the second. */
        if (refuse_line(nsswitch, line, &judgement)) {
                judgement.finding = "initgroups";
                return judgement;
        }
        judgement.word = nsswitch_find(nsswitch, line, NSSWITCH_WORD);
        if (!has_other_services(nsswitch, line)) {
                fault(&judgement, NSSWITCH_REFUSED, "initgroups-action", true, line, NSSWITCH_NONE,
                      "no source of groups in the line for initgroups: no user is in any",
                      "take the line away");
                return judgement;
        }
        /* Of ordinary users the module knows no group: NOTFOUND. */
        if (judgement.word && judgement.word->actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN &&
            find_behind(nsswitch, line, judgement.word)) {
                fault(&judgement, NSSWITCH_REFUSED, "initgroups-action", true, line,
                      judgement.word->brackets.offset,
                      "this action of " NSSWITCH_WORD
                      " ends the search for groups: users lose those of the services behind",
                      "take it away");
                return judgement;
        }
        before = judgement.word ? (size_t)(judgement.word - line->services) : line->meant;
        for (size_t i = 0; i < before && !barrier; i++) {
                const struct nsswitch_service *const service = &line->services[i];

                if (service->actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN ||
                    is_end_if_absent(nsswitch, service) ||
                    (always_finds_groups(nsswitch, service) &&
                     service->actions[NSSWITCH_SUCCESS] == NSSWITCH_RETURN))
                        barrier = service;
        }
        judgement.hidden = barrier && judgement.word;
        if (barrier)
                fault(&judgement, NSSWITCH_REFUSED, "initgroups", false, line, barrier->name.offset,
                      xasprintf("%s ends the search for groups before " NSSWITCH_WORD
                                ", whose users are then in no group " GROUP_NAME,
                                nsswitch_text(nsswitch, barrier->name)),
                      barrier->actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN ||
                              is_end_if_absent(nsswitch, barrier)
                          ? "take its action away, or the line for initgroups"
                          : "write [SUCCESS=continue] behind it, or take the line away");
        else if (!judgement.word) {
                fault(&judgement, NSSWITCH_MISSING, "initgroups", false, line, NSSWITCH_NONE,
                      NSSWITCH_WORD
                      " does not stand in the line for initgroups: its users are in no "
                      "group " GROUP_NAME,
                      NULL);
                judgement.place = nsswitch_end(&line->services[line->meant - 1]);
        }
        return judgement;
}
