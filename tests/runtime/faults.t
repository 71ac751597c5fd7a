#!/bin/bash
# SPDX-License-Identifier: MIT
# Every system call of runc-subuid fails, in turn, with each of two errors: the runtime starts all the
# same, with its arguments, and config.json is the old one or the new one, with nothing beside it.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/runc-subuid ] || skip_all 'needs runc-subuid, which needs json-c'
command -v strace >/dev/null || skip_all 'needs strace'
private_root
[ "${1-}" = --under-pid1 ] || exec "$top/tests/runtime/pid1.py" "$top/tests/runtime/faults.t" --under-pid1

mkdir -p /sys/fs/cgroup /run/nss-subuid /tmp/bin
mount -t cgroup2 cgroup2 /sys/fs/cgroup || skip_all 'needs a cgroup2 hierarchy'
echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
: >/run/nss-subuid/runtime.log
echo answer 257 >/run/pid1
cp build/tests/runtime/recorder /tmp/bin/runc
bundle=/run/bundle
mkdir $bundle
cat >/tmp/old <<'JSON'
{"process":{"user":{"uid":7}},"annotations":{"a":"b"},
"mounts":[{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup"}],
"linux":{"uidMappings":[{"containerID":0,"hostID":200000,"size":65536}],"namespaces":[{"type":"user"},{"type":"cgroup"}]}}
JSON

# check COMMAND...: one call of the program by this command; says what is wrong.
check() {
        local status
        rm -f $bundle/* /tmp/got
        cp /tmp/old $bundle/config.json
        # A group of its own, which is kept: that is one call more.
        chgrp 200000 $bundle/config.json
        timeout 120 "$@" /usr/bin/runc-subuid --systemd-cgroup create --bundle $bundle c1 >/tmp/output 2>&1
        status=$?
        [ "$status, $(cat /tmp/output), $(cat /tmp/got 2>&1)" = "42, , --systemd-cgroup|create|--bundle|$bundle|c1|" ] ||
                echo "$*: status $status, $(cat /tmp/output), $(cat /tmp/got 2>&1)"
        [ "$(ls -A $bundle)" = config.json ] || echo "$*: beside it $(ls -A $bundle)"
        cmp -s $bundle/config.json /tmp/old || cmp -s $bundle/config.json /tmp/new || echo "$*: another file"
}

# run STRACE_OPTION...: the same with some calls of it meddled with.
run() { check strace -f -o /tmp/trace -E PATH=/tmp/bin "$@"; }

# acts STRACE_OPTION...: the same of a call after which config.json is another; on a busy machine systemd and NSS
# may not answer within the second that they have.
acts() {
        local said
        for _ in {1..20}; do
                said=$(run "$@")
                ! cmp -s /tmp/old $bundle/config.json || [ -n "$said" ] || continue
                break
        done
        echo "$said"
}

acts -e trace=all >/dev/null
cp $bundle/config.json /tmp/new
is "$(grep -c nss-subuid.user /tmp/new)" 1 'undisturbed: it acts'

# A call is chosen by its number in its process. What the dynamic linker calls before the program begins,
# and what the runtime calls behind it, is not the program's: it begins with SIGXFSZ and ends with execve.
# A call of its child is left out where its number is one of those of the parent: that would fail too.
main=$(head -n 1 /tmp/trace | cut -d ' ' -f 1)
awk -v main="$main" '
$1 == main && /rt_sigaction\(SIGXFSZ/ && !begun {
        begun = 1
        for (call in count)
                linker[call] = count[call]
}
$1 == main && /execve\("\/tmp\/bin\/runc"/ {
        over = 1
}
{
        sub(/\(.*/, "", $2)
        if ($2 !~ /^[a-z_0-9]+$/ || $2 ~ /^(exit_group|exit|execve|brk)$/)
                next
}
$1 == main {
        count[$2]++
        if (begun && !over)
                own[$2] = count[$2]
        next
}
{
        number[$1, $2]++
        if (number[$1, $2] > child[$2])
                child[$2] = number[$1, $2]
}
END {
        for (call in own)
                for (n = linker[call] + 1; n <= own[call]; n++)
                        print call, n
        for (call in child)
                for (n = 1; n <= child[call]; n++)
                        if (n > count[call])
                                print call, n
        for (call in own)
                if (own[call] == count[call])
                        print call, linker[call] + 1 >"/tmp/kinds"
        for (call in child)
                if (!(call in count))
                        print call, 1 >"/tmp/kinds"
}' /tmp/trace | sort -u >/tmp/calls
number=$(wc -l </tmp/calls)
ok $((number < 20 || number > 200)) "it makes $number system calls"
for call in openat2 renameat getsockopt recvfrom sendto connect socket fchown fchmod write clone pipe2 poll wait4; do
        is "$(grep -c "^$call\>" /tmp/calls | sed 's/^[1-9].*/some/')" some "$call is among them"
done
wrong=$(while read -r call count; do
        for error in EIO EINTR; do
                run -e trace="$call" -e inject="$call:error=$error:when=$count"
        done
done </tmp/calls)
is "$wrong" '' 'whichever of them fails, the runtime starts, and config.json is whole'
wrong=$(while read -r call first; do
        run -e trace="$call" -e inject="$call:error=ENOMEM:when=$first+"
done </tmp/kinds)
is "$wrong" '' 'and if all of a kind fail'

is "$(acts -e trace=openat2 -e inject=openat2:error=EAGAIN:when=1; cmp $bundle/config.json /tmp/new 2>&1)" '' \
        'it acts also if something was renamed while it looked for nsswitch.conf'

# Memory, of which json-c takes most.
# shellcheck disable=SC2030,SC2031 # for one command each
while read -r all what; do
        wrong=$(for number in $(seq 500); do
                rm -f /tmp/failed
                check env PATH=/tmp/bin LD_PRELOAD="$top/build/tests/runtime/fail_malloc.so" FAIL_MALLOC="$number${all#.}"
                [ -e /tmp/failed ] || break
                echo "$number" >/tmp/number
        done)
        is "$wrong" '' "whichever of $(cat /tmp/number) allocations fails, $what"
done <<'WHICH'
- and none of the child
. in it and in the child
+ and all that follow
WHICH
ok $(($(cat /tmp/number) < 20)) 'and there are some'
done_testing
