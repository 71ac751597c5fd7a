/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tool/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROPERTY "org.systemd.property.User"
#define MARK "nss-subuid.user"

/* Returns the text's object, or NULL and says why there is none without doubt. */
static json_object *parse(const char *text, size_t size, const char **doubt)
{
        static const char *const doubts[] = {
            [JSON_TEXT_NO_MEMORY] = "no memory",
            [JSON_TEXT_ODD] = "config.json: not JSON, or nested too deeply",
            [JSON_TEXT_TWICE] = "config.json: a name occurs twice",
        };
        enum json_text_fault fault;
        json_object *const top = json_text_parse(text, size, json_type_object, &fault);

        if (!top)
                *doubt = doubts[fault];
        return top;
}

static char lower(char c)
{
        return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/*
 * Whether a name is this one, in whatever case, as Go's encoding/json takes it (fold.go): the long
 * s and the Kelvin sign are letters of ASCII in another case.
 */
static bool is_in_any_case(const char *name, const char *wanted)
{
        for (; *wanted; wanted++) {
                if (lower(*name) == lower(*wanted))
                        name++;
                else if (lower(*wanted) == 's' && strncmp(name, "\xc5\xbf", 2) == 0)
                        name += 2;
                else if (lower(*wanted) == 'k' && strncmp(name, "\xe2\x84\xaa", 3) == 0)
                        name += 3;
                else
                        return false;
        }
        return !*name;
}

/* --- what stands there ---------------------------------------------------------------------- */

/*
 * Finds the members of an object that have these names, at most as many as there is room for;
 * absent ones are NULL. Returns false if value is no object or one of its names is like a wanted
 * one.
 */
enum { NAMES_MAX = 4 };

static bool get_members(json_object *value, const char *const names[NAMES_MAX],
                        json_object *members[NAMES_MAX])
{
        if (!json_object_is_type(value, json_type_object))
                return false;
        for (size_t i = 0; i < NAMES_MAX && names[i]; i++)
                members[i] = NULL;
        json_object_object_foreach(value, name, member)
        {
                for (size_t i = 0; i < NAMES_MAX && names[i]; i++) {
                        if (!is_in_any_case(name, names[i]))
                                continue;
                        if (strcmp(name, names[i]) != 0 || !member)
                                return false;
                        members[i] = member;
                }
        }
        return true;
}

/* NULL if it is no string. Without NUL bytes: see pass_string. */
static const char *text_of(json_object *value)
{
        return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool is_text(json_object *value, const char *text)
{
        const char *const got = text_of(value);

        return got && strcmp(got, text) == 0;
}

/* Whether it is an integer from 0 to max. */
static bool get_number(json_object *value, int64_t max, int64_t *number)
{
        if (!json_object_is_type(value, json_type_int))
                return false;
        *number = json_object_get_int64(value);
        return *number >= 0 && *number <= max;
}

/* Elements of an array that may be absent. */
static bool get_length(json_object *array, size_t *length)
{
        *length = 0;
        if (!array)
                return true;
        if (!json_object_is_type(array, json_type_array))
                return false;
        *length = json_object_array_length(array);
        return true;
}

/* Whether the container has a user namespace, and a cgroup namespace that is its own. */
static const char *read_namespaces(json_object *namespaces, const char **unwanted)
{
        bool has_user = false, has_own_cgroup = false;
        size_t length;

        if (!get_length(namespaces, &length))
                return "config.json: odd namespaces";
        for (size_t i = 0; i < length; i++) {
                json_object *members[NAMES_MAX];

                if (!get_members(json_object_array_get_idx(namespaces, i),
                                 (const char *const[NAMES_MAX]){"type", "path"}, members) ||
                    !text_of(members[0]) || (members[1] && !text_of(members[1])))
                        return "config.json: odd namespaces";
                if (is_text(members[0], "user"))
                        has_user = true;
                if (is_text(members[0], "cgroup"))
                        has_own_cgroup = !members[1] || is_text(members[1], "");
        }
        if (!has_user)
                *unwanted = "no user namespace";
        else if (!has_own_cgroup)
                *unwanted = "no cgroup namespace of its own";
        return NULL;
}

static const char *read_options(json_object *options, bool *writable)
{
        size_t length;

        if (!get_length(options, &length))
                return "config.json: odd options of a mount";
        *writable = true;
        for (size_t i = 0; i < length; i++) {
                const char *const option = text_of(json_object_array_get_idx(options, i));

                if (!option)
                        return "config.json: odd options of a mount";
                if (strcmp(option, "ro") == 0 || strcmp(option, "rro") == 0)
                        *writable = false;
        }
        return NULL;
}

/* runc's own condition (libcontainer/specconv/spec_linux.go), and no other mount at that place. */
static const char *read_mounts(json_object *mounts, const char **unwanted)
{
        size_t length, found = 0;
        bool writable = false;

        if (!get_length(mounts, &length))
                return "config.json: odd mounts";
        for (size_t i = 0; i < length; i++) {
                json_object *members[NAMES_MAX];
                const char *doubt;

                if (!get_members(
                        json_object_array_get_idx(mounts, i),
                        (const char *const[NAMES_MAX]){"destination", "source", "type", "options"},
                        members))
                        return "config.json: odd mounts";
                if (!is_text(members[0], "/sys/fs/cgroup"))
                        continue;
                found++;
                doubt = read_options(members[3], &writable);
                if (doubt)
                        return doubt;
                if (!is_text(members[1], "cgroup") ||
                    (!is_text(members[2], "cgroup") && !is_text(members[2], "cgroup2")))
                        writable = false;
        }
        if (found > 1)
                return "config.json: two mounts of /sys/fs/cgroup";
        if (!writable)
                *unwanted = "no writable mount of the cgroup";
        return NULL;
}

/* The host's ID of a user of the container. */
static const char *map(json_object *mappings, int64_t uid, const char **unwanted, uint32_t *owner)
{
        size_t length;
        bool found = false;

        if (!get_length(mappings, &length))
                return "config.json: odd uidMappings";
        for (size_t i = 0; i < length; i++) {
                json_object *members[NAMES_MAX];
                int64_t inside, outside, count;

                if (!get_members(json_object_array_get_idx(mappings, i),
                                 (const char *const[NAMES_MAX]){"containerID", "hostID", "size"},
                                 members) ||
                    !get_number(members[0], UINT32_MAX, &inside) ||
                    !get_number(members[1], UINT32_MAX, &outside) ||
                    !get_number(members[2], UINT32_MAX, &count))
                        return "config.json: odd uidMappings";
                if (found || uid < inside || uid - inside >= count)
                        continue;
                if (outside + (uid - inside) >= UINT32_MAX)
                        return "config.json: odd uidMappings";
                *owner = (uint32_t)(outside + (uid - inside));
                found = true;
        }
        if (!found)
                *unwanted = "the user is not mapped";
        else if (*owner == 0)
                *unwanted = "the user is root of the host";
        return NULL;
}

static const char *read_uid(json_object *process, int64_t *uid)
{
        json_object *members[NAMES_MAX];

        if (!get_members(process, (const char *const[NAMES_MAX]){"user"}, members) ||
            !get_members(members[0], (const char *const[NAMES_MAX]){"uid"}, members) ||
            !get_number(members[0], UINT32_MAX, uid))
                return "config.json: odd process.user.uid";
        return NULL;
}

/* The two annotations are ours if both stand there and agree. */
static const char *read_annotations(json_object *annotations, struct config *config)
{
        json_object *members[NAMES_MAX] = {NULL};
        const char *mark;
        char *end, text[32];

        config->has_annotations = annotations != NULL;
        if (!annotations)
                return NULL;
        if (!get_members(annotations, (const char *const[NAMES_MAX]){PROPERTY, MARK}, members))
                return "config.json: odd annotations";
        if (!members[0] && !members[1])
                return NULL;
        mark = text_of(members[1]);
        if (!mark)
                return "somebody else asks for an owner";
        config->own = (uint32_t)strtoul(mark, &end, 10);
        snprintf(text, sizeof(text), "%u", config->own);
        if (*end || strcmp(mark, text) != 0)
                return "somebody else asks for an owner";
        snprintf(text, sizeof(text), "'%u'", config->own);
        if (!is_text(members[0], text))
                return "somebody else asks for an owner";
        config->has_own = true;
        return NULL;
}

static const char *read_top(json_object *top, bool of_root, struct config *config)
{
        enum { ANNOTATIONS, LINUX, MOUNTS, PROCESS };
        enum { UID_MAPPINGS, NAMESPACES };
        json_object *members[NAMES_MAX], *of_linux[NAMES_MAX];
        int64_t uid = 0;
        const char *doubt;

        if (!get_members(
                top, (const char *const[NAMES_MAX]){"annotations", "linux", "mounts", "process"},
                members) ||
            !get_members(members[LINUX],
                         (const char *const[NAMES_MAX]){"uidMappings", "namespaces"}, of_linux))
                return "config.json: odd names";
        doubt = read_annotations(members[ANNOTATIONS], config);
        if (!doubt && !of_root)
                doubt = read_uid(members[PROCESS], &uid);
        if (!doubt)
                doubt = map(of_linux[UID_MAPPINGS], uid, &config->unwanted, &config->owner);
        if (!doubt)
                doubt = read_mounts(members[MOUNTS], &config->unwanted);
        if (!doubt)
                doubt = read_namespaces(of_linux[NAMESPACES], &config->unwanted);
        return doubt;
}

struct config config_read(const char *text, size_t size, bool of_root)
{
        struct config config = {.doubt = NULL};
        json_object *const top = parse(text, size, &config.doubt);

        if (top)
                config.doubt = read_top(top, of_root, &config);
        json_object_put(top);
        return config;
}

/* --- the text ------------------------------------------------------------------------------- */

/* A member of an object in the text. */
struct place {
        const char *name;  /* where it begins */
        const char *comma; /* the one in front of it, or NULL */
        const char *value;
        const char *end; /* behind its value */
};

static const char *pass_blanks(const char *p, const char *end)
{
        while (p < end && strchr(" \t\r\n", *p) && *p)
                p++;
        return p;
}

/* Behind the value that begins here, or NULL. */
static const char *pass_value(const char *p, const char *end)
{
        size_t depth = 0;

        while (p < end) {
                const char c = *p++;

                if (c == '"' && !json_text_pass_string(&p, end))
                        return NULL;
                if (c == '{' || c == '[')
                        depth++;
                else if ((c == '}' || c == ']') && depth > 0)
                        depth--;
                if (depth == 0 &&
                    (c == '"' || c == '}' || c == ']' || p == end || strchr(",}] \t\r\n", *p)))
                        return p;
        }
        return NULL;
}

/* Finds a member of the object that begins here, by the very bytes of its name. */
static bool find(const char *object, const char *end, const char *name, struct place *place)
{
        const size_t length = strlen(name);
        const char *p = object;

        place->comma = NULL;
        if (p >= end || *p != '{')
                return false;
        while (p < end && *p != '}') {
                const char *behind;

                p = pass_blanks(p + 1, end);
                place->name = p;
                if (p >= end || *p != '"')
                        return false;
                behind = pass_value(p, end);
                if (!behind)
                        return false;
                p = pass_blanks(behind, end);
                if (p >= end || *p != ':')
                        return false;
                place->value = pass_blanks(p + 1, end);
                place->end = pass_value(place->value, end);
                if (!place->end)
                        return false;
                if ((size_t)(behind - place->name) == length + 2 &&
                    memcmp(place->name + 1, name, length) == 0)
                        return true;
                p = place->comma = pass_blanks(place->end, end);
        }
        return false;
}

static void cut(char *text, size_t *size, const char *from, const char *to)
{
        memmove(text + (from - text), to, (size_t)(text + *size - to));
        *size -= (size_t)(to - from);
}

/* Takes an annotation out, with one of the commas beside it. */
static bool take_out(char *text, size_t *size, const char *name)
{
        const char *const end = text + *size, *behind;
        struct place annotations, place;

        if (!find(pass_blanks(text, end), end, "annotations", &annotations) ||
            !find(annotations.value, annotations.end, name, &place))
                return false;
        behind = pass_blanks(place.end, end);
        if (behind < end && *behind == ',')
                cut(text, size, place.name, behind + 1);
        else
                cut(text, size, place.comma ? place.comma : place.name, place.end);
        return true;
}

/* Puts both in, in front of the other annotations, or annotations in front of all. */
static char *put_in(const char *text, size_t *size, bool has_annotations, uint32_t owner)
{
        static const char members[] = "\"" PROPERTY "\":\"'%u'\",\"" MARK "\":\"%u\"";
        const char *const end = text + *size, *const top = pass_blanks(text, end);
        const char *at, *follows;
        struct place annotations;
        char own[sizeof(members) + 32], whole[sizeof(own) + 32], *edited;
        size_t length, before;

        if (find(top, end, "annotations", &annotations) != has_annotations)
                return NULL;
        snprintf(own, sizeof(own), members, owner, owner);
        at = has_annotations ? annotations.value : top;
        if (at >= end || *at++ != '{')
                return NULL;
        follows = pass_blanks(at, end);
        length = (size_t)snprintf(whole, sizeof(whole),
                                  has_annotations ? "%s%s" : "\"annotations\":{%s}%s", own,
                                  follows < end && *follows == '}' ? "" : ",");
        before = (size_t)(at - text);
        edited = malloc(*size + length);
        if (!edited)
                return NULL;
        memcpy(edited, text, before);
        memcpy(edited + before, whole, length);
        memcpy(edited + before + length, at, *size - before);
        *size += length;
        return edited;
}

char *config_edit(const char *text, size_t *size, const struct config *config,
                  const uint32_t *owner)
{
        size_t edited_size = *size;
        char *copy = malloc(edited_size + 1), *edited;

        if (!copy)
                return NULL;
        memcpy(copy, text, edited_size);
        if (config->has_own &&
            (!take_out(copy, &edited_size, PROPERTY) || !take_out(copy, &edited_size, MARK))) {
                free(copy);
                return NULL;
        }
        edited = copy;
        if (owner) {
                edited = put_in(copy, &edited_size, config->has_annotations, *owner);
                free(copy);
        }
        if (edited)
                *size = edited_size;
        return edited;
}
