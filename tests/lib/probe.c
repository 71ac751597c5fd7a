/* SPDX-License-Identifier: MIT */
/*
 * probe FUNCTION KEY [BUFFER-SIZE]: asks the module itself, with no glibc between, and prints the
 * status, errno and entry. The library is found as glibc finds it.
 */
#include "nss_subuid.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *status_name(enum nss_status status)
{
        switch (status) {
        case NSS_STATUS_SUCCESS:
                return "SUCCESS";
        case NSS_STATUS_NOTFOUND:
                return "NOTFOUND";
        case NSS_STATUS_TRYAGAIN:
                return "TRYAGAIN";
        case NSS_STATUS_UNAVAIL:
                return "UNAVAIL";
        default:
                return "RETURN";
        }
}

int main(int argc, char **argv)
{
        void *module = dlopen("libnss_subuid.so.2", RTLD_NOW);
        char symbol[64], *buffer;
        const char *function, *key;
        size_t size;
        enum nss_status status;
        struct passwd pwd = {0};
        struct group grp = {0};
        void *address;
        int error = 0;

        if (argc < 3 || !module) {
                fprintf(stderr, "probe: %s\n", module ? "FUNCTION KEY [BUFFER-SIZE]" : dlerror());
                return 2;
        }
        function = argv[1];
        key = argv[2];
        size = argc > 3 ? strtoul(argv[3], NULL, 10) : 1024;
        snprintf(symbol, sizeof(symbol), "_nss_subuid_%s_r", function);
        address = dlsym(module, symbol);
        if (!address)
                return 2;
        buffer = malloc(size + 1);
        if (!buffer)
                return 2;
        if (strcmp(function, "getpwuid") == 0)
                status = ((typeof(_nss_subuid_getpwuid_r) *)address)((uid_t)strtoul(key, NULL, 10),
                                                                     &pwd, buffer, size, &error);
        else if (strcmp(function, "getpwnam") == 0)
                status =
                    ((typeof(_nss_subuid_getpwnam_r) *)address)(key, &pwd, buffer, size, &error);
        else if (strcmp(function, "getgrgid") == 0)
                status = ((typeof(_nss_subuid_getgrgid_r) *)address)((gid_t)strtoul(key, NULL, 10),
                                                                     &grp, buffer, size, &error);
        else
                status =
                    ((typeof(_nss_subuid_getgrnam_r) *)address)(key, &grp, buffer, size, &error);
        printf("%s %s", status_name(status), error ? strerrorname_np(error) : "-");
        if (status == NSS_STATUS_SUCCESS && pwd.pw_name)
                printf(" %s:%s:%u:%u:%s:%s:%s", pwd.pw_name, pwd.pw_passwd, pwd.pw_uid, pwd.pw_gid,
                       pwd.pw_gecos, pwd.pw_dir, pwd.pw_shell);
        if (status == NSS_STATUS_SUCCESS && grp.gr_name)
                printf(" %s:%s:%u:%s", grp.gr_name, grp.gr_passwd, grp.gr_gid,
                       grp.gr_mem && grp.gr_mem[0] ? grp.gr_mem[0] : "");
        putchar('\n');
        free(buffer);
        return 0;
}
