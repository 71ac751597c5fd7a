/* SPDX-License-Identifier: MIT */
/*
 * against_libsubid SEED FILES: writes so many pairs of random /etc/subuid and /etc/subgid, asks the
 * module for the entries of IDs, and the installed libsubid for the ranges of owners, and compares:
 * who owns an ID, at which position, and with which group. Exit status 1 at the first difference.
 *
 * Where the module differs on purpose, or libsubid's versions differ from each other, libsubid
 * reads another line than the module: what the module's rule makes of it, in libsubid's terms. Each
 * such rule has a name below, and what is not named has to agree.
 */
#include "nss_subuid.h"

#include <dlfcn.h>
#include <errno.h>
#include <shadow/subid.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

enum { LINES_MAX = 12, LINE_SIZE = 1200, RANGES_MAX = 64 };

/* Accounts of these names exist. The last two stand in, for libsubid, for owners of other kinds. */
static const char *const owners[] = {"root", "alice", "bob", "carol", "number", "stranger"};
enum { PLAIN_OWNERS = 4 };

enum rule {
        SAME,
        OWNER_BY_NUMBER,       /* "0" is root to libsubid; here it is an owner of its own */
        OWNER_WITHOUT_ACCOUNT, /* libsubid's answer depends on its version; here it counts */
        MINUS_SIGN,            /* up to 4.17 wraps around, later refused but for "-0" */
        OUT_OF_BOUNDS,         /* up to 4.17 a range may end beyond 4294967295 */
        FOUR_FIELDS,           /* up to 4.17 a fourth field is ignored */
        BINARY,                /* "0b1" is a number with glibc 2.38, not before; here never */
        NUL_BYTE,        /* libsubid refuses the file, or cuts the line; here it is no range */
        NO_LAST_NEWLINE, /* refused from 4.18 on; here the line counts */
        SYMBOLIC_LINK,   /* refused; here followed */
        RULES
};

static const char *const rule_names[] = {
    [SAME] = "the same for both",
    [OWNER_BY_NUMBER] = "owner by number",
    [OWNER_WITHOUT_ACCOUNT] = "owner without account",
    [MINUS_SIGN] = "minus sign",
    [OUT_OF_BOUNDS] = "out of bounds",
    [FOUR_FIELDS] = "four fields",
    [BINARY] = "binary number",
    [NUL_BYTE] = "NUL byte",
    [NO_LAST_NEWLINE] = "no last newline",
    [SYMBOLIC_LINK] = "symbolic link",
};

static unsigned long rule_uses[RULES];

static uint64_t random_state;

/* xorshift64*, good enough and the same everywhere. Returns 0 to limit - 1. */
static uint64_t random_below(uint64_t limit)
{
        random_state ^= random_state >> 12;
        random_state ^= random_state << 25;
        random_state ^= random_state >> 27;
        return (random_state * UINT64_C(2685821657736338717) >> 16) % limit;
}

static bool one_in(unsigned int n)
{
        return random_below(n) == 0;
}

/* What the module and libsubid are to read. */
struct text {
        char bytes[LINES_MAX * LINE_SIZE];
        size_t size;
};

static void __attribute__((format(printf, 2, 3))) append(struct text *text, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        text->size += (size_t)vsnprintf(text->bytes + text->size, sizeof(text->bytes) - text->size,
                                        format, arguments);
        va_end(arguments);
}

/* A number in one of the notations that both read. */
static void format_number(char *out, size_t size, uint64_t number)
{
        static const char *const formats[] = {
            "%llu",    "%llu",  "%llu",    "%llu",  "0x%llx",      "0X%llX",  "0%llo", "00%llo",
            "0x0%llx", " %llu", "\t %llu", "+%llu", "\v\f\r+%llu", " 0x%llx", "+0%llo"};

        snprintf(out, size, formats[random_below(COUNT_OF(formats))], (unsigned long long)number);
}

