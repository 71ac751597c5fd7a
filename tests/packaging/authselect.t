#!/bin/bash
# SPDX-License-Identifier: MIT
# The script that puts the feature "with-subuid" into a profile of authselect: its work on lines like
# those of authselect's releases, and what their conditions make of it.
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

done_testing
