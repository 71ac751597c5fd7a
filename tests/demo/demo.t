#!/bin/bash
# SPDX-License-Identifier: MIT
# "make demo", as root and as an ordinary user.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
# The one in build/ is what it is to show.
rm "$(find /usr/lib -name libnss_subuid.so.2)"

# The second part, with systemd, is what tests/systemd shows; there is no cgroup2 in this root.

# expect WHO: the demo's output, in $output, is whole.
expect() {
        like "$output" 'before   \(not found, exit status 2\)
    after    _200193:x:200193:200193:subuid 193 of containers:/nonexistent:/usr/sbin/nologin' "$1: getent passwd"
        like "$output" 'before   id: .200193.: no such user
    after    uid=200193\(_200193\) gid=200193\(_200193\) groups=200193\(_200193\)' "$1: id"
        like "$output" ' 200193 200193 6 .* motd
    after .* _200193 _200193 6 .* motd' "$1: ls -l"
        like "$output" 'before   ./motd
    after    \(none\)' "$1: find -nouser"
        like "$output" '200000 +[0-9]+ /sbin/init +_200000 +[0-9]+ /sbin/init
    200081 +[0-9]+ dbus-daemon --system +_200081 +[0-9]+ dbus-daemon --system
    200193 +[0-9]+ systemd-resolved +_200193 +[0-9]+ systemd-resolved
    200999 +[0-9]+ nginx: worker process +_200999 +[0-9]+ nginx: worker process' "$1: ps"
}

state() {
        cat /etc/nsswitch.conf /etc/subuid
        find /mnt /tmp -xdev # the checkout may lie there
        pgrep -x cat
}
before=$(state)
output=$(demo/demo.sh 2>&1)
ok $? 'as root: it ends well'
expect root
is "$(state)" "$before" 'it leaves /etc, /mnt, /tmp and no process behind'

# Below the folder that it hides, and of a name that in a list is two.
mkdir /mnt/a:b
mount --bind . /mnt/a:b
output=$(/mnt/a:b/demo/demo.sh 2>&1)
ok $? 'in a checkout below /mnt, with a colon in its path: it ends well'
expect 'there'
is "$(env -u NSS_SUBUID_PRIVATE_ROOT /mnt/a:b/tests/lib/private-root.sh getent -s subuid passwd 200193; echo "$?")" 2 \
        'a private root is made there too'
umount /mnt/a:b
rmdir /mnt/a:b

useradd someone
demo() { runuser -u someone -- env -u NSS_SUBUID_PRIVATE_ROOT demo/demo.sh 2>&1; }
rm -f /etc/subuid /etc/subgid
is "$(demo)" 'demo: /etc/subuid has no range of 1000 IDs for someone; run it as root instead' \
        'an ordinary user without a range is told what to do'
echo someone:300000:65536 >/etc/subuid
is "$(demo)" 'demo: /etc/subgid has no range of 1000 IDs for someone; run it as root instead' \
        'with half of it too'
is "$(setpriv --bounding-set -sys_admin demo/demo.sh 2>&1)" \
        'demo: no namespaces to be had here; a container has to be a privileged one' \
        'root without the right to make namespaces, too'
is "$(setpriv --bounding-set -sys_admin demo/demo.sh --packages 2>/dev/null; echo "exit $?")" 'exit 1' \
        'before anything is installed'
is "$(demo/demo.sh --packages)" demo 'no systemd is installed where there is no cgroup2'
if ! runuser -u someone -- unshare --user true 2>/dev/null; then
        skip 'an ordinary user may make no user namespaces here' 'as an ordinary user'
        done_testing
fi
echo someone:300000:65536 | tee /etc/subuid >/etc/subgid
output=$(demo)
ok $? 'as an ordinary user: it ends well'
expect user

done_testing
