/* SPDX-License-Identifier: MIT */
/*
 * ask SETTING ID: loads the services of nsswitch.conf(5), brings itself into a setting, then asks
 * glibc for the user and the group of the ID and prints both answers: errno and name.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static void must(bool ok, const char *what)
{
        if (!ok) {
                perror(what);
                exit(1);
        }
}

static void undisturbed(void)
{
}

/* The program runs with other rights than its caller, so the loader trusts no environment. */
static void set_user_id(void)
{
        if (!getauxval(AT_SECURE))
                puts("not set-user-ID");
}

static void no_descriptors(void)
{
        const struct rlimit none = {0, 0};

        must(setrlimit(RLIMIT_NOFILE, &none) == 0, "setrlimit");
}

static void empty_root(void)
{
        must(chroot("/var/empty-root") == 0 && chdir("/") == 0, "chroot");
}

/* The calls of a lookup, and what it takes to say what came of it; any other one kills. */
static void sandbox(void)
{
        static const unsigned int allowed[] = {
            SYS_openat,     SYS_pread64, SYS_close, SYS_write, SYS_exit_group,
#ifdef SYS_fstat
            SYS_fstat,
#endif
#ifdef SYS_newfstatat
            SYS_newfstatat,
#endif
#ifdef SYS_fstat64
            SYS_fstat64,
#endif
#ifdef SYS_fstatat64
            SYS_fstatat64,
#endif
#ifdef SYS_statx
            SYS_statx,
#endif
#ifdef SYS_lseek
            SYS_lseek,
#endif
#ifdef SYS__llseek
            SYS__llseek,
#endif
        };
        struct sock_filter code[2 * COUNT_OF(allowed) + 2];
        struct sock_fprog filter = {COUNT_OF(code), code};
        struct sock_filter *next = code;

        *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                               offsetof(struct seccomp_data, nr));
        for (size_t i = 0; i < COUNT_OF(allowed); i++) {
                *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
                *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        }
        *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
        must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "seccomp");
}

static const struct {
        const char *name;
        void (*enter)(void);
} settings[] = {
    {"undisturbed", undisturbed},       {"set-user-ID", set_user_id}, {"empty-root", empty_root},
    {"no-descriptors", no_descriptors}, {"sandbox", sandbox},
};

static void ask(unsigned int id, bool print)
{
        static char buffer[1024];
        struct passwd pwd, *user = NULL;
        struct group grp, *group = NULL;
        int user_error, group_error;

        user_error = getpwuid_r(id, &pwd, buffer, sizeof(buffer) / 2, &user);
        group_error = getgrgid_r(id, &grp, buffer + sizeof(buffer) / 2, sizeof(buffer) / 2, &group);
        /* No call but write: not every setting allows more. */
        if (print)
                dprintf(STDOUT_FILENO, "%d %s %d %s\n", user_error, user ? pwd.pw_name : "-",
                        group_error, group ? grp.gr_name : "-");
}

int main(int argc, char **argv)
{
        if (argc == 3)
                for (size_t i = 0; i < COUNT_OF(settings); i++)
                        if (strcmp(argv[1], settings[i].name) == 0) {
                                const unsigned int id = (unsigned int)strtoul(argv[2], NULL, 10);

                                /* An ID that nobody knows: all services of the line are loaded. */
                                ask(4294967294, false);
                                settings[i].enter();
                                ask(id, true);
                                return 0;
                        }
        fputs("ask SETTING ID\n", stderr);
        return 2;
}
