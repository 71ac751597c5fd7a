/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "subuidctl.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The range files as files. */

static bool look_at(const char *path, int flags, struct stat *status)
{
        const int fd = open_any_below_root(path, O_PATH | O_CLOEXEC | flags);
        const bool found = fd >= 0 && fstat(fd, status) == 0;

        if (fd >= 0)
                close(fd);
        return found;
}

static void check_link(const char *path)
{
        struct stat status;

        if (look_at(path, O_NOFOLLOW, &status) && S_ISLNK(status.st_mode))
                report(SYMLINK, (struct place){path, 0, 0}, "make it a file",
                       "a symbolic link, which newuidmap and usermod refuse");
}

/* The module runs in the programs of all users. */
static void check_mode(const char *path, mode_t readable)
{
        struct stat status;

        if (!look_at(path, 0, &status))
                return;
        if ((status.st_mode & readable) != readable)
                report(NOT_READABLE, (struct place){path, 0, 0},
                       readable == S_IROTH ? "chmod 644" : "chmod 755",
                       "not all users may read it: their programs see no names");
        if (status.st_mode & (S_IWGRP | S_IWOTH))
                report(WRITABLE, (struct place){path, 0, 0},
                       readable == S_IROTH ? "chmod 644" : "chmod 755",
                       "others than its owner may write it: they can give IDs away");
}

/*
 * What newuidmap and usermod read as a whole file (shadow, lib/commonio.c). From 4.20 on they
 * refuse one that is no text; before, a NUL byte hid the rest of its line and the next line.
 */
static void check_text(const char *path)
{
        unsigned long line = 1;
        const char *nul;
        char *text;
        size_t size;

        if (read_below_root(path, &text, &size) < 0 || size == 0)
                return;
        nul = memchr(text, '\0', size);
        for (const char *c = text; nul && c < nul; c++)
                line += *c == '\n';
        if (nul)
                report(NUL_BYTE, (struct place){path, line, 0}, "remove it",
                       "a NUL byte: newuidmap and usermod do not see the next line, and refuse the "
                       "whole file "
                       "from shadow 4.20 on");
        if (text[size - 1] == '\n')
                return;
        line = 1;
        for (size_t i = 0; i < size; i++)
                line += text[i] == '\n';
        report(NO_NEWLINE, (struct place){path, line, 0}, "end the line",
               "no newline at the end: from shadow 4.20 on newuidmap and usermod refuse the whole "
               "file");
}

void check_files(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};

        for (size_t i = 0; i < 2; i++) {
                check_link(sides[i]->files[0]);
                check_mode(sides[i]->files[0], S_IROTH);
                check_mode(sides[i]->files[1], S_IROTH);
                /* newuidmap does not read the second one. */
                check_text(sides[i]->files[0]);
        }
        check_mode("/etc/nss-subuid", S_IROTH | S_IXOTH);
}
