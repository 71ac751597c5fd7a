#!/bin/bash
# SPDX-License-Identifier: MIT
# What "subuidctl check" can tell of a running system only. The service "members" (nss_members.c)
# knows the group 200193, the service "hang" never answers.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

module=$(find /usr/lib -name libnss_subuid.so.2)
lib=${module%/*}
cp build/tests/libnss_{members,hang}.so.2 "$lib/"
# Nothing that this machine may have besides.
rm -f /usr/lib32/libc.so.6 /usr/lib/i386-linux-gnu/libc.so.6 /run/nscd/socket
sed -i '/^\(UID\|GID\)_M/d' /etc/login.defs

check() { timeout 60 build/subuidctl check "$@" 2>&1; }

# has 'FINDING... ' WHAT: just these.
has() {
        is "$(check -J | awk -F '"' '
                $2 == "file" { place = $4 }
                $2 == "line" { gsub("[^0-9]", "", $3); if ($3) place = place ":" $3 }
                $2 == "severity" { severity = $4 }
                $2 == "finding" { print place, severity, $4 }')" "$1" "$2"
}

# node PASSWD GROUP LINE...: services and ranges.
node() {
        printf '%s\n' "passwd: $1" "group: $2" >/etc/nsswitch.conf
        printf '%s\n' "${@:3}" | tee /etc/subuid >/etc/subgid
}

groupadd --system nss-subuid

node 'files subuid systemd' 'files [SUCCESS=merge] systemd subuid' containers:200000:268435456
is "$(check; echo $?)" 0 'a node as it should be'
is "$(setpriv --reuid 65534 --regid 65534 --clear-groups build/subuidctl check 2>&1; echo $?)" 0 \
        'and as an ordinary user sees it'
is "$(check --root /; echo $?)" 0 '--root / is the running system'

# The library.
mv "$module" "$module.away"
has 'libnss_subuid.so.2 error library' 'no library: the cause, not that there is no answer'
cp "$lib/libnss_hesiod.so.2" "$module"
has 'libnss_subuid.so.2 warning library-version
/etc/subgid:1 error round-trip
/etc/subgid:1 error round-trip
/etc/subuid:1 error round-trip
/etc/subuid:1 error round-trip' 'a library that answers nothing'
like "$(check)" 'for the C library 200000 is unknown by number, not _200000' 'in words'
version=$(sed -n 's/^.define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h)
LC_ALL=C sed "s/${version//./\\.}/9.9.9/" "$module.away" >"$module"
has 'libnss_subuid.so.2 warning library-version' 'another version'
like "$(check)" "version 9.9.9, subuidctl $version;" 'in words'
mv "$module.away" "$module"

chmod 600 /etc/subgid
is "$(setpriv --reuid 65534 --regid 65534 --clear-groups build/subuidctl check 2>&1; echo $?)" \
        'subuidctl: /etc/subgid: Permission denied
3' 'an ordinary user who may not read a file'
chmod 644 /etc/subgid

# nscd: whoever accepts connections there.
mkdir -p /run/nscd
python3 -c '
import os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind("/run/nscd/socket")
listener.listen()
if os.fork():
    os._exit(0)
while True:
    listener.accept()[0].close()' >/dev/null 2>&1
has '/run/nscd/socket warning nscd' 'nscd runs'
rm /run/nscd/socket
has '' 'and does not'

# Other services of the line.
node 'files subuid' 'files members subuid' a:100000:65536 b:200193:1000 c:300000:65536
has '/etc/subgid:2 error answered' 'a service that knows the first ID of a range'
is "$(check)" 'subuidctl: members: not listed for group: four IDs of a range are asked for
/etc/subgid:2: error: 200193 is _200193 of members, a service of the line for group; move the range, or the account' 'in words'
node 'files subuid' 'files subuid members' b:199994:200
has '/etc/nsswitch.conf:2 warning before-accounts
/etc/subgid:1 error answered' 'the last one, behind subuid'
node 'files subuid' 'files members subuid' b:200193:0 b:200194:65536
has '/etc/subgid:1 warning empty-range
/etc/subuid:1 warning empty-range' 'a service that knows none'
node 'files subuid' 'files members subuid' root:200193:1
has '' 'one ID alone that is an account of it is meant'
mkdir -p /var/lib/extrausers
echo eve:x:1000000:1000000::/: >/var/lib/extrausers/passwd
echo eve:x:1000000: >/var/lib/extrausers/group
node 'files extrausers subuid' 'files extrausers subuid' root:1000000:1
is "$(getent passwd 1000000 | cut -d : -f 1) $(check; echo $?)" 'eve 0' 'with a name of its own too'
node 'files extrausers subuid' 'files extrausers subuid' root:900000:200000
has '/etc/subgid:1 error answered
/etc/subuid:1 error answered' 'somewhere in a range'
for id in 1000001 1000002 1000003 1000004; do echo "eve$id:x:$id:1000000::/:"; done >>/var/lib/extrausers/passwd
like "$(check)" '/etc/subuid:1: error: 1000000 is eve, 1000001 is eve1000001, 1000002 is eve1000002 and 2 more of extrausers, a service' 'in words'
echo _900001:x:1100000:1100000::/: >>/var/lib/extrausers/passwd
like "$(check)" 'extrausers: error: an account is called _900001, as the ID 900001 of a range, and has the ID 1100000:' 'one called as an ID of a range'
echo eve:x:1000000:1000000::/: >/var/lib/extrausers/passwd
node 'files extrausers subuid' 'files extrausers subuid' eve:2000000:1 1000000:3000000:1 joe:4000000:1
for owner in eve 1000000; do
        is "$(build/subuidctl list -rno owner,account,uids $owner)" 'eve yes 2000000
1000000 yes 3000000' "list $owner: of an account that another service knows, by name and by number"
done
node 'files extrausers subuid' 'files extrausers subuid' root:1000000:2
has '/etc/subgid:1 error answered
/etc/subuid:1 error answered' 'one of two is not'
node 'files hang subuid' 'files subuid' containers:200000:65536
has '/etc/nsswitch.conf:1 warning no-answer' 'a service that does not answer, which is said once'
build/subuidctl check >/dev/null 2>&1 &
pid=$!
# That the service in it keeps waiting.
hangs() { child=$(pgrep -P "$pid") && grep -q libnss_hang "/proc/$child/maps"; }
until_true hangs
ok $? 'the child that asks hangs'
kill -TERM $pid
wait $pid 2>/dev/null
is $? 143 'ended by SIGTERM meanwhile'
is_gone() { ! kill -0 "$child"; }
until_true is_gone
ok $? 'it leaves no child behind'
listed=$(timeout 60 build/subuidctl list 2>&1)
is "$listed" 'subuidctl: the services of /etc/nsswitch.conf did not answer in time: not all accounts are known
OWNER      ACCOUNT UIDS          COUNT GIDS          SOURCE
containers no      200000-265535 65536 200000-265535 /etc/subuid:1' 'list waits five seconds too'

# Meanwhile a terminal is told, from two seconds on; what it shows in the end is the same.
terminal() { timeout 120 tests/lib/terminal.py "$@"; }
# The one that is shown on each machine; a slow one is told of more.
shown() { grep -e '^[^~]' -e "^~${asking:0:19}"; }
asking='asking the services of /etc/nsswitch.conf for accounts'
is "$(terminal build/subuidctl list | shown | uniq)" "~$asking
$listed" 'progress of list, which is gone in the end'
like "$(terminal 20 build/subuidctl check | shown | uniq)" "^subuidctl: hang: not listed [^~]*
~${asking:0:19}
/etc/nsswitch.conf:1: warning: [^~]*\$" 'and of check, no wider than the terminal'
is "$(terminal bash -mc 'build/subuidctl list & build/subuidctl list 2>/dev/null; wait' | grep -c '^~')" 0 \
        'none in the background, nor where standard error is no terminal'
is "$(TERM_OF_TEST=dumb terminal build/subuidctl list | grep -c '^~')" 0 'nor on a dumb terminal'

# A table is as wide as its terminal, or as COLUMNS says.
node 'files subuid' 'files subuid' containers-of-a-machine:200000:65536
cut=$(terminal 50 build/subuidctl list -n)
# How much goes where, each version of libsmartcols decides.
like "$cut" '^conta[^ ]* +no +200000-265535 65536 200000-265535 /etc/s[^:]*$' 'list on a terminal'
[ ${#cut} -lt "$(build/subuidctl list -n | wc -c)" ]
ok $? 'is cut'
is "$(terminal 200 env COLUMNS=70 build/subuidctl list)" "$(COLUMNS=70 build/subuidctl list)" 'COLUMNS'

# A number that an account has is not looked up: it is found as one.
node 'files subuid' 'files subuid' root:65530:6 root:1234:1
printf 'somebody:x:1234:1234::/:\n' >>/etc/passwd
printf 'somebody:x:1234:\n' >>/etc/group
has '/etc/subgid:1 warning excluded-id
/etc/subuid:1 warning excluded-id' 'IDs that get no name, and an account, are not looked up'

# In a user namespace of its own the system's IDs are the namespace's to give, as in podman's image.
sed -i /^somebody/d /etc/passwd /etc/group
node 'files subuid' 'files subuid' podman:1:999 podman:1001:64535
like "$(check)" 'subuid:1: warning: IDs of system accounts.*subuid:2: warning: IDs that never get a name: 60001-60705' 'the IDs of the system'
is "$(unshare --user --map-root-user sh -c 'build/subuidctl check 2>&1; [ $? -le 2 ] && echo checked' |
        grep -E 'IDs of system|useradd|never|DynamicUser|accounts of|^checked')" checked 'in a container they are not the system'"'"'s'

# Mail servers are asked (tests/security has real ones); one that does not answer is left.
mkdir -p /etc/postfix
: >/etc/postfix/main.cf
# shellcheck disable=SC2016 # for the scripts
printf '#!/bin/sh\n[ "$2" = mydestination ] && echo "a.test, b.test" || echo "proxy:unix:passwd.byname, { x:{y} z }"\n' >/usr/sbin/postconf
# shellcheck disable=SC2016 # likewise
printf '#!/bin/sh\n[ "$3" = unix:passwd.byname ] && getent passwd "$2"\n' >/usr/sbin/postmap
chmod 755 /usr/sbin/post{conf,map}
node 'files subuid' 'files subuid' containers:200000:65536
has '/etc/postfix/main.cf warning mail' 'a mail server that takes mail'
printf '#!/bin/sh\nexec sleep 1000\n' >/usr/sbin/postconf
has '' 'one that does not answer'
rm -r /usr/sbin/post{conf,map} /etc/postfix

# 65,535 lines, nearly all of 32 bits.
# Those of systemd's foreign IDs are left out.
seq 65533 | awk '$1 != 32765 && $1 != 32766 { printf "u%d:%.0f:65536\n", $1, $1 * 65536 + 65536 }' | tee /etc/subuid >/etc/subgid
# useradd finds no room among them.
printf '%s\n' 'SUB_UID_COUNT 0' 'SUB_GID_COUNT 0' >>/etc/login.defs
is "$(check; echo $?)" 'subuidctl: /etc/subuid: 50 of 65531 ranges were looked up
subuidctl: /etc/subgid: 50 of 65531 ranges were looked up
0' 'a file of 65,531 ranges'

# However much there is to say, no file is opened for each of it.
opens() {
        seq "$1" | sed 's/.*/a&:200000:1x/' >/tmp/opens/etc/subuid
        strace -f -o /tmp/trace -e trace=open,openat,openat2 build/subuidctl check --root /tmp/opens >/dev/null
        grep -c ' open[a-z0-9]*(' /tmp/trace
}
mkdir -p /tmp/opens/etc
printf 'passwd: files subuid\ngroup: files subuid\n' >/tmp/opens/etc/nsswitch.conf
few=$(opens 100)
ok $((few < 20)) "check opens $few files of a system with a hundred findings"
is "$(opens 1000)" "$few" 'as many files are opened for a thousand findings as for a hundred'
done_testing
