/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../root.h"
#include "../taken.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Whether the kubelet starts, and whose IDs its pods get: what it demands of its line when it has
 * an account (kubernetes, pkg/kubelet/kubelet_pods.go, pkg/kubelet/userns). It takes the line from
 * getsubids, so that is asked; below --root the files are.
 */

#define KUBELET "kubelet"

/* For an answer of getsubids, in milliseconds; the kubelet itself would wait for ever. */
#define PATIENCE_MS 5000

#define ADD_ACCOUNT "'useradd --system --no-create-home --shell /usr/sbin/nologin " KUBELET "'"

/* So many pods are named where there may be hundreds. */
#define NAMED_MAX 3

/* What getsubids prints of one database. */
struct printed {
        enum { RANGES, REFUSAL, SILENCE } what;
        size_t count; /* of ranges */
        uint64_t start, length;
};

struct rule {
        const struct checked *checked;
        const struct kubelet *kubelet;
        struct printed printed[2]; /* by enum subid_database */
        const char *add;           /* the advice to write a line anew */
};

/* --- what getsubids prints -------------------------------------------------------------------- */

/* "0: kubelet 65536 7208960", one a line. */
static struct printed parse(const char *output)
{
        struct printed printed = {.what = RANGES};
        struct text rest = {output, strlen(output)}, line;

        while (take_line(&rest, &line)) {
                unsigned long long start, length;

                if (line.size == 0)
                        continue;
                printed.count++;
                if (sscanf(line.bytes, "%*[0-9]: %*s %llu %llu", &start, &length) != 2)
                        return (struct printed){.what = REFUSAL};
                printed.start = start;
                printed.length = length;
        }
        return printed;
}

static struct printed ask(const char *program, enum subid_database database)
{
        const char *const of_users[] = {program, KUBELET, NULL};
        const char *const of_groups[] = {program, "-g", KUBELET, NULL};
        char *output;
        const int r =
            child_run(database == SUBID_USERS ? of_users : of_groups, PATIENCE_MS, &output);

        if (r < 0)
                return (struct printed){.what = SILENCE};
        return r == 0 ? parse(output) : (struct printed){.what = REFUSAL};
}

/* What it would print by the files alone, of which it reads the first one, as shadow does. */
static struct printed read_ranges(const struct checked *checked, const struct side *side)
{
        const struct account *const account =
            accounts_named(&checked->users.accounts, KUBELET, strlen(KUBELET));
        struct printed printed = {.what = side->refused ? REFUSAL : RANGES};

        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];
                uint32_t uid;

                if (!line->is_range ||
                    strcmp(line->path, subid_range_paths[side->database][0]) != 0 ||
                    !(is_owned_by(&line->range, KUBELET, strlen(KUBELET)) ||
                      (account && owner_as_number(range_owner(&line->range), &uid) &&
                       uid == account->id)))
                        continue;
                printed.count++;
                printed.start = line->range.start;
                printed.length = line->range.count;
        }
        return printed;
}

/* --- findings --------------------------------------------------------------------------------- */

/* The command gives each pod as many IDs as pods usually have. */
static const char *advice_to_add(const struct kubelet *kubelet)
{
        const unsigned long long each = kubelet->ids_per_pod, pods = kubelet->max_pods;

        return each == 65536
                   ? advice_to_run(xasprintf("add " KUBELET " --pods %llu", pods))
                   : xasprintf("write " KUBELET ":START:%llu into both files, START a multiple of "
                               "%llu that is free",
                               pods * each, each);
}

/* The last line of the kubelet in the first file of a database, or that file. */
static struct place place_of(const struct checked *checked, enum subid_database database)
{
        const struct ranges *const ranges = &side_of(checked, database)->ranges;
        struct place place = {subid_range_paths[database][0], 0, 0};
        struct range_line *const *lines;
        const size_t count = ranges_of(ranges, KUBELET, strlen(KUBELET), &lines);

        for (size_t i = 0; i < count; i++)
                if (strcmp(lines[i]->path, place.file) == 0)
                        place.line = lines[i]->number;
        return place;
}

/* Whether a line of the kubelet is no range: that is said of the line. */
static bool is_broken(const struct side *side)
{
        static const char begin[] = KUBELET ":";

        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];

                if (!line->is_range && line->length >= strlen(begin) &&
                    memcmp(line->text, begin, strlen(begin)) == 0)
                        return true;
        }
        return false;
}

/* Whether it is said already that groups have none: neither file does, or only that for users. */
static bool is_told(const struct rule *rule, enum subid_database database)
{
        return database == SUBID_GROUPS && (rule->printed[SUBID_USERS].count == 0 ||
                                            (place_of(rule->checked, SUBID_USERS).line > 0 &&
                                             place_of(rule->checked, SUBID_GROUPS).line == 0));
}

