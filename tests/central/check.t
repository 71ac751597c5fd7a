#!/bin/bash
# SPDX-License-Identifier: MIT
# What "subuidctl import" writes, "subuidctl check" finds well-formed; what the directory has wrong it says.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

# As tests/nss/check.t does: nothing that this machine may have besides.
rm -f /usr/lib32/libc.so.6 /usr/lib/i386-linux-gnu/libc.so.6
LD_LIBRARY_PATH=$top/build/tests exec tests/central/check.py
