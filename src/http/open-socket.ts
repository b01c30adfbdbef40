/** Opens one connection: TCP, CONNECT through a proxy if there is one, TLS on top. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import type { OnReadOpts, Socket } from 'node:net';
import * as tls from 'node:tls';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import { ConnectorError } from '../errors.ts';
import { trustedAuthorities } from './authorities.ts';
import { toNetworkError } from './network-error.ts';
import type { HttpProxy, TlsOptions } from './options.ts';

/** Where to. */
export interface SocketTarget {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Made once by trustOf and shared by all connections of a session. */
  readonly trust: TlsTrust;
  readonly proxy?: HttpProxy | undefined;
  readonly timeoutMs: number;
  /** Called with every raw socket the moment it exists, so that an owner can destroy it while it connects. */
  readonly onSocket?: (socket: Socket) => void;
  /**
   * Takes what comes over a direct TLS connection, where it is read into one place again and again: half the cost of
   * `data` events, which it comes by over all other connections. What is wanted of the bytes is to be copied.
   */
  readonly onBytes?: ((bytes: Buffer) => void) | undefined;
}

/** Largest header a proxy may answer CONNECT with. */
const MAX_PROXY_HEADER = 16 * 1024;

/** A connection without traffic is probed after this by the system, so that a request which waits long learns of its end. */
const PROBE_AFTER_MS = 15_000;

/** True if `host` is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** True if the proxy is not to be used for this host. */
export function bypassesProxy(proxy: HttpProxy, host: string): boolean {
  const name = host.toLowerCase();
  return (proxy.noProxy ?? []).some((entry) => {
    const rule = entry.trim().toLowerCase();
    if (rule === '') return false;
    if (rule === '*') return true;
    return rule.startsWith('.') ? name.endsWith(rule) || name === rule.slice(1) : name === rule;
  });
}

/** Host without the brackets of an IPv6 address in a URL. */
function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/**
 * Opens the connection; a TLS one is verified before it is returned.
 * @throws ConnectorError ERR_HTTP_UNREACHABLE, _TIMEOUT, _RESET, _TLS…, ERR_HTTP_AUTH (the proxy wants credentials)
 */
export async function openSocket(target: SocketTarget): Promise<Socket> {
  const proxy = target.proxy !== undefined && !bypassesProxy(target.proxy, target.host) ? target.proxy : undefined;
  const opened: Socket[] = [];
  let timer: NodeJS.Timeout | undefined;
  let fail: ((error: unknown) => void) | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
    timer = setTimeout(() => {
      const seen = `${target.host} did not accept a connection within ${target.timeoutMs} ms.`;
      reject(new ConnectorError('ERR_HTTP_TIMEOUT', seen, { details: { host: target.host, phase: 'connect' } }));
    }, target.timeoutMs);
  });
  const track = (socket: Socket): Socket => {
    opened.push(socket);
    // Destroyed without an error by its owner: nothing else would wake us.
    socket.once('close', () => fail?.(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    // Who waits for the socket hears of its errors; an error between two listeners must not end the process.
    socket.on('error', () => undefined);
    target.onSocket?.(socket);
    return socket;
  };
  const work = proxy === undefined ? openDirect(target, track) : openThroughProxy(target, proxy, track);
  try {
    return await Promise.race([work, failed]);
  } catch (error) {
    work.catch(() => undefined);
    for (const socket of opened) socket.destroy();
    throw toNetworkError(error, target.host, 'connect');
  } finally {
    clearTimeout(timer);
  }
}

type Track = (socket: Socket) => Socket;

async function openDirect(target: SocketTarget, track: Track): Promise<Socket> {
  if (target.secure) return openTls({ ...tlsOptions(target, {}), ...onread(target.onBytes) }, track);
  return openTcp(bare(target.host), target.port, track);
}

/** Four records of TLS. */
const READ_BYTES = 64 * 1024;

function onread(take: ((bytes: Buffer) => void) | undefined): { readonly onread?: OnReadOpts } {
  if (take === undefined) return {};
  const callback = (length: number, buffer: Uint8Array): boolean => {
    take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
    return true;
  };
  return { onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback } };
}

async function openTcp(host: string, port: number, track: Track): Promise<Socket> {
  const socket = track(
    connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS }),
  );
  await once(socket, 'connect');
  return socket;
}

async function openTls(options: ConnectionOptions, track: Track): Promise<Socket> {
  const socket = track(tls.connect(options));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, PROBE_AFTER_MS);
  await once(socket, 'secureConnect');
  return socket;
}

