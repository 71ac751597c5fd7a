#!/bin/bash
# SPDX-License-Identifier: MIT
# Names that leave the machine, and commands that take these names for accounts of this machine.
set -u
. "$(dirname "$0")/security.sh"
security_root getfacl setfacl tar dpkg-statoverride adduser

# Here the module is enabled; elsewhere it is not.
here() { enable_module; }
elsewhere() { disable_module; }
# entries FILE: those of the ACL that are 200193's.
entries() { getfacl --numeric --omit-header --absolute-names "$1" 2>/dev/null | grep -c '^user:200193:'; }
file=/srv/data/file
mkdir /srv/data && cd / && touch $file
setfacl -m u:200193:r $file || skip_all 'the file system has no ACLs'

# --- ACLs -------------------------------------------------------------------------------------------

getfacl -R /srv/data 2>/dev/null >names
eval "$(recipe 'getfacl -R --numeric')" 2>/dev/null
like "$(cat names)" 'user:_200193:r--' 'getfacl -R writes the name'
elsewhere
setfacl -b $file
setfacl --restore=names 2>/dev/null
is "$? $(entries $file)" '1 0' 'elsewhere setfacl --restore fails'
setfacl --restore=acls 2>/dev/null
is "$? $(entries $file)" '0 1' 'but not where the number was written'
here

tar --acls -cf names.tar $file 2>/dev/null
eval "$(recipe 'tar --acls')" 2>/dev/null
elsewhere
# What tar says of an entry that it cannot set, it says with status 0.
mkdir names.d numbers.d
tar --acls -C names.d -xf names.tar 2>/dev/null
is "$? $(entries names.d$file)" '0 0' 'elsewhere tar --acls drops the entry'
tar --acls -C numbers.d -xf archive.tar
is "$? $(entries numbers.d$file)" '0 1' 'but not with --numeric-owner'
here

# The owner has a number in an archive besides his name.
chown 200193:200193 $file
tar -cf owner.tar $file 2>/dev/null
elsewhere
mkdir owner
tar -C owner -xf owner.tar
is "$(stat -c %u:%g owner$file)" 200193:200193 'elsewhere the owner of a file in an archive'
here

# --- dpkg -------------------------------------------------------------------------------------------

# That of Debian 12 takes the name. Later ones read /etc/passwd by themselves.
output=$(dpkg-statoverride --add _200193 root 755 $file 2>&1)
is "$? $output" "2 dpkg-statoverride: error: user '_200193' does not exist" 'dpkg-statoverride refuses the name'
eval "$(recipe 'dpkg-statoverride --add')"
ok $? 'it takes the number'
install_something() {
        mkdir -p package/DEBIAN
        printf '%s\n' 'Package: thing' 'Version: 1' 'Architecture: all' 'Maintainer: a <a@example.org>' \
                'Description: thing' >package/DEBIAN/control
        dpkg-deb --root-owner-group -b package thing.deb >/dev/null && dpkg -i thing.deb 2>&1
}
elsewhere
output=$(install_something)
is $? 0 'elsewhere dpkg goes on'
here
# A line that Debian 12 has written, on a machine that was upgraded.
sed -i 's/^#200193 #200193 /_200193 root /' /var/lib/dpkg/statoverride
output=$(install_something)
is $? 2 'where the name stands there, dpkg stops'
like "$output" "unknown system user '_200193' in statoverride" 'and says why'
sed -i '/^_200193 /d' /var/lib/dpkg/statoverride

# --- members, groups --------------------------------------------------------------------------------

output=$(usermod -aG _200193 ann 2>&1)
is "$? $output" '0 ' 'usermod -aG _200193 says nothing'
is "$(id -Gn ann)" ann 'and does nothing'
output=$(gpasswd -a ann _200193 2>&1)
is "$? $output" "3 gpasswd: group '_200193' does not exist in /etc/group" 'gpasswd -a refuses'
output=$(adduser ann _200193 2>&1)
is "$? $output $(id -Gn ann)" '0  ann' 'adduser ann _200193 says nothing and does nothing'
eval "$(recipe 'groupadd -o')"
ok $? 'groupadd -o -g 200193 makes a real group'
usermod -aG inside ann
is "$(id -Gn ann)" 'ann inside' 'that may have members'
done_testing
