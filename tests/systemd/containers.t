#!/bin/bash
# SPDX-License-Identifier: MIT
# Containers in user namespaces: a whole systemd in one, then several users in each of several.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/systemd.sh"
. "$(dirname "$0")/bundle.sh"
private_root --cgroups

printf '%s\n' containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch files
boot_systemd

# 1. A systemd with a web server, as root of a user namespace that begins at 200000.

# on_terminal NAME: runs a container until it ends. On a terminal, where systemd says why it gives up.
on_terminal() {
        inside timeout 300 script --quiet --command \
                "runc --systemd-cgroup run --pid-file $bundles/$1/pid --bundle $bundles/$1 $1" /dev/null </dev/null 2>&1
}

# What /sbin/init is a link to, in another package.
init=/lib/systemd/systemd
terminal=true bundle bare '0 200000 65536' '' $init
terminal=true bundle web '0 200000 65536' 200000 $init
etc=$bundles/web/rootfs/etc
mkdir -p "$etc/nginx" "$etc/systemd/system/multi-user.target.wants"
ln -s /usr/lib/systemd/system/nginx.service "$etc/systemd/system/multi-user.target.wants"
echo 'user www-data; pid /run/nginx.pid; events {} http { server { listen 80; location / { return 200; } } }' \
        >"$etc/nginx/nginx.conf"
install -d -o 200000 -g 200000 "$bundles"/web/rootfs/var/{lib,log}/nginx

like "$(on_terminal bare)" 'Failed to create /init.scope control group: Permission denied' \
        'before: the systemd in the container may not make cgroups, and dies'
like "$(on_terminal web)" 'runc run failed: .* got .failed' \
        'without the module: with the annotation the container does not start at all'

nsswitch 'files subuid'
on_terminal web >"$bundles/web/log" &
web_is_up_or_has_ended() {
        state=$(inside runc exec web systemctl is-active multi-user.target)
        [ "$state" = active ] || ! kill -0 $!
}
until_true web_is_up_or_has_ended
is "$state" active 'with both: the container boots to multi-user.target'
[ "$state" = active ] || sed 's/^/# /' "$bundles/web/log" >&2

pid=$(cat "$bundles/web/pid")
inside test -e "/proc/$pid/ns/net" -a ! "/proc/$pid/ns/net" -ef /proc/1/ns/net
ok $? 'it has a network of its own'
inside ip link add veth0 type veth peer name eth0 netns "$pid"
inside ip address add 192.0.2.1/24 dev veth0
inside ip link set veth0 up
inside nsenter -t "$pid" -n ip address add 192.0.2.2/24 dev eth0
inside nsenter -t "$pid" -n ip link set eth0 up
like "$(inside curl --head --silent --show-error --max-time 60 http://192.0.2.2/ 2>&1)" '^HTTP/1.1 200 OK.*Server: nginx' \
        'from another network its web server answers'

# Of the files in a scope's own folder systemd hands over three; all that is below is the container's.
scope=$(scope_of web)
is "$(inside stat -c %u:%g "$scope" "$scope"/cgroup.{procs,subtree_control,threads} | tr '\n' ' ')" \
        '200000:200000 200000:200000 200000:200000 200000:200000 ' 'its cgroup belongs to 200000:200000'
is "$(inside find "$scope/system.slice/nginx.service" -maxdepth 0)" "$scope/system.slice/nginx.service" \
        'the systemd in it made a cgroup for the web server'
is "$(inside find "$scope" \( -type d -o -path "$scope/*/*" \) -printf '%U\n%G\n' |
        awk '{ print ($1 >= 200000 && $1 <= 265535 ? "mapped" : $1) }' | sort -u)" mapped \
        'all cgroups below it, and all that is in them, belong to IDs of the container'
is "$(inside runc exec web stat -c %U:%G /sys/fs/cgroup)" root:root "seen from inside, it is root's"

shown=$(processes web user,pid,cmd | sed -E '1d; s/ +[0-9]+ / /')
for line in "_200000 $init" '_200000 nginx: master process' '_200033 nginx: worker process'; do
        like "$shown" "$line" "ps shows $line"
done
is "$(cut -d ' ' -f 1 <<<"$shown" | sort -u | tr '\n' ' ')" '_200000 _200033 _200101 ' \
        'ps names the users of all its processes'
like "$(inside subuidctl whois --names 200033)" "^_200033: UID 200033, GID 200033, subuid 33 of containers [^
]*
    UID 33 \(www-data\) in the user namespace of PID [0-9]+ \(${init}[^)]*\), test-web.scope: [0-9]+ process(es)? \(\"nginx: worker process\"\)$" \
        'subuidctl whois finds the container, its unit and its name for the user'

inside runc delete --force web
wait $!

# 2. Several users in one container, and several containers.

# sleepers NAME MAP [ID...]: starts a container in which root and each of these users of it sleep.
sleepers() {
        local name=$1 map=$2 first id
        shift 2
        first=$(awk '{ print $2; exit }' <<<"$map")
        bundle "$name" "$map" "$first" sleep 300
        inside runc --systemd-cgroup run --detach --bundle "$bundles/$name" "$name" </dev/null >"$bundles/$name/log" 2>&1
        for id; do
                inside runc exec --detach --user "$id:$id" "$name" sleep 300 </dev/null >>"$bundles/$name/log" 2>&1
        done
        is "$(inside stat -c %u:%g "$(scope_of "$name")")" "$first:$first" "$name: its cgroup belongs to $first"
        sed 's/^/# /' "$bundles/$name/log" >&2
}

# users NAME [COLUMN]: the first column of ps, outside, for a container.
users() {
        processes "$1" "${2-user},pid,cmd" | awk 'NR > 1 { printf "%s ", $1 }'
}

sleepers first '0 265536 65536' 2 11 8 65534
is "$(inside runc exec first ps -N -C ps -o user= | tr '\n' ' ')" 'root daemon operator mail nobody ' \
        'users in a container, seen from inside'
is "$(users first)" '_265536 _265538 _265547 _265544 _331070 ' 'the same seen from outside'

sleepers next '0 331072 65536' 2 65534
sleepers far '0 16584000 65536' 100
is "$(users next)" '_331072 _331074 _396606 ' 'another container, just above'
is "$(users far)" '_165840+ _165841+ ' 'a third one: 8 digits do not fit into the column of ps'
is "$(users far user:11)" '_16584000 _16584100 ' 'user:11 makes it wide enough'
is "$(users first)" '_265536 _265538 _265547 _265544 _331070 ' 'the first one, beside them, is as before'

sleepers torn $'0 300000 1000\n1000 400000 1000' 999 1000 1999
is "$(users torn)" '_300000 _300999 _400000 _400999 ' 'a map of two lines with a gap'

nsswitch files
is "$(users torn)" '300000 300999 400000 400999 ' 'without the module: numbers'

for name in first next far torn; do
        inside runc delete --force "$name"
done
is "$(inside runc list --quiet; inside find /sys/fs/cgroup -name 'test-*')" '' 'nothing is left of the containers'

done_testing
