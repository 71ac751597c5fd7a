/* SPDX-License-Identifier: MIT */
#ifndef PROOF_GRP_H
#define PROOF_GRP_H

#include <sys/types.h>

/* Frama-C's has no gr_passwd. */
struct group {
        char *gr_name;
        char *gr_passwd;
        gid_t gr_gid;
        char **gr_mem;
};

#endif
