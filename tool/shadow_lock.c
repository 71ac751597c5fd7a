/* SPDX-License-Identifier: MIT */
#include "shadow_lock.h"

#include "child.h"
#include "lock.h"
#include "progress.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_LOCK ".pwd.lock"

/* In the order in which useradd and usermod take them. */
static const char *const files[] = {"subuid", "subgid"};
enum { FILES = sizeof(files) / sizeof(*files) };

static struct {
        int folder;
        int password_lock;
        size_t count; /* of the files that are locked */
        pid_t holder; /* no child of ours gives them back */
        sigset_t before;
} held = {.password_lock = -1};

static char *path_of(const char *name)
{
        return xasprintf("%s/etc/%s", root_folder(), name);
}

__attribute__((noreturn)) static void cannot(const char *name)
{
        if (root_is_needed(errno))
                die("%s: needs root", path_of(name));
        die("%s: %m", path_of(name));
}

static char *lock_name(size_t file)
{
        return xasprintf("%s.lock", files[file]);
}

/* One name, as only one of us comes here at a time: what stands there is left from a killed one. */
static char *temporary_name(size_t file)
{
        return xasprintf(".%s.lock.new", files[file]);
}

/*
 * A file with our PID, as shadow makes it: should we be killed, whoever comes next sees that. It is
 * on the disk before it is a lock: shadow never takes over an empty one.
 */
static void make_file(const char *name)
{
        char *const text = xasprintf("%ld", (long)getpid());
        int fd;

        if (unlinkat(held.folder, name, 0) < 0 && errno != ENOENT && errno != EROFS)
                cannot(name);
        fd = openat(held.folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 || !write_all(fd, text, strlen(text) + 1) || fdatasync(fd) < 0)
                cannot(name);
        close(fd);
        free(text);
}

/* Who has a lock: a PID, 0 if that cannot be told, or -1 if there is no lock any more. */
static pid_t read_holder(const char *name, struct stat *status)
{
        const int fd =
            openat(held.folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        char text[32], *end;
        ssize_t n;
        long pid;

        if (fd < 0)
                return errno == ENOENT ? -1 : 0;
        n = fstat(fd, status) < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        close(fd);
        text[n > 0 ? n : 0] = '\0';
        pid = strtol(text, &end, 10);
        return end > text && *end == '\0' && pid > 0 && pid == (pid_t)pid ? (pid_t)pid : 0;
}

/*
 * Whether a process can be the one that made the lock. The PID of one that was killed may be
 * anybody's by now, and nobody but root and the lock's owner can have made it.
 */
static bool lives(pid_t pid, const struct stat *lock)
{
        char path[32];
        struct stat status;

        if (kill(pid, 0) < 0 && errno == ESRCH)
                return false;
        snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
        return stat(path, &status) < 0 || status.st_uid == 0 || status.st_uid == lock->st_uid;
}

/* Removes the lock of a dead process, unless it is another one by now. */
static void remove_dead(const char *name, const struct stat *dead)
{
        struct stat now;

        if (fstatat(held.folder, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
            now.st_dev == dead->st_dev && now.st_ino == dead->st_ino)
                (void)unlinkat(held.folder, name, 0);
}

/* Makes one try. Returns whether it is ours now; if not, *holder has it, as read_holder says. */
static bool try_lock(const char *made, const char *name, pid_t *holder)
{
        struct stat status;

        if (linkat(held.folder, made, held.folder, name, 0) == 0)
                return true;
        if (errno != EEXIST)
                cannot(name);
        *holder = read_holder(name, &status);
        if (*holder > 0 && !lives(*holder, &status)) {
                remove_dead(name, &status);
                *holder = -1;
        }
        return *holder < 0 && linkat(held.folder, made, held.folder, name, 0) == 0;
}

static void lock_file(size_t file)
{
        const int64_t end = now_ms() + LOCK_WAIT_MS;
        const char *const name = lock_name(file), *const made = temporary_name(file);
        pid_t holder = -1;
        bool ours;

        make_file(made);
        while (!(ours = try_lock(made, name, &holder)) && now_ms() < end) {
                progress("waiting for %s", path_of(name));
                usleep(LOCK_STEP_MS * 1000);
        }
        unlinkat(held.folder, made, 0);
        if (!ours && holder == 0)
                die("%s: a lock that names no process; remove it if nobody edits %s", path_of(name),
                    path_of(files[file]));
        if (!ours)
                die("%s: held by %s for ten seconds; try again", path_of(name),
                    lock_holder(holder));
        held.count++;
}

static void lock_passwords(void)
{
        const int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        const int fd = openat(held.folder, PASSWORD_LOCK, flags, 0600);
        struct stat status;

        if (fd < 0)
                cannot(PASSWORD_LOCK);
        /* Who may read it may lock it. */
        if (fstat(fd, &status) == 0 && (status.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0)
                cannot(PASSWORD_LOCK);
        lock_record(fd, path_of(PASSWORD_LOCK));
        held.password_lock = fd;
}

void shadow_lock_take(int folder)
{
        sigset_t all;

        held.folder = folder;
        held.holder = getpid();
        /* Not lckpwdf(3) itself, which needs SIGALRM, knows no --root and does not say who has it.
         */
        lock_passwords();
        atexit(shadow_lock_release);
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &held.before);
        for (size_t i = 0; i < FILES; i++)
                lock_file(i);
}

void shadow_lock_release(void)
{
        if (held.password_lock < 0 || held.holder != getpid())
                return;
        for (size_t i = FILES; i-- > 0;) {
                if (i < held.count)
                        (void)unlinkat(held.folder, lock_name(i), 0);
                /* Only if something failed. */
                (void)unlinkat(held.folder, temporary_name(i), 0);
        }
        held.count = 0;
        close(held.password_lock);
        held.password_lock = -1;
        sigprocmask(SIG_SETMASK, &held.before, NULL);
}
