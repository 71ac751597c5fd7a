/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes whole lookups: the bytes of all files × the question × the size and alignment of the
 * buffer × how reads are cut × a system call that fails. Every answer is compared with the model's.
 *
 * An input's text is the files, each ended by a byte 0xff. The module's system calls come here
 * (calls.h), so no file is touched.
 */
#include "calls.h"
#include "harness.h"
#include "model.h"
#include "nss_subuid.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- files in memory -------------------------------------------------------------------------- */

enum { SUBUID = 0, SUBGID = 2, PASSWD = 4, GROUP = 5, FILES = 6, FIRST_FD = 1000 };

static const char *const paths[FILES] = {
    "/etc/subuid", "/etc/nss-subuid/subuid", "/etc/subgid", "/etc/nss-subuid/subgid", "/etc/passwd",
    "/etc/group",
};

static struct file {
        const char *bytes;
        size_t size;
        size_t read; /* so many bytes */
        bool exists, regular, large, damaged, open, was_open;
} files[FILES];

static size_t read_limit;

static struct {
        unsigned int passed; /* so many calls go through */
        unsigned int times;  /* then so many fail */
        int error;
} fault;

/* The error that the lookup has to end with, or 0: a call has failed, and not once with EINTR only.
 */
static int last_error;

static unsigned int calls;

/* Counts a call and says whether it fails. */
static bool fails(bool tried_again)
{
        int state = PTHREAD_CANCEL_DISABLE;

        calls++;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        if (state != PTHREAD_CANCEL_DISABLE)
                die("a call that can be cancelled");
        if (last_error && last_error != EINTR)
                die("a call after one that has failed");
        if (fault.times == 0)
                return false;
        if (fault.passed > 0) {
                fault.passed--;
                return false;
        }
        fault.times--;
        if (fault.error != EINTR || !tried_again || fault.times > 1000)
                last_error = fault.error;
        errno = fault.error;
        return true;
}

static struct file *file_of(int fd)
{
        if (fd < FIRST_FD || fd >= FIRST_FD + FILES || !files[fd - FIRST_FD].open)
                die("a descriptor that is not open");
        return &files[fd - FIRST_FD];
}

int fuzz_openat(int fd, const char *path, int flags)
{
        if (fd != AT_FDCWD || flags != (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK))
                die("opened in another way");
        if (fails(true))
                return -1;
        for (int i = 0; i < FILES; i++) {
                if (strcmp(path, paths[i]) != 0)
                        continue;
                if (files[i].was_open)
                        die("opened twice");
                if (!files[i].exists)
                        break;
                files[i].open = files[i].was_open = true;
                return FIRST_FD + i;
        }
        errno = ENOENT;
        return -1;
}

int fuzz_fstat(int fd, struct stat *status)
{
        const struct file *const file = file_of(fd);

        if (fails(false))
                return -1;
        if (!file->regular)
                last_error = EINVAL;
        else if (file->large)
                last_error = EFBIG;
        memset(status, 0, sizeof(*status));
        status->st_mode = (file->regular ? S_IFREG : S_IFDIR) | 0644;
        status->st_size = file->large ? 67108865 : (off_t)file->size;
        return 0;
}

ssize_t fuzz_pread(int fd, void *buffer, size_t size, off_t offset)
{
        struct file *const file = file_of(fd);
        const bool is_imported = file == &files[SUBUID + 1] || file == &files[SUBGID + 1];
        /* Three times each byte, and that of a line that was cut again; pieces of 2 KiB. */
        const size_t most = 3 * (2 * file->size + (is_imported ? 64 * 2048 : 0));

        if (fails(true))
                return -1;
        if (offset < 0)
                die("read in front of a file");
        if ((size_t)offset >= file->size)
                return 0;
        if (size > read_limit)
                size = read_limit;
        if (size > file->size - (size_t)offset)
                size = file->size - (size_t)offset;
        memcpy(buffer, file->bytes + offset, size);
        file->read += size;
        if (file->read > most)
                die("a file is read more often than SECURITY.md says");
        return (ssize_t)size;
}

