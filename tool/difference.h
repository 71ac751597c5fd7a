/* SPDX-License-Identifier: MIT */
#ifndef DIFFERENCE_H
#define DIFFERENCE_H

#include "util.h"

#include <stdbool.h>

/* What a command changes of a file, or would change. */

bool text_is_same(struct text a, struct text b);

/*
 * Prints it as patch(1) takes it, of a change of one of these kinds: lines are others, as many; or
 * lines are left out; or lines are added at the end. Last lines may lack their newline.
 */
void print_difference(const char *old_path, const char *new_path, struct text old, struct text new);

#endif
