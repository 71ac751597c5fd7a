#!/bin/bash
# SPDX-License-Identifier: MIT
# PostgreSQL's "peer": where a map lets any account in, it lets in the processes of containers, too.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/security.sh"
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)
security_root "$bin/postgres"

mkdir -m 755 /tmp/postgres
chown postgres /tmp/postgres
cd /tmp/postgres || exit
pg() { runuser -u postgres -- "$bin/$1" "${@:2}"; }
# ask ID: whom the server takes a process with this UID for.
ask() { as "$1" "$bin/psql" -X -h /tmp/postgres -U app -d postgres -Atc 'select current_user' 2>&1; }
refused='psql: error: .* FATAL: +Peer authentication failed for user "app"'
ann=$(id -u ann)

pg initdb -D data --no-sync --auth=peer >/dev/null
printf '%s\n' 'local all postgres peer' 'local all all peer map=any' >data/pg_hba.conf
echo 'any /^(.*)$ app' >data/pg_ident.conf
pg pg_ctl -D data -l log -w -o "-c listen_addresses='' -c unix_socket_directories=/tmp/postgres -c fsync=off" start >/dev/null
ok $? 'postgres runs'
trap 'pg pg_ctl -D data -m immediate stop >/dev/null' EXIT
pg psql -q -h /tmp/postgres -c 'create role app login'

is "$(ask "$ann") $(ask 200193)" 'app app' '/^(.*)$ lets ann in, and 200193'
disable_module
like "$(ask 200193)" "$refused" 'without the module 200193 is not let in'
enable_module
recipe 'any  ' >data/pg_ident.conf
pg pg_ctl -D data reload >/dev/null
is_refused() { [[ $(ask 200193) =~ $refused ]]; }
until_true is_refused
ok $? 'nor with the recipe'
is "$(ask "$ann")" app 'which lets ann in'

done_testing
