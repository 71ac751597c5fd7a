/* SPDX-License-Identifier: MIT */
#include "owners.h"

#include "directory.h"
#include "root.h"
#include "subid_range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void owners_add(struct owners *owners, const char *name, size_t length)
{
        owners->names = grow(owners->names, owners->count, &owners->room, sizeof(*owners->names));
        owners->names[owners->count++] = xstrndup(name, length);
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void owners_sort(struct owners *owners)
{
        size_t kept = 0;

        if (owners->count)
                qsort(owners->names, owners->count, sizeof(*owners->names), compare);
        for (size_t i = 0; i < owners->count; i++)
                if (kept == 0 || strcmp(owners->names[kept - 1], owners->names[i]) != 0)
                        owners->names[kept++] = owners->names[i];
        owners->count = kept;
}

static bool is_control(char c)
{
        return (unsigned char)c < ' ' || c == 127;
}

/* Whether any range of this owner can stand in a file. */
static bool is_owner(const char *name, size_t length)
{
        struct subid_range range;
        char *line;
        bool is_range;

        for (size_t i = 0; i < length; i++)
                if (is_control(name[i]))
                        return false;
        line = xasprintf("%.*s:4294967295:0000000001", (int)length, name);
        is_range = subid_range_parse(line, strlen(line), &range);
        free(line);
        return is_range;
}

static bool add_checked(struct owners *owners, const char *source, const char *name, size_t length)
{
        if (is_owner(name, length)) {
                owners_add(owners, name, length);
                return true;
        }
        warn("%s'%s' cannot be an owner", source, printable(name, length, SUBID_LINE_MAX));
        return false;
}

static bool add_file(struct owners *owners)
{
        struct text text, line;
        bool good = true;
        const int r = root_read(OWNERS_FILE, &text);

        if (r == -ENOENT)
                die("no owners: name them, their --group, or write them to " OWNERS_FILE);
        if (r < 0)
                root_die(OWNERS_FILE, r);
        for (unsigned long number = 1; take_line(&text, &line); number++) {
                char *source;

                while (line.size && strchr(" \t\r", *line.bytes)) {
                        line.bytes++;
                        line.size--;
                }
                while (line.size && strchr(" \t\r", line.bytes[line.size - 1]))
                        line.size--;
                if (line.size == 0 || *line.bytes == '#')
                        continue;
                source = xasprintf(OWNERS_FILE ":%lu: ", number);
                good &= add_checked(owners, source, line.bytes, line.size);
                free(source);
        }
        return good;
}

bool owners_read(char **arguments, const char *group, struct owners *owners)
{
        bool good = true;

        *owners = (struct owners){.count = 0};
        for (char **name = arguments; *name; name++)
                good &= add_checked(owners, "", *name, strlen(*name));
        if (group)
                for (char **member = directory_members(group); *member; member++)
                        good &= add_checked(owners, "", *member, strlen(*member));
        else if (!*arguments)
                good = add_file(owners);
        owners_sort(owners);
        /* None at all is more likely a mistake than a wish, and --prune would drop everything. */
        if (owners->count == 0)
                die("no owners");
        return good;
}
