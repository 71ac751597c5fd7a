/* SPDX-License-Identifier: MIT */
#ifndef SUBUIDCTL_H
#define SUBUIDCTL_H

#include "table.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * subuidctl: what the parts of the command share. Each runs once and ends, so memory is given back
 * only where it would grow, and a lack of it ends the command.
 */

/* As given on the command line; the others are false or NULL. */
struct options {
        const char *root; /* "" or a folder without a slash at its end, in front of every file */
        bool json, raw, noheadings, dry_run;
        const char *output; /* names of columns */
        bool names;
        const char *group; /* whose members' ranges are imported */
        bool prune;
};

extern struct options options;

/* Prints "subuidctl: " and a message. */
__attribute__((format(printf, 1, 2))) void error(const char *format, ...);

/* The same, and the end: status 3 for check ("could not check"), 1 for the other commands. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* Never NULL. */
__attribute__((returns_nonnull)) void *allocate(size_t size);
__attribute__((returns_nonnull)) void *reallocate(void *memory, size_t size);
__attribute__((format(printf, 1, 2))) char *text_of(const char *format, ...);

/* A copy of at most max bytes of a text, in which all but printable ASCII is shown as "?". */
char *printable(const char *text, size_t length, size_t max);

/* Opens anything below --root, with these flags of open(2). Returns a descriptor or -errno. */
int open_any_below_root(const char *path, int flags);

/*
 * Opens a file below --root, whose symbolic links lead nowhere else. Returns a descriptor or a
 * negative errno; EINVAL for one that is no regular file.
 */
int open_below_root(const char *path);

/* What went wrong, by what open_below_root and read_below_root return. */
const char *reason(int r);

/*
 * Reads all of a file below --root. Returns 0 or a negative errno. The text is followed by a NUL
 * that size does not count.
 */
int read_below_root(const char *path, char **text, size_t *size);

/* Returns false, and errno says why, if not all of it can be written. */
bool write_all(int fd, const char *bytes, size_t size);

/* As isspace() in the C locale, whatever the locale is. */
static inline bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Dies if what was printed cannot be written. */
void flush_output(void);

/* The commands: argv[0] is the name, arguments follow, then NULL. They return the exit status. */
int command_list(char **argv);
extern const struct column list_columns[];
int command_whois(char **argv);
extern const struct column whois_columns[];
int command_check(char **argv);
int command_enable(char **argv);
int command_disable(char **argv);
int command_import(char **argv);

#endif
