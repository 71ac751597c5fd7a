#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that look up users and groups through glibc and nsswitch.conf.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

user="${prefix}200193:x:200193:200193:subuid 193 of containers:/nonexistent:/usr/sbin/nologin"

getent passwd 200193 >/dev/null
is $? 2 'without ranges: getent finds nothing'

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid

is "$(getent passwd 200193)" "$user" 'getent passwd UID'
is "$(getent passwd "${prefix}200193")" "$user" 'getent passwd NAME'
is "$(getent group 200193)" "${prefix}200193:x:200193:" 'getent group GID'
is "$(getent group "${prefix}200193")" "${prefix}200193:x:200193:" 'getent group NAME'
for id in 100000 165535 200000 268635455; do
        is "$(getent passwd $id | cut -d: -f1,3,4)" "${prefix}$id:$id:$id" "getent passwd $id"
done
for id in 99999 165536 199999 268635456 4294967295; do
        getent passwd $id >/dev/null
        is $? 2 "getent passwd $id finds nothing"
        getent group "${prefix}$id" >/dev/null
        is $? 2 "getent group ${prefix}$id finds nothing"
done
is "$(getent passwd 0 65534 | cut -d: -f1 | tr '\n' ' ')" 'root nobody ' 'root and nobody are themselves'
is "$(getent passwd 200193 root "${prefix}100000" "${prefix}1" | cut -d: -f1 | tr '\n' ' ')" "${prefix}200193 root ${prefix}100000 " \
        'getent with several keys'

is "$(id 200193)" "uid=200193(${prefix}200193) gid=200193(${prefix}200193) groups=200193(${prefix}200193)" 'id UID'
is "$(id -Gn "${prefix}200193")" "${prefix}200193" 'id -Gn NAME'
is "$(setpriv --reuid 200193 --regid 200193 --clear-groups id -un)" "${prefix}200193" 'id of a process'

touch /tmp/file
chown 200193:200194 /tmp/file
is "$(stat -c '%U %G' /tmp/file)" "${prefix}200193 ${prefix}200194" 'stat'
like "$(ls -l /tmp/file)" " ${prefix}200193 ${prefix}200194 " 'ls -l'
is "$(find /tmp/file -printf '%u %g')" "${prefix}200193 ${prefix}200194" 'find -printf'
is "$(find /tmp/file -user "${prefix}200193")" /tmp/file 'find -user NAME'
is "$(find /tmp/file -nouser -o -nogroup)" '' 'find -nouser sees no ownerless file'
chown 99999 /tmp/file
is "$(find /tmp/file -nouser)" /tmp/file 'but a file of an ID outside the ranges'
chown "${prefix}100001:${prefix}100002" /tmp/file
is "$(stat -c '%u %g' /tmp/file)" '100001 100002' 'chown NAME:GROUP'
tar -C /tmp -cf /tmp/file.tar file
like "$(tar -tvf /tmp/file.tar)" "${prefix}100001/${prefix}100002" 'tar'

setpriv --reuid 200193 --regid 200193 --clear-groups sleep 60 &
sleeper=$!
until_true grep -qx sleep "/proc/$sleeper/comm"
is "$(ps -o user:32= $sleeper)" "${prefix}200193" 'ps -o user'
is "$(ps -u "${prefix}200193" -o pid= | tr -d ' ')" $sleeper 'ps -u NAME'
kill $sleeper

# IDs up to the last one that is one, positions beyond 32 bits.
printf '%s\n' far:1000000000:3294967295 far:1000000000:3294967296 far:999999990:10 | tee /etc/subuid >/etc/subgid
is "$(getent passwd 4294967294)" \
        "${prefix}4294967294:x:4294967294:4294967294:subuid 3294967294 of far:/nonexistent:/usr/sbin/nologin" 'the last UID'
is "$(getent group "${prefix}4294967294")" "${prefix}4294967294:x:4294967294:" 'the last GID, by name'
getent passwd 4294967295 "${prefix}4294967295" >/dev/null
is $? 2 '-1 is no UID'
is "$(getent passwd 999999999 | cut -d: -f3-5)" '999999999:999999999:subuid 6589934600 of far' \
        'a position that has more than 32 bits'
printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid

# A range file that counts though it is not shadow's.
mkdir /etc/nss-subuid
echo central:500000000:10 | tee /etc/nss-subuid/subuid >/etc/nss-subuid/subgid
is "$(getent passwd 500000003 | cut -d: -f4,5)" '500000003:subuid 3 of central' '/etc/nss-subuid/subuid'

# A local account in a range keeps its one name, and is found by files, which stands before.
echo bob:x:200300:200300:Bob:/:/bin/sh >>/etc/passwd
echo bob:x:200300: >>/etc/group
is "$(getent passwd 200300 | cut -d: -f1)" bob 'a local account in a range: by UID its own name'
getent passwd "${prefix}200300" >/dev/null
is $? 2 'a local account in a range has no second name'
is "$(getent group 200300)" bob:x:200300: 'a local group in a range: by GID its own name'
getent group "${prefix}200300" >/dev/null
is $? 2 'a local group in a range has no second name'
is "$(id 200300)" 'uid=200300(bob) gid=200300(bob) groups=200300(bob)' 'id of a local account in a range'

# No list: a listing is that of the real accounts.
getent passwd >/tmp/with
getent group >>/tmp/with
sed -i 's/ subuid//' /etc/nsswitch.conf
getent passwd >/tmp/without
getent group >>/tmp/without
is "$(cmp /tmp/with /tmp/without && grep -c ^root: /tmp/with)" 2 'getent without a key lists the same accounts'

# Login programs refuse.
echo 'passwd: files subuid' >/etc/nsswitch.conf
su "${prefix}200193" -c true >/dev/null 2>&1
ok $((!$?)) 'su refuses, even for root'
useradd -u 200195 --badname carol >/tmp/out 2>&1
is $? 4 'useradd refuses a UID of a range'
like "$(cat /tmp/out)" 'UID 200195 is not unique' 'as not unique'

done_testing
