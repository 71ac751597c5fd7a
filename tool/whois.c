/* SPDX-License-Identifier: MIT */
#include "account_name.h"
#include "file_ids.h"
#include "options.h"
#include "util.h"
#include "volumes.h"
#include "whois_answer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Questions are collected, since processes are asked by one child for all answers. Standard input
 * may never end, so that many are answered at a time.
 */
enum { QUESTIONS_MAX = 65536 };

struct inquiry {
        struct witnesses witnesses;
        struct question *questions;
        size_t count, room;
        bool answered; /* something */
        bool failed;   /* something is not known */
};

static void show(const struct witnesses *witnesses, const struct question *question,
                 const struct subject *subject)
{
        struct use *uses;
        const size_t count =
            uses_find(witnesses->uses, subject->entry.database, subject->entry.subid.id, &uses);

        if (!witnesses->table)
                whois_tell(witnesses, subject);
        for (size_t i = 0; i < count; i++) {
                if (witnesses->table && uses[i].record && uses[i].record->freed)
                        whois_add(witnesses, question, subject);
                else if (witnesses->table)
                        whois_add_use(witnesses, question, subject, &uses[i]);
                else
                        whois_tell_use(witnesses, question, subject, &uses[i]);
        }
        if (count == 0 && witnesses->table)
                whois_add(witnesses, question, subject);
        else if (count == 0)
                whois_tell_unused(witnesses, subject);
}

/* Returns false, and says so, if nothing is known of the ID. */
static bool answer(const struct witnesses *witnesses, const struct question *question)
{
        struct subject subjects[2];
        const size_t count = whois_subjects(witnesses, question, subjects);

        for (size_t i = 0; i < count; i++)
                show(witnesses, question, &subjects[i]);
        if (count == 0)
                warn("%u: in no range of /etc/subuid or /etc/subgid", question->id);
        return count > 0;
}

static void answer_all(struct inquiry *inquiry)
{
        for (size_t i = 0; i < inquiry->count; i++)
                whois_prepare(&inquiry->witnesses, &inquiry->questions[i]);
        processes_ask(&inquiry->witnesses.processes);
        for (size_t i = 0; i < inquiry->count; i++) {
                struct question *const question = &inquiry->questions[i];

                if (question->heading && !inquiry->witnesses.table)
                        puts(question->heading);
                if (answer(&inquiry->witnesses, question))
                        inquiry->answered = true;
                else
                        inquiry->failed = true;
                free(question->asked);
                free(question->heading);
        }
        inquiry->count = 0;
}

static struct question *add(struct inquiry *inquiry, uint32_t id, const char *asked)
{
        struct question *question;

        inquiry->questions =
            grow(inquiry->questions, inquiry->count, &inquiry->room, sizeof(*inquiry->questions));
        question = &inquiry->questions[inquiry->count++];
        *question = (struct question){.id = id, .asked = xasprintf("%s", asked)};
        return question;
}

static char *shown(const char *text)
{
        return quoted(text, strlen(text), PATH_MAX);
}

/* An owner or an account has many IDs, or another one. */
static bool is_owner(const struct witnesses *witnesses, const char *name)
{
        const size_t length = strlen(name);
        struct range_line *const *lines;

        for (int i = 0; i < 2; i++)
                if (ranges_of(&witnesses->ranges[i], name, length, &lines) > 0 ||
                    accounts_named(&witnesses->accounts[i], name, length))
                        return true;
        return false;
}

/* An ID or its name. Messages have place in front. */
static void ask_of_id(struct inquiry *inquiry, const char *text, const char *place)
{
        struct question *question;
        char *const name = xasprintf(NAME_PREFIX "%s", text);
        uint32_t id;

        if (account_name_parse(text, &id) || account_name_parse(name, &id)) {
                question = add(inquiry, id, text);
                question->of[SUBID_USERS] = question->of[SUBID_GROUPS] = true;
        } else if (is_owner(&inquiry->witnesses, text)) {
                warn("%s%s: an owner or account, no ID; 'subuidctl list %s' tells its ranges",
                     place, shown(text), shown(text));
                inquiry->failed = true;
        } else {
                warn("%s%s: neither an ID nor a name such as " NAME_PREFIX "200193", place,
                     shown(text));
                inquiry->failed = true;
        }
        free(name);
}

