#!/bin/bash
# SPDX-License-Identifier: MIT
# What "subuidctl whois" may be asked of: IDs that are in no range, files, processes, standard input.
set -u
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/userns.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'
hide_engines

printf '%s\n' containers:200000:65536 over:61000:100 >/etc/subuid
printf '%s\n' containers:200000:65536 >/etc/subgid
printf '%s\n' root:x:0:0::/:/bin/sh www-data:x:33:33::/:/bin/sh "$(printf 'e\e[31mvil:x:34:34::/:/bin/sh')" >/etc/passwd
printf '%s\n' root:x:0: www-data:x:33: staff:x:50: >/etc/group
whois() { timeout 60 subuidctl whois "$@" 2>&1; }

# --- any ID ---------------------------------------------------------------------------------------

while read -r id what; do
        is "$(whois "$id" | head -n 1)" "$id: UID $id, $what" "whose it is: $id"
done <<'IDS'
33 in no range; kept for system accounts; www-data (/etc/passwd:2)
34 in no range; kept for system accounts; "e?[31mvil" (/etc/passwd:3)
999 in no range; kept for system accounts
1000 in no range; kept for ordinary accounts
60000 in no range; kept for ordinary accounts
60001 to which no range gives a name; kept for systemd-homed's accounts
60513 to which no range gives a name; kept for systemd-homed's accounts
60514 to which no range gives a name; kept for systemd's accounts in containers (nspawn --bind-user)
60578 to which no range gives a name; kept for systemd's accounts
60705 to which no range gives a name; kept for systemd's accounts
61184 to which no range gives a name; kept for systemd's DynamicUser=
65519 to which no range gives a name; kept for systemd's DynamicUser=
65534 to which no range gives a name; kept for nobody; the kernel shows it for IDs without a mapping
524288 in no range; kept for systemd's containers (nspawn -U, nsresourced)
1879048191 in no range; kept for systemd's containers (nspawn -U, nsresourced)
2147352576 to which no range gives a name; kept for systemd's foreign IDs
2147418111 to which no range gives a name; kept for systemd's foreign IDs
4294967295 to which no range gives a name; kept for "-1"
IDS
whois 33 >/dev/null
is $? 0 'what is known of one in no range is an answer'
is "$(whois 60706 65533 524287 1879048192 2147418112)" "$(printf 'subuidctl: %s: in no range of /etc/subuid or /etc/subgid\n' 60706 65533 524287 1879048192 2147418112)" 'for nobody'
whois 33 60706 >/dev/null
is $? 1 'one of which nothing is known is a failure'
is "$(whois 50)" '50: UID 50, in no range; kept for system accounts' 'of a group it is said no more'
is "$(whois 61050 | head -n 1)" '_61050: UID 61050, GID 65534, subuid 50 of over (/etc/subuid:2: over:61000:100)' 'one in a range'
start unshare --user bash -c "$as" outside
outside=$pid
map "$outside" '0 70000 100'
is "$(whois 70033 | sed "s/PID $outside/PID/")" '70033: UID 70033, in no range
    UID 33 in the user namespace of PID ("outside 300"): no process' 'in no range, but mapped'
is "$(whois -rn -o asked,name,uid,gid,owner,reserved,inside 70033 _33)" '70033  70033    33
_33 www-data 33   system\x20accounts ' 'in a table'
start setpriv --reuid 70200 --regid 70300 --clear-groups sleep 300
is "$(whois 70300)" '70300: GID 70300, in no range
    GID 70300 in the user namespace of subuidctl itself: 1 process (sleep)' 'as a group, if no user has it'

# --- names ----------------------------------------------------------------------------------------

is "$(whois --raw -n -o name,source,reserved,uid 33 2>&1)" 'www-data /etc/passwd:2 system\x20accounts 33' 'a row has the account, too'
is "$(whois containers www-data nobody-here)" "subuidctl: containers: an owner or account, no ID; 'subuidctl list containers' tells its ranges
subuidctl: www-data: an owner or account, no ID; 'subuidctl list www-data' tells its ranges
subuidctl: nobody-here: neither an ID nor a name such as _200193" 'owners and accounts'
is "$(whois)" "subuidctl: whois: an argument is missing; try 'subuidctl whois --help'" 'nothing is asked of'

# --- files ----------------------------------------------------------------------------------------

mkdir /tmp/files
cd /tmp/files || exit 1
touch both apart $'e\e[31m\nvil' ./-
chown 200005:200005 both $'e\e[31m\nvil' ./-
chown 200005:33 apart
ln -s both link
chown -h 200006:200006 link
five='_200005: UID 200005, GID 200005, subuid 5 of containers (/etc/subuid:1: containers:200000:65536)
    in no user namespace'
