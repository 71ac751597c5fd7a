/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The module allocates nothing, so nothing can leak or be used after it is freed: there is no need
 * to look for that.
 */
const char *__asan_default_options(void);

__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
        return "detect_leaks=0:quarantine_size_mb=0:thread_local_quarantine_size_kb=0:malloc_"
               "context_size=1";
}

void die(const char *what)
{
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
}

uint64_t read_bytes(const uint8_t *bytes, size_t size)
{
        uint64_t number = 0;

        while (size > 0)
                number = number << 8 | bytes[--size];
        return number;
}

/* The number behind the first colon between text and end. Returns where it begins, or end. */
static const char *number_behind(const char *text, const char *end, uint64_t *number)
{
        const char *const colon = memchr(text, ':', (size_t)(end - text));
        char copy[24] = "";

        if (colon)
                memcpy(copy, colon + 1,
                       (size_t)(end - colon) < sizeof(copy) ? (size_t)(end - colon) - 1
                                                            : sizeof(copy) - 1);
        *number = strtoull(copy, NULL, 0);
        return colon ? colon + 1 : end;
}

uint32_t id_near(const char *text, size_t size, size_t offset, uint8_t where)
{
        const char *const end = text + size;
        uint64_t start, count;

        text = number_behind(text + (size ? offset % size : 0), end, &start);
        number_behind(text, end, &count);
        switch (where % 4) {
        case 0:
                return (uint32_t)(start + where / 4);
        case 1:
                return (uint32_t)(start + count - 1 - where / 4);
        case 2:
                return (uint32_t)(start + count + where / 4);
        default:
                return (uint32_t)(start - 1 - where / 4);
        }
}