static bool memory_gone;

void *fuzz_realloc(void *old, size_t size)
{
        if (memory_gone) {
                last_error = ENOMEM;
                errno = ENOMEM;
                return NULL;
        }
        errno = EIO;
        return (realloc)(old, size);
}

int fuzz_close(int fd)
{
        file_of(fd)->open = false;
        /* Closed, and yet errno is set, which the module must not let through. */
        errno = EIO;
        return -1;
}

/* --- what is wanted --------------------------------------------------------------------------- */

static void read_ranges(struct model_ranges *ranges, int first)
{
        for (int i = first; i < first + 2; i++)
                if (files[i].exists)
                        model_read(ranges, files[i].bytes, files[i].size);
}

static bool is_account(int file, uint32_t id)
{
        return files[file].exists && model_is_account(files[file].bytes, files[file].size, id);
}

static uint32_t wanted_gid(const struct model_range *mine, uint32_t uid, uint64_t position)
{
        struct model_ranges groups = {0};

        read_ranges(&groups, SUBGID);
        return model_gid(&groups, mine, uid, position, files[GROUP].bytes,
                         files[GROUP].exists ? files[GROUP].size : 0);
}

/* The entry as one line of text, or "" if there is none. Returns the bytes that it needs. */
static size_t wanted_user(uint32_t uid, bool by_name, char *line, size_t size)
{
        struct model_ranges users = {0};
        const struct model_range *mine;
        uint64_t position;
        char shown[65], gecos[128];

        *line = '\0';
        if (model_excluded(uid))
                return 0;
        read_ranges(&users, SUBUID);
        mine = model_owner(&users, uid);
        if (!mine || (by_name && is_account(PASSWD, uid)))
                return 0;
        model_position(&users, mine->owner, uid, &position);
        snprintf(shown, sizeof(shown), "%s", mine->owner);
        for (char *p = shown; *p; p++)
                if (*p < 32 || *p > 126 || strchr(":,=\"", *p))
                        *p = '?';
        snprintf(gecos, sizeof(gecos), "subuid %llu of %s", (unsigned long long)position, shown);
        snprintf(line, size, NAME_PREFIX "%u:x:%u:%u:%s:/nonexistent:/usr/sbin/nologin", uid, uid,
                 wanted_gid(mine, uid, position), gecos);
        return (size_t)snprintf(NULL, 0, NAME_PREFIX "%u%cx%c%s%c/nonexistent%c/usr/sbin/nologin%c",
                                uid, 0, 0, gecos, 0, 0, 0);
}

static size_t wanted_group(uint32_t gid, bool by_name, char *line, size_t size)
{
        struct model_ranges groups = {0};

        *line = '\0';
        if (model_excluded(gid))
                return 0;
        read_ranges(&groups, SUBGID);
        if (!model_owner(&groups, gid) || (by_name && is_account(GROUP, gid)))
                return 0;
        snprintf(line, size, NAME_PREFIX "%u:x:%u:", gid, gid);
        return (size_t)snprintf(NULL, 0, NAME_PREFIX "%u%cx%c", gid, 0, 0);
}

/* Whether the user is in the group of all, and which one that is. */
static bool wanted_groups(uint32_t uid, uint32_t *gid)
{
        struct model_ranges users = {0}, groups = {0};

        if (!files[GROUP].exists ||
            !model_named(files[GROUP].bytes, files[GROUP].size, "nss-subuid", gid) ||
            model_excluded(*gid))
                return false;
        read_ranges(&groups, SUBGID);
        if (model_owner(&groups, *gid) || model_excluded(uid))
                return false;
        read_ranges(&users, SUBUID);
        return model_owner(&users, uid) && !is_account(PASSWD, uid);
}

