/* SPDX-License-Identifier: MIT */
#include "accounts.h"
#include "caches.h"
#include "clock.h"
#include "difference.h"
#include "kubelet.h"
#include "lock.h"
#include "options.h"
#include "processes.h"
#include "progress.h"
#include "ranges.h"
#include "replace.h"
#include "reserved.h"
#include "root.h"
#include "settings.h"
#include "shadow_lock.h"
#include "sources.h"
#include "taken.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lines of an owner in /etc/subuid and /etc/subgid, added and removed. */

/* So many things are named that stand in the way. */
enum { NAMED_MAX = 3 };

#define KUBELET "kubelet"

/* The first is that of users, as enum subid_database counts. */
static const char *const names[] = {[SUBID_USERS] = "subuid", [SUBID_GROUPS] = "subgid"};

/* The two files, as they are and as they are to be. */
struct files {
        int folder;
        struct replacement replacements[2];
        struct text texts[2];
        struct ranges ranges[2]; /* of the imported files, too */
};

static char *path_of(int database)
{
        return xasprintf("%s%s", root_folder(), subid_range_paths[database][0]);
}

static char *place_of(const struct range_line *line)
{
        return xasprintf("%s%s:%lu", root_folder(), line->path, line->number);
}

static char *text_of(const struct range_line *line)
{
        return printable(line->text, line->length, SUBID_LINE_MAX);
}

static char *shown(const char *owner)
{
        return quoted(owner, strlen(owner), SUBID_LINE_MAX);
}

/* --- the files -------------------------------------------------------------------------------- */

static void read_file(struct files *files, int database)
{
        struct replacement *const replacement = &files->replacements[database];
        const char *const path = path_of(database);
        struct stat status;
        int r;

        if (fstatat(files->folder, names[database], &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(status.st_mode))
                die("%s: a symbolic link, which newuidmap and usermod refuse; make it a file",
                    path);
        if (is_mount_point(files->folder, names[database]))
                die("%s: a mount point; change the file that is mounted there", path);
        r = replacement_read(replacement, files->folder, names[database]);
        if (r < 0)
                root_die(subid_range_paths[database][0], r);
        files->texts[database] = replacement->text;
}

/* Nobody else changes them from here on, unless it is only to be seen what would be changed. */
static void open_files(struct files *files, bool dry_run)
{
        *files = (struct files){.folder = root_open("/etc", O_RDONLY | O_DIRECTORY)};
        if (files->folder < 0)
                root_die("/etc", files->folder);
        progress_start();
        if (!dry_run) {
                lock_take();
                shadow_lock_take(files->folder);
        }
        for (int i = 0; i < 2; i++)
                read_file(files, i);
        /* Whoever edits them meanwhile, without a lock, is seen when they are replaced. */
        for (int i = 0; i < 2; i++)
                ranges_read((enum subid_database)i, &files->ranges[i]);
}

static bool is_changed(const struct files *files, int database)
{
        return !text_is_same(files->texts[database], files->replacements[database].text);
}

/* The group's first: no user is ever seen whose group is yet to come. */
static void replace(const struct files *files)
{
        static const int order[] = {SUBID_GROUPS, SUBID_USERS};
        struct replacement replacements[2];
        size_t count = 0, failed, replaced;
        struct text texts[2];
        int changed[2] = {0};
        const char *why;

        for (size_t i = 0; i < 2; i++) {
                if (!is_changed(files, order[i]))
                        continue;
                replacements[count] = files->replacements[order[i]];
                texts[count] = files->texts[order[i]];
                changed[count++] = order[i];
        }
        why = replace_files(replacements, texts, count, &failed, &replaced);
        if (why && replaced)
                die("%s: left as it is: %s; %s is changed: the same command again does the rest",
                    path_of(changed[failed]), why, path_of(changed[0]));
        if (why)
                die("%s: left as it is: %s", path_of(changed[failed]), why);
        if (fsync(files->folder) < 0)
                die("%s/etc: changed, but a crash now may undo it: %m", root_folder());
}

/* Changes the files and prints what has changed, or what would. */
static int change(const struct files *files, bool dry_run)
{
        const bool changes = is_changed(files, SUBID_USERS) || is_changed(files, SUBID_GROUPS);

        if (!dry_run && changes)
                replace(files);
        shadow_lock_release();
        if (!dry_run && changes && root_is_running()) {
                nscd_forget();
                sssd_forget();
        }
        for (int i = 0; i < 2; i++) {
                if (is_changed(files, i))
                        print_difference(subid_range_paths[i][0], subid_range_paths[i][0],
                                         files->replacements[i].text, files->texts[i]);
                else if (!dry_run)
                        printf("%s: nothing to do\n", path_of(i));
        }
        flush_output();
        return EXIT_SUCCESS;
}

/* --- add -------------------------------------------------------------------------------------- */

struct request {
        const char *owner;
        uint64_t start; /* 0: any */
        uint64_t count;
        struct nsswitch nsswitch;
};

/* Returns the number, or dies. */
static uint64_t parse_number(const char *option, const char *text)
{
        char *end;
        unsigned long long number;

        errno = 0;
        number = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number == 0 ||
            number > UINT32_MAX)
                die("--%s %s: no number from 1 to 4294967295", option,
                    quoted(text, strlen(text), SUBID_LINE_MAX));
        return number;
}

