/** All that the report of a store says, in each language. */
import { COMMON_DE, COMMON_EN } from '../../../model/check-words.ts';
import type { CheckWords } from '../../../model/check-words.ts';
import { sayer } from '../../../model/say.ts';
import type { ReportLanguage } from '../../../model/say.ts';
import { VERDICTS } from '../verdicts.ts';
import type { Verdict } from '../verdicts.ts';
import { VERDICTS_DE } from './verdicts-de.ts';

const SAYINGS_EN = {
  ...COMMON_EN,
  // engine
  'engine.node': 'The store does not run on Node.js {version}.',
  'engine.sqlite': 'Node.js {node} has SQLite {sqlite}.',
  'engine.unknown-version': 'of unknown version',
  'engine.pg': 'The package pg is installed.',
  'engine.no-pg': 'A PostgreSQL store needs the package pg.',
  // a file
  'folder.there': '{folder} is there.',
  'folder.network': '{folder} is on {network}.',
  'folder.no-folder': '{folder} is no folder.',
  'folder.missing': '{folder} is not there ({reason}).',
  'folder.closed': '{folder} is not open ({reason}).',
  'file.memory': 'The store is in memory alone.',
  'file.new': '{file} will be made.',
  'file.none': '{file} is no file.',
  'file.gone': '{file} is not there, but {journal} is.',
  'file.other-journal': '{journal} is not the journal of {file}.',
  'file.there': '{file} has {kib} KiB.',
  'write.folder': 'A file can be made in {folder}.',
  'write.lock': 'The lock of a write was taken and given back.',
  'write.busy': 'Another process has not let go of {file} within a second.',
  'write.refused': 'Refused: {text}.',
  'space.free': '{mib} MiB are free.',
  'space.untold': 'The system does not say how much is free: {text}.',
  // a database
  'connection.open': 'Connected as {user}, to the database {database}.',
  'connection.failed': '{text}',
  'connection.unread': 'The address cannot be read.',
  'connection.no-reason': 'no reason.',
  'tls.on': 'The connection has {version} ({cipher}).',
  'tls.no-cipher': 'no cipher told',
  'tls.here': 'Nothing leaves this host.',
  'tls.untold': 'The server does not say whether the connection has TLS.',
  'tls.off': 'The connection has no TLS: password and all that is kept can be read on its way.',
  version: 'PostgreSQL {version}.',
  'rights.standby': 'The server is a standby.',
  'rights.read-only': 'Its transactions are set to read only.',
  'rights.no-schema': 'The user has no schema.',
  'rights.no-tables': 'The user may make no tables in {schema}.',
  'rights.enough': 'The user may make tables in {schema}.',
  'rights.owner': 'The tables are of {owner}.',
  'rights.closed': 'The tables are of {owner}; not open are {tables}.',
  'rights.another': 'another user',
  // the store in it
  'store.none': 'There is no store in it yet.',
  'store.foreign': 'It has {n} tables of another program.',
  'store.incomplete': 'Another store was being moved into it, and not all has come.',
  'store.mark': 'Its version mark is damaged.',
  'store.version': 'The store has version {version}, this package works with version {known}.',
  'store.sqlite': 'SQLite says: {text}.',
  // secrets
  'secrets.good': 'What is entered is long enough.',
  'secrets.short': '{name} is shorter than {n} characters.',
  'secrets.short.both': '{first} and {second} are shorter than {n} characters.',
  'secret.linkSecret': '“Link secret”',
  'secret.metricsToken': '“Metrics token”',
} as const;

