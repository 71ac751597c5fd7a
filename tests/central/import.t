#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl import": ranges come from a plugin of libsubid that answers as /etc/directory says.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

export LD_LIBRARY_PATH=$top/build/tests
folder=/etc/nss-subuid
plain='passwd: files subuid
group: files subuid'

import() { subuidctl import "$@" 2>&1; echo "exit $?"; }
# What the files hold, but for the comments, by owner.
users() { grep -v '^#' $folder/subuid | LC_ALL=C sort -st: -k1,1; }
groups() { grep -v '^#' $folder/subgid | LC_ALL=C sort -st: -k1,1; }
directory() { printf '%s\n' "$@" >/etc/directory; }
nsswitch() { printf '%s\n' "$plain" "$@" >/etc/nsswitch.conf; }
# Both files as they were last imported, with the time when.
state() { stat -c '%n %Y %i' $folder/sub?id; cat $folder/sub?id; }
# What else is in the folder than the two files and what they were before.
left() { find $folder -mindepth 1 ! -name 'sub[ug]id' ! -name 'sub[ug]id-' ! -name owners; }
# As if the last import was long ago.
age() { touch -d @1000000000 $folder/sub?id; }

# --- where there is nothing to import -------------------------------------------------------------

nothing='Nothing to import: /etc/nsswitch.conf names no directory behind subid:
exit 0'
is "$(import alice)" "$nothing" 'no subid: line: nothing to import'
for line in 'subid: files' 'subid:files sss' 'subid:' '#subid: test' 'SubID:  files'; do
        nsswitch "$line"
        is "$(import)" "$nothing" "nor with '$line'"
done
nsswitch 'subid:' 'subid: files' 'subid: test'
is "$(import)" "$nothing" 'the first line that has a word counts'
rm /etc/nsswitch.conf
is "$(import)" "$nothing" 'nor without the file'
[ ! -e $folder ]
ok $? 'and nothing was made'

# --- owners ---------------------------------------------------------------------------------------

nsswitch 'subid: test files'
directory 'alice|uid 2147483648:65536' 'alice|gid 2147549184:65536' \
        'bob|uid 900000:10 800000:20' 'bob|gid 700000:30' \
        'Zoë x|uid 600000:1' 'Zoë x|gid 600001:1' 'empty|uid none' 'empty|gid none'
umask 077
is "$(import bob alice bob)" '/etc/nss-subuid/subgid: 2 ranges
/etc/nss-subuid/subuid: 3 ranges
exit 0' 'two owners'
is "$(users)" 'alice:2147483648:65536
bob:900000:10
bob:800000:20' 'sorted by owner, their ranges in the order of the directory'
is "$(groups)" 'alice:2147549184:65536
bob:700000:30' 'of groups too'
is "$(stat -c '%a %U %G' $folder $folder/subuid $folder/subgid | tr '\n' ' ')" '755 root root 644 root root 644 root root ' \
        'modes do not depend on the umask'
is "$(ls -A $folder)" 'subgid
subuid' 'no other file is made'
is "$(getent passwd 800001)" '_800001:x:800001:700011:subuid 11 of bob:/nonexistent:/usr/sbin/nologin' \
        'the module answers'
chmod 700 $folder
chmod 600 $folder/subuid
is "$(import bob alice)" '/etc/nss-subuid/subgid: 2 ranges, as before
/etc/nss-subuid/subuid: 3 ranges, as before
exit 0' 'once more'
is "$(stat -c %a $folder $folder/subuid | tr '\n' ' ')" '755 644 ' 'wrong modes are made right'

is "$(import)" 'subuidctl: no owners: name them, their --group, or write them to /etc/nss-subuid/owners
exit 1' 'no owners at all'
printf '# who\n\n \tbob\r\n#alice\nZoë x' >$folder/owners
rm $folder/sub?id
is "$(import | tail -n 1; users)" 'exit 0
Zoë x:600000:1
bob:900000:10
bob:800000:20' 'those of a file'
echo 'folk:x:7000:bob,alice' >>/etc/group
rm $folder/sub?id
is "$(import --group folk | tail -n 1; groups)" 'exit 0
alice:2147549184:65536
bob:700000:30' 'the members of a group'
rm $folder/sub?id
is "$(import --group folk 'Zoë x' | tail -n 1; users | cut -d : -f 1 | uniq)" 'exit 0
Zoë x
alice
bob' 'and others'
is "$(import --group nobodies)" 'subuidctl: nobodies: no such group
exit 1' 'no such group'
echo 'void:x:7001:' >>/etc/group
before=$(state)
is "$(import --prune --group void)" 'subuidctl: no owners
exit 1' 'a group without members'
printf '\n' >$folder/owners
is "$(import --prune)" 'subuidctl: no owners
exit 1' 'a file without owners'
is "$(state)" "$before" 'takes nothing away'

