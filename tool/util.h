/* SPDX-License-Identifier: MIT */
#ifndef UTIL_H
#define UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The ground that all programs here stand on: messages, memory, text. libc alone, and no options.
 * Each program runs once and ends, so memory is given back only where it would grow, and a lack of
 * it ends the program. Only what lies here, in root.h and in table.h ends it unasked.
 */

/* The exit status of die(). A program may set another. */
extern int die_status;

/* Prints the program's name (program_invocation_short_name), ": " and a message: one write. */
__attribute__((format(printf, 1, 2))) void warn(const char *format, ...);

/* The same, and the end. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/*
 * Opens /dev/null for standard descriptors that are closed: else what a program opens, a file that
 * it writes say, would be one of them. To be called first.
 */
void open_standard_descriptors(void);

/* Never NULL. Memory of xcalloc is zeroed; count * size may be 0. */
__attribute__((returns_nonnull)) void *xcalloc(size_t count, size_t size);
__attribute__((returns_nonnull)) void *xrealloc(void *memory, size_t size);
__attribute__((returns_nonnull, format(printf, 1, 2))) char *xasprintf(const char *format, ...);

/* A copy of so many bytes, with a NUL behind them. */
__attribute__((returns_nonnull)) char *xstrndup(const char *text, size_t length);

/*
 * Makes room for one more element of a growing array, of which *room are allocated and count used.
 * Returns the array. Growth doubles: n elements cost n copies at most.
 */
void *grow(void *array, size_t count, size_t *room, size_t size);

/* How text that is not ours is shown: printable or quoted. At most max bytes of it are. */
typedef char *text_shown(const char *text, size_t length, size_t max);

/* A copy of at most max bytes of a text, in which all but printable ASCII is shown as "?". */
char *printable(const char *text, size_t length, size_t max);

/*
 * The one quoting of text that is not ours, for sentences: as printable gives it, in double quotes
 * unless it has letters, digits and %+-./:=@_~ only and is not empty; a double quote or backslash
 * in it has a backslash in front. So it can neither end nor look like what stands around it.
 */
char *quoted(const char *text, size_t length, size_t max);

/* Returns false, and errno says why, if not all of it can be written. */
bool write_all(int fd, const char *bytes, size_t size);

/* Dies if what was printed on standard output cannot be written. */
void flush_output(void);

/* As isspace() in the C locale, whatever the locale is. */
static inline bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes of a file, or a part of them; not NUL-terminated. */
struct text {
        const char *bytes;
        size_t size;
};

/* The order of their bytes, a shorter one first; and the same for qsort(3) and bsearch(3). */
int text_compare(struct text a, struct text b);
int text_compare_elements(const void *a, const void *b);

/*
 * The one reader of lines: takes the next line of a text, without its newline. Returns false if
 * none is left. A last line need not have a newline.
 */
bool take_line(struct text *rest, struct text *line);

/* Whether a path is absolute, and no part of it is "..". */
bool is_absolute(const char *path);

#endif
