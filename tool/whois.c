/* SPDX-License-Identifier: MIT */
#include "entry.h"
#include "inner_name.h"
#include "nss_subuid.h"
#include "options.h"
#include "processes.h"
#include "segments.h"
#include "table.h"
#include "util.h"

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

/* What is said of an ID as a user, or as a group if no user has it. */
struct subject {
        struct entry entry;
        char *owner;
        const struct range_line *line; /* of the range, or NULL if the file has changed just now */
};

/* A user namespace in which an entry's ID is mapped. */
struct use {
        const struct userns *userns;
        struct process *first; /* that has started first in it; NULL: it is like our own */
        uint32_t inside;
        size_t count;         /* processes that run as the ID in it */
        struct process *runs; /* one of them */
        char *inner, *command, *unit, *programs;
};

/* What is asked of. */
struct context {
        struct table *table; /* NULL: sentences are printed */
        text_shown *show;    /* how text that is not ours is shown */
        bool names;
        struct ranges ranges[2];
        struct segments segments[2];
        struct processes processes;
};

/* Says what the ID is as a user or as a group. Returns false if it is in no range. */
static bool find_subject(const struct context *context, enum subid_database database, uint32_t id,
                         struct subject *subject)
{
        if (!entry_find(database, id, &subject->entry))
                return false;
        subject->owner = context->show(subject->entry.subid.owner,
                                       subject->entry.subid.owner_length, ENTRY_OWNER_MAX);
        subject->line = segments_line_of(&context->segments[database], id);
        return true;
}

/* Whether a process runs as the ID in a user namespace. */
static bool runs(const struct context *context, const struct process *process,
                 const struct entry *entry, const struct userns *userns)
{
        return process->ids[entry->database] == entry->subid.id &&
               &context->processes.namespaces[process->userns] == userns;
}

/* The different programs among the processes of a use, quoted as in a sentence: they are a list. */
static char *programs_of(const struct context *context, const struct entry *entry,
                         const struct use *use)
{
        char *names[PROGRAMS_MAX], *text = NULL;
        size_t count = 0;

        for (size_t i = 0; i < context->processes.count; i++) {
                const struct process *const process = &context->processes.list[i];
                size_t same = 0;
                char *name;

                if (!runs(context, process, entry, use->userns))
                        continue;
                name = process_program(process, quoted);
                while (same < count && strcmp(names[same], name) != 0)
                        same++;
                if (same < count)
                        continue;
                if (count == PROGRAMS_MAX)
                        return xasprintf("%s, ...", text);
                names[count++] = name;
                text = text ? xasprintf("%s, %s", text, name) : name;
        }
        return text;
}

/* Finds out how a user namespace uses the entry. Returns false if it does not. */
static bool find_use(struct context *context, const struct entry *entry,
                     const struct userns *userns, struct use *use)
{
        struct process *const list = context->processes.list;

        *use = (struct use){.userns = userns};
        if (!userns_maps(userns, entry->database, entry->subid.id, &use->inside))
                return false;
        for (size_t i = 0; i < context->processes.count; i++) {
                if (!runs(context, &list[i], entry, userns))
                        continue;
                list[i].wanted = true;
                use->runs = use->runs ? use->runs : &list[i];
                use->count++;
        }
        /* Every ID is mapped in our own: there only processes count. */
        if (userns->own || userns->alike)
                return use->count > 0;
        use->first = &list[userns->first];
        use->first->wanted = true;
        return true;
}

/* Fills in what processes and containers say. */
static void describe(const struct context *context, const struct entry *entry, struct use *use)
{
        const struct process *asked = use->runs ? use->runs : use->first;
        const char *why;

        if (use->count > 0)
                use->programs = programs_of(context, entry, use);
        if (!use->first)
                return;
        use->command = process_command(use->first, context->show);
        use->unit = process_unit(use->first, context->show);
        if (!context->names)
                return;
        /* Containers may share a user namespace: the one that runs as the ID tells which it is. */
        use->inner =
            inner_name(asked, use->userns, entry->database, use->inside, context->show, &why);
        if (why)
                warn("--names: the container of PID %d cannot be asked: %s", (int)asked->pid, why);
}

static char *source_of(const struct subject *subject)
{
        return subject->line ? xasprintf("%s:%lu", subject->line->path, subject->line->number)
                             : NULL;
}

static char *range_of(const struct context *context, const struct subject *subject)
{
        const struct range_line *const line = subject->line;

        return line ? context->show(line->text, line->length, SUBID_LINE_MAX) : NULL;
}

