#!/bin/bash
# SPDX-License-Identifier: MIT
# The timer and the service of "subuidctl import", in a real systemd.
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root --cgroups

units=/usr/lib/systemd/system
is "$(systemd-analyze verify --man=no $units/subuidctl-import.* 2>&1 | grep subuidctl)" '' 'systemd-analyze verify has nothing to say'
if systemd-analyze --help | grep -q -- --offline; then
        systemd-analyze security --offline=yes --threshold=15 $units/subuidctl-import.service >/tmp/security 2>&1
        ok $? "systemd-analyze security: $(tail -n 1 /tmp/security)"
fi

# As a plugin is installed, and an nscd that says what it is asked.
cp build/tests/libsubid_test.so "$(dirname "$(find /usr/lib* -name libnss_subuid.so.2 -print -quit)")"
printf '%s\n' 'passwd: files subuid systemd' 'group: files subuid systemd' 'subid: test' >/etc/nsswitch.conf
printf '%s\n' 'alice|uid 300000:65536' 'alice|gid 300000:65536' >/etc/directory
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\necho "nscd $*" >>/etc/nss-subuid/told\n' >/usr/sbin/nscd
chmod 755 /usr/sbin/nscd
boot_systemd

start() { inside systemctl start subuidctl-import.service 2>/dev/null; }

is "$(inside systemctl is-enabled subuidctl-import.timer)" disabled 'the timer is not enabled by "make install"'
start
is $? 1 'without owners the service fails'
like "$(journal subuidctl-import.service)" 'no owners: name them' 'and says so'
is "$(stat -c '%a %U' /etc/nss-subuid)" '755 root' 'its folder is there for all to read'

printf 'alice\nbob\n' >/etc/nss-subuid/owners
chmod 600 /etc/nss-subuid/owners
start
is $? 1 'an owner without an answer is a failure'
is "$(inside getent passwd 300007)" '_300007:x:300007:300007:subuid 7 of alice:/nonexistent:/usr/sbin/nologin' \
        'but the others are imported, as root without powers'
is "$(stat -c '%a %U' /etc/nss-subuid/subuid /etc/nss-subuid/subgid | tr '\n' ' ')" '644 root 644 root ' 'for all to read'
is "$(cat /etc/nss-subuid/told)" $'nscd -i passwd\nnscd -i group' 'and nscd forgets'

rm /etc/nss-subuid/told
echo alice >/etc/nss-subuid/owners
start
ok $? 'the service'
[ ! -e /etc/nss-subuid/told ]
ok $? 'where nothing has changed, nscd need not'

# Whatever a plugin does in there, it does not reach the network or the homes.
cat >/usr/sbin/subuidctl <<'SCRIPT'
#!/bin/sh
echo "interfaces: $(ls /sys/class/net | tr '\n' ' ')"
echo "capabilities: $(grep CapEff /proc/self/status)"
touch /etc/elsewhere || echo 'nothing else is written'
ls -A /root /home | grep . || true
SCRIPT
start
like "$(journal subuidctl-import.service)" 'interfaces: lo  ?capabilities: CapEff:.0000000000000000.*nothing else is written' 'no network, no capabilities, nothing else in /etc'

inside systemctl enable --now subuidctl-import.timer 2>/dev/null
ok $? 'the timer can be enabled'
like "$(inside systemctl list-timers --no-legend)" 'subuidctl-import.timer' 'and runs'
inside systemctl disable --now subuidctl-import.timer 2>/dev/null && inside rm -r /etc/nss-subuid
is "$? $(inside systemctl list-timers --no-legend | grep -c subuidctl) $(inside getent passwd 300007)" '0 0 ' 'and be stopped, and what it has brought forgotten'
done_testing
