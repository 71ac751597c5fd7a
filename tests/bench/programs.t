#!/bin/bash
# SPDX-License-Identifier: MIT
# The measuring programs of bench/ still work: what they print, not how fast anything is.
set -u
. "$(dirname "$0")/../lib/tap.sh"
export LD_LIBRARY_PATH=build:build/bench

# measure CASE...: its output, the six numbers of a case as N. A case has blanks where bench wants tabs.
measure() {
        printf '%s\n' "$@" | tr ' ' '\t' | build/bench/bench 3 10 2>&1 |
                sed -E 's/(\t[0-9]+\.[0-9]){6}$/ N/' | tr '\n' ' '
}

is "$(measure 'calls calls /etc/passwd /etc/subuid' 'lines lines /etc/passwd' 'refusal uid subuid 0 miss' 'name user subuid root miss' \
        'group group subuid root miss' 'gid gid subuid 0 miss')" \
        'calls N lines N refusal N name N group N gid N ' 'lookups beside the bare system calls and reads'
is "$(measure 'files uid files 0 hit')" 'files N ' 'the files of libc'
is "$(measure 'open dlopen libnss_subuid.so.2' 'empty dlopen libnss_empty.so.2' 'imports dlopen libnss_imports.so.2')" \
        'open N empty N imports N ' 'opening a library'
is "$(measure 'run run true' 'threads threads subuid 0 miss' 'calls threads calls /etc/passwd')" \
        'run N threads N calls N ' 'processes and threads'
is "$(measure 'wrong uid subuid 0 hit')" 'bench: wrong: not the answer that was expected ' 'an answer that is wrong ends it'
is "$(measure 'x frob subuid 0')" 'bench: x: unknown kind ' 'a kind that there is not'
is "$(nm -D --undefined-only build/bench/libnss_imports.so.2 | awk '$1 == "U" { print $2 }')" \
        "$(nm -D --undefined-only build/libnss_subuid.so.2 | awk '$1 == "U" { print $2 }')" \
        'the module for comparison imports what this one does'
is "$(for module in empty linked imports; do readelf -d build/bench/libnss_$module.so.2 | grep -c 'NEEDED.*libc\.so'; done | tr '\n' ' ')" \
        '0 1 1 ' 'and of the empty ones one depends on the C library, and one does not'

if [ -x build/subuidctl ]; then
        is "$(bench/command.py --smoke | sed -E '/^$/d; s/ *at most .*(met|MISSED)$//; s/ \(.*\)//; s/( +[0-9.]+)+$/ N/')" \
                'subuidctl: ms of CPU time, the least of 1 rounds
                                                   n       n      2n      4n  growth
list, n users with a line each N
list, one line of UIDs, n of GIDs N
check, one owner N
check, n owners N
check, n owners, nested N
check, n owners, nested, from inside N
check, one owner, nested N
check, one owner, GIDs in another order N
check, owners by number N
check, n names of one number N
check, n accounts in each range N
check, no ranges N
check, counts of nothing N
check, of all kinds N
disable, n words N
disable, n words, each behind a colon N
Targets
  list with 10,000 users: s
  check on 64,000 lines, the slowest: s
  disable with 64,000 words, the slowest: s
  growth from n to 4n, the steepest' 'subuidctl on files that grow, which says of each what it has to'
else
        skip 'subuidctl was not built' 'subuidctl on files that grow'
fi
done_testing