/* A line of standard input, without blanks around it; nothing of an empty one. */
static void ask_of_line(struct inquiry *inquiry, char *line, size_t length, unsigned long number)
{
        char *const place = xasprintf("standard input:%lu: ", number);

        while (length > 0 && is_blank(line[length - 1]))
                length--;
        line[length] = '\0';
        while (is_blank(*line))
                line++;
        if (inquiry->count >= QUESTIONS_MAX)
                answer_all(inquiry);
        if (*line)
                ask_of_id(inquiry, line, place);
        free(place);
}

static void ask_of_standard_input(struct inquiry *inquiry)
{
        char line[64]; /* more than any ID and its name */
        int c = '\n';

        for (unsigned long number = 1; c != EOF; number++) {
                size_t length = 0;

                while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
                        const char byte = (char)c;

                        /* A line is no ID either if it goes on behind a NUL, or where it is cut. */
                        if (length < sizeof(line) - 1)
                                line[length++] = byte;
                        else if (!is_blank(byte))
                                line[length - 1] = '?';
                        if (byte == '\0')
                                line[length - 1] = '?';
                }
                ask_of_line(inquiry, line, length, number);
        }
        if (ferror(stdin)) {
                warn("standard input: %m");
                inquiry->failed = true;
        }
}

/* What a file's IDs mean, where mounts tell; else "". */
static char *volume_text(const struct witnesses *witnesses, const struct file_ids *file)
{
        struct process *const user = volumes_user(&witnesses->processes, file);
        const struct place *const place = user ? uses_place(witnesses->uses, user) : NULL;

        if (volumes_map(file))
                return xasprintf("; its mount maps IDs: others stand on the disk");
        if (!place)
                return xasprintf("%s", "");
        return xasprintf(
            "; on a volume that maps IDs of %s, whose own they are",
            whois_place(witnesses, &witnesses->processes.namespaces[user->userns], place));
}

static void ask_of_file(struct inquiry *inquiry, const struct file_ids *file)
{
        const uint32_t uid = file->ids[SUBID_USERS], gid = file->ids[SUBID_GROUPS];
        struct question *question;

        if (file->error) {
                warn("%s: %s", shown(file->path),
                     file->error == ETIMEDOUT ? "no answer" : strerror(file->error));
                inquiry->failed = true;
                return;
        }
        question = add(inquiry, uid, file->path);
        question->heading = xasprintf("%s: UID %u, GID %u%s", shown(file->path), uid, gid,
                                      volume_text(&inquiry->witnesses, file));
        question->changed = file->changed;
        question->of[SUBID_USERS] = true;
        if (gid != uid) {
                question = add(inquiry, gid, file->path);
                question->changed = file->changed;
        }
        question->of[SUBID_GROUPS] = true;
}

/* Those of one kind that differ, as "UID 0 (real), 5 (effective, saved, file system)". */
static char *kinds_text(const char *word, const uint32_t *ids)
{
        static const char *const kinds[] = {[ID_REAL] = "real",
                                            [ID_EFFECTIVE] = "effective",
                                            [ID_SAVED] = "saved",
                                            [ID_FILE_SYSTEM] = "file system"};
        char *text = NULL;

        for (int i = 0; i < ID_KINDS; i++) {
                char *names = NULL;
                int same = 0, count = 0;

                while (ids[same] != ids[i])
                        same++;
                if (same < i)
                        continue;
                for (int j = i; j < ID_KINDS; j++) {
                        if (ids[j] != ids[i])
                                continue;
                        names = names ? xasprintf("%s, %s", names, kinds[j])
                                      : xasprintf("%s", kinds[j]);
                        count++;
                }
                if (count == ID_KINDS)
                        return xasprintf("%s %u", word, ids[i]);
                text = text ? xasprintf("%s, %u (%s)", text, ids[i], names)
                            : xasprintf("%s %u (%s)", word, ids[i], names);
        }
        return text;
}

static char *process_heading(const struct witnesses *witnesses, struct process *process,
                             const struct process_ids *ids)
{
        const struct place *const place = uses_place(witnesses->uses, process);
        const struct userns *const userns = &witnesses->processes.namespaces[process->userns];
        char *text;
        size_t size;
        FILE *const out = open_memstream(&text, &size);

        if (!out)
                die("out of memory");
        fprintf(out, "PID %d (%s)", (int)process->pid,
                quoted(process->name, strlen(process->name), sizeof(process->name)));
        if (place && place->container)
                fprintf(out, " in %s", whois_place(witnesses, userns, place));
        fprintf(out, ": %s, %s", kinds_text("UID", ids->ids[SUBID_USERS]),
                kinds_text("GID", ids->ids[SUBID_GROUPS]));
        for (size_t i = 0; i < ids->group_count; i++)
                fprintf(out, "%s %u", i == 0 ? ", groups" : "", ids->groups[i]);
        if (fclose(out) != 0)
                die("out of memory");
        return text;
}

