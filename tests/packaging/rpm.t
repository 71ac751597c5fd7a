#!/bin/bash
# SPDX-License-Identifier: MIT
# The RPMs of "make rpm": what is in them, and that it works where it is unpacked. They are not
# installed: that takes an RPM distribution.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
command -v rpm2cpio cpio rpmlint >/dev/null || skip_all 'needs rpm, cpio and rpmlint'
version=$(sed -n 's/^#define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h)
module=$(echo build/rpm/RPMS/*/nss-subuid-"$version"-*.rpm)
tool=$(echo build/rpm/RPMS/*/subuidctl-"$version"-*.rpm)
runtime=$(echo build/rpm/RPMS/*/nss-subuid-runtime-"$version"-*.rpm)
source=$(echo build/rpm/SRPMS/nss-subuid-"$version"-*.src.rpm)
[ -e "$module" ] || skip_all "needs the RPMs of $version: make rpm"

# files RPM: without what rpmbuild adds, links of build IDs and folders named after versions.
files() { rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILENAMES}\n]' "$1" | grep -v '^d\|/\.build-id' | sed "s/-$version//; s/\.gz$//"; }
query() { rpm -qp --qf "$2" "$1"; }

is "$(query "$source" '%{VERSION}')" "$version" "the spec has the module's version"
output=$(rpmlint -c packaging/rpmlint.toml "$module" "$tool" "$runtime" "$source" packaging/nss-subuid.spec 2>&1)
is "$?, $(grep -c ': [EW]: ' <<<"$output")" '0, 0' 'rpmlint finds nothing'
grep ': [EW]: ' <<<"$output" | sed 's/^/# /'

libdir=$(rpm --eval %_libdir)
is "$(files "$module" | grep -v '/doc/')" "-rw-r--r-- root /usr/lib/sysusers.d/nss-subuid.conf
-rwxr-xr-x root $libdir/libnss_subuid.so.2
-rw-r--r-- root /usr/share/licenses/nss-subuid/LICENSE
lrwxrwxrwx root /usr/share/man/man8/libnss_subuid.so.2.8
-rw-r--r-- root /usr/share/man/man8/nss_subuid.8
-rw-r--r-- root /usr/share/polkit-1/rules.d/40-nss-subuid.rules" 'nss-subuid: its files'
doc=/usr/share/doc/nss-subuid
documents=$(files "$module" | sed -n "s|.* $doc/||p")
is "$(grep -vE '^(docs|packaging)/' <<<"$documents" | tr '\n' ' ')" "CHANGELOG.md CONTRIBUTING.md README.md SECURITY.md nsswitch.conf.example $(
        cd packaging && printf '%s\n' recipes/* recipes/dbus/nss-subuid.conf | sort | tr '\n' ' ')" 'its documents'
missing=''
while read -r link; do
        grep -qE "^$link(\$|/)" <<<"$documents" || missing+=" $link"
done < <(grep -oE '\]\([^)#:]+' README.md | cut -c 3- | grep -v '^man/' | sort -u)
is "$missing" '' 'all that README.md links to, but for the manual pages'
# What a new user installs is not what is for debuggers.
# shellcheck disable=SC2016 # Markdown's marks
install=$(sed -n 's/.*dnf install \(build[^`]*\)`.*/\1/p' README.md)
is "$(eval "ls $install" | sed 's/.*\///; s/-[0-9].*//' | tr '\n' ' ')" 'nss-subuid nss-subuid-runtime subuidctl ' \
        'the line of README.md installs three'
is "$(files "$tool")" "-rw-r--r-- root /usr/lib/systemd/system/subuidctl-import.service
-rw-r--r-- root /usr/lib/systemd/system/subuidctl-import.timer
-rwxr-xr-x root $(rpm --eval %_sbindir)/subuidctl
-rw-r--r-- root /usr/share/bash-completion/completions/subuidctl
-rw-r--r-- root /usr/share/fish/vendor_completions.d/subuidctl.fish
-rw-r--r-- root /usr/share/licenses/subuidctl/LICENSE
-rw-r--r-- root /usr/share/man/man8/subuidctl.8
-rw-r--r-- root /usr/share/zsh/site-functions/_subuidctl" 'subuidctl: its files'
is "$(files "$runtime")" "lrwxrwxrwx root $(rpm --eval %_bindir)/crun-subuid
-rwxr-xr-x root $(rpm --eval %_bindir)/runc-subuid
-rw-r--r-- root /usr/share/licenses/nss-subuid-runtime/LICENSE
lrwxrwxrwx root /usr/share/man/man8/crun-subuid.8
-rw-r--r-- root /usr/share/man/man8/runc-subuid.8" 'nss-subuid-runtime: its files'
is "$(rpm -qp --requires "$runtime" | grep -v '^rpmlib\|^libc\.so\|^rtld\|^libjson-c' | tr '\n' ' ')" 'systemd >= 252 ' 'it needs json-c and systemd 252'
is "$(rpm -qp --scripts --triggers "$runtime")" '' 'and has no scriptlets'
is "$(rpm -qpl "$module" "$tool" "$runtime" | grep '^/etc')" '' 'nothing in /etc'

is "$(rpm -qp --scripts --triggers "$module")" '' 'no scriptlets: the C library runs ldconfig, nobody edits nsswitch.conf'
# In words of packaging/rpm.macros, or of the distribution's.
scriptlets=$(rpm -qp --scripts "$tool")
is "$(grep -o '^[a-z]* scriptlet' <<<"$scriptlets" | tr '\n' ' ')" 'postinstall scriptlet preuninstall scriptlet postuninstall scriptlet ' \
        'subuidctl: the scriptlets of a unit'
like "$scriptlets" 'preset subuidctl-import\.timer|install.* subuidctl-import\.timer' 'the timer as the distribution wants it, which is off'
is "$(grep -c '[^a-z]enable ' <<<"$scriptlets")" 0 'nothing is enabled'
is "$(rpm -qp --requires "$module" | grep -v '^rpmlib\|^libc\.so\|^rtld')" '' 'the module needs the C library and nothing else'
like "$(rpm -qp --provides "$module" | tr '\n' ' ')" '^libnss_subuid\.so\.2\(\)\(64bit\) nss-subuid' 'what it provides'
is "$(rpm -qp --recommends "$tool")" "nss-subuid($(query "$module" '%{ARCH}' | tr _ -))" 'subuidctl recommends the module of its own architecture'
is "$(rpm -qp --requires "$source" | grep -v '^rpmlib' | tr '\n' ' ')" \
        'binutils gcc json-c-devel libcmocka-devel libsmartcols-devel make perl-Test-Harness python3 shadow-utils-subid-devel systemd-rpm-macros ' 'what a build needs'
is "$(query "$module" '%{LICENSE}')" MIT 'licence'

# At work, in place of what "make install" has put into the private root.
make uninstall >/dev/null
getent -s subuid passwd 200193 >/dev/null 2>&1
is $? 2 'no module is left'
for rpm in "$module" "$tool" "$runtime"; do
        rpm2cpio "$rpm" | (cd / && cpio -id --quiet)
done
echo "$libdir" >/etc/ld.so.conf.d/rpm.conf
ldconfig
echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
is "$(getent passwd 200193)" '_200193:x:200193:200193:subuid 193 of containers:/nonexistent:/usr/sbin/nologin' \
        'the module of the package answers'
is "$(getent group _200193)" _200193:x:200193: 'for groups too'
like "$(subuidctl whois 200193)" '^_200193: UID 200193' 'and subuidctl'
is "$(crun-subuid --version 2>&1)" "$(crun --version 2>&1)" 'and crun-subuid'
command=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' /usr/lib/systemd/system/subuidctl-import.service)
[ -x "$command" ]
ok $? "the unit's command is there: $command"
for page in /usr/share/man/man8/{libnss_subuid.so.2,nss_subuid}.8*; do
        like "$(zcat -f "$page")" '\.Dt NSS_SUBUID 8' "the manual as ${page##*/}"
done

done_testing
