/** A real HTTPS server on 127.0.0.1 for one test, and the certificates it shows. */
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { CertificateAuthority, ServerCertificate } from '../../src/lab/servers/certificates.ts';

let authority: Promise<CertificateAuthority> | undefined;

/** One authority for all tests of a run. */
export function testAuthority(): Promise<CertificateAuthority> {
  authority ??= createCertificateAuthority('Test Root');
  return authority;
}

/** A certificate for 127.0.0.1 and localhost. */
export async function loopbackCertificate(): Promise<ServerCertificate> {
  return (await testAuthority()).issue({ names: ['localhost'], ips: ['127.0.0.1'] });
}

/** A running server. */
export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far, and those open now. */
  readonly connections: { accepted: number; readonly open: ReadonlySet<Socket> };
  close(): Promise<void>;
}

/** Body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function listen(server: Server, scheme: string): Promise<LoopbackServer> {
  const open = new Set<Socket>();
  const connections = { accepted: 0, open };
  server.on('connection', (socket: Socket) => {
    connections.accepted += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}/PowerShell/`,
    port,
    connections,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** HTTPS. */
export async function startHttps(
  handler: Handler,
  options: { certificate?: ServerCertificate; tls?: TlsOptions } = {},
): Promise<LoopbackServer> {
  const certificate = options.certificate ?? (await loopbackCertificate());
  const server = createHttpsServer(
    { ...certificate, ...options.tls },
    (request, response) => void handler(request, response),
  );
  server.on('tlsClientError', () => undefined);
  return listen(server, 'https');
}

/** Plain HTTP. */
export function startHttp(handler: Handler): Promise<LoopbackServer> {
  return listen(
    createHttpServer((request, response) => void handler(request, response)),
    'http',
  );
}

/** Whatever bytes the test wants. */
export function startTcp(handler: (socket: Socket) => void): Promise<LoopbackServer> {
  return listen(createTcpServer(handler), 'http');
}
