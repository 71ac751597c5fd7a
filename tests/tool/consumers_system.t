#!/bin/bash
# SPDX-License-Identifier: MIT
# What "subuidctl check" says of consumers on a running system only: the kubelet's command line and PATH, what
# getsubids prints, user namespaces. Below --root: tests/tool/consumers.t.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

check() { timeout 60 build/subuidctl check "$@" 2>&1; }

# has FINDINGS WHAT: just these.
has() {
        is "$(check -J | awk -F '"' '
                $2 == "file" { place = $4 }
                $2 == "line" { gsub("[^0-9]", "", $3); if ($3) place = place ":" $3 }
                $2 == "severity" { severity = $4 }
                $2 == "finding" { print place, severity, $4 }')" "$1" "$2"
}
both() { printf '%s\n' "$@" | tee /etc/subuid >/etc/subgid; }

# Nothing that this machine may have besides.
rm -f /usr/lib32/libc.so.6 /usr/lib/i386-linux-gnu/libc.so.6 /run/nscd/socket
rm -rf /etc/docker /etc/lxc /var/lib/{lxc,lxd,incus,kubelet} /etc/kubernetes
sed -i '/^\(UID\|GID\)_M/d' /etc/login.defs
sed -i /^kubelet:/d /etc/passwd /etc/group
groupadd --system nss-subuid
echo kubelet:x:998:998::/:/usr/sbin/nologin >>/etc/passwd

# --- the kubelet ----------------------------------------------------------------------------------

# kubelet PATH ARGUMENT...: one that runs, a shell of that name.
cp /bin/bash /usr/local/bin/kubelet
mkfifo /tmp/ever
running=
stop() {
        [ -z "$running" ] || { kill -KILL "$running" && wait "$running"; } 2>/dev/null
        running=
}
trap stop EXIT
kubelet() {
        stop
        env -i HOME=/ ${1:+"PATH=$1"} /usr/local/bin/kubelet -c ': >/tmp/runs; read -r _ <>/tmp/ever' "${@:2}" &
        running=$!
        runs
}
# runs: waits until it does, with its arguments and its environment.
runs() {
        until_true test -e /tmp/runs
        rm -f /tmp/runs
}
usual=/usr/sbin:/usr/bin
few='/etc/subuid:1 error kubelet-pods'

both kubelet:65536:7208960
has '' 'a line for 110 pods, and no kubelet runs'
kubelet $usual --max-pods=111
has "$few" 'one that runs with more'
kubelet $usual --max-pods 111
has "$few" 'in two words'
printf '%s\n' 'kind: KubeletConfiguration' 'maxPods: 111' >/tmp/kubelet.yaml
kubelet $usual --config=/tmp/kubelet.yaml
has "$few" 'as its configuration says'
kubelet $usual --config=/tmp/kubelet.yaml --max-pods=110
has '' 'over which the command line stands'
mkdir /tmp/kubelet.d
echo 'maxPods: 100' >/tmp/kubelet.d/20.conf
echo 'maxPods: 200' >/tmp/kubelet.d/10.conf
echo 'maxPods: 300' >/tmp/kubelet.d/30.conf.old
kubelet $usual --config=/tmp/kubelet.yaml --config-dir /tmp/kubelet.d
has '' 'as the last file of a folder says'
mkdir /var/lib/kubelet
cp /tmp/kubelet.yaml /var/lib/kubelet/config.yaml
kubelet $usual --v=2
has '' 'the usual file is not read by one that is not told so'
rm -r /var/lib/kubelet
kubelet $usual --config=kubelet.yaml
like "$(check)" '^subuidctl: kubelet.yaml: no absolute path: not read; the kubelet is taken to have 110 pods' 'a file of some folder'
kubelet $usual --max-pods=50
like "$(setpriv --reuid 1 --regid 1 --clear-groups build/subuidctl check 2>&1)" \
        "^subuidctl: PID $running \(kubelet\): its command line is trusted by root alone: not read; the kubelet is taken to have 110 pods" \
        'an ordinary user is told that he does not see all'
