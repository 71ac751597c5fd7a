/* SPDX-License-Identifier: MIT */
#ifndef REPLACE_H
#define REPLACE_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * Replaces a regular file in a folder, in one step: at any time, whatever happens, the name stands
 * for the whole old file or the whole new one. The new one gets the owner, the mode and the
 * extended attributes of the old one. Only one process at a time may call this for a folder, and
 * signals wait meanwhile: nothing is left behind but by SIGKILL or a crash, and that the next call
 * removes.
 *
 * status is what fstatat told before the caller read the file: if somebody changed it since, it is
 * left alone. Returns NULL, or what failed, with errno; the old file then is as it was. That the
 * change outlasts a crash, fsync of the folder tells.
 */
const char *replace_file(int folder, const char *name, const struct stat *status, const char *bytes,
                         size_t size);

/*
 * The same without a wait for the disk, for a file that means nothing after a crash of the machine,
 * when it may be empty. Several processes may call this at a time.
 */
const char *replace_passing_file(int folder, const char *name, const struct stat *status,
                                 const char *bytes, size_t size);

#endif
