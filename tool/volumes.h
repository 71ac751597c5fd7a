/* SPDX-License-Identifier: MIT */
#ifndef VOLUMES_H
#define VOLUMES_H

#include "file_ids.h"
#include "processes.h"

/*
 * Mounts that map IDs (mount_setattr(2)). Engines mount a container's volumes so: on the disk stand
 * the container's own IDs, root's for one, which look as if they were this machine's.
 */

/* Whether the mount on which a file is seen maps IDs: others than these stand on the disk then. */
bool volumes_map(const struct file_ids *file);

/*
 * A process in another user namespace that has a file on such a mount, or NULL. What is not known
 * by the mounts, which are read anew each time, is not told.
 */
struct process *volumes_user(const struct processes *processes, const struct file_ids *file);

#endif
