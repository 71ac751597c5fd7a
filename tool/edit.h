/* SPDX-License-Identifier: MIT */
#ifndef EDIT_H
#define EDIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The word "subuid" in the text of an nsswitch.conf, for the databases passwd and group. Both ways
 * change nothing but that word and one blank beside it, whatever else the text is, and both leave a
 * text alone that needs no change. edit_remove takes back what edit_add did, byte for byte, with no
 * memory of it.
 */

struct text {
        const char *bytes;
        size_t size;
};

/*
 * Adds the word to the line that counts for each database, if it is not there: behind the last
 * source of real accounts; on a line that merges at the end. Words behind a "#" are a comment here,
 * as their author meant it. Returns false where there is no such place, and prints why for each
 * line of the file called path.
 */
bool edit_add(struct text *text, const char *path);

/* Removes the word, with the actions that belong to it, from every line of both databases. */
void edit_remove(struct text *text);

#endif
