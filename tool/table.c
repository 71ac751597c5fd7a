/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "util.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* A terminal of more columns than this is none. */
enum { WIDTH_MAX = 65535 };

struct table {
        const struct column *columns;
        struct libscols_table *scols;
        struct libscols_column *shown[COLUMNS_MAX]; /* NULL: not shown */
        struct libscols_line *line;
        bool asked; /* for these columns */
};

static void *wanted(void *memory)
{
        if (!memory)
                die("out of memory");
        return memory;
}

static void show(struct table *table, size_t i)
{
        const struct column *const column = &table->columns[i];
        struct libscols_column *scols;

        if (table->shown[i])
                return;
        scols = wanted(scols_table_new_column(table->scols, column->name, 0,
                                              (column->number ? SCOLS_FL_RIGHT : 0) |
                                                  (column->cut ? SCOLS_FL_TRUNC : 0)));
        if (column->number || column->boolean)
                scols_column_set_json_type(scols,
                                           column->number ? SCOLS_JSON_NUMBER : SCOLS_JSON_BOOLEAN);
        table->shown[i] = scols;
}

static void show_by_default(struct table *table)
{
        for (size_t i = 0; table->columns[i].name; i++)
                if (table->columns[i].by_default ||
                    (table->columns[i].in_json && scols_table_is_json(table->scols)))
                        show(table, i);
}

static void show_named(struct table *table, const char *name, size_t length)
{
        for (size_t i = 0; table->columns[i].name; i++) {
                if (strlen(table->columns[i].name) == length &&
                    strncasecmp(table->columns[i].name, name, length) == 0) {
                        show(table, i);
                        return;
                }
        }
        die("'%.*s' is no column; --list-columns names them", (int)length, name);
}

static void show_all(struct table *table)
{
        for (size_t i = 0; table->columns[i].name; i++)
                show(table, i);
}

/* Shows the columns of a list, as --output has it. */
static void show_list(struct table *table, const char *list)
{
        if (*list == '\0')
                die("--output: no column is named");
        if (*list == '+') {
                show_by_default(table);
                list++;
        }
        while (*list) {
                const size_t length = strcspn(list, ",");

                show_named(table, list, length);
                list += length;
                list += *list == ',';
        }
}

/* Whether the environment says how wide a terminal is, as watch(1) tells those that write to it. */
static bool width_is_given(size_t *width)
{
        const char *const text = getenv("COLUMNS");
        char *end;

        if (!text || *text < '0' || *text > '9')
                return false;
        *width = strtoul(text, &end, 10);
        return *end == '\0' && *width > 0 && *width <= WIDTH_MAX;
}

static void set_width(struct libscols_table *scols, const struct table_style *style)
{
        size_t width;

        if (style->notruncate) {
                scols_table_set_termforce(scols, SCOLS_TERMFORCE_NEVER);
        } else if (width_is_given(&width)) {
                scols_table_set_termforce(scols, SCOLS_TERMFORCE_ALWAYS);
                scols_table_set_termwidth(scols, width);
        }
}

static struct libscols_table *scols_new(const char *name, const struct table_style *style)
{
        struct libscols_table *const scols = wanted(scols_new_table());

        scols_table_set_name(scols, name);
        /* The last of them counts. */
        scols_table_enable_raw(scols, style->raw);
        scols_table_enable_export(scols, style->pairs);
        scols_table_enable_json(scols, style->json);
        scols_table_enable_noheadings(scols, style->noheadings);
        set_width(scols, style);
        return scols;
}

struct table *table_new(const char *name, const struct column *columns,
                        const struct table_style *style)
{
        struct table *const table = xcalloc(1, sizeof(*table));

        table->columns = columns;
        table->asked = style->output || style->output_all;
        table->scols = scols_new(name, style);
        if (style->output_all)
                show_all(table);
        if (style->output)
                show_list(table, style->output);
        else
                show_by_default(table);
        return table;
}

void table_hide(struct table *table, size_t column)
{
        if (table->shown[column] && !table->asked)
                scols_column_set_flags(table->shown[column], SCOLS_FL_HIDDEN);
}

bool table_shows(const struct table *table, size_t column)
{
        return table->shown[column];
}

bool table_is_cut(const struct table *table)
{
        const int force = scols_table_get_termforce(table->scols);

        return !scols_table_is_json(table->scols) && !scols_table_is_raw(table->scols) &&
               !scols_table_is_export(table->scols) &&
               (force == SCOLS_TERMFORCE_AUTO ? isatty(STDOUT_FILENO)
                                              : force == SCOLS_TERMFORCE_ALWAYS);
}

void table_add_line(struct table *table)
{
        table->line = wanted(scols_table_new_line(table->scols, NULL));
}

void table_set(struct table *table, size_t column, const char *text)
{
        if (table->shown[column] && text &&
            scols_line_set_column_data(table->line, table->shown[column], text) != 0)
                wanted(NULL);
}

void table_set_number(struct table *table, size_t column, unsigned long long number)
{
        char text[24];

        snprintf(text, sizeof(text), "%llu", number);
        table_set(table, column, text);
}

void table_set_boolean(struct table *table, size_t column, bool value)
{
        /* libsmartcols takes "0", "no" and "N" for false, and what is left for true. */
        table_set(table, column, value ? "yes" : "no");
}

void table_print(struct table *table)
{
        if (scols_print_table(table->scols) != 0)
                die("the table cannot be printed");
        flush_output();
}

void columns_print(const char *command, const struct column *columns,
                   const struct table_style *style)
{
        enum { HOLDER, TYPE, DESCRIPTION };
        static const struct column own_columns[] = {
            [HOLDER] = {.name = "HOLDER", .by_default = true},
            [TYPE] = {.name = "TYPE", .by_default = true},
            [DESCRIPTION] = {.name = "DESCRIPTION", .by_default = true},
            {.name = NULL},
        };
        const struct table_style own_style = {
            .json = style->json, .pairs = style->pairs, .raw = style->raw, .noheadings = true};
        struct table *const table =
            table_new(xasprintf("%s-columns", command), own_columns, &own_style);

        for (; columns->name; columns++) {
                table_add_line(table);
                table_set(table, HOLDER, columns->name);
                table_set(table, TYPE,
                          columns->number    ? "<integer>"
                          : columns->boolean ? "<boolean>"
                                             : "<string>");
                table_set(table, DESCRIPTION, columns->help);
        }
        table_print(table);
}
