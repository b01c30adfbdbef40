/** The command that backs a PostgreSQL store up. Pure. */

/** What libpq understands of an address's parameters, and is no secret. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS */
const KNOWN = ['host', 'port', 'user', 'dbname', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options'];

/** A line for a shell, without the password. @param file where to */
export function pgDumpCommand(connection: string, file: string): string {
  return `(umask 077; pg_dump --format=custom --file=${quoted(file)} --dbname=${quoted(withoutSecrets(connection))})`;
}

function withoutSecrets(connection: string): string {
  if (!URL.canParse(connection)) return 'postgres://user@host/database';
  const address = new URL(connection);
  address.password = '';
  address.search = new URLSearchParams([...address.searchParams].filter(([name]) => KNOWN.includes(name))).toString();
  // libpq takes "+" for a plus.
  return address.href.replaceAll('+', '%20');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
