# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A real systemd for the tests of this folder, which source this and call "private_root --cgroups"
# first. It runs as PID 1 of namespaces of its own, on the private root, and ends with the test.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

systemd_pid=

# boot_systemd: starts it and waits until it is up.
boot_systemd() {
        local starter state
        mkdir -p /mnt/cgroup
        mount -t cgroup2 cgroup2 /mnt/cgroup
        : >/etc/fstab
        [ -s /etc/machine-id ] || head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >/etc/machine-id
        unshare --mount --uts --ipc --net --pid --fork --kill-child "$top/tests/systemd/init.sh" \
                "/mnt/cgroup$NSS_SUBUID_CGROUP/systemd" >/tmp/systemd.log 2>&1 &
        starter=$!
        until_true has_booted_or_ended "$starter"
        [[ ${state-} != @(running|degraded) ]] || return 0
        sed 's/^/# /' /tmp/systemd.log >&2
        echo "Bail out! systemd did not boot: ${state-}"
        exit 1
}

# has_booted_or_ended STARTER: whether it is up, or is no more; sets the variables of boot_systemd.
has_booted_or_ended() {
        kill -0 "$1" || return 0
        systemd_pid=$(pgrep -P "$1" | head -n 1)
        [ -n "$systemd_pid" ] && state=$(inside systemctl is-system-running)
        [[ ${state-} == @(running|degraded) ]]
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
        until_true scope_has_result
}
scope_has_result() {
        result=$(inside systemctl show -p Result,ActiveState --value "$unit" | sort | tr '\n' ' ')
        [[ $result == @(active|failed)' '* ]]
}
