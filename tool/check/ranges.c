/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../reserved.h"
#include "../root.h"
#include "../settings.h"
#include "../taken.h"
#include "grammar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in the lines of the range files. */

/* For "%.*s". */
#define OWNER(line) (int)(line)->range.owner_length, (line)->range.owner

/* So many IDs or lines are named where there may be thousands. */
#define NAMED_MAX 3

static bool same_owner(const struct range_line *a, const struct range_line *b)
{
        return is_owned_by(&a->range, b->range.owner, b->range.owner_length);
}

/* "line 7", with its file if that is another one. */
static char *name_of(const struct range_line *line, const struct range_line *seen_from)
{
        return strcmp(line->path, seen_from->path) == 0
                   ? xasprintf("line %lu", line->number)
                   : xasprintf("%s line %lu", line->path, line->number);
}

/*
 * A line of one ID that is an account's or a group's, "root:44:1" for the host's video, means that,
 * and passes it through to a container by an explicit map. Many write it into both files.
 */
static bool passes_through(const struct side *side, const struct range_line *line)
{
        return line->range.count == 1 &&
               (accounts_with_id(&side->accounts, line->range.start) ||
                accounts_with_id(&side->other->accounts, line->range.start));
}

/* What is known of a machine, and of who owns what, when its lines are looked at. */
struct view {
        const struct side *side;
        uint64_t login_first, login_last; /* IDs of accounts, by login.defs(5) */
        bool wraps;                       /* useradd gives the same IDs again and again */
        bool in_container;
        /* By index of a segment, the first one from there on that passes no account through, and
         * the next such one of another owner. */
        size_t *next_real, *next_others;
};

/* --- one line --------------------------------------------------------------------------------- */

/* Returns whether the line is a mistake, no comment. */
static bool check_grammar(const struct range_line *line)
{
        struct explanation explanation;

        if (!explain_line(line->text, line->length, &explanation))
                return false;
        if (explanation.harmless)
                report(WARNING, "odd-line",
                       (struct place){line->path, line->number, explanation.column},
                       explanation.advice, "no range: %s", explanation.what);
        else
                report(ERROR, "no-range",
                       (struct place){line->path, line->number, explanation.column},
                       explanation.advice, "no range: %s", explanation.what);
        return !explanation.harmless;
}

static void check_count(const struct range_line *line)
{
        if (line->range.count == 0)
                report_line(WARNING, "empty-range", line, "give a count or remove the line",
                            "a count of 0 holds no ID");
}

static void check_owner(const struct range_line *line)
{
        const size_t column = owner_odd_byte(line->range.owner, line->range.owner_length);

        if (column)
                report(WARNING, "odd-owner", (struct place){line->path, line->number, column},
                       "remove the byte if it is not meant",
                       "the owner's name has a blank, a control or a non-ASCII byte");
}

static void check_excluded(const struct range_line *line)
{
        char *ids = NULL;

        for (size_t i = 0; i < SUBID_EXCLUDED_COUNT; i++) {
                const struct subid_excluded *const row = &subid_excluded_ids[i];
                uint64_t first = row->first, last = row->last;

                /* Of root's, and of DynamicUser's, more is said. */
                if (row->last == 0 || row->first == SUBID_DYNAMIC_FIRST ||
                    !range_meets(&line->range, &first, &last))
                        continue;
                ids = xasprintf("%s%s%s (%s)", ids ? ids : "", ids ? ", " : "",
                                range_span("", first, last), row->whose);
        }
        if (ids)
                report_line(WARNING, "excluded-id", line, "leave them out",
                            "IDs that never get a name: %s", ids);
}

/* A number that begins with 0: octal for newuidmap and this module, decimal for Docker. */
static void check_zeros(const struct range_line *line)
{
        const char *const end = line->text + line->length;
        const char *field = line->text;

        while ((field = memchr(field, ':', (size_t)(end - field)))) {
                size_t i = (size_t)(++field - line->text);

                while (i < line->length && (is_blank(line->text[i]) || line->text[i] == '+'))
                        i++;
                if (i + 1 >= line->length || line->text[i] != '0' || line->text[i + 1] < '0' ||
                    line->text[i + 1] > '9')
                        continue;
                report(
                    WARNING, "leading-zero", (struct place){line->path, line->number, i + 1},
                    "write the number without it",
                    "a number with a leading 0: octal for newuidmap and here, decimal for Docker");
                return;
        }
}

