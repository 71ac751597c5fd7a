#!/bin/bash
# SPDX-License-Identifier: MIT
# runc-subuid and crun-subuid between an engine and runtimes that are scripts of this test, with a PID 1
# that is one too (pid1.py): when a bundle is changed, how, and that all else goes through.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/runc-subuid ] || skip_all 'needs runc-subuid, which needs json-c'
private_root
[ "${1-}" = --under-pid1 ] || exec "$top/tests/runtime/pid1.py" "$top/tests/runtime/runtime.t" --under-pid1

mkdir -p /sys/fs/cgroup /run/nss-subuid /tmp/bin
mount -t cgroup2 cgroup2 /sys/fs/cgroup || skip_all 'needs a cgroup2 hierarchy'
echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
log=/run/nss-subuid/runtime.log
: >$log
PATH=/tmp/bin:$PATH

# A runtime that tells what it was given, and which child it has not made.
cat >/tmp/bin/runc <<'SCRIPT'
#!/bin/bash
ulimit -S -f unlimited
children=
read -r children 2>/dev/null </proc/$$/task/$$/children
printf '%s|' "$0" "$@" ${children:+"$children"} >/tmp/got
SCRIPT
chmod 755 /tmp/bin/runc
cp /tmp/bin/runc /tmp/bin/crun

# pid1 WORD [VERSION]: what PID 1 answers from now on.
pid1() { echo "$*" >/run/pid1; }
pid1 answer 257.7-1

