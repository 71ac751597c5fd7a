/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CONFIG "config.json"

static bool is_roots_alone(const struct stat *status)
{
        return status->st_uid == 0 && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Without what stands behind a folder's last name: a link would be followed for it. */
static bool copy_path(char copy[PATH_MAX], const char *path)
{
        size_t length = strlen(path);

        while (length > 1) {
                if (path[length - 1] == '/')
                        length--;
                else if (length > 2 && path[length - 1] == '.' && path[length - 2] == '/')
                        length -= 2;
                else
                        break;
        }
        if (length >= PATH_MAX)
                return false;
        memcpy(copy, path, length);
        copy[length] = '\0';
        return true;
}

/* Reads what the file has by its status, which has to be all that there is. */
static bool read_all(struct bundle *bundle)
{
        const size_t wanted = (size_t)bundle->status.st_size;

        bundle->text = malloc(wanted + 1);
        if (!bundle->text)
                return false;
        while (bundle->size <= wanted) {
                const ssize_t n =
                    read(bundle->file, bundle->text + bundle->size, wanted + 1 - bundle->size);

                if (n == 0)
                        return bundle->size == wanted;
                if (n < 0 && errno != EINTR)
                        return false;
                if (n > 0)
                        bundle->size += (size_t)n;
        }
        return false;
}

const char *bundle_open(struct bundle *bundle, const char *path, size_t size_max)
{
        char copy[PATH_MAX];
        struct stat *const status = &bundle->status;

        *bundle = (struct bundle){.folder = -1, .file = -1};
        if (!copy_path(copy, path))
                return "the bundle's name is too long";
        bundle->folder = open(copy, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (bundle->folder < 0)
                return "the bundle cannot be opened, or is a link";
        if (fstat(bundle->folder, status) < 0 || !is_roots_alone(status))
                return "the bundle's folder is not root's alone";
        bundle->file =
            openat(bundle->folder, CONFIG, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (bundle->file < 0)
                return "config.json cannot be opened, or is a link";
        if (fstat(bundle->file, status) < 0 || !S_ISREG(status->st_mode) || status->st_nlink != 1 ||
            !is_roots_alone(status))
                return "config.json is not root's alone, or no file with one name";
        if (status->st_size > (off_t)size_max)
                return "config.json is too large";
        if (!read_all(bundle))
                return "config.json cannot be read";
        return NULL;
}

void bundle_close(struct bundle *bundle)
{
        free(bundle->text);
        if (bundle->file >= 0)
                close(bundle->file);
        if (bundle->folder >= 0)
                close(bundle->folder);
}

static bool write_all(int fd, const char *bytes, size_t size)
{
        while (size > 0) {
                const ssize_t n = write(fd, bytes, size);

                if (n < 0 && errno != EINTR)
                        return false;
                if (n > 0) {
                        bytes += n;
                        size -= (size_t)n;
                }
        }
        return true;
}

/* Gives a file the label of another one, where that has one and it differs. */
static bool copy_label(int from, int to)
{
        static const char name[] = "security.selinux";
        char wanted[4096], got[sizeof(wanted)];
        const ssize_t size = fgetxattr(from, name, wanted, sizeof(wanted));

        if (size < 0)
                return errno == ENODATA || errno == ENOTSUP;
        if (fgetxattr(to, name, got, sizeof(got)) == size && memcmp(got, wanted, (size_t)size) == 0)
                return true;
        return fsetxattr(to, name, wanted, (size_t)size, 0) == 0;
}

static bool has_changed(const struct bundle *bundle)
{
        const struct stat *const before = &bundle->status;
        struct stat now;

        return fstatat(bundle->folder, CONFIG, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
               now.st_dev != before->st_dev || now.st_ino != before->st_ino || now.st_nlink != 1 ||
               now.st_size != before->st_size || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
               now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

/* Not synced: after a crash of the machine no engine starts a bundle from before. */
static bool fill(const struct bundle *bundle, int fd, const char *text, size_t size)
{
        return write_all(fd, text, size) &&
               fchown(fd, bundle->status.st_uid, bundle->status.st_gid) == 0 &&
               fchmod(fd, bundle->status.st_mode & 07777) == 0 && copy_label(bundle->file, fd);
}

const char *bundle_replace(const struct bundle *bundle, const char *text, size_t size)
{
        char name[64];
        bool done;
        int fd;

        snprintf(name, sizeof(name), "." CONFIG ".%ld", (long)getpid());
        fd = openat(bundle->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
        if (fd < 0)
                return "nothing can be written beside config.json";
        done = fill(bundle, fd, text, size);
        /* Only now some file systems say that there was no room. */
        if (close(fd) < 0 || !done || has_changed(bundle) ||
            renameat(bundle->folder, name, bundle->folder, CONFIG) < 0) {
                (void)unlinkat(bundle->folder, name, 0);
                return "config.json cannot be replaced";
        }
        return NULL;
}
