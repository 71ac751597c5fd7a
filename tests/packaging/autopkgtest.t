#!/bin/bash
# SPDX-License-Identifier: MIT
# The packages' own tests (debian/tests), with the packages in build/deb installed and a systemd booted.
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
compgen -G 'build/deb/libnss-subuid_*.deb' >/dev/null || skip_all 'needs what "make deb" has built'
private_root --cgroups

# What is tested is the package's, not what private_root has installed.
make --no-print-directory uninstall >/dev/null
nsswitch 'files'
dpkg -i build/deb/libnss-subuid_*.deb build/deb/subuidctl_*.deb
ok $? 'the packages are installed'
boot_systemd
is "$(inside systemctl is-enabled subuidctl-import.timer)" disabled 'the timer is there, not enabled'
inside systemctl --quiet enable --now subuidctl-import.timer
inside dpkg -i "$top"/build/deb/subuidctl_*.deb
ok $? 'the same package once more'
is "$(inside systemctl is-active subuidctl-import.timer)" active 'where it is enabled, it stays active in an upgrade'

tests=$(sed -n 's/^Tests: //p' packaging/debian/tests/control)
is "$tests" scope 'the tests'
for test in $tests; do
        inside "$top/packaging/debian/tests/$test"
        ok $? "$test"
done
is "$(cat /etc/subuid /etc/subgid)" '' 'the range files are as before'
done_testing
