#!/bin/bash
# SPDX-License-Identifier: MIT
# The script that puts the feature "with-subuid" into a profile of authselect: its work on lines like
# those of authselect's releases, and what their conditions make of it; then the README's commands with the real
# authselect of Debian 14, on each of its profiles.
set -u
. "$(dirname "$0")/../lib/tap.sh"

# evaluate [FEATURE...]: what authselect makes of a template, as far as lines of nsswitch.conf have it:
# {if [not] "feature":text[|text]}, {include if "feature"}, {exclude if "feature"}.
evaluator=$(cat <<'PYTHON'
import re, sys

def chosen(match):
    negated, feature, yes, no = match.groups()
    return yes if (feature in sys.argv) != bool(negated) else no or ''

for line in sys.stdin:
    kept = True
    for word, feature in re.findall(r'{(include|exclude) if "([a-z-]*)"}', line):
        kept = (feature in sys.argv) == (word == 'include')
    line = re.sub(r'{(include|exclude) if "[a-z-]*"}', '', line)
    line = re.sub(r'{if (not )?"([a-z-]*)":([^|}]*)\|?([^}]*)}', chosen, line)
    if kept:
        print(*line.split() if '{' not in line else ['not understood:', line])
PYTHON
)
evaluate() { python3 -c "$evaluator" "$@"; }
changed() { sed -f packaging/authselect/with-subuid.sed; }

# profile LINE WITHOUT WITH: the line of a profile, and what it becomes with and without the feature
# (and with the features in $also).
profile() {
        is "$(changed <<<"$1" | evaluate "${also-}")" "$2" "without: $2"
        is "$(changed <<<"$1" | evaluate "${also-}" with-subuid)" "$3" "with: $3"
        is "$(changed <<<"$1" | changed)" "$(changed <<<"$1")" 'twice is once'
}

profile 'passwd:   files systemd' 'passwd: files systemd' 'passwd: files subuid systemd'
profile 'group: sss files' 'group: sss files' 'group: sss files subuid'
profile 'passwd: {if "with-first":sss files|files sss} systemd   {exclude if "with-own"}' \
        'passwd: files sss systemd' 'passwd: files sss subuid systemd'
also=with-altfiles profile 'passwd: files {if "with-altfiles":altfiles }{if not "with-first":sss }systemd' \
        'passwd: files altfiles sss systemd' 'passwd: files altfiles sss subuid systemd'
profile 'group: files [SUCCESS=merge] sss [SUCCESS=merge] systemd' \
        'group: files [SUCCESS=merge] sss [SUCCESS=merge] systemd' \
        'group: files [SUCCESS=merge] sss [SUCCESS=merge] systemd subuid'
also=with-merging profile 'group: files [SUCCESS=merge] systemd [SUCCESS=merge] {include if "with-merging"}' \
        'group: files [SUCCESS=merge] systemd [SUCCESS=merge]' \
        'group: files [SUCCESS=merge] systemd [SUCCESS=merge] subuid'
profile 'group: files systemd {exclude if "with-merging"}' 'group: files systemd' 'group: files subuid systemd'
also=with-own profile 'passwd: files systemd {exclude if "with-own"}' '' ''

for line in '' '# passwd: files systemd' 'shadow: files systemd' 'passwd_compat: nis' 'initgroups: files' 'hosts: files {if "with-x":x }dns'; do
        is "$(changed <<<"$line")" "$line" "left alone: $line"
done

# What the README shows.
while IFS= read -r line; do
        is "$(sed 's/{if "with-subuid":subuid }//; s/  *$//' <<<"$line" | changed)" "$line" "README: $line"
done < <(sed -n 's/^ *\(\(passwd\|group\): .*with-subuid.*\)/\1/p' packaging/authselect/README.md)

# --- the real one ---------------------------------------------------------------------------------

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
scratch=$top/$(mktemp -d build/authselect.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

# The README's commands: of 1 and 2, and of 3.
commands=$(sed -n 's/^       \(authselect\|sed\|    --\)/\1/p' packaging/authselect/README.md)
make=$(sed '/^authselect test/,$d' <<<"$commands")
select=$(sed -n '/^authselect select/p' <<<"$commands")
is "$(wc -l <<<"$make") $(wc -l <<<"$select")" '3 1' 'the README has the commands'

# What it makes of nsswitch.conf, without and with the feature: "=== PROFILE FEATURES", then the two files.
# shellcheck disable=SC2016 # for the inner shell
tests/lib/release-root.sh forky bash -euc '
        export DEBIAN_FRONTEND=noninteractive
        apt-get -o Acquire::Check-Valid-Until=false update -qq
        apt-get install -y -qq --no-install-recommends authselect >/dev/null
        cd packaging/authselect
        exec 3>&1 >&2
        # Debian makes no such folder; nor is its file one of authselect.
        mkdir -p /etc/authselect
        authselect select local --force
        for base in local sssd winbind; do
                rm -rf /etc/authselect/custom/subuid
                eval "${1//sssd/$base}"
                for features in "" with-altfiles with-group-merging "with-altfiles with-group-merging" with-tlog; do
                        [ "$features" != with-tlog ] || [ $base = sssd ] || continue
                        echo "=== $base${features:+ $features}" >&3
                        authselect test custom/subuid $features --nsswitch | sed "s/^/without /" >&3
                        authselect test custom/subuid with-subuid $features --nsswitch | sed "s/^/with /" >&3
                done
        done
        eval "$2"
        grep -c subuid /etc/nsswitch.conf >&3
        authselect disable-feature with-subuid
        ! grep subuid /etc/nsswitch.conf' - "$make" "$select" >"$scratch/made" 2>"$scratch/log"
ok $? "all of them run, and authselect disable-feature takes it away"
[ "$tests_failed" -eq 0 ] || tail -n 20 "$scratch/log" | sed 's/^/# /' >&2
is "$(tail -n 1 "$scratch/made")" 2 'selected, it stands on two lines'

# Where "subuidctl enable" puts it; but with-tlog has sss in front, which is the same to both.
mkdir -p "$scratch/root/etc"
while read -r _ case; do
        sed "0,/^=== ${case}\$/d; /^===/Q" "$scratch/made" >"$scratch/case"
        lines() { sed -nE "s/^$1 ((passwd|group):)/\1/p" "$scratch/case" | tr -s ' ' | sed 's/ $//'; }
        lines without >"$scratch/root/etc/nsswitch.conf"
        build/subuidctl enable --root "$scratch/root" >/dev/null
        is "$(lines with | grep -c 'subuid')" 2 "$case: the word is on both lines"
        is "$(lines with)" "$(cat "$scratch/root/etc/nsswitch.conf")" "$case: where \"subuidctl enable\" would put it"
done < <(grep '^===' "$scratch/made")
done_testing
