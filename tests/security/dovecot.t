#!/bin/bash
# SPDX-License-Identifier: MIT
# Dovecot delivers to whoever has an entry, if the mail does not lie in the home; not above last_valid_uid.
set -u
. "$(dirname "$0")/security.sh"
security_root dovecot

mkdir -m 1777 /srv/mail
settings() {
        cat >/tmp/dovecot.conf <<END
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = /run/dovecot-test
protocols = lmtp
log_path = /tmp/dovecot.log
mail_driver = maildir
mail_path = /srv/mail/%{user}
mail_home = /srv/mail/%{user}
ssl = no
passdb static {
  password = x
}
userdb passwd {
}
service lmtp {
  inet_listener lmtp {
    listen = 127.0.0.1
    port = 24
  }
}
$1
END
}
start() {
        settings "$1"
        dovecot -c /tmp/dovecot.conf
        listens 24
}
stop() { dovecot -c /tmp/dovecot.conf stop; }
# deliver USER...: one mail to each.
deliver() {
        timeout 60 python3 - "$@" <<'END'
import smtplib
import sys

for user in sys.argv[1:]:
    with smtplib.LMTP("127.0.0.1", 24) as server:
        try:
            server.sendmail("somebody@example.org", [user], "Subject: hello\n\nhello\n")
            print(user, "taken")
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            print(user, "refused")
END
}
boxes() { find /srv/mail -type f -name "*,S=*" | cut -d / -f 4 | sort | tr '\n' ' '; }

start ''
ok $? 'dovecot runs'
trap stop EXIT
deliver ann _200193 _300000 >/dev/null
is "$(boxes)" '_200193 ann ' 'mail for ann and for _200193'
stop
rm -rf /srv/mail/*
start "$(recipe last_valid_uid)"
deliver ann _200193 >/dev/null
is "$(boxes)" 'ann ' 'last_valid_uid: none for _200193'

done_testing