static bool is_kubelet(const struct request *request)
{
        return strcmp(request->owner, KUBELET) == 0;
}

/* Dies if the kubelet of this system wants another line than this command gives. */
static void ask_kubelet(struct kubelet *kubelet)
{
        struct processes processes = {.count = 0};

        /* In a mere chroot, as an image is built in, there may be no /proc. */
        if (root_is_running() && root_exists("/proc/self/ns/user"))
                processes_read(&processes);
        kubelet_find(&processes, kubelet);
        if (kubelet->ids_per_pod != TAKEN_STEP)
                die("%s%s: idsPerPod is %llu, and a pod gets 65536 here; see what 'subuidctl "
                    "check' advises",
                    root_folder(), printable(kubelet->file, strlen(kubelet->file), SIZE_MAX),
                    (unsigned long long)kubelet->ids_per_pod);
}

/* So many as it runs at most. */
static uint64_t pods_of(const struct kubelet *kubelet)
{
        if (kubelet->trouble)
                warn("%s: not read; the kubelet is taken to have %llu pods (maxPods)",
                     kubelet->trouble, (unsigned long long)kubelet->max_pods);
        return kubelet->max_pods;
}

static uint64_t count_of(const struct options *options, const struct request *request)
{
        struct kubelet kubelet = {.here = false};
        uint64_t count;

        if (options->count && options->pods)
                die("--count and --pods are two ways to say the same");
        if (is_kubelet(request))
                ask_kubelet(&kubelet);
        if (options->pods)
                count = parse_number("pods", options->pods) * TAKEN_STEP;
        else if (options->count)
                count = parse_number("count", options->count);
        else if (is_kubelet(request))
                count = pods_of(&kubelet) * TAKEN_STEP;
        else
                count = login_defs_number("SUB_UID_COUNT", TAKEN_STEP);
        if (count == 0 || count > UINT32_MAX)
                die("%llu IDs: no number from 1 to 4294967295", (unsigned long long)count);
        if (is_kubelet(request) && count % TAKEN_STEP != 0)
                die("%llu IDs: the kubelet takes multiples of 65536 only",
                    (unsigned long long)count);
        return count;
}

static char *line_of(const struct request *request, uint64_t start)
{
        return xasprintf("%s:%llu:%llu", request->owner, (unsigned long long)start,
                         (unsigned long long)request->count);
}

static void read_request(const struct options *options, const char *owner, struct request *request)
{
        struct subid_range range;
        const char *line;
        int r;

        *request = (struct request){.owner = owner};
        request->count = count_of(options, request);
        line = line_of(request, UINT32_MAX - request->count);
        if (owner_odd_byte(owner, strlen(owner)) ||
            !subid_range_parse(line, strlen(line), &range) || range.owner_length != strlen(owner))
                die("%s: cannot be an owner", shown(owner));
        if (options->start)
                request->start = parse_number("start", options->start);
        if (request->start % TAKEN_STEP != 0)
                die("--start %llu: no multiple of 65536", (unsigned long long)request->start);
        r = nsswitch_read(&request->nsswitch);
        if (r < 0 && r != -ENOENT)
                root_die(nsswitch_path(), r);
}

