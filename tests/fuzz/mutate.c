/* SPDX-License-Identifier: MIT */
/*
 * How an input is changed: half of the time as libFuzzer does it, else by an edit of its head or of
 * its lines: a number near a bound or near another number, a line copied, dropped, given the owner
 * of another or made as long as a limit. Bytes changed at random would seldom come to that.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed);

struct text {
        char *bytes;
        size_t size, size_max;
        uint64_t seed;
};

static size_t below(struct text *text, size_t bound)
{
        text->seed = text->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (size_t)(text->seed >> 33) % bound;
}

/* Puts bytes in the place of others, if there is room. */
static void replace(struct text *text, size_t at, size_t old, const char *bytes, size_t size)
{
        if (text->size - old + size > text->size_max)
                return;
        memmove(text->bytes + at + size, text->bytes + at + old, text->size - at - old);
        memcpy(text->bytes + at, bytes, size);
        text->size += size - old;
}

/* Lines end at a newline; files at a byte 0xff. */
static int ends_line(char c)
{
        return c == '\n' || c == '\xff';
}

/* The offset where a line begins, and its length. */
static size_t some_line(struct text *text, size_t *length)
{
        size_t begin = below(text, text->size + 1), end;

        while (begin > 0 && !ends_line(text->bytes[begin - 1]))
                begin--;
        end = begin;
        while (end < text->size && !ends_line(text->bytes[end]))
                end++;
        *length = end - begin;
        return begin;
}

/* A number beside one that is there: the start of a range, or where it ends. */
static uint32_t number_near(struct text *text, uint8_t side)
{
        const uint8_t where[] = {(uint8_t)below(text, 256), (uint8_t)below(text, 256),
                                 (uint8_t)below(text, 4), side};

        return id_near(text->bytes, text->size, where);
}

static uint64_t some_number(struct text *text)
{
        /* Where IDs begin and end that never get a name. */
        static const uint32_t bounds[] = {60001, 60705,      61184,      65519,
                                          65534, 2147352576, 2147418111, 4294967295};
        uint64_t number, power = 1;

        switch (below(text, 6)) {
        case 0:
                number = UINT64_C(1) << below(text, 34);
                break;
        case 1:
                for (size_t i = below(text, 12); i > 0; i--)
                        power *= 10;
                number = power;
                break;
        case 2:
                number = bounds[below(text, sizeof(bounds) / sizeof(*bounds))];
                break;
        case 3:
                /* What a start, say, leaves for its count. */
                number = (UINT64_C(1) << 32) - number_near(text, 0);
                break;
        case 4:
                number = below(text, 100);
                break;
        default:
                number = number_near(text, (uint8_t)below(text, 4));
        }
        return number + below(text, 5) - 2;
}

/* Puts another number in the place of a field. */
static void change_number(struct text *text, size_t line, size_t length)
{
        static const char *const forms[] = {"%llu",    "%llu",   "%llu",   "%llu",
                                            "0%llo",   "0x%llx", "0X%llX", " %llu",
                                            "\t+%llu", "0%llu",  "%llu ",  "-%llu"};
        size_t begin = line + below(text, length + 1), end = begin;
        char number[64];

        while (begin > line && text->bytes[begin - 1] != ':')
                begin--;
        while (end < line + length && text->bytes[end] != ':')
                end++;
        snprintf(number, sizeof(number), forms[below(text, sizeof(forms) / sizeof(*forms))],
                 (unsigned long long)some_number(text));
        replace(text, begin, end - begin, number, strlen(number));
}

/* Says in front of a file that it is imported, and how. */
static void import_file(struct text *text)
{
        const char mark[] = {'\xfb',
                             (char)(below(text, 2) ? 8 + 4 * below(text, 2) : below(text, 256))};
        const char *const begin = memchr(text->bytes, '\xff', text->size);
        size_t at = begin ? (size_t)(begin + 1 - text->bytes) : text->size;

        for (size_t files = below(text, 2) * 2; files > 0; files--) {
                const char *const next = memchr(text->bytes + at, '\xff', text->size - at);

                at = next ? (size_t)(next + 1 - text->bytes) : text->size;
        }
        replace(text, at,
                at < text->size && text->bytes[at] == mark[0] && at + 1 < text->size ? 2 : 0, mark,
                2);
}