static void check_root(const struct range_line *line)
{
        uint64_t first = 0, last = 0;

        if (range_meets(&line->range, &first, &last))
                report_line(ERROR, "root-id", line, "begin the range behind the system's IDs",
                            "the range holds 0: its owner may become root");
}

/*
 * Accounts of which the module answers for none: so many with IDs below this one. They are few, and
 * asked for at each range.
 */
static size_t count_excluded(const struct accounts *accounts, uint64_t below)
{
        size_t count = 0;

        for (size_t i = 0; i < SUBID_EXCLUDED_COUNT; i++) {
                const struct subid_excluded *const row = &subid_excluded_ids[i];
                const uint64_t end = row->last + UINT64_C(1);

                if (row->first < below)
                        count += accounts_from(accounts, end < below ? end : below) -
                                 accounts_from(accounts, row->first);
        }
        return count;
}

/* The account of a line's owner, by name or number, if it lies in the range, which has others too.
 */
static const struct account *account_of_owner(const struct side *side,
                                              const struct range_line *line)
{
        const struct account *account =
            accounts_named(&side->accounts, line->range.owner, line->range.owner_length);
        uint32_t uid;

        if (!account && owner_as_number(range_owner(&line->range), &uid))
                account = accounts_with_id(&side->accounts, uid);
        return account && !subid_excluded(account->id) && line->range.count > 1 &&
                       subid_range_holds(&line->range, account->id)
                   ? account
                   : NULL;
}

/* The accounts inside a range. Who gives one ID alone means the account: "root:1000:1". */
static void check_local_accounts(const struct view *view, const struct range_line *line)
{
        const struct side *const side = view->side;
        const struct accounts *const accounts = &side->accounts;
        /* In a container they may be those of one in it, as podman's image gives them away. */
        const uint64_t from = view->in_container && line->range.start <= SYSTEM_LAST
                                  ? SYSTEM_LAST + 1
                                  : line->range.start;
        const size_t first = accounts_from(accounts, from),
                     end = accounts_from(accounts, range_end(line));
        const struct account *const own =
            side->database == SUBID_USERS ? account_of_owner(side, line) : NULL;
        size_t count, named = 0;
        char *names = NULL;

        if (line->range.count < 2 || first >= end)
                return;
        count = end - first - (own && own->id >= from) -
                (count_excluded(accounts, range_end(line)) - count_excluded(accounts, from));
        for (size_t i = first; i < end && named < NAMED_MAX && named < count; i++) {
                const struct account *const account = &accounts->by_id[i];

                /* There may be thousands of one such ID. */
                if (subid_excluded(account->id)) {
                        i = accounts_from(accounts, account->id + UINT64_C(1)) - 1;
                        continue;
                }
                /* Of the owner's, check_own_uid says more. */
                if (account == own)
                        continue;
                named++;
                names =
                    xasprintf("%s%s%u (%.*s, line %lu)", names ? names : "", names ? ", " : "",
                              account->id, (int)account->name_length, account->name, account->line);
        }
        if (names && count > named)
                names = xasprintf("%s and %zu more", names, count - named);
        if (names)
                report_line(ERROR, "account", line, "move the range, or the accounts",
                            "accounts of %s lie in the range: %s",
                            subid_account_paths[side->database], names);
}

/* --- ranges of the system --------------------------------------------------------------------- */

