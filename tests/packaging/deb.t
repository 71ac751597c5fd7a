#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian packages in a bare root of a Debian release, $SUITE: built, installed, upgraded, removed.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
# The sources of the release before, from git, are its standard input.
[ -n "${NSS_SUBUID_RELEASE-}" ] || exec tests/lib/release-root.sh "${SUITE-bookworm}" tests/packaging/deb.t \
        < <(git -c safe.directory="$top" archive 22c6c84 2>/dev/null)
mkdir -p /tmp/before
tar -C /tmp/before -x 2>/dev/null

log=/tmp/deb.log
conf=/etc/nsswitch.conf
export DEBIAN_FRONTEND=noninteractive

# must COMMAND...: without it there is nothing to test.
must() {
        "$@" >>"$log" 2>&1 && return
        # Of "make check" the test that failed stands far above the end.
        { grep -a -A 6 -E 'failed test|^not ok|^# not ok|^Bail out' "$log" | tail -n 40 && echo ...; tail -n 40 "$log"; } | sed 's/^/# /' >&2
        echo "Bail out! $*"
        exit 1
}

# quietly COMMAND...: with its output in the log.
quietly() {
        "$@" >>"$log" 2>&1
}

# entry ID: whether the module's entry is found.
entry() {
        getent passwd "$1" | grep -q "^_$1:x:$1:"
}

# services: those of users and of groups.
services() {
        sed -nE 's/^(passwd|group):\s*//p' "$conf" | paste -sd ,
}

# Of the mirror's lists for i386 only those of the release itself are needed.
quietly dpkg --add-architecture i386
quietly apt-get -o Acquire::Check-Valid-Until=false update -qq
must apt-get install -y -qq --no-install-recommends libc6:i386 make
must tests/lib/deps.sh --install packaging packages systemd

# --- the packages ---

must make --no-print-directory deb
packages=(build/deb/libnss-subuid_*.deb build/deb/subuidctl_*.deb build/deb/nss-subuid-runtime_*.deb)
new=${packages[0]}
version=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
for package in "${packages[@]}"; do
        is "$(dpkg-deb -f "$package" Version)" "$version" "make deb: ${package##*/}"
done
is "$(cd build/deb && printf '%s\n' *-dbgsym_*.deb | sed 's/-dbgsym_.*//' | tr '\n' ' ')" 'libnss-subuid nss-subuid-runtime subuidctl ' \
        'debug symbols have packages of their own'
is "$(dpkg-deb -f "$new" Multi-Arch)" same 'the module may be installed for two architectures'

if [ "$NSS_SUBUID_RELEASE" = trixie ]; then
        # Older ones do not know the newest standards.
        must tests/lib/deps.sh --install lintian
        is "$(lintian --pedantic --display-info --allow-root build/deb/*.changes 2>&1)" '' 'lintian has nothing to say'
fi

mkdir -p /tmp/elsewhere
must dpkg-source -x build/deb/*.dsc /tmp/elsewhere/tree
# shellcheck disable=SC2016 # for the inner shell
must env -C /tmp/elsewhere/tree TZ=Asia/Tokyo LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS='nocheck parallel=1' \
        bash -c 'umask 002; dpkg-buildpackage -us -uc -b'
for package in build/deb/*.deb; do
        cmp "$package" "/tmp/elsewhere/${package##*/}"
        ok $? "built elsewhere, later, in another time zone: the same bits: ${package##*/}"
done

# --- its place in nsswitch.conf ---

# Installed by the real dpkg into a folder, whose scripts run outside of it (DPKG_ROOT).
root=/tmp/root
below=$root$conf
dpkg_below() { dpkg --root=$root --force-script-chrootless --force-depends "$@" >/tmp/below.log 2>&1; }
# said: what the last one has said of the file, or of a lock.
said() { grep -E 'nsswitch|lock' /tmp/below.log; }

mkdir -p $root/etc $root/var/lib/dpkg/{info,triggers,updates}
touch $root/var/lib/dpkg/{available,status}

# scripts FILE: what installing makes of it stays in FILE, what removing makes of that in FILE.removed.
scripts() {
        cat "$1" >$below
        dpkg_below --install "$new" && [ -z "$(said)" ] && cp $below "$1" &&
                dpkg_below --remove libnss-subuid && [ -z "$(said)" ] && cp $below "$1.removed"
        ok $? "installed and removed, with nothing to say: ${case##*/}"
}

