#!/bin/bash
# SPDX-License-Identifier: MIT
# Apache's mod_userdir tells strangers which IDs the machine gives to containers, unless it is told not to.
set -u
. "$(dirname "$0")/security.sh"
security_root apache2 apachectl a2enmod a2enconf curl

# Debian's settings and programs want these.
mkdir -p /run/lock /home/ann/public_html
chmod 755 /home/ann
echo 'It is ann' >/home/ann/public_html/index.html
a2enmod --quiet userdir >/dev/null
echo 'Listen 127.0.0.1:8080' >/etc/apache2/ports.conf
echo 'ServerName host.test' >>/etc/apache2/apache2.conf
# statuses NAME...: the status of each user's page.
statuses() {
        local name
        for name in "$@"; do
                curl --silent --output /dev/null --write-out '%{http_code} ' "http://127.0.0.1:8080/~$name/"
        done
}

apachectl start
trap 'apachectl stop' EXIT
listens 8080
ok $? 'apache runs'
is "$(statuses ann _200193 _300000 nosuch)" '200 403 404 404 ' '403 says that _200193 is somebody, 404 that _300000 is not'
recipe 'RedirectMatch' >/etc/apache2/conf-available/nss-subuid.conf
a2enconf --quiet nss-subuid >/dev/null
apachectl restart
listens 8080
is "$(statuses ann _200193 _300000 nosuch)" '200 404 404 404 ' 'with RedirectMatch both are nobody'
is "$(statuses _200193/x)" '404 ' 'whatever is asked'

done_testing