static void check_system_ranges(const struct view *view, const struct range_line *line)
{
        uint64_t first = 1, last = SYSTEM_LAST;

        if (!passes_through(view->side, line) && range_meets(&line->range, &first, &last))
                report_line(WARNING, "system-ids", line, "begin the range above",
                            "IDs of system accounts: %s", range_span("", first, last));
        first = view->login_first;
        last = view->login_last;
        /* As above: one ID alone is meant. */
        if (line->range.count > 1 && range_meets(&line->range, &first, &last))
                report_line(WARNING, "login-ids", line, "move the range",
                            "IDs that useradd and groupadd give to accounts (login.defs): %s",
                            range_span("", first, last));
        first = SUBID_DYNAMIC_FIRST;
        last = SUBID_DYNAMIC_LAST;
        if (range_meets(&line->range, &first, &last))
                report_line(ERROR, "dynamic-user", line, "move the range",
                            "IDs that systemd gives to services with DynamicUser=, whatever a "
                            "container does with them: %s",
                            range_span("", first, last));
}

/*
 * In a user namespace other than the first one, all IDs but a few are the namespace's own to give:
 * "podman:1:999" and "podman:1001:64535" in an image of podman.
 */
static bool is_in_container(void)
{
        struct text text;
        unsigned int inside, outside, count;

        return root_is_running() && root_read("/proc/self/uid_map", &text) == 0 &&
               sscanf(text.bytes, "%u %u %u", &inside, &outside, &count) == 3 &&
               !(inside == 0 && outside == 0 && count == UINT32_MAX);
}

static void check_nspawn(const struct side *side)
{
        uint64_t held;

        if (!nspawn_room_is_left(&side->segments, 0, 0, &held))
                report_line(
                    WARNING, "nspawn",
                    side->segments.list[segments_from(&side->segments, NSPAWN_FIRST)].line,
                    "leave it some, or give it --private-users=ID",
                    "the ranges hold %llu %% of %llu-%llu: systemd-nspawn --private-users=pick "
                    "finds no IDs for a container",
                    (unsigned long long)(held * 100 / (NSPAWN_LAST - NSPAWN_FIRST + 1)),
                    (unsigned long long)NSPAWN_FIRST, (unsigned long long)NSPAWN_LAST);
}

/* Says so at the line that holds most of what useradd has for new users. */
static void check_room(const struct side *side)
{
        const struct range_line *largest = NULL;
        struct user_room room;
        uint64_t most = 0;

        if (user_room_is_left(side->database, &side->ranges, NULL, &room))
                return;
        for (size_t i = 0; i < side->ranges.owned_count; i++) {
                const struct range_line *const line = side->ranges.owned[i];
                uint64_t first = room.min, last = room.max;

                if (strcmp(line->path, subid_range_paths[side->database][0]) == 0 &&
                    range_meets(&line->range, &first, &last) && last - first >= most) {
                        most = last - first + 1;
                        largest = line;
                }
        }
        if (largest)
                report_line(
                    WARNING, "no-room", largest,
                    xasprintf("raise %s in login.defs, or move the range",
                              side->database == SUBID_USERS ? "SUB_UID_MAX" : "SUB_GID_MAX"),
                    "no %llu %s in a row are left of %llu-%llu (login.defs): useradd fails "
                    "for the next user",
                    (unsigned long long)room.count, side->ids, (unsigned long long)room.min,
                    (unsigned long long)room.max);
}

/* --- lines and other lines -------------------------------------------------------------------- */

/* Fills in next_real and next_others. */
static void find_next(struct view *view)
{
        const struct segments *const segments = &view->side->segments;
        const size_t count = segments->count;

        view->next_real = xcalloc(count + 1, sizeof(*view->next_real));
        view->next_others = xcalloc(count + 1, sizeof(*view->next_others));
        view->next_real[count] = view->next_others[count] = count;
        for (size_t i = count; i-- > 0;) {
                const struct range_line *const line = segments->list[i].line;
                const size_t next = view->next_real[i + 1];

                view->next_real[i] = passes_through(view->side, line) ? next : i;
                view->next_others[i] = next < count && same_owner(line, segments->list[next].line)
                                           ? view->next_others[next]
                                           : next;
        }
}

#define ADVICE_WRAP                                                                             \
        "set UNSAFE_SUB_UID_DETERMINISTIC_WRAP no in login.defs, which makes such ranges, and " \
        "give "                                                                                 \
        "IDs to one owner"

