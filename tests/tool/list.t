#!/bin/bash
# SPDX-License-Identifier: MIT
# "subuidctl list", and the options that all commands share, on files of its own.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
scratch=$top/$(mktemp -d build/list.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/etc/nss-subuid"
unset COLUMNS

subuidctl() { build/subuidctl "$@" 2>&1; }
list() { subuidctl list --root "$scratch" -rn "$@"; }

is "$(list)" '' 'no files, no ranges'

cat >"$scratch/etc/subuid" <<'END'
containers:200000:268435456
#bob:1:1
bob:100000:65536
no range
1001:0x1000:010
none:5:0
root:65530:10
END
printf 'bob:400000:20' >"$scratch/etc/nss-subuid/subuid"
cat >"$scratch/etc/subgid" <<'END'
containers:300000:10
containers:200000:268435456
bob:100000:65546
late:1:5
END
printf '%s\n' 'bob:x:1000:1000::/:' 'alice:x:1001:1001::/:' >"$scratch/etc/passwd"
is "$(list)" "containers no 200000-268635455 268435456 300000-300009,200000-268635445 /etc/subuid:1
bob yes 100000-165535 65536 100000-165535 /etc/subuid:3
1001 yes 4096-4103 8  /etc/subuid:5
none no  0  /etc/subuid:6
root no 65530-65539 10  /etc/subuid:7
bob yes 400000-400019 20 165536-165545 /etc/nss-subuid/subuid:1
containers no  10 268635446-268635455 /etc/subgid:2
late no  5 1-5 /etc/subgid:4" 'each range, then the group IDs that are left'

is "$(list bob late)" "bob yes 100000-165535 65536 100000-165535 /etc/subuid:3
bob yes 400000-400019 20 165536-165545 /etc/nss-subuid/subuid:1
late no  5 1-5 /etc/subgid:4" 'of these owners'
is "$(list bo; echo $?)" 'subuidctl: bo: no ranges
1' 'an owner without ranges'
is "$(list -o position,First,LAST,file,line 1001 root)" '0 4096 4103 /etc/subuid 5
0 65530 65539 /etc/subuid 7' 'other columns'
is "$(list -o +position bob | awk '{ print $NF }' | tr '\n' ' ')" '0 65536 ' 'more columns'
is "$(list -o ''; echo $?)" 'subuidctl: --output: no column is named
1' 'no column'
is "$(list -o owner,x; echo $?)" "subuidctl: 'x' is no column; --list-columns names them
1" 'no such column'
is "$(subuidctl list --root "$scratch" --output owner,count bob)" 'OWNER COUNT
bob   65536
bob      20' 'headings and alignment'
is "$(subuidctl --json --root "$scratch" list bob none |
        python3 -c 'import json, sys; print([list(r.values()) for r in json.load(sys.stdin)["ranges"]])')" \
        "[['bob', True, 100000, '100000-165535', 65536, 100000, '100000-165535', '${prefix}100000-${prefix}165535', '/etc/subuid:3'], ['none', False, None, None, 0, None, None, None, '/etc/subuid:6'], ['bob', True, 400000, '400000-400019', 20, 165536, '165536-165545', '${prefix}400000-${prefix}400019', '/etc/nss-subuid/subuid:1']]" \
        'JSON'
is "$(subuidctl list --root "$scratch" -J late containers |
        python3 -c 'import json, sys; print([[r[k] for k in ("start", "count", "gid_start")] for r in json.load(sys.stdin)["ranges"]])')" \
        '[[200000, 268435456, 300000], [None, 10, 268635446], [None, 5, 1]]' 'JSON has numbers'
is "$(list -P -o owner,gids none)" 'OWNER="none" GIDS=""' 'pairs'
is "$(list -o owner,gids,uids none | cat -A)" 'none  $' 'empty columns are empty'
is "$(list -o owner,gids,uids,count none)" 'none   0' 'also between others'
is "$(list --output-all late)" "late no   5 1 1-5 ${prefix}1-${prefix}5 /etc/subgid:4 0 1 5 /etc/subgid 4" 'all columns'
is "$(subuidctl list -rH | awk '{ print NF, $1 }' | sort -u | wc -l) $(subuidctl list -rH | awk '{ print $2 }' | sort -u | tr '\n' ' ')" \
        '14 <boolean> <integer> <string> ' 'a list of all columns'
