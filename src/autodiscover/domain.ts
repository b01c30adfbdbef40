/** Which mail domains are checked at all, and what belongs together under one owner. No I/O here. */
import { ConnectorError } from '../errors.ts';

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

// Second-level labels under which registries sell names (as co.uk, com.au, go.jp). Not the public suffix list, which would be
// a dependency of a quarter megabyte; a domain it misses is only treated as one owner's.
const SECOND_LEVEL = new Set(
  'ac co com edu gob gouv gov go gv info ltd me mil ne net nhs nom or org plc police sch web'.split(' '),
);

/**
 * The mail domain of an address or of itself, lower case. Throws ERR_AUTODISCOVER_DOMAIN for a single label or a public
 * suffix: clients that climbed to autodiscover.com gave 372,072 passwords away (guardicore.com, 2021), so nothing is sent there.
 */
export function mailDomain(addressOrDomain: string): string {
  const domain = addressOrDomain
    .slice(addressOrDomain.lastIndexOf('@') + 1)
    .toLowerCase()
    .replace(/\.$/, '');
  const labels = domain.split('.');
  const shown = JSON.stringify(domain.slice(0, 100));
  const refuse = (why: string): never => {
    throw new ConnectorError('ERR_AUTODISCOVER_DOMAIN', `${shown} ${why}.`, {
      details: { domain: domain.slice(0, 253) },
    });
  };
  if (domain.length > 240 || !labels.every((label) => LABEL.test(label))) return refuse('is not a domain name');
  if (labels.length < 2) return refuse('is a single label, not a mail domain');
  if (/^\d+$/.test(labels.at(-1) ?? '')) return refuse('is an address, not a mail domain');
  if (isPublicSuffix(labels)) return refuse('is a public suffix, not a mail domain');
  return domain;
}

function isPublicSuffix(labels: readonly string[]): boolean {
  const [second, top] = labels.slice(-2);
  return labels.length === 1 || (labels.length === 2 && top?.length === 2 && SECOND_LEVEL.has(second ?? ''));
}

/** The part of a host name that one owner registered: `mail.contoso.co.uk` → `contoso.co.uk`. */
export function registrableDomain(host: string): string {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  return labels.slice(isPublicSuffix(labels.slice(-2)) ? -3 : -2).join('.');
}
