#!/bin/bash
# SPDX-License-Identifier: MIT
# cron and at take jobs of whoever has an entry. PAM does not let them run; cron.allow and at.allow do not
# let them in.
set -u
. "$(dirname "$0")/security.sh"
security_root cron crontab at atd

# job ID COMMAND...: a job for cron, at its next start, or for at, now; each leaves a file in /tmp.
job_for_cron() { echo "@reboot touch /tmp/cron-$1" | as "$1" crontab - 2>&1; }
job_for_at() { echo "touch /tmp/at-$1" | as "$1" at now 2>&1; }
ann=$(id -u ann)

job_for_cron 200193
ok $? 'cron takes a job of 200193'
job_for_at 200193 >/dev/null
ok $? 'so does at'
disable_module
output=$(job_for_cron 200194)
like "$? $output" "^1 crontab: your UID isn't in the passwd file" 'without the module cron does not'
output=$(job_for_at 200194)
like "$? $output" '^1 Cannot access user database' 'nor does at'
enable_module
job_for_cron "$ann"
job_for_at "$ann" >/dev/null

cron -f >/tmp/cron.log 2>&1 &
atd -f -s >/tmp/at.log 2>&1 &
# One of the two ends by itself.
trap 'kill $(jobs -p) 2>/dev/null' EXIT
until_true test -e "/tmp/cron-$ann" -a -e "/tmp/at-$ann"
ok $? 'both run jobs of a real user'
until_true grep -q 'Authentication failure' /tmp/cron.log
ok $? 'PAM refuses that of 200193 to cron'
until_true grep -q 'Authentication failure' /tmp/at.log
ok $? 'and to at'
is "$(find /tmp -name '*-200193')" '' 'so it has not run'

for allow in cron.allow at.allow; do echo ann >/etc/$allow; done
output=$(job_for_cron 200193)
like "$? $output" '^1 You \(_200193\) are not allowed' 'cron.allow: cron takes none of 200193'
output=$(job_for_at 200193)
like "$? $output" '^1 You do not have permission' 'at.allow: nor does at'
job_for_cron "$ann"
ok $? 'cron those of ann'
job_for_at "$ann" >/dev/null
ok $? 'at, too'

done_testing