/* Whether an owner is the same account as that of the request, by another name: its number. */
static bool is_same_account(const struct request *request, const struct accounts *users,
                            struct text owner)
{
        const struct text wanted = {request->owner, strlen(request->owner)};
        uint32_t uid, wanted_uid;
        const struct account *account;

        if (text_is_same(owner, wanted))
                return false;
        if (owner_as_number(owner, &uid) && owner_as_number(wanted, &wanted_uid))
                return uid == wanted_uid;
        if (owner_as_number(owner, &uid))
                account = accounts_named(users, wanted.bytes, wanted.size);
        else if (owner_as_number(wanted, &uid))
                account = accounts_named(users, owner.bytes, owner.size);
        else
                return false;
        return account && account->id == uid;
}

/* Whether a line is the owner's, a range or not. */
static bool is_line_of(const char *owner, struct text line)
{
        const size_t length = strlen(owner);

        return line.size > length && line.bytes[length] == ':' &&
               memcmp(line.bytes, owner, length) == 0;
}

/* Whether a line is what the request would add, as far as it says: nothing from root's ID on. */
static bool is_as_wanted(const struct request *request, const struct range_line *line, int database)
{
        const struct subid_range *const range = &line->range;

        return strcmp(line->path, subid_range_paths[database][0]) == 0 &&
               range->count == request->count && range->start != 0 &&
               (!request->start || range->start == request->start) &&
               (!is_kubelet(request) || range->start % TAKEN_STEP == 0);
}

/* Where a directory is asked for the ranges of users, a file is not: check says so of each line. */
static void check_directory(const struct request *request, const struct accounts *users)
{
        const struct account *const user =
            accounts_named(users, request->owner, strlen(request->owner));
        unsigned long number;
        const char *const service = nsswitch_subid_service(&request->nsswitch, &number);

        if (service && user && user->id != 0)
                die("%s%s:%lu: with subid: %s, newuidmap passes over the files, and %s is a user; "
                    "give the range in the directory",
                    root_folder(), nsswitch_path(), number, service, shown(request->owner));
}

/*
 * The line that an owner has in each database, or NULL. Dies if he has another one than the
 * request's, whose start is then that of the line.
 */
static void find_lines(struct request *request, const struct files *files,
                       const struct range_line **lines)
{
        struct accounts users;

        accounts_read(SUBID_USERS, &users);
        check_directory(request, &users);
        for (int i = 0; i < 2; i++) {
                const struct ranges *const ranges = &files->ranges[i];

                lines[i] = NULL;
                for (size_t j = 0; j < ranges->count; j++) {
                        const struct range_line *const line = &ranges->lines[j];
                        const struct subid_range *const range = &line->range;

                        if (!line->is_range) {
                                if (is_line_of(request->owner,
                                               (struct text){line->text, line->length}))
                                        die("%s: %s has a line, which is no range: %s",
                                            place_of(line), shown(request->owner), text_of(line));
                                continue;
                        }
                        if (is_same_account(request, &users, range_owner(range)))
                                die("%s: a line of the same account as %s: %s", place_of(line),
                                    shown(request->owner), text_of(line));
                        if (!is_owned_by(range, request->owner, strlen(request->owner)))
                                continue;
                        if (lines[i] || !is_as_wanted(request, line, i))
                                die("%s: %s has a line: %s", place_of(line), shown(request->owner),
                                    text_of(line));
                        lines[i] = line;
                        request->start = range->start;
                }
        }
}

