#!/bin/bash
# SPDX-License-Identifier: MIT
# What "subuidctl check" says of those who want something of the range files: the kubelet, podman, CRI-O,
# Docker, LXC, Incus. Four systems as they should be, and each with one thing that is not. What only a
# running system can tell is in tests/tool/consumers_system.t.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
umask 022
. "$(dirname "$0")/../lib/systems.sh"
# quoted PATH: as a sentence has it, if there is a blank in it.
quoted() { [[ $1 == *' '* ]] && echo "\"$1\"" || echo "$1"; }

# program NAME [LIBRARY]: an executable, linked with a library.
program() {
        mkdir -p "$root/usr/bin"
        printf '\177ELF...\0%s\0...' "${2-libc.so.6}" >"$root/usr/bin/$1"
        chmod 755 "$root/usr/bin/$1"
}

# pod UID START [COUNT]: one that the kubelet has on record.
pod() {
        local map="[{\"hostId\":$2,\"containerId\":0,\"length\":${3-65536}}]"
        mkdir -p "$root/var/lib/kubelet/pods/$1"
        printf '{"uidMappings":%s,"gidMappings":%s}' "$map" "$map" >"$root/var/lib/kubelet/pods/$1/userns"
}

account() { echo "$1:x:${2-998}:${2-998}::/:" >>"$etc/passwd"; }

# config LINE...: what the kubelet is told.
config() {
        mkdir -p "$root/var/lib/kubelet"
        printf '%s\n' 'apiVersion: kubelet.config.k8s.io/v1beta1' 'kind: KubeletConfiguration' "$@" \
                >"$root/var/lib/kubelet/config.yaml"
}

# --- four systems as they should be ---------------------------------------------------------------

# A node of Kubernetes: the account and its line; behind it those of CRI-O and podman.
kubernetes() {
        node
        both kubelet:65536:16384000 containers:16449536:268435456
        account kubelet
        account containers 997
        elf 2 "$lib/libsubid.so.6"
        program getsubids libsubid.so.6
        program getent
        program crio libsubid.so.6
        config 'cgroupDriver: systemd' 'clusterDNS:' '- 10.96.0.10' 'maxPods: 250' 'logging:' '  flushFrequency: 0' \
                '  options: {json: {infoBufferSize: "0"}}' 'userNamespaces:' '  idsPerPod: 65536' 'evictionHard: {}'
        pod 0c51a0a4-7d4f-4f38-8b5e-5d7ed2f5cc4e 65536
        pod 1a2b3c4d-0000-4f38-8b5e-5d7ed2f5cc4e $((65536 * 250))
        mkdir -p "$root/var/lib/kubelet/pods/9f8e7d6c-0000-4f38-8b5e-5d7ed2f5cc4e/volumes"
}
# Accounts and their lines as useradd makes them, and podman.
desktop() {
        node
        both bob:100000:65536 eve:165536:65536
        account eve 1001
        elf 2 "$lib/libsubid.so.6"
        program podman libsubid.so.6
        program newuidmap libsubid.so.6
        program newgidmap libsubid.so.6
        mkdir -p "$etc/containers"
}
# LXC and Incus, whose containers run as root's.
lxc() {
        node
        both root:100000:65536 root:1000000:10000000 bob:165536:65536
        printf '%s\n' root:1000:1 >>"$etc/subuid"
        program newuidmap
        program newgidmap
        mkdir -p "$etc/lxc" "$root/var/lib/lxc/web" "$root/var/lib/incus"
        printf '%s\n' 'lxc.net.0.type = veth' 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536' \
                >"$etc/lxc/default.conf"
        printf '%s\n' 'lxc.idmap = u 0 100000 1000' 'lxc.idmap=u 1000 1000 1' 'lxc.idmap = u 1001 101001 64535' \
                'lxc.idmap = g 0 1000000 65536' >"$root/var/lib/lxc/web/config"
}
# podman as root with --userns=auto, Docker with userns-remap.
engines() {
        node
        account containers
        account dockremap 997
        both containers:200000:268435456 dockremap:100000:65536
        elf 2 "$lib/libsubid.so.6"
        program podman libsubid.so.6
        mkdir -p "$etc/docker"
        echo '{"userns-remap": "default", "exec-opts": ["native.cgroupdriver=systemd"]}' >"$etc/docker/daemon.json"
}

