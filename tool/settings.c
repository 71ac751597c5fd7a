/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include "root.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SSSD_FOLDER "/etc/sssd/conf.d"
#define NSLCD_FILE "/etc/nslcd.conf"

/* A file that cannot be read is no finding, but nor is it passed over in silence. */
static void not_checked(const char *path, int r)
{
        if (r != -ENOENT)
                warn("%s%s: not checked: %s", root_folder(),
                     printable(path, strlen(path), SIZE_MAX), root_reason(r));
}

static char *trim(char *text)
{
        char *end;

        while (isspace((unsigned char)*text))
                text++;
        end = text + strlen(text);
        while (end > text && isspace((unsigned char)end[-1]))
                end--;
        *end = '\0';
        return text;
}

/* Returns 0 or a negative errno. */
static int add_file(const char *path, char separator, struct settings *settings)
{
        const char *section = "";
        char *rest, *line;
        struct text text;
        const int r = root_read(path, &text);

        if (r < 0)
                return r;
        rest = xstrndup(text.bytes, text.size);
        while ((line = strsep(&rest, "\n"))) {
                char *const first = trim(line);
                char *const equals = strchr(first, separator);

                /* A comment is a key that nobody asks for. */
                if (*first == '[') {
                        first[strcspn(first, "]")] = '\0';
                        section = trim(first + 1);
                } else if (equals) {
                        *equals = '\0';
                        settings->all = grow(settings->all, settings->count, &settings->room,
                                             sizeof(*settings->all));
                        settings->all[settings->count++] = (struct setting){
                            .section = section, .key = trim(first), .value = trim(equals + 1)};
                }
        }
        return 0;
}

static void read_settings(const char *path, char separator, struct settings *settings)
{
        const int r = add_file(path, separator, settings);

        if (r < 0)
                not_checked(path, r);
}

static int compare_settings(const void *a, const void *b)
{
        const struct setting *const x = *(const struct setting *const *)a;
        const struct setting *const y = *(const struct setting *const *)b;
        const int order = strcmp(x->section, y->section);

        return order ? order : (x > y) - (x < y);
}

/* Once all are read. */
static void sort(struct settings *settings)
{
        settings->by_section = xcalloc(settings->count, sizeof(struct setting *));
        for (size_t i = 0; i < settings->count; i++)
                settings->by_section[i] = &settings->all[i];
        if (settings->count)
                qsort(settings->by_section, settings->count, sizeof(struct setting *),
                      compare_settings);
        for (size_t i = 0; i < settings->count; i++) {
                const size_t at = (size_t)(settings->by_section[i] - settings->all);

                settings->all[at].begins = i == 0 || strcmp(settings->by_section[i - 1]->section,
                                                            settings->all[at].section) != 0;
        }
}

const char *settings_get(const struct settings *settings, const char *section, const char *key,
                         const char *otherwise)
{
        size_t first = 0, end = settings->count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (strcmp(settings->by_section[middle]->section, section) < 0)
                        first = middle + 1;
                else
                        end = middle;
        }
        for (size_t i = first;
             i < settings->count && strcmp(settings->by_section[i]->section, section) == 0; i++)
                if (strcasecmp(settings->by_section[i]->key, key) == 0)
                        otherwise = settings->by_section[i]->value;
        return otherwise;
}

/* The files of sssd.conf(5)'s folder, in their order. */
static void read_folder(const char *folder, struct settings *settings)
{
        char **paths;
        const int r = root_list(folder, ".conf", &paths);

        if (r < 0)
                not_checked(folder, r);
        else
                for (; *paths; paths++)
                        read_settings(*paths, '=', settings);
}

void settings_read_sssd(struct settings *settings)
{
        *settings = (struct settings){.count = 0};
        read_settings(SSSD_FILE, '=', settings);
        read_folder(SSSD_FOLDER, settings);
        sort(settings);
}

static void read_file(const char *path, char separator, struct settings *settings)
{
        *settings = (struct settings){.count = 0};
        read_settings(path, separator, settings);
        sort(settings);
}

