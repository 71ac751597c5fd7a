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

uint32_t distance(uint8_t where)
{
        return where < 192 ? 0 : where / 4 % 16;
}

/* Returns where the field behind the first colon begins, or end. */
static const char *next_field(const char *text, const char *end)
{
        const char *const colon = memchr(text, ':', (size_t)(end - text));

        return colon ? colon + 1 : end;
}

static uint64_t number_at(const char *text, const char *end)
{
        char copy[24] = "";

        memcpy(copy, text,
               (size_t)(end - text) < sizeof(copy) ? (size_t)(end - text) : sizeof(copy) - 1);
        return strtoull(copy, NULL, 0);
}

uint32_t id_near(const char *text, size_t size, const uint8_t *where)
{
        const char *const end = text + size;
        uint64_t start, count;

        text = next_field(text + (size ? read_bytes(where, 2) % size : 0), end);
        for (int skipped = where[2] % 8; skipped > 0; skipped--)
                text = next_field(text, end);
        start = number_at(text, end);
        count = number_at(next_field(text, end), end);
        switch (where[3] % 4) {
        case 0:
                return (uint32_t)start + distance(where[3]);
        case 1:
                return (uint32_t)(start + count) - 1 - distance(where[3]);
        case 2:
                return (uint32_t)(start + count) + distance(where[3]);
        default:
                return (uint32_t)start - 1 - distance(where[3]);
        }
}
