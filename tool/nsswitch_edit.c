/* SPDX-License-Identifier: MIT */
#include "nsswitch_edit.h"

#include "nsswitch.h"
#include "nsswitch_place.h"

#include <string.h>

static const char *const databases[] = {"passwd", "group", "initgroups"};

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
        for (size_t i = 0; i < sizeof(databases) / sizeof(*databases); i++)
                if (nsswitch_is(nsswitch, line->database, databases[i]))
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

/*
 * Leaves out the words of a line. Of "group subuid :subuid" the second is a word once the first is
 * gone: what then stands in front of it is the colon of the database.
 */
static void leave_out_words(struct copy *copy, const struct nsswitch *nsswitch,
                            const struct nsswitch_line *line)
{
        bool is_first = true;

        for (size_t i = 0; i < line->meant; i++) {
                struct nsswitch_service service = line->services[i];

                for (; is_first && service.name.length > 0 &&
                       copy->from.bytes[service.name.offset] == ':';
                     service.name.length--)
                        service.name.offset++;
                if (is_to_go(nsswitch, line, &service))
                        leave_out(copy, line, &service);
                else
                        is_first &= service.name.length == 0 && service.brackets.length == 0;
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

                if (!only || line == only)
                        leave_out_words(&copy, nsswitch, line);
        }
        copy_up_to(&copy, text->size);
        *text = (struct text){copy.bytes, copy.size};
}

void nsswitch_remove(struct text *text)
{
        size_t before;

        /* What is left may be read in another way, behind a [...] say. */
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
static void say_refusal(const struct nsswitch_judgement *judgement,
                        const struct nsswitch_wish *wish, bool *broken)
{
        const char *const then = wish->add_only ? ", then run 'subuidctl enable'" : "";
        const bool is_mistake = strcmp(judgement->finding, "mistake") == 0;

        if (is_mistake && !*broken)
                warn("%s:%lu: column %zu: %s; %s%s", wish->path, judgement->number,
                     judgement->column, judgement->what, judgement->advice, then);
        else if (!is_mistake && judgement->number)
                warn("%s:%lu: %s; %s%s", wish->path, judgement->number, judgement->what,
                     judgement->advice, then);
        else if (!is_mistake)
                warn("%s: %s; %s%s", wish->path, judgement->what, judgement->advice, then);
        *broken |= is_mistake;
}

enum added { ADDED, REFUSED, AGAIN /* the word was taken out, and is to be added */ };

/* Where there is no place, it says why. *done is what is to be said of the change. */
static enum added add_to(struct text *text, const char *database, const char *record,
                         const struct nsswitch_wish *wish, bool *broken, char **done)
{
        struct nsswitch_judgement judgement;
        struct nsswitch nsswitch;
        enum added result = ADDED;

        nsswitch_parse(*text, &nsswitch);
        judgement = nsswitch_judge(&nsswitch, database, record, wish->move);
        if (judgement.word && wish->add_only)
                judgement.state = NSSWITCH_STANDS;
        switch (judgement.state) {
        case NSSWITCH_STANDS:
                if (judgement.directory && !wish->add_only)
                        *done = xasprintf("%s:%lu: " NSSWITCH_WORD
                                          " in front of %s stays; --move moves it",
                                          wish->path, judgement.line->number,
                                          nsswitch_text(&nsswitch, judgement.directory->name));
                break;
        case NSSWITCH_REFUSED:
                say_refusal(&judgement, wish, broken);
                result = REFUSED;
                break;
        case NSSWITCH_MISPLACED:
                *done =
                    xasprintf("%s:%lu: %s; moved", wish->path, judgement.number, judgement.what);
                remove_words(text, &nsswitch, judgement.line);
                result = AGAIN;
                break;
        case NSSWITCH_MISSING:
                if (record && !*done && nsswitch_find(&nsswitch, judgement.line, "systemd"))
                        *done = xasprintf(
                            "%s:%lu: behind systemd, which alone has the account of %s, inside a "
                            "range",
                            wish->path, judgement.line->number, record);
                insert(text, judgement.line, judgement.place);
                break;
        }
        nsswitch_free(&nsswitch);
        return result;
}

/*
 * Where that cannot be done, the line stays, and that is said. Returns false where the word stands
 * and takes groups from users, which is to be mended first.
 */
static bool add_to_initgroups(struct text *text, const struct nsswitch_wish *wish, bool *broken)
{
        struct nsswitch_judgement judgement;
        struct nsswitch nsswitch;
        bool harms;

        nsswitch_parse(*text, &nsswitch);
        judgement = nsswitch_judge_initgroups(&nsswitch);
        harms = judgement.state == NSSWITCH_REFUSED && judgement.error && judgement.word;
        if (judgement.state == NSSWITCH_MISSING)
                insert(text, judgement.line, judgement.place);
        else if (harms)
                say_refusal(&judgement, wish, broken);
        else if (judgement.state == NSSWITCH_REFUSED)
                warn("%s:%lu: %s; left as it is", wish->path, judgement.number, judgement.what);
        nsswitch_free(&nsswitch);
        return !harms;
}

bool nsswitch_add(struct text *text, const struct nsswitch_wish *wish)
{
        bool added = true, broken = false;
        char *done[2] = {NULL};

        for (size_t i = 0; i < 2 && (added || !wish->add_only); i++) {
                enum added result;

                do
                        result =
                            add_to(text, databases[i], wish->records[i], wish, &broken, &done[i]);
                while (result == AGAIN);
                added &= result == ADDED;
        }
        if (!added || !add_to_initgroups(text, wish, &broken))
                return false;
        for (size_t i = 0; i < 2; i++)
                if (done[i])
                        warn("%s", done[i]);
        return true;
}