static const char *bad_number(void)
{
        static const char *const bad[] = {"",    " ",   "x",    "12a", "0x",   "0xg", "08",    "1 ",
                                          "1.5", "+ 1", "++1",  "1\r", "0x 1", "one", "1,000", "+",
                                          "1e3", "12k", "0x1h", "\t",  "1#",   "#1"};

        return bad[random_below(COUNT_OF(bad))];
}

/* Starts that make ranges meet, overlap and reach the end of what 32 bits hold. */
static uint32_t random_start(void)
{
        switch (random_below(6)) {
        case 0:
                return (uint32_t)random_below(200);
        case 1:
                return (uint32_t)(65500 + random_below(100));
        case 2:
                return UINT32_MAX - (uint32_t)random_below(200);
        case 3:
                return (uint32_t)random_below(UINT64_C(0x100000000));
        default:
                return (uint32_t)(100000 + 10 * random_below(40));
        }
}

static uint32_t random_count(uint32_t start)
{
        const uint64_t most = UINT64_C(0x100000000) - start;
        uint64_t count = one_in(4) ? random_below(most + 1) : random_below(60);

        if (one_in(10))
                count = most;
        if (count > most)
                count = most;
        return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

/* A line for the module, and for libsubid the same or what this rule makes of it. */
static enum rule append_line(struct text *ours, struct text *theirs, bool other_owners)
{
        const char *owner = owners[random_below(PLAIN_OWNERS)];
        const uint32_t start = random_start(), count = random_count(start);
        const enum rule rule = one_in(3) ? (enum rule)random_below(SYMBOLIC_LINK) : SAME;
        char first[64], second[64], line[LINE_SIZE];

        format_number(first, sizeof(first), start);
        format_number(second, sizeof(second), count);
        switch (rule) {
        case OWNER_BY_NUMBER:
                append(ours, "0:%s:%s\n", first, second);
                append(theirs, "number:%s:%s\n", first, second);
                return rule;
        case OWNER_WITHOUT_ACCOUNT:
                append(ours, "containers:%s:%s\n", first, second);
                append(theirs, "stranger:%s:%s\n", first, second);
                return rule;
        case MINUS_SIGN:
                append(ours, "%s:%s%u:%s%u\n", owner, one_in(2) ? "-" : " -", one_in(2) ? 0 : start,
                       one_in(2) ? "" : "-", count);
                append(theirs, "# minus\n");
                return rule;
        case OUT_OF_BOUNDS:
                append(ours, "%s:%llu:%llu\n", owner, start + (one_in(2) ? 0x100000000ULL : 0),
                       0x100000001ULL - start + random_below(1000));
                append(theirs, "# out of bounds\n");
                return rule;
        case FOUR_FIELDS:
                append(ours, "%s:%s:%s:%s\n", owner, first, second, one_in(2) ? "" : "1");
                append(theirs, "# four fields\n");
                return rule;
        case BINARY:
                append(ours, "%s:0b1%s:%s\n", owner, one_in(2) ? "01" : "", second);
                append(theirs, "# binary\n");
                return rule;
        case NUL_BYTE:
                snprintf(line, sizeof(line), "%s:%s:%s", owner, first, second);
                append(ours, "%s\n", line);
                ours->bytes[ours->size - 1 - random_below(strlen(line) + 1)] = '\0';
                if (ours->bytes[ours->size - 1] == '\0')
                        append(ours, "\n");
                append(theirs, "# NUL\n");
                return rule;
        default:
                break;
        }
        switch (random_below(12)) {
        case 0: /* a number that is none */
                snprintf(line, sizeof(line), "%s:%s:%s", owner, one_in(2) ? bad_number() : first,
                         bad_number());
                break;
        case 1: /* not three fields, or an empty one */
                snprintf(line, sizeof(line), "%s", one_in(2) ? ":1:1" : one_in(2) ? "alice:1" : "");
                break;
        case 2: /* commented out, or what NIS once took */
                snprintf(line, sizeof(line), "%c%s:%s:%s", "#+-"[random_below(3)], owner, first,
                         second);
                break;
        case 3: /* a longer name, or another one by a blank */
                snprintf(line, sizeof(line), "%s%s:%s:%s", owner,
                         other_owners ? one_in(2) ? "x" : " " : "", first, second);
                break;
        case 4: /* around the longest line there may be */
                snprintf(line, sizeof(line), "%s:%*u:%s", owner, (int)(1000 + random_below(30)),
                         start, second);
                break;
        default:
                snprintf(line, sizeof(line), "%s:%s:%s", owner, first, second);
        }
        append(ours, "%s\n", line);
        append(theirs, "%s\n", line);
        return SAME;
}

/* The others are named so that they are easily taken for one of these. */
static bool is_asked_for(const char *owner)
{
        for (size_t i = 0; i < COUNT_OF(owners); i++)
                if (strcmp(owner, owners[i]) == 0)
                        return true;
        return false;
}

static void write_file(const char *path, const struct text *text, bool as_link)
{
        char target[64];
        FILE *file;

        snprintf(target, sizeof(target), "%s%s", path, as_link ? ".target" : "");
        unlink(path);
        file = fopen(target, "we");
        if (!file || fwrite(text->bytes, 1, text->size, file) != text->size || fclose(file) != 0 ||
            (as_link && symlink(target, path) != 0)) {
                perror(path);
                exit(2);
        }
}

/* Both texts of a file, with the rules that concern a file as a whole. */
struct file {
        const char *path;
        struct text ours, theirs;
        bool as_link;
        bool other_owners; /* has lines of owners that libsubid is not asked for */
};

static void make_file(struct file *file)
{
        const uint64_t lines = random_below(LINES_MAX);
        enum rule rule = SAME;

        file->ours.size = file->theirs.size = 0;
        for (uint64_t i = 0; i < lines; i++) {
                rule = append_line(&file->ours, &file->theirs, file->other_owners);
                rule_uses[rule]++;
        }
        if (lines > 0 && one_in(8)) {
                file->ours.size--;
                rule_uses[NO_LAST_NEWLINE]++;
        }
        file->as_link = one_in(20);
        rule_uses[SYMBOLIC_LINK] += file->as_link;
}

/* What libsubid lists. */
struct list {
        struct subid_range *ranges;
        int count;
};

static bool is_excluded(uint64_t id)
{
        return id == 0 || (id >= 60001 && id <= 60705) || (id >= 61184 && id <= 65519) ||
               id == 65534 || id == 65535 || (id >= 2147352576 && id <= 2147418111) ||
               id == 4294967295;
}

/* The start of the first range that holds the ID, or -1. */
static int64_t start_of(const struct list *list, uint64_t id)
{
        for (int i = 0; i < list->count; i++)
                if (id - list->ranges[i].start < list->ranges[i].count)
                        return (int64_t)list->ranges[i].start;
        return -1;
}

static bool list_holds(const struct list *list, uint64_t id, uint64_t *position)
{
        *position = 0;
        for (int i = 0; i < list->count; i++) {
                if (id - list->ranges[i].start < list->ranges[i].count) {
                        *position += id - list->ranges[i].start;
                        return true;
                }
                *position += list->ranges[i].count;
        }
        return false;
}

static uint32_t list_at(const struct list *list, uint64_t position)
{
        for (int i = 0; i < list->count; i++) {
                if (position < list->ranges[i].count) {
                        const uint64_t id = list->ranges[i].start + position;

                        return is_excluded(id) ? 65534 : (uint32_t)id;
                }
                position -= list->ranges[i].count;
        }
        return 65534;
}

/*
 * Says whether the GID may be that of a user. libsubid tells each owner's lines, not which of two
 * owners' comes first: where another owner's holds a GID too, either answer is taken.
 */
static bool may_be_group(uint32_t gid, const struct list *user, const struct list *groups,
                         size_t owner, uint32_t uid, uint64_t position, bool more_owners)
{
        const uint32_t by_position = list_at(&groups[owner], position);
        const int64_t start = start_of(&groups[owner], uid);
        bool same_contested = more_owners, other_contested = more_owners;

        for (size_t i = 0; i < COUNT_OF(owners); i++) {
                same_contested |= i != owner && start_of(&groups[i], uid) >= 0;
                other_contested |= i != owner && start_of(&groups[i], by_position) >= 0;
        }
        if (start >= 0 && start == start_of(user, uid)) {
                if (gid == uid || !same_contested)
                        return gid == uid;
        }
        return gid == by_position || (gid == 65534 && other_contested);
}

static typeof(_nss_subuid_getpwuid_r) *getpwuid_of_module;
static typeof(_nss_subuid_getgrgid_r) *getgrgid_of_module;

/* Compares what both say of an ID. Returns false, having said so, if they differ. */
static bool compare(uint32_t id, const struct list *users, const struct list *groups,
                    bool more_owners)
{
        const bool excluded = is_excluded(id);
        bool user_listed = false, group_listed = false;
        unsigned long long position;
        char buffer[1024], owner[128] = "";
        struct passwd pwd;
        struct group grp;
        uint64_t expected;
        int error;
        enum nss_status status;

        for (size_t i = 0; i < COUNT_OF(owners); i++) {
                user_listed |= list_holds(&users[i], id, &expected);
                group_listed |= list_holds(&groups[i], id, &expected);
        }
        status = getgrgid_of_module(id, &grp, buffer, sizeof(buffer), &error);
        if (status != (group_listed && !excluded ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND)) {
                fprintf(stderr, "group %u: status %d, libsubid %s\n", id, status,
                        group_listed ? "lists it" : "does not list it");
                return false;
        }
        status = getpwuid_of_module(id, &pwd, buffer, sizeof(buffer), &error);
        if (status != NSS_STATUS_SUCCESS) {
                if (status == NSS_STATUS_NOTFOUND && (!user_listed || excluded))
                        return true;
                fprintf(stderr, "user %u: status %d, but libsubid lists it\n", id, status);
                return false;
        }
        if (excluded || sscanf(pwd.pw_gecos, "subuid %llu of %127[^\n]", &position, owner) != 2) {
                fprintf(stderr, "user %u: \"%s\"\n", id, pwd.pw_gecos);
                return false;
        }
        if (strcmp(owner, "0") == 0)
                strcpy(owner, "number");
        else if (strcmp(owner, "containers") == 0)
                strcpy(owner, "stranger");
        if (!is_asked_for(owner))
                return true;
        for (size_t i = 0; i < COUNT_OF(owners); i++) {
                if (strcmp(owner, owners[i]) != 0)
                        continue;
                if (!list_holds(&users[i], id, &expected) || expected != position ||
                    !may_be_group(pwd.pw_gid, &users[i], groups, i, id, position, more_owners)) {
                        fprintf(stderr, "user %u: \"%s\", group %u; libsubid: %llu, %u\n", id,
                                pwd.pw_gecos, pwd.pw_gid, (unsigned long long)expected,
                                list_at(&groups[i], position));
                        return false;
                }
        }
        return true;
}

/* The IDs at the edges of all ranges and some others. */
static size_t choose_ids(uint32_t *ids, const struct list *users, const struct list *groups)
{
        size_t n = 0;

        for (size_t i = 0; i < COUNT_OF(owners); i++)
                for (int kind = 0; kind < 2; kind++) {
                        const struct list *list = kind ? &groups[i] : &users[i];

                        for (int j = 0; j < list->count; j++) {
                                const uint64_t start = list->ranges[j].start;
                                const uint64_t count = list->ranges[j].count;

                                ids[n++] = (uint32_t)(start - 1);
                                ids[n++] = (uint32_t)start;
                                ids[n++] = (uint32_t)(start + count - 1);
                                ids[n++] = (uint32_t)(start + count);
                                ids[n++] = (uint32_t)(start + random_below(count + 1));
                        }
                }
        for (int i = 0; i < 10; i++)
                ids[n++] = random_start();
        return n;
}

static void show(const char *what, const struct text *text)
{
        fprintf(stderr, "%s:\n", what);
        fwrite(text->bytes, 1, text->size, stderr);
}

int main(int argc, char **argv)
{
        static uint32_t ids[COUNT_OF(owners) * 2 * LINES_MAX * 5 + 10];
        static struct file users_file = {.path = "/etc/subuid"},
                           groups_file = {.path = "/etc/subgid"};
        struct list users[COUNT_OF(owners)], groups[COUNT_OF(owners)];
        void *module = dlopen("libnss_subuid.so.2", RTLD_NOW);
        unsigned long files, compared = 0, listed = 0;

        if (argc != 3 || !module || !subid_init(NULL, NULL)) {
                fprintf(stderr, "against_libsubid SEED FILES\n");
                return 2;
        }
        getpwuid_of_module = (typeof(getpwuid_of_module))dlsym(module, "_nss_subuid_getpwuid_r");
        getgrgid_of_module = (typeof(getgrgid_of_module))dlsym(module, "_nss_subuid_getgrgid_r");
        random_state = strtoull(argv[1], NULL, 10) * 2 + 1;
        files = strtoul(argv[2], NULL, 10);
        printf("# seed %s\n", argv[1]);
        for (unsigned long round = 0; round < files; round++) {
                bool equal = true;
                size_t n;

                make_file(&users_file);
                make_file(&groups_file);
                write_file(users_file.path, &users_file.theirs, false);
                write_file(groups_file.path, &groups_file.theirs, false);
                for (size_t i = 0; i < COUNT_OF(owners); i++) {
                        users[i].count = subid_get_uid_ranges(owners[i], &users[i].ranges);
                        groups[i].count = subid_get_gid_ranges(owners[i], &groups[i].ranges);
                        if (users[i].count < 0 || groups[i].count < 0) {
                                fprintf(stderr, "libsubid refuses a file\n");
                                equal = false;
                        }
                        listed += (unsigned long)(users[i].count + groups[i].count);
                }
                write_file(users_file.path, &users_file.ours, users_file.as_link);
                write_file(groups_file.path, &groups_file.ours, groups_file.as_link);
                n = choose_ids(ids, users, groups);
                for (size_t i = 0; i < n && equal; i++, compared++)
                        equal = compare(ids[i], users, groups, groups_file.other_owners);
                for (size_t i = 0; i < COUNT_OF(owners); i++) {
                        free(users[i].ranges);
                        free(groups[i].ranges);
                }
                if (!equal) {
                        fprintf(stderr, "file %lu of seed %s\n", round, argv[1]);
                        show("/etc/subuid", &users_file.ours);
                        show("/etc/subuid for libsubid", &users_file.theirs);
                        show("/etc/subgid", &groups_file.ours);
                        show("/etc/subgid for libsubid", &groups_file.theirs);
                        return 1;
                }
        }
        printf("# %lu pairs of files, %lu ranges listed by libsubid, %lu IDs compared\n", files,
               listed, compared);
        for (enum rule rule = SAME; rule < RULES; rule++)
                printf("# %s: %lu\n", rule_names[rule], rule_uses[rule]);
        /* A generator that makes no ranges, or leaves out a rule, would compare nothing. */
        for (enum rule rule = SAME; rule < RULES; rule++)
                if (rule_uses[rule] < files / 100)
                        return 1;
        return listed < files || compared < files * 10;
}
