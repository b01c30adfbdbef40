/** Which authorities this host trusts: one answer for every connection. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';

/** What can be asked of this Node.js. */
interface NodeAuthorities {
  readonly ask: ((type: 'default') => readonly string[]) | undefined;
  /** Path in NODE_EXTRA_CA_CERTS. */
  readonly extra: string | undefined;
}

const here = (): NodeAuthorities => ({ ask: tls.getCACertificates, extra: process.env['NODE_EXTRA_CA_CERTS'] });

/**
 * PEM texts of the authorities Node.js trusts: the public ones, those of NODE_EXTRA_CA_CERTS, and with --use-system-ca the
 * operating system's. Before Node.js 22.15 it cannot be asked, and the file is read here; one that cannot be read is as
 * little of a reason to fail as it is for Node.js.
 */
export function defaultAuthorities({ ask, extra }: NodeAuthorities = here()): readonly string[] {
  if (typeof ask === 'function') return ask('default');
  if (!extra) return tls.rootCertificates;
  try {
    const pems = readFileSync(extra, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return [...tls.rootCertificates, ...pems];
  } catch {
    return tls.rootCertificates;
  }
}

/** Node's own list with `own` besides; `ca` of a connection would replace it. Undefined: Node's own list as it is. */
export function trustedAuthorities(own: string | readonly string[] | undefined): readonly string[] | undefined {
  if (own === undefined || own.length === 0) return undefined;
  return [...defaultAuthorities(), ...(typeof own === 'string' ? [own] : own)];
}

const organizations = new Map<string, readonly string[]>();

/** The organization (`O`) in the name of each authority; what cannot be read has none. */
export function organizationsOf(authorities: readonly string[]): ReadonlySet<string> {
  const names = authorities.map((pem) => {
    const known = organizations.get(pem);
    if (known !== undefined) return known;
    const found = organizationsIn(pem);
    organizations.set(pem, found);
    return found;
  });
  return new Set(names.flat());
}

function organizationsIn(pem: string): readonly string[] {
  try {
    const name = organizationIn(new X509Certificate(pem).subject);
    return name === null ? [] : [name];
  } catch {
    return [];
  }
}

/** `C=US\nO=DigiCert Inc\nCN=…` → `digicert inc` */
export function organizationIn(name: string): string | null {
  return /^O=(.+)$/m.exec(name)?.[1]?.trim().toLowerCase() ?? null;
}
