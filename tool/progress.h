/* SPDX-License-Identifier: MIT */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

/*
 * What a command is doing, for somebody who waits at a terminal: a line on standard error, from two
 * seconds on, which is gone before anything else is printed. Whoever works long or waits tells;
 * until a command has called progress_start() nothing comes of it. No thread, no signal.
 */

/* From now on it is told, if standard error is a terminal. */
void progress_start(void);

/* What is being done from now on, as printf does. */
__attribute__((format(printf, 1, 2))) void progress(const char *format, ...);

/* Shows that, if it is time. Returns how long to wait at most until it is again, up to left. */
int64_t progress_tick(int64_t left);

/* Takes the line away, for a message. */
void progress_clear(void);

/* The same, and nothing is told from now on. */
void progress_end(void);

#endif
