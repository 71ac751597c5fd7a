/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../libraries.h"
#include "../root.h"
#include "../taken.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What engines want of the range files, where they are on the machine and set up to use them:
 * podman as root and CRI-O, Docker, LXC, Incus and LXD.
 */

#define DOCKER_FILE "/etc/docker/daemon.json"
#define LXC_FILE "/etc/lxc/default.conf"
#define LXC_FOLDER "/var/lib/lxc"

#define SYSTEM_ACCOUNT "useradd --system --no-create-home --shell /usr/sbin/nologin"

/* The first line of an owner, of so many IDs or more, in the file that engines read, or NULL. */
static const struct range_line *line_of(const struct side *side, const char *owner, uint64_t least)
{
        struct range_line *const *lines;
        const size_t count = ranges_of(&side->ranges, owner, strlen(owner), &lines);

        for (size_t i = 0; i < count; i++)
                if (lines[i]->range.count >= least &&
                    strcmp(lines[i]->path, subid_range_paths[side->database][0]) == 0)
                        return lines[i];
        return NULL;
}

/* Whether a line of the owner in that file has one of these IDs. */
static bool has_some(const struct side *side, const char *owner, uint64_t start, uint64_t count)
{
        struct range_line *const *lines;
        const size_t line_count = ranges_of(&side->ranges, owner, strlen(owner), &lines);

        for (size_t i = 0; i < line_count; i++) {
                uint64_t first = start, last = start + count - 1;

                if (strcmp(lines[i]->path, subid_range_paths[side->database][0]) == 0 &&
                    range_meets(&lines[i]->range, &first, &last))
                        return true;
        }
        return false;
}

char *advice_to_give(const struct checked *checked, const char *owner, uint64_t start,
                     uint64_t count)
{
        const bool as_uids = has_some(&checked->users, owner, start, count);
        const bool as_gids = has_some(&checked->groups, owner, start, count);
        /* The command gives no second line, and begins ranges at such starts alone. */
        const bool can_add = start % TAKEN_STEP == 0 && !line_of(&checked->users, owner, 1) &&
                             !line_of(&checked->groups, owner, 1);
        /* podman sorts an owner's lines, Docker does not. */
        const uint64_t end = start + count, above = (UINT64_C(1) << 32) - end;
        const bool is_last = !has_some(&checked->users, owner, end, above) &&
                             !has_some(&checked->groups, owner, end, above);
        const char *const command = xasprintf("add %s --start %llu --count %llu", owner,
                                              (unsigned long long)start, (unsigned long long)count);

        return can_add ? xasprintf("%s", advice_to_run(command))
                       : xasprintf("add the line %s:%llu:%llu to %s%s", owner,
                                   (unsigned long long)start, (unsigned long long)count,
                                   as_uids   ? subid_range_paths[SUBID_GROUPS][0]
                                   : as_gids ? subid_range_paths[SUBID_USERS][0]
                                             : "both files",
                                   is_last ? "" : ", sorted by its start");
}

/* Whether it is one, or may be one: a directory may not answer. */
static bool is_account(const struct checked *checked, const char *name)
{
        const struct text owner = {name, strlen(name)};
        struct identity identity;

        return !owners_identify(&checked->users.accounts, &owner, 1, &identity) || identity.known;
}

/* What cannot be read is said, unless it is not there or for root alone. */
static bool read_or_say(const char *path, struct text *text)
{
        const int r = root_read(path, text);

        if (r < 0 && r != -ENOENT && r != -ENOTDIR && !root_is_needed(-r))
                warn("%s%s: not checked: %s", root_folder(),
                     printable(path, strlen(path), SIZE_MAX), root_reason(r));
        return r == 0;
}

/* --- podman and CRI-O ------------------------------------------------------------------------- */

/* They take the IDs of --userns=auto from "containers", which from shadow 4.20 on finds accounts.
 */
static void check_containers(const struct checked *checked)
{
        static const char *const programs[] = {"podman", "crio"};
        const struct range_line *const line = line_of(&checked->users, "containers", 1);

        for (size_t i = 0; line && i < sizeof(programs) / sizeof(*programs); i++) {
                const char *const program = root_find_program(ROOT_PATH, programs[i]);

                if (!program || !libraries_linked(program, "libsubid.so.6") ||
                    is_account(checked, "containers"))
                        continue;
                report_line(ERROR, "containers-account", line,
                            "run '" SYSTEM_ACCOUNT " containers'",
                            "%s does not find the range: its libsubid (shadow 4.20) knows those of "
                            "accounts alone",
                            program);
                return;
        }
}