/* One of a process, whose others begin with first: each is asked of once. */
static void ask_of_id_of(struct inquiry *inquiry, size_t first, uint32_t id,
                         enum subid_database database, const char *asked)
{
        /* Groups differ from each other, and there may be many. */
        const size_t end = first + (size_t)2 * ID_KINDS;

        for (size_t i = first; i < inquiry->count && i < end; i++) {
                if (inquiry->questions[i].id == id) {
                        inquiry->questions[i].of[database] = true;
                        return;
                }
        }
        add(inquiry, id, asked)->of[database] = true;
}

static void ask_of_process(struct inquiry *inquiry, const char *text)
{
        struct processes *const processes = &inquiry->witnesses.processes;
        const char *const asked = xasprintf("PID %s", text);
        const size_t first = inquiry->count;
        struct process *process = processes->list;
        struct process_ids ids;
        uint32_t pid;

        if (!account_name_parse(xasprintf(NAME_PREFIX "%s", text), &pid))
                die("--pid: %s is no PID", shown(text));
        while (process < processes->list + processes->count && process->pid != (pid_t)pid)
                process++;
        if (process == processes->list + processes->count || !process_ids(process, &ids)) {
                warn("PID %s: no such process, or none that you can see", text);
                inquiry->failed = true;
                return;
        }
        for (int i = 0; i < ID_KINDS; i++)
                ask_of_id_of(inquiry, first, ids.ids[SUBID_USERS][i], SUBID_USERS, asked);
        for (int i = 0; i < ID_KINDS; i++)
                ask_of_id_of(inquiry, first, ids.ids[SUBID_GROUPS][i], SUBID_GROUPS, asked);
        for (size_t i = 0; i < ids.group_count; i++)
                ask_of_id_of(inquiry, first, ids.groups[i], SUBID_GROUPS, asked);
        inquiry->questions[first].heading = process_heading(&inquiry->witnesses, process, &ids);
}

static bool is_path(const char *argument)
{
        return strchr(argument, '/') != NULL;
}

/* All paths are asked of by one child. */
static struct file_ids *look_at_files(char **arguments)
{
        struct file_ids *files;
        size_t count = 0;

        while (arguments[count])
                count++;
        files = xcalloc(count, sizeof(*files));
        count = 0;
        for (; *arguments; arguments++)
                if (is_path(*arguments))
                        files[count++].path = *arguments;
        files_ask(files, count);
        return files;
}

static void ask_of_arguments(struct inquiry *inquiry, char **arguments)
{
        const struct file_ids *file = look_at_files(arguments);

        for (; *arguments; arguments++) {
                if (is_path(*arguments))
                        ask_of_file(inquiry, file++);
                else if (strcmp(*arguments, "-") == 0)
                        ask_of_standard_input(inquiry);
                else
                        ask_of_id(inquiry, *arguments, "");
        }
}

/* Whose each ID is, and who uses it. */
int command_whois(const struct options *options, char **argv)
{
        const struct table_style *const style = &options->table;
        struct inquiry inquiry = {.failed = false};
        struct witnesses *const witnesses = &inquiry.witnesses;

        if (!options->pid && !argv[1])
                die("whois: an argument is missing; try 'subuidctl whois --help'");
        witnesses->table = table_is_wanted(style) ? whois_table(style, options->names) : NULL;
        /* These show of themselves where a column ends. */
        witnesses->show = style->json || style->pairs || style->raw ? printable : quoted;
        witnesses->names = options->names;
        whois_gather(witnesses);
        for (size_t i = 0; options->verbose && i < witnesses->containers.source_count; i++)
                warn("%s: read", shown(witnesses->containers.sources[i]));
        if (options->pid)
                ask_of_process(&inquiry, options->pid);
        ask_of_arguments(&inquiry, argv + 1);
        answer_all(&inquiry);
        if (witnesses->table)
                table_print(witnesses->table);
        else
                flush_output();
        if (inquiry.answered && witnesses->processes.partial)
                warn("not all processes could be looked into%s",
                     geteuid() == 0 ? "" : "; root sees them all");
        return inquiry.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
