/* SPDX-License-Identifier: MIT */
#include "findings.h"

#include "../nsswitch.h"
#include "../progress.h"
#include "../root.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const severities[] = {[WARNING] = "warning", [ERROR] = "error"};

struct found {
        enum severity severity;
        const char *finding;
        struct place place;
        const char *message, *advice;
        size_t number;
};

static struct found *found;
static size_t found_count;

void report(enum severity severity, const char *finding, struct place place, const char *advice,
            const char *format, ...)
{
        static size_t room;
        va_list arguments;
        char *message;

        progress_tick(0);
        va_start(arguments, format);
        if (vasprintf(&message, format, arguments) < 0)
                die("out of memory");
        va_end(arguments);
        found = grow(found, found_count, &room, sizeof(*found));
        /* What stands in a file may be meant for the terminal. */
        found[found_count] = (struct found){severity,
                                            finding,
                                            place,
                                            printable(message, strlen(message), SIZE_MAX),
                                            printable(advice, strlen(advice), SIZE_MAX),
                                            found_count};
        found_count++;
        free(message);
}

const char *advice_to_run(const char *command)
{
        return root_is_running()
                   ? xasprintf("run 'subuidctl %s'", command)
                   : xasprintf("run 'subuidctl %s --root %s'", command,
                               quoted(root_folder(), strlen(root_folder()), SIZE_MAX));
}

/* The path of nsswitch.conf, while they are sorted: where it lies takes a look. */
static const char *nsswitch_file;

/* Causes come first: what is no file of /etc, the library, and nsswitch.conf. */
static int rank(const struct found *this)
{
        return *this->place.file != '/' ? 0 : strcmp(this->place.file, nsswitch_file) == 0 ? 1 : 2;
}

/* Then as they lie in the files; what is about the same place stays as it was found. */
static int compare(const void *a, const void *b)
{
        const struct found *const x = a, *const y = b;
        int order = rank(x) - rank(y);

        if (order == 0)
                order = strcmp(x->place.file, y->place.file);
        if (order)
                return order;
        if (x->place.line != y->place.line)
                return x->place.line < y->place.line ? -1 : 1;
        return (x->number > y->number) - (x->number < y->number);
}

static void print(const struct found *this)
{
        const struct place *const place = &this->place;

        /* It may be named after a container. */
        printf("%s", printable(place->file, strlen(place->file), SIZE_MAX));
        if (place->line)
                printf(":%lu", place->line);
        printf(": %s: ", severities[this->severity]);
        if (place->column)
                printf("column %zu: ", place->column);
        printf("%s; %s\n", this->message, this->advice);
}

static void print_json(const struct table_style *style)
{
        enum { FILE_, LINE, COLUMN, SEVERITY, FINDING, MESSAGE, ADVICE };
        static const struct column columns[] = {
            [FILE_] = {.name = "FILE", .by_default = true},
            [LINE] = {.name = "LINE", .by_default = true, .number = true},
            [COLUMN] = {.name = "COLUMN", .by_default = true, .number = true},
            [SEVERITY] = {.name = "SEVERITY", .by_default = true},
            [FINDING] = {.name = "FINDING", .by_default = true},
            [MESSAGE] = {.name = "MESSAGE", .by_default = true},
            [ADVICE] = {.name = "ADVICE", .by_default = true},
            {.name = NULL},
        };
        struct table *const table = table_new("findings", columns, style);

        for (size_t i = 0; i < found_count; i++) {
                const struct found *const this = &found[i];

                table_add_line(table);
                table_set(table, FILE_, this->place.file);
                if (this->place.line)
                        table_set_number(table, LINE, this->place.line);
                if (this->place.column)
                        table_set_number(table, COLUMN, this->place.column);
                table_set(table, SEVERITY, severities[this->severity]);
                table_set(table, FINDING, this->finding);
                table_set(table, MESSAGE, this->message);
                table_set(table, ADVICE, this->advice);
        }
        table_print(table);
}

int findings_print(const struct table_style *style)
{
        enum severity worst = WARNING;

        nsswitch_file = nsswitch_path();
        if (found_count > 0)
                qsort(found, found_count, sizeof(*found), compare);
        for (size_t i = 0; i < found_count; i++) {
                if (!style->json)
                        print(&found[i]);
                if (found[i].severity == ERROR)
                        worst = ERROR;
        }
        if (style->json)
                print_json(style);
        flush_output();
        return found_count == 0 ? 0 : worst == ERROR ? 2 : 1;
}
