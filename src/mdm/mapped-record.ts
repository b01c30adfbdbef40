/** From what a mapping gave to an MDM record: checked strictly, because a typing error in a mapping may not look like "unenrolled". */
import { ConnectorError } from '../errors.ts';
import { foreignId, foreignText, foreignTime } from '../model/foreign.ts';
import { mdmRecordKey } from '../model/keys.ts';
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';

const COMPLIANCE: readonly Compliance[] = ['compliant', 'in-grace', 'noncompliant', 'unknown'];
const PLATFORMS: readonly Platform[] = ['ios', 'android', 'windows', 'macos', 'other'];

/**
 * The shape a mapping must give. All but `id` may be left out, null or "": JSONata leaves out what it does not find, and
 * turns a list of one into the one, so lists may be a single text. A field that is not here is an error.
 */
const RECORD_FIELDS = [
  'id',
  'easIds',
  'user',
  'device',
  'managed',
  'compliance',
  'complianceReason',
  'graceUntil',
  'enrolledAt',
  'lastSeenAt',
];
const USER_FIELDS = ['id', 'upn', 'addresses'];
const DEVICE_FIELDS = ['name', 'platform', 'os', 'osVersion', 'manufacturer', 'model', 'serial', 'imeis'];

/**
 * Checks a mapped object.
 * @param mapped what the mapping gave for one foreign record
 * @param source names the MDM in keys
 * @throws ConnectorError ERR_MDM_MAPPING naming the field in details.field
 */
export function toMdmRecordFromMapped(mapped: unknown, source: string): MdmRecord {
  const record = fieldsOf(mapped, 'record', RECORD_FIELDS);
  const user = fieldsOf(record['user'] ?? {}, 'user', USER_FIELDS);
  const device = fieldsOf(record['device'] ?? {}, 'device', DEVICE_FIELDS);
  const id = textOf(record['id'], 'id', foreignText);
  if (id === null) throw wrong('id', 'is missing; without it a device cannot be told from others');
  const os = textOf(device['os'], 'device.os', foreignText);
  return {
    kind: 'mdm',
    key: mdmRecordKey(source, id),
    source,
    id,
    easIds: textsOf(record['easIds'], 'easIds', foreignId),
    user: {
      id: textOf(user['id'], 'user.id', foreignId),
      upn: textOf(user['upn'], 'user.upn', foreignText),
      addresses: textsOf(user['addresses'], 'user.addresses', addressOf),
    },
    device: {
      name: textOf(device['name'], 'device.name', foreignText),
      platform: wordOf(device['platform'], 'device.platform', PLATFORMS, 'other'),
      os,
      osVersion: textOf(device['osVersion'], 'device.osVersion', foreignText),
      manufacturer: textOf(device['manufacturer'], 'device.manufacturer', foreignText),
      model: textOf(device['model'], 'device.model', foreignText),
      serial: textOf(device['serial'], 'device.serial', foreignId),
      imeis: textsOf(device['imeis'], 'device.imeis', imeiOf),
    },
    managed: managedOf(record['managed']),
    compliance: wordOf(record['compliance'], 'compliance', COMPLIANCE, 'unknown'),
    complianceReason: textOf(record['complianceReason'], 'complianceReason', foreignText),
    graceUntil: timeOf(record['graceUntil'], 'graceUntil'),
    enrolledAt: timeOf(record['enrolledAt'], 'enrolledAt'),
    lastSeenAt: timeOf(record['lastSeenAt'], 'lastSeenAt'),
  };
}

function fieldsOf(value: unknown, field: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) throw wrong(field, 'is missing; the mapping gave nothing for this record');
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(field, `is ${nameOf(value)}, not an object`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    // The name may come from the foreign record.
    const name = (foreignText(unknown) ?? '""').slice(0, 40);
    throw wrong(field === 'record' ? name : `${field}.${name}`, `is not a field; known are ${known.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

function textOf(value: unknown, field: string, clean: (text: unknown) => string | null): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw wrong(field, `is ${nameOf(value)}, not a text`);
  return clean(value);
}

function textsOf(value: unknown, field: string, clean: (text: unknown) => string | null): string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.map((text, index) => textOf(text, Array.isArray(value) ? `${field}[${index}]` : field, clean));
  return [...new Set(texts.filter((text) => text !== null))];
}

/** A word of a closed list; an unknown one is an error and not a default, so that a mapping with "Compliant" is noticed. */
function wordOf<T extends string>(value: unknown, field: string, words: readonly T[], unset: T): T {
  const text = textOf(value, field, foreignText);
  if (text === null) return unset;
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw wrong(field, `is "${text.slice(0, 40)}"; known are ${words.join(', ')}`);
  return word;
}

/** Left out means managed: a list of an MDM holds what it manages. */
function managedOf(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'boolean') throw wrong('managed', `is ${nameOf(value)}, not true or false`);
  return value;
}

/** A time, or null for the ways of writing "never" (year 0001, year 9999). */
function timeOf(value: unknown, field: string): string | null {
  const text = textOf(value, field, foreignText);
  if (text === null) return null;
  const time = foreignTime(text);
  // foreignTime is null for "never" as well as for "not a time"; only the latter is a mistake of the mapping.
  if (time === null && !/^(0001|1601|9999)-/.test(text))
    throw wrong(field, `is "${text.slice(0, 40)}", not an ISO 8601 time`);
  return time;
}

function addressOf(value: unknown): string | null {
  const text = foreignText(value);
  return text?.includes('@') === true ? text : null;
}

function imeiOf(value: unknown): string | null {
  return foreignId(foreignText(value)?.replace(/[\s-]/g, ''));
}

function nameOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `of type ${typeof value}`;
}

function wrong(field: string, why: string): ConnectorError {
  return new ConnectorError('ERR_MDM_MAPPING', `The mapping's ${field} ${why}.`, { details: { field } });
}