for case in tests/tool/nsswitch/*.conf; do
        cp "$case" /tmp/case
        scripts /tmp/case
        is "$(cat /tmp/case)" "$(cat "${case%.conf}.enabled")" "${case##*/}: where \"subuidctl enable\" puts it"
        cmp /tmp/case.removed "$case"
        ok $? "${case##*/}: removed, it is as before"
done
while IFS='|' read -r before after; do
        case=$before
        printf '%s\n' "$before" 'group: files' 'hosts: files' >/tmp/case.before
        cp /tmp/case.before /tmp/case
        scripts /tmp/case
        is "$(head -n 1 /tmp/case)" "$after" "it becomes: $after"
        cmp /tmp/case.removed /tmp/case.before
        ok $? 'removed, it is as before'
done <<'CASES'
passwd : files|passwd : files subuid
passwd:files|passwd:files subuid
  passwd:	files systemd|  passwd:	files subuid systemd
passwd: files systemd [NOTFOUND=return]|passwd: files subuid systemd [NOTFOUND=return]
passwd: files [NOTFOUND=continue UNAVAIL=continue] systemd|passwd: files [NOTFOUND=continue UNAVAIL=continue] subuid systemd
passwd: files systemd # systemd is last|passwd: files subuid systemd # systemd is last
passwd: files # subuid, some day|passwd: files subuid # subuid, some day
CASES
printf '%s\n' 'group: files [SUCCESS=merge] systemd' 'passwd: files' >/tmp/case.before
cp /tmp/case.before /tmp/case
case='a line that merges'
scripts /tmp/case
is "$(cat /tmp/case)" $'group: files [SUCCESS=merge] systemd subuid\npasswd: files subuid' 'a line that merges'

# alone WHAT SAID [SAID_AT_REMOVAL]: the file is left alone, in one line, when the package is installed and when it
# is removed.
alone() {
        cp -p $below /tmp/alone
        dpkg_below --install "$new"
        is "$? $(said)" "0 ${2:+libnss-subuid: $below$2}" "$1: the package is installed"
        cmp $below /tmp/alone
        ok $? 'and the file is left alone'
        dpkg_below --remove libnss-subuid
        is "$? $(said)" "0 ${3:+libnss-subuid: $below$3}" 'the package is removed'
        cmp $below /tmp/alone
        ok $? 'and the file is left alone'
}
lines() { printf '%s\n' "$@" >$below; }
then=", then run 'subuidctl enable'"
link=': a symbolic link; change the file that it leads to, as its keeper wants it, or make it a file'

lines 'passwd: files [NOTFOUND=return]' 'group: files [NOTFOUND=return]'
alone '[NOTFOUND=return]' ":1: [NOTFOUND=return] would hide subuid behind it; take it away$then"
lines 'passwd: files' 'group: files [ !notfound = continue ] systemd'
alone '[!NOTFOUND=continue]' ':2: [SUCCESS=continue] goes on to subuid, whose answer "not found" would take the place '"of the one before it, root's too; take it away$then"
lines 'passwd: files' 'hosts: files'
alone 'no line for groups' ": no line for group; add \"group: files\"$then"
lines 'passwd: files # or sss' 'group: files'
alone 'a comment that names a service' ":1: a comment behind services, of which glibc takes a word for a service; give the comment a line of its own$then"
lines 'passwd: files' 'group: files'
mv $below $root/etc/elsewhere
ln -s elsewhere $below
alone 'a symbolic link' "$link"
[ -L $below ]
ok $? 'a link it still is'
sed -i 's/files/files subuid/' $root/etc/elsewhere
alone 'a link to a file that has the word' '' "$link"
rm $below $root/etc/elsewhere
dpkg_below --install "$new"
is "$? $(said)" "0 libnss-subuid: $below: missing; write it with the lines \"passwd: files\" and \"group: files\"" \
        'no file: the package is installed'
dpkg_below --remove libnss-subuid
is "$? $(said)" '0 ' 'and removed'

lines 'passwd: files' 'group: files'
touch /tmp/mounted
printf '%s\n' 'passwd: files' 'group: files systemd subuid' >/tmp/mounted
mount --bind /tmp/mounted $below
mounted=': a mount point; change the file that is mounted there'
alone 'a mounted file' "$mounted" "$mounted"
umount $below
if chattr +i $below; then
        alone 'an immutable file' ': left as it is: replacing it (is it immutable? see chattr(1)): Operation not permitted'
        chattr -i $below
