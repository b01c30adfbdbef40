#!/bin/bash
# Without a user of PostgreSQL it is nginx, as the page of its image says (https://hub.docker.com/_/nginx): in the foreground, with
# the files of /etc/nginx/conf.d.
# Else it is PostgreSQL, as the page of that image says (https://hub.docker.com/_/postgres): as root it reads the file that
# POSTGRES_PASSWORD_FILE names and takes the volume, then goes on as postgres; an empty volume gets the user as superuser, the
# database, and a password for whoever comes by network.
set -euo pipefail
if [ -z "${POSTGRES_USER:-}" ]; then
  exec nginx -g 'daemon off; error_log /dev/stderr;'
fi
if [ "$(id -u)" = 0 ]; then
  POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  export POSTGRES_PASSWORD
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  printf 'CREATE DATABASE "%s"\n' "$POSTGRES_DB" | postgres --single -D "$PGDATA" postgres
fi
exec postgres -D "$PGDATA" -c listen_addresses='*'
