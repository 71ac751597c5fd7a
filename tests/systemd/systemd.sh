# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A real systemd for the tests of this folder, which source this and call "private_root --cgroups"
# first. It runs as PID 1 of namespaces of its own, on the private root, and ends with the test.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

systemd_pid=

# boot_systemd: starts it and waits until it is up.
boot_systemd() {
        local state
        mkdir -p /mnt/cgroup
        mount -t cgroup2 cgroup2 /mnt/cgroup
        : >/etc/fstab
        [ -s /etc/machine-id ] || head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >/etc/machine-id
        unshare --mount --uts --ipc --net --pid --fork --kill-child "$top/tests/systemd/init.sh" \
                "/mnt/cgroup$NSS_SUBUID_CGROUP/systemd" >/tmp/systemd.log 2>&1 &
        systemd_pid=
        for _ in $(seq 200); do
                systemd_pid=$(pgrep -P $! | head -n 1)
                [ -n "$systemd_pid" ] && state=$(inside systemctl is-system-running 2>/dev/null)
                case ${state-} in
                running | degraded) return ;;
                esac
                sleep 0.05
        done
        sed 's/^/# /' /tmp/systemd.log
        echo "Bail out! systemd did not boot: ${state-}"
        exit 1
}

# inside COMMAND...: runs a command in systemd's namespaces.
inside() {
        (
                echo "$BASHPID" >"/mnt/cgroup$NSS_SUBUID_CGROUP/systemd/outside/cgroup.procs"
                exec nsenter -t "$systemd_pid" -m -u -i -n -p -C "$@"
        )
}

# nsswitch SERVICES: puts these on the passwd and group lines of nsswitch.conf.
nsswitch() {
        printf '%s\n' "passwd: $1" "group: $1" >/etc/nsswitch.conf
}

# journal UNIT: the lines about it, joined by blanks. Not with -u: the processes that systemd forks may have
# ended before journald can tell which unit they belong to; what they log names it in a field.
journal() {
        inside journalctl --sync
        inside journalctl -q -o cat "UNIT=$1" | tr '\n' ' '
}
