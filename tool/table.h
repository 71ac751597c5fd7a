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
        bool number;     /* aligned to the right; JSON has it without quotes */
        bool boolean;    /* yes or no; true or false in JSON */
};

/* How it is printed. */
struct table_style {
        bool json, pairs, raw; /* the first of them counts */
        bool noheadings, notruncate, output_all;
        const char
            *output; /* names of columns, with "+" in front besides the usual ones, or NULL */
};

struct table;

/* The last of the columns has no name. Dies if the style names one that does not exist. */
struct table *table_new(const char *name, const struct column *columns,
                        const struct table_style *style);

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
