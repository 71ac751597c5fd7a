#!/bin/bash
# SPDX-License-Identifier: MIT
# What "subuidctl import" writes, "subuidctl check" finds well-formed; what the directory has wrong it says.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

LD_LIBRARY_PATH=$top/build/tests exec tests/central/check.py
