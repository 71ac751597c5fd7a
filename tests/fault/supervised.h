/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULT_SUPERVISED_H
#define TESTS_FAULT_SUPERVISED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The built library, asked by a thread whose every system call comes to this program first
 * (seccomp(2), user notification): a test sees it and may let it go on, make it fail or change the
 * files before. A call that goes on is the kernel's, but for the name of the file, which lies in
 * the directory of tests/lib/files.h.
 */

/* The questions, by a number or by the name that belongs to it; the last: for a user's groups. */
enum kind { UID, GID, USER_NAMED, GROUP_NAMED, GROUPS_OF, KINDS };

struct question {
        enum kind kind;
        uint32_t id;
};

/* A system call of a lookup. */
struct call {
        size_t number;    /* from 1 */
        const char *name; /* "openat", "fstat", "pread" or "close" */
        const char *path; /* of the file, such as "/etc/subuid" */
};

/*
 * Says what becomes of a call: it goes on if 0 is returned, it fails with an errno if that is
 * returned, and a pread gives at most so many bytes if their negative is returned. As in the
 * kernel, a close that fails closes.
 */
typedef int meddle_function(const struct call *call, void *context);

/* Loads the library and starts its thread. Returns false if the kernel cannot do this. */
bool supervised_start(void);

/*
 * Asks. Returns the answer: "SUCCESS" and the entry, as getent(1) shows it, or the groups, or
 * another status and what *errnop is. Whatever no lookup may do is an answer too, one that nobody
 * expects: another system call or file, a descriptor left open or closed twice, a changed errno, a
 * byte written outside the buffer. The text is static, and overwritten by the next answer.
 */
const char *supervised_ask(const struct question *question, meddle_function *meddle, void *context);

/* The answer of a lookup that ends with this errno. Static, and overwritten by the next one. */
const char *supervised_failure(int error);

#endif
