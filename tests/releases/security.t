#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs of Debian that ask who exists, in a bare root of one release: tests/security/, or $TESTS of them.
# The buses and polkit are asked in a second release, too: $SUITE.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
suite=${SUITE-forky}
log=build/security-$suite.log
buses=(tests/security/bus.t tests/security/broker.t)
groups=(demo bus)
if [ "$suite" = forky ]; then
        tests=(tests/security/*.t)
        groups+=(security tool)
else
        tests=("${buses[@]}")
fi
[ -z "${TESTS-}" ] || read -ra tests <<<"$TESTS"

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
# shellcheck disable=SC2016 # for the inner shell
logged "$suite" "$log" tests/lib/release-root.sh "$suite" bash -euc '
        apt-get -o Acquire::Check-Valid-Until=false update -qq || exit 77
        apt-get install -y -qq --no-install-recommends make perl >/dev/null || exit 77
        tests/lib/deps.sh --install $1 || exit 77
        shift
        make --silent all
        result=0
        # It takes the place of Postfix.
        exim=
        others=()
        for test in "$@"; do
                [ "$test" = tests/security/exim.t ] && exim=$test || others+=("$test")
        done
        [ ${#others[@]} -eq 0 ] || prove --timer --exec "" "${others[@]}" || result=1
        if [ -n "$exim" ]; then
                tests/lib/deps.sh --install exim || exit 77
                prove --timer --exec "" "$exim" || result=1
        fi
        exit $result' - "${groups[*]}" "${tests[@]}"
result=$?
[ $result -ne 77 ] || not_today
[ $result -eq 0 ] || tail -n 50 "$log" | sed 's/^/# /' >&2
for test in "${tests[@]}"; do
        grep -qE "^(\[[0-9:]+\] )?$test \.+ ok" "$log"
        ok $? "$suite: $test"
done
done_testing
