/* SPDX-License-Identifier: MIT */
#ifndef SUBID_FILE_H
#define SUBID_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Range files: subuid(5), subgid(5) and their twins in /etc/nss-subuid.
 *
 * A line is owner:start:count. It counts if newuidmap would honour it (shadow,
 * lib/subordinateio.c: subordinate_parse; lib/commonio.c: name_is_nis), but for what is said below:
 *
 *  - three fields, none empty; shorter than 1,024 bytes; no NUL byte; no "+" or "-" in front;
 *  - numbers as strtoul(, , 0) reads them: decimal, hexadecimal behind 0x, octal behind 0; blanks
 *    and then a "+" may stand in front, nothing behind;
 *  - start at most 4294967295; count at most 4294967295 and at most 4294967296 - start.
 *
 * Any other line is passed over: a bad line never hides a good one. Unlike shadow, a line that
 * begins with "#" is a comment, a last line without its newline counts, a NUL byte spoils its line
 * only, a symbolic link is followed, a number never has a minus sign, and an owner is mere text: it
 * needs no account, and "0" and "root" are two owners.
 *
 * Where ranges overlap, the first line that holds an ID owns it. An owner's lines, laid end to end
 * in file order, give its IDs the positions 0, 1, 2, …, as rootless runtimes lay them into a user
 * namespace. An ID's position is counted through the line that owns it.
 */

/* The files of a database, in the order in which they are read as one. */
#define SUBID_FILE_UIDS "/etc/subuid"
#define SUBID_FILE_UIDS_IMPORTED "/etc/nss-subuid/subuid"
#define SUBID_FILE_GIDS "/etc/subgid"
#define SUBID_FILE_GIDS_IMPORTED "/etc/nss-subuid/subgid"

/* A line as long as this, its newline not counted, is no range. In bytes. */
#define SUBID_LINE_MAX 1024

struct subid_range {
        const char *owner;   /* points into the line, not NUL-terminated */
        size_t owner_length; /* in bytes, 1 to SUBID_LINE_MAX - 5 */
        uint32_t start;
        uint32_t count; /* 0 to 4294967296 - start */
};

/* Reads a line of length bytes, its newline not among them. Returns false if it is no range. */
bool subid_range_parse(const char *line, size_t length, struct subid_range *range);

/* What is known of a subordinate ID, and what is to be found out. */
struct subid {
        uint32_t id;
        uint64_t position; /* from 0, among the owner's IDs */
        uint64_t passed;   /* so many of the owner's IDs stand in the lines asked so far */
        size_t owner_length;
        char owner[SUBID_LINE_MAX]; /* not NUL-terminated */
};

/* Says whether no range gives id a name: 0 (root), 65534 (nobody), 65535 and 4294967295 ("-1"). */
bool subid_excluded(uint32_t id);

/*
 * The core: questions asked of bytes, with no I/O. From lines up to end are whole lines, each with
 * its newline. Each returns true once it is answered, and false if the lines that follow have to be
 * asked too; a file can so be read in pieces.
 */

/* id → owner: the first line that holds the ID. */
bool subid_find_owner(const char *lines, const char *end, struct subid *subid);

/* id and owner → position. Before the first lines, passed is 0. */
bool subid_find_position(const char *lines, const char *end, struct subid *subid);

/* owner and position → id. Before the first lines, passed is 0. */
bool subid_find_id(const char *lines, const char *end, struct subid *subid);

/*
 * Whether the ID is that of an account: the lines are those of passwd(5) or group(5), and a third
 * field is this number, in decimal. As in glibc (nss/nss_files), blanks in front of a line do not
 * count, and a line that begins with "#", "+" or "-" is no account. Of a line as long as
 * SUBID_LINE_MAX only the fields that end in the first SUBID_LINE_MAX - 1 bytes are looked at.
 */
bool subid_find_account(const char *lines, const char *end, struct subid *subid);

/*
 * The same questions asked of the files. The range files of a database are read as one, in this
 * order; one that does not exist is empty. Each call opens a file at most once and closes it again,
 * leaves errno as it was and cannot be cancelled. Returns 1 if found, 0 if not, or a negative errno
 * if a file could not be read: that of openat, fstat, read or lseek, or EINVAL for one that is no
 * regular file.
 */
enum subid_database {
        SUBID_USERS,  /* /etc/subuid, /etc/nss-subuid/subuid; accounts: /etc/passwd */
        SUBID_GROUPS, /* /etc/subgid, /etc/nss-subuid/subgid; accounts: /etc/group */
};

/* id → whether it lies in a range. It is never found if it is excluded. */
int subid_file_holds(enum subid_database database, struct subid *subid);

/* id → owner and position. It is never found if it is excluded. */
int subid_file_locate(enum subid_database database, struct subid *subid);

/* owner and position → id, an excluded one too. */
int subid_file_id_at(enum subid_database database, struct subid *subid);

/* id → whether a local account has it. */
int subid_file_is_account(enum subid_database database, struct subid *subid);

#endif
