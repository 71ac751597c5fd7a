#!/bin/bash
# SPDX-License-Identifier: MIT
# sshd: where neither PAM nor the home keeps these users out, DenyUsers or DenyGroups does.
set -u
. "$(dirname "$0")/security.sh"
security_root /usr/sbin/sshd ssh sftp
group_of_them_all
# Without PAM sshd lets nobody in whose password is locked.
usermod -p "*" ann

mkdir -p /run/sshd /tmp/ssh && cd /tmp/ssh || exit
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f key
cp key.pub /etc/ssh/keys
# One file of keys for all, as sites with central keys have it, and no PAM: the least that is asked.
common=(-f none -D -e -h "$PWD/host" -o ListenAddress=127.0.0.1 -o PidFile=none -o UsePAM=no
        -o AuthorizedKeysFile=/etc/ssh/keys -o 'Subsystem sftp internal-sftp')
sshd() { /usr/sbin/sshd "${common[@]}" -p "$@" >"log-$1" 2>&1 & }
sshd 2201
sshd 2202 -o "$(recipe DenyUsers)"
sshd 2203 -o "$(recipe DenyGroups)"
trap 'kill $(jobs -p)' EXIT
listens 2201 && listens 2202 && listens 2203
ok $? 'three sshd'

options=(-F none -i key -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
        -o LogLevel=ERROR)
# list PORT USER: what sftp shows of the machine's root; forward PORT USER: what the host answers itself
# through a forwarded port.
list() { echo 'ls /etc/hostname' | sftp -q -b - -P "$1" "${options[@]}" "$2@127.0.0.1" 2>&1 | tail -n 1; }
forward() { ssh -p "$1" "${options[@]}" -W 127.0.0.1:2201 "$2@127.0.0.1" </dev/null 2>&1 | head -n 1; }

like "$(list 2201 ann)" '/etc/hostname' 'UsePAM no and keys for all: sftp for ann'
like "$(list 2201 _200193)" '/etc/hostname' 'and for _200193'
like "$(forward 2201 _200193)" '^SSH-2.0' 'and ports are forwarded'
for port in 2202 2203; do
        how=$([ $port = 2202 ] && echo DenyUsers || echo DenyGroups)
        like "$(list $port ann)" '/etc/hostname' "$how: sftp for ann"
        like "$(list $port _200193)" '^Connection closed' 'not for _200193'
        like "$(forward $port _200193)" 'Permission denied' 'for whom no port is forwarded'
        like "$(cat log-$port)" "User _200193 from 127.0.0.1 not allowed because" 'sshd says why'
done

done_testing
