#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian packages in a bare root of a Debian release, $SUITE: built, installed, upgraded, removed.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
[ -n "${NSS_SUBUID_RELEASE-}" ] || exec tests/lib/release-root.sh "${SUITE-bookworm}" tests/packaging/deb.t

log=/tmp/deb.log
conf=/etc/nsswitch.conf
export DEBIAN_FRONTEND=noninteractive

# must COMMAND...: without it there is nothing to test.
must() {
        "$@" >>"$log" 2>&1 && return
        tail -n 40 "$log" | sed 's/^/# /' >&2
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

# tokens FILE: its words, comments and lines, whatever blanks are between.
tokens() {
        sed -E 's/[[:blank:]]+/ /g; s/ $//' "$1"
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

# scripts FILE: what installing makes of it stays in FILE, what removing makes of that in FILE.removed.
scripts() {
        local root=/tmp/root
        mkdir -p "$root/etc" /tmp/control
        [ -e /tmp/control/postinst ] || dpkg-deb -e "$new" /tmp/control
        cp "$1" "$root/etc/nsswitch.conf"
        export DPKG_ROOT=$root DPKG_MAINTSCRIPT_PACKAGE=libnss-subuid DPKG_MAINTSCRIPT_PACKAGE_INSTCOUNT=0
        /tmp/control/preinst install && /tmp/control/postinst configure && cp "$root/etc/nsswitch.conf" "$1" &&
                /tmp/control/postrm remove && cp "$root/etc/nsswitch.conf" "$1.removed" && [ "$(ls "$root/etc")" = nsswitch.conf ]
        ok $? "the maintainer scripts have run: ${case##*/}"
        unset DPKG_ROOT DPKG_MAINTSCRIPT_PACKAGE DPKG_MAINTSCRIPT_PACKAGE_INSTCOUNT
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
        printf '%s\n' "passwd: $before" 'group: files' 'hosts: files' >/tmp/case.before
        cp /tmp/case.before /tmp/case
        scripts /tmp/case
        is "$(sed -n '1s/passwd: //p' <(tokens /tmp/case))" "$after" "$before"
        is "$(tokens /tmp/case.removed)" "$(tokens /tmp/case.before)" "$before: removed, it has the words it had"
done <<'CASES'
files systemd # systemd is last|files subuid systemd # systemd is last
files # subuid, some day|files subuid # subuid, some day
files systemd [NOTFOUND=return]|files subuid systemd [NOTFOUND=return]
files [NOTFOUND=continue UNAVAIL=continue] systemd|files [NOTFOUND=continue UNAVAIL=continue] subuid systemd
files [ success = merge ] systemd # merge|files [ success = merge ] systemd subuid # merge
files systemd # [SUCCESS=merge]|files subuid systemd # [SUCCESS=merge]
files [SUCCESS=continue]|files [SUCCESS=continue]
files [ !notfound = continue ] systemd|files [ !notfound = continue ] systemd
CASES

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
timeout 60 perl -e 'getpwuid(200193) and exit 1; open F, ">/tmp/asked"; close F; select undef, undef, undef, 0.1 until getpwuid 200193' &
program=$!
until [ -e /tmp/asked ] || ! kill -0 $program; do
        sleep 0.1
done
must apt-get install -y "$(realpath "$new")"
entry 200193
ok $? 'installed: getent passwd 200193 answers, with nscd running'
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
# One that asks again and again, and one process after the other.
# shellcheck disable=SC2016 # for perl
perl -e 'until (-e "/tmp/stop") { $asked++; $failed++ unless getpwuid(200193) eq "_200193" && getgrgid(200193) eq "_200193" }
         printf "%s %d\n", $asked > 0, $failed' >/tmp/program &
(
        asked=0 failed=0
        until [ -e /tmp/stop ]; do
                entry 200193 || failed=$((failed + 1))
                asked=$((asked + 1))
        done
        echo "$((asked > 0)) $failed" >/tmp/processes
) &
sleep 0.5
quietly dpkg -i "$new"
ok $? 'an upgrade'
sleep 0.5
touch /tmp/stop
wait
[ "$(stat -c %i "$library")" != "$inode" ]
ok $? 'the library is a new one'
is "$(cat /tmp/program)" '1 0' 'meanwhile each question of a program was answered'
is "$(cat /tmp/processes)" '1 0' 'and that of each process'

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

# --- the end ---

quietly subuidctl list
ok $? 'subuidctl runs'
mkdir /etc/nss-subuid
echo '# Written by subuidctl import, which will write it anew.' | tee /etc/nss-subuid/subuid >/etc/nss-subuid/subgid
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
