/**
 * Graph's managedDevice → MdmRecord. Pure. Names and enum members are those of the v1.0 metadata (schema of 2026-07-31);
 * enums are read as open strings, because live payloads carry members the schema does not have (`intuneAosp`).
 */
import { ConnectorError } from '../errors.ts';
import { foreignId, foreignText, foreignTime, idOfText } from '../model/foreign.ts';
import { mdmRecordPrefix } from '../model/keys.ts';
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';
import type { GraphRow } from './pages.ts';
import { plain } from './plain-objects.ts';
import type { Writable } from './plain-objects.ts';

/** The properties that are read, for `$select`: a page shrinks to a third (measured). */
export const MANAGED_DEVICE_PROPERTIES = [
  'id',
  'userId',
  'userPrincipalName',
  'emailAddress',
  'deviceName',
  'operatingSystem',
  'osVersion',
  'manufacturer',
  'model',
  'serialNumber',
  'imei',
  'easDeviceId',
  'managementAgent',
  'managementState',
  'complianceState',
  'complianceGracePeriodExpirationDateTime',
  'enrolledDateTime',
  'lastSyncDateTime',
] as const;

/**
 * What each of Graph's seven compliance states means here. The MDM's own word is kept in `complianceReason`.
 *
 * | Graph           | here         | why                                                                    |
 * |-----------------|--------------|------------------------------------------------------------------------|
 * | `compliant`     | compliant    |                                                                        |
 * | `inGracePeriod` | in-grace     | not compliant, but still let in until `graceUntil`                     |
 * | `noncompliant`  | noncompliant |                                                                        |
 * | `unknown`       | unknown      | not evaluated yet                                                      |
 * | `conflict`      | unknown      | two policies contradict each other: says nothing about the device      |
 * | `error`         | unknown      | the evaluation failed: says nothing about the device                   |
 * | `configManager` | unknown      | left to Configuration Manager, which Graph does not speak for          |
 * | any other       | unknown      | a state that Graph may add                                             |
 */
export const COMPLIANCE_OF_STATE: Readonly<Record<string, Compliance>> = {
  compliant: 'compliant',
  inGracePeriod: 'in-grace',
  noncompliant: 'noncompliant',
  unknown: 'unknown',
  conflict: 'unknown',
  error: 'unknown',
  configManager: 'unknown',
};

/**
 * Management states of a device on its way out, or not in yet: it does not count as managed.
 * A failed or canceled wipe or retire leaves the device enrolled, so `wipeFailed`, `retireFailed`, `wipeCanceled`,
 * `retireCanceled` count as managed, like `managed` and `unhealthy`.
 */
export const NOT_MANAGED_STATES: ReadonlySet<string> = new Set([
  'retirePending',
  'retireIssued',
  'wipePending',
  'wipeIssued',
  'deletePending',
  'discovered',
]);

/**
 * What Intune was told to do with a device in this state. *Delete* retires the device before it removes it
 * (https://learn.microsoft.com/intune/intune-service/remote-actions/device-delete).
 */
const REMOVAL_OF_STATE: Readonly<Record<string, 'wipe' | 'retire'>> = {
  wipePending: 'wipe',
  wipeIssued: 'wipe',
  retirePending: 'retire',
  retireIssued: 'retire',
  deletePending: 'retire',
};

/** The tables by foreign text: "constructor" is in none of them, and a million lookups are quick. */
const COMPLIANCES: ReadonlyMap<unknown, Compliance> = new Map(Object.entries(COMPLIANCE_OF_STATE));
const REMOVALS = new Map(Object.entries(REMOVAL_OF_STATE));

/**
 * True if the row is an enrolled device. `eas` rows are left-overs of the retired connector: partnerships that it had
 * uploaded, not enrollments. `easMdm` is both, so it counts.
 */
export function isEnrollment(row: GraphRow): boolean {
  return row['managementAgent'] !== 'eas';
}

type Row = Readonly<Record<string, unknown>>;

// By constructors, as a reading makes millions: see plain-objects.ts. They only store, so that what reads is compiled once, and not
// with each of them again.
const UserOf = plain(function (
  this: Writable<MdmRecord['user']>,
  id: string | null,
  upn: string | null,
  addresses: readonly string[],
) {
  this.id = id;
  this.upn = upn;
  this.addresses = addresses;
});

const DeviceOf = plain(function (
  this: Writable<MdmRecord['device']>,
  name: string | null,
  platform: Platform,
  os: string | null,
  osVersion: string | null,
  manufacturer: string | null,
  model: string | null,
  serial: string | null,
  imeis: readonly string[],
) {
  this.name = name;
  this.platform = platform;
  this.os = os;
  this.osVersion = osVersion;
  this.manufacturer = manufacturer;
  this.model = model;
  this.serial = serial;
  this.imeis = imeis;
});

const RecordOf = plain(function (
  this: Writable<MdmRecord>,
  key: string,
  source: string,
  id: string,
  easIds: readonly string[],
  user: MdmRecord['user'],
  device: MdmRecord['device'],
  managed: boolean,
  compliance: Compliance,
  complianceReason: string | null,
  graceUntil: string | null,
  enrolledAt: string | null,
  lastSeenAt: string | null,
) {
  this.kind = 'mdm';
  this.key = key;
  this.source = source;
  this.id = id;
  this.easIds = easIds;
  this.user = user;
  this.device = device;
  this.managed = managed;
  this.compliance = compliance;
  this.complianceReason = complianceReason;
  this.graceUntil = graceUntil;
  this.enrolledAt = enrolledAt;
  this.lastSeenAt = lastSeenAt;
});

