/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../child.h"
#include "../root.h"
#include "account_name.h"

#include <string.h>
#include <unistd.h>

/*
 * Mail servers take mail for whoever has an entry. They are asked whether they would for one of the
 * users of the module, by programs of theirs that send nothing and change nothing.
 */

/* For each question, in milliseconds. */
#define PATIENCE_MS 5000

#define POSTCONF "/usr/sbin/postconf"
#define POSTMAP "/usr/sbin/postmap"
#define MAIN_CF "/etc/postfix/main.cf"

/* Returns whether a program has ended well in time. */
static bool run(const char *const *arguments, char **output)
{
        return child_run(arguments, PATIENCE_MS, output) == 0;
}

/* The name of a user of the module, whom the C library knows by now; NULL if there is none. */
static const char *find_name(const struct side *users)
{
        for (size_t i = 0; i < users->ranges.count; i++) {
                const struct range_line *const line = &users->ranges.lines[i];

                for (uint32_t n = 0; line->is_range && n < line->range.count && n < 1000; n++) {
                        const uint32_t id = line->range.start + n;
                        char *const name = xcalloc(1, ACCOUNT_NAME_SIZE);

                        account_name_format(name, id);
                        if (!subid_excluded(id) && !accounts_with_id(&users->accounts, id) &&
                            !accounts_named(&users->accounts, name, strlen(name)))
                                return name;
                }
        }
        return NULL;
}

/* Takes a map from the list of a setting: blanks and commas part them, but not in braces. */
static char *take_map(const char **list)
{
        const char *const begin = *list + strspn(*list, " \t\r\n,"), *end = begin;

        for (int depth = 0; *end && (depth > 0 || !strchr(" \t\r\n,", *end)); end++)
                depth += (*end == '{') - (*end == '}');
        *list = end;
        return end > begin ? xstrndup(begin, (size_t)(end - begin)) : NULL;
}

/* The same without "proxy:", which wants a Postfix that runs. */
static char *without_proxies(char *map)
{
        for (char *proxy; (proxy = strstr(map, "proxy:"));)
                memmove(proxy, proxy + 6, strlen(proxy + 6) + 1);
        return map;
}

static bool postfix_knows(const char *list, const char *key)
{
        char *map, *output;

        while ((map = take_map(&list))) {
                const char *const arguments[] = {POSTMAP, "-q", key, without_proxies(map), NULL};

                if (run(arguments, &output))
                        return true;
        }
        return false;
}

/* As its smtpd(8) looks a recipient up: by address, then by name. */
static bool postfix_takes(const char *name)
{
        const char *const of_domains[] = {POSTCONF, "-hx", "mydestination", NULL};
        const char *const of_maps[] = {POSTCONF, "-hx", "local_recipient_maps", NULL};
        char *domains, *maps, *domain;
        const char *rest;

        if (!run(of_domains, &domains) || !run(of_maps, &maps))
                return false;
        rest = domains;
        domain = take_map(&rest);
        if (!domain)
                return false;
        /* Without maps nobody is unknown. */
        return maps[strspn(maps, " \t\r\n,")] == '\0' ||
               postfix_knows(maps, xasprintf("%s@%s", name, domain)) || postfix_knows(maps, name);
}

static bool exim_routes(const char *program, const char *name, const char *domain)
{
        const char *const arguments[] = {program, "-bt", xasprintf("%s@%s", name, domain), NULL};
        char *output;

        return run(arguments, &output) && strstr(output, "router = ");
}

/*
 * At its own domains, whatever it adds to a name without one; where nobody is unknown to it, to a
 * smarthost say, it says nothing of this name.
 */
static bool exim_takes(const char *program, const char *name)
{
        const char *const of_host[] = {program, "-bP", "primary_hostname", NULL};
        const char *domains[] = {"localhost", NULL};
        char *output, *host;

        if (run(of_host, &output) && (host = strstr(output, "= "))) {
                host[strcspn(host, "\r\n")] = '\0';
                domains[1] = host + 2;
        }
        for (size_t i = 0; i < 2 && domains[i]; i++)
                if (exim_routes(program, name, domains[i]) &&
                    !exim_routes(program, xasprintf("%s-nobody", name), domains[i]))
                        return true;
        return false;
}

void check_mail(const struct checked *checked)
{
        static const char *const exims[] = {"/usr/sbin/exim4", "/usr/sbin/exim"};
        const char *const name = find_name(&checked->users);

        /* Who is not root may not ask. */
        if (!name || !checked->users.enabled || geteuid() != 0)
                return;
        if (root_exists(POSTCONF) && root_exists(MAIN_CF) && postfix_takes(name))
                report(WARNING, "mail", (struct place){MAIN_CF, 0, 0},
                       "use the recipes postfix-recipients and postfix-transport of security.md",
                       "Postfix takes mail for %s, and so for every ID of the ranges", name);
        for (size_t i = 0; i < sizeof(exims) / sizeof(*exims); i++) {
                if (!root_exists(exims[i]))
                        continue;
                if (exim_takes(exims[i], name))
                        report(WARNING, "mail", (struct place){exims[i], 0, 0},
                               "use the recipe exim-router of security.md",
                               "Exim takes mail for %s, and so for every ID of the ranges", name);
                break;
        }
}
