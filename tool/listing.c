/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include "account_name.h"

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool listing_begin(const struct listing *listing)
{
        return __nss_configure_lookup(listing->database == SUBID_USERS ? "passwd" : "group",
                                      listing->service) == 0;
}

void listing_tell(const struct listing *listing, int to, uint32_t id, const char *name)
{
        struct listed listed = {.id = id};
        uint32_t named;

        snprintf(listed.name, sizeof(listed.name), "%s", name);
        if (!segments_line_of(listing->segments, id) &&
            !(account_name_parse(name, &named) && segments_line_of(listing->segments, named)))
                return;
        if (!write_all(to, (const char *)&listed, sizeof(listed)))
                _exit(EXIT_FAILURE);
}

void listing_list(int to, const void *data)
{
        const struct listing *const listing = data;

        if (!listing_begin(listing))
                return;
        /* Not every module begins by itself. */
        if (listing->database == SUBID_USERS) {
                setpwent();
                for (const struct passwd *pwd; (pwd = getpwent());)
                        listing_tell(listing, to, pwd->pw_uid, pwd->pw_name);
        } else {
                setgrent();
                for (const struct group *grp; (grp = getgrent());)
                        listing_tell(listing, to, grp->gr_gid, grp->gr_name);
        }
}