void settings_read_winbind(struct settings *settings)
{
        read_file(WINBIND_FILE, '=', settings);
}

void settings_read_himmelblau(struct settings *settings)
{
        read_file(HIMMELBLAU_FILE, '=', settings);
}

void settings_read_authd(struct settings *settings)
{
        read_file(AUTHD_FILE, ':', settings);
}

/* One that cannot be read is told of at the first question. */
static bool read_login_defs(struct text *text)
{
        static const char *const paths[] = {"/etc/login.defs", "/usr/etc/login.defs"};
        static bool told;

        for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
                const int r = root_read(paths[i], text);

                if (r == 0)
                        return true;
                if (r != -ENOENT && !told) {
                        not_checked(paths[i], r);
                        told = true;
                }
        }
        return false;
}

static const char *login_defs(const char *name)
{
        const size_t length = strlen(name);
        struct text text, line;
        const char *value = NULL;

        if (!read_login_defs(&text))
                return NULL;
        while (take_line(&text, &line)) {
                char *const word = trim(xstrndup(line.bytes, line.size));

                if (strncmp(word, name, length) == 0 && word[length] &&
                    strchr(" \t", word[length])) {
                        char *const this = word + length + strspn(word + length, " \t\"");

                        this[strcspn(this, "\"")] = '\0';
                        value = this;
                }
        }
        return value;
}

uint64_t login_defs_number(const char *name, uint64_t otherwise)
{
        const char *const value = login_defs(name);
        char *end;
        const unsigned long long number = value ? strtoull(value, &end, 0) : 0;

        return value && end > value && !*end ? number : otherwise;
}

bool login_defs_yes(const char *name)
{
        const char *const value = login_defs(name);

        return value && strcasecmp(value, "yes") == 0;
}

bool settings_read_toml(const char *path, struct settings *settings)
{
        int r;

        *settings = (struct settings){.count = 0};
        r = add_file(path, '=', settings);
        if (r < 0 && r != -ENOENT && !root_is_needed(-r))
                warn("%s%s: not read: %s", root_folder(), printable(path, strlen(path), SIZE_MAX),
                     root_reason(r));
        sort(settings);
        return r == 0;
}

const char *settings_text(const struct settings *settings, const char *section, const char *key)
{
        const char *const value = settings_get(settings, section, key, "");
        const char *const end = *value ? strchr(value + 1, *value) : NULL;
        const char *behind;

        if (!end || (*value != '"' && *value != '\''))
                return NULL;
        behind = end + 1 + strspn(end + 1, " \t\r");
        if ((*behind && *behind != '#') ||
            (*value == '"' && memchr(value, '\\', (size_t)(end - value))))
                return NULL;
        return xstrndup(value + 1, (size_t)(end - value - 1));
}

static bool is_true(const char *value)
{
        return strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
               strcmp(value, "1") == 0;
}

static bool sssd_enumerates(void)
{
        struct settings settings;

        settings_read_sssd(&settings);
        for (size_t i = 0; i < settings.count; i++)
                if (strcasecmp(settings.all[i].key, "enumerate") == 0 &&
                    is_true(settings.all[i].value))
                        return true;
        return false;
}

/* nslcd lists unless "nss_disable_enumeration yes" stands in its file (nslcd.conf(5)). */
static bool nslcd_enumerates(void)
{
        struct text text, line;

        if (root_read(NSLCD_FILE, &text) < 0)
                return false;
        while (take_line(&text, &line)) {
                const char *const copy = trim(xstrndup(line.bytes, line.size));

                if (strncasecmp(copy, "nss_disable_enumeration", 23) == 0 &&
                    is_true(trim(xasprintf("%s", copy + 23))))
                        return false;
        }
        return true;
}

bool settings_enumerates(const char *service)
{
        struct settings settings;

        if (strcmp(service, "sss") == 0)
                return sssd_enumerates();
        if (strcmp(service, "ldap") == 0)
                return nslcd_enumerates();
        if (strcmp(service, "winbind") != 0)
                return true;
        settings_read_winbind(&settings);
        return is_true(settings_get(&settings, "global", "winbind enum users", "no"));
}
