/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes whole lookups: the bytes of all files × the question × the size and alignment of the
 * buffer × how reads are cut × a system call that fails. Every answer is compared with that of a
 * model below, which is slow and obvious and shares nothing with the module but its headers'
 * constants.
 *
 * The input: 16 bytes that say what is asked and what goes wrong, then the files, each ended by a
 * byte 0xff. The module's system calls are wrapped (--wrap), so no file is touched.
 */
#include "nss_subuid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- files in memory -------------------------------------------------------------------------- */

enum { FILES = 6, FIRST_FD = 1000 };

static struct file {
        const char *path;
        const char *bytes;
        size_t size;
        bool exists;
        bool open;
        size_t position;
} files[FILES] = {
    {.path = "/etc/subuid"}, {.path = "/etc/nss-subuid/subuid"},
    {.path = "/etc/subgid"}, {.path = "/etc/nss-subuid/subgid"},
    {.path = "/etc/passwd"}, {.path = "/etc/group"},
};

static struct {
        int countdown; /* calls until one fails; negative: none does */
        int error;
        bool hit; /* it failed, and not just once with EINTR where a second try is made */
} fault;

static size_t read_limit;

static void __attribute__((noreturn)) die(const char *what)
{
        fprintf(stderr, "fuzz_lookup: %s\n", what);
        abort();
}

static bool fails(bool tried_again)
{
        if (fault.countdown < 0 || fault.countdown-- > 0)
                return false;
        fault.hit = fault.error != EINTR || !tried_again;
        errno = fault.error;
        return true;
}

static struct file *file_of(int fd)
{
        struct file *const file = &files[fd - FIRST_FD];

        if (fd < FIRST_FD || fd >= FIRST_FD + FILES || !file->open)
                die("a descriptor that is not open");
        return file;
}

int __wrap_openat64(int fd, const char *path, int flags, ...);
int __wrap_fstat64(int fd, struct stat *status);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
off_t __wrap_lseek64(int fd, off_t offset, int whence);
int __wrap_close(int fd);

int __wrap_openat64(int fd, const char *path, int flags, ...)
{
        if (fd != AT_FDCWD || flags != (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK))
                die("opened in another way");
        if (fails(true))
                return -1;
        for (int i = 0; i < FILES; i++) {
                if (strcmp(path, files[i].path) != 0)
                        continue;
                if (!files[i].exists)
                        break;
                if (files[i].open)
                        die("opened twice");
                files[i].open = true;
                files[i].position = 0;
                return FIRST_FD + i;
        }
        errno = ENOENT;
        return -1;
}

int __wrap_fstat64(int fd, struct stat *status)
{
        if (fails(false))
                return -1;
        file_of(fd);
        memset(status, 0, sizeof(*status));
        status->st_mode = S_IFREG | 0644;
        return 0;
}

/* The fuzzer itself, which reads its corpus, is linked with the same wraps. */
ssize_t __real_read(int fd, void *buffer, size_t size);
int __real_close(int fd);

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
        struct file *file;

        if (fd < FIRST_FD)
                return __real_read(fd, buffer, size);
        file = file_of(fd);
        if (fails(true))
                return -1;
        if (size > read_limit)
                size = read_limit;
        if (size > file->size - file->position)
                size = file->size - file->position;
        memcpy(buffer, file->bytes + file->position, size);
        file->position += size;
        return (ssize_t)size;
}

off_t __wrap_lseek64(int fd, off_t offset, int whence)
{
        if (fails(false))
                return -1;
        if (offset != 0 || whence != SEEK_SET)
                die("sought elsewhere");
        file_of(fd)->position = 0;
        return 0;
}

int __wrap_close(int fd)
{
        if (fd < FIRST_FD)
                return __real_close(fd);
        file_of(fd)->open = false;
        errno = EIO;
        return 0;
}

/* --- the model -------------------------------------------------------------------------------- */

struct range {
        char owner[1024];
        uint64_t start, count;
};

enum { RANGES_MAX = 4096 };

static struct range user_ranges[RANGES_MAX], group_ranges[RANGES_MAX];

