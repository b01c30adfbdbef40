/** An EAS record that comes by message, checked strictly: what it does not say may not look like what Exchange does not say. Pure. */
import { ConnectorError } from '../errors.ts';
import { foreignEasId, foreignId, foreignText } from '../model/foreign.ts';
import { easRecordKey } from '../model/keys.ts';
import { nameOf, RecordFields } from '../model/record-fields.ts';
import type { AccessState, EasPartnership, EasRecord } from '../model/records.ts';
import { accessReason } from './cmdlets/get-mobile-device.ts';
import { isGuid } from './cmdlets/identity.ts';
import { smtpAddresses } from './cmdlets/plain-record.ts';
import { mailboxType, recipientTypeDetails } from './mailbox-type.ts';

const STATES: readonly AccessState[] = ['allowed', 'blocked', 'quarantined', 'discovery', 'unknown'];
const LISTED = ['allowed', 'blocked'] as const;

/** The shape, which is that of the records on the EAS source's output. A field that is not here is an error. */
const RECORD_FIELDS = [
  'kind',
  'key',
  'organization',
  'easId',
  'mailbox',
  'partnerships',
  'device',
  'access',
  'firstSyncAt',
  'lastSyncAt',
  'deviceIdentity',
];
const MAILBOX_FIELDS = ['id', 'upn', 'address', 'displayName', 'addresses', 'type'];
const DEVICE_FIELDS = ['type', 'model', 'os', 'userAgent', 'friendlyName', 'imei', 'clientType', 'protocolVersion'];
const PARTNERSHIP_FIELDS = ['deviceType', 'model', 'os', 'userAgent', 'firstSyncAt', 'state'];
const ACCESS_FIELDS = ['state', 'reason', 'listed'];

/** Longest distinguished name that Exchange's own reading takes. */
const MAX_DISTINGUISHED_NAME = 4096;

/** What a fed object is wrong with: says which one and which field. */
export function fedRecordError(nth: number, field: string, why: string): ConnectorError {
  const what = field === 'record' ? `Record ${nth}` : `Record ${nth}: ${field}`;
  return new ConnectorError('ERR_EAS_RECORD', `${what} ${why}.`, { details: { record: nth, field } });
}

/**
 * Checks a record, and makes it as a reading of Exchange would have: its key, its addresses, what stands for "unset".
 * `easId`, `mailbox.id`, `access.state` and `access.listed` must be said (`listed` may be null); all else may be left out.
 * @param organization that the reading is of; key and organization of the record may be left out, and may not contradict
 * @param nth which record of its reading it is, from 1; for the error
 * @throws ConnectorError ERR_EAS_RECORD naming record and field, in `details` too
 */
