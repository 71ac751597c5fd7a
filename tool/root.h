/* SPDX-License-Identifier: MIT */
#ifndef ROOT_H
#define ROOT_H

#include "util.h"

#include <stdbool.h>

/*
 * The system that is looked at: the running one, or that below a folder (--root). As after
 * chroot(2) every path here is one of that system, symbolic links lead nowhere else, and it holds
 * for the whole program; but the kernel's and the C library's own paths stay those of the running
 * system.
 */

/* Looks at the system below this folder from now on; "" or "/" is the running one. */
void root_set(const char *folder);

/* Whether it is the running system, where more can be asked than files. */
bool root_is_running(void);

/* The folder without slashes at its end, "" for the running system: what messages put in front. */
const char *root_folder(void);

/* Opens anything, with these flags of open(2). Returns a descriptor or a negative errno. */
int root_open(const char *path, int flags);

/* The same as a process sees it whose root an open folder is. */
int root_open_in(int folder, const char *path, int flags);

/*
 * The same below an open folder of that system, where no symbolic link is followed, nor anything
 * that leads out of it; what it opens makes nobody wait.
 */
int root_open_beneath(int folder, const char *path, int flags);

/* Opens a file for reading. Returns a descriptor or a negative errno; EINVAL: no regular file. */
int root_open_file(const char *path);

/* Files larger than this are not read: they are none that the module would read. In bytes. */
#define ROOT_FILE_MAX ((size_t)64 << 20)

/*
 * Reads all of a file. Returns 0 or a negative errno; EFBIG: larger than ROOT_FILE_MAX. The text is
 * followed by a NUL that its size does not count.
 */
int root_read(const char *path, struct text *text);

/* The same of an open one, which is closed. */
int root_read_open(int fd, struct text *text);

/* What went wrong, by what root_open_file and root_read return. */
const char *root_reason(int r);

/* Whether this error is one that root would not have had, in a folder of root's. */
bool root_is_needed(int error);

/* Says that a file cannot be read, and why: "FOLDER/PATH: reason". Dies. */
__attribute__((noreturn)) void root_die(const char *path, int r);

/* Whether there is anything of this name. */
bool root_exists(const char *path);

/* The PATH of a service of systemd's (systemd.exec(5)); the last two where /usr is apart. */
#define ROOT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The first program of this name in the folders of a PATH but relative ones, or NULL. */
char *root_find_program(const char *path, const char *name);

/*
 * The files of a folder whose names end in suffix and do not begin with ".", as full paths in the
 * order of their bytes, up to a NULL. Returns 0 or a negative errno.
 */
int root_list(const char *folder, const char *suffix, char ***paths);

#endif
