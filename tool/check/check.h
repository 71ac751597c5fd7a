/* SPDX-License-Identifier: MIT */
#ifndef CHECK_H
#define CHECK_H

#include "../accounts.h"
#include "../nsswitch.h"
#include "../segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The parts of "subuidctl check". Each looks at its subject and reports what it finds there, under
 * the name that it has at that place; subuidctl(8) says what each means. Of a cause and what
 * follows from it, only the cause is reported. Below --root only what files tell is looked at.
 */

/* An error: something does not work, or answers something else than is meant. */
enum severity { WARNING, ERROR };

/* Where it is: a file or what else it is about, a line or 0, a column in bytes from 1 or 0. */
struct place {
        const char *file;
        unsigned long line;
        size_t column;
};

/* What is wrong, as printf does, and what to do. Bytes that are not printable become "?". */
__attribute__((format(printf, 5, 6))) void report(enum severity severity, const char *finding,
                                                  struct place place, const char *advice,
                                                  const char *format, ...);

/* The same, at the line of a range. */
#define report_line(severity, finding, range_line, ...)                                        \
        report(severity, finding, (struct place){(range_line)->path, (range_line)->number, 0}, \
               __VA_ARGS__)

/* A database and what belongs to it. */
struct side {
        enum subid_database database;
        const char *nss;             /* its name in nsswitch.conf */
        const char *ids;             /* "UIDs" */
        const char *id_min, *id_max; /* in login.defs */
        struct ranges ranges;
        struct segments segments;
        struct accounts accounts;
        bool enabled; /* glibc gets to "subuid" for it */
};

/* All that the parts look at. */
struct checked {
        struct side users, groups;
        struct nsswitch nsswitch;
};

/* The library and what else stands between it and a program. Returns whether it can be used. */
bool check_system(void);
void check_nsswitch(struct checked *checked); /* sets enabled */
void check_files(const struct checked *checked);
void check_ranges(const struct checked *checked);
void check_import(const struct checked *checked);
void check_idmap(const struct checked *checked);
void check_lookups(const struct checked *checked);

/* A command of subuidctl as advice: "run 'subuidctl COMMAND'", with --root where that is given. */
const char *advice_to_run(const char *command);

#endif
