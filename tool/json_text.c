/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <json-c/json_visit.h>
#include <string.h>

bool json_text_pass_string(const char **p, const char *end)
{
        while (*p < end && **p != '"') {
                if ((unsigned char)**p < ' ')
                        return false;
                if (**p == '\\') {
                        if (end - *p > 5 && memcmp(*p, "\\u0000", 6) == 0)
                                return false;
                        ++*p;
                }
                ++*p;
        }
        if (*p >= end)
                return false;
        ++*p;
        return true;
}

/* Whether the text has JSON's bytes only, where json-c takes more; counts the members of all
 * objects. */
static bool has_bytes_of_json(const char *text, size_t size, size_t *members)
{
        const char *const end = text + size;

        *members = 0;
        while (text < end) {
                const char c = *text++;

                if (c == '"') {
                        if (!json_text_pass_string(&text, end))
                                return false;
                } else if (!c || !strchr("{}[],:0123456789+-.eEtrufalsn \t\r\n", c)) {
                        return false;
                }
                *members += c == ':';
        }
        return true;
}

static int count_members(json_object *value, int flags, json_object *parent, const char *name,
                         size_t *position, void *members)
{
        (void)parent;
        (void)name;
        (void)position;
        if (flags != JSON_C_VISIT_SECOND && json_object_is_type(value, json_type_object))
                *(size_t *)members += (size_t)json_object_object_length(value);
        return JSON_C_VISIT_RETURN_CONTINUE;
}

json_object *json_text_parse(const char *text, size_t size, json_type type,
                             enum json_text_fault *fault)
{
        json_tokener *const tokener = json_tokener_new();
        size_t members, members_kept = 0;
        json_object *top = NULL;

        *fault = JSON_TEXT_NO_MEMORY;
        if (!tokener)
                return NULL;
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        *fault = JSON_TEXT_ODD;
        if (has_bytes_of_json(text, size, &members))
                top = json_tokener_parse_ex(tokener, text, (int)size);
        json_tokener_free(tokener);
        if (!json_object_is_type(top, type))
                goto refuse;
        /* Of two members of one name, json-c keeps one. */
        *fault = JSON_TEXT_TWICE;
        if (json_c_visit(top, 0, count_members, &members_kept) < 0 || members != members_kept)
                goto refuse;
        return top;
refuse:
        json_object_put(top);
        return NULL;
}
