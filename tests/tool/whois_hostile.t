#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl whois" among processes that want to hang or to fool it.
# shellcheck disable=SC2016,SC2317,SC1003,SC2001 # for the bash that is run; called by name; a backslash; sed
set -u
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/userns.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'
hide_engines

printf '%s\n' containers:200000:200000 >/etc/subuid
cp /etc/subuid /etc/subgid
echo someone:x:1005:1005::/:/bin/sh >>/etc/passwd
someone() { setpriv --reuid 1005 --regid 1005 --clear-groups "$@"; }
whois() { timeout 60 subuidctl whois "$@" 2>&1; }
# uses ID...: what is said of them, without the first line of each.
uses() { whois "$@" | grep -v '^_'; }

# end_all: ends all that was started.
end_all() {
        # shellcheck disable=SC2046 # words
        kill -KILL $(jobs -p) 2>/dev/null
        wait 2>/dev/null
}

# made: how many processes a trace tells of. Where others are traced meanwhile, a call has two lines.
made() { grep -cE '(clone|clone3|fork|vfork)(\(| resumed>).*= [0-9]+$' /tmp/trace; }

# container NAME START: a user namespace whose root is START outside; sets pid.
container() {
        start unshare --user --mount bash -c 'exec -a "$0" sleep 300' "$1"
        map "$pid" "0 $2 65536"
}

# 1. What a process calls itself cannot look like what is said of it.

container '/sbin/init), crio-x.scope: 12 processes (nginx' 200000
forger=$pid
is "$(uses 200193)" "    UID 193 in the user namespace of PID $forger (\"/sbin/init), crio-x.scope: 12 processes (nginx 300\"): no process" \
        'a command that would end the sentence is quoted'
for name in 'a), b' 'a, b' 'a": 7 processes (b' 'a\' '[sleep]' ' ' 'a  b'; do
        join "$forger" 5 "$name"
        is "$(uses 200005 | sed 's/.*: 1 process/1 process/')" "1 process (\"$(sed 's/[\"\\]/\\&/g' <<<"$name")\")" "a program called '$name' too"
        end "$pid"
done
join "$forger" 5 a,b
join "$forger" 5 c
is "$(whois -n -o processes 200005; whois -rn -o processes 200005; whois -J -o processes 200005 | grep -o ': ".*')" '"a,b", c
"a,b",\x20c
: "\"a,b\", c"' 'and in a list of a table'
like "$(whois -n -o command,nprocs 200005)" '^"/sbin/init\), crio-x.scope: 12 processes \(nginx 300" +2$' 'a column'
is "$(whois -J -o command 200005 | grep -o ':.*nginx.*')" ': "/sbin/init), crio-x.scope: 12 processes (nginx 300"' 'in JSON it is its text'
: >/tmp/cgroup
container alone 300000
alone=$pid
mount --bind /tmp/cgroup "/proc/$pid/cgroup"
for unit in 'x.scope: 12 processes (a)' 'no process' 'a"b' 'a\b'; do
        echo "0::/$unit" >/tmp/cgroup
        like "$(uses 300193)" "\), \"$(sed 's/[\"\\]/\\&/g; s/[\\().]/\\&/g' <<<"$unit")\": no process$" "a cgroup '$unit'"
done
echo 0::/plain-1@2.scope >/tmp/cgroup
like "$(uses 300193)" '\), plain-1@2\.scope: no process$' 'one that is plain is not quoted'
umount "/proc/$pid/cgroup"
join "$alone" 7 deep
is "$(strace -o /tmp/trace -P cgroup -e trace=openat -e inject=openat:error=ENAMETOOLONG subuidctl whois 300007 2>&1 | tail -n 1)" \
        "    UID 7 in the user namespace of PID $alone (\"alone 300\"): 1 process (deep)" 'a cgroup whose path older kernels do not tell'
