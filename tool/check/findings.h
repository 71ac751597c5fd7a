/* SPDX-License-Identifier: MIT */
#ifndef FINDINGS_H
#define FINDINGS_H

#include "../table.h"

#include <stddef.h>

/*
 * What "subuidctl check" has found. A part reports a finding where it finds it, under the name that
 * it has at that place; subuidctl(8) says what each means. All are printed in the end.
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

/* A command of subuidctl as advice: "run 'subuidctl COMMAND'", with --root where that is given. */
const char *advice_to_run(const char *command);

/*
 * Prints all findings: causes first, which are those of the library and of nsswitch.conf, then as
 * they lie in the files. Returns the exit status: 0 without any, 1 for warnings alone, else 2.
 */
int findings_print(const struct table_style *style);

#endif
