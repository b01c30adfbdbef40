/** One HTTP session with a server: kept connections, cookies, sign-in, redirects, limits. */
import { setMaxListeners } from 'node:events';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import type { Authenticator, Exchange } from './auth/authenticator.ts';
import { createAuthenticator } from './auth/create-authenticator.ts';
import type { KerberosModule } from './auth/kerberos.ts';
import type { ClockWatch } from './clock-watch.ts';
import { CookieJar } from './cookie-jar.ts';
import { HttpLine } from './http-line.ts';
import { isLoopback } from './open-socket.ts';
import { resolveLimits } from './options.ts';
import type {
  HttpAuth,
  HttpLimits,
  HttpProxy,
  HttpRequest,
  HttpResponse,
  ResolvedLimits,
  TlsOptions,
} from './options.ts';
import { isRedirect, redirectTarget } from './redirect.ts';
import type { WireResponse } from './send-request.ts';

/** What a session is made of. */
export interface HttpSessionOptions {
  /** Where requests go unless they say otherwise. https, or http with `allowInsecure`. */
  readonly url: string;
  readonly tls?: TlsOptions;
  /** Default: none. */
  readonly auth?: HttpAuth;
  readonly proxy?: HttpProxy;
  readonly limits?: HttpLimits;
  readonly logger?: Logger;
  /** Hears every answer. */
  readonly clock?: ClockWatch | undefined;
  /** Connections kept at most; default 1. Requests beyond it wait their turn. NTLM signs in once on each. */
  readonly connections?: number;
  /** Allow plain http, and credentials over it, to this machine only: for tests. */
  readonly allowInsecure?: boolean;
  /** Stands in for the optional `kerberos` package. */
  readonly kerberos?: KerberosModule;
}

interface Line {
  readonly connection: HttpLine;
  readonly authenticator: Authenticator;
  /** When it was last given back, in milliseconds of this process. */
  usedAt: number;
}

/** What bounds a request. */
interface Time {
  readonly stop: EitherSignal;
  readonly deadline: number;
  /** The whole of it, as the caller has set it. */
  readonly timeoutMs: number;
}

/** See the module. Safe to share; `close` ends it. */
export class HttpSession {
  #url: URL;
  readonly #origin: string;
  readonly #limits: ResolvedLimits;
  readonly #logger: Logger;
  readonly #clock: ClockWatch | undefined;
  readonly #cookies = new CookieJar();
  readonly #allowInsecure: boolean;
  readonly #lines: readonly Line[];
  readonly #idle: Line[];
  readonly #waiting: ((line: Line) => void)[] = [];
  readonly #closing = new AbortController();

  /** @throws ConnectorError ERR_CONFIG_INVALID (address), ERR_HTTP_INSECURE (credentials over http) */
  constructor(options: HttpSessionOptions) {
    this.#allowInsecure = options.allowInsecure === true;
    this.#url = checkUrl(options.url, this.#allowInsecure);
    this.#origin = this.#url.origin;
    this.#limits = resolveLimits(options.limits);
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock;
    const { tls, proxy, kerberos } = options;
    this.#lines = Array.from({ length: Math.max(1, options.connections ?? 1) }, () => ({
      connection: new HttpLine({ tls, proxy, limits: this.#limits }),
      authenticator: createAuthenticator(options.auth ?? { method: 'none' }, { kerberos }),
      usedAt: 0,
    }));
    this.#idle = [...this.#lines];
    // Every waiting request listens; Node.js would call eleven of them a leak.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Where requests go now; a redirect of the address itself is remembered. */
  get url(): string {
    return this.#url.href;
  }