const SAYINGS_DE: Readonly<Record<keyof typeof SAYINGS_EN, string>> = {
  ...COMMON_DE,
  // engine
  'engine.node': 'Der Speicher läuft nicht auf Node.js {version}.',
  'engine.sqlite': 'Node.js {node} hat SQLite {sqlite}.',
  'engine.unknown-version': 'unbekannter Version',
  'engine.pg': 'Das Paket pg ist installiert.',
  'engine.no-pg': 'Ein Speicher in PostgreSQL braucht das Paket pg.',
  // a file
  'folder.there': '{folder} ist da.',
  'folder.network': '{folder} ist auf {network}.',
  'folder.no-folder': '{folder} ist kein Ordner.',
  'folder.missing': '{folder} ist nicht da ({reason}).',
  'folder.closed': '{folder} ist nicht offen ({reason}).',
  'file.memory': 'Der Speicher ist nur im Arbeitsspeicher.',
  'file.new': '{file} wird angelegt.',
  'file.none': '{file} ist keine Datei.',
  'file.gone': '{file} ist nicht da, aber {journal}.',
  'file.other-journal': '{journal} ist nicht das Journal von {file}.',
  'file.there': '{file} hat {kib} KiB.',
  'write.folder': 'In {folder} kann eine Datei angelegt werden.',
  'write.lock': 'Die Sperre zum Schreiben wurde genommen und zurückgegeben.',
  'write.busy': 'Ein anderer Prozess hat {file} binnen einer Sekunde nicht losgelassen.',
  'write.refused': 'Abgelehnt: {text}.',
  'space.free': 'Frei sind {mib} MiB.',
  'space.untold': 'Das System sagt nicht, wie viel frei ist: {text}.',
  // a database
  'connection.open': 'Verbunden als {user} mit der Datenbank {database}.',
  'connection.failed': 'Die Meldung dazu: {text}',
  'connection.unread': 'Die Adresse lässt sich nicht lesen.',
  'connection.no-reason': 'kein Grund genannt.',
  'tls.on': 'Die Verbindung hat {version} ({cipher}).',
  'tls.no-cipher': 'keine Verschlüsselung genannt',
  'tls.here': 'Nichts verlässt diesen Rechner.',
  'tls.untold': 'Der Server sagt nicht, ob die Verbindung TLS hat.',
  'tls.off': 'Die Verbindung hat kein TLS: Kennwort und alles, was aufbewahrt wird, ist auf dem Weg lesbar.',
  version: 'PostgreSQL {version}.',
  'rights.standby': 'Der Server ist ein Standby.',
  'rights.read-only': 'Seine Transaktionen sind auf nur lesen gestellt.',
  'rights.no-schema': 'Der Benutzer hat kein Schema.',
  'rights.no-tables': 'Der Benutzer darf in {schema} keine Tabellen anlegen.',
  'rights.enough': 'Der Benutzer darf in {schema} Tabellen anlegen.',
  'rights.owner': 'Die Tabellen gehören {owner}.',
  'rights.closed': 'Die Tabellen gehören {owner}; nicht offen sind {tables}.',
  'rights.another': 'einem anderen Benutzer',
  // the store in it
  'store.none': 'Darin ist noch kein Speicher.',
  'store.foreign': 'Darin sind {n} Tabellen eines anderen Programms.',
  'store.incomplete': 'Ein anderer Speicher sollte hierher umziehen, und nicht alles ist angekommen.',
  'store.mark': 'Seine Versionsangabe ist beschädigt.',
  'store.version': 'Der Speicher hat Version {version}, dieses Paket arbeitet mit Version {known}.',
  'store.sqlite': 'SQLite sagt: {text}.',
  // secrets
  'secrets.good': 'Was eingetragen ist, ist lang genug.',
  'secrets.short': '{name} ist kürzer als {n} Zeichen.',
  'secrets.short.both': '{first} und {second} sind kürzer als {n} Zeichen.',
  'secret.linkSecret': '„Linkgeheimnis“',
  'secret.metricsToken': '„Messwert-Token“',
};

/** Says what a step sees. */
export const said = sayer<typeof SAYINGS_EN>();

/** The titles of the steps, in order; a file has some of them, PostgreSQL others. */
const TITLES_EN = {
  engine: 'Engine',
  folder: 'Folder',
  file: 'File',
  connection: 'Connection',
  tls: 'TLS',
  version: 'Version',
  rights: 'Rights',
  store: 'Store',
  write: 'Writing',
  space: 'Room',
  secrets: 'Secrets',
} as const;

export type StepId = keyof typeof TITLES_EN;

const TITLES_DE: Readonly<Record<StepId, string>> = {
  engine: 'Datenbanksystem',
  folder: 'Ordner',
  file: 'Datei',
  connection: 'Verbindung',
  tls: 'TLS',
  version: 'Version',
  rights: 'Rechte',
  store: 'Speicher',
  write: 'Schreiben',
  space: 'Platz',
  secrets: 'Geheimnisse',
};

interface StoreWords extends CheckWords<Verdict> {
  readonly titles: Readonly<Record<StepId, string>>;
}

export const STORE_WORDS: Readonly<Record<ReportLanguage, StoreWords>> = {
  en: {
    language: 'en',
    sayings: SAYINGS_EN,
    verdicts: VERDICTS,
    titles: TITLES_EN,
    summary: {
      healthy: 'The connector can keep what it knows here.',
      warning: 'The connector can keep what it knows here; look at',
      broken: 'The connector cannot keep what it knows here; look at',
      unknown: 'Look at',
    },
  },
  de: {
    language: 'de',
    sayings: SAYINGS_DE,
    verdicts: VERDICTS_DE,
    titles: TITLES_DE,
    summary: {
      healthy: 'Der Connector kann hier aufbewahren, was er weiß.',
      warning: 'Der Connector kann hier aufbewahren, was er weiß; siehe',
      broken: 'Der Connector kann hier nicht aufbewahren, was er weiß; siehe',
      unknown: 'Siehe',
    },
  },
};