export function toEasRecordFromFed(fed: unknown, organization: string, nth: number): EasRecord {
  const wrong = (field: string, why: string): ConnectorError => fedRecordError(nth, field, why);
  const fields = new RecordFields(wrong);
  const record = fields.of(fed, 'record', RECORD_FIELDS);
  const mailbox = fields.of(record['mailbox'], 'mailbox', MAILBOX_FIELDS);
  const device = fields.of(record['device'] ?? {}, 'device', DEVICE_FIELDS);
  const access = fields.of(record['access'], 'access', ACCESS_FIELDS);
  fields.word(record['kind'], 'kind', ['eas']);
  const easId = fields.text(record['easId'], 'easId', foreignEasId);
  if (easId === null) throw wrong('easId', 'is missing; without it a device cannot be told from others');
  const mailboxId = fields.text(mailbox['id'], 'mailbox.id')?.toLowerCase() ?? '';
  if (!isGuid(mailboxId)) throw wrong('mailbox.id', 'is not a GUID; lists are written to the mailbox that it names');
  const state = stateOf(access, 'access', fields, wrong);
  if (access['listed'] === undefined)
    throw wrong('access.listed', 'is missing; it is "allowed", "blocked", or null where neither list names the device');
  const addresses = smtpAddresses(
    fields.text(mailbox['address'], 'mailbox.address'),
    fields.texts(mailbox['addresses'], 'mailbox.addresses'),
  );
  const text = (name: string, clean?: (value: unknown) => string | null): string | null =>
    fields.text(device[name], `device.${name}`, clean);
  const displayName = fields.text(mailbox['displayName'], 'mailbox.displayName');
  const type = mailboxType(recipientTypeDetails(fields.text(mailbox['type'], 'mailbox.type')), [
    addresses[0] ?? null,
    displayName,
  ]);
  const made: EasRecord = {
    kind: 'eas',
    key: easRecordKey(organization, mailboxId, easId),
    organization,
    easId,
    mailbox: {
      id: mailboxId,
      upn: fields.text(mailbox['upn'], 'mailbox.upn'),
      address: addresses[0] ?? null,
      displayName,
      addresses,
      ...(type === null ? {} : { type }),
    },
    ...partnershipsOf(record['partnerships'], fields, wrong),
    device: {
      type: text('type'),
      model: text('model'),
      os: text('os'),
      userAgent: text('userAgent'),
      friendlyName: text('friendlyName'),
      imei: text('imei', foreignId),
      clientType: text('clientType'),
      protocolVersion: text('protocolVersion'),
    },
    access: {
      state,
      reason: accessReason(fields.text(access['reason'], 'access.reason')),
      listed: fields.word(access['listed'], 'access.listed', LISTED),
    },
    firstSyncAt: fields.time(record['firstSyncAt'], 'firstSyncAt'),
    ...('lastSyncAt' in record ? { lastSyncAt: fields.time(record['lastSyncAt'], 'lastSyncAt') } : {}),
    ...('deviceIdentity' in record ? { deviceIdentity: identityOf(record['deviceIdentity'], fields, wrong) } : {}),
  };
  refuseOther(record, made, wrong);
  return made;
}

function stateOf(
  value: Readonly<Record<string, unknown>>,
  field: string,
  fields: RecordFields,
  wrong: (field: string, why: string) => ConnectorError,
): AccessState {
  const state = fields.word(value['state'], `${field}.state`, STATES);
  if (state === null) throw wrong(`${field}.state`, `is missing; known are ${STATES.join(', ')}`);
  return state;
}

/** One alone is what `device` says. */
function partnershipsOf(
  value: unknown,
  fields: RecordFields,
  wrong: (field: string, why: string) => ConnectorError,
): Pick<EasRecord, 'partnerships'> {
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value)) throw wrong('partnerships', `is ${nameOf(value)}, not a list`);
  const partnerships = value.map((one, at): EasPartnership => {
    const field = `partnerships[${at}]`;
    const given = fields.of(one, field, PARTNERSHIP_FIELDS);
    return {
      deviceType: fields.text(given['deviceType'], `${field}.deviceType`),
      model: fields.text(given['model'], `${field}.model`),
      os: fields.text(given['os'], `${field}.os`),
      userAgent: fields.text(given['userAgent'], `${field}.userAgent`),
      firstSyncAt: fields.time(given['firstSyncAt'], `${field}.firstSyncAt`),
      state: stateOf(given, field, fields, wrong),
    };
  });
  return partnerships.length < 2 ? {} : { partnerships };
}

/** As Exchange's own reading takes a distinguished name: not cut, not cleaned, since it is sent back. */
function identityOf(
  value: unknown,
  fields: RecordFields,
  wrong: (field: string, why: string) => ConnectorError,
): string | null {
  const text = fields.text(value, 'deviceIdentity', (given) => String(given));
  if (text !== null && text.length > MAX_DISTINGUISHED_NAME) throw wrong('deviceIdentity', 'is too long');
  return text === '' ? null : text;
}

/** A record of another organization, or one whose key was made of something else, is no record of this reading. */
function refuseOther(
  { organization, key }: Readonly<Record<string, unknown>>,
  made: EasRecord,
  wrong: (field: string, why: string) => ConnectorError,
): void {
  if (organization !== undefined && organization !== null && organization !== made.organization) {
    const said = foreignText(organization)?.slice(0, 40) ?? '';
    throw wrong(
      'organization',
      `is "${said}", and the Exchange server that is chosen stands for "${made.organization}"; choose the other one, or leave organization and key out`,
    );
  }
  if (key !== undefined && key !== null && key !== made.key)
    throw wrong('key', 'is not that of its organization, mailbox and EAS ID; leave it out');
}
