/* SPDX-License-Identifier: MIT */
#include "inner_name.h"

#include "child.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A container's files are the container's, so hostile: a name may hold anything, a path may lead
 * anywhere, and a file system of its own may never answer. They are read by a child that has gone
 * into the container before, where it can reach no more than the container can:
 *
 *  - It cannot be traced or looked into through /proc, not even by root of the container: it is not
 *    dumpable, and its memory belongs to our user namespace.
 *  - It is in the user and mount namespaces of the process and at its root, runs as an ID that is
 *    mapped there, has no capability and can get none.
 *  - It has no descriptor but the pipe for its answer, and no terminal.
 *  - It runs nothing but the code below: no locale, no NSS, no plug-in of the container's libc.
 *
 * What it answers is not trusted either. If it cannot be killed, as a FUSE server keeps it waiting,
 * it is left behind.
 */

enum {
        NAME_SIZE_MAX = 32,
        FILE_SIZE_MAX = 65536,
        WAIT_MS = 2000,
        WAIT_ALL_MS = 6000,
};

enum { ANSWER = 0 }; /* the child's end of the pipe */

static bool enter_namespace(int fd, int type, const char *own)
{
        struct stat there, here;

        if (fd < 0 || fstat(fd, &there) != 0 || stat(own, &here) != 0)
                return false;
        return (there.st_dev == here.st_dev && there.st_ino == here.st_ino) || setns(fd, type) == 0;
}

/* Becomes what stands first in the maps, usually root, but without capabilities. */
static bool drop_rights(const struct userns *userns)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
        uid_t uid;
        gid_t gid;

        if (userns->map_sizes[SUBID_USERS] == 0 || userns->map_sizes[SUBID_GROUPS] == 0)
                return false;
        uid = userns->maps[SUBID_USERS][0].inside;
        gid = userns->maps[SUBID_GROUPS][0].inside;
        return setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0 &&
               syscall(SYS_capset, &header, none) == 0 &&
               prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool enter(const struct process *process, const struct userns *userns)
{
        const bool root = geteuid() == 0;
        bool groups_dropped;
        struct stat status;
        char path[32];
        int folder, user, mount, top;

        snprintf(path, sizeof(path), "/proc/%d", (int)process->pid);
        folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        user = openat(folder, "ns/user", O_RDONLY | O_CLOEXEC);
        mount = openat(folder, "ns/mnt", O_RDONLY | O_CLOEXEC);
        top = openat(folder, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (user < 0 || fstat(user, &status) != 0 || status.st_dev != userns->device ||
            status.st_ino != userns->inode)
                return false;
        groups_dropped = setgroups(0, NULL) == 0;
        if (setns(user, CLONE_NEWUSER) != 0)
                return false;
        /* Its owner may have to keep his groups, as all that run in it; root need not. */
        groups_dropped = groups_dropped || setgroups(0, NULL) == 0;
        if (root && !groups_dropped)
                return false;
        /* A process that only chrooted has our mount namespace. */
        return enter_namespace(mount, CLONE_NEWNS, "/proc/self/ns/mnt") && fchdir(top) == 0 &&
               chroot(".") == 0 && close_range(ANSWER + 1, UINT_MAX, 0) == 0 &&
               drop_rights(userns) && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* Finds the name of an ID in a file, as the module finds accounts, and writes it. */
static bool answer(enum subid_database database, uint32_t id)
{
        static char text[FILE_SIZE_MAX + 1];
        size_t size = 0;
        ssize_t n = 1;
        struct stat status;
        /* O_NONBLOCK: a FIFO would wait for its writer. */
        const int fd =
            open(subid_account_paths[database], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
                return false;
        while (size < FILE_SIZE_MAX && (n = read(fd, text + size, FILE_SIZE_MAX - size)) > 0)
                size += (size_t)n;
        /* A line that is cut does not count. */
        if (n == 0)
                text[size++] = '\n';
        for (struct text rest = {text, size}, line; take_line(&rest, &line);) {
                struct subid_account account;

                if (line.bytes + line.size == text + size ||
                    !subid_account_parse(line.bytes, line.size, &account) || account.id != id)
                        continue;
                return write_all(ANSWER, account.name,
                                 account.name_length < NAME_SIZE_MAX ? account.name_length
                                                                     : NAME_SIZE_MAX);
        }
        return false;
}

struct question {
        const struct process *process;
        const struct userns *userns;
        enum subid_database database;
        uint32_t inside;
};

/* Runs in the child. */
static void ask(int to, const void *data)
{
        const struct question *const question = data;

        alarm(WAIT_MS / 1000);
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setsid() != -1 &&
            dup2(to, ANSWER) == ANSWER && enter(question->process, question->userns)) {
                child_dies_with_parent();
                answer(question->database, question->inside);
        }
}

char *inner_name(const struct process *process, const struct userns *userns,
                 enum subid_database database, uint32_t inside)
{
        static int64_t left = WAIT_ALL_MS;
        const struct question question = {process, userns, database, inside};
        const int64_t start = now_ms();
        struct child child;
        char name[NAME_SIZE_MAX];
        ssize_t n;

        if (userns->own || !userns->known || left <= 0)
                return NULL;
        child = child_start(ask, &question);
        n = child_read(&child, name, sizeof(name), start + (left < WAIT_MS ? left : WAIT_MS));
        child_end(&child);
        left -= now_ms() - start;
        if (left <= 0)
                warn("--names: containers do not answer; no more are asked");
        return n > 0 ? printable(name, (size_t)n, sizeof(name)) : NULL;
}
