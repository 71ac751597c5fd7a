# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the shell tests share. They speak the Test Anything Protocol; what went wrong is on standard error,
# which prove(1) shows. Source it from a script in a folder below tests/, with "set -u" only: a command
# that fails is a result, not an end.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top" || exit 1
# For what they write; nothing need have been made here before.
mkdir -p build || exit 1
export LC_ALL=C
# Whoever starts it may have another.
umask 022
# What stands in front of the number in each name, as it was built.
# shellcheck disable=SC2034 # the tests use it
prefix=$(cat build/name_prefix 2>/dev/null)
tests_run=0
tests_failed=0

# ok STATUS WHAT: one result; STATUS is an exit status.
ok() {
        tests_run=$((tests_run + 1))
        if [ "$1" -eq 0 ]; then
                echo "ok $tests_run - $2"
        else
                echo "not ok $tests_run - $2"
                echo "# $0: failed test $tests_run - $2" >&2
                tests_failed=$((tests_failed + 1))
        fi
}

# is GOT WANTED WHAT: equal texts.
is() {
        [ "$1" = "$2" ]
        ok $? "$3"
        [ "$1" = "$2" ] || printf '%s\n' "got:    $1" "wanted: $2" | sed 's/^/# /' >&2
}

# like GOT PATTERN WHAT: the text matches an extended regular expression.
like() {
        [[ $1 =~ $2 ]]
        ok $? "$3"
        [[ $1 =~ $2 ]] || printf '%s\n' "got:     $1" "pattern: $2" | sed 's/^/# /' >&2
}

# until_true COMMAND...: repeats it until it succeeds, for some minutes at most: so slow may a machine be.
until_true() {
        local end=$((SECONDS + 300))
        until "$@" 2>/dev/null; do
                [ $SECONDS -lt $end ] || return 1
                sleep 0.02
        done
}

# logged NAME FILE COMMAND...: runs what takes minutes with its output in a file, and says on standard error how far
# it is: which packages it installs, which test has begun or is over. Its exit status.
logged() {
        local name=$1 log=$2
        shift 2
        "$@" 2>&1 | tee "$log" |
                sed -nuE "s/^(\[[0-9:]+\] )?((build\/)?tests\/[^ ]+) \.+ *(ok|)( .*)?\$/# $name: \2 \4/p; s/^Installing ([^ ]+ [^ ]+).*/# $name: installing \1 .../p" >&2
        return "${PIPESTATUS[0]}"
}

# skip_all WHY: this test cannot run here. In CI (CI=true) that is a failure.
skip_all() {
        if [ "${CI-}" = true ]; then
                echo "Bail out! $1"
                exit 1
        fi
        echo "1..0 # SKIP $1"
        exit 0
}

# skip WHY WHAT: one test that cannot run here. In CI that is a failure.
skip() {
        tests_run=$((tests_run + 1))
        if [ "${CI-}" = true ]; then
                tests_failed=$((tests_failed + 1))
                echo "not ok $tests_run - $2: $1"
        else
                echo "ok $tests_run - $2 # SKIP $1"
        fi
}

done_testing() {
        echo "1..$tests_run"
        [ "$tests_failed" -eq 0 ]
        exit
}

# private_root [--cgroups]: goes on in a private copy of this machine's root with the module installed
# in it, as root; see private-root.sh.
private_root() {
        [ -z "${NSS_SUBUID_PRIVATE_ROOT-}" ] || return 0
        [ "$(id -u)" -eq 0 ] || skip_all 'needs root'
        [ $# -eq 0 ] || grep -q ' cgroup2 rw' /proc/self/mounts || skip_all 'needs a mounted cgroup2 hierarchy'
        exec "$top/tests/lib/private-root.sh" "$@" "$top/${0#"$top"/}"
}
