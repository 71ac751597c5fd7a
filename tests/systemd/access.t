#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may talk: what a process with a subordinate ID may do, and what may be done in its name, once
# the ID is a user: on the system bus, at polkit and PAM, over ssh, with the tools for accounts.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/systemd.sh"
private_root --cgroups

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch 'files systemd'
# Here without the group by which dbus-daemon refuses them; with it: tests/security/bus.t.
rm /usr/lib/sysusers.d/nss-subuid.conf
boot_systemd
# An ordinary user, who shows that what is refused below works otherwise. While a machine boots
# nobody but root may log in.
useradd -m -s /bin/sh somebody
inside systemctl start systemd-user-sessions.service

# as UID COMMAND...: runs a command with this UID and GID and no other group.
as() {
        inside setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}" 2>&1 </dev/null
}

# bus UID: what the system bus answers when it is asked for its ID.
bus() {
        as "$1" dbus-send --system --print-reply=literal --dest=org.freedesktop.DBus / \
                org.freedesktop.DBus.GetId
}

# bus_daemon: which process and program the bus is.
bus_daemon() {
        inside ps -o pid=,comm= -p "$(inside systemctl show -p MainPID --value dbus.service)"
}

# systemd METHOD ARGUMENT...: asks systemd for something, as 200193.
systemd() {
        as 200193 busctl --allow-interactive-authorization=no call org.freedesktop.systemd1 \
                /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "$@"
}

# logind METHOD ARGUMENT...: the same of logind.
logind() {
        as 200193 busctl --allow-interactive-authorization=no call org.freedesktop.login1 \
                /org/freedesktop/login1 org.freedesktop.login1.Manager "$@"
}

# state UNIT: whether it is active.
state() {
        inside systemctl show -p ActiveState --value "$1"
}

# logged PROGRAM PATTERN WHAT: a program logs a line that matches; it may come after the answer.
logged() {
        local lines
        until_true has_logged "$1" "$2"
        like "$lines" "$2" "$3"
}

has_logged() {
        lines=$(inside journalctl -q -o cat -t "$1")
        [[ $lines =~ $2 ]]
}

# refused STATUS OUTPUT PATTERN WHAT: a command has failed and has said so.
refused() {
        like "$1 $2" "^$3\$" "$4"
}

# --- the system bus -------------------------------------------------------------------------------

hangs_up='Failed to open connection to "system" message bus: Did not receive a reply. '
hangs_up+='Possible causes include: the remote application did not send a reply, '
hangs_up+='the message bus security policy blocked the reply, the reply timeout expired, '
hangs_up+='or the network connection was broken.'
id=$(bus 0)
like "$id" '^ *[0-9a-f]{32}$' 'the bus answers root'
daemon=$(bus_daemon)
like "$daemon" ' dbus-daemon$' 'the bus is dbus-daemon'
is "$(bus "$(id -u somebody)")" "$id" 'and an ordinary user'
is "$(bus 200193)" "$hangs_up" 'without the module: it refuses 200193'

# --- tools for accounts, without the module -------------------------------------------------------

useradd -u 200193 thing 2>/dev/null && userdel thing
ok $? 'without the module: useradd -u 200193'
groupadd -g 200193 thing && groupdel thing
ok $? 'without the module: groupadd -g 200193'
systemd-sysusers --inline 'u thing 200193' 2>/dev/null
is "$(id -u thing):$(id -g thing)" 200193:200193 'without the module: systemd-sysusers takes 200193'
userdel thing
useradd plain
plain=$(id -u plain)
ok $((plain < 1000 || plain > 60000)) "without the module: useradd chooses $plain"
output=$(inside su _200193 -c true 2>&1 </dev/null)
refused $? "$output" '1 su: user _200193 does not exist.*' 'without the module: su knows no _200193'

nsswitch 'files subuid systemd'

# --- the system bus, with the module --------------------------------------------------------------

is "$(bus 200193)" "$id" 'with the module: the bus answers 200193'
is "$(bus 199999)" "$hangs_up" 'it refuses an ID beside the ranges'
is "$(bus_daemon)" "$daemon" 'dbus-daemon has not been restarted'

