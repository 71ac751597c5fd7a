/* SPDX-License-Identifier: MIT */
#ifndef TAKEN_H
#define TAKEN_H

#include "nsswitch.h"
#include "segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which IDs are somebody's already, as UIDs or as GIDs, and where a range that is both is free: of
 * what "subuidctl check" would find in it, and of what user namespaces here use.
 */

/* A range begins at a multiple of this and ends in front of the last so many IDs of all. */
#define TAKEN_STEP UINT64_C(65536)

struct taken {
        uint64_t first, last;
        const char *source; /* a file or a service that says so, or NULL */
        unsigned long line; /* of the file, or 0 */
        const char *whose;  /* "a range of", if a name follows */
        struct text name;
        bool is_avoided; /* nobody's yet: only the search keeps away from it */
};

struct taken_list {
        struct taken *list;
        size_t count, room;
};

/*
 * All that is known without asking who may hang, of the ranges of both databases. One line of each
 * may be left out, or NULL.
 */
void taken_read(struct taken_list *taken, const struct ranges *ranges,
                const struct range_line *const *except, const struct nsswitch *nsswitch);

/*
 * Asks other sources for accounts in a range, and adds them. Returns whether there are any. Says
 * who did not answer by the deadline, on the clock of now_ms().
 */
bool taken_ask(struct taken_list *taken, const struct nsswitch *nsswitch, uint64_t start,
               uint64_t count, int64_t deadline);

/* What it has of the IDs from first to last, for a message: "/etc/subuid:3: 5-9: a range of bob".
 */
char *taken_describe(const struct taken *taken, uint64_t first, uint64_t last);

/* Keeps the search away from these IDs. */
void taken_avoid(struct taken_list *taken, uint64_t first, uint64_t last);

/* The first free range from login.defs' SUB_UID_MIN on, or else below. Returns 0 if there is none.
 */
uint64_t taken_find_free(struct taken_list *taken, uint64_t count);

/* Where useradd looks for so many IDs for a new user, or groups (login.defs(5)). */
struct user_room {
        uint64_t min, max, count;
};

/*
 * Whether it finds some beside the lines of its file, and beside one more line, if that is not
 * NULL. Where it looks for none, it does.
 */
bool user_room_is_left(enum subid_database database, const struct ranges *ranges,
                       struct range_line *more, struct user_room *room);

/*
 * systemd-nspawn --private-users=pick tries 100 blocks of its IDs and takes one without names. Some
 * are left to it if lines hold less than nine of ten, or if it is not there; with one more range,
 * of count IDs that no line holds. *held of them are held.
 */
bool nspawn_room_is_left(const struct segments *users, uint64_t start, uint64_t count,
                         uint64_t *held);

/* The IDs that useradd and groupadd give to accounts, but for those of the system. */
void login_ids(enum subid_database database, uint64_t *first, uint64_t *last);

#endif