is "$(whois ./both)" "./both: UID 200005, GID 200005
$five" 'a file'
is "$(whois ./apart)" "./apart: UID 200005, GID 33
$five
33: GID 33, in no range; kept for system accounts; www-data (/etc/group:2)" 'of a user and another group'
is "$(whois ./link | head -n 1)" './link: UID 200006, GID 200006' 'a symbolic link itself'
is "$(whois ./$'e\e[31m\nvil' ././- | grep '^["./]')" '"./e?[31m?vil": UID 200005, GID 200005
././-: UID 200005, GID 200005' 'odd names'
is "$(subuidctl whois ./$'n\eone' ./both 2>/dev/null; echo $?)" "./both: UID 200005, GID 200005
$five
1" 'one that is not there is a failure'
is "$(whois ./$'n\eone')" 'subuidctl: "./n?one": No such file or directory' 'and it is said so'
is "$(whois -rn -o asked,uid,gid ./apart)" './apart 200005 200005
./apart  33' 'in a table'
like "$(whois --json -o asked ./$'e\e[31m\nvil' | tr -d '\n')" '"asked": "./e\?\[31m\?vil"' 'in JSON'
mkdir -p $'vol\\ume s/data'
mount -t tmpfs tmpfs $'vol\\ume s'
mkdir $'vol\\ume s/data' $'vol\\ume s/database'
touch $'vol\\ume s/data/file' $'vol\\ume s/database/file'
chown 33:33 $'vol\\ume s/data/file' $'vol\\ume s/database/file'
start unshare --user --mount bash -c "$as" container
map "$pid" '0 80000 100'
if output=$(nsenter -t "$pid" -m "$top/tests/tool/idmapped.py" $'/tmp/files/vol\\ume s/data' "$pid" 2>&1); then
        is "$(whois $'vol\\ume s/data/file' | head -n 1)" \
                "\"vol\\\\ume s/data/file\": UID 33, GID 33; on a volume that maps IDs of PID $pid ([sleep]), whose own they are" \
                "on a container's volume: the container's own IDs"
        is "$(whois $'vol\\ume s/database/file' | head -n 1)" '"vol\\ume s/database/file": UID 33, GID 33' 'beside it'
        is "$(whois $'vol\\ume s/database/file' ./both $'vol\\ume s/data/file' | grep -c 'on a volume')" 1 'of several files'
else
        skip "$output" "on a container's volume: the container's own IDs"
fi
is "$(strace -f -e trace=openat subuidctl whois ./both ./apart ./link 2>&1 >/dev/null | grep -c '"mountinfo"')" \
        "$(strace -f -e trace=openat subuidctl whois ./both 2>&1 >/dev/null | grep -c '"mountinfo"')" 'the mounts of containers are read once for all files'
mkdir mapped
mount -t tmpfs tmpfs mapped
touch mapped/file
chown 33:33 mapped/file
is "$(whois mapped/file | head -n 1)" 'mapped/file: UID 33, GID 33' 'on a usual mount'
if output=$("$top/tests/tool/idmapped.py" mapped "$outside" 2>&1); then
        is "$(whois mapped/file | head -n 1)" 'mapped/file: UID 70033, GID 70033; its mount maps IDs: others stand on the disk' 'on an idmapped mount'
else
        skip "$output" 'on an idmapped mount'
fi
# 100 MB of mounts, which cost nothing, in several mount namespaces.
: >/tmp/mounted
unshare --user --map-root-user --mount python3 -c '
import ctypes, os, time
libc = ctypes.CDLL(None)
for _ in range(14):
    os.mkdir("x" * 250)
    os.chdir("x" * 250)
for i in range(3000):
    open(str(i), "w").close()
    libc.mount(str(i).encode(), str(i).encode(), None, 4096, None)
for _ in range(4):
    if os.fork() == 0:
        libc.unshare(0x20000)
        print(flush=True)
        time.sleep(300)
time.sleep(300)' >/tmp/mounted 2>/tmp/log &
many=$!
until [ "$(wc -l </tmp/mounted)" -eq 4 ] || ! kill -0 $many 2>/dev/null; do sleep 0.05; done
if [ -s /tmp/mounted ]; then
        is "$(whois ./both | head -n 2)" 'subuidctl: not all mounts of containers were looked at: there are too many
./both: UID 200005, GID 200005' 'more mounts than are read'
else
        skip "$(tail -n 1 /tmp/log)" 'more mounts than are read'
