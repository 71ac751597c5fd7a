/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "explain.h"
#include "subuidctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stands in the lines of the range files. */

/* For "%.*s". */
#define OWNER(line) (int)(line)->range.owner_length, (line)->range.owner

/* So many IDs or lines are named where there may be thousands. */
#define NAMED_MAX 3

static bool same_owner(const struct range_line *a, const struct range_line *b)
{
        return a->range.owner_length == b->range.owner_length &&
               memcmp(a->range.owner, b->range.owner, a->range.owner_length) == 0;
}

/* "line 7", with its file if that is another one. */
static char *name_of(const struct range_line *line, const struct range_line *seen_from)
{
        return strcmp(line->path, seen_from->path) == 0
                   ? text_of("line %lu", line->number)
                   : text_of("%s line %lu", line->path, line->number);
}

/* Whether a range has IDs of those from first to last, which these then are. */
static bool meets(const struct range_line *line, uint64_t *first, uint64_t *last)
{
        if (line->range.count == 0 || line->range.start > *last || range_end(line) <= *first)
                return false;
        if (*first < line->range.start)
                *first = line->range.start;
        if (*last >= range_end(line))
                *last = range_end(line) - 1;
        return true;
}

/* --- one line --------------------------------------------------------------------------------- */

static void check_grammar(const struct range_line *line)
{
        struct explanation explanation;

        if (explain_line(line->text, line->length, &explanation))
                report(NO_RANGE, (struct place){line->path, line->number, explanation.column},
                       explanation.advice, "no range: %s", explanation.what);
}

static void check_count(const struct range_line *line)
{
        if (line->range.count == 0)
                report_line(EMPTY_RANGE, line, "give a count or remove the line",
                            "a count of 0 holds no ID");
}

static void check_owner(const struct range_line *line)
{
        const char *const owner = line->range.owner;
        const size_t length = line->range.owner_length;

        for (size_t i = 0; i < length; i++) {
                if (owner[i] <= ' ' || owner[i] > '~') {
                        report(ODD_OWNER, (struct place){line->path, line->number, i + 1},
                               "remove the byte if it is not meant",
                               "the owner's name has a blank, a control or a non-ASCII byte");
                        return;
                }
        }
}

static void check_excluded(const struct range_line *line)
{
        static const uint32_t excluded[] = {65534, 65535, UINT32_MAX};
        char *ids = NULL;

        for (size_t i = 0; i < sizeof(excluded) / sizeof(*excluded); i++) {
                uint64_t first = excluded[i], last = excluded[i];

                if (meets(line, &first, &last))
                        ids = text_of("%s%s%llu", ids ? ids : "", ids ? ", " : "",
                                      (unsigned long long)first);
        }
        if (ids)
                report_line(EXCLUDED_ID, line, "leave them out", "IDs that never get a name: %s",
                            ids);
}

static void check_root(const struct range_line *line)
{
        uint64_t first = 0, last = 0;

        if (meets(line, &first, &last))
                report_line(ROOT_ID, line, "begin the range behind the system's IDs",
                            "the range holds 0: its owner may become root");
}

/* The accounts inside a range. Who gives one ID alone means the account: "root:1000:1". */
static void check_accounts(const struct side *side, const struct range_line *line)
{
        size_t first = 0, end = side->account_count, count = 0;
        char *names = NULL;

        if (line->range.count < 2)
                return;
        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (side->accounts[middle].id < line->range.start)
                        first = middle + 1;
                else
                        end = middle;
        }
        for (; first < side->account_count && side->accounts[first].id < range_end(line); first++) {
                const struct account *const account = &side->accounts[first];

                if (subid_excluded(account->id) || count++ >= NAMED_MAX)
                        continue;
                names =
                    text_of("%s%s%u (%.*s, line %lu)", names ? names : "", names ? ", " : "",
                            account->id, (int)account->name_length, account->name, account->line);
        }
        if (count > NAMED_MAX)
                names = text_of("%s and %zu more", names, count - NAMED_MAX);
        if (names)
                report_line(ACCOUNT, line, "move the range, or the accounts",
                            "accounts of %s lie in the range: %s", side->account_file, names);
}

/* --- ranges of the system --------------------------------------------------------------------- */

/* A number of login.defs(5), or what it is without the file. */
static uint64_t login_defs(const char *name, uint64_t otherwise)
{
        static char *text;
        size_t size;
        const char *line;

        if (!text && read_below_root("/etc/login.defs", &text, &size) < 0 &&
            read_below_root("/usr/etc/login.defs", &text, &size) < 0)
                text = text_of("%s", "");
        for (line = text; line; line = strchr(line, '\n')) {
                const size_t length = strlen(name);
                char *end;

                line += strspn(line, " \t\n");
                if (strncmp(line, name, length) == 0 && strchr(" \t", line[length])) {
                        const unsigned long long value = strtoull(line + length, &end, 0);

                        if (end > line + length)
                                otherwise = value;
                }
        }
        return otherwise;
}

