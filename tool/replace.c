/* SPDX-License-Identifier: MIT */
#include "replace.h"

#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Names of always: what already stands there is left from a command that was killed. */
static const char *const temporaries[] = {".subuidctl.new", ".subuidctl.new2"};

/* What stands under a name. Of anything but a regular file, no text. */
struct seen {
        struct stat status;
        struct text text;
};

/* All that a change needs. */
struct change {
        const struct replacement *replacement;
        struct text text;
        const char *temporary; /* the name of the new file on its way */
        char *kept;            /* NAME- */
        int old;               /* open for reading, or -1 */
        bool lasts;            /* it has to outlast a crash of the machine */
};

static int look(int folder, const char *name, struct seen *seen)
{
        int fd;

        *seen = (struct seen){.text = {NULL, 0}};
        if (fstatat(folder, name, &seen->status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISREG(seen->status.st_mode))
                return -EINVAL;
        /* O_NONBLOCK: it may have become a FIFO. */
        fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        return fd < 0 ? -errno : root_read_open(fd, &seen->text);
}

/*
 * Whether there is nothing to lose between the two. Neither times nor inodes tell: to rename a file
 * changes its times, and its inode where it comes from a lower layer of an overlay.
 */
static bool is_same(const struct seen *a, const struct seen *b)
{
        return a->status.st_mode == b->status.st_mode && a->status.st_uid == b->status.st_uid &&
               a->status.st_gid == b->status.st_gid && a->text.size == b->text.size &&
               (a->text.size == 0 || memcmp(a->text.bytes, b->text.bytes, a->text.size) == 0);
}

static bool is_as_read(const struct change *change, const char *name)
{
        const struct replacement *const replacement = change->replacement;
        const struct seen read = {replacement->status, replacement->text};
        struct seen now;
        const int r = look(replacement->folder, name, &now);

        return replacement->exists ? r == 0 && is_same(&now, &read) : r == -ENOENT;
}

int replacement_read(struct replacement *replacement, int folder, const char *name)
{
        struct seen seen;
        const int r = look(folder, name, &seen);

        if (r < 0 && r != -ENOENT)
                return r;
        *replacement = (struct replacement){
            .folder = folder,
            .name = name,
            .exists = r == 0,
            .status = seen.status,
            .text = seen.text,
            .owner = r == 0 ? seen.status.st_uid : geteuid(),
            .group = r == 0 ? seen.status.st_gid : getegid(),
            .mode = r == 0 ? seen.status.st_mode & 07777 : 0644,
        };
        return 0;
}

/* Why something cannot be done, by errno; without memory, only what. */
static const char *cannot(const struct change *change, const char *what)
{
        const int error = errno;
        struct stat folder;
        char *text;

        if (root_is_needed(error) && fstat(change->replacement->folder, &folder) == 0 &&
            folder.st_uid == 0)
                return "needs root";
        return asprintf(&text, "%s: %s", what, strerror(error)) < 0 ? what : text;
}

/* The kernel makes these of a file's contents. */
static bool belongs_to_contents(const char *attribute)
{
        return strcmp(attribute, "security.ima") == 0 || strcmp(attribute, "security.evm") == 0;
}

/* Returns 0, or -1 and errno. */
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

/* Fills a new file and makes it like the old one. Returns NULL or why not, as those below. */
static const char *fill(const struct change *change, int fd, struct text text)
{
        const struct replacement *const replacement = change->replacement;
        struct stat status;

        if (!write_all(fd, text.bytes, text.size))
                return cannot(change, "writing a new file beside it");
        /* A service may be forbidden to ask for what is so anyway. */
        if (fstat(fd, &status) < 0 ||
            ((status.st_uid != replacement->owner || status.st_gid != replacement->group) &&
             fchown(fd, replacement->owner, replacement->group) < 0))
                return cannot(change, "keeping its owner");
        if (change->old >= 0 && copy_attributes(change->old, fd) < 0)
                return cannot(change, "keeping its extended attributes");
        if (fchmod(fd, replacement->mode) < 0)
                return cannot(change, "keeping its mode");
        if (change->lasts && fsync(fd) < 0)
                return cannot(change, "writing a new file beside it");
        return NULL;
}

static const char *make_file(const struct change *change, const char *name, struct text text)
{
        const int folder = change->replacement->folder;
        const char *failed;
        int fd;

        /* A read-only file system says so before it looks whether there is anything. */
        if (unlinkat(folder, name, 0) < 0 && errno != ENOENT && errno != EROFS)
                return cannot(change, "removing a left-over");
        fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return cannot(change, "making a new file beside it");
        failed = fill(change, fd, text);
        close(fd);
        return failed;
}

static const char *cannot_rename(const struct change *change)
{
        return cannot(change, errno == EPERM ? "replacing it (is it immutable? see chattr(1))"
                                             : "replacing it");
}

static int rename_in(const struct change *change, const char *from, const char *to,
                     unsigned int flags)
{
        const int folder = change->replacement->folder;

        return renameat2(folder, from, folder, to, flags);
}

static const char *changed(void)
{
        return "somebody else changed it; try again";
}

/*
 * What came out in exchange for ours is not what was read: it is to stand there. Each time that
 * something else comes out than what was put there before, that is newer still.
 */
static const char *put_back(const struct change *change, struct seen ours)
{
        const int folder = change->replacement->folder;
        struct seen there = ours, out;
        bool again = false;

        look(folder, change->kept, &out);
        for (;; again = true) {
                const struct seen put = out;

                if (rename_in(change, change->kept, change->replacement->name, RENAME_EXCHANGE) < 0)
                        return xasprintf("somebody else changed it, and that is now %s: %s",
                                         change->kept, strerror(errno));
                look(folder, change->kept, &out);
                if (is_same(&out, &there))
                        break;
                there = put;
        }
        if (again)
                return xasprintf("somebody else changed it, and changed it again; what it was "
                                 "between is %s: look at both",
                                 change->kept);
        (void)unlinkat(folder, change->kept, 0);
        return changed();
}

/* The new file has the temporary name; a copy of the old one is made. */
static const char *put_without_exchange(const struct change *change)
{
        const char *failed = make_file(change, change->kept, change->replacement->text);

        if (!failed && !is_as_read(change, change->replacement->name))
                failed = changed();
        if (!failed && rename_in(change, change->temporary, change->replacement->name, 0) < 0)
                failed = cannot_rename(change);
        if (failed)
                (void)unlinkat(change->replacement->folder, change->kept, 0);
        return failed;
}

/* From the moment on when the two have changed places, the old one has the name that it keeps. */
static const char *put_in_exchange(const struct change *change)
{
        const int folder = change->replacement->folder;
        const char *failed;
        struct seen ours;

        if (look(folder, change->temporary, &ours) < 0 ||
            rename_in(change, change->temporary, change->kept, 0) < 0)
                return cannot(change, "making a new file beside it");
        if (rename_in(change, change->kept, change->replacement->name, RENAME_EXCHANGE) == 0)
                return is_as_read(change, change->kept) ? NULL : put_back(change, ours);
        if ((errno == EINVAL || errno == ENOSYS) &&
            rename_in(change, change->kept, change->temporary, 0) == 0)
                return put_without_exchange(change);
        failed = errno == ENOENT ? changed() : cannot_rename(change);
        (void)unlinkat(folder, change->kept, 0);
        return failed;
}

static const char *put_in_empty_place(const struct change *change)
{
        const char *const name = change->replacement->name;

        if (rename_in(change, change->temporary, name, RENAME_NOREPLACE) == 0)
                return NULL;
        if (errno == EEXIST)
                return changed();
        if (errno != EINVAL && errno != ENOSYS)
                return cannot_rename(change);
        if (!is_as_read(change, name))
                return changed();
        return rename_in(change, change->temporary, name, 0) < 0 ? cannot_rename(change) : NULL;
}

static const char *put_in_place(const struct change *change)
{
        return change->old < 0 ? put_in_empty_place(change) : put_in_exchange(change);
}

/* Opens the old file and makes the new one. */
static const char *prepare(struct change *change, const char *temporary, struct text text)
{
        const struct replacement *const replacement = change->replacement;

        change->text = text;
        change->temporary = temporary;
        change->lasts = true;
        change->kept = replacement->drops_old ? xasprintf(".%s.old", replacement->name)
                                              : xasprintf("%s-", replacement->name);
        if (replacement->exists) {
                change->old = openat(replacement->folder, replacement->name,
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                if (change->old < 0)
                        return cannot(change, "opening it");
        }
        return make_file(change, temporary, text);
}

/* Signals wait meanwhile. */
static const char *replace(struct change *changes, const struct text *texts, size_t count,
                           size_t *failed, size_t *replaced)
{
        const char *why = NULL;

        for (*failed = 0; *failed < count; ++*failed)
                if ((why = prepare(&changes[*failed], temporaries[*failed], texts[*failed])))
                        return why;
        for (*failed = 0; *failed < count; ++*failed)
                if (!is_as_read(&changes[*failed], changes[*failed].replacement->name))
                        return changed();
        for (*failed = 0; *failed < count; ++*failed, ++*replaced)
                if ((why = put_in_place(&changes[*failed])))
                        return why;
        return NULL;
}

const char *replace_files(const struct replacement *replacements, const struct text *texts,
                          size_t count, size_t *failed, size_t *replaced)
{
        struct change *const changes = xcalloc(count, sizeof(*changes));
        const char *why;
        sigset_t all, before;

        *replaced = 0;
        for (size_t i = 0; i < count; i++)
                changes[i] = (struct change){.replacement = &replacements[i], .old = -1};
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &before);
        why = replace(changes, texts, count, failed, replaced);
        for (size_t i = 0; i < count; i++) {
                const struct replacement *const this = &replacements[i];

                if (i < *replaced && this->drops_old)
                        (void)unlinkat(this->folder, changes[i].kept, 0);
                if (changes[i].old >= 0)
                        close(changes[i].old);
        }
        /* Also what a command has left that was killed. */
        for (size_t i = 0; i < sizeof(temporaries) / sizeof(*temporaries); i++)
                (void)unlinkat(replacements->folder, temporaries[i], 0);
        sigprocmask(SIG_SETMASK, &before, NULL);
        free(changes);
        return why;
}

const char *replace_file(const struct replacement *replacement, struct text text)
{
        size_t failed, replaced;

        return replace_files(replacement, &text, 1, &failed, &replaced);
}

bool is_mount_point(int folder, const char *name)
{
        struct statx extended;

        return statx(folder, name, AT_SYMLINK_NOFOLLOW, 0, &extended) == 0 &&
               extended.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* Whether the file is another one than this, or was written to since. */
static bool has_changed(int folder, const char *name, const struct stat *before)
{
        struct stat now;

        return fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
               now.st_dev != before->st_dev || now.st_ino != before->st_ino ||
               now.st_size != before->st_size || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
               now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

const char *replace_passing_file(int folder, const char *name, const struct stat *status,
                                 struct text text)
{
        const struct replacement replacement = {.folder = folder,
                                                .name = name,
                                                .owner = status->st_uid,
                                                .group = status->st_gid,
                                                .mode = status->st_mode & 07777};
        char temporary[32];
        struct change change = {
            .replacement = &replacement,
            .text = text,
            .temporary = temporary,
            .old = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
        const char *failed;
        sigset_t all, before;

        if (change.old < 0)
                return cannot(&change, "opening it");
        snprintf(temporary, sizeof(temporary), ".%ld.new", (long)getpid());
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &before);
        failed = make_file(&change, temporary, text);
        if (!failed && has_changed(folder, name, status))
                failed = changed();
        if (!failed && rename_in(&change, temporary, name, 0) < 0)
                failed = cannot_rename(&change);
        if (failed)
                (void)unlinkat(folder, temporary, 0);
        close(change.old);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return failed;
}
