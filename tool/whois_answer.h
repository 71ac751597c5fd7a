/* SPDX-License-Identifier: MIT */
#ifndef WHOIS_ANSWER_H
#define WHOIS_ANSWER_H

#include "accounts.h"
#include "entry.h"
#include "segments.h"
#include "table.h"
#include "uses.h"

/* What "subuidctl whois" answers of an ID, in sentences or in rows of a table. */

struct witnesses {
        struct table *table; /* NULL: sentences are printed */
        text_shown *show;    /* how text that is not ours is shown */
        bool names;          /* containers are asked for theirs */
        struct ranges ranges[2];
        struct segments segments[2];
        struct accounts accounts[2];
        bool has_overflow[2];
        uint32_t overflow[2];
        struct processes processes;
        struct containers containers;
        struct uses *uses;
};

struct question {
        uint32_t id;
        bool of[2];              /* by enum subid_database: as the ID of a user, of a group */
        char *asked;             /* the argument */
        char *heading;           /* a sentence in front of the answer, or NULL */
        struct timespec changed; /* of a file: since when it has the ID; else tv_sec is 0 */
};

/* A table for the answers; names: the containers' own are asked for. */
struct table *whois_table(const struct table_style *style, bool names);

/* Asks of /proc, of the records and of the files of ranges and accounts, once. */
void whois_gather(struct witnesses *witnesses);

/* Says which processes the answer needs to know more of (processes_ask). */
void whois_prepare(const struct witnesses *witnesses, const struct question *question);

/* An ID as that of a user, or of a group. */
struct subject {
        struct entry entry;            /* of one in no range the database and the ID alone */
        char *owner;                   /* NULL: it is in no range */
        const struct range_line *line; /* of the range, or NULL if the file has changed just now */
        const char *reserved;          /* for whom it is kept, if it is in no range; or NULL */
        const struct account *account; /* that has it, likewise */
        bool is_overflow;              /* it stands for those without a mapping, likewise */
};

/* As what there is something to say of the ID: as a user, as a group. Returns how many: 0 to 2. */
size_t whois_subjects(const struct witnesses *witnesses, const struct question *question,
                      struct subject subjects[2]);

/* Where a process runs: "container db of pod shop/web, containerd, cri-containerd-….scope". */
char *whois_place(const struct witnesses *witnesses, const struct userns *userns,
                  const struct place *place);

/* Sentences, in whois_sentences.c, and rows, in whois_table.c. */
void whois_tell(const struct witnesses *witnesses, const struct subject *subject);
void whois_tell_unused(const struct witnesses *witnesses, const struct subject *subject);
void whois_tell_use(const struct witnesses *witnesses, const struct question *question,
                    const struct subject *subject, const struct use *use);
void whois_add(const struct witnesses *witnesses, const struct question *question,
               const struct subject *subject);
void whois_add_use(const struct witnesses *witnesses, const struct question *question,
                   const struct subject *subject, const struct use *use);

/* Parts of both, as they are shown; NULL where there is none. */
char *whois_shown(const struct witnesses *witnesses, const char *text);
char *whois_source(const struct subject *subject);
char *whois_range(const struct witnesses *witnesses, const struct subject *subject);
char *whois_programs(const struct use *use);
char *whois_inner_name(const struct witnesses *witnesses, const struct subject *subject,
                       const struct use *use);

#endif