is "$(subuidctl whois -H | head -n 1 | tr -s ' ')" "NAME <string> the ID's name" 'without an argument'
is "$(subuidctl list -HJ | python3 -c 'import json, sys; print(sorted(json.load(sys.stdin)["list-columns"][0]))')" \
        "['description', 'holder', 'type']" 'as util-linux has it in JSON'

# A table fits a terminal of 80 columns: numbers stay whole, or say that they do not.
cp -r "$scratch/etc" "$scratch/before"
rm "$scratch/etc/nss-subuid/subuid"
printf '%s\n' alice@subsidiary.example.com:4294901760:65535 bob:1000000:30000 >"$scratch/etc/subuid"
printf '%s\n' bob:1000000:10000 bob:3000000:10000 bob:2000000:10000 alice@subsidiary.example.com:100000:65536 >"$scratch/etc/subgid"
is "$(subuidctl list --root "$scratch" | awk 'length > 80' | wc -l)" 4 'what is no terminal gets all'
wide=$(COLUMNS=80 subuidctl list --root "$scratch")
is "$(awk 'length > 80' <<<"$wide")" '' 'a table fits 80 columns'
like "$wide" ' 4294901760-4294967294 +65535 100000-165534 ' 'with whole numbers'
like "$wide" ' 1000000-1029999 +30000 1000000-1009999,\.\.\. ' 'and the first of a list'
is "$(awk 'length > 80' <<<"$(COLUMNS=10 subuidctl list --root "$scratch")")" '' 'a narrower one is not worse'
is "$(COLUMNS=80 subuidctl list --root "$scratch" -u)" "$(subuidctl list --root "$scratch")" '--notruncate'
for columns in 0 -1 80x 99999999999999999999 ''; do
        is "$(COLUMNS=$columns subuidctl list --root "$scratch")" "$(subuidctl list --root "$scratch")" "COLUMNS=$columns"
done
is "$(COLUMNS=20 list bob)" "$(list bob)" 'a raw one is never cut'
is "$(COLUMNS=20 subuidctl list --root "$scratch" -J)" "$(subuidctl list --root "$scratch" -J)" 'nor is JSON'
rm -r "${scratch:?}/etc"
mv "$scratch/before" "$scratch/etc"

# Whatever stands in a file, a terminal gets no control characters, and JSON stays JSON.
printf '\033[31m"\\ \200:1:1\na b:2:1\n' >"$scratch/etc/subuid"
is "$(subuidctl list --root "$scratch" -n | LC_ALL=C tr -d '\n -~' | wc -c)" 0 'control characters are not printed'
is "$(subuidctl list --root "$scratch" -Jr |
        python3 -c 'import json, sys; print([r["owner"] for r in json.loads(sys.stdin.buffer.read().decode())["ranges"][:2]])')" \
        "['?[31m\"\\\\ ?', 'a b']" 'nor do they break JSON, not even with --raw'
like "$(list -o owner)" 'a\\x20b' 'a blank is escaped in raw lines'

# An owner is no number modulo 2^32.
echo root:x:0:0::/: >>"$scratch/etc/passwd"
printf '%s:1:1\n' 0 4294967296 18446744073709551616 >"$scratch/etc/subuid"
is "$(list -o owner,account 0 4294967296 18446744073709551616)" '0 yes
4294967296 no
18446744073709551616 no' 'numbers of accounts'

# One account by name and by number: two owners, found by either.
: >"$scratch/etc/nss-subuid/subuid"
: >"$scratch/etc/subgid"
printf '%s:100000:1\n' bob 01000 1000 alice 1001 1002 >"$scratch/etc/subuid"
is "$(list -o owner,start 1000)" 'bob 100000
01000 100000
1000 100000' 'an owner by UID'
is "$(list -o owner bob 1000)" 'bob
01000
1000' 'each once'
is "$(list -o owner alice)" 'alice
1001' 'lines with the UID of an owner'
is "$(list -o owner 1002)" 1002 'a number without an account'
rm "$scratch/etc/subuid"
printf '%s:100000:1\n' bob alice >"$scratch/etc/subgid"
is "$(list -o owner,account 1000)" 'bob yes' 'also of groups alone'
echo bob:100000:1 >"$scratch/etc/subuid"
: >"$scratch/etc/subgid"

