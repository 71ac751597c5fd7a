/* SPDX-License-Identifier: MIT */
#include "edit.h"
#include "nsswitch.h"
#include "replace.h"
#include "subuidctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/etc"
#define NAME "nsswitch.conf"

enum { CONTEXT = 3 };

static bool is_same(struct text a, struct text b)
{
        return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

/* Takes a line, with its newline if it has one. */
static struct text take_line(struct text *rest)
{
        const char *const newline = memchr(rest->bytes, '\n', rest->size);
        const size_t size = newline ? (size_t)(newline - rest->bytes) + 1 : rest->size;
        const struct text line = {rest->bytes, size};

        *rest = (struct text){rest->bytes + size, rest->size - size};
        return line;
}

/* A terminal gets no control characters; patch(1) gets every byte. */
static void print_lines(char mark, struct text text)
{
        const bool terminal = isatty(STDOUT_FILENO);

        while (text.size) {
                const struct text line = take_line(&text);

                putchar(mark);
                for (size_t i = 0; i < line.size; i++) {
                        const char c = line.bytes[i];
                        const bool is_shown = (c >= ' ' && c <= '~') || c == '\n' || c == '\t';

                        putchar(is_shown || !terminal ? c : '?');
                }
                if (line.bytes[line.size - 1] != '\n')
                        puts("\n\\ No newline at end of file");
        }
}

/* Prints what changes as patch(1) takes it. Both texts have the same number of lines. */
static void print_difference(struct text old, struct text new)
{
        struct text a = old, b = new, added = {new.bytes, 0};
        size_t first = 0, last = 0, lines = 0;

        while (a.size) {
                lines++;
                if (is_same(take_line(&a), take_line(&b)))
                        continue;
                if (first == 0)
                        first = lines;
                last = lines;
        }
        first = first > CONTEXT ? first - CONTEXT : 1;
        last = last + CONTEXT < lines ? last + CONTEXT : lines;
        printf("--- a" NSSWITCH_FILE "\n+++ b" NSSWITCH_FILE "\n");
        printf("@@ -%zu,%zu +%zu,%zu @@\n", first, last - first + 1, first, last - first + 1);
        for (size_t number = 1; number <= last; number++) {
                const struct text line = take_line(&old), instead = take_line(&new);

                if (number < first)
                        continue;
                if (!is_same(line, instead)) {
                        if (added.size == 0)
                                added.bytes = instead.bytes;
                        added.size += instead.size;
                        print_lines('-', line);
                        continue;
                }
                print_lines('+', added);
                added.size = 0;
                print_lines(' ', line);
        }
        print_lines('+', added);
}

/* A link is there because something else writes the file, and knows it better. */
static const char *advice_for_link(int folder, const char *target)
{
        if (faccessat(folder, "authselect", F_OK, 0) == 0 || strstr(target, "authselect"))
                return "add subuid in a profile of your own (authselect create-profile) and select "
                       "that";
        if (strncmp(target, "/etc/static", 11) == 0 || strncmp(target, "/nix/", 5) == 0)
                return "set system.nssModules and system.nssDatabases in the NixOS configuration";
        return "change the file that it leads to, as its keeper wants it, or make it a file";
}

/* Dies if the file is none that can be replaced. */
static void refuse(int folder, const char *path, const struct stat *status)
{
        struct statx extended;

        if (S_ISLNK(status->st_mode)) {
                char target[256] = "";

                if (readlinkat(folder, NAME, target, sizeof(target) - 1) < 0)
                        die("%s: %m", path);
                die("%s: a symbolic link; %s", path, advice_for_link(folder, target));
        }
        if (statx(folder, NAME, AT_SYMLINK_NOFOLLOW, 0, &extended) == 0 &&
            extended.stx_attributes & STATX_ATTR_MOUNT_ROOT)
                die("%s: a mount point; change the file that is mounted there", path);
}

__attribute__((noreturn)) static void refuse_missing(const char *path)
{
        if (open_below_root("/usr" NSSWITCH_FILE) >= 0)
                die("%s: missing; copy %s/usr" NSSWITCH_FILE " there first", path, options.root);
        die("%s: missing; write it with the lines \"passwd: files\" and \"group: files\"", path);
}

static void replace_or_die(int folder, const char *path, const struct stat *status,
                           struct text text)
{
        const char *const failed = replace_file(folder, NAME, status, text.bytes, text.size);

        if (failed)
                die("%s: left as it is: %s: %m", path, failed);
        if (fsync(folder) < 0)
                die("%s: changed, but a crash now may undo it: %m", path);
}

/* One at a time. The lock is gone with the process, and leaves no file behind. */
static void lock(int folder)
{
        if (flock(folder, LOCK_EX | LOCK_NB) == 0)
                return;
        /* Anybody may hold it. */
        error("%s" FOLDER ": waiting for its lock", options.root);
        if (flock(folder, LOCK_EX) < 0)
                die("%s" FOLDER ": %m", options.root);
}

static int nothing_to_do(const char *path)
{
        if (!options.dry_run)
                printf("%s: nothing to do\n", path);
        flush_output();
        return EXIT_SUCCESS;
}

/* Reads the file and what it is. Returns false if it is not there, or a link to nowhere. */
static bool look_at(int folder, const char *path, struct stat *status, struct text *text)
{
        char *bytes;
        int r;

        if (fstatat(folder, NAME, status, AT_SYMLINK_NOFOLLOW) < 0) {
                if (errno == ENOENT)
                        return false;
                die("%s: %m", path);
        }
        r = read_below_root(NSSWITCH_FILE, &bytes, &text->size);
        if (r == -ENOENT)
                return false;
        if (r == -EINVAL)
                die("%s: no regular file", path);
        errno = -r;
        if (r < 0)
                die("%s: %m", path);
        text->bytes = bytes;
        return true;
}

static int edit(bool add)
{
        const char *const path = text_of("%s" NSSWITCH_FILE, options.root);
        const int folder = open_any_below_root(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct text old, new;
        struct stat status = {0};

        errno = -folder;
        if (folder < 0)
                die("%s" FOLDER ": %m", options.root);
        if (!options.dry_run)
                lock(folder);
        if (!look_at(folder, path, &status, &old)) {
                if (!add)
                        return nothing_to_do(path);
                refuse(folder, path, &status);
                refuse_missing(path);
        }
        new = old;
        if (!add)
                edit_remove(&new);
        else if (!edit_add(&new, path))
                return EXIT_FAILURE;
        if (is_same(old, new))
                return nothing_to_do(path);
        /* A dry run shows what its keeper has to change. */
        if (!options.dry_run)
                refuse(folder, path, &status);
        print_difference(old, new);
        flush_output();
        if (options.dry_run)
                refuse(folder, path, &status);
        else
                replace_or_die(folder, path, &status, new);
        return EXIT_SUCCESS;
}

int command_enable(char **argv)
{
        (void)argv;
        return edit(true);
}

int command_disable(char **argv)
{
        (void)argv;
        return edit(false);
}
