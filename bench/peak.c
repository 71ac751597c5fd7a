/* SPDX-License-Identifier: MIT */
/* peak PROGRAM ARGUMENT...: prints how much memory, in KiB, it had at most, itself or a child. */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        struct rusage usage;
        int status;
        pid_t pid;

        /* Not fork(): a copy of this process would count, too. */
        if (argc < 2 || posix_spawn(&pid, argv[1], NULL, NULL, argv + 1, environ) != 0 ||
            wait4(pid, &status, 0, &usage) != pid || status != 0)
                return 1;
        printf("%ld\n", usage.ru_maxrss);
        return 0;
}
