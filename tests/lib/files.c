/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[PATH_MAX];

static const char *const paths[] = {
    "/etc/subuid", "/etc/nss-subuid/subuid", "/etc/subgid", "/etc/nss-subuid/subgid", "/etc/passwd",
    "/etc/group",
};

static struct {
        const char *call, *path;
        int error, passed, times;
} fault;

static size_t read_limit;
static bool sizes_hidden;
static bool memory_gone;
static int calls;
static int searches;
static int open_flags;
static bool cancellable;

static void must(int ok, const char *what)
{
        if (!ok) {
                perror(what);
                abort();
        }
}

const char *files_path(const char *path)
{
        static char result[2 * PATH_MAX];

        snprintf(result, sizeof(result), "%s%s", directory, path);
        return result;
}

static void make_directories(void)
{
        must(mkdir(files_path("/etc"), 0755) == 0, "mkdir");
        must(mkdir(files_path("/etc/nss-subuid"), 0755) == 0, "mkdir");
}

int files_setup(void **state)
{
        (void)state;
        /* In build, so that nothing is left elsewhere even if the test is killed. */
        alarm(3600); /* nothing here may hang; a busy machine may take its time, qemu too */
        must(getcwd(directory, sizeof(directory) - 32) != NULL, "getcwd");
        strcat(directory, "/build/files.XXXXXX");
        must(mkdtemp(directory) != NULL, directory);
        make_directories();
        return 0;
}

static void remove_files(void)
{
        for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
                if (unlink(files_path(paths[i])) < 0 && errno == EISDIR)
                        rmdir(files_path(paths[i]));
}

int files_teardown(void **state)
{
        (void)state;
        remove_files();
        rmdir(files_path("/etc/nss-subuid"));
        rmdir(files_path("/etc"));
        return rmdir(directory);
}

void files_clear(void)
{
        remove_files();
        memset(&fault, 0, sizeof(fault));
        read_limit = SIZE_MAX;
        sizes_hidden = false;
        memory_gone = false;
        calls = 0;
        searches = 0;
        cancellable = false;
}

void files_write_bytes(const char *path, const char *bytes, size_t size)
{
        FILE *file = fopen(files_path(path), "we");

        must(file != NULL, path);
        must(fwrite(bytes, 1, size, file) == size, path);
        must(fclose(file) == 0, path);
}

void files_write(const char *path, const char *text)
{
        files_write_bytes(path, text, strlen(text));
}

void files_stretch(const char *path, long long size)
{
        must(truncate(files_path(path), (off_t)size) == 0, path);
}

void files_no_memory(void)
{
        memory_gone = true;
}

void files_hide_sizes(void)
{
        sizes_hidden = true;
}

void files_fail(const char *call, const char *path, int error, int passed, int times)
{
        fault.call = call;
        fault.path = path;
        fault.error = error;
        fault.passed = passed;
        fault.times = times;
}

void files_read_at_most(size_t size)
{
        read_limit = size;
}

int files_calls(void)
{
        return calls;
}

int files_searches(void)
{
        return searches;
}

int files_open_flags(void)
{
        return open_flags;
}

bool files_cancellable(void)
{
        return cancellable;
}

static void path_of(int fd, char *path, size_t size)
{
        char link[64];
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        length = readlink(link, path, size - 1);
        path[length < 0 ? 0 : length] = '\0';
}

int files_open(void)
{
        DIR *dir = opendir("/proc/self/fd");
        int count = 0;

        must(dir != NULL, "/proc/self/fd");
        for (struct dirent *entry; (entry = readdir(dir));) {
                char path[PATH_MAX];

                path_of(atoi(entry->d_name), path, sizeof(path));
                count += strncmp(path, directory, strlen(directory)) == 0;
        }
        closedir(dir);
        return count;
}

/* Says whether this call on a file, given by its path or its descriptor, fails; and counts it. */
static int fails(const char *call, const char *path, int fd)
{
        const int saved_errno = errno;
        int cancel_state = PTHREAD_CANCEL_DISABLE;
        static char path_of_fd[PATH_MAX]; /* not on the stack, whose use is measured */
        size_t length;

        calls++;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
        pthread_setcancelstate(cancel_state, NULL);
        cancellable |= cancel_state == PTHREAD_CANCEL_ENABLE;
        if (!fault.call || strcmp(call, fault.call) != 0)
                return 0;
        if (!path) {
                path_of(fd, path_of_fd, sizeof(path_of_fd));
                errno = saved_errno;
                path = path_of_fd;
        }
        length = strlen(fault.path);
        if (strlen(path) < length || strcmp(path + strlen(path) - length, fault.path) != 0)
                return 0;
        if (fault.passed > 0) {
                fault.passed--;
                return 0;
        }
        if (fault.times == 0)
                return 0;
        fault.times--;
        errno = fault.error;
        return 1;
}

/* Which of a pair is called depends on the machine's word size and libc's version. */

#define WRAP_OPENAT(name)                                                                      \
        int __real_##name(int fd, const char *path, int flags, ...);                           \
        int __wrap_##name(int fd, const char *path, int flags, ...);                           \
        int __wrap_##name(int fd, const char *path, int flags, ...)                            \
        {                                                                                      \
                if (strncmp(path, "/etc/", 5) != 0) {                                          \
                        fprintf(stderr, "opened %s\n", path);                                  \
                        abort();                                                               \
                }                                                                              \
                open_flags = flags;                                                            \
                return fails("openat", path, -1) ? -1                                          \
                                                 : __real_##name(fd, files_path(path), flags); \
        }
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

#define WRAP_FSTAT(name)                                                       \
        __attribute__((weak)) int __real_##name(int fd, struct stat *status);  \
        int __wrap_##name(int fd, struct stat *status);                        \
        int __wrap_##name(int fd, struct stat *status)                         \
        {                                                                      \
                if (fails("fstat", NULL, fd) || __real_##name(fd, status) < 0) \
                        return -1;                                             \
                if (sizes_hidden)                                              \
                        status->st_size = 0;                                   \
                return 0;                                                      \
        }
WRAP_FSTAT(fstat)
WRAP_FSTAT(fstat64)
WRAP_FSTAT(__fstat64_time64)

#define WRAP_PREAD(name)                                                                         \
        ssize_t __real_##name(int fd, void *buffer, size_t size, off_t offset);                  \
        ssize_t __wrap_##name(int fd, void *buffer, size_t size, off_t offset);                  \
        ssize_t __wrap_##name(int fd, void *buffer, size_t size, off_t offset)                   \
        {                                                                                        \
                if (fails("pread", NULL, fd))                                                    \
                        return -1;                                                               \
                return __real_##name(fd, buffer, size < read_limit ? size : read_limit, offset); \
        }
WRAP_PREAD(pread)
WRAP_PREAD(pread64)

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
        calls++;
        /* Closes, and yet sets errno, which the module must not let through. */
        __real_close(fd);
        errno = EIO;
        return -1;
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
        errno = ENOMEM;
        return memory_gone ? NULL : __real_realloc(old, size);
}

void *__real_memchr(const void *bytes, int c, size_t size);
void *__wrap_memchr(const void *bytes, int c, size_t size);
void *__wrap_memchr(const void *bytes, int c, size_t size)
{
        searches++;
        return __real_memchr(bytes, c, size);
}
