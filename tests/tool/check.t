#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl check" on systems below --root: each finding on one that has it, and nothing on a node as
# it should be. What only a running system can tell is in tests/tool/check_system.t.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
umask 022
. "$(dirname "$0")/../lib/systems.sh"

node
is "$(check; echo $?)" 0 'a node as it should be: nothing is said'
is "$(check -J | tr -d ' \n'; echo $?)" '{"findings":[]}0' 'in JSON too'
# openSUSE's C library reads its own file where /etc has none.
mkdir "$root/usr/etc"
mv "$etc/nsswitch.conf" "$root/usr/etc"
is "$(check; echo $?)" 0 'with nsswitch.conf in /usr/etc too'
sed -i '1s/ subuid//' "$root/usr/etc/nsswitch.conf"
has '/usr/etc/nsswitch.conf:1 error not-enabled' 'where it lacks the word'

# --- range files ----------------------------------------------------------------------------------

printf 'bob:1:65536\r\n' >>"$etc/subuid"
printf '\n#comment\nbob 300000000 65536\n' >>"$etc/subgid"
has 'subgid:4:20 error no-range
subuid:2:12 error no-range' 'lines that are no ranges, with the column'
rm "$etc/subuid" "$etc/subgid"
has 'subgid warning no-ranges
subuid warning no-ranges' 'no range files'
both bob:300000:0
has 'subgid:1 warning empty-range
subuid:1 warning empty-range' 'a count of 0'
both bob:65520:65536
has 'subgid:1 warning excluded-id
subuid:1 warning excluded-id' 'IDs that never get a name'
both 'bob :300000:5'
has 'subgid:1:4 warning odd-owner
subuid:1:4 warning odd-owner' 'a blank in the name of an owner'
# As Incus installs it: useradd finds room for 13 users.
incus() { both root:1000000:1000000000 "$(seq -f 'u%.0f:' "$1" | awk '{ print $0 100000 + 65536 * (NR - 1) ":65536" }')"; }
incus 12
has '' 'room for one more user'
incus 13
has 'subgid:1 warning no-room
subuid:1 warning no-room' 'none'
incus 13
echo SUB_UID_COUNT 48032 >"$etc/login.defs"
has 'subgid:1 warning no-room' 'room for a smaller one'
incus 13
echo 'SUB_UID_COUNT "48032" of them' >"$etc/login.defs"
has 'subgid:1 warning no-room' 'in quotes, as shadow reads it'
incus 13
echo 'SUB_UID_COUNT 48032 # of them' >"$etc/login.defs"
has 'subgid:1 warning no-room
subuid:1 warning no-room' 'with more behind it, which shadow takes for no number'
incus 13
echo SUB_UID_COUNT 48033 >"$etc/login.defs"
has 'subgid:1 warning no-room
subuid:1 warning no-room' 'not for one that is larger by one'
for setting in 'COUNT 0' 'MAX 1001065535'; do
        incus 13
        printf 'SUB_UID_%s\nSUB_GID_%s\n' "$setting" "$setting" >"$etc/login.defs"
        has '' "SUB_UID_$setting: room, or none is wanted"
