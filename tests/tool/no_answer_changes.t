#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl enable" changes no answer: random nsswitch.conf files, several sources of accounts, and the
# C library of this machine. SEED and FILES can be given.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

lib=$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")
cp build/tests/libnss_{house,away,busy}.so.2 "$lib/"
mkdir -p /usr/lib/userdb /usr/local/lib/userdb /var/lib/extrausers

seed=${SEED-1}
# In the releases' roots some, for what differs there.
files=${FILES-$([ -z "${NSS_SUBUID_RELEASE-}" ] && echo 3000 || echo 1000)}
jobs=$(nproc)
echo "# SEED=$seed FILES=$files"
for ((job = 0; job < jobs; job++)); do
        # What it writes to is its own.
        unshare --mount bash -euc '
                mount -t tmpfs -o mode=755 tmpfs /run
                cp -a /etc /run/own-etc
                mount --bind /run/own-etc /etc
                mount -t tmpfs -o mode=755 tmpfs /usr/lib/userdb
                mount -t tmpfs -o mode=755 tmpfs /usr/local/lib/userdb
                exec python3 "$@"' - tests/tool/no_answer_changes.py "$seed" $job "$jobs" "$files" >/tmp/result$job &
done
wait
read -r failed enabled refused nothing hidden < <(awk '{ for (i = 1; i <= 5; i++) sum[i] += $i }
        END { print sum[1], sum[2], sum[3], sum[4], sum[5] }' /tmp/result*)
is "$((enabled + refused + nothing + hidden))" "$files" "$files files: $enabled enabled, $refused refused, $nothing with nothing to do, $hidden hidden"
is "$failed" 0 "in none of them is anything wrong"
done_testing