/* IDs of a range that lines of other owners hold. */
static void check_overlap(const struct view *view, const struct range_line *line)
{
        const struct side *const side = view->side;
        const struct segments *const segments = &side->segments;
        const uint64_t end = range_end(line);
        char *pieces = NULL;
        size_t count = 0;

        if (line->range.count == 0 || passes_through(side, line))
                return;
        for (size_t i = view->next_real[segments_from(segments, line->range.start)];
             i < segments->count && segments->list[i].first < end;) {
                const struct segment *const segment = &segments->list[i];
                uint64_t first = segment->first, last = segment->last;

                if (same_owner(segment->line, line)) {
                        i = view->next_others[i];
                        continue;
                }
                i = view->next_real[i + 1];
                if (++count > NAMED_MAX)
                        break;
                range_meets(&line->range, &first, &last);
                pieces = xasprintf("%s%s%s belong%s to %.*s, %s", pieces ? pieces : "",
                                   pieces ? "; " : "", range_span("", first, last),
                                   first == last ? "s" : "", OWNER(segment->line),
                                   name_of(segment->line, line));
        }
        if (pieces)
                report_line(WARNING, "overlap", line,
                            view->wraps ? ADVICE_WRAP : "give IDs to one owner", "%s%s", pieces,
                            count > NAMED_MAX ? "; and more" : "");
}

static void report_own_overlap(const struct range_line *line, const struct range_line *furthest,
                               void *data)
{
        const struct range_line *const later = line > furthest ? line : furthest;
        const struct range_line *const other = line > furthest ? furthest : line;
        uint64_t first = line->range.start, last = range_end(line) - 1;

        (void)data;
        range_meets(&furthest->range, &first, &last);
        report_line(ERROR, "overlap-of-one", later, "take them out of one of the two",
                    "%s of %.*s stand in %s too", range_span("", first, last), OWNER(later),
                    name_of(other, later));
}

static void remember_overlap(const struct range_line *line, const struct range_line *furthest,
                             void *data)
{
        (void)line;
        (void)furthest;
        *(bool *)data = true;
}

/* An ID that stands twice among those of one owner: a user namespace takes it once. */
static bool overlaps_itself(struct range_line *const *lines, size_t count, ranges_overlap *found)
{
        const struct range_line **const sorted = ranges_by_start(lines, count);
        bool overlaps = false;

        ranges_each_overlap(sorted, count, remember_overlap, &overlaps);
        if (overlaps && found)
                ranges_each_overlap(sorted, count, found, NULL);
        free(sorted);
        return overlaps;
}

/* Lines of an owner but those that pass an account through, with the positions that they then have.
 */
struct counted {
        struct counted_line {
                const struct range_line *line;
                uint64_t position;
        } * lines; /* in the order of the files */
        size_t count;
        uint64_t total; /* IDs */
};

static struct counted count_lines(const struct side *side, const struct subid_range *range)
{
        struct range_line *const *lines;
        const size_t count = ranges_of(&side->ranges, range->owner, range->owner_length, &lines);
        struct counted counted = {.lines = xcalloc(count, sizeof(*counted.lines))};

        for (size_t i = 0; i < count; i++) {
                if (lines[i]->range.count == 0 || passes_through(side, lines[i]))
                        continue;
                counted.lines[counted.count++] = (struct counted_line){lines[i], counted.total};
                counted.total += lines[i]->range.count;
        }
        return counted;
}

static int compare_counted(const void *a, const void *b)
{
        const struct counted_line *const x = a, *const y = b;

        return x->line->range.start < y->line->range.start ? -1 : 1;
}