done
incus 13
echo 'SUB_UID_DETERMINISTIC "Yes"' >"$etc/login.defs"
has '' 'nor where useradd does not search'
incus 13
sed -i 1d "$etc/subuid" "$etc/subgid"
mkdir "$etc/nss-subuid"
printf '%s\n' root:1000000:1000000000 | tee "$etc/nss-subuid/subuid" >"$etc/nss-subuid/subgid"
nsswitch 'passwd: files subuid' 'group: files subuid' 'subid: sss'
has '' 'a line of the directory, which useradd does not read'
both bob:300000:5 1000:400000:5
has 'subgid:2 warning two-owners
subuid:2 warning two-owners' 'the name and the number of one account'
both bob:300000:5 1001:400000:5
has '' 'the number of another account'
both bob:300000:10 eve:300009:2 bob:300010:10
has 'subgid:2 warning overlap
subgid:3 warning overlap
subuid:2 warning overlap
subuid:3 warning overlap' 'IDs of two owners'
both bob:300000:10 bob:300010:10 eve:300020:10
has '' 'ranges side by side'
both bob:300000:10 eve:1000000:1 bob:300009:10
has 'subgid:3 error overlap-of-one
subuid:3 error overlap-of-one' 'IDs twice with one owner'
mkdir "$etc/nss-subuid"
echo 'subid: sss' >>"$etc/nsswitch.conf"
echo eve:200005:5 | tee "$etc/nss-subuid/subuid" >"$etc/nss-subuid/subgid"
is "$(check; echo $?)" '/etc/nss-subuid/subgid:1: warning: 200005-200009 belong to containers, /etc/subgid line 1; give IDs to one owner
/etc/nss-subuid/subuid:1: warning: 200005-200009 belong to containers, /etc/subuid line 1; give IDs to one owner
1' 'across two files, and the status where there are only warnings'
node
echo bob:100000:5 >>"$etc/subuid"
has 'subuid:2 error no-gids' 'an owner without GIDs'
echo bob:100000:5 >>"$etc/subuid"
echo bob:100000:4 >>"$etc/subgid"
has 'subuid:2 warning fewer-gids' 'fewer GIDs than UIDs'
echo bob:100000:5 >>"$etc/subgid"
has 'subgid:2 warning no-uids' 'an owner without UIDs'
both bob:100000:5 bob:100010:5
printf '%s\n' bob:100010:5 bob:100000:5 >"$etc/subgid"
has 'subgid:2 warning not-ascending
subuid:1 warning other-position
subuid:2 warning other-position' 'the same lines in another order'
both bob:300000:5 eve:300005:5
printf '%s\n' bob:400000:5 eve:300005:5 >"$etc/subgid"
has '' 'other numbers'
echo eve:x:200000:200000::/: >>"$etc/passwd"
echo eve:x:200101: >>"$etc/group"
has 'subgid:1 error account
subuid:1 error account' 'accounts inside a range'
echo eve:x:199999:199999::/: >>"$etc/passwd"
echo eve:x:268635456: >>"$etc/group"
has '' 'accounts beside a range'
both root:1000:1
has '' 'one ID alone that is an account'
both root:0:1
has 'subgid:1 error root-id
subuid:1 error root-id' 'root in a range'
both bob:999:1
has 'subgid:1 warning system-ids
subuid:1 warning system-ids' 'an ID of system accounts'
both bob:59999:2
has 'subgid:1 warning login-ids
subuid:1 warning login-ids' 'an ID for accounts to come'
both bob:59999:2
printf '%s\n' '#UID_MAX 70000' 'UID_MAX	59998' ' GID_MAX 59998' >"$etc/login.defs"
has '' 'login.defs says that it is none'
both bob:60706:478 eve:65520:14
has '' 'beside the IDs of systemd'
both bob:65519:1
has 'subgid:1 error dynamic-user
subuid:1 error dynamic-user' 'an ID of DynamicUser='
both bob:524288:1690000000
has '' 'most IDs of systemd-nspawn, which is not installed'
both bob:524288:1690000000
mkdir -p "$root/usr/bin"
: >"$root/usr/bin/systemd-nspawn"
has '' 'not quite so many of them, and it is'
both bob:524288:1700000000
mkdir -p "$root/usr/bin"
: >"$root/usr/bin/systemd-nspawn"
has 'subuid:1 warning nspawn' 'and most of them'

mv "$etc/subuid" "$etc/elsewhere"
ln -s elsewhere "$etc/subuid"
has 'subuid warning symlink' 'a symbolic link'
printf 'containers:200000:268435456' >"$etc/subgid"
has 'subgid:1 warning no-newline' 'no newline at the end'
printf '#\n#\0\n' >>"$etc/subuid"
has 'subuid:3 warning nul-byte' 'a NUL byte'
chmod 640 "$etc/subuid"
mkdir -m 700 "$etc/nss-subuid"
has 'nss-subuid error not-readable
subuid error not-readable' 'files that only some may read'
chmod 664 "$etc/subgid"
has 'subgid error writable' 'a file that others may write'

# --- nsswitch.conf --------------------------------------------------------------------------------

rm "$etc/nsswitch.conf"
has 'nsswitch.conf error not-enabled' 'no nsswitch.conf'
nsswitch 'passwd: files' 'group: files subuid'
like "$(check)" "; run 'subuidctl enable --root $shown_root'\$" 'what to do about it here'
has 'nsswitch.conf:1 error not-enabled' 'no subuid for users'
echo 'hosts: files [NOTFUND=return] dns' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3:15 error mistake' 'a mistake, if in another line'
echo 'sudoers: files [NOTFUND=return]' >>"$etc/nsswitch.conf"
has '' 'a mistake in a line that is not for the C library'
printf 'group: files subuid\npasswd: files subuid' >"$etc/nsswitch.conf"
has 'nsswitch.conf:2 error not-read' 'a last line without a newline'
nsswitch 'passwd: files [UNAVAIL=return] [NOTFOUND=continue] subuid' 'group: files subuid'
has 'nsswitch.conf:1:32 error not-read' 'a second [...]'
nsswitch 'passwd: files' 'group: files subuid' 'passwd: files subuid'
has 'nsswitch.conf:1 warning two-lines' 'two lines for users'
nsswitch 'passwd: files subuid # ours' 'group: files subuid'
has 'nsswitch.conf:1:22 warning comment' 'a comment behind services, whose words are no sources'
nsswitch '# passwd: subuid files # [x]' 'passwd: files subuid' 'group: files subuid'
has '' 'a comment of its own'
nsswitch 'passwd: files subuid subuid' 'group: files subuid'
has 'nsswitch.conf:1:22 warning twice' 'twice'
echo 'shadow: files subuid' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3:15 warning wrong-database' 'for another database'
echo 'initgroups: files subuid' >>"$etc/nsswitch.conf"
has '' 'in a line for initgroups'
for service in altfiles extrausers compat files unheard-of; do
        nsswitch "passwd: subuid $service" "group: $service subuid"
        has 'nsswitch.conf:1:9 warning before-accounts' "in front of $service"
