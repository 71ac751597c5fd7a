#!/bin/bash
# SPDX-License-Identifier: MIT
# The pages: their links, and that some test runs each command of theirs. Those that no other test runs are run
# here, as they stand there, on a private copy of this machine's root.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'

is "$(tests/readme/pages.py links)" '' 'each link leads somewhere'
is "$(tests/readme/pages.py commands)" '' 'each command is run by some test, or no test can'

# commands PAGE FIRST LAST: the lines of a page's code from one that begins so to one that begins so.
commands() {
        sed -n 's/^    *//p' "$1" | awk -v first="^$2" -v last="^${3-$2}" '$0 ~ first { on = 1 } on { print } on && $0 ~ last { exit }'
}
# run COMMANDS: prints what they print, and the exit status of the first that fails.
run() { bash -euc "$1" 2>&1; echo "exit $?"; }
entry() { echo "_$1:x:$1:$1:subuid $2:/nonexistent:/usr/sbin/nologin"; }

# --- README ---
printf '%s\n' passwd:\ files group:\ files >/etc/nsswitch.conf
printf '%s\n' none:100:0 containers:200000:65536 | tee /etc/subuid >/etc/subgid
run "$(commands README.md 'subuidctl enable')" >/tmp/output
is "$(tail -n 1 /tmp/output) $(run "$(commands README.md 'getent passwd')")" \
        "exit 0 $(entry 200000 '0 of containers')
exit 0" 'README: enabled, and seen to work'
is "$(commands README.md 'passwd: files' 'group:  files')" "$(sed 's/$/ systemd/' <(grep -E '^(passwd|group):' /etc/nsswitch.conf | sed 's/group: /group:  /'))" \
        'README: by hand the same'

# --- docs/central.md ---
export LD_LIBRARY_PATH=$top/build/tests
printf '%s\n' 'alice|uid 2147483648:65536' 'alice|gid 2147483648:65536' 'bob|uid 2147549184:65536' 'bob|gid 2147549184:65536' >/etc/directory
sed -i '/^subid/d' /etc/nsswitch.conf
echo 'subid: test' >>/etc/nsswitch.conf
is "$(run "$(commands docs/central.md 'getsubids alice')")" '0: alice 2147483648 65536
exit 0' 'docs/central.md: the directory answers'
like "$(run "$(commands docs/central.md 'mkdir -p /etc/nss-subuid' 'getent passwd')")" "$(entry 2147483648 '0 of alice')
exit 0\$" 'docs/central.md: imported'

# --- docs/containers.md, packaging/kubernetes ---
rm -rf /etc/nss-subuid
sed -i '/^subid/d' /etc/nsswitch.conf
userdel kubelet 2>/dev/null
run "$(commands docs/containers.md 'subuidctl add kubelet')" >/tmp/output
is "$(tail -n 1 /tmp/output) $(getsubids kubelet) $(getsubids -g kubelet)" 'exit 0 0: kubelet 327680 7208960 0: kubelet 327680 7208960' \
        "docs/containers.md: the kubelet's line"
like "$(run "$(commands docs/containers.md 'useradd.*kubelet')")
$(getent passwd kubelet)" '^exit 0
kubelet:x:[0-9]+:[0-9]+::[^:]*:/usr/sbin/nologin$' \
        'docs/containers.md: the account of the kubelet'
userdel kubelet
# There are no such services here.
printf '#!/bin/sh\necho "systemctl $*"\n' >/usr/local/bin/systemctl
chmod 755 /usr/local/bin/systemctl
page=packaging/kubernetes/README.md
mkdir -p /etc/crio/crio.conf.d /etc/sysusers.d
is "$(cd packaging/kubernetes && run "$(sed -n 's/^    //p' README.md | sed -n '1,/^systemctl restart/p')" | grep -v '^[-+ @]' | tail -n 2)" 'systemctl restart crio kubelet
exit 0' "$page: set up"
is "$(bash -uc "$(commands $page 'subuidctl check' 'getent passwd')" 2>&1 | grep -v ' warning: ')" "$(entry 65537 '1 of kubelet')" \
        "$page: no error, and an entry"
[ -f /etc/crio/crio.conf.d/50-subuid.conf ] && getent passwd kubelet >/dev/null
ok $? "$page: the account and the handler"
like "$(run "$(commands $page 'userdel kubelet' 'systemctl restart')")" 'systemctl restart crio kubelet
exit 0$' "$page: removed"
is "$(cat /etc/subuid /etc/subgid; find /etc/crio /etc/sysusers.d -name '*subuid*' -o -name 'kubelet*'; getent passwd kubelet _65537; grep subuid /etc/nsswitch.conf)" '' \
        "$page: nothing is left"
done_testing
