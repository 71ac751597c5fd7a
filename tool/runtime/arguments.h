/* SPDX-License-Identifier: MIT */
#ifndef RUNTIME_ARGUMENTS_H
#define RUNTIME_ARGUMENTS_H

#include <stdbool.h>

/*
 * The command line of an OCI runtime, as far as it tells which bundle becomes a container. The
 * options are those of runc (main.go, create.go, run.go, restore.go) and crun (src/crun.c,
 * create.c, run.c, restore.c); where both know one, both give it a value or neither does.
 */
struct arguments {
        bool systemd_cgroup; /* systemd makes the cgroup */
        const char *bundle;  /* "." where none is given */
};

/*
 * Reads argv, a NULL-terminated list whose first text is a program's name. Returns NULL if a
 * container is made of a bundle, or why nothing is known of one: another verb, or an option that is
 * not known, is abbreviated or stands in a form that runc and crun understand differently. Then
 * *arguments is untouched.
 */
const char *arguments_read(char *const *argv, struct arguments *arguments);

#endif