fi
pkill -KILL -P $many
kill -KILL $many
wait $many 2>/dev/null
mkdir silent
[ -e /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229
"$top/tests/tool/fuse.py" silent silent >/tmp/asked 2>/tmp/log &
fuse=$!
until grep -q '^silent ' /proc/self/mounts || ! kill -0 $fuse 2>/dev/null; do sleep 0.02; done
if grep -q '^silent ' /proc/self/mounts; then
        SECONDS=0
        is "$(whois silent/a silent/b ./both silent/c silent/d silent/e | head -n 7)" "subuidctl: silent/a: no answer
subuidctl: silent/b: no answer
subuidctl: silent/c: no answer
subuidctl: silent/d: no answer
subuidctl: silent/e: no answer
./both: UID 200005, GID 200005
_200005: UID 200005, GID 200005, subuid 5 of containers (/etc/subuid:1: containers:200000:65536)" 'a file system that never answers'
        [ $SECONDS -lt 30 ]
        ok $? 'is not waited for long'
        is "$(timeout 60 sh -c 'subuidctl whois silent/a 2>&1 | cat'; echo $?)" "subuidctl: silent/a: no answer
0" 'nor by whoever reads what is printed'
        kill $fuse
        umount -l silent
else
        skip "$(tail -n 1 /tmp/log)" 'a file system that never answers'
fi
cd "$top" || exit 1

# --- processes ------------------------------------------------------------------------------------

start setpriv --reuid 200005 --regid 200005 --groups 4,200006 bash -c "$as" name
process=$pid
like "$(whois -p "$process")" "^PID $process \(sleep\): UID 200005, GID 200005, groups 4 200006
_200005: UID 200005, GID 200005, subuid 5 of containers \([^
]*
    UID 200005 in the user namespace of subuidctl itself: 1 process \(name\)
4: GID 4, in no range; kept for system accounts
_200006: GID 200006, subgid 6 of containers \([^
]*
    in no user namespace$" 'a process: each of its IDs once, groups as such'
start setpriv --ruid 33 --euid 200005 --clear-groups sleep 300
is "$(whois --pid "$pid" | grep -E '^[^ ]')" "PID $pid (sleep): UID 33 (real), 200005 (effective, saved, file system), GID 0
33: UID 33, in no range; kept for system accounts; www-data (/etc/passwd:2)
_200005: UID 200005, GID 200005, subuid 5 of containers (/etc/subuid:1: containers:200000:65536)
0: GID 0, to which no range gives a name; kept for root; root (/etc/group:1)" 'those that differ'
start python3 -c 'import os
os.setgroups(range(200000, 265536))
os.execvp("sleep", ["sleep", "300"])'
is "$(ulimit -v 1000000; whois -p "$pid" | head -n 1 | wc -w)" 65544 'as many groups as a process can have'
is "$(whois -p 999999)" 'subuidctl: PID 999999: no such process, or none that you can see' 'one that is not there'
is "$(whois -p 1x)" 'subuidctl: --pid: 1x is no PID' 'what is none'
is "$(whois -rn -o asked,uid -p "$process" | tr '\n' ,)" "PID\\x20$process 200005,PID\\x20$process ,PID\\x20$process ," 'in a table'
like "$(whois -p "$process" 60001 | tail -n 1)" '^60001: ' 'with an ID besides'

# --- standard input -------------------------------------------------------------------------------

is "$(printf '200005\n\n  _200005 \n33\t' | whois - | grep -c '^_200005\|^33: ')" 3 'a line each; blanks, empty lines, no newline at the end'
is "$(printf '200005\n' | whois 33 - 34 | grep '^[^ ]' | cut -d : -f 1 | tr '\n' ' ')" '33 _200005 34 ' 'among other arguments'
is "$(printf '200005\0001\n12345678901\nx/y\n/etc/passwd\n-1\r\n%070d\n5%070dx\n' 7 0 | whois -; echo $?)" 'subuidctl: standard input:1: "200005?1": neither an ID nor a name such as _200193
subuidctl: standard input:2: 12345678901: neither an ID nor a name such as _200193
subuidctl: standard input:3: x/y: neither an ID nor a name such as _200193
subuidctl: standard input:4: /etc/passwd: neither an ID nor a name such as _200193
subuidctl: standard input:5: -1: neither an ID nor a name such as _200193
subuidctl: standard input:6: "00000000000000000000000000000000000000000000000000000000000000?": neither an ID nor a name such as _200193
subuidctl: standard input:7: "50000000000000000000000000000000000000000000000000000000000000?": neither an ID nor a name such as _200193
1' 'what is no ID there'
is "$({ head -c 10000000 /dev/zero | tr '\0' 5; echo; echo 200005; } | subuidctl whois - 2>/dev/null | head -n 1)" "${five%%
*}" 'a huge line is passed over'
whois - </dev/null
is $? 0 'nothing there'
is "$(whois - <&- 2>&1)" '' 'nor where it is closed'
is "$(whois -rn -o asked 33 - 34 </tmp; echo $?)" 'subuidctl: standard input: Is a directory
33
34
1' 'one that cannot be read costs no other argument its answer'
# More than are answered at a time.
seq 200000 265535 >/tmp/ids
{ cat /tmp/ids; seq 10 20; } | whois - >/tmp/answers
cut -d : -f 1 /tmp/answers | grep -v '^ ' | cmp -s - <(sed 's/^/_/' /tmp/ids; seq 10 20)
ok $? 'many IDs, in their order'
is "$(seq 200000 200999 | strace -f -e trace=openat subuidctl whois - 2>&1 >/dev/null | grep -c '"/proc", ')" 1 '/proc is read once for all'
done_testing
