#!/bin/bash
# SPDX-License-Identifier: MIT
# The harnesses of tests/fuzz: what their corpus holds is replayed, then they go on from there, for 10
# seconds each.
set -u
. "$(dirname "$0")/../lib/tap.sh"

harnesses='core lookup'
[ ! -x build/runc-subuid ] || harnesses+=' runtime'
for harness in $harnesses; do
        inputs=(tests/fuzz/corpus/"$harness"/*)
        log=build/fuzz/replay_$harness.log
        wanted="${#inputs[@]} inputs replayed"
        got=$("build/fuzz/replay_$harness" "${inputs[@]}" 2>"$log")
        is "$got" "$wanted" "fuzz_$harness: its corpus, replayed"
        [ "$got" = "$wanted" ] || tail -n 20 "$log" | sed 's/^/# /' >&2
done

# The root of a release has a C library and a compiler to be tried with the corpus; new inputs would
# tell nothing more there.
[ -z "${NSS_SUBUID_RELEASE-}" ] || done_testing

for harness in $harnesses; do
        if [ -x "build/fuzz/fuzz_$harness" ]; then
                log=build/fuzz/fuzz_$harness.log
                make --silent "fuzz-$harness" FUZZ_TIME=10 >"$log" 2>&1
                result=$?
                ok $result "fuzz_$harness: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
                [ $result -eq 0 ] || tail -n 20 "$log" | sed 's/^/# /' >&2
        else
                skip 'needs clang with libFuzzer' "fuzz_$harness: 10 seconds of it"
        fi
done
done_testing
