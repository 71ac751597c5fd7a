/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes subid_range.h and the names of account_name.h, with no I/O. Every block of
 * bytes is of its own and exactly as long as it says, so that a byte read too far, in front or
 * behind, is seen; the lines are asked at once or in pieces; every answer is compared with the
 * model's.
 */
#include "account_name.h"
#include "harness.h"
#include "model.h"
#include "subid_range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A copy that has no byte more. */
static char *exact_copy(const char *bytes, size_t size)
{
        char *const copy = malloc(size);

        if (!copy)
                die("no memory");
        memcpy(copy, bytes, size);
        return copy;
}

static void test_ranges(const char *text, size_t size)
{
        for (const char *line = text, *newline; line < text + size; line = newline + 1) {
                struct model_ranges wanted = {0};
                struct subid_range got;
                size_t length;
                char *block;

                newline = memchr(line, '\n', (size_t)(text + size - line));
                length = (size_t)(newline - line);
                block = exact_copy(line, length);
                model_begin();
                model_read(&wanted, line, length);
                if (subid_range_parse(block, length, &got) != (wanted.count == 1))
                        die("subid_range_parse: a range or not?");
                if (wanted.count &&
                    (got.owner != block || got.owner_length != strlen(wanted.list->owner) ||
                     got.start != wanted.list->start || got.count != wanted.list->count))
                        die("subid_range_parse: another range than the model's");
                free(block);
        }
}

/* Whole lines, the ranges among them, and in how large pieces they are asked, at least. */
struct lines {
        const char *text;
        size_t size, piece;
        struct model_ranges ranges;
};

typedef bool find_function(const char *lines, const char *end, struct subid *subid);

static bool ask(find_function *find, const struct lines *lines, struct subid *subid)
{
        const char *text = lines->text, *const end = lines->text + lines->size;
        bool found = false;

        do {
                const size_t left = (size_t)(end - text);
                const char *const newline =
                    lines->piece < left ? memchr(text + lines->piece, '\n', left - lines->piece)
                                        : NULL;
                const size_t length = newline ? (size_t)(newline + 1 - text) : left;
                char *const block = exact_copy(text, length);

                found = find(block, block + length, subid);
                free(block);
                text += length;
        } while (!found && text < end);
        return found;
}

static void test_owner(const struct lines *lines, struct subid *subid)
{
        const struct model_range *const wanted = model_owner(&lines->ranges, subid->id);

        if (ask(subid_find_owner, lines, subid) != (wanted != NULL))
                die("subid_find_owner: found or not?");
        if (wanted &&
            (subid->start != wanted->start || subid->owner_length != strlen(wanted->owner) ||
             memcmp(subid->owner, wanted->owner, subid->owner_length) != 0))
                die("subid_find_owner: another owner than the model's");
}

static void test_holder(const struct lines *lines, const char *owner, struct subid *subid)
{
        const struct model_range *const wanted = model_owner(&lines->ranges, subid->id);

        if (ask(subid_find_holder, lines, subid) != (wanted != NULL))
                die("subid_find_holder: found or not?");
        if (wanted && (subid->same_owner != (strcmp(wanted->owner, owner) == 0) ||
                       subid->same_start != (wanted->start == subid->start)))
                die("subid_find_holder: the same or not?");
}

/* The name is that of a line, or the beginning of one. */
static void test_named(const struct lines *lines, struct subid *subid, size_t where)
{
        const char *const end = lines->text + lines->size;
        const char *from = lines->text + where % lines->size, *to;
        char name[1024];
        uint32_t wanted;
        bool found;

        while (from > lines->text && from[-1] != '\n')
                from--;
        to = from;
        while (to < end && !strchr(":\n", *to) && to - from < 1023)
                to++;
        subid->owner_length = to > from ? (size_t)(to - from) : 0;
        memcpy(subid->owner, from, subid->owner_length);
        for (size_t i = 0; i < subid->owner_length; i++)
                name[i] = (char)(from[i] ? from[i] : '\x01');
        name[subid->owner_length] = '\0';
        found = model_named(lines->text, lines->size, name, &wanted);
        /* For the model, these two bytes are one. */
        if (strchr(name, '\x01'))
                return;
        if (ask(subid_find_named, lines, subid) != found)
                die("subid_find_named: found or not?");
        if (found && subid->id != wanted)
                die("subid_find_named: another ID than the model's");
}

static void test_account(const struct lines *lines, struct subid *subid)
{
        const bool wanted = model_is_account(lines->text, lines->size, subid->id);

        if (ask(subid_find_account, lines, subid) != wanted)
                die("subid_find_account: an account or not?");
}

static void test_position(const struct lines *lines, const char *owner, struct subid *subid)
{
        uint64_t wanted;
        const bool found = model_position(&lines->ranges, owner, subid->id, &wanted);

        if (ask(subid_find_position, lines, subid) != found)
                die("subid_find_position: found or not?");
        if (found && subid->position != wanted)
                die("subid_find_position: another position than the model's");
}

