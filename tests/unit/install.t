#!/bin/bash
# SPDX-License-Identifier: MIT
# "make install" and "make uninstall", in a folder of their own.
set -u
. "$(dirname "$0")/../lib/tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
files() { (cd "$scratch" && find . ! -type d | sort | tr '\n' ' '); }

output=$(make --no-print-directory install DESTDIR="$scratch" 2>&1)
ok $? 'make install'
library=$(cd "$scratch" && find . -name libnss_subuid.so.2)
like "$library" '^\./usr/lib' 'the library is below /usr/lib'
if [ -d "/usr/lib/$(gcc -print-multiarch 2>/dev/null)" ]; then
        is "$library" "./usr/lib/$(gcc -print-multiarch)/libnss_subuid.so.2" 'in the multiarch directory'
fi
is "$(stat -c %a "$scratch/$library")" 644 'readable for everybody'
is "$(readlink "$scratch/usr/share/man/man8/libnss_subuid.so.2.8")" nss_subuid.8 'the manual page has two names'
like "$output" 'passwd: files subuid systemd' 'it prints the line to add'
is "$(find "$scratch" -path '*/etc*')" '' 'and edits nothing in /etc'

before=$(files)
make --no-print-directory install DESTDIR="$scratch" >/dev/null 2>&1
is "$(files)" "$before" 'installing twice is the same as once'
make --no-print-directory uninstall DESTDIR="$scratch" >/dev/null 2>&1
ok $? 'make uninstall'
is "$(files)" '' 'leaves no file'

make --no-print-directory install DESTDIR="$scratch" prefix=/opt/x libdir=/lib/here mandir=/man >/dev/null 2>&1
is "$(files)" './lib/here/libnss_subuid.so.2 ./man/man8/libnss_subuid.so.2.8 ./man/man8/nss_subuid.8 ./opt/x/share/doc/nss-subuid/nsswitch.conf.example ' \
        'prefix, libdir and mandir are heeded'

done_testing
