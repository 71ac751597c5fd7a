#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl enable" and "disable" as root on the nsswitch.conf of a whole system: lookups, what is
# kept of the file, and an end between any two system calls.
# shellcheck disable=SC2317,SC2086 # functions that are called by name; words
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'

file=/etc/nsswitch.conf
printf 'passwd: files\ngroup: files [SUCCESS=merge] systemd\n' >/tmp/off
printf 'passwd: files subuid\ngroup: files [SUCCESS=merge] systemd subuid\n' >/tmp/on
cat /tmp/off >$file
echo 'containers:200000:65536' | tee /etc/subuid >/etc/subgid

# result COMMAND...: what it prints to standard error, and its exit status.
result() {
        { "$@" >/dev/null; } 2>&1
        echo $?
}
# left: what is left in /etc that does not belong there. (The machine's own may be changing.)
left() { find /etc -maxdepth 1 \( -name '*subuidctl*' -o -name 'nsswitch.conf?*' \) ! -path $file-; }

is "$(getent passwd 200193)" '' 'not enabled: no entry'
subuidctl enable >/dev/null
is "$? $(getent passwd 200193 | cut -d : -f 1) $(getent group 200193)" '0 _200193 _200193:x:200193:' 'enable: entries'
subuidctl disable >/dev/null
is "$? $(getent passwd 200193)" '0 ' 'disable: none'

# nscd, which says what it is told.
rm -f /usr/sbin/nscd
printf '#!/bin/sh\necho "$*" >>/tmp/told\n' >/usr/sbin/nscd
chmod 755 /usr/sbin/nscd
mkdir -p /tmp/image/etc
cp $file /tmp/image/etc
subuidctl enable --root /tmp/image >/dev/null
subuidctl enable --dry-run >/dev/null
subuidctl disable >/dev/null
[ ! -e /tmp/told ]
ok $? 'where nothing changes here, nscd need not forget'
for command in enable disable; do
        rm -f /tmp/told
        subuidctl $command >/dev/null
        is "$(cat /tmp/told)" $'-i passwd\n-i group' "$command: nscd forgets"
done
rm /usr/sbin/nscd

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
mount --bind /etc /etc && mount -o remount,bind,ro /etc
is "$(result subuidctl enable)" "subuidctl: $file: left as it is: making a new file beside it: Read-only file system
1" 'a read-only /etc'
umount /etc
cp "$(command -v subuidctl)" /tmp/setuid
chmod 4755 /tmp/setuid
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups /tmp/setuid enable)" \
        'subuidctl: refuses to run set-user-ID, set-group-ID or with capabilities of its file
1' 'as a set-user-ID program it does nothing'
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups subuidctl enable)" \
        "subuidctl: $file: left as it is: needs root
1" 'an ordinary user may not'
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups subuidctl enable --dry-run)" 0 'but see what would be done'

# calls COMMAND OLD: the system calls from the one that opens /etc on, as lines NAME N: the Nth call of
# that name. How often a child is waited for depends on the machine.
calls() {
        cat "$2" >$file
        chown 12345:54321 $file
        strace -o /tmp/trace subuidctl "$1" >/dev/null 2>&1
        cat /tmp/off >$file
        awk -F '(' '/^[a-z]/ { n[$1]++ } /"\/etc", / { on = 1 } on && !/^(exit_group|waitid|wait4|kill|clock_nanosleep|poll|restart_syscall)\(/ { print $1, n[$1] }' /tmp/trace
}
# inject CALL WHAT COMMAND: what it prints to standard error and its exit status.
inject() { result strace -qqq -o /dev/null -e trace="${1% *}" -e inject="${1% *}:$2:when=${1#* }" subuidctl "$3"; }