/* Whether there is one range; else says what there is, unless something else says why. */
static bool check_lines(const struct rule *rule, enum subid_database database)
{
        const struct side *const side = side_of(rule->checked, database);
        const struct printed *const printed = &rule->printed[database];
        const struct place place = place_of(rule->checked, database);
        const struct place other =
            place_of(rule->checked, database == SUBID_USERS ? SUBID_GROUPS : SUBID_USERS);
        const char *const option = database == SUBID_USERS ? "" : "-g ";

        if (printed->what == SILENCE)
                report(WARNING, "no-answer", place, "look after the service that it asks",
                       "'getsubids %s" KUBELET "' did not answer within %d seconds", option,
                       PATIENCE_MS / 1000);
        else if (printed->count > 1)
                report(ERROR, "kubelet-lines", place, "leave one line, the same in both files",
                       "the kubelet does not start: %zu lines of it, and it takes one alone",
                       printed->count);
        else if (printed->count == 0 && !side->refused && !is_broken(side) &&
                 !is_told(rule, database))
                report(ERROR, "kubelet-lines", place,
                       place.line   ? xasprintf("see what 'getsubids %s" KUBELET "' says", option)
                       : other.line ? "give both files the same line"
                                    : rule->add,
                       "the kubelet does not start: it has an account, and %s",
                       place.line ? "getsubids prints no range of it" : "no line");
        return printed->what == RANGES && printed->count == 1;
}

/* Whether the line can have so many IDs where it begins: nobody else has one of them. */
static bool has_room(const struct checked *checked, uint64_t start, uint64_t count)
{
        const struct ranges ranges[] = {checked->users.ranges, checked->groups.ranges};
        const struct range_line *const lines[] = {
            segments_line_of(&checked->users.segments, (uint32_t)start),
            segments_line_of(&checked->groups.segments, (uint32_t)start)};
        struct taken_list taken;

        taken_read(&taken, ranges, lines, &checked->nsswitch);
        for (size_t i = 0; i < taken.count; i++)
                if (!taken.list[i].is_avoided && taken.list[i].first < start + count &&
                    taken.list[i].last >= start)
                        return false;
        return true;
}

/* What is wrong with the one line, all of it. Returns whether that is nothing. */
static bool check_numbers(const struct rule *rule)
{
        const struct place place = place_of(rule->checked, SUBID_USERS);
        const uint64_t start = rule->printed[SUBID_USERS].start;
        const uint64_t length = rule->printed[SUBID_USERS].length;
        const uint64_t each = rule->kubelet->ids_per_pod, pods = rule->kubelet->max_pods;
        const char *const anew = xasprintf("remove the line, then %s", rule->add);
        const uint64_t enough = each * (length / each > pods ? length / each : pods);
        const bool miscounted = length % each != 0 || length / each < pods;
        const char *const other_count =
            miscounted && start % each == 0 && has_room(rule->checked, start, enough)
                ? xasprintf("make it %llu, in both files", (unsigned long long)enough)
                : anew;

        if (start % each != 0)
                report(ERROR, "kubelet-start", place, anew,
                       "the kubelet does not start: the line begins at %llu, no multiple of %llu "
                       "(idsPerPod)",
                       (unsigned long long)start, (unsigned long long)each);
        else if (start < each)
                report(ERROR, "kubelet-start", place, anew,
                       "the kubelet does not start: the line begins below %llu (idsPerPod)",
                       (unsigned long long)each);
        if (length % each != 0)
                report(ERROR, "kubelet-count", place, other_count,
                       "the kubelet does not start: the count is %llu, no multiple of %llu "
                       "(idsPerPod)",
                       (unsigned long long)length, (unsigned long long)each);
        if (length / each < pods)
                report(ERROR, "kubelet-pods", place, other_count,
                       "the kubelet does not start: a count of %llu is too low for %llu pods "
                       "(maxPods) of %llu (idsPerPod)",
                       (unsigned long long)length, (unsigned long long)pods,
                       (unsigned long long)each);
        if (start + length > (UINT64_C(1) << 32) - each)
                report(ERROR, "kubelet-end", place, anew,
                       "a pod cannot start with the last IDs, up to %llu: the line has to end at "
                       "%llu or before",
                       (unsigned long long)(start + length - 1),
                       (unsigned long long)((UINT64_C(1) << 32) - each - 1));
        return start % each == 0 && start >= each && !miscounted &&
               start + length <= (UINT64_C(1) << 32) - each;
}

/* Pods of which something is wrong, the first of them by name. */
struct named {
        size_t count;
        char *names;
};

