#!/bin/bash
# SPDX-License-Identifier: MIT
# An outside judge: systemd's test-nss-users, which calls a module's functions by itself and shows
# what they do with status, errno and entry. (Debian: systemd-tests.)
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

judge=$(find /usr/lib/systemd/tests -name test-nss-users -type f | head -n 1)
[ -n "$judge" ] || skip_all 'test-nss-users of systemd is not installed'

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid

# ask BUFSIZE KEY...: what it prints, on one line, without the colours.
ask() {
        SYSTEMD_LOG_COLOR=0 SYSTEMD_TEST_NSS_BUFSIZE=$1 "$judge" subuid "${@:2}" 2>&1 | tr -s ' \n' ' '
}

entry="\"${prefix}200193\" / 200193:200193 passwd=\"x\" gecos=\"subuid 193 of containers\" dir=\"/nonexistent\" shell=\"/usr/sbin/nologin\""
group="\"${prefix}200193\" / 200193 passwd=\"x\" members="

output=$(ask 1024 200193)
like "$output" "_nss_subuid_getpwuid_r\(200193\) → status=NSS_STATUS_SUCCESS errno=999/--- $entry" 'by UID'
like "$output" "_nss_subuid_getgrgid_r\(200193\) → status=NSS_STATUS_SUCCESS errno=999/--- $group" 'by GID'
like "$output" '_nss_subuid_getpwnam_r\("200193"\) → status=NSS_STATUS_NOTFOUND errno=2/ENOENT' 'a number is no name'
output=$(ask 1024 "${prefix}200193")
like "$output" "_nss_subuid_getpwnam_r\(\"${prefix}200193\"\) → status=NSS_STATUS_SUCCESS errno=999/--- $entry" 'by user name'
like "$output" "_nss_subuid_getgrnam_r\(\"${prefix}200193\"\) → status=NSS_STATUS_SUCCESS errno=999/--- $group" 'by group name'
for key in root nobody foo_no_such_user "${prefix}0" "${prefix}65534" "${prefix}4294967295" "${prefix}0200193"; do
        like "$(ask 1024 "$key")" "getpwnam_r.*status=NSS_STATUS_NOTFOUND errno=2/ENOENT.*getgrnam_r.*status=NSS_STATUS_NOTFOUND errno=2/ENOENT" \
                "not ours: $key"
done
for key in 0 65534 65535 4294967295 99999 268635456; do
        like "$(ask 1024 $key)" "getpwuid_r.*status=NSS_STATUS_NOTFOUND errno=2/ENOENT.*getgrgid_r.*status=NSS_STATUS_NOTFOUND errno=2/ENOENT" \
                "not ours: $key"
done
# The strings of a group and of a user, each with its NUL.
group_size=$(printf '%s\0' "${prefix}200193" x | wc -c)
user_size=$(printf '%s\0' "${prefix}200193" x 'subuid 193 of containers' /nonexistent /usr/sbin/nologin | wc -c)
for size in 1 2 $((group_size - 1)) "$group_size" $((user_size - 1)); do
        output=$(ask "$size" 200193)
        like "$output" 'getpwuid_r\(200193\) → status=NSS_STATUS_TRYAGAIN errno=34/ERANGE' "a user in $size bytes"
        if [ "$size" -lt "$group_size" ]; then
                like "$output" 'getgrgid_r\(200193\) → status=NSS_STATUS_TRYAGAIN errno=34/ERANGE' "a group in $size bytes"
        else
                like "$output" 'getgrgid_r\(200193\) → status=NSS_STATUS_SUCCESS' "a group in $size bytes"
        fi
done
like "$(ask "$user_size" 200193)" "getpwuid_r\(200193\) → status=NSS_STATUS_SUCCESS errno=999/--- $entry" "a user in $user_size bytes"

done_testing
