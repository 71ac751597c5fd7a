#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh FILE.gcda...: says which lines the tests have not run and which branches they have not
# taken. All must be, but for those in the file "unreachable" beside this one; and those must not.
set -eu -o pipefail
export LC_ALL=C
list=$(dirname "$0")/unreachable

report=$("${GCOV-gcov}" --branch-probabilities --branch-counts --stdout "$@" | awk '
        function end_of_line() {
                if (branches_missed)
                        print source ": " branches_missed " branch" (branches_missed > 1 ? "es" : "") ": " text
                branches_missed = 0
        }
        /^ *[^:]+: *[0-9]+:/ {
                end_of_line()
                match($0, /^ *[^:]+: *[0-9]+:/)
                head = substr($0, 1, RLENGTH)
                text = substr($0, RLENGTH + 1)
                sub(/^Source:/, "", text) && head ~ / 0:$/ && source = text
                sub(/^[ \t]+/, "", text)
                ours = source !~ /^\//
                if (!ours || head ~ /^ *-:/)
                        next
                lines++
                if (head ~ /^ *[#=%$]/)
                        print source ": not run: " text
        }
        /^branch/ && ours {
                branches++
                branches_missed += / taken 0( |$)| never executed/
        }
        END {
                end_of_line()
                print lines + 0, branches + 0
        }')
totals=${report##*$'\n'}
missed=$(sed '$d' <<<"$report" | sort)
argued=$(sed -n 's/^  *//p' "$list" | sort)

echo "${totals% *} lines, ${totals#* } branches"
comm -23 <(echo "$missed") <(echo "$argued") | sed '/^$/d; s/^/not tested: /'
comm -13 <(echo "$missed") <(echo "$argued") | sed '/^$/d; s/^/tested, though listed as unreachable: /'
[ "${totals% *}" -gt 0 ] && [ "$missed" = "$argued" ]
