/* SPDX-License-Identifier: MIT */
#include "subid_file.h"

#include <endian.h>
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

#define FILES_MAX 2

static bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The value of a digit of any base up to 16, or 16 if c is none. */
static unsigned int digit_value(char c)
{
        if (c >= '0' && c <= '9')
                return (unsigned int)(c - '0');
        if (c >= 'a' && c <= 'f')
                return (unsigned int)(c - 'a') + 10;
        if (c >= 'A' && c <= 'F')
                return (unsigned int)(c - 'A') + 10;
        return 16;
}

/* Reads all of the text from p up to end as strtoul(p, , base) does; base is 0 or 10. */
static bool parse_number(const char *p, const char *end, unsigned int base, uint32_t *number)
{
        uint64_t value = 0;

        while (p < end && is_blank(*p))
                p++;
        if (p < end && *p == '+')
                p++;
        if (base == 0 && end - p >= 2 && *p == '0') {
                const bool hexadecimal = p[1] == 'x' || p[1] == 'X';

                base = hexadecimal ? 16 : 8;
                p += hexadecimal ? 2 : 1;
        } else {
                base = 10;
        }
        if (p == end)
                return false;
        for (; p < end; p++) {
                const unsigned int digit = digit_value(*p);

                if (digit >= base)
                        return false;
                value = value * base + digit;
                if (value > UINT32_MAX)
                        return false;
        }
        *number = (uint32_t)value;
        return true;
}

bool subid_range_parse(const char *line, size_t length, struct subid_range *range)
{
        const char *const end = line + length;
        const char *start, *count;

        if (length == 0 || length >= SUBID_LINE_MAX)
                return false;
        if (*line == '#' || *line == '+' || *line == '-' || *line == ':')
                return false;
        start = memchr(line, ':', length);
        if (!start)
                return false;
        count = memchr(start + 1, ':', (size_t)(end - (start + 1)));
        if (!count)
                return false;
        if (!parse_number(start + 1, count, 0, &range->start) ||
            !parse_number(count + 1, end, 0, &range->count))
                return false;
        if (range->count > UINT64_C(0x100000000) - range->start)
                return false;
        range->owner = line;
        range->owner_length = (size_t)(start - line);
        return memchr(line, '\0', range->owner_length) == NULL;
}

static bool range_holds(const struct subid_range *range, uint32_t id)
{
        return id >= range->start && id - range->start < range->count;
}

bool subid_excluded(uint32_t id)
{
        return id == 0 || id == 65534 || id == 65535 || id == UINT32_MAX;
}

/* Moves *line over empty lines. Returns the newline behind it, or NULL if no line is left. */
static const char *next_newline(const char **line, const char *end)
{
        while (*line < end && **line == '\n')
                ++*line;
        return *line < end ? memchr(*line, '\n', (size_t)(end - *line)) : NULL;
}

/*
 * Reads the decimal number that ends before end: at most ten digits, of which the first may be "0"
 * only if it is the only one. Returns where it begins, or NULL if there is no such number or less
 * than eight bytes lie between line and end.
 */
