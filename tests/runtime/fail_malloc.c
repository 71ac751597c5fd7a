/* SPDX-License-Identifier: MIT */
/*
 * fail_malloc.so, preloaded: in runc-subuid the FAIL_MALLOCth call that allocates memory fails, in
 * it and in its child; or, where that has a "+" behind it, it and all that follow; or, with a "-",
 * it alone, and none of the child's. /tmp/failed tells that it has come to that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static bool fails(void)
{
        static unsigned long calls;
        static pid_t parent;
        const char *const wanted = getenv("FAIL_MALLOC");
        unsigned long number;
        char *end;

        if (!wanted || strcmp(program_invocation_short_name, "runc-subuid") != 0)
                return false;
        if (!parent)
                parent = getpid();
        number = strtoul(wanted, &end, 10);
        calls++;
        if (*end == '-' && getpid() != parent)
                return false;
        if (calls != number && (calls < number || *end != '+'))
                return false;
        if (calls == number)
                close(open("/tmp/failed", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        errno = ENOMEM;
        return true;
}

void *malloc(size_t size)
{
        return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
        return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
        return fails() ? NULL : __libc_realloc(memory, size);
}
