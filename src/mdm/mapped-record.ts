/** From what a mapping gave to an MDM record: checked strictly, because a typing error in a mapping may not look like "unenrolled". */
import { ConnectorError } from '../errors.ts';
import { foreignId, foreignText } from '../model/foreign.ts';
import { mdmRecordKey } from '../model/keys.ts';
import { nameOf, RecordFields } from '../model/record-fields.ts';
import { RECORD_SAYINGS_EN } from '../model/record-sayings.ts';
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';
import { sayIn } from '../model/sayings.ts';
import { roundedNumberIn } from './exact-numbers.ts';
import type { RecordPlace } from './foreign-records.ts';
import { complianceOf } from './told-compliance.ts';

const say = sayIn(RECORD_SAYINGS_EN);

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
 * @param place which record of its reading it is, from 1, or also its line; for the error
 * @param managedIsEnough a managed record whose compliance nothing tells is compliant
 * @throws ConnectorError ERR_MDM_MAPPING naming the field in details.field, and the place beside it
 */
export function toMdmRecordFromMapped(
  mapped: unknown,
  source: string,
  place?: number | RecordPlace,
  managedIsEnough = false,
): MdmRecord {
  const at = typeof place === 'number' ? { record: place } : place;
  const wrong = (field: string, why: string): ConnectorError =>
    new ConnectorError(
      'ERR_MDM_MAPPING',
      at === undefined ? `The mapping's ${field} ${why}.` : say('mapping', { place: placeText(at), field, fault: why }),
      { details: { field, ...at } },
    );
  refuseRounded(mapped, wrong);
  const fields = new RecordFields(wrong);
  const record = fields.of(mapped, 'record', RECORD_FIELDS);
  const user = fields.of(record['user'] ?? {}, 'user', USER_FIELDS);
  const device = fields.of(record['device'] ?? {}, 'device', DEVICE_FIELDS);
  const id = fields.text(record['id'], 'id');
  if (id === null) throw wrong('id', say('no-id'));
  const managed = record['managed'] ?? true;
  // Left out means managed: a list of an MDM holds what it manages.
  if (typeof managed !== 'boolean') {
    const seen = typeof managed === 'string' ? `"${(foreignText(managed) ?? '').slice(0, 40)}"` : nameOf(managed);
    throw wrong('managed', say('no-boolean', { kind: seen }));
  }
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
    // As with Intune: what the MDM was told to wipe or retire is on its way out.
    managed: managed && removal === null,
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

/** The error for a record whose id an earlier one of its reading has for another device. */
export function sameIdError(place: RecordPlace): ConnectorError {
  const text = say('mapping', { place: placeText(place), field: 'id', fault: say('same-id') });
  return new ConnectorError('ERR_MDM_MAPPING', text, { details: { field: 'id', ...place } });
}

/** A record in an error: "Record 3", or "Record 3 (line 5)". */
export function nameOfPlace(place: RecordPlace): string {
  return `Record ${placeText(place)}`;
}

function placeText({ record, line }: RecordPlace): string {
  return line === undefined ? String(record) : `${record} (line ${line})`;
}

/** Fields that tell a device or a user from others. */
const TELLING = /^(?:id|easIds|user\.(?:id|upn)|device\.(?:serial|imeis))(?:\[\d+\])?$/;

/**
 * Long digits as Excel and LibreOffice show and save them in a column that is no text: `3.51234E+14`, in Germany `3,51234E+14`.
 * Several devices have the same one. The sign and two digits at least are theirs: a serial number may be `5E10`.
 */
const BY_SPREADSHEET = /^\d(?:[.,]\d{1,14})?e\+\d{2,3}$/i;

/*
 *   a text                                  in a field that tells a device or user   in another one
 *   a number that a node rounded            refused                                  refused
 *   as a spreadsheet writes a long number   refused                                  taken
 *   any other                               taken: 351234000000000 may be an IMEI    taken
 */

/** A number that was rounded before it came here may not become an id, or anything else. */
function refuseRounded(value: unknown, wrong: (field: string, why: string) => ConnectorError, path = ''): void {
  if (typeof value === 'string') {
    const digits = roundedNumberIn(value);
    if (digits !== null) throw wrong(path, say('rounded', { value: digits }));
    const text = value.trim();
    if (TELLING.test(path) && BY_SPREADSHEET.test(text)) throw wrong(path, say('by-spreadsheet', { value: text }));
  } else if (typeof value === 'object' && value !== null && path.split('.').length < 3)
    for (const [key, one] of Object.entries(value))
      refuseRounded(one, wrong, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
}

function addressOf(value: unknown): string | null {
  const text = foreignText(value);
  return text?.includes('@') === true ? text : null;
}

function imeiOf(value: unknown): string | null {
  return foreignId(foreignText(value)?.replace(/[\s-]/g, ''));
}