# --- su and runuser -------------------------------------------------------------------------------

is "$(getent passwd _200193 | cut -d : -f 6-7)" /nonexistent:/usr/sbin/nologin 'neither home nor shell'
is "$(inside su somebody -c 'id -un' </dev/null)" somebody 'root may su to an ordinary user'
for options in '_200193 -c true' '- _200193' '-s /bin/sh _200193 -c true'; do
        # shellcheck disable=SC2086 # several words
        output=$(inside su $options 2>&1 </dev/null)
        refused $? "$output" '1 su: Authentication failure' "su $options is refused"
done
logged su 'FAILED SU \(to _200193\) root' 'su logs it'
logged unix_chkpwd 'could not obtain user info \(_200193\)' 'it is pam_unix that refuses: no shadow entry'
is "$(inside runuser -u _200193 -- id -u 2>&1)" 200193 'runuser -u, which does without a shell, works'
output=$(inside runuser _200193 -c 'id -u' 2>&1 </dev/null)
refused $? "$output" '1 This account is currently not available\.' 'runuser with its shell ends there'

# --- polkit ---------------------------------------------------------------------------------------

denied='1 (Call failed|Failed to .*): Interactive authentication required\.'
inside systemd-run --quiet --unit=victim sleep 300
output=$(systemd StopUnit ss victim.service replace)
refused $? "$output" "$denied" 'StopUnit is denied'
is "$(state victim.service)" active 'and has stopped nothing'
output=$(as 200193 systemd-run --quiet --no-ask-password --wait --unit=mine touch /tmp/mine)
refused $? "$output" "$denied" 'StartTransientUnit is denied'
[ ! -e /tmp/mine ]
ok $? 'and has started nothing'
is "$(state polkit.service)" active 'polkitd is running'

# Some things polkit allows everybody, such as to linger (set-self-linger: allow_any yes). That the rule
# takes from this user. Without it this one may, too; but the user manager that logind then starts for it
# goes through PAM.
output=$(logind SetUserLinger ubb 200193 true false)
refused $? "$output" '1 Call failed: Access denied' 'polkit does not let it linger'
rm /usr/share/polkit-1/rules.d/40-nss-subuid.rules
inside systemctl restart polkit.service
output=$(logind SetUserLinger ubb 200193 true false)
is "$? $output" '0 ' 'without the rule it may, as any user'
manager_has_failed() {
        manager=$(inside systemctl show -p ActiveState,ExecMainStatus --value user@200193.service |
                sort | tr '\n' ' ')
        [ "$manager" = '224 failed ' ]
}
until_true manager_has_failed
is "$manager" '224 failed ' 'but PAM refuses its user manager (224/PAM)'
is "$(inside pgrep -u 200193)" '' 'nothing runs as 200193'
output=$(logind SetUserLinger ubb 200193 false false)
is "$? $output" '0 ' 'and logind takes it back'
output=$(logind SetUserLinger ubb 200194 true false)
refused $? "$output" "$denied" 'it cannot do so for another'

# It was polkit that denied: its rules can say otherwise, and know the user by name.
cat >/etc/polkit-1/rules.d/00-test.rules <<'END'
polkit.addRule(function(action, subject) {
        if (action.id == "org.freedesktop.systemd1.manage-units" && subject.user == "_200193")
                return polkit.Result.YES;
});
END
inside systemctl restart polkit.service
output=$(systemd StopUnit ss victim.service replace)
like "$? $output" '^0 o "/org/freedesktop/systemd1/job/' 'a rule for _200193 lets it stop a unit'
rm /etc/polkit-1/rules.d/00-test.rules

# --- sshd -----------------------------------------------------------------------------------------

ssh=/etc/ssh/test
mkdir $ssh
ssh-keygen -q -t ed25519 -N '' -f $ssh/host
ssh-keygen -q -t ed25519 -N '' -f $ssh/key
printf '127.0.0.1 %s\n' "$(cat $ssh/host.pub)" >$ssh/known_hosts
printf '%s\n' 'ListenAddress 127.0.0.1' "HostKey $ssh/host" 'AuthenticationMethods publickey' 'PidFile none' \
        'LogLevel VERBOSE' >$ssh/sshd_config

