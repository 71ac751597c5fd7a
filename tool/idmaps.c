/* SPDX-License-Identifier: MIT */
#include "idmaps.h"

#include "settings.h"
#include "util.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const lines[] = {[SUBID_USERS] = "passwd", [SUBID_GROUPS] = "group"};

/* What is read, and where a service stands. */
struct reading {
        struct idmaps *idmaps;
        bool stands[2];
};

/* Of each database on whose line the service stands. One that ends before it begins has no IDs. */
static void add(const struct reading *reading, struct idmap idmap)
{
        struct idmaps *const idmaps = reading->idmaps;

        for (int i = 0; i < 2; i++) {
                if (!reading->stands[i] || idmap.first > idmap.last)
                        continue;
                idmap.database = (enum subid_database)i;
                idmaps->list =
                    grow(idmaps->list, idmaps->count, &idmaps->room, sizeof(*idmaps->list));
                idmaps->list[idmaps->count++] = idmap;
        }
}

/* What begins the names of a domain's settings for mapped IDs, or NULL: it has none. */
static const char *sssd_prefix(const struct settings *settings, const char *section)
{
        const char *const provider = settings_get(settings, section, "id_provider", "");
        const char *const mapping = settings_get(settings, section, "ldap_id_mapping",
                                                 strcmp(provider, "ad") == 0 ? "true" : "false");

        /* Of OAuth 2.0, from SSSD 2.11 on. */
        if (strcmp(provider, "idp") == 0)
                return "";
        return strcasecmp(mapping, "true") == 0 ? "ldap_" : NULL;
}

/* A setting that is a number, in front of which a prefix may stand. */
static uint64_t sssd_number(const struct settings *settings, const char *section,
                            const char *prefix, const char *key, const char *otherwise)
{
        return strtoull(settings_get(settings, section, xasprintf("%s%s", prefix, key), otherwise),
                        NULL, 10);
}

static void read_sssd(const struct reading *reading)
{
        struct settings settings;

        settings_read_sssd(&settings);
        for (size_t i = 0; i < settings.count; i++) {
                const char *const section = settings.all[i].section;
                const char *prefix = NULL;
                uint64_t behind;

                if (strncmp(section, "domain/", 7) == 0 && settings.all[i].begins)
                        prefix = sssd_prefix(&settings, section);
                if (!prefix)
                        continue;
                behind = sssd_number(&settings, section, prefix, "idmap_range_max", "2000200000");
                add(reading, (struct idmap){.service = "sss",
                                            .first = sssd_number(&settings, section, prefix,
                                                                 "idmap_range_min", "200000"),
                                            .last = behind ? behind - 1 : 0,
                                            .file = SSSD_FILE,
                                            .whose = xasprintf("SSSD (%s)", section)});
        }
}

/*
 * A key without its blanks and in small letters, as Samba compares them. The default's range has
 * older names, too.
 */
static char *plain(const char *key)
{
        static const char *const old[] = {"idmapuid", "idmapgid", "winbinduid", "winbindgid"};
        char *const text = xasprintf("%s", key);
        char *to = text;

        for (; *key; key++)
                if (!isspace((unsigned char)*key))
                        *to++ = (char)tolower((unsigned char)*key);
        *to = '\0';
        for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++)
                if (strcmp(text, old[i]) == 0)
                        return xasprintf("idmapconfig*:range");
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

static void read_winbind(const struct reading *reading)
{
        struct settings settings;

        settings_read_winbind(&settings);
        for (size_t i = 0; i < settings.count; i++) {
                char *const key = plain(settings.all[i].key);
                const char *const suffix = strrchr(key, ':');
                unsigned long long first, last;

                if (strncmp(key, "idmapconfig", 11) == 0 && suffix &&
                    strcmp(suffix, ":range") == 0 && !is_replaced(&settings, i, key) &&
                    sscanf(settings.all[i].value, "%llu - %llu", &first, &last) == 2)
                        add(reading, (struct idmap){
                                         .service = "winbind",
                                         .first = first,
                                         .last = last,
                                         .file = WINBIND_FILE,
                                         .whose = xasprintf("winbind (%s)", settings.all[i].key)});
                free(key);
        }
}

/* Its file is there from the package on; a user's own group has the number of the user. */
static void read_authd(const struct reading *reading)
{
        static const char *const keys[2][2] = {{"UID_MIN", "UID_MAX"}, {"GID_MIN", "GID_MAX"}};
        struct settings settings;

        settings_read_authd(&settings);
        if (settings.count == 0)
                return;
        for (int i = 0; i < 2; i++) {
                const struct reading of_groups = {reading->idmaps,
                                                  {false, reading->stands[SUBID_GROUPS]}};

                add(i == SUBID_USERS ? reading : &of_groups,
                    (struct idmap){.service = "authd",
                                   .first = strtoull(
                                       settings_get(&settings, "", keys[i][0], "10000"), NULL, 10),
                                   .last = strtoull(
                                       settings_get(&settings, "", keys[i][1], "60000"), NULL, 10),
                                   .file = AUTHD_FILE,
                                   .whose = xasprintf("authd (%s)", keys[i][0])});
        }
}

/* "200000-2000200000"; what cannot be read counts as the default. */
static void add_himmelblau(const struct reading *reading, const char *section, const char *range,
                           const char *by_default, bool is_for_ranges)
{
        unsigned long long first, last;

        if (sscanf(range, "%llu-%llu", &first, &last) != 2)
                sscanf(by_default, "%llu-%llu", &first, &last);
        add(reading, (struct idmap){.service = "himmelblau",
                                    .first = first,
                                    .last = last,
                                    .is_for_ranges = is_for_ranges,
                                    .file = HIMMELBLAU_FILE,
                                    .whose = xasprintf("Himmelblau (%s)", section)});
}

/* A domain's range, or that of all which have none; and the lines that it writes for its users. */
static void read_himmelblau(const struct reading *reading)
{
        static const char ids[] = "200000-2000200000", ranges[] = "2100000000-4200000000";
        struct settings settings;

        settings_read_himmelblau(&settings);
        if (settings.count == 0)
                return;
        for (size_t i = 0; i < settings.count; i++) {
                const char *const section = settings.all[i].section;
                const char *const range = settings_get(&settings, section, "idmap_range", NULL);

                if (settings.all[i].begins && range && strcmp(section, "global") != 0)
                        add_himmelblau(reading, section, range, ids, false);
        }
        add_himmelblau(reading, "global", settings_get(&settings, "global", "idmap_range", ids),
                       ids, false);
        add_himmelblau(reading, "global", settings_get(&settings, "global", "subid_range", ranges),
                       ranges, true);
}

void idmaps_read(const struct nsswitch *nsswitch, struct idmaps *idmaps)
{
        static const struct {
                const char *service;
                void (*read)(const struct reading *reading);
        } services[] = {{"sss", read_sssd},
                        {"winbind", read_winbind},
                        {"authd", read_authd},
                        {"himmelblau", read_himmelblau}};

        *idmaps = (struct idmaps){.count = 0};
        for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
                struct reading reading = {.idmaps = idmaps};

                for (int j = 0; j < 2; j++) {
                        const struct nsswitch_line *const line =
                            nsswitch_line_of(nsswitch, lines[j]);

                        reading.stands[j] =
                            line && nsswitch_find(nsswitch, line, services[i].service);
                }
                if (reading.stands[0] || reading.stands[1])
                        services[i].read(&reading);
        }
}