static void add(const struct context *context, const struct subject *subject, const struct use *use)
{
        const struct entry *const entry = &subject->entry;
        struct table *const table = context->table;

        table_add_line(table);
        table_set(table, NAME, entry->is_account ? NULL : entry->name);
        if (entry->database == SUBID_USERS)
                table_set_number(table, UID, entry->subid.id);
        table_set_number(table, GID, entry->gid);
        table_set(table, OWNER, subject->owner);
        table_set_number(table, POSITION, entry->subid.position);
        table_set(table, SOURCE, source_of(subject));
        table_set(table, RANGE, range_of(context, subject));
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

static void tell_subject(const struct context *context, const struct subject *subject)
{
        const struct entry *const entry = &subject->entry;
        const bool user = entry->database == SUBID_USERS;

        if (entry->is_account)
                printf("%u: ", entry->subid.id);
        else
                printf("%s: ", entry->name);
        if (user)
                printf("UID %u, ", entry->subid.id);
        printf("GID %u, %s %llu of %s", entry->gid, user ? "subuid" : "subgid",
               (unsigned long long)entry->subid.position, subject->owner);
        if (subject->line)
                printf(" (%s: %s)", source_of(subject), range_of(context, subject));
        if (entry->is_account)
                printf("; %s has it too, so it is not called %s",
                       subid_account_paths[entry->database], entry->name);
        putchar('\n');
}

static void tell_use(const struct entry *entry, const struct use *use)
{
        printf("    %s %u", entry->database == SUBID_USERS ? "UID" : "GID", use->inside);
        if (use->inner)
                printf(" (%s)", use->inner);
        printf(" in %s ",
               use->userns->known ? "the user namespace of" : "a user namespace like that of");
        if (use->first)
                printf("PID %d (%s)", (int)use->first->pid, use->command);
        else
                printf("subuidctl itself");
        if (use->unit)
                printf(", %s", use->unit);
        if (use->count > 0)
                printf(": %zu process%s (%s)\n", use->count, use->count == 1 ? "" : "es",
                       use->programs);
        else
                printf(": no process\n");
}

static void show(struct context *context, const struct subject *subject)
{
        const struct processes *const processes = &context->processes;
        struct use *const uses = xcalloc(processes->namespace_count, sizeof(*uses));
        size_t count = 0;

        if (!context->table)
                tell_subject(context, subject);
        for (size_t i = 0; i < processes->namespace_count; i++)
                count +=
                    find_use(context, &subject->entry, &processes->namespaces[i], &uses[count]);
        processes_ask(&context->processes);
        for (size_t i = 0; i < count; i++) {
                describe(context, &subject->entry, &uses[i]);
                if (context->table)
                        add(context, subject, &uses[i]);
                else
                        tell_use(&subject->entry, &uses[i]);
        }
        if (count == 0 && context->table)
                add(context, subject, NULL);
        else if (count == 0)
                printf("    in no user namespace%s\n",
                       processes->partial ? ", or in none that you can see" : "");
        free(uses);
}

/* Shows an argument, an ID or a name. Returns false if it is none of a range. */
static bool show_argument(struct context *context, const char *argument)
{
        struct subject user, group;
        bool is_user, is_group;
        uint32_t id;

        if (!account_name_parse(argument, &id) &&
            !account_name_parse(xasprintf(NAME_PREFIX "%s", argument), &id)) {
                warn("%s: neither an ID nor a name such as " NAME_PREFIX "200193", argument);
                return false;
        }
        if (subid_excluded(id)) {
                warn("%s: no range gives it a name", argument);
                return false;
        }
        is_user = find_subject(context, SUBID_USERS, id, &user);
        is_group = find_subject(context, SUBID_GROUPS, id, &group);
        if (!is_user && !is_group) {
                warn("%s: in no range of /etc/subuid or /etc/subgid", argument);
                return false;
        }
        if (is_user)
                show(context, &user);
        /* Mostly the user's own group. */
        if (is_group && !(is_user && user.entry.gid == id))
                show(context, &group);
        return true;
}

/* Whose each ID is, and the user namespaces in which it is mapped. */
int command_whois(const struct options *options, char **argv)
{
        const struct table_style *const style = &options->table;
        struct context context = {
            .table = table_is_wanted(style) ? table_new("users", whois_columns, style) : NULL,
            /* These show of themselves where a column ends. */
            .show = style->json || style->pairs || style->raw ? printable : quoted,
            .names = options->names};
        bool shown = false;
        int status = EXIT_SUCCESS;

        if (context.table && !options->names)
                table_hide(context.table, INNER);
        for (int i = 0; i < 2; i++) {
                ranges_read((enum subid_database)i, &context.ranges[i]);
                segments_find(&context.ranges[i], &context.segments[i]);
        }
        processes_read(&context.processes);
        while (*++argv) {
                if (show_argument(&context, *argv))
                        shown = true;
                else
                        status = EXIT_FAILURE;
        }
        if (context.table)
                table_print(context.table);
        else
                flush_output();
        if (shown && context.processes.partial)
                warn("not all processes could be looked into%s",
                     geteuid() == 0 ? "" : "; root sees them all");
        return status;
}
