/* SPDX-License-Identifier: MIT */
#ifndef PROOF_NSS_H
#define PROOF_NSS_H

/* Frama-C has no such header. */
enum nss_status {
        NSS_STATUS_TRYAGAIN = -2,
        NSS_STATUS_UNAVAIL,
        NSS_STATUS_NOTFOUND,
        NSS_STATUS_SUCCESS,
        NSS_STATUS_RETURN,
};

#endif
