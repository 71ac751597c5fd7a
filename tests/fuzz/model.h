/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_MODEL_H
#define TESTS_FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the module has to answer: slow, obvious, and written without its code. It shares NAME_PREFIX
 * with it, and the C library's strtoul, by which subid_range.h says how a number is read.
 */

struct model_range {
        const char *owner; /* NUL-terminated */
        uint64_t start, count;
};

struct model_ranges {
        struct model_range *list;
        size_t count;
};

/* An input of a fuzzer, and so the files in it, has no more bytes. */
enum { MODEL_BYTES_MAX = 32768 };

/* The ranges of a file's bytes, behind those that ranges already holds: count is 0 at first. */
void model_read(struct model_ranges *ranges, const char *bytes, size_t size);

/* Forgets the ranges of all files. */
void model_begin(void);

/* The first range that holds the ID, or NULL. */
const struct model_range *model_owner(const struct model_ranges *ranges, uint32_t id);

/* The ID's position among those of this owner. */
bool model_position(const struct model_ranges *ranges, const char *owner, uint32_t id,
                    uint64_t *position);

/* The ID at this position. */
bool model_id(const struct model_ranges *ranges, const char *owner, uint64_t position,
              uint32_t *id);

/* Whether the ID is that of an account in a file like passwd(5) or group(5). */
bool model_is_account(const char *bytes, size_t size, uint32_t id);

/* The ID of the first account of this name. */
bool model_named(const char *bytes, size_t size, const char *name, uint32_t *id);

/* The group of a user: of this line, at this position. accounts are the bytes of /etc/group. */
uint32_t model_gid(const struct model_ranges *groups, const struct model_range *mine, uint32_t uid,
                   uint64_t position, const char *accounts, size_t size);

/* Whether no range gives this ID a name. */
bool model_excluded(uint32_t id);

/* Whether the name is that of an ID, and of which. */
bool model_name(const char *name, uint32_t *id);

#endif
