/** From what a mapping gave to an MDM record: checked strictly, because a typing error in a mapping may not look like "unenrolled". */
import { ConnectorError } from '../errors.ts';
import { foreignId, foreignText } from '../model/foreign.ts';
import { mdmRecordKey } from '../model/keys.ts';
import { nameOf, RecordFields } from '../model/record-fields.ts';
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';
import { complianceOf } from './told-compliance.ts';

const COMPLIANCE: readonly Compliance[] = ['compliant', 'in-grace', 'noncompliant', 'unknown'];
const REMOVALS = ['wipe', 'retire'] as const;
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
  'removal',
  'enrolledAt',
  'lastSeenAt',
];
const USER_FIELDS = ['id', 'upn', 'addresses'];
const DEVICE_FIELDS = ['name', 'platform', 'os', 'osVersion', 'manufacturer', 'model', 'serial', 'imeis'];

/**
 * Checks a mapped object.
 * @param mapped what the mapping gave for one foreign record
 * @param source names the MDM in keys
 * @param nth which record of its reading it is, from 1; for the error
 * @param managedIsEnough a managed record whose compliance nothing tells is compliant
 * @throws ConnectorError ERR_MDM_MAPPING naming the field in details.field
 */
export function toMdmRecordFromMapped(
  mapped: unknown,
  source: string,
  nth?: number,
  managedIsEnough = false,
): MdmRecord {
  const wrong = (field: string, why: string): ConnectorError =>
    new ConnectorError(
      'ERR_MDM_MAPPING',
      `${nth === undefined ? 'The' : `Record ${nth}: the`} mapping's ${field} ${why}.`,
      { details: { field, ...(nth === undefined ? {} : { record: nth }) } },
    );
  const fields = new RecordFields(wrong);
  const record = fields.of(mapped, 'record', RECORD_FIELDS);
  const user = fields.of(record['user'] ?? {}, 'user', USER_FIELDS);
  const device = fields.of(record['device'] ?? {}, 'device', DEVICE_FIELDS);
  const id = fields.text(record['id'], 'id');
  if (id === null) throw wrong('id', 'is missing; without it a device cannot be told from others');
  const managed = record['managed'] ?? true;
  // Left out means managed: a list of an MDM holds what it manages.
  if (typeof managed !== 'boolean') throw wrong('managed', `is ${nameOf(managed)}, not true or false`);
  const removal = fields.word(record['removal'], 'removal', REMOVALS);
  return {
    kind: 'mdm',
    key: mdmRecordKey(source, id),
    source,
    id,
    easIds: fields.texts(record['easIds'], 'easIds', foreignId),
    user: {
      id: fields.text(user['id'], 'user.id', foreignId),
      upn: fields.text(user['upn'], 'user.upn'),
      addresses: fields.texts(user['addresses'], 'user.addresses', addressOf),
    },
    device: {
      name: fields.text(device['name'], 'device.name'),
      platform: fields.word(device['platform'], 'device.platform', PLATFORMS) ?? 'other',
      os: fields.text(device['os'], 'device.os'),
      osVersion: fields.text(device['osVersion'], 'device.osVersion'),
      manufacturer: fields.text(device['manufacturer'], 'device.manufacturer'),
      model: fields.text(device['model'], 'device.model'),
      serial: fields.text(device['serial'], 'device.serial', foreignId),
      imeis: fields.texts(device['imeis'], 'device.imeis', imeiOf),
    },
    managed,
    ...complianceOf(
      {
        managed,
        removal,
        compliance: fields.word(record['compliance'], 'compliance', COMPLIANCE),
        complianceReason: fields.text(record['complianceReason'], 'complianceReason'),
      },
      managedIsEnough,
    ),
    graceUntil: fields.time(record['graceUntil'], 'graceUntil'),
    ...('removal' in record ? { removal } : {}),
    enrolledAt: fields.time(record['enrolledAt'], 'enrolledAt'),
    lastSeenAt: fields.time(record['lastSeenAt'], 'lastSeenAt'),
  };
}

function addressOf(value: unknown): string | null {
  const text = foreignText(value);
  return text?.includes('@') === true ? text : null;
}

function imeiOf(value: unknown): string | null {
  return foreignId(foreignText(value)?.replace(/[\s-]/g, ''));
}
