/* SPDX-License-Identifier: MIT */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Tables as those of lsns(8) and findmnt(8), whose options mean the same here. */

enum { COLUMNS_MAX = 24 };

struct column {
        const char *name; /* in capitals; JSON has it in small letters */
        const char *help;
        bool by_default; /* shown without --output */
        bool in_json;    /* in JSON shown without it, too */
        bool number;     /* aligned to the right; JSON has it without quotes */
        bool boolean;    /* yes or no; true or false in JSON */
        bool cut;        /* where a terminal is too narrow */
};

/* How it is printed. */
struct table_style {
        bool json, pairs, raw; /* the first of them counts */
        bool noheadings, notruncate, output_all;
        const char
            *output; /* names of columns, with "+" in front besides the usual ones, or NULL */
};

/* Whether a table is asked for, of a command that else prints sentences. */
static inline bool table_is_wanted(const struct table_style *style)
{
        return style->json || style->pairs || style->raw || style->noheadings || style->output ||
               style->output_all;
}

struct table;

/* The last of the columns has no name. Dies if the style names one that does not exist. */
struct table *table_new(const char *name, const struct column *columns,
                        const struct table_style *style);

/* Takes a column away that would always be empty, unless it was asked for. */
void table_hide(struct table *table, size_t column);

/* Whether a column is shown. */
bool table_shows(const struct table *table, size_t column);

/* Whether the table is to fit a terminal: then long lists need not be whole. */
bool table_is_cut(const struct table *table);

void table_add_line(struct table *table);

/* Sets a cell of the last line. A NULL leaves it empty (in JSON null). */
void table_set(struct table *table, size_t column, const char *text);
void table_set_number(struct table *table, size_t column, unsigned long long number);
void table_set_boolean(struct table *table, size_t column, bool value);

void table_print(struct table *table);

/* Prints what the columns of a command are, as util-linux' programs do. */
void columns_print(const char *command, const struct column *columns,
                   const struct table_style *style);

#endif
