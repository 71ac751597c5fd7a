#!/bin/bash
# SPDX-License-Identifier: MIT
# "make check" and real lookups on another architecture, with its C library and its programs: $ARCH.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
[ "$(uname -m)" = x86_64 ] || skip_all 'needs an amd64 machine'
[ "$(printf '%s\n' 6.7 "$(uname -r)" | sort -V | head -n 1)" = 6.7 ] || skip_all 'needs Linux 6.7'
arch=${ARCH-s390x}
log=build/arch-$arch.log

# These roots have no terminals, which enable.t and completion.t want. qemu has threads of its own, and so cannot
# make user namespaces; nor does it know seccomp(2), and of each program qemu is the file. Thousands of random
# systems, each with a Python of qemu's, take longer than all the rest: i386 has them.
without='tests/tool/enable.t tests/tool/completion.t'
[ "$arch" = i386 ] || without="$without tests/tool/whois.t build/tests/fault/test_faults build/tests/tool/test_containers"
[ "$arch" = i386 ] || without="$without tests/tool/add_check.t tests/tool/advice.t tests/tool/enable_check.t"

tests=(lookups nsswitch files changes libsubid test_nss_users)
tests=("${tests[@]/#/tests/nss/}")
tests=("${tests[@]/%/.t}")

if ! tests/lib/arch-root.sh "$arch" true >"$log" 2>&1; then
        tail -n 5 "$log" | cut -c 1-300 | sed 's/^/# /' >&2
        # Not each mirror has all of these at all times.
        case $arch in
        ppc64el | s390x)
                echo "1..0 # SKIP $arch cannot be had today"
                exit 0
                ;;
        esac
        skip_all "$arch cannot be had"
fi
# shellcheck disable=SC2016 # for the inner shell
logged "$arch" "$log" tests/lib/arch-root.sh "$arch" bash -euc '
        make --silent check without="$1"
        shift
        make --silent build/tests/lib/probe build/tests/nss/against_libsubid build/tests/libnss_members.so.2
        readelf -h build/libnss_subuid.so.2 | sed -n "s/^ *Machine: */machine: /p"
        FILES=1000 prove --exec "" "$@"' - "$without" "${tests[@]}"
result=$?
sed -n 's/^machine:/# &/p' "$log"
[ $result -eq 0 ] || tail -n 50 "$log" | sed 's/^/# /' >&2
ok $result "$arch: make check, ${tests[*]}"
is "$(grep -c '^All tests successful' "$log")" 2 "$arch: all have passed"
is "$(grep -cE '# SKIP|skipped:' "$log")" 0 "$arch: none was skipped"
done_testing
