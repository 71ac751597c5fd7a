/* SPDX-License-Identifier: MIT */
#include "replace.h"

#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* How a file is replaced: by which name on the way, and whether that has to outlast a crash. */
struct way {
        const char *temporary;
        bool lasts;
};

/* The kernel makes these of a file's contents. */
static bool belongs_to_contents(const char *attribute)
{
        return strcmp(attribute, "security.ima") == 0 || strcmp(attribute, "security.evm") == 0;
}

/* Returns 0, or -1 and errno, as those below. */
static int copy_attributes(int from, int to)
{
        static char names[XATTR_LIST_MAX], value[XATTR_SIZE_MAX], got[XATTR_SIZE_MAX];
        const ssize_t size = flistxattr(from, names, sizeof(names));

        if (size < 0)
                return errno == ENOTSUP ? 0 : -1;
        /* The folder may have given one by default. */
        (void)fremovexattr(to, "system.posix_acl_access");
        for (const char *name = names; name < names + size; name += strlen(name) + 1) {
                const ssize_t length = fgetxattr(from, name, value, sizeof(value));

                if (belongs_to_contents(name))
                        continue;
                if (length < 0)
                        return -1;
                /* To set what is there already, a label say, may be forbidden all the same. */
                if (fgetxattr(to, name, got, sizeof(got)) == length &&
                    memcmp(got, value, (size_t)length) == 0)
                        continue;
                if (fsetxattr(to, name, value, (size_t)length, 0) < 0)
                        return -1;
        }
        return 0;
}

/* Fills the new file and makes it like the old one. */
static const char *fill(const struct way *way, int fd, int old, const struct stat *status,
                        const char *bytes, size_t size)
{
        if (!write_all(fd, bytes, size))
                return "writing a new file beside it";
        if (fchown(fd, status->st_uid, status->st_gid) < 0)
                return "keeping its owner";
        if (fchmod(fd, status->st_mode & 07777) < 0)
                return "keeping its mode";
        if (copy_attributes(old, fd) < 0)
                return "keeping its extended attributes";
        if (way->lasts && fsync(fd) < 0)
                return "writing a new file beside it";
        return NULL;
}

/* Closes a descriptor and keeps errno. */
static void close_quietly(int fd)
{
        const int saved = errno;

        close(fd);
        errno = saved;
}

static const char *make_new(const struct way *way, int folder, int old, const struct stat *status,
                            const char *bytes, size_t size)
{
        const char *failed;
        int fd;

        /* Left from a command that was killed. */
        if (unlinkat(folder, way->temporary, 0) < 0 && errno != ENOENT)
                return "removing a left-over";
        fd = openat(folder, way->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
        if (fd < 0)
                return "making a new file beside it";
        failed = fill(way, fd, old, status, bytes, size);
        close_quietly(fd);
        return failed;
}

static bool has_changed(int folder, const char *name, const struct stat *before)
{
        struct stat now;

        return fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
               now.st_dev != before->st_dev || now.st_ino != before->st_ino ||
               now.st_size != before->st_size || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
               now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

static const char *put_in_place(const struct way *way, int folder, const char *name,
                                const struct stat *status)
{
        if (has_changed(folder, name, status)) {
                errno = EBUSY;
                return "somebody else changed it; try again";
        }
        if (renameat(folder, way->temporary, folder, name) < 0)
                return errno == EPERM ? "replacing it (is it immutable? see chattr(1))"
                                      : "replacing it";
        return NULL;
}

static const char *replace(const struct way *way, int folder, const char *name,
                           const struct stat *status, const char *bytes, size_t size)
{
        const int old = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        const char *failed;
        sigset_t all, before;

        if (old < 0)
                return "opening it";
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &before);
        failed = make_new(way, folder, old, status, bytes, size);
        if (!failed)
                failed = put_in_place(way, folder, name, status);
        if (failed) {
                const int saved = errno;

                (void)unlinkat(folder, way->temporary, 0);
                errno = saved;
        }
        close_quietly(old);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return failed;
}

const char *replace_file(int folder, const char *name, const struct stat *status, const char *bytes,
                         size_t size)
{
        return replace(&(struct way){".subuidctl.new", true}, folder, name, status, bytes, size);
}

const char *replace_passing_file(int folder, const char *name, const struct stat *status,
                                 const char *bytes, size_t size)
{
        char temporary[64];

        snprintf(temporary, sizeof(temporary), ".%ld.new", (long)getpid());
        return replace(&(struct way){temporary, false}, folder, name, status, bytes, size);
}
