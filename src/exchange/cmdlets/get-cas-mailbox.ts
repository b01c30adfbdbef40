/** Get-CASMailbox: a mailbox's client access settings and its personal device lists. */
import type { PlainObject } from '../../clixml/value.ts';
import type { CmdletTransport } from '../transport.ts';
import type { Filter } from './filter.ts';
import { booleanOf, distinguishedNameOf, guidOf, smtpAddresses, easIdsOf, textOf, textsOf } from './plain-record.ts';
import { queryParameters, readObjects } from './read-objects.ts';
import type { Identified, Query, ReadOptions } from './read-objects.ts';

/** What we read of a CASMailbox object. */
export interface CasMailbox extends Identified {
  readonly displayName: string | null;
  /** Primary SMTP address. */
  readonly address: string | null;
  /** Every SMTP address, the primary one first. */
  readonly addresses: readonly string[];
  readonly activeSyncEnabled: boolean | null;
  /** ActiveSyncAllowedDeviceIDs, as Exchange spells them. */
  readonly allowedDeviceIds: readonly string[];
  /** ActiveSyncBlockedDeviceIDs. */
  readonly blockedDeviceIds: readonly string[];
}

/**
 * Mailboxes that have a device partnership, without Exchange's own (Get-CASMailbox, example 3 in office-docs-powershell).
 * The flag can be wrong; -RecalculateHasActiveSyncDevicePartnership repairs it (KB 3001236).
 */
export const WITH_DEVICES: Filter = {
  all: [
    { property: 'HasActiveSyncDevicePartnership', operator: 'eq', value: true },
    { not: { property: 'DisplayName', operator: 'like', value: 'CAS_{*' } },
  ],
};

/** True for a mailbox that {@link WITH_DEVICES} leaves out: Exchange's own probes sync with it. */
export function isOfExchange({ displayName }: Pick<CasMailbox, 'displayName'>): boolean {
  return displayName !== null && /^CAS_\{/i.test(displayName);
}

/** What {@link toCasMailbox} reads. */
export const CAS_MAILBOX_PROPERTIES: ReadonlySet<string> = new Set([
  'Guid',
  'DistinguishedName',
  'PrimarySmtpAddress',
  'EmailAddresses',
  'DisplayName',
  'ActiveSyncEnabled',
  'ActiveSyncAllowedDeviceIDs',
  'ActiveSyncBlockedDeviceIDs',
]);

/** Streams mailboxes. Throws what the transport throws, and ERR_EXCHANGE_RECORD if another mailbox came back than asked for. */
export function getCasMailbox(
  transport: CmdletTransport,
  query: Query,
  options?: ReadOptions,
): AsyncGenerator<CasMailbox, void, undefined> {
  const properties = CAS_MAILBOX_PROPERTIES;
  return readObjects(transport, 'Get-CASMailbox', queryParameters(query), toCasMailbox, { ...options, properties });
}

/** A CASMailbox object read; null without GUID or distinguished name. */
export function toCasMailbox(record: PlainObject): CasMailbox | null {
  const id = guidOf(record, 'Guid');
  const distinguishedName = distinguishedNameOf(record);
  if (id === null || distinguishedName === null) return null;
  const addresses = smtpAddresses(textOf(record, 'PrimarySmtpAddress'), textsOf(record, 'EmailAddresses'));
  return {
    id,
    distinguishedName,
    displayName: textOf(record, 'DisplayName'),
    address: addresses[0] ?? null,
    addresses,
    activeSyncEnabled: booleanOf(record, 'ActiveSyncEnabled'),
    allowedDeviceIds: easIdsOf(record, 'ActiveSyncAllowedDeviceIDs'),
    blockedDeviceIds: easIdsOf(record, 'ActiveSyncBlockedDeviceIDs'),
  };
}
