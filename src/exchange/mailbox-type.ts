/** What kind of mailbox a device is on: Exchange's RecipientTypeDetails as Get-User gives it. Pure. */

/**
 * RecipientTypeDetails by number, for servers and feeds that send enums bare (msExchRecipientTypeDetails in
 * https://learn.microsoft.com/archive/technet-wiki/54249.exchange-recipient-type-values).
 */
const TYPES: Readonly<Record<string, string>> = {
  1: 'UserMailbox',
  2: 'LinkedMailbox',
  4: 'SharedMailbox',
  8: 'LegacyMailbox',
  16: 'RoomMailbox',
  32: 'EquipmentMailbox',
  4096: 'SystemAttendantMailbox',
  8192: 'SystemMailbox',
  8388608: 'ArbitrationMailbox',
  536870912: 'DiscoveryMailbox',
  549755813888: 'MonitoringMailbox',
};

/** The mailboxes that New-TestCasConnectivityUser.ps1 makes for Test-ActiveSyncConnectivity: `extest_` and 13 hex digits. */
const TEST_MAILBOX = /^extest_[0-9a-f-]{8,}(?:@|$)/i;
/** Exchange's own word for the mailboxes of its probes. */
const MONITORING = 'MonitoringMailbox';

/** RecipientTypeDetails as a word: an open set, passed on as it is; null for unset and for a number that nobody knows. */
export function recipientTypeDetails(text: string | null): string | null {
  if (text === null || text === '') return null;
  return /^\d+$/.test(text) ? (TYPES[text] ?? null) : text;
}

/**
 * The type of a mailbox, as records have it. Exchange calls its own test mailboxes UserMailbox, for that is how a script makes them;
 * here they are what those of its probes are.
 */
export function mailboxType(told: string | null, names: readonly (string | null)[]): string | null {
  return names.some((name) => name !== null && TEST_MAILBOX.test(name)) ? MONITORING : told;
}
