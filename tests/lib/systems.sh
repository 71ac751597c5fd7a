# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Systems below --root for the tests of "subuidctl check". Source it behind tap.sh.

scratch=$top/$(mktemp -d build/check.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
etc=$root/etc
lib=$root/usr/lib/x86_64-linux-gnu

# elf CLASS FILE: the beginning of a library for 32 (1) or 64 (2) bits.
elf() {
        printf '\177ELF%b\1\1\0\0\0\0\0\0\0\0\0' "\\$1" >"$2"
}

# A node as it should be, with CRI-O's line.
node() {
        rm -rf "$root"
        mkdir -p "$etc" "$lib"
        elf 2 "$lib/libc.so.6"
        elf 2 "$lib/libnss_subuid.so.2"
        echo containers:200000:268435456 | tee "$etc/subuid" >"$etc/subgid"
        printf '%s\n' root:x:0:0::/: bob:x:1000:1000::/: nobody:x:65534:65534::/: >"$etc/passwd"
        printf '%s\n' root:x:0: bob:x:1000: nss-subuid:x:990: nogroup:x:65534: >"$etc/group"
        printf '%s\n' 'passwd: files subuid systemd' 'group: files [SUCCESS=merge] systemd subuid' \
                >"$etc/nsswitch.conf"
}

# As it is quoted where a blank is in it.
shown_root=$root
[[ $root != *' '* ]] || shown_root="\"$root\""

check() { build/subuidctl check --root "$root" "$@" 2>&1; }

# found: each finding as PLACE SEVERITY NAME.
found() {
        check -J | awk -F '"' '
                $2 == "file" { place = $4; sub("^/etc/", "", place) }
                $2 == "line" || $2 == "column" { gsub("[^0-9]", "", $3); if ($3) place = place ":" $3 }
                $2 == "severity" { severity = $4 }
                $2 == "finding" { print place, severity, $4 }'
}

# has FINDINGS WHAT: just these, which are then no longer there on a new node.
has() {
        local got
        got=$(found)
        is "$got" "$1" "$2"
        printf '%s\n' "$got" >>"$scratch/seen"
        node
}

# both LINE...: the same lines in both range files.
both() { printf '%s\n' "$@" | tee "$etc/subuid" >"$etc/subgid"; }
nsswitch() { printf '%s\n' "$@" >"$etc/nsswitch.conf"; }
