/* SPDX-License-Identifier: MIT */
#ifndef PROOF_STRING_H
#define PROOF_STRING_H

/*
 * What the proof believes of the C library: contracts in terms of the types that the module uses.
 * Where C has void pointers, a call with another type is an error here.
 */

#include <__fc_string_axiomatic.h>
#include <stddef.h>
#include <stdint.h>

/*@ requires \valid_read(begin + (0 .. size - 1));
    assigns \result \from begin, c, size, begin[0 .. size - 1];
    ensures \result == \null || (\base_addr(\result) == \base_addr(begin) &&
            begin <= \result < begin + size && *\result == (char)c); */
const char *memchr(const char *begin, int c, size_t size);

/* It copies one number. */
/*@ requires size == sizeof(*to) && \valid(to) && \valid_read(from + (0 .. size - 1));
    assigns *to \from from[0 .. size - 1];
    ensures \initialized(to); */
void memcpy(uint64_t *to, const char *from, size_t size);

/* It copies literals: nothing else stands between "" and "". */
#define stpcpy(to, literal) stpcpy_literal(to, "" literal "", sizeof("" literal "") - 1)
/*@ requires \valid(to + (0 .. length)) && \valid_read(from + (0 .. length));
    assigns to[0 .. length] \from from[0 .. length];
    assigns \result \from to, length;
    ensures \result == to + length; */
char *stpcpy_literal(char *to, const char *from, size_t length);

/* It asks whether a string begins with a literal of this length. */
#define strncmp(string, literal, length) strncmp_literal(string, "" literal "", length)
/*@ requires valid_read_string(string) && \valid_read(literal + (0 .. length));
    assigns \result \from string[0 .. length], literal[0 .. length];
    ensures \result == 0 ==> strlen(string) >= length; */
int strncmp_literal(const char *string, const char *literal, size_t length);

#endif
