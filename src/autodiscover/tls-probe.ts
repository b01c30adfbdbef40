/** One TLS handshake without credentials, to look at the certificate; trust is judged, not required. */
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import {
  connect as connectTls,
  rootCertificates,
  type ConnectionOptions,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls';
import { foreignText } from '../model/foreign.ts';
import { defaultAuthorities, organizationIn, organizationsOf, trustedAuthorities } from '../http/authorities.ts';
import type { CertificateFacts } from './certificate.ts';
import { keyOf, signatureOf } from './certificate-strength.ts';

/** Where to connect: an address that was vetted, and the name the certificate must carry. */
export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

export interface ProbeOptions {
  /** PEM texts of further authorities this host trusts. */
  readonly ca?: readonly string[];
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** How a TCP connection went. */
export type TcpOutcome =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused' | 'timeout' | 'unreachable' | 'reset'; readonly code: string };

/** Opens and closes a TCP connection. */
export async function probeTcp(
  { address, port }: ProbeTarget,
  { signal, timeoutMs }: ProbeOptions,
): Promise<TcpOutcome> {
  const socket = connectTcp({ host: address, port });
  try {
    await settled(socket, 'connect', signal, timeoutMs);
    return { kind: 'open' };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ETIMEDOUT') return { kind: 'timeout', code };
    if (code === 'ECONNREFUSED') return { kind: 'refused', code };
    return { kind: code === 'ECONNRESET' ? 'reset' : 'unreachable', code };
  } finally {
    socket.destroy();
  }
}

/** How a handshake went. `oldOnly` names the version if the server knows nothing newer than TLS 1.1. */
export type TlsOutcome =
  | { readonly kind: 'open'; readonly facts: CertificateFacts }
  | { readonly kind: 'failed'; readonly code: string; readonly oldOnly: string | null };

/** Makes a handshake and reads the certificate. */
export async function probeTls(target: ProbeTarget, options: ProbeOptions): Promise<TlsOutcome> {
  const socket = connectTls({ ...tlsOptions(target, options), minVersion: 'TLSv1.2' });
  try {
    await settled(socket, 'secureConnect', options.signal, options.timeoutMs);
    return { kind: 'open', facts: factsOf(socket, target.name, options.ca ?? []) };
  } catch (error) {
    return { kind: 'failed', code: codeOf(error), oldOnly: await oldVersion(target, options, codeOf(error)) };
  } finally {
    socket.destroy();
  }
}

function tlsOptions({ address, port, name }: ProbeTarget, { ca }: ProbeOptions): ConnectionOptions {
  const trusted = trustedAuthorities(ca);
  return {
    host: address,
    port,
    servername: name,
    ...(trusted === undefined ? {} : { ca: [...trusted] }),
    rejectUnauthorized: false,
  };
}

/** After a refused version: what the server would speak. TLS 1.1 needs OpenSSL's security level 0. */
async function oldVersion(target: ProbeTarget, options: ProbeOptions, code: string): Promise<string | null> {
  if (!/VERSION|PROTOCOL|HANDSHAKE_FAILURE/.test(code)) return null;
  const socket = connectTls({
    ...tlsOptions(target, options),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  try {
    await settled(socket, 'secureConnect', options.signal, options.timeoutMs);
    return socket.getProtocol();
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

/** Resolves with the event; rejects with the socket's error, ETIMEDOUT, or the abort. */
async function settled(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (code: string): void => reject(Object.assign(new Error(code), { code }));
      timer = setTimeout(() => fail('ETIMEDOUT'), timeoutMs);
      onAbort = () => fail('ECANCELLED');
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      socket.once('error', reject);
      socket.once('close', () => fail('ECONNRESET'));
      socket.once(event, () => resolve());
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    socket.on('error', () => {}); // what comes after the outcome no longer matters
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'failed';
}

function factsOf(socket: TLSSocket, name: string, ca: readonly string[]): CertificateFacts {
  const peer = socket.getPeerCertificate(true);
  const leaf = new X509Certificate(peer.raw);
  const chain = chainOf(peer);
  const sent = chain.at(-1) ?? leaf;
  const organization = organizationIn(sent.issuer);
  const trusted = socket.authorizationError === null || socket.authorized || onlyNameFailed(socket);
  return {
    subject: dnText(leaf.subject),
    issuer: dnText(leaf.issuer),
    names: namesOf(leaf),
    validFrom: new Date(leaf.validFrom),
    validTo: new Date(leaf.validTo),
    nameMatches: leaf.checkHost(name) !== undefined,
    trusted,
    trustError: trusted ? null : errorCode(socket.authorizationError),
    publiclyTrusted: trusted && isPublicRoot(sent),
    selfSigned: leaf.subject === leaf.issuer && leaf.checkIssued(leaf),
    namesIssuerUrl: /CA Issuers/.test(sent.infoAccess ?? ''),
    issuerKnown: organization !== null && organizationsOf([...defaultAuthorities(), ...ca]).has(organization),
    weakKeys: chain.map(keyOf).filter((key) => key !== null),
    // The root is trusted for what it is; its own signature proves nothing.
    weakSignatures: chain
      .filter(({ issuer, subject }) => issuer !== subject)
      .map(signatureOf)
      .filter((signature) => signature !== null),
    purposes: leaf.keyUsage ?? [],
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
  };
}

/** node:tls keeps one error; name and dates are judged on their own, so neither may look like a broken chain. */
function onlyNameFailed(socket: TLSSocket): boolean {
  return /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/.test(
    errorCode(socket.authorizationError),
  );
}

function errorCode(error: unknown): string {
  return typeof error === 'string' ? error : ((error as { code?: string } | null)?.code ?? String(error));
}

/** The certificate and those above it, as far as they were sent or are known here. */
function chainOf(peer: DetailedPeerCertificate): X509Certificate[] {
  const chain = [new X509Certificate(peer.raw)];
  for (
    let at = peer;
    chain.length < 10 && at.issuerCertificate && at.issuerCertificate !== at;
    at = at.issuerCertificate
  )
    chain.push(new X509Certificate(at.issuerCertificate.raw));
  return chain;
}

function isPublicRoot(certificate: X509Certificate): boolean {
  const pem = certificate.raw.toString('base64');
  return rootCertificates.some((root) => root.replace(/-----[^-]+-----|\s/g, '') === pem);
}

/** `CN=Lab Root CA\nO=Contoso` → `Lab Root CA` */
function dnText(name: string): string {
  const common = /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ');
  return foreignText(common)?.slice(0, 200) ?? 'unnamed';
}

function namesOf(certificate: X509Certificate): string[] {
  const all = certificate.subjectAltName?.matchAll(/(?:DNS|IP Address):([^,\s"]+)/g) ?? [];
  return [...all].map((match) => foreignText(match[1])?.slice(0, 253) ?? '').slice(0, 50);
}
