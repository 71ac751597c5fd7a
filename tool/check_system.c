/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "nss_subuid.h"
#include "subuidctl.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The library, and what else stands between it and a program. */

#define MODULE "libnss_subuid.so.2"
#define NSCD_SOCKET "/run/nscd/socket"

/* Which libraries there are, by ELFCLASS32 and ELFCLASS64. */
struct libraries {
        bool libc[3], module[3];
};

/* The class of an ELF file, or 0. */
static unsigned char class_of(const char *folder, const char *name)
{
        char *const path = text_of("%s/%s", folder, name);
        const int fd = open_below_root(path);
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

static void look_into(const char *folder, struct libraries *libraries)
{
        libraries->libc[class_of(folder, "libc.so.6")] = true;
        libraries->module[class_of(folder, MODULE)] = true;
}

/* Folders such as /usr/lib/x86_64-linux-gnu. */
static void look_below(const char *folder, struct libraries *libraries)
{
        const int fd = open_any_below_root(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *const directory = fd < 0 ? NULL : fdopendir(fd);
        const struct dirent *entry;

        while (directory && (entry = readdir(directory))) {
                if (strstr(entry->d_name, "-linux-gnu")) {
                        char *const path = text_of("%s/%s", folder, entry->d_name);

                        look_into(path, libraries);
                        free(path);
                }
        }
        if (directory)
                closedir(directory);
}

static void find_libraries(struct libraries *libraries)
{
        static const char *const folders[] = {"/lib",       "/lib64",     "/lib32",  "/usr/lib",
                                              "/usr/lib64", "/usr/lib32", "/libx32", "/usr/libx32"};

        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
                look_into(folders[i], libraries);
        look_below("/lib", libraries);
        look_below("/usr/lib", libraries);
}

static void check_loading(void)
{
        void *const module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        const char *version;

        if (!module) {
                report(LIBRARY, (struct place){MODULE, 0, 0}, "install it, then run ldconfig",
                       "cannot be loaded: %s", dlerror());
                return;
        }
        version = dlsym(module, "_nss_subuid_version");
        if (!version || strcmp(version, NSS_SUBUID_VERSION) != 0)
                report(LIBRARY_VERSION, (struct place){MODULE, 0, 0},
                       "install both from one source",
                       "is version %.16s, subuidctl " NSS_SUBUID_VERSION,
                       version ? version : "unknown");
}

/* nscd, and whoever else listens in its place. */
static void check_nscd(void)
{
        const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = NSCD_SOCKET};
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
                return;
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
                report(NSCD, (struct place){NSCD_SOCKET, 0, 0},
                       "after a change: nscd -i passwd; nscd -i group",
                       "nscd runs, and gives old answers after a change of the range files");
        close(fd);
}

void check_system(void)
{
        struct libraries libraries = {.libc = {false}};
        bool has_64, has_module;

        find_libraries(&libraries);
        has_64 = libraries.libc[ELFCLASS64];
        has_module = libraries.module[has_64 ? ELFCLASS64 : ELFCLASS32];
        if (!*options.root)
                check_loading();
        else if (!has_module)
                report(LIBRARY, (struct place){MODULE, 0, 0}, "install it",
                       "does not lie in any of the usual folders for libraries");
        if (has_64 && libraries.libc[ELFCLASS32] && !libraries.module[ELFCLASS32])
                report(LIBRARY_32, (struct place){MODULE, 0, 0}, "install a 32-bit build too",
                       "32-bit programs find no names: there is a 32-bit C library and no "
                       "32-bit " MODULE);
        if (!*options.root)
                check_nscd();
}
