/* SPDX-License-Identifier: MIT */
#include "whois_answer.h"

#include "util.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHORT_ID = 12 }; /* so much of a container's ID is shown where it has no name */

static const char *word_for(const struct subject *subject)
{
        return subject->entry.database == SUBID_USERS ? "UID" : "GID";
}

static void tell_in_range(const struct witnesses *witnesses, const struct subject *subject)
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
                printf(" (%s: %s)", whois_source(subject), whois_range(witnesses, subject));
        if (entry->is_account)
                printf("; %s has it too, so it is not called %s",
                       subid_account_paths[entry->database], entry->name);
        putchar('\n');
}

void whois_tell(const struct witnesses *witnesses, const struct subject *subject)
{
        const struct account *const account = subject->account;
        const uint32_t id = subject->entry.subid.id;

        if (subject->owner) {
                tell_in_range(witnesses, subject);
                return;
        }
        printf("%u: %s %u, %s", id, word_for(subject), id,
               subid_excluded(id) ? "to which no range gives a name" : "in no range");
        if (subject->reserved)
                printf("; kept for %s", subject->reserved);
        if (subject->is_overflow)
                printf("; the kernel shows it for IDs without a mapping");
        if (account)
                printf("; %s (%s:%lu)",
                       witnesses->show(account->name, account->name_length, SUBID_LINE_MAX),
                       account->path, account->line);
        putchar('\n');
}

void whois_tell_unused(const struct witnesses *witnesses, const struct subject *subject)
{
        /* Of other IDs, our own user namespace has them all. */
        if (!subject->owner)
                return;
        printf("    in no user namespace%s\n",
               witnesses->processes.partial             ? ", or in none that you can see"
               : witnesses->containers.source_count > 0 ? "; on no record"
                                                        : "");
}

static char *container_text(const struct witnesses *witnesses, const struct container *container)
{
        const char *const name = whois_shown(witnesses, container->name);
        const char *pod = container->pod ? container->pod : container->pod_uid;
        const char *text;

        if (container->pod && container->namespace)
                pod = xasprintf("%s/%s", container->namespace, container->pod);
        pod = whois_shown(witnesses, pod);
        if (name && pod)
                text = xasprintf("container %s of pod %s", name, pod);
        else if (name)
                text = xasprintf("container %s", name);
        else if (pod)
                text = xasprintf("pod %s", pod);
        else
                text = xasprintf("container %s",
                                 witnesses->show(container->id, strlen(container->id), SHORT_ID));
        /* The kubelet runs none. */
        return xasprintf("%s%s%s", text, strcmp(container->engine, "kubelet") == 0 ? "" : ", ",
                         strcmp(container->engine, "kubelet") == 0 ? "" : container->engine);
}

char *whois_place(const struct witnesses *witnesses, const struct userns *userns,
                  const struct place *place)
{
        const char *const unit = whois_shown(witnesses, place->unit);
        char *text;

        if (place->container)
                text = container_text(witnesses, place->container);
        else if (userns_is_whole(userns))
                text = xasprintf("subuidctl itself");
        else
                text = xasprintf("PID %d (%s)", (int)place->first->pid,
                                 process_command(place->first, witnesses->show));
        return unit ? xasprintf("%s, %s", text, unit) : text;
}

static void tell_places(const struct witnesses *witnesses, const struct use *use)
{
        const char *const userns =
            use->userns->known ? "the user namespace" : "a user namespace like that";

        if (use->place_count == 1) {
                if (!use->places[0]->container)
                        printf(" in %s of", userns);
                else
                        printf(" in");
                printf(" %s", whois_place(witnesses, use->userns, use->places[0]));
                return;
        }
        printf(" in %s shared by", userns);
        for (size_t i = 0; i < use->place_count; i++) {
                const struct place *const place = use->places[i];

                printf("%s %s", i > 0 ? ";" : "",
                       place->container ? container_text(witnesses, place->container)
                                        : whois_place(witnesses, use->userns, place));
        }
}

/* "10:02" of today, else with the date in front. */
static char *time_text(struct timespec when)
{
        const time_t now = time(NULL);
        struct tm today, then;
        char text[64];

        if (!localtime_r(&now, &today) || !localtime_r(&when.tv_sec, &then))
                return xasprintf("%lld", (long long)when.tv_sec);
        strftime(text, sizeof(text),
                 today.tm_year == then.tm_year && today.tm_yday == then.tm_yday ? "%H:%M"
                                                                                : "%F %H:%M",
                 &then);
        return xasprintf("%s", text);
}

static void tell_record(const struct witnesses *witnesses, const struct container *record,
                        struct timespec since)
{
        printf(", %s %s", record->freed ? "once given to" : "given to",
               container_text(witnesses, record));
        if (since.tv_sec != 0 && !record->freed)
                printf(" since %s", time_text(since));
        printf(" (%s)%s", witnesses->show(record->source, strlen(record->source), SIZE_MAX),
               record->freed ? ", for which the kubelet keeps no IDs now" : "");
}

static bool is_before(struct timespec a, struct timespec b)
{
        return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

void whois_tell_use(const struct witnesses *witnesses, const struct question *question,
                    const struct subject *subject, const struct use *use)
{
        const struct container *const container =
            use->record ? use->record : (*use->places)->container;
        const struct timespec since =
            container ? uses_since(witnesses->uses, container) : (struct timespec){.tv_sec = 0};
        const char *const inner = whois_inner_name(witnesses, subject, use);

        printf("    %s %u", word_for(subject), use->inside);
        if (inner)
                printf(" (%s)", inner);
        if (use->record)
                tell_record(witnesses, use->record, since);
        else
                tell_places(witnesses, use);
        if (use->count > 0)
                printf(": %zu process%s (%s)", use->count, use->count == 1 ? "" : "es",
                       whois_programs(use));
        else
                printf(": no process");
        /* A record says who has the ID now. */
        if (question->changed.tv_sec != 0 && is_before(question->changed, since)) {
                if (!use->record)
                        printf("; it has the ID since %s", time_text(since));
                printf("; the file is of %s: an earlier holder, unknown",
                       time_text(question->changed));
        }
        putchar('\n');
}
