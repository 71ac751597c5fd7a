/* SPDX-License-Identifier: MIT */
#include "caches.h"
#include "directory.h"
#include "lock.h"
#include "nsswitch.h"
#include "options.h"
#include "owners.h"
#include "progress.h"
#include "ranges.h"
#include "replace.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/etc/nss-subuid"

/* Behind the part that the module searches by halving. */
#define NOTE                                                                                  \
        "# Who edits this file takes its first line away before. subuidctl import writes it " \
        "anew.\n"

struct lines {
        struct range_line *lines;
        size_t count, room;
};

/* One of the two files that are written. */
struct file {
        const char *path, *name;        /* the name is that in the folder */
        struct replacement replacement; /* of what stands in it */
        struct ranges old;              /* the same, and that of the system's own file */
        struct lines lines;             /* what is to stand in it */
        struct text contents;           /* the same, written */
};

/* Lines, and which of them overlap another. */
struct overlapping {
        const struct range_line *lines;
        bool *flags;
};

/* Opens the folder, made if it does not exist. */
static int open_folder(void)
{
        if (mkdir(FOLDER, 0755) == 0 || errno == EEXIST) {
                const int folder = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

                /* Any program looks up users, so any must come in, whatever the umask is. */
                if (folder >= 0 && fchmod(folder, 0755) == 0)
                        return folder;
        }
        die(FOLDER ": %s", root_is_needed(errno) ? "needs root" : strerror(errno));
}

/* What is read a second time is what counts: if it differs from the first, it is not replaced. */
static void read_file(int folder, struct file *file, enum subid_database database)
{
        const int r = replacement_read(&file->replacement, folder, file->name);

        if (r < 0)
                root_die(file->path, r);
        file->replacement.owner = 0;
        file->replacement.group = 0;
        file->replacement.mode = 0644;
        ranges_read(database, &file->old);
}

static void add_line(struct lines *lines, const struct range_line *line)
{
        lines->lines = grow(lines->lines, lines->count, &lines->room, sizeof(*lines->lines));
        lines->lines[lines->count++] = *line;
}

/*
 * Makes lines of an answer, in the order in which libsubid gives the ranges: it decides the
 * positions of the IDs. Returns false if one is no range to the module.
 */
static bool add_answer(const char *path, const char *owner, const struct directory_answer *answer,
                       struct lines *lines)
{
        for (size_t i = 0; i < answer->count; i++) {
                const struct directory_range *const given = &answer->ranges[i];
                const char *const text =
                    xasprintf("%s:%llu:%llu", owner, (unsigned long long)given->start,
                              (unsigned long long)given->count);
                struct range_line line = {.path = path, .text = text, .length = strlen(text)};

                if (!subid_range_parse(text, line.length, &line.range)) {
                        warn("%s is no range", text);
                        return false;
                }
                add_line(lines, &line);
        }
        return true;
}

/* Adds the lines of an owner that the file has now. */
static void add_old(const struct file *file, const char *owner, struct lines *lines)
{
        struct range_line *const *old;
        const size_t count = ranges_of(&file->old, owner, strlen(owner), &old);

        for (size_t i = 0; i < count; i++)
                if (strcmp(old[i]->path, file->path) == 0)
                        add_line(lines, old[i]);
}

static void append(struct lines *lines, const struct lines *more)
{
        for (size_t i = 0; i < more->count; i++)
                add_line(lines, &more->lines[i]);
}

/*
 * Adds the lines of an owner to both files: its old ones or those of the answers. They are replaced
 * together, as positions of group IDs belong to those of user IDs. Returns false if the answers are
 * none.
 */
static bool merge_owner(struct file files[2], const char *owner,
                        const struct directory_answer answers[2], bool prune)
{
        struct lines old[2] = {{.count = 0}}, new[2] = {{.count = 0}};
        bool good = true, lost = false;

        for (int i = 0; i < 2; i++) {
                add_old(&files[i], owner, &old[i]);
                good = good && answers[i].known &&
                       add_answer(files[i].path, owner, &answers[i], &new[i]);
                lost = lost || (old[i].count && !new[i].count);
        }
        if (good && lost && !prune)
                warn("%s: has no ranges any more; its lines stay without --prune", owner);
        for (int i = 0; i < 2; i++) {
                append(&files[i].lines, good && (!lost || prune) ? &new[i] : &old[i]);
                /* There may be a million owners. */
                free(old[i].lines);
                free(new[i].lines);
        }
        return good;
}

