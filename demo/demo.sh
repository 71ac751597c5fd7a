#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh [--packages]: shows what the module changes, in mount and PID namespaces of its own with an /etc of
# its own: as root, or as an ordinary user in a user namespace. Nothing outside is changed, nothing is left.
# --packages prints the groups of packages (tests/lib/deps.sh) that this takes, if it can run here at all.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
self=$top/demo/demo.sh
namespaces=(unshare --mount --pid --fork --kill-child --mount-proc --propagation private)

die() {
        echo "demo: $1" >&2
        exit 1
}

# own_range FILE: the first ID of the range of 1000 IDs or more that the file gives to this user.
own_range() {
        awk -F: -v name="$(id -un)" -v id="$(id -u)" \
                '($1 == name || $1 == id) && $3 >= 1000 { print $2; exit }' "$1" 2>/dev/null || :
}

# An ordinary user: a user namespace in which the demo's IDs are some of the user's own.
as_user() {
        local uids gids pid job
        local instead='run it as root instead'

        command -v newuidmap >/dev/null || die "needs newuidmap: apt-get install uidmap; or $instead"
        uids=$(own_range /etc/subuid)
        gids=$(own_range /etc/subgid)
        [ -n "$uids" ] || die "/etc/subuid has no range of 1000 IDs for $(id -un); $instead"
        [ -n "$gids" ] || die "/etc/subgid has no range of 1000 IDs for $(id -un); $instead"
        exec 3>&1 4>&2
        # shellcheck disable=SC2016 # for the inner shell, which ends with this one
        coproc unshare --user bash -c 'echo "$BASHPID"; read -r && exec "$@" >&3 2>&4' - \
                "${namespaces[@]}" "$self" --inside 2>/dev/null
        job=$COPROC_PID
        read -r pid <&"${COPROC[0]}" || die "no user namespace to be had here; $instead"
        newuidmap "$pid" 0 "$(id -u)" 1 200000 "$uids" 1000 || die "newuidmap failed; $instead"
        newgidmap "$pid" 0 "$(id -g)" 1 200000 "$gids" 1000 || die "newgidmap failed; $instead"
        echo >&"${COPROC[1]}"
        wait "$job"
}

if [ "${1-}" != --inside ]; then
        root=false second_part=false
        if [ "$(id -u)" -eq 0 ]; then
                root=true
                "${namespaces[@]}" true 2>/dev/null ||
                        die 'no namespaces to be had here; a container has to be a privileged one'
                ! grep -q ' cgroup2 rw' /proc/self/mounts || second_part=true
        fi
        if [ "${1-}" = --packages ]; then
                echo demo
                ! $second_part || echo systemd
                exit
        fi
        if $root; then
                "${namespaces[@]}" "$self" --inside
        else
                as_user
        fi
        if $second_part; then
                "$top/demo/systemd.sh"
        else
                echo "The demo's second part, with systemd, needs root and a mounted cgroup2 hierarchy."
                echo
        fi
        echo 'That was in namespaces of its own: the /etc of this machine is as it was.'
        exit
fi

# --- inside: /etc is a tmpfs with what the programs below need ------------------------------------

# A folder that is there on every machine, and in which the checkout is not: it is hidden for us alone.
room=/mnt
[[ $top/ != /mnt/* ]] || room=/tmp
mount -t tmpfs -o mode=755 tmpfs $room
mkdir $room/etc $room/container
# In a list of folders, that of the checkout could be two.
cp "$top/build/libnss_subuid.so.2" $room/
for file in passwd group ld.so.cache alternatives localtime; do
        cp -r --preserve=links,mode "/etc/$file" $room/etc/ 2>/dev/null || :
done
mount --bind $room/etc /etc
export LD_LIBRARY_PATH=$room LC_ALL=C

ranges='core:100000:65536
containers:200000:268435456'
echo "$ranges" | tee /etc/subuid >/etc/subgid

cd $room/container
echo hello >motd
chown 200193:200193 motd
# Stand-ins for a container with systemd in it: its processes' IDs and names, but all they do is
# wait. They end with this shell, the first process of the namespace.
mkfifo $room/never
exec 3<>$room/never
pids=
while read -r id name; do
        # shellcheck disable=SC2016 # "$0" is for the inner shell
        setpriv --reuid "$id" --regid "$id" --clear-groups bash -c 'exec -a "$0" cat' "$name" <&3 &
        pids+=${pids:+,}$!
done <<'PROCESSES'
200000 /sbin/init
200081 dbus-daemon --system
200193 systemd-resolved
200999 nginx: worker process
PROCESSES
while [ "$(ps -o comm= -p "$pids" | grep -c '^cat$')" -lt 4 ]; do sleep 0.01; done

commands=(
        'getent passwd 200193'
        'getent passwd _200193'
        'getent group 200193'
        'id 200193'
        'ls -l motd'
        'find . -nouser'
)
listing="ps -o user,pid,cmd -p $pids"

# answers SERVICES: sets "answers" to what each command prints with these services on the lines.
answers() {
        local command output
        printf '%s\n' "passwd: $1" "group:  $1" >/etc/nsswitch.conf
        answers=()
        for command in "${commands[@]}"; do
                output=$($command 2>&1) || output=${output:-(not found, exit status $?)}
                answers+=("${output:-(none)}")
        done
        listed=$($listing)
}

answers 'files'
before=("${answers[@]}")
listed_before=$listed
answers 'files subuid'

echo 'Two ranges in /etc/subuid and /etc/subgid, of owners that are no accounts:'
echo "${ranges//$'\n'/$'\n    '}" | sed '1s/^/    /'
cat <<'END'

    before   /etc/nsswitch.conf has   passwd: files           group: files
    after    /etc/nsswitch.conf has   passwd: files subuid    group: files subuid

END
for i in "${!commands[@]}"; do
        printf '$ %s\n    before   %s\n    after    %s\n\n' "${commands[i]}" "${before[i]}" "${answers[i]}"
done
printf '$ %s   (four processes that only wait, under such names)\n' "$listing"
printf '    %-38s %s\n' before after
paste -d '\n' <(echo "$listed_before") <(echo "$listed") |
        while IFS= read -r left && IFS= read -r right; do
                printf '    %-38s %s\n' "$left" "$right"
        done
echo