kubernetes
is "$(check; echo $?)" 0 'a node of Kubernetes: nothing is said'
desktop
is "$(check; echo $?)" 0 'a desktop'
lxc
is "$(check; echo $?)" 0 'a host of LXC and Incus'
engines
is "$(check; echo $?)" 0 'a host of podman and Docker'
is "$(check -q; echo $?)$(check --quiet; echo $?)" 00 'nor with --quiet'

# --- the kubelet ----------------------------------------------------------------------------------

kubernetes
both containers:16449536:268435456
like "$(check)" "/etc/subuid: error: the kubelet does not start: it has an account, and no line; run 'subuidctl add kubelet --pods 250 --root $shown_root'" 'the account without a line'
is "$(check -q; echo $?)" 2 'with --quiet the status tells'
has 'subuid error kubelet-lines' 'which is said once'
kubernetes
both containers:16449536:268435456
config 'maxPods: 55' 'userNamespaces:' '  idsPerPod: 131072'
like "$(check)" '; write kubelet:START:7208960 into both files, START a multiple of 131072 that is free$' 'pods with more IDs than the command gives'
kubernetes
sed -i /kubelet/d "$etc/subgid"
has 'subuid:1 error no-gids' 'none for groups, as of any other owner'
kubernetes
printf '%s\n' kubelet:327680000:65536 | tee -a "$etc/subuid" >>"$etc/subgid"
has 'subgid:3 error kubelet-lines
subuid:3 error kubelet-lines' 'two lines in both files'
kubernetes
printf '%s\n' kubelet:65536:16384000 998:327680000:65536 containers:16449536:268435456 | tee "$etc/subgid" >"$etc/subuid"
has 'subgid:1 error kubelet-lines
subgid:2 warning two-owners
subuid:1 error kubelet-lines
subuid:2 warning two-owners' 'a second one by the number of the account'
kubernetes
sed -i s/kubelet/998/ "$etc"/sub?id
has '' 'one line by the number'
kubernetes
sed -i s/16384000/16449536/ "$etc/subgid"
sed -i s/16449536:268435456/16515072:268369920/ "$etc"/sub?id
has 'subgid:1 error kubelet-mismatch' 'another line for groups'

# line START COUNT: the kubelet's one.
line() {
        kubernetes
        both "kubelet:$1:$2"
}
line 100000 16384000
rm -r "$root/var/lib/kubelet/pods"
has 'subuid:1 error kubelet-start' 'a start that is no multiple of idsPerPod'
line 65536 16384000
config 'maxPods: 100' 'userNamespaces:' '  idsPerPod: 131072'
rm -r "$root/var/lib/kubelet/pods"
has 'subuid:1 error kubelet-start' 'another one'
line 0 16384000
rm -r "$root/var/lib/kubelet/pods"
like "$(check)" 'error: the kubelet does not start: the line begins below 65536' 'a start of 0'
line 65536 16384001
has 'subuid:1 error kubelet-count' 'a count that is no multiple'
line 65536 16318464
rm -r "$root/var/lib/kubelet/pods"
has 'subuid:1 error kubelet-pods' 'one pod too few'
line 65536 7208960
rm -r "$root/var/lib/kubelet/pods"
like "$(check)" 'too low for 250 pods .*; make it 16384000, in both files$' 'which it can have where it is'
both kubelet:65536:7208960 containers:7274496:268435456
like "$(check)" "too low for 250 pods .*; remove the line, then run 'subuidctl add kubelet --pods 250 " 'not where the next line is in the way'
line 65536 16318464
rm -r "$root/var/lib/kubelet/pods"
config 'maxPods: 249'
has '' 'and not'
line 65536 7208960
rm -r "$root/var/lib/kubelet/pods"
config
has '' '110 pods, if nothing else is said'
line 65536 7143424
rm -r "$root/var/lib/kubelet/pods"
config 'maxPods: 0'
has 'subuid:1 error kubelet-pods' '0 is 110, too'
line 2147418112 2147483648
rm -r "$root/var/lib/kubelet/pods"
has '' 'up to the last IDs but one pod'
line 2147483648 2147483648
rm -r "$root/var/lib/kubelet/pods"
like "$(check)" '/etc/subuid:1: error: a pod cannot start with the last IDs, up to 4294967295: the line has to end at 4294901759 or before; remove the line, then run .subuidctl add kubelet --pods 250 --root ' \
        'in words'
