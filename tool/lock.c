/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include "child.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 10000, STEP_MS = 50 };

/* Whether nobody but root may have put it there, or may change it. */
static bool is_roots(int fd)
{
        struct stat status;

        return fstat(fd, &status) == 0 && status.st_uid == 0 &&
               !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static int open_lock(void)
{
        const bool made = mkdir(LOCK_FOLDER, 0755) == 0;
        int folder, fd;

        if (!made && errno != EEXIST)
                return -1;
        folder = open(LOCK_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder < 0)
                return -1;
        if (!is_roots(folder))
                die(LOCK_FOLDER ": not root's own");
        /* Whatever the umask is. */
        if (made && fchmod(folder, 0755) < 0)
                die(LOCK_FOLDER ": %m");
        fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        if (fd >= 0 && !is_roots(fd))
                die(LOCK_FILE ": not root's own");
        close(folder);
        return fd;
}

/* The program that a process runs, for a message. */
static char *program_of(pid_t pid)
{
        char *const path = xasprintf("/proc/%d/comm", (int)pid);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        char name[64];
        ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name));

        if (fd >= 0)
                close(fd);
        if (n > 0 && name[n - 1] == '\n')
                n--;
        return n > 0 ? xasprintf(" (%s)", printable(name, (size_t)n, sizeof(name))) : "";
}

/* Of a system below --root that is their own, ordinary users lock the folder; it costs no file. */
static void lock_folder(void)
{
        const int64_t end = now_ms() + WAIT_MS;
        const int fd = root_open("/etc", O_RDONLY | O_DIRECTORY);

        while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (now_ms() >= end)
                        die("%s/etc: locked by somebody for ten seconds; try again", root_folder());
                usleep(STEP_MS * 1000);
        }
}

void lock_take(void)
{
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        const int64_t end = now_ms() + WAIT_MS;
        int fd;

        if (geteuid() != 0) {
                lock_folder();
                return;
        }
        fd = open_lock();
        if (fd < 0) {
                /* No /run, or one that is read-only: an image that is being built. */
                warn(LOCK_FILE ": no lock: %m");
                return;
        }
        /* Kept open: to close it would be to give the lock back. */
        while (fcntl(fd, F_SETLK, &lock) < 0) {
                struct flock holder = lock;

                if (errno != EAGAIN && errno != EACCES && errno != EINTR)
                        die(LOCK_FILE ": %m");
                if (now_ms() < end) {
                        usleep(STEP_MS * 1000);
                        continue;
                }
                if (fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK)
                        die(LOCK_FILE ": held by PID %d%s for ten seconds; try again",
                            (int)holder.l_pid, program_of(holder.l_pid));
        }
}
