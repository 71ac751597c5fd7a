/* SPDX-License-Identifier: MIT */
#include "taken.h"

#include "account_name.h"
#include "accounts.h"
#include "child.h"
#include "idmaps.h"
#include "processes.h"
#include "reserved.h"
#include "root.h"
#include "settings.h"
#include "sources.h"
#include "userdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS (UINT64_C(1) << 32)
#define LIMIT (IDS - TAKEN_STEP)

/* A setting may say more than there are: "-1" is the largest number of 64 bits. */
static void add(struct taken_list *taken, struct taken ids)
{
        if (ids.last >= IDS)
                ids.last = IDS - 1;
        if (ids.first > ids.last)
                return;
        taken->list = grow(taken->list, taken->count, &taken->room, sizeof(*taken->list));
        taken->list[taken->count++] = ids;
}

void taken_avoid(struct taken_list *taken, uint64_t first, uint64_t last)
{
        add(taken, (struct taken){.first = first, .last = last, .is_avoided = true});
}

char *taken_describe(const struct taken *taken, uint64_t first, uint64_t last)
{
        const char *const source = taken->source ? taken->source : "";
        const char *const line = taken->line ? xasprintf(":%lu", taken->line) : "";
        const char *const name =
            taken->name.size ? quoted(taken->name.bytes, taken->name.size, SUBID_LINE_MAX) : "";

        return xasprintf("%s%s%s%s%s: %s%s%s", *source == '/' ? root_folder() : "", source, line,
                         *source ? ": " : "",
                         range_span("", first < taken->first ? taken->first : first,
                                    last > taken->last ? taken->last : last),
                         taken->whose, *name ? " " : "", name);
}

/* --- login.defs ------------------------------------------------------------------------------- */

void login_ids(enum subid_database database, uint64_t *first, uint64_t *last)
{
        *first = login_defs_number(database == SUBID_USERS ? "UID_MIN" : "GID_MIN", 1000);
        *last = login_defs_number(database == SUBID_USERS ? "UID_MAX" : "GID_MAX", 60000);
        if (*first <= SYSTEM_LAST)
                *first = SYSTEM_LAST + 1;
}

static struct user_room room_of(enum subid_database database)
{
        const char *const prefix = database == SUBID_USERS ? "SUB_UID" : "SUB_GID";

        return (struct user_room){login_defs_number(xasprintf("%s_MIN", prefix), 100000),
                                  login_defs_number(xasprintf("%s_MAX", prefix), 600100000),
                                  login_defs_number(xasprintf("%s_COUNT", prefix), 65536)};
}

/* As shadow's find_free_range (lib/subordinateio.c): the first gap that is large enough. */
bool user_room_is_left(enum subid_database database, const struct ranges *ranges,
                       struct range_line *more, struct user_room *room)
{
        struct range_line **const lines = xcalloc(ranges->count + 1, sizeof(struct range_line *));
        const struct range_line **sorted;
        uint64_t at, behind;
        size_t count = 0;
        bool left = false;

        *room = room_of(database);
        at = room->min;
        behind = room->max + 1;
        for (size_t i = 0; i < ranges->count; i++)
                if (ranges->lines[i].is_range && ranges->lines[i].range.count > 0 &&
                    strcmp(ranges->lines[i].path, subid_range_paths[database][0]) == 0)
                        lines[count++] = &ranges->lines[i];
        if (more)
                lines[count++] = more;
        sorted = ranges_by_start(lines, count);
        for (size_t i = 0; i < count && !left; i++) {
                const uint64_t start = sorted[i]->range.start;

                left = (start < behind ? start : behind) >= at + room->count;
                if (range_end(sorted[i]) > at)
                        at = range_end(sorted[i]);
        }
        free(sorted);
        free(lines);
        return left || behind >= at + room->count || room->count == 0 || room->max >= IDS ||
               login_defs_yes("SUB_UID_DETERMINISTIC");
}

/* How many IDs from first to last are those of systemd-nspawn. */
static uint64_t of_nspawn(uint64_t first, uint64_t last)
{
        first = first < NSPAWN_FIRST ? NSPAWN_FIRST : first;
        last = last > NSPAWN_LAST ? NSPAWN_LAST : last;
        return first <= last ? last - first + 1 : 0;
}

bool nspawn_room_is_left(const struct segments *users, uint64_t start, uint64_t count,
                         uint64_t *held)
{
        *held = count ? of_nspawn(start, start + count - 1) : 0;
        for (size_t i = segments_from(users, NSPAWN_FIRST); i < users->count; i++)
                *held += of_nspawn(users->list[i].first, users->list[i].last);
        return *held * 10 < (NSPAWN_LAST - NSPAWN_FIRST + 1) * 9 ||
               !root_exists("/usr/bin/systemd-nspawn");
}

/* --- what is known ---------------------------------------------------------------------------- */

