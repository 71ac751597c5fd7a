#!/bin/bash
# SPDX-License-Identifier: MIT
# Lookups in threads, children, signal handlers, small stacks and cancelled threads.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

concurrency() { timeout 900 build/tests/nss/concurrency "$@"; }

concurrency glibc 100000
ok $? 'threads and children, files replaced 100000 times: each answer is one that a pair of contents gives'
# Where addresses are too random, ThreadSanitizer does not find room for its own.
TSAN_OPTIONS=halt_on_error=1 timeout 900 setarch "$(uname -m)" -R \
        build/tests/nss/concurrency_tsan module 5000
ok $? 'ThreadSanitizer finds nothing'
concurrency signal 10000
ok $? 'lookups in a signal handler that interrupts lookups'
concurrency fork 1000
ok $? 'children forked during lookups of other threads'
concurrency stack 10
ok $? 'a thread with the smallest stack'
concurrency cancel 10000
ok $? 'threads cancelled during lookups leave no descriptor open'

done_testing