/** TLS settings ready for use: parsing the authorities takes milliseconds, so it is done once. */
export interface TlsTrust {
  readonly servername: string | undefined;
  readonly context: SecureContext;
  /** The same authorities without the client certificate, for the proxy. */
  readonly proxyContext: SecureContext;
}

/** OpenSSL skips an authority it cannot read, and the admin would look for the fault elsewhere. */
function checkAuthority(text: string): void {
  const blocks = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END/g) ?? [];
  if (blocks.length === 0) throw new Error('no certificate');
  for (const block of blocks) void new X509Certificate(`${block} CERTIFICATE-----`);
}

/** Reads the PEM texts. @throws ConnectorError ERR_CONFIG_INVALID */
export function trustOf(options: TlsOptions = {}): TlsTrust {
  const own = options.ca === undefined ? [] : typeof options.ca === 'string' ? [options.ca] : [...options.ca];
  const ca = trustedAuthorities(own);
  const trust = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca: [...ca] }) };
  const { cert, key, passphrase } = options;
  try {
    for (const text of own) checkAuthority(text);
    const proxyContext = tls.createSecureContext(trust);
    const context =
      cert === undefined && key === undefined
        ? proxyContext
        : tls.createSecureContext({ ...trust, cert, key, passphrase });
    return { servername: options.servername, context, proxyContext };
  } catch (error) {
    const seen = 'The CA, certificate, key or passphrase of the "TLS" configuration cannot be read.';
    throw new ConnectorError('ERR_CONFIG_INVALID', seen, { cause: error });
  }
}

function tlsOptions(target: SocketTarget, under: { socket?: Socket }): ConnectionOptions {
  const host = bare(target.host);
  return {
    host,
    port: target.port,
    ...under,
    servername: target.trust.servername ?? (isIP(host) === 0 ? host : ''),
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    secureContext: target.trust.context,
  };
}

async function openThroughProxy(target: SocketTarget, proxy: HttpProxy, track: Track): Promise<Socket> {
  const url = new URL(proxy.url);
  const secure = url.protocol === 'https:';
  const port = Number(url.port || (secure ? 443 : 80));
  const via = await openProxy(
    { ...target, host: url.hostname, port, secure, trust: proxyTrust(target.trust), onBytes: undefined },
    track,
  );
  await sendConnect(via, target, proxy);
  if (!target.secure) return via;
  return openTls(tlsOptions(target, { socket: via }), track);
}

/** The client certificate and server name belong to the far end, the authorities count for the proxy too. */
function proxyTrust(trust: TlsTrust): TlsTrust {
  return { ...trust, servername: undefined, context: trust.proxyContext };
}

async function openProxy(target: SocketTarget, track: Track): Promise<Socket> {
  try {
    return await openDirect(target, track);
  } catch (error) {
    throw toNetworkError(error, `The proxy ${target.host}`, 'connect');
  }
}

async function sendConnect(socket: Socket, target: SocketTarget, proxy: HttpProxy): Promise<void> {
  const authority = `${target.host}:${target.port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (proxy.username !== undefined) {
    lines.push(
      `Proxy-Authorization: Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ''}`, 'utf8').toString('base64')}`,
    );
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const status = await readConnectStatus(socket);
  if (status >= 200 && status < 300) return;
  const details = { host: target.host, phase: 'connect', status };
  if (status === 407)
    throw new ConnectorError('ERR_HTTP_AUTH', 'The proxy wants other credentials (407).', { details });
  throw new ConnectorError('ERR_HTTP_UNREACHABLE', `The proxy answered ${status} when asked for ${target.host}.`, {
    details,
  });
}

async function readConnectStatus(socket: Socket): Promise<number> {
  let header = Buffer.alloc(0);
  for (;;) {
    const end = header.indexOf('\r\n\r\n');
    if (end >= 0) {
      const rest = header.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      const match = /^HTTP\/1\.[01] (\d{3})(?: |\r\n)/.exec(header.toString('latin1', 0, 32));
      if (match?.[1] === undefined) throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', 'The proxy does not speak HTTP.');
      return Number(match[1]);
    }
    if (header.length > MAX_PROXY_HEADER)
      throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', 'The proxy sent an endless header.');
    header = Buffer.concat([header, await readSome(socket)]);
  }
}

async function readSome(socket: Socket): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (socket.readableEnded || socket.destroyed)
      throw new ConnectorError('ERR_HTTP_RESET', 'The proxy closed the connection.');
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
  }
}
