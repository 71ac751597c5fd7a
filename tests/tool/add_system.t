#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl add" and "remove" as root on the files of a whole system: what is kept of them, an end between any two
# system calls, two at once, beside useradd and usermod, and what holds a lock or uses the IDs.
# shellcheck disable=SC2317,SC2086 # functions that are called by name; words
set -u
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/userns.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'

uids=/etc/subuid gids=/etc/subgid
old='eve:100000:65536
# mine
bad'
line=joe:196608:65536
fresh() {
        rm -f $uids* $gids* /etc/.subuidctl*
        printf '%s\n' "$old" | tee $uids >$gids
}
printf '%s\n' 'passwd: files subuid' 'group: files subuid' >/etc/nsswitch.conf
rm -f /etc/login.defs

# result COMMAND...: what it prints to standard error, and its exit status.
result() {
        { "$@" >/dev/null; } 2>&1
        echo $?
}
# left: what is left in /etc that does not belong there.
left() { find /etc -maxdepth 1 \( -name '*subuidctl*' -o -name 'subuid?*' -o -name 'subgid?*' \) ! -path $uids- ! -path $gids- | sort; }
# files: "old", "new", or their texts.
state_of() {
        case $(cat "$1") in
        "$old") echo old ;;
        "$old
$line") echo new ;;
        *) cat "$1" ;;
        esac
}
files() { echo "$(state_of $uids) $(state_of $gids)"; }

fresh
is "$(subuidctl add joe >/dev/null; echo "$?") $(files)$(left)" '0 new new' 'add: a line in both files'
is "$(cat $uids- $gids-)" "$old
$old" 'the files as they were are FILE-'
is "$(getent passwd 196608 | cut -d : -f 1,3,4)" _196608:196608:196608 'the module knows them at once'
is "$(result subuidctl add joe) $(stat -c %i $uids $gids)" "0 $(stat -c %i $uids $gids)" 'the same once more: nothing is written'
is "$(subuidctl remove joe >/dev/null; echo "$?") $(files)$(left)" '0 old old' 'remove'

# What is kept.
fresh
python3 -c 'import os; [os.setxattr(f, "security.test", bytes(range(256))) for f in ("'$uids'", "'$gids'")]'
chown 12345:54321 $uids
chmod 640 $gids
kept() { stat -c '%u %g %a' $uids $gids; python3 -c 'import os; print([os.getxattr(f, "security.test") for f in ("'$uids'", "'$gids'")])'; }
before=$(kept)
subuidctl add joe >/dev/null
is "$(files) $(kept)" "new new $before" 'owner, mode and extended attributes are kept'
rm $uids $gids
umask 077
is "$(result subuidctl add joe) $(cat $uids $gids) $(stat -c '%u %g %a' $uids $gids)" "0 $line
$line 0 0 644
0 0 644" 'files that were not there'
umask 022

# What is refused.
fresh
cp $uids /etc/elsewhere
for file in $uids $gids; do
        fresh
        mount --bind /etc/elsewhere $file
        is "$(result subuidctl add joe)" "subuidctl: $file: a mount point; change the file that is mounted there
1" "$file: a mount point"
        umount $file
        ln -sf elsewhere $file
        is "$(result subuidctl remove eve)" "subuidctl: $file: a symbolic link, which newuidmap and usermod refuse; make it a file
1" 'a symbolic link'
        rm $file
        mkfifo $file
        is "$(result timeout 60 subuidctl add joe)" "subuidctl: $file: no regular file
1" 'a FIFO'
done
fresh
mount --bind /etc /etc && mount -o remount,bind,ro /etc
like "$(result subuidctl add joe) $(files)" "^subuidctl: /etc/[a-z.]*: Read-only file system
1 old old$" 'a read-only /etc'
umount /etc
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups subuidctl add joe) $(files)" \
        'subuidctl: /etc/.pwd.lock: needs root
1 old old' 'an ordinary user may not'
is "$(result setpriv --reuid 12345 --regid 12345 --clear-groups subuidctl add joe --dry-run)" 0 'but see what would be done'

# --- an end anywhere ------------------------------------------------------------------------------

