/* SPDX-License-Identifier: MIT */
#ifndef PROOF_STDLIB_H
#define PROOF_STDLIB_H

#include <stddef.h>

/* Frama-C's own knows no array but those that it has made. */
#define realloc proof_realloc

/* Only ever asked for an array of GIDs. WP cannot follow what is freed and what is new. */
/*@ assigns \result \from old, size;
    ensures \result == \null || \valid((unsigned int *)\result + (0 .. size / 4 - 1)); */
void *realloc(void *old, size_t size);

#endif