# With SIGKILL a file may be left; the next run removes it. With SIGTERM nothing may be left.
for signal in KILL TERM; do
        for command in enable disable; do
                [ $command = enable ] && old=/tmp/off new=/tmp/on || old=/tmp/on new=/tmp/off
                mapfile -t calls < <(calls $command "$old")
                is "$(printf '%s\n' "${calls[@]}" | grep -cE '^(renameat2?|fsync|fchown) ')" 5 \
                        "$command: ${#calls[@]} system calls, among them those that count"
                half='' remains='' later='' killed=0 changed=0
                for call in "${calls[@]}"; do
                        # Now and then a run gets by without a call of another run.
                        for _ in {1..20}; do
                                cat "$old" >$file
                                chown 12345:54321 $file
                                chmod 640 $file
                                inject "$call" signal=$signal $command >/tmp/result 2>&1
                                [ "$(tail -n 1 /tmp/result)" = 0 ] || break
                        done
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
        cat /tmp/off >$file
        chown 12345:54321 $file
        rm -f $file-
        is "$(inject "$1" "error=$2" enable)$(diff /tmp/off $file)$(ls $file- 2>/dev/null)$(left)" \
                "subuidctl: $file: left as it is: $3
1" "$1: $2"
}
calls enable /tmp/off >/dev/null
creation=$(awk -F '(' '/^openat/ { n++ } /O_EXCL/ { print $1, n }' /tmp/trace)
fails 'unlinkat 1' EPERM 'removing a left-over: Operation not permitted'
fails "$creation" ENOSPC 'making a new file beside it: No space left on device'
fails 'write 1' ENOSPC 'writing a new file beside it: No space left on device'
fails 'write 1' EDQUOT 'writing a new file beside it: Disk quota exceeded'
fails 'fchown 1' EPERM 'keeping its owner: Operation not permitted'
fails 'fchmod 1' EPERM 'keeping its mode: Operation not permitted'
fails 'flistxattr 1' EIO 'keeping its extended attributes: Input/output error'
fails 'fsync 1' EIO 'writing a new file beside it: Input/output error'
fails 'renameat 1' EIO 'making a new file beside it: Input/output error'
fails 'renameat2 1' EXDEV 'replacing it: Invalid cross-device link'
fails 'renameat2 1' EBUSY 'replacing it: Device or resource busy'
fails 'renameat2 1' EPERM 'replacing it (is it immutable? see chattr(1)): Operation not permitted'
cat /tmp/off >$file
is "$(inject 'fsync 2' error=EIO enable)" "subuidctl: $file: changed, but a crash now may undo it: Input/output error
1" 'the folder cannot be written out'
cmp $file /tmp/on && is "$(left)" '' 'which is told, and the change stays'
rm $file
cat /tmp/off >$file

# A file system where files cannot change places.
without=(-e inject=renameat2:error=EINVAL)
for error in EINVAL ENOSYS; do
        cat /tmp/off >$file
        rm -f $file-
        inject 'renameat2 1' error=$error enable >/tmp/result
        is "$(cat /tmp/result) $(cmp $file /tmp/on) $(cmp $file- /tmp/off)$(left)" '0  ' "without exchange ($error): the change, and the old file beside it"
done

# Somebody else edits it meanwhile. edited OPTION...: enable under strace with these options, by which it stands
# still at two places at most; there the functions first and second edit. Sets result and leaves what it prints
# in /tmp/output.
edited() {
        local tracer change stops=0
        rm -f $file $file-
        cat /tmp/off >$file
        : >/tmp/trace
        strace -o /tmp/trace -e trace=fsync,renameat,renameat2 "$@" subuidctl enable >/tmp/output 2>/tmp/result &
        tracer=$!
        for change in first second; do
                until [ "$(grep -c 'stopped by SIGSTOP' /tmp/trace)" -gt $stops ] || ! kill -0 $tracer 2>/dev/null; do sleep 0.05; done
                [ "$(grep -c 'stopped by SIGSTOP' /tmp/trace)" -gt $stops ] || break
                stops=$((stops + 1))
                $change
                pkill -CONT -P $tracer -x subuidctl
        done
        wait $tracer
        result="$? $(cat /tmp/result)"
}
# Two ways to edit: in place, or with a file of one's own in its place.
append() { echo "$1: files" >>$file; }
save() {
        { cat /tmp/off && echo "$1: files"; } >/etc/saved
        mv /etc/saved $file
}
again="1 subuidctl: $file: left as it is: somebody else changed it; try again"