else
        skip 'chattr(1) cannot make it one' 'an immutable file'
fi
# But for AppArmor's folder, into which dpkg itself has to write.
mount --bind $root/etc $root/etc
mount -t tmpfs tmpfs $root/etc/apparmor.d
mount -o remount,bind,ro $root/etc
alone 'a read-only /etc' ': left as it is: making a new file beside it: Read-only file system'
umount -R $root/etc

# What cannot run here: as on a machine of another architecture.
dpkg-deb -R "$new" /tmp/foreign
hook=$(cd /tmp/foreign && echo usr/libexec/nss-subuid/*/nsswitch-hook)
printf '\267' | dd of="/tmp/foreign/$hook" bs=1 seek=18 conv=notrunc status=none
must dpkg-deb -b /tmp/foreign /tmp/foreign.deb
new=/tmp/foreign.deb alone 'a program of another architecture' ": left alone, as $root/$hook cannot run here; run 'subuidctl enable' there" \
        ": left alone, as $root/$hook cannot run here"

# What is kept of the file, and of what an administrator has decided.
chown 12345:54321 $below
chmod 640 $below
attributes() { stat -c '%u %g %a' $below; python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "security.test"))' $below; }
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.test", bytes(range(256)))' $below
attributes >/tmp/attributes
is "$(wc -l </tmp/attributes)" 2 'a file with another owner and an extended attribute'
dpkg_below --install "$new"
is "$(paste -sd , $below; attributes)" "passwd: files subuid,group: files subuid
$(cat /tmp/attributes)" 'installed: they are kept'
sed -i 's/passwd:.*/passwd: subuid files/; s/^\(group:.*\) subuid/\1/' $below
dpkg_below --install "$new"
is "$(paste -sd , $below) $(said)" 'passwd: subuid files,group: files ' 'installed over itself: nothing is moved, nothing added'
sed -i 's/ subuid//' $below
dpkg_below --install "$new"
is "$(paste -sd , $below) $(said)" 'passwd: files,group: files ' 'nor after "subuidctl disable"'
dpkg_below --remove libnss-subuid
dpkg_below --install "$new"
is "$(paste -sd , $below)" 'passwd: files subuid,group: files subuid' 'installed again after it was removed: it is added'
dpkg_below --purge libnss-subuid
is "$(paste -sd , $below)" 'passwd: files,group: files' 'purged: it is gone'
lines 'passwd: files' 'group: files'
dpkg_below --unpack "$new"
dpkg_below --purge libnss-subuid
is "$(find $root/etc $root/var/lib/misc $root/usr 2>/dev/null | paste -sd ' ')" "$root/etc $below $root/var/lib/misc" \
        'unpacked, never configured, purged: nothing is left'

# --- the group ---

group=$root/etc/group
echo root:x:0: >$group
dpkg_below --install "$new"
like "$(paste -sd ' ' $group)" '^root:x:0: nss-subuid:x:[0-9]+:$' 'the group nss-subuid is made'
sed -i 's/^nss-subuid.*/nss-subuid:x:77:/' $group
dpkg_below --install "$new"
is "$? $(paste -sd ' ' $group)" '0 root:x:0: nss-subuid:x:77:' 'one that is there stays as it is'
dpkg_below --purge libnss-subuid
is "$? $(paste -sd ' ' $group)" '0 root:x:0: nss-subuid:x:77:' 'and stays when the package is purged'
echo root:x:0: >$group
mount --bind $group $group
mount -o remount,bind,ro $group
dpkg_below --install "$new"
is "$? $(grep '/group' /tmp/below.log)" "0 libnss-subuid: $group: there the group nss-subuid could not be made; run 'groupadd --system nss-subuid'" \
        'where it cannot be made, the package is installed'
umount $group
dpkg_below --purge libnss-subuid

# --- installed, upgraded, removed ---

printf '%s\n' containers:200000:268435456 | tee /etc/subuid >/etc/subgid
inventory() { find /etc /usr /var/lib -xdev ! -path '/var/lib/dpkg/*-old' | sort; }
cp "$conf" /tmp/nsswitch.before
inventory >/tmp/inventory.before

# A program and nscd that were there before; nscd has learned that there is no such user.
mkdir -p /run/nscd
must nscd
getent passwd 200193 || getent passwd 200193
is $? 2 'before: no user 200193'
# shellcheck disable=SC2016 # for perl
timeout 600 perl -e 'getpwuid(200193) and exit 1; open F, ">/tmp/asked"; close F; select undef, undef, undef, 0.1 until getpwuid 200193' &
program=$!
until [ -e /tmp/asked ] || ! kill -0 $program; do
        sleep 0.1
done
must apt-get install -y "$(realpath "$new")"
# It does not see by itself that nsswitch.conf was exchanged for another: "ignored inotify event (file exists)".
entry 200193
ok $? 'installed: getent passwd 200193 answers, with nscd running'
is "$(id -Gn _200193)" '_200193 nss-subuid' 'who is in the group nss-subuid'
wait $program
ok $? 'and in a program that runs since before'
kill "$(cat /run/nscd/nscd.pid)"
while [ -e /run/nscd/socket ]; do
        sleep 0.1
done
rm -rf /run/nscd
entry 200193
ok $? 'without nscd too'
is "$(services)" "$(sed -E 's/files( systemd)?/files subuid\1/g' <(conf=/tmp/nsswitch.before services))" 'its place in nsswitch.conf'
quietly dpkg --purge libnss-subuid
ok $? 'purged'
cmp "$conf" /tmp/nsswitch.before
ok $? 'nsswitch.conf is what it was, byte for byte'
is "$(diff /tmp/inventory.before <(inventory))" '' 'no file is left'

dpkg-deb -R "$new" /tmp/old
sed -i 's/^Version: .*/Version: 0.1.0~1-1/' /tmp/old/DEBIAN/control
must dpkg-deb -b /tmp/old /tmp/old.deb
must dpkg -i /tmp/old.deb
library=$(dpkg -L libnss-subuid | grep '\.so\.2$')
inode=$(stat -c %i "$library")

# asking ID...: from now on a program asks for these again and again, and so does one process after the other, until
# answered WHAT. Each of the two makes a file of its own whenever it has asked for all of them.
asking() {
        rm -f /tmp/stop
        # shellcheck disable=SC2016 # for perl
        perl -e 'until (-e "/tmp/stop") {
                         for (@ARGV) { $failed++ unless getpwuid($_) eq "_$_" && getgrgid($_) eq "_$_" }
                         open F, ">/tmp/asked.program"; close F;
                 }
                 printf "%d\n", $failed' "$@" >/tmp/program &
        program=$!
        (
                failed=0
                until [ -e /tmp/stop ]; do
                        for id in "$@"; do
                                entry "$id" || failed=$((failed + 1))
                        done
                        : >/tmp/asked.processes
                done
                echo $failed >/tmp/processes
        ) &
        processes=$!
        both_ask
}
# both_ask: once each of them has asked for all, from the first to the last.
both_ask() {
        # The first file may be of a round that had begun before.
        for _ in 1 2; do
                rm -f /tmp/asked.*
                until [ -e /tmp/asked.program ] && [ -e /tmp/asked.processes ]; do
                        kill -0 $program && kill -0 $processes || return
                        sleep 0.01
                done
        done
}
answered() {
        both_ask
        touch /tmp/stop
        wait
        is "$(cat /tmp/program)" 0 "$1: each question of a program was answered"
        is "$(cat /tmp/processes)" 0 'and that of each process'
}