/* As shadow reads a line, but for the differences that subid_file.h names. */
static bool model_range(const char *line, size_t length, struct range *range)
{
        char copy[1024], *fields[4] = {NULL}, *rest = copy, *end;
        uint64_t numbers[2];

        if (length >= 1024 || memchr(line, '\0', length) || length == 0 || strchr("#+-", *line))
                return false;
        memcpy(copy, line, length);
        copy[length] = '\0';
        for (int i = 0; i < 4; i++)
                fields[i] = strsep(&rest, ":");
        if (!fields[2] || fields[3] || rest || !*fields[0])
                return false;
        for (int i = 0; i < 2; i++) {
                /* "0b1" is a number only for newer C libraries. */
                if (strpbrk(fields[i + 1], "-bB") && !strpbrk(fields[i + 1], "xX"))
                        return false;
                if (strchr(fields[i + 1], '-'))
                        return false;
                errno = 0;
                numbers[i] = strtoull(fields[i + 1], &end, 0);
                if (end == fields[i + 1] || *end || errno || numbers[i] > UINT32_MAX)
                        return false;
        }
        if (numbers[0] + numbers[1] > UINT64_C(4294967296))
                return false;
        strcpy(range->owner, fields[0]);
        range->start = numbers[0];
        range->count = numbers[1];
        return true;
}

static size_t model_ranges(const struct file *first, struct range *ranges)
{
        size_t count = 0;

        for (const struct file *file = first; file < first + 2; file++) {
                const char *line = file->bytes, *const end = file->bytes + file->size;

                while (file->exists && line < end && count < RANGES_MAX) {
                        const char *newline = memchr(line, '\n', (size_t)(end - line));

                        if (!newline)
                                newline = end;
                        count += model_range(line, (size_t)(newline - line), &ranges[count]);
                        line = newline + 1;
                }
        }
        return count;
}

static bool model_is_account(const struct file *file, uint32_t id)
{
        const char *line = file->bytes, *const end = file->bytes + file->size;

        while (file->exists && line < end) {
                const char *newline = memchr(line, '\n', (size_t)(end - line));
                char copy[1025], *fields, *number, *rest;
                size_t length;
                unsigned long value;

                if (!newline)
                        newline = end;
                length = (size_t)(newline - line);
                memcpy(copy, line, length < 1024 ? length : 1023);
                copy[length < 1024 ? length : 1023] = '\0';
                /* A NUL byte is no digit; in a field before the number it is like any other. */
                for (size_t i = 0; i < (length < 1024 ? length : 1023); i++)
                        if (copy[i] == '\0')
                                copy[i] = '\x01';
                line = newline + 1;
                fields = copy + strspn(copy, " \t\v\f\r");
                if (strchr("#+-", *fields) && *fields)
                        continue;
                number = strchr(fields, ':');
                number = number ? strchr(number + 1, ':') : NULL;
                if (!number)
                        continue;
                number++;
                rest = strchr(number, ':');
                if (!rest && length >= 1024)
                        continue;
                if (rest)
                        *rest = '\0';
                if (strchr(number, '-'))
                        continue;
                errno = 0;
                value = strtoul(number, &rest, 10);
                if (rest != number && *rest == '\0' && !errno && value == id)
                        return true;
        }
        return false;
}

static bool model_excluded(uint64_t id)
{
        return id == 0 || id == 65534 || id == 65535 || id == UINT32_MAX;
}

static const struct range *model_owner(const struct range *ranges, size_t count, uint32_t id)
{
        for (size_t i = 0; i < count; i++)
                if (id >= ranges[i].start && id < ranges[i].start + ranges[i].count)
                        return &ranges[i];
        return NULL;
}