kubelet $usual --config=/tmp/none
like "$(check)" '^subuidctl: /tmp/none: No such file or directory: not read; the kubelet is taken to have 110 pods .maxPods. of 65536 IDs .idsPerPod.$' \
        'a configuration that is not there'
mkdir -p /srv/kubelet/pods/a
echo '{"uidMappings":[{"hostId":7274496,"containerId":0,"length":65536}],"gidMappings":[{"hostId":7274496,"containerId":0,"length":65536}]}' \
        >/srv/kubelet/pods/a/userns
kubelet $usual --root-dir=/srv/kubelet
has '/srv/kubelet/pods error kubelet-record' 'pods on record in a folder of its own'
mkdir -p /var/log/pods/shop_web-0_a
like "$(check)" 'pods have IDs that are not of its line: shop/web-0 .7274496-7340031.;' 'with the name that its logs have'
kubelet $usual
has '' 'not in the usual one'

# Its PATH.
mkdir /tmp/bin
ln -s "$(command -v getsubids)" "$(command -v getent)" /tmp/bin
kubelet /tmp/bin
has '' 'a PATH of its own'
rm /tmp/bin/getsubids
kubelet /tmp/bin
has 'kubelet error kubelet-getsubids' 'one without getsubids'
kubelet bin:/tmp/bin
has 'kubelet error kubelet-getsubids' 'of which a relative folder does not count'
rm /tmp/bin/getent
ln -s "$(command -v getsubids)" /tmp/bin
kubelet /tmp/bin
has 'kubelet warning kubelet-getent' 'one without getent'
both kubelet:65536:65536
kubelet ''
has 'kubelet error kubelet-getsubids
kubelet warning kubelet-getent
/etc/subuid:1 error kubelet-pods' 'no PATH: the line is judged all the same'
both kubelet:65536:7208960

# What getsubids prints, whatever the files say.
# getsubids TEXT-FOR-UIDS [TEXT-FOR-GIDS]
getsubids() {
        # shellcheck disable=SC2016 # for the script
        printf '#!/bin/sh\n[ "$1" = -g ] && { %s; exit; }\n%s\n' "${2-$1}" "$1" >/usr/local/bin/getsubids
        chmod 755 /usr/local/bin/getsubids
}
kubelet /usr/local/bin:/usr/bin
getsubids 'echo "0: kubelet 65536 7208960"'
has '' 'as the files'
getsubids 'echo "0: kubelet 65536 7143424"'
has "$few" 'less'
getsubids 'echo "0: 998 65536 7208960"' 'echo "0: 998 131072 7208960"'
has '/etc/subgid:1 error kubelet-mismatch' 'other GIDs'
getsubids 'echo "0: kubelet 65536 7208960"; echo "1: kubelet 7274496 65536"'
has '/etc/subgid:1 error kubelet-lines
/etc/subuid:1 error kubelet-lines' 'two lines'
getsubids 'exit 1'
has '/etc/subuid:1 error kubelet-lines' 'nothing'
getsubids 'exec sleep 1000' 'echo "0: kubelet 65536 7208960"'
has '/etc/subuid:1 warning no-answer' 'it does not answer'
rm /usr/local/bin/getsubids
# Nobody's but the system's own is run.
rm /tmp/bin/get*
printf '#!/bin/sh\n: >/tmp/was-run\n' | tee /tmp/bin/getsubids >/tmp/bin/getent
chmod 755 /tmp/bin/get*
kubelet /tmp/bin
has '' 'not one of another folder'
[ ! -e /tmp/was-run ]
ok $? 'which is not run'
stop
ln -s /bin/bash /tmp/bin/kubelet
env -i PATH=/tmp/bin /tmp/bin/kubelet -c ': >/tmp/runs; read -r _ <>/tmp/ever' --max-pods=111 &
running=$!
runs
has '' 'nor is it a kubelet what is only called so'
stop

