#!/bin/bash
# SPDX-License-Identifier: MIT
# Who does as "subuidctl check" advises is told no more.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
exec tests/tool/advice.py