static enum nss_status status_of(int error)
{
        switch (error) {
        case ENOENT:
                return NSS_STATUS_NOTFOUND;
        case ERANGE:
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

/* --- one lookup ------------------------------------------------------------------------------- */

enum { USER = 1, BY_NAME = 2, CANCELLABLE = 4, GUARD = 32, BUFFER_MAX = 256 };

static char room[GUARD + 16 + BUFFER_MAX + GUARD];

static void must_lie_inside(const char *string, const char *buffer, size_t size)
{
        if (string < buffer || string >= buffer + size ||
            !memchr(string, '\0', (size_t)(buffer + size - string)))
                die("a string that does not lie in the buffer");
}

/* The entry as text, in got. */
static enum nss_status ask(unsigned int question, uint32_t id, const char *name, char *buffer,
                           size_t size, int *error, char *got, size_t got_size)
{
        struct passwd pwd = {0};
        struct group grp = {0};
        enum nss_status status;

        switch (question & (USER | BY_NAME)) {
        case USER:
                status = _nss_subuid_getpwuid_r(id, &pwd, buffer, size, error);
                break;
        case USER | BY_NAME:
                status = _nss_subuid_getpwnam_r(name, &pwd, buffer, size, error);
                break;
        case BY_NAME:
                status = _nss_subuid_getgrnam_r(name, &grp, buffer, size, error);
                break;
        default:
                status = _nss_subuid_getgrgid_r(id, &grp, buffer, size, error);
        }
        *got = '\0';
        if (status != NSS_STATUS_SUCCESS)
                return status;
        if (question & USER) {
                const char *const strings[] = {pwd.pw_name, pwd.pw_passwd, pwd.pw_gecos, pwd.pw_dir,
                                               pwd.pw_shell};

                for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
                        must_lie_inside(strings[i], buffer, size);
                snprintf(got, got_size, "%s:%s:%u:%u:%s:%s:%s", pwd.pw_name, pwd.pw_passwd,
                         pwd.pw_uid, pwd.pw_gid, pwd.pw_gecos, pwd.pw_dir, pwd.pw_shell);
        } else {
                must_lie_inside(grp.gr_name, buffer, size);
                must_lie_inside(grp.gr_passwd, buffer, size);
                snprintf(got, got_size, "%s:%s:%u:%s", grp.gr_name, grp.gr_passwd, grp.gr_gid,
                         grp.gr_mem[0] ? "?" : "");
        }
        return status;
}

static void lookup(unsigned int question, uint32_t id, const char *name, const uint8_t *sizes)
{
        static char untouched[sizeof(room)];
        char *const buffer = room + GUARD + sizes[1] % 16;
        char wanted[512] = "", got[512];
        enum nss_status status, wanted_status;
        const int state = question & CANCELLABLE ? PTHREAD_CANCEL_ENABLE : PTHREAD_CANCEL_DISABLE;
        int error = 4242, wanted_error = 4242, end_state, end_errno;
        size_t needed = 0, size = sizes[0];
        bool valid = true;

        if (question & BY_NAME)
                valid = model_name(name, &id);
        model_begin();
        if (valid)
                needed = question & USER
                             ? wanted_user(id, question & BY_NAME, wanted, sizeof(wanted))
                             : wanted_group(id, question & BY_NAME, wanted, sizeof(wanted));
        /* Mostly what is needed, a byte less or more. */
        if (needed && size >= 64)
                size = needed - 1 + size % 4;

        memset(untouched, '\xa5', sizeof(untouched));
        memset(room, '\xa5', sizeof(room));
        pthread_setcancelstate(state, NULL);
        errno = 4711;
        status = ask(question, id, name, buffer, size, &error, got, sizeof(got));
        end_errno = errno;
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &end_state);
        if (end_errno != 4711)
                die("errno has changed");
        if (end_state != state)
                die("cancellation has changed");
        for (int i = 0; i < FILES; i++)
                if (files[i].open)
                        die("a descriptor is left open");
        if (memcmp(room, untouched, (size_t)(buffer - room)) != 0 ||
            memcmp(buffer + size, untouched, (size_t)(room + sizeof(room) - buffer) - size) != 0)
                die("written outside the buffer");
        if (!valid && calls)
                die("a system call for a name that is not ours");

        if (last_error)
                wanted_error = last_error;
        else if (!needed)
                wanted_error = ENOENT;
        else if (size < needed)
                wanted_error = ERANGE;
        wanted_status = wanted_error == 4242 ? NSS_STATUS_SUCCESS : status_of(wanted_error);
        if (last_error == ERANGE)
                wanted_status = NSS_STATUS_UNAVAIL;
        if (wanted_status != NSS_STATUS_SUCCESS)
                *wanted = '\0';
        if (files[SUBUID + 1].damaged || files[SUBGID + 1].damaged)
                return;
        if (status != wanted_status || error != wanted_error || strcmp(got, wanted) != 0) {
                fprintf(stderr, "ID %u, name \"%s\", buffer of %zu: status %d, errno %d, \"%s\"\n",
                        id, name, size, status, error, got);
                fprintf(stderr, "instead of status %d, errno %d, \"%s\"\n", wanted_status,
                        wanted_error, wanted);
                die("another answer than the model's");
        }
}

/* --- imported files --------------------------------------------------------------------------- */

enum { IMPORTED_MAX = 22000, RANGES_MAX = 1000, EXTRA_MAX = 600, EXTRA_COUNT = 3 };

/* Extra lines of an imported file lie the farther apart the further behind. */
static uint32_t extra_start(uint32_t i)
{
        return 1500000000 + EXTRA_COUNT * i * i;
}

struct text {
        char bytes[IMPORTED_MAX];
        size_t size;
};

static void append(struct text *text, const char *bytes, size_t size)
{
        if (text->size + size <= sizeof(text->bytes))
                memcpy(text->bytes + text->size, bytes, size);
        text->size += size;
}

static void append_range(struct text *text, const struct model_range *range)
{
        char line[1200];
        const size_t length =
            (size_t)snprintf(line, sizeof(line), "%s:%llu:%llu\n", range->owner,
                             (unsigned long long)range->start, (unsigned long long)range->count);

        /* What is longer was no range. */
        if (length <= 1024)
                append(text, line, length);
}

static int compare_ranges(const void *a, const void *b)
{
        const struct model_range *const *const x = a, *const *const y = b;

        return ((*x)->start > (*y)->start) - ((*x)->start < (*y)->start);
}

/*
 * Whether the owner has this line alone, with IDs that are on no other one. Those behind the first
 * given ones have owners and IDs of their own.
 */
static bool is_alone(const struct model_ranges *all, size_t given, size_t which)
{
        const struct model_range *const range = &all->list[which];
        const size_t end = which < given ? all->count : given;

        if (range->count == 0)
                return false;
        for (size_t i = 0; i < end; i++) {
                const struct model_range *const other = &all->list[i];

                if (i != which && (strcmp(other->owner, range->owner) == 0 ||
                                   (other->start < range->start + range->count &&
                                    range->start < other->start + other->count)))
                        return false;
        }
        return true;
}

/*
 * Writes these lines, and some more, as subuidctl import does: those that stand alone sorted, then
 * the others, each owner's together; long enough to be searched. If how says so, they are sorted
 * the other way round, and the mark says another size.
 */
static void import_lines(const char *bytes, size_t size, uint8_t how, struct text *text)
{
        static const unsigned int extra[] = {0, 60, 180, EXTRA_MAX};
        static struct text lines;
        struct model_ranges all = {0};
        const struct model_range *sorted[RANGES_MAX];
        bool written[RANGES_MAX] = {false};
        char line[128];
        size_t count = 0, given, sorted_size, mark = 0;

        model_begin();
        model_read(&all, bytes, size);
        given = all.count;
        lines.size = 0;
        for (unsigned int i = 0; i < extra[how / 4 % 4]; i++)
                append(&lines, line,
                       (size_t)snprintf(line, sizeof(line), "y%.*s%u:%u:%d\n", (int)(i * 5 % 17),
                                        "zzzzzzzzzzzzzzzzz", i, extra_start(i), EXTRA_COUNT));
        model_read(&all, lines.bytes, lines.size);
        if (all.count > RANGES_MAX)
                all.count = 0;
        for (size_t i = 0; i < all.count; i++)
                if (is_alone(&all, given, i)) {
                        written[i] = true;
                        sorted[count++] = &all.list[i];
                }
        if (count)
                qsort(sorted, count, sizeof(const struct model_range *), compare_ranges);
        lines.size = 0;
        for (size_t i = 0; i < count; i++)
                append_range(&lines, sorted[how & 1 ? count - 1 - i : i]);
        sorted_size = lines.size;
        for (size_t i = 0; i < all.count; i++)
                for (size_t j = i; j < all.count && !written[i]; j++)
                        if (!written[j] &&
                            (j == i || strcmp(all.list[j].owner, all.list[i].owner) == 0)) {
                                append_range(&lines, &all.list[j]);
                                written[j] = j != i;
                        }
        while (lines.size < 8300)
                append(&lines, line, (size_t)snprintf(line, sizeof(line), "#%99s\n", ""));
        for (int i = 0; i < 4; i++)
                mark = (size_t)snprintf(
                    line, sizeof(line),
                    "# Written by subuidctl import; sorted by start up to byte %zu of %zu\n",
                    mark + sorted_size, mark + lines.size + (how & 1));
        text->size = 0;
        append(text, line, mark);
        append(text, lines.bytes, lines.size);
        /* A byte in the sorted part that is not as it was: any answer will do. */
        if (how & 2 && sorted_size && text->size <= sizeof(text->bytes)) {
                char *const byte = &text->bytes[mark + (size_t)how * 7919 % sorted_size];

                *byte = (char)(*byte ^ how);
        }
}

/* A file that begins with this byte and another one is imported: those lines, as import would. */
static void import_file(struct file *file, struct text *text)
{
        const uint8_t how = file->size > 1 ? (uint8_t)file->bytes[1] : 0;

        if (file->size < 2 || *file->bytes != '\xfb')
                return;
        import_lines(file->bytes + 2, file->size - 2, how, text);
        if (text->size > sizeof(text->bytes))
                return;
        file->bytes = text->bytes;
        file->size = text->size;
        file->damaged = how & 2;
}

/* Cuts the text into the files. */
static void set_files(const char *text, size_t size)
{
        static struct text imported[2];

        for (int i = 0; i < FILES; i++) {
                const char *const end = size ? memchr(text, '\xff', size) : NULL;
                const size_t length = end ? (size_t)(end - text) : size;

                files[i] = (struct file){.bytes = text, .size = length};
                /* A byte in front says that it does not exist, is no regular file or too large. */
                files[i].exists = length == 0 || *text != '\xfe';
                files[i].regular = length == 0 || *text != '\xfd';
                files[i].large = length > 0 && *text == '\xfc';
                text += end ? length + 1 : length;
                size -= end ? length + 1 : length;
        }
        import_file(&files[SUBUID + 1], &imported[0]);
        import_file(&files[SUBGID + 1], &imported[1]);
}

/* Asks for the groups of a user. The bytes say how many there are, and how many there may be. */
static void look_up_groups(uint32_t id, const char *name, const uint8_t *sizes)
{
        long int start = sizes[0] % 8, size = start + sizes[1] % 4, new_start = start,
                 new_size = size;
        const long int limit = sizes[2] % 16 - 2L;
        gid_t *list = calloc((size_t)size + 1, sizeof(gid_t));
        const bool valid = model_name(name, &id);
        int error = 4242, wanted_error = 4242;
        uint32_t gid = 0;
        enum nss_status status, wanted_status;
        bool found, there = false;

        if (!list)
                die("no memory");
        model_begin();
        found = valid && wanted_groups(id, &gid);
        for (long int i = 0; i < size; i++)
                list[i] = found && sizes[3] == i ? gid : 1000 + (gid_t)i;
        for (long int i = 0; i < start; i++)
                there |= list[i] == gid;
        /* Exactly as long as it says. */
        if (size > 0)
                list = (realloc)(list, (size_t)size * sizeof(gid_t));
        memory_gone = sizes[1] & 128;
        errno = 4711;
        status = _nss_subuid_initgroups_dyn(name, id, &start, &size, &list, limit, &error);
        memory_gone = false;
        if (errno != 4711)
                die("errno has changed");
        for (int i = 0; i < FILES; i++)
                if (files[i].open)
                        die("a descriptor is left open");
        if (!valid && calls)
                die("a system call for a name that is not ours");
        if (last_error)
                wanted_error = last_error;
        else if (!found)
                wanted_error = ENOENT;
        wanted_status = wanted_error == 4242 ? NSS_STATUS_SUCCESS : status_of(wanted_error);
        if (wanted_error == ERANGE)
                wanted_status = NSS_STATUS_UNAVAIL;
        if (files[SUBUID + 1].damaged || files[SUBGID + 1].damaged) {
                free(list);
                return;
        }
        if (status != wanted_status || error != wanted_error)
                die("another status of the groups than the model's");
        if (status == NSS_STATUS_SUCCESS && !there && (limit <= 0 || new_start < limit)) {
                if (new_start == new_size) {
                        new_size = new_start ? 2 * new_start : 1;
                        if (limit > 0 && new_size > limit)
                                new_size = limit;
                }
                if (list[new_start] != gid)
                        die("the group was not added");
                new_start++;
        }
        if (start != new_start || size != new_size)
                die("another number of groups than the model's");
        if (status != NSS_STATUS_SUCCESS && size > 0 && !list)
                die("the array is gone");
        for (long int i = 0; i < size; i++)
                if (i < new_start - (status == NSS_STATUS_SUCCESS) && list[i] != gid &&
                    list[i] != 1000 + (gid_t)i)
                        die("another group has changed");
        free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const int errors[] = {EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR,
                                     EACCES, EIO,    ELOOP,  ERANGE, ENOTDIR};
        static const size_t limits[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, 1, 2, 7, 1023, 8191};
        static const char *const forms[] = {
            NAME_PREFIX "%u",  NAME_PREFIX "%u",  NAME_PREFIX "0%u", "%u",
            NAME_PREFIX "%u ", NAME_PREFIX "+%u", NAME_PREFIX "%u0", NAME_PREFIX};
        const uint8_t *const head = data;
        const char *const text = (const char *)data + HEAD;
        char name[64];
        uint32_t id;

        if (size < HEAD || size > MODEL_BYTES_MAX)
                return 0;
        size -= HEAD;
        set_files(text, size);
        model_begin();
        id = (uint32_t)read_bytes(head + 2, 4);
        /* Near the lines of an imported file that are not in the input, or near one that is. */
        if (head[1] >= 16)
                id = head[1] < 80 ? extra_start(id % EXTRA_MAX) + (id >> 16) % 5 - 1
                                  : id_near(text, size, head + 2);
        snprintf(name, sizeof(name), forms[head[6] % 8 & head[7]], id);
        read_limit = limits[head[8] % 8];
        calls = 0;
        last_error = 0;
        fault.passed = head[10] % 16;
        fault.times = head[9] < 192 ? 0 : head[9] < 224 ? 1 : 10000;
        fault.error = errors[head[11] % (sizeof(errors) / sizeof(*errors))];
        if (head[0] / 8 % 4 == 3)
                look_up_groups(id, name, head + 12);
        else
                lookup(head[0], id, name, head + 12);
        return 0;
}
