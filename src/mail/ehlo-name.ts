/** How this host names itself to a mail server. Pure. */

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/*
 * RFC 5321 section 4.1.1.1: a full name, or an address in brackets where there is none. Mail servers refuse a bare name
 * (Postfix: reject_non_fqdn_helo_hostname), and some take a loopback address for a forgery.
 *
 *   this host calls itself      the name
 *   nodered.contoso.com         the same
 *   nodered                     nodered.<domain of the sender>
 *   anything that is no name    none: the library's own
 */

/** @param host as the operating system has it @param address the sender's */
export function ehloName(host: string, address: string): string | null {
  const labels = host.trim().replace(/\.$/, '').split('.');
  if (!labels.every((label) => LABEL.test(label))) return null;
  // An address is no name, and neither is what every host calls itself.
  if (/^\d+$/.test(labels.at(-1) ?? '') || labels[0]?.toLowerCase() === 'localhost') return null;
  if (labels.length > 1) return labels.join('.');
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return domain === '' ? null : `${labels[0]}.${domain}`;
}
