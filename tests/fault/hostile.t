#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs in trouble, and programs that somebody wants to lead astray. Files that cannot be read are
# in tests/nss/files.t, what the library imports in tests/nss/object.t.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root

ask() { timeout 60 build/tests/fault/ask "$@" 2>&1; }
nsswitch() { printf 'passwd: %s\ngroup: %s\n' "$1" "$1" >/etc/nsswitch.conf; }

echo containers:200000:65536 | tee /etc/subuid >/etc/subgid
nsswitch 'files subuid'
is "$(ask undisturbed 200193)" "0 ${prefix}200193 0 ${prefix}200193" 'undisturbed: the user and the group are found'
is "$(ask undisturbed 300000)" '0 - 0 -' 'another ID: not found, no error'

# --- no descriptor is left ------------------------------------------------------------------------

is "$(ask no-descriptors 200193)" '24 - 24 -' 'no descriptor is left: EMFILE'
nsswitch subuid
is "$(ask no-descriptors 200193)" '24 - 24 -' 'alone on its line: EMFILE'
nsswitch 'subuid members'
cp build/tests/libnss_members.so.2 "$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")"
is "$(ask no-descriptors 200193)" "24 - 0 ${prefix}200193" 'a service behind it that needs none still answers'

# --- an empty root, a sandbox ---------------------------------------------------------------------

nsswitch subuid
mkdir /var/empty-root
is "$(ask empty-root 200193)" '0 - 0 -' 'in a root without /etc: not found, no error'
is "$(ask sandbox 200193)" "0 ${prefix}200193 0 ${prefix}200193" \
        'answered where any call but openat, fstat, pread and close kills'
is "$(ask sandbox 300000)" '0 - 0 -' 'and so is a miss'
# Behind a large file: positions take a second reading.
{ yes '# no range' | head -n 5000; cat /etc/subgid; } >/etc/subuid
is "$(ask sandbox 200193)" "0 ${prefix}200193 0 ${prefix}200193" 'and a file that is read twice'
echo containers:200000:65536 >/etc/subuid

# --- a set-user-ID program in somebody's environment ----------------------------------------------

nsswitch 'files subuid'
mkdir /tmp/evil
for name in preload.so audit.so libnss_subuid.so.2 libnss_files.so.2; do
        cp build/tests/libnss_members.so.2 /tmp/evil/$name
done
environment=(
        LD_PRELOAD=/tmp/evil/preload.so LD_AUDIT=/tmp/evil/audit.so LD_LIBRARY_PATH=/tmp/evil
        LD_ORIGIN_PATH=/tmp/evil LD_BIND_NOW=1 GLIBC_TUNABLES=glibc.malloc.check=3 MALLOC_CHECK_=3
        MALLOC_PERTURB_=165 MALLOC_TRACE=/tmp/evil/trace GCONV_PATH=/tmp/evil LOCPATH=/tmp/evil
        NLSPATH=/tmp/evil/%N LANG=evil LC_ALL=evil TZ=/tmp/evil/zone TZDIR=/tmp/evil
        HOSTALIASES=/tmp/evil/hosts LOCALDOMAIN=evil RES_OPTIONS=debug RESOLV_HOST_CONF=/tmp/evil/host.conf
        NSS_FILES=/tmp/evil NSS_SUBUID=/tmp/evil SUBUID=/tmp/evil SUBUID_FILE=/tmp/evil/subuid
        PATH=/tmp/evil HOME=/tmp/evil TMPDIR=/tmp/evil POSIXLY_CORRECT=1
)

# run_with PROGRAM VARIABLE...: runs it as an ordinary user with these variables and no others, and
# prints its answer and each file that it names to the kernel.
run_with() {
        local program=$1 options=()

        shift
        [ $# -eq 0 ] || mapfile -t options < <(printf -- '-E\n%s\n' "$@")
        env -i timeout 60 strace -u nobody -e trace=%file,connect -o /tmp/trace "${options[@]}" \
                "$program" set-user-ID 200193 2>/dev/null
        sed 1d /tmp/trace | grep -o '"/[^"]*"'
}
install -m 4755 build/tests/fault/ask /usr/local/bin/ask-set-user-ID
install -m 755 build/tests/fault/ask /usr/local/bin/ask-plain
empty=$(run_with /usr/local/bin/ask-set-user-ID)
hostile=$(run_with /usr/local/bin/ask-set-user-ID "${environment[@]}")
is "$(head -n 1 <<<"$hostile")" "0 ${prefix}200193 0 ${prefix}200193" 'a set-user-ID program in a hostile environment is answered'
is "$hostile" "$empty" 'from the same files as in an empty environment'
like "$hostile" '"/etc/subuid"' 'the range files among them'
like "$(run_with /usr/local/bin/ask-plain "${environment[@]}")" 'not set-user-ID.*"/tmp/evil/preload.so"' \
        'the environment is hostile: a program without the bit follows it'

# --- static programs that load NSS ----------------------------------------------------------------

# No other service, whose errno it could be that they see.
nsswitch subuid
for how in -static -static-pie; do
        # The linker warns: libc.so.6 of the same version has to be there.
        if ! ${CC-gcc} -D_GNU_SOURCE -O2 $how -o /tmp/ask tests/fault/ask.c 2>/tmp/errors; then
                sed 's/^/# /' /tmp/errors >&2
                skip 'no static C library' "gcc $how"
                continue
        fi
        is "$(readelf -dW /tmp/ask | grep -c NEEDED)" 0 "gcc $how: nothing is loaded at start"
        is "$(timeout 60 /tmp/ask undisturbed 200193 2>&1)" "0 ${prefix}200193 0 ${prefix}200193" "gcc $how: answered"
        is "$(timeout 60 /tmp/ask undisturbed 300000 2>&1)" '0 - 0 -' "gcc $how: a miss"
        is "$(timeout 60 /tmp/ask no-descriptors 200193 2>&1)" '24 - 24 -' "gcc $how: its own errno is set"
done

# --- files that cost ------------------------------------------------------------------------------

# tests/nss/files.t has lines and a line, test_faults counts the reads.
for byte in '\0' '\n' : 0 '#'; do
        head -c 64M /dev/zero | tr '\0' "$byte" >/etc/subuid
        cp /etc/subuid /etc/subgid
        is "$(ulimit -t 20 && ask undisturbed 200193)" '0 - 0 -' "64 MiB of '$byte': an end is in sight"
done

done_testing
