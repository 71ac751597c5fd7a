/* SPDX-License-Identifier: MIT */
#ifndef RESERVED_H
#define RESERVED_H

#include "subid_file.h"

#include <stdbool.h>
#include <stdint.h>

/* The last ID of the system's accounts. */
#define SYSTEM_LAST 999

/* Those that systemd gives to containers: systemd-nspawn -U, nsresourced. */
#define NSPAWN_FIRST UINT64_C(524288)
#define NSPAWN_LAST UINT64_C(1879048191)

/*
 * For whom an ID is kept by convention, whether it is in use or not: what no range gives a name
 * (subid_excluded_ids), and the rest of systemd's docs/UIDS-GIDS.md. NULL if for nobody.
 */
const char *reserved_for(uint32_t id);

/*
 * The ID that the kernel shows in place of those without a mapping (overflowuid, overflowgid).
 * Returns false if it does not tell.
 */
bool reserved_overflow(enum subid_database database, uint32_t *id);

#endif
