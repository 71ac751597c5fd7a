/* SPDX-License-Identifier: MIT */
#include "sources.h"

#include "accounts.h"
#include "child.h"
#include "listing.h"
#include "nsswitch_place.h"
#include "root.h"
#include "settings.h"

#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One source alone can be asked only where nobody else asks: each gets a child. */

static const char *const lines[] = {[SUBID_USERS] = "passwd", [SUBID_GROUPS] = "group"};

/* What a child is asked. */
struct question {
        struct listing listing; /* the first member */
        const struct ranges *ranges;
};

static void tell_id(int to, const struct question *question, uint32_t id)
{
        const bool users = question->listing.database == SUBID_USERS;
        const struct passwd *const pwd = users ? getpwuid(id) : NULL;
        const struct group *const grp = users ? NULL : getgrgid(id);

        if (pwd || grp)
                listing_tell(&question->listing, to, id, pwd ? pwd->pw_name : grp->gr_name);
}

/* Asks for the first, the last and two more IDs of ranges but those of one ID. */
static void sample(int to, const void *data)
{
        const struct question *const question = data;
        size_t line;

        if (!listing_begin(&question->listing))
                return;
        for (size_t i = 0; choose_range(question->ranges, i, &line); i++) {
                const struct subid_range *const range = &question->ranges->owned[line]->range;

                for (uint64_t part = 0; range->count > 1 && part <= 3; part++)
                        tell_id(to, question,
                                range->start + (uint32_t)(part * (range->count - 1) / 3));
        }
}

/* Whether the library of a source has a function to list them; loading it may run its code. */
static void look_for_list(int to, const void *data)
{
        const struct question *const question = data;
        void *const library =
            dlopen(xasprintf("libnss_%s.so.2", question->listing.service), RTLD_LAZY | RTLD_LOCAL);
        const char *const function =
            xasprintf("_nss_%s_%s", question->listing.service,
                      question->listing.database == SUBID_USERS ? "getpwent_r" : "getgrent_r");
        char answer = 's';

        if (!library)
                answer = 'n';
        else if (dlsym(library, function))
                answer = 'y';
        write_all(to, &answer, 1);
}

/* 'n': no such library, 'y': it lists, 's': it does not; -ETIMEDOUT. */
static int lists(const struct question *question, int64_t deadline)
{
        const struct child child = child_start(look_for_list, question);
        char answer = 's';
        const ssize_t n = child_read(&child, &answer, 1, deadline);

        child_end(&child);
        return n == -ETIMEDOUT ? (int)n : answer;
}

/* Takes what a child has to say. Returns false if it did not end in time. */
static bool take(const struct sources *sources, const struct question *question,
                 child_function *ask)
{
        const struct child child = child_start(ask, question);
        struct listed listed;
        ssize_t n;

        while ((n = child_read(&child, &listed, sizeof(listed), sources->deadline)) ==
               sizeof(listed)) {
                listed.name[sizeof(listed.name) - 1] = '\0';
                sources->account(question->listing.service, NULL, 0, listed.id, listed.name,
                                 sources->data);
        }
        child_end(&child);
        if (sources->asked)
                sources->asked(question->listing.service, sources->data);
        return n >= 0;
}

static bool ask_service(const struct sources *sources, const char *service)
{
        const struct question question = {{sources->database, service, sources->segments},
                                          sources->ranges};
        const int can_list = lists(&question, sources->deadline);

        if (can_list == 'n')
                return true;
        if (can_list == 'y' && settings_enumerates(service))
                return take(sources, &question, listing_list);
        warn("%s: not listed for %s: four IDs of a range are asked for", service,
             lines[sources->database]);
        return can_list >= 0 && take(sources, &question, sample);
}

/* Whatever a service of a line knows, but what is in the files, and what is made up of ranges. */
static bool ask_services(const struct sources *sources)
{
        const struct nsswitch *const nsswitch = sources->nsswitch;
        const char *const database = lines[sources->database];
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, database);
        bool answered = true;

        for (size_t i = 0; line && i < line->meant; i++) {
                const char *const service = nsswitch_text(nsswitch, line->services[i].name);

                if (strcmp(service, "files") == 0 || strcmp(service, NSSWITCH_WORD) == 0)
                        continue;
                if (now_ms() >= sources->deadline) {
                        answered = false;
                        warn("%s: not asked for %s: no time is left", service, database);
                } else if (!ask_service(sources, service)) {
                        answered = false;
                        sources->silent(service, line, sources->data);
                }
        }
        return answered;
}

/* Below --root: services of a line that are files of other names. */
static void read_files(const struct sources *sources)
{
        static const struct {
                const char *service, *paths[2];
        } files[] = {
            {"altfiles", {"/usr/lib/passwd", "/usr/lib/group"}},
            {"extrausers", {"/var/lib/extrausers/passwd", "/var/lib/extrausers/group"}},
        };

        const struct nsswitch_line *const line =
            nsswitch_line_of(sources->nsswitch, lines[sources->database]);

        for (size_t i = 0; line && i < sizeof(files) / sizeof(*files); i++) {
                struct accounts accounts;

                if (!nsswitch_find(sources->nsswitch, line, files[i].service))
                        continue;
                accounts_read_file(files[i].paths[sources->database], &accounts);
                for (size_t j = 0; j < accounts.count; j++) {
                        const struct account *const account = &accounts.by_id[j];
                        struct listed listed = {.id = account->id};

                        snprintf(listed.name, sizeof(listed.name), "%.*s",
                                 (int)account->name_length, account->name);
                        sources->account(files[i].service, account->path, account->line, listed.id,
                                         listed.name, sources->data);
                }
                if (sources->asked)
                        sources->asked(files[i].service, sources->data);
        }
}

bool sources_ask(const struct sources *sources)
{
        if (root_is_running())
                return ask_services(sources);
        read_files(sources);
        return true;
}
