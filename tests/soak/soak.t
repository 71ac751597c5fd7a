#!/bin/bash
# SPDX-License-Identifier: MIT
# The soak test: for SOAK_TIME seconds runc and podman start containers whose scopes belong to subordinate IDs,
# programs look names up, and meanwhile subuidctl import, useradd and an editor rewrite the files. Nothing may
# be lost or wrong.
# shellcheck disable=SC2317,SC2086 # called by name; words
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
. "$(dirname "$0")/../systemd/bundle.sh"
for command in runc podman useradd; do
        command -v $command >/dev/null || skip_all "needs $command"
done
[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
private_root --cgroups

export LD_LIBRARY_PATH=$top/build/tests
seconds=${SOAK_TIME-60}
echo containers:200000:268435456 | tee /etc/subuid >/etc/subgid
printf '%s\n' 'passwd: files subuid' 'group: files subuid' >/etc/nsswitch.conf
fixed=(alice{1..20})
# answer N: the directory: what stays, and what changes each time.
answer() {
        local i
        for i in "${!fixed[@]}"; do
                printf '%s|uid %u:65536\n%s|gid %u:65536\n' "${fixed[i]}" $((3000000000 + i * 65536)) "${fixed[i]}" $((3000000000 + i * 65536))
        done >/etc/directory.new
        printf 'bob|uid %u:10\nbob|gid %u:10\n' $((3900000000 + $1 % 1000)) $((3900000000 + $1 % 1000)) >>/etc/directory.new
        mv /etc/directory.new /etc/directory
}
# import: where a directory is named useradd writes no ranges, so only subuidctl import sees it named, by a mount
# that a new file in that place would take away: the editor waits.
echo 'subid: test' >/root/nsswitch.conf
mkdir /root/soak
import() {
        { flock /root/soak/nsswitch timeout 120 unshare --mount sh -c \
                'mount --bind /root/nsswitch.conf /etc/nsswitch.conf && exec subuidctl import "$@"' sh "${fixed[@]}" bob >/dev/null; } 2>&1
}
answer 0
import || skip_all 'nothing could be imported'
boot_systemd
inside unshare --user true 2>/dev/null || skip_all 'no user namespaces can be made here'
touch /root/soak/on /root/soak/start

# Each worker does one thing again and again. It says "done", or what is wrong.

# owner_of PIDFILE: who owns the scope of a container.
owner_of() {
        local scope
        scope=$(inside sed -n 's/^0:://; s/\/container$//; /\.scope$/p' "/proc/$(<"$1")/cgroup")
        inside stat -c %u:%g "/sys/fs/cgroup$scope"
}
starts=(200000 265536 331072)
work_runc() {
        local start=${starts[$1 % 3]} owner
        if ! inside timeout 120 runc --systemd-cgroup run --detach --pid-file /root/soak/runc.pid \
                --bundle $bundles/s$start "r$1" </dev/null >/root/soak/runc.out 2>&1; then
                echo "run $1: $(cat /root/soak/runc.out)"
                return
        fi
        owner=$(owner_of /root/soak/runc.pid)
        [ "$owner" = $start:$start ] || echo "run $1: the scope is of $owner"
        [ "$(inside ps -o user= -p "$(</root/soak/runc.pid)")" = _$start ] || echo "run $1: ps shows another name"
        inside timeout 120 runc delete --force "r$1" || echo "delete $1"
}
podman=(podman --root /tmp/containers --runroot /run/containers --storage-driver vfs --cgroup-manager systemd --events-backend none
        --runtime runc)
work_podman() {
        local owner
        if ! inside timeout 120 "${podman[@]}" run --detach --name "p$1" --pidfile /root/soak/podman.pid --uidmap 0:400000:65536 \
                --gidmap 0:400000:65536 --annotation "org.systemd.property.User='400000'" --pids-limit 0 --network none --ipc none \
                --log-driver none --volume /usr:/usr:ro image /usr/bin/sleep 300 </dev/null >/root/soak/podman.out 2>&1; then
                echo "run $1: $(cat /root/soak/podman.out)"
                return
        fi
        owner=$(owner_of /root/soak/podman.pid)
        [ "$owner" = 400000:400000 ] || echo "run $1: the scope is of $owner"
        inside kill -KILL "$(</root/soak/podman.pid)"
        # Its conmon cleans up at the same time, and podman may come in its way; not twice.
        inside timeout 120 "${podman[@]}" rm --force --time 0 "p$1" >/dev/null 2>&1 ||
                inside timeout 120 "${podman[@]}" rm --force --time 0 "p$1" >/root/soak/podman.out 2>&1 ||
                echo "rm $1: $(cat /root/soak/podman.out)"
}
work_lookup() {
        [ "$(getent passwd 200193 | cut -d : -f 1,3-5)" = '_200193:200193:200193:subuid 193 of containers' ] || echo "200193, lookup $1"
        [ "$(getent passwd 3000065541 | cut -d : -f 1,3-5)" = '_3000065541:3000065541:3000065541:subuid 5 of alice2' ] || echo "3000065541, lookup $1"
        [ "$(getent group _3001245189)" = _3001245189:x:3001245189: ] || echo "_3001245189, lookup $1"
        getent passwd 5000000 >/dev/null && [ -z "$(getent passwd 4294000000)" ] || echo "one that is nobody's, lookup $1"
}
work_whois() {
        [ "$(subuidctl whois -rn -o owner,position 3000065541 200193 | sort -u | tr '\n' ' ')" = 'alice2 5 containers 193 ' ] || echo "whois $1"
        sleep 0.2
}
work_import() {
        answer "$1"
        import
        grep -qx "bob:$((3900000000 + $1 % 1000)):10" /etc/nss-subuid/subuid || echo "import $1: bob's line is another"
}
work_useradd() {
        local file
        flock /root/soak/subuid useradd --no-create-home "user$1" || echo "useradd $1"
        for file in /etc/subuid /etc/subgid; do
                grep -q "^user$1:" $file || echo "useradd $1: no line in $file"
        done
        # The even ones go again.
        [ $(($1 % 2)) = 1 ] || flock /root/soak/subuid userdel "user$1" || echo "userdel $1"
        sleep 0.3
}
work_enable() {
        local output
        output=$(subuidctl enable) && [ "$output" = '/etc/nsswitch.conf: nothing to do' ] || echo "enable $1: $output"
        sleep 0.2
}
# An editor writes a file of its own and puts it in place. Each of its edits is a line that the next one finds.
edit() {
        local file=$1
        [ "$2" = 1 ] || grep -qx "# edit $(($2 - 1))" "$file" || echo "edit $2: the one before is not in $file any more"
        { grep -v '^# edit ' "$file" && echo "# edit $2"; } >"$file.edited"
        chmod 644 "$file.edited"
        mv "$file.edited" "$file"
}
declare -A lock_of=([/etc/nsswitch.conf]=nsswitch [/etc/subuid]=subuid [/etc/subgid]=subuid)
work_editor() {
        local file
        # Who edits these does not run useradd meanwhile.
        for file in "${!lock_of[@]}"; do
                exec 8>>/root/soak/${lock_of[$file]}
                flock 8
                edit $file "$1"
                exec 8>&-
        done
        sleep 0.05
}
work() {
        local n=0
        while [ -e /root/soak/on ]; do
                n=$((n + 1))
                "work_$1" $n 2>&1
                echo "done"
        done >"/root/soak/$1"
}

for start in "${starts[@]}"; do
        bundle s$start "0 $start 65536" $start /usr/bin/sleep 300
done
skeleton /tmp/image 0
tar -C /tmp/image -cf /tmp/image.tar .
inside "${podman[@]}" import /tmp/image.tar image >/dev/null 2>&1
ok $? 'podman: an image'

workers=(runc podman lookup whois import useradd enable editor)
pids=()
for worker in "${workers[@]}"; do
        work "$worker" &
        pids+=($!)
done
sleep "$seconds"
rm /root/soak/on
wait "${pids[@]}"

echo "# $seconds s:$(for worker in "${workers[@]}"; do echo " $worker $(grep -c '^done$' "/root/soak/$worker"),"; done | tr -d '\n')"
for worker in "${workers[@]}"; do
        is "$(grep -vx 'done' "/root/soak/$worker" | head -n 20)" '' "$worker: nothing is wrong"
        grep -q '^done$' "/root/soak/$worker"
        ok $? "$worker: it has worked"
done

# What is there in the end.
wanted=$(getent -s files passwd | sed -n 's/^\(user[0-9]*\):.*/\1/p' | sort)
for file in /etc/subuid /etc/subgid; do
        is "$(sed -n 's/^\(user[0-9]*\):.*/\1/p' $file | sort)" "$wanted" "$file: a line for each user that was added and has stayed"
        is "$(grep -c '^containers:200000:268435456$' $file)" 1 "$file: the line of the containers"
done
for file in /etc/nss-subuid/subuid /etc/nss-subuid/subgid; do
        is "$(grep -c '^alice[0-9]*:30[0-9]*:65536$' $file)" ${#fixed[@]} "$file: the lines of the directory"
done
is "$(grep -v '^#' /etc/nsswitch.conf)" 'passwd: files subuid
group: files subuid' '/etc/nsswitch.conf: its lines'
is "$(subuidctl check --json 2>/dev/null | grep -c '"error"')" 0 'subuidctl check finds no error'
is "$(find /etc -maxdepth 2 \( -name '.subuidctl*' -o -name '*.lock' -o -name '*.edited' -o -name '*.new' \) -newer /root/soak/start)" '' 'no file is left over'
scopes() { inside find /sys/fs/cgroup -name 'test-*' -o -name 'libpod-*'; }
nothing_is_left() { [ -z "$(scopes; pgrep -x subuidctl)" ]; }
until_true nothing_is_left
is "$(scopes)" '' 'no scope'
is "$(inside runc list --quiet; inside "${podman[@]}" ps --all --quiet)" '' 'no container'
is "$(pgrep -x subuidctl)" '' 'no process of subuidctl'

done_testing
