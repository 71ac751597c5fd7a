/* SPDX-License-Identifier: MIT */
#ifndef CHECK_H
#define CHECK_H

#include "nsswitch.h"
#include "ranges.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The parts of "subuidctl check". Each looks at its subject and reports findings, which are printed
 * in the end. With --root only what files tell is looked at.
 */

/* What can be found; check.c has the names and what is an error, subuidctl(8) says what each means.
 */
enum finding {
        /* check_ranges.c */
        NO_RANGE,
        NO_RANGES,
        EMPTY_RANGE,
        EXCLUDED_ID,
        ODD_OWNER,
        TWO_OWNERS,
        OVERLAP,
        OVERLAP_OF_ONE,
        NO_GIDS,
        FEWER_GIDS,
        NO_UIDS,
        OTHER_POSITION,
        ACCOUNT,
        ROOT_ID,
        SYSTEM_IDS,
        LOGIN_IDS,
        DYNAMIC_USER,
        NSPAWN,
        /* check_files.c */
        SYMLINK,
        NO_NEWLINE,
        NUL_BYTE,
        NOT_READABLE,
        WRITABLE,
        /* check_nsswitch.c */
        NOT_ENABLED,
        MISTAKE,
        NOT_READ,
        TWO_LINES,
        COMMENT,
        TWICE,
        WRONG_DATABASE,
        BEFORE_ACCOUNTS,
        BEHIND_SYSTEMD,
        BEHIND_RETURN,
        BEHIND_CONTINUE,
        MERGE,
        /* check_import.c */
        NOT_IMPORTED,
        OLD_IMPORT,
        UNUSED_IMPORT,
        SUBID_IGNORED,
        /* check_idmap.c */
        SSSD_MAP,
        WINBIND_MAP,
        /* check_system.c */
        LIBRARY,
        LIBRARY_VERSION,
        LIBRARY_32,
        NSCD,
        /* check_lookups.c */
        ANSWERED,
        NO_ANSWER,
        ROUND_TRIP,
};

/* Where it is: a file or what else it is about, a line or 0, a column in bytes from 1 or 0. */
struct place {
        const char *file;
        unsigned long line;
        size_t column;
};

/* What is wrong, as printf does, and what to do. Bytes that are not printable become "?". */
__attribute__((format(printf, 4, 5))) void report(enum finding finding, struct place place,
                                                  const char *advice, const char *format, ...);

/* The same, at the line of a range. */
#define report_line(finding, range_line, ...) \
        report(finding, (struct place){(range_line)->path, (range_line)->number, 0}, __VA_ARGS__)

/* IDs that one line owns. */
struct segment {
        uint64_t first, last;
        const struct range_line *line;
};

/* An entry of passwd(5) or group(5). */
struct account {
        const char *name; /* not NUL-terminated */
        size_t name_length;
        uint32_t id;
        unsigned long line;
};

/* A database and what belongs to it. */
struct side {
        enum subid_database database;
        const char *files[2];        /* the range files */
        const char *nss;             /* its name in nsswitch.conf */
        const char *ids;             /* "UIDs" */
        const char *id_min, *id_max; /* in login.defs */
        const char *account_file;
        struct ranges ranges;
        struct segment *segments; /* who owns what, in ascending order */
        size_t segment_count;
        struct account *accounts; /* by ID */
        size_t account_count;
        bool enabled; /* nsswitch.conf leads to "subuid" */
};

/* All that the parts look at. */
struct checked {
        struct side users, groups;
        struct nsswitch nsswitch;
};

void check_ranges(const struct checked *checked);
void check_files(const struct checked *checked);
void check_nsswitch(struct checked *checked); /* sets enabled */
void check_import(const struct checked *checked);
void check_idmap(const struct checked *checked);
void check_system(void);
void check_lookups(const struct checked *checked);

/* Which line owns which IDs: segments.c. */
void find_segments(struct side *side);

/* The first segment that ends at id or behind it; maybe behind the last one. */
const struct segment *segment_at(const struct side *side, uint64_t id);

#endif
