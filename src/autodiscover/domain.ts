/** Which mail domains are checked at all. No I/O here. */
import { domainToASCII } from 'node:url';
import { ConnectorError } from '../errors.ts';
import { isPublicSuffix } from '../http/registered-domain.ts';

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** `müller.example` → `xn--mller-kva.example`, as DNS and Exchange know it; empty if it cannot be one [RFC 5891]. */
export function asciiDomain(domain: string): string {
  return /^[\x00-\x7f]*$/.test(domain) ? domain : domainToASCII(domain);
}

/** The same for the domain of an address or of a sign-in name; what has no domain stays as it is. */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? address : address.slice(0, at + 1) + asciiDomain(address.slice(at + 1));
}

/**
 * The mail domain of an address or of itself, lower case. Throws ERR_AUTODISCOVER_DOMAIN for a single label or a public
 * suffix: clients that climbed to autodiscover.com gave 372,072 passwords away (guardicore.com, 2021), so nothing is sent there.
 */
export function mailDomain(addressOrDomain: string): string {
  const given = addressOrDomain.slice(addressOrDomain.lastIndexOf('@') + 1).toLowerCase();
  const domain = asciiDomain(given).replace(/\.$/, '');
  const labels = domain.split('.');
  const shown = JSON.stringify(given.slice(0, 100));
  const refuse = (why: string): never => {
    throw new ConnectorError('ERR_AUTODISCOVER_DOMAIN', `${shown} ${why}.`, {
      details: { domain: domain.slice(0, 253) },
    });
  };
  if (domain.length > 240 || !labels.every((label) => LABEL.test(label))) return refuse('is not a domain name');
  if (labels.length < 2) return refuse('is a single label, not a mail domain');
  if (/^\d+$/.test(labels.at(-1) ?? '')) return refuse('is an address, not a mail domain');
  if (isPublicSuffix(domain)) return refuse('is a public suffix, not a mail domain');
  return domain;
}
