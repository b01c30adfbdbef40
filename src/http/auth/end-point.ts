/** tls-server-end-point: the certificate hash both ends of a TLS connection can name. RFC 5929 4.1; no I/O here. */
import { createHash } from 'node:crypto';

/** Last bytes of signature OIDs → hash. RFC 8017 A.2.4 (rsa), RFC 5758 3.2 (ecdsa). MD5 and SHA-1 are replaced by SHA-256. */
const SIGNATURE_HASHES: ReadonlyMap<string, 'sha256' | 'sha384' | 'sha512' | 'sha224'> = new Map([
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a864886f70d01010e', 'sha224'],
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);

/** id-RSASSA-PSS: its hash is the first hash OID among the parameters. RFC 4055 3.1 */
const RSA_PSS = '2a864886f70d01010a';
const PSS_HASHES: ReadonlyMap<string, 'sha256' | 'sha384' | 'sha512'> = new Map([
  ['0609608648016503040201', 'sha256'],
  ['0609608648016503040202', 'sha384'],
  ['0609608648016503040203', 'sha512'],
]);

/** Start and end of the content of the DER element at `at`, or null. */
function element(der: Buffer, at: number): { start: number; end: number } | null {
  const first = der[at + 1];
  if (first === undefined) return null;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  if (extra > 4 || at + 2 + extra > der.length) return null;
  const start = at + 2 + extra;
  const end = start + (extra === 0 ? first : der.readUIntBE(at + 2, extra));
  return end <= der.length ? { start, end } : null;
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }: the algorithm's bytes. RFC 5280 4.1 */
function signatureAlgorithm(der: Buffer): Buffer | null {
  const certificate = element(der, 0);
  const tbs = certificate === null ? null : element(der, certificate.start);
  const algorithm = tbs === null ? null : element(der, tbs.end);
  return algorithm === null ? null : der.subarray(algorithm.start, algorithm.end);
}

function hashName(der: Buffer): string {
  const algorithm = signatureAlgorithm(der);
  const oid = algorithm === null ? null : element(algorithm, 0);
  if (algorithm === null || oid === null) return 'sha256';
  const id = algorithm.subarray(oid.start, oid.end).toString('hex');
  if (id !== RSA_PSS) return SIGNATURE_HASHES.get(id) ?? 'sha256';
  const parameters = algorithm.subarray(oid.end).toString('hex');
  for (const [hash, name] of PSS_HASHES) if (parameters.includes(hash)) return name;
  return 'sha256';
}

/** Hash of a server certificate (DER) as RFC 5929 wants it: by the signature's hash, SHA-256 where that is weak or unknown. */
export function tlsServerEndPoint(der: Uint8Array): Buffer {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  return createHash(hashName(bytes)).update(bytes).digest();
}
