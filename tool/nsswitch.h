/* SPDX-License-Identifier: MIT */
#ifndef NSSWITCH_H
#define NSSWITCH_H

#include "util.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * nsswitch.conf(5) as the C library reads it (glibc 2.33 and later, nss/nss_database.c and
 * nss/nss_action_parse.c), with the place of every word, so that the file can be changed by a word.
 * That reading is not always the one that its author meant:
 *
 *  - a comment is one only in front of a line; behind services, "#" and its words are services;
 *  - a last line without its newline does not count;
 *  - of two lines for one database the last one counts (before glibc 2.33 the first);
 *  - what follows a second [...] does not count;
 *  - one mistake in a [...] of any database that glibc knows, and no database has any service.
 *
 * The names of databases and services are told apart by case, those in [...] are not. A line is not
 * continued by the next one.
 */

#define NSSWITCH_FILE "/etc/nsswitch.conf"

/*
 * What the C library reads: NSSWITCH_FILE, or where there is none the distribution's own below
 * /usr, as openSUSE's does, which alone has one there.
 */
const char *nsswitch_path(void);

/* A part of the text: so many bytes from offset on. */
struct nsswitch_word {
        size_t offset, length;
};

enum nsswitch_status {
        NSSWITCH_SUCCESS,
        NSSWITCH_NOTFOUND,
        NSSWITCH_UNAVAIL,
        NSSWITCH_TRYAGAIN,
        NSSWITCH_STATUSES, /* so many there are */
};

enum nsswitch_action { NSSWITCH_CONTINUE, NSSWITCH_RETURN, NSSWITCH_MERGE };

struct nsswitch_service {
        struct nsswitch_word name;
        struct nsswitch_word brackets; /* the [...] behind it, brackets included; length 0: none */
        enum nsswitch_action actions[NSSWITCH_STATUSES]; /* what follows its answers */
};

struct nsswitch_line {
        unsigned long number;      /* from 1 */
        struct nsswitch_word text; /* without the newline */
        struct nsswitch_word database;
        struct nsswitch_service *services;
        size_t count;   /* of the services that glibc asks */
        size_t meant;   /* so many of them stand in front of the comment */
        size_t comment; /* offset of the first "#", or of the line's end */
        size_t rest; /* offset of a second [...], or of the line's end: the rest does not count */
        size_t mistake; /* offset of what cannot be read, or NSSWITCH_NONE */
        bool ended;     /* has a newline */
};

#define NSSWITCH_NONE ((size_t)-1)

struct nsswitch {
        struct text text;
        struct nsswitch_line *lines; /* those that name a database, whatever its name is */
        size_t count;
};

/* Reads a text, to which the result points. */
void nsswitch_parse(struct text text, struct nsswitch *nsswitch);

/* Gives back what parsing has taken, not the text. */
void nsswitch_free(struct nsswitch *nsswitch);

/* Reads the file. Returns 0 or a negative errno, as root_read does. */
int nsswitch_read(struct nsswitch *nsswitch);

/* The line that counts for a database, mistakes elsewhere aside, or NULL. */
const struct nsswitch_line *nsswitch_line_of(const struct nsswitch *nsswitch, const char *database);

/* The first line whose mistake makes glibc refuse the whole file, or NULL. */
const struct nsswitch_line *nsswitch_broken(const struct nsswitch *nsswitch);

/* The first service of this name on a line, in front of its comment, or NULL. */
const struct nsswitch_service *nsswitch_find(const struct nsswitch *nsswitch,
                                             const struct nsswitch_line *line, const char *name);

/* Whether a word of the text is this one. */
bool nsswitch_is(const struct nsswitch *nsswitch, struct nsswitch_word word, const char *text);

/* A copy of a word. */
char *nsswitch_text(const struct nsswitch *nsswitch, struct nsswitch_word word);

/* Where a service is over, its [...] included. An offset. */
size_t nsswitch_end(const struct nsswitch_service *service);

/*
 * The service that libsubid asks for ranges, and *number, its line; NULL if that is the files: the
 * first word of the first "subid:" that has one (shadow, lib/nss.c). Unlike glibc, libsubid takes
 * small and capital letters, no blank in front of the name or of the colon, and a last line without
 * its newline.
 */
const char *nsswitch_subid_service(const struct nsswitch *nsswitch, unsigned long *number);

#endif
