/* SPDX-License-Identifier: MIT */
#include "account_name.h"
#include "accounts.h"
#include "nsswitch.h"
#include "options.h"
#include "ranges.h"
#include "table.h"
#include "util.h"

#include <stdio.h>
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

/*
 * The group IDs at these positions of the owner, as "100-199,300", or NULL. They may be those of
 * thousands of lines.
 */
static char *gids_at(const struct ranges *groups, const struct subid_range *range,
                     uint64_t position, uint64_t count)
{
        struct range_line *const *lines;
        const size_t n = ranges_of(groups, range->owner, range->owner_length, &lines);
        size_t first = 0, end_of_search = n, size;
        const char *separator = "";
        char *text = NULL;
        FILE *out = NULL;

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
                char *piece;

                if (from >= to)
                        continue;
                piece = range_span("", lines[i]->range.start + (from - begin),
                                   lines[i]->range.start + (to - begin) - 1);
                if (!out && !(out = open_memstream(&text, &size)))
                        die("out of memory");
                fprintf(out, "%s%s", separator, piece);
                separator = ",";
                free(piece);
        }
        if (out && fclose(out) != 0)
                die("out of memory");
        return text;
}

/* The owners of both databases, by name, and whether they are accounts. */
struct owner_list {
        struct text *names;
        bool *known;
        size_t count;
};

struct context {
        struct table *table;
        bool json;
        struct owner_list owners;
};

static bool is_wanted(const struct subid_range *range, char **owners)
{
        if (!*owners)
                return true;
        for (; *owners; owners++)
                if (is_owned_by(range, *owners, strlen(*owners)))
                        return true;
        return false;
}

static void add_owners(struct owner_list *owners, const struct ranges *ranges, char **wanted,
                       size_t *room)
{
        for (size_t i = 0; i < ranges->owned_count; i++) {
                const struct subid_range *const range = &ranges->owned[i]->range;

                if ((i && is_owned_by(range, ranges->owned[i - 1]->range.owner,
                                      ranges->owned[i - 1]->range.owner_length)) ||
                    !is_wanted(range, wanted))
                        continue;
                owners->names = grow(owners->names, owners->count, room, sizeof(*owners->names));
                owners->names[owners->count++] = range_owner(range);
        }
}

/* Of the wanted owners, and each once: services may be slow. */
static void find_accounts(const struct ranges *users, const struct ranges *groups, char **wanted,
                          struct owner_list *owners)
{
        struct accounts accounts;
        size_t room = 0, kept = 0;

        add_owners(owners, users, wanted, &room);
        add_owners(owners, groups, wanted, &room);
        if (owners->count)
                qsort(owners->names, owners->count, sizeof(*owners->names), text_compare_elements);
        for (size_t i = 0; i < owners->count; i++)
                if (kept == 0 || text_compare(owners->names[kept - 1], owners->names[i]) != 0)
                        owners->names[kept++] = owners->names[i];
        owners->count = kept;
        owners->known = xcalloc(owners->count, sizeof(bool));
        accounts_read(SUBID_USERS, &accounts);
        if (!owners_are_accounts(&accounts, owners->names, owners->count, owners->known))
                warn("the services of " NSSWITCH_FILE
                     " did not answer in time: not all accounts are "
                     "known");
}

static bool is_account(const struct owner_list *owners, const struct subid_range *range)
{
        const struct text owner = range_owner(range);
        const struct text *const found =
            owners->count ? bsearch(&owner, owners->names, owners->count, sizeof(*owners->names),
                                    text_compare_elements)
                          : NULL;

        return found && owners->known[found - owners->names];
}

/* A part of a line that begins skipped IDs behind its start. */
static void add(const struct context *context, const struct range_line *line, uint64_t skipped,
                const char *uids, const char *gids)
{
        const struct subid_range *const range = &line->range;
        struct table *const table = context->table;
        const uint64_t count = range->count - skipped;
        uint64_t first = range->start + skipped, last = first + count - 1;
        /* In a table libsmartcols escapes what is not printable; in JSON, which is UTF-8, not. */
        char *const owner = context->json ? printable(range->owner, range->owner_length, SIZE_MAX)
                                          : xstrndup(range->owner, range->owner_length);
        char *const source = xasprintf("%s:%lu", line->path, line->number);

        table_add_line(table);
        table_set(table, OWNER, owner);
        table_set_boolean(table, ACCOUNT, is_account(&context->owners, range));
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

/* Each range of user IDs. */
static void list_users(const struct context *context, const struct ranges *users,
                       const struct ranges *groups, char **owners)
{
        for (size_t i = 0; i < users->count; i++) {
                const struct range_line *const line = &users->lines[i];
                char *uids = NULL, *gids;

                if (!line->is_range || !is_wanted(&line->range, owners))
                        continue;
                if (line->range.count)
                        uids = range_span("", line->range.start, range_end(line) - 1);
                gids = gids_at(groups, &line->range, line->position, line->range.count);
                add(context, line, 0, uids, gids);
                free(uids);
                free(gids);
        }
}

/* The group IDs that stand beside no user IDs. */
static void list_groups(const struct context *context, const struct ranges *users,
                        const struct ranges *groups, char **owners)
{
        for (size_t i = 0; i < groups->count; i++) {
                const struct range_line *const line = &groups->lines[i];
                const struct subid_range *const range = &line->range;
                uint64_t total, skipped;
                char *gids;

                if (!line->is_range || !is_wanted(range, owners))
                        continue;
                total = ranges_total(users, range->owner, range->owner_length);
                skipped = total > line->position ? total - line->position : 0;
                if (skipped >= range->count)
                        continue;
                gids = range_span("", range->start + skipped, range_end(line) - 1);
                add(context, line, skipped, NULL, gids);
                free(gids);
        }
}

int command_list(const struct options *options, char **argv)
{
        struct context context = {.table = table_new("ranges", list_columns, &options->table),
                                  .json = options->table.json};
        struct range_line *const *lines;
        struct ranges users, groups;
        int status = EXIT_SUCCESS;

        ranges_read(SUBID_USERS, &users);
        ranges_read(SUBID_GROUPS, &groups);
        argv++;
        find_accounts(&users, &groups, argv, &context.owners);
        for (char **owner = argv; *owner; owner++) {
                if (ranges_of(&users, *owner, strlen(*owner), &lines) == 0 &&
                    ranges_of(&groups, *owner, strlen(*owner), &lines) == 0) {
                        warn("%s: no ranges", *owner);
                        status = EXIT_FAILURE;
                }
        }
        list_users(&context, &users, &groups, argv);
        list_groups(&context, &users, &groups, argv);
        table_print(context.table);
        return status;
}