long=$(printf '%1002s' '' | tr ' ' l)
printf 'alice\na:b\n#c\n+d\n-e\na\033[31mb\n%s\n' "$long" >$folder/owners
is "$(import | sed 's/lll*/l/')" "subuidctl: /etc/nss-subuid/owners:2: 'a:b' cannot be an owner
subuidctl: /etc/nss-subuid/owners:4: '+d' cannot be an owner
subuidctl: /etc/nss-subuid/owners:5: '-e' cannot be an owner
subuidctl: /etc/nss-subuid/owners:6: 'a?[31mb' cannot be an owner
subuidctl: /etc/nss-subuid/owners:7: 'l' cannot be an owner
/etc/nss-subuid/subgid: 3 ranges, as before
/etc/nss-subuid/subuid: 4 ranges, as before
exit 1" 'names that no range file can hold; the others are asked for'
is "$(import $'m\302\23331m\302\240' alice 2>&1 | head -n 1)" $'subuidctl: m??31m\302\240: no answer; test does not know it, has no ranges of it or cannot be asked' \
        'a name with an escape sequence of UTF-8'
is "$(import '#c' '' $'a\nb' alice | head -n 3)" "subuidctl: '#c' cannot be an owner
subuidctl: '' cannot be an owner
subuidctl: 'a?b' cannot be an owner" 'as arguments too'
rm $folder/owners

# --- who is asked for, and who is kept ------------------------------------------------------------

import alice bob 'Zoë x' >/dev/null
directory 'alice|uid 300000:5' 'alice|gid 300000:5' 'bob|uid down' 'bob|gid 700000:30' \
        'Zoë x|uid 600000:1' 'Zoë x|gid down'
answers='subuidctl: Zoë x: no answer; test does not know it, has no ranges of it or cannot be asked
subuidctl: bob: no answer; test does not know it, has no ranges of it or cannot be asked'
is "$(import bob 'Zoë x' alice)" "$answers
/etc/nss-subuid/subgid: 3 ranges
/etc/nss-subuid/subuid: 4 ranges
exit 1" 'a failure for two owners'
is "$(users)" 'Zoë x:600000:1
alice:300000:5
bob:900000:10
bob:800000:20' 'keeps their lines, and takes what it has of the third'
age
before=$(state)
import bob 'Zoë x' alice >/dev/null
is "$(state)" "$before" 'an incomplete import does not look like a new one'
is "$(import --prune bob 'Zoë x')" "$answers
exit 1" 'a failure for all owners'
is "$(import nobody)" 'subuidctl: nobody: no answer; test does not know it, has no ranges of it or cannot be asked
exit 1' 'an unknown one'
rm /etc/directory
is "$(import --prune alice bob | tail -n 1)" 'exit 1' 'the directory is down'
is "$(state)" "$before" 'none of them changes a file, with --prune either'

directory 'alice|uid 300000:5' 'alice|gid 300000:5'
import alice >/dev/null
inode=$(stat -c %i $folder/subuid)
[ "$(stat -c %Y $folder/subuid)" -gt 1000000000 ] && [ "$(stat -c %Y $folder/subgid)" -gt 1000000000 ]
ok $? 'an import that finds nothing new says so by the time of the files'
age
import alice >/dev/null
is "$(stat -c %i $folder/subuid)" "$inode" 'without writing them'
is "$(users | cut -d : -f 1 | uniq | tr '\n' ' ')" 'Zoë x alice bob ' 'owners that are not named are kept'

