/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include "child.h"
#include "progress.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether nobody but root may have put it there, or may change it. */
static bool is_roots(const struct stat *status)
{
        return status->st_uid == 0 && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

/*
 * Whether /run is ours to use. Root of a user namespace, who builds the system of another machine
 * say, sees that of this one, and may not.
 */
static bool is_machines_root(void)
{
        struct stat status;

        return geteuid() == 0 && (stat("/run", &status) != 0 || status.st_uid == 0);
}

/* Dies if the folder or the file is not as it has to be. Returns -1 if there can be none. */
static int open_lock(void)
{
        const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        const bool made = mkdir(LOCK_FOLDER, 0755) == 0;
        struct stat status;
        int folder, fd;

        /* No /run, or one that is read-only: an image that is being built. */
        if (!made && (errno == ENOENT || errno == EROFS))
                return -1;
        folder = open(LOCK_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        /* Whatever the umask is. */
        if (made && folder >= 0 && fchmod(folder, 0755) < 0)
                die(LOCK_FOLDER ": %m");
        if (folder < 0 || fstat(folder, &status) < 0 || !is_roots(&status))
                die(LOCK_FOLDER ": not root's own folder");
        fd = openat(folder, "lock", flags, 0600);
        if (fd < 0 && errno != ELOOP)
                die(LOCK_FILE ": %m");
        if (fd < 0 || fstat(fd, &status) < 0 || !is_roots(&status) || !S_ISREG(status.st_mode))
                die(LOCK_FILE ": not root's own file");
        /* Who may read it may lock it. */
        if ((status.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0)
                die(LOCK_FILE ": %m");
        close(folder);
        return fd;
}

/* One of another PID namespace has no number here. */
char *lock_holder(pid_t pid)
{
        char *path, name[64];
        ssize_t n;
        int fd;

        if (pid <= 0)
                return xasprintf("another process");
        path = xasprintf("/proc/%d/comm", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, name, sizeof(name));
        if (fd >= 0)
                close(fd);
        if (n > 0 && name[n - 1] == '\n')
                n--;
        return n > 0 ? xasprintf("PID %d (%s)", (int)pid, quoted(name, (size_t)n, sizeof(name)))
                     : xasprintf("PID %d", (int)pid);
}

/* Of a system below --root that is their own, ordinary users lock the folder; it costs no file. */
static void lock_folder(void)
{
        const int64_t end = now_ms() + LOCK_WAIT_MS;
        const int fd = root_open("/etc", O_RDONLY | O_DIRECTORY);

        while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (now_ms() >= end)
                        die("%s/etc: locked by another process for ten seconds; try again",
                            root_folder());
                progress("waiting for the lock of %s/etc", root_folder());
                usleep(LOCK_STEP_MS * 1000);
        }
}

void lock_record(int fd, const char *name)
{
        const int64_t end = now_ms() + LOCK_WAIT_MS;
        struct flock lock;

        for (;;) {
                lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
                if (fcntl(fd, F_SETLK, &lock) == 0)
                        return;
                if (errno != EAGAIN && errno != EACCES && errno != EINTR)
                        die("%s: %m", name);
                if (now_ms() >= end)
                        break;
                progress("waiting for %s", name);
                usleep(LOCK_STEP_MS * 1000);
        }
        /* It may just have been given back. */
        if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
                lock.l_pid = 0;
        die("%s: held by %s for ten seconds; try again", name, lock_holder(lock.l_pid));
}

void lock_take(void)
{
        int fd;

        if (!is_machines_root()) {
                lock_folder();
                return;
        }
        fd = open_lock();
        /* Kept open: to close it would be to give the lock back. */
        if (fd < 0)
                warn(LOCK_FILE ": no lock: %m");
        else
                lock_record(fd, LOCK_FILE);
}
