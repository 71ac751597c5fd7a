#!/bin/bash
# SPDX-License-Identifier: MIT
# Postfix with Debian's settings: without the recipes everybody may write to every subordinate ID, with
# them nobody may.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/security.sh"
security_root postfix

# A stranger, not one of the machine's own networks.
ip address add 192.0.2.1/32 dev lo
smtp() { timeout 120 python3 tests/security/smtp.py 192.0.2.1 "$@" 2>&1; }
mails() { find /var/mail -type f -printf '%f\n' | sort; }
queue_empty() { [ "$(postqueue -j | wc -l)" -eq 0 ]; }
# Without a queue that is empty nothing is said about what was delivered.
delivered() { until_true queue_empty && mails | tr '\n' ' '; }

postconf -e 'inet_interfaces = 127.0.0.1, 192.0.2.1' inet_protocols=ipv4 \
        myhostname=host.test \
        'mydestination = host.test, localhost' maillog_file=/var/log/postfix.log
newaliases
postfix start >/dev/null 2>&1
trap 'postfix stop >/dev/null 2>&1' EXIT
listens 25
ok $? 'postfix runs'

mapfile -t recipients < <(seq -f '_%.0f@host.test' 200001 200500)
is "$(smtp "${recipients[@]}")" '500 taken' 'without the recipes: 500 of 500 recipients in one session'
all_there() { [ "$(mails | wc -l)" -eq 500 ]; }
until_true all_there
ok $? '500 files in /var/mail'
mail_findings() { subuidctl check 2>/dev/null | grep 'takes mail'; }
if command -v subuidctl >/dev/null; then
        is "$(mail_findings)" '/etc/postfix/main.cf: warning: Postfix takes mail for _200000, and so for every ID of the ranges; use the recipes postfix-recipients and postfix-transport of security.md' \
                'subuidctl check finds it'
        postconf -e 'mydestination ='
        is "$(mail_findings)" '' 'not where Postfix delivers to no user of the machine'
        postconf -e 'mydestination = host.test, localhost' 'local_recipient_maps ='
        like "$(mail_findings)" '^/etc/postfix/main.cf: warning' 'but where it takes mail for whoever is named'
        postconf -X local_recipient_maps
fi
is "$(smtp _300000@host.test)" '_300000@host.test 550 5.1.1 <_300000@host.test>: Recipient address rejected: User unknown in local recipient table
0 taken' 'beside the range nobody is there'
rm /var/mail/*

# --- the recipes ------------------------------------------------------------------------------------

# As the comments of the two files say, and the page.
is "$(sed -n '/^    local_recipient_maps/,/^$/s/^    //p' docs/security.md)" \
        "$(sed -n 's/^#   //p' $recipes/postfix-recipients $recipes/postfix-transport)" 'the page has what the files say'
for file in recipients transport; do
        cp $recipes/postfix-$file /etc/postfix/nss-subuid-$file
        sed -n 's/^#   //p' $recipes/postfix-$file >>/etc/postfix/main.cf
done
postfix reload >/dev/null 2>&1
# A real user of such a name.
printf '%s\n' _77:x:1077:1077::/home/_77:/bin/sh '_250000:x:250000:250000:a real one:/home/_250000:/bin/sh' >>/etc/passwd

if command -v subuidctl >/dev/null; then
        is "$(mail_findings)" '' 'with the recipes subuidctl check has nothing to say'
fi
unknown='550 5.1.1 <_200193@host.test>: Recipient address rejected: User unknown in local recipient table'
is "$(smtp _200193@host.test)" "_200193@host.test $unknown
0 taken" 'with them it refuses _200193'
is "$(smtp _200193+x@host.test _200193@localhost ann@host.test | cut -d ' ' -f 1-2)" '_200193+x@host.test 550
_200193@localhost 550
1 taken' 'its extensions and the other names of the host, too'
is "$(smtp ann@host.test ann+lists@host.test ANN@localhost _77@host.test _250000@host.test root@host.test)" '6 taken' \
        'it takes real users, those that are called _77 and _250000 among them'
is "$(smtp nobody-there@host.test | tail -n 1)" '0 taken' 'still nobody who is not there'
is "$(delivered)" '_250000 _77 ann root ' 'and delivers to them'
is "$(timeout 120 python3 tests/security/smtp.py 127.0.0.1 _200193@elsewhere.test)" '1 taken' 'what is for another host is not looked at'
postsuper -d ALL >/dev/null 2>&1

# --- the machine's own users ------------------------------------------------------------------------

rm /var/mail/*
runuser -u ann -- /usr/sbin/sendmail _200193 _77 <<<'Subject: hello'
is "$(delivered)" '_77 ann ' 'sendmail(1): not for _200193'
is "$(grep -c '_200193@host.test>.*: unknown user' /var/mail/ann)" 1 'it goes back'
is "$(grep -E '(warning|fatal).*(map|regexp|nss-subuid)' /var/log/postfix.log)" '' 'nothing odd in the log'

done_testing