/* --- Docker ----------------------------------------------------------------------------------- */

/* Names and numbers are the same to it. */
static bool has_line(const struct side *side, const struct account *account)
{
        return line_of(side, xstrndup(account->name, account->name_length), 1) ||
               line_of(side, xasprintf("%u", account->id), 1);
}

/* What to do where a name is no account: it gets one, and lines, if useradd takes the name. */
static char *advice_to_make(const struct checked *checked, const char *name, const char *add)
{
        const bool has_lines =
            line_of(&checked->users, name, 1) || line_of(&checked->groups, name, 1);

        if ((!isalpha((unsigned char)*name) && *name != '_') ||
            strcmp(name, quoted(name, strlen(name), SIZE_MAX)) != 0)
                return xasprintf("name an account there, or \"default\"");
        return xasprintf("run '" SYSTEM_ACCOUNT " %s'%s%s", name, has_lines ? "" : ", then ",
                         has_lines ? "" : add);
}

static void check_docker(const struct checked *checked)
{
        const struct accounts *const accounts = &checked->users.accounts;
        /* "USER" or "USER:GROUP" */
        const char *const remap = checked->containers.docker_remap;
        const struct place place = {DOCKER_FILE, 0, 0};
        const struct account *account;
        const char *name, *shown, *add;
        bool by_default;
        uint32_t uid;

        if (!remap || !*remap)
                return;
        name = xstrndup(remap, strcspn(remap, ":"));
        by_default = strcmp(name, "default") == 0;
        if (by_default)
                name = "dockremap";
        shown = quoted(name, strlen(name), SIZE_MAX);
        add = advice_to_run(xasprintf("add %s", shown));
        account = accounts_named(accounts, name, strlen(name));
        if (!account && owner_as_number((struct text){name, strlen(name)}, &uid))
                account = accounts_with_id(accounts, uid);
        if (!account) {
                /* The default one it makes by itself, lines and all. */
                if (!by_default && !is_account(checked, name))
                        report(ERROR, "docker-remap", place, advice_to_make(checked, name, add),
                               "Docker does not start: userns-remap names %s, which is no account",
                               shown);
                return;
        }
        /* Root maps nothing for it. Of one file alone check_ranges tells. */
        if (account->id != 0 && !has_line(&checked->users, account) &&
            !has_line(&checked->groups, account))
                report(ERROR, "docker-remap", place, add,
                       "Docker does not start: userns-remap names %s, who has no line in %s", shown,
                       subid_range_paths[SUBID_USERS][0]);
}

/* --- LXC -------------------------------------------------------------------------------------- */

/*
 * Of the IDs from *first on, in front of *end, the first ones that no line of root's has, by name
 * or number. Returns false if his lines hold all.
 */
static bool find_gap(const struct side *side, uint64_t *first, uint64_t *end)
{
        struct range_line *const *named;
        struct range_line *const *numbered;
        const size_t names = ranges_of(&side->ranges, "root", 4, &named);
        const size_t numbers = ranges_of(&side->ranges, "0", 1, &numbered);
        struct range_line **const lines = xcalloc(names + numbers, sizeof(struct range_line *));
        const struct range_line **sorted;

        for (size_t i = 0; i < names + numbers; i++)
                lines[i] = i < names ? named[i] : numbered[i - names];
        sorted = ranges_by_start(lines, names + numbers);
        for (size_t i = 0; i < names + numbers && sorted[i]->range.start < *end; i++) {
                if (strcmp(sorted[i]->path, subid_range_paths[side->database][0]) != 0 ||
                    sorted[i]->range.count == 0 || range_end(sorted[i]) <= *first)
                        continue;
                if (sorted[i]->range.start > *first)
                        *end = sorted[i]->range.start;
                else
                        *first = range_end(sorted[i]);
        }
        free(sorted);
        free(lines);
        return *first < *end;
}

/* Whether a line of another owner than root has one of these IDs. */
static bool is_of_others(const struct side *side, uint64_t first, uint64_t end)
{
        const struct segments *const segments = &side->segments;

        for (size_t i = segments_from(segments, first);
             i < segments->count && segments->list[i].first < end; i++)
                if (!is_owned_by(&segments->list[i].line->range, "root", 4) &&
                    !is_owned_by(&segments->list[i].line->range, "0", 1))
                        return true;
        return false;
}

