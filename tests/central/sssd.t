#!/bin/bash
# SPDX-License-Identifier: MIT
# From a directory to a name: slapd and SSSD with ranges as FreeIPA keeps them, "subuidctl import",
# the module; then SSSD stopped and the directory gone. In a root of a Debian release whose SSSD
# serves ranges from plain LDAP, without systemd and without the machine's network.
set -u
. "$(dirname "$0")/../lib/tap.sh"

if [ "${1-}" != --inside ]; then
        [ "$(id -u)" -eq 0 ] || skip_all 'needs root'
        for suite in forky sid; do
                log=build/central-$suite.log
                echo "# $suite: installing slapd, sssd ..." >&2
                tests/lib/release-root.sh "$suite" true >"$log" 2>&1 || continue
                # shellcheck disable=SC2016 # for the inner shell
                tests/lib/release-root.sh "$suite" bash -euc '
                        apt-get -o Acquire::Check-Valid-Until=false update -qq || exit 77
                        version=$(apt-cache policy sssd-ldap | sed -n "s/.*Candidate: //p")
                        dpkg --compare-versions "${version:-0}" ge 2.12 || exit 77
                        apt-get install -y -qq --no-install-recommends make perl >/dev/null || exit 77
                        tests/lib/deps.sh --install central || exit 77
                        make --silent all install
                        exec unshare --net tests/central/sssd.t --inside >&3' 3>&1 >"$log" 2>&1
                result=$?
                [ $result -ne 77 ] || continue
                [ $result -eq 0 ] || tail -n 30 "$log" | sed 's/^/# /' >&2
                exit $result
        done
        # They change daily, and not every day can they be built and their packages be installed.
        tail -n 5 "$log" | sed 's/^/# /' >&2
        skip_all 'no root with an SSSD of 2.12 or later can be built today'
fi

echo "# $(dpkg-query -W -f '${Package} ${Version}, ' slapd sssd-ldap libsubid6 libc6)"
ip link set lo up

# --- the directory ----------------------------------------------------------------------------------