asking 200193
quietly dpkg -i "$new"
ok $? 'an upgrade'
answered 'an upgrade'
[ "$(stat -c %i "$library")" != "$inode" ]
ok $? 'the library is a new one'

quietly dpkg --remove libnss-subuid
cmp "$conf" /tmp/nsswitch.before
ok $? 'removed, not purged: nsswitch.conf is what it was'
quietly dpkg -i /tmp/old.deb
entry 200193
ok $? 'installed again'
sed -i -E 's/^passwd:.*/passwd: files systemd subuid/; s/^(group:.*) subuid/\1/' "$conf"
quietly dpkg -i "$new"
is "$(services)" "files systemd subuid,$(sed -n 's/^group:\s*//p' /tmp/nsswitch.before)" \
        'an upgrade leaves the word where an administrator has put it, and out where he has taken it out'
cp /tmp/nsswitch.before "$conf"
quietly dpkg --purge libnss-subuid

# --- from 0.1.0 and back ---

if [ -e /tmp/before/Makefile ]; then
        must env -C /tmp/before DEB_BUILD_OPTIONS=nocheck make --no-print-directory deb DEB_BUILD=-b
        must make --no-print-directory build/tests/libsubid_test.so
        before=(/tmp/before/build/deb/{libnss-subuid,subuidctl}_0.1.0-1_*.deb)
        after=("${packages[@]:0:2}")
        # A directory that has ranges, for subuidctl import.
        printf '%s\n' "alice|uid 2147483648:65536" "alice|gid 2147483648:65536" >/etc/directory
        import() { quietly env LD_LIBRARY_PATH=build/tests subuidctl import alice; }

        must dpkg -i "${before[@]}"
        echo 'subid: test' >>"$conf"
        sed -i -E 's/^passwd:.*/passwd: files systemd subuid/' "$conf"
        cp "$conf" /tmp/nsswitch.old
        import
        entry 2147483841
        ok $? '0.1.0 answers for what it has imported'
        asking 200193 2147483841
        for version_then in after before after; do
                declare -n debs=$version_then
                quietly dpkg -i "${debs[@]}"
                ok $? "dpkg -i ${debs[*]##*/}"
                entry 2147483841
                ok $? 'it answers for what the other has imported'
                cmp "$conf" /tmp/nsswitch.old
                ok $? 'nsswitch.conf is what it was'
                import
                ok $? 'subuidctl import'
                entry 2147483841
                ok $? 'and for what it has imported itself'
        done
        answered 'up, down, up'

        # The word taken out, the packages removed, not purged, by the one and installed by the other.
        sed -i 's/ subuid//' "$conf"
        quietly dpkg -i "${before[@]}"
        quietly dpkg -i "${after[@]}"
        is "$(grep -c '\bsubuid\b' "$conf")" 0 'taken out, it stays out, there and back'
        quietly dpkg -i "${before[@]}"
        quietly dpkg --remove libnss-subuid
        quietly dpkg -i "$new"
        is "$(grep -c '\bsubuid\b' "$conf")" 2 'of 0.1.0 removed and the new one installed: it is added'
        # 0.1.0 does not know the old files that import keeps.
        quietly dpkg -i "${after[@]}"
        quietly dpkg --purge libnss-subuid subuidctl
        rm /etc/directory
        is "$(grep -v ^subid: "$conf")" "$(sed 's/^passwd:.*/passwd: files systemd/' /tmp/nsswitch.before)" 'purged: it is gone'
        cp /tmp/nsswitch.before "$conf"
        is "$(diff /tmp/inventory.before <(inventory))" '' 'no file is left'
