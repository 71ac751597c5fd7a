#!/bin/bash
# SPDX-License-Identifier: MIT
# The module against libsubid on random range files. SEED and FILES can be given.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

# libsubid compares owners by their accounts; let there be just these.
echo 'passwd: files' >/etc/nsswitch.conf
printf '%s\n' root:x:0:0::/:/ alice:x:5001:5001::/:/ bob:x:5002:5002::/:/ carol:x:5003:5003::/:/ \
        number:x:5004:5004::/:/ stranger:x:5005:5005::/:/ >/etc/passwd
# No GID of a range is the host's.
echo root:x:0: >/etc/group

build/tests/nss/against_libsubid "${SEED-1}" "${FILES-10000}" 2>/tmp/errors
ok $? "all files give the same IDs, positions and groups"
sed 's/^/# /' /tmp/errors >&2
done_testing