# calls COMMAND...: the system calls that change something, as lines NAME N: the Nth call of that name.
calls() {
        strace -o /tmp/trace "$@" >/dev/null 2>&1
        awk -F '(' '/^[a-z]/ { n[$1]++ } /^(linkat|unlinkat|renameat2?|write|fsync|fdatasync|fchown|fchmod)\(/ { print $1, n[$1] }' /tmp/trace
}
# inject CALL WHAT COMMAND...: what it prints to standard error and its exit status.
inject() { result strace -qqq -o /dev/null -e trace="${1% *}" -e inject="${1% *}:$2:when=${1#* }" "${@:3}"; }
begin_add() { fresh; }
begin_remove() {
        fresh
        echo $line | tee -a $uids >>$gids
}

# With SIGKILL a file may be left; the next run removes it. With SIGTERM nothing may be left, and all is done.
for command in add remove; do
        [ $command = add ] && first=old second=new || first=new second=old
        begin_$command
        mapfile -t calls < <(calls subuidctl $command joe)
        is "$(printf '%s\n' "${calls[@]}" | grep -cE '^(linkat|renameat2?|fsync|fdatasync) ')" 11 \
                "$command: ${#calls[@]} system calls that change something, among them those that count"
        for signal in KILL TERM; do
                half='' later='' remains='' halves=0 changed=0 untold=''
                for call in "${calls[@]}"; do
                        begin_$command
                        inject "$call" signal=$signal subuidctl $command joe >/dev/null 2>&1
                        case $(files) in
                        "$first $first") ;;
                        "$first $second")
                                halves=$((halves + 1))
                                subuidctl check | grep -q joe || untold+=" $call"
                                ;;
                        "$second $second") changed=$((changed + 1)) ;;
                        *) half+=" $call" ;;
                        esac
                        [ $signal = KILL ] || [ -z "$(left)" ] || remains+=" $call"
                        subuidctl $command joe >/dev/null 2>&1
                        [ "$(files) $(left)" = "$second $second " ] || later+=" $call"
                done
                is "$half" '' "$command: SIG$signal at any of them: each file is the old or the new one, the group's first"
                is "$later" '' "$command: the same once more does the rest and leaves nothing"
                if [ $signal = KILL ]; then
                        [ $halves -gt 0 ] && [ $changed -gt 0 ]
                        ok $? "$command: ended between the two ($halves), and behind them ($changed)"
                        is "$untold" '' "$command: of half a change check tells"
                else
                        is "$remains $halves" ' 0' "$command: nothing is left, and no half"
                fi
        done
done

# fails CALL ERROR MESSAGE: the call fails; nothing changes and nothing is left.
fails() {
        fresh
        is "$(inject "$1" "error=$2" subuidctl add joe) $(files)$(ls $uids- $gids- 2>/dev/null)$(left)" \
                "subuidctl: $3
1 old old" "$1: $2"
}
fresh
calls subuidctl add joe >/dev/null
for lock in uid gid; do
        fresh
        [ $lock = uid ] && nth=1 || nth=2
        is "$(inject "fdatasync $nth" error=ENOSPC subuidctl add joe) $(files)$(left)" \
                "subuidctl: /etc/.sub$lock.lock.new: No space left on device
1 old old" "no room for the lock of sub$lock"
done
fails 'linkat 1' EPERM '/etc/subuid.lock: Operation not permitted'
fails 'fsync 1' EIO '/etc/subgid: left as it is: writing a new file beside it: Input/output error'
fails 'fsync 2' ENOSPC '/etc/subuid: left as it is: writing a new file beside it: No space left on device'
fails 'renameat2 1' EPERM '/etc/subgid: left as it is: replacing it (is it immutable? see chattr(1)): Operation not permitted'
fresh
is "$(inject 'renameat2 2' error=EBUSY subuidctl add joe) $(files)$(left)" \
        'subuidctl: /etc/subuid: left as it is: replacing it: Device or resource busy; /etc/subgid is changed: the same command again does the rest
1 old new' 'the second file cannot be replaced'
is "$(result subuidctl add joe) $(files)$(left)" '0 new new' 'which the same command does later'

