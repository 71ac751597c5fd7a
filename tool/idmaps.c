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

/* Of each database on whose line the service stands. */
static void add(const struct reading *reading, struct idmap idmap)
{
        struct idmaps *const idmaps = reading->idmaps;

        for (int i = 0; i < 2; i++) {
                if (!reading->stands[i])
                        continue;
                idmap.database = (enum subid_database)i;
                idmaps->list =
                    grow(idmaps->list, idmaps->count, &idmaps->room, sizeof(*idmaps->list));
                idmaps->list[idmaps->count++] = idmap;
        }
}

/* Whether a setting is the first one of a domain with mapped IDs. */
static bool sssd_maps(const struct settings *settings, size_t i)
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

static void read_sssd(const struct reading *reading)
{
        struct settings settings;

        settings_read_sssd(&settings);
        for (size_t i = 0; i < settings.count; i++) {
                const char *const section = settings.all[i].section;

                if (!sssd_maps(&settings, i))
                        continue;
                add(reading,
                    (struct idmap){.service = "sss",
                                   .first = strtoull(settings_get(&settings, section,
                                                                  "ldap_idmap_range_min", "200000"),
                                                     NULL, 10),
                                   .last =
                                       strtoull(settings_get(&settings, section,
                                                             "ldap_idmap_range_max", "2000200000"),
                                                NULL, 10),
                                   .file = SSSD_FILE,
                                   .whose = xasprintf("SSSD (%s)", section)});
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
