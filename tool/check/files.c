/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../libraries.h"
#include "../root.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The range files as files. */

static bool look_at(const char *path, int flags, struct stat *status)
{
        const int fd = root_open(path, O_PATH | flags);
        const bool found = fd >= 0 && fstat(fd, status) == 0;

        if (fd >= 0)
                close(fd);
        return found;
}

static void check_link(const char *path)
{
        struct stat status;

        if (look_at(path, O_NOFOLLOW, &status) && S_ISLNK(status.st_mode))
                report(WARNING, "symlink", (struct place){path, 0, 0}, "make it a file",
                       "a symbolic link, which newuidmap and usermod refuse");
}

/* The module runs in the programs of all users. */
static void check_mode(const char *path, mode_t readable)
{
        const char *const mode = readable == S_IROTH ? "644" : "755";
        const char *const whole = xasprintf("%s%s", root_folder(), path);
        struct stat status, link;
        const char *chmod;

        if (!look_at(path, 0, &status) || !look_at(path, O_NOFOLLOW, &link))
                return;
        /* Of a link the command would follow it; below --root, out of there. */
        chmod = S_ISLNK(link.st_mode)
                    ? xasprintf("give the file that it leads to the mode %s", mode)
                    : xasprintf("run 'chmod %s %s'", mode, quoted(whole, strlen(whole), SIZE_MAX));
        if ((status.st_mode & readable) != readable)
                report(ERROR, "not-readable", (struct place){path, 0, 0}, chmod,
                       "not all users may read it: their programs see no names");
        if (status.st_mode & (S_IWGRP | S_IWOTH))
                report(ERROR, "writable", (struct place){path, 0, 0}, chmod,
                       "others than its owner may write it: they can give IDs away");
}

/* Of shadow 4.20 and later, which refuse a file that is no text. */
static bool has_strict_shadow(void)
{
        bool classes[3];

        libraries_find("libsubid.so.6", classes);
        return classes[ELFCLASS32] || classes[ELFCLASS64];
}

/*
 * What newuidmap and usermod read as a whole file (shadow, lib/commonio.c). From 4.20 on they
 * refuse one that is no text; before, a NUL byte hid the rest of its line and the next line.
 * Returns whether the shadow that is installed refuses it.
 */
static bool check_text(const char *path)
{
        unsigned long number = 0, nul = 0;
        struct text text, rest, line;
        const bool strict = has_strict_shadow();
        bool ends;

        if (root_read(path, &text) < 0)
                return false;
        for (rest = text; take_line(&rest, &line);) {
                number++;
                if (nul == 0 && memchr(line.bytes, '\0', line.size))
                        nul = number;
        }
        ends = text.size == 0 || text.bytes[text.size - 1] == '\n';
        if (nul && strict)
                report(ERROR, "nul-byte", (struct place){path, nul, 0}, "remove it",
                       "a NUL byte: newuidmap, usermod and getsubids refuse the whole file");
        else if (nul)
                report(WARNING, "nul-byte", (struct place){path, nul, 0}, "remove it",
                       "a NUL byte: newuidmap and usermod do not see the next line, and refuse "
                       "the whole file from shadow 4.20 on");
        if (!ends && strict)
                report(ERROR, "no-newline", (struct place){path, number, 0}, "end the line",
                       "no newline at the end: newuidmap, usermod and getsubids refuse the whole "
                       "file");
        else if (!ends)
                report(WARNING, "no-newline", (struct place){path, number, 0}, "end the line",
                       "no newline at the end: from shadow 4.20 on newuidmap and usermod refuse "
                       "the whole file");
        return strict && (nul || !ends);
}

void check_files(struct checked *checked)
{
        struct side *const sides[] = {&checked->users, &checked->groups};

        for (size_t i = 0; i < 2; i++) {
                const subid_path *const paths = subid_range_paths[sides[i]->database];

                for (size_t j = 0; j < SUBID_FILES; j++)
                        check_mode(paths[j], S_IROTH);
                /* newuidmap reads the first one alone. */
                check_link(paths[0]);
                sides[i]->refused = check_text(paths[0]);
        }
        check_mode("/etc/nss-subuid", S_IROTH | S_IXOTH);
}
