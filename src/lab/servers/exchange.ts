/**
 * The lab's Exchange: `/PowerShell/` over HTTPS on loopback, two front ends behind one address as behind a load balancer.
 * Sign-in, cookies, HTTP oddities and faults are here; WSMan is exchange-wsman.ts, PSRP is exchange-shell.ts.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ChannelBindingPolicy } from '../../http/auth/ntlm-server.ts';
import { runspaceBudgetFault, runspaceLimitFault } from '../../wsman/server-faults.ts';
import { faultXml, parseRequest } from '../../wsman/server.ts';
import type { FaultAnswer, WsmanServerRequest } from '../../wsman/server.ts';
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';
import { ExchangeAuthentication } from './exchange-authentication.ts';
import type { ExchangeAuthMethod } from './exchange-authentication.ts';
import { ExchangeFaults } from './exchange-faults.ts';
import type { ExchangeFault, StatusBody } from './exchange-faults.ts';
import type { RateQuota } from './exchange-throttle.ts';
import { WsmanService } from './exchange-wsman.ts';
import type { ShellRefusal, WsmanAnswer } from './exchange-wsman.ts';
import { stopServer } from './stop-server.ts';

export type { ExchangeAuthMethod } from './exchange-authentication.ts';
export type { CmdletFault, ExchangeFault, ExchangeFaults } from './exchange-faults.ts';

/** How the server is set up. Times in milliseconds. */
export interface ExchangeServerSetup {
  readonly certificate: ServerCertificate;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Host name in the url; default the host. */
  readonly name?: string;
  /** Default Basic and NTLM. `['kerberos']` is what a new Exchange offers. */
  readonly auth?: readonly ExchangeAuthMethod[];
  /** Extended protection; default none, as Microsoft's script sets the front end. */
  readonly channelBinding?: ChannelBindingPolicy;
  /** Servers behind the address, 1 or 2. Default 2: connections take turns, the cookie MS-WSMAN keeps a client with one. */
  readonly frontEnds?: 1 | 2;
  /** What goes to the servers in turn where no cookie tells: connections (default), or each request by itself. */
  readonly balance?: 'connections' | 'requests';
  /**
   * What keeps a client with one server. `none`: a balancer that takes no care of it: no cookie, and each request goes to
   * the next server. Default: the cookie.
   */
  readonly affinity?: 'cookie' | 'none';
  /** Path of the affinity cookie as the front end spells it; default `/`. */
  readonly cookiePath?: string;
  /** Default 18. */
  readonly shellQuota?: number;
  /** In whose words a shell too many is refused: WinRM's (default), or those of Exchange 2013 and later, as fault or as a broken pool. */
  readonly shellRefusal?: ShellRefusal;
  /** Default none (PowerShellMaxOperations is unlimited). */
  readonly rateQuota?: RateQuota;
  /** Default 15 minutes. */
  readonly idleTimeoutMs?: number;
  /** Default 32 KiB, as PowerShell. Smaller ones cut every object in pieces. */
  readonly fragmentBytes?: number;
  /** Every request is answered with a redirect there. */
  readonly redirectTo?: string;
  /** How far the `Date` of its answers is ahead of this host's clock, in milliseconds. Default 0. */
  readonly clockOffsetMs?: number;
  /** The server's clock for idle shells, quotas and time stamps; default Date.now. */
  readonly now?: () => number;
}

/** What the server has done so far. */
export interface ExchangeServerStats {
  /** Shells open now. */
  readonly shells: number;
  readonly openedShells: number;
  readonly deletedShells: number;
  /** Forgotten because they were idle. */
  readonly expiredShells: number;
  /** Refused by the quota. */
  readonly refusedShells: number;
  readonly commands: number;
  /** HTTP requests, those without sign-in included. */
  readonly requests: number;
  readonly unauthorized: number;
  readonly connections: number;
  /** Requests lost on a connection that had been dropped. */
  readonly lostRequests: number;
  /** Milliseconds spent in the server's own code. */
  readonly cpuMs: number;
  /** Bytes of answers. */
  readonly bytes: number;
}

/** A running server. */
export interface ExchangeServer {
  /** `https://127.0.0.1:port/PowerShell/` */
  readonly url: string;
  readonly port: number;
  readonly stats: ExchangeServerStats;
  /** What shall go wrong next. */
  readonly faults: ExchangeFaults;
  /** Forgets all shells, as a restart does. */
  dropShells(): void;
  /** What is between drops every connection over which nothing goes, without a word: what comes over it later is lost. */
  dropIdleConnections(): number;
  /** Ends everything; resolves when every socket is closed. */
  close(): Promise<void>;
}

