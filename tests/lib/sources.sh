#!/bin/bash
# SPDX-License-Identifier: MIT
# sources.sh: the sources as a tar, on standard output: what is committed, or, where there is no git, as in a tarball
# of them, what lies here.
set -eu
cd "$(dirname "$0")/../.."

if [ -e .git ]; then
        # The checkout may be another user's.
        exec git -c safe.directory="$PWD" archive HEAD
fi
exec tar -c --exclude=./build --owner=0 --group=0 .
