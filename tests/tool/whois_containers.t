#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl whois" on containers that are on record: those of a pod share a user namespace, some run no more.
set -u
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/userns.sh"
private_root
command -v subuidctl >/dev/null || skip_all 'subuidctl was not built'
hide_engines

echo containers:200000:268435456 | tee /etc/subuid >/etc/subgid
echo someone:x:1005:1005::/:/bin/sh >>/etc/passwd
whois() { subuidctl whois "$@" 2>&1; }
uses() { whois "$@" | grep '^    '; }
someone() { setpriv --reuid 1005 --regid 1005 --clear-groups "$@" 2>&1; }

# --- a pod of containerd's, as its tasks and cgroups tell -----------------------------------------

id() { printf "$1%.0s" {1..64}; }
tasks=/run/containerd/io.containerd.runtime.v2.task/k8s.io
slice=/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0b1c.slice
# task ID NAME TYPE: the bundle of a running task.
task() {
        mkdir -p "$tasks/$1"
        cat >"$tasks/$1/config.json" <<JSON
{"ociVersion": "1.2.0", "annotations": {"io.kubernetes.cri.container-type": "$3", "io.kubernetes.cri.container-name": "$2",
  "io.kubernetes.cri.sandbox-name": "web-node1", "io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-uid": "0b1c"},
 "linux": {"cgroupsPath": "kubepods-besteffort-pod0b1c.slice:cri-containerd:$1",
  "uidMappings": [{"containerID": 0, "hostID": 3080192, "size": 65536}], "gidMappings": [{"containerID": 0, "hostID": 3080192, "size": 65536}]}}
JSON
}
# in_cgroup PID PATH
in_cgroup() {
        echo "0::$2" >"/tmp/cgroup-$1"
        mount --bind "/tmp/cgroup-$1" "/proc/$1/cgroup"
}
scope() { echo "cri-containerd-$(id "$1").scope"; }

task "$(id a)" '' sandbox
task "$(id b)" db container
task "$(id c)" web container
start unshare --user --mount bash -c "$as" /pause
pause=$pid
map "$pause" '0 3080192 65536'
in_cgroup "$pause" "$slice/$(scope a)"
is "$(uses 3080225)" "    UID 33 in pod shop/web-node1, containerd, $(scope a): no process" 'a pod of which only the sandbox runs'
join "$pause" 33 postgres
postgres=$pid
in_cgroup "$postgres" "$slice/$(scope b)"
is "$(uses 3080225)" "    UID 33 in container db of pod shop/web-node1, containerd, $(scope b): 1 process (postgres)" \
        'the container is that of the process that runs as the ID, not of the first in the user namespace'
join "$pause" 101 nginx
nginx=$pid
in_cgroup "$nginx" "$slice/$(scope c)/made/by/it.scope"
is "$(uses 3080225 3080293)" "    UID 33 in container db of pod shop/web-node1, containerd, $(scope b): 1 process (postgres)
    UID 101 in container web of pod shop/web-node1, containerd, $(scope c): 1 process (nginx)" 'another ID, another container'
join "$pause" 33 cron
in_cgroup "$pid" "$slice/$(scope c)"
is "$(uses 3080225)" "    UID 33 in container db of pod shop/web-node1, containerd, $(scope b): 1 process (postgres)
    UID 33 in container web of pod shop/web-node1, containerd, $(scope c): 1 process (cron)" 'several: each with its processes'
