/* SPDX-License-Identifier: MIT */
#include "nsswitch.h"

#include "root.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* Those whose lines glibc parses (nss/databases.def). */
static const char *const known_databases[] = {
    "aliases",    "ethers",   "group",    "group_compat", "gshadow",       "hosts",
    "initgroups", "netgroup", "networks", "passwd",       "passwd_compat", "protocols",
    "publickey",  "rpc",      "services", "shadow",       "shadow_compat",
};

/* libsubid takes no longer name, and asks the files then. */
#define SUBID_SERVICE_MAX 50

static const char *const statuses[] = {
    [NSSWITCH_SUCCESS] = "SUCCESS",
    [NSSWITCH_NOTFOUND] = "NOTFOUND",
    [NSSWITCH_UNAVAIL] = "UNAVAIL",
    [NSSWITCH_TRYAGAIN] = "TRYAGAIN",
};

static const char *const actions[] = {
    [NSSWITCH_CONTINUE] = "CONTINUE",
    [NSSWITCH_RETURN] = "RETURN",
    [NSSWITCH_MERGE] = "MERGE",
};

/* What is left of a line. */
struct rest {
        const char *text;
        size_t at, end;
};

static bool next_is(const struct rest *rest, char c)
{
        return rest->at < rest->end && rest->text[rest->at] == c;
}

static void skip_blanks(struct rest *rest)
{
        while (rest->at < rest->end && is_blank(rest->text[rest->at]))
                rest->at++;
}

/* Takes what stands in front of a blank or of one of these characters; that may be nothing. */
static struct nsswitch_word take_word(struct rest *rest, const char *ends)
{
        const size_t offset = rest->at;

        while (rest->at < rest->end && !is_blank(rest->text[rest->at]) &&
               !strchr(ends, rest->text[rest->at]))
                rest->at++;
        return (struct nsswitch_word){offset, rest->at - offset};
}

/* Takes a word that is one of these, in any case. Returns its index, or -1 and takes nothing. */
static int take_one_of(struct rest *rest, const char *const *names, size_t count)
{
        const struct nsswitch_word word = take_word(rest, "=]");

        for (size_t i = 0; i < count; i++)
                if (strlen(names[i]) == word.length &&
                    strncasecmp(names[i], rest->text + word.offset, word.length) == 0)
                        return (int)i;
        rest->at = word.offset;
        return -1;
}

/* STATUS=ACTION, or !STATUS=ACTION for all statuses but one. */
static bool take_criterion(struct rest *rest, enum nsswitch_action *of_status)
{
        const bool negated = next_is(rest, '!');
        int status, action;

        rest->at += negated;
        status = take_one_of(rest, statuses, COUNT_OF(statuses));
        if (status < 0)
                return false;
        skip_blanks(rest);
        if (!next_is(rest, '='))
                return false;
        rest->at++;
        skip_blanks(rest);
        action = take_one_of(rest, actions, COUNT_OF(actions));
        if (action < 0)
                return false;
        for (int i = 0; i < NSSWITCH_STATUSES; i++)
                if ((i == status) != negated)
                        of_status[i] = (enum nsswitch_action)action;
        skip_blanks(rest);
        return true;
}

/* A service and its [...]. Returns false at a mistake, where the rest then begins. */
static bool take_service(struct rest *rest, struct nsswitch_service *service)
{
        *service = (struct nsswitch_service){.name = take_word(rest, "["),
                                             .actions = {[NSSWITCH_SUCCESS] = NSSWITCH_RETURN}};
        skip_blanks(rest);
        if (!next_is(rest, '['))
                return true;
        service->brackets.offset = rest->at++;
        skip_blanks(rest);
        do {
                if (!take_criterion(rest, service->actions))
                        return false;
        } while (!next_is(rest, ']'));
        rest->at++;
        service->brackets.length = rest->at - service->brackets.offset;
        return true;
}

static void parse_services(struct rest *rest, struct nsswitch_line *line)
{
        struct nsswitch_service service;
        size_t room = 0;

        line->mistake = NSSWITCH_NONE;
        for (;;) {
                skip_blanks(rest);
                line->rest = rest->at;
                if (rest->at == rest->end || next_is(rest, '['))
                        return;
                if (!take_service(rest, &service)) {
                        line->mistake = rest->at;
                        return;
                }
                line->services = grow(line->services, line->count, &room, sizeof(service));
                line->services[line->count++] = service;
                if (nsswitch_end(&service) <= line->comment)
                        line->meant = line->count;
        }
}

