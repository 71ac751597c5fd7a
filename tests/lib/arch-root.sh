#!/bin/bash
# SPDX-License-Identifier: MIT
# arch-root.sh ARCH COMMAND...: runs a command as root in a root of Debian 13 for another architecture,
# with a clean copy of this checkout's sources in /src, in namespaces of its own. The programs in it are
# of that architecture and run by qemu, or by themselves where this processor can (i386); only make,
# perl and "gcc", which compiles for the other, are of this one. The root lies in a tmpfs and is gone at
# the end; what it was unpacked from stays in build/roots.
set -eu
umask 022

top=$(cd "$(dirname "$0")/../.." && pwd)
arch=$1
shift
# machine: e_machine, the two bytes at offset 18 of a program of that architecture.
case $arch in
i386) triplet=i686-linux-gnu qemu='' machine='' ;;
arm64) triplet=aarch64-linux-gnu qemu=aarch64 machine='\xb7\x00' ;;
armhf) triplet=arm-linux-gnueabihf qemu=arm machine='\x28\x00' ;;
ppc64el) triplet=powerpc64le-linux-gnu qemu=ppc64le machine='\x15\x00' ;;
s390x) triplet=s390x-linux-gnu qemu=s390x machine='\x00\x16' ;;
*)
        echo "arch-root: $arch is not known" >&2
        exit 1
        ;;
esac
tar=$top/build/roots/trixie-$arch.tar

# Packages are unpacked, not installed: nothing of them is run. They are those of the release itself,
# which has the same versions for all architectures; of its updates that is not so at all times.
make_tar() {
        local native=(make perl "gcc-$triplet" ${qemu:+qemu-user-static})
        local foreign=(base-files base-passwd bash coreutils dash diffutils findutils grep libc-bin libc6-dev
                libcmocka-dev libjson-c-dev libsmartcols-dev libsubid-dev login mawk passwd patch procps python3 sed strace
                systemd-tests tar util-linux)
        local IFS=,

        mkdir -p "${tar%/*}"
        # A mirror fails now and then.
        for _ in 1 2 3; do
                if debootstrapped; then
                        mv "$tar.new.tar" "$tar"
                        return
                fi
                sleep 10
        done
        return 1
}

# shellcheck disable=SC2016 # for the inner shell
debootstrapped() {
        mmdebstrap --quiet --variant=extract --architectures="amd64,$arch" \
                --include="${native[*]},${foreign[*]/%/:$arch}" --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "5"' \
                --setup-hook='sed -i -e /updates/d -e /security/d "$1/etc/apt/sources.list"' \
                --extract-hook='cd "$1/usr/share" && rm -rf doc locale man' \
                --extract-hook="cd \"\$1/usr/bin\" && find . -name 'qemu-*' ! -name 'qemu-$qemu*' -delete" \
                trixie "$tar.new.tar"
}

# Goes on in a user namespace in which every ID is itself. Its maps have to be written from outside.
exec_in_user_namespace() {
        local outside file

        outside=$(readlink /proc/self/ns/user)
        (
                while [ "$(readlink /proc/$$/ns/user)" = "$outside" ]; do
                        sleep 0.01
                done
                for file in uid_map gid_map; do
                        awk '{ print $1, $1, $3 }' /proc/self/$file >/proc/$$/$file
                done
        ) &
        exec unshare --user "$0" "$arch" --mapped "$@"
}

case ${1-} in
--mapped)
        shift
        until grep -q . /proc/self/gid_map; do
                sleep 0.01
        done
        exec unshare --mount --pid --fork --kill-child --propagation private "$0" "$arch" --inside "$@"
        ;;
--inside) shift ;;
*)
        [ -e "$tar" ] || make_tar
        exec_in_user_namespace "$@"
        ;;
esac

root=/mnt
# It must not hide the checkout.
[[ $top/ != /mnt/* ]] || root=/tmp
mount -t tmpfs -o mode=755,size=80% nss-subuid-arch "$root"
mkdir "$root/mnt" "$root/root" "$root/run" "$root/src" "$root/tmp" "$root/usr"
for folder in bin sbin lib lib64; do
        mkdir "$root/usr/$folder"
        ln -s "usr/$folder" "$root/$folder"
done
tar -C "$root" --keep-directory-symlink --exclude='./dev/*' -xf "$tar"
"$top/tests/lib/sources.sh" | tar -C "$root/src" --no-same-permissions -x
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"

# Each user namespace has its own list of what the kernel runs by an interpreter (from Linux 6.7 on):
# the machine's stays as it is. F: the interpreter is opened here and now.
if [ -n "$qemu" ]; then
        mount -t binfmt_misc binfmt_misc "$root/proc/sys/fs/binfmt_misc"
        printf '%s' ":$qemu:M:18:$machine::$root/usr/bin/qemu-$qemu-static:F" \
                >"$root/proc/sys/fs/binfmt_misc/register"
fi

# What the scripts of the packages would have done; and no dpkg that is asked what is installed.
for file in passwd group; do
        sed 's/:\*:/:x:/' "$root/usr/share/base-passwd/$file.master" >"$root/etc/$file"
done
ln -s mawk "$root/usr/bin/awk"
rm -f "$root/usr/bin/dpkg-query"
for tool in gcc nm readelf; do
        ln -s "$triplet-$tool" "$root/usr/bin/$tool"
done

# qemu knows no ptrace(2), but tells the calls by itself.
if [ -n "$qemu" ]; then
        mkdir -p "$root/usr/local/bin"
        cat >"$root/usr/local/bin/strace" <<'STRACE'
#!/bin/bash
# strace -o FILE [-e trace=CALL] COMMAND...
file=$2 call=
shift 2
if [ "$1" = -e ]; then
        call=${2#trace=}
        shift 2
fi
QEMU_STRACE=1 QEMU_LOG_FILENAME=$file.all "$@"
result=$?
sed -n "s/^[0-9]* \($call\)/\1/p" "$file.all" >"$file"
exit $result
STRACE
        chmod 755 "$root/usr/local/bin/strace"
fi

cd "$root"
mount --move . /
exec chroot . env -i -C /src CI="${CI-}" NSS_SUBUID_RELEASE=trixie HOME=/root TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
