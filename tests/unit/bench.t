#!/bin/bash
# SPDX-License-Identifier: MIT
# The measuring program of bench/ still works: what it prints, not how fast anything is.
set -u
. "$(dirname "$0")/../lib/tap.sh"
export LD_LIBRARY_PATH=build:build/bench

# measure CASE...: its output, numbers as N. A case has blanks where bench wants tabs.
measure() { printf '%s\n' "$@" | tr ' ' '\t' | build/bench/bench 3 10 2>&1 | sed 's/[0-9]*\.[0-9]/N/g' | tr '\t\n' '  '; }

is "$(measure 'bare bare /etc/passwd /etc/subuid' 'refusal uid subuid 0 miss' 'name user subuid root miss' \
        'group group subuid root miss' 'gid gid subuid 0 miss')" \
        'bare N N N refusal N N N name N N N group N N N gid N N N ' 'lookups beside bare reads'
is "$(measure 'files uid files 0 hit')" 'files N N N ' 'the files of libc'
is "$(measure 'open dlopen libnss_subuid.so.2' 'empty dlopen libnss_empty.so.2' 'imports dlopen libnss_imports.so.2')" \
        'open N N N empty N N N imports N N N ' 'opening a library'
is "$(measure 'run run true' 'threads threads subuid 0 miss' 'bare threads bare /etc/passwd')" \
        'run N N N threads N N N bare N N N ' 'processes and threads'
is "$(measure 'wrong uid subuid 0 hit')" 'bench: wrong: not the answer that was expected ' 'an answer that is wrong ends it'
is "$(measure 'x frob subuid 0')" 'bench: x: unknown kind ' 'a kind that there is not'
is "$(nm -D --undefined-only build/bench/libnss_imports.so.2 | awk '$1 == "U" { print $2 }')" \
        "$(nm -D --undefined-only build/libnss_subuid.so.2 | awk '$1 == "U" { print $2 }')" \
        'the module for comparison imports what this one does'
done_testing
