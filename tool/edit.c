/* SPDX-License-Identifier: MIT */
#include "edit.h"

#include "nsswitch.h"
#include "subuidctl.h"

#include <string.h>

#define WORD "subuid"

static const char *const databases[] = {"passwd", "group", NULL};

/* Whether a word that ends here has nothing but a blank, or the line's end, behind it. */
static bool ends_at(const struct text *text, const struct nsswitch_line *line, size_t offset)
{
        return offset == line->text.offset + line->text.length || text->bytes[offset] == '\0' ||
               is_blank(text->bytes[offset]);
}

/* Puts a word in the place of some bytes. */
static void splice(struct text *text, size_t offset, size_t removed, const char *word)
{
        const size_t length = strlen(word), size = text->size - removed + length;
        char *const bytes = allocate(size);

        memcpy(bytes, text->bytes, offset);
        memcpy(bytes + offset, word, length);
        memcpy(bytes + offset + length, text->bytes + offset + removed,
               text->size - offset - removed);
        *text = (struct text){bytes, size};
}

/* Behind a service and its actions. */
static size_t end_of(const struct nsswitch_service *service)
{
        const struct nsswitch_word *const last =
            service->brackets.length ? &service->brackets : &service->name;

        return last->offset + last->length;
}

/* How many services of a line stand in front of its comment. glibc knows no such comment. */
static size_t count_services(const struct nsswitch_line *line)
{
        size_t count = 0;

        while (count < line->count && end_of(&line->services[count]) <= line->comment)
                count++;
        return count;
}

static const struct nsswitch_service *find_word(const struct nsswitch *nsswitch,
                                                const struct nsswitch_line *line)
{
        const struct nsswitch_service *const service = nsswitch_find(nsswitch, line, WORD);

        return service && end_of(service) <= line->comment ? service : NULL;
}

/* Finds where the word goes. Returns NULL, or why there is no such place. */
static const char *find_place(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                              size_t *place)
{
        const size_t count = count_services(line);
        bool merges = false;

        if (line->rest < line->comment && nsswitch->text[line->rest] == '[')
                return "what follows the second [...] in a row does not count; take one away";
        *place = 0;
        for (size_t i = 0; i < count; i++) {
                if (nsswitch_has_accounts(nsswitch, &line->services[i]))
                        *place = end_of(&line->services[i]);
                merges |= line->services[i].actions[NSSWITCH_SUCCESS] == NSSWITCH_MERGE;
        }
        if (*place == 0)
                return "no source of accounts; name one, such as files";
        if (merges)
                *place = end_of(&line->services[count - 1]);
        for (size_t i = 0; i < count && end_of(&line->services[i]) <= *place; i++) {
                if (line->services[i].actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN)
                        return "[NOTFOUND=return] would hide " WORD " behind it; take it away, or "
                               "add " WORD " in front of it by hand";
                /* glibc ends on the status of the last service (nss/getXXbyYY_r.c). */
                if (line->services[i].actions[NSSWITCH_SUCCESS] == NSSWITCH_CONTINUE)
                        return "[SUCCESS=continue] goes on to " WORD ", whose answer \"not found\" "
                               "would take the place of the one before it, root's too; take it away";
        }
        return NULL;
}

static void add_at(struct text *text, const struct nsswitch_line *line, size_t place)
{
        /* Behind a "]" the next service may follow at once. */
        splice(text, place, 0, ends_at(text, line, place) ? " " WORD : WORD " ");
}

static bool add_to(struct text *text, const char *database, const char *path)
{
        const struct nsswitch_line *line;
        struct nsswitch nsswitch;
        const char *fault;
        size_t place;

        nsswitch_parse(text->bytes, text->size, &nsswitch);
        line = nsswitch_line_of(&nsswitch, database);
        if (!line) {
                const struct nsswitch_line *const last =
                    nsswitch.count ? &nsswitch.lines[nsswitch.count - 1] : NULL;

                if (last && nsswitch_is(&nsswitch, last->database, database))
                        error("%s:%lu: a last line without a newline does not count; add one", path,
                              last->number);
                else
                        error("%s: no line for %s; add \"%s: files\"", path, database, database);
                return false;
        }
        if (find_word(&nsswitch, line))
                return true;
        fault = find_place(&nsswitch, line, &place);
        if (fault)
                error("%s:%lu: %s", path, line->number, fault);
        else
                add_at(text, line, place);
        return !fault;
}

bool edit_add(struct text *text, const char *path)
{
        const struct nsswitch_line *broken;
        struct nsswitch nsswitch;
        bool added = true;

        nsswitch_parse(text->bytes, text->size, &nsswitch);
        broken = nsswitch_broken(&nsswitch);
        if (broken) {
                error(
                    "%s:%lu: column %zu: a mistake in [...], for which no line counts; correct it",
                    path, broken->number, broken->mistake - broken->text.offset + 1);
                return false;
        }
        for (const char *const *database = databases; *database; database++)
                added &= add_to(text, *database, path);
        return added;
}

static void remove_at(struct text *text, const struct nsswitch_line *line,
                      const struct nsswitch_service *service)
{
        size_t begin = service->name.offset, end = end_of(service);

        if (is_blank(text->bytes[begin - 1])) {
                /* Else the words on both sides would become one. */
                if (ends_at(text, line, end))
                        begin--;
        } else if (end < line->text.offset + line->text.length && text->bytes[end] == ' ') {
                end++;
        }
        splice(text, begin, end - begin, "");
}

/* Removes the first such word. Returns false if there is none. */
static bool remove_from(struct text *text, const char *database)
{
        struct nsswitch nsswitch;

        nsswitch_parse(text->bytes, text->size, &nsswitch);
        for (size_t i = 0; i < nsswitch.count; i++) {
                const struct nsswitch_line *const line = &nsswitch.lines[i];
                const struct nsswitch_service *const service =
                    nsswitch_is(&nsswitch, line->database, database) ? find_word(&nsswitch, line)
                                                                     : NULL;

                if (service) {
                        remove_at(text, line, service);
                        return true;
                }
        }
        return false;
}

void edit_remove(struct text *text)
{
        for (const char *const *database = databases; *database; database++)
                while (remove_from(text, *database))
                        ;
}
