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

/* At the end of the buffer. A line that begins before it and a whole one always fit. */
#define PIECE_SIZE 2048
_Static_assert(PIECE_SIZE == 2 * SUBID_LINE_MAX, "two lines");

/* Of the range files, the one that subuidctl import writes. */
#define IMPORTED 1

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
        size_t count;         /* of paths, at most SUBID_FILES */
        int fds[SUBID_FILES]; /* of the paths, in order; -1: does not exist */
        off_t sizes[SUBID_FILES];
        size_t opened;         /* so many of fds are known */
        size_t blocks;         /* so many times the last question filled the buffer with lines */
        bool searched;         /* and did not read all of a file, but searched it by halving */
        bool ended;            /* and came to the end of all files */
        const char *block_end; /* the lines of the last time end here */
        const char *line, *line_end; /* what was found by halving, or NULL */
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

static ssize_t read_file(int fd, char *buffer, size_t size, off_t offset)
{
        ssize_t n;
        int tries = 0;

        do
                n = pread(fd, buffer, size, offset);
        while (n < 0 && errno == EINTR && ++tries < TRIES_MAX);
        return n < 0 ? -errno : n;
}

/* Opens the next of the files. Returns 0, also if it does not exist, or a negative errno. */
static int text_open(struct text *text)
{
        const size_t i = text->opened;
        const int fd = open_file(text->paths[i]);
        struct stat status;

        if (fd < 0 && fd != -ENOENT)
                return fd;
        text->fds[i] = fd < 0 ? -1 : fd;
        text->opened++;
        if (fd < 0)
                return 0;
        if (fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return -EINVAL;
        text->sizes[i] = status.st_size;
        return status.st_size <= SUBID_FILE_SIZE_MAX ? 0 : -EFBIG;
}

/* Asks a file from an offset on. Returns 1 if found, 0 if not, a negative errno. */
static int text_scan(struct text *text, int fd, off_t offset, find_function *find,
                     struct subid *subid)
{
        size_t kept = 0; /* bytes of a line whose end was not read yet, at most SUBID_LINE_MAX */

        text->line = NULL;
        for (;;) {
                char *const fresh = text->buffer + kept;
                const ssize_t n = read_file(fd, fresh, BUFFER_SIZE - kept, offset);
                char *end;

                if (n < 0)
                        return (int)n;
                if (n == 0 && kept == 0)
                        return 0;
                /* Its size may have been less, or nothing at all, as in /proc. */
                if (offset + n > SUBID_FILE_SIZE_MAX)
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
                        /* The line behind them is read anew, from its beginning on. */
                        offset += text->block_end - fresh;
                        kept = 0;
                } else {
                        offset += n;
                        kept += (size_t)n;
                        /* No range is so long; of an account only this much is looked at. */
                        if (kept > SUBID_LINE_MAX)
                                kept = SUBID_LINE_MAX;
                }
        }
}

/* Where the line may begin that holds an ID: at low or behind it, before high. In bytes. */
struct span {
        off_t low, high;
        uint64_t low_id, high_id; /* of the lines there; 2^32 before a line above was seen */
};

/*
 * Guesses where the line of an ID is, as if all lines were of one length and all ranges of one
 * size: of those between the ends, or, if only one is known, of those that were seen last. Where
 * that is far from true, every second guess is the middle.
 */
static off_t guess(const struct span *span, uint32_t id, const struct subid_part *part,
                   unsigned int tries)
{
        const off_t bytes = span->high - span->low;
        off_t offset = bytes / 2;

        if (tries <= 4 || tries % 2 == 0) {
                const uint64_t ids = id - span->low_id;

                offset = (off_t)(span->high_id > UINT32_MAX
                                     ? ids * part->bytes / (part->behind - part->first)
                                     : ids * (uint64_t)bytes / (span->high_id - span->low_id));
        }
        /* In the middle of a piece that lies between the ends. */
        offset -= PIECE_SIZE / 2;
        if (offset > bytes - PIECE_SIZE)
                offset = bytes - PIECE_SIZE;
        return span->low + (offset > 0 ? offset : 0);
}

/*
 * Searches the sorted part of an imported file, if its first line says that it has one. Returns 1
 * if found, 0 if not, or a negative errno. If it is not found, what has to be scanned begins at
 * *rest: at 0, if there is no such part, or something in it is not as it is said to be.
 */
