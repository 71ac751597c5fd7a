/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the core of subid_file.h and the names of account_name.h, with no I/O. Every block of
 * bytes is of its own and exactly as long as it says, so that a byte read too far, in front or
 * behind, is seen; the lines are asked at once or in pieces; every answer is compared with the
 * model's.
 */
#include "account_name.h"
#include "harness.h"
#include "model.h"
#include "subid_file.h"

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

typedef bool find_function(const char *lines, const char *end, struct subid *subid);

/* Asks whole lines in pieces of at least so many bytes. */
static bool ask(find_function *find, const char *text, size_t size, size_t piece,
                struct subid *subid)
{
        bool found = false;

        do {
                const char *const newline =
                    piece < size ? memchr(text + piece, '\n', size - piece) : NULL;
                const size_t length = newline ? (size_t)(newline + 1 - text) : size;
                char *const block = exact_copy(text, length);

                found = find(block, block + length, subid);
                free(block);
                text += length;
                size -= length;
        } while (!found && size > 0);
        return found;
}

static void test_find(const uint8_t *head, const char *text, size_t size)
{
        const size_t piece = head[1] < 128 ? head[1] : size;
        const size_t which = (size_t)read_bytes(head + 2, 2);
        const uint8_t where = head[4];
        const uint64_t number = read_bytes(head + 8, 8);
        const uint32_t id = head[5] < 16 ? (uint32_t)number : id_near(text, size, which, where);
        struct subid *const subid =
            (struct subid *)exact_copy((const char[sizeof(*subid)]){0}, sizeof(*subid));
        struct model_ranges ranges = {0};
        const struct model_range *range = NULL;
        const char *owner = "nobody";
        uint64_t wanted_position;
        uint32_t wanted_id;
        bool found;

        memset(subid->owner, ':', sizeof(subid->owner));
        model_begin();
        model_read(&ranges, text, size);
        if (ranges.count) {
                range = &ranges.list[which % ranges.count];
                owner = range->owner;
        }
        subid->id = id;
        if (head[0] % 4 >= 2) {
                subid->owner_length = strlen(owner);
                memcpy(subid->owner, owner, subid->owner_length);
        }
        switch (head[0] % 4) {
        case 0:
                range = model_owner(&ranges, id);
                found = ask(subid_find_owner, text, size, piece, subid);
                if (found != (range != NULL))
                        die("subid_find_owner: found or not?");
                if (found && (subid->owner_length != strlen(range->owner) ||
                              memcmp(subid->owner, range->owner, subid->owner_length) != 0))
                        die("subid_find_owner: another owner than the model's");
                break;
        case 1:
                if (ask(subid_find_account, text, size, piece, subid) !=
                    model_is_account(text, size, id))
                        die("subid_find_account: an account or not?");
                break;
        case 2:
                found = ask(subid_find_position, text, size, piece, subid);
                if (found != model_position(&ranges, owner, id, &wanted_position))
                        die("subid_find_position: found or not?");
                if (found && subid->position != wanted_position)
                        die("subid_find_position: another position than the model's");
                break;
        default:
                subid->position = number;
                if (head[5] >= 16) {
                        subid->position = (uint64_t)where / 4 - (where & 1);
                        for (size_t i = 0; i < ranges.count && &ranges.list[i] <= range; i++)
                                if (strcmp(ranges.list[i].owner, owner) == 0 &&
                                    (&ranges.list[i] < range || where & 2))
                                        subid->position += ranges.list[i].count;
                }
                wanted_position = subid->position;
                found = ask(subid_find_id, text, size, piece, subid);
                if (found != model_id(&ranges, owner, wanted_position, &wanted_id))
                        die("subid_find_id: found or not?");
                if (found && subid->id != wanted_id)
                        die("subid_find_id: another ID than the model's");
        }
        if (subid_excluded(id) != model_excluded(id))
                die("subid_excluded: excluded or not?");
        free(subid);
}

/* The text, with or without the prefix in front, is a name, and so is one made from a number. */
static void test_names(const uint8_t *head, const char *text, size_t size)
{
        const uint64_t number = read_bytes(head + 8, 8) >> head[1] % 64;
        const size_t prefix_length = head[2] % 2 ? strlen(NAME_PREFIX) : 0;
        const size_t length = prefix_length + strnlen(text, size);
        char wanted[64];
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
                test_names(head, text, size ? size - 1 : 0);
                break;
        default:
                test_find(head, text, size);
        }
        return 0;
}
