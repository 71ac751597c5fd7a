#!/bin/bash
# SPDX-License-Identifier: MIT
# sudo: who may become anybody may become a subordinate ID, unless the rule says otherwise; an account of a
# directory in a range has a second name, which a rule does not know.
set -u
. "$(dirname "$0")/security.sh"
security_root sudo visudo
group_of_them_all

rule() {
        echo "$1" >/etc/sudoers.d/rule
        visudo -cqf /etc/sudoers.d/rule || echo "# not a rule: $1" >&2
}
# become USER: the UID that ann is afterwards, or the last that sudo says.
become() { runuser -u ann -- sudo -n -u "$1" id -u 2>&1 | tail -n 1; }
# may: the same of a container's process.
may() { as 200193 sudo -n id -u 2>&1 | head -n 1; }
refused='sudo: a password is required'
useradd --no-create-home svc

# --- whom one may become ----------------------------------------------------------------------------

rule 'ann ALL = (ALL, !svc) NOPASSWD: ALL'
is "$(become svc)" "$refused" '(ALL, !svc): not svc'
is "$(become _200193)" 200193 'but _200193'
is "$(become '#200193')" 200193 'and #200193'
disable_module
is "$(become '#200193')" 'sudo: unknown user #200193' 'without the module nobody may become that'
enable_module

line=$(recipe 'ann  ALL = ')
rule "${line%ALL}NOPASSWD: ALL"
is "$(become _200193)" "$refused" '(ALL, !svc, !%nss-subuid): not _200193'
is "$(become '#200193')" "$refused" 'nor #200193'
is "$(become daemon) $(become root)" '1 0' 'all others as before'

# --- an account of another source in a range --------------------------------------------------------

mkdir -p /var/lib/extrausers
echo 'dirsvc:x:200700:100::/:/bin/sh' >/var/lib/extrausers/passwd
nsswitch 'files extrausers subuid'
rule 'ann ALL = (ALL, !dirsvc) NOPASSWD: ALL'
is "$(become dirsvc)" "$refused" '(ALL, !dirsvc): not dirsvc'
is "$(become _200700)" 200700 'but _200700, who is the same'
rule 'ann ALL = (ALL, !dirsvc, !%nss-subuid) NOPASSWD: ALL'
is "$(become _200700)" "$refused" 'with !%nss-subuid neither'
enable_module

# --- who asks ---------------------------------------------------------------------------------------

rule 'ALL ALL = (ALL) NOPASSWD: ALL'
is "$(runuser -u ann -- sudo -n id -u)" 0 'ALL ALL = (ALL): ann may'
is "$(may)" 'sudo: account validation failure, is your account locked?' 'for _200193 PAM refuses'
rule 'ALL, !_200193 ALL = (ALL) NOPASSWD: ALL'
is "$(may)" "$refused" 'sudoers may name it'
disable_module
is "$(may)" 'sudo: you do not exist in the passwd database' 'without the module it is nobody'

done_testing
