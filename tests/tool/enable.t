#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl enable" and "disable" below a folder of its own: what they make of the files that
# distributions ship (nsswitch/*.conf), what they refuse, that nothing is half done.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
scratch=$top/$(mktemp -d build/enable.XXXXXX)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
root=$scratch/root
etc=$root/etc
file=$etc/nsswitch.conf
mkdir -p "$etc"

subuidctl() { build/subuidctl "$@" --root "$root" 2>&1; }
# result COMMAND...: what it prints to standard error, and its exit status.
result() {
        { build/subuidctl "$@" --root "$root" >/dev/null; } 2>&1
        echo $?
}
write() { printf '%b' "$1" >"$file"; }

# What distributions ship.

for shipped in tests/tool/nsswitch/*.conf; do
        name=$(basename "$shipped" .conf)
        wanted=${shipped%.conf}.enabled
        cat "$shipped" >"$file"
        subuidctl enable --dry-run >"$scratch/diff" && cmp "$file" "$shipped" &&
                patch -s -p1 -d "$root" <"$scratch/diff" && cmp "$file" "$wanted"
        ok $? "$name: --dry-run changes nothing; patch(1) takes what it prints"
        cat "$shipped" >"$file"
        subuidctl enable >/dev/null && cmp "$file" "$wanted"
        ok $? "$name: enable"
        cmp "$file-" "$shipped"
        ok $? "$name: the file as it was is nsswitch.conf-"
        before=$(stat -c '%i %y' "$file" "$file-")
        output=$(subuidctl enable) && cmp "$file" "$wanted"
        ok $? "$name: enable again"
        is "$output $(stat -c '%i %y' "$file" "$file-")" "$file: nothing to do $before" "$name: which does not write"
        subuidctl disable --dry-run | patch -s -p1 -d "$root" --dry-run && cmp "$file" "$wanted"
        ok $? "$name: disable --dry-run"
        subuidctl disable >/dev/null && cmp "$file" "$shipped"
        ok $? "$name: disable gives the file as it was"
        subuidctl disable >/dev/null && cmp "$file" "$shipped"
        ok $? "$name: disable again"
done
# left: what is in /etc; $both is all that belongs there.
left() { ls -A "$etc"; }
both='nsswitch.conf
nsswitch.conf-'
is "$(left)" "$both" 'nothing else is left in /etc'

# What it prints.

write '1\n2\n3\n4\npasswd: files\n6\n7\ngroup: files\nend'
is "$(subuidctl enable)" '--- a/etc/nsswitch.conf
+++ b/etc/nsswitch.conf
@@ -2,8 +2,8 @@
 2
 3
 4
-passwd: files
+passwd: files subuid
 6
 7
-group: files
+group: files subuid
 end
\ No newline at end of file' 'it prints what it changes'
write 'group: files subuid\n\n\n\n\n\n\n\npasswd: files subuid'
is "$(subuidctl disable)" '--- a/etc/nsswitch.conf
+++ b/etc/nsswitch.conf
@@ -1,4 +1,4 @@
-group: files subuid
+group: files
 
 
 
@@ -6,4 +6,4 @@
 
 
 
-passwd: files subuid
\ No newline at end of file
+passwd: files
\ No newline at end of file' 'a last line without its newline'
is "$(subuidctl disable --dry-run; echo $?)" 0 'nothing to do: no diff'
write 'group: files\n#\033[31m\0200\npasswd: files\n'
is "$(subuidctl enable --dry-run | sed -n 6p)" "$(printf ' #\033[31m\200')" 'a diff in a pipe has every byte'
if tests/lib/terminal.py true >/dev/null 2>&1; then
        like "$(tests/lib/terminal.py build/subuidctl enable --dry-run --root "$root")" ' #\?\[31m\?' \
                'one on a terminal has no control characters'
else
        skip 'no pseudo-terminals' 'one on a terminal has no control characters'
fi
write 'passwd: files\ngroup: files\n'
if [ -w /dev/full ]; then
        is "$(build/subuidctl enable --root "$root" 2>&1 >/dev/full; echo $?)" \
                'subuidctl: standard output: No space left on device
1' 'output that cannot be written is an error'
        is "$(cat "$file")" 'passwd: files subuid
group: files subuid' 'but it tells only what is done'
else
        skip 'no /dev/full' 'output that cannot be written is an error'
fi

# The mode; for the owner and the rest see enable_system.t.

write 'passwd: files\ngroup: files\n'
chmod 640 "$file"
(umask 077 && subuidctl enable >/dev/null)
is "$(stat -c %a "$file" "$file-" | tr '\n' ' ')" '640 640 ' 'the mode is kept, whatever the umask'
chmod 604 "$file"
(umask 777 && subuidctl disable >/dev/null)
is "$(stat -c %a "$file")" 604 'by disable too'
chmod 644 "$file"

# What is refused.

write 'passwd: sss [NOTFOUND=return] files\ngroup: files [NOTFOUND=return] systemd\n'
cp "$file" "$scratch/before"
is "$(result enable)" "subuidctl: $file:1: [NOTFOUND=return] would hide subuid behind it; take it away
subuidctl: $file:2: [NOTFOUND=return] would hide subuid behind it; take it away
1" 'a service that would hide it, in both lines'
write 'passwd: files\ngroup: files [NOTFOUND=return]\n'
is "$(result enable) $(head -1 "$file")" "subuidctl: $file:2: [NOTFOUND=return] would hide subuid behind it; take it away
1 passwd: files" 'a refusal for one line leaves the other alone'

continues='[SUCCESS=continue] goes on to subuid, whose answer "not found" would take the place of the one before it, root'"'s too; take it away"
for action in '[SUCCESS=continue]' '[!NOTFOUND=continue]' '[ !unavail = Continue ]' '[!TRYAGAIN=continue NOTFOUND=continue]' \
        '[SUCCESS=return SUCCESS=continue]'; do
        write "passwd: files $action\ngroup: files $action systemd\n"
        cp "$file" "$scratch/before"
        is "$(result enable)" "subuidctl: $file:1: $continues
subuidctl: $file:2: $continues
1" "$action, behind which no answer would be left"
        cmp "$file" "$scratch/before"
        ok $? 'nothing is changed'
        sed -i 's/$/ subuid/' "$file"
        is "$(build/subuidctl check --json --root "$root" | grep -c behind-continue)" 2 'where it stands, check has an error'
done
write 'passwd: files\ngroup: files\ninitgroups: files [SUCCESS=continue] systemd\n'
is "$(result enable)" 0 'on a line initgroups: it does no harm'
write 'passwd: files\ngroup: files\ninitgroups: subuid [NOTFOUND=return] files\n'
cp "$file" "$scratch/before"
like "$(result enable)" "^subuidctl: $file:3: this action of subuid ends the search for groups.*1\$" 'where it stands there and takes groups away, nothing is done'
cmp "$file" "$scratch/before"
ok $? 'nor to the other lines'

rm "$file"
is "$(result enable)" "subuidctl: $file: missing; write it with the lines \"passwd: files\" and \"group: files\"
1" 'no file'
is "$(subuidctl disable; echo $?)" "$file: nothing to do
0" 'which disable does not mind'
mkdir -p "$root/usr/etc"
printf 'passwd: compat systemd\n# SUSE\ngroup: compat\n' >"$root/usr/etc/nsswitch.conf"
cp "$root/usr/etc/nsswitch.conf" "$scratch/of_distribution"
wanted='--- a/usr/etc/nsswitch.conf
+++ b/etc/nsswitch.conf
@@ -1,3 +1,3 @@
-passwd: compat systemd
+passwd: compat subuid systemd
 # SUSE
-group: compat
+group: compat subuid'
is "$(subuidctl enable --dry-run)" "$wanted" 'no file but that of the distribution: what would be done'
[ ! -e "$file" ]
ok $? 'is not done yet'
is "$(umask 077; subuidctl enable)" "$wanted" 'it is copied, and the copy changed'
is "$(stat -c %a "$file") $(cat "$file")" $'644 passwd: compat subuid systemd\n# SUSE\ngroup: compat subuid' 'for all to read'
cmp "$root/usr/etc/nsswitch.conf" "$scratch/of_distribution"
ok $? "the distribution's is as it was"
is "$(subuidctl enable)" "$file: nothing to do" 'from now on the copy is what is read'
rm -r "$file" "${root:?}/usr"

# link TARGET: the file is a symbolic link to a good one.
link() {
        mkdir -p "$root$(dirname "$1")"
        printf 'passwd: files\ngroup: files\n' >"$root$1"
        ln -sf "$1" "$file"
}
link /etc/authselect/nsswitch.conf
is "$(result enable)" "subuidctl: $file: a symbolic link; add subuid in a profile of your own (authselect create-profile) and select that
1" "authselect's link"
is "$(build/subuidctl enable --root "$root" 2>/dev/null)" '' 'and prints no change that it does not make'
subuidctl enable --dry-run | grep -q '^+passwd: files subuid'
ok $? 'for which --dry-run still tells what to change'
is "$(result disable)" 0 'nothing to remove behind a link: no error'
rm -r "$etc/authselect"
link /etc/static/nsswitch.conf
is "$(result enable)" "subuidctl: $file: a symbolic link; set system.nssModules and system.nssDatabases in the NixOS configuration
1" "NixOS' link"
rm -r "$etc/static"
link /run/nsswitch.conf
is "$(result enable)" "subuidctl: $file: a symbolic link; change the file that it leads to, as its keeper wants it, or make it a file
1" 'any link'
is "$(cat "$root/run/nsswitch.conf")" 'passwd: files
group: files' 'and the file behind it is left alone'
rm "$root/run/nsswitch.conf"
is "$(result enable)" "subuidctl: $file: a symbolic link; change the file that it leads to, as its keeper wants it, or make it a file
1" 'a link to nowhere'
is "$(result disable)" 0 'which disable does not mind'
rm "$file"
mkfifo "$file"
is "$(result enable)" "subuidctl: $file: no regular file
1" 'a FIFO is not waited for'
rm "$file"
is "$(build/subuidctl enable --root "$scratch/none" 2>&1; echo $?)" "subuidctl: $scratch/none: No such file or directory
1" 'no such root'
mv "$etc" "$root/elsewhere"
is "$(result enable)" "subuidctl: $etc: No such file or directory
1" 'no /etc'
ln -s ../../../../../../../etc "$etc"
is "$(result enable)" "subuidctl: $etc: Too many levels of symbolic links
1" 'an /etc that is itself a link leads nowhere out of the root'
touch "$scratch/a"
(cd "$scratch" && exec perl -e 'alarm 60; while (1) { rename "a", "b"; rename "b", "a" }') &
renaming=$!
is "$(for _ in 1 2 3 4 5 6 7 8; do result enable; done | sort -u)" "1
subuidctl: $etc: Too many levels of symbolic links" 'nor while another process does nothing but rename'
kill $renaming
wait $renaming 2>/dev/null
rm "$etc"
mv "$root/elsewhere" "$etc"

# The word is in both lines already: nothing to refuse.
write 'passwd: files subuid\ngroup: files subuid\n'
mv "$file" "$root/run/nsswitch.conf"
ln -s /run/nsswitch.conf "$file"
is "$(result enable)" 0 'a link whose file has the word already'
rm "$file"

write 'passwd: files\ngroup: files\n'
if [ "$(id -u)" -ne 0 ]; then
        chmod a-w "$etc"
        is "$(result enable)" "subuidctl: $file: left as it is: making a new file beside it: Permission denied
1" 'a folder that one may not write to'
        is "$(build/subuidctl enable --root "$root" 2>/dev/null)" '' 'where nothing is changed, no change is printed'
        is "$(build/subuidctl enable --dry-run --root "$root" >/dev/null; echo $?)" 0 'for --dry-run one need not'
        chmod u+w "$etc"
fi
# The limit's own signal, too, does not kill it before it has cleaned up and said why.
is "$(ulimit -f 0; result enable; cat "$file")" "subuidctl: $file: left as it is: writing a new file beside it: File too large
1
passwd: files
group: files" 'no room for the new file'
is "$(left)" "$both" 'nothing is left of it'

# What a killed command, or somebody else, left behind.

mkdir "$scratch/secret"
echo secret >"$scratch/secret/file"
for name in .subuidctl.new nsswitch.conf-; do
        for kind in 'ln -s' 'ln -f' mkfifo; do
                rm "$file-"
                case $kind in
                mkfifo) mkfifo "$etc/$name" ;;
                *) $kind "$scratch/secret/file" "$etc/$name" ;;
                esac
                write 'passwd: files\ngroup: files\n'
                timeout 60 build/subuidctl enable --root "$root" >/dev/null
                is "$? $(cat "$scratch/secret/file") $(left) $(head -n 1 "$file-")" "0 secret $both passwd: files" \
                        "what stands at $name ($kind) is removed, not written to"
        done
done

# Without standard descriptors nothing that is opened takes their place.
write 'passwd: files\ngroup: files\n'
build/subuidctl enable --root "$root" <&- >&- 2>&-
is "$? $(head -1 "$file")" '0 passwd: files subuid' 'without standard descriptors'
write 'passwd: files\ngroup: files [NOTFOUND=return]\n'
build/subuidctl enable --root "$root" <&- >&- 2>&-
is "$? $(head -1 "$file")" '1 passwd: files' 'and where it refuses'
rm -f "$file-"

# Several at once.

write 'passwd: files\ngroup: files\n'
cp "$file" "$scratch/off"
sed 's/$/ subuid/' "$file" >"$scratch/on"
reader() {
        while [ -e "$scratch/reading" ]; do
                cat "$file" >"$scratch/read" || echo 'no file'
                cmp -s "$scratch/read" "$scratch/on" || cmp -s "$scratch/read" "$scratch/off" || echo half
        done
}
# sooner_or_later COMMAND: who waits ten seconds for the lock, as on a very slow machine, is told to try again.
sooner_or_later() {
        local said

        until said=$(subuidctl "$1"); do
                [[ $said == *' for ten seconds; try again' ]] || { echo failed; break; }
        done
        echo "$said"
}
touch "$scratch/reading"
reader >"$scratch/seen" 2>&1 &
reading=$!
writers=()
for _ in 1 2 3 4 5; do
        for command in enable disable; do
                (for _ in 1 2 3 4 5; do sooner_or_later $command; done) >>"$scratch/written" 2>&1 &
                writers+=($!)
        done
done
wait "${writers[@]}"
rm "$scratch/reading"
wait "$reading"
is "$(cat "$scratch/seen")" '' '50 at once: a reader sees the one file or the other'
is "$(grep -vE '^[-+@ ]|: nothing to do$' "$scratch/written")" '' 'and each of them succeeds'
is "$(left)" "$both" 'nothing is left of them'

write 'passwd: files\ngroup: files\n'
# Who is no root, as mostly here, has the lock of a folder of his own.
exec 9<"$etc"
flock 9
if [ "$(id -u)" -eq 0 ]; then
        is "$(result enable)" 0 'a folder that anybody may lock does not keep root waiting'
else
        subuidctl enable >"$scratch/waiting" 9<&- &
        waiting=$!
        is "$(build/subuidctl enable --dry-run --root "$root" >/dev/null; echo $?)" 0 '--dry-run does not wait'
        exec 9<&-
        wait "$waiting"
        is "$? $(head -1 "$file")" '0 passwd: files subuid' 'it waits for the lock, then goes on'
fi

done_testing