has 'subgid:1 warning excluded-id
subuid:1 warning excluded-id
subuid:1 error kubelet-end' 'the last IDs of all'

# The configuration.
# told WANTED WHAT LINE...: a line that is enough for 110 pods, and a configuration.
told() {
        line 131072 7208960
        rm -r "$root/var/lib/kubelet/pods"
        config "${@:3}"
        has "$1" "$2"
}
few='subuid:1 error kubelet-pods'
told '' 'maxPods' 'maxPods: 110'
told "$few" 'one more' 'maxPods: 111'
told "$few" 'in quotation marks, with a comment' '"maxPods": 111 # more'
told "$few" 'up to the end of the document' 'maxPods: 111' '# maxPods: 1' '---' 'maxPods: 1'
told "$few" 'between other things' 'featureGates:' '  maxPods: true' 'text: |' '  maxPods: 1' 'maxPods: 111' 'other:' '  maxPods: 1'
told '' 'null' 'maxPods: null' 'userNamespaces: ~'
told "$few" 'an object without members' 'userNamespaces: {}' 'maxPods: 111'
told "$few" 'blanks in front of the colon' '"maxPods"  : 111'
told "$few" 'IDs of a pod' 'userNamespaces:' '    # twice' '    idsPerPod: 131072'
told '' 'IDs of something else' 'other:' '  idsPerPod: 131072' 'userNamespaces:' '  other:' '    idsPerPod: 131072'
told '/var/lib/kubelet/config.yaml error kubelet-ids' 'IDs of a pod that are no multiple of 65536' 'userNamespaces:' '  idsPerPod: 100000'
json() {
        line 131072 7208960
        rm -r "$root/var/lib/kubelet/pods"
        echo "$1" >"$root/var/lib/kubelet/config.yaml"
}
json $'# by hand\n---\nkind: KubeletConfiguration\nmaxPods: 111'
has "$few" 'behind a comment and the line of a document'
json '{"kind": "KubeletConfiguration", "maxPods": 111}'
has "$few" 'as JSON'
json '{"kind": "KubeletConfiguration", "maxPods": 55, "userNamespaces": {"idsPerPod": 131072}}'
has '' 'IDs of a pod in JSON'
json '{"kind": "KubeletConfiguration", "maxPods": 56, "userNamespaces": {"idsPerPod": 131072}}'
has "$few" 'and one pod more'
json $'\xef\xbb\xbfkind: KubeletConfiguration\nmaxPods: 111'
has "$few" 'behind the mark of UTF-8'
json '{"kind": "Config", "maxPods": 111}'
has '' 'another kind of file'
json '{"kind": "Config"}'
mkdir -p "$etc/kubernetes"
printf '%s\n' 'kind: KubeletConfiguration' 'maxPods: 111' >"$etc/kubernetes/kubelet.conf"
has "$few" 'where OpenShift has it'
for name in k3s rke2; do
        json '{"kind": "Config"}'
        mkdir -p "$root/var/lib/rancher/$name/agent/etc/kubelet.conf.d"
        echo 'maxPods: 1' >"$root/var/lib/rancher/$name/agent/etc/kubelet.conf.d/00-defaults.conf"
        echo 'maxPods: 111' >"$root/var/lib/rancher/$name/agent/etc/kubelet.conf.d/50-pods.conf"
        has "$few" "in the drop-ins of $name"
