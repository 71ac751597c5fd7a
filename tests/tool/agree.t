#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl list", "subuidctl whois" and the module agree on every line of random range files.
set -u
. "$(dirname "$0")/../lib/tap.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root

exec tests/tool/agree.py
