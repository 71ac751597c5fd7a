#!/bin/bash
# SPDX-License-Identifier: MIT
# Scopes over D-Bus, as runc and crun start them: StartTransientUnit with PIDs, Delegate and User.
set -u
. "$(dirname "$0")/systemd.sh"
private_root --cgroups

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch files
boot_systemd

# owners: who owns the scope's folder and the files that a manager of it writes to.
owners() {
        # shellcheck disable=SC2016 # for the inner shell
        inside bash -c 'cd "/sys/fs/cgroup/system.slice/$0" &&
                stat -c %u:%g . cgroup.procs cgroup.subtree_control cgroup.threads' "$unit" | uniq | tr '\n' ' '
}

if [ "$(systemctl --version | awk 'NR == 1 { print $2 }')" -lt 252 ]; then
        like "$(scope 200000 2>&1)" 'Cannot set property User, or unknown property' \
                'before version 252 a scope has no User='
        done_testing
fi
scope 200000
is "$result" 'failed resources ' 'without the module: the scope fails'
like "$(journal "$unit")" "(Failed to resolve user \"200000\": No such process|'200000': Unknown user)" \
        'without the module: systemd cannot resolve the user'

nsswitch 'files subuid'
for user in 200000 _200000; do
        scope $user
        is "$result" 'active success ' "User=$user: the scope is active"
        is "$(owners)" '200000:200000 ' "User=$user: its cgroup belongs to 200000:200000"
done
for id in 100000 165535 268635455; do
        scope $id
        is "$result $(owners)" "active success  $id:$id " "User=$id, the first or last of a range"
done
for id in 99999 165536 199999 268635456; do
        scope $id
        is "$result" 'failed resources ' "User=$id, beside a range, fails"
done
scope 200000 Group s 200005
is "$result $(owners)" 'active success  200000:200005 ' 'Group= overrides the group of the user'
scope 200000 Group s _200006
is "$result $(owners)" 'active success  200000:200006 ' 'Group= by name'

printf '%s\n' other:700000:100 containers:900000:100 containers:500000:1000 >/etc/subgid
scope 200007
is "$result $(owners)" 'active success  200007:900007 ' 'other groups than users: the one at the same position'
scope 200193
is "$result $(owners)" 'active success  200193:500093 ' 'also in the second range of the owner'
scope 202000
is "$result $(owners)" 'active success  202000:65534 ' 'nogroup where there is none'

printf '%s\n' kubelet:65536:7208960 big:2908749824:131072 | tee /etc/subuid >/etc/subgid
for id in 65536 7274495 2908816384; do
        scope $id
        is "$result $(owners)" "active success  $id:$id " "User=$id, of the kubelet's line or above 2^31"
done

nsswitch files
scope 65536
is "$result" 'failed resources ' 'taken out again: the scope fails as before'

done_testing
