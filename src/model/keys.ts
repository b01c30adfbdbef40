/** How foreign identifiers are compared, and the keys that records go by. */

/** EAS IDs are compared trimmed and case-folded; written back as Exchange spells them. */
export function foldEasId(easId: string): string {
  return easId.trim().toLowerCase();
}

/**
 * Names of people and groups are compared trimmed, case-folded and composed: some systems write ü as one character, others as
 * two (https://www.unicode.org/reports/tr15/).
 */
export function foldName(name: string): string {
  const folded = name.trim().toLowerCase();
  return isAscii(folded) ? folded : folded.normalize('NFC');
}

/** Composed as it is. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** Users are compared by address or UPN, folded as names are. */
export function foldAddress(address: string): string {
  return foldName(address);
}

/** Key of an EAS record: organization, mailbox GUID and folded EAS ID. One phone with two mailboxes is two records. */
export function easRecordKey(organization: string, mailboxId: string, easId: string): string {
  return `${easMailboxPrefix(organization, mailboxId)}${foldEasId(easId)}`;
}

/** The parts of an EAS record's key; the EAS ID is folded. Null: it is none. */
export function readEasRecordKey(
  key: string,
): { readonly organization: string; readonly mailboxId: string; readonly easId: string } | null {
  const parts = /^eas:([^]*?):([0-9a-f-]{36}):([^]*)$/.exec(key);
  if (parts === null) return null;
  const [, organization = '', mailboxId = '', easId = ''] = parts;
  return { organization, mailboxId, easId };
}

/** What the keys of all EAS records of a mailbox begin with. */
export function easMailboxPrefix(organization: string, mailboxId: string): string {
  return `eas:${organization}:${mailboxId.toLowerCase()}:`;
}

/** Key of an MDM record: its source and the MDM's own id. */
export function mdmRecordKey(source: string, id: string): string {
  return `${mdmRecordPrefix(source)}${id}`;
}

/** What the keys of all MDM records of a source begin with. */
export function mdmRecordPrefix(source: string): string {
  return `mdm:${source}:`;
}
