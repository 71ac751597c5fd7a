#!/bin/bash
# SPDX-License-Identifier: MIT
# The second part of the demo, for root: a real systemd, as PID 1 of namespaces of its own on a copy of
# this machine's root, is asked for a scope whose cgroup belongs to a subordinate ID. That is what runc
# and crun ask for.
set -u
. "$(dirname "$0")/../tests/systemd/systemd.sh"
private_root --cgroups

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch files
boot_systemd
echo "And systemd ($(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'), just booted for this):"
echo
scope 200000
inside journalctl --sync
before=$(inside journalctl -q -o cat "UNIT=$unit" | grep -m 1 200000)
nsswitch 'files subuid'
scope 200000
after="$unit: $(inside systemctl show -p ActiveState --value "$unit")"
cat <<END
\$ busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 \\
    org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' \\
    $unit fail 3 PIDs au 1 PID Delegate b true User s 200000 0
    before   $before
    after    $after

END
files='. cgroup.procs cgroup.subtree_control cgroup.threads'
echo "\$ cd /sys/fs/cgroup/system.slice/$unit && ls -ldn $files"
# shellcheck disable=SC2016,SC2086 # for the inner shell; each file is a word
inside bash -c 'cd "/sys/fs/cgroup/system.slice/$1" && shift && ls -ldn "$@"' - "$unit" $files |
        sed 's/^/    /'
echo
