/* SPDX-License-Identifier: MIT */
/*
 * Put in front of the module's sources for fuzz_lookup: their system calls are those of the
 * harness. Which function of libc is called by these names depends on the machine and on libc's
 * version.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

int fuzz_openat(int fd, const char *path, int flags);
int fuzz_fstat(int fd, struct stat *status);
ssize_t fuzz_pread(int fd, void *buffer, size_t size, off_t offset);
int fuzz_close(int fd);
void *fuzz_realloc(void *old, size_t size);

#define openat(fd, path, flags) fuzz_openat(fd, path, flags)
#define fstat(fd, status) fuzz_fstat(fd, status)
#define pread(fd, buffer, size, offset) fuzz_pread(fd, buffer, size, offset)
#define close(fd) fuzz_close(fd)
#define realloc(old, size) fuzz_realloc(old, size)
