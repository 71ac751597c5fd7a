#!/bin/bash
# SPDX-License-Identifier: MIT
# What these tests leave behind when they are interrupted, or fail: nothing.
# shellcheck disable=SC2317 # until_true calls some
set -u
# Whoever starts it may ignore signals, as nohup does; a shell cannot take that back.
[ -n "${SIGNALS_ARE_DEFAULT-}" ] ||
        SIGNALS_ARE_DEFAULT=1 exec env --default-signal=HUP,INT,TERM "$BASH" "$0"
. "$(dirname "$0")/systemd.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
grep -q ' cgroup2 rw' /proc/self/mounts || skip_all 'needs a mounted cgroup2 hierarchy'

# A test of its own, which boots a systemd, tells its cgroup and what a scope came to, and waits or fails.
scratch=$(mktemp -d build/interrupted.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/test" <<TEST
. '$top/tests/systemd/systemd.sh'
boot_systemd
scope root
echo "\$NSS_SUBUID_CGROUP \$result"
[ "\$1" = waits ] || exit 1
sleep 300
TEST

# left CGROUP: what is left of a test with this cgroup, after a while.
left() {
        local hierarchy
        hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
        until_true is_gone "$hierarchy/$1"
        find "$hierarchy/$1" -maxdepth 0 2>/dev/null
        pgrep -af "$scratch"
        grep nss-subuid-test /proc/self/mounts
}

is_gone() { [ ! -d "$1" ] && ! pgrep -f "$scratch" >/dev/null; }

for signal in INT TERM HUP; do
        # A shell has what it runs in the background ignore SIGINT, and that cannot be undone in a shell.
        perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' tests/lib/private-root.sh --cgroups \
                bash "$top/$scratch/test" waits >"$scratch/$signal" 2>/dev/null &
        until_true test -s "$scratch/$signal"
        read -r cgroup result <"$scratch/$signal"
        is "$result" 'active success' 'a systemd is up, with a scope in it'
        kill -s $signal $!
        wait $! 2>/dev/null
        is "$(left "$cgroup")" '' "after SIG$signal nothing is left"
done

read -r cgroup result < <(tests/lib/private-root.sh --cgroups bash "$top/$scratch/test" fails 2>/dev/null
        echo "$?" >"$scratch/status")
is "$result" 'active success' 'a systemd is up once more'
until_true test -s "$scratch/status"
is "$(cat "$scratch/status")" 1 'a test that fails tells so'
is "$(left "$cgroup")" '' 'and leaves nothing'

done_testing
