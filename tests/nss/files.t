#!/bin/bash
# SPDX-License-Identifier: MIT
# Range files that are missing, unreadable or no files at all: what the module says, and that a
# program which asks glibc neither hangs nor is disturbed.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

probe() { timeout 120 build/tests/lib/probe "$@"; }
good=containers:200000:65536
entry="${prefix}200193:x:200193:200193:subuid 193 of containers:/nonexistent:/usr/sbin/nologin"

# put KIND FILE: makes the file something.
put() {
        [ -L "$2" ] || ! mountpoint -q "$2" || umount "$2"
        rm -rf "$2"
        case $1 in
        missing) ;;
        good) echo $good >"$2" ;;
        empty) : >"$2" ;;
        directory) mkdir "$2" ;;
        fifo) mkfifo "$2" ;;
        zero) ln -s /dev/zero "$2" ;;
        # Not made by mknod, which is refused in a user namespace.
        device) : >"$2" && mount --bind /dev/zero "$2" ;;
        socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$2" ;;
        link) echo $good >/etc/elsewhere && ln -s elsewhere "$2" ;;
        dangling) ln -s /nowhere "$2" ;;
        loop) ln -s "$2" "$2" ;;
        esac
}

mkdir /etc/nss-subuid
while read -r kind by_uid by_gid; do
        for file in /etc/subuid /etc/subgid /etc/nss-subuid/subuid /etc/nss-subuid/subgid; do
                put missing /etc/subuid
                put missing /etc/subgid
                put missing /etc/nss-subuid/subuid
                put missing /etc/nss-subuid/subgid
                put "$kind" $file
                case $file in
                *uid)
                        is "$(probe getpwuid 200193 | cut -c1-40)" "$(echo "$by_uid" | tr _ ' ')" "$file, $kind: by UID"
                        ;;
                *gid)
                        is "$(probe getgrgid 200193 | cut -c1-40)" "$(echo "$by_gid" | tr _ ' ')" "$file, $kind: by GID"
                        ;;
                esac
        done
        timeout 60 getent passwd root >/dev/null
        is $? 0 "$kind: root is found"
        timeout 60 getent passwd 4000000000 >/dev/null
        is $? 2 "$kind: getent ends"
done <<'CASES'
missing NOTFOUND_ENOENT NOTFOUND_ENOENT
empty NOTFOUND_ENOENT NOTFOUND_ENOENT
dangling NOTFOUND_ENOENT NOTFOUND_ENOENT
directory UNAVAIL_EINVAL UNAVAIL_EINVAL
fifo UNAVAIL_EINVAL UNAVAIL_EINVAL
zero UNAVAIL_EINVAL UNAVAIL_EINVAL
device UNAVAIL_EINVAL UNAVAIL_EINVAL
socket UNAVAIL_ENXIO UNAVAIL_ENXIO
loop UNAVAIL_ELOOP UNAVAIL_ELOOP
CASES

rm -rf /etc/nss-subuid
put good /etc/subuid
put link /etc/subgid
is "$(probe getpwuid 200193)" "SUCCESS - $entry" 'a symbolic link is followed'
is "$(getent group 200193)" "${prefix}200193:x:200193:" 'through glibc too'

# If the group cannot be read, the user is not answered with a made-up one.
put directory /etc/subgid
is "$(probe getpwuid 200193)" 'UNAVAIL EINVAL' 'a group file that cannot be read: no user either'
timeout 60 getent passwd 200193 >/dev/null
is $? 2 'through glibc: not found'
put missing /etc/subgid
is "$(probe getpwuid 200193 | cut -d: -f4)" 65534 'a group file that does not exist: nogroup'

# A confined reader: it may not read one of the files.
put good /etc/subgid
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
is "$(as_nobody build/tests/lib/probe getpwuid 200193)" "SUCCESS - $entry" 'an ordinary user is answered'
chmod 600 /etc/subuid
is "$(as_nobody build/tests/lib/probe getpwuid 200193)" 'UNAVAIL EACCES' 'without the right to read: UNAVAIL'
as_nobody timeout 60 getent passwd 200193 >/dev/null
is $? 2 'without the right to read: glibc goes on and finds nothing'
is "$(as_nobody getent passwd 0 | cut -d: -f1)" root 'without the right to read: real accounts are found'
is "$(as_nobody build/tests/lib/probe getgrgid 200193)" "SUCCESS - ${prefix}200193:x:200193:" 'the other file still counts'
chmod 644 /etc/subuid
mkdir -m 700 /etc/nss-subuid
is "$(as_nobody build/tests/lib/probe getpwuid 4000000000)" 'UNAVAIL EACCES' 'a folder it may not enter: UNAVAIL'
is "$(as_nobody getent passwd 200193 | cut -d: -f1)" "${prefix}200193" 'but what stands in the first file is found'
rm -r /etc/nss-subuid
: >/etc/nss-subuid
is "$(probe getpwuid 4000000000)" 'UNAVAIL ENOTDIR' 'a file in the place of the folder'

