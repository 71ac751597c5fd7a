#!/bin/bash
# SPDX-License-Identifier: MIT
# The module built and used in a bare root of a Debian release, with the C library, the systemd and
# the container runtimes of that release: $SUITE.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
suite=${SUITE-bookworm}
log=build/release-$suite.log

not_today() {
        tail -n 5 "$log" | sed 's/^/# /' >&2
        # It changes daily.
        if [ "$suite" = forky ]; then
                echo "1..0 # SKIP $suite cannot be had today"
                exit 0
        fi
        skip_all "$suite cannot be had"
}

tests/lib/release-root.sh "$suite" true >"$log" 2>&1 || not_today

tests=(tests/systemd/scope.t tests/systemd/service.t tests/runtime/systemd.t)
packages='systemd runtime'
tools=build/tests/libnss_hang.so.2
if [ "$suite" != bullseye ]; then
        # libsubid, which comes in three kinds from Debian 12 to 14; nsswitch.conf as each glibc reads it.
        tests+=(tests/systemd/runtimes.t tests/central/import.t tests/tool/no_answer_changes.t)
        packages='systemd runtime runtimes import sources'
        tools="build/tests/libnss_hang.so.2 build/tests/libsubid_test.so $(echo build/tests/libnss_{house,away,busy}.so.2)"
fi
# Where an SSSD of that release can be had on any day.
sssd=''
if [ "$suite" = bookworm ] || [ "$suite" = trixie ]; then
        sssd=yes
        packages+=' sssd'
fi
# shellcheck disable=SC2016 # for the inner shell
logged "$suite" "$log" tests/lib/release-root.sh "$suite" env NSS_SUBUID_SSSD=$sssd bash -euc '
        apt-get -o Acquire::Check-Valid-Until=false update -qq || exit 77
        apt-get install -y -qq --no-install-recommends make perl >/dev/null || exit 77
        tests/lib/deps.sh --install demo $1 || exit 77
        make --silent all $2
        shift 2
        echo "versions: $(dpkg-query -W -f "\${Package} \${Version}, " libc6 systemd runc crun procps)"
        prove --verbose --exec "" "$@"' - "$packages" "$tools" "${tests[@]}"
result=$?
[ $result -ne 77 ] || not_today
sed -n 's/^versions:/# &/p' "$log"
[ $result -eq 0 ] || grep -vE '^ok' "$log" | tail -n 50 | sed 's/^/# /' >&2
ok $result "$suite: ${tests[*]}"
is "$(grep -c '^All tests successful' "$log")" 1 "$suite: all have passed"
is "$(grep -E '# SKIP|skipped:' "$log" | grep -cv 'no Debian 11')" 0 "$suite: none was skipped"
done_testing
