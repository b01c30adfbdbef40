import type { Reads } from '../../model/told-fields.ts';
import type { MdmPreset } from './preset.ts';
import { PLATFORM } from './preset.ts';

/**
 * What the columns may be called, in small letters and without blanks and signs; the first name is the documented one. Of several
 * columns for one field that have a value, the one counts whose name comes first here: a platform before an os, which may be a
 * version; a UPN before a user name, which may be the one that is shown.
 */
const CSV_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  id: ['id', 'deviceid', 'geräteid', 'geraeteid', 'gerätekennung', 'geraetekennung'],
  easId: ['easid', 'easdeviceid', 'easdeviceidentifier', 'activesyncid', 'easgeräteid', 'easgeraeteid'],
  upn: ['upn', 'userprincipalname', 'username', 'benutzerprinzipalname', 'benutzername', 'benutzer'],
  email: ['email', 'emailaddress', 'mail', 'emailadresse', 'mailadresse'],
  name: ['name', 'devicename', 'gerätename', 'geraetename'],
  platform: ['platform', 'os', 'operatingsystem', 'plattform', 'betriebssystem'],
  osVersion: ['osversion', 'betriebssystemversion', 'version'],
  manufacturer: ['manufacturer', 'hersteller'],
  model: ['model', 'modell'],
  serial: ['serial', 'serialnumber', 'seriennummer'],
  imei: ['imei'],
  managed: ['managed', 'verwaltet'],
  compliance: [
    'compliance',
    'compliancestate',
    'compliancestatus',
    'konformität',
    'konformitaet',
    'konformitätsstatus',
    'konformitaetsstatus',
  ],
  graceUntil: ['graceuntil', 'nachfristbis', 'fristbis'],
  removal: ['removal', 'entfernung'],
  enrolledAt: ['enrolledat', 'enrollmentdate', 'registriertam', 'registrierungsdatum'],
  lastSeenAt: ['lastseenat', 'lastseen', 'lastcheckin', 'zuletztgesehen', 'letzterkontakt', 'letzteanmeldung'],
};

/** The words of `managed`; another one is handed on as it is, and refused. */
const CSV_MANAGED: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  '1': true,
  managed: true,
  enrolled: true,
  ja: true,
  wahr: true,
  verwaltet: true,
  registriert: true,
  false: false,
  no: false,
  '0': false,
  unmanaged: false,
  'not managed': false,
  'not enrolled': false,
  unenrolled: false,
  nein: false,
  falsch: false,
  'nicht verwaltet': false,
  'nicht registriert': false,
};

/** The words of `compliance`, likewise. */
const CSV_COMPLIANCE: Readonly<Record<string, string>> = {
  compliant: 'compliant',
  konform: 'compliant',
  'in-grace': 'in-grace',
  'in grace': 'in-grace',
  'in grace period': 'in-grace',
  ingraceperiod: 'in-grace',
  'in nachfrist': 'in-grace',
  noncompliant: 'noncompliant',
  'non-compliant': 'noncompliant',
  'not compliant': 'noncompliant',
  'nicht konform': 'noncompliant',
  unknown: 'unknown',
  'not evaluated': 'unknown',
  unbekannt: 'unknown',
  'nicht ausgewertet': 'unknown',
};

const REMOVAL: Readonly<Record<string, string>> = {
  wipe: 'wipe',
  zurücksetzen: 'wipe',
  retire: 'retire',
  abkoppeln: 'retire',
  none: '',
  no: '',
  keine: '',
  nein: '',
};

/** A day first, as German spreadsheets write it, as ISO 8601; any other text as it is. */
const TIME = String.raw`$time := function($value) { $replace($value, /^(\d\d)\.(\d\d)\.(\d{4})(?:,? +(\d\d:\d\d.*))?$/, function($at) {
    $at.groups[2] & "-" & $at.groups[1] & "-" & $at.groups[0] & ($at.groups[3] ? "T" & $at.groups[3] : "") }) };`;

/** What each spelling of a column is called here. */
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CSV_COLUMNS).flatMap(([column, names]) => names.map((name) => [name, column] as const)),
);

/** What a column is called here, however it is spelled; null: it is none of ours. */
export function csvColumnOf(name: string): string | null {
  const called = name.toLowerCase().replace(/[^a-zäöüß0-9]/g, '');
  return Object.hasOwn(NAMES, called) ? (NAMES[called] ?? null) : null;
}

/** Columns that decide about access: the mapping finds them by many names. */
export const CSV_READS: Reads = { managed: ['managed'], compliance: ['compliance'], removal: ['removal'] };

/** True for the name of the column that a list must have. */
export function isIdColumn(name: string): boolean {
  return csvColumnOf(name) === 'id';
}

/** Which place each spelling has among those of its field. */
const PLACES = Object.fromEntries(
  Object.values(CSV_COLUMNS).flatMap((names) => names.map((name, place) => [name, place] as const)),
);

export const csv: MdmPreset = {
  id: 'csv',
  label: 'CSV file or table (any MDM)',
  compliance: 'reported',
  call: 'A file with a header line, as a text (the read file node: a single utf8 string); not through the core csv node, which lets broken rows pass',
  records: '$',
  note: 'Columns: id, easId, upn, email, name, platform, osVersion, manufacturer, model, serial, imei, managed, compliance, graceUntil, removal (wipe or retire, if the MDM was told to), enrolledAt, lastSeenAt, or their German names. Several values in a cell are separated by a semicolon. A text may have comma, semicolon or tab between its cells, and a mistake is named with its line. A word that is not known in managed, compliance or removal is a mistake. Of a file without the column compliance nothing is known: choose managed is enough, or it stays unknown.',
  mapping: `(
  $names := ${JSON.stringify(NAMES)};
  $called := function($k) { $replace($lowercase($k), /[^a-zäöüß0-9]/, "") };
  $cell := function($v, $k) { (
    $name := $lookup($names, $called($k));
    $text := $exists($name) and $v != null ? $trim($string($v)) : "";
    $text = "" ? null : { $name: $text }
  ) };
  $cells := $each($, $cell)[$ != null];
  $row := $merge($cells);
  $row := $count($keys($row)) = $count($cells) ? $row : $merge($sort(
    $each($, function($v, $k) { { "cell": $cell($v, $k), "place": $lookup(${JSON.stringify(PLACES)}, $called($k)) } })[cell != null],
    function($a, $b) { $a.place < $b.place }
  ).cell);
  $word := function($text, $words) { $exists($text) ? ($known := $lookup($words, $lowercase($text)); $exists($known) ? $known : $text) };
  $list := function($text) { $exists($text) ? $split($text, /\\s*;\\s*/) };
  ${TIME}
  $os := $row.platform;
  {
    "id": $row.id,
    "easIds": $list($row.easId),
    "user": { "upn": $row.upn, "addresses": $list($row.email) },
    "device": {
      "name": $row.name, "platform": ${PLATFORM}, "os": $os, "osVersion": $row.osVersion,
      "manufacturer": $row.manufacturer, "model": $row.model, "serial": $row.serial, "imeis": $list($row.imei)
    },
    "managed": $word($row.managed, ${JSON.stringify(CSV_MANAGED)}),
    "compliance": $word($row.compliance, ${JSON.stringify(CSV_COMPLIANCE)}),
    "complianceReason": $row.compliance,
    "graceUntil": $time($row.graceUntil),
    "removal": $word($row.removal, ${JSON.stringify(REMOVAL)}),
    "enrolledAt": $time($row.enrolledAt), "lastSeenAt": $time($row.lastSeenAt)
  }
)`,
};