# start_sshd PORT USEPAM
start_sshd() {
        inside systemd-run --quiet --unit="sshd-$1" -p Type=notify -p RuntimeDirectory=sshd \
                -p RuntimeDirectoryPreserve=yes /usr/sbin/sshd -D -e -f $ssh/sshd_config -o Port="$1" -o UsePAM="$2"
}

# login USER [PORT]: what somebody with the key gets to see.
login() {
        inside ssh -n -F none -i $ssh/key -o IdentitiesOnly=yes -o BatchMode=yes -o HostKeyAlias=127.0.0.1 \
                -o UserKnownHostsFile=$ssh/known_hosts -p "${2-22}" "$1@127.0.0.1" 'id -un' 2>&1 | tr -d '\r'
        return "${PIPESTATUS[0]}"
}

# plant FOLDER: makes the key one that opens the account with this home.
plant() {
        mkdir -p "$1/.ssh"
        cp $ssh/key.pub "$1/.ssh/authorized_keys"
}

start_sshd 22 yes
plant /home/somebody
is "$(login somebody)" somebody 'the key opens the account of an ordinary user'
output=$(login _200193)
refused $? "$output" '255 _200193@127.0.0.1: Permission denied \(publickey\)\.' 'it does not open _200193'
plant ''
plant /nonexistent
output=$(login _200193)
refused $? "$output" '255 Connection closed by 127\.0\.0\.1 port 22' 'not even if the key is planted in / and /nonexistent'
logged sshd 'Accepted key .* found at /nonexistent/\.ssh/authorized_keys' 'sshd has found the key'
logged sshd 'Access denied for user _200193 by PAM account configuration' 'but PAM refuses'
start_sshd 2222 no
output=$(login _200193 2222)
refused $? "$output" '1 This account is currently not available\.' 'with UsePAM no the shell is what refuses'

# --- tools for accounts, with the module ----------------------------------------------------------

output=$(useradd -u 200193 thing 2>&1)
refused $? "$output" '4 useradd: UID 200193 is not unique' 'useradd -u 200193 is refused'
output=$(groupadd -g 200193 thing 2>&1)
refused $? "$output" "4 groupadd: GID '200193' already exists" 'groupadd -g 200193 is refused'
output=$(systemd-sysusers --inline 'u thing 200193' 2>&1)
like "$output" 'Suggested user ID 200193 for thing already used' 'systemd-sysusers notices that 200193 is taken'
thing=$(id -u thing)
ok $((thing >= 1000)) "and takes another: $thing"
output=$(userdel _200193 2>&1)
refused $? "$output" "6 userdel: user '_200193' does not exist" 'userdel knows no _200193'
output=$(usermod -s /bin/sh _200193 2>&1)
refused $? "$output" "6 usermod: user '_200193' does not exist in /etc/passwd" 'nor does usermod'
useradd plain2
is "$(id -u plain2)" $((plain + 1)) 'the ID that useradd chooses is the next one, as without the module'

# --- a PAM that does without shadow ---------------------------------------------------------------

sed -i '/^account.*pam_unix\.so/s/$/ broken_shadow/' /etc/pam.d/common-account
output=$(inside su _200193 -c true 2>&1 </dev/null)
refused $? "$output" '1 This account is currently not available\.' 'with broken_shadow the shell is what refuses'
is "$(inside su -s /bin/sh _200193 -c 'id -u' 2>&1 </dev/null)" 200193 'and root may name another'

# --- taken out again ------------------------------------------------------------------------------

# dbus-daemon remembers the users that it has found, until it reads its configuration again.
nsswitch 'files systemd'
is "$(bus 200194)" "$hangs_up" 'taken out again: the bus refuses an ID that it has not seen'
is "$(bus 200193)" "$id" 'but not yet the one that it knows'
inside systemctl reload dbus.service
is "$(bus 200193)" "$hangs_up" 'after a reload it refuses that, too'

done_testing
