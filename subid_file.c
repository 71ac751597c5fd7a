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
        size_t blocks;         /* so many times the buffer was filled with whole lines */
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
        text->blocks = 0;
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
        return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

/* Asks a file, from where its descriptor stands. Returns 1 if found, 0 if not, a negative errno. */
static int text_find_in_file(struct text *text, int fd, find_function *find, struct subid *subid)
{
        size_t kept = 0; /* bytes of a line whose end is not read yet, at most SUBID_LINE_MAX */

        for (;;) {
                char *const fresh = text->buffer + kept;
                const ssize_t n = read_file(fd, fresh, BUFFER_SIZE - kept);
                char *end;

                if (n < 0)
                        return (int)n;
                if (n == 0 && kept == 0)
                        return 0;
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

        for (size_t i = 0; i < text->count && r == 0; i++) {
                if (i == text->opened)
                        r = text_open(text);
                else if (text->fds[i] >= 0 && lseek(text->fds[i], 0, SEEK_SET) < 0)
                        r = -errno;
                if (r == 0 && text->fds[i] >= 0)
                        r = text_find_in_file(text, text->fds[i], find, subid);
        }
        return r;
}

/*
 * Asks these files a question and, once that is answered and unless it is NULL, a second one. Not
 * inlined: a lookup asks several files one after the other, but only one text at a time may lie on
 * the stack.
 */
__attribute__((noinline)) static int ask(const subid_path *paths, size_t count,
                                         find_function *first, find_function *second,
                                         struct subid *subid)
{
        struct text text;
        int r;

        text_begin(&text, paths, count);
        r = text_find(&text, first, subid);
        /* Where all that was read is still in the buffer, it need not be read again. */
        if (r > 0 && second)
                r = text.blocks == 1 ? second(text.buffer, text.block_end, subid)
                                     : text_find(&text, second, subid);
        text_end(&text);
        return r;
}

static int ask_ranges(enum subid_database database, find_function *first, find_function *second,
                      struct subid *subid)
{
        return ask(subid_range_paths[database], SUBID_FILES, first, second, subid);
}

int subid_file_holds(enum subid_database database, struct subid *subid)
{
        if (subid_excluded(subid->id))
                return 0;
        return ask_ranges(database, subid_find_owner, NULL, subid);
}

int subid_file_locate(enum subid_database database, struct subid *subid)
{
        if (subid_excluded(subid->id))
                return 0;
        subid->passed = 0;
        return ask_ranges(database, subid_find_owner, subid_find_position, subid);
}

int subid_file_id_at(enum subid_database database, struct subid *subid)
{
        subid->passed = 0;
        return ask_ranges(database, subid_find_id, NULL, subid);
}

int subid_file_is_account(enum subid_database database, struct subid *subid)
{
        return ask(&subid_account_paths[database], 1, subid_find_account, NULL, subid);
}
