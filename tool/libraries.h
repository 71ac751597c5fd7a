/* SPDX-License-Identifier: MIT */
#ifndef LIBRARIES_H
#define LIBRARIES_H

#include <stdbool.h>

/* The libraries in the usual folders, by ELFCLASS32 and ELFCLASS64: which there are of this name.
 */
void libraries_find(const char *name, bool classes[3]);

#endif
