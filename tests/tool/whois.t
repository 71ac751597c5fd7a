#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl whois" without root, in user namespaces that anybody may make; each has but one ID.
# tests/tool/whois_system.t has the rest.
set -u
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/userns.sh"

case ${LEVEL-0} in
0)
        [ -x build/subuidctl ] || skip_all 'subuidctl was not built'
        # With a /proc of its own: the machine may be running other tests.
        namespaces=(unshare --user --map-root-user --mount --pid --fork --kill-child --mount-proc)
        "${namespaces[@]}" true 2>/dev/null || skip_all 'no user namespaces can be made here'
        LEVEL=1 exec "${namespaces[@]}" "$top/tests/tool/whois.t"
        ;;
1)
        # Here it is root and gives itself an /etc, which is gone at the end.
        mount -t tmpfs tmpfs /etc
        hide_engines
        echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
        echo only:300000:10 >>/etc/subgid
        LEVEL=2 exec unshare --user --map-user=200193 --map-group=200193 "$top/tests/tool/whois.t"
        ;;
esac

whois() { build/subuidctl whois "$@" 2>/dev/null; }
errors() { build/subuidctl whois "$@" 2>&1 >/dev/null | grep -v 'looked into'; }
entry="${prefix}200193: UID 200193, GID 200193, subuid 193 of containers (/etc/subuid:1: containers:200000:65536)"

is "$(whois 200194)" "${entry//193/194}
    in no user namespace" 'an ID that nobody uses'
is "$(whois "${prefix}300007")" "${prefix}300007: GID 300007, subgid 7 of only (/etc/subgid:2: only:300000:10)
    in no user namespace" 'a group, by name'
is "$(errors 200194 150000 joe)" "subuidctl: joe: neither an ID nor a name such as ${prefix}200193
subuidctl: 150000: in no range of /etc/subuid or /etc/subgid" 'of what nothing is known'
whois 150000 200194 >/dev/null
is $? 1 'is a failure'
whois 200194 >/dev/null
is $? 0 'one that is, is none'

# The shell keeps PID 1; a second process with that number there is none out here.
is "$(unshare --user --pid --fork bash -c 'build/subuidctl whois 200194; :' 2>&1 | head -1)" "${entry//193/194}" \
        'in a PID namespace whose /proc is not mounted'

unshare --user --map-user=193 --map-group=193 sleep 300 &
pid=$!
trap 'kill "$pid"' EXIT
# It has its name a little before it has its arguments.
until grep -q '^ *193 *200193 *1$' "/proc/$pid/uid_map" && [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = 'sleep 300 ' ] || ! kill -0 "$pid"; do
        sleep 0.02
done
like "$(whois 200193)" "
    UID 200193 in the user namespace of subuidctl itself: [0-9]+ processes \(.*subuidctl.*\)
    UID 193 in the user namespace of PID $pid \(\"sleep 300\"\)(, [^ ]+)?: 1 process \(sleep\)$" 'an ID inside and outside a user namespace'
is "$(whois -rn -o inside,inner,userns,pid,nprocs,processes --names 200193 | grep sleep)" \
        "193  $(stat -Lc %i "/proc/$pid/ns/user") $pid 1 sleep" 'in a table'
whois --json 200193 200194 300001 | python3 -c '
import json, sys
rows = json.load(sys.stdin)["users"]
sys.exit([row["name"] for row in rows] != [sys.argv[1] + id for id in ("200193", "200193", "200194", "300001")])' "$prefix"
ok $? 'in JSON'
has_inner() { whois --json "$@" 200193 | grep -c '"inner"'; }
is "$(has_inner) $(has_inner --names) $(has_inner -o inner)" '0 2 2' 'where names are not asked for, JSON has no empty member'
is "$(whois -P -o name,inner 200194)" "NAME=\"${prefix}200194\" INNER=\"\"" 'in pairs'
is "$(whois --output-all -rn 200194 | wc -l) $(whois -n 200194 | wc -l)" '1 1' 'in other tables'

done_testing