/* The first of lines, in ascending order of starts, that ends behind an ID. */
static size_t counted_from(const struct counted *sorted, uint64_t id)
{
        size_t first = 0, end = sorted->count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (range_end(sorted->lines[middle].line) <= id)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

/* The same number as a UID and as a GID of an owner, in two places of a user namespace. */
static void check_numbers(const struct counted_line *uid, const struct counted *sorted)
{
        const struct range_line *const line = uid->line;

        for (size_t i = counted_from(sorted, line->range.start);
             i < sorted->count && sorted->lines[i].line->range.start < range_end(line); i++) {
                const struct range_line *const gid = sorted->lines[i].line;
                uint64_t from = gid->range.start, to = range_end(gid) - 1;

                if (!range_meets(&line->range, &from, &to) ||
                    uid->position + from - line->range.start ==
                        sorted->lines[i].position + from - gid->range.start)
                        continue;
                report_line(WARNING, "other-position", line,
                            "give both files the same lines in the same order",
                            "%s are %.*s's GIDs of %s too, at other positions: the user and the "
                            "group of one number belong to different users inside",
                            range_span("", from, to), OWNER(line), name_of(gid, line));
                return;
        }
}

/*
 * The module finds the group of a user whose number is no GID of his owner by its position, and
 * counts the lines that pass accounts through, which the container's map does not.
 */
static void check_shift(const struct counted_line *uid, const struct counted *gids,
                        const struct counted *sorted, size_t *gid)
{
        const size_t same = counted_from(sorted, uid->line->range.start);
        const struct counted_line *at;

        while (*gid < gids->count &&
               gids->lines[*gid].position + gids->lines[*gid].line->range.count <= uid->position)
                ++*gid;
        if (*gid == gids->count || (same < sorted->count && sorted->lines[same].line->range.start ==
                                                                uid->line->range.start))
                return;
        at = &gids->lines[*gid];
        if (uid->line->position - uid->position != at->line->position - at->position)
                report_line(
                    WARNING, "other-position", uid->line,
                    "put the lines of one ID behind it, in both files",
                    "lines of one ID stand in front of it or of %s, and shift the groups of "
                    "%.*s's users",
                    name_of(at->line, uid->line), OWNER(uid->line));
}

static void check_positions(const struct counted *uids, const struct counted *gids)
{
        struct counted sorted = {xcalloc(gids->count, sizeof(*sorted.lines)), gids->count, 0};
        size_t gid = 0;

        for (size_t i = 0; i < gids->count; i++)
                sorted.lines[i] = gids->lines[i];
        if (sorted.count)
                qsort(sorted.lines, sorted.count, sizeof(*sorted.lines), compare_counted);
        for (size_t i = 0; i < uids->count; i++) {
                check_numbers(&uids->lines[i], &sorted);
                check_shift(&uids->lines[i], gids, &sorted, &gid);
        }
        free(sorted.lines);
}

/* What the owner of a line lacks stands beside it, or where that was imported from. */
static const char *advice_to_add(const struct range_line *line, enum subid_database lacking)
{
        const enum subid_database other = lacking == SUBID_USERS ? SUBID_GROUPS : SUBID_USERS;

        return strcmp(line->path, subid_range_paths[other][0]) == 0
                   ? xasprintf("add the owner's line to %s", subid_range_paths[lacking][0])
                   : xasprintf("give the owner %s in the directory",
                               lacking == SUBID_USERS ? "UIDs" : "GIDs");
}

/* podman, buildah and useradd sort an owner's lines by start, Docker and maps by hand do not. */
static void check_order(const struct counted *counted)
{
        for (size_t i = 1; i < counted->count; i++) {
                const struct range_line *const line = counted->lines[i].line;
                const struct range_line *const before = counted->lines[i - 1].line;

                if (line->range.start > before->range.start)
                        continue;
                report_line(WARNING, "not-ascending", line,
                            "sort the owner's lines by their starts",
                            "begins below %s of %.*s: podman lays the owner's IDs in another order "
                            "than Docker and this module, and useradd sorts the file",
                            name_of(before, line), OWNER(line));
                return;
        }
}

static void check_totals(const struct range_line *line, const struct counted *uids,
                         const struct counted *gids, uint64_t all_gids)
{
        if (uids->total > 0 && all_gids == 0)
                report_line(ERROR, "no-gids", line, advice_to_add(line, SUBID_GROUPS),
                            "%.*s has UIDs and no GIDs: newgidmap refuses, and the users' group "
                            "is 65534",
                            OWNER(line));
        else if (gids->total < uids->total)
                report_line(WARNING, "fewer-gids", line, "give the owner as many GIDs",
                            "%.*s has %llu UIDs and %llu GIDs: from position %llu on the users' "
                            "group is 65534",
                            OWNER(line), (unsigned long long)uids->total,
                            (unsigned long long)gids->total, (unsigned long long)gids->total);
}

/* Accounts that have ranges by name. */
struct owning {
        const struct account **list; /* by ID, then as in the file */
        size_t count;
};

static struct owning find_owning(const struct accounts *accounts, const struct ranges *ranges)
{
        struct owning owning = {xcalloc(accounts->count, sizeof(struct account *)), 0};
        struct range_line *const *lines;

        for (size_t i = 0; i < accounts->count; i++)
                if (ranges_of(ranges, accounts->by_id[i].name, accounts->by_id[i].name_length,
                              &lines) > 0)
                        owning.list[owning.count++] = &accounts->by_id[i];
        return owning;
}

static void report_two_owners(const struct range_line *line, const struct range_line *other)
{
        report_line(WARNING, "two-owners", line, "write one of the two in all lines",
                    "%.*s and %.*s (%s) are one account; here they are two owners", OWNER(line),
                    OWNER(other), name_of(other, line));
}

/*
 * "1000" and "bob" are one account, and newuidmap takes the lines of both. One number may have many
 * names, and be written in many ways, with zeros in front.
 */
static void check_two_owners(const struct owning *owning, const struct side *side,
                             const struct range_line *line)
{
        struct range_line *const *others;
        size_t first = 0, end = owning->count;
        uint32_t uid;

        if (!owner_as_number(range_owner(&line->range), &uid))
                return;
        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (owning->list[middle]->id < uid)
                        first = middle + 1;
                else
                        end = middle;
        }
        for (size_t i = first; i < owning->count && i < first + NAMED_MAX; i++) {
                const struct account *const account = owning->list[i];

                if (account->id != uid)
                        break;
                ranges_of(&side->ranges, account->name, account->name_length, &others);
                report_two_owners(line, others[0]);
        }
}

