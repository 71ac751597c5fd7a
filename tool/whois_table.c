/* SPDX-License-Identifier: MIT */
#include "whois_answer.h"

#include "options.h"
#include "util.h"

#include <string.h>
#include <time.h>

enum {
        NAME,
        UID,
        GID,
        OWNER,
        POSITION,
        SOURCE,
        RANGE,
        RESERVED,
        INSIDE,
        INNER,
        POD,
        NAMESPACE,
        CONTAINER,
        ENGINE,
        SINCE,
        USERNS,
        PID,
        COMMAND,
        UNIT,
        NPROCS,
        PROCESSES,
        ASKED,
};

const struct column whois_columns[] = {
    [NAME] = {"NAME", "the ID's name", .by_default = true},
    [UID] = {"UID", "user ID", .in_json = true, .number = true},
    [GID] = {"GID", "group ID", .in_json = true, .number = true},
    [OWNER] = {"OWNER", "to whom its range belongs", .by_default = true},
    [POSITION] = {"POSITION", "among the owner's IDs", .by_default = true, .number = true},
    [SOURCE] = {"SOURCE", "file and line of the range or account", .by_default = true},
    [RANGE] = {.name = "RANGE", .help = "that line"},
    [RESERVED] = {.name = "RESERVED", .help = "for whom it is kept, in no range", .in_json = true},
    [INSIDE] = {"INSIDE", "the ID in a user namespace", .by_default = true, .number = true},
    [INNER] = {"INNER", "its name there (--names)", .by_default = true},
    [POD] = {"POD", "of the container that uses it", .by_default = true},
    [NAMESPACE] = {"NAMESPACE", "of that pod", .by_default = true},
    [CONTAINER] = {"CONTAINER", "its name or ID", .by_default = true},
    [ENGINE] = {"ENGINE", "that runs it", .by_default = true},
    [SINCE] = {.name = "SINCE", .help = "when it got the ID, by the records", .in_json = true},
    [USERNS] = {"USERNS", "inode of the user namespace", .number = true},
    [PID] = {"PID", "its first process", .by_default = true, .number = true},
    [COMMAND] = {"COMMAND", "command of that", .by_default = true},
    [UNIT] = {"UNIT", "unit or cgroup of that", .by_default = true},
    [NPROCS] = {"NPROCS", "processes in it that run as the ID", .by_default = true, .number = true},
    [PROCESSES] = {"PROCESSES", "their programs", .by_default = true},
    [ASKED] = {.name = "ASKED", .help = "the argument", .in_json = true},
    {.name = NULL},
};

struct table *whois_table(const struct table_style *style, bool names)
{
        struct table *const table = table_new("users", whois_columns, style);

        if (!names)
                table_hide(table, INNER);
        return table;
}

/* For programs. */
static char *iso_time_of(struct timespec when)
{
        struct tm then;
        char text[64];

        return localtime_r(&when.tv_sec, &then) &&
                       strftime(text, sizeof(text), "%FT%T%z", &then) > 0
                   ? xstrndup(text, strlen(text))
                   : NULL;
}

void whois_add(const struct witnesses *witnesses, const struct question *question,
               const struct subject *subject)
{
        const struct entry *const entry = &subject->entry;
        const struct account *const account = subject->account;
        struct table *const table = witnesses->table;

        table_add_line(table);
        table_set(table, ASKED,
                  witnesses->show(question->asked, strlen(question->asked), SIZE_MAX));
        if (entry->database == SUBID_USERS)
                table_set_number(table, UID, entry->subid.id);
        if (!subject->owner) {
                if (entry->database == SUBID_GROUPS)
                        table_set_number(table, GID, entry->subid.id);
                table_set(table, RESERVED, subject->reserved);
                if (account) {
                        table_set(
                            table, NAME,
                            witnesses->show(account->name, account->name_length, SUBID_LINE_MAX));
                        table_set(table, SOURCE, xasprintf("%s:%lu", account->path, account->line));
                }
                return;
        }
        table_set(table, NAME, entry->is_account ? NULL : entry->name);
        table_set_number(table, GID, entry->gid);
        table_set(table, OWNER, subject->owner);
        table_set_number(table, POSITION, entry->subid.position);
        table_set(table, SOURCE, whois_source(subject));
        table_set(table, RANGE, whois_range(witnesses, subject));
}

static void add_container(const struct witnesses *witnesses, const struct container *container)
{
        const struct timespec since = uses_since(witnesses->uses, container);
        struct table *const table = witnesses->table;

        table_set(table, POD, whois_shown(witnesses, container->pod));
        table_set(table, NAMESPACE, whois_shown(witnesses, container->namespace));
        if (!container->is_sandbox)
                table_set(
                    table, CONTAINER,
                    whois_shown(witnesses, container->name ? container->name : container->id));
        table_set(table, ENGINE, container->engine);
        if (since.tv_sec != 0)
                table_set(table, SINCE, iso_time_of(since));
}

/* A row for each place. */
void whois_add_use(const struct witnesses *witnesses, const struct question *question,
                   const struct subject *subject, const struct use *use)
{
        char *const inner = whois_inner_name(witnesses, subject, use);
        struct table *const table = witnesses->table;
        size_t i = 0;

        do {
                const struct place *const place = use->place_count > 0 ? use->places[i] : NULL;
                const struct container *const container = place ? place->container : use->record;

                whois_add(witnesses, question, subject);
                table_set_number(table, INSIDE, use->inside);
                table_set(table, INNER, inner);
                if (container)
                        add_container(witnesses, container);
                table_set_number(table, NPROCS, use->count);
                table_set(table, PROCESSES, use->count > 0 ? whois_programs(use) : NULL);
                if (!place)
                        break;
                if (use->userns->known)
                        table_set_number(table, USERNS, use->userns->inode);
                if (!userns_is_whole(use->userns)) {
                        table_set_number(table, PID, (unsigned long long)place->first->pid);
                        table_set(table, COMMAND, process_command(place->first, witnesses->show));
                }
                table_set(table, UNIT, whois_shown(witnesses, place->unit));
        } while (++i < use->place_count);
}