mkdir -p /tmp/slapd/data
# Names and types of FreeIPA (its schema of subordinate IDs); the numbers are for experiments.
cat >/tmp/slapd/slapd.conf <<'END'
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.4203.666.77.1 NAME 'ipaOwner' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
attributetype ( 1.3.6.1.4.1.4203.666.77.2 NAME 'ipaSubUidNumber' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
attributetype ( 1.3.6.1.4.1.4203.666.77.3 NAME 'ipaSubUidCount' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
attributetype ( 1.3.6.1.4.1.4203.666.77.4 NAME 'ipaSubGidNumber' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
attributetype ( 1.3.6.1.4.1.4203.666.77.5 NAME 'ipaSubGidCount' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
objectclass ( 1.3.6.1.4.1.4203.666.77.6 NAME 'ipaSubordinateIdEntry' SUP top STRUCTURAL MUST ( cn $ ipaOwner $ ipaSubUidNumber $ ipaSubUidCount $ ipaSubGidNumber $ ipaSubGidCount ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile /tmp/slapd/pid
database mdb
directory /tmp/slapd/data
suffix dc=example
rootdn cn=admin,dc=example
rootpw secret
END

# user NAME NUMBER, range NAME START: an account, its range.
user() {
        printf '%s\n' "dn: uid=$1,ou=people,dc=example" 'objectClass: inetOrgPerson' 'objectClass: posixAccount' \
                "uid: $1" "cn: $1" "sn: $1" "uidNumber: $2" 'gidNumber: 7000' "homeDirectory: /home/$1" ''
}
range() {
        printf '%s\n' "dn: cn=$1,cn=subids,dc=example" 'objectClass: ipaSubordinateIdEntry' "cn: $1" \
                "ipaOwner: uid=$1,ou=people,dc=example" "ipaSubUidNumber: $2" 'ipaSubUidCount: 65536' \
                "ipaSubGidNumber: $2" 'ipaSubGidCount: 65536' ''
}
{
        printf '%s\n' 'dn: dc=example' 'objectClass: domain' 'dc: example' '' \
                'dn: ou=people,dc=example' 'objectClass: organizationalUnit' 'ou: people' '' \
                'dn: cn=subids,dc=example' 'objectClass: applicationProcess' 'cn: subids' '' \
                'dn: cn=folk,dc=example' 'objectClass: posixGroup' 'cn: folk' 'gidNumber: 7000' \
                'memberUid: lalice' 'memberUid: lbob' ''
        user lalice 7001
        user lbob 7002
        user lcarol 7003
        range lalice 2147483648
        range lbob 2147549184
} >/tmp/slapd/ldif
slapadd -f /tmp/slapd/slapd.conf -l /tmp/slapd/ldif >/tmp/slapd/log 2>&1
ok $? 'a directory'
start_slapd() { slapd -f /tmp/slapd/slapd.conf -h ldap://127.0.0.1:3890 >>/tmp/slapd/log 2>&1; }
add() { ldapadd -x -H ldap://127.0.0.1:3890 -D cn=admin,dc=example -w secret >>/tmp/slapd/log 2>&1; }
start_slapd
ok $? 'slapd'

# --- SSSD -------------------------------------------------------------------------------------------

cat >/etc/sssd/sssd.conf <<'END'
[sssd]
services = nss
domains = example

[domain/example]
id_provider = ldap
auth_provider = none
ldap_uri = ldap://127.0.0.1:3890
ldap_search_base = dc=example
ldap_id_use_start_tls = false
entry_cache_timeout = 1
ldap_subid_ranges_search_base = cn=subids,dc=example
ldap_subuid_object_class = ipaSubordinateIdEntry
ldap_subuid_number = ipaSubUidNumber
ldap_subuid_count = ipaSubUidCount
ldap_subgid_number = ipaSubGidNumber
ldap_subgid_count = ipaSubGidCount
ldap_subid_range_owner = ipaOwner
END
chmod 600 /etc/sssd/sssd.conf
printf '%s\n' 'passwd: files sss subuid' 'group: files sss subuid' 'subid: sss' >/etc/nsswitch.conf
printf '%s\n' 'containers:200000:65536' | tee /etc/subuid >/etc/subgid

start_sssd() {
        sssd -i >/tmp/sssd.log 2>&1 &
        sssd=$!
        until_true timeout 60 getent passwd lalice >/dev/null && return
        tail -n 30 /tmp/sssd.log | sed 's/^/# /' >&2
        return 1
}
start_sssd
ok $? 'SSSD'
[ $tests_failed -eq 0 ] || done_testing
is "$(getsubids lalice)" '0: lalice 2147483648 65536' 'libsubid has the range'
is "$(getent passwd 2147483655)" '' 'and nobody has a name for its IDs'

# --- into /etc/nss-subuid, and out of it ------------------------------------------------------------

import() { timeout 200 subuidctl import "$@" 2>&1; echo "exit $?"; }
state() { grep -h -v '^#' /etc/nss-subuid/sub?id | sort | uniq -c | awk '{ print $2 }'; }
name='_2147483655:x:2147483655:2147483655:subuid 7 of lalice:/nonexistent:/usr/sbin/nologin'

is "$(import lalice)" '/etc/nss-subuid/subgid: 1 ranges
/etc/nss-subuid/subuid: 1 ranges
exit 0' 'subuidctl import'
is "$(getent passwd 2147483655)" "$name" 'a name by UID'
is "$(getent passwd _2147483655)" "$name" 'an ID by name'
is "$(getent group 2147483655)" '_2147483655:x:2147483655:' 'a group'
is "$(getent passwd 200007 | cut -d : -f 5)" 'subuid 7 of containers' '/etc/subuid still counts'
is "$(import --group folk)" '/etc/nss-subuid/subgid: 2 ranges
/etc/nss-subuid/subuid: 2 ranges
exit 0' 'the members of a group of the directory'
both='lalice:2147483648:65536
lbob:2147549184:65536'
is "$(state)" "$both" 'all of them'
is "$(import lcarol)" 'subuidctl: lcarol: no answer; sss does not know it, has no ranges of it or cannot be asked
exit 1' 'somebody without a range'
printf '%s\n' lalice lbob lcarol >/etc/nss-subuid/owners
range lcarol 2147614720 | add
sleep 2
is "$(import | tail -n 1; state)" "exit 0
$both
lcarol:2147614720:65536" 'who gets one is imported next time'
printf '%s\n' 'dn: cn=lcarol,cn=subids,dc=example' 'changetype: modify' 'replace: ipaSubUidNumber' 'ipaSubUidNumber: 200000' |
        ldapmodify -x -H ldap://127.0.0.1:3890 -D cn=admin,dc=example -w secret >>/tmp/slapd/log 2>&1
sleep 2
is "$(import)" 'subuidctl: /etc/subuid:1: containers:200000:65536 overlaps /etc/nss-subuid/subuid: lcarol:200000:65536
exit 1' 'one that overlaps /etc/subuid is not'
before=$(state)

# --- the directory is down --------------------------------------------------------------------------

kill "$(cat /tmp/slapd/pid)"
echo lnew >>/etc/nss-subuid/owners
like "$(import --prune lnew)" 'lnew: no answer.*exit 1' 'without slapd nobody new is known'
is "$(state)" "$before" 'what was imported is kept'
is "$(getent passwd 2147483655)" "$name" 'and has names'

# A stopped sssd hangs whoever asks it, for minutes.
kill -STOP "$(pgrep -P "$sssd" -x sssd_nss)"
like "$(import --prune)" '^subuidctl: lalice: no answer for 30 seconds; sss is not asked again.exit 1$' 'with SSSD stopped, import gives up'
is "$(import --prune --group unseen)" 'subuidctl: unseen: no answer for 30 seconds
exit 1' 'so it does for a group that is not in its cache'
is "$(state)" "$before" 'what was imported is kept'
is "$(timeout 60 getent -s subuid passwd 2147483655)" "$name" 'the module asks nobody'
printf '%s\n' 'passwd: files subuid sss' 'group: files subuid sss' 'subid: sss' >/etc/nsswitch.conf
took=$(timeout 60 python3 -c '
import pwd, time
start = time.monotonic()
for i in range(10000):
    assert pwd.getpwuid(2147483648 + i).pw_name == "_%d" % (2147483648 + i)
print(round((time.monotonic() - start) * 100))')
ok $? "10,000 lookups where subuid stands before sss, $took µs each"
printf '%s\n' 'passwd: files sss subuid' 'group: files sss subuid' 'subid: sss' >/etc/nsswitch.conf
mapfile -t processes < <(pgrep -P "$sssd")
disown "$sssd"
kill -KILL "$sssd" "${processes[@]}"
is "$(timeout 60 getent passwd 2147483655)" "$name" 'where SSSD does not run, it may stand behind'
like "$(import --prune)" 'lalice: no answer.*lbob: no answer.*exit 1$' 'import fails'
is "$(state)" "$before" 'and keeps what there is'
done_testing
