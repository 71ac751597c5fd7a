/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../nsswitch.h"
#include "../settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* IDs that SSSD or winbind may make up for accounts of a directory: they are not asked for here. */

/* Says so at the first range of these IDs. */
static void check_map(const struct side *side, const char *finding, uint64_t first, uint64_t last,
                      const char *file, const char *whose)
{
        for (size_t i = 0; i < side->ranges.count; i++) {
                const struct range_line *const line = &side->ranges.lines[i];
                uint64_t from = first, to = last;

                if (!line->is_range || !range_meets(&line->range, &from, &to))
                        continue;
                report_line(WARNING, finding, line, "move the range, or that of the directory",
                            "%s may give IDs of the range to accounts: %llu-%llu (%s)", whose,
                            (unsigned long long)first, (unsigned long long)last, file);
                return;
        }
}

static bool stands_in_line(const struct checked *checked, const struct side *side,
                           const char *service)
{
        const struct nsswitch_line *const line = nsswitch_line_of(&checked->nsswitch, side->nss);

        return line && nsswitch_find(&checked->nsswitch, line, service);
}

/* Whether a setting is the first one of a domain with mapped IDs. */
static bool maps(const struct settings *settings, size_t i)
{
        const char *const section = settings->all[i].section;
        const char *provider, *mapping;

        if (strncmp(section, "domain/", 7) != 0 || !settings->all[i].begins)
                return false;
        provider = settings_get(settings, section, "id_provider", "");
        mapping = settings_get(settings, section, "ldap_id_mapping",
                               strcmp(provider, "ad") == 0 ? "true" : "false");
        return strcasecmp(mapping, "true") == 0;
}

static void check_sssd(const struct checked *checked, const struct side *const *sides)
{
        struct settings settings;

        settings_read_sssd(&settings);
        for (size_t i = 0; i < settings.count; i++) {
                const char *const section = settings.all[i].section;
                uint64_t min, max;

                if (!maps(&settings, i))
                        continue;
                min = strtoull(settings_get(&settings, section, "ldap_idmap_range_min", "200000"),
                               NULL, 10);
                max =
                    strtoull(settings_get(&settings, section, "ldap_idmap_range_max", "2000200000"),
                             NULL, 10);
                for (size_t j = 0; j < 2; j++)
                        if (stands_in_line(checked, sides[j], "sss"))
                                check_map(sides[j], "sssd-map", min, max, SSSD_FILE,
                                          xasprintf("SSSD (%s)", section));
        }
}

/* A key without its blanks and in small letters, as Samba compares them. */
static char *plain(const char *key)
{
        char *const text = xasprintf("%s", key);
        char *to = text;

        for (; *key; key++)
                if (!isspace((unsigned char)*key))
                        *to++ = (char)tolower((unsigned char)*key);
        *to = '\0';
        return text;
}

/* Whether a later line says it anew: of one key the last one counts. */
static bool is_replaced(const struct settings *settings, size_t i, const char *key)
{
        bool replaced = false;

        for (size_t j = i + 1; j < settings->count && !replaced; j++) {
                char *const other = plain(settings->all[j].key);

                replaced = strcmp(settings->all[j].section, settings->all[i].section) == 0 &&
                           strcmp(other, key) == 0;
                free(other);
        }
        return replaced;
}

static void check_winbind(const struct checked *checked, const struct side *const *sides)
{
        struct settings settings;

        settings_read_winbind(&settings);
        for (size_t i = 0; i < settings.count; i++) {
                char *const key = plain(settings.all[i].key);
                const char *const suffix = strrchr(key, ':');
                unsigned long long first, last;

                if (strncmp(key, "idmapconfig", 11) != 0 || !suffix ||
                    strcmp(suffix, ":range") != 0 || is_replaced(&settings, i, key) ||
                    sscanf(settings.all[i].value, "%llu - %llu", &first, &last) != 2)
                        continue;
                for (size_t j = 0; j < 2; j++)
                        if (stands_in_line(checked, sides[j], "winbind"))
                                check_map(sides[j], "winbind-map", first, last, WINBIND_FILE,
                                          xasprintf("winbind (%s)", settings.all[i].key));
        }
}

void check_idmap(const struct checked *checked)
{
        const struct side *const sides[] = {&checked->users, &checked->groups};

        if (stands_in_line(checked, sides[0], "sss") || stands_in_line(checked, sides[1], "sss"))
                check_sssd(checked, sides);
        if (stands_in_line(checked, sides[0], "winbind") ||
            stands_in_line(checked, sides[1], "winbind"))
                check_winbind(checked, sides);
}
