/* SPDX-License-Identifier: MIT */
#include "account_name.h"
#include "accounts.h"
#include "nsswitch.h"
#include "options.h"
#include "progress.h"
#include "ranges.h"
#include "table.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        OWNER,
        ACCOUNT,
        START,
        UIDS,
        COUNT,
        GID_START,
        GIDS,
        NAMES,
        SOURCE,
        POSITION,
        FIRST,
        LAST,
        FILE_,
        LINE
};

const struct column list_columns[] = {
    [OWNER] = {"OWNER", "to whom the range belongs", .by_default = true, .cut = true},
    [ACCOUNT] = {"ACCOUNT", "whether there is such an account", .by_default = true,
                 .boolean = true},
    [START] = {"START", "first user ID", .in_json = true, .number = true},
    [UIDS] = {"UIDS", "user IDs", .by_default = true},
    [COUNT] = {"COUNT", "how many", .by_default = true, .number = true},
    [GID_START] = {"GID_START", "first group ID", .in_json = true, .number = true},
    [GIDS] = {"GIDS", "group IDs at the same positions", .by_default = true},
    [NAMES] = {"NAMES", "first and last name", .in_json = true},
    [SOURCE] = {"SOURCE", "file and line", .by_default = true, .cut = true},
    [POSITION] = {"POSITION", "of the first ID, among those of the owner", .number = true},
    [FIRST] = {"FIRST", "first ID, of a user or else of a group", .number = true},
    [LAST] = {"LAST", "last ID", .number = true},
    [FILE_] = {"FILE", "the file", .cut = true},
    [LINE] = {"LINE", "its line", .number = true},
    {.name = NULL},
};

/* What stands in one row. */
struct row {
        const struct range_line *line;
        uint64_t skipped; /* IDs at the beginning of the line that are not meant */
        bool of_users;
        char *gids; /* NULL: none */
        uint64_t gid_start;
};

/*
 * The group IDs at the positions of a row of users: the first one, and all as "100-199,300". They
 * may be those of thousands of lines: only the first span of them, if the table is cut.
 */
static void find_gids(const struct ranges *groups, bool is_cut, struct row *row)
{
        const struct subid_range *const range = &row->line->range;
        const uint64_t position = row->line->position, count = range->count;
        struct range_line *const *lines;
        const size_t n = ranges_of(groups, range->owner, range->owner_length, &lines);
        size_t first = 0, end_of_search = n, size;
        const char *separator = "";
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
                if (out && is_cut) {
                        fputs(",...", out);
                        break;
                }
                if (!out) {
                        row->gid_start = lines[i]->range.start + (from - begin);
                        out = open_memstream(&row->gids, &size);
                        if (!out)
                                die("out of memory");
                }
                piece = range_span("", lines[i]->range.start + (from - begin),
                                   lines[i]->range.start + (to - begin) - 1);
                fprintf(out, "%s%s", separator, piece);
                separator = ",";
                free(piece);
        }
        if (out && fclose(out) != 0)
                die("out of memory");
}

/* The owners whose accounts are wanted, by name. */
struct owner_list {
        struct text *names;
        struct identity *accounts;
        size_t count, room;
};

/* An argument. */
struct wanted {
        struct text name;
        const struct identity *account; /* that it is, or NULL */
        bool has_ranges;
};

struct context {
        struct table *table;
        bool json;
        struct owner_list owners;
        struct wanted *wanted;
        size_t wanted_count;
};

static void add_owner(struct owner_list *owners, struct text owner)
{
        owners->names = grow(owners->names, owners->count, &owners->room, sizeof(*owners->names));
        owners->names[owners->count++] = owner;
}

static void add_owners(struct owner_list *owners, const struct ranges *ranges)
{
        for (size_t i = 0; i < ranges->owned_count; i++) {
                const struct subid_range *const range = &ranges->owned[i]->range;

                if (i == 0 || !is_owned_by(range, ranges->owned[i - 1]->range.owner,
                                           ranges->owned[i - 1]->range.owner_length))
                        add_owner(owners, range_owner(range));
        }
}

static void identify(struct owner_list *owners)
{
        struct accounts accounts;

        if (owners->count == 0)
                return;
        qsort(owners->names, owners->count, sizeof(*owners->names), text_compare_elements);
        owners->accounts = xcalloc(owners->count, sizeof(*owners->accounts));
        accounts_read(SUBID_USERS, &accounts);
        if (!owners_identify(&accounts, owners->names, owners->count, owners->accounts))
                warn("the services of " NSSWITCH_FILE
                     " did not answer in time: not all accounts are "
                     "known");
}

/* The account that an owner is, or NULL. */
static const struct identity *account_of(const struct owner_list *owners, struct text owner)
{
        const struct text *const found =
            owners->count ? bsearch(&owner, owners->names, owners->count, sizeof(*owners->names),
                                    text_compare_elements)
                          : NULL;
        const struct identity *const account =
            found ? &owners->accounts[found - owners->names] : NULL;

        return account && account->known ? account : NULL;
}