touch /tmp/early
chown 3080225 /tmp/early
sleep 0.02
touch "$tasks"/*/config.json
like "$(uses /tmp/early | head -n 1)" ": 1 process \(postgres\); it has the ID since [0-9: -]+; the file is of [0-9: -]+: an earlier holder, unknown$" \
        'a file that is older than its records'
touch /tmp/early
is "$(uses /tmp/early | grep -c earlier)" 0 'one that is not'
is "$(uses 3080200)" \
        '    UID 8 in the user namespace shared by container db of pod shop/web-node1, containerd; container web of pod shop/web-node1, containerd: no process' \
        'nothing runs as it: all that share the user namespace'
is "$(whois -rn -o inside,pod,namespace,container,engine,pid,nprocs 3080225 3080200)" "33 web-node1 shop db containerd $postgres 1
33 web-node1 shop web containerd $nginx 1
8 web-node1 shop db containerd $postgres 0
8 web-node1 shop web containerd $nginx 0" 'in a table: a row for each container, and its first process'
is "$(whois -J -o pod,namespace,container,engine 3080293 | tr -d ' \n')" \
        '{"users":[{"pod":"web-node1","namespace":"shop","container":"web","engine":"containerd"}]}' 'JSON'
is "$(whois -J 33 | python3 -c 'import json, sys
for row in json.load(sys.stdin)["users"]: print(row["asked"], row["uid"], row["gid"], row["name"], row["reserved"], row["container"], row["since"])')" \
        '33 33 None www-data system accounts None None' 'JSON has of an ID in no range which one it is'
like "$(whois --verbose 3080225 | head -n 1)" "^subuidctl: ${tasks%/*}: read$" '--verbose: what was read'
is "$(whois 3080225 | grep -c ': read')" 0 'not without'
join "$pause" 55 defunct
in_cgroup "$pid" "$slice/$(scope c) (deleted)"
is "$(uses 3080247)" "    UID 55 in container web of pod shop/web-node1, containerd, $(scope c): 1 process (defunct)" \
        'a zombie that is left of a container keeps its cgroup'
kill "$pid"
join "$pause" 33 stray
in_cgroup "$pid" /system.slice/ssh.service
is "$(uses 3080225 | tail -n 1)" "    UID 33 in the user namespace of PID $pid (\"stray 300\"), ssh.service: 1 process (stray)" \
        'a process of the machine that has only entered the user namespace is in none of the containers'
end "$pid" "$pause" "$postgres"
is "$(uses 3080225)" "    UID 33 in container web of pod shop/web-node1, containerd, $(scope c): 1 process (cron)" 'the sandbox and one container are gone'

# An ordinary user may not read the tasks. The names of logs tell him which pod a process is of.
mkdir -p /var/log/containers
chmod 700 /run/containerd
: >"/var/log/containers/web-node1_shop_web-$(id c).log"
like "$(someone subuidctl whois 3080225)" "
    UID 33 in container web of pod shop/web-node1, containerd, $(scope c): 1 process \(cron\)" 'an ordinary user: by the names of logs'
rm "/var/log/containers/web-node1_shop_web-$(id c).log"

# --- without a user namespace ---------------------------------------------------------------------

start setpriv --reuid 33 --regid 33 --clear-groups bash -c "$as" plain
in_cgroup "$pid" "$slice/$(scope b)"
is "$(whois 33)" "33: UID 33, in no range; kept for system accounts; www-data ($(grep -n '^www-data:' /etc/passwd | sed 's/:.*//; s/^/\/etc\/passwd:/'))
    UID 33 in container db of pod shop/web-node1, containerd, $(scope b): 1 process (plain)" \
        "an ID in no range: a container without a user namespace has the machine's"
like "$(uses 0)" '^    UID 0 in the user namespace of subuidctl itself: [0-9]+ processes \(bash, [a-z, ]*subuidctl' 'and what runs in none'
end "$pid"

# --- who has a range now --------------------------------------------------------------------------

mkdir -p /var/lib/kubelet/pods/dd /var/log/pods/batch_job-1_dd
echo '{"uidMappings":[{"hostId":4000000,"containerId":0,"length":65536}],"gidMappings":[{"hostId":4000000,"containerId":0,"length":65536}]}' \
        >/var/lib/kubelet/pods/dd/userns
for file in old new link; do
        touch /tmp/$file
        chown 4000033:4000033 /tmp/$file
done
sleep 0.02
touch -d 2026-01-02T10:02 /var/lib/kubelet/pods/dd/userns
is "$(uses 4000033)" '    UID 33, given to pod batch/job-1 since 2026-01-02 10:02 (/var/lib/kubelet/pods/dd/userns): no process' 'only the kubelet has it on record'
is "$(whois -rn -o inside,pod,namespace,container,engine,nprocs 4000033)" '33 job-1 batch  kubelet 0' 'in a table'
like "$(whois -rn -o since 4000033)" '^2026-01-02T10:02:00[+-]' 'since when'
is "$(uses 4065535 4065536)" '    UID 65535, given to pod batch/job-1 since 2026-01-02 10:02 (/var/lib/kubelet/pods/dd/userns): no process
    in no user namespace; on no record' 'up to its last ID; of the slot behind it nothing is known'