else
        skip 'git does not have the commit of 0.1.0' 'from 0.1.0 and back'
fi

# --- two architectures ---

cp -r /tmp/elsewhere/tree /tmp/elsewhere/i386
must env -C /tmp/elsewhere/i386 DEB_BUILD_PROFILES='nocheck cross pkg.nss-subuid.nosubuidctl pkg.nss-subuid.noruntime' \
        dpkg-buildpackage -us -uc -B -a i386
must i686-linux-gnu-gcc -x c -o /tmp/name - <<'C'
#include <pwd.h>
#include <stdio.h>

int main(void)
{
        struct passwd *pwd = getpwuid(200193);

        return !pwd || puts(pwd->pw_name) < 0;
}
C
quietly dpkg -i "$new"
is "$(/tmp/name)" '' 'a 32-bit program does not find the 64-bit module'
quietly dpkg -i "$new" /tmp/elsewhere/libnss-subuid_*_i386.deb
ok $? 'the module for i386 beside that for amd64'
is "$(/tmp/name)" _200193 'now it does find one'
is "$(grep -c '\bsubuid\b.*\bsubuid\b' "$conf")" 0 'the word stands once on a line'
quietly dpkg --purge libnss-subuid:i386
is "$(grep -c '\bsubuid\b' "$conf")" 2 'purged again: the word stays'
sed -i 's/ subuid//' "$conf"
quietly dpkg -i /tmp/elsewhere/libnss-subuid_*_i386.deb
ok $? 'installed again'
is "$(grep -c '\bsubuid\b' "$conf")" 0 'one architecture more does not add what an administrator has taken out'
quietly dpkg --purge libnss-subuid:amd64 libnss-subuid:i386
quietly dpkg -i /tmp/elsewhere/libnss-subuid_*_i386.deb "$new"
is "$(/tmp/name) $(services)" "_200193 $(sed -E 's/files( systemd)?/files subuid\1/g' <(conf=/tmp/nsswitch.before services))" \
        'both at once: it is added'
