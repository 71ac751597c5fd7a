/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_HARNESS_H
#define TESTS_FUZZ_HARNESS_H

#include <stddef.h>
#include <stdint.h>

/* What the harnesses share. An input is HEAD bytes that say what is asked, then text. */
enum { HEAD = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what is wrong and aborts. */
void die(const char *what) __attribute__((noreturn));

/* A number of this many bytes, the same on every machine. */
uint64_t read_bytes(const uint8_t *bytes, size_t size);

/*
 * An ID at or beside an end of a range, so that most questions are about something. Of the four
 * bytes the first two say where in the text, the third how many colons behind that the start
 * follows, the last one which end and how far from it. It need not be a range by the grammar.
 */
uint32_t id_near(const char *text, size_t size, const uint8_t *where);

/* How far from an end, by the last of these bytes: mostly 0. */
uint32_t distance(uint8_t where);

#endif
