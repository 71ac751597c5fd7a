#!/bin/bash
# SPDX-License-Identifier: MIT
# possible.sh: says what the tests that need root lack of this machine and cannot install, all of it, before
# anything is installed.
set -u

lacking=()
[ "$(id -u)" -eq 0 ] || lacking+=('root')
unshare --mount --pid --fork --kill-child --propagation private true 2>/dev/null ||
        lacking+=('mount and PID namespaces: a container has to be a privileged one')
if [ ${#lacking[@]} -gt 0 ]; then
        printf 'This needs %s\n' "${lacking[@]}" >&2
        exit 1
fi
grep -q ' cgroup2 rw' /proc/self/mounts ||
        echo 'No cgroup2 hierarchy is mounted that can be written to: tests with systemd will be skipped.' >&2