quietly dpkg --purge libnss-subuid:amd64
is "$(/tmp/name)" _200193 'one of the two purged: the other still answers'
quietly dpkg --purge libnss-subuid:i386
cmp "$conf" /tmp/nsswitch.before
ok $? 'both purged: nsswitch.conf is what it was'

# --- AppArmor ---

must apt-get install -y "${packages[@]/#/$top/}"
printf '%s\n' 'include <tunables/global>' 'profile test {' 'include <abstractions/nameservice>' '}' >/tmp/profile
rules() { apparmor_parser --skip-kernel-load --skip-cache --preprocess /tmp/profile 2>/dev/null | grep '/sub{u,g}id'; }
quietly apparmor_parser --skip-kernel-load --skip-cache /tmp/profile
ok $? 'AppArmor: a profile with abstractions/nameservice compiles'
is "$(rules)" "$(sed -n '/^\.Ss AppArmor/,/^\.Ed/s/^@/@/p' man/nss_subuid.8)" 'with the two lines of the manual'

# --- what NEWS tells to look for ---

zcat -f /usr/share/doc/libnss-subuid/NEWS.Debian* >/tmp/news
sed -n '/^    grep/p' /tmp/news >/tmp/find_overrides
sed -n '/^    getfacl/,/^$/p' /tmp/news >/tmp/find_lists
cp /var/lib/dpkg/statoverride /tmp/statoverride
printf '%s\n' '_60001 root 644 /a' 'root _61184 644 /b' '#60002 #60002 644 /c' 'root staff 644 /_60003' >>/var/lib/dpkg/statoverride
is "$(sh /tmp/find_overrides)" '_60001 root 644 /a
root _61184 644 /b' 'statoverrides of a user or a group with such a name'
sed -i -E 's/(^| )_([0-9]+)/\1#\2/' /var/lib/dpkg/statoverride
quietly dpkg-statoverride --list /a
ok $? 'with numbers instead of them dpkg is content'
is "$(dpkg-statoverride --list /b)" 'root #61184 644 /b' 'and keeps them'
cat /tmp/statoverride >/var/lib/dpkg/statoverride
mkdir -p /var/tmp/lists/60004:60005
touch /var/tmp/lists/file
setfacl -m u:60000:r,u:60001:r,u:61183:r,g:65519:r,g:65520:r,u:60706:r /var/tmp/lists/file
setfacl -m d:u:2147352576:rx,d:u:2147418111:rx,d:u:2147418112:r,u:2147352575:r,m:r /var/tmp/lists/60004:60005
is "$(sh /tmp/find_lists | sed 's|^//|/|' | sort)" '/var/tmp/lists/60004:60005: default:user:2147352576:r-x
/var/tmp/lists/60004:60005: default:user:2147418111:r-x
/var/tmp/lists/file: group:65519:r--
/var/tmp/lists/file: user:60001:r--' 'entries of such IDs in access control lists, and no others'
rm -r /var/tmp/lists

# --- the end ---

quietly subuidctl list
ok $? 'subuidctl runs'
mkdir /etc/nss-subuid
echo '# Written by subuidctl import, which will write it anew.' | tee /etc/nss-subuid/subuid /etc/nss-subuid/subuid- /etc/nss-subuid/subgid- >/etc/nss-subuid/subgid
echo alice >/etc/nss-subuid/owners
quietly dpkg --purge subuidctl
is "$(ls /etc/nss-subuid)" owners 'purged, it takes along what it has imported, not what an administrator has written'
quietly dpkg -i "${packages[1]}"
rm /etc/nss-subuid/owners
quietly systemctl enable subuidctl-import.timer
ok $? 'the timer can be enabled'
is "$(dpkg-deb -f "${packages[2]}" Depends | tr , '\n' | grep systemd)" 'systemd (>= 252)' 'the runtime depends on systemd 252'
is "$(runc-subuid --version 2>&1)" 'runc-subuid: runc: No such file or directory' 'runc-subuid runs, and looks for runc'
quietly dpkg --purge libnss-subuid subuidctl nss-subuid-runtime
ok $? 'all packages purged'
is "$(diff /tmp/inventory.before <(inventory))" '' 'no file is left'

# A skip would be a failure: the packages are there.
quietly env CI=true tests/packaging/autopkgtest.t
ok $? 'the test for autopkgtest, in a booted systemd'
[ "$tests_failed" -eq 0 ] || tail -n 60 "$log" | sed 's/^/# /' >&2
done_testing
