/* SPDX-License-Identifier: MIT */
#include "subid_range.h"

#include <endian.h>
#include <string.h>

static bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The value of a digit of any base up to 16, or 16 if c is none. */
static unsigned int digit_value(char c)
{
        if (c >= '0' && c <= '9')
                return (unsigned int)(c - '0');
        if (c >= 'a' && c <= 'f')
                return (unsigned int)(c - 'a') + 10;
        if (c >= 'A' && c <= 'F')
                return (unsigned int)(c - 'A') + 10;
        return 16;
}

/* Reads all of the text from p up to end as strtoul(p, , base) does; base is 0 or 10. */
static bool parse_number(const char *p, const char *end, unsigned int base, uint32_t *number)
{
        uint64_t value = 0;

        while (p < end && is_blank(*p))
                p++;
        if (p < end && *p == '+')
                p++;
        if (base == 0 && end - p >= 2 && *p == '0') {
                const bool hexadecimal = p[1] == 'x' || p[1] == 'X';

                base = hexadecimal ? 16 : 8;
                p += hexadecimal ? 2 : 1;
        } else {
                base = 10;
        }
        if (p == end)
                return false;
        for (; p < end; p++) {
                const unsigned int digit = digit_value(*p);

                if (digit >= base)
                        return false;
                value = value * base + digit;
                if (value > UINT32_MAX)
                        return false;
        }
        *number = (uint32_t)value;
        return true;
}

#define SUBID_EXCLUDED_ROW(first, last, whose) {first, last, whose},

const struct subid_excluded subid_excluded_ids[] = {SUBID_EXCLUDED(SUBID_EXCLUDED_ROW)};

/* All bytes of a word are 1; times a byte, all of them are that byte. */
#define ONES UINT64_C(0x0101010101010101)

static inline uint64_t read_bytes(const char *text)
{
        uint64_t bytes;

        memcpy(&bytes, text, 8);
        return bytes;
}

/*
 * Names are compared and copied here without memcmp and memmove: they are short, and binding a
 * function of the C library costs every new process more.
 */
static inline bool is_same(const char *a, const char *b, size_t length)
{
        size_t i = 0;

        while (i < length && a[i] == b[i])
                i++;
        return i == length;
}

/* Moves *line over empty lines. Returns the newline behind it, or NULL if no line is left. */
static const char *next_newline(const char **line, const char *end)
{
        while (*line < end && **line == '\n')
                *line += end - *line >= 8 && read_bytes(*line) == ONES * '\n' ? 8 : 1;
        return *line < end ? memchr(*line, '\n', (size_t)(end - *line)) : NULL;
}

/* Eight bytes that are digits are worth 0 to 9 each; the first one is the lowest byte. */
static inline uint64_t read_digits(const char *text)
{
        return le64toh(read_bytes(text)) ^ ONES * '0';
}

/* How many of them, from the last one on, are digits: 0 to 8. */
static inline unsigned int count_digits(uint64_t bytes)
{
        const uint64_t low = ONES * 0x7f, high = ~low;
        const uint64_t others = (((bytes & low) + ONES * 0x76) | bytes) & high;

        return others ? (unsigned int)__builtin_clzll(others) / 8 : 8;
}

/* Reads the ninth and the tenth digit from the right, those before *end, and moves it there. */
static inline uint64_t read_top_digits(const char *line, const char **end)
{
        const char *p = *end;
        uint64_t value = 0;

        if (p > line && p[-1] >= '0' && p[-1] <= '9') {
                value = (uint64_t)(*--p - '0') * 100000000;
                if (p > line && p[-1] >= '0' && p[-1] <= '9')
                        value += (uint64_t)(*--p - '0') * 1000000000;
        }
        *end = p;
        return value;
}