/* --- all of them ------------------------------------------------------------------------------ */

/* What each line says by itself. */
static void check_lines(const struct view *view)
{
        const struct side *const side = view->side;
        bool broken = false;

        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];

                if (!line->is_range) {
                        broken |= check_grammar(line);
                        continue;
                }
                check_count(line);
                check_owner(line);
                check_zeros(line);
                check_root(line);
                check_local_accounts(view, line);
                check_overlap(view, line);
                if (view->in_container)
                        continue;
                check_excluded(line);
                check_system_ranges(view, line);
        }
        if (side->ranges.owned_count == 0 && !broken)
                report(WARNING, "no-ranges",
                       (struct place){subid_range_paths[side->database][0], 0, 0},
                       advice_to_run("add OWNER"), "no ranges of %s: nothing gets a name",
                       side->ids);
}

/* Owners of lines that are no ranges: what they would have, nobody knows. */
struct broken_owners {
        struct text *names; /* sorted */
        size_t count;
};

static void add_broken_owners(const struct side *side, struct broken_owners *owners, size_t *room)
{
        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];
                const char *const colon = line->is_range || *line->text == '#'
                                              ? NULL
                                              : memchr(line->text, ':', line->length);

                if (!colon)
                        continue;
                owners->names = grow(owners->names, owners->count, room, sizeof(*owners->names));
                owners->names[owners->count++] =
                    (struct text){line->text, (size_t)(colon - line->text)};
        }
}

static bool is_broken(const struct broken_owners *owners, const struct subid_range *range)
{
        const struct text name = range_owner(range);

        return owners->count &&
               bsearch(&name, owners->names, owners->count, sizeof(name), text_compare_elements);
}

/* podman refuses to map an ID twice: the user's own is in the map already. */
static void check_own_uid(const struct side *users, const struct range_line *line)
{
        const struct account *const account = account_of_owner(users, line);

        if (account)
                report_line(ERROR, "own-uid", line, "move the range",
                            "the range of %.*s holds his own UID %u, and podman refuses to map it",
                            OWNER(line), account->id);
}

