/** Keys and signatures that phones and current OpenSSL refuse. Facts: Apple's HT210176 (2048 bits, SHA-2). No I/O here. */
import type { X509Certificate } from 'node:crypto';

/** A key that is too weak, as RSA with 1024 bits. */
export interface WeakKey {
  readonly type: string;
  readonly bits: number;
}

/** The key if it is too weak, else null. */
export function keyOf({ publicKey }: X509Certificate): WeakKey | null {
  const { modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const type = publicKey.asymmetricKeyType ?? '';
  if (modulusLength === undefined || modulusLength >= 2048) return null;
  return { type: type.toUpperCase(), bits: modulusLength };
}

/** DER of the algorithm → what it is called. [RFC 8017 A.2.4; RFC 3279 2.2.3] */
const WEAK: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010102', 'MD2'],
  ['2a864886f70d010104', 'MD5'],
  ['2a864886f70d010105', 'SHA-1'],
  ['2a8648ce3d0401', 'SHA-1'],
  ['2a8648ce380403', 'SHA-1'],
]);

/** The digest of the certificate's signature if it is too weak, as `SHA-1`, else null. */
export function signatureOf({ raw }: X509Certificate): string | null {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, … }, … } [RFC 5280 4.1]
  const tbs = contentOf(raw, 0);
  const algorithm = contentOf(raw, contentOf(raw, tbs.start).end);
  const oid = contentOf(raw, algorithm.start);
  return WEAK.get(raw.subarray(oid.start, oid.end).toString('hex')) ?? null;
}

/** Where the content of a DER element is; node:crypto has read the certificate before, so that its lengths are right. */
function contentOf(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const bytes = first & 0x7f;
  const start = at + 2 + bytes;
  return { start, end: start + der.readUIntBE(at + 2, bytes) };
}
