/* SPDX-License-Identifier: MIT */
#ifndef USERDB_H
#define USERDB_H

#include "segments.h"

/*
 * The records of users and groups that systemd reads from files (systemd.userdb(7),
 * nss-systemd(8)): NAME.user or NAME.group, and beside it a symbolic link with the ID for NAME; of
 * the running system also those that other programs keep.
 */

/* The name of a record of an ID inside a range, or NULL. Of files only the names are looked at. */
const char *userdb_record_in(enum subid_database database, const struct segments *segments);

/* The same, of the ranges in the files. Dies if they cannot be read. */
const char *userdb_record(enum subid_database database);

#endif
