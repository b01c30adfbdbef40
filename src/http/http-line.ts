/**
 * One kept connection to a server, and one request at a time over it. Node's own client makes three streams and a dozen
 * listeners for each request, which costs more than TLS does (ADR 0099); the connection is that of {@link openSocket}.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectorError } from '../errors.ts';
import { toNetworkError } from './network-error.ts';
import type { Phase } from './network-error.ts';
import { openSocket, trustOf } from './open-socket.ts';
import type { TlsTrust } from './open-socket.ts';
import type { HttpProxy, ResolvedLimits, TlsOptions } from './options.ts';
import { ResponseReader } from './read-response.ts';
import { headersOf, inflated, lengthOf, portOf, withReuse } from './send-request.ts';
import type { WireRequest, WireResponse } from './send-request.ts';

/**
 * Requests of up to so many bytes, as those of a reading are, share memory: each lives while its answer is waited for, and what
 * lives that long is let go of late.
 */
const SENT_BYTES = 8192;

/** A request under way. */
interface Turn {
  readonly reader: ResponseReader;
  readonly host: string;
  phase: Phase;
  readonly end: (error: unknown) => void;
}

/** See the module. Whoever uses it sees to it that there is one request at a time. */
export class HttpLine {
  readonly #trust: TlsTrust;
  readonly #proxy: HttpProxy | undefined;
  readonly #limits: ResolvedLimits;
  #socket: Socket | null = null;
  /** Where the connection goes. */
  #origin = '';
  /** Time from which on the connection is not used again, in milliseconds of this process. */
  #goodUntil = 0;
  /** Sockets that are being opened or used. */
  readonly #sockets = new Set<Socket>();
  #turn: Turn | null = null;
  /** Memory of bodies that may be written over. */
  #room: Buffer | undefined;
  /** Memory of short requests over this connection, free once the last one has gone out. */
  #sent = Buffer.alloc(SENT_BYTES);
  #isClosed = false;

  /** @throws ConnectorError ERR_CONFIG_INVALID for TLS settings that cannot be read */
  constructor(options: { tls?: TlsOptions | undefined; proxy?: HttpProxy | undefined; limits: ResolvedLimits }) {
    this.#trust = trustOf(options.tls);
    this.#proxy = options.proxy;
    this.#limits = options.limits;
  }

  /**
   * Sends and reads.
   * @throws ConnectorError ERR_HTTP_UNREACHABLE, _TIMEOUT, _RESET, _TLS…, _TOO_LARGE, _NOT_EXPECTED, ERR_ABORTED;
   *   `details.phase` says how far it got, `details.reused` whether a kept connection turned out dead
   */
  async send(request: WireRequest): Promise<WireResponse> {
    const { signal, url } = request;
    if (this.#isClosed) throw new ConnectorError('ERR_ABORTED', 'The session is closed.');
    if (signal?.aborted) throw new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason });
    const { maxHeaderBytes, maxBodyBytes } = this.#limits;
    const isReused = this.#isUsable(url.origin);
    const frame = { method: request.method, host: url.host, maxHeaderBytes, maxBodyBytes };
    const reader = new ResponseReader(frame, request.passingBody === true ? this.#room : undefined);
    let socket: Socket;
    try {
      socket = await this.#carryOut(request, reader);
    } catch (error) {
      throw error instanceof ConnectorError ? withReuse(error, isReused) : error;
    }
    const { status, headers } = reader;
    if (request.passingBody === true) this.#room = reader.room;
    try {
      const body = await inflated(reader.body, headers['content-encoding'], maxBodyBytes, url.host);
      return { status, headers, body, socket };
    } catch (error) {
      throw toNetworkError(error, url.host, 'answer');
    }
  }