/* Returns false if the line names no database. */
static bool parse_line(const char *text, struct nsswitch_line *line)
{
        const size_t begin = line->text.offset, end = begin + line->text.length;
        const char *const nul = memchr(text + begin, '\0', line->text.length);
        const char *const comment = memchr(text + begin, '#', line->text.length);
        struct rest rest = {text, begin, nul ? (size_t)(nul - text) : end};

        line->comment = comment ? (size_t)(comment - text) : end;
        skip_blanks(&rest);
        line->database = take_word(&rest, ":");
        /* A NUL byte ends a line for glibc, and one that ends with the name it passes over. */
        if (line->database.length == 0 || text[line->database.offset] == '#' ||
            (nul && rest.at == rest.end))
                return false;
        while (rest.at < rest.end && (is_blank(text[rest.at]) || text[rest.at] == ':'))
                rest.at++;
        parse_services(&rest, line);
        return true;
}

void nsswitch_parse(struct text text, struct nsswitch *nsswitch)
{
        struct text rest = text, line;
        size_t room = 0;

        *nsswitch = (struct nsswitch){.text = text};
        for (unsigned long number = 1; take_line(&rest, &line); number++) {
                const size_t begin = (size_t)(line.bytes - text.bytes);
                struct nsswitch_line this = {.number = number,
                                             .text = {begin, line.size},
                                             .ended = begin + line.size < text.size};

                if (!parse_line(text.bytes, &this))
                        continue;
                nsswitch->lines = grow(nsswitch->lines, nsswitch->count, &room, sizeof(this));
                nsswitch->lines[nsswitch->count++] = this;
        }
}

void nsswitch_free(struct nsswitch *nsswitch)
{
        for (size_t i = 0; i < nsswitch->count; i++)
                free(nsswitch->lines[i].services);
        free(nsswitch->lines);
}

const char *nsswitch_path(void)
{
        static const char of_distribution[] = "/usr" NSSWITCH_FILE;

        return !root_exists(NSSWITCH_FILE) && root_exists(of_distribution) ? of_distribution
                                                                           : NSSWITCH_FILE;
}

int nsswitch_read(struct nsswitch *nsswitch)
{
        struct text text;
        const int r = root_read(nsswitch_path(), &text);

        *nsswitch = (struct nsswitch){.count = 0};
        if (r == 0)
                nsswitch_parse(text, nsswitch);
        return r;
}

bool nsswitch_is(const struct nsswitch *nsswitch, struct nsswitch_word word, const char *text)
{
        return strlen(text) == word.length &&
               memcmp(nsswitch->text.bytes + word.offset, text, word.length) == 0;
}

char *nsswitch_text(const struct nsswitch *nsswitch, struct nsswitch_word word)
{
        return xstrndup(nsswitch->text.bytes + word.offset, word.length);
}

size_t nsswitch_end(const struct nsswitch_service *service)
{
        const struct nsswitch_word *const last =
            service->brackets.length ? &service->brackets : &service->name;

        return last->offset + last->length;
}

const struct nsswitch_line *nsswitch_line_of(const struct nsswitch *nsswitch, const char *database)
{
        for (size_t i = nsswitch->count; i-- > 0;)
                if (nsswitch->lines[i].ended &&
                    nsswitch_is(nsswitch, nsswitch->lines[i].database, database))
                        return &nsswitch->lines[i];
        return NULL;
}

const struct nsswitch_line *nsswitch_broken(const struct nsswitch *nsswitch)
{
        for (size_t i = 0; i < nsswitch->count; i++) {
                const struct nsswitch_line *const line = &nsswitch->lines[i];

                if (line->mistake == NSSWITCH_NONE || !line->ended)
                        continue;
                for (size_t j = 0; j < COUNT_OF(known_databases); j++)
                        if (nsswitch_is(nsswitch, line->database, known_databases[j]))
                                return line;
        }
        return NULL;
}

const struct nsswitch_service *nsswitch_find(const struct nsswitch *nsswitch,
                                             const struct nsswitch_line *line, const char *name)
{
        for (size_t i = 0; i < line->meant; i++)
                if (nsswitch_is(nsswitch, line->services[i].name, name))
                        return &line->services[i];
        return NULL;
}

const char *nsswitch_subid_service(const struct nsswitch *nsswitch, unsigned long *number)
{
        static const char key[] = "subid:", blanks[] = " \t\n\v\f\r";
        struct text rest = nsswitch->text, line;

        for (*number = 1; take_line(&rest, &line); ++*number) {
                const bool ended =
                    line.bytes + line.size < nsswitch->text.bytes + nsswitch->text.size;
                char *const text = xstrndup(line.bytes, line.size);
                size_t length;
                char *word;

                /* With its newline, a line of less than eight bytes does not count there. */
                if (strlen(text) + ended < 8 || strncasecmp(text, key, strlen(key)) != 0)
                        continue;
                word = text + strlen(key);
                word += strspn(word, blanks);
                if (!*word)
                        continue;
                length = strcspn(word, " \t\n");
                word[length] = '\0';
                return strcmp(word, "files") == 0 || length > SUBID_SERVICE_MAX ? NULL : word;
        }
        return NULL;
}
