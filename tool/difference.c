/* SPDX-License-Identifier: MIT */
#include "difference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTEXT = 3 };

/* A line of both texts, of the old one, or of the new one. */
struct step {
        char mark; /* ' ', '-' or '+' */
        struct text line;
};

struct steps {
        struct step *list;
        size_t count, room;
};

bool text_is_same(struct text a, struct text b)
{
        return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

/* Takes a line, with its newline if it has one. */
static struct text take_whole_line(struct text *rest)
{
        const char *const begin = rest->bytes;
        struct text line;

        take_line(rest, &line);
        return (struct text){begin, (size_t)(rest->bytes - begin)};
}

static size_t count_lines(struct text text)
{
        size_t count = 0;

        for (struct text line; take_line(&text, &line);)
                count++;
        return count;
}

static void add(struct steps *steps, char mark, struct text line)
{
        steps->list = grow(steps->list, steps->count, &steps->room, sizeof(*steps->list));
        steps->list[steps->count++] = (struct step){mark, line};
}

/* Lines that are others, one behind the other, are shown behind those that they were. */
static struct steps compare(struct text old, struct text new)
{
        size_t old_lines = count_lines(old), new_lines = count_lines(new);
        struct steps steps = {.count = 0}, added = {.count = 0};

        while (old_lines + new_lines > 0) {
                struct text a = old, b = new;
                const struct text was = old_lines ? take_whole_line(&a) : (struct text){NULL, 0};
                const struct text is = new_lines ? take_whole_line(&b) : (struct text){NULL, 0};
                const bool same = text_is_same(was, is);
                const bool is_gone = !same && old_lines > new_lines;

                for (size_t i = 0; same && i < added.count; i++)
                        add(&steps, '+', added.list[i].line);
                added.count = same ? 0 : added.count;
                if (old_lines) {
                        add(&steps, same ? ' ' : '-', was);
                        old_lines--;
                        old = a;
                }
                if (new_lines && !is_gone) {
                        if (!same)
                                add(&added, '+', is);
                        new_lines--;
                        new = b;
                }
        }
        for (size_t i = 0; i < added.count; i++)
                add(&steps, '+', added.list[i].line);
        free(added.list);
        return steps;
}

/* A terminal gets no control characters; patch(1) gets every byte. */
static void print_step(const struct step *step, bool is_terminal)
{
        const struct text line = step->line;

        putchar(step->mark);
        for (size_t i = 0; i < line.size; i++) {
                const char c = line.bytes[i];
                const bool is_shown = (c >= ' ' && c <= '~') || c == '\n' || c == '\t';

                putchar(is_shown || !is_terminal ? c : '?');
        }
        if (line.bytes[line.size - 1] != '\n')
                puts("\n\\ No newline at end of file");
}

/* "4,7"; of no lines the one in front of them. */
static char *span(size_t first, size_t count)
{
        return xasprintf("%zu,%zu", count ? first : first - 1, count);
}

/* Prints a part of the steps, which begins at these lines; the lines are then those behind it. */
static void print_hunk(const struct step *steps, size_t count, size_t *old_line, size_t *new_line)
{
        const bool is_terminal = isatty(STDOUT_FILENO);
        size_t of_old = 0, of_new = 0;

        for (size_t i = 0; i < count; i++) {
                of_old += steps[i].mark != '+';
                of_new += steps[i].mark != '-';
        }
        printf("@@ -%s +%s @@\n", span(*old_line, of_old), span(*new_line, of_new));
        for (size_t i = 0; i < count; i++)
                print_step(&steps[i], is_terminal);
        *old_line += of_old;
        *new_line += of_new;
}

/* From a change on: where no change follows within twice the context. */
static size_t end_of_changes(const struct steps *steps, size_t from)
{
        size_t last = from;

        for (size_t i = from; i < steps->count && i <= last + 2 * (size_t)CONTEXT + 1; i++)
                if (steps->list[i].mark != ' ')
                        last = i;
        return last + 1;
}

void print_difference(const char *old_path, const char *new_path, struct text old, struct text new)
{
        const struct steps steps = compare(old, new);
        size_t old_line = 1, new_line = 1, printed = 0;

        printf("--- a%s\n+++ b%s\n", old_path, new_path);
        for (size_t i = 0; i < steps.count; i++) {
                size_t first, end;

                if (steps.list[i].mark == ' ')
                        continue;
                first = i > printed + CONTEXT ? i - CONTEXT : printed;
                end = end_of_changes(&steps, i);
                i = end + CONTEXT < steps.count ? end + CONTEXT : steps.count;
                /* What is not printed stands in both. */
                old_line += first - printed;
                new_line += first - printed;
                print_hunk(&steps.list[first], i - first, &old_line, &new_line);
                printed = i--;
        }
        free(steps.list);
}