# 4294967295 and its neighbours.
printf 'all:0:4294967295\nend:4294967290:6\n' >"$scratch/etc/subuid"
: >"$scratch/etc/nss-subuid/subuid"
: >"$scratch/etc/subgid"
is "$(list -o names)" "${prefix}1-${prefix}4294967294
${prefix}4294967290-${prefix}4294967294" 'IDs that get no name do not stand at an end'

# 65,535 lines of as many owners.
seq 65535 | awk '{ printf "u%d:%.0f:65536\n", $1, $1 * 65536 }' | tee "$scratch/etc/subgid" >"$scratch/etc/subuid"
is "$(list -o owner,uids,gids u65535)" 'u65535 4294901760-4294967295 4294901760-4294967295' 'a file of 65,535 lines'

# As many of one owner, of whom all but the first say nothing new.
yes all:0:4294967295 | head -n 65535 | tee "$scratch/etc/subgid" >"$scratch/etc/subuid"
is "$(ulimit -t 30; build/subuidctl list --root "$scratch" -rn -o gids | uniq -c | tr -s ' ')" ' 65535 0-4294967294' \
        'one owner of 65,535 lines'

# The folder of --root is the whole world.
ln -sf /etc/elsewhere "$scratch/etc/subuid"
printf 'link:7:1\n' >"$scratch/etc/elsewhere"
is "$(list -o owner,uids link)" 'link 7' 'an absolute symbolic link leads to a file below --root'
ln -sf ../../../../../../../../../etc/passwd "$scratch/etc/subuid"
is "$(list -o owner nobody)" 'subuidctl: nobody: no ranges' 'none leads out of it'
rm "$scratch/etc/subuid"
mkfifo "$scratch/etc/subuid"
is "$(list; echo $?)" "subuidctl: $scratch/etc/subuid: no regular file
1" 'a FIFO is an error, and is not waited for'
is "$(subuidctl list --root "$scratch/none"; echo $?)" "subuidctl: $scratch/none: No such file or directory
1" 'no such root'

is "$(subuidctl list --root "$scratch//"; echo $?)" "subuidctl: $scratch/etc/subuid: no regular file
1" 'slashes at its end do not count'
is "$(subuidctl list --root ''; echo $?)" "subuidctl: --root: the name of the folder is empty
subuidctl: try 'subuidctl list --help'
1" 'an empty name is not the running system'

# What is renamed meanwhile makes the kernel give up on a "..", and is no error.
rm "$scratch/etc/subuid"
ln -s ../../../elsewhere "$scratch/etc/subuid"
printf 'link:7:1\n' >"$scratch/elsewhere"
python3 -c '
import os, sys
a, b = sys.argv[1] + "/a", sys.argv[1] + "/b"
os.mkdir(a)
while os.path.exists(sys.argv[1] + "/elsewhere"):
    os.rename(a, b)
    os.rename(b, a)' "$scratch" &
for _ in $(seq 100); do list -o owner link; done >"$scratch/links"
rm "$scratch/elsewhere"
wait
is "$(sort "$scratch/links" | uniq -c | tr -s ' ')" ' 100 link' 'a link through ".." while files are renamed'

