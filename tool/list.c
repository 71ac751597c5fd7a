/* SPDX-License-Identifier: MIT */
#include "account_name.h"
#include "ranges.h"
#include "subuidctl.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { OWNER, ACCOUNT, UIDS, COUNT, GIDS, NAMES, SOURCE, POSITION, FIRST, LAST, FILE_, LINE };

const struct column list_columns[] = {
    [OWNER] = {"OWNER", "to whom the range belongs", .by_default = true},
    [ACCOUNT] = {"ACCOUNT", "whether there is such an account", .by_default = true,
                 .boolean = true},
    [UIDS] = {"UIDS", "user IDs", .by_default = true},
    [COUNT] = {"COUNT", "how many", .by_default = true, .number = true},
    [GIDS] = {"GIDS", "group IDs at the same positions", .by_default = true},
    [NAMES] = {"NAMES", "first and last name", .by_default = true},
    [SOURCE] = {"SOURCE", "file and line", .by_default = true},
    [POSITION] = {"POSITION", "of the first ID, among those of the owner", .number = true},
    [FIRST] = {"FIRST", "first ID", .number = true},
    [LAST] = {"LAST", "last ID", .number = true},
    [FILE_] = {.name = "FILE", .help = "the file"},
    [LINE] = {"LINE", "its line", .number = true},
    {.name = NULL},
};

/* The group IDs at these positions of the owner, as "100-199,300", or NULL. */
static char *gids_at(const struct ranges *groups, const struct subid_range *range,
                     uint64_t position, uint64_t count)
{
        struct range_line *const *lines;
        const size_t n = ranges_of(groups, range->owner, range->owner_length, &lines);
        size_t first = 0, end_of_search = n;
        char *text = NULL;

        /* The first line that ends behind the position. */
        while (first < end_of_search) {
                const size_t middle = first + (end_of_search - first) / 2;

                if (lines[middle]->position + lines[middle]->range.count <= position)
                        first = middle + 1;
                else
                        end_of_search = middle;
        }
        for (size_t i = first; i < n && lines[i]->position < position + count; i++) {
                const uint64_t begin = lines[i]->position, end = begin + lines[i]->range.count;
                const uint64_t from = begin > position ? begin : position;
                const uint64_t to = end < position + count ? end : position + count;
                char *piece, *longer;

                if (from >= to)
                        continue;
                piece = range_span("", lines[i]->range.start + (from - begin),
                                   lines[i]->range.start + (to - begin) - 1);
                if (text) {
                        longer = text_of("%s,%s", text, piece);
                        free(text);
                        free(piece);
                        piece = longer;
                }
                text = piece;
        }
        return text;
}

/* A part of a line that begins skipped IDs behind its start. */
static void add(struct table *table, const struct range_line *line, bool account, uint64_t skipped,
                const char *uids, const char *gids)
{
        const struct subid_range *const range = &line->range;
        const uint64_t count = range->count - skipped;
        uint64_t first = range->start + skipped, last = first + count - 1;
        /* In a table libsmartcols escapes what is not printable; in JSON, which is UTF-8, not. */
        char *const owner = options.json ? printable(range->owner, range->owner_length, SIZE_MAX)
                                         : text_of("%.*s", (int)range->owner_length, range->owner);
        char *const source = text_of("%s:%lu", line->path, line->number);

        table_add_line(table);
        table_set(table, OWNER, owner);
        table_set_boolean(table, ACCOUNT, account);
        table_set(table, UIDS, uids);
        table_set(table, GIDS, gids);
        table_set_number(table, COUNT, count);
        table_set(table, SOURCE, source);
        table_set_number(table, POSITION, line->position + skipped);
        table_set(table, FILE_, line->path);
        table_set_number(table, LINE, line->number);
        free(owner);
        free(source);
        if (count == 0)
                return;
        table_set_number(table, FIRST, first);
        table_set_number(table, LAST, last);
        while (first < last && subid_excluded((uint32_t)first))
                first++;
        while (last > first && subid_excluded((uint32_t)last))
                last--;
        if (!subid_excluded((uint32_t)first)) {
                char *const names = range_span(NAME_PREFIX, first, last);

                table_set(table, NAMES, names);
                free(names);
        }
}

static bool is_wanted(const struct subid_range *range, char **owners)
{
        if (!*owners)
                return true;
        for (; *owners; owners++)
                if (strlen(*owners) == range->owner_length &&
                    memcmp(*owners, range->owner, range->owner_length) == 0)
                        return true;
        return false;
}

/* Each range of user IDs, then the group IDs that stand beside none. */
int command_list(char **argv)
{
        struct table *const table = table_new("ranges", list_columns);
        struct ranges users, groups;
        struct range_line *const *lines;
        int status = EXIT_SUCCESS;

        ranges_read(SUBID_USERS, &users);
        ranges_read(SUBID_GROUPS, &groups);
        for (char **owner = argv + 1; *owner; owner++) {
                if (ranges_of(&users, *owner, strlen(*owner), &lines) == 0 &&
                    ranges_of(&groups, *owner, strlen(*owner), &lines) == 0) {
                        error("%s: no ranges", *owner);
                        status = EXIT_FAILURE;
                }
        }
        for (size_t i = 0; i < users.count; i++) {
                const struct range_line *const line = &users.lines[i];
                const struct subid_range *const range = &line->range;
                char *uids = NULL, *gids;

                if (!line->is_range || !is_wanted(range, argv + 1))
                        continue;
                if (range->count)
                        uids =
                            range_span("", range->start, range->start + (uint64_t)range->count - 1);
                gids = gids_at(&groups, range, line->position, range->count);
                add(table, line, owner_is_account(range->owner, range->owner_length), 0, uids,
                    gids);
                free(uids);
                free(gids);
        }
        for (size_t i = 0; i < groups.count; i++) {
                const struct range_line *const line = &groups.lines[i];
                const struct subid_range *const range = &line->range;
                uint64_t total, skipped;
                char *gids;

                if (!line->is_range || !is_wanted(range, argv + 1))
                        continue;
                total = ranges_total(&users, range->owner, range->owner_length);
                skipped = total > line->position ? total - line->position : 0;
                if (skipped >= range->count)
                        continue;
                gids = range_span("", range->start + skipped,
                                  range->start + (uint64_t)range->count - 1);
                add(table, line, owner_is_account(range->owner, range->owner_length), skipped, NULL,
                    gids);
                free(gids);
        }
        table_print(table);
        return status;
}
