/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "table.h"

#include <stdbool.h>

/*
 * The commands of subuidctl and what they are given. Only the files of the commands look at this:
 * what they ask for is passed on by them.
 */

/* As given on the command line; what was not given is false or NULL. */
struct options {
        struct table_style table;
        const char *root;
        bool help, version, list_columns;
        bool names, dry_run, move, prune, quiet, force, verbose;
        const char *group;                /* whose members' ranges are imported */
        const char *count, *start, *pods; /* of the range that is added */
        const char *pid;                  /* of a process whose IDs are asked of */
};

/* argv[0] is the command's name, arguments follow, then a NULL. They return the exit status. */
int command_list(const struct options *options, char **argv);
int command_whois(const struct options *options, char **argv);
int command_check(const struct options *options, char **argv);
int command_enable(const struct options *options, char **argv);
int command_disable(const struct options *options, char **argv);
int command_add(const struct options *options, char **argv);
int command_remove(const struct options *options, char **argv);
int command_import(const struct options *options, char **argv);

extern const struct column list_columns[], whois_columns[];

#endif