/*
 * Whether the other database has lines of the same account under another name: its name here, its
 * number there. Says so then: newuidmap takes both, and nothing is lacking but one name.
 */
static bool is_named_otherwise(const struct checked *checked, const struct side *other,
                               const struct range_line *line)
{
        const struct accounts *const users = &checked->users.accounts;
        const struct account *const account =
            accounts_named(users, line->range.owner, line->range.owner_length);
        struct range_line *const *lines;
        size_t count = 0;
        uint32_t uid;

        if (account) {
                const char *const number = xasprintf("%u", account->id);

                count = ranges_of(&other->ranges, number, strlen(number), &lines);
        } else if (owner_as_number(range_owner(&line->range), &uid)) {
                const struct account *const named = accounts_with_id(users, uid);

                if (named)
                        count = ranges_of(&other->ranges, named->name, named->name_length, &lines);
        }
        if (count)
                report_two_owners(line, lines[0]);
        return count > 0;
}

static void check_owners(const struct checked *checked, const struct side *side,
                         const struct side *other, const struct broken_owners *broken)
{
        const struct ranges *const ranges = &side->ranges;
        const struct owning owning = find_owning(&checked->users.accounts, ranges);
        struct range_line *const *lines, *const *others;

        for (size_t i = 0, count, other_count; i < ranges->owned_count; i += count) {
                const struct range_line *const line = ranges->owned[i];
                const struct subid_range *const range = &line->range;
                struct counted counted = count_lines(side, range), other_counted;
                bool overlaps;

                count = ranges_of(ranges, range->owner, range->owner_length, &lines);
                overlaps = overlaps_itself(lines, count, report_own_overlap);
                check_two_owners(&owning, side, line);
                if (!overlaps)
                        check_order(&counted);
                for (size_t j = 0; side->database == SUBID_USERS && j < count; j++)
                        check_own_uid(&checked->users, lines[j]);
                other_count = ranges_of(&other->ranges, range->owner, range->owner_length, &others);
                other_counted = count_lines(other, range);
                /* What follows from a line that is no range, or from IDs that stand twice. */
                if (is_broken(broken, range)) {
                } else if (side->database == SUBID_USERS) {
                        if (other_count > 0 || !is_named_otherwise(checked, other, line))
                                check_totals(line, &counted, &other_counted,
                                             ranges_total(&other->ranges, range->owner,
                                                          range->owner_length));
                        if (!overlaps && !overlaps_itself(others, other_count, NULL))
                                check_positions(&counted, &other_counted);
                } else if (counted.total > 0 &&
                           ranges_total(&other->ranges, range->owner, range->owner_length) == 0 &&
                           (other_count > 0 || !is_named_otherwise(checked, other, line))) {
                        report_line(WARNING, "no-uids", line, advice_to_add(line, SUBID_USERS),
                                    "%.*s has GIDs and no UIDs: newuidmap refuses", OWNER(line));
                }
                free(counted.lines);
                free(other_counted.lines);
        }
        free(owning.list);
}

static struct view view_of(const struct side *side)
{
        struct view view = {.side = side,
                            .wraps = login_defs_yes("UNSAFE_SUB_UID_DETERMINISTIC_WRAP"),
                            .in_container = is_in_container()};

        login_ids(side->database, &view.login_first, &view.login_last);
        find_next(&view);
        return view;
}

void check_ranges(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};
        struct broken_owners broken = {.count = 0};
        size_t room = 0;

        for (size_t i = 0; i < 2; i++) {
                const struct view view = view_of(sides[i]);

                check_lines(&view);
                check_room(sides[i]);
                free(view.next_real);
                free(view.next_others);
                add_broken_owners(sides[i], &broken, &room);
        }
        if (broken.count)
                qsort(broken.names, broken.count, sizeof(*broken.names), text_compare_elements);
        check_owners(checked, sides[0], sides[1], &broken);
        check_owners(checked, sides[1], sides[0], &broken);
        check_nspawn(sides[0]);
}