printf 'a), b no process (x:600000:10\n' >>/etc/subuid
is "$(whois 600001 | head -n 1)" '_600001: UID 600001, GID 65534, subuid 1 of "a), b no process (x" (/etc/subuid:2: "a), b no process (x:600000:10")' \
        'an owner and his line'
end_all

# 2. A process that keeps whoever asks for its command line.

container outer 300000
outer=$pid
[ -e /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229
# served MODE FOLDER: a file system in the container; what it prints is in /tmp/served-MODE.
served() {
        (cd /tmp/files && exec nsenter -t "$outer" -U -m -S 0 -G 0 --wd=. python3 "$top/tests/tool/fuse.py" "$@") \
                >"/tmp/served-$1" 2>"/tmp/served-$1.log" &
        server=$!
        until grep -q "^$1 " "/proc/$outer/mounts" || ! kill -0 $server 2>/dev/null; do sleep 0.02; done
        grep -q "^$1 " "/proc/$outer/mounts" || { sed 's/^/# /' "/tmp/served-$1.log" >&2; return 1; }
}
mkdir /tmp/files
echo seventy:x:70:70::/: >/tmp/files/passwd
echo seventy-one:x:71: >/tmp/files/group
if served page /mnt; then
        container other 400000
        other=$pid
        printf 'containers:400000:65536\n' | tee -a /etc/subuid >>/etc/subgid
        join "$outer" 70 quick
        start_holder() {
                nsenter -t "$outer" -U -m -S 70 -G 70 python3 "$top/tests/tool/hold_mmap_lock.py" /mnt/page &
                holder=$!
        }
        start_holder
        asking_hangs() {
                [ "$(tail -n 1 /tmp/served-page)" = 2 ] || return
                timeout 5 cat "/proc/$holder/cmdline" >/dev/null
                [ $? -eq 124 ]
        }
        until_true asking_hangs
        ok $? 'who asks it hangs'
        for id in 4 5 6 7; do join "$other" 70 "other $id"; done
        start_time=$SECONDS
        strace -f -o /tmp/trace -e trace=clone,clone3,fork,vfork timeout -s KILL 60 subuidctl whois 300070 400070 >/tmp/answer 2>&1
        is $? 0 'whois does not'
        [ $((SECONDS - start_time)) -lt 30 ]
        ok $? 'for long'
        is "$(cat /tmp/answer)" "subuidctl: PID $holder: no answer; whoever asks for its command line is kept waiting
_300070: UID 300070, GID 300070, subuid 100070 of containers (/etc/subuid:1: containers:200000:200000)
    UID 70 in the user namespace of PID $outer (\"outer 300\"): 2 processes (quick, python3)
_400070: UID 400070, GID 400070, subuid 200070 of containers (/etc/subuid:3: containers:400000:65536)
    UID 70 in the user namespace of PID $other (\"other 300\"): 4 processes (\"other 4\", \"other 5\", \"other 6\", \"other 7\")" \
                'it says which one, and what the others are called'
        # One of timeout(1).
        is "$(made)" 3 'one child for all, and no more for a container that keeps one waiting'
        kill -KILL $server
else
        skip 'a user namespace may mount no FUSE file system here' 'a process that keeps whoever asks it'
fi

end_all

# 10,000 processes are no 10,000 forks.
container many 200000
many=$pid
nsenter -t "$many" -U -S 9 -G 9 python3 -c '
import os, time
for i in range(1000):
    if os.fork() == 0:
        time.sleep(300)
print(flush=True)
time.sleep(300)' >/tmp/forked &
forker=$!
until [ -s /tmp/forked ] || ! kill -0 $forker; do sleep 0.05; done
strace -f -o /tmp/trace -e trace=clone,clone3,fork,vfork subuidctl whois 200009 >/tmp/answer 2>&1
like "$(tail -n 1 /tmp/answer)" ': 1001 processes \(python3\)$' 'a thousand processes'
is "$(made)" 1 'are asked by one child'
pkill -KILL -u 200009
end_all

# Nor does anybody hide behind more user namespaces than can be kept open.
for _ in $(seq 70); do unshare --user sleep 300 & done
until [ "$(readlink /proc/[0-9]*/ns/user | sort -u | wc -l)" -gt 70 ]; do sleep 0.05; done
container last 200000
join "$pid" 12 last
is "$(ulimit -n 70; uses 200012 | sed 's/.*: 1/1/')" '1 process (last)' 'one behind many user namespaces'
end_all

# 3. --names where the container's root is FUSE.

container outer 300000
outer=$pid
if served root /mnt; then
        nsenter -t "$outer" -U -m -S 0 -G 0 python3 -c '
import os, time
os.chroot("/mnt")
os.setgid(70)
os.setuid(70)
print(flush=True)
time.sleep(300)' >/tmp/rooted &
        rooted=$!
        until [ -s /tmp/rooted ] || ! kill -0 $rooted; do sleep 0.02; done
        is "$(uses --names 300070)" "    UID 70 (seventy) in the user namespace of PID $outer (\"outer 300\"): 1 process (python3)" \
                '--names: a container whose root is FUSE has names'
        is "$(uses --names 300071)" "    UID 71 in the user namespace of PID $outer (\"outer 300\"): no process" 'as far as it has them'
        kill -KILL $server
        wait $server 2>/dev/null
        is "$(uses --names 300070)" "subuidctl: --names: the container of PID $rooted cannot be asked: Transport endpoint is not connected
    UID 70 in the user namespace of PID $outer (\"outer 300\"): 1 process (python3)" 'or it is said why not'
else
        skip 'a user namespace may mount no FUSE file system here' '--names: a container whose root is FUSE has names'
fi
end_all

# 4. A number that is used again, of a process and of a user namespace, while whois looks.

# meanwhile CALL N COMMAND... -- ARGUMENT...: runs whois, which stands still behind the Nth of these calls until
# the command has run; sets output. "also" is one more thing that strace is to inject.
also=
meanwhile() {
        local tracer call=$1 n=$2 command=()
        shift 2
        while [ "$1" != -- ]; do
                command+=("$1")
                shift
        done
        shift
        : >/tmp/trace
        strace -o /tmp/trace -e trace="$call${also:+,${also%%:*}}" ${also:+-e "inject=$also"} -e inject="$call:signal=STOP:when=$n" \
                subuidctl whois "$@" >/tmp/output 2>&1 &
        tracer=$!
        until grep -q 'stopped by SIGSTOP' /tmp/trace || ! kill -0 $tracer 2>/dev/null; do sleep 0.02; done
        "${command[@]}"
        pkill -CONT -P $tracer -x subuidctl
        wait $tracer
        output=$(cat /tmp/output)
}
# A process that ends between two looks at it. Of one that ends while its link to the namespace is followed the
# kernel says EACCES; that cannot be met, so strace says it.
start sleep 300
ending=$pid
strace -o /tmp/trace -e trace=openat,close subuidctl whois 200011 >/dev/null 2>&1
read -r n also < <(awk -v pid="$ending" '/^close/ { n++ } /^openat/ { m++ } $0 ~ "\"/proc/" pid "\"" { on = 1 }
        on && /^close/ { print n, "openat:error=EACCES:when=" m + 1; exit }' /tmp/trace)
meanwhile close "$n" end "$ending" -- 200011
also=
is "$output" '_200011: UID 200011, GID 200011, subuid 11 of containers (/etc/subuid:1: containers:200000:200000)
    in no user namespace' 'a process that has ended is not one that root may not look into'

impostor=
impersonate() {
        end "$1"
        for _ in $(seq 50); do
                echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid || return
                start bash -c "$as" impostor
                impostor=$pid
                [ "$impostor" -ne "$1" ] || break
                end "$impostor"
        done
}
container first 200000
first=$pid
if { echo 1000 >/proc/sys/kernel/ns_last_pid; } 2>/dev/null; then
        # The first one: its start is told in hundredths of a second.
        sleep 0.02
        join "$first" 11 victim
        victim=$pid
        meanwhile pipe2 1 impersonate "$victim" -- --names 200011
        is "$impostor" "$victim" 'a PID is used again'
        is "$output" "_200011: UID 200011, GID 200011, subuid 11 of containers (/etc/subuid:1: containers:200000:200000)
subuidctl: --names: the container of PID $victim cannot be asked: No such process
    UID 11 in the user namespace of PID $first (\"first 300\"): 1 process (sleep)" 'whose process is not taken for the one before'
        end "$impostor"
        # The first of a container gives its command and unit.
        start unshare --user bash -c "$as" second
        second=$pid
        map "$second" '0 300000 100'
        meanwhile pipe2 1 impersonate "$second" -- 300011
        is "$(grep -c impostor <<<"$output")" 0 'nor is the first process of a container'
        end_all

        # Of a user namespace: a PID that is still to be looked at is then one in a new one.
        start unshare --user bash -c "$as" old
        old=$pid
        map "$old" '0 300000 100'
        inode=$(stat -Lc %i "/proc/$old/ns/user")
        start sleep 300
        later=$pid
        strace -o /tmp/trace -e trace=openat subuidctl whois 300007 >/dev/null 2>&1
        n=$(awk -v pid="$old" '/^openat/ { n++ } $0 ~ "\"/proc/" pid "\"" { on = 1 } on && /"stat"/ { print n; exit }' /tmp/trace)
        renew() {
                local tries
                end "$old" "$later"
                # The number of the old one is free some time after it.
                for tries in $(seq 20); do
                        sleep 0.05
                        echo $((later - 1)) >/proc/sys/kernel/ns_last_pid
                        start unshare --user bash -c "$as" new
                        if [ "$(stat -Lc %i "/proc/$pid/ns/user")" = "$inode" ] || [ "$tries" = 20 ]; then break; fi
                        end "$pid"
                done
                map "$pid" '0 350000 100'
        }
        meanwhile openat "$n" renew -- 350007
        is "$pid $(tail -n 1 <<<"$output")" "$later     UID 7 in the user namespace of PID $later (\"new 300\"): no process" \
                'a user namespace that is made meanwhile is not taken for one that is gone'
else
        skip 'a PID cannot be chosen here' 'a PID is used again'
fi
end_all

# 5. What an ordinary user cannot know he is not told.

container one 200000
one=$pid
join "$one" 7 seven
container two 200000
two=$pid
join "$two" 8 eight
is "$(uses 200008 | grep -c eight)" 1 'root sees two user namespaces with the same map'
is "$(someone subuidctl whois 200008 2>&1 | sed -n 2p | sed "s/PID [0-9]* ([^)]*)/PID/")" \
        '    UID 8 in a user namespace like that of PID: 1 process (eight)' 'an ordinary user, of whom one is, but not in which'
start unshare --user bash -c "$as" whole
whole=$pid
map "$whole" '0 0 4294967295'
join "$whole" 200077 hidden
is "$(uses 200077 | grep hidden)" "    UID 200077 in the user namespace of PID $whole (\"whole 300\"): 1 process (hidden)" 'a user namespace with the map of our own: root sees it'
is "$(someone subuidctl whois 200077 2>/dev/null | grep hidden)" \
        '    UID 200077 in a user namespace like that of subuidctl itself: 1 process (hidden)' 'an ordinary user is not told that it is our own'
is "$(someone subuidctl whois 200999 2>/dev/null | grep -c 'like that of subuidctl')" 0 'and of what nobody runs as, nothing'
end_all
is "$(someone subuidctl whois 600001 2>/dev/null | tail -n 1)" '    in no user namespace, or in none that you can see' 'what he sees nowhere may be somewhere'
is "$(uses 600001)" '    in no user namespace' 'root sees all'

done_testing
