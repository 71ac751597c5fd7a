/* SPDX-License-Identifier: MIT */
#include "ranges.h"

#include "subuidctl.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_owners(const char *a, size_t a_length, const char *b, size_t b_length)
{
        const int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

        return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* By owner, then as in the files, where lines lie in memory. */
static int compare_lines(const void *a, const void *b)
{
        const struct range_line *const x = *(struct range_line *const *)a;
        const struct range_line *const y = *(struct range_line *const *)b;
        const int order = compare_owners(x->range.owner, x->range.owner_length, y->range.owner,
                                         y->range.owner_length);

        return order ? order : (x > y) - (x < y);
}

static void read_lines(const char *path, struct ranges *ranges, size_t *room)
{
        unsigned long number = 0;
        const char *line, *end;
        char *text;
        size_t size;
        const int r = read_below_root(path, &text, &size);

        if (r == -ENOENT)
                return;
        if (r < 0)
                die("%s%s: %s", options.root, path, reason(r));
        for (line = text; line < text + size; line = end + 1) {
                struct range_line *this;

                end = memchr(line, '\n', (size_t)(text + size - line));
                if (!end)
                        end = text + size;
                number++;
                if (end == line)
                        continue;
                if (ranges->count == *room) {
                        *room = *room ? 2 * *room : 64;
                        ranges->lines = reallocate(ranges->lines, *room * sizeof(*ranges->lines));
                }
                this = &ranges->lines[ranges->count++];
                *this = (struct range_line){
                    .path = path, .number = number, .text = line, .length = (size_t)(end - line)};
                this->is_range = subid_range_parse(line, this->length, &this->range);
        }
}

void ranges_read(enum subid_database database, struct ranges *ranges)
{
        size_t room = 0;

        *ranges = (struct ranges){.count = 0};
        for (size_t i = 0; i < SUBID_FILES; i++)
                read_lines(subid_range_paths[database][i], ranges, &room);
        ranges->owned = allocate(ranges->count * sizeof(struct range_line *));
        for (size_t i = 0; i < ranges->count; i++)
                if (ranges->lines[i].is_range)
                        ranges->owned[ranges->owned_count++] = &ranges->lines[i];
        qsort(ranges->owned, ranges->owned_count, sizeof(struct range_line *), compare_lines);
        for (size_t i = 1; i < ranges->owned_count; i++) {
                const struct range_line *const before = ranges->owned[i - 1];
                struct range_line *const this = ranges->owned[i];

                if (compare_owners(this->range.owner, this->range.owner_length, before->range.owner,
                                   before->range.owner_length) == 0)
                        this->position = before->position + before->range.count;
        }
}

/* How many ranges, by owner, stand in front of an owner's; with his own, in front of the next's. */
static size_t count_before(const struct ranges *ranges, const char *owner, size_t owner_length,
                           bool with_his_own)
{
        size_t first = 0, end = ranges->owned_count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;
                const struct subid_range *const range = &ranges->owned[middle]->range;
                const int order =
                    compare_owners(range->owner, range->owner_length, owner, owner_length);

                if (order < 0 || (order == 0 && with_his_own))
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

size_t ranges_of(const struct ranges *ranges, const char *owner, size_t owner_length,
                 struct range_line *const **lines)
{
        const size_t first = count_before(ranges, owner, owner_length, false);

        *lines = ranges->owned + first;
        return count_before(ranges, owner, owner_length, true) - first;
}

const struct range_line *ranges_line_of(const struct ranges *ranges, uint32_t id)
{
        for (size_t i = 0; i < ranges->count; i++) {
                const struct range_line *const line = &ranges->lines[i];

                if (line->is_range && id >= line->range.start &&
                    id - line->range.start < line->range.count)
                        return line;
        }
        return NULL;
}

char *range_span(const char *prefix, uint64_t first, uint64_t last)
{
        return first == last ? text_of("%s%llu", prefix, (unsigned long long)first)
                             : text_of("%s%llu-%s%llu", prefix, (unsigned long long)first, prefix,
                                       (unsigned long long)last);
}

uint64_t ranges_total(const struct ranges *ranges, const char *owner, size_t owner_length)
{
        struct range_line *const *lines;
        const size_t count = ranges_of(ranges, owner, owner_length, &lines);

        return count ? lines[count - 1]->position + lines[count - 1]->range.count : 0;
}

static bool is_in_passwd(const char *owner, bool numeric, uid_t uid)
{
        const int fd = open_below_root("/etc/passwd");
        const struct passwd *pwd;
        bool found = false;
        FILE *file;

        if (fd < 0)
                return false;
        file = fdopen(fd, "r");
        if (!file)
                die("/etc/passwd: %m");
        while (!found && (pwd = fgetpwent(file)))
                found = strcmp(pwd->pw_name, owner) == 0 || (numeric && pwd->pw_uid == uid);
        fclose(file);
        return found;
}

bool owner_is_account(const char *owner, size_t owner_length)
{
        /* Lines of one owner often follow one another. */
        static char last[SUBID_LINE_MAX];
        static bool last_is_account;
        unsigned long long uid;
        bool numeric;

        if (owner_length == strlen(last) && memcmp(owner, last, owner_length) == 0)
                return last_is_account;
        memcpy(last, owner, owner_length);
        last[owner_length] = '\0';
        uid = strtoull(last, NULL, 10);
        numeric = last[strspn(last, "0123456789")] == '\0' && uid <= UINT32_MAX;
        if (*options.root)
                last_is_account = is_in_passwd(last, numeric, (uid_t)uid);
        else
                last_is_account = getpwnam(last) || (numeric && getpwuid((uid_t)uid));
        return last_is_account;
}
