#!/bin/bash
# SPDX-License-Identifier: MIT
# nsswitch-hook, which the Debian package's scripts call, below a folder of its own: that it does what
# "subuidctl enable" does, or says one line. For the scripts themselves see ../packaging/deb.t.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/nsswitch-hook ] || skip_all 'needs build/nsswitch-hook'
scratch=$top/$(mktemp -d build/hook.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
file=$root/etc/nsswitch.conf
mkdir -p "$root/etc"

# hook VERB: what it prints, and its exit status.
hook() {
        build/nsswitch-hook "$1" "$root" 2>&1
        echo $?
}
write() { printf '%b' "$1" >"$file"; }

for shipped in tests/tool/nsswitch/*.conf; do
        name=$(basename "$shipped" .conf)
        cat "$shipped" >"$file"
        is "$(hook add)" 0 "$name: add prints nothing"
        cmp "$file" "${shipped%.conf}.enabled"
        ok $? 'it does what "subuidctl enable" does'
        before=$(stat -c '%i %y' "$file")
        is "$(hook add) $(stat -c '%i %y' "$file")" "0 $before" 'done again, it does not write'
        is "$(hook remove)" 0 'remove prints nothing'
        cmp "$file" "$shipped"
        ok $? 'and gives the file as it was'
done
is "$(ls -A "$root/etc")" nsswitch.conf 'nothing else is left in /etc'

write 'passwd: subuid files\ngroup: subuid sss\n'
is "$(hook add) $(paste -sd , "$file")" '0 passwd: subuid files,group: subuid sss' 'a word that stands stays'
mkdir -p "$root/run/userdb"
: >"$root/run/userdb/200193.user"
echo containers:200000:65536 | tee "$root/etc/subuid" >"$root/etc/subgid"
write 'passwd: files systemd\ngroup: files systemd\n'
is "$(hook add) $(paste -sd , "$file")" "libnss-subuid: $file:1: behind systemd, which alone has the account of /run/userdb/200193.user, inside a range
0 passwd: files systemd subuid,group: files subuid systemd" 'a userdb record inside a range'
rm -r "$root/run" "$root"/etc/sub?id

while IFS='|' read -r text said; do
        write "$text"
        cp "$file" "$scratch/before"
        is "$(hook add)" "libnss-subuid: $file$said
1" "left alone, and one line: $text"
        cmp "$file" "$scratch/before"
        ok $? 'nothing is changed'
done <<'CASES'
passwd: files [NOTFOUND=return]\ngroup: files [NOTFOUND=return]\n|:1: [NOTFOUND=return] would hide subuid behind it; take it away, then run 'subuidctl enable'
passwd: files\ngroup: files [SUCCESS=continue]\n|:2: [SUCCESS=continue] goes on to subuid, whose answer "not found" would take the place of the one before it, root's too; take it away, then run 'subuidctl enable'
passwd: files\n|: no line for group; add "group: files", then run 'subuidctl enable'
hosts: files\n|: no line for passwd; add "passwd: files", then run 'subuidctl enable'
passwd: files [oops]\ngroup: files\n|:1: column 16: a mistake in [...], for which the C library refuses the whole file; write [STATUS=ACTION], then run 'subuidctl enable'
CASES

mv "$file" "$root/etc/elsewhere"
printf 'passwd: files subuid\ngroup: files\n' >"$root/etc/elsewhere"
ln -s elsewhere "$file"
link="libnss-subuid: $file: a symbolic link; change the file that it leads to, as its keeper wants it, or make it a file
1"
is "$(hook add)" "$link" 'a symbolic link'
is "$(hook remove)" "$link" 'also when the word is to go'
is "$(paste -sd , "$root/etc/elsewhere")" 'passwd: files subuid,group: files' 'the file behind it is left alone'
sed -i 's/ subuid//' "$root/etc/elsewhere"
is "$(hook remove)" 0 'nothing to remove: nothing to say'
rm "$file" "$root/etc/elsewhere"
is "$(hook add)" "libnss-subuid: $file: missing; write it with the lines \"passwd: files\" and \"group: files\"
1" 'no file'
is "$(hook remove)" 0 'none to remove from'

is "$(build/nsswitch-hook --help)" 'Usage: nsswitch-hook add|remove [ROOT]' '--help'
is "$(build/nsswitch-hook; echo $?)" 'Usage: nsswitch-hook add|remove [ROOT]
1' 'nothing to do'
is "$(readelf -d build/nsswitch-hook | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux\|^ld64')" libc.so.6 'it needs the C library alone'

# The copy that an earlier "subuidctl enable" has left is none of its business.
printf 'passwd: files\ngroup: files\n' >"$file"
echo precious >"$file-"
hook add
hook remove
is "$(cat "$file-"; ls -A "$root/etc")" 'precious
nsswitch.conf
nsswitch.conf-' 'an older copy stays'
rm "$file-"

done_testing
