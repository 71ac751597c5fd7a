#!/bin/bash
# SPDX-License-Identifier: MIT
# The lock of subuidctl enable, disable and import: nobody but root can keep them waiting, and they say for
# whom they wait.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'

export LD_LIBRARY_PATH=$top/build/tests
folder=/run/nss-subuid
lock=$folder/lock
printf 'passwd: files\ngroup: files\nsubid: test\n' >/tmp/off
cat /tmp/off >/etc/nsswitch.conf
printf '%s\n' 'alice|uid 1000000:10' 'alice|gid 1000000:10' >/etc/directory
mkdir /etc/nss-subuid

# all: what the three of them print on standard error, and their exit statuses.
all() {
        { subuidctl enable >/dev/null; } 2>&1
        echo $?
        { subuidctl disable >/dev/null; } 2>&1
        echo $?
        { subuidctl import alice >/dev/null; } 2>&1
        echo $?
}
# three WORDS: these three times.
three() { printf '%s\n' "$1" "$1" "$1"; }

is "$(all)" "$(three 0)" 'they work'
is "$(stat -c '%a %u %g' $folder $lock)" '755 0 0
600 0 0' 'the lock is one that nobody else can have'
rm -r $folder
(umask 777 && subuidctl enable >/dev/null)
is "$(stat -c '%a' $folder $lock | tr '\n' ' ')" '755 600 ' 'whatever the umask'

# holding COMMAND...: runs it while another process has the lock.
holder=/tmp/holder
cat >$holder <<'END'
#!/usr/bin/python3
import fcntl, os, subprocess, sys
lock = os.open("/run/nss-subuid/lock", os.O_RDWR)
fcntl.lockf(lock, fcntl.LOCK_EX)
print(flush=True)
sys.exit(subprocess.run(sys.argv[1:]).returncode)
END
chmod 755 $holder

# --- an ordinary user ---

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
"${nobody[@]}" flock /etc flock /etc/nss-subuid flock $folder sh -c 'echo >&3; exec sleep 300' 3>/tmp/locked &
user=$!
until [ -s /tmp/locked ] || ! kill -0 $user; do sleep 0.02; done
start=$SECONDS
is "$(all)" "$(three 0)" 'who locks /etc, /etc/nss-subuid and /run/nss-subuid keeps nobody waiting'
[ $((SECONDS - start)) -lt 9 ]
ok $? 'not even for ten seconds'
kill $user
# A file that one may read, one may lock.
for what in 'flock -s' 'python3 -c "import fcntl, os; fcntl.lockf(os.open(\"'$lock'\", os.O_RDONLY), fcntl.LOCK_SH)"'; do
        chmod 644 $lock
        subuidctl enable >/dev/null
        like "$("${nobody[@]}" sh -c "$what $lock true" 2>&1)" 'Permission denied|PermissionError' "nor can he have the lock itself (${what%% *})"
done

# --- what is not root's own ---

# refused REASON WHAT: each of them refuses, and nothing is changed.
refused() {
        cp -a /etc/nsswitch.conf /tmp/nsswitch.before
        cp -a /etc/nss-subuid /tmp/import.before
        is "$(all)" "$(three "subuidctl: $1
1")" "$2: refused"
        cmp /etc/nsswitch.conf /tmp/nsswitch.before && diff -r /etc/nss-subuid /tmp/import.before
        ok $? 'and nothing is changed'
        rm -r /tmp/import.before
}
mkdir -m 755 /tmp/elsewhere
rm -r $folder
ln -s /tmp/elsewhere $folder
refused "$folder: not root's own folder" 'a link instead of the folder'
is "$(ls -A /tmp/elsewhere)" '' 'nothing is made where it leads'
rm $folder
touch $folder
refused "$folder: not root's own folder" 'a file instead of the folder'
rm $folder
mkdir -m 755 $folder
chown 65534 $folder
refused "$folder: not root's own folder" 'a folder of somebody else'
chown 0 $folder
for mode in 775 757 1777; do
        chmod $mode $folder
        refused "$folder: not root's own folder" "a folder of mode $mode"
