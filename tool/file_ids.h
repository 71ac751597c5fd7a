/* SPDX-License-Identifier: MIT */
#ifndef FILE_IDS_H
#define FILE_IDS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * Whose files are, of a symbolic link itself. A file system may never answer (FUSE, NFS), so a
 * child with a deadline asks.
 */

struct file_ids {
        const char *path; /* to be set; what follows is filled in */
        int error;       /* why nothing is known: of errno, ETIMEDOUT of one that does not answer */
        uint32_t ids[2]; /* by enum subid_database */
        struct timespec changed; /* the file, or what stands in its inode: st_ctim */
        uint64_t mount;          /* on which it is seen, as /proc/self/mountinfo has it; or 0 */
        char seen[PATH_MAX];     /* its path, without symbolic links; "" if that is not known */
};

void files_ask(struct file_ids *files, size_t count);

#endif
