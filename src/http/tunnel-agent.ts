/** An http.Agent that opens its connections through openSocket, TLS included, and leaves none behind. */
import { Agent } from 'node:http';
import type { ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectorError } from '../errors.ts';
import { openSocket, trustOf } from './open-socket.ts';
import type { TlsTrust } from './open-socket.ts';
import type { HttpProxy, ResolvedLimits, TlsOptions } from './options.ts';

/** What http.request passes on to us besides its own options. */
export interface TunnelArgs extends ClientRequestArgs {
  /** TLS on top; we verify it ourselves, so http.request always sees plain HTTP. */
  readonly secure: boolean;
}

/** Connections of one session. `maxSockets` is per origin. */
export class TunnelAgent extends Agent {
  readonly #trust: TlsTrust;
  readonly #proxy: HttpProxy | undefined;
  readonly #limits: ResolvedLimits;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor(options: {
    tls?: TlsOptions | undefined;
    proxy?: HttpProxy | undefined;
    limits: ResolvedLimits;
    maxSockets: number;
  }) {
    super({ keepAlive: true, maxSockets: options.maxSockets, maxFreeSockets: options.maxSockets });
    this.#trust = trustOf(options.tls);
    this.#proxy = options.proxy;
    this.#limits = options.limits;
  }

  /** Secure and plain connections to one port are never mixed up. */
  override getName(options?: ClientRequestArgs): string {
    return `${super.getName(options)}:${String((options as TunnelArgs | undefined)?.secure)}`;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { secure } = options as TunnelArgs;
    const fail = (error: unknown): void => callback?.(error as Error, undefined as never);
    if (this.#closed) {
      fail(new ConnectorError('ERR_ABORTED', 'The session is closed.'));
      return;
    }
    openSocket({
      secure,
      host: options.host ?? '',
      port: Number(options.port),
      trust: this.#trust,
      proxy: this.#proxy,
      timeoutMs: this.#limits.connectTimeoutMs,
      onSocket: (socket) => this.#track(socket),
    }).then((socket) => callback?.(null, socket), fail);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#closed) socket.destroy();
  }

  /** Ends the connections that nobody uses; the next request opens one. */
  dropIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Ends every connection at once, also those still opening. */
  override destroy(): void {
    this.#closed = true;
    super.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}
