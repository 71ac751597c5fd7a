/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *root = "";

void root_set(const char *folder)
{
        size_t length = strlen(folder);

        while (length > 0 && folder[length - 1] == '/')
                length--;
        root = xstrndup(folder, length);
}

bool root_is_running(void)
{
        return !*root;
}

const char *root_folder(void)
{
        return root;
}

int root_open_in(int folder, const char *path, int flags)
{
        enum { TRIES_MAX = 100000 };
        const struct open_how how = {.flags = (unsigned int)flags | O_CLOEXEC,
                                     .resolve = RESOLVE_IN_ROOT};
        int fd, tries = 0;

        /*
         * EAGAIN: something was renamed, wherever, while it followed a "..". A process that does
         * nothing else may make a thousand tries fail.
         */
        do
                fd = (int)syscall(__NR_openat2, folder, path, &how, sizeof(how));
        while (fd < 0 && errno == EAGAIN && ++tries < TRIES_MAX);
        return fd < 0 ? -errno : fd;
}

int root_open(const char *path, int flags)
{
        int fd, folder;

        if (root_is_running()) {
                fd = open(path, flags | O_CLOEXEC);
                return fd < 0 ? -errno : fd;
        }
        folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
                die("%s: %m", root);
        fd = root_open_in(folder, path, flags);
        close(folder);
        return fd;
}

int root_open_beneath(int folder, const char *path, int flags)
{
        const struct open_how how = {
            .flags = (unsigned int)flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
        const int fd = (int)syscall(__NR_openat2, folder, path, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

int root_open_file(const char *path)
{
        /* O_NONBLOCK: a FIFO would wait for its writer. */
        const int fd = root_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
        struct stat status;

        if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
                return fd;
        close(fd);
        return -EINVAL;
}

int root_read_open(int fd, struct text *text)
{
        size_t room = 8192, size = 0;
        struct stat status;
        ssize_t n = 0;
        char *bytes;

        /* A sparse file costs nothing and states any size; others state none. */
        if (fstat(fd, &status) == 0 && status.st_size > (off_t)ROOT_FILE_MAX) {
                close(fd);
                return -EFBIG;
        }
        bytes = xrealloc(NULL, room + 1);
        while (size <= ROOT_FILE_MAX && (n = read(fd, bytes + size, room - size)) > 0) {
                size += (size_t)n;
                if (size == room)
                        bytes = xrealloc(bytes, (room *= 2) + 1);
        }
        n = n < 0 ? -errno : size > ROOT_FILE_MAX ? -EFBIG : 0;
        close(fd);
        bytes[size] = '\0';
        *text = (struct text){bytes, size};
        return (int)n;
}

int root_read(const char *path, struct text *text)
{
        const int fd = root_open_file(path);

        return fd < 0 ? fd : root_read_open(fd, text);
}

const char *root_reason(int r)
{
        return r == -EINVAL ? "no regular file" : strerror(-r);
}

bool root_is_needed(int error)
{
        return (error == EACCES || error == EPERM) && geteuid() != 0;
}

void root_die(const char *path, int r)
{
        die("%s%s: %s", root, path, root_reason(r));
}

bool root_exists(const char *path)
{
        const int fd = root_open(path, O_PATH);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

char *root_find_program(const char *path, const char *name)
{
        for (size_t length; *path; path += length + (path[length] == ':')) {
                struct stat status = {.st_mode = 0};
                char *program;
                int fd;

                length = strcspn(path, ":");
                if (*path != '/')
                        continue;
                program = xasprintf("%.*s/%s", (int)length, path, name);
                fd = root_open(program, O_PATH);
                if (fd >= 0 && fstat(fd, &status) < 0)
                        status.st_mode = 0;
                if (fd >= 0)
                        close(fd);
                if (S_ISREG(status.st_mode) && (status.st_mode & 0111))
                        return program;
                free(program);
        }
        return NULL;
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int root_list(const char *folder, const char *suffix, char ***paths)
{
        const int fd = root_open(folder, O_RDONLY | O_DIRECTORY);
        DIR *const directory = fd < 0 ? NULL : fdopendir(fd);
        const size_t suffix_length = strlen(suffix);
        size_t count = 0, room = 0;
        const struct dirent *entry;

        if (!directory)
                return fd < 0 ? fd : -errno;
        *paths = NULL;
        while ((entry = readdir(directory))) {
                const size_t length = strlen(entry->d_name);

                if (*entry->d_name == '.' || length < suffix_length ||
                    strcmp(entry->d_name + length - suffix_length, suffix) != 0)
                        continue;
                *paths = grow(*paths, count, &room, sizeof(**paths));
                (*paths)[count++] = xasprintf("%s/%s", folder, entry->d_name);
        }
        closedir(directory);
        if (count)
                qsort(*paths, count, sizeof(**paths), compare_paths);
        *paths = grow(*paths, count, &room, sizeof(**paths));
        (*paths)[count] = NULL;
        return 0;
}
