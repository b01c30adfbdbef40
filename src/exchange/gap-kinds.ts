/** Objects that Exchange cannot give: what is wrong with them, and what repairs them. Pure. */
import { isConnectorError } from '../errors.ts';
import { isFilterRefused } from './cmdlet-error.ts';

/** What is wrong with an object. */
export type GapKind = 'unreachable-database' | 'corrupted' | 'conflict-container' | 'no-id' | 'no-name' | 'other';

/*
 *   the error record says                                     it is
 *   that the store or database of a mailbox is not there      unreachable-database
 *   corrupted, inconsistent, a validation that failed         corrupted
 *   anything else                                             other
 *
 *   the object that came                                      it is
 *   is a device in a container named …CNF:<GUID>              conflict-container
 *   is a device with an empty DeviceId, or one that cannot    no-id
 *   be written back
 *   has no GUID or no distinguished name                      no-name
 */
const KINDS: readonly (readonly [kind: GapKind, marks: RegExp])[] = [
  [
    'unreachable-database',
    /MdbOffline|MailboxOffline|MailboxInTransit|MailboxUnavailable|StorageTransient|ConnectionFailedTransient|MapiException(?:Network|Mdb)|DatabaseNotFound|ServerNotFound|database\b.{0,80}\b(?:offline|dismounted|unreachable|unavailable|can(?:not|n['’]t) be reached|could(?: not|n['’]t) be reached)/i,
  ],
  ['corrupted', /corrupt|inconsistent state|DataValidation|InvalidADObject|PropertyValidation|validation errors?\b/i],
];

/** Kind of an error record. */
export function gapKindOf(error: Error): GapKind {
  const details = isConnectorError(error) ? error.details : {};
  const words = [error.message, details['errorId'], details['reason'], details['exception']].filter(isText).join('\n');
  return KINDS.find(([, marks]) => marks.test(words))?.[0] ?? 'other';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/*
 *   an error record in the middle of a reading       then
 *   the account lacks the cmdlet                     the reading fails
 *   names no object, and is of the filter            the reading fails: the server does not take it
 *   names no object, and nothing came at all         the reading fails: it is about the call
 *   any other                                        a gap
 */

/** The error by which a read fails though it ended; null: its errors are gaps. @param count objects that came */
export function failureAmong(
  errors: readonly Error[],
  count: number,
  namesObject: (error: Error) => boolean,
): Error | null {
  const isOfCall = (error: Error): boolean =>
    !isConnectorError(error, 'ERR_EXCHANGE_CMDLET') || (!namesObject(error) && (count === 0 || isFilterRefused(error)));
  return errors.find(isOfCall) ?? null;
}

/** Why they were not given, and what to do. */
export const GAP_TEXTS: Readonly<Record<GapKind, { readonly why: string; readonly remedy: string }>> = {
  'unreachable-database': {
    why: 'a mailbox database that it does not reach',
    remedy: 'See Get-MailboxDatabaseCopyStatus and mount the database (Mount-Database), or repair the mailbox.',
  },
  corrupted: {
    why: 'corrupted in Active Directory',
    remedy:
      'Get-CASMailbox or Get-MobileDevice with -Identity of the object names the attribute that is wrong: set it right, or remove the device (Remove-MobileDevice).',
  },
  'conflict-container': {
    why: 'in a container that a replication conflict of Active Directory has left (CNF: in its name)',
    remedy:
      'If the phone is in use, its device is beside it in the container without CNF:; delete the one with CNF: in ADSI Edit.',
  },
  'no-id': {
    why: 'a device without a DeviceId, or with one that is too long or cannot be written back',
    remedy: 'Remove each with Remove-MobileDevice; a phone in use makes itself a new one.',
  },
  'no-name': {
    why: 'without GUID or distinguished name',
    remedy: 'Look for them with Get-CASMailbox and Get-MobileDevice in the Exchange Management Shell.',
  },
  other: {
    why: 'for a cause of its own',
    remedy: 'Read one of them in the Exchange Management Shell and see what it says.',
  },
};
