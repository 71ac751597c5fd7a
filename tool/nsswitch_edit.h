/* SPDX-License-Identifier: MIT */
#ifndef NSSWITCH_EDIT_H
#define NSSWITCH_EDIT_H

#include "util.h"

#include <stdbool.h>

/*
 * The word "subuid" in the text of an nsswitch.conf, for the databases passwd and group. Both ways
 * change nothing but that word and one blank beside it, whatever else the text is, and both leave a
 * text alone that needs no change. nsswitch_remove takes back what nsswitch_add did, byte for byte,
 * with no memory of it.
 */

/* The databases, and then a NULL. */
extern const char *const nsswitch_databases[];

struct nsswitch_wish {
        const char *path;       /* of the file, for messages */
        const char *records[2]; /* by database, the name of a userdb record in a range, or NULL */
        bool add_only;          /* a word that stands, wherever, stays */
        bool move;              /* also from in front of a directory */
};

/*
 * Adds the word where nsswitch_place.h says that it belongs, or moves one that stands elsewhere,
 * and says so. Returns false where it has no place, and says why for each line; the text is then to
 * be thrown away.
 */
bool nsswitch_add(struct text *text, const struct nsswitch_wish *wish);

/* Removes the word, with the actions that belong to it, from every line of both databases. */
void nsswitch_remove(struct text *text);

#endif