directory 'alice|uid 310000:5' 'alice|gid none' 'bob|uid none' 'bob|gid none' 'empty|uid none' 'empty|gid none'
is "$(import alice bob empty)" 'subuidctl: alice: has no ranges any more; its lines stay without --prune
subuidctl: bob: has no ranges any more; its lines stay without --prune
/etc/nss-subuid/subgid: 3 ranges, as before
/etc/nss-subuid/subuid: 4 ranges, as before
exit 0' 'owners who have none any more keep their lines'
is "$(users | grep alice; groups | grep alice)" 'alice:300000:5
alice:300000:5' 'those of users and groups together'
import --prune alice bob empty >/dev/null
is "$(users; groups)" 'Zoë x:600000:1
alice:310000:5
Zoë x:600001:1' 'but not with --prune, which keeps owners that are not arguments'
echo alice >$folder/owners
import >/dev/null
is "$(users | wc -l)" 2 'so does the file of owners'
import --prune >/dev/null
is "$(users; groups)" 'alice:310000:5' 'but not with --prune'
rm $folder/owners
directory 'bob|uid 1:1' 'bob|gid 1:1' 'alice|uid 2:1' 'alice|gid 2:1' 'carol|uid 3:1' 'carol|gid 3:1'
import carol >/dev/null
import --prune --group folk >/dev/null
is "$(users | tr '\n' ' ')" 'alice:2:1 bob:1:1 ' 'nor do those who have left the group'
printf 'broken\n#x:1:1\nbob:7:7:7\n' >>$folder/subuid
import alice >/dev/null
is "$(users; grep -c '#x' $folder/subuid)" 'alice:2:1
bob:1:1
0' 'what is no range does not stay'

# --- answers that make no sense -------------------------------------------------------------------

directory 'alice|uid 300000:5' 'alice|gid 300000:5' 'big|uid 4294967296:1' 'big|gid 1:1' \
        'huge|uid 4294967290:10' 'huge|gid 1:1' 'last|uid 4294967290:6' 'last|gid 4294967295:1' \
        'long|uid 18446744073709551615:2' 'long|gid 1:1' 'minus|uid negative' 'minus|gid 1:1'
is "$(import alice big huge last long minus; users)" 'subuidctl: minus: no answer; test does not know it, has no ranges of it or cannot be asked
subuidctl: big:4294967296:1 is no range
subuidctl: huge:4294967290:10 is no range
subuidctl: long:18446744073709551615:2 is no range
/etc/nss-subuid/subgid: 3 ranges
/etc/nss-subuid/subuid: 3 ranges
exit 1
alice:300000:5
bob:1:1
last:4294967290:6' 'ranges beyond 32 bits'
directory 'alice|uid 310000:5' 'alice|gid 310000:5' 'a|uid crash' 'b|uid 5:1' 'b|gid crash' 'c|uid wild' \
        'd|uid many' 'e|uid exit' 'z|uid 6:1' 'z|gid 6:1'
is "$(import --prune alice a b c d e z; users | tr '\n' ' ')" 'subuidctl: a: libsubid_test.so has crashed or answered nonsense
subuidctl: b: libsubid_test.so has crashed or answered nonsense
subuidctl: c: libsubid_test.so has crashed or answered nonsense
subuidctl: d: libsubid_test.so has crashed or answered nonsense
subuidctl: e: libsubid_test.so has crashed or answered nonsense
/etc/nss-subuid/subgid: 4 ranges
/etc/nss-subuid/subuid: 4 ranges
exit 1
alice:310000:5 bob:1:1 last:4294967290:6 z:6:1 ' 'a plugin that crashes hurts no other owner'
directory 'alice|uid 320000:5' 'alice|gid 320000:5' 'm|uid hang' 'z|uid 7:1' 'z|gid 7:1'
start=$SECONDS
# Who waits at a terminal is told what for; on a slow machine also what went before.
is "$("$top/tests/lib/terminal.py" subuidctl import alice m z | grep -e '^[^~]' -e ' 2 of 3$' | uniq; echo "exit ${PIPESTATUS[0]}"; users | tr '\n' ' ')" \
        '~asking test for the ranges of owner 2 of 3
subuidctl: m: no answer for 30 seconds; test is not asked again
/etc/nss-subuid/subgid: 4 ranges
/etc/nss-subuid/subuid: 4 ranges
exit 1
alice:320000:5 bob:1:1 last:4294967290:6 z:6:1 ' 'one that hangs is asked nothing more'
[ $((SECONDS - start)) -lt 120 ]
ok $? 'after half a minute'
is_gone() { ! pgrep -x subuidctl >/dev/null; }
until_true is_gone
ok $? 'and is gone'

