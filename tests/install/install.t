#!/bin/bash
# SPDX-License-Identifier: MIT
# "make install" and "make uninstall", in a folder of their own.
set -u
. "$(dirname "$0")/../lib/tap.sh"

scratch=$top/$(mktemp -d build/install.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
# Of what is given to "make check" the compiler counts here, and what is in the environment: flags, the prefix of names.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS
make() { command make --no-print-directory CC="${CC-gcc}" "$@"; }
files() { (cd "$scratch" && find . ! -type d | sort | tr '\n' ' '); }

output=$(make install DESTDIR="$scratch" 2>&1)
ok $? 'make install'
like "$(make all --dry-run --what-if=account_name.h)" '>build/name_prefix' 'make alone makes what one test alone reads'
like "$(CC=another command make --dry-run --what-if=account_name.c build/account_name.o)" 'another .* -c -o build/account_name.o' 'a compiler in the environment counts, as flags do'
like "$output" 'see /.*/nss-subuid/security\.md' 'it says where security.md lies'
library=$(cd "$scratch" && find . -name libnss_subuid.so.2)
like "$library" '^\./usr/lib' 'the library is below /usr/lib'
libc=$(ldd "$(command -v bash)" | sed -n 's/.*libc\.so\.6 => \(.*\)\/libc.*/\1/p')
is "$(cd "$scratch/${library%/*}" && pwd -P)" "$scratch$(cd "$libc" && pwd -P)" 'where libc is'
is "$(stat -c %a "$scratch/$library")" 644 'readable for everybody'
is "$(readlink "$scratch/usr/share/man/man8/libnss_subuid.so.2.8")" nss_subuid.8 'the manual page has two names'
like "$output" 'passwd: files subuid systemd' 'it prints the line to add'
if [ -x build/subuidctl ]; then
        like "$output" 'To enable it run "subuidctl enable"' 'and the command that does it'
fi
is "$(find "$scratch" -path '*/etc*')" '' 'and edits nothing in /etc'

before=$(files)
make install DESTDIR="$scratch" >/dev/null 2>&1
is "$(files)" "$before" 'installing twice is the same as once'
make uninstall DESTDIR="$scratch" >/dev/null 2>&1
ok $? 'make uninstall'
is "$(files)" '' 'leaves no file'
is "$(cd "$scratch" && find . -type d -empty | grep -vE '^\./usr/(s?bin|lib/?|share/doc$|share/man/man8)')" '' 'and no empty folder but those that every system has'

make uninstall DESTDIR="$scratch" CC=false >/dev/null 2>"$scratch/errors"
is $? 2 'a compiler that does not know where libc is: no guess'
like "$(cat "$scratch/errors")" 'give libdir=DIRECTORY' 'but a hint'
rm "$scratch/errors"

make install DESTDIR="$scratch/with blank" >/dev/null 2>&1
ok $? 'DESTDIR may have a blank in it'
make uninstall DESTDIR="$scratch/with blank" >/dev/null 2>&1
is "$(files)" '' 'and is emptied again'

output=$(make install DESTDIR="$scratch" prefix=/srv/x libdir=/lib/here mandir=/srv/y/man 2>&1)
like "$output" 'systemd-sysusers "/srv/x/lib/sysusers\.d/nss-subuid\.conf"' 'systemd-sysusers is told of a file where it does not look'
tool=''
if [ -x build/subuidctl ]; then
        tool='./srv/y/man/man8/subuidctl.8 ./srv/x/lib/systemd/system/subuidctl-import.service ./srv/x/lib/systemd/system/subuidctl-import.timer ./srv/x/sbin/subuidctl '
        tool+='./srv/x/share/bash-completion/completions/subuidctl ./srv/x/share/fish/vendor_completions.d/subuidctl.fish ./srv/x/share/zsh/site-functions/_subuidctl '
        is "$(grep ^ExecStart= "$scratch/srv/x/lib/systemd/system/subuidctl-import.service")" 'ExecStart=/srv/x/sbin/subuidctl import' \
                'the unit starts the command where it is'
fi
runtime=''
if [ -x build/runc-subuid ]; then
        runtime='./srv/y/man/man8/crun-subuid.8 ./srv/y/man/man8/runc-subuid.8 ./srv/x/bin/crun-subuid ./srv/x/bin/runc-subuid '
fi
doc='./srv/x/lib/sysusers.d/nss-subuid.conf ./srv/x/share/dbus-1/system.d/nss-subuid.conf ./srv/x/share/polkit-1/rules.d/40-nss-subuid.rules '
doc+=$(cd packaging && printf './srv/x/share/doc/nss-subuid/%s ' nsswitch.conf.example recipes/* security.md)
# Where dbus-broker is, dbus-daemon's policy lies with the documents.
is "$(files | sed 's|share/doc/nss-subuid/recipes/dbus|share/dbus-1/system.d|' | tr ' ' '\n' | grep . | sort)" \
        "$(tr ' ' '\n' <<<"./lib/here/libnss_subuid.so.2 ./srv/y/man/man8/libnss_subuid.so.2.8 ./srv/y/man/man8/nss_subuid.8 $tool$runtime$doc" | grep . | sort)" \
        'prefix, libdir and mandir are heeded'
mkdir -p "$scratch/usr/bin"
touch "$scratch/usr/bin/fish"
make uninstall DESTDIR="$scratch" prefix=/srv/x libdir=/lib/here mandir=/srv/y/man >/dev/null 2>&1
rm "$scratch/usr/bin/fish"
is "$(files)" '' 'by uninstall too'
is "$(find "$scratch/srv")" "$scratch/srv" 'which leaves nothing of a prefix of its own, but what it lies in'

# What Debian's zsh makes.
mkdir -p "$scratch/usr/bin" "$scratch/usr/local/share/zsh/site-functions"
touch "$scratch/usr/bin/zsh"
make install DESTDIR="$scratch" prefix=/usr/local >/dev/null 2>&1
make uninstall DESTDIR="$scratch" prefix=/usr/local >/dev/null 2>&1
is "$(files)$(find "$scratch" -name site-functions)" "./usr/bin/zsh $scratch/usr/local/share/zsh/site-functions" 'nor a folder of zsh'
rm -r "${scratch:?}/usr"

make install DESTDIR="$scratch" >/dev/null 2>&1
recipes=$scratch/usr/share/doc/nss-subuid/recipes
names="$(cat build/name_prefix)[0-9]+"
is "$(cd packaging/recipes && printf '%s ' *)" "$(cd "$recipes" && find . -maxdepth 1 -type f -printf '%P\n' | sort | tr '\n' ' ')" \
        'recipes for other programs'
is "$(grep -LF "^$names" -r "$recipes" --exclude-dir=dbus)" '' 'have the prefix of names'
is "$(grep -cF "/^$names\$/" "$scratch/usr/share/polkit-1/rules.d/40-nss-subuid.rules")" 1 "and so has polkit's rule"
make uninstall DESTDIR="$scratch" >/dev/null 2>&1

# "has" looks for headers.
output=$(make install has= DESTDIR="$scratch" 2>&1)
ok $? 'without libsmartcols, libsubid and json-c'
like "$output" 'subuidctl is left out: it needs' 'it says that the command is left out'
like "$output" 'runc-subuid is left out: it needs' 'and the runtime'
is "$(files | grep -c 'subuidctl\|runc\|crun')" 0 'and installs the rest'
like "$output" 'To enable it add "subuid"' 'and names no such command'
make uninstall DESTDIR="$scratch" >/dev/null 2>&1
for variable in WITH_COMMAND WITH_RUNTIME; do
        [ $variable = WITH_COMMAND ] && program=subuidctl || program=runc-subuid
        like "$(make has= $variable=yes 2>&1)" 'needs the headers .*Stop' "$variable=yes: without them nothing is built"
        output=$(make install $variable=no DESTDIR="$scratch" 2>&1)
        is "$? $(grep -c "^$program is left out" <<<"$output")" '0 0' "$variable=no: nothing is left out that was asked for"
        make uninstall DESTDIR="$scratch" >/dev/null 2>&1
done

done_testing