bundle=/run/bundle
# config [SED...]: a bundle as containerd makes it, changed by commands of sed.
config() {
        [ $# -gt 0 ] || set -- ''
        rm -rf $bundle
        mkdir -m 710 $bundle
        chgrp 200000 $bundle
        {
                sed "$@" | tee $bundle/config.json >/tmp/before
        } <<'JSON'
{"ociVersion":"1.2.0","process":{"user":{"uid":7,"gid":7},"args":["sleep"]},"root":{"path":"rootfs"},
"mounts":[{"destination":"/proc","type":"proc","source":"proc"},
{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime","rw"]}],
"annotations":{"io.kubernetes.cri.container-type":"container"},
"linux":{"uidMappings":[{"containerID":0,"hostID":200000,"size":65536}],"big":18446744073709551615,
"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"user","path":"/proc/1/ns/user"},{"type":"cgroup"}]}}
JSON
}

# own ID: the two annotations.
own() { printf '"org.systemd.property.User":"'\''%s'\''","nss-subuid.user":"%s"' "$1" "$1"; }

# slow: whether systemd and NSS did not answer within the second, though nobody keeps them from it. A busy
# machine may do that; then the call is made once more.
second='no answer of systemd and NSS within a second'
slow() { [ "${why-}" != "$second" ] && grep -qE "$second|: not read to the end" $log; }

# call RUNTIME [ARGUMENT...]: by default as an engine does; sets "logged" to what the log says of it.
call() {
        local runtime=$1 status
        shift
        [ $# -gt 0 ] || set -- --root /run/x --systemd-cgroup create --bundle $bundle --pid-file /run/x/pid c1
        for _ in {1..20}; do
                rm -f /tmp/got
                : >$log
                "$runtime-subuid" "$@" >/tmp/output 2>&1
                status=$?
                slow || break
                cp /tmp/before $bundle/config.json
        done
        is "$status, $(cat /tmp/output), $(cat /tmp/got)" "0, , /tmp/bin/$runtime|$(printf '%s|' "$@")" \
                "${what-}: the runtime starts with its arguments, and nothing is printed"
        logged=$(sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z ([^:]*): (.*): .*/\1: \2/; s/: --root.*//' $log)
}

# changed: what became of the file.
changed() {
        local rest
        rest=$(ls -A $bundle)
        if [ "$rest" != config.json ]; then
                echo "beside it: $rest"
        elif cmp -s /tmp/before $bundle/config.json; then
                echo unchanged
        else
                diff /tmp/before $bundle/config.json | sed -n 's/^> //p'
        fi
}

# acts ID WHAT [ARGUMENT...]: runc, then crun. The ID is runc's; crun's is the container's root.
annotations='{"io.kubernetes.cri.container-type":"container"}'
acts() {
        local id=$1
        what=$2
        shift 2
        call runc "$@"
        is "$logged; $(changed)" "runc: User=$id; \"annotations\":{$(own "$id"),${annotations#?}," "$what: runc"
}

# passes WHY WHAT [ARGUMENT...]: the file stays as it is.
passes() {
        local why=$1
        what=$2
        shift 2
        call runc "$@"
        is "$logged; $(changed)" "runc: not done: $why; unchanged" "$what"
}

# --- it acts --------------------------------------------------------------------------------------

config
acts 200007 'a bundle of containerd'
is "$(stat -c '%a %u:%g' $bundle/config.json)" '644 0:0' 'owner and mode are kept'
is "$(python3 -c 'import json, sys
config = json.load(open(sys.argv[1])); del config["annotations"]["org.systemd.property.User"], config["annotations"]["nss-subuid.user"]
print(config == json.load(open("/tmp/before")))' $bundle/config.json)" True 'to others it is the same, and two annotations'
cp $bundle/config.json /tmp/before
call runc
is "$logged; $(changed)" 'runc: User=200007, as before; unchanged' 'at the next start nothing is written'
call crun
is "$logged; $(changed)" "crun: User=200000; \"annotations\":{$(own 200000),${annotations#?}," \
        "crun: computed anew: the container's root"
config '/^"annotations"/d'
call crun
is "$logged; $(changed)" "crun: User=200000; $(sed "s/^{/{\"annotations\":{$(own 200000)},/; q" /tmp/before)" \
        'without annotations'
config
chmod 600 $bundle/config.json
chown 0:200000 $bundle/config.json
acts 200007 'another mode and group'
is "$(stat -c '%a %u:%g' $bundle/config.json)" '600 0:200000' 'are kept'

for verb in create run restore; do
        config
        acts 200007 $verb --systemd-cgroup $verb -b $bundle c1
done
config
acts 200007 'manager' --cgroup-manager=systemd run --detach --bundle=$bundle c1
config
cd $bundle || exit
acts 200007 'the current folder' --systemd-cgroup run c1
config
cd $bundle || exit
acts 200007 'a relative path' --systemd-cgroup run -b ../bundle/. c1
cd "$top" || exit
config
ln -sfn /run /tmp/run
acts 200007 'a link above the bundle' --systemd-cgroup create --bundle /tmp/run/bundle/ c1

# --- all else goes through ------------------------------------------------------------------------

config
passes 'no create, run or restore' exec --systemd-cgroup exec c1 run
passes 'no create, run or restore' features features
passes 'an option before the verb is not known' version --version
passes 'an option before the verb is not known' 'an abbreviation' --sys create --bundle $bundle c1
passes 'an option behind the verb is not known' 'another file' --systemd-cgroup create --config=x --bundle $bundle c1
passes "not systemd's cgroup driver" 'cgroupfs' create --bundle $bundle c1
passes 'not one ID, at the end' 'options behind the ID' --systemd-cgroup create --bundle $bundle c1 --bundle /x
passes 'the bundle cannot be opened, or is a link' 'no bundle' --systemd-cgroup create --bundle /nowhere c1
passes 'no verb' 'no arguments but an option' --systemd-cgroup
# shellcheck disable=SC2016 # for the inner shell
cat >/tmp/bin/runc.tells <<'SCRIPT'
#!/bin/bash
{
        printf '%s|' "$@"
        pwd
        umask
        ls -l /proc/$$/fd | sed -n 's/.* \([0-9]* -> \/tmp\/fd.*\)/\1/p'
        # Of a child: the shell itself blocks signals now and then.
        grep -E '^Sig(Blk|Ign)|^Shd' /proc/self/status
        env | sort
        cat
} >>/tmp/told 2>&1
exit 42
SCRIPT
chmod 755 /tmp/bin/runc.tells
cp /tmp/bin/runc /tmp/bin/runc.kept
cp /tmp/bin/runc.tells /tmp/bin/runc
# told COMMAND: what the runtime sees, called so.
told() {
        rm -f /tmp/told
        (
                cd /var || exit
                umask 027
                trap '' USR1 CHLD PIPE
                env -i PATH="$PATH" STRANGE=$'a\nb' LISTEN_FDS=2 "$1" --systemd-cgroup create --bundle $bundle '' $'a\nb' 'c d' \
                        <<<input 3>/tmp/fd3 7</tmp/fd7 9>>/tmp/fd9
                echo "status $?" >>/tmp/told
                env -i PATH="$PATH" "$1" --systemd-cgroup create --bundle $bundle c1 <&- >&- 2>&-
                echo "status $?" >>/tmp/told
        )
        cat /tmp/told
}
: >/tmp/fd7
wanted=$(told runc)
like "$wanted" 'status 42' 'what a runtime sees without it'
like "$wanted" '3 -> /tmp/fd3.7 -> /tmp/fd7.9 -> /tmp/fd9' 'descriptors among that'
config
is "$(told runc-subuid | sed 's/-subuid//')" "$wanted" 'and with it: arguments, folder, mask, descriptors, signals, environment, input, status'
like "$(changed)" "$(own 200007)" 'and it has acted'
# In Python: bash lets SIGCHLD through at its start.
printf '%s\n' '#!/usr/bin/python3' 'import signal' 'print(signal.sigpending())' >/tmp/bin/runc
config
is "$(env --block-signal=CHLD runc-subuid --systemd-cgroup create --bundle $bundle c1)" 'set()' \
        'no signal waits for it where SIGCHLD is blocked'
like "$(changed)" "$(own 200007)" 'and it has acted'
mv /tmp/bin/runc.kept /tmp/bin/runc

# --- which runtime --------------------------------------------------------------------------------

# ran COMMAND...: its status and what it says, and the runtime that ran.
ran() {
        rm -f /tmp/got
        env -i "$@" >/tmp/output 2>&1
        echo "$?, $(cat /tmp/output), $(cut -d '|' -f 1 /tmp/got 2>/dev/null)"
}
program=/usr/bin/runc-subuid
is "$(ran bash -c "exec -a runc $program x")" '127, runc: call it by the name of a runtime and "-subuid", ' 'another name: 127'
is "$(ran bash -c "exec -a /x/-subuid $program x")" '127, -subuid: call it by the name of a runtime and "-subuid", ' 'no name: 127'
is "$(ran bash -c "exec -a /x/none-subuid $program x")" '127, none-subuid: none: No such file or directory, ' 'no runtime: 127'
mkdir /tmp/self /tmp/real /tmp/none /tmp/folder /tmp/folder/runc
cp $program /tmp/self/runc-subuid
ln /tmp/self/runc-subuid /tmp/self/runc
cp /tmp/bin/runc /tmp/real/runc
cp /tmp/bin/runc /tmp/none/runc
chmod 644 /tmp/none/runc
is "$(ran PATH=/tmp/self:/tmp/none:/tmp/folder:relative:/tmp/real /tmp/self/runc-subuid x)" '0, , /tmp/real/runc' \
        'never itself, a file that may not be run, a folder, a relative path: the next in PATH'
rm -f /usr/{,local/}{,s}bin/runc
cp /tmp/bin/runc /usr/local/sbin/runc
for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin; do
        [ $folder = /usr/local/sbin ] || cp /tmp/bin/runc $folder/runc
        is "$(ran PATH= /tmp/self/runc-subuid x)" "0, , $folder/runc" "without PATH: $folder, before those in front"
done
is "$(cd /tmp/real && ran PATH=:.: /tmp/self/runc-subuid x)" '0, , /usr/bin/runc' 'the current folder is not looked into'
rm /usr/{,local/}{,s}bin/runc
echo 'no program' >/tmp/none/runc
chmod 755 /tmp/none/runc
is "$(ran PATH=/tmp/none /tmp/self/runc-subuid x)" '127, runc-subuid: runc: Exec format error, ' 'one that cannot be run: 127'
mkdir /tmp/other
cp /tmp/bin/runc /tmp/other/youki
ln -s $program /tmp/other/youki-subuid
config
: >$log
is "$(ran PATH=/tmp/other /tmp/other/youki-subuid --systemd-cgroup run -b $bundle c1), $(changed)" '0, , /tmp/other/youki, unchanged' \
        'another runtime: nothing is known of its options'
like "$(cat $log)" 'youki: not done: neither runc nor crun: ' 'the log says so'

# --- which container ------------------------------------------------------------------------------

config 's/{"type":"user"[^}]*},//'
passes 'no user namespace' 'no user namespace'
config 's/,{"type":"cgroup"}//'
passes 'no cgroup namespace of its own' 'a privileged pod'
config 's/{"type":"cgroup"}/{"type":"cgroup","path":"\/proc\/1\/ns\/cgroup"}/'
passes 'no cgroup namespace of its own' "somebody else's cgroup namespace"
config 's/"rw"/"ro"/'
passes 'no writable mount of the cgroup' 'a read-only mount'
config 's/"source":"cgroup"/"source":"cgroup2"/'
passes 'no writable mount of the cgroup' 'another source'
config 's/"uid":7/"uid":65536/'
passes 'the user is not mapped' 'a user outside of the mappings'
config 's/"uidMappings".*,"big"/"big"/'
passes 'the user is not mapped' 'no mappings'
config 's/"uid":7/"uid":0/; s/"hostID":200000/"hostID":0/'
passes 'the user is root of the host' 'root of the host'
config 's/"annotations":{/&"org.systemd.property.User":"'\''0'\''",/'
passes 'somebody else asks for an owner' 'a property that is there'
config 's/"annotations":{/&"org.systemd.property.User":"'\''200000'\''","nss-subuid.user":"200001",/'
passes 'somebody else asks for an owner' 'one that does not agree'
config 's/"linux"/"Linux":{},&/'
passes 'config.json: odd names' 'a name in another case'
config 's/"linux"/"linux":{},&/'
passes 'config.json: a name occurs twice' 'a name twice'
config 's/"pid"/"pid",/'
passes 'config.json: not JSON, or nested too deeply' 'no JSON'
config 's/"annotations"/"\\u0061nnotations"/'
passes 'config.json: no place found' 'a name with an escape'
config
sed -i "s/\"big\":/&$(printf '[%.0s' $(seq 30000))0$(printf ']%.0s' $(seq 30000)),\"bigger\":/" $bundle/config.json
cp $bundle/config.json /tmp/before
passes 'config.json: not JSON, or nested too deeply' 'deep nesting'
config
{ cat /tmp/before; head -c $((64 << 20)) /dev/zero | tr '\0' ' '; } >$bundle/config.json
cp $bundle/config.json /tmp/before
passes 'config.json is too large' '64 MiB'

# --- which bundle ---------------------------------------------------------------------------------

config
chmod 730 $bundle
passes "the bundle's folder is not root's alone" "a folder that a group may write to"
config
chmod 712 $bundle
passes "the bundle's folder is not root's alone" "a folder that all may write to"
config
chown 200000 $bundle
passes "the bundle's folder is not root's alone" "a container's folder"
config
chown 200000 $bundle/config.json
passes "config.json is not root's alone, or no file with one name" "a container's config.json"
for mode in 664 646; do
        config
        chmod $mode $bundle/config.json
        passes "config.json is not root's alone, or no file with one name" "config.json of mode $mode"
done
config
ln $bundle/config.json /run/link
passes "config.json is not root's alone, or no file with one name" 'two links'
rm /run/link
config
mv $bundle/config.json /run/config.json
ln -s /run/config.json $bundle/config.json
passes 'config.json cannot be opened, or is a link' 'config.json is a link'
for kind in p 'c 1 3'; do
        config
        rm $bundle/config.json
        # shellcheck disable=SC2086 # two numbers
        mknod $bundle/config.json $kind
        what="config.json is a device or a FIFO: $kind"
        call runc
        is "$logged; $(stat -c %F $bundle/config.json | cut -d ' ' -f 1)" \
                "runc: not done: config.json is not root's alone, or no file with one name; $([ "$kind" = p ] && echo fifo || echo character)" "$what"
done
config
for path in /run/link /run/link/ /run/link/. /run/link//./; do
        ln -sfn $bundle /run/link
        passes 'the bundle cannot be opened, or is a link' "the bundle is a link: $path" --systemd-cgroup create --bundle $path c1
done
passes 'the bundle cannot be opened, or is a link' 'the bundle is a file' --systemd-cgroup create --bundle $bundle/config.json c1
mkdir /run/empty
passes 'config.json cannot be opened, or is a link' 'no config.json' --systemd-cgroup create --bundle /run/empty c1
passes "the bundle's name is too long" 'a long name' --systemd-cgroup create --bundle "/$(printf '%5000s' '' | tr ' ' x)" c1
config
mount --bind $bundle $bundle
mount -o remount,bind,ro $bundle
passes 'config.json cannot be replaced' 'a read-only file system'
umount $bundle

config
mount -t tmpfs -o size=4k,mode=755 tmpfs $bundle
cp /tmp/before $bundle/config.json
passes 'config.json cannot be replaced' 'a full file system'
umount $bundle
(
        ulimit -S -f 0
        exec runc-subuid --systemd-cgroup create --bundle $bundle c1
) >/tmp/output 2>&1
is "$?, $(cat /tmp/output), $(cat /tmp/got), $(changed)" "0, , /tmp/bin/runc|--systemd-cgroup|create|--bundle|$bundle|c1|, unchanged" \
        'a process that may write no files'

# --- which machine --------------------------------------------------------------------------------

config
for version in 252 252.39-1~deb12u1 v258-rc1 262~rc2-1; do
        pid1 answer $version
        config
        acts 200007 "systemd $version"
done
config
for version in 251.9 247.3-7 v249 25 '' x; do
        pid1 answer $version
        [ -n "$version" ] || pid1 empty
        passes 'PID 1 is no systemd of version 252 or later' "systemd ${version:-that says nothing}"
done
for word in error number long wrong swapped endless half rejected; do
        pid1 $word
        passes 'PID 1 is no systemd of version 252 or later' "systemd answers otherwise: $word"
done
pid1 signal 252
config
acts 200007 'systemd says other things before'
pid1 silent
config
started=$SECONDS
passes "$second" 'systemd does not answer'
[ $((SECONDS - started)) -lt 60 ]
ok $? 'it is not waited for'
pid1 answer 257

config
services() { printf '%s\n' "passwd: $1" 'group: files subuid' >/etc/nsswitch.conf; }
services files
passes 'NSS does not name the ID as the module does' 'the module is off'
services 'files subuid'
echo other:1:1 >/etc/subuid
passes 'NSS does not name the ID as the module does' 'the ID is in no range'
echo containers:200000:65536 >/etc/subuid
cp /etc/passwd /tmp/passwd
echo real:x:200007:100::/:/bin/sh >>/etc/passwd
passes 'NSS does not name the ID as the module does' 'an account has the ID'
cp /tmp/passwd /etc/passwd
echo _200007:x:200007:100::/:/bin/sh >>/etc/passwd
passes 'NSS does not name the ID as the module does' "an account has the ID and the module's name for it"
cp /tmp/passwd /etc/passwd
services 'files hang subuid'
cp build/tests/libnss_hang.so.2 "$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")"
passes "$second" 'a source of users hangs'
is "$(pgrep -c 'un.*-subuid')" 0 'and nobody is left behind'
services 'files subuid hang'
acts 200007 'one behind the module does not matter'
services 'files subuid'

config
cp /etc/nsswitch.conf /tmp/nsswitch.conf
is_elsewhere() { [ -e "/proc/$1/ns/user" ] && ! [ "/proc/$1/ns/user" -ef /proc/self/ns/user ]; }
# passes_in NAMESPACES COMMAND WHY WHAT: in other namespaces, after a command.
passes_in() {
        what=$4
        : >$log
        # shellcheck disable=SC2086 # options
        unshare $1 bash -c "$2; exec runc-subuid --systemd-cgroup create --bundle $bundle c1" >/tmp/output 2>&1 &
        if [ "$1" = --user ]; then
                until_true is_elsewhere $!
                echo '0 0 4294967295' | tee /proc/$!/gid_map >/proc/$!/uid_map
        fi
        wait $!
        is "$?, $(cat /tmp/output), $(cut -d '|' -f 2- /tmp/got)" "0, , --systemd-cgroup|create|--bundle|$bundle|c1|" "$4: the runtime starts"
        is "$(sed -E 's/^[^ ]* (.*): --.*/\1/' $log); $(changed)" "runc: not done: $3; unchanged" "$4"
}
passes_in --mount 'mount --bind /tmp/nsswitch.conf /etc/nsswitch.conf' 'PID 1 has another /etc/nsswitch.conf' \
        'an engine with a mount namespace of its own, and another nsswitch.conf'
passes_in --mount 'mount -t tmpfs tmpfs /run/systemd' 'PID 1 is no systemd of version 252 or later' 'and another /run/systemd'
passes_in --mount 'umount /sys/fs/cgroup' 'no unified hierarchy of cgroups' 'no unified hierarchy'
# shellcheck disable=SC2016 # for the inner shell
passes_in --user 'for _ in $(seq 10000); do ! read -r _ </proc/self/uid_map || break; sleep 0.01; done' 'not in the initial user namespace' \
        'a user namespace, though every ID is mapped'
passes_in '--pid --fork --mount-proc' : 'PID 1 is no systemd of version 252 or later' 'another PID 1'
mv /run/systemd/private /run/systemd/public
passes 'PID 1 is no systemd of version 252 or later' 'no socket'
python3 -c 'import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("/run/systemd/private")
listener.listen()
open("/tmp/listens", "w").close()
time.sleep(300)' &
until_true test -e /tmp/listens
passes 'PID 1 is no systemd of version 252 or later' "a socket that is not PID 1's"
kill %%
wait %% 2>/dev/null
mv /run/systemd/public /run/systemd/private

# --- its own, from before -------------------------------------------------------------------------

# taken_out WHY WHAT [ARGUMENT...]: its own of another machine is in the file, and is taken out.
taken_out() {
        local why=$1
        what=$2
        shift 2
        config 's/"annotations":{/&"a":"b","nss-subuid.user":"300000","org.systemd.property.User":"'\''300000'\''",/'"; ${sed-}"
        call runc "$@"
        is "$logged; $(changed | grep -v '^"linux\|^{"dest')" "runc: taken out: $why; \"annotations\":{\"a\":\"b\",${annotations#?}," "$what"
}
services files
taken_out 'NSS does not name the ID as the module does' 'from before, and the module is off'
services 'files subuid'
taken_out "not systemd's cgroup driver" 'restored where cgroups are not made by systemd' restore --bundle $bundle c1
pid1 answer 247
taken_out 'PID 1 is no systemd of version 252 or later' 'restored where systemd is old'
pid1 answer 257
sed='s/"annotations":{"a":"b","nss-subuid.user":"300000","org.systemd.property.User":"'\''300000'\''"/"annotations":{"a":"b","nss-subuid.user":"0","org.systemd.property.User":"'\''0'\''"/; s/200000/0/'
taken_out 'NSS does not name the ID as the module does' 'one that makes root an owner'
config 's/"annotations":{/&"a":"b","nss-subuid.user":"300000","org.systemd.property.User":"'\''300000'\''",/'
call runc --systemd-cgroup restore --bundle $bundle c1
is "$logged; $(changed)" "runc: User=200007; \"annotations\":{$(own 200007),\"a\":\"b\",${annotations#?}," 'restored elsewhere: computed anew'

# --- the log --------------------------------------------------------------------------------------

config
call runc $'a\nb' $'\e[2J' "$(printf '%3000s' '' | tr ' ' x)"
is "$(wc -lc <$log | tr -s ' ')" ' 1 1023' 'one line of at most 1,023 bytes'
like "$(cat $log)" '^[-0-9T:]*Z runc: not done: no create, run or restore: a\?b \?\[2J xxx' 'without control characters'
: >/run/elsewhere
for wrong in 'ln -s /run/elsewhere' 'mkfifo' 'mkdir' 'install -o 200000 /dev/null'; do
        rm -rf $log
        $wrong $log
        config
        what="the log is no file of root's: $wrong"
        # No log tells whether the machine was too slow.
        for _ in {1..20}; do
                runc-subuid --systemd-cgroup create --bundle $bundle c1
                status=$?
                [ "$(changed)" = unchanged ] || break
        done
        is "$status, $(changed | cut -c 1-14)" '0, "annotations":' "$what: it acts"
        [ ! -f $log ] || [ ! -s $log ]
        ok $? "$what: nothing is written"
done
rm -rf $log
runc-subuid --systemd-cgroup create --bundle $bundle c1
is "$?, $(ls $log 2>&1)" "0, ls: cannot access '$log': No such file or directory" 'without the log, none is made'

done_testing