# A disk that is full, with room for a bit more each time.
mkdir -p /tmp/full/etc
for free in 0 1 2 3 4 5 6 7 8; do
        umount /tmp/full/etc 2>/dev/null
        mount -t tmpfs -o size=256k tmpfs /tmp/full/etc
        cp /etc/passwd /etc/group /etc/nsswitch.conf /tmp/full/etc
        fresh
        cp $uids $gids /tmp/full/etc
        dd if=/dev/zero of=/tmp/full/etc/filler bs=4k 2>/dev/null
        truncate -s -$((free * 4096)) /tmp/full/etc/filler
        status=$(result subuidctl add joe --root /tmp/full | tail -n 1)
        echo "$status $(state_of /tmp/full/$uids) $(state_of /tmp/full/$gids) $(find /tmp/full/etc -name '*.new*' -o -name '*.lock' ! -name .pwd.lock)"
done >/tmp/filled
umount /tmp/full/etc
is "$(sort -u /tmp/filled)" '0 new new 
1 old old ' 'a full disk: both files are old, or both are new'

# An edit by somebody who knows no lock, behind the reading and between the two: it stands.
for call in 'fsync 2' 'renameat2 1'; do
        fresh
        : >/tmp/trace
        strace -o /tmp/trace -e trace="${call% *}" -e inject="${call% *}:signal=STOP:when=${call#* }" subuidctl add joe >/dev/null 2>/tmp/result &
        tracer=$!
        until grep -q 'stopped by SIGSTOP' /tmp/trace || ! kill -0 $tracer 2>/dev/null; do sleep 0.05; done
        echo edited >>$uids
        pkill -CONT -P $tracer -x subuidctl
        wait $tracer
        like "$? $(cat /tmp/result) $(tail -n 1 $uids)$(left)" '^1 subuidctl: /etc/subuid: left as it is: somebody else changed it; try again.* edited$' "an edit at $call stands, and is told"
done

# --- others at the same time ----------------------------------------------------------------------

# twice FILE: lines that stand twice, and ranges that overlap the one before.
twice() { sort "$1" | uniq -d; sort -t : -n -k 2 "$1" | awk -F : 'NF == 3 { if ($2 < end) print; end = $2 + $3 }'; }

# patiently COMMAND...: once more whenever it says so: on a slow machine the others take longer than it waits.
patiently() {
        local said
        until said=$("$@" 2>&1 >/dev/null); do
                [[ $said == *'for ten seconds; try again' ]] || {
                        echo "$said"
                        return 1
                }
        done
}

fresh
for i in $(seq 12); do
        patiently subuidctl add "job$i" --count $((i * 1000)) >>/tmp/errors &
done
wait
is "$(cat /tmp/errors) $(grep -c ^job $uids) $(grep -c ^job $gids) $(twice $uids)$(twice $gids)$(left)" ' 12 12 ' 'twelve at once: each has its range'
is "$(diff <(sort $uids) <(sort $gids))" '' 'the same in both files'

if command -v useradd >/dev/null; then
        fresh
        for i in $(seq 12); do
                useradd --no-create-home "user$i" && usermod --add-subuids $((4000000000 + i))-$((4000000000 + i)) "user$i"
        done >/tmp/users 2>&1 &
        for i in $(seq 12); do
                patiently subuidctl add "job$i" && { [ $((i % 3)) -gt 0 ] || patiently subuidctl remove "job$i"; }
        done >/tmp/jobs 2>&1
        wait
        is "$(cat /tmp/users /tmp/jobs)" '' 'beside useradd and usermod: nobody fails'
        is "$(grep -c ^job $uids) $(grep -c ^job $gids) $(grep -c ^user $uids) $(grep -c ^user $gids) $(twice $uids)$(twice $gids)$(left)" \
                '8 8 24 12 ' 'no line is lost, and none stands twice'
        is "$(grep -cx -e '# mine' -e bad $uids)" 2 'nor what is no range'
else
        skip 'no useradd' 'beside useradd and usermod'
fi

# Who holds a lock. They wait ten seconds each; all at the same time, in files of their own.
waiting=()
hold=$(cat <<'END'
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(300)
END
)
for name in pwd pid none; do
        mkdir -p /tmp/$name/etc
        cp /etc/passwd /etc/group /etc/nsswitch.conf /tmp/$name/etc