/* Fills in what is to stand in the files. Returns for how many owners there was no answer. */
static size_t merge(struct file files[2], const struct owners *named,
                    const struct directory_owner *answers, bool prune, bool drop_others)
{
        struct owners all = {.count = 0};
        size_t asked = 0, failures = 0;

        for (size_t i = 0; i < named->count; i++)
                owners_add(&all, named->names[i], strlen(named->names[i]));
        for (int i = 0; i < 2; i++)
                for (size_t j = 0; j < files[i].old.owned_count; j++) {
                        const struct range_line *const line = files[i].old.owned[j];

                        if (strcmp(line->path, files[i].path) == 0)
                                owners_add(&all, line->range.owner, line->range.owner_length);
                }
        /* Sorted, files of the same ranges are the same, whatever the order of the names was. */
        owners_sort(&all);
        for (size_t i = 0; i < all.count; i++) {
                const char *const owner = all.names[i];

                if (asked < named->count && strcmp(owner, named->names[asked]) == 0)
                        failures += !merge_owner(files, owner, answers[asked++].answers, prune);
                else if (!drop_others)
                        for (int j = 0; j < 2; j++)
                                add_old(&files[j], owner, &files[j].lines);
        }
        return failures;
}

/* A line with its place, if it has one yet. */
static char *describe(const struct range_line *line)
{
        const char *const text = printable(line->text, line->length, SUBID_LINE_MAX);

        return line->number ? xasprintf("%s:%lu: %s", line->path, line->number, text)
                            : xasprintf("%s: %s", line->path, text);
}

struct overlaps {
        const struct file *file;
        size_t count;
};

/* Says so, unless it is none of our business: both are the system's, or of one owner. */
static void report_overlap(const struct range_line *line, const struct range_line *furthest,
                           void *data)
{
        struct overlaps *const overlaps = data;
        const bool ours = strcmp(line->path, overlaps->file->path) == 0;

        if (strcmp(line->path, furthest->path) == 0 &&
            (!ours ||
             is_owned_by(&line->range, furthest->range.owner, furthest->range.owner_length)))
                return;
        /* The system's line first: it is the one with a number. */
        warn("%s overlaps %s", describe(ours ? furthest : line), describe(ours ? line : furthest));
        overlaps->count++;
}

/* Returns how many ranges overlap another that ends behind them, having said which. */
static size_t report_overlaps(const struct file *file)
{
        const struct ranges *const old = &file->old;
        struct range_line **const all =
            xcalloc(old->count + file->lines.count, sizeof(struct range_line *));
        struct overlaps overlaps = {.file = file};
        const struct range_line **sorted;
        size_t count = 0;

        for (size_t i = 0; i < old->count; i++)
                if (old->lines[i].is_range && strcmp(old->lines[i].path, file->path) != 0)
                        all[count++] = &old->lines[i];
        for (size_t i = 0; i < file->lines.count; i++)
                all[count++] = &file->lines.lines[i];
        sorted = ranges_by_start(all, count);
        ranges_each_overlap(sorted, count, report_overlap, &overlaps);
        free(sorted);
        free(all);
        return overlaps.count;
}

/* Says of each line that overlaps another one that it does. */
static void mark_overlap(const struct range_line *line, const struct range_line *furthest,
                         void *data)
{
        bool *const overlaps = ((struct overlapping *)data)->flags;
        const struct range_line *const lines = ((struct overlapping *)data)->lines;

        overlaps[line - lines] = overlaps[furthest - lines] = true;
}

/*
 * The lines that can be searched by halving: of owners who have one line, which holds IDs and
 * overlaps no other. In ascending order of their starts; *flags says of each line whether it is
 * one.
 */
static const struct range_line **find_sorted(const struct lines *lines, bool **flags, size_t *count)
{
        struct range_line **const all = xcalloc(lines->count, sizeof(struct range_line *));
        struct overlapping overlapping = {lines->lines, xcalloc(lines->count, sizeof(bool))};
        const struct range_line **sorted;

        *count = 0;
        for (size_t i = 0; i < lines->count; i++)
                all[i] = &lines->lines[i];
        sorted = ranges_by_start(all, lines->count);
        ranges_each_overlap(sorted, lines->count, mark_overlap, &overlapping);
        *flags = xcalloc(lines->count, sizeof(bool));
        for (size_t i = 0; i < lines->count; i++) {
                const struct subid_range *const range = &lines->lines[i].range;
                const struct range_line *const before = i > 0 ? &lines->lines[i - 1] : NULL;
                const struct range_line *const after =
                    i + 1 < lines->count ? &lines->lines[i + 1] : NULL;

                /* An owner's lines stand together. */
                (*flags)[i] =
                    range->count > 0 && !overlapping.flags[i] &&
                    !(before && is_owned_by(&before->range, range->owner, range->owner_length)) &&
                    !(after && is_owned_by(&after->range, range->owner, range->owner_length));
        }
        for (size_t i = 0; i < lines->count; i++)
                if ((*flags)[sorted[i] - lines->lines])
                        sorted[(*count)++] = sorted[i];
        free(overlapping.flags);
        free(all);
        return sorted;
}

static size_t sizes_of(const struct range_line *const *lines, size_t count)
{
        size_t size = 0;

        for (size_t i = 0; i < count; i++)
                size += lines[i]->length + 1;
        return size;
}