done
# unread WHY WHAT LINE...: it is said, and the usual numbers are taken.
unread() {
        line 131072 7208960
        rm -r "$root/var/lib/kubelet/pods"
        config "${@:3}"
        is "$(check; echo $?)" "subuidctl: $root/var/lib/kubelet/config.yaml: $1: not read; the kubelet is taken to have 110 pods (maxPods) of 65536 IDs (idsPerPod)
0" "$2"
}
unread 'neither JSON nor plain YAML' 'an object in one line' 'userNamespaces: {idsPerPod: 131072}'
unread 'neither JSON nor plain YAML' 'an alias' 'maxPods: *pods'
unread 'neither JSON nor plain YAML' 'a number of several lines' 'maxPods: >-' '  111'
unread 'neither JSON nor plain YAML' 'what is no key' 'maxPods'
unread 'neither JSON nor plain YAML' 'members that stand elsewhere' '<<: {maxPods: 111}'
unread 'neither JSON nor plain YAML' 'IDs of a pod that do' 'userNamespaces:' '  <<: *pods'
unread 'a number is none' 'a number with a sign' 'maxPods: -1'
unread 'a number is none' 'a large number' 'maxPods: 4294967296'
unread 'a number is none' 'a hexadecimal number' 'maxPods: 0x100'
unread 'a number is none' 'an octal number' 'maxPods: 0157'
unread 'a number is none' 'a text' 'userNamespaces:' '  idsPerPod: many'
json $'  kind: KubeletConfiguration\n  maxPods: 111'
like "$(check)" 'neither JSON nor plain YAML: not read' 'keys that stand further in from the first one on'
json '{"kind": "KubeletConfiguration", "maxPods": 1, "maxPods": 111}'
like "$(check)" 'neither JSON nor plain YAML: not read' 'JSON that says it twice'
json ''
rm "$root/var/lib/kubelet/config.yaml"
mkfifo "$root/var/lib/kubelet/config.yaml"
like "$(check)" 'no regular file: not read' 'a FIFO'

# Programs.
kubernetes
rm "$root/usr/bin/getsubids"
has 'kubelet error kubelet-getsubids' 'no getsubids'
kubernetes
chmod 644 "$root/usr/bin/getsubids"
has 'kubelet error kubelet-getsubids' 'one that nobody may run'
kubernetes
mkdir -p "$root/usr/local/sbin" "$root/usr/games"
mv "$root/usr/bin/getsubids" "$root/usr/local/sbin"
has '' 'elsewhere in the PATH'
kubernetes
mkdir -p "$root/usr/games"
mv "$root/usr/bin/getsubids" "$root/usr/games"
has 'kubelet error kubelet-getsubids' 'not in the PATH'
kubernetes
rm "$root/usr/bin/getent"
has 'kubelet warning kubelet-getent' 'no getent'

# Files that the shadow that is installed refuses; before 4.20 it did not.
kubernetes
printf '#' >>"$etc/subuid"
has 'subuid:3 error no-newline' 'no newline at the end: not also that there is no line'
kubernetes
printf '#\0\n' >>"$etc/subgid"
has 'subgid:3 error nul-byte' 'a NUL byte'
kubernetes
printf '#' >>"$etc/subuid"
mv "$lib/libsubid.so.6" "$lib/libsubid.so.5"
has 'subuid:3 warning no-newline' 'older: a warning'
kubernetes
sed -i '1s/$/\r/' "$etc/subuid"
has 'subuid:1:23 error no-range' 'CRLF'
kubernetes
sed -i '1s/$/:/' "$etc/subgid"
has 'subgid:1:23 error no-range' 'a fourth field'

# Pods on record.
outside='/var/lib/kubelet/pods error kubelet-record'
kubernetes
pod b $((65536 * 251))
like "$(check)" '/var/lib/kubelet/pods: error: the kubelet does not start: pods have IDs that are not of its line: b .16449536-16515071.; give it back' 'in words'
has "$outside" 'a pod behind the line'
line 131072 16384000
has "$outside" 'one in front of it'
kubernetes
pod b 131072 131072
has "$outside" 'one of more IDs'
kubernetes
pod b 65536
has "$outside" 'one with the IDs of another'
kubernetes
pod b 131073
has "$outside" 'one that begins within those of a pod'
kubernetes
pod b 131072
sed -i 's/"gidMappings":.{"hostId":131072/"gidMappings":[{"hostId":196608/' "$root/var/lib/kubelet/pods/b/userns"
has "$outside" 'one with other GIDs'
kubernetes
pod b 131072
sed -i 's/"containerId":0/"containerId":1/g' "$root/var/lib/kubelet/pods/b/userns"
has "$outside" 'one that is not root inside'
kubernetes
pod b 131072
echo >"$root/var/lib/kubelet/pods/b/userns"
is "$(check; echo $?)" "subuidctl: $(quoted "$root/var/lib/kubelet/pods/b/userns"): not read: not the JSON that is expected
0" 'a record that is none'
kubernetes
for i in 1 2 3 4 5; do pod "b$i" $((65536 * (251 + i))); done
like "$(check)" ': b1 .16515072-16580607., b2 .*, b3 .* and 2 more;' 'many of them'
line 100000 16384000
has 'subuid:1 error kubelet-start' 'where the line is wrong that is said'

