/* SPDX-License-Identifier: MIT */
#include "nsswitch_edit.h"

#include "nsswitch.h"
#include "nsswitch_place.h"

#include <string.h>

const char *const nsswitch_databases[] = {"passwd", "group", NULL};

/* Whether a word that ends here has nothing but a blank, or the line's end, behind it. */
static bool ends_at(struct text text, const struct nsswitch_line *line, size_t offset)
{
        return offset == line->text.offset + line->text.length || text.bytes[offset] == '\0' ||
               is_blank(text.bytes[offset]);
}

/* Whether a word of the text is to go. */
static bool is_to_go(const struct nsswitch *nsswitch, const struct nsswitch_line *line,
                     const struct nsswitch_service *service)
{
        for (const char *const *database = nsswitch_databases; *database; database++)
                if (nsswitch_is(nsswitch, line->database, *database))
                        return nsswitch_is(nsswitch, service->name, NSSWITCH_WORD);
        return false;
}

/* What is copied of a text, and how far. */
struct copy {
        struct text from;
        char *bytes;
        size_t size, copied;
};

static void copy_up_to(struct copy *copy, size_t offset)
{
        memcpy(copy->bytes + copy->size, copy->from.bytes + copy->copied, offset - copy->copied);
        copy->size += offset - copy->copied;
        copy->copied = offset;
}

/* Leaves out a service, its [...] and a blank beside it. */
static void leave_out(struct copy *copy, const struct nsswitch_line *line,
                      const struct nsswitch_service *service)
{
        const size_t end = nsswitch_end(service);

        copy_up_to(copy, service->name.offset);
        copy->copied = end;
        if (is_blank(copy->bytes[copy->size - 1])) {
                /* Else the words on both sides would become one. */
                if (ends_at(copy->from, line, end))
                        copy->size--;
        } else if (end < line->text.offset + line->text.length && copy->from.bytes[end] == ' ') {
                copy->copied++;
        }
}

/* Copies a text without the words of one line, or of all (NULL): in one go, whatever their number.
 */
static void remove_words(struct text *text, const struct nsswitch *nsswitch,
                         const struct nsswitch_line *only)
{
        struct copy copy = {.from = *text, .bytes = xrealloc(NULL, text->size)};

        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];

                for (size_t j = 0; j < line->meant && (!only || line == only); j++)
                        if (is_to_go(nsswitch, line, &line->services[j]))
                                leave_out(&copy, line, &line->services[j]);
        }
        copy_up_to(&copy, text->size);
        *text = (struct text){copy.bytes, copy.size};
}

void nsswitch_remove(struct text *text)
{
        size_t before;

        /* Of "group subuid :subuid" the second is a word once the first is gone. */
        do {
                struct nsswitch nsswitch;

                before = text->size;
                nsswitch_parse(*text, &nsswitch);
                remove_words(text, &nsswitch, NULL);
                nsswitch_free(&nsswitch);
        } while (text->size < before);
}

static void insert(struct text *text, const struct nsswitch_line *line, size_t place)
{
        /* Behind a "]" the next service may follow at once. */
        const char *const word =
            ends_at(*text, line, place) ? " " NSSWITCH_WORD : NSSWITCH_WORD " ";
        const size_t length = strlen(word);
        char *const bytes = xrealloc(NULL, text->size + length);

        memcpy(bytes, text->bytes, place);
        memcpy(bytes + place, word, length);
        memcpy(bytes + place + length, text->bytes + place, text->size - place);
        *text = (struct text){bytes, text->size + length};
}

/* Says why there is no place; of a mistake in [...], which is one of the whole file, once. */
static void say_refusal(const struct nsswitch_judgement *judgement, const char *path, bool *broken)
{
        const bool is_mistake = strcmp(judgement->finding, "mistake") == 0;

        if (is_mistake && !*broken)
                warn("%s:%lu: column %zu: %s; %s", path, judgement->number, judgement->column,
                     judgement->what, judgement->advice);
        else if (!is_mistake && judgement->number)
                warn("%s:%lu: %s; %s", path, judgement->number, judgement->what, judgement->advice);
        else if (!is_mistake)
                warn("%s: %s; %s", path, judgement->what, judgement->advice);
        *broken |= is_mistake;
}

/* Returns false if there is no place, having said why. */
static bool add_to(struct text *text, const char *database, const char *record,
                   const struct nsswitch_wish *wish, bool *broken)
{
        struct nsswitch_judgement judgement;
        struct nsswitch nsswitch;
        bool again = false;

        nsswitch_parse(*text, &nsswitch);
        judgement = nsswitch_judge(&nsswitch, database, record, wish->move);
        if (judgement.word && wish->add_only)
                judgement.state = NSSWITCH_STANDS;
        switch (judgement.state) {
        case NSSWITCH_STANDS:
                if (judgement.directory)
                        warn("%s:%lu: " NSSWITCH_WORD " in front of %s stays; --move moves it",
                             wish->path, judgement.line->number,
                             nsswitch_text(&nsswitch, judgement.directory->name));
                break;
        case NSSWITCH_REFUSED:
                say_refusal(&judgement, wish->path, broken);
                break;
        case NSSWITCH_MISPLACED:
                warn("%s:%lu: %s; moved", wish->path, judgement.number, judgement.what);
                remove_words(text, &nsswitch, judgement.line);
                again = true;
                break;
        case NSSWITCH_MISSING:
                if (record && nsswitch_find(&nsswitch, judgement.line, "systemd"))
                        warn("%s:%lu: behind systemd, which alone has the account of %s, inside a "
                             "range",
                             wish->path, judgement.line->number, record);
                insert(text, judgement.line, judgement.place);
                break;
        }
        nsswitch_free(&nsswitch);
        return again ? add_to(text, database, record, wish, broken)
                     : judgement.state != NSSWITCH_REFUSED;
}

bool nsswitch_add(struct text *text, const struct nsswitch_wish *wish)
{
        bool added = true, broken = false;

        for (size_t i = 0; nsswitch_databases[i]; i++)
                added &= add_to(text, nsswitch_databases[i], wish->records[i], wish, &broken);
        return added;
}
