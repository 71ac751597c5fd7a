/* SPDX-License-Identifier: MIT */
#ifndef NSSWITCH_PLACE_H
#define NSSWITCH_PLACE_H

#include "nsswitch.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Where "subuid" belongs on a line for passwd or group, and what is wrong where it stands. All who
 * place it, or judge its place, ask here: enable, check and the packages' scripts.
 *
 * It belongs behind every source of real accounts, in front of systemd; behind systemd where that
 * has a record of an account inside a range; at the end of a line that merges. It is never placed
 * where a service in front would keep glibc from asking it, nor where glibc would go on to it after
 * an answer: then "not found" of it, the last word, would take the place of that answer.
 *
 * Words behind a "#" are a comment, as their author meant them, though glibc asks them too: where
 * one of them is a service that may exist, the line is refused.
 */

#define NSSWITCH_WORD "subuid"

enum nsswitch_state {
        NSSWITCH_STANDS,    /* it is where it belongs */
        NSSWITCH_MISSING,   /* it goes to place */
        NSSWITCH_MISPLACED, /* it is taken from the line and goes where it then belongs */
        NSSWITCH_REFUSED,   /* it has no place before somebody has edited the file */
};

struct nsswitch_judgement {
        enum nsswitch_state state;
        const struct nsswitch_line *line;    /* that counts for the database, or NULL */
        const struct nsswitch_service *word; /* the first one on it, or NULL */
        size_t place;                        /* an offset: the word goes behind what ends here */
        bool hidden;                         /* it stands, and glibc does not get to it */

        /* What is wrong, unless it stands where it belongs. */
        const char *finding;  /* the name that check gives it */
        bool error;           /* something does not work, or answers something else */
        unsigned long number; /* of the line, 0: none */
        size_t column;        /* in bytes, from 1; 0: none */
        const char *what, *advice;

        /* It stands in front of directories alone, which somebody may have chosen: the first. */
        const struct nsswitch_service *directory;
};

/*
 * Judges a database, "passwd" or "group". record is the name of a userdb record inside a range, or
 * NULL; with move, a place in front of a directory is a wrong one.
 */
struct nsswitch_judgement nsswitch_judge(const struct nsswitch *nsswitch, const char *database,
                                         const char *record, bool move);

/*
 * Judges the line for initgroups, if there is one: then glibc asks its services alone for the
 * groups of a user. There the word goes last, where it changes no answer: of all users but its own
 * it knows no group. Without such a line it stands where it belongs, and line is NULL.
 */
struct nsswitch_judgement nsswitch_judge_initgroups(const struct nsswitch *nsswitch);

#endif
