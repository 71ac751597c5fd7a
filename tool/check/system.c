/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../libraries.h"
#include "../root.h"
#include "nss_subuid.h"

#include <dlfcn.h>
#include <elf.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The library, and what else stands between it and a program. */

#define MODULE "libnss_subuid.so.2"
#define NSCD_SOCKET "/run/nscd/socket"

/* Returns whether it can be loaded. */
static bool check_loading(void)
{
        void *const module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        const char *version;

        if (!module) {
                report(ERROR, "library", (struct place){MODULE, 0, 0},
                       "install it, then run ldconfig", "cannot be loaded: %s", dlerror());
                return false;
        }
        version = dlsym(module, "_nss_subuid_version");
        if (!version || strcmp(version, NSS_SUBUID_VERSION) != 0)
                report(WARNING, "library-version", (struct place){MODULE, 0, 0},
                       "install both from one source",
                       "is version %.16s, subuidctl " NSS_SUBUID_VERSION,
                       version ? version : "unknown");
        return true;
}

/* nscd, and whoever else listens in its place. */
static void check_nscd(void)
{
        const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = NSCD_SOCKET};
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
                return;
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
                report(WARNING, "nscd", (struct place){NSCD_SOCKET, 0, 0},
                       "after a change: nscd -i passwd; nscd -i group",
                       "nscd runs, and gives old answers after a change of the range files");
        close(fd);
}

bool check_system(void)
{
        bool libc[3], module[3], usable;

        libraries_find("libc.so.6", libc);
        libraries_find(MODULE, module);
        usable = root_is_running() ? check_loading()
                                   : module[libc[ELFCLASS64] ? ELFCLASS64 : ELFCLASS32];
        if (!usable && !root_is_running())
                report(ERROR, "library", (struct place){MODULE, 0, 0}, "install it",
                       "does not lie in any of the usual folders for libraries");
        if (usable && libc[ELFCLASS64] && libc[ELFCLASS32] && !module[ELFCLASS32])
                report(WARNING, "library-32", (struct place){MODULE, 0, 0},
                       "install a 32-bit build too",
                       "32-bit programs find no names: there is a 32-bit C library and no "
                       "32-bit " MODULE);
        if (root_is_running())
                check_nscd();
        return usable;
}
