#!/bin/bash
# SPDX-License-Identifier: MIT
# Services that run as a subordinate ID, and those that do not.
set -u
. "$(dirname "$0")/systemd.sh"
private_root --cgroups

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch 'files systemd'
systemd-sysusers nss-subuid.conf 2>/dev/null
group=$(getent group nss-subuid | cut -d : -f 3)
boot_systemd

# run UNIT OPTION... COMMAND: what a command prints as a service of this name.
run() {
        local unit=$1
        shift
        inside systemd-run --quiet --wait --pipe --unit="$unit" "$@" 2>&1 | tr '\n' ' '
        return "${PIPESTATUS[0]}"
}

output=$(run before --uid=200193 id)
ok $((!$?)) 'without the module: the service fails'
is "$output" '' 'without the module: it did not run'
like "$(journal before.service)" \
        "Failed to determine (user credentials: No such process|credentials for user '200193': Unknown user)" \
        'without the module: nobody is called 200193'
like "$(journal before.service)" 'status=217/USER' 'without the module: 217/USER'

nsswitch 'files subuid systemd'
for user in 200193 _200193; do
        output=$(run "after$user" --uid=$user id)
        ok $? "--uid=$user"
        is "$output" "uid=200193(_200193) gid=200193(_200193) groups=200193(_200193),$group(nss-subuid) " "--uid=$user: id"
done
is "$(run group --uid=200193 --gid=200194 id -g)" '200194 ' '--gid= overrides the group'
output=$(run beside --uid=199999 id)
ok $((!$?)) 'beside the ranges: the service fails'

# PAM looks for a shadow entry and finds none.
output=$(run pam --uid=200193 -p PAMName=login id)
ok $((!$?)) 'PAMName= is refused'
is "$output" '' 'PAMName=: it did not run'
like "$(journal pam.service)" '224/PAM' 'PAMName=: 224/PAM'

# Others are as they were.
is "$(run dynamic -p DynamicUser=yes id -un)" 'dynamic ' 'DynamicUser='
dynamic=$(run dynamic2 -p DynamicUser=yes id -u)
ok $((dynamic < 61184 || dynamic > 65519)) "DynamicUser= takes its ID from its own range: $dynamic"
is "$(run nobody --uid=nobody id -un)" 'nobody ' 'nobody'
is "$(run root id -un)" 'root ' 'root'
useradd -u 5000 somebody
is "$(run somebody --uid=somebody id)" 'uid=5000(somebody) gid=5000(somebody) groups=5000(somebody) ' \
        'an ordinary user'

done_testing
