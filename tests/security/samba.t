#!/bin/bash
# SPDX-License-Identifier: MIT
# Samba's [homes]: who exists has a share. With a folder of its own and without "valid users" it is made for
# whoever is named, and anybody may go in.
set -u
. "$(dirname "$0")/security.sh"
security_root smbd smbclient smbpasswd
group_of_them_all

mkdir -p /srv/homes /tmp/samba/{lock,state,cache,private}
settings() {
        cat >/tmp/samba/smb.conf <<END
[global]
server role = standalone server
map to guest = Bad User
interfaces = 127.0.0.1/8
bind interfaces only = yes
disable netbios = yes
smb ports = 4450
log file = /tmp/samba/log
load printers = no
lock directory = /tmp/samba/lock
state directory = /tmp/samba/state
cache directory = /tmp/samba/cache
private dir = /tmp/samba/private
$2
[homes]
path = /srv/homes/%S
root preexec = mkdir -p /srv/homes/%S
guest ok = yes
read only = no
$1
END
}
# start [LINE [LINE]]: with this in [homes], this in [global].
smbd=
start() {
        if [ -n "$smbd" ]; then kill "$smbd"; wait "$smbd"; fi 2>/dev/null
        settings "${1-}" "${2-}"
        rm -rf /srv/homes/*
        smbd -F -s /tmp/samba/smb.conf >/tmp/samba/out 2>&1 &
        smbd=$!
        listens 4450
}
# enter SHARE USER: "in", or what the server says. Whoever has a password has "secret".
enter() {
        local output
        output=$(timeout 30 smbclient -s /tmp/samba/smb.conf -p 4450 "//127.0.0.1/$1" -U "$2%${3-secret}" -c 'ls' 2>&1)
        if [[ $output =~ NT_STATUS_[A-Z_]+ ]]; then echo "${BASH_REMATCH[0]}"; else echo in; fi
}
homes() { find /srv/homes -mindepth 1 -printf '%f\n' | sort | tr '\n' ' '; }

start
trap 'kill "$smbd"' EXIT
for user in ann _200193; do
        printf '%s\n' secret secret | smbpasswd -c /tmp/samba/smb.conf -s -a $user >/dev/null
        ok $? "a password for $user"
done
is "$(enter ann ann) $(enter _200193 ann) $(enter _200194 nobody)" 'in in in' '[homes]: a share of _200193 and _200194'
is "$(enter _300000 ann)" NT_STATUS_BAD_NETWORK_NAME 'none of an ID beside the ranges'
is "$(homes)" '_200193 _200194 ann ' 'each has a folder now'

start "$(recipe 'valid users = ')"
is "$(enter ann ann)" in 'valid users = %S: ann has a share'
is "$(enter _200193 ann) $(enter _200194 nobody)" 'NT_STATUS_ACCESS_DENIED NT_STATUS_ACCESS_DENIED' \
        'but no other'
is "$(homes)" 'ann ' 'and only ann has a folder'
is "$(enter _200193 _200193)" in 'who has a password for _200193, has'
start "$(recipe 'valid users = ')" "$(recipe 'invalid users = ')"
is "$(enter _200193 _200193)" NT_STATUS_ACCESS_DENIED 'not with the group in invalid users'
is "$(enter ann ann)" in 'ann has a share still'

done_testing
