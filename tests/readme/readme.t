#!/bin/bash
# SPDX-License-Identifier: MIT
# The two commands of the README, as they stand there, in a bare root of a Debian release: $SUITE.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
suite=${SUITE-bookworm}
demo=$(sed -n 's/^    \(.*make demo\)$/\1/p' README.md)
check=$(sed -n 's/^    \(make check-all\)$/\1/p' README.md)
is "$demo" 'apt-get update && apt-get install -y make && make demo' 'the README has the one command'
is "$check" 'make check-all' 'and the other'

# One after the other in one root, as somebody does who reads on.
log=build/readme-$suite.log
tests/lib/release-root.sh "$suite" bash -c "$demo && echo the demo has ended well && $check" >"$log" 2>&1
result=$?
ok $result "$suite: both"
# What failed stands anywhere in it; the end says in which part.
[ $result -eq 0 ] || { grep -a -A 12 -E 'failed test|^not ok|\*\*\*' "$log" | tail -n 100; tail -n 50 "$log"; } | sed 's/^/# /' >&2
like "$(cat "$log")" '_200193:x:200193:200193:subuid 193 of containers' "$suite: the demo shows the entry"
is "$(grep -c '^the demo has ended well$' "$log")" 1 "$suite: $demo"
is "$(grep -c '^Result: PASS' "$log")" 2 "$suite: $check: both parts of the tests have passed"
is "$(grep -ci 'skipped' "$log")" 0 "$suite: nothing was skipped"
done_testing