done
for service in sss ldap winbind nis; do
        nsswitch "passwd: files subuid $service" "group: files subuid"
        is "$(check; echo $?)" "subuidctl: $etc/nsswitch.conf:1: note: subuid in front of $service, as a site may choose; run 'subuidctl enable --move --root $shown_root' to move it
0" "in front of $service: a note, no finding"
done
nsswitch 'passwd: files subuid mymachines systemd' 'group: files subuid'
has '' 'in front of services without accounts'
nsswitch 'passwd: files systemd subuid' 'group: files subuid'
has 'nsswitch.conf:1:23 warning behind-systemd' 'behind systemd'
nsswitch 'passwd: files [NOTFOUND=return] subuid' 'group: files [!SUCCESS=return] subuid'
has 'nsswitch.conf:1:15 error behind-return
nsswitch.conf:2:14 error behind-return' 'behind [NOTFOUND=return]'
nsswitch 'passwd: files [SUCCESS=continue] subuid' 'group: files [!NOTFOUND=continue] subuid systemd' 'initgroups: files [SUCCESS=continue] subuid'
has 'nsswitch.conf:1:15 error behind-continue
nsswitch.conf:2:14 error behind-continue' 'behind [SUCCESS=continue]'
nsswitch 'passwd: files [UNAVAIL=return] subuid [NOTFOUND=return]' 'group: files subuid'
has '' 'behind another [...]'
nsswitch 'passwd: files subuid' 'group: files [SUCCESS=merge] subuid systemd'
has 'nsswitch.conf:2:30 error merge' 'in the middle of a line that merges'
nsswitch 'passwd: files subuid' 'group: files [SUCCESS=merge] subuid [SUCCESS=merge] systemd'
has '' 'merging on behind it'

nsswitch 'passwd: files subuid [NOTFOUND=return] systemd' 'group: files subuid [!NOTFOUND=continue] systemd'
has 'nsswitch.conf:1:22 error own-action
nsswitch.conf:2:21 error own-action' 'an action of its own that hides it, or what is behind it'
nsswitch 'passwd: files subuid subuid [NOTFOUND=return] systemd' 'group: files subuid'
has 'nsswitch.conf:1:29 error own-action' 'one of a second word'
printf 'passwd: files\0 subuid\ngroup: files subuid\n' >"$etc/nsswitch.conf"
has 'nsswitch.conf:1:14 error not-read
nsswitch.conf:1 error not-enabled' 'a NUL byte'
printf 'passwd\0: away\n' >>"$etc/nsswitch.conf"
has '' 'one behind the name of a database, which makes it no line'
nsswitch 'passwd: files subuid systemd' 'group: files systemd subuid'
mkdir -p "$etc/userdb"
: >"$etc/userdb/200007.user"
has 'nsswitch.conf:1:15 error before-systemd
nsswitch.conf:2:22 warning behind-systemd' 'in front of systemd, which has a record of a user inside a range, and behind it without one'
nsswitch 'passwd: compat' 'group: compat' 'passwd_compat: subuid' 'group_compat: subuid'
has 'nsswitch.conf:1 error not-enabled
nsswitch.conf:4:15 error compat' 'in a line for compat: nobody asks it there without "+"; for groups it crashes programs'
nsswitch 'passwd: compat' 'group: compat subuid' 'passwd_compat: subuid'
echo '+::::::' >>"$etc/passwd"
has '' 'for users compat asks it'
nsswitch 'passwd: files [NOTFOUND=return] compat' 'group: compat subuid' 'passwd_compat: subuid'
printf ' +::::::\n' >>"$etc/passwd"
has 'nsswitch.conf:1:15 error not-enabled' 'but not where glibc does not get to compat'
nsswitch 'passwd: compat sss' 'group: compat subuid' 'passwd_compat: subuid'
has 'nsswitch.conf:3:16 error compat' 'in front of services behind compat'
nsswitch 'passwd: files subuid' 'group: files subuid' 'passwd_compat: subuid'
has 'nsswitch.conf:3:16 warning wrong-database' 'in a line for compat, which nobody asks'

