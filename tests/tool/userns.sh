# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# User namespaces with processes in them, for tests that have sourced tap.sh and run in a private root.

# start COMMAND...: runs in the background what becomes a sleep; sets pid once it is one, and sleeps.
start() {
        "$@" &
        pid=$!
        # First it is another program, then it has its name, last its arguments.
        until [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f /bin/sleep)" ] &&
                read -r -d '' _ <"/proc/$pid/cmdline"; do
                [ -e "/proc/$pid/status" ] || return 1
                sleep 0.02
        done 2>/dev/null
}

# end PID...: ends what was started; then it is gone.
end() {
        kill "$@"
        wait "$@" 2>/dev/null
}

# shellcheck disable=SC2016,SC2034 # for the bash that is run; for who sources this
as='exec -a "$0" sleep 300'

# map PID MAP: gives it this map of users and of groups. PARENT is a process of the namespace around.
map() {
        local enter=()
        [ -z "${PARENT-}" ] || enter=(nsenter -t "$PARENT" -U)
        "${enter[@]}" sh -c "echo '$2' >/proc/$1/uid_map && echo '$2' >/proc/$1/gid_map"
}

# join PID ID NAME [OPTION...]: a process of that name that runs as this ID in a container.
join() { start nsenter -t "$1" -U -S "$2" -G "$2" "${@:4}" bash -c "$as" "$3"; }

# hide_engines: what the machine's own containers leave behind is not seen.
hide_engines() {
        local folder
        for folder in /run /var/log /var/lib/{containers,docker,kubelet}; do
                [ ! -d "$folder" ] || mount -t tmpfs tmpfs "$folder"
        done
}
