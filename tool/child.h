/* SPDX-License-Identifier: MIT */
#ifndef CHILD_H
#define CHILD_H

#include "clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Asking somebody who may hang: the one way to do it. A child asks, and writes what it learns into
 * a pipe; its parent reads until a deadline. The child dies with its parent and holds none of its
 * descriptors, so none of its locks; its standard ones are /dev/null. One that cannot be killed, as
 * a FUSE server or a frozen cgroup keeps it, is left behind: nobody waits for it.
 */

/*
 * So long one waits for what a process or a container tells of itself, for one answer and for all.
 * It is there at once, or somebody keeps it back.
 */
enum { CHILD_WAIT_MS = 2000, CHILD_WAIT_ALL_MS = 6000 };

struct child {
        pid_t pid;
        int fd; /* to read from */
};

/* What the child does; it writes to the descriptor. That it returns ends it, with status 0. */
typedef void child_function(int to, const void *data);

/* Starts a child. Dies if it cannot. */
struct child child_start(child_function *function, const void *data);

/* The same of one that says itself, on standard error, what is wrong. */
struct child child_start_heard(child_function *function, const void *data);

/* The same for a program that goes on: returns false, and errno says why, if it cannot. */
bool child_try(struct child *child, child_function *function, const void *data);

/*
 * What such a child may do: become a program, by the arguments that data points to, up to a NULL.
 * Its standard output is the pipe, its environment has a PATH and LC_ALL=C.
 */
child_function child_becomes_program;

/*
 * Runs such a program for so many milliseconds at most. *output is what it has printed, of which it
 * may be 64 KiB, with a NUL behind it. Returns its status, as waitpid(2) gives it, or a negative
 * errno: -ETIMEDOUT.
 */
int child_run(const char *const *arguments, int64_t ms, char **output);

/* For a child whose change of rights has cleared what makes it die with its parent. */
void child_dies_with_parent(void);

/*
 * Reads size bytes, until now_ms() is deadline. Returns how many were read, fewer than size at the
 * end of all that the child writes, or a negative errno, such as -ETIMEDOUT.
 */
ssize_t child_read(const struct child *child, void *data, size_t size, int64_t deadline);

/*
 * Asks many questions of one child, which writes an answer of size bytes for each, in their order.
 * Waits CHILD_WAIT_MS for each, and *left milliseconds for all; from that it takes what it has
 * waited. Returns how many answers have come.
 */
size_t child_answers(child_function *function, const void *data, void *answers, size_t size,
                     size_t count, int64_t *left);

/*
 * Ends a child, if it has not ended by itself. Returns its status, as waitpid(2) gives it, or -1
 * for one that cannot be killed.
 */
int child_end(const struct child *child);

#endif
