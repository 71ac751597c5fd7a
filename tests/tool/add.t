#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl add" and "remove" below a folder of its own: which range it is, and what is refused.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
umask 022
scratch=$top/$(mktemp -d build/add.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
etc=$root/etc

system() {
        rm -rf "$root"
        mkdir -p "$etc"
        printf '%s\n' root:x:0:0::/: bob:x:1000:1000::/: >"$etc/passwd"
        printf '%s\n' root:x:0: bob:x:1000: >"$etc/group"
        printf '%s\n' 'passwd: files subuid' 'group: files subuid' >"$etc/nsswitch.conf"
        both 'bob:100000:65536'
}
both() { printf '%s\n' "$@" | tee "$etc/subuid" >"$etc/subgid"; }
# result COMMAND...: what it prints to standard error, and its exit status.
result() {
        { build/subuidctl "$1" --root "$root" "${@:2}" >/dev/null; } 2>&1
        echo $?
}
# adds LINE WHAT ARGUMENT...: this line is added to both files; then the system is a new one.
adds() {
        local status
        status=$(result add "${@:3}")
        is "$status $(tail -n 1 "$etc/subuid") $(tail -n 1 "$etc/subgid")" "0 $1 $1" "$2"
        system
}
# refuses MESSAGE WHAT ARGUMENT...: in front of the message stands the name, of files the root.
refuses() {
        local before status
        before=$(cat "$etc/subuid" "$etc/subgid" | tr '\0' '?')
        status=$(result "${@:3}")
        is "$status" "$(sed "s|^|subuidctl: |; s|@|$root/etc/|g" <<<"$1")
1" "$2"
        is "$(cat "$etc/subuid" "$etc/subgid" | tr '\0' '?')" "$before" "$2: nothing is changed"
        system
}

system
adds joe:196608:65536 'the first multiple that is free, behind the first user' joe
both eve:900000:1
adds joe:196608:65536 'also where there is none yet' joe
adds kubelet:196608:7208960 'the kubelet: 110 pods' kubelet
mkdir -p "$root/var/lib/kubelet"
printf '%s\n' 'kind: KubeletConfiguration' 'maxPods: 250' >"$root/var/lib/kubelet/config.yaml"
adds kubelet:196608:16384000 'as many as it is told of' kubelet
adds kubelet:196608:131072 'two pods' kubelet --pods 2
mkdir -p "$root/var/lib/kubelet"
printf '%s\n' 'kind: KubeletConfiguration' 'userNamespaces:' '  idsPerPod: 131072' >"$root/var/lib/kubelet/config.yaml"
refuses "$root/var/lib/kubelet/config.yaml: idsPerPod is 131072, and a pod gets 65536 here; see what 'subuidctl check' advises" \
        'with more IDs for each the kubelet would not start' add kubelet --pods 2
adds joe:65536:1 'a start that is asked for' joe --count 1 --start 65536
adds joe@example.com:196608:70000 'an owner of a directory, another count' joe@example.com --count 70000
echo 'SUB_UID_COUNT 1000' >"$etc/login.defs"
adds joe:196608:1000 'SUB_UID_COUNT' joe
printf 'SUB_UID_MIN 524288\nSUB_GID_MIN 524288\n' >"$etc/login.defs"
adds joe:589824:65536 'SUB_UID_MIN, behind the first user' joe
ln -s login.defs "$etc/login.defs"
is "$(result add joe)" "subuidctl: $etc/login.defs: not checked: Too many levels of symbolic links
0" 'a login.defs that cannot be read is told of, once'
system
printf 'UID_MAX 300000\n' >"$etc/login.defs"
adds joe:327680:65536 'behind the IDs of accounts' joe
both bob:100000:65536 eve:0x30000:65536 '#' bad
adds joe:262144:65536 'behind a line in another spelling' joe
both bob:100000:65536 eve:200000:65536: '#eve:300000:65536'
adds joe:327680:65536 'behind one that shadow 4.13 honours, but no comment' joe
both bob:100000:65536 eve:200000:4294967295
refuses 'no 65536 IDs in a row are free' 'nor where such a one ends beyond the last ID' add joe
both bob:100000:65536 $'eve:200000:65536\r'
refuses '@subuid:2: 262144-265535: a range of eve
@subgid:2: 262144-265535: a range of eve
joe:262144:65536: not added' 'nor at the start of one that only wants mending' add joe --start 262144
both bob:100000:65536
mkdir "$etc/nss-subuid"
echo eve:200000:1 >"$etc/nss-subuid/subgid"
adds joe:262144:65536 'behind an imported line' joe
echo eve:x:200000: >>"$etc/group"
adds joe:262144:65536 'behind a group' joe
echo "${prefix}200000:x:1001:1::/:" >>"$etc/passwd"
adds joe:262144:65536 'behind an ID after which an account is named' joe
echo "staff:x:50:${prefix}200000" >>"$etc/group"
adds joe:262144:65536 'behind one that is a member' joe
mkdir -p "$root/var/lib/extrausers"
echo eve:x:200000:1::/: >"$root/var/lib/extrausers/passwd"
sed -i '1s/subuid/extrausers &/' "$etc/nsswitch.conf"
adds joe:262144:65536 'behind an account of extrausers' joe
mkdir -p "$etc/userdb"
: >"$etc/userdb/200000.user"
adds joe:262144:65536 'behind a record of userdb' joe
for service in sss winbind authd himmelblau; do
        echo "passwd: files $service subuid" >"$etc/nsswitch.conf"
        mkdir -p "$etc/sssd" "$etc/samba" "$etc/authd" "$etc/himmelblau"
        printf '%s\n' '[domain/x]' 'id_provider = ad' 'ldap_idmap_range_min = 200000' 'ldap_idmap_range_max = 300000' >"$etc/sssd/sssd.conf"
        printf '%s\n' '[global]' 'idmap config * : range = 200000-300000' >"$etc/samba/smb.conf"
        printf '%s\n' 'UID_MIN: 200000' 'UID_MAX: 300000' >"$etc/authd/authd.yaml"
        printf '%s\n' '[global]' 'idmap_range = 200000-300000' >"$etc/himmelblau/himmelblau.conf"
        adds joe:327680:65536 "behind the map of $service" joe
done
mkdir -p "$etc/sssd"
echo 'passwd: files sss subuid' >"$etc/nsswitch.conf"
printf '%s\n' '[domain/x]' 'id_provider = ad' 'ldap_idmap_range_max = -1' >"$etc/sssd/sssd.conf"
echo 'UID_MAX -1' >"$etc/login.defs"
both eve:300000:65536
refuses 'no 7000000 IDs in a row are free' 'nor in a map that ends behind the last ID' add joe --count 7000000
system
both big:131072:2147200000
adds joe:2147418112:65536 "behind systemd's foreign IDs" joe
both big:131072:4294000000
adds joe:4294180864:720896 'the last ones' joe --count 720896
both big:131072:4294000000
refuses 'no 720897 IDs in a row are free' 'not in the last 65536' add joe --count 720897
both root:1000000:1000000000 "$(seq -f 'u%.0f:' 12 | awk '{ print $0 100000 + 65536 * (NR - 1) ":65536" }')"
adds joe:1001062400:65536 'the last room of useradd is left to it' joe
adds joe:600113152:600000000 'and some of all that it has' joe --count 600000000
mkdir -p "$root/usr/bin"
: >"$root/usr/bin/systemd-nspawn"
both big:524288:1600000000
adds joe:1879048192:100000000 'and to systemd-nspawn' joe --count 100000000

printf 'bob:100000:65536' | tee "$etc/subuid" >"$etc/subgid"
build/subuidctl add joe --root "$root" --dry-run >"$scratch/diff"
is "$(cat "$etc/subuid")" bob:100000:65536 '--dry-run changes nothing'
patch -s -p1 -d "$root" <"$scratch/diff"
cp "$etc/subuid" "$etc/subgid" "$scratch"
printf 'bob:100000:65536' | tee "$etc/subuid" >"$etc/subgid"
build/subuidctl add joe --root "$root" | cmp - "$scratch/diff" && cmp "$etc/subuid" "$scratch/subuid" && cmp "$etc/subgid" "$scratch/subgid"
ok $? 'patch(1) takes what it prints; the last line gets its newline'
is "$(result add joe)$(build/subuidctl add joe --root "$root")" "0$root/etc/subuid: nothing to do
$root/etc/subgid: nothing to do" 'once more: nothing to do'
sed -i /joe/d "$etc/subuid"
is "$(result add joe) $(tail -n 1 "$etc/subuid")" '0 joe:196608:65536' 'the missing half is added'
is "$(build/subuidctl remove joe --root "$root" --dry-run | patch -s -p1 -d "$root" && cat "$etc/subuid" "$etc/subgid")" 'bob:100000:65536
bob:100000:65536' 'remove --dry-run'
both joe:196608:65536 joel:1:1 '#joe:1:1' joe joe:bad 'bob:100000:65536'
is "$(result remove joe) $(cat "$etc/subuid")" '0 joel:1:1
#joe:1:1
joe
bob:100000:65536' 'remove: all lines that begin with just this owner'
system

refuses '@subuid:1: bob has a line: bob:100000:65536' 'who has a line gets no other' add bob --count 1
refuses '@subuid:1: a line of the same account as 1000: bob:100000:65536' 'nor by his number' add 1000
both $'joe:300000:65536\r'
refuses '@subuid:1: joe has a line, which is no range: joe:300000:65536?' 'who has a line that is none yet' add joe
both kubelet:100000:65536
refuses '@subuid:1: kubelet has a line: kubelet:100000:65536' 'the kubelet with one that it refuses' add kubelet --pods 1
both joe:196608:65536
echo joe:262144:65536 >"$etc/subgid"
refuses '@subgid:1: joe has a line: joe:262144:65536' 'who has two different ones' add joe
: >"$etc/subuid"
echo joe:0X0:65536 >"$etc/subgid"
refuses '@subgid:1: joe has a line: joe:0X0:65536' 'who has one from 0 on in one of them' add joe
refuses '@subuid:1: 131072-165535: a range of bob
@subgid:1: 131072-165535: a range of bob
joe:131072:65536: not added' 'a start where others are' add joe --start 131072
refuses '2147352576-2147418111: systemd'\''s foreign IDs
joe:2147352576:65536: not added' 'a start that is the system'\''s' add joe --start 2147352576
refuses '4294967295: "-1"
4294901760-4294967295: the last 65536 numbers, one of which is no ID
joe:4294901760:65536: not added' 'the last one' add joe --start 4294901760
refuses '--start 100000: no multiple of 65536' 'a start that is no multiple' add joe --start 100000
for owner in '' a:b '#a' +a -- 'a b' $'a\nb' $'\xc3\xab' "$(printf '%1020s' '' | tr ' ' o)"; do
        like "$(result add --count 1 -- "$owner")" 'subuidctl: .*: cannot be an owner
1$' "no owner: $(printf %q "${owner:0:20}")"
done
for number in 0 -1 x 1k 4294967296 99999999999999999999 ''; do
        like "$(result add joe --count "$number")" "^subuidctl: --count .*: no number from 1 to 4294967295
1$" "no count: $number"
done
refuses '--count and --pods are two ways to say the same' 'both' add joe --count 1 --pods 1
refuses '65537 IDs: the kubelet takes multiples of 65536 only' 'no whole pods' add kubelet --count 65537
refuses '4294967296 IDs: no number from 1 to 4294967295' 'too many pods' add joe --pods 65536
printf 'bob:1\0' >>"$etc/subgid"
refuses '@subgid: a NUL byte, behind which newuidmap reads nothing; remove it' 'a NUL byte' add joe
echo 'subid: sss' >>"$etc/nsswitch.conf"
echo joe:x:1001:1::/: >>"$etc/passwd"
refuses '@nsswitch.conf:3: with subid: sss, newuidmap passes over the files, and joe is a user; give the range in the directory' \
        'a user whose range the directory has' add joe
both :1:1 a:b:1
refuses '"": cannot be an owner' 'remove: no text' remove ''
both :1:1 a:b:1
refuses 'a:b: cannot be an owner' 'remove: an owner and more' remove a:b
refuses 'joe: has no line in @subuid or @subgid' 'remove: who has no line' remove joe

done_testing
