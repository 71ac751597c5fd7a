/* SPDX-License-Identifier: MIT */
#ifndef NSSWITCH_FILE_H
#define NSSWITCH_FILE_H

#include "util.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * /etc/nsswitch.conf as a file that is to be changed: whether it may be, by whom it is kept, and
 * the change itself.
 */

struct nsswitch_file {
        const char *path; /* where it is read, with --root in front, for messages */
        int folder;       /* /etc */
        bool exists;
        bool is_in_etc;     /* else it is that of the distribution, and a change makes a copy */
        struct stat status; /* from before it was read */
        struct text text;
        /* Why it cannot be changed here, and what to do instead; NULL if it can. */
        const char *kept, *advice;
};

/* Opens the folder, looks at the file and reads it. Dies where that cannot be done. */
void nsswitch_file_open(struct nsswitch_file *file);

/* Says why it cannot be changed here, and what to do instead. Dies. */
__attribute__((noreturn)) void nsswitch_file_refuse(const struct nsswitch_file *file);

/*
 * Puts this text in its place; the old file stays as nsswitch.conf-, if it is to be kept. Dies, and
 * leaves it as it is, if it cannot.
 */
void nsswitch_file_replace(const struct nsswitch_file *file, struct text text, bool keeps_old);

#endif