/* The entry as one line of text, or NULL if there is none. */
static const char *model_user(uint32_t uid, bool by_name, size_t *needed)
{
        static char line[4096];
        const size_t users = model_ranges(&files[0], user_ranges);
        const struct range *const mine = model_owner(user_ranges, users, uid);
        uint64_t position = 0, left, gid = 65534;
        char shown[65];
        size_t groups;

        if (model_excluded(uid) || !mine || (by_name && model_is_account(&files[4], uid)))
                return NULL;
        for (const struct range *range = user_ranges; range < mine; range++)
                if (strcmp(range->owner, mine->owner) == 0)
                        position += range->count;
        position += uid - mine->start;
        left = position;
        groups = model_ranges(&files[2], group_ranges);
        for (size_t i = 0; i < groups; i++) {
                if (strcmp(group_ranges[i].owner, mine->owner) != 0)
                        continue;
                if (left < group_ranges[i].count) {
                        gid = group_ranges[i].start + left;
                        break;
                }
                left -= group_ranges[i].count;
        }
        if (model_excluded(gid))
                gid = 65534;
        snprintf(shown, sizeof(shown), "%.64s", mine->owner);
        for (char *p = shown; *p; p++)
                if ((unsigned char)*p < 32 || (unsigned char)*p > 126 || strchr(":,=\"", *p))
                        *p = '?';
        *needed =
            (size_t)snprintf(line, sizeof(line),
                             NAME_PREFIX "%u:x:subuid %llu of %s:/nonexistent:/usr/sbin/nologin",
                             uid, (unsigned long long)position, shown) +
            1;
        snprintf(line, sizeof(line),
                 NAME_PREFIX "%u:x:%u:%llu:subuid %llu of %s:/nonexistent:/usr/sbin/nologin", uid,
                 uid, (unsigned long long)gid, (unsigned long long)position, shown);
        return line;
}

static const char *model_group(uint32_t gid, bool by_name, size_t *needed)
{
        static char line[64];

        if (model_excluded(gid) ||
            !model_owner(group_ranges, model_ranges(&files[2], group_ranges), gid) ||
            (by_name && model_is_account(&files[5], gid)))
                return NULL;
        *needed = (size_t)snprintf(line, sizeof(line), NAME_PREFIX "%u:x", gid) + 1;
        snprintf(line, sizeof(line), NAME_PREFIX "%u:x:%u:", gid, gid);
        return line;
}

/* The ID that a name stands for: the one whose name it is. */
static bool model_id(const char *name, uint32_t *id)
{
        const size_t prefix = strlen(NAME_PREFIX);
        char again[64];

        if (strncmp(name, NAME_PREFIX, prefix) != 0 || strlen(name) > 31)
                return false;
        *id = (uint32_t)strtoull(name + prefix, NULL, 10);
        snprintf(again, sizeof(again), NAME_PREFIX "%u", *id);
        return strcmp(again, name) == 0;
}

/* --- one lookup ------------------------------------------------------------------------------- */

enum { USER = 1, BY_NAME = 2, GUARD = 32, BUFFER_MAX = 256 };

static enum nss_status status_of(int error)
{
        switch (error) {
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EAGAIN:
        case EINTR:
                return NSS_STATUS_TRYAGAIN;
        default:
                return NSS_STATUS_UNAVAIL;
        }
}

