#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl whois" on real user namespaces, nested ones too, and on what containers may try.
set -u
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/userns.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'
hide_engines

printf '%s\n' containers:200000:65536 users:300000:1000 some:1000:10 someone:400000:1000 >/etc/subuid
printf '%s\n' containers:200000:65536 groups:300000:1000 only:350000:100 someone:400000:1000 >/etc/subgid
printf '%s\n' someone:x:1005:1005::/:/bin/sh secret:x:193:193::/:/bin/sh >>/etc/passwd
printf '%s\n' someone:x:1005: secret:x:193: >>/etc/group

whois() { subuidctl whois "$@" 2>&1; }
of() { echo "_$1: UID $1, GID $1, subuid $(($1 - 200000)) of containers (/etc/subuid:1: containers:200000:65536)"; }

# 1. Who uses it.

is "$(whois 200193)" "$(of 200193)
    in no user namespace" 'nobody uses it'

start unshare --user --mount bash -c "$as" /sbin/init
outer=$pid
map "$outer" '0 200000 65536'
is "$(whois 200193)" "$(of 200193)
    UID 193 in the user namespace of PID $outer (\"/sbin/init 300\"): no process" 'it is mapped'

join "$outer" 193 /usr/lib/systemd/systemd-resolved
is "$(whois _200193)" "$(of 200193)
    UID 193 in the user namespace of PID $outer (\"/sbin/init 300\"): 1 process (systemd-resolved)" 'one process runs as it; its name as the argument'
join "$outer" 193 'nginx: worker process'
join "$outer" 193 systemd-resolved
is "$(whois 200193 | tail -n 1)" \
        "    UID 193 in the user namespace of PID $outer (\"/sbin/init 300\"): 3 processes (systemd-resolved, \"nginx: worker process\")" 'several'
join "$outer" 7 one,two
for name in three '' $'\e]0;five\a\200' "$(printf 'six%.0s' {1..40})" seven eight; do
        join "$outer" 7 "$name"
done
is "$(whois 200007 | tail -n 1)" "    UID 7 in the user namespace of PID $outer (\"/sbin/init 300\"): 7 processes (\"one,two\", three, sleep, \"?]0;five??\", sixsixsixsixsixsixsixsixsixsixsi, seven, ...)" 'more; names are cut, and are but printable ASCII'

# Effective IDs count, as with ps: here the real and the saved one are 8.
start nsenter -t "$outer" -U -S 0 -G 0 setpriv --clear-groups --ruid 8 --euid 9 sleep 300
like "$(whois 200008 200009 | grep -o ': [^:]*process.*' | tr '\n' ' ')" '^: no process : 1 process \(sleep\) $' 'effective IDs count'

# Two levels further in.
start nsenter -t "$outer" -U -S 0 -G 0 unshare --user bash -c "$as" nested
nested=$pid
PARENT=$outer map "$nested" $'0 1000 50\n50 2000 50'
start nsenter -t "$nested" -U -S 0 -G 0 unshare --user bash -c "$as" innermost
innermost=$pid
PARENT=$nested map "$innermost" '7 60 10'
join "$nested" 62 in-nested
join "$innermost" 9 in-innermost
is "$(whois 202012 | sort)" "    UID 2012 in the user namespace of PID $outer (\"/sbin/init 300\"): no process
    UID 62 in the user namespace of PID $nested (\"nested 300\"): 1 process (in-nested)
    UID 9 in the user namespace of PID $innermost (\"innermost 300\"): 1 process (in-innermost)
$(of 202012)" 'in nested user namespaces: three IDs inside, and each process counts where it is'
is "$(whois 202049 | grep -c '^    UID')" 2 'mapped in two of them'
is "$(whois 203000 | grep -c '^    UID')" 1 'and in one'

# What is seen from inside a container.
seen=$(nsenter -t "$outer" -U -m -S 0 -G 0 sh -c 'mount -t tmpfs tmpfs /etc; echo me:1000:5000 >/etc/subuid; subuidctl whois 2012' 2>/dev/null)
is "$(sort <<<"$seen")" "    UID 62 in the user namespace of PID $nested (\"nested 300\"): 1 process (in-nested)
    UID 9 in the user namespace of PID $innermost (\"innermost 300\"): 1 process (in-innermost)
_2012: UID 2012, GID 65534, subuid 1012 of me (/etc/subuid:1: me:1000:5000)" 'inside a container: the IDs as they are there'
nsenter -t "$outer" -U -m -S 0 -G 0 umount /etc

start setpriv --reuid 202012 --regid 202012 --clear-groups sleep 300
here=$pid
is "$(whois 202012 | sed -n 2p)" '    UID 202012 in the user namespace of subuidctl itself: 1 process (sleep)' 'without a container'
end "$here"

start unshare --user bash -c "$as" gap
gap=$pid
map "$gap" $'0 200000 10\n10 200100 10'
is "$(whois 200009 200010 200099 200100 200109 200110 | grep "PID $gap" | cut -d ' ' -f 6 | tr '\n' ' ')" '9 10 19 ' 'a map with a gap'
end "$gap"
join "$outer" 55 last
end "$pid"
like "$(whois 200055)" "PID $outer \(\"/sbin/init 300\"\): no process" 'one that is gone does not count'

# 2. The entry and the arguments.

is "$(whois 300005)" '_300005: UID 300005, GID 65534, subuid 5 of users (/etc/subuid:2: users:300000:1000)
    in no user namespace
_300005: GID 300005, subgid 5 of groups (/etc/subgid:2: groups:300000:1000)
    in no user namespace' 'a user and a group that have nothing to do with each other'
start unshare --user bash -c "$as" groups
groups=$pid
echo '0 300000 100' >"/proc/$groups/uid_map"
echo '0 350000 100' >"/proc/$groups/gid_map"
start nsenter -t "$groups" -U -S 8 -G 9 sleep 300
is "$(whois 350009 350008)" "_350009: GID 350009, subgid 9 of only (/etc/subgid:3: only:350000:100)
    GID 9 in the user namespace of PID $groups (\"groups 300\"): 1 process (sleep)
_350008: GID 350008, subgid 8 of only (/etc/subgid:3: only:350000:100)
    GID 8 in the user namespace of PID $groups (\"groups 300\"): no process" 'IDs of groups only'
is "$(whois 1005 | head -n 1)" '1005: UID 1005, GID 65534, subuid 5 of some (/etc/subuid:3: some:1000:10); /etc/passwd has it too, so it is not called _1005' 'an ID that a local account has'
is "$(whois 70000 _70001 root containers only 0x30d40 0200193 -- -1 '' 202050; echo "status $?")" "subuidctl: root: an owner or account, no ID; 'subuidctl list root' tells its ranges
subuidctl: containers: an owner or account, no ID; 'subuidctl list containers' tells its ranges
subuidctl: only: an owner or account, no ID; 'subuidctl list only' tells its ranges
subuidctl: 0x30d40: neither an ID nor a name such as _200193
subuidctl: 0200193: neither an ID nor a name such as _200193
subuidctl: -1: neither an ID nor a name such as _200193
subuidctl: \"\": neither an ID nor a name such as _200193
subuidctl: 70000: in no range of /etc/subuid or /etc/subgid
subuidctl: 70001: in no range of /etc/subuid or /etc/subgid
$(of 202050)
    UID 2050 in the user namespace of PID $outer (\"/sbin/init 300\"): no process
status 1" 'what is no ID, IDs of which nothing is known, and one that is'
is "$(whois --root / 200193)" 'subuidctl: whois takes no --root' 'only of this machine'

# 3. Tables.

is "$(whois -r -o name,uid,gid,owner,position,source,range,inside,pid,command,nprocs,processes 202012 200070 203000 |
        sed "s/ $outer / OUTER /; s/ $nested / NESTED /; s/ $innermost / INNERMOST /" | sort)" \
        'NAME UID GID OWNER POSITION SOURCE RANGE INSIDE PID COMMAND NPROCS PROCESSES
_200070 200070 200070 containers 70 /etc/subuid:1 containers:200000:65536 70 OUTER /sbin/init\x20300 0 
_202012 202012 202012 containers 2012 /etc/subuid:1 containers:200000:65536 2012 OUTER /sbin/init\x20300 0 
_202012 202012 202012 containers 2012 /etc/subuid:1 containers:200000:65536 62 NESTED nested\x20300 1 in-nested
_202012 202012 202012 containers 2012 /etc/subuid:1 containers:200000:65536 9 INNERMOST innermost\x20300 1 in-innermost
_203000 203000 203000 containers 3000 /etc/subuid:1 containers:200000:65536 3000 OUTER /sbin/init\x20300 0 ' 'a row for each user namespace'
is "$(whois -n -o userns 200193)" "$(stat -Lc %i "/proc/$outer/ns/user")" 'a user namespace by its number'
is "$(whois -r 350050 300500 | awk '{ print $1, $3, $5, NF }' | tr '\n' ,)" 'NAME POSITION INSIDE 14,_350050 50 50 8,_300500 500  4,_300500 500  4,' 'one row for an ID in none'
json() {
        python3 -c 'import json, sys
names = "name owner position source inside pid command unit nprocs processes".split()
for row in json.load(sys.stdin)["users"]: print([row[name] for name in names])'
}
is "$(whois -J 200193 300500 | sed "s/$outer/1/" | json)" \
        "['_200193', 'containers', 193, '/etc/subuid:1', 193, 1, '/sbin/init 300', None, 3, 'systemd-resolved, \"nginx: worker process\"']
['_300500', 'users', 500, '/etc/subuid:2', None, None, None, None, None, None]
['_300500', 'groups', 500, '/etc/subgid:2', None, None, None, None, None, None]" 'JSON'
join "$outer" 70 $'a "quoted" \\ \n\e[31m\200'
is "$(whois -J 200070 | sed "s/$outer/1/" | json)" "['_200070', 'containers', 70, '/etc/subuid:1', 70, 1, '/sbin/init 300', None, 1, '\"a \\\\\"quoted\\\\\" \\\\\\\\ ??[31m?\"']" 'JSON of a program that is called oddly'

# The unit of a process, by what its /proc/PID/cgroup says.
start unshare --user bash -c "$as" alone
alone=$pid
map "$alone" '0 500000 100'
unit() {
        printf '%b\n' "$1" >/tmp/cgroup
        is "$(whois -rn -o unit 500070)" "$2" "unit: $3"
}
: >/tmp/cgroup
mount --bind /tmp/cgroup "/proc/$alone/cgroup"
unit 0::/ '' 'the topmost cgroup'
unit 0::/machine.slice/libpod-1.scope/container libpod-1.scope 'a scope'
unit 0::/kubepods.slice/kubepods-pod1.slice/crio-bf2b.scope/init.scope crio-bf2b.scope 'a scope with a systemd in it'
unit 0::/machine.slice/systemd-nspawn@a.service/payload/system.slice/x.service systemd-nspawn@a.service 'a service'
unit 0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-2.scope libpod-2.scope "a scope of a user's systemd"
unit 0::/user.slice/user-1000.slice/session-1.scope session-1.scope 'a session'
unit 0::/../../system.slice/docker-3.scope docker-3.scope 'above our own cgroup namespace'
unit 0::/docker/4bf2/init.scope 4bf2 "none of systemd's, with a systemd in it"
unit 0::/lxc.payload.five/system.slice/x.service lxc.payload.five 'another'
unit 0::/docker/6 6 'without'
unit 0::/machine.slice machine.slice 'a slice'
unit '4:pids:/0::/no.scope\n1:name=systemd:/system.slice/a.service\n0::/' a.service 'cgroup v1'
unit '1:name=systemd:/b.scope\n0::/system.slice/c.scope' c.scope 'both'
unit '0::/system.slice/\e[31m.scope' '?[31m.scope' 'control characters'
umount "/proc/$alone/cgroup"
end "$alone"

# Processes that come and go.
while :; do nsenter -t "$outer" -U -S 71 -G 71 true; done 2>/dev/null &
churn=$!
for _ in $(seq 100); do
        subuidctl whois 200071 200193 || echo "status $?"
done >/tmp/churn 2>&1
end "$churn"
is "$(grep -c "PID $outer (\"/sbin/init 300\"): 3 processes (systemd-resolved, \"nginx: worker process\")$" /tmp/churn)" 100 'while processes come and go'
is "$(grep -vcE ': (no process|[0-9]+ process(es)? \(.*\))$|^_[0-9]+: UID' /tmp/churn)" 0 'nothing else is said'

# 4. As an ordinary user.

someone() { setpriv --reuid 1005 --regid 1005 --clear-groups "$@" 2>&1; }
notice='subuidctl: not all processes could be looked into; root sees them all'
is "$(someone subuidctl whois 202012 | sort)" "    UID 2012 in a user namespace like that of PID $outer (\"/sbin/init 300\"): no process
    UID 62 in a user namespace like that of PID $nested (\"nested 300\"): 1 process (in-nested)
    UID 9 in a user namespace like that of PID $innermost (\"innermost 300\"): 1 process (in-innermost)
$(of 202012)
$notice" 'an ordinary user sees the maps, and is told that this may not be all'
someone subuidctl whois 202012 >/dev/null
ok $? 'that is no failure'
is "$(someone subuidctl whois --names 200193 | sed -n 2p)" \
        "    UID 193 in a user namespace like that of PID $outer (\"/sbin/init 300\"): 3 processes (systemd-resolved, \"nginx: worker process\")" 'other names are not his to know'
is "$(someone subuidctl whois 150000)" 'subuidctl: 150000: in no range of /etc/subuid or /etc/subgid' 'where nothing is shown, nothing is said'
mount -o remount,hidepid=2 /proc
is "$(someone subuidctl whois 200193)" "$(of 200193)
    in no user namespace, or in none that you can see
$notice" 'with hidepid=2 he sees nothing, and is told so'
mount -o remount,hidepid=1 /proc
is "$(someone subuidctl whois 200193)" "$(of 200193)
    in no user namespace, or in none that you can see
$notice" 'with hidepid=1 neither'
mount -o remount,hidepid=0 /proc

if setpriv --reuid 1005 --regid 1005 --clear-groups unshare --user true 2>/dev/null; then
        start setpriv --reuid 1005 --regid 1005 --clear-groups unshare --user --mount sleep 300
        own=$pid
        someone newuidmap "$own" 0 1005 1 1 400000 1000
        someone newgidmap "$own" 0 1005 1 1 400000 1000
        join "$own" 5 mine
        nsenter -t "$own" -U -m -S 0 -G 0 sh -c 'mount -t tmpfs tmpfs /etc; echo five:x:5:5::/: >/etc/passwd'
        is "$(someone subuidctl whois --names 400004 | sed -n 2p)" "    UID 5 (games) in the user namespace of PID $own (\"sleep 300\"): 1 process (mine)" \
                "--names, of a process that sees the host's files: the name there"
        end "$pid"
        join "$own" 5 mine -m
        is "$(someone subuidctl whois --names 400004 | sed -n 2p)" "    UID 5 (five) in the user namespace of PID $own (\"sleep 300\"): 1 process (mine)" \
                'he may enter his own container'
        end "$own" "$pid"
else
        skip 'an ordinary user may make no user namespaces here' 'his own container'
fi

# 5. --names: the files of a container.

inside() { nsenter -t "$outer" -U -m -S 0 -G 0 sh -c "$1"; }
inside 'mount -t tmpfs tmpfs /etc'
start nsenter -t "$outer" -U -m -S 72 -G 72 sleep 300
sleeper=$pid

# named WANTED WHAT [WHY]: the name of 72, in parentheses, or nothing, and why not.
named() {
        local output
        output=$(timeout 60 subuidctl whois --names 200072 2>/tmp/why | sed -n 2p)
        is "$output$(cat /tmp/why)" "    UID 72${1:+ ($1)} in the user namespace of PID $outer (\"/sbin/init 300\"): 1 process (sleep)${3:+subuidctl: --names: the container of PID $sleeper cannot be asked: $3}" "--names: $2"
}

# shellcheck disable=SC2016 # for the shell inside
{
        named '' 'no /etc/passwd'
        inside 'printf "root:x:0:0::/:\nx:x:172:72::/:\nseventy:x:72:0::/:\nlater:x:72:0::/:\n" >/etc/passwd'
        named seventy 'the first that fits'
        is "$(whois -rn -o inside,inner --names 200072)" '72 seventy' 'in a table'
        is "$(whois 200072 | grep -c seventy)" 0 'not without --names'
        inside 'printf "#c:x:72:\n:x:72:\ncut:x:72" >/etc/passwd'
        named '' 'an empty name'
        inside 'printf "#c:x:72:\n+c:x:72:\ncut:x:72" >/etc/passwd'
        named cut 'no newline at the end'
        inside 'printf "a\033[31m\007\200\"\$(b):x:72:72::/:\n" >/etc/passwd'
        named '"a?[31m??\"$(b)"' 'control characters'
        inside 'printf "%0100d:x:72:72::/:\n" 0 >/etc/passwd'
        named "$(printf '%032d' 0)" 'a long name'
        inside 'printf "%065510d:x:1:\nlast:x:72:\n" 0 >/etc/passwd'
        named last 'at the end of 64 KiB'
        inside 'printf "%065520d:x:1:\nlast:x:72:\n" 0 >/etc/passwd'
        named '' 'cut at 64 KiB' 'File too large'
        inside 'truncate -s 100G /etc/passwd'
        named '' 'a huge file' 'File too large'
        inside 'rm /etc/passwd; mkfifo /etc/passwd'
        named '' 'a FIFO' 'no regular file'
        is "$(subuidctl whois --names 200072 200072 200072 200072 2>/dev/null | grep -v UID)" '' 'it is not waited for'
        nsenter -t "$outer" -U -m -S 0 -G 0 sh -c 'exec 3<>/etc/passwd; echo fifo:x:72: >&3; exec sleep 300' &
        until grep -q sleep "/proc/$!/comm"; do sleep 0.02; done
        named '' 'a FIFO that gives a name' 'no regular file'
        inside 'mv /etc/passwd /etc/fifo; ln -s fifo /etc/passwd'
        named '' 'a link to a FIFO' 'no regular file'
        inside 'ln -sf /dev/zero /etc/passwd'
        named '' 'a device' 'no regular file'
        inside 'rm /etc/passwd; mkdir /etc/passwd'
        named '' 'a directory' 'no regular file'
        inside 'rmdir /etc/passwd; ln -s passwd /etc/passwd'
        named '' 'a loop' 'Too many levels of symbolic links'
        inside 'echo there:x:72:72::/: >/etc/there; ln -sf /etc/there /etc/passwd'
        named there 'an absolute link stays inside'
}
echo secret:x:72:72::/: >>/etc/passwd
inside 'ln -sf ../../../../../../etc/there /etc/passwd'
named there 'so does one with many dots'
inside "ln -sf /proc/$$/root/etc/passwd /etc/passwd"
named '' "a link through /proc to the host's own file" 'Permission denied'
inside 'ln -sf /proc/self/environ /etc/passwd'
named '' 'a file of /proc' 'Permission denied'
inside 'rm /etc/passwd; echo no:x:72: >/etc/passwd; chmod 0 /etc/passwd'
named '' 'one that nobody may read' 'Permission denied'

# A group has a name in /etc/group.
start nsenter -t "$groups" -U -S 0 -G 0 unshare --mount sleep 300
nsenter -t "$pid" -U -m -S 0 -G 0 sh -c 'mount -t tmpfs tmpfs /etc; echo nine:x:9: >/etc/group'
start nsenter -t "$pid" -U -m -S 10 -G 10 bash -c "$as" ten
is "$(whois --names 350010 | sed -n 2p)" "    GID 10 in the user namespace of PID $groups (\"groups 300\"): 1 process (ten)" 'a group without a name'
nsenter -t "$pid" -U -m -S 0 -G 0 sh -c 'echo ten:x:10: >>/etc/group'
is "$(whois --names 350010 | sed -n 2p)" "    GID 10 (ten) in the user namespace of PID $groups (\"groups 300\"): 1 process (ten)" 'and with one'

# A process that has only changed its root.
mkdir -p /tmp/jail/etc
echo jailed:x:73:73::/: >/tmp/jail/etc/passwd
nsenter -t "$groups" -U -S 0 -G 0 python3 -c '
import os, time
os.chroot("/tmp/jail")
os.setgid(73)
os.setuid(73)
print(flush=True)
time.sleep(300)' >/tmp/jailed &
until [ -s /tmp/jailed ] || ! kill -0 $!; do sleep 0.02; done
is "$(whois --names 300073 | sed -n 2p)" "    UID 73 (jailed) in the user namespace of PID $groups (\"groups 300\"): 1 process (python3)" 'in a mere chroot'

# A file system that never answers: what waits for it holds nothing, and nobody waits for that.
[ -e /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229
nsenter -t "$outer" -U -m -S 0 -G 0 python3 "$top/tests/tool/fuse.py" silent /etc >/tmp/asked 2>/tmp/fuse.log &
fuse=$!
until grep -q silent "/proc/$outer/mounts" || ! kill -0 "$fuse" 2>/dev/null; do sleep 0.02; done
if grep -q silent "/proc/$outer/mounts"; then
        setpriv --groups 4,24 timeout 60 subuidctl whois --names 200072 >/tmp/answer 2>&1 9</etc/shadow &
        asking=$!
        until [ -s /tmp/asked ] || ! kill -0 "$asking" 2>/dev/null; do sleep 0.02; done
        child=$(cat /tmp/asked)
        is "$(awk '/^(Uid|Gid|Groups|CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs)/ { printf "%s ", $0 }' "/proc/$child/status" | tr -s '\t ' ' ')" \
                'Uid: 200000 200000 200000 200000 Gid: 200000 200000 200000 200000 Groups: CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 ' \
                'the child inside has no rights'
        is "$(readlink "/proc/$child/ns/user" "/proc/$child/ns/mnt")" "$(readlink "/proc/$outer/ns/user" "/proc/$outer/ns/mnt")" 'it is in the user and mount namespaces'
        is "$(readlink "/proc/$child/fd/"* | sed 's/:.*//')" pipe 'it has no file but its pipe'
        is "$(nsenter -t "$outer" -U -S 0 -G 0 ls "/proc/$child/root/" "/proc/$child/cwd/" "/proc/$child/fd/" 2>&1 | grep -vc 'Permission denied$')" 0 \
                'root of the container may not look into it'
        is "$(nsenter -t "$outer" -U -S 0 -G 0 cat "/proc/$child/mem" "/proc/$child/maps" "/proc/$child/environ" 2>&1 | grep -vc 'Permission denied$')" 0 \
                'nor into its memory'
        wait "$asking"
        ok $? 'it is not waited for'
        is "$(cat /tmp/answer)" "$(of 200072)
subuidctl: --names: the container of PID $sleeper cannot be asked: no answer
    UID 72 in the user namespace of PID $outer (\"/sbin/init 300\"): 1 process (sleep)" 'a file system that never answers: no name'
        is "$(timeout 60 subuidctl whois --names 200072 200072 200072 200072 2>&1 | tail -n 2 | head -n 1)" \
                "subuidctl: --names: the container of PID $sleeper cannot be asked: others did not answer, so it was not asked" \
                'after a while, no more are asked'
        kill "$fuse"
        inside 'umount /etc'
else
        sed 's/^/# /' /tmp/fuse.log >&2
        skip 'a user namespace may mount no FUSE file system here' 'a file system that never answers'
fi

done_testing
