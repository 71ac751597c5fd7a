/* SPDX-License-Identifier: MIT */
#ifndef REPLACE_H
#define REPLACE_H

#include "util.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Replaces a regular file in a folder, in one step: at any time, whatever happens, the name stands
 * for the whole old file or the whole new one. The old one stays beside it, as NAME-; the new one
 * gets its extended attributes. Nothing that stands under any of these names is ever written to:
 * what is written is a new file. Only one process at a time may call this for a folder, and signals
 * wait meanwhile: nothing else is left behind but by SIGKILL or a crash, and that the next call
 * removes.
 *
 * What somebody else, who asks nobody, makes of the file after it was read stands in the end: the
 * two files change places, what came out is looked at, and put back if it is not what was read. If
 * the place was changed once more meanwhile, the latest stands and the one before it is NAME-. A
 * file system on which files cannot change places has a look before instead.
 */

struct replacement {
        int folder;
        const char *name;
        bool drops_old; /* the old file does not stay as NAME-, and what is called so is left alone
                         */
        /* The file as it was read. */
        bool exists;
        struct stat status;
        struct text text;
        /* Of the new one. */
        uid_t owner;
        gid_t group;
        mode_t mode;
};

/*
 * Reads the file of a folder; that it does not exist is an answer. The new one is to be like it, or
 * the caller's own and for all to read. Returns 0 or a negative errno; EINVAL: no regular file.
 */
int replacement_read(struct replacement *replacement, int folder, const char *name);

/*
 * Replaces the file by this text. Returns NULL, or why not, in words; the file then is as it was.
 * That the change outlasts a crash, fsync of the folder tells.
 */
const char *replace_file(const struct replacement *replacement, struct text text);

/*
 * Replaces one or two files of a folder by these texts, in this order. Both are written beside the
 * old ones before the first is replaced. Returns NULL, or why not: *failed is the one that stopped
 * it, and so many as *replaced are replaced.
 */
const char *replace_files(const struct replacement *replacements, const struct text *texts,
                          size_t count, size_t *failed, size_t *replaced);

/* Whether something is mounted over a file: it cannot be replaced. */
bool is_mount_point(int folder, const char *name);

/*
 * Replaces a file that means nothing after a crash of the machine, when it may be empty: without a
 * wait for the disk, and without NAME-. status is what fstat told before it was read; if it was
 * changed since, it stays as it is. Several processes may call this at a time. Returns NULL, or why
 * not.
 */
const char *replace_passing_file(int folder, const char *name, const struct stat *status,
                                 struct text text);

#endif
