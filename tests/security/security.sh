# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the tests of this folder share: programs as Debian has them, on a private root with a network of its
# own, in which nobody but the test's servers listens. The recipes are those that "make install" installs.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

recipes=/usr/share/doc/nss-subuid/recipes

# security_root PROGRAM...: goes on in such a root, where the module is enabled, ann is a real user and
# 200000 to 265535 belong to containers.
security_root() {
        local program
        for program in "$@"; do
                command -v "$program" >/dev/null || skip_all "needs $program"
        done
        private_root
        if [ -z "${NSS_SUBUID_NETWORK-}" ]; then
                NSS_SUBUID_NETWORK=1 exec unshare --net "$top/${0#"$top"/}"
        fi
        ip link set lo up
        echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
        useradd --create-home --shell /bin/sh ann
        enable_module
}

# recipe START: the line of docs/security.md that begins so.
recipe() {
        local lines
        lines=$(sed -n 's/^    //p' "$top/docs/security.md" | awk -v start="$1" 'index($0, start) == 1')
        [ "$(wc -l <<<"$lines")" -eq 1 ] && [ -n "$lines" ] || echo "# not one line in docs/security.md: $1" >&2
        echo "$lines"
}

# group_of_them_all: the group whose members all users of the module are.
group_of_them_all() { groupadd --system nss-subuid; }

# as ID COMMAND...: runs it as a container's process is run on the host, with the UID and the GID alone.
as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }

enable_module() { nsswitch 'files subuid'; }
disable_module() { nsswitch files; }

# nsswitch SERVICES: puts these on the passwd and group lines of nsswitch.conf.
nsswitch() {
        printf '%s\n' "passwd: $1" "group: $1" >/etc/nsswitch.conf
}

# listens PORT: waits until somebody listens there.
listens() {
        until_true connects "$1" && return
        echo "# nobody listens on port $1" >&2
        return 1
}
connects() { (: <"/dev/tcp/127.0.0.1/$1"); }