/* "namespace/pod", or its UID where that is all that is known. */
static char *name_of(const struct container *pod)
{
        return pod->namespace && pod->pod ? xasprintf("%s/%s", pod->namespace, pod->pod)
                                          : pod->pod_uid;
}

static void add_pod(struct named *named, const struct container *pod, const char *what)
{
        if (named->count++ < NAMED_MAX)
                named->names = xasprintf("%s%s%s (%s)", named->names ? named->names : "",
                                         named->names ? ", " : "", name_of(pod), what);
}

static char *names_of(const struct named *named)
{
        return named->count > NAMED_MAX
                   ? xasprintf("%s and %zu more", named->names, named->count - NAMED_MAX)
                   : named->names;
}

static char *span_of(const struct extent *map)
{
        return range_span("", map->outside, (uint64_t)map->outside + map->count - 1);
}

/* The IDs of a pod, which are one run, the same for users and groups; NULL: they are not. */
static const struct extent *map_of(const struct container *pod)
{
        const struct extent *const map = pod->maps[SUBID_USERS];

        return pod->map_sizes[SUBID_USERS] == 1 && pod->map_sizes[SUBID_GROUPS] == 1 &&
                       memcmp(map, pod->maps[SUBID_GROUPS], sizeof(*map)) == 0 && map->inside == 0
                   ? map
                   : NULL;
}

/* Why the kubelet would not take a record when it starts, or NULL. */
static const char *wrong_record(const struct rule *rule, size_t i)
{
        const struct container *const pods = rule->checked->containers.pods;
        const struct extent *const map = map_of(&pods[i]);
        const struct printed *const line = &rule->printed[SUBID_USERS];

        if (pods[i].map_sizes[SUBID_USERS] == 0)
                return NULL;
        if (!map)
                return "other GIDs than UIDs, or not one run from 0 on";
        if (map->count != rule->kubelet->ids_per_pod)
                return xasprintf("%u IDs, not %llu", map->count,
                                 (unsigned long long)rule->kubelet->ids_per_pod);
        if (map->outside < line->start || map->outside % map->count != 0 ||
            (uint64_t)map->outside + map->count > line->start + line->length)
                return span_of(map);
        for (size_t j = 0; j < i; j++) {
                const struct extent *const other = map_of(&pods[j]);

                if (other && other->outside == map->outside)
                        return xasprintf("%s, as another one", span_of(map));
        }
        return NULL;
}

/* The IDs of pods on record have to lie in the line, also after the next start of the machine. */
static void check_records(const struct rule *rule)
{
        struct named named = {.count = 0};

        for (size_t i = 0; i < rule->checked->containers.pod_count; i++) {
                const char *const wrong = wrong_record(rule, i);

                if (wrong)
                        add_pod(&named, &rule->checked->containers.pods[i], wrong);
        }
        if (named.count)
                report(ERROR, "kubelet-record",
                       (struct place){xasprintf("%s/pods", rule->kubelet->folder), 0, 0},
                       "give it back the line that it had, or drain the node before",
                       "the kubelet does not start: pods have IDs that are not of its line: %s",
                       names_of(&named));
}

static void check_line(const struct rule *rule)
{
        const struct printed *const users = &rule->printed[SUBID_USERS];
        const struct printed *const groups = &rule->printed[SUBID_GROUPS];
        const bool has_users = check_lines(rule, SUBID_USERS);

        if (!check_lines(rule, SUBID_GROUPS) || !has_users)
                return;
        if (users->start != groups->start || users->length != groups->length)
                report(ERROR, "kubelet-mismatch", place_of(rule->checked, SUBID_GROUPS),
                       "give both files the same line",
                       "the kubelet does not start: its GIDs begin at %llu and are %llu, its UIDs "
                       "begin at %llu and are %llu",
                       (unsigned long long)groups->start, (unsigned long long)groups->length,
                       (unsigned long long)users->start, (unsigned long long)users->length);
        else if (check_numbers(rule))
                check_records(rule);
}

static void check_programs(const struct kubelet *kubelet)
{
        const struct place place = {KUBELET, 0, 0};

        if (!root_find_program(kubelet->path, "getsubids"))
                report(ERROR, "kubelet-getsubids", place, "install it (Debian: uidmap)",
                       "does not start: it has an account, and no getsubids in its PATH, %s",
                       kubelet->path);
        if (!root_find_program(kubelet->path, "getent"))
                report(WARNING, "kubelet-getent", place, "install it (Debian: libc-bin)",
                       "has no getent in its PATH, %s: a newer one takes no notice of its account "
                       "then",
                       kubelet->path);
}