done
python3 -c "$hold" /tmp/pwd/etc/.pwd.lock >/tmp/held &
holder=$!
start sleep 300
sleeper=$pid
until_true test -s /tmp/held
printf '%s\0' $sleeper >/tmp/pid/etc/subgid.lock
: >/tmp/none/etc/subuid.lock
for name in pwd pid none; do
        # With a /run of its own: one subuidctl would wait for the other.
        result unshare --mount sh -c "mount -t tmpfs tmpfs /run && exec subuidctl add joe --root /tmp/$name" >/tmp/waited-$name &
        waiting[${#waiting[@]}]=$!
done
wait "${waiting[@]}"
is "$(cat /tmp/waited-pwd)" "subuidctl: /tmp/pwd/etc/.pwd.lock: held by PID $holder (python3) for ten seconds; try again
1" 'who holds lckpwdf(3) is named'
is "$(cat /tmp/waited-pid)" "subuidctl: /tmp/pid/etc/subgid.lock: held by PID $sleeper (sleep) for ten seconds; try again
1" 'so is who holds the lock of a file'
is "$(ls /tmp/pid/etc)" 'group
nsswitch.conf
passwd
subgid.lock' 'whose lock stays, and nothing else'
is "$(cat /tmp/waited-none)" 'subuidctl: /tmp/none/etc/subuid.lock: a lock that names no process; remove it if nobody edits /tmp/none/etc/subuid
1' 'a lock of nobody'
end $holder $sleeper
fresh
printf '%s\0' $sleeper | tee $uids.lock >$gids.lock
is "$(result subuidctl add joe) $(files)$(left)" '0 new new' 'a lock of a dead process is taken over'
start setpriv --reuid 12345 --regid 12345 --clear-groups sleep 300
sleeper=$pid
printf '%s\0' $sleeper >$uids.lock
is "$(result subuidctl remove joe) $(files)$(left)" '0 old old' 'so is one whose PID an ordinary user has by now'
end $sleeper

# --- caches, and who uses the IDs -----------------------------------------------------------------

for program in nscd sss_cache; do
        rm -f /usr/sbin/$program
        printf '#!/bin/sh\necho "%s $*" >>/tmp/told\nexec sleep 300\n' $program >/usr/sbin/$program
        chmod 755 /usr/sbin/$program
done
fresh
SECONDS=0
is "$(result subuidctl add joe) $(files)" '0 new new' 'caches that hang are no failure'
[ $SECONDS -lt 150 ]
ok $? 'nor waited for for long'
is "$(cat /tmp/told)" 'nscd -i passwd
nscd -i group
sss_cache -UG' 'they are told'
rm /usr/sbin/nscd /usr/sbin/sss_cache

start setpriv --reuid 196700 --regid 196701 --clear-groups sleep 300
user=$pid
is "$(result subuidctl remove joe) $(files)" "subuidctl: /etc/subuid:4: in use by PID $user (sleep)
subuidctl: /etc/subgid:4: in use by PID $user (sleep)
subuidctl: joe: not removed; end that first, or give --force
1 new new" 'remove: a process runs as one of the IDs'
is "$(result subuidctl remove eve) $(cat $uids)" "0 # mine
bad
$line" 'not as one of another owner'
is "$(result subuidctl remove joe --force) $(cat $uids)" '0 # mine
bad' 'remove --force'
end $user
fresh
start unshare --user sleep 300
user=$pid
map $user '0 196608 65536'
is "$(result subuidctl add joe) $(tail -n 1 $uids)" '0 joe:262144:65536' 'add: IDs of a user namespace are not given away'
is "$(result subuidctl remove joe) $(result subuidctl add joe --start 196608) $(files)" '0 0 new new' 'unless asked for'
is "$(result subuidctl remove joe) $(files)" "subuidctl: /etc/subuid:4: in use by PID $user (sleep)
subuidctl: /etc/subgid:4: in use by PID $user (sleep)
subuidctl: joe: not removed; end that first, or give --force
1 new new" 'remove: a user namespace has the IDs'
end $user
is "$(result subuidctl remove joe) $(files)" '0 old old' 'when it is gone, they can be removed'

done_testing
