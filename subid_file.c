/* SPDX-License-Identifier: MIT */
#include "subid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In bytes. All frames of a lookup must fit into the smallest stack of a thread, 16 KiB. */
#define BUFFER_SIZE 8192

/* A call is interrupted for good reasons a few times at most; then it is the caller's turn. */
#define TRIES_MAX 16

const subid_path subid_range_paths[2][SUBID_FILES] = {
    [SUBID_USERS] = {"/etc/subuid", "/etc/nss-subuid/subuid"},
    [SUBID_GROUPS] = {"/etc/subgid", "/etc/nss-subuid/subgid"},
};

const subid_path subid_account_paths[2] = {
    [SUBID_USERS] = "/etc/passwd",
    [SUBID_GROUPS] = "/etc/group",
};

typedef bool find_function(const char *lines, const char *end, struct subid *subid);

/* Files read as one, for the time of one lookup. */
struct text {
        const subid_path *paths;
        size_t count;          /* of paths, at most SUBID_FILES */
        int fds[SUBID_FILES];  /* of the paths, in order; -1: does not exist */
        size_t opened;         /* so many of fds are known */
        size_t blocks;         /* so many times the last question filled the buffer with lines */
        bool ended;            /* and came to the end of all files */
        const char *block_end; /* the lines of the last time end here */
        int saved_errno;
        int cancel_state;
        char buffer[BUFFER_SIZE];
};

/* The calls below can be cancelled, and a cancelled thread would leave descriptors open. */
static void text_begin(struct text *text, const subid_path *paths, size_t count)
{
        text->paths = paths;
        text->count = count;
        text->opened = 0;
        text->saved_errno = errno;
        /* Before glibc 2.34, a program without threads does not have its state stored. */
        text->cancel_state = PTHREAD_CANCEL_ENABLE;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &text->cancel_state);
}

static void text_end(struct text *text)
{
        for (size_t i = 0; i < text->opened; i++)
                if (text->fds[i] >= 0)
                        close(text->fds[i]);
        pthread_setcancelstate(text->cancel_state, NULL);
        errno = text->saved_errno;
}

static int open_file(const char *path)
{
        int fd, tries = 0;

        /* O_NONBLOCK: a FIFO would wait for its writer. */
        do
                fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        while (fd < 0 && errno == EINTR && ++tries < TRIES_MAX);
        return fd < 0 ? -errno : fd;
}

static ssize_t read_file(int fd, char *buffer, size_t size)
{
        ssize_t n;
        int tries = 0;

        do
                n = read(fd, buffer, size);
        while (n < 0 && errno == EINTR && ++tries < TRIES_MAX);
        return n < 0 ? -errno : n;
}

