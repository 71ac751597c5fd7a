/* SPDX-License-Identifier: MIT */
#ifndef EXTENTS_H
#define EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The map of a user namespace: lines of uid_map or gid_map, or what a record says of them. */

struct extent {
        uint32_t inside, outside, count;
};

/* Whether an ID is mapped, and to which ID inside. */
bool extents_map(const struct extent *map, size_t size, uint32_t id, uint32_t *inside);

#endif
