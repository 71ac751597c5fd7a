#!/bin/bash
# SPDX-License-Identifier: MIT
# The two commands of the README, as they stand there, in a bare root of a Debian release: $SUITE. In one, where
# root clones: /root, which nobody else may enter. In another from a path with blanks and under umask 077;
# there, as the rest takes long and has run twice, with "make check" alone.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
suite=${SUITE-bookworm}
demo=$(sed -n 's/^    \(.*make demo\)$/\1/p' README.md)
check=$(sed -n 's/^    \(make check-all\)$/\1/p' README.md)
rest=$check
passes=2
case $suite in
bookworm) export NSS_SUBUID_CHECKOUT=/root/nss-subuid ;;
forky)
        export NSS_SUBUID_CHECKOUT='/srv/a checkout' NSS_SUBUID_UMASK=077
        # What check-all would install for it.
        rest='tests/lib/deps.sh --install check tool fuzz && make check'
        passes=1
        ;;
esac

log=build/readme-$suite.log
# It changes daily, and not every day can its packages be installed.
not_today() {
        tail -n 5 "$log" | sed 's/^/# /' >&2
        echo "1..0 # SKIP $suite cannot be had today"
        exit 0
}
[ "$suite" != forky ] || tests/lib/release-root.sh "$suite" true >"$log" 2>&1 || not_today
# One after the other in one root, as somebody does who reads on.
logged "$suite" "$log" tests/lib/release-root.sh "$suite" bash -c "$demo && echo the demo has ended well && $rest"
result=$?
# Where apt fails, and no test has.
[ "$suite" != forky ] || [ $result -eq 0 ] || ! grep -q '^E: ' "$log" || grep -qE 'failed test|^not ok|^Result: FAIL' "$log" ||
        not_today
is "$demo" 'apt-get update && apt-get install -y make && make demo' 'the README has the one command'
is "$check" 'make check-all' 'and the other'
ok $result "$suite: both"
# What failed stands anywhere in it; the end says in which part.
[ $result -eq 0 ] || { grep -a -A 12 -E 'failed test|^not ok|\*\*\*' "$log" | tail -n 100; tail -n 50 "$log"; } | sed 's/^/# /' >&2
like "$(cat "$log")" '_200193:x:200193:200193:subuid 193 of containers' "$suite: the demo shows the entry"
is "$(grep -c '^the demo has ended well$' "$log")" 1 "$suite: $demo"
is "$(grep -c '^Result: PASS' "$log")" $passes "$suite: $rest: each part of the tests has passed"
is "$(grep -ci 'skipped' "$log")" 0 "$suite: nothing was skipped"
done_testing
