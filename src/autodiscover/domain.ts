/** Which mail domains are checked at all. No I/O here. */
import { ConnectorError } from '../errors.ts';
import { isPublicSuffix } from '../http/registered-domain.ts';

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

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
  if (isPublicSuffix(domain)) return refuse('is a public suffix, not a mail domain');
  return domain;
}
