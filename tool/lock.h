/* SPDX-License-Identifier: MIT */
#ifndef LOCK_H
#define LOCK_H

#include <sys/types.h>

/*
 * One at a time: of the commands that change files, of this machine or of one below --root. The
 * lock is root's file in root's folder, so that nobody else can hold it; it is gone with the
 * process, and no child inherits it (fcntl(2), record locks).
 */

#define LOCK_FOLDER "/run/nss-subuid"
#define LOCK_FILE LOCK_FOLDER "/lock"

/*
 * Takes the lock for the rest of the process. Waits ten seconds at most, then dies and says who has
 * it. Dies too where the folder or the file is somebody else's or a symbolic link. Ordinary users
 * and root of a user namespace, who change nothing but a system of their own below --root, lock its
 * /etc.
 */
void lock_take(void);

/*
 * The same with another file of that kind, which is open: locks all of it (fcntl(2)) as long as it
 * is. Its name is for the message.
 */
void lock_record(int fd, const char *name);

/* A process for such a message: "PID 12 (vipw)". A PID of 0: it is not known. */
char *lock_holder(pid_t pid);

enum { LOCK_WAIT_MS = 10000, LOCK_STEP_MS = 50 };

#endif
