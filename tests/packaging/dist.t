#!/bin/bash
# SPDX-License-Identifier: MIT
# "make dist": what is in git, and it builds without a network.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -e .git ] || skip_all 'needs a git checkout'
[ "$(id -u)" -eq 0 ] || skip_all 'needs root, to take the network away'
unset MAKEFLAGS MAKEOVERRIDES MFLAGS
make() { command make --no-print-directory "$@"; }
# The checkout may be another user's.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$top

scratch=$top/$(mktemp -d build/dist.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

rm -f build/nss-subuid-*.tar.gz
make dist >/dev/null
ok $? 'make dist'
tarball=$(echo build/nss-subuid-*.tar.gz)
is "$tarball" "build/nss-subuid-$(sed -n 's/^#define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h).tar.gz" \
        'one tarball, named after the version'
cp "$tarball" "$scratch/first"
make dist >/dev/null
cmp "$tarball" "$scratch/first"
ok $? 'made again: the same bits'

name=${tarball##*/}
name=${name%.tar.gz}
mkdir "$scratch/"{git,tarball}
tar -C "$scratch/tarball" -xf "$tarball"
is "$(ls "$scratch/tarball")" "$name" 'it unpacks into one folder'
git archive HEAD | tar -C "$scratch/git" -x
is "$(diff -r "$scratch/git" "$scratch/tarball/$name")" '' 'with what git has'
is "$(cd "$scratch/tarball/$name" && find . ! -type d | sort)" \
        "$(git ls-tree -r --name-only HEAD | sed 's|^|./|' | sort)" 'no file more, none less'
unshare --net make -C "$scratch/tarball/$name" >"$scratch/log" 2>&1 &&
        [ -e "$scratch/tarball/$name/build/libnss_subuid.so.2" ]
ok $? 'it builds without a network'
make -C "$scratch/tarball/$name" dist >/dev/null
tar -C "$scratch" -xf "$scratch/tarball/$name/$tarball"
is "$(diff -r "$scratch/git" "$scratch/$name")" '' 'a tarball made where there is no git has the same files'
done_testing
