#!/bin/bash
# SPDX-License-Identifier: MIT
# private-root.sh [--cgroups] COMMAND...: runs a command as root on a private copy of this machine's root (an
# overlay whose upper layer is a tmpfs) with the module installed in it, in mount and PID namespaces
# of its own. Nothing of it is left when the command ends; the machine itself is never written to.
set -eu
umask 022

top=$(cd "$(dirname "$0")/../.." && pwd)

namespaces=(unshare --mount --pid --fork --kill-child --propagation private)

# A tree of cgroups for the command ("test", where it runs, and "systemd", for what it boots), removed
# at the end with whatever is left in it.
remove_cgroups() {
        kill -KILL "$child" 2>/dev/null || :
        for _ in $(seq 2000); do
                { echo 1 >"$tree/cgroup.kill"; } 2>/dev/null || :
                find "$tree" -depth -type d -exec rmdir {} + 2>/dev/null || :
                [ -d "$tree" ] || return 0
                sleep 0.05
        done
        echo "private-root: cannot remove $tree" >&2
}

with_cgroups() {
        hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
        tree=$(mktemp -d "$hierarchy/nss-subuid-test.XXXXXX")
        mkdir "$tree/test" "$tree/systemd"
        (
                echo "$BASHPID" >"$tree/test/cgroup.procs"
                export NSS_SUBUID_CGROUP=${tree#"$hierarchy"}
                exec "${namespaces[@]}" "$0" --inside "$@"
        ) &
        child=$!
        trap remove_cgroups EXIT
        trap 'exit 1' HUP INT TERM
        wait "$child"
}

case ${1-} in
--inside) shift ;;
--cgroups)
        shift
        with_cgroups "$@"
        exit
        ;;
*) exec "${namespaces[@]}" "$0" --inside "$@" ;;
esac

# For the tmpfs a folder that is there on every machine, and in which the checkout is not: it is hidden for us alone.
base=/mnt
[[ $top/ != /mnt/* ]] || base=/tmp
mount -t tmpfs -o mode=755 nss-subuid-test "$base"
mkdir "$base/upper" "$base/work" "$base/root"
root=$base/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$root"
mount -t proc proc "$root/proc"
# Devices of its own: a container runtime, say, gives its standard input to the container's root, and
# that may be /dev/null.
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
while read -r device major minor; do
        mknod -m 666 "$root/dev/$device" c "$major" "$minor" 2>/dev/null || {
                # In a user namespace nobody may.
                : >"$root/dev/$device"
                mount --bind "/dev/$device" "$root/dev/$device"
        }
done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
# The checkout may lie on another file system, or below /tmp. What is built in it is used here, not
# made here.
mkdir -p "$root$top"
mount --bind "$top" "$root$top"
# An ordinary user can reach it there, also where it lies in /root, or was made under umask 077.
folder=$top
while folder=${folder%/*} && [ -n "$folder" ]; do
        chmod a+x "$root$folder"
done
if [ -n "$(find "$top/Makefile" "$top/build/libnss_subuid.so.2" ! -perm -o=r 2>/dev/null)" ]; then
        mkdir "$base/checkout" "$base/checkout/upper" "$base/checkout/work"
        # By a relative path: one with a colon or a comma in it would be two.
        (cd "$top" && mount -t overlay overlay -o "lowerdir=.,upperdir=$base/checkout/upper,workdir=$base/checkout/work" "$root$top")
        find "$root$top" \( -path "$root$top/.git" -o -path "$root$top/build/roots" \) -prune -o \
                ! -type l ! -perm -o=r -exec chmod a+rX {} +
fi
mount -o remount,bind,ro "$root$top"

make --no-print-directory -C "$top" install "DESTDIR=$root" >/dev/null
: >"$root/etc/subuid"
: >"$root/etc/subgid"
rm -rf "$root/etc/nss-subuid"
printf '%s\n' 'passwd: files subuid' 'group: files subuid' >"$root/etc/nsswitch.conf"

export NSS_SUBUID_PRIVATE_ROOT=1
# A folder below /tmp is hidden here.
unset TMPDIR
# The root of the namespace becomes this one, not only that of the command: in a mere chroot the
# kernel lets nobody make user namespaces.
cd "$root"
mount --move . /
exec chroot . "$@"
