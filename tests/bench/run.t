#!/bin/bash
# SPDX-License-Identifier: MIT
# The benchmark still works, with its peers, on small files.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'needs root'

output=$(bench/run.sh --smoke 2>&1)
ok $? 'bench/run.sh --smoke'
is "$(grep -cE ' (met|MISSED)$' <<<"$output")" 12 'it says of twelve targets whether they are met'
like "$output" 'two lines, a hit by UID' 'one of them is about two lines'
# shellcheck disable=SC2001 # every line
[ "$tests_failed" -eq 0 ] || sed 's/^/# /' <<<"$output" >&2

if [ -x build/subuidctl ]; then
        is "$(bench/imported.py --smoke | sed -E '/^$/d; s/ *at most .*(met|MISSED)$//; s/( +[0-9.]+)+$/ N/')" \
                'Imported owners with a line each: seconds of CPU time, and MiB at most
                       n             n            2n            4n  growth
import N
import again N
list N
list OWNER N
check N
whois N
  growth from n to 4n:' 'bench/imported.py --smoke: subuidctl on imported files that grow, which says of each what it has to'
else
        skip 'subuidctl was not built' 'subuidctl on imported files'
fi
done_testing