# libsubid reads /etc/subuid where it has no such plugin.
echo 'alice:5000:5' | tee /etc/subuid >/etc/subgid
before=$(state)
nsswitch 'subid: absent'
like "$(import --prune alice)" '^subuidctl: libsubid_absent\.so: cannot open .*exit 1$' 'no such plugin'
nsswitch 'subid: partial'
printf 'int shadow_subid_has_range(void); int shadow_subid_has_range(void) { return 0; }\n' >/tmp/partial.c
gcc -shared -fPIC -o /tmp/libsubid_partial.so /tmp/partial.c
is "$(LD_LIBRARY_PATH=/tmp import --prune alice)" 'subuidctl: libsubid_partial.so: no plugin that this libsubid takes
exit 1' 'a library that is none'
is "$(state)" "$before" 'neither changes a file'
: >/etc/subuid
: >/etc/subgid
nsswitch 'SUBID:	test'
is "$(import alice | tail -n 1)" 'exit 0' 'the line as libsubid reads it'

# --- overlaps -------------------------------------------------------------------------------------

rm $folder/sub?id
import alice >/dev/null
before=$(state)
printf '# mine\nroot:1:1\ncontainers:200000:1000000\n' >/etc/subuid
directory 'alice|uid 100000:65536' 'alice|gid 100000:65536' 'bob|uid 1190000:100000' 'bob|gid 1:1'
is "$(import alice bob)" 'subuidctl: /etc/subuid:3: containers:200000:1000000 overlaps /etc/nss-subuid/subuid: bob:1190000:100000
exit 1' 'a range of the directory overlaps one of /etc/subuid'
directory 'alice|uid 2000000:65536' 'alice|gid 100000:65536' 'bob|uid 3000000:65536' 'bob|gid 165535:65536'
is "$(import alice bob)" 'subuidctl: /etc/nss-subuid/subgid: alice:100000:65536 overlaps /etc/nss-subuid/subgid: bob:165535:65536
exit 1' 'two owners of the directory'
printf 'x:320004:1\n' >/etc/subgid
: >/etc/subuid
directory 'bob|uid 3000000:65536' 'bob|gid 165535:65536'
is "$(import bob)" 'subuidctl: /etc/subgid:1: x:320004:1 overlaps /etc/nss-subuid/subgid:2: alice:320000:5
exit 1' 'a range that was imported before'
is "$(state)" "$before" 'nothing is written'
printf 'a:1:10\nb:5:10\n' | tee /etc/subuid >/etc/subgid
directory 'alice|uid 100:10 105:10 5:0' 'alice|gid 15:1'
is "$(import alice | tail -n 1)" 'exit 0' \
        'overlaps of /etc/subuid alone, or of one owner, are let be; so are neighbours and ranges without IDs'
printf 'alice:50:1\n' | tee /etc/subuid >/etc/subgid
import bob >/dev/null
is "$(users)" 'alice:100:10
alice:105:10
alice:5:0' "an owner's line in /etc/subuid is not taken for an imported one"
: >/etc/subuid
: >/etc/subgid

# --- interruptions --------------------------------------------------------------------------------