/* Says what of it is taken, but for what only the search avoids. Returns whether anything is. */
static bool report_taken(const struct taken_list *taken, uint64_t start, uint64_t count)
{
        size_t named = 0;

        for (size_t i = 0; i < taken->count && named < NAMED_MAX; i++) {
                const struct taken *const this = &taken->list[i];

                if (this->is_avoided || this->last < start || this->first >= start + count)
                        continue;
                named++;
                warn("%s", taken_describe(this, start, start + count - 1));
        }
        return named > 0;
}

/* IDs that have to be left to somebody: whose they are, and why. */
struct left {
        uint64_t first, last;
        const char *place, *why;
};

/* Whether useradd and systemd-nspawn find room beside the range, if they do without it. */
static bool leaves_room(const struct request *request, const struct files *files, uint64_t start,
                        struct left *left)
{
        struct range_line line = {.is_range = true};
        struct segments segments;
        uint64_t held;

        line.range.start = (uint32_t)start;
        line.range.count = (uint32_t)request->count;
        for (int i = 0; i < 2; i++) {
                const enum subid_database database = (enum subid_database)i;
                struct user_room room;

                if (!user_room_is_left(database, &files->ranges[i], NULL, &room) ||
                    user_room_is_left(database, &files->ranges[i], &line, &room))
                        continue;
                *left =
                    (struct left){room.min, room.max, xasprintf("%s/etc/login.defs", root_folder()),
                                  "useradd would find no IDs for the next user"};
                return false;
        }
        segments_find(&files->ranges[SUBID_USERS], &segments);
        *left = (struct left){NSPAWN_FIRST, NSPAWN_LAST, "systemd-nspawn",
                              "--private-users=pick would find none for a container"};
        return !nspawn_room_is_left(&segments, 0, 0, &held) ||
               nspawn_room_is_left(&segments, start, request->count, &held);
}

/* Dies if it is not free. */
static void check_start(const struct request *request, const struct files *files,
                        struct taken_list *taken, int64_t deadline)
{
        struct left left;
        bool is_taken = report_taken(taken, request->start, request->count);

        if (!is_taken &&
            taken_ask(taken, &request->nsswitch, request->start, request->count, deadline))
                is_taken = report_taken(taken, request->start, request->count);
        if (!is_taken && !leaves_room(request, files, request->start, &left)) {
                warn("%s: %s: %s", left.place, range_span("", left.first, left.last), left.why);
                is_taken = true;
        }
        if (is_taken)
                die("%s: not added", line_of(request, request->start));
}

static void find_start(struct request *request, const struct files *files, struct taken_list *taken,
                       int64_t deadline)
{
        struct left left;

        for (;;) {
                const uint64_t start = taken_find_free(taken, request->count);

                if (start == 0)
                        die("no %llu IDs in a row are free", (unsigned long long)request->count);
                if (!leaves_room(request, files, start, &left)) {
                        taken_avoid(taken, left.first, left.last);
                } else if (!taken_ask(taken, &request->nsswitch, start, request->count, deadline)) {
                        request->start = start;
                        return;
                } else if (now_ms() >= deadline) {
                        die("no free IDs found in %d seconds; give a --start",
                            SOURCES_PATIENCE_MS / 1000);
                }
        }
}

/* The range that the request gets. A line that is there already is half of it, or all. */
static void choose(struct request *request, const struct files *files,
                   const struct range_line *const *lines)
{
        const int64_t deadline = now_ms() + SOURCES_PATIENCE_MS;
        struct taken_list taken;

        if (lines[SUBID_USERS] && lines[SUBID_GROUPS])
                return;
        progress("looking for what is taken");
        taken_read(&taken, files->ranges, lines, &request->nsswitch);
        if (request->start)
                check_start(request, files, &taken, deadline);
        else
                find_start(request, files, &taken, deadline);
}

/* Dies where newuidmap would not see a line behind. */
static void append_line(struct files *files, int database, const char *line)
{
        const struct text old = files->replacements[database].text;
        const bool is_ended = old.size == 0 || old.bytes[old.size - 1] == '\n';
        char *text;

        if (old.size && memchr(old.bytes, '\0', old.size))
                die("%s: a NUL byte, behind which newuidmap reads nothing; remove it",
                    path_of(database));
        text = xasprintf("%.*s%s%s\n", (int)old.size, old.size ? old.bytes : "",
                         is_ended ? "" : "\n", line);
        files->texts[database] = (struct text){text, strlen(text)};
        if (files->texts[database].size > SUBID_FILE_SIZE_MAX)
                die("%s: larger than 64 MiB with one more line", path_of(database));
}

