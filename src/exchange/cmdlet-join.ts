/** Objects of Get-CASMailbox, Get-User and Get-MobileDevice, fed one after the other, as EAS records: joined as a reading joins them. */
import type { PlainObject } from '../clixml/value.ts';
import { foreignTime } from '../model/foreign.ts';
import { easRecordKey } from '../model/keys.ts';
import { nameOf } from '../model/record-fields.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import type { EasRecord } from '../model/records.ts';
import { toCasMailbox } from './cmdlets/get-cas-mailbox.ts';
import { toMobileDevice } from './cmdlets/get-mobile-device.ts';
import { toUser } from './cmdlets/get-user.ts';
import { distinguishedNameOf, guidOf, textOf } from './cmdlets/plain-record.ts';
import { conflictMailbox, distinguishedNameKey, mailboxOfDevice } from './distinguished-name.ts';
import { DeviceTable } from './device-table.ts';
import { toEasRecord } from './eas-record.ts';
import { fedRecordError } from './fed-record.ts';
import { GapCollector } from './gap-collector.ts';
import { MailboxTable } from './mailbox-table.ts';

type CmdletName = 'Get-CASMailbox' | 'Get-User' | 'Get-MobileDevice' | 'Get-MobileDeviceStatistics';

/*
 *   the object has                                                       it is of
 *   LastSuccessSync, LastSyncAttemptTime                                 Get-MobileDeviceStatistics: refused, it is no device
 *   DeviceId                                                             Get-MobileDevice
 *   ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs               Get-CASMailbox
 *   UserPrincipalName                                                    Get-User
 *   none of them                                                         no cmdlet
 */
const MARKS: readonly (readonly [property: string, cmdlet: CmdletName])[] = [
  ['LastSuccessSync', 'Get-MobileDeviceStatistics'],
  ['LastSyncAttemptTime', 'Get-MobileDeviceStatistics'],
  ['DeviceId', 'Get-MobileDevice'],
  ['ActiveSyncAllowedDeviceIDs', 'Get-CASMailbox'],
  ['ActiveSyncBlockedDeviceIDs', 'Get-CASMailbox'],
  ['UserPrincipalName', 'Get-User'],
];

/** Objects come in this order: an object needs what came before it. */
const ORDER: readonly CmdletName[] = ['Get-CASMailbox', 'Get-User', 'Get-MobileDevice'];

/** Properties that must be there, and those that hold lists; what else is read may be missing, and is a text, number or boolean. */
const SHAPES: Readonly<
  Record<
    string,
    { readonly needed: readonly string[]; readonly lists: readonly string[]; readonly read: readonly string[] }
  >
> = {
  'Get-CASMailbox': {
    needed: ['Guid', 'DistinguishedName', 'ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs'],
    lists: ['ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs', 'EmailAddresses'],
    read: ['DisplayName', 'PrimarySmtpAddress'],
  },
  'Get-User': { needed: ['Guid', 'DistinguishedName', 'UserPrincipalName'], lists: [], read: ['RecipientTypeDetails'] },
  'Get-MobileDevice': {
    needed: ['Guid', 'DistinguishedName', 'DeviceId', 'DeviceAccessState'],
    lists: [],
    read: [
      'DeviceType',
      'DeviceModel',
      'DeviceOS',
      'DeviceUserAgent',
      'FriendlyName',
      'DeviceImei',
      'ClientType',
      'ClientVersion',
      'DeviceActiveSyncVersion',
      'DeviceAccessStateReason',
      'FirstSyncTime',
    ],
  },
};

/** The objects of one reading. */
export class CmdletJoin {
  readonly #organization: string;
  readonly #mailboxes = new MailboxTable();
  readonly #devices = new DeviceTable();
  readonly #gaps = new GapCollector();
  /** Of {@link ORDER}. */
  #step = 0;

  /** @param organization names the organization in records and keys */
  constructor(organization: string) {
    this.#organization = organization;
  }

  /**
   * @returns the record that a device makes, with the others of its mailbox and EAS ID that came before; `no record` for a mailbox or user; null for what is no object of a cmdlet
   * @throws ConnectorError ERR_EAS_RECORD for an object without what a record needs, a device whose mailbox has not come, and
   *   an object that comes too late
   */
  take(fed: unknown, nth: number): EasRecord | 'no record' | null {
    const cmdlet = cmdletOf(fed);
    if (cmdlet === null) return null;
    if (cmdlet === 'Get-MobileDeviceStatistics')
      throw fedRecordError(nth, 'record', 'is of Get-MobileDeviceStatistics; those of Get-MobileDevice are wanted');
    const object = fed as PlainObject;
    checkShape(cmdlet, object, nth);
    this.#checkOrder(cmdlet, nth);
    if (cmdlet === 'Get-MobileDevice') return this.#record(object, nth);
    if (cmdlet === 'Get-User') this.#keepUser(object, nth);
    else this.#keepMailbox(object, nth);
    return 'no record';
  }

