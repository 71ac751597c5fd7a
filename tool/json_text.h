/* SPDX-License-Identifier: MIT */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * JSON that is beyond doubt: what json-c reads, strictly, and any other reader has to read the same
 * way. Its objects have no name twice, its strings no NUL byte, it is UTF-8 and not nested deeply.
 */

enum json_text_fault { JSON_TEXT_NO_MEMORY, JSON_TEXT_ODD, JSON_TEXT_TWICE };

/*
 * Returns what a text is, an object or array of json-c's as type says, for json_object_put(3); or
 * NULL: then *fault says why. JSON of another type is odd.
 */
json_object *json_text_parse(const char *text, size_t size, json_type type,
                             enum json_text_fault *fault);

/*
 * Whether a string, its quotation mark passed, has neither control characters nor "\u0000", behind
 * which json-c sees nothing of a name. Sets *p behind it.
 */
bool json_text_pass_string(const char **p, const char *end);

#endif
