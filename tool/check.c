/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "subuidctl.h"
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An error: something does not work, or answers something else than is meant. */
enum severity { WARNING, ERROR };

/* tests/tool/check.t reads this table, and compares it with the manual's. */
static const struct {
        const char *name;
        enum severity severity;
} kinds[] = {
    [NO_RANGE] = {"no-range", ERROR},
    [NO_RANGES] = {"no-ranges", WARNING},
    [EMPTY_RANGE] = {"empty-range", WARNING},
    [EXCLUDED_ID] = {"excluded-id", WARNING},
    [ODD_OWNER] = {"odd-owner", WARNING},
    [TWO_OWNERS] = {"two-owners", WARNING},
    [OVERLAP] = {"overlap", WARNING},
    [OVERLAP_OF_ONE] = {"overlap-of-one", ERROR},
    [NO_GIDS] = {"no-gids", ERROR},
    [FEWER_GIDS] = {"fewer-gids", WARNING},
    [NO_UIDS] = {"no-uids", WARNING},
    [OTHER_POSITION] = {"other-position", WARNING},
    [ACCOUNT] = {"account", ERROR},
    [ROOT_ID] = {"root-id", ERROR},
    [SYSTEM_IDS] = {"system-ids", WARNING},
    [LOGIN_IDS] = {"login-ids", WARNING},
    [DYNAMIC_USER] = {"dynamic-user", ERROR},
    [NSPAWN] = {"nspawn", WARNING},
    [SYMLINK] = {"symlink", WARNING},
    [NO_NEWLINE] = {"no-newline", WARNING},
    [NUL_BYTE] = {"nul-byte", WARNING},
    [NOT_READABLE] = {"not-readable", ERROR},
    [WRITABLE] = {"writable", ERROR},
    [NOT_ENABLED] = {"not-enabled", ERROR},
    [MISTAKE] = {"mistake", ERROR},
    [NOT_READ] = {"not-read", ERROR},
    [TWO_LINES] = {"two-lines", WARNING},
    [COMMENT] = {"comment", WARNING},
    [TWICE] = {"twice", WARNING},
    [WRONG_DATABASE] = {"wrong-database", WARNING},
    [BEFORE_ACCOUNTS] = {"before-accounts", WARNING},
    [BEHIND_SYSTEMD] = {"behind-systemd", WARNING},
    [BEHIND_RETURN] = {"behind-return", ERROR},
    [BEHIND_CONTINUE] = {"behind-continue", ERROR},
    [MERGE] = {"merge", ERROR},
    [NOT_IMPORTED] = {"not-imported", WARNING},
    [OLD_IMPORT] = {"old-import", WARNING},
    [UNUSED_IMPORT] = {"unused-import", WARNING},
    [SUBID_IGNORED] = {"subid-ignored", WARNING},
    [SSSD_MAP] = {"sssd-map", WARNING},
    [WINBIND_MAP] = {"winbind-map", WARNING},
    [LIBRARY] = {"library", ERROR},
    [LIBRARY_VERSION] = {"library-version", WARNING},
    [LIBRARY_32] = {"library-32", WARNING},
    [NSCD] = {"nscd", WARNING},
    [ANSWERED] = {"answered", ERROR},
    [NO_ANSWER] = {"no-answer", WARNING},
    [ROUND_TRIP] = {"round-trip", ERROR},
};

static const char *const severities[] = {[WARNING] = "warning", [ERROR] = "error"};

struct found {
        enum finding finding;
        struct place place;
        const char *message, *advice;
        size_t number;
};

static struct found *found;
static size_t found_count;

void report(enum finding finding, struct place place, const char *advice, const char *format, ...)
{
        static size_t room;
        va_list arguments;
        char *message;

        va_start(arguments, format);
        if (vasprintf(&message, format, arguments) < 0)
                die("out of memory");
        va_end(arguments);
        if (found_count == room) {
                room = room ? 2 * room : 64;
                found = reallocate(found, room * sizeof(*found));
        }
        /* What stands in a file may be meant for the terminal. */
        found[found_count] =
            (struct found){finding, place, printable(message, strlen(message), SIZE_MAX),
                           printable(advice, strlen(advice), SIZE_MAX), found_count};
        found_count++;
}

/* As they lie in the files; what is about the same place stays as it was found. */
static int compare(const void *a, const void *b)
{
        const struct found *const x = a, *const y = b;
        const int order = strcmp(x->place.file, y->place.file);

        if (order)
                return order;
        if (x->place.line != y->place.line)
                return x->place.line < y->place.line ? -1 : 1;
        return (x->number > y->number) - (x->number < y->number);
}

static void print(const struct found *this)
{
        const struct place *const place = &this->place;

        printf("%s", place->file);
        if (place->line)
                printf(":%lu", place->line);
        printf(": %s: ", severities[kinds[this->finding].severity]);
        if (place->column)
                printf("column %zu: ", place->column);
        printf("%s; %s\n", this->message, this->advice);
}