int command_add(const struct options *options, char **argv)
{
        const struct range_line *lines[2];
        struct request request;
        struct files files;

        read_request(options, argv[1], &request);
        open_files(&files, options->dry_run);
        find_lines(&request, &files, lines);
        choose(&request, &files, lines);
        for (int i = 0; i < 2; i++)
                if (!lines[i])
                        append_line(&files, i, line_of(&request, request.start));
        return change(&files, options->dry_run);
}

/* --- remove ----------------------------------------------------------------------------------- */

/* Returns how many lines are left out. */
static size_t leave_out(struct files *files, int database, const char *owner)
{
        const struct text old = files->replacements[database].text;
        char *const text = xcalloc(old.size + 1, 1);
        struct text rest = old, line;
        size_t size = 0, left_out = 0;

        while (take_line(&rest, &line)) {
                if (is_line_of(owner, line)) {
                        left_out++;
                        continue;
                }
                memcpy(text + size, line.bytes, line.size);
                size += line.size;
                text[size++] = '\n';
        }
        if (left_out)
                files->texts[database] = (struct text){text, size};
        return left_out;
}

/* A user namespace or a process that uses IDs of a line, or NULL. */
static char *user_of(const struct processes *processes, enum subid_database database,
                     const struct subid_range *range)
{
        for (size_t i = 0; i < processes->count; i++) {
                const struct process *const process = &processes->list[i];
                const struct userns *const userns = &processes->namespaces[process->userns];
                bool uses = subid_range_holds(range, process->ids[database]);

                for (size_t j = 0; j < userns->map_sizes[database] && !uses && !userns->own; j++) {
                        const struct extent *const extent = &userns->maps[database][j];
                        uint64_t first = extent->outside,
                                 last = extent->outside + (uint64_t)extent->count - 1;

                        /* Not shifted, they are those of the namespace around it. */
                        uses =
                            extent->inside != extent->outside && range_meets(range, &first, &last);
                }
                if (uses)
                        return lock_holder(process->pid);
        }
        return NULL;
}

/* Dies if a container uses IDs of the owner. One ID that an account has is that account's. */
static void check_use(const struct files *files, const char *owner)
{
        struct processes processes;
        size_t used = 0;

        processes_read(&processes);
        for (int i = 0; i < 2; i++) {
                struct range_line *const *lines;
                const size_t count = ranges_of(&files->ranges[i], owner, strlen(owner), &lines);
                struct accounts accounts;

                accounts_read((enum subid_database)i, &accounts);
                for (size_t j = 0; j < count && used < NAMED_MAX; j++) {
                        const struct subid_range *const range = &lines[j]->range;
                        const char *user = NULL;

                        if (strcmp(lines[j]->path, subid_range_paths[i][0]) == 0 &&
                            !(range->count == 1 && accounts_with_id(&accounts, range->start)))
                                user = user_of(&processes, (enum subid_database)i, range);
                        if (!user)
                                continue;
                        used++;
                        warn("%s: in use by %s", place_of(lines[j]), user);
                }
        }
        if (used)
                die("%s: not removed; end that first, or give --force", shown(owner));
}

int command_remove(const struct options *options, char **argv)
{
        const char *const owner = argv[1];
        struct files files;
        size_t left_out = 0;

        if (!*owner || strpbrk(owner, ":\n"))
                die("%s: cannot be an owner", shown(owner));
        open_files(&files, options->dry_run);
        for (int i = 0; i < 2; i++)
                left_out += leave_out(&files, i, owner);
        if (left_out == 0)
                die("%s: has no line in %s or %s", shown(owner), path_of(SUBID_USERS),
                    path_of(SUBID_GROUPS));
        if (!options->force && root_is_running())
                check_use(&files, owner);
        return change(&files, options->dry_run);
}
