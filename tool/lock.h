/* SPDX-License-Identifier: MIT */
#ifndef LOCK_H
#define LOCK_H

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

#endif