# Small buffers, by the module and through glibc.
length=$(printf '%s\0' "${prefix}200193" x 'subuid 193 of containers' /nonexistent /usr/sbin/nologin | wc -c)
is "$(probe getpwuid 200193 "$length")" "SUCCESS - $entry" "a buffer of exactly $length bytes"
is "$(probe getpwnam "${prefix}200193" $((length - 1)))" 'TRYAGAIN ERANGE' 'a byte less'
echo 'passwd: subuid' >/etc/nsswitch.conf
is "$(python3 - "$length" "${prefix}200193" <<'PYTHON'
import ctypes, errno, sys
libc = ctypes.CDLL(None)
entry = ctypes.create_string_buffer(256)
result = ctypes.c_void_p()
for size in 0, 1, int(sys.argv[1]) - 1, int(sys.argv[1]):
    buffer = ctypes.create_string_buffer(size + 1)
    r = libc.getpwnam_r(sys.argv[2].encode(), entry, buffer, ctypes.c_size_t(size), ctypes.byref(result))
    print(errno.errorcode.get(r, r), bool(result), end=" ")
PYTHON
)" 'ERANGE False ERANGE False ERANGE False 0 True ' 'getpwnam_r in small buffers'

# Too large a file is not read: no lookup takes as long as somebody likes.
rm /etc/nss-subuid
echo 'passwd: files subuid' >/etc/nsswitch.conf
for size in 67108865 3G 5G; do
        put good /etc/subuid
        put good /etc/subgid
        truncate -s $size /etc/subuid /etc/subgid
        strace -o /tmp/trace -e trace=pread64 build/tests/lib/probe getpwuid 200193 >/tmp/out
        is "$(cat /tmp/out)" 'UNAVAIL EFBIG' "a file of $size bytes"
        is "$(grep -c 'containers' /tmp/trace)" 0 'which is not read'
        is "$(probe getgrnam "${prefix}200193")" 'UNAVAIL EFBIG' 'nor is one of groups'
        is "$(timeout 60 getent passwd 200193 root | cut -d: -f1)" root 'and glibc finds the others'
done
put good /etc/subuid
put good /etc/subgid
truncate -s 67108865 /etc/passwd /etc/group
is "$(probe getpwnam "${prefix}200193")" 'UNAVAIL EFBIG' 'too large an /etc/passwd'
is "$(probe getgrnam "${prefix}200193")" 'UNAVAIL EFBIG' 'too large an /etc/group'
is "$(probe getpwuid 200193)" "SUCCESS - $entry" 'which an ID does not ask'
sed -i '$ d' /etc/passwd /etc/group
# Files that state no size: one that ends, and one that takes hours.
for file in /etc/subuid /etc/subgid; do
        put missing $file
        ln -s /proc/self/pagemap $file
done
# That of a 32-bit process ends sooner.
[ "$(head -c 67108872 /proc/self/pagemap | wc -c)" -gt 67108864 ] && wanted='UNAVAIL EFBIG' || wanted='NOTFOUND ENOENT'
is "$(probe getpwuid 200193)" "$wanted" '/proc/self/pagemap'
put missing /etc/subuid
ln -s /proc/self/limits /etc/subuid
is "$(probe getpwuid 200193)" 'NOTFOUND ENOENT' '/proc/self/limits'

# What 32 bits cannot hold, on any machine: a time after 2038.
put good /etc/subuid
put good /etc/subgid
touch -d 2040-01-01 /etc/subuid /etc/subgid
is "$(probe getpwuid 200193)" "SUCCESS - $entry" 'files of the year 2040'
is "$(probe getgrnam "${prefix}200193")" "SUCCESS - ${prefix}200193:x:200193:" 'by group name too'
put good /etc/subuid
put good /etc/subgid

# Large files.
yes '# no range here' | head -n 4194302 >/etc/subuid
echo $good >>/etc/subuid
is "$(timeout 120 build/tests/lib/probe getpwuid 200193)" "SUCCESS - $entry" 'a file of 64 MiB'
tr -d '\n' </etc/subuid >/etc/elsewhere
mv /etc/elsewhere /etc/subuid
is "$(timeout 120 build/tests/lib/probe getpwuid 200193)" 'NOTFOUND ENOENT' 'a line of 64 MiB'

done_testing
