/** Makes EAS records out of a mailbox and the partnerships of one EAS ID on it. Pure. */
import { easRecordKey, foldEasId } from '../model/keys.ts';
import type { EasPartnership, EasRecord, Listed } from '../model/records.ts';
import type { MobileDevice } from './cmdlets/get-mobile-device.ts';
import { mailboxType } from './mailbox-type.ts';

/** What a record needs of its mailbox, and nothing more: one of these is kept for every mailbox with devices. */
export interface MailboxEntry {
  readonly id: string;
  readonly displayName: string | null;
  readonly address: string | null;
  readonly addresses: readonly string[];
  readonly allowedDeviceIds: readonly string[];
  readonly blockedDeviceIds: readonly string[];
  readonly upn: string | null;
  /** RecipientTypeDetails; null: Get-User was not asked, was refused, or did not tell. */
  readonly type: string | null;
}

/**
 * Which personal list names the device. Compared folded. A blocked entry beats an allowed one: Exchange evaluates the
 * block exemption first (order of evaluation, TechNet "Exchange ActiveSync device access").
 */
export function listedAs(mailbox: Pick<MailboxEntry, 'allowedDeviceIds' | 'blockedDeviceIds'>, easId: string): Listed {
  const folded = foldEasId(easId);
  if (mailbox.blockedDeviceIds.some((id) => foldEasId(id) === folded)) return 'blocked';
  return mailbox.allowedDeviceIds.some((id) => foldEasId(id) === folded) ? 'allowed' : null;
}

/*
 *   of the partnerships                    the record has
 *   one                                    what it says, and no list of partnerships
 *   several, with times of first syncs     what the one says that began last: device, state and its reason, first sync
 *   some without a time                    those count as older than all others
 *   several that began at once             the one whose distinguished name comes last
 *
 * The state is the newest one's though Exchange may show another one for the others: the personal lists know the EAS ID alone,
 * so what is written to them holds for all.
 *
 *   an object is made by          V8, once it has seen that most of them outlive a collection of its young
 *   a literal                     makes the next ones among the old: dead ones, and every text in them, stay until all is collected
 *   copying another one (spread)  makes them among the young, always
 *
 * Records outlive one, as a page is made of them, and no other: with literals a reading keeps twenty pages where two are needed.
 * The list of addresses is copied for this, too: whoever made it may have made it by a literal.
 */

/**
 * The EAS record of one EAS ID on a mailbox.
 * @param partnerships one at least, in any order: those of this mailbox and EAS ID
 */
export function toEasRecord(
  organization: string,
  mailbox: MailboxEntry,
  partnerships: readonly MobileDevice[],
): EasRecord {
  const { id, upn, address, displayName } = mailbox;
  const newestFirst = [...partnerships].sort(byAge);
  const device = newestFirst[0]!;
  const { model, os, userAgent, friendlyName, imei, clientType, protocolVersion } = device;
  const type = mailboxType(mailbox.type, [address, displayName]);
  const own = { id, upn, address, displayName, addresses: [...mailbox.addresses] };
  const told = { type: device.type, model, os, userAgent, friendlyName, imei, clientType, protocolVersion };
  const access = { state: device.state, reason: device.reason, listed: listedAs(mailbox, device.deviceId) };
  // Copies, see the table above.
  const record: EasRecord = {
    kind: 'eas',
    key: easRecordKey(organization, id, device.deviceId),
    organization,
    easId: device.deviceId,
    mailbox: { ...own, ...(type === null ? {} : { type }) },
    ...(newestFirst.length === 1 ? {} : { partnerships: newestFirst.map(toPartnership) }),
    device: { ...told },
    access: { ...access },
    firstSyncAt: device.firstSyncAt,
    deviceIdentity: device.distinguishedName,
  };
  return { ...record };
}

function toPartnership({ type, model, os, userAgent, firstSyncAt, state }: MobileDevice): EasPartnership {
  return { deviceType: type, model, os, userAgent, firstSyncAt, state };
}

function byAge(left: MobileDevice, right: MobileDevice): number {
  const [one, other] = [ageOf(left), ageOf(right)];
  if (one === other) return 0;
  return one < other ? 1 : -1;
}

/** Times in ISO 8601 UTC of one length compare as texts do; no time comes before all of them. */
function ageOf({ firstSyncAt, distinguishedName }: MobileDevice): string {
  return `${firstSyncAt ?? ''} ${distinguishedName}`;
}

/**
 * The mailbox GUID and folded EAS ID in a record's key.
 * @returns null for a key of another organization, or not a key at all
 */
export function readEasRecordKey(organization: string, key: string): { mailboxId: string; easId: string } | null {
  const prefix = `eas:${organization}:`;
  if (!key.startsWith(prefix)) return null;
  const match = /^([0-9a-f-]{36}):([^]+)$/i.exec(key.slice(prefix.length));
  return match ? { mailboxId: (match[1] ?? '').toLowerCase(), easId: match[2] ?? '' } : null;
}