  /** Ends the connection if nobody uses it; the next request opens one. */
  dropIdle(): void {
    if (this.#turn === null) this.#drop();
  }

  /** Ends what is under way (ERR_ABORTED) and every connection. */
  destroy(): void {
    this.#isClosed = true;
    this.#turn?.end(new ConnectorError('ERR_ABORTED', 'The work was stopped.'));
    for (const socket of this.#sockets) socket.destroy();
    this.#socket = null;
  }

  /** @returns the connection the answer came over */
  #carryOut(request: WireRequest, reader: ResponseReader): Promise<Socket> {
    const { url, signal, timeoutMs } = request;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const details = { host: url.host, phase: turn.phase };
        turn.end(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal?.reason, details }));
      };
      const timer = setTimeout(() => {
        const seen = `${url.host} did not answer within ${request.limitMs ?? timeoutMs} ms.`;
        turn.end(new ConnectorError('ERR_HTTP_TIMEOUT', seen, { details: { host: url.host, phase: turn.phase } }));
      }, timeoutMs);
      const turn: Turn = {
        reader,
        host: url.host,
        phase: 'connect',
        end: (error) => {
          if (this.#turn !== turn) return;
          this.#turn = null;
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          const socket = this.#socket;
          if (error !== null || socket === null) {
            this.#drop();
            reject(toNetworkError(error, url.host, turn.phase));
            return;
          }
          this.#keep(socket, reader);
          resolve(socket);
        },
      };
      this.#turn = turn;
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#isUsable(url.origin)) this.#write(request, turn);
      else this.#open(url).then(() => this.#write(request, turn), turn.end);
    });
  }

  #write(request: WireRequest, turn: Turn): void {
    // It may have been stopped while the connection was opened.
    if (this.#turn !== turn || this.#socket === null) return;
    try {
      const bytes = this.#bytesOf(request, this.#socket);
      this.#socket.ref();
      turn.phase = 'sent';
      this.#socket.write(bytes);
    } catch (error) {
      turn.end(error);
    }
  }

  /** Head and body in one piece: one record of TLS, one call to the system. */
  #bytesOf(request: WireRequest, { writableLength: waiting }: Socket): Buffer {
    const head = headOf(request);
    const { body } = request;
    const length = head.length + lengthOf(body);
    // A server may answer before it has read all of a request.
    const isFree = length <= SENT_BYTES && waiting === 0;
    const bytes = isFree ? this.#sent.subarray(0, length) : Buffer.allocUnsafe(length);
    bytes.write(head, 'latin1');
    if (typeof body === 'string') bytes.write(body, head.length);
    else if (body !== undefined) bytes.set(body, head.length);
    return bytes;
  }

  #isUsable(origin: string): boolean {
    const socket = this.#socket;
    return socket !== null && this.#origin === origin && socket.writable && performance.now() < this.#goodUntil;
  }

  async #open(url: URL): Promise<void> {
    this.#drop();
    let owner: Socket | null = null;
    let isEarly = false;
    const socket = await openSocket({
      secure: url.protocol === 'https:',
      host: url.hostname,
      port: portOf(url),
      trust: this.#trust,
      proxy: this.#proxy,
      timeoutMs: this.#limits.connectTimeoutMs,
      onSocket: (opened) => this.#track(opened),
      onBytes: (bytes) => {
        if (owner === null) isEarly = true;
        else this.#take(owner, bytes);
      },
    });
    owner = socket;
    // Stopped meanwhile, and perhaps another one is being opened already; or the server speaks unasked.
    if (!this.#sockets.has(socket) || isEarly) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
    this.#socket = socket;
    // The one before may still be writing.
    this.#sent = Buffer.alloc(SENT_BYTES);
    this.#origin = url.origin;
    this.#goodUntil = Infinity;
    socket.on('data', (bytes: Buffer) => this.#take(socket, bytes));
    socket.on('error', (error) => this.#lose(socket, error));
    // What ends without an error may be the end of an answer.
    socket.on('end', () => this.#lose(socket, null));
    socket.on('close', () => this.#lose(socket, null));
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#isClosed) socket.destroy();
  }

  #take(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    const turn = this.#turn;
    // Nobody has asked for it.
    if (turn === null || turn.phase === 'connect') return this.#drop();
    try {
      const isWhole = turn.reader.take(bytes);
      if (turn.reader.hasBegun) turn.phase = 'answer';
      if (isWhole) turn.end(null);
    } catch (error) {
      turn.end(error);
    }
  }

  /** The connection is gone, or going. */
  #lose(socket: Socket, error: Error | null): void {
    if (socket !== this.#socket) return;
    const turn = this.#turn;
    if (turn === null) this.#drop();
    else if (error === null && turn.reader.end()) turn.end(null);
    else turn.end(error ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
  }

  #keep(socket: Socket, { keepsAlive, keepsForMs, extra }: ResponseReader): void {
    const isClean = keepsAlive && extra === 0 && socket.writableLength === 0 && !socket.readableEnded;
    if (!isClean) {
      this.#socket = null;
      socket.destroySoon();
      return;
    }
    // A second before the server's own time, as a request may be under way just then.
    this.#goodUntil = keepsForMs === null ? Infinity : performance.now() + Math.max(0, keepsForMs - 1000);
    // An idle connection keeps no process alive.
    socket.unref();
  }

  /** Ends every connection, also one that is being opened. */
  #drop(): void {
    this.#socket = null;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

function headOf(request: WireRequest): string {
  const { method, url } = request;
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`];
  for (const [name, value] of headersOf(request)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
