/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "../root.h"
#include "grammar.h"

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

/* --- one line --------------------------------------------------------------------------------- */

/* Returns whether the line is a mistake, no comment. */
static bool check_grammar(const struct range_line *line)
{
        struct explanation explanation;

        if (!explain_line(line->text, line->length, &explanation))
                return false;
        report(ERROR, "no-range", (struct place){line->path, line->number, explanation.column},
               explanation.advice, "no range: %s", explanation.what);
        return true;
}

static void check_count(const struct range_line *line)
{
        if (line->range.count == 0)
                report_line(WARNING, "empty-range", line, "give a count or remove the line",
                            "a count of 0 holds no ID");
}

static void check_owner(const struct range_line *line)
{
        const char *const owner = line->range.owner;
        const size_t length = line->range.owner_length;

        for (size_t i = 0; i < length; i++) {
                if (owner[i] <= ' ' || owner[i] > '~') {
                        report(WARNING, "odd-owner",
                               (struct place){line->path, line->number, i + 1},
                               "remove the byte if it is not meant",
                               "the owner's name has a blank, a control or a non-ASCII byte");
                        return;
                }
        }
}

static void check_excluded(const struct range_line *line)
{
        char *ids = NULL;

        for (size_t i = 0; i < SUBID_EXCLUDED_COUNT; i++) {
                const struct subid_excluded *const row = &subid_excluded_ids[i];
                uint64_t first = row->first, last = row->last;

                /* Of root's, check_root says more. */
                if (row->last == 0 || !range_meets(&line->range, &first, &last))
                        continue;
                ids = xasprintf("%s%s%s", ids ? ids : "", ids ? ", " : "",
                                range_span("", first, last));
        }
        if (ids)
                report_line(WARNING, "excluded-id", line, "leave them out",
                            "IDs that never get a name: %s", ids);
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

/* The accounts inside a range. Who gives one ID alone means the account: "root:1000:1". */
static void check_accounts(const struct side *side, const struct range_line *line)
{
        const struct accounts *const accounts = &side->accounts;
        const size_t first = accounts_from(accounts, line->range.start),
                     end = accounts_from(accounts, range_end(line));
        size_t count, named = 0;
        char *names = NULL;

        if (line->range.count < 2 || first == end)
                return;
        count = end - first -
                (count_excluded(accounts, range_end(line)) -
                 count_excluded(accounts, line->range.start));
        for (size_t i = first; i < end && named < NAMED_MAX && named < count; i++) {
                const struct account *const account = &accounts->by_id[i];

                if (subid_excluded(account->id))
                        continue;
                named++;
                names =
                    xasprintf("%s%s%u (%.*s, line %lu)", names ? names : "", names ? ", " : "",
                              account->id, (int)account->name_length, account->name, account->line);
        }
        if (count > named)
                names = xasprintf("%s and %zu more", names, count - named);
        if (names)
                report_line(ERROR, "account", line, "move the range, or the accounts",
                            "accounts of %s lie in the range: %s",
                            subid_account_paths[side->database], names);
}

/* --- ranges of the system --------------------------------------------------------------------- */

/* A number of login.defs(5), or what it is without the file. */
static uint64_t login_defs(const char *name, uint64_t otherwise)
{
        const size_t length = strlen(name);
        struct text text, line;

        if (root_read("/etc/login.defs", &text) < 0 && root_read("/usr/etc/login.defs", &text) < 0)
                return otherwise;
        while (take_line(&text, &line)) {
                const char *const copy = xstrndup(line.bytes, line.size);
                const char *const word = copy + strspn(copy, " \t");
                char *end;

                if (strncmp(word, name, length) == 0 && word[length] &&
                    strchr(" \t", word[length])) {
                        const unsigned long long value = strtoull(word + length, &end, 0);

                        if (end > word + length)
                                otherwise = value;
                }
        }
        return otherwise;
}

static void check_system_ranges(const struct range_line *line, uint64_t id_min, uint64_t id_max)
{
        uint64_t first = 1, last = 999;

        if (range_meets(&line->range, &first, &last))
                report_line(WARNING, "system-ids", line, "begin the range above",
                            "IDs of system accounts: %s", range_span("", first, last));
        first = id_min > 1000 ? id_min : 1000;
        last = id_max;
        /* As above: one ID alone is meant. */
        if (line->range.count > 1 && range_meets(&line->range, &first, &last))
                report_line(WARNING, "login-ids", line, "move the range",
                            "IDs that useradd and groupadd give to accounts (login.defs): %s",
                            range_span("", first, last));
        first = 61184;
        last = 65519;
        if (range_meets(&line->range, &first, &last))
                report_line(ERROR, "dynamic-user", line, "move the range",
                            "IDs that systemd gives to services with DynamicUser=, but not if they "
                            "have a name: %s",
                            range_span("", first, last));
}

/* systemd-nspawn --private-users=pick tries 100 of its blocks and takes one without names. */
static void check_nspawn(const struct side *side)
{
        const uint64_t first = 524288, last = 1879048191;
        const struct segments *const segments = &side->segments;
        const struct range_line *line = NULL;
        uint64_t held = 0;

        for (size_t i = segments_from(segments, first);
             i < segments->count && segments->list[i].first <= last; i++) {
                const struct segment *const segment = &segments->list[i];

                held += (segment->last < last ? segment->last : last) -
                        (segment->first > first ? segment->first : first) + 1;
                line = line ? line : segment->line;
        }
        if (held * 10 >= (last - first + 1) * 9 && root_exists("/usr/bin/systemd-nspawn"))
                report_line(WARNING, "nspawn", line, "leave it some, or give it --private-users=ID",
                            "the ranges hold %llu %% of 524288-1879048191: systemd-nspawn "
                            "--private-users=pick finds no IDs for a container",
                            (unsigned long long)(held * 100 / (last - first + 1)));
}

/* --- lines and other lines -------------------------------------------------------------------- */

/* For each segment, the index of the next one that is another owner's. */
static size_t *find_next_others(const struct segments *segments)
{
        size_t *const next = xcalloc(segments->count, sizeof(*next));

        for (size_t i = segments->count; i-- > 0;)
                next[i] = i + 1 < segments->count &&
                                  same_owner(segments->list[i].line, segments->list[i + 1].line)
                              ? next[i + 1]
                              : i + 1;
        return next;
}

/* IDs of a range that lines of other owners hold. */
static void check_overlap(const struct side *side, const size_t *next_others,
                          const struct range_line *line)
{
        const struct segments *const segments = &side->segments;
        const uint64_t end = range_end(line);
        char *pieces = NULL;
        size_t count = 0;

        if (line->range.count == 0)
                return;
        for (size_t i = segments_from(segments, line->range.start);
             i < segments->count && segments->list[i].first < end && count <= NAMED_MAX;) {
                const struct segment *const segment = &segments->list[i];
                uint64_t first = segment->first, last = segment->last;

                if (same_owner(segment->line, line)) {
                        i = next_others[i];
                        continue;
                }
                i++;
                if (++count > NAMED_MAX)
                        break;
                range_meets(&line->range, &first, &last);
                pieces = xasprintf("%s%s%s belong%s to %.*s, %s", pieces ? pieces : "",
                                   pieces ? "; " : "", range_span("", first, last),
                                   first == last ? "s" : "", OWNER(segment->line),
                                   name_of(segment->line, line));
        }
        if (pieces)
                report_line(WARNING, "overlap", line, "give IDs to one owner", "%s%s", pieces,
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

/* The same number as a UID and as a GID of an owner, in two places of a user namespace. */
static void check_positions(struct range_line *const *uids, size_t uid_count,
                            struct range_line *const *gids, size_t gid_count)
{
        const struct range_line **const sorted = ranges_by_start(gids, gid_count);

        for (size_t i = 0; i < uid_count; i++) {
                const struct range_line *const uid = uids[i];
                size_t first = 0, end = gid_count;

                while (first < end) {
                        const size_t middle = first + (end - first) / 2;

                        if (range_end(sorted[middle]) <= uid->range.start)
                                first = middle + 1;
                        else
                                end = middle;
                }
                for (; first < gid_count && sorted[first]->range.start < range_end(uid); first++) {
                        const struct range_line *const gid = sorted[first];
                        uint64_t from = gid->range.start, to = range_end(gid) - 1;

                        if (gid->range.count == 0 || !range_meets(&uid->range, &from, &to) ||
                            uid->position + from - uid->range.start ==
                                gid->position + from - gid->range.start)
                                continue;
                        report_line(WARNING, "other-position", uid,
                                    "give both files the same lines in the same order",
                                    "%s are %.*s's GIDs of %s too, at other positions: the user "
                                    "and the group of one number belong to different users inside",
                                    range_span("", from, to), OWNER(uid), name_of(gid, uid));
                        break;
                }
        }
        free(sorted);
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

static void check_totals(const struct range_line *line, uint64_t uids, uint64_t gids)
{
        if (uids > 0 && gids == 0)
                report_line(ERROR, "no-gids", line, advice_to_add(line, SUBID_GROUPS),
                            "%.*s has UIDs and no GIDs: newgidmap refuses, and the users' group "
                            "is 65534",
                            OWNER(line));
        else if (gids < uids)
                report_line(WARNING, "fewer-gids", line, "give the owner as many GIDs",
                            "%.*s has %llu UIDs and %llu GIDs: from position %llu on the users' "
                            "group is 65534",
                            OWNER(line), (unsigned long long)uids, (unsigned long long)gids,
                            (unsigned long long)gids);
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

        if (!owner_as_number((struct text){line->range.owner, line->range.owner_length}, &uid))
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
                report_line(WARNING, "two-owners", line, "write one of the two in all lines",
                            "%.*s and %.*s (%s) are one account; here they are two owners",
                            OWNER(line), OWNER(others[0]), name_of(others[0], line));
        }
}

/* --- all of them ------------------------------------------------------------------------------ */

/* What each line says by itself. */
static void check_lines(const struct side *side)
{
        const uint64_t id_min = login_defs(side->id_min, 1000),
                       id_max = login_defs(side->id_max, 60000);
        size_t *const next_others = find_next_others(&side->segments);
        bool broken = false;

        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];

                if (!line->is_range) {
                        broken |= check_grammar(line);
                        continue;
                }
                check_count(line);
                check_owner(line);
                check_excluded(line);
                check_root(line);
                check_accounts(side, line);
                check_system_ranges(line, id_min, id_max);
                check_overlap(side, next_others, line);
        }
        free(next_others);
        if (side->ranges.owned_count == 0 && !broken)
                report(WARNING, "no-ranges",
                       (struct place){subid_range_paths[side->database][0], 0, 0},
                       "add a line owner:start:count", "no ranges of %s: nothing gets a name",
                       side->ids);
}

/* Owners of lines that are no ranges: what they would have, nobody knows. */
struct broken_owners {
        struct text *names; /* sorted */
        size_t count;
};

static int compare_texts(const void *a, const void *b)
{
        const struct text *const x = a, *const y = b;
        const int order = memcmp(x->bytes, y->bytes, x->size < y->size ? x->size : y->size);

        return order ? order : (x->size > y->size) - (x->size < y->size);
}

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
        const struct text name = {range->owner, range->owner_length};

        return owners->count &&
               bsearch(&name, owners->names, owners->count, sizeof(name), compare_texts);
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
                uint64_t total, other_total;
                bool overlaps;

                count = ranges_of(ranges, range->owner, range->owner_length, &lines);
                overlaps = overlaps_itself(lines, count, report_own_overlap);
                check_two_owners(&owning, side, line);
                /* What follows from a line that is no range, or from IDs that stand twice. */
                if (is_broken(broken, range))
                        continue;
                total = ranges_total(ranges, range->owner, range->owner_length);
                other_total = ranges_total(&other->ranges, range->owner, range->owner_length);
                if (side->database == SUBID_GROUPS) {
                        if (total > 0 && other_total == 0)
                                report_line(
                                    WARNING, "no-uids", line, advice_to_add(line, SUBID_USERS),
                                    "%.*s has GIDs and no UIDs: newuidmap refuses", OWNER(line));
                        continue;
                }
                check_totals(line, total, other_total);
                other_count = ranges_of(&other->ranges, range->owner, range->owner_length, &others);
                if (!overlaps && !overlaps_itself(others, other_count, NULL))
                        check_positions(lines, count, others, other_count);
        }
        free(owning.list);
}

void check_ranges(const struct checked *checked)
{
        const struct side *const users = &checked->users, *const groups = &checked->groups;
        struct broken_owners broken = {.count = 0};
        size_t room = 0;

        check_lines(users);
        check_lines(groups);
        add_broken_owners(users, &broken, &room);
        add_broken_owners(groups, &broken, &room);
        if (broken.count)
                qsort(broken.names, broken.count, sizeof(*broken.names), compare_texts);
        check_owners(checked, users, groups, &broken);
        check_owners(checked, groups, users, &broken);
        check_nspawn(users);
}