/* The first line: it tells its own length, too. */
static char *make_mark(size_t sorted, size_t rest)
{
        size_t size = 0, length;
        char *mark = NULL;

        do {
                length = size;
                free(mark);
                mark = xasprintf(SUBID_MARK "%zu" SUBID_MARK_OF "%zu\n", length + sorted,
                                 length + sorted + rest);
                size = strlen(mark);
        } while (size != length);
        return mark;
}

/* What is searched by halving, and behind it the rest, each owner's lines together. */
static void make_contents(struct file *file)
{
        const struct lines *const lines = &file->lines;
        size_t count, size, rest = strlen(NOTE);
        const struct range_line **sorted;
        char *mark, *text = NULL;
        bool *flags;
        FILE *out;

        sorted = find_sorted(lines, &flags, &count);
        for (size_t i = 0; i < lines->count; i++)
                rest += flags[i] ? 0 : lines->lines[i].length + 1;
        out = open_memstream(&text, &size);
        if (!out)
                die("out of memory");
        mark = make_mark(sizes_of(sorted, count), rest);
        fputs(mark, out);
        for (size_t i = 0; i < count; i++)
                fprintf(out, "%.*s\n", (int)sorted[i]->length, sorted[i]->text);
        fputs(NOTE, out);
        for (size_t i = 0; i < lines->count; i++)
                if (!flags[i])
                        fprintf(out, "%.*s\n", (int)lines->lines[i].length, lines->lines[i].text);
        if (fclose(out) != 0)
                die("out of memory");
        if (size > SUBID_FILE_SIZE_MAX)
                die("%s: left as it is: %zu ranges are more than the module reads, 64 MiB",
                    file->path, lines->count);
        free(mark);
        free(sorted);
        free(flags);
        file->contents = (struct text){text, size};
}

/* The time of a file tells subuidctl check how old an import is. */
static void touch(int folder, const struct file *file)
{
        const int fd = openat(folder, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0 || fchmod(fd, 0644) < 0 || futimens(fd, NULL) < 0)
                die("%s: %m", file->path);
        close(fd);
}

static void replace(int folder, const struct file *file, struct text text)
{
        const char *const failed = replace_file(&file->replacement, text);

        if (failed)
                die("%s: left as it is: %s", file->path, failed);
        if (fsync(folder) < 0)
                die("%s: changed, but a crash now may undo it: %m", file->path);
}

/* Returns whether it has changed. */
static bool write_file(int folder, const struct file *file, bool complete)
{
        const struct text *const old = &file->replacement.text, *const new = &file->contents;
        const bool same = file->replacement.exists &&
                          new->size == old->size &&memcmp(new->bytes, old->bytes, new->size) == 0;

        if (!same)
                replace(folder, file, *new);
        else if (complete)
                touch(folder, file);
        printf("%s: %zu ranges%s\n", file->path, file->lines.count, same ? ", as before" : "");
        return !same;
}

/* NULL: the files. */
static const char *service_of_subid(void)
{
        struct nsswitch nsswitch;
        unsigned long number;
        const int r = nsswitch_read(&nsswitch);

        if (r < 0 && r != -ENOENT)
                root_die(NSSWITCH_FILE, r);
        return nsswitch_subid_service(&nsswitch, &number);
}

int command_import(const struct options *options, char **argv)
{
        const char *const service = service_of_subid();
        struct file files[] = {
            {.path = subid_range_paths[SUBID_USERS][1], .name = "subuid"},
            {.path = subid_range_paths[SUBID_GROUPS][1], .name = "subgid"},
        };
        struct directory_owner *answers;
        struct owners owners;
        size_t failures;
        bool good, changed;
        int folder;

        if (!service) {
                puts("Nothing to import: " NSSWITCH_FILE " names no directory behind subid:");
                flush_output();
                return EXIT_SUCCESS;
        }
        progress_start();
        good = owners_read(argv + 1, options->group, &owners);
        lock_take();
        folder = open_folder();
        answers = xcalloc(owners.count, sizeof(*answers));
        directory_ask(service, owners.names, owners.count, answers);
        for (int i = 0; i < 2; i++)
                read_file(folder, &files[i], (enum subid_database)i);
        progress_end();
        failures = merge(files, &owners, answers, options->prune, options->prune && !argv[1]);
        if (failures == owners.count || report_overlaps(&files[0]) + report_overlaps(&files[1]) > 0)
                return EXIT_FAILURE;
        good = good && failures == 0;
        for (int i = 0; i < 2; i++)
                make_contents(&files[i]);
        /* First the groups: no user is ever seen whose group is yet to come. */
        changed = write_file(folder, &files[1], good);
        changed |= write_file(folder, &files[0], good);
        if (changed)
                nscd_forget();
        flush_output();
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
