/* SPDX-License-Identifier: MIT */
#ifndef RUNTIME_BUNDLE_H
#define RUNTIME_BUNDLE_H

#include <stddef.h>
#include <sys/stat.h>

/* A bundle's folder and its config.json, which nobody but root may have written. */
struct bundle {
        int folder, file;
        struct stat status; /* of the file */
        char *text;
        size_t size;
};

/*
 * Opens a bundle and reads its config.json, of at most size_max bytes. Returns NULL, or why it is
 * not to be touched: the folder or the file is not root's, may be written by others, is a link or
 * has links, or cannot be read. Links above the folder are followed; what is opened here is what is
 * judged and, later, written to. In either case bundle_close has to be called.
 */
const char *bundle_open(struct bundle *bundle, const char *path, size_t size_max);

/*
 * Puts another config.json, of the same owner, mode and security label, in the place of the old
 * one. Returns NULL, or what went wrong; then it is as it was.
 */
const char *bundle_replace(const struct bundle *bundle, const char *text, size_t size);

void bundle_close(struct bundle *bundle);

#endif
