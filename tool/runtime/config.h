/* SPDX-License-Identifier: MIT */
#ifndef RUNTIME_CONFIG_H
#define RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bundle's config.json: which user shall own the container's cgroup (runtime-spec,
 * config-linux.md, "Cgroup ownership"), and the two annotations by which systemd is asked to give
 * it away. No I/O.
 *
 * json-c decides, strictly and over the whole text. What is written are the old bytes, with members
 * inserted or taken out: json-c would turn "\ud800" and, before 0.18, 99999999999999999999999 into
 * other things.
 */

/* In bytes. Arguments and environment of a process are less. */
#define CONFIG_SIZE_MAX (4 << 20)

struct config {
        const char *doubt; /* why the text is not to be touched, or NULL; the rest is then unset */
        const char *unwanted; /* why the cgroup shall have no owner, or NULL */
        uint32_t owner;       /* else: a user ID of the host */
        bool has_annotations; /* of whomever */
        bool has_own;         /* our own two stand among them */
        uint32_t own;         /* then: the user ID that they name */
};

/*
 * Reads size bytes of text. The owner is the user of the container's process, as in runc, or, with
 * of_root, the container's root, as in crun.
 */
struct config config_read(const char *text, size_t size, bool of_root);

/*
 * Takes our own annotations out, where config.has_own says so, and puts those for *owner in, unless
 * it is NULL. Returns a new text and its size, or NULL if there is no memory or a place is not
 * found, for an escape in a name, say.
 */
char *config_edit(const char *text, size_t *size, const struct config *config,
                  const uint32_t *owner);

#endif
