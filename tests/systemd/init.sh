#!/bin/bash
# SPDX-License-Identifier: MIT
# init.sh CGROUP: the first process of systemd's namespaces. Mounts what a container manager would
# mount and becomes systemd, below this cgroup.
set -eu

mkdir -p "$1/outside"
echo $$ >"$1/cgroup.procs"
exec unshare --cgroup bash -eu <<'END'
mount --make-rprivate /
mkdir -p /mnt/dev
mount -t tmpfs -o mode=755 tmpfs /mnt/dev
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
        set -- $device
        mknod -m 666 "/mnt/dev/$1" c "$2" "$3"
done
mkdir /mnt/dev/pts /mnt/dev/shm /mnt/dev/mqueue
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts /mnt/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /mnt/dev/shm
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /proc/self/fd /mnt/dev/fd
ln -s fd/0 /mnt/dev/stdin
ln -s fd/1 /mnt/dev/stdout
ln -s fd/2 /mnt/dev/stderr
umount -l /mnt/cgroup
mount --move /mnt/dev /dev

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
