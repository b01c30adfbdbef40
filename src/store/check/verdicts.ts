/**
 * What can be found out about a store before it is deployed, how bad it is, and what to do: one table. Commands are to be run
 * where Node-RED runs; SQL as the database's administrator.
 */
import type { VerdictEntry } from '../../model/check-report.ts';

/** Verdict → seriousness, words and remedy. The first part of a name is the step. Names are stable. */
export const VERDICTS = {
  // engine
  'engine.there': { status: 'ok', says: 'there' },
  'engine.node': { status: 'error', says: 'this Node.js has none', remedy: '{help}', command: 'node --version' },
  'engine.package': {
    status: 'error',
    says: 'the package pg is missing',
    remedy: 'Install the package in the user directory of Node-RED, then restart Node-RED.',
    command: 'npm install pg',
  },
  // folder
  'folder.there': { status: 'ok', says: 'there' },
  'folder.network': {
    status: 'warning',
    says: 'on a network drive',
    remedy: 'Put the file on a disk of this host: SQLite’s journal does not work over a network. Or use PostgreSQL.',
    command: 'df -T {folder}',
  },
  'folder.missing': {
    status: 'error',
    says: 'there is none',
    remedy: 'Correct the path, or make the folder for the user that Node-RED runs as. It is not made by itself.',
    command: 'mkdir -p {folder}',
  },
  'folder.closed': {
    status: 'error',
    says: 'not open to Node-RED',
    remedy: 'Let the user that Node-RED runs as read and write in the folder.',
    command: 'ls -ld {folder}',
  },
  // file
  'file.there': { status: 'ok', says: 'there' },
  'file.new': { status: 'ok', says: 'none yet' },
  'file.open-to-others': {
    status: 'warning',
    says: 'others may read it',
    remedy: 'It holds the link secret and whose phones there are. Let its owner alone read it.',
    command: 'chmod 600 {file}',
  },
  'file.memory': {
    status: 'warning',
    says: 'none: all is forgotten with a restart',
    remedy: 'Enter a file. Without one the connector forgets which list entries are its own.',
  },
  'file.none': {
    status: 'error',
    says: 'no file',
    remedy: 'Enter the path of a file. What is there is something else.',
    command: 'ls -ld {file}',
  },
  'file.gone': {
    status: 'error',
    says: 'gone, its journal is there',
    remedy:
      'Put the file back beside its journal (-wal): the last changes are in the journal alone. To begin with an empty store, take the journal away.',
    command: 'ls -l {folder}',
  },
  'file.other-journal': {
    status: 'error',
    says: 'another file’s journal beside it',
    remedy:
      'Another file was put in the place of the store, and the journal (-wal) of the one before was left. With Node-RED stopped, take the journal away: it would damage the file.',
    command: 'mv {file}-wal {file}-wal.old',
  },
  // connection
  'connection.open': { status: 'ok', says: 'open' },
  'connection.address': {
    status: 'error',
    says: 'no address of a database',
    remedy:
      'Enter it as postgres://user:password@host/database. What is special in a password is written by percent signs.',
  },
  'connection.unknown': {
    status: 'error',
    says: 'the server’s name is not known here',
    remedy: 'Correct the host in the address, or have its name entered in the DNS that this host asks.',
    command: 'getent hosts {host}',
  },
  'connection.closed': {
    status: 'error',
    says: 'refused or not answered',
    remedy: 'Check host and port, whether PostgreSQL listens there (listen_addresses), and the firewall between.',
    command: 'pg_isready -h {host} -p {port}',
  },
  'connection.refused': {
    status: 'error',
    says: 'the sign-in is refused',
    remedy: 'Check user and password, and whether pg_hba.conf lets this user in from this host.',
    command: 'SELECT * FROM pg_hba_file_rules;',
  },
  'connection.no-database': {
    status: 'error',
    says: 'there is no such database',
    remedy: 'Correct the name of the database, or make it for this user.',
    command: 'CREATE DATABASE "{database}" OWNER "{user}";',
  },
  'connection.full': {
    status: 'error',
    says: 'the server takes no more connections',
    remedy: 'Raise max_connections, or close what is not needed. A Node-RED takes ten at most.',
    command: 'SELECT usename, count(*) FROM pg_stat_activity GROUP BY usename;',
  },
  'connection.untrusted': {
    status: 'error',
    says: 'TLS failed',
    remedy:
      'Take the authority of the server’s certificate into the address: ?sslmode=verify-full&sslrootcert=/path/ca.pem. If the server has no TLS, give it a certificate (ssl = on).',
    command: 'openssl s_client -starttls postgres -connect {host}:{port} -showcerts </dev/null',
  },
  'connection.failed': { status: 'error', says: 'not possible', remedy: '{help}' },
  // tls
  'tls.on': { status: 'ok', says: 'encrypted' },
  'tls.here': { status: 'ok', says: 'not needed, the server is on this host' },
  'tls.off': {
    status: 'warning',
    says: 'not encrypted',
    remedy: 'Add ?sslmode=verify-full to the address, and give the server a certificate (ssl = on).',
    command: 'SHOW ssl;',
  },
  'tls.untold': { status: 'unknown', says: 'the server does not tell' },
  // version
  'version.good': { status: 'ok', says: 'known to work' },
  'version.old': {
    status: 'warning',
    says: 'older than what is tested',
    remedy: 'Use PostgreSQL 13 or later.',
    command: 'SELECT version();',
  },
  // rights
  'rights.enough': { status: 'ok', says: 'enough' },
  'rights.read-only': {
    status: 'error',
    says: 'nothing can be written there',
    remedy: 'Enter the address of the main server, not of a standby; or let the database be written.',
    command: "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only');",
  },
  'rights.create': {
    status: 'error',
    says: 'it may not make tables',
    remedy: 'Let the user make tables in its schema; best it owns a database of its own.',
    command: 'GRANT CREATE, USAGE ON SCHEMA public TO "{user}";',
  },
  'rights.tables': {
    status: 'error',
    says: 'it may not use the tables of the store',
    remedy: 'The tables are another user’s. Sign in as their owner, or give the tables to this user.',
    command: 'REASSIGN OWNED BY "{owner}" TO "{user}";',
  },
  // store
  'store.ours': { status: 'ok', says: 'of this version' },
  'store.none': { status: 'ok', says: 'none yet, it will be made' },
  'store.older': {
    status: 'warning',
    says: 'of an older version',
    remedy: 'It is brought up to date when this is deployed; an older package can then read it no more. Copy it first.',
    command: 'npx --no --prefix ~/.node-red exchange-connector store backup COPY.sqlite',
  },
  'store.newer': {
    status: 'error',
    says: 'of a newer version',
    remedy: 'Install the version of the package that wrote it, or a later one.',
    command: 'npm outdated',
  },
  'store.incomplete': {
    status: 'error',
    says: 'not whole',
    remedy: 'A move into it did not end. Run the move again into an empty one.',
    command: 'npx --no --prefix ~/.node-red exchange-connector store check',
  },
  'store.foreign': {
    status: 'error',
    says: 'of another program',
    remedy: 'Enter another file or database; this one is left as it is.',
  },
  'store.unreadable': {
    status: 'error',
    says: 'not readable',
    remedy: '{help}',
    command: 'npx --no --prefix ~/.node-red exchange-connector store check',
  },
  // write
  'write.possible': { status: 'ok', says: 'possible' },
  'write.busy': {
    status: 'error',
    says: 'another process keeps it locked',
    remedy: 'Find out which process has it open. Several Node-REDs work on one PostgreSQL, not on one file.',
    command: 'fuser -v {file}',
  },
  'write.refused': {
    status: 'error',
    says: 'not possible',
    remedy: 'Let the user that Node-RED runs as write the file and its folder: a journal is kept beside the file.',
    command: 'ls -ld {folder} {file}',
  },
  // space
  'space.enough': { status: 'ok', says: 'enough' },
  'space.little': {
    status: 'warning',
    says: 'little',
    remedy: 'Make room: the first reading of 100,000 phones takes some 700 MB.',
    command: 'df -h {folder}',
  },
  'space.none': {
    status: 'error',
    says: 'none',
    remedy: 'Make room on this disk, or take another one.',
    command: 'df -h {folder}',
  },
  'space.untold': { status: 'skipped', says: 'not told' },
  // secrets
  'secrets.good': { status: 'ok', says: 'usable' },
  'secrets.short': {
    status: 'error',
    says: 'too short',
    remedy: 'Take 16 characters or more, made at random; or leave it empty.',
    command: 'openssl rand -base64 24',
  },
  // any step
  'does-not-apply': { status: 'skipped', says: 'does not apply' },
  'not-reached': { status: 'skipped', says: 'not reached' },
} as const satisfies Readonly<Record<string, VerdictEntry>>;

export type Verdict = keyof typeof VERDICTS;

/** The entry of a verdict. */
export function entryOf(verdict: Verdict): VerdictEntry {
  return VERDICTS[verdict];
}
