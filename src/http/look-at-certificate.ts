/** One TLS connection on which nothing is sent: whether the certificate is trusted, and what is on it. */
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { asConnectorError, throwIfAborted } from '../errors.ts';
import type { ConnectorError } from '../errors.ts';
import { openSocket, trustOf } from './open-socket.ts';
import type { HttpProxy, TlsOptions } from './options.ts';

/** What a certificate says. Foreign texts. */
export interface CertificateSeen {
  /** Such as TLSv1.3. */
  readonly protocol: string;
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses. */
  readonly names: readonly string[];
  /** Milliseconds since 1970; NaN for what is no date. */
  readonly from: number;
  readonly until: number;
  /** SHA-256, `AB:CD:…`. */
  readonly fingerprint: string;
}

/** A certificate, and why the connection is not trusted; null where it is. What could not be seen is null. */
export interface CertificateOutcome {
  readonly seen: CertificateSeen | null;
  readonly failure: ConnectorError | null;
}

/**
 * Connects as every request does. Where that is refused because of the certificate, it is looked at once more without a proxy,
 * on a connection that nothing is sent on.
 * @throws ERR_ABORTED; ERR_CONFIG_INVALID for PEM texts that cannot be read
 */
export async function lookAtCertificate(
  url: URL,
  options: { tls?: TlsOptions; proxy?: HttpProxy; timeoutMs: number; signal?: AbortSignal },
): Promise<CertificateOutcome> {
  const { tls, proxy, timeoutMs, signal } = options;
  const trust = trustOf(tls);
  const port = Number(url.port || 443);
  const sockets: Socket[] = [];
  // TLS before what it goes over: Node.js 24 crashes when the connection below is destroyed first.
  const end = (): void => {
    for (const socket of sockets.toReversed()) socket.destroy();
  };
  signal?.addEventListener('abort', end);
  try {
    const onSocket = (socket: Socket): void => void sockets.push(socket);
    const socket = await openSocket({ secure: true, host: url.hostname, port, trust, proxy, timeoutMs, onSocket });
    return { seen: seenOn(socket as TLSSocket), failure: null };
  } catch (error) {
    throwIfAborted(signal);
    const failure = asConnectorError(error);
    const isJudged = failure.code.startsWith('ERR_HTTP_TLS_');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const servername = tls?.servername ?? (isIP(host) === 0 ? host : '');
    const seen = isJudged && proxy === undefined ? await unjudged({ host, port, servername }, timeoutMs, signal) : null;
    throwIfAborted(signal);
    return { seen, failure };
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** The certificate of a server that is not trusted; null if it cannot be had. */
async function unjudged(
  target: { host: string; port: number; servername: string },
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<CertificateSeen | null> {
  const socket = connect({ ...target, minVersion: 'TLSv1.2', rejectUnauthorized: false });
  const end = (): void => void socket.destroy();
  signal?.addEventListener('abort', end);
  socket.setTimeout(timeoutMs, end);
  try {
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('secureConnect', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.once('close', () => resolve(false));
    });
    return isOpen ? seenOn(socket) : null;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

function seenOn(socket: TLSSocket): CertificateSeen | null {
  const certificate = socket.getPeerCertificate(false) as Partial<DetailedPeerCertificate>;
  if (certificate.fingerprint256 === undefined) return null;
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: (certificate.subjectaltname ?? '')
      .split(', ')
      .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
      .filter((name) => name !== ''),
    from: Date.parse(certificate.valid_from ?? ''),
    until: Date.parse(certificate.valid_to ?? ''),
    fingerprint: certificate.fingerprint256,
  };
}

function nameOf(name: Readonly<Record<string, unknown>> | undefined): string {
  const first = ['CN', 'O', 'OU'].map((part) => name?.[part]).find((part) => part !== undefined);
  return [first ?? ''].flat().map(String).join(' ');
}