static int text_search(struct text *text, size_t i, find_function *find, struct subid *subid,
                       off_t *rest)
{
        char *const piece = text->buffer + BUFFER_SIZE - PIECE_SIZE;
        ssize_t n = read_file(text->fds[i], piece, PIECE_SIZE, 0);
        const char *newline;
        off_t offset = 0; /* of the piece */
        uint64_t sorted, size;
        struct subid_part part;
        struct span span;

        *rest = 0;
        /* Of the file before, the last lines may be overwritten. */
        if (text->blocks == 1 && text->block_end > piece)
                text->blocks++;
        if (n < 0)
                return (int)n;
        newline = memchr(piece, '\n', (size_t)n);
        if (!newline || !subid_mark_parse(piece, (size_t)(newline - piece), &sorted, &size) ||
            size != (uint64_t)text->sizes[i] || sorted > size)
                return 0;
        span = (struct span){
            .low = newline + 1 - piece, .high = (off_t)sorted, .high_id = UINT64_C(0x100000000)};
        for (unsigned int tries = 0; span.low < span.high; tries++) {
                const char *lines = piece, *end;

                /* The first piece is that of the mark. */
                if (tries > 0) {
                        offset = guess(&span, subid->id, &part, tries);
                        n = read_file(text->fds[i], piece, PIECE_SIZE, offset);
                        if (n < 0)
                                return (int)n;
                }
                end = piece + (n < span.high - offset ? n : span.high - offset);
                if (offset < span.low)
                        lines += span.low - offset;
                else if (offset > span.low)
                        lines = subid_behind_first(lines, end);
                end = subid_behind_last(lines, end, '\n');
                if (lines == end)
                        return 0;
                switch (subid_search(lines, end, subid->id, &part)) {
                case SUBID_BELOW:
                        if (part.first >= span.high_id)
                                return 0;
                        span.high = offset + (lines - piece);
                        span.high_id = part.first;
                        break;
                case SUBID_ABOVE:
                        if (part.first < span.low_id)
                                return 0;
                        span.low = offset + (end - piece);
                        span.low_id = part.behind;
                        break;
                case SUBID_INSIDE:
                        text->searched = true;
                        text->line = part.line;
                        text->line_end = part.line_end;
                        return find(part.line, part.line_end, subid);
                case SUBID_BETWEEN:
                        span.low = span.high;
                        break;
                default:
                        return 0;
                }
        }
        text->searched = true;
        *rest = (off_t)sorted;
        return 0;
}

/* Asks one of the files. Returns 1 if found, 0 if not, or a negative errno. */
static int text_find_in_file(struct text *text, size_t i, find_function *find, struct subid *subid)
{
        /* An owner's IDs are not sorted by owner. What one read gives is scanned in no time. */
        const bool by_id = find != subid_find_id;
        off_t rest = 0;
        int r = 0;

        if (i == IMPORTED && by_id && text->sizes[i] > BUFFER_SIZE)
                r = text_search(text, i, find, subid, &rest);
        if (r != 0 || (rest > 0 && rest == text->sizes[i]))
                return r;
        return text_scan(text, text->fds[i], rest, find, subid);
}

/* Asks the files from their beginning. Returns 1 if found, 0 if not, or a negative errno. */
static int text_find(struct text *text, find_function *find, struct subid *subid)
{
        int r = 0;

        text->blocks = 0;
        text->searched = false;
        text->line = NULL;
        subid->passed = 0;
        for (size_t i = 0; i < text->count && r == 0; i++) {
                if (i == text->opened)
                        r = text_open(text);
                if (r == 0 && text->fds[i] >= 0)
                        r = text_find_in_file(text, i, find, subid);
        }
        text->ended = r == 0 && !text->searched;
        return r;
}

/* The same, once another question was asked: what is still there need not be read again. */
static int text_find_again(struct text *text, find_function *find, struct subid *subid)
{
        if (text->blocks <= 1) {
                subid->passed = 0;
                if (text->blocks == 1 && find(text->buffer, text->block_end, subid))
                        return 1;
                /* The owner of a line that was found by halving has no other one in that file. */
                if (text->line && find(text->line, text->line_end, subid))
                        return 1;
                if (text->ended)
                        return 0;
        }
        return text_find(text, find, subid);
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