done
chmod 755 $folder
echo secret >/tmp/secret
ln -s /tmp/secret $lock
refused "$lock: not root's own file" 'a link instead of the file'
rm $lock
ln -s /tmp/nothing $lock
refused "$lock: not root's own file" 'one that leads nowhere'
[ ! -e /tmp/nothing ]
ok $? 'nothing is made there'
rm $lock
install -m 600 -o 65534 /dev/null $lock
refused "$lock: not root's own file" "somebody else's file"
chown 0 $lock
chmod 622 $lock
refused "$lock: not root's own file" 'a file that others may write to'
rm $lock
mkfifo -m 600 $lock
refused "$lock: not root's own file" 'a FIFO, which is not waited for'
rm -r $folder

# --- where there can be none ---

mount -t tmpfs -o ro,mode=755 tmpfs /run
is "$(all)" "$(three "subuidctl: $lock: no lock: Read-only file system
0")" 'a /run that is read-only: it is said, and the work is done'
umount /run
umount -l /run
mv /run /run.away
is "$(all)" "$(three "subuidctl: $lock: no lock: No such file or directory
0")" 'no /run, as in an image that is built: likewise'
mv /run.away /run
subuidctl enable >/dev/null
if unshare --user --map-root-user true 2>/dev/null; then
        mkdir -p /tmp/image/etc
        cat /tmp/off >/tmp/image/etc/nsswitch.conf
        chown -R 1005:1005 /tmp/image
        is "$(setpriv --reuid 1005 --regid 1005 --clear-groups unshare --user --map-root-user \
                subuidctl enable --root /tmp/image 2>&1 >/dev/null; echo $?; head -n 1 /tmp/image/etc/nsswitch.conf)" '0
passwd: files subuid' 'root of a user namespace changes an image of his own'
else
        skip 'no user namespaces can be made here' 'root of a user namespace changes an image of his own'
fi

# --- who has it ---

# A plugin of libsubid may start something that stays.
printf '%s\n' 'alice|uid 1000000:10 fork' 'alice|gid 1000000:10' >/etc/directory
timeout 60 subuidctl import alice >/tmp/output 2>&1
is "$(echo $?; cat /tmp/output)" "0
/etc/nss-subuid/subgid: 1 ranges, as before
/etc/nss-subuid/subuid: 1 ranges, as before" 'a plugin that starts a process'
left=$(pgrep -x subuidctl)
like "$left" '^[0-9]+$' 'which stays'
is "$(find "/proc/$left/fd" -lname '*lock*')" '' 'without the lock'
printf '%s\n' 'alice|uid 1000000:10' 'alice|gid 1000000:10' >/etc/directory
start=$SECONDS
is "$(all)" "$(three 0)" 'and keeps nobody waiting'
[ $((SECONDS - start)) -lt 9 ]
ok $? 'not even for ten seconds'
kill "$left"

# They wait ten seconds each; all at the same time.
wait_for() { until [ -s "$1" ]; do sleep 0.02; done; }
$holder sleep 300 >/tmp/held &
wait_for /tmp/held
subuidctl disable --dry-run >/dev/null
ok $? '--dry-run changes nothing and does not wait'
start=$SECONDS
for command in enable disable 'import alice'; do
        # shellcheck disable=SC2086 # words
        { subuidctl $command 2>&1; echo $?; } >"/tmp/waited-${command% *}" &
        waiting+=($!)
done
unshare --pid --fork --mount-proc subuidctl enable >/tmp/waited-elsewhere 2>&1 &
waiting+=($!)
wait "${waiting[@]}"
[ $((SECONDS - start)) -ge 9 ]
ok $? 'they wait for another'
for command in enable disable import; do
        like "$(cat /tmp/waited-$command)" "^subuidctl: $lock: held by PID [0-9]+ \(holder\) for ten seconds; try again.1$" "$command: and say for whom"
done
is "$(cat /tmp/waited-elsewhere)" "subuidctl: $lock: held by another process for ten seconds; try again" 'whom they cannot see they cannot name'
subuidctl enable >/tmp/waited 2>&1 &
enabling=$!
pkill -KILL -x holder
wait $enabling
ok $? 'one that is killed has it no more'

done_testing
