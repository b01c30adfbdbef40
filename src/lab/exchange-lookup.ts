/** How Exchange's cmdlets find devices by identity. */
import type { Organization } from './organization.ts';
import type { Partnership } from './mailboxes.ts';

const CONTAINER = 'exchangeactivesyncdevices';

/** A device by GUID, distinguished name, canonical name, or `mailbox\ExchangeActiveSyncDevices\name`; null if there is none. */
export function findDevice(organization: Organization, identity: string): Partnership | null {
  const folded = identity.trim().toLowerCase();
  const byGuid = organization.partnershipByGuid(folded);
  if (byGuid !== null) return byGuid;
  const byDn = splitAt(identity, `,cn=${CONTAINER},`);
  if (byDn !== null) {
    return deviceOf(organization, byDn[1], (device) => device.distinguishedName.toLowerCase() === folded);
  }
  const byPath = splitAt(identity, `/${CONTAINER}/`) ?? splitAt(identity, `\\${CONTAINER}\\`);
  if (byPath === null) return null;
  const name = byPath[1].replace(/\\\//g, '/').toLowerCase();
  return deviceOf(organization, byPath[0], (device) => device.name.toLowerCase() === name);
}

function splitAt(text: string, separator: string): readonly [string, string] | null {
  const at = text.toLowerCase().indexOf(separator);
  return at === -1 ? null : [text.slice(0, at), text.slice(at + separator.length)];
}

function deviceOf(
  organization: Organization,
  owner: string,
  fits: (device: Partnership) => boolean,
): Partnership | null {
  return organization.directory.find(owner)?.partnerships.find(fits) ?? null;
}
