/* SPDX-License-Identifier: MIT */
/*
 * recorder, linked statically: a runtime of few system calls. Writes its arguments to /tmp/got,
 * each with a "|" behind it, and ends with 42. If one of its calls is made to fail, it tries again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        char text[4096] = "";
        int fd;

        for (int i = 1; i < argc; i++)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s|", argv[i]);
        for (int tries = 0; tries < 2; tries++) {
                fd = open("/tmp/got", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
                if (fd < 0)
                        continue;
                if (write(fd, text, strlen(text)) > 0)
                        break;
                close(fd);
        }
        return 42;
}