/*
 * What a line that is no range holds once it is mended. Shadow 4.13 and 4.17 honour some as they
 * are.
 */
static bool is_meant(const struct range_line *line, struct taken *ids)
{
        char *const text = xstrndup(line->text, line->length);
        const char *const colon = strchr(text, ':');
        long long start, count;
        const bool meant = *text != '#' && colon &&
                           sscanf(colon, ":%lli:%lli", &start, &count) == 2 && start >= 0 &&
                           start < (long long)IDS && count > 0;

        if (meant) {
                ids->first = (uint64_t)start;
                ids->last = ids->first + (uint64_t)count - 1;
                ids->name = (struct text){line->text, (size_t)(colon - text)};
        }
        free(text);
        return meant;
}

static void add_lines(struct taken_list *taken, const struct ranges *ranges,
                      const struct range_line *except)
{
        for (size_t i = 0; i < ranges->count; i++) {
                const struct range_line *const line = &ranges->lines[i];
                struct taken ids = {.first = line->range.start,
                                    .last = range_end(line) - 1,
                                    .source = line->path,
                                    .line = line->number,
                                    .whose = "a range of",
                                    .name = range_owner(&line->range)};

                if (line != except &&
                    (line->is_range ? line->range.count > 0 : is_meant(line, &ids)))
                        add(taken, ids);
        }
}

/* The ID that a name such as _200193 says, if it does. */
static bool is_named(struct text name, uint32_t *id)
{
        char *const text = xstrndup(name.bytes, name.size);
        const bool named = account_name_parse(text, id);

        free(text);
        return named;
}

/* An account has its ID. Who is called as the ID of another has that, too. */
static void add_account(struct taken_list *taken, const char *source, unsigned long line,
                        uint32_t id, struct text name)
{
        uint32_t named;

        add(taken, (struct taken){id, id, source, line, "the ID of", name, false});
        if (is_named(name, &named) && named != id)
                add(taken,
                    (struct taken){named, named, source, line, "in the name of", name, false});
}

static void add_local_accounts(struct taken_list *taken, enum subid_database database)
{
        struct accounts accounts;

        accounts_read(database, &accounts);
        for (size_t i = 0; i < accounts.count; i++) {
                const struct account *const account = &accounts.by_id[i];

                add_account(taken, account->path, account->line, account->id,
                            (struct text){account->name, account->name_length});
        }
}

/* Whoever is a member of a group of the host, as an ID's user: check tells of the group. */
static void add_members(struct taken_list *taken)
{
        const char *const path = subid_account_paths[SUBID_GROUPS];
        struct text text, line, name;

        if (root_read(path, &text) < 0)
                return;
        for (unsigned long number = 1; take_line(&text, &line); number++) {
                struct text list = account_field(line, 3);
                uint32_t id;

                while (take_member(&list, &name))
                        if (is_named(name, &id))
                                add(taken,
                                    (struct taken){id, id, path, number,
                                                   "in the name of the member", name, false});
        }
}

static void add_systems(struct taken_list *taken)
{
        add(taken, (struct taken){.last = TAKEN_STEP - 1, .whose = "IDs of the system"});
        for (size_t i = 0; i < SUBID_EXCLUDED_COUNT; i++) {
                const struct subid_excluded *const row = &subid_excluded_ids[i];

                add(taken,
                    (struct taken){.first = row->first, .last = row->last, .whose = row->whose});
        }
        add(taken, (struct taken){.first = LIMIT,
                                  .last = IDS - 1,
                                  .whose = "the last 65536 numbers, one of which is no ID"});
}

static void add_login_defs(struct taken_list *taken, enum subid_database database)
{
        const struct user_room room = room_of(database);
        struct taken ids = {.source = "/etc/login.defs",
                            .whose = "IDs that useradd and groupadd give to accounts"};

        login_ids(database, &ids.first, &ids.last);
        add(taken, ids);
        /* Images and machines whose users come later have the first one's line in mind. */
        if (room.count > 0 && room.min < IDS)
                taken_avoid(taken, room.min, room.min + room.count - 1);
}

static void add_maps(struct taken_list *taken, const struct nsswitch *nsswitch)
{
        struct idmaps idmaps;

        idmaps_read(nsswitch, &idmaps);
        for (size_t i = 0; i < idmaps.count; i++) {
                const struct idmap *const idmap = &idmaps.list[i];

                add(taken,
                    (struct taken){.first = idmap->first,
                                   .last = idmap->last,
                                   .source = idmap->file,
                                   .whose = xasprintf("IDs for accounts, by %s",
                                                      printable(idmap->whose, strlen(idmap->whose),
                                                                SUBID_LINE_MAX)),
                                   .is_avoided = idmap->is_for_ranges});
        }
}