# In the machine's own PATH, and as the shadow of this machine has it.
both kubelet:65536:7208960
echo kubelet:7274496:65536 | tee -a /etc/subuid >>/etc/subgid
has '/etc/subgid:2 error kubelet-lines
/etc/subuid:2 error kubelet-lines' 'two lines, which getsubids prints'
userdel kubelet >/dev/null 2>&1 || sed -i /^kubelet:/d /etc/passwd
both kubelet:65536:7208960
has '' 'no account, and no kubelet either'
kubelet $usual
has '/etc/subuid:1 warning kubelet-unused' 'one that runs, and no account'
stop

# --- in use, in no range --------------------------------------------------------------------------

# use UIDS GIDS: a user namespace with these maps.
use() {
        stop
        unshare --user sleep 1000 &
        running=$!
        until [ "$(readlink "/proc/$running/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
        echo "$2" >"/proc/$running/gid_map" && echo "$1" >"/proc/$running/uid_map"
}
both containers:200000:65536
use '0 200000 65536' '0 200000 65536'
has '' 'a user namespace with IDs of a range'
use '0 300000 65536' '0 300000 65536'
has '/etc/subuid warning in-use' 'one with others'
like "$(check)" "/etc/subuid: warning: the UIDs 300000-365535 are in use, by .* \(PID $running\), and stand in no line; add the line OWNER:300000:65536 to both files" 'in words'
use '0 327680 65536' '0 327680 65536'
command=$(check | sed -n "s/.*stand in no line; run '\(.*\)'$/\1/p")
is "$command" 'subuidctl add OWNER --start 327680 --count 65536' 'a start that the command takes'
${command/OWNER/joe} >/dev/null
has '' 'it cures that'
both containers:200000:65536
echo eve:300000:65536 >>/etc/subgid
use '0 300000 65536' '0 300000 65536'
like "$(check)" 'the UIDs 300000-365535 are in use, .*; add the line eve:300000:65536 to /etc/subuid$' "who has the GIDs is named, and has to get no second line of them"
both containers:200000:65536
use '0 200000 65536' '0 300000 65536'
has '/etc/subgid warning in-use' 'of groups alone'
use '0 200000 70000' '0 200000 70000'
like "$(check)" 'the UIDs 265536-269999 are in use' 'a part of them'
use '0 1000 1' '0 1000 1'
has '' "a user's own ID"
use '5 300000 1' '5 300000 1'
has '' 'one ID alone'
use '0 0 4294967295' '0 0 4294967295'
has '' 'all IDs, the same inside'
use '0 1 60000' '0 1 60000'
has '' 'IDs of accounts'
use '0 2147352576 65536' '0 2147352576 65536'
has '' "systemd's foreign IDs"
use '0 300000 65536' '0 300000 65536'
mkdir -p /etc/nss-subuid
echo containers:200000:65536 | tee /etc/nss-subuid/subuid >/etc/nss-subuid/subgid
both
echo 'subid: sss' >>/etc/nsswitch.conf
has '' 'where a directory gives ranges, not all stand in the files'
sed -i /subid/d /etc/nsswitch.conf
rm -r /etc/nss-subuid
both containers:200000:65536
# One in another: its IDs are those of the outer one.
use '0 300000 65536' '0 300000 65536'
outer=$running
inside=(nsenter --target "$outer" --user --setuid 0 --setgid 0)
"${inside[@]}" unshare --user sleep 1000 &
inner=$!
until [ "$(readlink "/proc/$inner/ns/user")" != "$(readlink "/proc/$outer/ns/user")" ] &&
        [ "$(cat "/proc/$inner/comm")" = sleep ]; do
        sleep 0.01
done
# shellcheck disable=SC2016 # for the shell inside
"${inside[@]}" sh -c 'echo 0 1000 5000 >"/proc/$0/gid_map" && echo 0 1000 5000 >"/proc/$0/uid_map"' "$inner"
is "$(tr -s ' ' <"/proc/$inner/uid_map")" ' 0 301000 5000' 'one in it'
has '/etc/subuid warning in-use' 'a nested one is not told again'
is "$(setpriv --reuid 65534 --regid 65534 --clear-groups build/subuidctl check 2>&1 | grep 'in use')" '' 'an ordinary user does not see it'
{ kill -KILL $inner && wait $inner; } 2>/dev/null
stop

done_testing