static void check_system_ranges(const struct range_line *line, uint64_t id_min, uint64_t id_max)
{
        uint64_t first = 1, last = 999;

        if (meets(line, &first, &last))
                report_line(SYSTEM_IDS, line, "begin the range above", "IDs of system accounts: %s",
                            range_span("", first, last));
        first = id_min > 1000 ? id_min : 1000;
        last = id_max;
        /* As above: one ID alone is meant. */
        if (line->range.count > 1 && meets(line, &first, &last))
                report_line(LOGIN_IDS, line, "move the range",
                            "IDs that useradd and groupadd give to accounts (login.defs): %s",
                            range_span("", first, last));
        first = 61184;
        last = 65519;
        if (meets(line, &first, &last))
                report_line(DYNAMIC_USER, line, "move the range",
                            "IDs that systemd gives to services with DynamicUser=, but not if they "
                            "have a name: %s",
                            range_span("", first, last));
}

static bool is_installed(const char *path)
{
        const int fd = open_below_root(path);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

/* systemd-nspawn --private-users=pick tries 100 of its blocks and takes one without names. */
static void check_nspawn(const struct side *side)
{
        const uint64_t first = 524288, last = 1879048191;
        const struct range_line *line = NULL;
        uint64_t held = 0;

        for (const struct segment *segment = segment_at(side, first);
             segment < side->segments + side->segment_count && segment->first <= last; segment++) {
                held += (segment->last < last ? segment->last : last) -
                        (segment->first > first ? segment->first : first) + 1;
                if (!line)
                        line = segment->line;
        }
        if (held * 10 >= (last - first + 1) * 9 && is_installed("/usr/bin/systemd-nspawn"))
                report_line(NSPAWN, line, "leave it some, or give it --private-users=ID",
                            "the ranges hold %llu %% of 524288-1879048191: systemd-nspawn "
                            "--private-users=pick finds no IDs for a container",
                            (unsigned long long)(held * 100 / (last - first + 1)));
}

/* --- lines and other lines -------------------------------------------------------------------- */

/* IDs of a range that lines of other owners hold. */
static void check_overlap(const struct side *side, const struct range_line *line)
{
        const uint64_t end = range_end(line);
        char *pieces = NULL;
        size_t count = 0;

        if (line->range.count == 0)
                return;
        for (const struct segment *segment = segment_at(side, line->range.start);
             segment < side->segments + side->segment_count && segment->first < end; segment++) {
                uint64_t first = segment->first, last = segment->last;

                if (same_owner(segment->line, line))
                        continue;
                if (++count > NAMED_MAX)
                        break;
                meets(line, &first, &last);
                pieces =
                    text_of("%s%s%s belong%s to %.*s, %s", pieces ? pieces : "", pieces ? "; " : "",
                            range_span("", first, last), first == last ? "s" : "",
                            OWNER(segment->line), name_of(segment->line, line));
        }
        if (pieces)
                report_line(OVERLAP, line, "give IDs to one owner", "%s%s", pieces,
                            count > NAMED_MAX ? "; and more" : "");
}

/* Lines of an owner in ascending order of IDs. */
static const struct range_line **by_start(struct range_line *const *lines, size_t count)
{
        const struct range_line **const sorted = allocate(count * sizeof(struct range_line *));

        for (size_t i = 0; i < count; i++)
                sorted[i] = lines[i];
        qsort(sorted, count, sizeof(struct range_line *), compare_starts);
        return sorted;
}

/*
 * An ID that stands twice among those of one owner: a user namespace takes it once. Returns whether
 * there is one.
 */
static bool check_own_overlaps(struct range_line *const *lines, size_t count)
{
        const struct range_line **const sorted = by_start(lines, count);
        const struct range_line *furthest = sorted[0];
        bool found = false;

        for (size_t i = 1; i < count; i++) {
                const struct range_line *const line = sorted[i];

                if (line->range.count && line->range.start < range_end(furthest)) {
                        const struct range_line *const later = line > furthest ? line : furthest;
                        const struct range_line *const other = line > furthest ? furthest : line;
                        uint64_t first = line->range.start, last = range_end(line) - 1;

                        found = true;
                        meets(furthest, &first, &last);
                        report_line(OVERLAP_OF_ONE, later, "take them out of one of the two",
                                    "%s of %.*s stand in %s too", range_span("", first, last),
                                    OWNER(later), name_of(other, later));
                }
                if (range_end(line) > range_end(furthest))
                        furthest = line;
        }
        free(sorted);
        return found;
}

/* The same number as a UID and as a GID of an owner, in two places of a user namespace. */
static void check_positions(struct range_line *const *uids, size_t uid_count,
                            struct range_line *const *gids, size_t gid_count)
{
        const struct range_line **const sorted = by_start(gids, gid_count);

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

                        if (gid->range.count == 0 || !meets(uid, &from, &to) ||
                            uid->position + from - uid->range.start ==
                                gid->position + from - gid->range.start)
                                continue;
                        report_line(OTHER_POSITION, uid,
                                    "give both files the same lines in the same order",
                                    "%s are %.*s's GIDs of %s too, at other positions: the user "
                                    "and the group of one number belong to different users inside",
                                    range_span("", from, to), OWNER(uid), name_of(gid, uid));
                        break;
                }
        }
        free(sorted);
}