static const char *plain_number(const char *line, const char *end, uint64_t *number)
{
        const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f), high = ~low;
        uint64_t bytes, others, scale = 100000000;
        unsigned int digits;

        if (end - line < 8)
                return NULL;
        /* Eight bytes at once, the last one on top. A digit becomes 0 to 9, others get a mark. */
        memcpy(&bytes, end - 8, 8);
        bytes = le64toh(bytes) ^ UINT64_C(0x3030303030303030);
        others = (((bytes & low) + UINT64_C(0x7676767676767676)) | bytes) & high;
        digits = others ? (unsigned int)__builtin_clzll(others) / 8 : 8;
        if (digits == 0)
                return NULL;
        bytes &= ~UINT64_C(0) << (64 - 8 * digits);
        /* Neighbours join: eight digits, four numbers of two, two of four, one of eight. */
        bytes = (bytes * 10 + (bytes >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
        bytes = (bytes * 100 + (bytes >> 16)) & UINT64_C(0x0000ffff0000ffff);
        *number = (bytes * 10000 + (bytes >> 32)) & UINT32_MAX;
        end -= digits;
        for (; digits >= 8 && digits < 10 && end > line && end[-1] >= '0' && end[-1] <= '9';
             digits++) {
                *number += (uint64_t)(*--end - '0') * scale;
                scale *= 10;
        }
        return *end == '0' && digits > 1 ? NULL : end;
}

/*
 * Reads the last two fields of a line if both are such numbers, as nearly all are. Returns the
 * colon in front of them, or NULL: then the whole grammar has to say what the line is.
 */
static const char *plain_fields(const char *line, const char *newline, uint64_t *start,
                                uint64_t *count)
{
        const char *field = plain_number(line, newline, count);

        if (!field || field == line || field[-1] != ':')
                return NULL;
        field = plain_number(line, field - 1, start);
        if (!field || field == line || field[-1] != ':')
                return NULL;
        return field - 1;
}

bool subid_find_owner(const char *lines, const char *end, struct subid *subid)
{
        const uint32_t id = subid->id;
        struct subid_range range;
        uint64_t start, count;

        for (const char *newline; (newline = next_newline(&lines, end)); lines = newline + 1) {
                /* Whatever stands in front, with these numbers it does not hold the ID. */
                if (plain_fields(lines, newline, &start, &count) &&
                    (id < start || id - start >= count))
                        continue;
                if (!subid_range_parse(lines, (size_t)(newline - lines), &range) ||
                    !range_holds(&range, id))
                        continue;
                /* Not memcpy: memmove is wanted below, and each import costs every new process. */
                memmove(subid->owner, range.owner, range.owner_length);
                subid->owner_length = range.owner_length;
                return true;
        }
        return false;
}

/* Reads a line if it is a range of this owner, which is that of a range. */
static bool parse_owned(const char *line, const char *newline, const struct subid *subid,
                        struct subid_range *range)
{
        const size_t length = subid->owner_length;
        uint64_t start, count;

        if ((size_t)(newline - line) <= length || line[length] != ':' ||
            memcmp(line, subid->owner, length) != 0)
                return false;
        /* A start or a count of 2^32 passes, but then the other one is 0: it holds no ID. */
        if (plain_fields(line, newline, &start, &count) != line + length ||
            newline - line >= SUBID_LINE_MAX || start + count > UINT64_C(0x100000000))
                return subid_range_parse(line, (size_t)(newline - line), range);
        *range = (struct subid_range){line, length, (uint32_t)start, (uint32_t)count};
        return true;
}

/* Moves *lines behind the next range of this owner. Returns false if there is none up to end. */
static bool next_owned(const char **lines, const char *end, const struct subid *subid,
                       struct subid_range *range)
{
        for (const char *newline; (newline = next_newline(lines, end));) {
                const char *const line = *lines;

                *lines = newline + 1;
                if (parse_owned(line, newline, subid, range))
                        return true;
        }
        return false;
}

bool subid_find_position(const char *lines, const char *end, struct subid *subid)
{
        struct subid_range range;

        while (next_owned(&lines, end, subid, &range)) {
                if (range_holds(&range, subid->id)) {
                        subid->position = subid->passed + (subid->id - range.start);
                        return true;
                }
                /* To wrap around takes 2^32 lines, a file of 60 GiB. */
                subid->passed += range.count;
        }
        return false;
}

bool subid_find_id(const char *lines, const char *end, struct subid *subid)
{
        struct subid_range range;

        while (next_owned(&lines, end, subid, &range)) {
                if (subid->position - subid->passed < range.count) {
                        subid->id = range.start + (uint32_t)(subid->position - subid->passed);
                        return true;
                }
                subid->passed += range.count;
        }
        return false;
}

/* Returns where the last c between begin and end is over, or begin if there is none. */
static const char *behind_last(const char *begin, const char *end, char c)
{
        while (end > begin && end[-1] != c)
                end--;
        return end;
}

/* Reads the third field of a line of passwd(5) or group(5). */
static bool parse_account(const char *line, const char *end, uint32_t *id)
{
        const char *field = line, *colon;

        while (field < end && is_blank(*field))
                field++;
        if (field < end && (*field == '#' || *field == '+' || *field == '-'))
                return false;
        for (int skipped = 0; skipped < 2; skipped++) {
                colon = memchr(field, ':', (size_t)(end - field));
                if (!colon)
                        return false;
                field = colon + 1;
        }
        colon = memchr(field, ':', (size_t)(end - field));
        return parse_number(field, colon ? colon : end, 10, id);
}

bool subid_find_account(const char *lines, const char *end, struct subid *subid)
{
        for (const char *newline; (newline = next_newline(&lines, end)); lines = newline + 1) {
                const char *fields_end = newline;
                uint32_t id;

                /* Of a line that is too long, the last field looked at may be cut. */
                if (newline - lines >= SUBID_LINE_MAX)
                        fields_end = behind_last(lines, lines + SUBID_LINE_MAX - 1, ':');
                if (parse_account(lines, fields_end, &id) && id == subid->id)
                        return true;
        }
        return false;
}

typedef bool find_function(const char *lines, const char *end, struct subid *subid);

/* Characters, not pointers, which would have to be relocated: the module has no writable data. */
typedef char file_path[sizeof(SUBID_FILE_UIDS_IMPORTED)];

static const file_path range_files[][FILES_MAX] = {
    [SUBID_USERS] = {SUBID_FILE_UIDS, SUBID_FILE_UIDS_IMPORTED},
    [SUBID_GROUPS] = {SUBID_FILE_GIDS, SUBID_FILE_GIDS_IMPORTED},
};

static const file_path account_files[][FILES_MAX] = {
    [SUBID_USERS] = {"/etc/passwd"},
    [SUBID_GROUPS] = {"/etc/group"},
};

/* Files read as one, for the time of one lookup. */
struct text {
        const file_path *paths; /* FILES_MAX of them; no more are wanted behind an empty one */
        int fds[FILES_MAX];     /* of the paths, in order; -1: does not exist */
        size_t opened;          /* so many of fds are known */
        size_t blocks;          /* so many times the buffer was filled with whole lines */
        const char *block_end;  /* the lines of the last time end here */
        int saved_errno;
        int cancel_state;
        char buffer[BUFFER_SIZE];
};

/* The calls below can be cancelled, and a cancelled thread would leave descriptors open. */
static void text_begin(struct text *text, const file_path *paths)
{
        text->paths = paths;
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
                text->block_end = behind_last(fresh, end, '\n');
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

        /* All that the last question has read is still in the buffer: it need not be read again. */
        if (text->blocks == 1)
                return find(text->buffer, text->block_end, subid);
        for (size_t i = 0; i < FILES_MAX && text->paths[i][0] && r == 0; i++) {
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
__attribute__((noinline)) static int ask(const file_path *paths, find_function *first,
                                         find_function *second, struct subid *subid)
{
        struct text text;
        int r;

        text_begin(&text, paths);
        r = text_find(&text, first, subid);
        if (r > 0 && second)
                r = text_find(&text, second, subid);
        text_end(&text);
        return r;
}

int subid_file_holds(enum subid_database database, struct subid *subid)
{
        if (subid_excluded(subid->id))
                return 0;
        return ask(range_files[database], subid_find_owner, NULL, subid);
}

int subid_file_locate(enum subid_database database, struct subid *subid)
{
        if (subid_excluded(subid->id))
                return 0;
        subid->passed = 0;
        return ask(range_files[database], subid_find_owner, subid_find_position, subid);
}

int subid_file_id_at(enum subid_database database, struct subid *subid)
{
        subid->passed = 0;
        return ask(range_files[database], subid_find_id, NULL, subid);
}

int subid_file_is_account(enum subid_database database, struct subid *subid)
{
        return ask(account_files[database], subid_find_account, NULL, subid);
}
