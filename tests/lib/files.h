/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_FILES_H
#define TESTS_LIB_FILES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Files for unit tests. The module's own objects are linked with --wrap, so that what they open
 * below /etc lies in a directory of this test, and so that any of their calls can be made to fail.
 */

/* Makes the directory; false is returned, as cmocka wants it, as non-zero. */
int files_setup(void **state);
int files_teardown(void **state);

/* Removes every file and takes back what files_fail and files_read_at_most have said. */
void files_clear(void);

/* Writes a file such as "/etc/subuid". */
void files_write_bytes(const char *path, const char *bytes, size_t size);
void files_write(const char *path, const char *text);

/* Makes a file this long, with a hole at its end. */
void files_stretch(const char *path, long long size);

/* From now on, realloc gets no memory. */
void files_no_memory(void);

/* From now on, no file states its size, as those in /proc do not. */
void files_hide_sizes(void);

/* The real name of such a path, to be made into something else than a file. Static, overwritten. */
const char *files_path(const char *path);

/*
 * From now on, the calls of a name ("openat", "fstat", "pread") on a file whose path ends
 * so fail with this errno: first go through as many as passed says, then as many fail as times
 * says.
 */
void files_fail(const char *call, const char *path, int error, int passed, int times);

/* From now on a read gives so many bytes at most. */
void files_read_at_most(size_t size);

/* So many calls, of openat, fstat, pread or close, were made since files_clear. */
int files_calls(void);

/* So many calls of memchr were made since files_clear: what a line has cost, without a clock. */
int files_searches(void);

/* The flags of the last openat. */
int files_open_flags(void);

/* A call since files_clear was made with cancellation switched on. */
bool files_cancellable(void);

/* So many descriptors below the directory are open. */
int files_open(void);

#endif