directory 'alice|uid 1000:10' 'alice|gid 2000:10'
rm -r $folder
import alice >/dev/null
wanted=$(users; groups)
: >/tmp/seen
# Killed at each call that changes something, before and after it, from nothing and from old files.
for call in mkdir,mkdirat fchmod fsync renameat renameat2 write; do
        for when in 1 2 3 4; do
                for before in signal=KILL error=EPERM:signal=KILL; do
                        for old in '' 'alice:5:5'; do
                                rm -rf $folder
                                if [ "$old" ]; then
                                        mkdir -m 755 $folder
                                        echo "$old" | tee $folder/subuid >$folder/subgid
                                        chmod 644 $folder/sub?id
                                fi
                                {
                                        strace -o /tmp/trace -e "trace=$call" -e "inject=$call:$before:when=$when" \
                                                subuidctl import alice
                                } >/dev/null 2>&1
                                grep -q 'killed by SIGKILL' /tmp/trace || continue
                                echo "$call" >>/tmp/seen
                                # Each file is the old one or the new one, and users never come first.
                                case $(cat $folder/subuid 2>/dev/null | grep -v '^#'),$(cat $folder/subgid 2>/dev/null | grep -v '^#') in
                                "$old,$old" | "$old,alice:2000:10" | 'alice:1000:10,alice:2000:10') ;;
                                *)
                                        ok 1 "killed at $call $when, $before, with '$old'"
                                        cat $folder/sub?id | sed 's/^/# /' >&2
                                        ;;
                                esac
                                [ "$(import alice | tail -n 1; users; groups; left)" = "exit 0
$wanted" ] || ok 1 "a rerun after $call $when, $before, with '$old'"
                        done
                done
        done
done
is "$(sort /tmp/seen | uniq -c | awk '{ print $2, $1 }' | tr '\n' ';')" \
        'fchmod 12;fsync 16;mkdir,mkdirat 8;renameat 4;renameat2 8;write 12;' 'killed wherever something changes: a rerun repairs it'
for call in fsync renameat renameat2 write; do
        age
        before=$(state)
        directory 'alice|uid 1100:10' 'alice|gid 2100:10'
        like "$(strace -o /tmp/trace -e "trace=$call" -e "inject=$call:error=ENOSPC:when=1" subuidctl import alice 2>&1; echo "exit $?")" \
                '/etc/nss-subuid/subgid: left as it is: [^:]*: No space left on device.exit 1$' "no space at $call: an error"
        is "$(state; left)" "$before" 'and nothing has changed'
done

# Two at the same time: one after the other.
# holding COMMAND...: while another process has the lock.
holding() {
        python3 -c '
import fcntl, os, subprocess, sys
lock = os.open("/run/nss-subuid/lock", os.O_RDWR)
fcntl.lockf(lock, fcntl.LOCK_EX)
sys.exit(subprocess.run(sys.argv[1:]).returncode)' "$@"
}
like "$(holding subuidctl import alice 2>&1; echo $?)" \
        '^subuidctl: /run/nss-subuid/lock: held by PID [0-9]+ \(python3\) for ten seconds; try again.1$' \
        'an import waits ten seconds for another, then says for whom'
is "$(stat -c '%a %u' /run/nss-subuid /run/nss-subuid/lock | tr '\n' ' ')" '755 0 600 0 ' 'nobody else can have the lock'
(holding sh -c ': >/tmp/held; exec sleep 3' &)
until_true test -e /tmp/held && import alice >/dev/null
ok $? 'it goes on as soon as the other has ended'
flock $folder timeout 20 flock /etc subuidctl import alice >/dev/null
ok $? 'who locks a folder does not keep it waiting'
for i in $(seq 20); do
        import alice >/dev/null &
        printf 'alice|uid %d:10\nalice|gid %d:10\n' "$i" "$i" >/etc/directory.new
        mv /etc/directory.new /etc/directory
done
wait
is "$(users | wc -l; groups | wc -l; left)" '1
1' 'many at the same time'

# --- what stands there already ----------------------------------------------------------------------

directory 'alice|uid 1000:10' 'alice|gid 2000:10'
import alice >/dev/null
directory 'alice|uid 1000:20' 'alice|gid 2000:20'
cp $folder/subuid /tmp/before
import alice >/dev/null
cmp $folder/subuid- /tmp/before
ok $? 'the file as it was stays as subuid-'

# Under every name that an import may write to, of this version or another.
cp /etc/shadow /tmp/shadow
for name in .subuidctl.new .subuid.new subuid- subuid; do
        for kind in 'ln -f /etc/shadow' 'ln -sf /etc/shadow' mkfifo mkdir; do
                case $name,$kind in
                *,mkdir | subuid,mkfifo | subuid,'ln -sf'*) status=1 ;;
                *) status=0 ;;
                esac
                # What has another name is nobody's business.
                [ $name != .subuid.new ] || status=0
                rm -rf $folder
                directory 'alice|uid 1000:10' 'alice|gid 2000:10'
                import alice >/dev/null
                rm -f $folder/$name
                $kind $folder/$name
                directory 'alice|uid 1000:20' 'alice|gid 2000:20'
                timeout 60 subuidctl import alice >/dev/null 2>&1
                is "$? $(cmp /etc/shadow /tmp/shadow 2>&1)" "$status " "$name is there ($kind): it is not written to, and not waited for"
        done
