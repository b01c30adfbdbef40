/** Distinguished names as Active Directory writes them (RFC 4514). Pure; no I/O here. */

const HEX_PAIR = /^[0-9a-fA-F]{2}$/;
/** `type=value` with an attribute type of letters, digits, hyphens or dots (RFC 4514 2, 3). */
const RDN = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=([^]*)$/;

/** The container below a user object that holds its mobile devices (Exchange's directory schema; see the DNs in a Get-MobileDevice answer). */
const DEVICE_CONTAINER = 'cn=exchangeactivesyncdevices';

/** Cuts a distinguished name at its unescaped commas. Parts keep their escapes. */
export function splitDistinguishedName(dn: string): string[] {
  if (!dn.includes('\\') && !dn.includes('"')) return dn.split(',');
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < dn.length; at++) {
    const char = dn[at];
    if (char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      parts.push(dn.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(dn.slice(start));
  return parts;
}

/** True if the text has the form of a distinguished name with at least two parts, none of them empty, and no control characters. */
export function isDistinguishedName(text: string): boolean {
  if (text === '' || text.length > 4096 || /[\u0000-\u001f\u007f]/.test(text)) return false;
  const parts = splitDistinguishedName(text);
  return parts.length >= 2 && parts.every((part) => (RDN.exec(part)?.[2] ?? '').trim() !== '');
}

/**
 * The form two spellings of one name share: escapes resolved, types and values case-folded, blanks around commas gone.
 * Active Directory compares names without regard to case.
 */
export function distinguishedNameKey(dn: string): string {
  if (!dn.includes('\\') && !dn.includes('"') && !/[,=]\s|\s[,=]/.test(dn)) return dn.trim().toLowerCase();
  return splitDistinguishedName(dn).map(rdnKey).join(',');
}

/**
 * The mailbox a mobile device's name lies under: `CN=<type§id>,CN=ExchangeActiveSyncDevices,<mailbox>`.
 * @returns the mailbox's distinguished name as written, or null if the name is not a device's
 */
export function mailboxOfDevice(deviceDn: string): string | null {
  const parts = splitDistinguishedName(deviceDn);
  const [device, container, ...mailbox] = parts;
  if (device === undefined || container === undefined || mailbox.length === 0) return null;
  if (rdnKey(container) !== DEVICE_CONTAINER || !/^\s*cn\s*=/i.test(device)) return null;
  return mailbox.join(',').trim();
}

/**
 * The mailbox of a device whose container is what a conflict between two domain controllers has left:
 * `CN=<type§id>,CN=ExchangeActiveSyncDevices\0ACNF:<GUID>,<mailbox>` (the older one of two objects of one name gets a line
 * feed, CNF and its GUID: Microsoft TechNet, "Unravelling CNF").
 * @returns the mailbox's distinguished name as written, or null for any other name
 */
export function conflictMailbox(deviceDn: string): string | null {
  const [device, container, ...mailbox] = splitDistinguishedName(deviceDn);
  if (device === undefined || container === undefined || mailbox.length === 0) return null;
  return rdnKey(container).startsWith(`${DEVICE_CONTAINER}\ncnf:`) ? mailbox.join(',').trim() : null;
}

function rdnKey(part: string): string {
  const match = RDN.exec(part);
  if (!match) return part.trim().toLowerCase();
  // Escape commas again, so that one value never looks like two parts.
  const value = unescapeValue(match[2] ?? '')
    .toLowerCase()
    .replace(/[\\,]/g, '\\$&');
  return `${(match[1] ?? '').toLowerCase()}=${value}`;
}

/** RFC 4514 2.4: a backslash before a special character, or before a hex pair that is one UTF-8 byte. */
function unescapeValue(raw: string): string {
  // A blank at the end counts if it is escaped (RFC 4514 2.4), so trim only what is not.
  let text = raw.replace(/^\s+/, '').replace(/(?<!\\)\s+$/, '');
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) text = text.slice(1, -1);
  if (!text.includes('\\')) return text;
  const bytes: Buffer[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
      bytes.push(Buffer.from(char));
      at += char.length - 1;
      continue;
    }
    const pair = text.slice(at + 1, at + 3);
    if (HEX_PAIR.test(pair)) {
      bytes.push(Buffer.from(pair, 'hex'));
      at += 2;
    } else {
      bytes.push(Buffer.from(text.slice(at + 1, at + 2)));
      at += 1;
    }
  }
  return Buffer.concat(bytes).toString('utf8');
}