static void lookup(unsigned int question, uint32_t id, const char *name, size_t size, size_t offset)
{
        static char room[GUARD + 16 + BUFFER_MAX + GUARD];
        char *const buffer = room + GUARD + offset;
        const char *expected;
        char got[4096] = "";
        struct passwd pwd;
        struct group grp;
        enum nss_status status, wanted;
        int error = 4242, wanted_error = 4242;
        size_t needed = 0;
        bool named = true;

        memset(room, '\xa5', sizeof(room));
        errno = 4711;
        switch (question) {
        case USER:
                status = _nss_subuid_getpwuid_r(id, &pwd, buffer, size, &error);
                break;
        case USER | BY_NAME:
                status = _nss_subuid_getpwnam_r(name, &pwd, buffer, size, &error);
                break;
        case BY_NAME:
                status = _nss_subuid_getgrnam_r(name, &grp, buffer, size, &error);
                break;
        default:
                status = _nss_subuid_getgrgid_r(id, &grp, buffer, size, &error);
        }
        if (errno != 4711)
                die("errno has changed");
        for (int i = 0; i < FILES; i++)
                if (files[i].open)
                        die("a descriptor is left open");
        for (char *p = room; p < room + sizeof(room); p++)
                if ((p < buffer || p >= buffer + size) && *p != '\xa5')
                        die("written outside the buffer");

        if (question & BY_NAME)
                named = model_id(name, &id);
        expected = !named            ? NULL
                   : question & USER ? model_user(id, question & BY_NAME, &needed)
                                     : model_group(id, question & BY_NAME, &needed);
        if (fault.hit) {
                wanted = status_of(fault.error);
                wanted_error = fault.error;
        } else if (!expected) {
                wanted = NSS_STATUS_NOTFOUND;
                wanted_error = ENOENT;
        } else if (size < needed) {
                wanted = NSS_STATUS_TRYAGAIN;
                wanted_error = ERANGE;
        } else {
                wanted = NSS_STATUS_SUCCESS;
        }
        if (status == NSS_STATUS_SUCCESS && question & USER)
                snprintf(got, sizeof(got), "%s:%s:%u:%u:%s:%s:%s", pwd.pw_name, pwd.pw_passwd,
                         pwd.pw_uid, pwd.pw_gid, pwd.pw_gecos, pwd.pw_dir, pwd.pw_shell);
        else if (status == NSS_STATUS_SUCCESS)
                snprintf(got, sizeof(got), "%s:%s:%u:%s", grp.gr_name, grp.gr_passwd, grp.gr_gid,
                         grp.gr_mem[0] ? "?" : "");
        if (status != wanted || error != wanted_error ||
            (status == NSS_STATUS_SUCCESS && strcmp(got, expected) != 0)) {
                fprintf(stderr, "ID %u, name \"%s\", buffer of %zu: status %d, errno %d, \"%s\"\n",
                        id, name, size, status, error, got);
                fprintf(stderr, "instead of status %d, errno %d, \"%s\"\n", wanted, wanted_error,
                        expected ? expected : "");
                die("another answer than the model's");
        }
}

/* An ID in or beside a range of the files, so that most questions are about something. */
static uint32_t interesting_id(bool user, uint8_t which, uint8_t where, uint32_t other)
{
        const size_t count =
            user ? model_ranges(&files[0], user_ranges) : model_ranges(&files[2], group_ranges);
        const struct range *range;

        if (count == 0 || which >= 240)
                return other;
        range = (user ? user_ranges : group_ranges) + which % count;
        switch (where % 4) {
        case 0:
                return (uint32_t)(range->start + where / 4);
        case 1:
                return (uint32_t)(range->start + range->count - 1 - where / 4);
        case 2:
                return (uint32_t)(range->start + range->count + where / 4);
        default:
                return (uint32_t)(range->start - 1 - where / 4);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const int errors[] = {EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR,
                                     EACCES, EIO,    ELOOP,  ERANGE, ENOTDIR};
        static const size_t limits[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, 1, 2, 7, 1023, 8191};
        static const char *const forms[] = {
            NAME_PREFIX "%u",  NAME_PREFIX "%u",  NAME_PREFIX "0%u", "%u",
            NAME_PREFIX "%u ", NAME_PREFIX "+%u", NAME_PREFIX "%u0", NAME_PREFIX};
        const uint8_t *const head = data;
        const char *rest;
        char name[64];
        uint32_t id;

        if (size < 16)
                return 0;
        rest = (const char *)data + 16;
        size -= 16;
        for (int i = 0; i < FILES; i++) {
                const char *const end = memchr(rest, 0xff, size);
                const size_t length = end ? (size_t)(end - rest) : size;

                /* A byte 0xfe at its beginning: the file does not exist. */
                files[i].exists = length == 0 || (uint8_t)*rest != 0xfe;
                files[i].bytes = rest;
                files[i].size = length;
                rest += end ? length + 1 : length;
                size -= end ? length + 1 : length;
        }
        memcpy(&id, head + 4, sizeof(id));
        id = interesting_id(head[0] & USER, head[1], head[2], id);
        snprintf(name, sizeof(name), forms[head[3] % 8 & head[9]], id);
        read_limit = limits[head[8] % 8];
        fault.hit = false;
        fault.countdown = head[10] < 200 ? -1 : head[11] % 16;
        fault.error = errors[head[12] % (sizeof(errors) / sizeof(*errors))];
        lookup(head[0] & (USER | BY_NAME), id, name,
               head[13] < 128 ? BUFFER_MAX : head[13] % 128 + head[14] % 64, head[15] % 16);
        return 0;
}
