/* SPDX-License-Identifier: MIT */
#include "volumes.h"

#include "root.h"
#include "util.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line of /proc/PID/mountinfo. */
struct mounted {
        uint64_t id;
        const char *device; /* "MAJOR:MINOR" of the file system */
        const char *root;   /* what of it is mounted */
        const char *point;
        bool idmapped;        /* as the kernel tells since there is such a thing (5.12) */
        struct process *user; /* that has it; NULL: we do */
        char *text;           /* to be freed: it has all of them */
};

/* Blanks, newlines and backslashes stand there as a backslash and three octal digits. */
static void unescape(char *text)
{
        char *to = text;

        for (const char *from = text; *from; to++) {
                if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
                        *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        *to = '\0';
}

/* Takes the next line. Returns false if none is left, or it is none of mountinfo's. */
static bool take_mounted(struct text *rest, struct mounted *mounted)
{
        enum { ID, PARENT, DEVICE, ROOT, POINT, OPTIONS, FIELDS };
        char *fields[FIELDS], *text, *option;
        struct text line;

        if (!take_line(rest, &line))
                return false;
        *mounted = (struct mounted){.text = xstrndup(line.bytes, line.size)};
        text = mounted->text;
        for (int i = 0; i < FIELDS; i++)
                if (!(fields[i] = strsep(&text, " ")))
                        return false;
        unescape(fields[ROOT]);
        unescape(fields[POINT]);
        mounted->id = strtoull(fields[ID], NULL, 10);
        mounted->device = fields[DEVICE];
        mounted->root = fields[ROOT];
        mounted->point = fields[POINT];
        while ((option = strsep(&fields[OPTIONS], ",")))
                mounted->idmapped |= strcmp(option, "idmapped") == 0;
        return true;
}

/* What of a path is below a folder: "" or with a "/" in front; NULL if it is not. */
static const char *below(const char *path, const char *folder)
{
        const size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

        return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0')
                   ? path + length
                   : NULL;
}

struct mounts {
        struct mounted *list;
        size_t count, room;
};

/* Adds what a mountinfo says: all mounts, or those of a process that map IDs. */
static void add_mounts(struct mounts *mounts, struct text text, struct process *user)
{
        struct mounted mounted;

        while (take_mounted(&text, &mounted)) {
                if (user && !mounted.idmapped) {
                        free(mounted.text);
                        continue;
                }
                mounted.user = user;
                mounts->list =
                    grow(mounts->list, mounts->count, &mounts->room, sizeof(*mounts->list));
                mounts->list[mounts->count++] = mounted;
        }
}

/* The mount on which we see a file, or NULL. They are read once, as files may be many. */
static const struct mounted *find_own(const struct file_ids *file)
{
        static struct mounts mounts;
        static bool read;
        struct text text;

        if (!read && root_read("/proc/self/mountinfo", &text) == 0) {
                add_mounts(&mounts, text, NULL);
                free((char *)text.bytes);
        }
        read = true;
        for (size_t i = 0; i < mounts.count && file->mount != 0; i++)
                if (mounts.list[i].id == file->mount)
                        return &mounts.list[i];
        return NULL;
}

bool volumes_map(const struct file_ids *file)
{
        const struct mounted *const mounted = find_own(file);

        return mounted && mounted->idmapped;
}

/* The mount namespace of a process, if it is none of those that are known already. */
static bool is_new(int folder, ino_t *known, size_t *count)
{
        struct stat status;

        if (fstatat(folder, "ns/mnt", &status, 0) != 0)
                return false;
        for (size_t i = 0; i < *count; i++)
                if (known[i] == status.st_ino)
                        return false;
        known[(*count)++] = status.st_ino;
        return true;
}

/*
 * The mounts that map IDs, of each mount namespace whose processes are in other user namespaces.
 * They are as long and as many as whoever makes them likes, and the kernel takes its time to tell
 * them.
 */
static void find_mapped(const struct processes *processes, struct mounts *mounts)
{
        ino_t *const known = xcalloc(processes->count, sizeof(*known));
        size_t count = 0, size = 0;

        for (size_t i = 0; i < processes->count && size <= ROOT_FILE_MAX; i++) {
                struct process *const process = &processes->list[i];
                struct text text = {NULL, 0};
                int folder, fd;

                if (userns_is_whole(&processes->namespaces[process->userns]) ||
                    (folder = process_open(process)) < 0)
                        continue;
                fd = is_new(folder, known, &count)
                         ? openat(folder, "mountinfo", O_RDONLY | O_CLOEXEC)
                         : -1;
                close(folder);
                if (fd >= 0 && root_read_open(fd, &text) == 0)
                        add_mounts(mounts, text, process);
                size += text.size;
                free((char *)text.bytes);
        }
        if (size > ROOT_FILE_MAX)
                warn("not all mounts of containers were looked at: there are too many");
        free(known);
}

struct process *volumes_user(const struct processes *processes, const struct file_ids *file)
{
        static struct mounts mapped;
        static bool read;
        const struct mounted *const own = find_own(file);
        const char *const rest = own ? below(file->seen, own->point) : NULL;
        struct process *user = NULL;
        char *path;

        if (!rest)
                return NULL;
        if (!read)
                find_mapped(processes, &mapped);
        read = true;
        path = xasprintf("%s%s", strcmp(own->root, "/") == 0 ? "" : own->root, rest);
        for (size_t i = 0; i < mapped.count && !user; i++)
                if (strcmp(mapped.list[i].device, own->device) == 0 &&
                    below(path, mapped.list[i].root))
                        user = mapped.list[i].user;
        free(path);
        return user;
}
