#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl enable" and "disable" as root on the nsswitch.conf of a whole system: lookups, what is
# kept of the file, and an end between any two system calls.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'

file=/etc/nsswitch.conf
printf 'passwd: files\ngroup: files [SUCCESS=merge] systemd\n' >/tmp/off
printf 'passwd: files subuid\ngroup: files [SUCCESS=merge] systemd subuid\n' >/tmp/on
cat /tmp/off >$file
find /etc -maxdepth 1 | sort >/tmp/names
echo 'containers:200000:65536' | tee /etc/subuid >/etc/subgid

# result COMMAND...: what it prints to standard error, and its exit status.
result() {
        { "$@" >/dev/null; } 2>&1
        echo $?
}
# left: what is left in /etc that does not belong there.
left() { find /etc -maxdepth 1 | sort | diff /tmp/names -; }

is "$(getent passwd 200193)" '' 'not enabled: no entry'
subuidctl enable >/dev/null
is "$? $(getent passwd 200193 | cut -d : -f 1) $(getent group 200193)" '0 _200193 _200193:x:200193:' 'enable: entries'
subuidctl disable >/dev/null
is "$? $(getent passwd 200193)" '0 ' 'disable: none'

# What is kept.
acl() {
        python3 - "$@" <<'END'
import os, struct, sys

entries = [(1, 6, -1), (2, 4, 12345), (4, 4, -1), (16, 4, -1), (32, 4, -1)]
value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr(sys.argv[2], "system.posix_acl_" + sys.argv[1], value)
END
}
attributes() {
        python3 -c 'import os; print(*((n, os.getxattr("'$file'", n)) for n in sorted(os.listxattr("'$file'"))))'
}
python3 -c 'import os; os.setxattr("'$file'", "security.test", bytes(range(256)))'
ok $? 'a file with an extended attribute'
chown 12345:54321 $file
chmod 640 $file
before="$(stat -c '%u %g %a' $file) $(attributes)"
like "$before" '^12345 54321 640 .*security\.test' 'and another owner'
subuidctl enable >/dev/null
is "$(stat -c '%u %g %a' $file) $(attributes)" "$before" 'owner, mode and extended attributes are kept'
if acl access $file 2>/dev/null && acl default /etc; then
        before="$(stat -c '%u %g %a' $file) $(attributes)"
        subuidctl disable >/dev/null
        is "$(stat -c '%u %g %a' $file) $(attributes)" "$before" 'so is an access control list'
        rm $file
        cat /tmp/off >$file
        python3 -c 'import os; os.removexattr("'$file'", "system.posix_acl_access")'
        subuidctl enable >/dev/null
        is "$(attributes)" '' 'none comes from the folder'
        python3 -c 'import os; os.removexattr("/etc", "system.posix_acl_default")'
else
        skip 'no access control lists here' 'so is an access control list'
fi
rm $file
cat /tmp/off >$file

# What is refused.
mount --bind /tmp/off $file
is "$(result subuidctl enable)" "subuidctl: $file: a mount point; change the file that is mounted there
1" 'a mount point'
umount $file
cp "$(command -v subuidctl)" /tmp/setuid
chmod 4755 /tmp/setuid
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups /tmp/setuid enable)" \
        'subuidctl: refuses to run set-user-ID, set-group-ID or with capabilities of its file
1' 'as a set-user-ID program it does nothing'
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups subuidctl enable)" \
        "subuidctl: $file: left as it is: making a new file beside it: Permission denied
1" 'an ordinary user may not'
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups subuidctl enable --dry-run)" 0 'but see what would be done'

# calls COMMAND OLD: the system calls from the one that opens /etc on, as lines NAME N: the Nth call of
# that name.
calls() {
        cat "$2" >$file
        strace -o /tmp/trace subuidctl "$1" >/dev/null 2>&1
        cat /tmp/off >$file
        awk -F '(' '/^[a-z]/ { n[$1]++ } /"\/etc", / { on = 1 } on && !/exit_group/ { print $1, n[$1] }' /tmp/trace
}
# inject CALL WHAT COMMAND: what it prints to standard error and its exit status.
inject() { result strace -qqq -o /dev/null -e trace="${1% *}" -e inject="${1% *}:$2:when=${1#* }" subuidctl "$3"; }


