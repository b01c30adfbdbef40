/** A host of somebody else that keeps every byte it gets, and a proxy that leads names to ports of this machine. */
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { NtlmServer } from '../../src/http/auth/ntlm-server.ts';
import type { ServerCertificate } from '../../src/lab/servers/certificates.ts';

/** A running host of somebody else. */
export interface Stranger {
  readonly port: number;
  /** Every byte of every connection, TLS taken off, as text. */
  log(): string;
  close(): Promise<void>;
}

/** First byte of a TLS handshake record. RFC 8446 5.1 */
const HANDSHAKE = 0x16;

/**
 * Takes http and https on one port, asks for every sign-in there is and lets everybody in, so that whoever would tell
 * it a secret does.
 */
export async function startStranger(
  certificate: ServerCertificate,
  at: { readonly host?: string; readonly port?: number } = {},
): Promise<Stranger> {
  const chunks: Buffer[] = [];
  const http = createHttpServer(tempt);
  const read = (socket: Socket): void => {
    socket.on('error', () => undefined);
    http.emit('connection', socket);
    // Afterwards: Node's server reads past the stream's own events until somebody listens to them.
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  };
  const tls = createTlsServer({ ...certificate }, read);
  tls.on('tlsClientError', () => undefined);
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] === HANDSHAKE) tls.emit('connection', socket);
      else read(socket);
    });
  });
  return { ...(await listen(server, at)), log: () => Buffer.concat(chunks).toString('latin1') };
}

const handshakes = new WeakMap<object, NtlmServer>();

/** Leads on every sign-in: the challenges of an Exchange, an NTLM handshake to its end, and `200` for what comes with credentials. */
function tempt(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.once('end', () => {
    const { authorization = '' } = request.headers;
    const ntlm = handshakes.get(request.socket) ?? takeAnybody();
    handshakes.set(request.socket, ntlm);
    const step = /^(NTLM|Negotiate) TlRMTVNTUAAB/.test(authorization) ? ntlm.step(authorization) : null;
    if (step?.kind === 'challenge') response.writeHead(401, { 'WWW-Authenticate': step.header }).end();
    else if (authorization === '')
      response.writeHead(401, { 'WWW-Authenticate': ['Negotiate', 'NTLM', 'Basic realm="mail"'] }).end();
    else response.writeHead(200, { 'Content-Type': 'text/xml' }).end('<Thanks/>');
  });
}

function takeAnybody(): NtlmServer {
  return new NtlmServer({ domain: 'EVIL', computer: 'EX01', password: () => null, channelBinding: null });
}

/** How a mail server of somebody else treats TLS. */
export interface SmtpStrangerOptions {
  readonly certificate: ServerCertificate;
  /** `tls`: from the first byte. `starttls`: offered, and done. `stripped`: never offered. `promised`: offered, and refused. */
  readonly tls: 'tls' | 'starttls' | 'stripped' | 'promised';
}

/** A mail server that asks for every sign-in and takes every mail; what it said before TLS it does not hear again. RFC 5321, 3207, 4954 */
export async function startSmtpStranger({ certificate, tls }: SmtpStrangerOptions): Promise<Stranger> {
  const chunks: Buffer[] = [];
  const secure = createTlsServer({ ...certificate }, (socket) => talk(socket, tls === 'tls'));
  secure.on('tlsClientError', () => undefined);
  const talk = (socket: Socket, isGreeted: boolean): void => {
    socket.on('error', () => undefined);
    if (isGreeted) socket.write('220 mail.evil.example ESMTP\r\n');
    const hear = (chunk: Buffer): void => {
      chunks.push(chunk);
      const line = chunk.toString('latin1');
      if (tls === 'starttls' && /^STARTTLS/i.test(line)) {
        socket.off('data', hear);
        socket.write('220 Go ahead\r\n', () => secure.emit('connection', socket));
      } else socket.write(answerTo(line, tls === 'starttls' || tls === 'promised'));
    };
    socket.on('data', hear);
  };
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    if (tls === 'tls') secure.emit('connection', socket);
    else talk(socket, true);
  });
  return { ...(await listen(server)), log: () => Buffer.concat(chunks).toString('latin1') };
}

function answerTo(line: string, offersTls: boolean): string {
  if (/^EHLO/i.test(line)) return `250-mail\r\n${offersTls ? '250-STARTTLS\r\n' : ''}250 AUTH PLAIN LOGIN\r\n`;
  if (/^STARTTLS/i.test(line)) return '454 TLS not available\r\n';
  if (/^AUTH LOGIN/i.test(line)) return '334 VXNlcm5hbWU6\r\n';
  if (/^AUTH PLAIN$/im.test(line)) return '334 \r\n';
  if (/^AUTH/i.test(line)) return '235 Welcome\r\n';
  return /^DATA/i.test(line) ? '354 Go on\r\n' : '250 Thanks\r\n';
}

/** What of the secrets a log holds, by name: as plain text, in an address, in UTF-16 (NTLM), and inside base64 (Basic, a mail). */
export function secretsIn(log: string, secrets: Readonly<Record<string, string>>): string[] {
  const text = `${log}\n${decoded(log)}`.toLowerCase();
  const found = Object.entries(secrets).filter(([, secret]) => {
    const wide = Buffer.from(secret, 'utf16le').toString('latin1');
    return [secret, encodeURIComponent(secret), wide].some((spelling) => text.includes(spelling.toLowerCase()));
  });
  const header = /^(proxy-)?authorization:/im.test(log) ? ['Authorization header'] : [];
  return [...header, ...found.map(([name]) => name)];
}

/** What every longer base64 word of a log says; soft line breaks of quoted-printable are taken out. */
function decoded(log: string): string {
  const words = [...log.matchAll(/[A-Za-z0-9+/]{8,}={0,2}/g)].map(([word]) => Buffer.from(word, 'base64'));
  return words.map((bytes) => bytes.toString('latin1').replaceAll('=\r\n', '')).join('\n');
}

/** A proxy by CONNECT that knows names, whatever DNS says. */
export interface NameProxy {
  readonly url: string;
  /** Where it was asked to lead, as `host:port`. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Leads `host:port` to a port of this machine; what is not in the table gets 502. Change the table while it runs. */
export async function startNameProxy(table: Readonly<Record<string, number>>): Promise<NameProxy> {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request, socket: Socket) => {
    const target = request.url ?? '';
    asked.push(target);
    socket.on('error', () => undefined);
    const port = table[target];
    if (port === undefined) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  const listening = await listen(server);
  return { url: `http://127.0.0.1:${listening.port}`, asked, close: () => listening.close() };
}

async function listen(
  server: Server,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