for edit in 'append shadow' 'save shadow' "chmod 600 $file" "chown 12345 $file"; do
        first() { $edit; }
        case $edit in
        chmod*) wanted='600 0 ' ;;
        chown*) wanted='644 12345 ' ;;
        *) wanted='644 0 shadow: files' ;;
        esac
        # Once the new file is written; once it has been seen that nobody has changed the old one.
        for call in fsync renameat; do
                edited -e inject=$call:signal=STOP:when=1
                is "$result $(stat -c '%a %u' $file) $(tail -n +3 $file)$(cat /tmp/output)$(ls $file- 2>/dev/null)$(left)" \
                        "$again $wanted" "an edit behind $call ($edit) is not lost, and no change is printed"
        done
        # Where there is no exchange, before the last look.
        edited "${without[@]}" -e inject=fsync:signal=STOP:when=2
        is "$result $(stat -c '%a %u' $file) $(tail -n +3 $file)$(cat /tmp/output)$(ls $file- 2>/dev/null)$(left)" \
                "$again $wanted" "nor without exchange ($edit)"
done
first() { rm $file; }
edited -e inject=renameat:signal=STOP:when=1
is "$result $(ls $file $file- 2>/dev/null)$(left)" "$again " 'that somebody removes it is an edit too'
first() { rm $file && mkfifo $file; }
edited -e inject=renameat:signal=STOP:when=1
is "$result $(stat -c %F $file)$(left)" "$again fifo" 'and so is a FIFO in its place, which is not waited for'
rm $file

# An edit, and one more while the file is the new one, before the first is put back.
first() { save first; }
for edit in 'append second' 'save second'; do
        second() { $edit; }
        edited -e inject=renameat,renameat2:signal=STOP:when=1
        is "$result" "1 subuidctl: $file: left as it is: somebody else changed it, and changed it again; what it was between is nsswitch.conf-: look at both" \
                "two edits ($edit): that is told"
        is "$(tail -n 1 $file) $(tail -n 1 $file-)$(left)" 'second: files first: files' 'the later one stands, the other is beside it'
done

# An editor that does nothing but edit. Who changes the file at the same moment twice is told so; nothing else
# is lost. Each edit is a line of its own. Now and then it waits for a change by the commands: on a slow machine they
# would get none done between two edits.
rm -f $file-
cat /tmp/off >$file
cat >/tmp/editor.py <<'END'
import os, time

name, lost = "/etc/nsswitch.conf", 0


def text_once(is_so, seconds):
    """The text when it is so, or after that time."""
    end = time.monotonic() + seconds
    while True:
        with open(name) as file:
            text = file.read()
        if is_so(text) or time.monotonic() > end:
            return text
        time.sleep(0.001)


text = text_once(bool, 0)
for i in range(2000):
    edit = f"# edit {i}\n"
    saved = text + edit
    with open("/etc/saved", "w") as file:
        file.write(saved)
    os.rename("/etc/saved", name)
    time.sleep(0.001 * (i % 4))
    if i % 10 == 9:
        text_once(lambda text: text != saved, 60)
    # Between an exchange and its taking back the file is without the edit.
    text = text_once(lambda text: edit in text, 10)
    lost += edit not in text
print(lost)
END
touch /tmp/editing
for command in enable disable; do
        while [ -e /tmp/editing ]; do subuidctl $command 2>&1; done >/tmp/changes-$command &
done
lost=$(timeout 300 python3 /tmp/editor.py)
rm /tmp/editing
wait
changed=$(cat /tmp/changes-* | grep -c '^+++ ')
refused=$(cat /tmp/changes-* | grep -c 'changed it; try again$')
told=$(cat /tmp/changes-* | grep -c 'look at both$')
echo "# $changed changes, $refused given up for an edit, $told beside a second one, $lost edits lost"
[ "$lost" -le "$told" ] && [ "$changed" -ge 100 ]
ok $? 'of 2,000 edits none is lost in silence'
is "$(left)" '' 'and nothing else is left'

done_testing