/* IDs that a user namespace uses, and that stand in no line: whoever runs it has chosen them. */
static void add_used(struct taken_list *taken)
{
        struct processes processes;

        processes_read(&processes);
        for (size_t i = 0; i < processes.namespace_count; i++) {
                const struct userns *const userns = &processes.namespaces[i];

                for (size_t j = 0; j < 2 && userns->count > 0 && !userns->own; j++)
                        for (size_t k = 0; k < userns->map_sizes[j]; k++) {
                                const struct extent *const extent = &userns->maps[j][k];

                                /* Not shifted, they are those of the namespace around it. */
                                if (extent->inside != extent->outside)
                                        taken_avoid(taken, extent->outside,
                                                    extent->outside + (uint64_t)extent->count - 1);
                        }
        }
}

void taken_read(struct taken_list *taken, const struct ranges *ranges,
                const struct range_line *const *except, const struct nsswitch *nsswitch)
{
        *taken = (struct taken_list){.count = 0};
        add_systems(taken);
        for (int i = 0; i < 2; i++) {
                add_lines(taken, &ranges[i], except[i]);
                add_local_accounts(taken, (enum subid_database)i);
                add_login_defs(taken, (enum subid_database)i);
        }
        add_members(taken);
        add_maps(taken, nsswitch);
        /* In a mere chroot, as an image is built in, there may be no /proc. */
        if (root_is_running() && root_exists("/proc/self/ns/user"))
                add_used(taken);
}

/* --- what others have to be asked for --------------------------------------------------------- */

/* A range as the only one, for those who ask about ranges. */
struct only_range {
        struct range_line line, *owned;
        struct ranges ranges;
        struct segment segment;
        struct segments segments;
};

static void make_only_range(struct only_range *only, uint64_t start, uint64_t count)
{
        only->line = (struct range_line){.is_range = true};
        only->line.range.start = (uint32_t)start;
        only->line.range.count = (uint32_t)count;
        only->owned = &only->line;
        only->ranges = (struct ranges){&only->line, 1, &only->owned, 1};
        only->segment = (struct segment){start, start + count - 1, &only->line};
        only->segments = (struct segments){&only->segment, 1};
}

static void take_account(const char *source, const char *file, unsigned long line, uint32_t id,
                         const char *name, void *data)
{
        const size_t length = strlen(name);

        add_account(data, file ? file : source, line, id,
                    (struct text){xstrndup(name, length), length});
}

static void tell_silence(const char *source, const struct nsswitch_line *line, void *data)
{
        (void)line;
        (void)data;
        warn(
            "%s: did not answer within %d seconds: not known whether its accounts lie in the range",
            source, SOURCES_PATIENCE_MS / 1000);
}

bool taken_ask(struct taken_list *taken, const struct nsswitch *nsswitch, uint64_t start,
               uint64_t count, int64_t deadline)
{
        const size_t before = taken->count;
        struct only_range range, rest;
        bool found = false;

        make_only_range(&range, start, count);
        /* What a source lists need not be asked for twice: the next free range lies behind. */
        make_only_range(&rest, start, IDS - start);
        for (int i = 0; i < 2; i++) {
                const enum subid_database database = (enum subid_database)i;
                const char *const record = userdb_record_in(database, &range.segments);

                if (record)
                        add(taken, (struct taken){.first = start,
                                                  .last = start + count - 1,
                                                  .whose = "an ID of them has the record",
                                                  .name = {record, strlen(record)}});
                sources_ask(&(struct sources){.database = database,
                                              .nsswitch = nsswitch,
                                              .segments = &rest.segments,
                                              .ranges = &range.ranges,
                                              .deadline = deadline,
                                              .data = taken,
                                              .account = take_account,
                                              .silent = tell_silence});
        }
        for (size_t i = before; i < taken->count; i++)
                found |= taken->list[i].first < start + count && taken->list[i].last >= start;
        return found;
}

/* --- the search ------------------------------------------------------------------------------- */

static int compare_firsts(const void *a, const void *b)
{
        const struct taken *const x = a, *const y = b;

        return (x->first > y->first) - (x->first < y->first);
}

static uint64_t round_up(uint64_t id)
{
        return (id + TAKEN_STEP - 1) / TAKEN_STEP * TAKEN_STEP;
}

static uint64_t find_from(const struct taken_list *taken, uint64_t from, uint64_t count)
{
        uint64_t at = round_up(from);

        for (size_t i = 0; i < taken->count && taken->list[i].first < at + count; i++)
                if (taken->list[i].last >= at)
                        at = round_up(taken->list[i].last + 1);
        return at + count <= LIMIT ? at : 0;
}

uint64_t taken_find_free(struct taken_list *taken, uint64_t count)
{
        const uint64_t min = room_of(SUBID_USERS).min;
        uint64_t start;

        qsort(taken->list, taken->count, sizeof(*taken->list), compare_firsts);
        start = find_from(taken, min, count);
        return start ? start : find_from(taken, TAKEN_STEP, count);
}
