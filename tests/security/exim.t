#!/bin/bash
# SPDX-License-Identifier: MIT
# Exim with Debian's settings: without the recipe everybody may write to every subordinate ID, with it
# nobody may.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/security.sh"
security_root exim4 update-exim4.conf

# A stranger, not one of the machine's own networks.
ip address add 192.0.2.1/32 dev lo
smtp() { timeout 120 python3 tests/security/smtp.py 192.0.2.1 "$@" 2>&1; }
mails() { find /var/mail -type f -printf '%f\n' | sort | tr '\n' ' '; }
queue_empty() { [ "$(exim4 -bpc)" -eq 0 ]; }
delivered() { until_true queue_empty && mails; }
# start: with the settings as they are now.
exim=
start() {
        if [ -n "$exim" ]; then kill "$exim"; wait "$exim"; fi 2>/dev/null
        update-exim4.conf
        exim4 -bdf -q30m >/tmp/exim.log 2>&1 &
        exim=$!
        listens 25
}

sed -i "s/^dc_local_interfaces=.*/dc_local_interfaces='127.0.0.1;192.0.2.1'/; s/^dc_other_hostnames=.*/dc_other_hostnames='host.test'/" \
        /etc/exim4/update-exim4.conf.conf
start
ok $? 'exim runs'
mapfile -t recipients < <(seq -f '_%.0f@host.test' 200001 200500)
is "$(smtp "${recipients[@]}")" '500 taken' 'without the recipe: 500 of 500 recipients in one session'
like "$(exim4 -bt _200193@host.test 2>&1)" 'router = local_user' 'each would get a file in /var/mail'
mail_findings() { subuidctl check 2>/dev/null | grep 'takes mail'; }
if command -v subuidctl >/dev/null; then
        is "$(mail_findings)" '/usr/sbin/exim4: warning: Exim takes mail for _200000, and so for every ID of the ranges; use the recipe exim-router of security.md' \
                'subuidctl check finds it'
fi
is "$(smtp _300000@host.test | cut -d ' ' -f 1-2)" '_300000@host.test 550
0 taken' 'beside the range nobody is there'

# --- the recipe -------------------------------------------------------------------------------------

for settings in false true; do
        sed -i "s/^dc_use_split_config=.*/dc_use_split_config='$settings'/" /etc/exim4/update-exim4.conf.conf
        rm -f /etc/exim4/conf.d/router/290_nss-subuid
        update-exim4.conf.template -r
        start
        is "$(smtp _200193@host.test)" '1 taken' "dc_use_split_config=$settings: without the recipe"
        cp $recipes/exim-router /etc/exim4/conf.d/router/290_nss-subuid
        $settings || update-exim4.conf.template -r
        start
        is "$(smtp _200193@host.test)" '_200193@host.test 550 Unknown user
0 taken' 'with it'
done
if command -v subuidctl >/dev/null; then
        is "$(mail_findings)" '' 'then subuidctl check has nothing to say'
fi
until_true queue_empty
rm -f /var/mail/*

printf '%s\n' _77:x:1077:1077::/home/_77:/bin/sh '_250000:x:250000:250000:a real one:/home/_250000:/bin/sh' >>/etc/passwd
is "$(smtp ann@host.test ANN@localhost _77@host.test _250000@host.test)" '4 taken' \
        'it takes real users, those that are called _77 and _250000 among them'
is "$(smtp nobody-there@host.test | tail -n 1)" '0 taken' 'still nobody who is not there'
is "$(delivered)" '_250000 _77 ann ' 'and delivers to them'
rm /var/mail/*
runuser -u ann -- /usr/sbin/sendmail _200193 _77 <<<'Subject: hello'
is "$(delivered)" '_77 ann ' 'sendmail(1): not for _200193'
is "$(grep -c 'Unknown user' /var/mail/ann)" 1 'it goes back'
# Debian's name for a user without his .forward file, which the machine's own users may say.
like "$(exim4 -bt real-_200193@host.test 2>&1)" 'is undeliverable: Unknown user' 'nor for real-_200193'
like "$(exim4 -bt real-_77@host.test 2>&1)" 'router = real_local' 'but for real-_77'
is "$(cat /var/log/exim4/paniclog 2>/dev/null)" '' 'nothing odd in the log'

kill "$exim"
done_testing
