#!/bin/bash
# SPDX-License-Identifier: MIT
# release-root.sh SUITE COMMAND...: runs a command as root in a bare root of a Debian release, with a
# clean copy of this checkout's sources in /src, or where $NSS_SUBUID_CHECKOUT says, in mount and PID namespaces of
# its own. With NSS_SUBUID_UMASK=077 it is made, and the command run, under that umask. The root lies in a tmpfs
# and is gone at the end; what it was unpacked from stays in build/roots.
set -eu
umask 022

top=$(cd "$(dirname "$0")/../.." && pwd)
suite=$1
shift
tar=$top/build/roots/$suite.tar
checkout=${NSS_SUBUID_CHECKOUT-/src}
mask=${NSS_SUBUID_UMASK-022}

if [ "${1-}" != --inside ]; then
        mkdir -p "${tar%/*}"
        # Several tests may want it at a time: one makes it.
        exec 8>"$tar.lock"
        flock 8
        if [ ! -e "$tar" ]; then
                # An old copy of the mirror may be all that can be reached.
                mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "5"' \
                        "$suite" "$tar.new.tar" 8>&-
                mv "$tar.new.tar" "$tar"
        fi
        exec 8>&-
        exec unshare --mount --pid --fork --kill-child --propagation private "$0" "$suite" --inside "$@"
fi
shift

root=/mnt
# It must not hide the checkout.
[[ $top/ != /mnt/* ]] || root=/tmp
mount -t tmpfs -o mode=755,size=80% nss-subuid-release "$root"
tar -C "$root" -xf "$tar"
mkdir -p "$root$checkout"
"$top/tests/lib/sources.sh" | (umask "$mask" && tar -C "$root$checkout" --no-same-permissions -x)
# A program of another release, which is not built there.
if [ -e "$top/build/tests/runc-bullseye" ]; then
        mkdir -p "$root$checkout/build/tests"
        cp -p "$top/build/tests/runc-bullseye" "$root$checkout/build/tests/"
fi
# What the network and the package mirror want of this machine.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || :
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
cd "$root"
mount --move . /
umask "$mask"
exec chroot . env -i -C "$checkout" CI="${CI-}" NSS_SUBUID_RELEASE="$suite" HOME=/root TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
