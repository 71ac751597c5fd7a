#!/bin/bash
# SPDX-License-Identifier: MIT
# init.sh CGROUP: the first process of systemd's namespaces. Mounts what a container manager would
# mount and becomes systemd, below this cgroup.
set -eu

mkdir -p "$1/outside"
echo $$ >"$1/cgroup.procs"
exec unshare --cgroup bash -eu <<'END'
mount --make-rprivate /
umount -l /mnt/cgroup

# A second, whole proc, for root alone: the kernel lets a user namespace mount proc only where it
# sees one that nothing is mounted upon.
mkdir -p -m 700 /mnt/proc
mount -t proc proc /mnt/proc
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t sysfs -o ro sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
ip link set lo up 2>/dev/null || :
exec env -i container=nss-subuid-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --unit=basic.target
END
