#!/bin/bash
# SPDX-License-Identifier: MIT
# The version stands in nss_subuid.h; what has to repeat it says the same.
set -u
. "$(dirname "$0")/../lib/tap.sh"

version=$(sed -n 's/^#define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h)
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' 'nss_subuid.h has a version'
is "$(sed -n 's/^## \[\([0-9].*\)\].*/\1/p;T;q' CHANGELOG.md)" "$version" 'it is the newest in CHANGELOG.md'
is "$(sed -n '1s/^nss-subuid (\(.*\)-[^-]*) .*/\1/p' packaging/debian/changelog)" "$version" \
        "it is the newest in the Debian packages' changelog"
is "$(diff packaging/apparmor/libnss-subuid <(
        sed -n '1,2p' packaging/apparmor/libnss-subuid
        sed -n '/^\.Ss AppArmor/,/^\.Ed/{ /^@/p }' man/nss_subuid.8
))" '' "AppArmor's two rules are those of the manual"
done_testing
