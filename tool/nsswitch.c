/* SPDX-License-Identifier: MIT */
#include "nsswitch.h"

#include "subuidctl.h"

#include <string.h>
#include <strings.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* Those whose lines glibc parses (nss/databases.def). */
static const char *const known_databases[] = {
    "aliases",    "ethers",   "group",    "group_compat", "gshadow",       "hosts",
    "initgroups", "netgroup", "networks", "passwd",       "passwd_compat", "protocols",
    "publickey",  "rpc",      "services", "shadow",       "shadow_compat",
};

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
                line->services =
                    reallocate(line->services, (line->count + 1) * sizeof(*line->services));
                line->services[line->count++] = service;
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
        if (line->database.length == 0 || text[line->database.offset] == '#')
                return false;
        while (rest.at < rest.end && (is_blank(text[rest.at]) || text[rest.at] == ':'))
                rest.at++;
        parse_services(&rest, line);
        return true;
}

void nsswitch_parse(const char *text, size_t size, struct nsswitch *nsswitch)
{
        unsigned long number = 0;

        *nsswitch = (struct nsswitch){.text = text, .size = size};
        for (size_t begin = 0, end; begin < size; begin = end + 1) {
                const char *const newline = memchr(text + begin, '\n', size - begin);
                struct nsswitch_line line;

                number++;
                end = newline ? (size_t)(newline - text) : size;
                line = (struct nsswitch_line){
                    .number = number, .text = {begin, end - begin}, .ended = newline};
                if (!parse_line(text, &line))
                        continue;
                nsswitch->lines =
                    reallocate(nsswitch->lines, (nsswitch->count + 1) * sizeof(*nsswitch->lines));
                nsswitch->lines[nsswitch->count++] = line;
        }
}

int nsswitch_read(struct nsswitch *nsswitch)
{
        char *text;
        size_t size;
        const int r = read_below_root(NSSWITCH_FILE, &text, &size);

        if (r == 0)
                nsswitch_parse(text, size, nsswitch);
        return r;
}

bool nsswitch_is(const struct nsswitch *nsswitch, struct nsswitch_word word, const char *text)
{
        return strlen(text) == word.length &&
               memcmp(nsswitch->text + word.offset, text, word.length) == 0;
}

static bool is_one_of(const struct nsswitch *nsswitch, struct nsswitch_word word,
                      const char *const *names, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (nsswitch_is(nsswitch, word, names[i]))
                        return true;
        return false;
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
        for (size_t i = 0; i < nsswitch->count; i++)
                if (nsswitch->lines[i].mistake != NSSWITCH_NONE && nsswitch->lines[i].ended &&
                    is_one_of(nsswitch, nsswitch->lines[i].database, known_databases,
                              COUNT_OF(known_databases)))
                        return &nsswitch->lines[i];
        return NULL;
}

const struct nsswitch_service *nsswitch_find(const struct nsswitch *nsswitch,
                                             const struct nsswitch_line *line, const char *name)
{
        for (size_t i = 0; i < line->count; i++)
                if (nsswitch_is(nsswitch, line->services[i].name, name))
                        return &line->services[i];
        return NULL;
}

bool nsswitch_has_accounts(const struct nsswitch *nsswitch, const struct nsswitch_service *service)
{
        /* systemd: users of its own making, and containers'; myhostname and resolve know no users.
         */
        static const char *const others[] = {"subuid",     "systemd", "mymachines",
                                             "myhostname", "resolve", "dns"};

        return nsswitch->text[service->name.offset] != '#' &&
               !is_one_of(nsswitch, service->name, others, COUNT_OF(others));
}