static void check_totals(const struct range_line *line, uint64_t uids, uint64_t gids)
{
        if (uids > 0 && gids == 0)
                report_line(NO_GIDS, line, "add the owner's line to /etc/subgid",
                            "%.*s has UIDs and no GIDs: newgidmap refuses, and the users' group "
                            "is 65534",
                            OWNER(line));
        else if (gids < uids)
                report_line(FEWER_GIDS, line, "give the owner as many GIDs",
                            "%.*s has %llu UIDs and %llu GIDs: from position %llu on the users' "
                            "group is 65534",
                            OWNER(line), (unsigned long long)uids, (unsigned long long)gids,
                            (unsigned long long)gids);
}

/* "1000" and "bob" are one account, and newuidmap takes the lines of both. */
static void check_two_owners(const struct checked *checked, const struct side *side,
                             const struct range_line *line)
{
        char *const owner = text_of("%.*s", OWNER(line));
        struct range_line *const *others;

        if (owner[strspn(owner, "0123456789")] == '\0') {
                const unsigned long long id = strtoull(owner, NULL, 10);

                for (size_t i = 0; i < checked->users.account_count; i++) {
                        const struct account *const account = &checked->users.accounts[i];

                        if (account->id != id || ranges_of(&side->ranges, account->name,
                                                           account->name_length, &others) == 0)
                                continue;
                        report_line(TWO_OWNERS, line, "write one of the two in all lines",
                                    "%s and %.*s (%s) are one account; here they are two owners",
                                    owner, OWNER(others[0]), name_of(others[0], line));
                }
        }
        free(owner);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void check_lines(const struct side *side)
{
        const uint64_t id_min = login_defs(side->id_min, 1000),
                       id_max = login_defs(side->id_max, 60000);

        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];

                if (!line->is_range) {
                        check_grammar(line);
                        continue;
                }
                check_count(line);
                check_owner(line);
                check_excluded(line);
                check_root(line);
                check_accounts(side, line);
                check_system_ranges(line, id_min, id_max);
                check_overlap(side, line);
        }
        if (side->ranges.owned_count == 0)
                report(NO_RANGES, (struct place){side->files[0], 0, 0},
                       "add a line owner:start:count", "no ranges of %s: nothing gets a name",
                       side->ids);
}

static void check_owners(const struct checked *checked, const struct side *side,
                         const struct side *other)
{
        const struct ranges *const ranges = &side->ranges;
        struct range_line *const *lines, *const *others;

        for (size_t i = 0, count, other_count; i < ranges->owned_count; i += count) {
                const struct range_line *const line = ranges->owned[i];
                const struct subid_range *const range = &line->range;
                uint64_t total, other_total;
                bool overlaps;

                count = ranges_of(ranges, range->owner, range->owner_length, &lines);
                total = ranges_total(ranges, range->owner, range->owner_length);
                other_total = ranges_total(&other->ranges, range->owner, range->owner_length);
                overlaps = check_own_overlaps(lines, count);
                check_two_owners(checked, side, line);
                if (side->database == SUBID_GROUPS) {
                        if (total > 0 && other_total == 0)
                                report_line(NO_UIDS, line, "add the owner's line to /etc/subuid",
                                            "%.*s has GIDs and no UIDs: newuidmap refuses",
                                            OWNER(line));
                        continue;
                }
                check_totals(line, total, other_total);
                other_count = ranges_of(&other->ranges, range->owner, range->owner_length, &others);
                if (!overlaps)
                        check_positions(lines, count, others, other_count);
        }
}

void check_ranges(const struct checked *checked)
{
        check_lines(&checked->users);
        check_lines(&checked->groups);
        check_owners(checked, &checked->users, &checked->groups);
        check_owners(checked, &checked->groups, &checked->users);
        check_nspawn(&checked->users);
}
