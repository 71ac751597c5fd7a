#!/bin/bash
# SPDX-License-Identifier: MIT
# The place in nsswitch.conf: what stands before and behind "subuid", and the actions between. The
# service "members" (nss_members.c) knows the group 200193 with the members alice and bob.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

cp build/tests/libnss_members.so.2 "$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")"
echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
printf '%s\n' alice:x:5001:5001::/:/bin/sh bob:x:5002:5002::/:/bin/sh >>/etc/passwd

group() {
        printf 'passwd: files subuid\ngroup: %s\n' "$1" >/etc/nsswitch.conf
        getent group "$2"
}

with="${prefix}200193:x:200193:alice,bob"
without="${prefix}200193:x:200193:"

# The cases of nsswitch.conf.example, by their lines.
is "$(group 'files members subuid' 200193)" "$with" 'another source before: its members'
is "$(group 'files members subuid' 200194)" "${prefix}200194:x:200194:" 'and our answer where it has none'
is "$(group 'files [SUCCESS=merge] members subuid' 200193)" "$with" 'merging, subuid last: no member is lost'
is "$(group 'files [SUCCESS=merge] members subuid' "${prefix}200193")" "$with" 'by name too'
is "$(group 'files [SUCCESS=merge] members [SUCCESS=merge] subuid' 200193)" "$with" 'merging all: no member is lost'
is "$(group 'files [SUCCESS=merge] subuid [SUCCESS=merge] members' 200193)" "$with" \
        'merging on behind subuid: no member is lost'
# What the manual warns of.
is "$(group 'files [SUCCESS=merge] subuid members' 200193)" "$without" \
        'a bare subuid in the middle of a merging line hides the members behind it'
is "$(group 'files subuid members' 200193)" "$without" 'as every service hides what stands behind it'

is "$(group 'files [NOTFOUND=return] subuid' 200193)" '' '[NOTFOUND=return] before it hides it'
is "$(group 'files subuid [NOTFOUND=return] members' 200193)" "$without" '[NOTFOUND=return] behind it: it answers'
is "$(group 'files subuid [NOTFOUND=return] members' 300000)" '' 'and ends the search for other IDs'
is "$(group 'files [!SUCCESS=continue] subuid [UNAVAIL=continue] members' 200193)" "$without" 'other actions'
is "$(group 'subuid files' root)" root:x:0: 'before files: root is root all the same'
is "$(group 'subuid' root)" '' 'alone: it knows no account'
is "$(group 'compat subuid' 200193)" "$without" 'compat before it'
is "$(group 'compat subuid' root)" root:x:0: 'and compat knows its accounts'
is "$(group 'files systemd subuid' 200193)" "$without" 'systemd before it'
is "$(group 'files absent subuid' 200193)" "$without" 'a service that is not installed before it'
is "$(group 'files subuid systemd' 65534 | cut -d: -f1)" nogroup 'nobody stays with its own source'

printf 'passwd: compat subuid\n' >/etc/nsswitch.conf
is "$(getent passwd 200193 | cut -d: -f1)" "${prefix}200193" 'passwd: compat subuid'

# Which groups a user is in: not our business, and nothing is walked for it.
printf 'passwd: files subuid\ngroup: files subuid members\n' >/etc/nsswitch.conf
is "$(id -G bob)" '5002 200193' 'id of a user whose groups come from a later source'
is "$(id -G "${prefix}200200")" 200200 'id of a subordinate user'
printf 'passwd: files subuid\ngroup: files subuid\ninitgroups: files members\n' >/etc/nsswitch.conf
is "$(id -Gn bob 2>/dev/null | cut -d' ' -f2)" "${prefix}200193" 'an initgroups line without subuid'
printf 'passwd: files subuid\ngroup: files\ninitgroups: subuid members\n' >/etc/nsswitch.conf
is "$(id -G bob)" '5002 200193' 'an initgroups line that begins with subuid'
printf 'passwd: files subuid\ngroup: files subuid\n' >/etc/nsswitch.conf
strace -o /tmp/trace -e trace=openat id -G "${prefix}200200" >/dev/null
is "$(grep -o '"/etc/.*"' /tmp/trace | tail -n 1)" '"/etc/group"' \
        'the search for the groups of a user opens no range file'

done_testing