  /** What of the objects so far makes no record though it is there; null: nothing. */
  get gaps(): ReadingGaps | null {
    return this.#gaps.gaps(() => null);
  }

  #checkOrder(cmdlet: CmdletName, nth: number): void {
    const step = ORDER.indexOf(cmdlet);
    if (step < this.#step)
      throw fedRecordError(nth, 'record', `is of ${cmdlet}; these come before those of ${ORDER[this.#step] ?? ''}`);
    this.#step = step;
  }

  #keepMailbox(object: PlainObject, nth: number): void {
    const mailbox = toCasMailbox(object) ?? refuseIdentity(nth);
    const { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds } = mailbox;
    const entry = { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds, upn: null, type: null };
    this.#mailboxes.set(distinguishedNameKey(mailbox.distinguishedName), entry);
  }

  /** Most users have no device: of those nothing is kept. */
  #keepUser(object: PlainObject, nth: number): void {
    const user = toUser(object) ?? refuseIdentity(nth);
    this.#mailboxes.setUser(distinguishedNameKey(user.distinguishedName), user);
  }

  /*
   *   a device                                          then
   *   of a mailbox that came                            makes a record
   *   in a container that a conflict has left (CNF:),   is a gap of the reading, as it is in one of Exchange
   *   of a mailbox that came
   *   without a DeviceId, of a mailbox that came        is a gap, too
   *   any other                                         refused
   */
  #record(object: PlainObject, nth: number): EasRecord | 'no record' {
    const device = toMobileDevice({ ...object, FirstSyncTime: firstSyncTime(object, nth) });
    const dn = distinguishedNameOf(object);
    if (dn === null || guidOf(object, 'Guid') === null) return refuseIdentity(nth);
    const own = mailboxOfDevice(dn);
    const name = own ?? conflictMailbox(dn);
    if (name === null) throw fedRecordError(nth, 'DistinguishedName', 'is not that of a mobile device');
    const mailbox = this.#mailboxes.get(distinguishedNameKey(name));
    if (mailbox === undefined)
      throw fedRecordError(
        nth,
        'DistinguishedName',
        'lies in a mailbox of which no object of Get-CASMailbox came before',
      );
    if (device === null || own === null) {
      this.#gaps.addObject(own === null ? 'conflict-container' : 'no-id', dn, mailbox.id);
      return 'no record';
    }
    const key = easRecordKey(this.#organization, mailbox.id, device.deviceId);
    return toEasRecord(this.#organization, mailbox, this.#devices.add(key, device));
  }
}

function cmdletOf(fed: unknown): CmdletName | null {
  if (typeof fed !== 'object' || fed === null || Array.isArray(fed)) return null;
  return MARKS.find(([property]) => Object.hasOwn(fed, property))?.[1] ?? null;
}

/** What is read may not be hidden in an object: ConvertTo-Json makes such of rich properties, and reading on would lose them. */
function checkShape(cmdlet: CmdletName, object: PlainObject, nth: number): void {
  const { needed, lists, read } = SHAPES[cmdlet]!;
  for (const property of needed)
    if (!Object.hasOwn(object, property)) throw fedRecordError(nth, property, `is missing in this object of ${cmdlet}`);
  for (const property of [...needed, ...lists, ...read]) {
    const value: unknown = Object.hasOwn(object, property) ? object[property] : null;
    const isList = lists.includes(property);
    const values: readonly unknown[] = isList && Array.isArray(value) ? value : [value];
    // A number in a list is an EAS ID that lost its zeros.
    const odd = values.find((one) => (isList ? typeof one !== 'string' : typeof one === 'object') && one !== null);
    if (odd !== undefined) throw fedRecordError(nth, property, `is ${nameOf(odd)}; a text is expected`);
  }
}

/** A time; Windows PowerShell writes it as `/Date(milliseconds)/`. */
function firstSyncTime(object: PlainObject, nth: number): string | null {
  const text = textOf(object, 'FirstSyncTime');
  const [, milliseconds] = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text ?? '') ?? [];
  if (milliseconds !== undefined) return foreignTime(new Date(Number(milliseconds)));
  const time = foreignTime(text);
  if (time === null && text !== null && !/^(0001|1601|9999)-/.test(text))
    throw fedRecordError(nth, 'FirstSyncTime', 'is not an ISO 8601 time');
  return time;
}

function refuseIdentity(nth: number): never {
  throw fedRecordError(nth, 'Guid, DistinguishedName or DeviceId', 'is empty, or not what it must be');
}