/** uploadReadAheadSize of Exchange's IIS configuration. */
const MAX_BODY = 512_000;
const CONTENT_TYPE = 'application/soap+xml;charset=UTF-8';
/** Content type and text of each. */
const STATUS_BODIES: Readonly<Record<StatusBody, readonly [string, string]>> = {
  html: ['text/html', '<html><body>Service Unavailable</body></html>'],
  xhtml: [
    'text/html; charset=utf-8',
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">' +
      '\r\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Server Error</title></head><body><h2>Server&nbsp;Error</h2></body></html>',
  ],
  text: ['text/plain', 'The service is unavailable.'],
  empty: ['text/html', ''],
};
const HTML_404 =
  '<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head><body><h2>404 - File or directory not found.</h2></body></html>';

/** Starts the server. */
export async function startExchangeServer(
  organization: Organization,
  setup: ExchangeServerSetup,
): Promise<ExchangeServer> {
  const endpoint = new Endpoint(organization, setup);
  const server = createServer({ key: setup.certificate.key, cert: setup.certificate.cert }, (request, response) =>
    endpoint.serve(request, response),
  );
  server.keepAliveTimeout = 120_000;
  server.on('secureConnection', (socket) => endpoint.join(socket));
  const host = setup.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(setup.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${setup.name ?? host}:${port}/PowerShell/`,
    port,
    stats: endpoint.stats,
    faults: endpoint.faults,
    dropShells: () => endpoint.service.dropShells(),
    dropIdleConnections: () => endpoint.dropIdleConnections(),
    async close() {
      endpoint.service.dropShells();
      await stopServer(server);
    },
  };
}

/** One address: counts, signs in, plays faults, and hands over to the WSMan service. */
class Endpoint {
  readonly faults = new ExchangeFaults();
  readonly service: WsmanService;
  readonly stats: ExchangeServerStats;
  readonly #setup: ExchangeServerSetup;
  readonly #organization: Organization;
  readonly #authentication: ExchangeAuthentication;
  /** Which server a connection without cookie reaches. */
  readonly #frontEndOf = new WeakMap<Socket, string>();
  readonly #frontEnds: readonly string[];
  /** Cookie value of each front end. */
  readonly #cookies: ReadonlyMap<string, string>;
  readonly #counts = { requests: 0, unauthorized: 0, connections: 0, lostRequests: 0, cpuMs: 0, bytes: 0 };
  /** Connections over which nothing goes. */
  readonly #idle = new Set<Socket>();
  readonly #dropped = new WeakSet<Socket>();
  #turn = 0;

  constructor(organization: Organization, setup: ExchangeServerSetup) {
    this.#setup = setup;
    this.#organization = organization;
    this.#frontEnds = setup.frontEnds === 1 ? ['EX1'] : ['EX1', 'EX2'];
    this.#cookies = new Map(this.#frontEnds.map((name) => [name, randomBytes(16).toString('hex').toUpperCase()]));
    this.#authentication = new ExchangeAuthentication({
      organization,
      methods: setup.auth ?? ['basic', 'ntlm'],
      certificate: setup.certificate.cert,
      channelBinding: setup.channelBinding ?? 'none',
      realm: setup.name ?? setup.host ?? '127.0.0.1',
    });
    this.service = new WsmanService({
      organization,
      faults: this.faults,
      shellQuota: setup.shellQuota ?? 18,
      shellRefusal: setup.shellRefusal ?? 'winrm',
      rateQuota: setup.rateQuota ?? null,
      idleTimeoutMs: setup.idleTimeoutMs ?? 900_000,
      fragmentBytes: setup.fragmentBytes ?? 32 * 1024,
      now: setup.now ?? Date.now,
    });
    this.stats = liveStats(this.#counts, this.service);
  }

  /** A new connection: the balancer sends them to its servers in turn. */
  join(socket: Socket): void {
    const frontEnd = this.#frontEnds[this.#counts.connections % this.#frontEnds.length] ?? 'EX1';
    this.#counts.connections += 1;
    this.#frontEndOf.set(socket, frontEnd);
    this.#idle.add(socket);
    socket.on('close', () => this.#idle.delete(socket));
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (this.#dropped.has(socket)) {
      this.#counts.lostRequests += 1;
      return;
    }
    this.#idle.delete(socket);
    response.on('finish', () => socket.destroyed || this.#idle.add(socket));
    this.#counts.requests += 1;
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY) chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    request.on('end', () => {
      if (size > MAX_BODY) return this.#send(response, 413, 'text/html', '');
      this.#answer(request, response, Buffer.concat(chunks, size)).catch((error: unknown) => {
        // A bug of the lab must be seen by the test that met it.
        this.#send(
          response,
          500,
          'text/plain',
          `The lab failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const started = performance.now();
    const frontEnd = this.#setup.affinity === 'none' ? this.#nextFrontEnd(request) : this.#frontEnd(request);
    response.setHeader('Server', 'Microsoft-IIS/10.0');
    const { clockOffsetMs = 0 } = this.#setup;
    if (clockOffsetMs !== 0) response.setHeader('Date', new Date(Date.now() + clockOffsetMs).toUTCString());
    response.setHeader('X-FEServer', frontEnd);
    const path = new URL(request.url ?? '/', 'https://lab').pathname.toLowerCase();
    if (path !== '/powershell' && path !== '/powershell/') return this.#send(response, 404, 'text/html', HTML_404);
    if (this.#setup.redirectTo !== undefined) return this.#redirect(response, this.#setup.redirectTo, 302);
    const signIn = this.#authentication.signIn(request);
    if (signIn.kind === 'refused') return this.#refuse(response, signIn.challenges);
    if (signIn.header !== null) response.setHeader('WWW-Authenticate', signIn.header);
    if (request.method !== 'POST') return this.#send(response, 405, 'text/html', '');
    if (!/^application\/soap\+xml/i.test(request.headers['content-type'] ?? ''))
      return this.#send(response, 415, 'text/html', '');
    const parsed = parse(body);
    if (parsed === null) return this.#send(response, 400, 'text/html', '');
    if (!this.#hasCookie(request) && this.#setup.affinity !== 'none')
      response.setHeader('Set-Cookie', `${this.#cookieOf(frontEnd)}; secure; HttpOnly`);
    const fault = this.faults.pending === 0 ? null : this.faults.takeWire(parsed.kind, this.service.cmdletOf(parsed));
    this.#counts.cpuMs += performance.now() - started;
    const origin = {
      user: signIn.user,
      frontEnd,
      clientIp: request.socket.remoteAddress ?? '',
      signal: goneSignal(response),
    };
    if (fault !== null && !(await this.#playBefore(fault, parsed, response, frontEnd))) return;
    const handling = performance.now();
    const pending = this.service.answer(parsed, origin);
    this.#counts.cpuMs += performance.now() - handling;
    const answer = await pending;
    if (answer === null) return;
    const sending = performance.now();
    if (fault === null) this.#send(response, answer.status, CONTENT_TYPE, answer.body);
    else this.#playAfter(fault, answer, response);
    this.#counts.cpuMs += performance.now() - sending;
  }

  /** The next server, for each request that signs in; sign-in itself takes several on one connection. */
  #nextFrontEnd(request: IncomingMessage): string {
    if (request.headers['content-length'] !== '0') this.#turn += 1;
    return this.#frontEnds[this.#turn % this.#frontEnds.length] ?? 'EX1';
  }

  dropIdleConnections(): number {
    const { size } = this.#idle;
    for (const socket of this.#idle) this.#dropped.add(socket);
    this.#idle.clear();
    return size;
  }

  /** The server a request reaches: by its cookie, else by its connection. */
  #frontEnd(request: IncomingMessage): string {
    const cookie = /(?:^|;\s*)MS-WSMAN=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
    const byCookie = [...this.#cookies].find(([, value]) => value === cookie)?.[0];
    if (byCookie !== undefined) return byCookie;
    if (this.#setup.balance === 'requests')
      return this.#frontEnds[this.#counts.requests % this.#frontEnds.length] ?? 'EX1';
    return this.#frontEndOf.get(request.socket) ?? 'EX1';
  }

  #cookieOf(frontEnd: string): string {
    return `MS-WSMAN=${this.#cookies.get(frontEnd) ?? ''}; path=${this.#setup.cookiePath ?? '/'}`;
  }

  #hasCookie(request: IncomingMessage): boolean {
    return /(?:^|;\s*)MS-WSMAN=/.test(request.headers.cookie ?? '');
  }

  /** Faults that come instead of an answer, or before it. False: nothing more is to be done. */
  async #playBefore(
    fault: ExchangeFault,
    request: WsmanServerRequest,
    response: ServerResponse,
    frontEnd: string,
  ): Promise<boolean> {
    switch (fault.kind) {
      case 'hang':
        return false;
      case 'reset':
        if (fault.handled === true) return true;
        response.socket?.destroy();
        return false;
      case 'html':
        this.#send(
          response,
          fault.status ?? 200,
          'text/html; charset=utf-8',
          '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>',
        );
        return false;
      case 'status':
        if (fault.handled === true) return true;
        this.#status(response, fault);
        return false;
      case 'redirect':
        this.#redirect(response, fault.location, fault.status ?? 302);
        return false;
      case 'oversized':
        this.#send(response, 200, CONTENT_TYPE, `<s:Envelope xmlns:s="x">${'A'.repeat(fault.bytes)}</s:Envelope>`);
        return false;
      case 'fault':
        this.#fault(response, request, fault.fault);
        return false;
      case 'runspace-limit':
        this.#fault(response, request, runspaceLimitFault(this.service.exchangeOrigin({ frontEnd }), fault));
        return false;
      case 'runspace-budget':
        this.#fault(response, request, runspaceBudgetFault(this.service.exchangeOrigin({ frontEnd }), fault));
        return false;
      case 'shell-lost':
        this.service.dropShells(request.header.shellId?.toUpperCase() ?? '');
        return true;
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, fault.ms));
        return true;
      default:
        return true;
    }
  }

  /** Faults of the answer itself. */
  #playAfter(fault: ExchangeFault, answer: WsmanAnswer, response: ServerResponse): void {
    const { status, body } = answer;
    switch (fault.kind) {
      case 'reset':
        response.socket?.destroy();
        return;
      case 'status':
        return this.#status(response, fault);
      case 'half':
        response.writeHead(status, { 'Content-Type': CONTENT_TYPE, 'Content-Length': Buffer.byteLength(body) });
        response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
        return;
      case 'cut-xml':
        return this.#send(response, status, CONTENT_TYPE, body.slice(0, Math.floor(body.length / 2)));
      case 'garbled':
        return this.#send(response, status, CONTENT_TYPE, garbled(body));
      case 'wrong-relates-to':
        return this.#send(
          response,
          status,
          CONTENT_TYPE,
          body.replace(/(<a:RelatesTo>uuid:)[^<]*/, '$100000000-0000-4000-8000-000000000000'),
        );
      default:
        return this.#send(response, status, CONTENT_TYPE, body);
    }
  }

  #fault(response: ServerResponse, request: WsmanServerRequest, fault: FaultAnswer): void {
    const context = { relatesTo: request.header.messageId, newId: () => this.#organization.newId() };
    this.#send(response, 500, CONTENT_TYPE, faultXml(context, fault));
  }

  #status(response: ServerResponse, { status, retryAfter, body }: ExchangeFault & { readonly kind: 'status' }): void {
    if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
    const [contentType, text] = STATUS_BODIES[body ?? 'html'];
    this.#send(response, status, contentType, text);
  }

  #refuse(response: ServerResponse, challenges: readonly string[]): void {
    this.#counts.unauthorized += 1;
    response.setHeader('WWW-Authenticate', [...challenges]);
    this.#send(response, 401, 'text/html', '');
  }

  #redirect(response: ServerResponse, location: string, status: number): void {
    response.setHeader('Location', location);
    this.#send(response, status, 'text/html', '<html><body>Object moved</body></html>');
  }

  #send(response: ServerResponse, status: number, contentType: string, body: string): void {
    if (response.destroyed || response.headersSent) return;
    const bytes = Buffer.from(body, 'utf8');
    this.#counts.bytes += bytes.length;
    response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
    response.end(bytes);
  }
}

