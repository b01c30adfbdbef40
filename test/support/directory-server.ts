/**
 * As much of an Active Directory as the reading of service connection points and of groups sees, over LDAP [RFC 4511], with a log
 * of every byte.
 */
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { ServerCertificate } from '../../src/lab/servers/certificates.ts';
import { elements, octets, take, tlv } from './ber.ts';
import { answerSearch, type DirectoryDomain } from './directory-domain.ts';

/** One service connection point. */
export interface DirectoryEntry {
  readonly dn?: string;
  readonly keywords: readonly string[];
  readonly bindings?: readonly string[];
}

export interface DirectoryServerOptions {
  readonly certificate: ServerCertificate;
  /** `ldaps`: TLS from the first byte. `ldap`: StartTLS. Default ldaps. */
  readonly scheme?: 'ldaps' | 'ldap';
  readonly host?: string;
  readonly port?: number;
  readonly entries?: readonly DirectoryEntry[];
  /** Searches are answered out of it, and `entries` are not asked. */
  readonly domain?: DirectoryDomain;
  /** Result code of a bind; default 0. */
  readonly bindCode?: number;
  /** Result code of StartTLS; default 0. */
  readonly startTlsCode?: number;
  /** Ends the connection as soon as it is TLS. */
  readonly endsAfterTls?: boolean;
  /** Answers nothing. */
  readonly silent?: boolean;
}

/** A running directory. */
export interface DirectoryServer {
  readonly port: number;
  readonly url: string;
  /** Every byte that came in clear, but for those of TLS. */
  clear(): string;
  /** Every byte that came in TLS. */
  secure(): string;
  /** How often somebody connected. */
  readonly connections: () => number;
  /** Names that signed in. */
  readonly binds: readonly string[];
  close(): Promise<void>;
}

const CONFIGURATION = 'CN=Configuration,DC=contoso,DC=example';

/** Starts the server on loopback. */
export async function startDirectoryServer(options: DirectoryServerOptions): Promise<DirectoryServer> {
  const { certificate, scheme = 'ldaps', host = '127.0.0.1' } = options;
  const clear: Buffer[] = [];
  const secure: Buffer[] = [];
  const binds: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const serve = (socket: Socket, log: Buffer[]): void => {
    socket.on('error', () => undefined);
    let waiting: Buffer = Buffer.alloc(0);
    let bound = false;
    const read = (chunk: Buffer): void => {
      log.push(chunk);
      waiting = Buffer.concat([waiting, chunk]);
      for (let message = take(waiting); message !== null; message = take(waiting)) {
        waiting = waiting.subarray(message.size);
        if (!options.silent) answer(message.content);
      }
    };
    const answer = (content: Buffer): void => {
      const [id, operation, controls] = elements(content);
      if (id === undefined || operation === undefined) return;
      const reply = (tag: number, body: Buffer): void =>
        void socket.write(tlv(0x30, tlv(0x02, id.content), tlv(tag, body)));
      if (operation.tag === 0x60) {
        bound = (options.bindCode ?? 0) === 0;
        if (bound) binds.push(elements(operation.content)[1]?.content.toString() ?? '');
        return reply(0x61, result(options.bindCode ?? 0));
      }
      if (operation.tag === 0x63) {
        const base = elements(operation.content)[0]?.content.toString() ?? '';
        if (base !== '' && !bound) return reply(0x65, result(1));
        if (options.domain !== undefined && bound) {
          const { parts, code, control, isCut } = answerSearch(options.domain, operation.content, controls?.content);
          for (const [name, values] of parts) reply(0x64, entry(name, values));
          if (isCut) return void socket.destroy();
          // As a domain controller does beside answers about its domain, with some page.
          if (base !== '' && code === 0 && options.domain.emptyPageAt === undefined)
            reply(0x73, octets('ldap://127.0.0.1:1/CN=Configuration'));
          return void socket.write(
            tlv(0x30, tlv(0x02, id.content), tlv(0x65, result(code)), ...(control === null ? [] : [control])),
          );
        }
        for (const entry of base === '' ? [rootEntry()] : (options.entries ?? []).map(scpEntry)) reply(0x64, entry);
        // As Active Directory does. Who follows it tells a stranger the password.
        if (base !== '') reply(0x73, octets('ldap://127.0.0.1:1/CN=Schema'));
        return reply(0x65, result(0));
      }
      if (operation.tag === 0x77) {
        const code = options.startTlsCode ?? 0;
        socket.off('data', read);
        reply(0x78, result(code));
        if (code !== 0) return void socket.on('data', read);
        const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ ...certificate }) });
        tls.on('error', () => undefined);
        return options.endsAfterTls ? void tls.once('secure', () => socket.destroy()) : serve(tls, secure);
      }
    };
    socket.on('data', read);
  };

  const open = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    serve(socket, scheme === 'ldaps' ? secure : clear);
  };
  const server: Server = scheme === 'ldaps' ? createTlsServer({ ...certificate }, open) : createTcpServer(open);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://${host}:${port}`,
    clear: () => Buffer.concat(clear).toString('latin1'),
    secure: () => Buffer.concat(secure).toString('latin1'),
    connections: () => connections,
    binds,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

// ── answers ─────────────────────────────────────────────────────────────────

function result(code: number): Buffer {
  return Buffer.concat([tlv(0x0a, Buffer.from([code])), octets(''), octets(code === 0 ? '' : `data ${code}`)]);
}

function entry(dn: string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): Buffer {
  const lists = Object.entries(attributes)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => tlv(0x30, octets(name), tlv(0x31, ...values.map(octets))));
  return Buffer.concat([octets(dn), tlv(0x30, ...lists)]);
}

function rootEntry(): Buffer {
  return entry('', { configurationNamingContext: [CONFIGURATION] });
}

function scpEntry({ dn, keywords, bindings = [] }: DirectoryEntry, at: number): Buffer {
  return entry(dn ?? `CN=EX${at + 1},CN=Autodiscover,CN=Protocols,${CONFIGURATION}`, {
    keywords,
    serviceBindingInformation: bindings,
  });
}
