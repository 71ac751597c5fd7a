/* SPDX-License-Identifier: MIT */
#include "inner_name.h"

#include "child.h"
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
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
};

enum { ANSWER = 0 }; /* the child's end of the pipe */

/* What the child says: 0 or why it cannot say more, and the name, if there is one. */
struct answer {
        int32_t error;
        char name[NAME_SIZE_MAX];
};

static bool enter_namespace(int fd, int type, const char *own)
{
        struct stat there, here;

        if (fstat(fd, &there) != 0 || stat(own, &here) != 0)
                return false;
        return (there.st_dev == here.st_dev && there.st_ino == here.st_ino) || setns(fd, type) == 0;
}

/*
 * Becomes what stands first in the maps, usually root, and keeps its capabilities for now. Before
 * it touches any file: a FUSE file system of the container's knows no other IDs than those mapped
 * there, and refuses with EOVERFLOW.
 */
static bool become_inner(const struct userns *userns)
{
        uid_t uid;
        gid_t gid;

        if (userns->map_sizes[SUBID_USERS] == 0 || userns->map_sizes[SUBID_GROUPS] == 0) {
                errno = EOVERFLOW;
                return false;
        }
        uid = userns->maps[SUBID_USERS][0].inside;
        gid = userns->maps[SUBID_GROUPS][0].inside;
        return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0 &&
               setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

static bool drop_capabilities(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

        return syscall(SYS_capset, &header, none) == 0 &&
               prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Returns false, and errno says why, as those above. */
static bool enter(const struct process *process, const struct userns *userns)
{
        const bool root = geteuid() == 0;
        const int folder = process_open(process);
        bool groups_dropped;
        struct stat status;
        int user, mount, top;

        if (folder < 0 || (user = openat(folder, "ns/user", O_RDONLY | O_CLOEXEC)) < 0 ||
            (mount = openat(folder, "ns/mnt", O_RDONLY | O_CLOEXEC)) < 0 ||
            (top = openat(folder, "root", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
            fstat(user, &status) != 0)
                return false;
        if (status.st_dev != userns->device || status.st_ino != userns->inode) {
                errno = ESRCH;
                return false;
        }
        groups_dropped = setgroups(0, NULL) == 0;
        if (setns(user, CLONE_NEWUSER) != 0)
                return false;
        /* Its owner may have to keep his groups, as all that run in it; root need not. */
        groups_dropped = groups_dropped || setgroups(0, NULL) == 0;
        if (root && !groups_dropped)
                return false;
        /* A process that only chrooted has our mount namespace. */
        return enter_namespace(mount, CLONE_NEWNS, "/proc/self/ns/mnt") && become_inner(userns) &&
               prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && fchdir(top) == 0 && chroot(".") == 0 &&
               close_range(ANSWER + 1, UINT_MAX, 0) == 0 && drop_capabilities();
}

/* Finds the name of an ID in a text, as the module finds accounts. Returns false if there is none.
 */
static bool find_name(struct text text, bool is_whole, uint32_t id, char *name)
{
        struct subid_account account;

        for (struct text line; take_line(&text, &line);) {
                /* A line that is cut does not count. */
                if (text.size == 0 && !is_whole)
                        return false;
                if (!subid_account_parse(line.bytes, line.size, &account) || account.id != id)
                        continue;
                memcpy(name, account.name,
                       account.name_length < NAME_SIZE_MAX ? account.name_length : NAME_SIZE_MAX);
                return true;
        }
        return false;
}

/* Fills in the name. Returns 0 or why it cannot be known; no file is no name. */
static int read_name(enum subid_database database, uint32_t id, char *name)
{
        static char text[FILE_SIZE_MAX];
        size_t size = 0;
        ssize_t n = 1;
        struct stat status;
        /* O_NONBLOCK: a FIFO would wait for its writer. */
        const int fd =
            open(subid_account_paths[database], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        if (fd < 0)
                return errno == ENOENT ? 0 : errno;
        if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
                return EINVAL;
        while (size < FILE_SIZE_MAX && (n = read(fd, text + size, FILE_SIZE_MAX - size)) > 0)
                size += (size_t)n;
        if (n < 0)
                return errno;
        return find_name((struct text){text, size}, n == 0, id, name) || n == 0 ? 0 : EFBIG;
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
        struct answer answer = {0};

        alarm(CHILD_WAIT_MS / 1000);
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && dup2(to, ANSWER) == ANSWER &&
            enter(question->process, question->userns)) {
                child_dies_with_parent();
                answer.error = read_name(question->database, question->inside, answer.name);
        } else {
                answer.error = errno;
        }
        write_all(ANSWER, (const char *)&answer, sizeof(answer));
}

char *inner_name(const struct process *process, const struct userns *userns,
                 enum subid_database database, uint32_t inside, text_shown *show, const char **why)
{
        static int64_t left = CHILD_WAIT_ALL_MS;
        const struct question question = {process, userns, database, inside};
        const int64_t start = now_ms();
        struct answer answer;
        struct child child;
        ssize_t n;

        *why = NULL;
        if (userns->own || !userns->known)
                return NULL;
        if (left <= 0) {
                *why = "others did not answer, so it was not asked";
                return NULL;
        }
        child = child_start(ask, &question);
        n = child_read(&child, &answer, sizeof(answer),
                       start + (left < CHILD_WAIT_MS ? left : CHILD_WAIT_MS));
        child_end(&child);
        left -= now_ms() - start;
        if (n != sizeof(answer))
                *why = "no answer";
        else if (answer.error)
                *why = root_reason(-answer.error);
        else if (*answer.name)
                return show(answer.name, strnlen(answer.name, NAME_SIZE_MAX), NAME_SIZE_MAX);
        return NULL;
}
