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

/* In a folder such as /usr/lib, and in those of it such as x86_64-linux-gnu. */
static void look_below(const char *folder, const char *name, bool classes[3])
{
        char **paths;

        classes[class_of(folder, name)] = true;
        if (root_list(folder, "", &paths) < 0)
                return;
        for (; *paths; paths++)
                if (strstr(*paths, "-linux-gnu"))
                        classes[class_of(*paths, name)] = true;
}

void libraries_find(const char *name, bool classes[3])
{
        static const char *const folders[] = {"/lib",       "/lib64",     "/lib32",  "/usr/lib",
                                              "/usr/lib64", "/usr/lib32", "/libx32", "/usr/libx32"};

        memset(classes, 0, 3 * sizeof(*classes));
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
                look_below(folders[i], name, classes);
}
