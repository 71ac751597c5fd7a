/* SPDX-License-Identifier: MIT */
#include "libraries.h"

#include "root.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The class of an ELF file, or 0. */
static unsigned char class_of(const char *folder, const char *name)
{
        char *const path = xasprintf("%s/%s", folder, name);
        const int fd = root_open_file(path);
        unsigned char ident[EI_NIDENT] = "", class = ELFCLASSNONE;

        if (fd >= 0) {
                if (read(fd, ident, sizeof(ident)) == sizeof(ident) &&
                    memcmp(ident, ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] <= ELFCLASS64)
                        class = ident[EI_CLASS];
                close(fd);
        }
        free(path);
        return class;
}

/* The usual folders, and those in them such as x86_64-linux-gnu; looked for once. */
static char **find_folders(void)
{
        static const char *const usual[] = {"/lib",       "/lib64",     "/lib32",  "/usr/lib",
                                            "/usr/lib64", "/usr/lib32", "/libx32", "/usr/libx32"};
        char **folders = NULL, **paths;
        size_t count = 0, room = 0;

        for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
                folders = grow(folders, count, &room, sizeof(*folders));
                folders[count++] = xstrndup(usual[i], strlen(usual[i]));
                if (root_list(usual[i], "-linux-gnu", &paths) < 0)
                        continue;
                for (; *paths; paths++) {
                        folders = grow(folders, count, &room, sizeof(*folders));
                        folders[count++] = *paths;
                }
        }
        folders = grow(folders, count, &room, sizeof(*folders));
        folders[count] = NULL;
        return folders;
}

static char *const *usual_folders(void)
{
        static char **folders;

        if (!folders)
                folders = find_folders();
        return folders;
}

void libraries_find(const char *name, bool classes[3])
{
        memset(classes, 0, 3 * sizeof(*classes));
        for (char *const *folder = usual_folders(); *folder; folder++)
                classes[class_of(*folder, name)] = true;
}

bool libraries_name(const char *name, const char *function)
{
        for (char *const *folder = usual_folders(); *folder; folder++) {
                char *const path = xasprintf("%s/%s", *folder, name);
                struct text text;

                /* The NUL at its end belongs to the name, too. */
                if (root_read(path, &text) == 0 &&
                    memmem(text.bytes, text.size, function, strlen(function) + 1))
                        return true;
        }
        return false;
}

bool libraries_linked(const char *program, const char *name)
{
        enum { BEGINNING = 4 << 20 };
        const int fd = root_open_file(program);
        size_t size = 0;
        ssize_t n = 1;
        bool found;
        char *bytes;

        if (fd < 0)
                return false;
        bytes = xcalloc(1, BEGINNING);
        while (size < BEGINNING && (n = read(fd, bytes + size, BEGINNING - size)) > 0)
                size += (size_t)n;
        close(fd);
        found = memmem(bytes, size, name, strlen(name) + 1) != NULL;
        free(bytes);
        return found;
}