# With SIGKILL a file may be left; the next run removes it. With SIGTERM nothing may be left.
for signal in KILL TERM; do
        for command in enable disable; do
                [ $command = enable ] && old=/tmp/off new=/tmp/on || old=/tmp/on new=/tmp/off
                mapfile -t calls < <(calls $command $old)
                is "$(printf '%s\n' "${calls[@]}" | grep -cE '^(renameat|fsync|fchown) ')" 4 \
                        "$command: ${#calls[@]} system calls, among them those that count"
                half='' remains='' later='' killed=0 changed=0
                for call in "${calls[@]}"; do
                        cat "$old" >$file
                        chown 12345:54321 $file
                        chmod 640 $file
                        inject "$call" signal=$signal $command >/tmp/result 2>&1
                        [ "$(tail -n 1 /tmp/result)" = 0 ] || killed=$((killed + 1))
                        cmp -s $file "$new" && changed=$((changed + 1))
                        cmp -s $file "$old" || cmp -s $file "$new" || half+=" $call"
                        [ "$(stat -c '%u %g %a' $file)" = '12345 54321 640' ] || half+=" $call"
                        [ $signal = KILL ] || [ -z "$(left)" ] || remains+=" $call"
                        subuidctl $command >/dev/null 2>&1 && cmp -s $file "$new" && [ -z "$(left)" ] || later+=" $call"
                done
                is "$half" '' "$command: SIG$signal at any system call: the old file or the new one"
                [ $signal = KILL ] || is "$remains" '' "$command: and nothing beside it"
                is "$later" '' "$command: the next run finds nothing in its way and leaves nothing"
                is "$killed" ${#calls[@]} "$command: each of them ended it"
                [ $changed -gt 0 ] && [ $changed -lt ${#calls[@]} ]
                ok $? "$command: some before the change, some behind it ($changed of ${#calls[@]})"
        done
done
rm $file
cat /tmp/off >$file

# fails CALL ERROR MESSAGE: the call fails; nothing changes and nothing is left.
fails() {
        is "$(inject "$1" "error=$2" enable)$(diff /tmp/off $file)$(left)" \
                "subuidctl: $file: left as it is: $3
1" "$1: $2"
}
mapfile -t calls < <(calls enable /tmp/off)
creation=$(printf '%s\n' "${calls[@]}" | grep '^openat ' | tail -n 1)
fails 'unlinkat 1' EROFS 'removing a left-over: Read-only file system'
fails "$creation" ENOSPC 'making a new file beside it: No space left on device'
fails 'write 2' ENOSPC 'writing a new file beside it: No space left on device'
fails 'write 2' EDQUOT 'writing a new file beside it: Disk quota exceeded'
fails 'fchown 1' EPERM 'keeping its owner: Operation not permitted'
fails 'fchmod 1' EPERM 'keeping its mode: Operation not permitted'
fails 'flistxattr 1' EIO 'keeping its extended attributes: Input/output error'
fails 'fsync 1' EIO 'writing a new file beside it: Input/output error'
fails 'renameat 1' EXDEV 'replacing it: Invalid cross-device link'
fails 'renameat 1' EBUSY 'replacing it: Device or resource busy'
fails 'renameat 1' EPERM 'replacing it (is it immutable? see chattr(1)): Operation not permitted'
is "$(inject 'fsync 2' error=EIO enable)" "subuidctl: $file: changed, but a crash now may undo it: Input/output error
1" 'the folder cannot be written out'
cmp $file /tmp/on && is "$(left)" '' 'which is told, and the change stays'
rm $file
cat /tmp/off >$file

# Somebody else writes to it meanwhile: the command stands still in front of its change.
strace -o /tmp/trace -e trace=fsync -e inject=fsync:signal=STOP:when=1 subuidctl enable >/dev/null 2>/tmp/result &
tracer=$!
for _ in $(seq 600); do
        ! grep -qs 'stopped by SIGSTOP' /tmp/trace || break
        sleep 0.1
done
echo 'shadow: files' >>$file
pkill -CONT -P $tracer -x subuidctl
wait $tracer
is "$? $(cat /tmp/result) $(tail -n 1 $file) $(left)" \
        "1 subuidctl: $file: left as it is: somebody else changed it; try again: Device or resource busy shadow: files " \
        "somebody else's change is not lost"

done_testing
