/* SPDX-License-Identifier: MIT */
#ifndef PROOF_ENDIAN_H
#define PROOF_ENDIAN_H

#include <stdint.h>

/* Any number: the proof holds for either order of bytes. */
/*@ assigns \result \from number; */
uint64_t le64toh(uint64_t number);

#endif
