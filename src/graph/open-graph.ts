/** Opens Microsoft Graph for one tenant: the official client, our middleware chain, tokens from msal. */
import { Client, GraphClientError, ResponseType } from '@microsoft/microsoft-graph-client';
import { asConnectorError, isConnectorError, throwIfAborted } from '../errors.ts';
import { download } from '../http/download.ts';
import { httpFetch } from '../http/http-fetch.ts';
import type { HttpProxy, TlsOptions } from '../http/options.ts';
import { silentLogger, type Logger } from '../log.ts';
import { readAnswer } from './answer.ts';
import { resolveCloud, type CloudChoice } from './clouds.ts';
import { readCredential, type CredentialChoice } from './credential.ts';
import { getInBatches } from './batch.ts';
import type { BatchBody } from './batch.ts';
import { blobAddress } from './export/blob-address.ts';
import { AnswerResponse, GraphCall, graphMiddleware } from './middleware.ts';
import { DEFAULT_RETRY_LIMITS, systemClock, type RetryClock, type RetryLimits } from './retry.ts';
import type { Answer } from './send.ts';
import { invalidTenant } from './tenant-field.ts';
import { joinTenant } from './tenant-limiter.ts';
import { createTokenSource } from './token.ts';
import type { GraphRequest, GraphTransport } from './graph-transport.ts';

/** Properties of the mdm-tenant node, resolved, and the world around it. */
export interface GraphOptions extends CloudChoice, CredentialChoice {
  readonly clientId: string;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  readonly logger?: Logger;
  /** Bounds on retrying; what is left out is {@link DEFAULT_RETRY_LIMITS}. */
  readonly retry?: Partial<RetryLimits>;
  /** Longest one attempt may take, ms. Default 100 000, as Microsoft's .NET SDK; slow pages of large tenants take seconds. */
  readonly timeoutMs?: number;
  readonly clock?: RetryClock;
}

/** Longest that a report is waited for while it is fetched. */
const DOWNLOAD_MS = 30 * 60_000;

/**
 * Opens the transport. Nothing is sent before the first request.
 * @throws ConnectorError ERR_CONFIG_INVALID naming the field
 */
export function openGraph(options: GraphOptions): GraphTransport {
  return openSignedGraph(options).graph;
}

/**
 * The transport, and its sign-in by itself: for a check that says what the sign-in came to, and what the token carries.
 * @throws as {@link openGraph}
 */
export function openSignedGraph(options: GraphOptions): {
  readonly graph: GraphTransport;
  /** The token that the transport uses; a refusal is not tried again. */
  readonly signIn: (signal: AbortSignal) => Promise<string>;
} {
  const endpoints = resolveCloud(options);
  const clientId = options.clientId.trim();
  if (clientId === '') throw invalidTenant('clientId', 'is empty');
  const credential = readCredential(options);
  const timeoutMs = options.timeoutMs ?? 100_000;
  const fetch = httpFetch({
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    limits: { timeoutMs },
  });
  const clock = options.clock ?? systemClock;
  const closing = new AbortController();
  const tokens = createTokenSource({
    endpoints,
    clientId,
    credential,
    fetch,
    closing: closing.signal,
    now: () => clock.now(),
  });
  // After all that may be refused: what has joined must be closed.
  const tenant = joinTenant(`${endpoints.graphUrl} ${endpoints.authority}`.toLowerCase());
  const retry = {
    limits: { ...DEFAULT_RETRY_LIMITS, ...options.retry },
    clock,
    pause: tenant.pause,
    logger: options.logger ?? silentLogger,
  };
  const client = Client.initWithMiddleware({
    baseUrl: endpoints.graphUrl,
    defaultVersion: endpoints.apiVersion,
    middleware: graphMiddleware({
      graphUrl: endpoints.graphUrl,
      fetch,
      tokens,
      retry,
      limiter: tenant.limiter,
    }),
  });

  const signalOf = ({ signal }: { readonly signal?: AbortSignal }): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
  const graph: GraphTransport = {
    kind: 'graph',
    async getMany(requests, limits) {
      const signal = signalOf(limits);
      throwIfAborted(signal);
      const what = 'Graph /$batch';
      const post = (body: BatchBody): Promise<Answer> =>
        answerTo(() =>
          client
            .api('/$batch')
            .middlewareOptions([new GraphCall({ what, link: null, signal, cost: body.requests.length })])
            .responseType(ResponseType.RAW)
            .post(body),
        );
      return getInBatches(requests, post, { ...retry, what, signal }, limits.missingIsNull);
    },
    exports: {
      async create(job, asked) {
        const signal = signalOf(asked);
        throwIfAborted(signal);
        const path = '/deviceManagement/reports/exportJobs';
        const call = new GraphCall({ what: `Graph ${path}`, link: null, signal, clock: asked.clock });
        const api = client.api(path).middlewareOptions([call]).responseType(ResponseType.RAW);
        return readAnswer(path, await answerTo(() => api.post(job)));
      },
      wait: (ms, signal) => clock.wait(ms, signalOf({ ...(signal && { signal }) })),
      download: (address, limits) =>
        download(blobAddress(options.cloud, address), {
          // Of what the tenant's connection has, the authorities alone: no client certificate, no name of another server.
          ...(options.tls?.ca === undefined ? {} : { ca: options.tls.ca }),
          ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
          maxBytes: limits.maxBytes,
          silenceMs: timeoutMs,
          totalMs: DOWNLOAD_MS,
          signal: signalOf(limits),
        }),
    },
    async get(request) {
      const signal = signalOf(request);
      throwIfAborted(signal);
      const path = pathOf(request);
      const link = 'link' in request ? request.link : null;
      const { clock: heard, eachRow } = request;
      const call = new GraphCall({ what: `Graph ${path}`, link, signal, clock: heard, eachRow });
      return readAnswer(path, await ask(client, request, call));
    },
    async close() {
      closing.abort();
      tenant.leave();
      fetch.close();
    },
  };
  return { graph, signIn: (signal) => tokens.get(signal) };
}

async function ask(client: Client, request: GraphRequest, call: GraphCall): Promise<Answer> {
  // The client's path parser is kept away from links and from query values (it mangles a value with "https://" in it).
  const api = client
    .api('path' in request ? request.path : '/')
    .middlewareOptions([call])
    .responseType(ResponseType.RAW);
  const query = 'path' in request ? (request.query ?? {}) : {};
  for (const [name, value] of Object.entries(query)) api.query({ [name]: encodeURIComponent(value) });
  for (const [name, value] of Object.entries(request.headers ?? {})) api.header(name, value);
  return answerTo(() => api.get());
}

/** What the client was given, or the error that travelled inside its own. */
async function answerTo(send: () => Promise<unknown>): Promise<Answer> {
  try {
    const response = await send();
    if (!(response instanceof AnswerResponse)) throw new Error('The Graph client gave something else than our answer.');
    return response.take();
  } catch (error) {
    if (error instanceof GraphClientError && isConnectorError(error.customError)) throw error.customError;
    throw asConnectorError(error);
  }
}

/** For messages: the path below the API version, without query. */
function pathOf(request: GraphRequest): string {
  if ('path' in request) return request.path;
  return URL.canParse(request.link) ? new URL(request.link).pathname.replace(/^\/(v1\.0|beta)(?=\/)/, '') : 'a link';
}
