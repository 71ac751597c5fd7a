/* SPDX-License-Identifier: MIT */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files of lines "key = value" in sections, as sssd.conf(5) and smb.conf(5) are; and what they say
 * of the sources of accounts that are no files. Also login.defs(5).
 */

struct setting {
        const char *section, *key, *value;
        bool begins; /* the first one of its section */
};

struct settings {
        struct setting *all;
        size_t count, room;
        const struct setting **by_section; /* then in their order */
};

#define SSSD_FILE "/etc/sssd/sssd.conf"
#define WINBIND_FILE "/etc/samba/smb.conf"
#define AUTHD_FILE "/etc/authd/authd.yaml"
#define HIMMELBLAU_FILE "/etc/himmelblau/himmelblau.conf"

/* SSSD's file and folder; the others' file. What cannot be read is said, unless it is not there. */
void settings_read_sssd(struct settings *settings);
void settings_read_winbind(struct settings *settings);
void settings_read_himmelblau(struct settings *settings);

/* Those that stand by themselves, "key: value", in the section "". */
void settings_read_authd(struct settings *settings);

/*
 * A file of TOML: its strings that stand on one line. Returns false if there is none; that it
 * cannot be read is said, unless root would be needed.
 */
bool settings_read_toml(const char *path, struct settings *settings);

/* The string of such a file, if it is a plain one without an escape; else NULL. */
const char *settings_text(const struct settings *settings, const char *section, const char *key);

/* The last one counts, in small or capital letters. */
const char *settings_get(const struct settings *settings, const char *section, const char *key,
                         const char *otherwise);

/*
 * The last value that login.defs(5) gives to a name, as shadow reads it (lib/getdef.c): a number is
 * all of the value, which may stand in quotes. The file may lie in /usr/etc.
 */
uint64_t login_defs_number(const char *name, uint64_t otherwise);
bool login_defs_yes(const char *name);

/* Whether a source of accounts lists them: sss, winbind and ldap do only where they are told to. */
bool settings_enumerates(const char *service);

#endif
