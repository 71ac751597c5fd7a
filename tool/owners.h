/* SPDX-License-Identifier: MIT */
#ifndef OWNERS_H
#define OWNERS_H

#include <stdbool.h>
#include <stddef.h>

/* Whose ranges subuidctl import asks for. */

/* One a line; blanks around it, empty lines and lines that begin with "#" do not count. */
#define OWNERS_FILE "/etc/nss-subuid/owners"

struct owners {
        const char **names; /* sorted by their bytes, none twice */
        size_t count, room;
};

/*
 * Takes those of the arguments (up to a NULL) and of the group, if it is not NULL, or if there are
 * neither those of the file. Dies if there are none. Returns false, having said so, if a name among
 * them cannot stand in a range file; that is left out.
 */
bool owners_read(char **arguments, const char *group, struct owners *owners);

/* Adds a name of so many bytes. Afterwards they are to be sorted. */
void owners_add(struct owners *owners, const char *name, size_t length);

void owners_sort(struct owners *owners);

#endif