# What all commands share.
like "$(subuidctl --version)" '^subuidctl \(nss-subuid\) [0-9]+\.[0-9]+\.[0-9]+$' '--version'
is "$(subuidctl version) $(subuidctl list -V)" "$(subuidctl --version) $(subuidctl --version)" 'version as a word'
help=$(subuidctl --help)
ok $? '--help'
is "$(subuidctl help) $(subuidctl -h)" "$help $help" 'help as a word'
# One table makes both --help and what is taken.
mapfile -t commands < <(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p' <<<"$help")
[ ${#commands[@]} -gt 7 ]
ok $? 'there are commands'
for command in "${commands[@]}"; do
        grep -q "^\.It Cm $command" man/subuidctl.8
        ok $? "the manual has $command"
        help=$(subuidctl "$command" --help)
        like "$help" "^Usage: subuidctl $command \[OPTION\.\.\.\]" "$command --help"
        is "$(subuidctl help "$command") $(subuidctl -h "$command")" "$help $help" "help $command"
        case $command in
        help | version) ;;
        *)
                like "$help" $'\nExamples:\n  subuidctl '"$command.*"$'\nOptions:\n' "examples of $command come first"
                ;;
        esac
        is "$(LC_ALL=C.UTF-8 awk 'length > 80' <<<"$help")" '' 'in 80 columns'
        is "$(sed -n 3p <<<"$help" | grep -wE 'it from|both|Give it|Take its|Whose it')" '' 'said without the other commands'
        is "$(grep -E '^  subuidctl .* -[a-z-]+ [a-z]+ [a-z]' <<<"$help")" '' 'what an example does stands apart from it'
        mapfile -t long_options < <(sed -n 's/^   *\(-.,\)* *--\([a-z-]*\) .*/\2/p' <<<"$help")
        [ ${#long_options[@]} -gt 1 ]
        ok $? 'with options'
        for option in "${long_options[@]}"; do
                grep -qEe "Fl .-${option//-/.?-}" man/subuidctl.8
                ok $? "the manual has --$option"
        done
        mapfile -t long_options < <(sed -n '/--help /d; s/^      --\([a-z-]*\) .*/\1/p' <<<"$help")
        for option in "${long_options[@]}"; do
                sed -n '/^\.Sh SYNOPSIS/,/^\.Sh D/p' man/subuidctl.8 | sed -n "/^\.Cm $command\b/,/^\.Nm/p" | grep -qEe "Fl .-${option//-/.?-}"
                ok $? "the synopsis of $command has --$option"
        done
done
# The manual has each column too.
columns() { subuidctl "$1" -H | sed 's/ *<[a-z]*> */ Ta /'; }
is "$(sed -n '/^\.Sh COLUMNS/,/^\.Sh F/s/^\.It Va //p' man/subuidctl.8)" "$(columns list; columns whois)" 'the manual has the columns'
is "$(subuidctl help lst; echo $?)" "subuidctl: lst: no such command; try 'subuidctl --help'
1" 'help for no such command'
is "$(subuidctl; echo $?)" "subuidctl: a command is missing; try 'subuidctl --help'
1" 'no command'
is "$(subuidctl lst; echo $?)" "subuidctl: lst: no such command; try 'subuidctl --help'
1" 'no such command'
is "$(subuidctl list --bad; echo $?)" "subuidctl: unrecognized option '--bad'
subuidctl: try 'subuidctl list --help'
1" 'no such option'
is "$(subuidctl --bad check; echo $?)" "subuidctl: unrecognized option '--bad'
subuidctl: try 'subuidctl check --help'
3" 'nor of check, for which 1 means something else'
is "$(subuidctl list --prune; echo $?)" 'subuidctl: list takes no --prune
1' 'an option of another command'
is "$(subuidctl whois; echo $?)" "subuidctl: whois: an argument is missing; try 'subuidctl whois --help'
1" 'no argument'
is "$(subuidctl check a; echo $?)" "subuidctl: check: 'a' is one argument too many
3" 'one too many'

# Options stand where getopt(3) takes them.
rm -f "$scratch/etc/subuid"
echo joe:100000:1 >"$scratch/etc/subuid"
owners() { subuidctl "$@" | tr '\n' ' '; }
is "$(owners list joe --root "$scratch" -rno owner)" 'joe ' 'options behind arguments'
is "$(owners --root "$scratch" -rno owner list joe)" 'joe ' 'and in front of the command'
is "$(owners list --root "$scratch" -ro owner -- joe -n)" 'subuidctl: -n: no ranges OWNER joe ' 'arguments behind --'
is "$(owners -- list --root "$scratch" -rno owner joe)" 'joe ' 'a command behind --'
is "$(POSIXLY_CORRECT=1 owners list --root "$scratch" -ro owner joe -n)" 'subuidctl: -n: no ranges OWNER joe ' \
        'behind arguments there are none with POSIXLY_CORRECT'
is "$(POSIXLY_CORRECT=1 owners list --root "$scratch" -rno owner joe)" 'joe ' 'but behind the command'
if [ -w /dev/full ]; then
        is "$(build/subuidctl --help 2>&1 >/dev/full; echo $?)" 'subuidctl: standard output: No space left on device
1' 'output that cannot be written is an error'
else
        skip 'no /dev/full' 'output that cannot be written is an error'
fi

done_testing
