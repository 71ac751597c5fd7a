#!/bin/bash
# SPDX-License-Identifier: MIT
# dbus-daemon: an ordinary user with a range may fill the bus and leave files that fail at each boot, until the
# group of all these users is there, which a policy refuses. A process of a container has the UID and not
# the group.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
[ -x /usr/bin/dbus-daemon ] || skip_all 'needs dbus-daemon'
private_root --cgroups

printf '%s\n' core:200000:65536 | tee /etc/subuid >/etc/subgid
useradd -m -s /bin/sh somebody
somebody=$(id -u somebody)
nsswitch 'files subuid systemd'
# Here the bus alone has to do: no rule of polkit.
rm /usr/share/polkit-1/rules.d/40-nss-subuid.rules
# At its start systemd would make the group.
mv /usr/lib/sysusers.d/nss-subuid.conf /root/
# dbus-broker may be installed, too; then "make install" lays the policy elsewhere.
rm -f /etc/systemd/system/dbus.service
cp packaging/dbus/nss-subuid.conf /usr/share/dbus-1/system.d/
boot_systemd
inside systemctl start systemd-user-sessions.service

# as UID COMMAND...: runs a command with this UID and GID and no other group.
as() { inside setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}" 2>&1 </dev/null; }

# bus UID: its ID, or what else is said.
bus() {
        as "$1" timeout 30 dbus-send --system --print-reply=literal --dest=org.freedesktop.DBus / \
                org.freedesktop.DBus.GetId
}

# fill FILE UID...: as many connections as the bus takes of each, until hold is closed; FILE says how many.
fill() {
        rm -f /tmp/hold
        mkfifo /tmp/hold
        inside python3 "$top/tests/security/bus_clients.py" 256 "${@:2}" </tmp/hold >"$1" 2>&1 &
        exec {hold}>/tmp/hold
        until_true has_lines "$1" $(($# - 1))
}
has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
# release: all those connections are closed.
release() {
        exec {hold}>&-
        wait $!
}
sum() { awk '{ sum += $2 } END { print sum }' "$1"; }

# linger UID...: each wants to linger. lingering: who does.
linger() {
        for uid in "$@"; do
                as "$uid" busctl call org.freedesktop.login1 /org/freedesktop/login1 \
                        org.freedesktop.login1.Manager SetUserLinger ubb "$uid" true false >/dev/null
        done
}
lingering() { find /var/lib/systemd/linger -type f -printf '%f\n' 2>/dev/null | sort | tr '\n' ' '; }
managers() { inside systemctl list-units --all --failed --plain --no-legend 'user@*' | wc -l; }

id=$(bus 0)
like "$id" '^ *[0-9a-f]{32}$' 'the bus answers root'
like "$(inside ps -o comm= -p "$(inside systemctl show -p MainPID --value dbus.service)")" '^dbus-daemon' 'it is dbus-daemon'

# --- without the group ------------------------------------------------------------------------------

is "$(bus 200193)" "$id" 'without the group it answers 200193'
mapfile -t uids < <(seq 200001 200010)
fill /tmp/filled "${uids[@]}"
ok $? "ten IDs of one user's range open $(sum /tmp/filled) connections"
like "$(bus 0)" 'maximum number of active connections|Too many open files|LimitsExceeded' 'and root gets none'
release
root_is_let_in() { [ "$(bus 0)" = "$id" ]; }
until_true root_is_let_in
linger "${uids[@]}"
is "$(lingering)" "$(printf '_%s ' "${uids[@]}")" 'they leave files for all boots to come'
all_have_failed() { [ "$(managers)" -ge 10 ]; }
until_true all_have_failed
is "$(managers)" 10 'and each fails'
rm /var/lib/systemd/linger/*

# --- with it ----------------------------------------------------------------------------------------

systemd-sysusers /root/nss-subuid.conf
ok $? 'systemd-sysusers makes the group'
inside systemctl reload dbus.service
hangs_up='^Failed to open connection to "system" message bus: Did not receive a reply\.'
like "$(bus 200193)" "$hangs_up" 'the bus refuses 200193'
nsswitch 'files systemd'
inside systemctl reload dbus.service
like "$(bus 200194)" "$hangs_up" 'as it does without the module'
nsswitch 'files subuid systemd'
inside systemctl reload dbus.service
fill /tmp/refused "${uids[@]}"
is "$? $(sum /tmp/refused)" '0 0' 'ten IDs open no connection'
is "$(bus 0)$(bus "$somebody")" "$id$id" 'meanwhile root and a real user are answered'
release
linger "${uids[@]}" "$somebody"
is "$(lingering)" 'somebody ' 'a real user may linger, none of the ten'
is "$(inside systemd-run --quiet --wait --pipe --uid=200193 id -u)" 200193 'a service of 200193 runs as before'

done_testing
