/* SPDX-License-Identifier: MIT */
#ifndef SUBID_RANGE_H
#define SUBID_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A line of subuid(5) and subgid(5), and questions asked of many of them. No I/O here.
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

/* Behind the last ID: at most 2^32. */
static inline uint64_t subid_range_end(const struct subid_range *range)
{
        return (uint64_t)range->start + range->count;
}

static inline bool subid_range_holds(const struct subid_range *range, uint32_t id)
{
        return id >= range->start && id - range->start < range->count;
}

struct subid_account {
        const char *name; /* points into the line, not NUL-terminated */
        size_t name_length;
        uint32_t id;
};

/*
 * Reads a line of passwd(5) or group(5), length bytes without its newline, as glibc does
 * (nss/nss_files): blanks in front do not count, a line that begins with "#", "+" or "-" is no
 * account, and the third field is its ID, as strtoul(, , 10) reads it, with no minus sign and
 * nothing behind it. The name may be empty. Of a line as long as SUBID_LINE_MAX only the fields
 * that end in the first SUBID_LINE_MAX - 1 bytes are looked at. Returns false if it is no account;
 * account is undefined then.
 */
bool subid_account_parse(const char *line, size_t length, struct subid_account *account);

/* Those of systemd's DynamicUser=, of which "subuidctl check" says more than of the others. */
#define SUBID_DYNAMIC_FIRST UINT32_C(61184)
#define SUBID_DYNAMIC_LAST UINT32_C(65519)

/*
 * The IDs that are somebody else's whatever a file says: no range gives them a name. Those of
 * systemd are fixed (docs/UIDS-GIDS.md of 262: home directories, nspawn's --bind-user and greeters;
 * DynamicUser=; the foreign UID range). One row is ROW(first, last, whose they are).
 */
#define SUBID_EXCLUDED(ROW)                                                      \
        ROW(UINT32_C(0), UINT32_C(0), "root")                                    \
        ROW(UINT32_C(60001), UINT32_C(60705), "systemd's accounts")              \
        ROW(SUBID_DYNAMIC_FIRST, SUBID_DYNAMIC_LAST, "systemd's DynamicUser=")   \
        ROW(UINT32_C(65534), UINT32_C(65534), "nobody")                          \
        ROW(UINT32_C(65535), UINT32_C(65535), "\"-1\" of 16 bits")               \
        ROW(UINT32_C(2147352576), UINT32_C(2147418111), "systemd's foreign IDs") \
        ROW(UINT32_C(4294967295), UINT32_C(4294967295), "\"-1\"")

#define SUBID_EXCLUDED_ONE(first, last, whose) +1
enum { SUBID_EXCLUDED_COUNT = 0 SUBID_EXCLUDED(SUBID_EXCLUDED_ONE) };

/* The same as data; ascending. Characters, not a pointer, which would have to be relocated. */
struct subid_excluded {
        uint32_t first, last;
        char whose[24];
};
extern const struct subid_excluded subid_excluded_ids[SUBID_EXCLUDED_COUNT];

#define SUBID_EXCLUDED_HOLDS(first, last, whose) || id - (first) <= (last) - (first)

/* Says whether id is one of them. */
static inline bool subid_excluded(uint32_t id)
{
        return false SUBID_EXCLUDED(SUBID_EXCLUDED_HOLDS);
}

/*
 * The first line of a file that subuidctl import has written: this, a number S, SUBID_MARK_OF and a
 * number T. T is the file's size; up to byte S, behind this line, it has nothing but lines of
 * ranges, sorted by start, none of which overlaps another line of the file or has the owner of
 * another one or the count 0. Both are decimal, without leading zeros.
 */
#define SUBID_MARK "# Written by subuidctl import; sorted by start up to byte "
#define SUBID_MARK_OF " of "

/* Reads such a line, length bytes without its newline. Returns false if it is none. */
bool subid_mark_parse(const char *line, size_t length, uint64_t *sorted, uint64_t *size);

/* Where an ID lies, seen from sorted lines. */
enum subid_place {
        SUBID_BELOW, /* the first one */
        SUBID_ABOVE, /* the last one */
        SUBID_INSIDE,
        SUBID_BETWEEN,  /* two of them */
        SUBID_UNSORTED, /* they are not what they are said to be, as far as that was seen */
};

struct subid_part {
        uint64_t first;  /* the first line's start */
        uint64_t behind; /* where the last line ends; undefined if the ID is below the first one */
        size_t bytes;    /* of all the lines */
        const char *line, *line_end; /* the line that holds the ID, if it is inside */
};

/* Searches whole lines, one at least, by halving. */
enum subid_place subid_search(const char *lines, const char *end, uint32_t id,
                              struct subid_part *part);

/* What is known of a subordinate ID, and what is to be found out. */
struct subid {
        uint32_t id;
        uint32_t start;    /* of the line that holds the ID */
        bool same_owner;   /* as the line that holds the ID */
        bool same_start;   /* likewise */
        uint64_t position; /* from 0, among the owner's IDs */
        uint64_t passed;   /* so many of the owner's IDs stand in the lines asked so far */
        size_t owner_length;
        char owner[SUBID_LINE_MAX]; /* not NUL-terminated */
};

/*
 * Questions asked of bytes. From lines up to end are whole lines, each with its newline. Each
 * returns true once it is answered, and false if the lines that follow have to be asked too; a file
 * can so be read in pieces.
 */

/* Returns where the last c between begin and end is over, or begin if there is none. */
static inline const char *subid_behind_last(const char *begin, const char *end, char c)
{
        while (end > begin && end[-1] != c)
                end--;
        return end;
}

/* Returns where the first line is over that ends between begin and end, or end if none does. */
static inline const char *subid_behind_first(const char *begin, const char *end)
{
        const char *const newline = memchr(begin, '\n', (size_t)(end - begin));

        return newline ? newline + 1 : end;
}

/* id → owner and start: the first line that holds the ID. */
bool subid_find_owner(const char *lines, const char *end, struct subid *subid);

/* id, owner and start → whether the first line that holds the ID has the same owner and start. */
bool subid_find_holder(const char *lines, const char *end, struct subid *subid);

/* id and owner → position. Before the first lines, passed is 0. */
bool subid_find_position(const char *lines, const char *end, struct subid *subid);

/* owner and position → id. Before the first lines, passed is 0. */
bool subid_find_id(const char *lines, const char *end, struct subid *subid);

/* id → whether an account has it; the lines are those of passwd(5) or group(5). */
bool subid_find_account(const char *lines, const char *end, struct subid *subid);

/* owner → id: the first account of this name. */
bool subid_find_named(const char *lines, const char *end, struct subid *subid);

#endif
