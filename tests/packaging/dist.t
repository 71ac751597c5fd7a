#!/bin/bash
# SPDX-License-Identifier: MIT
# "make dist": what is in git; it builds without a network, and in a bare root without git it is built, tested,
# installed and removed.
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

is "$("$scratch/tarball/$name/tests/lib/sources.sh" | tar -t | grep -v '/$' | sort)" \
        "$(git ls-tree -r --name-only HEAD | sed 's|^|./|' | sort)" 'bare roots get the same files from it'

git clone --quiet --depth 1 "file://$top" "$scratch/clone"
is "$(make --silent -C "$scratch/clone" dist 2>&1)" '' 'all is committed: nothing is said'
echo >>"$scratch/clone/README.md"
touch "$scratch/clone/new"
is "$(make --silent -C "$scratch/clone" dist 2>&1 | sed 1d)" $' M README.md\n?? new' 'what is not committed is named'

# The whole "make check" runs in such roots too, for the README: here without what asks at random, with another word in
# front of the numbers, and by an ordinary user, who may be kept from user namespaces: what is skipped root has tested.
log=build/dist.log
# shellcheck disable=SC2016 # for the inner shell
tests/lib/release-root.sh "${SUITE-bookworm}" bash -euc '
        tar -C /tmp -xz
        rm -rf /src
        cd "/tmp/$1"
        apt-get -o Acquire::Check-Valid-Until=false update -qq
        apt-get install -y -qq --no-install-recommends make perl >/dev/null
        tests/lib/deps.sh --install check tool
        ! command -v git
        mkdir .git
        for target in dist deb rpm; do
                ! make --silent $target >/tmp/said 2>&1
                sed -n "s/.*apt-get install/lacking for $target: &/p" /tmp/said
        done
        rmdir .git
        inventory() { find /etc /usr /var/lib -xdev ! -path "/var/lib/dpkg/*" | sort; }
        inventory >/tmp/before
        make --silent NAME_PREFIX=sub- WITH_COMMAND=yes WITH_RUNTIME=yes
        chown -R 1000:1000 .
        env -u CI setpriv --reuid=1000 --regid=1000 --clear-groups make --silent NAME_PREFIX=sub- check-quick
        make --silent install
        echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
        getent -s subuid passwd 200193
        subuidctl list
        make --silent uninstall
        diff /tmp/before <(inventory)
        echo removed without a trace' - "$name" <"$tarball" >"$log" 2>&1
ok $? 'in a bare root: build, check, install, remove'
is "$(grep -cE '^lacking for (dist|deb|rpm): .* git' "$log")" 1 'there make dist says that it wants git'
is "$(grep -cE '^lacking for (deb|rpm): ' "$log")" 2 'make deb and make rpm say what they want'
is "$(grep -c '^Result: PASS' "$log")" 1 'the tests have passed'
like "$(cat "$log")" '_200193:x:200193:200193:subuid 193 of containers' 'installed, it answers'
is "$(grep -c '^removed without a trace' "$log")" 1 'make uninstall leaves no file and no folder'
[ "$tests_failed" -eq 0 ] || tail -n 50 "$log" | sed 's/^/# /' >&2
done_testing