/**
 * The MDM record of a managedDevice, as {@link mdmRecordOf}.
 * @throws ConnectorError ERR_GRAPH_RESPONSE if it has no id
 */
export function toMdmRecord(managedDevice: unknown, source: string): MdmRecord {
  const record = mdmRecordOf(managedDevice, source);
  if (record === null) throw new ConnectorError('ERR_GRAPH_RESPONSE', 'A managed device has no id.');
  return record;
}

/**
 * The MDM record of a managedDevice. Unset values of all kinds become null.
 * @param source the mdm-tenant config node's id
 * @param keyPrefix {@link mdmRecordPrefix} of it, where it is at hand
 * @returns null for one without an id
 */
export function mdmRecordOf(
  managedDevice: unknown,
  source: string,
  keyPrefix = mdmRecordPrefix(source),
): MdmRecord | null {
  const row = (typeof managedDevice === 'object' && managedDevice !== null ? managedDevice : {}) as Row;
  const id = foreignText(row['id']);
  if (id === null) return null;
  // Words of the tables are as they should be: they need not be looked at letter by letter.
  const known = COMPLIANCES.get(row['complianceState']);
  const state = known === undefined ? foreignText(row['complianceState']) : (row['complianceState'] as string);
  const compliance = known ?? COMPLIANCES.get(state) ?? 'unknown';
  const { isManaged, removal } =
    row['managementState'] === 'managed' ? STAYS : managementOf(foreignText(row['managementState']));
  const knownPlatform = PLATFORMS.get(row['operatingSystem']);
  const os = knownPlatform === undefined ? foreignText(row['operatingSystem']) : (row['operatingSystem'] as string);
  const upn = foreignText(row['userPrincipalName']);
  // Most users have one name for both.
  const hasOneName = row['emailAddress'] === row['userPrincipalName'];
  const record = new RecordOf(
    `${keyPrefix}${id}`,
    source,
    id,
    // "" is what Graph sends for a device without EAS ID; taken as an id it would merge all of them.
    present(foreignId(row['easDeviceId'])),
    new UserOf(foreignId(row['userId']), upn, addressesOf(hasOneName ? upn : foreignText(row['emailAddress']))),
    new DeviceOf(
      foreignText(row['deviceName']),
      knownPlatform ?? platformOf(os),
      os,
      foreignText(row['osVersion']),
      foreignText(row['manufacturer']),
      foreignText(row['model']),
      foreignId(row['serialNumber']),
      imeisOf(foreignText(row['imei'])),
    ),
    isManaged,
    compliance,
    state,
    compliance === 'in-grace' ? foreignTime(row['complianceGracePeriodExpirationDateTime']) : null,
    foreignTime(row['enrolledDateTime']),
    foreignTime(row['lastSyncDateTime']),
  );
  // A spread within costs as much as half of the others, and few are told to go.
  return removal === undefined ? record : { ...record, removal };
}

interface Management {
  readonly isManaged: boolean;
  readonly removal: 'wipe' | 'retire' | undefined;
}

/** Of nearly all devices. */
const STAYS: Management = { isManaged: true, removal: undefined };

function managementOf(state: string | null): Management {
  return { isManaged: !NOT_MANAGED_STATES.has(state ?? ''), removal: REMOVALS.get(state ?? '') };
}

/** Intune writes iOS, iPadOS (iOS/iPadOS in its reports), Android, AndroidForWork, AndroidEnterprise, Windows, macOS, Linux, … */
function platformOf(operatingSystem: string | null): Platform {
  const os = operatingSystem?.toLowerCase() ?? '';
  if (/^(?:ios|ipados)(?:\/|$)/.test(os)) return 'ios';
  if (os.startsWith('android')) return 'android';
  if (os.startsWith('windows')) return 'windows';
  return os.startsWith('mac') ? 'macos' : 'other';
}

/** Those that nearly all devices have. */
const PLATFORMS: ReadonlyMap<unknown, Platform> = new Map(
  ['iOS', 'Android', 'Windows', 'macOS'].map((os) => [os, platformOf(os)]),
);

/** `emailAddress` can hold several. Most have one. */
function addressesOf(whole: string | null): string[] {
  if (whole === null) return [];
  return whole.includes('@') && !/[\s;,]/.test(whole) ? listOf(whole) : severalAddresses(whole);
}

function severalAddresses(whole: string): string[] {
  const texts = whole.split(/[\s;,]+/).filter((text) => text.includes('@'));
  return [...new Set(texts)];
}

/** IMEIs as digits (they come with spaces and dashes); placeholders are dropped. */
function imeisOf(whole: string | null): string[] {
  if (whole === null) return [];
  return /[\s;,/-]/.test(whole) ? severalImeis(whole) : present(idOfText(whole));
}

function severalImeis(whole: string): string[] {
  const texts = whole.split(/[;,/]/).map((text) => text.replace(/[\s-]/g, ''));
  return [...new Set(texts.flatMap((text) => present(foreignId(text))))];
}

function present(text: string | null): string[] {
  return text === null ? [] : listOf(text);
}

const ONE: readonly string[] = [''];

/** A list of one text. A copy, as a literal's lists may be made in the old generation too (plain-objects.ts). */
function listOf(text: string): string[] {
  const list = ONE.slice();
  list[0] = text;
  return list;
}