done
is "$(import alice)" 'subuidctl: /etc/nss-subuid/subuid: no regular file
exit 1' 'what is no file is not taken for one'
rm -rf $folder
import alice >/dev/null

# Somebody edits it between the reading and the writing: the group's file, whose rename is the first.
directory 'alice|uid 1000:30' 'alice|gid 2000:30'
strace -o /tmp/trace -e trace=renameat -e inject=renameat:signal=STOP:when=1 subuidctl import alice >/tmp/output 2>&1 &
tracer=$!
until grep -q 'stopped by SIGSTOP' /tmp/trace || ! kill -0 $tracer 2>/dev/null; do sleep 0.05; done
echo mine:9000000:1 >>$folder/subgid
pkill -CONT -P $tracer -x subuidctl
wait $tracer
is "$(cat /tmp/output; groups | tail -n 1; left)" 'subuidctl: /etc/nss-subuid/subgid: left as it is: somebody else changed it; try again
mine:9000000:1' 'an edit meanwhile is not lost'
is "$(import alice | tail -n 1; groups | tail -n 1)" 'exit 0
mine:9000000:1' 'and kept by the next import'

# --- size -----------------------------------------------------------------------------------------

seq 10 10009 | sed 's/^/bulk/' >$folder/owners
start=$SECONDS
is "$(import --prune)" '/etc/nss-subuid/subgid: 10000 ranges
/etc/nss-subuid/subuid: 10000 ranges
exit 0' '10,000 owners'
[ $((SECONDS - start)) -lt 60 ]
ok $? 'in seconds'
echo "# $((SECONDS - start)) s"
is "$(getent passwd $((10009 * 4096 + 5)) | cut -d : -f 5)" 'subuid 5 of bulk10009' 'and the last one has a name'

# --- the form -------------------------------------------------------------------------------------

# subid_range.h says it; that the module answers as from the lines alone, tests/fuzz and tests/nss/changes.t do.
rm $folder/sub?id
directory 'z|uid 500000:10' 'z|gid 500000:10' 'bob|uid 700000:10 600000:10' 'bob|gid 600000:10' \
        'alice|uid 900000:10' 'alice|gid 400000:10 900000:0' 'none|uid 5:0' 'none|gid none'
umask 022
import z bob alice none >/tmp/result
is "$(cat $folder/subuid)" '# Written by subuidctl import; sorted by start up to byte 96 of 222
z:500000:10
alice:900000:10
# Who edits this file takes its first line away before. subuidctl import writes it anew.
bob:700000:10
bob:600000:10
none:5:0' 'lines that can be searched, by start, and the others by owner'
is "$(cat $folder/subgid)" '# Written by subuidctl import; sorted by start up to byte 94 of 214
z:500000:10
bob:600000:10
# Who edits this file takes its first line away before. subuidctl import writes it anew.
alice:400000:10
alice:900000:0' 'for groups too'
is "$(wc -c <$folder/subuid) $(sed -n 2,3p $folder/subuid | wc -c)" '222 28' 'the sizes are true'
is "$(subuidctl check --json | grep -c '"mark"')" 0 'so says check'
is "$(getent passwd 500001 600001 | cut -d: -f5)" 'subuid 1 of z
subuid 11 of bob' 'the module answers'
# Of owners who are not named, as many lines as there may be.
python3 - <<'SCRIPT' >$folder/subuid
for start in range(1000000, 1067108):
    print(f'{start:0989}:{start}:1')
print('x' * 690 + ':1:1')
SCRIPT
before=$(state | sha256sum)
like "$(import alice)" "^subuidctl: $folder/subuid: left as it is: 67110 ranges are more than the module reads, 64 MiB" 'too large a file is not written'
is "$(state | sha256sum)" "$before" 'nor is the other'

is "$(setpriv --reuid=65534 --regid=65534 --clear-groups subuidctl import alice 2>&1; echo "exit $?")" 'subuidctl: /etc/nss-subuid: needs root
exit 1' 'nobody but root can'
done_testing
