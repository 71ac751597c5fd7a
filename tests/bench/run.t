#!/bin/bash
# SPDX-License-Identifier: MIT
# The benchmark still works, with its peers, on small files.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'needs root'

output=$(bench/run.sh --smoke 2>&1)
ok $? 'bench/run.sh --smoke'
is "$(grep -cE ' (met|MISSED)$' <<<"$output")" 11 'it says of eleven targets whether they are met'
like "$output" 'two lines, a hit by UID' 'one of them is about two lines'
# shellcheck disable=SC2001 # every line
[ "$tests_failed" -eq 0 ] || sed 's/^/# /' <<<"$output" >&2
done_testing
