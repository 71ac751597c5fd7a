/* SPDX-License-Identifier: MIT */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

/* Why a line is no range. What is one, subid_range says. */
struct explanation {
        size_t column; /* in bytes, from 1; where something is missing, behind the line's end */
        const char *what;
        const char *advice;
        bool harmless; /* nobody takes it for a range, or could mean one */
};

/*
 * Explains a line of length bytes, its newline not among them. Returns false if there is nothing to
 * explain: it is a range, a comment or empty.
 */
bool explain_line(const char *line, size_t length, struct explanation *explanation);

#endif
