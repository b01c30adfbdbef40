/** What may stand for one mailbox or device in a cmdlet: a GUID or a distinguished name, nothing else. */
import { ConnectorError } from '../../errors.ts';
import { distinguishedNameKey, isDistinguishedName } from '../distinguished-name.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NO_GUID = '00000000-0000-0000-0000-000000000000';

/** True for a GUID in its 8-4-4-4-12 form that is not all zero. */
export function isGuid(text: string): boolean {
  return GUID.test(text) && text !== NO_GUID;
}

/**
 * Checks an identity before it goes on the wire. An empty one, or one that names nothing, makes Exchange return or
 * change every object (caution in Get-MobileDevice, Get-CASMailbox, Get-MobileDeviceStatistics, office-docs-powershell),
 * and aliases or display names may name several.
 * @returns a GUID in lower case, or a distinguished name as given
 * @throws ERR_EXCHANGE_IDENTITY
 */
export function checkIdentity(value: unknown, what = 'Identity'): string {
  if (typeof value === 'string') {
    const text = value.trim();
    if (isGuid(text)) return text.toLowerCase();
    // A wildcard inside a name would be matched, not compared.
    if (isDistinguishedName(text) && !/[*?]/.test(text)) return text;
  }
  const shown =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value === null ? null : typeof value);
  throw new ConnectorError('ERR_EXCHANGE_IDENTITY', `${what} is ${shown}, neither a GUID nor a distinguished name.`, {
    details: { parameter: what },
  });
}

/** As {@link checkIdentity}, GUID only: what writes name their mailbox by. */
export function checkGuid(value: unknown, what = 'Identity'): string {
  if (typeof value === 'string' && isGuid(value.trim())) return value.trim().toLowerCase();
  const shown =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value === null ? null : typeof value);
  throw new ConnectorError('ERR_EXCHANGE_IDENTITY', `${what} is ${shown}, not a GUID.`, {
    details: { parameter: what },
  });
}

/** True if an object with this GUID and distinguished name is the one that was asked for. */
export function isIdentityOf(
  identity: string,
  object: { id: string | null; distinguishedName: string | null },
): boolean {
  if (isGuid(identity)) return object.id !== null && object.id.toLowerCase() === identity.toLowerCase();
  if (object.distinguishedName === null) return false;
  return distinguishedNameKey(object.distinguishedName) === distinguishedNameKey(identity);
}
