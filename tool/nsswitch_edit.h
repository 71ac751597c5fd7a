/* SPDX-License-Identifier: MIT */
#ifndef NSSWITCH_EDIT_H
#define NSSWITCH_EDIT_H

#include "util.h"

#include <stdbool.h>

/*
 * The word "subuid" in the text of an nsswitch.conf, for the databases passwd and group, and for
 * initgroups where that has a line. Both ways
 * change nothing but that word and one blank beside it, whatever else the text is, and both leave a
 * text alone that needs no change. nsswitch_remove takes back what nsswitch_add did, byte for byte,
 * with no memory of it.
 */

struct nsswitch_wish {
        const char *path;       /* of the file, for messages */
        const char *records[2]; /* by database, the name of a userdb record in a range, or NULL */
        bool add_only;          /* a word that stands, wherever, stays, and is not spoken of */
        bool move;              /* also from in front of a directory */
};

/*
 * Adds the word where nsswitch_place.h says that it belongs, or moves one that stands elsewhere,
 * and says so. Returns false where it has no place, and says why for each line (with add_only for
 * the first one, as a package says one line); the text is then to be thrown away.
 */
bool nsswitch_add(struct text *text, const struct nsswitch_wish *wish);

/* Removes the word, with the actions that belong to it, from every line of these databases. */
void nsswitch_remove(struct text *text);

#endif
