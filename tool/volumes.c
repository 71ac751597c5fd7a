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
        bool idmapped; /* as the kernel tells since there is such a thing (5.12) */
        char *text;    /* to be freed: it has all of them */
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

/* The mount on which we see a file. */
static bool find_own(const struct file_ids *file, struct mounted *mounted)
{
        static struct text mounts;
        struct text rest;

        if (!mounts.bytes && root_read("/proc/self/mountinfo", &mounts) < 0)
                return false;
        rest = mounts;
        while (take_mounted(&rest, mounted)) {
                if (mounted->id == file->mount)
                        return true;
                free(mounted->text);
        }
        return false;
}

bool volumes_map(const struct file_ids *file)
{
        struct mounted mounted;

        return file->mount != 0 && find_own(file, &mounted) && mounted.idmapped;
}

/* Whether what is so called in a file system is on a mount of a process that maps IDs. */
static bool has_mapped(int folder, const char *device, const char *path)
{
        const int fd = openat(folder, "mountinfo", O_RDONLY | O_CLOEXEC);
        struct mounted mounted;
        struct text mounts, rest;
        bool found = false;

        if (fd < 0 || root_read_open(fd, &mounts) < 0)
                return false;
        rest = mounts;
        while (!found && take_mounted(&rest, &mounted)) {
                found = mounted.idmapped && strcmp(mounted.device, device) == 0 &&
                        below(path, mounted.root);
                free(mounted.text);
        }
        free((char *)mounts.bytes);
        return found;
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

struct process *volumes_user(const struct processes *processes, const struct file_ids *file)
{
        ino_t *const known = xcalloc(processes->count, sizeof(*known));
        struct process *user = NULL;
        struct mounted mounted;
        const char *rest;
        size_t count = 0;
        char *path;

        if (file->mount == 0 || !find_own(file, &mounted) ||
            !(rest = below(file->seen, mounted.point)))
                return NULL;
        path = xasprintf("%s%s", strcmp(mounted.root, "/") == 0 ? "" : mounted.root, rest);
        for (size_t i = 0; i < processes->count && !user; i++) {
                struct process *const process = &processes->list[i];
                int folder;

                if (userns_is_whole(&processes->namespaces[process->userns]) ||
                    (folder = process_open(process)) < 0)
                        continue;
                if (is_new(folder, known, &count) && has_mapped(folder, mounted.device, path))
                        user = process;
                close(folder);
        }
        free(known);
        free(path);
        return user;
}