# Where "enable" places it, "check" has nothing to say, and the other way round.
nsswitch 'passwd: files systemd ldap' 'group: files'
build/subuidctl enable --root "$root" >/dev/null 2>&1
is "$(cat "$etc/nsswitch.conf")$(found)" 'passwd: files systemd ldap subuid
group: files subuid' 'behind systemd and ldap: one rule for one place'
node

# What "enable" would refuse, "check" does not advise.
refused() {
        local said
        said=$(build/subuidctl enable --root "$root" 2>&1)
        is $? 1 "$1: enable refuses"
        said=${said##*; }
        like "$(check | grep /etc/nsswitch.conf)" "; ${said//[\[\]]/.}(, then run .subuidctl enable|\$)" "$1: check gives its advice"
        node
}
nsswitch 'group: files subuid'
refused 'no line for passwd'
rm "$etc/nsswitch.conf"
refused 'no file'
nsswitch 'passwd: files [NOTFOUND=return] sss' 'group: files subuid'
refused '[NOTFOUND=return] in front'
nsswitch 'passwd: files' 'group: files subuid' 'hosts: files [NOTFUND=return]'
refused 'a mistake in [...]'
nsswitch 'passwd: files [SUCCESS=continue]' 'group: files subuid'
refused '[SUCCESS=continue] in front'
nsswitch 'passwd: files # sss' 'group: files subuid'
refused 'a comment that names a source'
nsswitch 'passwd: files' 'group: files subuid'
mv "$etc/nsswitch.conf" "$etc/elsewhere"
ln -s elsewhere "$etc/nsswitch.conf"
like "$(check)" 'nsswitch.conf:1: error: subuid does not stand in the line for passwd; the file is a symbolic link; change the file' \
        'a link: what enable says, not enable'
refused 'a link'
nsswitch 'passwd: files subuid systemd [x]' 'group: files subuid'
has 'nsswitch.conf:1:31 error mistake' 'a mistake: not that subuid does not stand in the line, which it does'

# --- cause and consequence ------------------------------------------------------------------------

rm "$lib/libnss_subuid.so.2"
nsswitch 'passwd: files' 'group: files'
printf 'bob:1:1:\n' >>"$etc/subuid"
is "$(check | cut -d : -f 1)" 'libnss_subuid.so.2
/etc/nsswitch.conf
/etc/nsswitch.conf
/etc/subuid' 'the library first, then nsswitch.conf'
node
both containers:200000:65536:
has 'subgid:1:24 error no-range
subuid:1:24 error no-range' 'lines that are no ranges: not that there are none'
node
echo containers:200000:65536: >"$etc/subgid"
has 'subgid:1:24 error no-range' 'nor that the owner has no GIDs'

# --- accounts, as the C library reads them --------------------------------------------------------

printf '%s\n' 'mal:x: 200006:1::/:' 'zed:x:+200007:1::/:' '  lea:x:200008:1::/:' '#x:x:200009:1::/:' \
        >>"$etc/passwd"
like "$(check)" 'lie in the range: 200006 \(mal, line 4\), 200007 \(zed, line 5\), 200008 \(lea, line 6\);' \
        'blanks and a "+" in front of a number, blanks in front of a line'
has 'subuid:1 error account' 'no account behind "#"'

# --- whose else the IDs are, and lines that are read in two ways ----------------------------------

both bob:100000:5
sed -i s/bob/1000/ "$etc/subgid"
has 'subgid:1 warning two-owners
subuid:1 warning two-owners' 'one account by name in one file and by number in the other: nothing else is lacking'
# Proxmox and LXC: single IDs of the host, passed through by explicit maps.
printf '%s\n' root:44:1 root:104:1 root:100000:65536 >"$etc/subgid"
printf '%s\n' root:1000:1 root:100000:65536 >"$etc/subuid"
printf '%s\n' video:x:44: render:x:104: >>"$etc/group"
has '' 'lines of one ID that an account or a group of the host has'
both root:44:1 root:1000:1 root:100000:65536
echo video:x:44: >>"$etc/group"
sed -i /bob/d "$etc/group"
has '' 'and of the other database, where both files have the same lines'
echo root:100000:65536 >"$etc/subuid"
printf '%s\n' root:44:1 root:200000:65536 >"$etc/subgid"
echo video:x:44: >>"$etc/group"
has 'subuid:1 warning other-position' 'one in front of GIDs of other numbers, which it shifts'
echo root:100000:65536 >"$etc/subuid"
printf '%s\n' root:200000:65536 root:44:1 >"$etc/subgid"
echo video:x:44: >>"$etc/group"
has '' 'but not behind them'
printf '%s\n' root:44:1 root:104:1 root:100000:65536 >"$etc/subgid"
printf '%s\n' root:100000:65536 >"$etc/subuid"
has 'subgid:1 warning system-ids
subgid:2 warning system-ids
subuid:1 warning other-position' 'they are not, where no group has them'
both a:2147300000:100000
has 'subgid:1 warning excluded-id
subuid:1 warning excluded-id' 'the IDs of systemd for other machines'
both bob:200000:65536 bob:100000:65536
has 'subgid:2 warning not-ascending
subuid:2 warning not-ascending' 'lines that podman sorts and Docker does not'
both bob:900000:65536
echo bob:x:900001:1::/: >>"$etc/passwd"
sed -i /bob:x:1000/d "$etc/passwd"
has 'subuid:1 error own-uid' "the owner's own UID in his range"
both a:0200000:65536
has 'subgid:1:3 warning leading-zero
subuid:1:3 warning leading-zero' 'a leading zero'
both a:0x30d40:65536 a:300000:0
has 'subgid:2 warning empty-range
subuid:2 warning empty-range' 'which hexadecimal numbers have not'
printf '%s\n' '  # x' '   ' >>"$etc/subuid"
has 'subuid:2:1 warning odd-line
subuid:3:1 warning odd-line' 'lines of blanks, and blanks in front of a comment: no errors'
both a:4294967290:65536
like "$(check)" 'no range: IDs beyond 4294967295, of which shadow 4.13 and 4.17 honour the rest; lower the count' 'beyond 2^32'
both a:200000:65536:
like "$(check)" 'a fourth, empty field, with which shadow 4.13 and 4.17 still honour the line;' 'a fourth, empty field'
both a:200000:10 b:200000:10
echo 'UNSAFE_SUB_UID_DETERMINISTIC_WRAP yes' >"$etc/login.defs"
like "$(check)" '; set UNSAFE_SUB_UID_DETERMINISTIC_WRAP no in login.defs' 'overlaps that useradd makes'
node

# --- accounts of every source ---------------------------------------------------------------------

echo "${prefix}200193:x:1500:1500::/:" >>"$etc/passwd"
echo "${prefix}200193:x:1500:" >>"$etc/group"
has 'group:5 error account-name
passwd:4 error account-name' 'an account that is called as another ID'
echo "${prefix}100:x:1500:1500::/:" >>"$etc/passwd"
has '' 'or as one of no range'
mkdir -p "$root/usr/lib" "$root/var/lib/extrausers"
echo eve:x:200001:1::/: >"$root/usr/lib/passwd"
echo eve:x:200001: >"$root/var/lib/extrausers/group"
nsswitch 'passwd: files altfiles subuid' 'group: files extrausers subuid'
has 'subgid:1 error answered
subuid:1 error answered' 'accounts in the files of altfiles and extrausers'
mkdir -p "$root/usr/lib" "$root/var/lib/extrausers"
echo eve:x:200001:1::/: | tee "$root/usr/lib/passwd" >"$root/var/lib/extrausers/group"
nsswitch 'passwd: files extrausers subuid' 'group: files altfiles subuid'
has '' 'which count only where the line names the service'

# --- the group of all these users ------------------------------------------------------------------

sed -i /nss-subuid/d "$etc/group"
has 'group warning no-group' 'no group nss-subuid'
for gid in 0 65534 61200 200001; do
        sed -i "s/^nss-subuid:.*/nss-subuid:x:$gid:/" "$etc/group"
        has "group:3 error group-id$([ $gid != 200001 ] || printf '\nsubgid:1 error account')" "one with the GID $gid"
done
sed -i "s/^nss-subuid:.*/nss-subuid:x:990:bob/" "$etc/group"
has 'group:3 warning group-members' 'one with members'
echo 'initgroups: files' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3 warning initgroups' 'a line for initgroups without subuid'
echo 'initgroups: files [NOTFOUND=return] subuid' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3:13 warning initgroups' 'one that ends before it'
echo 'initgroups: compat subuid' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3:13 warning initgroups' 'behind compat too'
printf '_nss_%s\0' list_getgrent_r list_initgroups >"$lib/libnss_list.so.2"
echo 'initgroups: list subuid' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3:13 warning initgroups' 'and behind a service that only lists groups'
printf '_nss_%s\0' list_getgrent_r >"$lib/libnss_list.so.2"
echo 'initgroups: list [SUCCESS=continue] subuid' >>"$etc/nsswitch.conf"
has '' 'unless it goes on'
printf '_nss_%s\0' list_getgrent_r list_initgroups_dyn >"$lib/libnss_list.so.2"
echo 'initgroups: list subuid' >>"$etc/nsswitch.conf"
has '' 'nor behind one that finds those of a user'
echo 'initgroups: subuid [NOTFOUND=return] files' >>"$etc/nsswitch.conf"
has 'nsswitch.conf:3:20 error initgroups-action' 'an action of its own on that line, for which users lose groups'
echo 'initgroups: compat [SUCCESS=continue] subuid' >>"$etc/nsswitch.conf"
has '' 'but not if that goes on'
echo 'initgroups: files subuid' >>"$etc/nsswitch.conf"
echo "video:x:44:bob,${prefix}200193" >>"$etc/group"
has 'group:5 error group-hidden' 'a user of the module in another group'
echo "video:x:44:bob,${prefix}200193" >>"$etc/group"
has '' 'which does no harm without that line'

# --- directories ----------------------------------------------------------------------------------

directory() {
        mkdir -p "$etc/nss-subuid" "$etc/sssd/conf.d" "$etc/samba"
        nsswitch 'passwd: files sss winbind subuid' 'group: files subuid' "subid: ${1-files}"
}

directory sss
has 'nsswitch.conf:3 warning not-imported
nsswitch.conf:3 warning not-imported' 'subid: sss, and no import'
directory sss
: >"$etc/nss-subuid/subuid"
: >"$etc/nss-subuid/subgid"
has '' 'an import of today'
directory sss
: >"$etc/nss-subuid/subuid"
touch -d '3 days ago' "$etc/nss-subuid/subgid"
has 'nss-subuid/subgid warning old-import' 'an import of three days ago'
directory sss
touch -d '1 minute ago' "$etc/nss-subuid/subuid"
: >"$etc/nss-subuid/owners"
: >"$etc/nss-subuid/subgid"
has 'nss-subuid/subuid warning old-import' 'an import older than the list of owners'
directory sss
echo bob:300000000:5 >"$etc/nss-subuid/subuid"
echo eve:400000000:5 >"$etc/nss-subuid/subgid"
is "$(check -J | sed -n 's/.*"advice": "\(.*\)".*/\1/p')" 'give the owner UIDs in the directory
give the owner GIDs in the directory' 'what an imported owner lacks, the directory has to give'
node
directory files
: >"$etc/nss-subuid/subuid"
has 'nss-subuid/subuid warning unused-import' 'an import, and no directory'

# The files as import writes them, and edited.
imported() {
        local sorted mark='' rest='# rest' name size
        directory sss
        sorted=$(printf '%s\n' "$@")
        # The mark tells its own length, too.
        for _ in 1 2 3 4; do
                size=$((${#mark} + 1 + ${#sorted} + 1))
                mark="# Written by subuidctl import; sorted by start up to byte $size of $((size + ${#rest} + 1))"
        done
        for name in subuid subgid; do
                printf '%s\n' "$mark" "$sorted" "$rest" >"$etc/nss-subuid/$name"
        done
}
imported bob:300000000:5 eve:400000000:5
is "$(stat -c %s "$etc/nss-subuid/subuid")" "$(head -n 1 "$etc/nss-subuid/subuid" | sed 's/.* //')" 'a file with its size in it'
has '' 'and with the mark of one that is sorted'
imported bob:300000000:5 eve:400000000:5
echo carol:500000000:5 | tee -a "$etc/nss-subuid/subuid" >>"$etc/nss-subuid/subgid"
has 'nss-subuid/subgid:1 warning mark
nss-subuid/subuid:1 warning mark' 'edited, it has another size'
imported bob:400000000:5 eve:300000000:5
has 'nss-subuid/subgid:3 error mark
nss-subuid/subuid:3 error mark' 'not sorted'
imported bob:300000000:5 eve:300000004:5
like "$(check 2>&1 | found)" 'subuid:3 error mark' 'lines that overlap'
imported bob:300000000:5 bob:400000000:5
has 'nss-subuid/subgid:2 error mark
nss-subuid/subuid:2 error mark' 'two of one owner'
imported bob:300000000:5 '#ve:400000000:5'
has 'nss-subuid/subgid:3 error mark
nss-subuid/subuid:3 error mark' 'one that was taken out'
imported bob:300000000:5
sed -i "1s/byte [0-9]*/byte $(($(head -n 2 "$etc/nss-subuid/subuid" | wc -c) - 1))/" "$etc"/nss-subuid/sub?id
has 'nss-subuid/subgid:1 error mark
nss-subuid/subuid:1 error mark' 'no line ends where it says'
directory sss
touch -d @0 "$etc/nss-subuid/subuid" "$etc/nss-subuid/subgid"
has 'nss-subuid/subgid warning old-import
nss-subuid/subuid warning old-import' 'an import of 1970, as in an image'
directory sss
: >"$etc/nss-subuid/subuid"
: >"$etc/nss-subuid/subgid"
both root:200000:10 containers:300000:10 bob:400000:10
has 'subgid:3 warning subid-ignored
subuid:3 warning subid-ignored' 'subid: sss, and a user in /etc/subuid'

directory
printf '%s\n' '[sssd]' 'domains = x' '[domain/x]' 'id_provider = ad' >"$etc/sssd/sssd.conf"
has 'subuid:1 warning sssd-map' 'the ID mapping of SSSD'
directory
printf '%s\n' '[domain/x]' 'id_provider = ad' 'ldap_idmap_range_min = 200000' >"$etc/sssd/sssd.conf"
printf '%s\n' '[domain/x]' 'ldap_idmap_range_min = 268635456' >"$etc/sssd/conf.d/min.conf"
has '' 'elsewhere'
directory
printf '%s\n' '[domain/x]' 'id_provider = ldap' 'ldap_id_mapping = true' >"$etc/sssd/sssd.conf"
both containers:2000199999:10
has 'subuid:1 warning sssd-map' 'at the end of it'
directory
printf '%s\n' '[domain/x]' 'id_provider = ad' >"$etc/sssd/sssd.conf"
both containers:2000200000:10
has '' 'behind it'
directory
printf '%s\n' '[domain/x]' 'id_provider = idp' 'idmap_range_max = 300000' >"$etc/sssd/sssd.conf"
both containers:299999:10
has 'subuid:1 warning sssd-map' 'of a provider that maps as well, and names its settings in another way'
both containers:300000:10
has '' 'behind that'
directory
printf '%s\n' '[domain/x]' 'id_provider = ad' 'ldap_idmap_range_max = 200000' >"$etc/sssd/sssd.conf"
both containers:199990:20
has '' 'one without any IDs'
directory
printf '%s\n' '[domain/x]' 'id_provider=ldap' '#ldap_id_mapping = true' '[domain/y]' 'id_provider=ad' \
        'ldap_id_mapping = False' >"$etc/sssd/sssd.conf"
has '' 'not used'
directory
ln -s sssd.conf "$etc/sssd/sssd.conf"
is "$(check; echo $?)" "subuidctl: $root/etc/sssd/sssd.conf: not checked: Too many levels of symbolic links
0" 'what cannot be read is said'
node
directory
printf '%s\n' '[global]' 'idmap config * : range = 3000-7999' 'IDMap Config AD:Range = 199000 - 200000' \
        >"$etc/samba/smb.conf"
has 'subuid:1 warning winbind-map' 'the ID mapping of winbind'
directory
printf '%s\n' '[global]' 'idmap config * : range = 3000-199999' >"$etc/samba/smb.conf"
has '' 'elsewhere'
directory
printf '%s\n' '[global]' 'idmap config * : range = 3000-299999' 'IDMAP config *:range = 3000-199999' \
        >"$etc/samba/smb.conf"
has '' 'of two lines the last one counts'
directory
printf '%s\n' '[global]' 'idmap config * : range = 3000-7999' 'idmap uid = 150000-200000' >"$etc/samba/smb.conf"
has 'subuid:1 warning winbind-map' 'the name that this had before'
directory
printf '%s\n' '[global]' 'winbind gid = 3000-299999' 'idmap config * : range = 3000-199999' >"$etc/samba/smb.conf"
has '' 'under two names, too'

# others SERVICE FILE LINE...: a service in front of subuid, and its file.
others() {
        nsswitch "passwd: files $1 subuid" "group: files $1 subuid"
        mkdir -p "$(dirname "$etc/$2")"
        printf '%s\n' "${@:3}" >"$etc/$2"
}
authd=authd/authd.yaml himmelblau=himmelblau/himmelblau.conf
others authd $authd '#UID_MIN: 10000' 'verbosity: 1'
has '' 'authd, as installed'
others authd $authd 'UID_MIN: 100000' 'UID_MAX: 200000 # all' 'gid_min: 300000' 'gid_max: 400000'
has 'subgid:1 warning authd-map
subgid:1 warning authd-map
subuid:1 warning authd-map' 'the IDs of authd; a user has a group of his number'
others authd $authd 'UID_MIN: 100000' 'UID_MAX: 199999'
has '' 'elsewhere'
others authd $authd 'UID_MIN: 100000' 'UID_MAX: 200000'
nsswitch 'passwd: files subuid' 'group: files subuid'
has '' 'authd, which is not asked'
others himmelblau $himmelblau '[global]' 'domains = x'
has 'subgid:1 warning himmelblau-map
subuid:1 warning himmelblau-map' 'the IDs of Himmelblau'
others himmelblau $himmelblau '[global]' 'idmap_range = 5000000000-6000000000'
has '' 'elsewhere'
others himmelblau $himmelblau '[global]' 'idmap_range = 100000-199999' '[x]' 'idmap_range = 268635455-268635456'
has 'subgid:1 warning himmelblau-map
subuid:1 warning himmelblau-map' 'those of one domain'
others himmelblau $himmelblau '[global]' 'idmap_range = 100000-199999'
both bob:2100000000:65536
has '' 'a line that Himmelblau writes'

# --- libraries ------------------------------------------------------------------------------------

rm "$lib/libnss_subuid.so.2"
has 'libnss_subuid.so.2 error library' 'no library'
mkdir "$root/usr/lib32"
elf 1 "$root/usr/lib32/libc.so.6"
has 'libnss_subuid.so.2 warning library-32' 'a 32-bit C library alone'
mkdir "$root/usr/lib32"
elf 1 "$root/usr/lib32/libc.so.6"
elf 1 "$root/usr/lib32/libnss_subuid.so.2"
has '' 'and both'
rm "$lib"/*
elf 1 "$root/usr/lib/libc.so.6"
elf 1 "$root/usr/lib/libnss_subuid.so.2"
has '' 'a 32-bit system'
rm "$lib"/*
elf 1 "$root/usr/lib/libc.so.6"
has 'libnss_subuid.so.2 error library' 'a 32-bit system without the library'

# --- output ---------------------------------------------------------------------------------------

printf 'e\033ve:300000000:5\n' >>"$etc/subuid"
echo 'shadow: subuid' >>"$etc/nsswitch.conf"
is "$(check; echo $?)" '/etc/nsswitch.conf:3: warning: column 9: subuid knows nothing of shadow; remove it
/etc/subuid:2: warning: column 2: the owner'\''s name has a blank, a control or a non-ASCII byte; remove the byte if it is not meant
/etc/subuid:2: error: e?ve has UIDs and no GIDs: newgidmap refuses, and the users'\'' group is 65534; add the owner'\''s line to /etc/subgid
2' 'lines in order, nothing but printable characters, and the status where there is an error'
check -J | python3 -c 'import json, sys; print(list(json.load(sys.stdin)["findings"][0].items()))' >"$scratch/json"
is "${PIPESTATUS[0]} $(cat "$scratch/json")" "2 [('file', '/etc/nsswitch.conf'), ('line', 3), ('column', 9), ('severity', 'warning'), ('finding', 'wrong-database'), ('message', 'subuid knows nothing of shadow'), ('advice', 'remove it')]" \
        'the same in JSON'
rm "$etc/subuid"
mkfifo "$etc/subuid"
is "$(check; echo $?)" "subuidctl: $root/etc/subuid: no regular file
3" 'the status where nothing could be checked'
for file in passwd nsswitch.conf; do
        node
        rm "$etc/$file"
        mkfifo "$etc/$file"
        is "$(check; echo $?)" "subuidctl: $root/etc/$file: no regular file
3" "nor if $file is a FIFO"
done
node
directory
printf '[domain/x]\nid_provider = ldap\n' >"$etc/sssd/sssd.conf"
mkdir "$etc/sssd/conf.d/"$'\033[31m.conf'
is "$(check; echo $?)" "subuidctl: $root/etc/sssd/conf.d/?[31m.conf: not checked: no regular file
0" 'nothing but printable characters of names of files'
node

# 65,535 lines, each of which overlaps others.
seq 65535 | awk '{ printf "u%d:%d:1000000\n", $1, 300000000 + 10 * $1 }' | tee "$etc/subuid" >"$etc/subgid"
is "$(check | grep -c 'u1, line 1;')" 131068 'a file of 65,535 lines'
node

# As libsubid reads it.
for line in 'SUBID: sss' 'subid:sss' 'SubId: sss files'; do
        nsswitch 'passwd: files subuid' 'group: files subuid' "$line"
        has 'nsswitch.conf:3 warning not-imported
nsswitch.conf:3 warning not-imported' "$line: a directory"
done
for line in ' subid: sss' 'subid : sss' '#subid: sss'; do
        nsswitch 'passwd: files subuid' 'group: files subuid' "$line"
        has '' "$line: none"
done

# --- the manual -----------------------------------------------------------------------------------

# Each name stands where it is found.
table=$(perl -0777 -ne '
        print "$2 \L$1\n" while /report(?:_line)?\(\s*(WARNING|ERROR),\s*"([a-z0-9-]+)"/g;
        print "$1 error\n" while /barrier->finding = "([a-z-]+)"/g;
        print "$1 warning\n" while /\{"\w+", "([a-z]+-map)"\}/g;
        while (/\bfault\(\s*&?\w+,\s*NSSWITCH_\w+,(.*?)(true|false)/gs) {
                my ($names, $severity) = ($1, $2 eq "true" ? "error" : "warning");
                print "$1 $severity\n" while $names =~ /"([a-z0-9-]+)"/g;
        }' tool/check/*.c tool/nsswitch_place.c | sort -u)
is "$(sed -n 's/^\.It Li \([a-z0-9-]*\) Ta \(error\|warning\) Ta .*/\1 \2/p' man/subuidctl.8 | sort)" \
        "$table" 'the manual has all findings'
is "$(sed -nE "s/^((has|told) ')?[^ ]+ (error|warning) ([a-z0-9-]+)('.*)?\$/\\4 \\3/p" "$scratch/seen" tests/tool/{check_system,consumers,consumers_system}.t | sort -u)" \
        "$table" 'the tests too'

done_testing
