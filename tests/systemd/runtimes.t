#!/bin/bash
# SPDX-License-Identifier: MIT
# The container runtimes themselves. What an annotation org.systemd.property.NAME says, runc and crun
# hand to systemd as a property of the container's scope; where it is User=, systemd gives the
# scope's cgroup to that user, if it can resolve it.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/systemd.sh"
. "$(dirname "$0")/bundle.sh"
PATH=$PATH:$top/build/tests
for command in runc crun podman; do
        command -v $command >/dev/null || skip_all "needs $command"
done
private_root --cgroups

echo containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch files
boot_systemd
inside unshare --user true 2>/dev/null || skip_all 'no user namespaces can be made here'

skeleton /tmp/image 0
tar -C /tmp/image -cf /tmp/image.tar .

# Only systemd shall chown a scope: see bundle.sh. Debian 11's runc, from before runc learned to do it itself,
# may be told what the later ones are usually told.
runtimes=(runc crun)
declare -A source=([runc]=cgroup2 [crun]=cgroup2 [runc-bullseye]=cgroup)
podman_options=(--root /tmp/containers --runroot /run/containers --storage-driver vfs --cgroup-manager systemd
        --events-backend none --runtime runc)

# quietly COMMAND...: runs it in systemd's namespaces; its output, which a container inherits and would
# keep a pipe open with, is in /tmp/output. What hangs does not hang the test.
quietly() {
        rm -f /tmp/pid
        inside timeout 120 "$@" </dev/null >/tmp/output 2>&1
}

# became STATUS: what became of a container that a runtime was to start. Where it did not start: what the
# runtime said; where it did: the user of its process, its scope, and who owns the scope's folder and
# the files that a manager of it writes to (not what crun makes below it, "container").
became() {
        local user scope owners
        if [ "$1" -ne 0 ]; then
                echo "failed: $(tr '\n' ' ' </tmp/output)"
                return
        fi
        user=$(inside sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$(</tmp/pid)/status")
        scope=$(inside sed -n 's/^0:://; s/\/container$//; /\.scope$/p' "/proc/$(</tmp/pid)/cgroup")
        owners=$(inside stat -c %u:%g "/sys/fs/cgroup$scope"/{.,cgroup.procs,cgroup.subtree_control,cgroup.threads} |
                uniq | tr '\n' ' ')
        echo "$user in $scope of $owners"
}

# scopes_left: waits until there is none of a container any more; prints those that stay.
scopes_left() {
        until_true no_scope_is_left
        scopes
}
scopes() { inside find /sys/fs/cgroup -name 'test-*' -o -name 'myapp-*' -o -name 'libpod-*'; }
no_scope_is_left() { [ -z "$(scopes)" ]; }

# container RUNTIME [USER]: starts one and deletes it; sets "unit" to its scope's name and "result" to
# what became of it.
count=0
container() {
        local id status
        count=$((count + 1))
        id=c$count
        unit=test-$id.scope
        cgroup_source=${source[$1]} bundle $id '0 200000 65536' "${2-}" /usr/bin/sleep 300
        quietly "$1" --systemd-cgroup run --detach --pid-file /tmp/pid --bundle $bundles/$id $id
        status=$?
        result=$(became $status)
        [ $status -ne 0 ] || inside timeout 120 "$1" delete --force $id
}

# podman_container [OPTION...]: the same by podman and runc. Podman looks for the owner "containers" itself,
# and mounts the cgroup file system read-only, so that runc does not chown the scope. Without a
# /dev/shm of its own: cleaning up, podman 4 unmounts that in another mount namespace.
podman_container() {
        local status
        quietly podman "${podman_options[@]}" run --detach --name test --pidfile /tmp/pid --userns auto \
                --pids-limit 0 --network none --ipc none --log-driver none --volume /usr:/usr:ro "$@" \
                image /usr/bin/sleep 300
        status=$?
        unit=libpod-$(inside podman "${podman_options[@]}" inspect --format '{{.Id}}' test 2>/dev/null).scope
        result=$(became $status)
        # When its process ends, podman is called to clean up; that shall be over.
        [ $status -ne 0 ] || inside kill -KILL "$(</tmp/pid)"
        scopes_left >/dev/null
        inside timeout 120 podman "${podman_options[@]}" rm test >/dev/null 2>&1
}

# fails WHO: the last container failed for want of a user.
fails() {
        like "$result" "^failed: .*error \`?creating\`? systemd unit \`$unit\`: got \`failed\`" \
                "without the module: $1: the scope fails"
        like "$(journal "$unit")" "(Failed to resolve user \"200000\": No such process|'200000': Unknown user)" \
                "without the module: $1: systemd cannot resolve the user"
}

if command -v runc-bullseye >/dev/null; then
        runtimes+=(runc-bullseye)
        like "$(runc-bullseye --version)" '^runc version 1\.0\.0~rc93' 'the old runc'
else
        skip 'the mirror has no Debian 11' 'the old runc'
fi
is "$(inside getent passwd containers 200000)" '' 'neither the owner of the ranges nor its first ID is an account'
quietly podman "${podman_options[@]}" import /tmp/image.tar image
ok $? 'podman: an image'

for runtime in "${runtimes[@]}"; do
        container "$runtime" 200000
        fails "$runtime"
done
# From shadow 4.20 on (its libsubid.so.6) podman finds the ranges of an account only.
if ldconfig -p | grep -q libsubid.so.6; then
        podman_container
        like "$result" 'no subuid ranges found for user ."containers."' 'podman: the owner has to be an account'
        useradd --system --no-create-home containers
fi
podman_container --annotation "org.systemd.property.User='200000'"
fails podman

nsswitch 'files subuid'
for runtime in "${runtimes[@]}"; do
        container "$runtime" 200000
        is "$result" "200000 in /system.slice/$unit of 200000:200000 " "$runtime: the scope belongs to 200000:200000"
        container "$runtime"
        is "$result" "200000 in /system.slice/$unit of 0:0 " "$runtime: without the annotation it is root's"
done
podman_container --annotation "org.systemd.property.User='200000'"
is "$result" "200000 in /machine.slice/$unit of 200000:200000 " 'podman: the scope belongs to 200000:200000'
podman_container
is "$result" "200000 in /machine.slice/$unit of 0:0 " "podman: without the annotation it is root's"

# The configuration of docs/containers.md, on a root of its own.
skeleton $bundles/myapp/rootfs 200000
sed -n '/^    {$/,/^    }$/p' "$top/docs/containers.md" >$bundles/myapp/config.json
inside mount --bind /usr $bundles/myapp/rootfs/usr
for runtime in runc crun; do
        quietly "$runtime" --systemd-cgroup run -d --pid-file /tmp/pid --bundle $bundles/myapp c1
        result=$(became $?)
        is "$result" '200000 in /system.slice/myapp-c1.scope of 200000:200000 ' \
                "$runtime: the configuration of docs/containers.md"
        inside timeout 120 $runtime delete --force c1
done
inside umount $bundles/myapp/rootfs/usr

source[runc]=cgroup
container runc
like "$result" "^200000 in /system\.slice/$unit of 200000:" 'what runc does by itself: it chowns the scope'

is "$(scopes_left)" '' 'no scope is left'
is "$(inside ps -eo uid=,args= | awk '$1 >= 200000')" '' 'no process is left'
is "$(for runtime in "${runtimes[@]}"; do inside "$runtime" list --quiet; done
        inside podman "${podman_options[@]}" ps --all --quiet)" '' 'no container is left'

done_testing
