/* SPDX-License-Identifier: MIT */
#include "grammar.h"

#include "../util.h"
#include "subid_range.h"

#include <stdint.h>
#include <string.h>

#define FORM "write owner:start:count"

static bool is_digit(char c, unsigned int base)
{
        if (c >= '0' && c <= '9')
                return (unsigned int)(c - '0') < base;
        return base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

static unsigned int value_of(char digit)
{
        return (unsigned int)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

/* Where and why; the column is counted once it is known where the line begins. */
struct fault {
        const char *at;
        const char *what, *advice;
};

static struct fault explain_character(const char *at, const char *end, unsigned int base)
{
        const char *next = at;

        while (next < end && is_blank(*next))
                next++;
        if (next < end && *next == '#')
                return (struct fault){next, "a comment behind a range",
                                      "give the comment a line of its own"};
        if (next > at)
                return (struct fault){at, "a blank in or behind a number", "remove it"};
        if (*at == '-')
                return (struct fault){at, "a minus sign", "write a number from 0 to 4294967295"};
        if (base == 8 && is_digit(*at, 10))
                return (struct fault){at, "no octal digit behind a leading 0",
                                      "remove the 0 in front"};
        return (struct fault){at, base == 16 ? "no hexadecimal digit" : "no digit",
                              "write a number alone"};
}

/* Explains a field that has to be a number. Returns a fault with at = NULL if it is one. */
static struct fault explain_number(const char *field, const char *end, uint32_t *number)
{
        const char *p = field, *digits;
        unsigned int base = 10;
        uint64_t value = 0;

        while (p < end && is_blank(*p))
                p++;
        if (p < end && *p == '+')
                p++;
        digits = p;
        if (end - p >= 2 && *p == '0') {
                base = p[1] == 'x' || p[1] == 'X' ? 16 : 8;
                p += base == 16 ? 2 : 1;
        }
        if (p == end)
                return (struct fault){p, "no number", FORM};
        for (const char *q = p; q < end; q++)
                if (!is_digit(*q, base))
                        return explain_character(q, end, base);
        for (; p < end; p++) {
                value = value * base + value_of(*p);
                if (value > UINT32_MAX)
                        return (struct fault){digits, "a number beyond 4294967295",
                                              "write a smaller one"};
        }
        *number = (uint32_t)value;
        return (struct fault){NULL, NULL, NULL};
}

/* Explains the three fields of a line that has no other fault. */
static struct fault explain_fields(const char *line, const char *end)
{
        const char *const start = memchr(line, ':', (size_t)(end - line));
        const char *count, *extra;
        struct fault fault;
        uint32_t numbers[2] = {0, 0};

        if (!start)
                return (struct fault){end, "one field instead of three", FORM};
        if (start == line)
                return (struct fault){line, "no owner", FORM};
        count = memchr(start + 1, ':', (size_t)(end - (start + 1)));
        if (!count)
                return (struct fault){end, "two fields instead of three", FORM};
        extra = memchr(count + 1, ':', (size_t)(end - (count + 1)));
        if (extra && extra + 1 == end)
                return (struct fault){extra,
                                      "a fourth, empty field, with which shadow 4.13 and 4.17 "
                                      "still honour the line",
                                      FORM};
        if (extra)
                return (struct fault){extra, "more than three fields", FORM};
        fault = explain_number(start + 1, count, &numbers[0]);
        if (!fault.at)
                fault = explain_number(count + 1, end, &numbers[1]);
        if (!fault.at && numbers[1] > UINT64_C(0x100000000) - numbers[0])
                fault = (struct fault){count + 1,
                                       "IDs beyond 4294967295, of which shadow 4.13 and 4.17 "
                                       "honour the rest",
                                       "lower the count"};
        return fault;
}

static struct fault explain(const char *line, const char *end)
{
        const char *const nul = memchr(line, '\0', (size_t)(end - line));
        const char *word = line;
        struct fault fault;

        while (word < end && is_blank(*word))
                word++;
        if (nul)
                return (struct fault){nul, "a NUL byte", "remove it"};
        if (word == end)
                return (struct fault){line, "nothing but blanks", "remove them"};
        if (end[-1] == '\r')
                return (struct fault){end - 1, "a carriage return at the end",
                                      "end lines with a newline alone, as dos2unix does"};
        if (end - line >= SUBID_LINE_MAX)
                return (struct fault){line + SUBID_LINE_MAX - 1, "1024 bytes or more",
                                      "shorten the line"};
        if (*line == '+' || *line == '-')
                return (struct fault){line, "a sign in front, which newuidmap takes for NIS",
                                      "remove the line"};
        fault = explain_fields(line, end);
        if (fault.at && *word == '#')
                return (struct fault){line, "a blank in front of a comment", "remove it"};
        return fault;
}

bool explain_line(const char *line, size_t length, struct explanation *explanation)
{
        struct fault fault;
        size_t blanks = 0;

        if (length == 0 || *line == '#')
                return false;
        fault = explain(line, line + length);
        if (!fault.at)
                return false;
        while (blanks < length && is_blank(line[blanks]))
                blanks++;
        *explanation = (struct explanation){
            .column = (size_t)(fault.at - line) + 1,
            .what = fault.what,
            .advice = fault.advice,
            .harmless = blanks == length || (blanks > 0 && line[blanks] == '#'),
        };
        return true;
}
