/* SPDX-License-Identifier: MIT */
/* peak PROGRAM ARGUMENT...: prints how much memory, in KiB, it had at most, itself or a child. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        struct rusage usage;
        int status;
        const pid_t pid = argc > 1 ? vfork() : -1;

        if (pid == 0) {
                execv(argv[1], argv + 1);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
                return 1;
        printf("%ld\n", usage.ru_maxrss);
        return 0;
}
