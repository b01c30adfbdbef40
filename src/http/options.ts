/** What a caller may set about a connection. Values only; no I/O here. */
import type { IncomingHttpHeaders } from 'node:http';

/** TLS of the connection to the far end, as PEM texts. Verification is always on. */
export interface TlsOptions {
  /** Certificate authorities trusted besides those of Node.js. */
  readonly ca?: string | readonly string[];
  /** Client certificate, its key and the key's passphrase. */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Name to ask for and to check the certificate against; default: the host of the address. */
  readonly servername?: string;
}

/** An HTTP proxy that tunnels by CONNECT. */
export interface HttpProxy {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Hosts reached directly: a name, or `.domain` for everything under it. */
  readonly noProxy?: readonly string[];
}

/** Bounds that protect this process. */
export interface HttpLimits {
  /** Bytes of one answer's body, as sent and again as inflated; default 1 MiB (a WSMan envelope is at most 500 KiB). */
  readonly maxBodyBytes?: number;
  /** Bytes of an answer's header; default 64 KiB. */
  readonly maxHeaderBytes?: number;
  /** Resolving, connecting, proxy and TLS together; default 15,000. */
  readonly connectTimeoutMs?: number;
  /** One request, handshakes included, if the request says nothing else; default 60,000. */
  readonly timeoutMs?: number;
  /**
   * A connection that nobody used for longer is not used again: load balancers and firewalls drop idle ones without a word,
   * and a request over such a one is lost. Default 5,000.
   */
  readonly keepIdleMs?: number;
  /** Default 5, as PowerShell has it. */
  readonly maxRedirects?: number;
}

/** How to sign in. */
export type HttpAuth =
  | { readonly method: 'none' }
  | { readonly method: 'basic'; readonly username: string; readonly password: string }
  | {
      /** `ntlm`: under the header NTLM, or Negotiate where only that is offered. `negotiate-ntlm`: Negotiate only. */
      readonly method: 'ntlm' | 'negotiate-ntlm';
      /** `user`, `DOMAIN\user` or `user@domain`. */
      readonly username: string;
      readonly password: string;
      /** Wrap the tokens in SPNEGO under Negotiate; default false, Windows takes them as they are. */
      readonly spnego?: boolean;
      /** Tie the sign-in to the TLS certificate; default true. Switch off where a proxy in between ends TLS. */
      readonly channelBinding?: boolean;
    }
  | {
      readonly method: 'kerberos';
      /** Default `HTTP@` and the host. */
      readonly spn?: string;
      /** Whose ticket; default: that of the environment (keytab or ticket cache). */
      readonly username?: string;
      /** Gets the ticket; default: it is there. */
      readonly password?: string;
      /** Default: what the user name says, else default_realm of krb5.conf. */
      readonly realm?: string;
    }
  | { readonly method: 'certificate' };

/** Name of a way to sign in. */
export type AuthMethod = HttpAuth['method'];

/** One request. */
export interface HttpRequest {
  readonly method: string;
  /** Relative to the session's address, or absolute on the same origin. Default: the address itself. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Default: limits.timeoutMs. Must exceed a server's own waiting (WSMan's OperationTimeout). */
  readonly timeoutMs?: number;
  /**
   * True if sending it twice does no harm. Then it is sent once more when a kept connection turns out to be closed;
   * otherwise the caller gets ERR_HTTP_RESET and decides.
   */
  readonly repeatable?: boolean;
  /**
   * True if nobody needs the answer's body once the session has got another request: the next body may be written over it.
   * A new one of half a megabyte costs as much as decrypting a fifth of it, and waits for the garbage collector.
   */
  readonly passingBody?: boolean;
}

/** One answer. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Inflated. */
  readonly body: Buffer;
  /** Where it came from, after redirects. */
  readonly url: string;
}

/** Limits with every default filled in. */
export type ResolvedLimits = Required<HttpLimits>;

/** Fills in the defaults. */
export function resolveLimits(limits: HttpLimits = {}): ResolvedLimits {
  return {
    maxBodyBytes: limits.maxBodyBytes ?? 1024 * 1024,
    maxHeaderBytes: limits.maxHeaderBytes ?? 64 * 1024,
    connectTimeoutMs: limits.connectTimeoutMs ?? 15_000,
    timeoutMs: limits.timeoutMs ?? 60_000,
    keepIdleMs: limits.keepIdleMs ?? 5_000,
    maxRedirects: limits.maxRedirects ?? 5,
  };
}
