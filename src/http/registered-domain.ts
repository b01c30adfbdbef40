/** Who owns a host name, by the public suffix list (publicsuffix.org) with its private section. No I/O here. */
import { isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { parse } from 'tldts';

/**
 * Names of Microsoft below which each customer has a name of its own, and which Microsoft has not put on the list
 * (publicsuffix/list issues 1485 and 1137; learn.microsoft.com, "application proxy: custom domains"). Below them every
 * name counts alone.
 */
const UNLISTED = [
  'onmicrosoft.com',
  'onmicrosoft.us',
  'onmschina.cn',
  'cloudapp.azure.com',
  'msappproxy.net',
  'msappproxy.us',
];

/**
 * A host name as it is compared: lower case, punycode, no final dot; an IPv6 address in brackets.
 * @returns '' for what is no host name
 */
export function hostName(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (isIPv6(bare)) return URL.parse(`https://[${bare}]`)?.hostname ?? '';
  const name = domainToASCII(bare);
  return name.split('.').includes('') ? '' : name;
}

/**
 * The part of a host name that one owner registered: `mail.contoso.co.uk` → `contoso.co.uk`.
 * @returns null for an address, a single label, a public suffix, and below a suffix that the list does not know
 */
export function registeredDomain(host: string): string | null {
  const name = hostName(host);
  if (isAddress(name) || UNLISTED.some((suffix) => isBelow(name, suffix))) return null;
  const { domain, isIcann, isPrivate } = lookUp(name);
  return isIcann === true || isPrivate === true ? domain : null;
}

/**
 * True if both hosts have one owner, so that what is secret to the one may go to the other. What the list does not know
 * fails closed: then only the same name is the same owner.
 *
 * | a                  | b                   | one owner                                            |
 * |--------------------|---------------------|------------------------------------------------------|
 * | any host           | the same host       | yes, whatever it is                                  |
 * | mail.contoso.me.uk | eas.contoso.me.uk   | yes, both are registered as contoso.me.uk            |
 * | mail.contoso.me.uk | mail.evil.me.uk     | no, anybody registers below me.uk                    |
 * | contoso.uk.com     | uk.com              | no, a suffix owns nothing but itself                 |
 * | mail.contoso.local | eas.contoso.local   | no, the list does not know who registers below local |
 * | 10.0.0.1           | 10.0.0.2            | no                                                   |
 * | no host name       | anything            | no                                                   |
 */
export function haveOneOwner(a: string, b: string): boolean {
  const [one, other] = [hostName(a), hostName(b)];
  if (one === '' || other === '') return false;
  if (one === other) return true;
  const domain = registeredDomain(one);
  return domain !== null && domain === registeredDomain(other);
}

/** True for a name below which strangers register: `co.uk`, `uk.com`, `github.io`, and any single label. */
export function isPublicSuffix(host: string): boolean {
  const name = hostName(host);
  return UNLISTED.includes(name) || (!isAddress(name) && lookUp(name).publicSuffix === name);
}

/** True for `domain` itself and every name below it. */
export function isBelow(host: string, domain: string): boolean {
  const [name, above] = [hostName(host), hostName(domain)];
  return above !== '' && (name === above || (!isAddress(above) && name.endsWith(`.${above}`)));
}

function isAddress(name: string): boolean {
  return name === '' || isIP(name) !== 0 || name.startsWith('[');
}

function lookUp(name: string): ReturnType<typeof parse> {
  return parse(name, { allowPrivateDomains: true, extractHostname: false });
}