is "$(uses /tmp/old)" "$(uses 4000033)" 'a file that is younger than the record'
touch /var/lib/kubelet/pods/dd/userns
ln -sfn /nowhere /tmp/link
chown -h 4000033:4000033 /tmp/link
like "$(uses /tmp/old)" '^    UID 33, given to pod batch/job-1 since [0-9: -]+ \(/var/lib/kubelet/pods/dd/userns\): no process; the file is of [0-9: -]+: an earlier holder, unknown$' \
        'one that is older is of an earlier holder'
is "$(uses /tmp/link | grep -c earlier)" 0 'a symbolic link is itself asked of'
rm -r /var/lib/kubelet/pods/dd
is "$(uses 4000033)" '    in no user namespace; on no record' 'the pod is gone: unknown'
rm -r "${tasks:?}/$(id a)" "${tasks:?}/$(id b)"
sed -i 's/3080192/5000000/g; s/shop/old/' "$tasks/$(id c)/config.json"
is "$(uses 5000033)" "    UID 33, once given to container web of pod old/web-node1, containerd ($tasks/$(id c)/config.json), for which the kubelet keeps no IDs now: no process" \
        'a container is left of it: that one had it'
is "$(whois -rn -o inside,pod,container 5000033)" '  ' 'in a table nobody has it'
mkdir /var/lib/kubelet/pods/0b1c
for record in '{"uidMappings": [{"host": 5000000}]}' '{"ids": 5000000' ''; do
        echo "$record" >/var/lib/kubelet/pods/0b1c/userns
        [ -n "$record" ] || ln -sfn /nowhere /var/lib/kubelet/pods/0b1c/userns
        like "$(whois 5000033)" "/userns: not read: .*
    UID 33, given to container web of pod old/web-node1, containerd since [0-9: -]+ \\($tasks/$(id c)/config.json\\): no process" \
                "not of one whose record cannot be read: $record"
done
rm -r /var/lib/kubelet/pods/0b1c
task "$(id c)" web container

# --- several daemons ------------------------------------------------------------------------------

cp /bin/sh /tmp/containerd
mkfifo /tmp/lasts
exec 8<>/tmp/lasts
daemons=
for state in /srv/one /srv/two /run/containerd; do
        # shellcheck disable=SC2016 # for the shell that stands in for it
        /tmp/containerd -c 'read -r line' --state=$state <&8 &
        daemons="$daemons $!"
        until tr '\0' '\n' </proc/$!/cmdline | grep -q '^--state'; do sleep 0.02; done
        mkdir -p $state/io.containerd.runtime.v2.task/default/of${state//\//-}
        echo '{"ociVersion": "1.2.0", "linux": {"uidMappings": [{"containerID": 0, "hostID": 6000000, "size": 65536}]}}' \
                >$state/io.containerd.runtime.v2.task/default/of${state//\//-}/config.json
done
is "$(whois -rn -o container 6000000 | sort | tr '\n' ' ')" 'of-run-containerd of-srv-one of-srv-two ' \
        'the state of each containerd that runs is read, and once'
# shellcheck disable=SC2086 # several
kill $daemons
# shellcheck disable=SC2086 # several
wait $daemons 2>/dev/null
exec 8>&-

# --- what records may say -------------------------------------------------------------------------

hostile() {
        task "$(id c)" "$1" container
        uses 3080225
}
is "$(hostile 'x of pod kube-system/dns, containerd: 7 processes (a)')" \
        "    UID 33 in container \"x of pod kube-system/dns, containerd: 7 processes (a)\" of pod shop/web-node1, containerd, $(scope c): 1 process (cron)" \
        'a name that looks like what is said'
is "$(hostile '\u001b[31m\nweb\"')" \
        "    UID 33 in container \"?[31m?web\\\"\" of pod shop/web-node1, containerd, $(scope c): 1 process (cron)" 'control characters'
is "$(hostile "$(printf '%01000d' 7)" | cut -d ' ' -f 9 | wc -c)" 254 'a long name is cut'

# A user may call a cgroup of his own as he likes; a container's outermost one counts.
start setpriv --reuid 4444 --regid 4444 --clear-groups bash -c "$as" liar
in_cgroup "$pid" "/user.slice/user-1005.slice/user@1005.service/app.slice/$(scope b)"
is "$(uses 4444 | grep -c 'db\|shop')" 0 "a user's own cgroup that is called as a container's is not that one"
done_testing
