/* SPDX-License-Identifier: MIT */
#ifndef ACCOUNT_NAME_H
#define ACCOUNT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The name of a subordinate ID: NAME_PREFIX and the ID in decimal. An ID has one name and a name
 * one ID, so the two functions are each other's inverse.
 */

/*
 * One character, because ps and top have 8 columns for a user; "_", because no account is called
 * "_" and a number, and systemd's strict rules allow it. A build may choose another: here, or by
 * "make NAME_PREFIX=sub-".
 */
#ifndef NAME_PREFIX
#define NAME_PREFIX "_"
#endif

/* Bytes of the longest name, its NUL included. A 32-bit number has at most 10 digits. */
#define ACCOUNT_NAME_SIZE (sizeof(NAME_PREFIX) + 10)

/* Bytes of the name of id, its NUL included. */
size_t account_name_size(uint32_t id);

/* Writes the name of id, at most ACCOUNT_NAME_SIZE bytes. Returns a pointer to its NUL. */
char *account_name_format(char *name, uint32_t id);

/*
 * Reads name, any NUL-terminated string, and says whether it is the name of an ID: the prefix and
 * a number of at most 4294967295, with no sign, no leading zero and nothing behind it. Whether the
 * ID lies in a range is not asked here.
 */
bool account_name_parse(const char *name, uint32_t *id);

/* The number of digits of number in decimal, 1 to 20. */
size_t decimal_length(uint64_t number);

/* Writes number in decimal, at most 21 bytes with the NUL. Returns a pointer to its NUL. */
char *decimal_format(char *text, uint64_t number);

#endif