/* Neighbours join: eight digits, four numbers of two, two of four, one of eight. */
static inline uint64_t join_digits(uint64_t bytes, uint64_t base)
{
        bytes = (bytes * base + (bytes >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
        bytes = (bytes * (base * base) + (bytes >> 16)) & UINT64_C(0x0000ffff0000ffff);
        return (bytes * (base * base * base * base) + (bytes >> 32)) & UINT32_MAX;
}

/* The first four alone, of a decimal number. */
static inline uint64_t join_four(uint64_t bytes)
{
        bytes = (bytes * 10 + (bytes >> 8)) & 0x00ff00ff;
        return (bytes * 100 + (bytes >> 16)) & 0xffff;
}

/*
 * Reads the number that ends before end: decimal, of at most ten digits, or octal behind a "0", of
 * at most seven. Returns where it begins, or NULL if there is no such number or less than eight
 * bytes lie between line and end.
 */
static inline const char *plain_number(const char *line, const char *end, uint64_t *number)
{
        uint64_t bytes;
        unsigned int digits;

        if (end - line < 8)
                return NULL;
        bytes = read_digits(end - 8);
        digits = count_digits(bytes);
        if (digits == 0)
                return NULL;
        bytes &= ~UINT64_C(0) << (64 - 8 * digits);
        *number = join_digits(bytes, 10);
        end -= digits;
        if (digits == 8)
                *number += read_top_digits(line, &end);
        if (*end != '0' || digits == 1)
                return end;
        *number = join_digits(bytes, 8);
        return digits < 8 && !(bytes & ONES * 8) ? end : NULL;
}

/*
 * Reads the last two fields of a line if both are such numbers, as nearly all are. Returns the
 * colon in front of them, or NULL: then the whole grammar has to say what the line is.
 */
static const char *plain_fields(const char *line, const char *newline, uint64_t *start,
                                uint64_t *count)
{
        const char *field = plain_number(line, newline, count);

        if (!field || field == line || field[-1] != ':')
                return NULL;
        field = plain_number(line, field - 1, start);
        if (!field || field == line || field[-1] != ':')
                return NULL;
        return field - 1;
}

/* Reads a line whose owner is known to be one, from the colon behind it on. */
static bool parse_fields(const char *line, const char *colon, const char *end,
                         struct subid_range *range)
{
        const char *const start = colon + 1;
        uint64_t plain_start, plain_count;

        if (end - line >= SUBID_LINE_MAX)
                return false;
        if (plain_fields(line, end, &plain_start, &plain_count) == colon &&
            plain_start <= UINT32_MAX && plain_count <= UINT32_MAX) {
                range->start = (uint32_t)plain_start;
                range->count = (uint32_t)plain_count;
        } else {
                const char *const count = memchr(start, ':', (size_t)(end - start));

                if (!count || !parse_number(start, count, 0, &range->start) ||
                    !parse_number(count + 1, end, 0, &range->count))
                        return false;
        }
        range->owner = line;
        range->owner_length = (size_t)(colon - line);
        return range->count <= UINT64_C(0x100000000) - range->start;
}

bool subid_range_parse(const char *line, size_t length, struct subid_range *range)
{
        const char *colon;

        if (length == 0 || *line == '#' || *line == '+' || *line == '-' || *line == ':')
                return false;
        colon = memchr(line, ':', length);
        return colon && parse_fields(line, colon, line + length, range) &&
               !memchr(line, '\0', range->owner_length);
}

/* A range whose count has COUNT_DIGITS digits at most ends less than COUNT_END behind its start. */
#define COUNT_DIGITS 6
#define COUNT_END 1000000

/*
 * Says whether a colon stands behind a start from which no count of COUNT_DIGITS digits reaches the
 * ID. An ID below it is far above any count: the difference wraps. Of a line with more than two
 * colons, which is no range, anything may be said.
 */
static inline bool starts_elsewhere(const char *line, const char *colon, uint32_t id)
{
        const char *field;
        uint64_t start;

        if (*colon != ':')
                return false;
        /* Ten bytes may be all of a decimal start, whose first four digits tell enough. */
        if (colon - line > 10 && colon[-11] == ':' && colon[-10] > '0' &&
            id / COUNT_END - join_four(read_digits(colon - 10)) > 1)
                return true;
        field = plain_number(line, colon, &start);
        return field && field > line && field[-1] == ':' && id - start >= COUNT_END;
}

/*
 * Says whether a line cannot hold the ID, as its last two fields alone tell, whatever stands in
 * front.
 */
static inline bool passes_by(const char *line, const char *newline, uint32_t id)
{
        uint64_t start, count;
        unsigned int digits;

        if (newline - line < 8)
                return false;
        digits = count_digits(read_digits(newline - 8));
        if (digits <= COUNT_DIGITS && starts_elsewhere(line, newline - 1 - digits, id))
                return true;
        return plain_fields(line, newline, &start, &count) && id - start >= count;
}

/* Finds the first line that holds the ID. */
static bool find_line(const char *lines, const char *end, uint32_t id, struct subid_range *range)
{
        for (const char *newline; (newline = next_newline(&lines, end)); lines = newline + 1)
                if (!passes_by(lines, newline, id) &&
                    subid_range_parse(lines, (size_t)(newline - lines), range) &&
                    subid_range_holds(range, id))
                        return true;
        return false;
}

bool subid_find_owner(const char *lines, const char *end, struct subid *subid)
{
        struct subid_range range;

        if (!find_line(lines, end, subid->id, &range))
                return false;
        for (size_t i = 0; range.owner[i] != ':'; i++)
                subid->owner[i] = range.owner[i];
        subid->owner_length = range.owner_length;
        subid->start = range.start;
        return true;
}

static bool is_owner(const struct subid *subid, const char *name, size_t length)
{
        return length == subid->owner_length && is_same(name, subid->owner, length);
}

bool subid_find_holder(const char *lines, const char *end, struct subid *subid)
{
        struct subid_range range;

        if (!find_line(lines, end, subid->id, &range))
                return false;
        subid->same_owner = is_owner(subid, range.owner, range.owner_length);
        subid->same_start = range.start == subid->start;
        return true;
}

/*
 * Passes over lines of other owners, eight places at a time: in front of a line of this one stand a
 * newline, and at their distances from it the owner's last byte and a colon. Returns where a line
 * begins behind the newline, but not behind such a line, or end if none does.
 */
static const char *pass_others(const char *newline, const char *end, const struct subid *subid)
{
        const size_t length = subid->owner_length;
        const uint64_t last = ONES * (unsigned char)subid->owner[length - 1];

        for (; (size_t)(end - newline) > length + 8; newline += 8) {
                const uint64_t bytes = (read_bytes(newline) ^ ONES * '\n') |
                                       (read_bytes(newline + length) ^ last) |
                                       (read_bytes(newline + length + 1) ^ ONES * ':');

                /* Is one of them 0? */
                if ((bytes - ONES) & ~bytes & ONES << 7)
                        break;
        }
        return subid_behind_first(newline, end);
}

/* Moves *lines behind the next range of this owner. Returns false if there is none up to end. */
static bool next_owned(const char **lines, const char *end, const struct subid *subid,
                       struct subid_range *range)
{
        const size_t length = subid->owner_length;
        const char *line = *lines;

        for (const char *newline; (newline = next_newline(&line, end));
             line = pass_others(newline, end, subid)) {
                if ((size_t)(newline - line) > length && line[length] == ':' &&
                    is_same(line, subid->owner, length) &&
                    parse_fields(line, line + length, newline, range)) {
                        *lines = newline + 1;
                        return true;
                }
        }
        return false;
}

bool subid_find_position(const char *lines, const char *end, struct subid *subid)
{
        struct subid_range range;

        while (next_owned(&lines, end, subid, &range)) {
                if (subid_range_holds(&range, subid->id)) {
                        subid->position = subid->passed + (subid->id - range.start);
                        return true;
                }
                /* To wrap around takes 2^32 lines, a file of 60 GiB. */
                subid->passed += range.count;
        }
        return false;
}

bool subid_find_id(const char *lines, const char *end, struct subid *subid)
{
        struct subid_range range;

        while (next_owned(&lines, end, subid, &range)) {
                if (subid->position - subid->passed < range.count) {
                        subid->id = range.start + (uint32_t)(subid->position - subid->passed);
                        return true;
                }
                subid->passed += range.count;
        }
        return false;
}

bool subid_account_parse(const char *line, size_t length, struct subid_account *account)
{
        const char *end = line + length, *colon, *id;

        /* Of a line that is too long, the last field looked at may be cut. */
        if (length >= SUBID_LINE_MAX)
                end = subid_behind_last(line, line + SUBID_LINE_MAX - 1, ':');
        while (line < end && is_blank(*line))
                line++;
        if (line < end && (*line == '#' || *line == '+' || *line == '-'))
                return false;
        colon = memchr(line, ':', (size_t)(end - line));
        if (!colon)
                return false;
        account->name = line;
        account->name_length = (size_t)(colon - line);
        colon = memchr(colon + 1, ':', (size_t)(end - (colon + 1)));
        if (!colon)
                return false;
        id = colon + 1;
        colon = memchr(id, ':', (size_t)(end - id));
        return parse_number(id, colon ? colon : end, 10, &account->id);
}

/* The reader of a line is inlined: a lookup by name reads all of /etc/passwd. */
__attribute__((flatten)) bool subid_find_account(const char *lines, const char *end,
                                                 struct subid *subid)
{
        struct subid_account account;

        for (const char *newline; (newline = next_newline(&lines, end)); lines = newline + 1)
                if (subid_account_parse(lines, (size_t)(newline - lines), &account) &&
                    account.id == subid->id)
                        return true;
        return false;
}

bool subid_find_named(const char *lines, const char *end, struct subid *subid)
{
        struct subid_account account;

        for (const char *newline; (newline = next_newline(&lines, end)); lines = newline + 1)
                if (subid_account_parse(lines, (size_t)(newline - lines), &account) &&
                    is_owner(subid, account.name, account.name_length)) {
                        subid->id = account.id;
                        return true;
                }
        return false;
}

bool subid_mark_parse(const char *line, size_t length, uint64_t *sorted, uint64_t *size)
{
        const size_t of = sizeof(SUBID_MARK_OF) - 1, begin = sizeof(SUBID_MARK) - 1;
        const char *field;

        if (length <= begin || !is_same(line, SUBID_MARK, begin))
                return false;
        field = plain_number(line, line + length, size);
        if (!field || *field == '0' || (size_t)(field - line) <= begin + of ||
            !is_same(field - of, SUBID_MARK_OF, of))
                return false;
        return line[begin] != '0' && plain_number(line, field - of, sorted) == line + begin;
}

enum subid_place subid_search(const char *lines, const char *end, uint32_t id,
                              struct subid_part *part)
{
        const char *const first_end = subid_behind_first(lines, end) - 1;
        const char *const last = subid_behind_last(lines, end - 1, '\n');
        uint64_t low, high; /* between them lies what is between lines and end */
        struct subid_range range;

        part->bytes = (size_t)(end - lines);
        if (!subid_range_parse(lines, (size_t)(first_end - lines), &range))
                return SUBID_UNSORTED;
        part->first = range.start;
        if (id < part->first)
                return SUBID_BELOW;
        if (!subid_range_parse(last, (size_t)(end - 1 - last), &range) || range.start < part->first)
                return SUBID_UNSORTED;
        part->behind = subid_range_end(&range);
        if (part->behind <= part->first)
                return SUBID_UNSORTED;
        if (id >= part->behind)
                return SUBID_ABOVE;
        low = part->first;
        high = part->behind;
        while (lines < end) {
                /* The line in the middle. */
                const char *const middle = lines + (end - lines) / 2;
                const char *const line = subid_behind_last(lines, middle, '\n');
                const char *const line_end = subid_behind_first(middle, end);

                if (!subid_range_parse(line, (size_t)(line_end - 1 - line), &range) ||
                    range.start < low || subid_range_end(&range) > high)
                        return SUBID_UNSORTED;
                if (id < range.start) {
                        end = line;
                        high = range.start;
                } else if (id >= subid_range_end(&range)) {
                        lines = line_end;
                        low = subid_range_end(&range);
                } else {
                        part->line = line;
                        part->line_end = line_end;
                        return SUBID_INSIDE;
                }
        }
        return SUBID_BETWEEN;
}