/* Opens the next of the files. Returns 0, also if it does not exist, or a negative errno. */
static int text_open(struct text *text)
{
        const int fd = open_file(text->paths[text->opened]);
        struct stat status;

        if (fd < 0 && fd != -ENOENT)
                return fd;
        text->fds[text->opened++] = fd < 0 ? -1 : fd;
        if (fd < 0)
                return 0;
        if (fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return -EINVAL;
        return status.st_size <= SUBID_FILE_SIZE_MAX ? 0 : -EFBIG;
}

/* Asks a file, from where its descriptor stands. Returns 1 if found, 0 if not, a negative errno. */
static int text_find_in_file(struct text *text, int fd, find_function *find, struct subid *subid)
{
        size_t kept = 0; /* bytes of a line whose end is not read yet, at most SUBID_LINE_MAX */
        size_t total = 0;

        for (;;) {
                char *const fresh = text->buffer + kept;
                const ssize_t n = read_file(fd, fresh, BUFFER_SIZE - kept);
                char *end;

                if (n < 0)
                        return (int)n;
                if (n == 0 && kept == 0)
                        return 0;
                /* Its size may have been less, or nothing at all, as in /proc. */
                total += (size_t)n;
                if (total > SUBID_FILE_SIZE_MAX)
                        return -EFBIG;
                end = fresh + n;
                if (n == 0)
                        *end++ = '\n';
                text->block_end = subid_behind_last(fresh, end, '\n');
                if (text->block_end > fresh) {
                        text->blocks++;
                        if (find(text->buffer, text->block_end, subid))
                                return 1;
                        if (n == 0)
                                return 0;
                        kept = (size_t)(end - text->block_end);
                        memmove(text->buffer, text->block_end, kept);
                } else {
                        kept += (size_t)n;
                }
                /* No range is so long; of an account only this much is looked at. */
                if (kept > SUBID_LINE_MAX)
                        kept = SUBID_LINE_MAX;
        }
}

/* Asks the files from their beginning. Returns 1 if found, 0 if not, or a negative errno. */
static int text_find(struct text *text, find_function *find, struct subid *subid)
{
        int r = 0;

        text->blocks = 0;
        subid->passed = 0;
        for (size_t i = 0; i < text->count && r == 0; i++) {
                if (i == text->opened)
                        r = text_open(text);
                else if (text->fds[i] >= 0 && lseek(text->fds[i], 0, SEEK_SET) < 0)
                        r = -errno;
                if (r == 0 && text->fds[i] >= 0)
                        r = text_find_in_file(text, text->fds[i], find, subid);
        }
        text->ended = r == 0;
        return r;
}

/* The same, once another question was asked: what is still in the buffer need not be read again. */
static int text_find_again(struct text *text, find_function *find, struct subid *subid)
{
        if (text->blocks == 1) {
                subid->passed = 0;
                if (find(text->buffer, text->block_end, subid))
                        return 1;
        }
        return text->ended && text->blocks <= 1 ? 0 : text_find(text, find, subid);
}

typedef int questions_function(struct text *text, struct subid *subid);

/*
 * Asks these files some questions, of one version of each. Not inlined: a lookup asks several files
 * one after the other, but only one text at a time may lie on the stack.
 */
__attribute__((noinline)) static int ask(const subid_path *paths, size_t count,
                                         questions_function *questions, struct subid *subid)
{
        struct text text;
        int r;

        text_begin(&text, paths, count);
        r = questions(&text, subid);
        text_end(&text);
        return r;
}

static int find_owner(struct text *text, struct subid *subid)
{
        return text_find(text, subid_find_owner, subid);
}

static int find_owner_and_position(struct text *text, struct subid *subid)
{
        const int r = text_find(text, subid_find_owner, subid);

        return r > 0 ? text_find_again(text, subid_find_position, subid) : r;
}

static int find_account(struct text *text, struct subid *subid)
{
        return text_find(text, subid_find_account, subid);
}

static int find_named(struct text *text, struct subid *subid)
{
        return text_find(text, subid_find_named, subid);
}

/* How the group of a user was found. */
enum { BY_NUMBER = 1, BY_POSITION = 2 };

static int find_group(struct text *text, struct subid *user)
{
        int r = text_find(text, subid_find_holder, user);

        if (r > 0 && user->same_owner && user->same_start)
                return BY_NUMBER;
        if (r >= 0)
                r = text_find_again(text, subid_find_id, user);
        if (r > 0)
                r = text_find_again(text, subid_find_holder, user);
        if (r <= 0)
                return r;
        return user->same_owner && !subid_excluded(user->id) ? BY_POSITION : 0;
}

int subid_file_holds(enum subid_database database, struct subid *subid)
{
        if (subid_excluded(subid->id))
                return 0;
        return ask(subid_range_paths[database], SUBID_FILES, find_owner, subid);
}

int subid_file_locate(enum subid_database database, struct subid *subid)
{
        if (subid_excluded(subid->id))
                return 0;
        return ask(subid_range_paths[database], SUBID_FILES, find_owner_and_position, subid);
}

int subid_file_is_account(enum subid_database database, struct subid *subid)
{
        return ask(&subid_account_paths[database], 1, find_account, subid);
}

int subid_file_named(enum subid_database database, struct subid *account)
{
        return ask(&subid_account_paths[database], 1, find_named, account);
}

/* Below, the GIDs of the host lie: one of them in a line lets a container have that group. */
#define HOST_GIDS_END 65536

int subid_file_group_of(struct subid *user, uint32_t *gid)
{
        const uint32_t uid = user->id;
        int r = ask(subid_range_paths[SUBID_GROUPS], SUBID_FILES, find_group, user);

        *gid = r > 0 ? user->id : SUBID_NO_GID;
        if (r == BY_POSITION || (r == BY_NUMBER && uid < HOST_GIDS_END)) {
                r = subid_file_is_account(SUBID_GROUPS, user);
                if (r > 0)
                        *gid = SUBID_NO_GID;
        }
        user->id = uid;
        return r < 0 ? r : 1;
}