  /**
   * Sends a request and reads the answer, whatever its status but 401 and redirects.
   * @throws ConnectorError ERR_HTTP_…: unreachable, timeout, reset, TLS, auth, redirect, too large; ERR_ABORTED.
   *   `details.phase` is `connect` when nothing was sent (trying again is safe), `sent` or `answer` when it may have been carried out
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    this.#throwIfClosed();
    const timeoutMs = request.timeoutMs ?? this.#limits.timeoutMs;
    const deadline = Date.now() + timeoutMs;
    throwIfAborted(request.signal);
    const stop = new EitherSignal(this.#closing.signal, request.signal);
    try {
      const line = this.#idle.pop() ?? (await this.#turn(stop.signal, timeoutMs));
      try {
        if (performance.now() - line.usedAt > this.#limits.keepIdleMs) line.connection.dropIdle();
        return await this.#follow(line, request, { stop, deadline, timeoutMs });
      } finally {
        this.#release(line);
      }
    } finally {
      stop.unlink();
    }
  }

  /** Stops what is under way (ERR_ABORTED) and ends every connection. */
  close(): void {
    this.#closing.abort();
    for (const line of this.#lines) line.connection.destroy();
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw new ConnectorError('ERR_ABORTED', 'The session is closed.');
  }

  /** The next line that becomes free, in the order of asking. */
  #turn(signal: AbortSignal, timeoutMs: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        const at = this.#waiting.indexOf(give);
        if (at >= 0) this.#waiting.splice(at, 1);
        settle();
      };
      const give = (line: Line): void => done(() => resolve(line));
      const onAbort = (): void =>
        done(() => reject(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason })));
      const timer = setTimeout(() => {
        const seen = `No connection to ${this.#url.host} became free within ${timeoutMs} ms.`;
        done(() =>
          reject(new ConnectorError('ERR_HTTP_TIMEOUT', seen, { details: { host: this.#url.host, phase: 'connect' } })),
        );
      }, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(give);
    });
  }

  #release(line: Line): void {
    line.usedAt = performance.now();
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(line);
    else next(line);
  }

  async #follow(line: Line, request: HttpRequest, time: Time): Promise<HttpResponse> {
    let url = this.#resolve(request.url);
    let { method, body } = request;
    const isBase = url.href === this.#url.href;
    for (let hop = 0; ; hop += 1) {
      const answer = await this.#exchange(line, { ...request, method }, url, body, time);
      if (!isRedirect(answer.status))
        return { status: answer.status, headers: answer.headers, body: answer.body, url: url.href };
      const to = redirectTarget(url, answer.headers.location, { allowInsecure: this.#allowInsecure });
      if (hop >= this.#limits.maxRedirects) {
        const seen = `${url.host} redirected more than ${this.#limits.maxRedirects} times.`;
        throw new ConnectorError('ERR_HTTP_REDIRECT', seen, { details: { from: url.host, to: to.host } });
      }
      checkUrl(to.href, this.#allowInsecure);
      this.#logger.debug('redirected', { from: url.host, to: to.host, status: answer.status });
      url = to;
      if (isBase) this.#url = to;
      if (answer.status === 303) {
        method = 'GET';
        body = undefined;
      }
    }
  }

  #resolve(relative: string | undefined): URL {
    if (relative === undefined) return this.#url;
    if (!URL.canParse(relative, this.#url))
      throw new ConnectorError('ERR_INPUT_INVALID', 'The address of a request is not one.');
    const url = new URL(relative, this.#url);
    if (url.origin !== this.#url.origin && url.origin !== this.#origin) {
      throw new ConnectorError(
        'ERR_HTTP_REDIRECT',
        `The session with ${this.#url.host} does not speak to ${url.host}.`,
      );
    }
    return url;
  }

  async #exchange(
    line: Line,
    request: HttpRequest,
    url: URL,
    body: string | Uint8Array | undefined,
    time: Time,
  ): Promise<WireResponse> {
    const once: Exchange['send'] = async (headers, withBody) => {
      const started = Date.now();
      const cookie = this.#cookies.header(url);
      const answer = await line.connection.send({
        method: request.method,
        url,
        headers: { ...request.headers, ...(cookie === null ? {} : { Cookie: cookie }), ...headers },
        body: withBody ? body : undefined,
        signal: request.signal,
        timeoutMs: Math.max(1, time.deadline - started),
        limitMs: time.timeoutMs,
        passingBody: request.passingBody,
      });
      this.#clock?.hear(answer.headers.date, started, Date.now());
      this.#cookies.store(url, answer.headers['set-cookie']);
      this.#logger.debug('http', {
        method: request.method,
        host: url.host,
        path: url.pathname,
        status: answer.status,
        ms: Date.now() - started,
      });
      return answer;
    };
    const send: Exchange['send'] = async (headers, withBody) => {
      try {
        return await once(headers, withBody);
      } catch (error) {
        // A kept connection the server had closed meanwhile. Without its body a request does nothing, so it may go again.
        const stale = error instanceof ConnectorError && error.details['reused'] === true;
        if (!stale || (withBody && request.repeatable !== true)) throw error;
        return once(headers, withBody);
      }
    };
    return line.authenticator.run({
      url,
      get signal() {
        return time.stop.signal;
      },
      send,
    });
  }
}

/**
 * Fires with either of two signals. AbortSignal.any would hang every request of a long session on the session's signal.
 * Made when it is first asked for: most requests need none.
 */
class EitherSignal {
  readonly #session: AbortSignal;
  readonly #request: AbortSignal | undefined;
  #either: AbortController | null = null;

  constructor(session: AbortSignal, request: AbortSignal | undefined) {
    this.#session = session;
    this.#request = request;
  }

  get signal(): AbortSignal {
    if (this.#request === undefined) return this.#session;
    if (this.#either === null) {
      this.#either = new AbortController();
      for (const signal of [this.#session, this.#request]) {
        if (signal.aborted) this.#stop();
        signal.addEventListener('abort', this.#stop, { once: true });
      }
    }
    return this.#either.signal;
  }

  readonly #stop = (): void => {
    this.#either?.abort(this.#session.aborted ? this.#session.reason : this.#request?.reason);
  };

  /** Nobody waits for it any more. */
  unlink(): void {
    if (this.#either === null) return;
    for (const signal of [this.#session, this.#request]) signal?.removeEventListener('abort', this.#stop);
  }
}

/** https, or http to this machine where that is allowed; without user info. */
function checkUrl(text: string, allowInsecure: boolean): URL {
  if (!URL.canParse(text)) throw new ConnectorError('ERR_CONFIG_INVALID', 'The address of the server is not a URL.');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      'The address of the server has credentials in it; they belong in their own fields.',
    );
  }
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && allowInsecure && isLoopback(url.hostname)) return url;
  throw new ConnectorError('ERR_HTTP_INSECURE', `${url.host} was to be reached without https.`, {
    details: { host: url.host },
  });
}
