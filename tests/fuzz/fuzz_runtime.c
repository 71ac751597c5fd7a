/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what the OCI runtime reads: a command line, or a config.json and what is put into it. Each
 * block of bytes is exactly as long as it says. A command line is compared with a regular
 * expression; of a config.json, json-c has to see what was decided by its paths, and the new text
 * has to be the old one but for two annotations.
 */
#include "harness.h"
#include "tool/runtime/arguments.h"
#include "tool/runtime/config.h"

#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *exact_copy(const char *bytes, size_t size)
{
        char *const copy = malloc(size ? size : 1);

        if (!copy)
                die("no memory");
        memcpy(copy, bytes, size);
        return copy;
}

/* --- the command line ----------------------------------------------------------------------- */

/* A value, behind "=" or as the next argument; arguments end with a newline. */
#define VALUE "(=|\n)[^\n]*\n"

static bool is_command_line(const char *lines)
{
        static const char pattern[] =
            "^("
            "--(debug|systemd-cgroup)\n"
            "|--(cgroup-manager|criu|log|log-format|log-level|root|rootless)" VALUE ")*"
            "(create|run|restore)\n"
            "("
            "(-d|--(auto-dedup|detach|ext-unix-sk|file-locks|keep|lazy-pages|no-new-keyring|no-"
            "pivot"
            "|no-subreaper|shell-job|tcp-close|tcp-established))\n"
            "|-b\n[^\n]*\n"
            "|--(bundle|console-socket|empty-ns|image-path|lsm-mount-context|lsm-profile"
            "|manage-cgroups-mode|pid-file|pidfd-socket|preserve-fds|work-path)" VALUE ")*"
            "([^-\n][^\n]*)?\n$";
        static regex_t regex;
        static bool compiled;

        if (!compiled && regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
                die("regcomp");
        compiled = true;
        return regexec(&regex, lines, 0, NULL, 0) == 0;
}

enum { ARGUMENTS_MAX = 64 };

/* Each line is an argument. */
static void test_arguments(const char *text, size_t size)
{
        char *argv[ARGUMENTS_MAX + 2] = {"runc"};
        char *const lines = malloc(size + 2);
        size_t count = 1, length = strnlen(text, size);
        struct arguments arguments;
        const char *why;
        bool wanted, found;

        if (!lines)
                die("no memory");
        memcpy(lines, text, length);
        if (length > 0 && lines[length - 1] != '\n')
                lines[length++] = '\n';
        lines[length] = '\0';
        for (char *line = lines, *newline; *line && count <= ARGUMENTS_MAX; line = newline + 1) {
                newline = strchr(line, '\n');
                argv[count] = exact_copy(line, (size_t)(newline - line) + 1);
                argv[count++][newline - line] = '\0';
                if (count > ARGUMENTS_MAX)
                        newline[1] = '\0';
        }
        wanted = is_command_line(lines);
        why = arguments_read(argv, &arguments);
        if (why && wanted && strcmp(why, "two bundles") != 0 &&
            strcmp(why, "an empty name of a bundle") != 0)
                die("arguments_read: refused");
        if (!why && !wanted)
                die("arguments_read: not refused");
        if (!why) {
                found = strcmp(arguments.bundle, ".") == 0;
                for (size_t i = 1; i < count; i++)
                        found = found || arguments.bundle == argv[i] ||
                                (strncmp(argv[i], "--bundle=", 9) == 0 &&
                                 arguments.bundle == argv[i] + 9);
                if (!found)
                        die("arguments_read: a bundle that is not there");
        }
        for (size_t i = 1; i < count; i++)
                free(argv[i]);
        free(lines);
}

/* --- config.json ---------------------------------------------------------------------------- */

static json_object *at(json_object *object, const char *path)
{
        json_object *value = NULL;

        return json_pointer_get(object, path, &value) == 0 ? value : NULL;
}

static const char *text_at(json_object *object, const char *path)
{
        json_object *const value = at(object, path);

        return value ? json_object_get_string(value) : "";
}

static bool has_option(json_object *mount, const char *option)
{
        json_object *const options = at(mount, "/options");

        for (size_t i = 0; options && i < json_object_array_length(options); i++)
                if (strcmp(json_object_get_string(json_object_array_get_idx(options, i)), option) ==
                    0)
                        return true;
        return false;
}

/* Whether an owner is wanted, by the paths of what is known to be without doubt. */
static bool model(json_object *top, bool of_root, uint32_t *owner)
{
        json_object *const mappings = at(top, "/linux/uidMappings"),
                           *const mounts = at(top, "/mounts"),
                           *const namespaces = at(top, "/linux/namespaces");
        const int64_t uid = of_root ? 0 : json_object_get_int64(at(top, "/process/user/uid"));
        bool mapped = false, user = false, cgroup = false, writable = false;

        for (size_t i = mappings ? json_object_array_length(mappings) : 0; i-- > 0;) {
                json_object *const mapping = json_object_array_get_idx(mappings, i);
                const int64_t inside = json_object_get_int64(at(mapping, "/containerID"));

                if (uid < inside || uid >= inside + json_object_get_int64(at(mapping, "/size")))
                        continue;
                *owner = (uint32_t)(json_object_get_int64(at(mapping, "/hostID")) + uid - inside);
                mapped = true;
        }
        for (size_t i = 0; namespaces && i < json_object_array_length(namespaces); i++) {
                json_object *const namespace = json_object_array_get_idx(namespaces, i);

                if (strcmp(text_at(namespace, "/type"), "user") == 0)
                        user = true;
                if (strcmp(text_at(namespace, "/type"), "cgroup") == 0)
                        cgroup = !*text_at(namespace, "/path");
        }
        for (size_t i = 0; mounts && i < json_object_array_length(mounts); i++) {
                json_object *const mount = json_object_array_get_idx(mounts, i);

                if (strcmp(text_at(mount, "/destination"), "/sys/fs/cgroup") == 0 &&
                    strcmp(text_at(mount, "/source"), "cgroup") == 0 &&
                    (strcmp(text_at(mount, "/type"), "cgroup") == 0 ||
                     strcmp(text_at(mount, "/type"), "cgroup2") == 0) &&
                    !has_option(mount, "ro") && !has_option(mount, "rro"))
                        writable = true;
        }
        return mapped && *owner != 0 && user && cgroup && writable;
}

static json_object *parse(const char *text, size_t size)
{
        json_tokener *const tokener = json_tokener_new();
        json_object *const top = json_tokener_parse_ex(tokener, text, (int)size);

        json_tokener_free(tokener);
        if (!top)
                die("json-c reads no more what it has read");
        return top;
}

/* Whether the texts have these annotations, and are the same but for ours. */
static void compare(const char *old, size_t old_size, const char *new, size_t new_size,
                    const uint32_t *owner)
{
        json_object *const before = parse(old, old_size), *const after = parse(new, new_size);
        json_object *annotations = at(after, "/annotations");
        char wanted[32];

        if (owner) {
                snprintf(wanted, sizeof(wanted), "'%u'", *owner);
                if (strcmp(text_at(annotations, "/org.systemd.property.User"), wanted) != 0)
                        die("config_edit: not our owner");
                snprintf(wanted, sizeof(wanted), "%u", *owner);
                if (strcmp(text_at(annotations, "/nss-subuid.user"), wanted) != 0)
                        die("config_edit: not our mark");
        }
        for (int i = 0; i < 2; i++) {
                annotations = at(i == 0 ? before : after, "/annotations");
                if (!annotations)
                        continue;
                json_object_object_del(annotations, "org.systemd.property.User");
                json_object_object_del(annotations, "nss-subuid.user");
                if (json_object_object_length(annotations) == 0)
                        json_object_object_del(i == 0 ? before : after, "annotations");
        }
        if (!json_object_equal(before, after))
                die("config_edit: something else has changed");
        json_object_put(before);
        json_object_put(after);
}

/* Whether the new text is the old one with something inserted at one place. */
static bool is_inserted(const char *old, size_t old_size, const char *new, size_t new_size)
{
        size_t same = 0;

        if (new_size < old_size)
                return false;
        while (same < old_size && old[same] == new[same])
                same++;
        return memcmp(old + same, new + new_size - (old_size - same), old_size - same) == 0;
}

static void test_config(const uint8_t *head, const char *bytes, size_t size)
{
        const uint32_t owner = (uint32_t)read_bytes(head + 4, 4) | 1;
        const bool of_root = head[1] % 2;
        char *const text = exact_copy(bytes, size);
        const struct config config = config_read(text, size, of_root);
        size_t with_size = size, without_size;
        char *with = NULL, *without = NULL;
        json_object *top;
        uint32_t wanted = 0;

        if (config.doubt)
                goto end;
        top = parse(text, size);
        if (model(top, of_root, &wanted) != !config.unwanted ||
            (!config.unwanted && wanted != config.owner))
                die("config_read: another owner than the model's");
        if (config.has_own && strtoul(text_at(top, "/annotations/org.systemd.property.User") + 1,
                                      NULL, 10) != config.own)
                die("config_read: somebody else's owner is its own");
        json_object_put(top);

        with = config_edit(text, &with_size, &config, &owner);
        if (!with)
                goto end;
        with = realloc(with, with_size);
        compare(text, size, with, with_size, &owner);
        if (!config.has_own && !is_inserted(text, size, with, with_size))
                die("config_edit: not inserted at one place");
        struct config again = config_read(with, with_size, of_root);
        if (again.doubt || !again.has_own || again.own != owner ||
            !again.unwanted != !config.unwanted || (!again.unwanted && again.owner != config.owner))
                die("config_read: its own work is read otherwise");

        without_size = with_size;
        without = config_edit(with, &without_size, &again, NULL);
        if (!without)
                die("config_edit: its own work cannot be taken out");
        compare(text, size, without, without_size, NULL);
        if (!config.has_own && config.has_annotations &&
            (without_size != size || memcmp(without, text, size) != 0))
                die("config_edit: what is taken out again leaves other bytes");
        again = config_read(without, without_size, of_root);
        if (again.doubt || again.has_own)
                die("config_edit: something of its own is left");
end:
        free(with);
        free(without);
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < HEAD)
                return 0;
        if (data[0] % 4 == 0)
                test_arguments((const char *)data + HEAD, size - HEAD);
        else
                test_config(data, (const char *)data + HEAD, size - HEAD);
        return 0;
}
