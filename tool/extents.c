/* SPDX-License-Identifier: MIT */
#include "extents.h"

bool extents_map(const struct extent *map, size_t size, uint32_t id, uint32_t *inside)
{
        for (size_t i = 0; i < size; i++) {
                if (id < map[i].outside || id - map[i].outside >= map[i].count)
                        continue;
                *inside = map[i].inside + (id - map[i].outside);
                return true;
        }
        return false;
}