/* What others or the system have is not given to root. One ID alone is passed through as it is. */
static char *advice_to_map(const struct checked *checked, uint64_t first, uint64_t end)
{
        const uint64_t count = end - first;

        if ((first < TAKEN_STEP && count > 1) || end > UINT64_C(1) << 32 ||
            is_of_others(&checked->users, first, end) || is_of_others(&checked->groups, first, end))
                return xasprintf("map IDs that are root's");
        return advice_to_give(checked, "root", first, count);
}

/* LXC's "lxc.idmap = u 0 100000 65536", and "g", "b" for both; it had another name before 2.1. */
static void check_map(const struct checked *checked, const char *path, unsigned long number,
                      const char *line)
{
        unsigned long long inside, outside, count;
        char which;

        if ((sscanf(line, " lxc.idmap = %c %llu %llu %llu", &which, &inside, &outside, &count) !=
                 4 &&
             sscanf(line, " lxc.id_map = %c %llu %llu %llu", &which, &inside, &outside, &count) !=
                 4) ||
            outside > UINT32_MAX || count == 0 || count > UINT32_MAX ||
            /* newuidmap lets everybody map himself. */
            (outside == 0 && count == 1))
                return;
        for (size_t i = 0; i < 2; i++) {
                const struct side *const side = side_of(checked, (enum subid_database)i);
                uint64_t first = outside, end = outside + count;

                if ((which != 'b' && which != "ug"[i]) || !find_gap(side, &first, &end))
                        continue;
                report(ERROR, "lxc-map", (struct place){path, number, 0},
                       advice_to_map(checked, first, end),
                       "a container does not start: it maps the %s %s, which are not all root's in "
                       "%s",
                       side->ids, range_span("", outside, outside + count - 1),
                       subid_range_paths[i][0]);
                return;
        }
}

/* An empty value takes back all that stands before it. */
static bool clears_maps(const char *line)
{
        int end = -1;

        (void)sscanf(line, " lxc.idmap = %n", &end);
        if (end < 0)
                (void)sscanf(line, " lxc.id_map = %n", &end);
        return end >= 0 && line[end] == '\0';
}

static void check_lxc_file(const struct checked *checked, const char *path)
{
        unsigned long number, cleared = 0;
        struct text text, rest, line;

        if (!read_or_say(path, &text))
                return;
        rest = text;
        for (number = 1; take_line(&rest, &line); number++)
                if (clears_maps(xstrndup(line.bytes, line.size)))
                        cleared = number;
        for (number = 1; take_line(&text, &line); number++)
                if (number > cleared)
                        check_map(checked, path, number, xstrndup(line.bytes, line.size));
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Where newuidmap and newgidmap are, LXC and Incus take care to use what is given to root. */
static bool has_idmap_programs(void)
{
        return root_find_program(ROOT_PATH, "newuidmap") &&
               root_find_program(ROOT_PATH, "newgidmap");
}

static void check_lxc(const struct checked *checked)
{
        char **folders;

        check_lxc_file(checked, LXC_FILE);
        if (root_list(LXC_FOLDER, "", &folders) < 0)
                return;
        for (; *folders; folders++)
                check_lxc_file(checked, xasprintf("%s/config", *folders));
}

/* They pass over a line of fewer IDs. */
#define INCUS_LEAST 65536

static bool has_root_line(const struct side *side, uint64_t least)
{
        return line_of(side, "root", least) || line_of(side, "0", least);
}

static void check_incus(const struct checked *checked)
{
        static const struct {
                const char *folder, *name;
        } engines[] = {{"/var/lib/incus", "Incus"}, {"/var/lib/lxd", "LXD"}};

        /* Of one file alone check_ranges tells. */
        if (has_root_line(&checked->users, INCUS_LEAST) ||
            has_root_line(&checked->groups, INCUS_LEAST))
                return;
        /* With either file missing they take IDs of their own choice. */
        if (!root_exists(subid_range_paths[SUBID_USERS][0]) ||
            !root_exists(subid_range_paths[SUBID_GROUPS][0]))
                return;
        for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++) {
                if (!root_exists(engines[i].folder))
                        continue;
                report(ERROR, "incus-root", (struct place){subid_range_paths[SUBID_USERS][0], 0, 0},
                       has_root_line(&checked->users, 1) || has_root_line(&checked->groups, 1)
                           ? "write root:START:10000000 into both files, START a multiple of 65536 "
                             "that is free"
                           : advice_to_run("add root --count 10000000"),
                       "%s makes no unprivileged container: root has no line of 65536 IDs or more",
                       engines[i].name);
                return;
        }
}

void check_engines(const struct checked *checked)
{
        check_containers(checked);
        check_docker(checked);
        if (!has_idmap_programs())
                return;
        check_lxc(checked);
        check_incus(checked);
}