static void add_line(struct text *text)
{
        char line[64];
        size_t length, at = some_line(text, &length);

        snprintf(line, sizeof(line), "%.*s:%llu:%llu\n", 1 + (int)below(text, 3), "aab",
                 (unsigned long long)some_number(text), (unsigned long long)some_number(text));
        replace(text, at, 0, line, strlen(line));
}

/* The copy may get another number at once: it is a line of the same owner then. */
static void copy_line(struct text *text)
{
        char line[10000];
        size_t length, at = some_line(text, &length), old_size = text->size, ignored;

        if (length >= sizeof(line))
                return;
        memcpy(line, text->bytes + at, length);
        line[length] = '\n';
        at = some_line(text, &ignored);
        replace(text, at, 0, line, length + 1);
        if (text->size > old_size && below(text, 2)) {
                const char *const colon = memchr(text->bytes + at, ':', length);
                const size_t owner = colon ? (size_t)(colon - text->bytes) + 1 - at : 0;

                change_number(text, at + owner, length - owner);
        }
}

/* A byte that means something, often in front of a line. */
static void add_byte(struct text *text)
{
        static const char bytes[] = {'#',  '+',  '-',  ':', ' ', '\t',
                                     '\r', '\n', '\0', '0', 'x', '\xff'};
        size_t length, at = some_line(text, &length);

        if (below(text, 2))
                at += below(text, length + 1);
        replace(text, at, 0, &bytes[below(text, sizeof(bytes))], 1);
}

static void drop_line(struct text *text)
{
        size_t length, at = some_line(text, &length);

        replace(text, at, length + (at + length < text->size), "", 0);
}

static void copy_owner(struct text *text)
{
        char owner[1024];
        size_t length, from = some_line(text, &length), to, old = 0;
        const char *colon = memchr(text->bytes + from, ':', length);

        length = colon ? (size_t)(colon - text->bytes) - from : length;
        if (length > sizeof(owner))
                length = sizeof(owner);
        memcpy(owner, text->bytes + from, length);
        to = some_line(text, &old);
        colon = memchr(text->bytes + to, ':', old);
        replace(text, to, colon ? (size_t)(colon - text->bytes) - to : 0, owner, length);
}

/* The limits are that of a line and that of what is read at once. */
static void stretch_line(struct text *text)
{
        char filling[10000];
        size_t length, line = some_line(text, &length), at = line;
        const size_t wanted = (below(text, 4) ? 1024 : 8192) - 4 + below(text, 8);

        if (length == 0 || length >= wanted)
                return;
        if (below(text, 2))
                at += below(text, length);
        memset(filling, text->bytes[at], wanted - length);
        replace(text, at, 0, filling, wanted - length);
        if (at > line || wanted > 2000)
                return;
        /* Then so have the other lines of this owner, which may be anywhere: a longer owner. */
        for (at = text->size; at-- > 0;)
                if (text->bytes[at] == *filling && (at < line || at > line + wanted) &&
                    (at == 0 || ends_line(text->bytes[at - 1])))
                        replace(text, at, 0, filling, wanted - length);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed)
{
        struct text text = {(char *)data + HEAD, size - HEAD, size_max - HEAD, seed};
        size_t line, length;

        if (size < HEAD || size_max <= HEAD || below(&text, 2))
                return LLVMFuzzerMutate(data, size, size_max);
        switch (below(&text, 13)) {
        case 0:
                add_line(&text);
                break;
        case 1:
                copy_line(&text);
                break;
        case 2:
                drop_line(&text);
                break;
        case 3:
                copy_owner(&text);
                break;
        case 4:
                stretch_line(&text);
                break;
        case 5:
                add_byte(&text);
                break;
        case 12:
                import_file(&text);
                break;
        case 6:
        case 7:
                line = some_line(&text, &length);
                change_number(&text, line, length);
                break;
        default:
                data[below(&text, HEAD)] = (uint8_t)below(&text, 256);
        }
        return HEAD + text.size;
}