# The line of docs/containers.md beside that of the first user.
kubernetes
rm -r "$root/var/lib/kubelet/pods"
config
both bob:100000:65536 "$(sed -n 's/^ *\(kubelet:196608:.*\)/\1/p' docs/containers.md)"
has '' 'behind the range of the first user'

# Without the account.
kubernetes
sed -i /kubelet/d "$etc/passwd"
has 'subuid:1 warning kubelet-unused' 'a line that is not used'
kubernetes
sed -i /kubelet/d "$etc/passwd"
rm -r "$root/var/lib/kubelet/pods"
has 'subuid:1 warning kubelet-unused' 'with a configuration alone'
kubernetes
sed -i /kubelet/d "$etc/passwd"
rm -r "$root/var/lib/kubelet"
has '' 'nor is a kubelet there'
bare() {
        kubernetes
        sed -i /kubelet/d "$etc/passwd" "$etc/subuid" "$etc/subgid"
        rm -r "$root/var/lib/kubelet/pods"
}
bare
pod a 65536
has '/var/lib/kubelet/pods warning pods-unnamed' 'nor a line: a pod with IDs of no range'
bare
pod a 16449536
like "$(check)" "somebody else's among them: a .16449536-16515071 of containers.; drain the node, run .subuidctl add kubelet --pods 250" 'in words'
has '/var/lib/kubelet/pods error pods-misnamed' "one with somebody else's"
bare
has '' 'no pod'

# --- podman, CRI-O --------------------------------------------------------------------------------

engines
sed -i /^containers/d "$etc/passwd"
has 'subuid:1 error containers-account' 'podman of shadow 4.20, and no account containers'
engines
sed -i /^containers/d "$etc/passwd"
program podman libsubid.so.5
has '' 'of an older one'
engines
sed -i /^containers/d "$etc/passwd"
rm "$root/usr/bin/podman"
has '' 'no podman'
engines
sed -i /^containers/d "$etc/passwd"
sed -i /^containers/d "$etc"/sub?id
has '' 'no line'
kubernetes
sed -i /^containers/d "$etc/passwd"
has 'subuid:2 error containers-account' 'CRI-O'

# --- Docker ---------------------------------------------------------------------------------------

# remap VALUE
remap() {
        engines
        echo "{\"userns-remap\": \"$1\"}" >"$etc/docker/daemon.json"
}
engines
sed -i /dockremap/d "$etc"/sub?id
has 'docker/daemon.json error docker-remap' 'userns-remap, and no lines'
engines
sed -i /dockremap/d "$etc/subgid"
has 'subuid:2 error no-gids' 'none for groups, as of any other owner'
engines
sed -i s/dockremap/997/ "$etc"/sub?id
has '' 'lines by number'
engines
sed -i /dockremap/d "$etc"/sub?id "$etc/passwd"
has '' 'what Docker makes by itself'
remap containers
has '' 'an account of choice'
remap 998:998
has '' 'its number, with a group'
remap root
has '' 'root, with whom Docker maps nothing'
remap default:default
sed -i /dockremap/d "$etc"/sub?id "$etc/passwd"
has '' 'what it makes by itself, with a group'
remap bob:bob
like "$(check)" "Docker does not start: userns-remap names bob, who has no line in /etc/subuid; run 'subuidctl add bob --root" 'in words'
has 'docker/daemon.json error docker-remap' 'one without lines'
remap mallory
has 'docker/daemon.json error docker-remap' 'one that is none'
for name in 4000 'a b' -b ''; do
        remap "$name:bob"
        like "$(check)" 'which is no account; name an account there, or "default"$' "one that useradd does not take: '$name'"
done
remap mallory
echo mallory:1000000000:65536 | tee -a "$etc/subuid" >>"$etc/subgid"
like "$(check)" "which is no account; run 'useradd [^']*mallory'\$" 'one that has lines already'
remap ''
has '' 'none'
engines
sed -i /dockremap/d "$etc"/sub?id
echo '{}' >"$etc/docker/daemon.json"
has '' 'no such setting'
engines
echo '{"userns-remap": "mallory",}' >"$etc/docker/daemon.json"
is "$(check; echo $?)" "subuidctl: $(quoted "$root/etc/docker/daemon.json"): not read: not the JSON that is expected
0" 'a file that is no JSON'

