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
        sed 's/^/# /' /tmp/systemd.log >&2
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

# journal UNIT: its lines, joined by blanks; also those of processes that were gone before journald
# could see which unit they belonged to.
journal() {
        inside journalctl --sync
        inside journalctl -q -o cat "UNIT=$1" + "_SYSTEMD_UNIT=$1" | tr '\n' ' '
}

scopes=0
# scope USER [PROPERTY TYPE VALUE...]: starts a scope for a process of its own; sets "unit" to its
# name and "result" to what became of it.
scope() {
        local user=$1 pid
        shift
        scopes=$((scopes + 1))
        unit=test$scopes.scope
        pid=$(inside bash -c 'sleep 300 >/dev/null 2>&1 & echo $!')
        inside busctl --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' "$unit" fail \
                $((3 + $# / 3)) PIDs au 1 "$pid" Delegate b true User s "$user" "$@" 0
        # The job ends after the call has.
        for _ in $(seq 100); do
                result=$(inside systemctl show -p Result,ActiveState --value "$unit" | sort | tr '\n' ' ')
                case $result in
                'active '* | 'failed '*) return ;;
                esac
                sleep 0.02
        done
}
