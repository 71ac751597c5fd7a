/* SPDX-License-Identifier: MIT */
#ifndef SHADOW_LOCK_H
#define SHADOW_LOCK_H

/*
 * The locks of those who write /etc/subuid and /etc/subgid: useradd, usermod, libsubid. First the
 * one of lckpwdf(3), a record lock on .pwd.lock; then, for each file, FILE.lock, a link to a file
 * with the PID of its holder (shadow, lib/commonio.c). What a dead holder has left is taken over.
 */

/*
 * Takes them all, in the folder /etc that is open. Waits ten seconds for each, then dies and says
 * who has it. From here on signals wait; but for SIGKILL, an end of the process gives them back.
 */
void shadow_lock_take(int folder);

/* Gives them back. */
void shadow_lock_release(void);

#endif
