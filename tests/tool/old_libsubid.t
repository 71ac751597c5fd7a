#!/bin/bash
# SPDX-License-Identifier: MIT
# subuidctl is built with the libsubid of shadow 4.9, which RHEL 9 has: its header as far as it matters.
set -u
. "$(dirname "$0")/../lib/tap.sh"

scratch=$top/$(mktemp -d build/old_libsubid.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/shadow"
cat >"$scratch/shadow/subid.h" <<'HEADER'
#include <stdbool.h>
#include <stdio.h>
struct subid_range {
        unsigned long start, count;
};
bool libsubid_init(const char *progname, FILE *logfd);
int get_subuid_ranges(const char *owner, struct subid_range **ranges);
int get_subgid_ranges(const char *owner, struct subid_range **ranges);
HEADER
output=$(${CC-gcc} -D_GNU_SOURCE -std=gnu11 -Werror=implicit-function-declaration -I. "-I$scratch" \
        -c -o "$scratch/directory.o" tool/directory.c 2>&1)
is "$?, $output" '0, ' 'directory.c is compiled'
is "$(nm -u "$scratch/directory.o" 2>/dev/null | sed -n 's/^ *U \(.*sub[ug]\?id_.*\)/\1/p' | sort | tr '\n' ' ')" \
        'get_subgid_ranges get_subuid_ranges libsubid_init ' 'and calls the functions that are there'

done_testing
