/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "account_name.h"
#include "nss_subuid.h"
#include "subuidctl.h"

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * What the C library answers. It is asked in a child, since a service may take its time (SSSD's,
 * with its daemon stopped, 300 s), and one service alone can be asked only where nobody else asks.
 */

/* For all questions of a child, in seconds. */
#define PATIENCE 5

/* So many ranges are asked for: evenly chosen, the first and the last among them. */
#define RANGES_ASKED 50

/* What a child has found, at a range. */
struct answer {
        size_t line; /* among the ranges of the side */
        uint32_t id;
        char text[100];
};

typedef void ask_function(const struct side *side, int to, const char *service);
typedef void report_function(const struct side *side, const struct answer *answer,
                             const char *service);

static int64_t milliseconds(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reports the answers that come in time. Returns false if the child did not end. */
static bool take_answers(const struct side *side, const char *service, int from,
                         report_function *report_answer)
{
        const int64_t end = milliseconds() + (int64_t)PATIENCE * 1000;
        struct pollfd waiting = {.fd = from, .events = POLLIN};

        for (;;) {
                const int64_t left = end - milliseconds();
                struct answer answer;
                int r;

                if (left <= 0)
                        return false;
                r = poll(&waiting, 1, (int)left);
                if (r < 0 && errno != EINTR)
                        die("poll: %m");
                if (r <= 0)
                        continue;
                /* A child writes an answer at once. */
                if (read(from, &answer, sizeof(answer)) != sizeof(answer))
                        return true;
                report_answer(side, &answer, service);
        }
}

/* Returns false if not all was answered in time. */
static bool ask(const struct side *side, const char *service, ask_function *ask_all,
                report_function *report_answer)
{
        int ends[2], status;
        bool answered;
        pid_t child;

        fflush(NULL);
        if (pipe(ends) < 0)
                die("pipe: %m");
        child = fork();
        if (child < 0)
                die("fork: %m");
        if (child == 0) {
                close(ends[0]);
                ask_all(side, ends[1], service);
                _exit(0);
        }
        close(ends[1]);
        answered = take_answers(side, service, ends[0], report_answer);
        close(ends[0]);
        kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
        return answered;
}

__attribute__((format(printf, 4, 5))) static void tell(int to, size_t line, uint32_t id,
                                                       const char *format, ...)
{
        struct answer this = {.line = line, .id = id};
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(this.text, sizeof(this.text), format, arguments);
        va_end(arguments);
        if (write(to, &this, sizeof(this)) != sizeof(this))
                _exit(1);
}

/* The i-th of the ranges to be asked for. Returns false if there is none. */
static bool choose(const struct side *side, size_t i, size_t *line)
{
        const size_t count = side->ranges.owned_count;

        if (i >= count || i >= RANGES_ASKED)
                return false;
        *line = count <= RANGES_ASKED ? i : i * (count - 1) / (RANGES_ASKED - 1);
        return true;
}

/* --- other services --------------------------------------------------------------------------- */

static const char *name_of(const struct side *side, uint32_t id)
{
        if (side->database == SUBID_USERS) {
                const struct passwd *const pwd = getpwuid(id);

                return pwd ? pwd->pw_name : NULL;
        } else {
                const struct group *const grp = getgrgid(id);

                return grp ? grp->gr_name : NULL;
        }
}

/* Asks one service for the first, the last and two more IDs of each range but those of one ID. */
static void ask_service(const struct side *side, int to, const char *service)
{
        size_t line;

        if (__nss_configure_lookup(side->nss, service) != 0)
                return;
        for (size_t i = 0; choose(side, i, &line); i++) {
                const struct subid_range *const range = &side->ranges.owned[line]->range;

                for (uint64_t part = 0; range->count > 1 && part <= 3; part++) {
                        const uint32_t id =
                            range->start + (uint32_t)(part * (range->count - 1) / 3);
                        const char *const name = subid_excluded(id) ? NULL : name_of(side, id);

                        if (name) {
                                tell(to, line, id, "%s", name);
                                break;
                        }
                }
        }
}

static void report_service(const struct side *side, const struct answer *answer,
                           const char *service)
{
        report_line(ANSWERED, side->ranges.owned[answer->line], "move the range, or the account",
                    "%u is %s of %s, a service of the line for %s", answer->id, answer->text,
                    service, side->nss);
}

static void check_services(const struct checked *checked, const struct side *side)
{
        const struct nsswitch *const nsswitch = &checked->nsswitch;
        const struct nsswitch_line *const line = nsswitch_line_of(nsswitch, side->nss);

        for (size_t i = 0; line && i < line->count; i++) {
                const struct nsswitch_word word = line->services[i].name;
                char *const service =
                    text_of("%.*s", (int)word.length, nsswitch->text + word.offset);

                /* What is in the files, check_ranges has seen. */
                if (strcmp(service, "files") == 0 || strcmp(service, "subuid") == 0 ||
                    *service == '#')
                        continue;
                if (!ask(side, service, ask_service, report_service))
                        report(NO_ANSWER, (struct place){NSSWITCH_FILE, line->number, 0},
                               "look after the service",
                               "%s did not answer within %d seconds: not known whether its "
                               "accounts lie in a range",
                               service, PATIENCE);
        }
}

/* --- there and back --------------------------------------------------------------------------- */

static bool is_account(const struct side *side, uint32_t id)
{
        for (size_t i = 0; i < side->account_count; i++)
                if (side->accounts[i].id == id)
                        return true;
        return false;
}

/* The group that the module gives to a user. */
static uint32_t group_of(uint32_t uid)
{
        struct subid user;
        uint32_t gid;

        return subid_file_locate_user(uid, false, &user, &gid) > 0 ? gid : SUBID_NO_GID;
}

static void round_trip(const struct side *side, int to, size_t line, uint32_t id)
{
        const bool users = side->database == SUBID_USERS;
        const struct passwd *pwd;
        const struct group *grp;
        char name[ACCOUNT_NAME_SIZE];
        const char *found;

        if (subid_excluded(id) || is_account(side, id))
                return;
        account_name_format(name, id);
        found = name_of(side, id);
        if (!found || strcmp(found, name) != 0) {
                /* One ID alone is meant to be that of an account, whichever service knows it. */
                if (found && side->ranges.owned[line]->range.count == 1)
                        return;
                tell(to, line, id, "is %s by number, not %s", found ? found : "unknown", name);
                return;
        }
        pwd = users ? getpwnam(name) : NULL;
        grp = users ? NULL : getgrnam(name);
        if (users ? !pwd || pwd->pw_uid != id : !grp || grp->gr_gid != id)
                tell(to, line, id, "is %s, which is %s by name", name,
                     pwd || grp ? "another" : "unknown");
        else if (pwd && pwd->pw_gid != group_of(id))
                tell(to, line, id, "has the group %u, not %u", pwd->pw_gid, group_of(id));
}

/* The first and the last ID of a range. */
static void ask_round_trips(const struct side *side, int to, const char *service)
{
        size_t line;

        (void)service;
        for (size_t i = 0; choose(side, i, &line); i++) {
                const struct subid_range *const range = &side->ranges.owned[line]->range;

                if (range->count > 0)
                        round_trip(side, to, line, range->start);
                if (range->count > 1)
                        round_trip(side, to, line, range->start + (range->count - 1));
        }
}

static void report_round_trip(const struct side *side, const struct answer *answer,
                              const char *service)
{
        (void)service;
        report_line(ROUND_TRIP, side->ranges.owned[answer->line],
                    "see the other findings; where there are none, nss_subuid(8)",
                    "for the C library %u %s", answer->id, answer->text);
}

static void check_round_trips(const struct side *side)
{
        if (!side->enabled)
                return;
        if (side->ranges.owned_count > RANGES_ASKED)
                error("%s: %d of %zu ranges were looked up", side->files[0], RANGES_ASKED,
                      side->ranges.owned_count);
        if (!ask(side, NULL, ask_round_trips, report_round_trip))
                report(NO_ANSWER, (struct place){NSSWITCH_FILE, 0, 0}, "look after its services",
                       "the lookups for %s did not end within %d seconds", side->nss, PATIENCE);
}

void check_lookups(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};

        for (size_t i = 0; i < 2; i++) {
                check_services(checked, sides[i]);
                check_round_trips(sides[i]);
        }
}
