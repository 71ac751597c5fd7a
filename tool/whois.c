/* SPDX-License-Identifier: MIT */
#include "account_name.h"
#include "inner_name.h"
#include "nss_subuid.h"
#include "processes.h"
#include "ranges.h"
#include "subuidctl.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
        NAME,
        UID,
        GID,
        OWNER,
        POSITION,
        SOURCE,
        RANGE,
        INSIDE,
        INNER,
        USERNS,
        PID,
        COMMAND,
        UNIT,
        NPROCS,
        PROCESSES,
};

const struct column whois_columns[] = {
    [NAME] = {"NAME", "the ID's name", .by_default = true},
    [UID] = {"UID", "user ID", .number = true},
    [GID] = {"GID", "group ID", .number = true},
    [OWNER] = {"OWNER", "to whom its range belongs", .by_default = true},
    [POSITION] = {"POSITION", "among the owner's IDs", .by_default = true, .number = true},
    [SOURCE] = {"SOURCE", "file and line of the range", .by_default = true},
    [RANGE] = {.name = "RANGE", .help = "that line"},
    [INSIDE] = {"INSIDE", "the ID in a user namespace", .by_default = true, .number = true},
    [INNER] = {"INNER", "its name there (--names)", .by_default = true},
    [USERNS] = {"USERNS", "inode of the user namespace", .number = true},
    [PID] = {"PID", "its first process", .by_default = true, .number = true},
    [COMMAND] = {"COMMAND", "command of that", .by_default = true},
    [UNIT] = {"UNIT", "unit or cgroup of that", .by_default = true},
    [NPROCS] = {"NPROCS", "processes in it that run as the ID", .by_default = true, .number = true},
    [PROCESSES] = {"PROCESSES", "their programs", .by_default = true},
    {.name = NULL},
};

/* So many programs of a user namespace are named. */
enum { PROGRAMS_MAX = 6 };

struct entry {
        enum subid_database database; /* users, or groups for a GID that no user has */
        struct subid subid;
        uint32_t gid;        /* of a user */
        bool is_account;     /* a local account has the ID, so it is not called _N */
        char *name;          /* _N */
        char *owner, *range; /* printable */
        const char *path;    /* of the range, or NULL if the file has changed just now */
        unsigned long line;
};

/* A user namespace in which an entry's ID is mapped. */
struct use {
        const struct userns *userns;
        const struct process *first; /* that has started first in it */
        uint32_t inside;
        size_t count;               /* processes that run as the ID in it */
        const struct process *runs; /* one of them */
        char *inner, *command, *unit, *programs;
};

static struct ranges ranges[2];
static struct processes processes;

static int checked(int result)
{
        if (result < 0)
                die("the range files: %s", strerror(-result));
        return result;
}

/* Says what the ID is as a user or as a group. Returns false if it is in no range. */
static bool find_entry(enum subid_database database, uint32_t id, struct entry *entry)
{
        const struct range_line *line;
        char name[ACCOUNT_NAME_SIZE];

        *entry = (struct entry){.database = database, .subid.id = id};
        if (!checked(database == SUBID_USERS
                         ? subid_file_locate_user(id, false, &entry->subid, &entry->gid)
                         : subid_file_locate(database, &entry->subid)))
                return false;
        entry->is_account = checked(subid_file_is_account(database, &entry->subid));
        account_name_format(name, id);
        entry->name = text_of("%s", name);
        entry->owner = printable(entry->subid.owner, entry->subid.owner_length, ENTRY_OWNER_MAX);
        line = ranges_line_of(&ranges[database], id);
        if (line) {
                entry->path = line->path;
                entry->line = line->number;
                entry->range = printable(line->text, line->length, SUBID_LINE_MAX);
        }
        return true;
}

/* The different programs among the processes of a use, as "nginx, sh". */
static char *programs_of(const struct entry *entry, const struct use *use)
{
        char *names[PROGRAMS_MAX], *text = NULL;
        size_t count = 0;

        for (size_t i = 0; i < processes.count; i++) {
                const struct process *const process = &processes.list[i];
                size_t same = 0;
                char *name;

                if (process->ids[entry->database] != entry->subid.id ||
                    &processes.namespaces[process->userns] != use->userns)
                        continue;
                name = process_program(process);
                while (same < count && strcmp(names[same], name) != 0)
                        same++;
                if (same < count)
                        continue;
                if (count == PROGRAMS_MAX)
                        return text_of("%s, ...", text);
                names[count++] = name;
                text = text ? text_of("%s, %s", text, name) : name;
        }
        return text;
}

/* Says how a user namespace uses the entry. Returns false if it does not. */
static bool find_use(const struct entry *entry, const struct userns *userns, struct use *use)
{
        *use = (struct use){.userns = userns};
        if (!userns_maps(userns, entry->database, entry->subid.id, &use->inside))
                return false;
        for (size_t i = 0; i < processes.count; i++) {
                const struct process *const process = &processes.list[i];

                if (process->ids[entry->database] == entry->subid.id &&
                    &processes.namespaces[process->userns] == userns) {
                        use->runs = use->runs ? use->runs : process;
                        use->count++;
                }
        }
        if (use->count > 0)
                use->programs = programs_of(entry, use);
        /* Every ID is mapped in our own: there only processes count. */
        if (userns->own)
                return use->count > 0;
        use->first = &processes.list[userns->first];
        use->command = process_command(use->first);
        use->unit = process_unit(use->first->pid);
        /* Containers may share a user namespace. */
        if (options.names)
                use->inner = inner_name(use->runs ? use->runs : use->first, userns, entry->database,
                                        use->inside);
        return true;
}