/* With the account: it takes its line and nothing else. */
static void check_rule(const struct checked *checked, const struct kubelet *kubelet)
{
        struct rule rule = {.checked = checked, .kubelet = kubelet};
        unsigned long number;
        const char *const service = nsswitch_subid_service(&checked->nsswitch, &number);
        /* Not that of its PATH, which is whose who has started it: this may run as root. */
        const char *const getsubids =
            root_is_running() ? root_find_program(ROOT_PATH, "getsubids") : NULL;

        if (kubelet->path)
                check_programs(kubelet);
        if (kubelet->trouble)
                warn("%s: not read; the kubelet is taken to have %llu pods (maxPods) of %llu IDs "
                     "(idsPerPod)",
                     kubelet->trouble, (unsigned long long)kubelet->max_pods,
                     (unsigned long long)kubelet->ids_per_pod);
        if (kubelet->ids_per_pod % 65536 != 0) {
                report(ERROR, "kubelet-ids", (struct place){kubelet->file, 0, 0},
                       "make it a multiple of 65536, 65536 as a rule",
                       "the kubelet does not start: idsPerPod is %llu, no multiple of 65536",
                       (unsigned long long)kubelet->ids_per_pod);
                return;
        }
        /* A directory is asked by getsubids alone. */
        if (service && !getsubids)
                return;
        rule.add = advice_to_add(kubelet);
        for (size_t i = 0; i < 2; i++)
                rule.printed[i] =
                    getsubids ? ask(getsubids, (enum subid_database)i)
                              : read_ranges(checked, side_of(checked, (enum subid_database)i));
        check_line(&rule);
}

/* The first line that holds some of these IDs, or NULL. */
static const struct range_line *line_in(const struct side *side, const struct extent *map)
{
        const struct segments *const segments = &side->segments;
        const size_t first = segments_from(segments, map->outside);

        return first < segments->count &&
                       segments->list[first].first < (uint64_t)map->outside + map->count
                   ? segments->list[first].line
                   : NULL;
}

/* Without account and line: pods have IDs that are nobody's, or somebody else's. */
static void check_pods(const struct checked *checked)
{
        const struct place place = {xasprintf("%s/pods", checked->containers.kubelet.folder), 0, 0};
        const char *const advice =
            xasprintf("drain the node, %s, then run " ADD_ACCOUNT " and restart the kubelet",
                      advice_to_add(&checked->containers.kubelet));
        struct named unnamed = {.count = 0}, misnamed = {.count = 0};

        for (size_t i = 0; i < checked->containers.pod_count; i++) {
                const struct container *const pod = &checked->containers.pods[i];
                const struct extent *const map = map_of(pod);
                const struct range_line *line;

                if (!map || map->count == 0)
                        continue;
                line = line_in(&checked->users, map);
                if (line)
                        add_pod(&misnamed, pod,
                                xasprintf("%s of %.*s", span_of(map), (int)line->range.owner_length,
                                          line->range.owner));
                else
                        add_pod(&unnamed, pod, span_of(map));
        }
        if (misnamed.count)
                report(ERROR, "pods-misnamed", place, advice,
                       "without an account " KUBELET " pods get any IDs from 65536 up, somebody "
                       "else's among them: %s",
                       names_of(&misnamed));
        if (unnamed.count)
                report(WARNING, "pods-unnamed", place, advice,
                       "without an account " KUBELET " pods get any IDs from 65536 up, which stand "
                       "in no range: %s",
                       names_of(&unnamed));
}

enum has_account { HAS_ACCOUNT, HAS_NONE, NOT_KNOWN };

/* A directory is asked only where there is a sign of the kubelet. */
static enum has_account has_account(const struct checked *checked)
{
        const struct accounts *const accounts = &checked->users.accounts;
        const struct text owner = {KUBELET, strlen(KUBELET)};
        struct identity identity;

        if (accounts_named(accounts, owner.bytes, owner.size))
                return HAS_ACCOUNT;
        if (!checked->containers.kubelet.here)
                return HAS_NONE;
        return !owners_identify(accounts, &owner, 1, &identity) ? NOT_KNOWN
               : identity.known                                 ? HAS_ACCOUNT
                                                                : HAS_NONE;
}

void check_kubelet(const struct checked *checked)
{
        const struct kubelet *const kubelet = &checked->containers.kubelet;
        const struct place place = place_of(checked, SUBID_USERS);

        switch (has_account(checked)) {
        case HAS_ACCOUNT:
                check_rule(checked, kubelet);
                return;
        case NOT_KNOWN:
                warn("whether there is an account " KUBELET " is not known: not checked");
                return;
        case HAS_NONE:
                break;
        }
        if (!kubelet->here)
                return;
        if (place.line)
                report(WARNING, "kubelet-unused", place,
                       "drain the node, run " ADD_ACCOUNT " and restart the kubelet",
                       "not used: without an account " KUBELET
                       " the kubelet gives pods any IDs from 65536 up");
        else
                check_pods(checked);
}