static void add(const struct context *context, const struct row *row)
{
        const struct range_line *const line = row->line;
        const struct subid_range *const range = &line->range;
        struct table *const table = context->table;
        const uint64_t count = range->count - row->skipped;
        uint64_t first = range->start + row->skipped, last = first + count - 1;
        /* In a table libsmartcols escapes what is not printable; in JSON, which is UTF-8, not. */
        char *const owner = context->json ? printable(range->owner, range->owner_length, SIZE_MAX)
                                          : xstrndup(range->owner, range->owner_length);
        char *const source = xasprintf("%s:%lu", line->path, line->number);

        progress("listing line %lu of %s", line->number, line->path);
        table_add_line(table);
        table_set(table, OWNER, owner);
        table_set_boolean(table, ACCOUNT, account_of(&context->owners, range_owner(range)));
        table_set_number(table, COUNT, count);
        table_set(table, GIDS, row->gids);
        if (row->gids)
                table_set_number(table, GID_START, row->gid_start);
        table_set(table, SOURCE, source);
        table_set_number(table, POSITION, line->position + row->skipped);
        table_set(table, FILE_, line->path);
        table_set_number(table, LINE, line->number);
        free(owner);
        free(source);
        if (count == 0)
                return;
        table_set_number(table, FIRST, first);
        table_set_number(table, LAST, last);
        if (row->of_users) {
                char *const uids = range_span("", first, last);

                table_set_number(table, START, first);
                table_set(table, UIDS, uids);
                free(uids);
        }
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

/* Whether an argument names this owner: as his lines do, or as the account that he is. */
static bool is_meant(const struct wanted *wanted, struct text owner)
{
        const struct identity *const account = wanted->account;
        uint32_t uid;

        return text_compare(owner, wanted->name) == 0 ||
               (account && (text_compare(owner, account->name) == 0 ||
                            (owner_as_number(owner, &uid) && uid == account->uid)));
}

static bool is_wanted(const struct context *context, const struct subid_range *range)
{
        bool found = context->wanted_count == 0;

        for (size_t i = 0; i < context->wanted_count; i++) {
                if (!is_meant(&context->wanted[i], range_owner(range)))
                        continue;
                context->wanted[i].has_ranges = true;
                found = true;
        }
        return found;
}

/* Each range of user IDs. */
static void list_users(const struct context *context, const struct ranges *users,
                       const struct ranges *groups)
{
        for (size_t i = 0; i < users->count; i++) {
                struct row row = {.line = &users->lines[i], .of_users = true};

                if (!row.line->is_range || !is_wanted(context, &row.line->range))
                        continue;
                find_gids(groups, table_is_cut(context->table), &row);
                add(context, &row);
                free(row.gids);
        }
}

/* The group IDs that stand beside no user IDs. */
static void list_groups(const struct context *context, const struct ranges *users,
                        const struct ranges *groups)
{
        for (size_t i = 0; i < groups->count; i++) {
                const struct range_line *const line = &groups->lines[i];
                const struct subid_range *const range = &line->range;
                struct row row = {.line = line};
                uint64_t total;

                if (!line->is_range || !is_wanted(context, range))
                        continue;
                total = ranges_total(users, range->owner, range->owner_length);
                row.skipped = total > line->position ? total - line->position : 0;
                if (row.skipped >= range->count)
                        continue;
                row.gid_start = range->start + row.skipped;
                row.gids = range_span("", row.gid_start, range_end(line) - 1);
                add(context, &row);
                free(row.gids);
        }
}

/* Finds the accounts that owners are, as far as somebody wants to know. */
static void find_accounts(struct context *context, const struct ranges *users,
                          const struct ranges *groups, char **arguments)
{
        struct owner_list *const owners = &context->owners;
        size_t count = 0;

        while (arguments[count])
                count++;
        context->wanted = xcalloc(count, sizeof(*context->wanted));
        context->wanted_count = count;
        for (size_t i = 0; i < count; i++) {
                context->wanted[i].name = (struct text){arguments[i], strlen(arguments[i])};
                add_owner(owners, context->wanted[i].name);
        }
        if (table_shows(context->table, ACCOUNT)) {
                add_owners(owners, users);
                add_owners(owners, groups);
        }
        identify(owners);
        for (size_t i = 0; i < count; i++)
                context->wanted[i].account = account_of(owners, context->wanted[i].name);
}

int command_list(const struct options *options, char **argv)
{
        struct context context = {.table = table_new("ranges", list_columns, &options->table),
                                  .json = options->table.json};
        struct ranges users, groups;
        int status = EXIT_SUCCESS;

        progress_start();
        ranges_read(SUBID_USERS, &users);
        ranges_read(SUBID_GROUPS, &groups);
        find_accounts(&context, &users, &groups, argv + 1);
        list_users(&context, &users, &groups);
        list_groups(&context, &users, &groups);
        for (size_t i = 0; i < context.wanted_count; i++) {
                if (!context.wanted[i].has_ranges) {
                        warn("%s: no ranges", argv[i + 1]);
                        status = EXIT_FAILURE;
                }
        }
        progress_end();
        table_print(context.table);
        return status;
}
