/** One HTTP request to a vetted address: no redirects, no proxy from the environment, bounded in time and size. */
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { trustedAuthorities } from '../http/authorities.ts';

/** What to send. The address was resolved and vetted before; the name in the URL is never resolved again. */
export interface ProbeRequest {
  readonly url: URL;
  readonly address: string;
  readonly method: 'GET' | 'POST' | 'OPTIONS';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Credentials need a certificate that is trusted for the name; a look at the door does not. */
  readonly trust: 'required' | 'any';
}

export interface ProbeLimits {
  readonly ca?: readonly string[];
  readonly signal: AbortSignal;
  /** For everything up to the last byte. */
  readonly timeoutMs: number;
}

/** What came back. */
export interface ProbeAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** First value of each header, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of the sign-in methods offered, as `Negotiate`. */
  readonly schemes: readonly string[];
  /** Text of the body, cut at {@link MAX_BODY}. */
  readonly body: string;
  /** The body was longer, or compressed though nobody asked for it. */
  readonly unreadable: 'too-large' | 'compressed' | null;
  readonly ms: number;
}

/** Or why nothing came back. */
export interface ProbeFailure {
  readonly kind: 'timeout' | 'refused' | 'reset' | 'failed';
  readonly code: string;
  readonly ms: number;
}

/** Bytes of a body that are read; an Autodiscover answer has a few thousand. */
export const MAX_BODY = 256 * 1024;

/** Sends one request on a connection of its own. Never rejects. */
export async function probeHttp(
  probe: ProbeRequest,
  { ca, signal, timeoutMs }: ProbeLimits,
): Promise<ProbeAnswer | ProbeFailure> {
  const startedAt = performance.now();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await send(probe, trustedAuthorities(ca), limit);
    const { body, unreadable } = await readBody(response, limit);
    const headers = Object.fromEntries(
      Object.entries(response.headersDistinct).map(([name, values]) => [name, values?.[0] ?? '']),
    );
    const schemes = schemesOf(response.headersDistinct['www-authenticate'] ?? []);
    return {
      kind: 'answer',
      status: response.statusCode ?? 0,
      headers,
      schemes,
      body,
      unreadable,
      ms: elapsed(startedAt),
    };
  } catch (error) {
    const code = limit.aborted && !signal.aborted ? 'ETIMEDOUT' : ((error as NodeJS.ErrnoException).code ?? 'failed');
    return { kind: KINDS[code] ?? 'failed', code, ms: elapsed(startedAt) };
  }
}

const KINDS: Readonly<Record<string, ProbeFailure['kind']>> = {
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  HPE_INVALID_CONSTANT: 'failed',
};

function elapsed(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

function send(probe: ProbeRequest, ca: readonly string[] | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, address } = probe;
  const body = probe.body === undefined ? null : Buffer.from(probe.body);
  const options: RequestOptions & Record<string, unknown> = {
    host: address,
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: url.pathname + url.search,
    method: probe.method,
    headers: {
      Host: url.host,
      'User-Agent': 'exchange-connector',
      'Accept-Encoding': 'identity',
      Connection: 'close',
      ...(body === null ? {} : { 'Content-Length': String(body.length) }),
      ...probe.headers,
    },
    agent: false,
    signal,
    maxHeaderSize: 16 * 1024,
    ...(url.protocol === 'https:'
      ? {
          servername: url.hostname,
          ...(ca === undefined ? {} : { ca: [...ca] }),
          rejectUnauthorized: probe.trust === 'required',
        }
      : {}),
  };
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps(options, resolve) : requestHttp(options, resolve);
    request.once('error', reject);
    request.end(body ?? undefined);
  });
}

async function readBody(
  response: IncomingMessage,
  signal: AbortSignal,
): Promise<Pick<ProbeAnswer, 'body' | 'unreadable'>> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== '') {
    response.destroy();
    return { body: '', unreadable: 'compressed' };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY) {
      response.destroy();
      return { body: '', unreadable: 'too-large' };
    }
  }
  return { body: Buffer.concat(chunks).toString('utf8'), unreadable: null };
}

/** Method names of WWW-Authenticate values; IIS sends one header for each, proxies may join them with commas [RFC 9110 11.6.1]. */
export function schemesOf(values: readonly string[]): string[] {
  const names = values.flatMap((value) =>
    [...value.matchAll(/(?:^|,)\s*([A-Za-z][\w-]*)(?=\s*(?:$|,|\s+[^\s=,]+))/g)].map((match) => match[1] ?? ''),
  );
  return [...new Set(names.filter(Boolean))].slice(0, 10);
}
