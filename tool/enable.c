/* SPDX-License-Identifier: MIT */
#include "lock.h"
#include "nsswitch.h"
#include "nsswitch_edit.h"
#include "nsswitch_file.h"
#include "options.h"
#include "root.h"
#include "userdb.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTEXT = 3 };

static bool is_same(struct text a, struct text b)
{
        return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

/* Takes a line, with its newline if it has one. */
static struct text take_whole_line(struct text *rest)
{
        const char *const begin = rest->bytes;
        struct text line;

        take_line(rest, &line);
        return (struct text){begin, (size_t)(rest->bytes - begin)};
}

/* A terminal gets no control characters; patch(1) gets every byte. */
static void print_lines(char mark, struct text text)
{
        const bool terminal = isatty(STDOUT_FILENO);

        while (text.size) {
                const struct text line = take_whole_line(&text);

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
static void print_difference(const struct nsswitch_file *file, struct text new)
{
        struct text old = file->text, a = old, b = new, added = {new.bytes, 0};
        size_t first = 0, last = 0, lines = 0;

        while (a.size) {
                lines++;
                if (is_same(take_whole_line(&a), take_whole_line(&b)))
                        continue;
                if (first == 0)
                        first = lines;
                last = lines;
        }
        first = first > CONTEXT ? first - CONTEXT : 1;
        last = last + CONTEXT < lines ? last + CONTEXT : lines;
        printf("--- a%s\n+++ b" NSSWITCH_FILE "\n", file->path + strlen(root_folder()));
        printf("@@ -%zu,%zu +%zu,%zu @@\n", first, last - first + 1, first, last - first + 1);
        for (size_t number = 1; number <= last; number++) {
                const struct text line = take_whole_line(&old), instead = take_whole_line(&new);

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

static int nothing_to_do(const struct nsswitch_file *file, bool dry_run)
{
        if (!dry_run)
                printf("%s: nothing to do\n", file->path);
        flush_output();
        return EXIT_SUCCESS;
}

/* Changes the file and prints what has changed, or what would. */
static int change(const struct nsswitch_file *file, struct text new, bool dry_run)
{
        if (is_same(file->text, new))
                return nothing_to_do(file, dry_run);
        if (!dry_run) {
                if (file->kept)
                        nsswitch_file_refuse(file);
                nsswitch_file_replace(file, new, true);
        }
        print_difference(file, new);
        flush_output();
        /* A dry run shows what its keeper has to change. */
        if (file->kept)
                nsswitch_file_refuse(file);
        return EXIT_SUCCESS;
}

int command_enable(const struct options *options, char **argv)
{
        struct nsswitch_wish wish = {.move = options->move};
        struct nsswitch_file file;
        struct text new;

        (void)argv;
        if (!options->dry_run)
                lock_take();
        nsswitch_file_open(&file);
        if (!file.exists)
                nsswitch_file_refuse(&file);
        for (int i = 0; i < 2; i++)
                wish.records[i] = userdb_record((enum subid_database)i);
        wish.path = file.path;
        new = file.text;
        if (!nsswitch_add(&new, &wish))
                return EXIT_FAILURE;
        return change(&file, new, options->dry_run);
}

int command_disable(const struct options *options, char **argv)
{
        struct nsswitch_file file;
        struct text new;

        (void)argv;
        if (!options->dry_run)
                lock_take();
        nsswitch_file_open(&file);
        if (!file.exists)
                return nothing_to_do(&file, options->dry_run);
        new = file.text;
        nsswitch_remove(&new);
        return change(&file, new, options->dry_run);
}