function liveStats(
  counts: {
    requests: number;
    unauthorized: number;
    connections: number;
    lostRequests: number;
    cpuMs: number;
    bytes: number;
  },
  service: WsmanService,
): ExchangeServerStats {
  return {
    get shells() {
      return service.shellCount;
    },
    get openedShells() {
      return service.counters.openedShells;
    },
    get deletedShells() {
      return service.counters.deletedShells;
    },
    get expiredShells() {
      return service.counters.expiredShells;
    },
    get refusedShells() {
      return service.counters.refusedShells;
    },
    get commands() {
      return service.counters.commands;
    },
    get requests() {
      return counts.requests;
    },
    get unauthorized() {
      return counts.unauthorized;
    },
    get connections() {
      return counts.connections;
    },
    get lostRequests() {
      return counts.lostRequests;
    },
    get cpuMs() {
      return counts.cpuMs;
    },
    get bytes() {
      return counts.bytes;
    },
  };
}

/** Null for what is no SOAP request of WS-Management. */
function parse(body: Buffer): WsmanServerRequest | null {
  try {
    return parseRequest(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** Fires when the client's connection is gone before it was answered. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableEnded) controller.abort();
  });
  return controller.signal;
}

/** Damages the header of the first fragment, from its fragment id to its length: well-formed XML, but no PSRP any more. */
function garbled(body: string): string {
  return body.replace(/(<rsp:Stream [^>]*>[^<]{16})[^<]{8}/, '$1////////');
}
