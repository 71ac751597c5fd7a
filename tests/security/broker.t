#!/bin/bash
# SPDX-License-Identifier: MIT
# dbus-broker: it lets in whoever comes, named or not, and knows a process by its own groups. There polkit's rule
# keeps these users from lingering, and changes nothing else.
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
[ -x /usr/bin/dbus-broker ] || skip_all 'needs dbus-broker'
private_root --cgroups

printf '%s\n' core:200000:65536 | tee /etc/subuid >/etc/subgid
useradd -m -s /bin/sh somebody
somebody=$(id -u somebody)
# A real user who is called like one of ours.
echo '_77:x:1077:1077:a real one:/home/somebody:/bin/sh' >>/etc/passwd
echo '_77:*:19000::::::' >>/etc/shadow
nsswitch 'files systemd'
ln -sf /usr/lib/systemd/system/dbus-broker.service /etc/systemd/system/dbus.service
systemd-sysusers nss-subuid.conf
# Where dbus-broker is installed, "make install" lays the policy elsewhere. A package cannot know.
cp packaging/dbus/nss-subuid.conf /usr/share/dbus-1/system.d/
boot_systemd
inside systemctl start systemd-user-sessions.service

as() { inside setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}" 2>&1 </dev/null; }
bus() {
        as "$1" timeout 30 dbus-send --system --print-reply=literal --dest=org.freedesktop.DBus / \
                org.freedesktop.DBus.GetId
}
linger() {
        as "$1" busctl call org.freedesktop.login1 /org/freedesktop/login1 \
                org.freedesktop.login1.Manager SetUserLinger ubb "$1" true false
}
lingering() { find /var/lib/systemd/linger -type f -printf '%f\n' 2>/dev/null | sort | tr '\n' ' '; }
# inhibit UID: what polkit lets everybody do.
inhibit() { as "$1" systemd-inhibit --what=shutdown --mode=delay echo inhibited; }

id=$(bus 0)
like "$id" '^ *[0-9a-f]{32}$' 'the policy leaves root alone'
is "$(bus "$somebody")" "$id" 'and a real user'
like "$(inside ps -eo comm)" 'dbus-broker' 'it is dbus-broker'
is "$(bus 200193)" "$id" 'without the module it answers 200193'
nsswitch 'files subuid systemd'
inside systemctl reload dbus.service
is "$(bus 200193)" "$id" 'with the module, too, though the policy refuses the group: the process has only the UID'

# --- polkit -----------------------------------------------------------------------------------------

rule=/usr/share/polkit-1/rules.d/40-nss-subuid.rules
# polkit reads what ends in ".rules" as soon as it appears there, half of it if need be.
mv $rule /tmp/rule
inside systemctl restart polkit.service
is "$(linger 200193) $(linger "$somebody") $(lingering)" '  _200193 somebody ' 'without the rule 200193 may linger, as anybody'
rm /var/lib/systemd/linger/*
mv /tmp/rule $rule.new
mv $rule.new $rule
inside systemctl restart polkit.service
like "$(linger 200193)" 'Access denied' 'with it polkit refuses'
is "$(linger "$somebody") $(linger 1077) $(lingering)" '  _77 somebody ' 'real users may, also one that is called _77'
is "$(inhibit 200193) $(inhibit "$somebody")" 'inhibited inhibited' 'all else is as before'
cat >/etc/polkit-1/rules.d/10-test.rules.new <<'END'
polkit.addRule(function(action, subject) {
    if (action.id == "org.freedesktop.login1.set-self-linger" && subject.user == "_200194")
        return polkit.Result.YES;
});
END
mv /etc/polkit-1/rules.d/10-test.rules.new /etc/polkit-1/rules.d/10-test.rules
inside systemctl restart polkit.service
is "$(linger 200194) $(lingering)" ' _200194 _77 somebody ' "an administrator's rule before it decides"
like "$(linger 200195)" 'Access denied' 'for no other'
is "$(inside journalctl -q -o cat -u polkit.service | grep -iE 'error|exception')" '' 'polkit finds no fault with it'

done_testing