static void add(struct table *table, const struct entry *entry, const struct use *use)
{
        const bool user = entry->database == SUBID_USERS;

        table_add_line(table);
        table_set(table, NAME, entry->is_account ? NULL : entry->name);
        if (user)
                table_set_number(table, UID, entry->subid.id);
        table_set_number(table, GID, user ? entry->gid : entry->subid.id);
        table_set(table, OWNER, entry->owner);
        table_set_number(table, POSITION, entry->subid.position);
        if (entry->path)
                table_set(table, SOURCE, text_of("%s:%lu", entry->path, entry->line));
        table_set(table, RANGE, entry->range);
        if (!use)
                return;
        table_set_number(table, INSIDE, use->inside);
        table_set(table, INNER, use->inner);
        if (use->userns->known)
                table_set_number(table, USERNS, use->userns->inode);
        if (use->first)
                table_set_number(table, PID, (unsigned long long)use->first->pid);
        table_set(table, COMMAND, use->command);
        table_set(table, UNIT, use->unit);
        table_set_number(table, NPROCS, use->count);
        table_set(table, PROCESSES, use->programs);
}

static void tell_entry(const struct entry *entry)
{
        const bool user = entry->database == SUBID_USERS;

        if (entry->is_account)
                printf("%u: ", entry->subid.id);
        else
                printf("%s: ", entry->name);
        if (user)
                printf("UID %u, GID %u", entry->subid.id, entry->gid);
        else
                printf("GID %u", entry->subid.id);
        printf(", %s %llu of %s", user ? "subuid" : "subgid",
               (unsigned long long)entry->subid.position, entry->owner);
        if (entry->path)
                printf(" (%s:%lu: %s)", entry->path, entry->line, entry->range);
        if (entry->is_account)
                printf("; %s has it too, so it is not called %s",
                       user ? "/etc/passwd" : "/etc/group", entry->name);
        putchar('\n');
}

static void tell_use(const struct entry *entry, const struct use *use)
{
        printf("    %s %u", entry->database == SUBID_USERS ? "UID" : "GID", use->inside);
        if (use->inner)
                printf(" (%s)", use->inner);
        if (use->first)
                printf(" in the user namespace of PID %d (%s)", (int)use->first->pid, use->command);
        else
                printf(" in the user namespace of subuidctl itself");
        if (use->unit)
                printf(", %s", use->unit);
        if (use->count > 0)
                printf(": %zu process%s (%s)\n", use->count, use->count == 1 ? "" : "es",
                       use->programs);
        else
                printf(": no process\n");
}

/* Without a table, in sentences. */
static void show(struct table *table, const struct entry *entry)
{
        struct use use;
        bool used = false;

        if (!table)
                tell_entry(entry);
        for (size_t i = 0; i < processes.namespace_count; i++) {
                if (!find_use(entry, &processes.namespaces[i], &use))
                        continue;
                used = true;
                if (table)
                        add(table, entry, &use);
                else
                        tell_use(entry, &use);
        }
        if (table && !used)
                add(table, entry, NULL);
        else if (!used)
                printf("    in no user namespace\n");
}

/* Shows an argument, an ID or a name. Returns false if it is none of a range. */
static bool show_argument(struct table *table, const char *argument)
{
        struct entry user, group;
        bool is_user, is_group;
        uint32_t id;

        if (!account_name_parse(argument, &id) &&
            !account_name_parse(text_of(NAME_PREFIX "%s", argument), &id)) {
                error("%s: neither an ID nor a name such as " NAME_PREFIX "200193", argument);
                return false;
        }
        if (subid_excluded(id)) {
                error("%s: no range gives it a name", argument);
                return false;
        }
        is_user = find_entry(SUBID_USERS, id, &user);
        is_group = find_entry(SUBID_GROUPS, id, &group);
        if (!is_user && !is_group) {
                error("%s: in no range of /etc/subuid or /etc/subgid", argument);
                return false;
        }
        if (is_user)
                show(table, &user);
        /* Mostly the user's own group. */
        if (is_group && !(is_user && user.gid == id))
                show(table, &group);
        return true;
}

/* Whose each ID is, and the user namespaces in which it is mapped. */
int command_whois(char **argv)
{
        const bool flat = options.json || options.raw || options.noheadings || options.output;
        struct table *const table = flat ? table_new("users", whois_columns) : NULL;
        bool shown = false;
        int status = EXIT_SUCCESS;

        ranges_read(SUBID_USERS, &ranges[SUBID_USERS]);
        ranges_read(SUBID_GROUPS, &ranges[SUBID_GROUPS]);
        processes_read(&processes);
        while (*++argv) {
                if (show_argument(table, *argv))
                        shown = true;
                else
                        status = EXIT_FAILURE;
        }
        if (table)
                table_print(table);
        else
                flush_output();
        if (shown && processes.partial)
                error("not all processes could be looked into%s",
                      geteuid() == 0 ? "" : "; root sees them all");
        return status;
}
