/* SPDX-License-Identifier: MIT */
#include "model.h"

#include "harness.h"
#include "nss_subuid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ranges and copies of lines live here until the next model_begin. The shortest range is "a:1:1".
 */
static struct model_range all_ranges[MODEL_BYTES_MAX / 6 + 1];
static char all_lines[2 * MODEL_BYTES_MAX];
static size_t ranges_used, bytes_used;

void model_begin(void)
{
        ranges_used = 0;
        bytes_used = 0;
}

/* As shadow reads a line, but for the differences that subid_range.h names. The line is spoilt. */
static bool read_range(char *line, size_t length, struct model_range *range)
{
        uint64_t numbers[2];
        char *fields[3], *end;

        if (length >= 1024 || strlen(line) != length || strchr("#+-", *line))
                return false;
        for (int i = 0; i < 3; i++) {
                fields[i] = strsep(&line, ":");
                if (!fields[i] || !*fields[i])
                        return false;
        }
        if (line)
                return false;
        for (int i = 0; i < 2; i++) {
                const char *const field = fields[i + 1];

                /* Newer C libraries read "0b1" too, if asked in newer C. */
                if (strchr(field, '-') || (strpbrk(field, "bB") && !strpbrk(field, "xX")))
                        return false;
                errno = 0;
                numbers[i] = strtoull(field, &end, 0);
                if (end == field || *end || errno || numbers[i] > 4294967295)
                        return false;
        }
        if (numbers[0] + numbers[1] > 4294967296)
                return false;
        *range = (struct model_range){fields[0], numbers[0], numbers[1]};
        return true;
}

void model_read(struct model_ranges *ranges, const char *bytes, size_t size)
{
        const char *const end = bytes + size;

        if (ranges->count == 0)
                ranges->list = all_ranges + ranges_used;
        while (bytes < end) {
                const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
                const size_t length = (size_t)((newline ? newline : end) - bytes);
                char *const line = all_lines + bytes_used;

                bytes_used += length + 1;
                if (bytes_used > sizeof(all_lines))
                        die("the model has no room for so long an input");
                memcpy(line, bytes, length);
                line[length] = '\0';
                if (read_range(line, length, &all_ranges[ranges_used])) {
                        ranges_used++;
                        ranges->count++;
                }
                bytes += length + 1;
        }
}

const struct model_range *model_owner(const struct model_ranges *ranges, uint32_t id)
{
        for (size_t i = 0; i < ranges->count; i++) {
                const struct model_range *const range = &ranges->list[i];

                if (id >= range->start && id < range->start + range->count)
                        return range;
        }
        return NULL;
}

bool model_position(const struct model_ranges *ranges, const char *owner, uint32_t id,
                    uint64_t *position)
{
        *position = 0;
        for (size_t i = 0; i < ranges->count; i++) {
                const struct model_range *const range = &ranges->list[i];

                if (strcmp(range->owner, owner) != 0)
                        continue;
                if (id >= range->start && id < range->start + range->count) {
                        *position += id - range->start;
                        return true;
                }
                *position += range->count;
        }
        return false;
}

bool model_id(const struct model_ranges *ranges, const char *owner, uint64_t position, uint32_t *id)
{
        for (size_t i = 0; i < ranges->count; i++) {
                const struct model_range *const range = &ranges->list[i];

                if (strcmp(range->owner, owner) != 0)
                        continue;
                if (position < range->count) {
                        *id = (uint32_t)(range->start + position);
                        return true;
                }
                position -= range->count;
        }
        return false;
}

/* Reads a line, NUL-terminated, if it is that of an account. The line is spoilt. */
static bool read_account(char *line, bool cut, char **name, uint32_t *id)
{
        char *number, *end;
        unsigned long value;

        line += strspn(line, " \t\v\f\r");
        if (*line && strchr("#+-", *line))
                return false;
        *name = strsep(&line, ":");
        strsep(&line, ":");
        number = strsep(&line, ":");
        /* Of a line that is cut the last field may be cut. */
        if (!number || (cut && !line) || strchr(number, '-'))
                return false;
        errno = 0;
        value = strtoul(number, &end, 10);
        *id = (uint32_t)value;
        return end != number && !*end && !errno && value <= 4294967295;
}

/* The first account with this name, or, if that is NULL, with this ID. */
static bool find_account(const char *bytes, size_t size, const char *wanted, uint32_t *id)
{
        const char *const end = bytes + size;

        while (bytes < end) {
                const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
                const size_t length = (size_t)((newline ? newline : end) - bytes);
                const bool cut = length >= 1024;
                const size_t shown = cut ? 1023 : length;
                char line[1024], *name;
                uint32_t found;

                memcpy(line, bytes, shown);
                line[shown] = '\0';
                /* A NUL byte is no digit; in a field before the number it is like any other. */
                for (size_t i = 0; i < shown; i++)
                        if (line[i] == '\0')
                                line[i] = '\x01';
                if (read_account(line, cut, &name, &found) &&
                    (wanted ? strcmp(name, wanted) == 0 : found == *id)) {
                        *id = found;
                        return true;
                }
                bytes += length + 1;
        }
        return false;
}

bool model_is_account(const char *bytes, size_t size, uint32_t id)
{
        return find_account(bytes, size, NULL, &id);
}

bool model_named(const char *bytes, size_t size, const char *name, uint32_t *id)
{
        return find_account(bytes, size, name, id);
}

uint32_t model_gid(const struct model_ranges *groups, const struct model_range *mine, uint32_t uid,
                   uint64_t position, const char *accounts, size_t size)
{
        const struct model_range *holder = model_owner(groups, uid);
        uint32_t gid;

        if (holder && strcmp(holder->owner, mine->owner) == 0 && holder->start == mine->start)
                return uid < 65536 && model_is_account(accounts, size, uid) ? 65534 : uid;
        if (!model_id(groups, mine->owner, position, &gid) || model_excluded(gid))
                return 65534;
        holder = model_owner(groups, gid);
        return strcmp(holder->owner, mine->owner) == 0 && !model_is_account(accounts, size, gid)
                   ? gid
                   : 65534;
}

bool model_excluded(uint32_t id)
{
        return id == 0 || (id >= 60001 && id <= 60705) || (id >= 61184 && id <= 65519) ||
               id == 65534 || id == 65535 || (id >= 2147352576 && id <= 2147418111) ||
               id == 4294967295;
}

bool model_name(const char *name, uint32_t *id)
{
        const size_t prefix = strlen(NAME_PREFIX);
        char again[64];

        if (strncmp(name, NAME_PREFIX, prefix) != 0)
                return false;
        *id = (uint32_t)strtoull(name + prefix, NULL, 10);
        snprintf(again, sizeof(again), NAME_PREFIX "%u", *id);
        return strcmp(again, name) == 0;
}
