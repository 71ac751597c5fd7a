/* SPDX-License-Identifier: MIT */
#ifndef LIBRARIES_H
#define LIBRARIES_H

#include <stdbool.h>

/* The libraries in the usual folders, by ELFCLASS32 and ELFCLASS64: which there are of this name.
 */
void libraries_find(const char *name, bool classes[3]);

/* Whether one of them has a function of this name, as far as the name alone tells. */
bool libraries_name(const char *name, const char *function);

/*
 * Whether a program is linked with a library of this name, its version among it. The names of
 * those stand at the beginning of its file; only that is read.
 */
bool libraries_linked(const char *program, const char *name);

#endif