static void test_id(const struct lines *lines, const char *owner, struct subid *subid)
{
        uint32_t wanted;
        const bool found = model_id(&lines->ranges, owner, subid->position, &wanted);

        if (ask(subid_find_id, lines, subid) != found)
                die("subid_find_id: found or not?");
        if (found && subid->id != wanted)
                die("subid_find_id: another ID than the model's");
}

/* A position in or beside a range of its owner. */
static uint64_t position_near(const struct model_ranges *ranges, size_t which, uint8_t where)
{
        const char *const owner = ranges->list[which].owner;
        uint64_t position = (uint64_t)distance(where) - (where & 1);

        for (size_t i = 0; i < which + (where / 2 & 1); i++)
                if (strcmp(ranges->list[i].owner, owner) == 0)
                        position += ranges->list[i].count;
        return position;
}

static void test_find(const uint8_t *head, const char *text, size_t size)
{
        struct lines lines = {.text = text, .size = size, .piece = head[1] < 128 ? head[1] : size};
        const uint64_t number = read_bytes(head + 8, 8);
        size_t which = (size_t)read_bytes(head + 2, 2);
        struct subid *const subid = calloc(1, sizeof(*subid));
        const char *owner;

        if (!subid)
                die("no memory");
        subid->id = head[6] < 16 ? (uint32_t)number : id_near(text, size, head + 2);
        if (subid_excluded(subid->id) != model_excluded(subid->id))
                die("subid_excluded: excluded or not?");
        model_begin();
        model_read(&lines.ranges, text, size);
        if (head[0] % 8 == 5 && size > 0) {
                test_named(&lines, subid, which);
        } else if (head[0] % 8 == 0) {
                test_owner(&lines, subid);
        } else if (head[0] % 8 == 1) {
                test_account(&lines, subid);
        } else if (lines.ranges.count) {
                which %= lines.ranges.count;
                owner = lines.ranges.list[which].owner;
                subid->owner_length = strlen(owner);
                memcpy(subid->owner, owner, subid->owner_length);
                subid->position =
                    head[6] < 16 ? number : position_near(&lines.ranges, which, head[5]);
                subid->start = (uint32_t)lines.ranges.list[which].start;
                if (head[0] % 8 == 4)
                        test_holder(&lines, owner, subid);
                else if (head[0] % 4 == 2)
                        test_position(&lines, owner, subid);
                else
                        test_id(&lines, owner, subid);
        }
        free(subid);
}

/* The text is a name, with or without the prefix in front. */
static void test_parse(bool prefixed, const char *text, size_t size)
{
        const size_t prefix_length = prefixed ? strlen(NAME_PREFIX) : 0;
        const size_t length = prefix_length + strnlen(text, size);
        char *name = malloc(length + 1);
        uint32_t wanted_id, id;
        bool valid;

        if (!name)
                die("no memory");
        memcpy(name, NAME_PREFIX, prefix_length);
        memcpy(name + prefix_length, text, length - prefix_length);
        name[length] = '\0';
        valid = model_name(name, &wanted_id);
        if (account_name_parse(name, &id) != valid)
                die("account_name_parse: a name or not?");
        if (valid && id != wanted_id)
                die("account_name_parse: another ID than the model's");
        free(name);
}

static void test_format(uint64_t number)
{
        char wanted[64], *name;
        uint32_t id;

        snprintf(wanted, sizeof(wanted), NAME_PREFIX "%u", (uint32_t)number);
        if (account_name_size((uint32_t)number) != strlen(wanted) + 1)
                die("account_name_size: another size than the model's");
        name = exact_copy(wanted, strlen(wanted) + 1);
        memset(name, '!', strlen(wanted) + 1);
        if (account_name_format(name, (uint32_t)number) != name + strlen(wanted) ||
            strcmp(name, wanted) != 0)
                die("account_name_format: another name than the model's");
        if (!account_name_parse(name, &id) || id != (uint32_t)number)
                die("account_name_parse: not the ID whose name it is");
        free(name);

        snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)number);
        if (decimal_length(number) != strlen(wanted))
                die("decimal_length: another length than the model's");
        name = exact_copy(wanted, strlen(wanted) + 1);
        memset(name, '!', strlen(wanted) + 1);
        if (decimal_format(name, number) != name + strlen(wanted) || strcmp(name, wanted) != 0)
                die("decimal_format: another text than the model's");
        free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static char text[MODEL_BYTES_MAX];
        const uint8_t *const head = data;

        if (size < HEAD || size > sizeof(text))
                return 0;
        size -= HEAD;
        memcpy(text, data + HEAD, size);
        /* Each line has its newline. */
        if (size > 0 && text[size - 1] != '\n')
                text[size++] = '\n';
        switch (head[0] / 4 % 4) {
        case 0:
                test_ranges(text, size);
                break;
        case 1:
                test_parse(head[2] % 2, text, size ? size - 1 : 0);
                test_format(read_bytes(head + 8, 8) >> head[1] % 64);
                break;
        default:
                test_find(head, text, size);
        }
        return 0;
}
