/* SPDX-License-Identifier: MIT */
#include "whois_answer.h"

#include "inner_name.h"
#include "nss_subuid.h"
#include "reserved.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

/* So many programs of a use are named, and so many bytes shown of what a record says. */
enum { PROGRAMS_MAX = 6, RECORD_MAX = 253 };

void whois_gather(struct witnesses *witnesses)
{
        for (int i = 0; i < 2; i++) {
                const enum subid_database database = (enum subid_database)i;

                ranges_read(database, &witnesses->ranges[i]);
                segments_find(&witnesses->ranges[i], &witnesses->segments[i]);
                accounts_read(database, &witnesses->accounts[i]);
                witnesses->has_overflow[i] = reserved_overflow(database, &witnesses->overflow[i]);
        }
        processes_read(&witnesses->processes);
        containers_read(&witnesses->containers, &witnesses->processes);
        witnesses->uses = uses_index(&witnesses->processes, &witnesses->containers);
}

char *whois_shown(const struct witnesses *witnesses, const char *text)
{
        return text ? witnesses->show(text, strlen(text), RECORD_MAX) : NULL;
}

char *whois_source(const struct subject *subject)
{
        return subject->line ? xasprintf("%s:%lu", subject->line->path, subject->line->number)
                             : NULL;
}

char *whois_range(const struct witnesses *witnesses, const struct subject *subject)
{
        const struct range_line *const line = subject->line;

        return line ? witnesses->show(line->text, line->length, SUBID_LINE_MAX) : NULL;
}

/* The different ones among the processes of a use, quoted as in a sentence: they are a list. */
char *whois_programs(const struct use *use)
{
        char *names[PROGRAMS_MAX], *text = NULL;
        size_t count = 0;

        for (size_t i = 0; i < use->count; i++) {
                char *const name = process_program(use->running[i], quoted);
                size_t same = 0;

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

char *whois_inner_name(const struct witnesses *witnesses, const struct subject *subject,
                       const struct use *use)
{
        const struct process *asked;
        const char *why;
        char *name;

        if (!witnesses->names || !use->userns)
                return NULL;
        /* Containers may share a user namespace: the one that runs as the ID tells which it is. */
        asked = use->count > 0 ? use->running[0] : use->places[0]->first;
        name = inner_name(asked, use->userns, subject->entry.database, use->inside, witnesses->show,
                          &why);
        if (why)
                warn("--names: the container of PID %d cannot be asked: %s", (int)asked->pid, why);
        return name;
}

/* What the ID is as a user or as a group. Returns false if it is in no range. */
static bool find_subject(const struct witnesses *witnesses, enum subid_database database,
                         uint32_t id, struct subject *subject)
{
        const struct range_line *const line = segments_line_of(&witnesses->segments[database], id);

        *subject = (struct subject){.entry = {.database = database}, .line = line};
        if (line && entry_find(database, id, &subject->entry)) {
                subject->owner = witnesses->show(
                    subject->entry.subid.owner, subject->entry.subid.owner_length, ENTRY_OWNER_MAX);
                return true;
        }
        subject->entry.subid.id = id;
        subject->reserved = reserved_for(id);
        subject->account = accounts_with_id(&witnesses->accounts[database], id);
        subject->is_overflow =
            witnesses->has_overflow[database] && witnesses->overflow[database] == id;
        return false;
}

/* Whether a process runs as the ID. */
static bool runs(const struct witnesses *witnesses, enum subid_database database, uint32_t id)
{
        struct use *uses;
        const size_t count = uses_find(witnesses->uses, database, id, &uses);

        for (size_t i = 0; i < count; i++)
                if (uses[i].count > 0)
                        return true;
        return false;
}

/* Whether anything is known of an ID that is in no range. */
static bool is_known(const struct witnesses *witnesses, const struct subject *subject)
{
        struct use *uses;

        return subject->reserved || subject->account || subject->is_overflow ||
               uses_find(witnesses->uses, subject->entry.database, subject->entry.subid.id, &uses) >
                   0;
}

void whois_prepare(const struct witnesses *witnesses, const struct question *question)
{
        struct use *uses;

        for (int i = 0; i < 2; i++)
                if (question->of[i])
                        uses_find(witnesses->uses, (enum subid_database)i, question->id, &uses);
}

size_t whois_subjects(const struct witnesses *witnesses, const struct question *question,
                      struct subject subjects[2])
{
        const uint32_t id = question->id;
        struct subject user, group;
        bool as_user, as_group, user_in_range, group_in_range;
        size_t count = 0;

        user_in_range =
            find_subject(witnesses, SUBID_USERS, id, &user) && question->of[SUBID_USERS];
        group_in_range =
            find_subject(witnesses, SUBID_GROUPS, id, &group) && question->of[SUBID_GROUPS];
        as_user = question->of[SUBID_USERS] &&
                  (user_in_range || (group_in_range ? runs(witnesses, SUBID_USERS, id)
                                                    : is_known(witnesses, &user)));
        /* Mostly the user's own group: of that it is said once. */
        if (group_in_range)
                as_group = !user_in_range || user.entry.gid != id;
        else
                as_group = question->of[SUBID_GROUPS] && !user_in_range &&
                           (as_user ? !runs(witnesses, SUBID_USERS, id) &&
                                          runs(witnesses, SUBID_GROUPS, id)
                                    : is_known(witnesses, &group));
        if (as_user)
                subjects[count++] = user;
        if (as_group)
                subjects[count++] = group;
        return count;
}