# --- LXC, Incus -----------------------------------------------------------------------------------

lxc
echo 'lxc.idmap = u 0 100000 65537' >"$etc/lxc/default.conf"
like "$(check)" "/etc/lxc/default.conf:1: error: a container does not start: it maps the UIDs 100000-165536, which are not all root's in /etc/subuid; map IDs that are root's\$" "in words: the next one is another's"
sed -i /bob/d "$etc"/sub?id
like "$(check)" "; add the line root:165536:1 to both files, sorted by its start\$" 'or is free'
sed -i 1aroot:165536:1 "$etc/subgid"
like "$(check | head -n 1)" "; add the line root:165536:1 to /etc/subuid, sorted by its start\$" 'and is his as a GID'
lxc
echo 'lxc.idmap = u 0 100000 65537' >"$etc/lxc/default.conf"
mkdir "$root/var/lib/lxc/"$'e\e[31mvil'
cp "$etc/lxc/default.conf" "$root/var/lib/lxc/"$'e\e[31mvil/config'
is "$(check | grep -c '^/var/lib/lxc/e?\[31mvil/config:1: error: ')" 1 'a file whose name is for the terminal'
rm -r "$root/var/lib/lxc/"$'e\e[31mvil'
has 'lxc/default.conf:1 error lxc-map' 'one ID too many'
lxc
echo 'lxc.id_map = b 0 2000000000 65536' >"$root/var/lib/lxc/web/config"
has '/var/lib/lxc/web/config:1 error lxc-map' 'a container of other IDs, by the old name of the key'
lxc
echo 'lxc.idmap = b 0 2000000000 65536' >"$etc/lxc/default.conf"
both bob:300000:65536
like "$(check)" "root's in /etc/subuid; add the line root:2000000000:65536 to both files" 'a start that add does not take'
lxc
echo 'lxc.idmap = b 0 4294901761 65536' >"$etc/lxc/default.conf"
like "$(check)" "; map IDs that are root's\$" 'IDs that there are not'
lxc
echo 'lxc.idmap = g 1000 1000 1' >>"$root/var/lib/lxc/web/config"
has '/var/lib/lxc/web/config:5 error lxc-map' "a group that is not root's"
lxc
printf '%s\n' 'lxc.idmap = u 0 2000000000 65536' ' lxc.idmap=' 'lxc.idmap = b 0 100000 65536' >"$etc/lxc/default.conf"
has '' 'a line that takes back those before it'
lxc
printf '%s\n' 'lxc.idmap =' 'lxc.idmap = u 0 2000000000 65536' >"$etc/lxc/default.conf"
has 'lxc/default.conf:2 error lxc-map' 'but not those behind it'
lxc
sed -i s/^root/0/ "$etc"/sub?id
has '' 'lines by number'
lxc
both root:100000:1000 0:101000:64536 root:1000000:10000000
echo root:1000:1 >>"$etc/subuid"
like "$(found)" 'two-owners' 'of two names'
is "$(found | grep lxc)" '' 'together they hold all'
lxc
rm "$root/usr/bin/newgidmap"
echo 'lxc.idmap = u 0 2000000000 65536' >"$etc/lxc/default.conf"
has '' 'without newgidmap nobody asks'
lxc
rm -r "$etc/lxc" "$root/var/lib/lxc"
sed -i /root/d "$etc"/sub?id
has 'subuid error incus-root' 'Incus, and no line of root'
lxc
rm -r "$etc/lxc" "$root/var/lib/lxc"
both root:1000:1 root:100000:65535
like "$(check)" 'root has no line of 65536 IDs or more; write root:START:10000000 into both files' 'Incus, and two that are too short for it'
lxc
rm -r "$etc/lxc" "$root/var/lib/lxc"
both root:100000:65536
has '' 'one that is not'
lxc
rm -r "$etc/lxc" "$root/var/lib/lxc"
sed -i s/^root/0/ "$etc"/sub?id
has '' 'lines by number'
lxc
rm -r "$etc/lxc" "$root/var/lib/lxc"
sed -i /root/d "$etc"/sub?id
mv "$root"/var/lib/{incus,lxd}
like "$(check)" 'LXD makes no unprivileged container: root has no line' 'LXD'

done_testing