static void print_json(void)
{
        enum { FILE_, LINE, COLUMN, SEVERITY, FINDING, MESSAGE, ADVICE };
        static const struct column columns[] = {
            [FILE_] = {.name = "FILE", .by_default = true},
            [LINE] = {.name = "LINE", .by_default = true, .number = true},
            [COLUMN] = {.name = "COLUMN", .by_default = true, .number = true},
            [SEVERITY] = {.name = "SEVERITY", .by_default = true},
            [FINDING] = {.name = "FINDING", .by_default = true},
            [MESSAGE] = {.name = "MESSAGE", .by_default = true},
            [ADVICE] = {.name = "ADVICE", .by_default = true},
            {.name = NULL},
        };
        struct table *const table = table_new("findings", columns);

        for (size_t i = 0; i < found_count; i++) {
                const struct found *const this = &found[i];

                table_add_line(table);
                table_set(table, FILE_, this->place.file);
                if (this->place.line)
                        table_set_number(table, LINE, this->place.line);
                if (this->place.column)
                        table_set_number(table, COLUMN, this->place.column);
                table_set(table, SEVERITY, severities[kinds[this->finding].severity]);
                table_set(table, FINDING, kinds[this->finding].name);
                table_set(table, MESSAGE, this->message);
                table_set(table, ADVICE, this->advice);
        }
        table_print(table);
}

static int compare_accounts(const void *a, const void *b)
{
        const struct account *const x = a, *const y = b;

        if (x->id != y->id)
                return x->id < y->id ? -1 : 1;
        return (x->line > y->line) - (x->line < y->line);
}

/* Reads a line of passwd(5) or group(5): name, password, ID. */
static bool parse_account(const char *line, const char *end, struct account *account)
{
        const char *const name_end = memchr(line, ':', (size_t)(end - line));
        const char *field, *digits_end;
        uint64_t id = 0;

        if (!name_end || name_end == line || *line == '#' || *line == '+' || *line == '-')
                return false;
        field = memchr(name_end + 1, ':', (size_t)(end - (name_end + 1)));
        if (!field)
                return false;
        for (digits_end = ++field; digits_end < end && *digits_end >= '0' && *digits_end <= '9';
             digits_end++) {
                id = id * 10 + (uint64_t)(*digits_end - '0');
                if (id > UINT32_MAX)
                        return false;
        }
        if (digits_end == field || (digits_end < end && *digits_end != ':'))
                return false;
        account->name = line;
        account->name_length = (size_t)(name_end - line);
        account->id = (uint32_t)id;
        return true;
}

static void read_accounts(struct side *side)
{
        unsigned long number = 0;
        size_t size, room = 0;
        char *text;
        const int r = read_below_root(side->account_file, &text, &size);

        if (r == -ENOENT)
                return;
        if (r < 0)
                die("%s%s: %s", options.root, side->account_file, reason(r));
        for (const char *line = text, *end; line < text + size; line = end + 1) {
                struct account account = {.line = ++number};

                end = memchr(line, '\n', (size_t)(text + size - line));
                if (!end)
                        end = text + size;
                if (!parse_account(line, end, &account))
                        continue;
                if (side->account_count == room) {
                        room = room ? 2 * room : 64;
                        side->accounts = reallocate(side->accounts, room * sizeof(account));
                }
                side->accounts[side->account_count++] = account;
        }
        if (side->account_count > 0)
                qsort(side->accounts, side->account_count, sizeof(struct account),
                      compare_accounts);
}

static void read_side(struct side *side)
{
        ranges_read(side->database, &side->ranges);
        find_segments(side);
        read_accounts(side);
}

int command_check(char **argv)
{
        struct checked checked = {
            .users = {.database = SUBID_USERS,
                      .files = {subid_range_paths[SUBID_USERS][0],
                                subid_range_paths[SUBID_USERS][1]},
                      .nss = "passwd",
                      .ids = "UIDs",
                      .id_min = "UID_MIN",
                      .id_max = "UID_MAX",
                      .account_file = "/etc/passwd"},
            .groups = {.database = SUBID_GROUPS,
                       .files = {subid_range_paths[SUBID_GROUPS][0],
                                 subid_range_paths[SUBID_GROUPS][1]},
                       .nss = "group",
                       .ids = "GIDs",
                       .id_min = "GID_MIN",
                       .id_max = "GID_MAX",
                       .account_file = "/etc/group"},
        };
        enum severity worst = WARNING;
        int r;

        (void)argv;
        read_side(&checked.users);
        read_side(&checked.groups);
        r = nsswitch_read(&checked.nsswitch);
        if (r < 0 && r != -ENOENT)
                die("%s" NSSWITCH_FILE ": %s", options.root, reason(r));
        check_ranges(&checked);
        check_files(&checked);
        check_nsswitch(&checked);
        check_import(&checked);
        check_idmap(&checked);
        check_system();
        if (!*options.root)
                check_lookups(&checked);

        if (found_count > 0)
                qsort(found, found_count, sizeof(*found), compare);
        for (size_t i = 0; i < found_count; i++) {
                if (!options.json)
                        print(&found[i]);
                if (kinds[found[i].finding].severity == ERROR)
                        worst = ERROR;
        }
        if (options.json)
                print_json();
        flush_output();
        return found_count == 0 ? 0 : worst == ERROR ? 2 : 1;
}
