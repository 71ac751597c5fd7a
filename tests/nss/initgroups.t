#!/bin/bash
# SPDX-License-Identifier: MIT
# The group of all these users, as programs, static programs and nscd see it, on all kinds of lines in
# nsswitch.conf; and that the groups of ordinary users are what they were.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
printf '%s\n' alice:x:5001:5001::/:/bin/sh bob:x:5002:5002::/:/bin/sh >>/etc/passwd
sed -i '/^nss-subuid:/d' /etc/group
printf '%s\n' alice:x:5001: bob:x:5002: staff2:x:5100:alice,bob wheel2:x:5101:bob >>/etc/group
cp /etc/group /etc/group.without
echo nss-subuid:x:990: >>/etc/group
cp build/tests/libnss_members.so.2 "$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")"

user=${prefix}200193
nsswitch() { printf '%s\n' 'passwd: files subuid' "$@" >/etc/nsswitch.conf; }
# groups NAME: the GIDs that glibc names, the own one first.
groups() { timeout 10 id -G "$1" 2>&1; }
ordinary() { for name in root alice bob nobody; do echo "$name $(groups $name)"; done; }

# --- each form of a line --------------------------------------------------------------------------

# What ordinary users are in, with and without the module on the line: the same.
while IFS='|' read -r wanted without with; do
        mapfile -t lines < <(tr ';' '\n' <<<"$without")
        nsswitch "${lines[@]}"
        before=$(ordinary)
        mapfile -t lines < <(tr ';' '\n' <<<"$with")
        nsswitch "${lines[@]}"
        is "$(ordinary)" "$before" "$with: ordinary users are in the same groups"
        is "$(groups "$user")" "$wanted" "$with: a user of a range is in $wanted"
        cp /etc/group /etc/group.with
        cp /etc/group.without /etc/group
        is "$(groups "$user")" 200193 "$with: without the group in his own alone"
        is "$(ordinary)" "$before" "$with: and ordinary users in the same"
        cp /etc/group.with /etc/group
done <<'LINES'
200193 990|group: files|group: files subuid
200193 990|group: files systemd|group: files subuid systemd
200193 990|group: files [SUCCESS=merge] systemd|group: files [SUCCESS=merge] systemd subuid
200193 990|group: compat|group: compat subuid
200193 990|group: files members|group: files members subuid
200193 990|group: files;initgroups: files|group: files subuid;initgroups: files subuid
200193 990|group: files;initgroups: files [SUCCESS=continue] members|group: files subuid;initgroups: files [SUCCESS=continue] members subuid
200193|group: files;initgroups: files|group: files subuid;initgroups: files
200193|group: files;initgroups: files [NOTFOUND=return]|group: files subuid;initgroups: files [NOTFOUND=return] subuid
LINES

nsswitch 'group: files subuid'
is "$(id -Gn "$user")" "$user nss-subuid" 'id -Gn'
is "$(getent group nss-subuid)" nss-subuid:x:990: 'the group has no members: millions are no list'
is "$(id -G 200193)" '200193 990' 'id of a number'
is "$(getent initgroups "$user" | tr -s ' ')" "$user 990" 'getent initgroups'
is "$(getent initgroups "${prefix}99" | tr -s ' ')" "${prefix}99 " 'of a name that is nobody'
is "$(setpriv --reuid 200193 --regid 200193 --init-groups id -G)" '200193 990' 'initgroups(3) of a process'

# An initgroups line ends where a service has an answer, and a member in /etc/group is one.
echo "other:x:5200:$user" >>/etc/group
is "$(groups "$user")" '200193 5200 990' 'a member in /etc/group is in both'
nsswitch 'group: files subuid' 'initgroups: files subuid'
is "$(groups "$user")" '200193 5200' 'but on an initgroups line that hides the group'
nsswitch 'group: files subuid'
cp /etc/group.without /etc/group

# --- which group ----------------------------------------------------------------------------------

for line in '' nss-subuid:x:0: nss-subuid:x:65534: nss-subuid:x:200300: '#nss-subuid:x:990:' nss-subuid:x:; do
        { cat /etc/group.without; echo "$line"; } >/etc/group
        is "$(groups "$user")" 200193 "a line '$line': no such group"
done
{ cat /etc/group.without; echo nss-subuid:x:990:bob; echo nss-subuid:x:991:; } >/etc/group
is "$(groups "$user")" '200193 990' 'the first of two lines counts'
is "$(groups bob)" '5002 5100 5101 990' 'a real user who is a member is one'
strace -o /tmp/trace -e trace=openat id -G root >/dev/null
is "$(grep -c '/etc/sub\|nss-subuid' /tmp/trace)" 0 'the search for the groups of a real user opens no range file'

# --- many groups ----------------------------------------------------------------------------------

# Enough for the array to grow; all of them through one more service.
python3 - "$user" >/tmp/out <<'PYTHON'
import ctypes, sys
libc = ctypes.CDLL(None)
for room in 1, 2, 3, 64:
    groups, count = (ctypes.c_uint * 64)(), ctypes.c_int(room)
    result = libc.getgrouplist(sys.argv[1].encode(), 200193, groups, ctypes.byref(count))
    print(room, result, count.value, list(groups)[:min(room, count.value)])
PYTHON
is "$(cat /tmp/out)" '1 -1 2 [200193]
2 2 2 [200193, 990]
3 2 2 [200193, 990]
64 2 2 [200193, 990]' 'getgrouplist: in arrays of any size'

# --- static programs ------------------------------------------------------------------------------

cat >/tmp/groups.c <<'C'
#include <grp.h>
#include <stdio.h>
int main(int argc, char **argv)
{
        gid_t groups[64];
        int count = 64;
        int result = getgrouplist(argv[argc - 1], 200193, groups, &count);

        for (int i = 0; i < result; i++)
                printf("%u ", groups[i]);
        puts("");
        return 0;
}
C
for how in -static -static-pie; do
        if ! ${CC-gcc} -D_GNU_SOURCE -O2 $how -o /tmp/groups /tmp/groups.c 2>/tmp/errors; then
                sed 's/^/# /' /tmp/errors >&2
                skip 'no static C library' "gcc $how"
                continue
        fi
        is "$(timeout 60 /tmp/groups "$user" 2>&1)" '200193 990 ' "gcc $how: in the group"
        is "$(timeout 60 /tmp/groups bob 2>&1)" '200193 5100 5101 990 ' "gcc $how: a real user"
done

# --- nscd -----------------------------------------------------------------------------------------

if command -v nscd >/dev/null; then
        cp /etc/group.without /etc/group
        echo nss-subuid:x:990: >>/etc/group
        mkdir -p /run/nscd /var/cache/nscd
        printf 'enable-cache %s yes\ncheck-files %s yes\npersistent %s no\nshared %s no\n' \
                passwd passwd passwd passwd group group group group >/etc/nscd.conf
        nscd -F >/tmp/nscd.log 2>&1 &
        nscd=$!
        until_true nscd -g >/dev/null
        for _ in 1 2; do
                is "$(groups "$user")" '200193 990' 'with nscd: in the group'
                is "$(groups bob)" '5002 5100 5101' 'with nscd: a real user'
                is "$(groups "${prefix}300000" 2>&1 | grep -c 'no such user')" 1 'with nscd: nobody'
        done
        like "$(nscd -g)" 'group cache:' 'it was asked'
        kill $nscd
        wait $nscd 2>/dev/null
else
        skip 'nscd is not installed' 'with nscd'
fi
done_testing
