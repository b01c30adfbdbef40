/**
 * The lab's Microsoft Graph: HTTPS on loopback, the token endpoint and the slice of the API that the connector reads,
 * from the simulated organization, with every fault on request. Development only.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  graphError,
  GraphSlice,
  intuneMessage,
  requiredPermission,
  type SliceAnswer,
  type SliceOptions,
  type SliceRequest,
} from '../graph-slice.ts';
import type { ManagedDevice } from '../managed-devices.ts';
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';
import type { ExportJobs } from '../export-jobs.ts';
import { startBlobServer, type BlobServer } from './blob.ts';
import { GraphAuthority } from './graph-authority.ts';
import { GraphFaults, rowsOf, spoilAnswer, type GraphFault } from './graph-faults.ts';
import { stopServer } from './stop-server.ts';

export type { GraphFault } from './graph-faults.ts';

/** All application permissions the slice knows. */
export const GRAPH_PERMISSIONS = [
  'DeviceManagementManagedDevices.Read.All',
  'Device.Read.All',
  'GroupMember.Read.All',
  'User.Read.All',
] as const;

export interface GraphServerOptions extends SliceOptions {
  /** Certificate for the host. */
  readonly certificate: ServerCertificate;
  /** Default 127.0.0.1; it is also the name in the addresses the server gives. */
  readonly host?: string;
  /** Default 0, a free one. */
  readonly port?: number;
  /** Default: made at start. */
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** PEM of certificates the application may sign in with. */
  readonly clientCertificates?: readonly string[];
  /** Seconds; default 3599, as Entra's. */
  readonly tokenLifetime?: number;
  /** Milliseconds since 1970. Default the organization's clock. */
  readonly now?: () => number;
  /** What the `Date` of Graph's answers is ahead of the machine's clock, ms; default 0. Sign-in's is right. */
  readonly dateAheadMs?: number;
}

/** One request as it came, without its body and token. */
export interface GraphServerRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly status: number;
}

/** A running server. */
export interface GraphServer {
  /** For `graphUrl`: without API version. */
  readonly url: string;
  /** For `authorityUrl`: without tenant. */
  readonly authorityUrl: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly faults: GraphFaults;
  readonly authority: GraphAuthority;
  /** Permissions the application has been granted; take one out to be refused. */
  readonly permissions: Set<string>;
  /** False: the tenant has no Intune, which refuses all that is asked of it. */
  hasIntune: boolean;
  /** What scope tags hide from the application; nothing at first. */
  hides: (device: ManagedDevice) => boolean;
  /** The last 10,000 requests, oldest first, and what they were answered with (0 = broken off). The parts of a batch stand before it. */
  readonly requests: readonly GraphServerRequest[];
  /** Requests that came before the Retry-After of an earlier one had run out. */
  readonly early: number;
  /** Its reports. */
  readonly exports: ExportJobs;
  /** The storage they are fetched from. */
  readonly blob: Omit<BlobServer, 'close'>;
  close(): Promise<void>;
}

/** Starts the server. */
export async function startGraphServer(organization: Organization, options: GraphServerOptions): Promise<GraphServer> {
  const host = options.host ?? '127.0.0.1';
  const requests: GraphServerRequest[] = [];
  let handler: GraphHandler | null = null;
  const server = createServer({ cert: options.certificate.cert, key: options.certificate.key }, (request, response) => {
    handleSafely(handler, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const origin = `https://${host}:${(server.address() as AddressInfo).port}`;
  const now = options.now ?? (() => organization.now());
  const authority = new GraphAuthority({
    origin,
    tenantId: options.tenantId ?? randomUUID(),
    clientId: options.clientId ?? randomUUID(),
    clientSecret: options.clientSecret ?? randomBytes(24).toString('base64url'),
    certificates: options.clientCertificates ?? [],
    tokenLifetime: options.tokenLifetime ?? 3599,
    now,
    roles: () => [...(handler?.permissions ?? [])],
  });
  const faults = new GraphFaults();
  const blob = await startBlobServer({ certificate: options.certificate, host }, faults, () => slice.exports);
  const hides = (device: ManagedDevice): boolean => handler?.hides(device) ?? false;
  const slice: GraphSlice = new GraphSlice(organization, { ...options, now, hides, blobOrigin: blob.origin });
  const { dateAheadMs = 0 } = options;
  const running = new GraphHandler({ origin, authority, now, dateAheadMs, requests, slice, faults });
  running.hides = options.hides ?? running.hides;
  handler = running;
  return {
    url: origin,
    authorityUrl: origin,
    tenantId: authority.options.tenantId,
    clientId: authority.options.clientId,
    clientSecret: authority.options.clientSecret,
    faults: running.faults,
    authority,
    permissions: running.permissions,
    get hasIntune() {
      return running.hasIntune;
    },
    set hasIntune(hasIntune) {
      running.hasIntune = hasIntune;
    },
    get hides() {
      return running.hides;
    },
    set hides(hides) {
      running.hides = hides;
    },
    requests,
    get early() {
      return running.early;
    },
    exports: slice.exports,
    blob,
    close: async () => {
      await Promise.all([stopServer(server), blob.close()]);
    },
  };
}

function handleSafely(handler: GraphHandler | null, request: IncomingMessage, response: ServerResponse): void {
  handler?.handle(request, response).catch(() => response.destroy());
}

interface HandlerParts {
  readonly origin: string;
  readonly authority: GraphAuthority;
  readonly slice: GraphSlice;
  readonly requests: GraphServerRequest[];
  now(): number;
  readonly dateAheadMs: number;
  readonly faults: GraphFaults;
}

/** Larger bodies than any token request are not read. */
const MAX_BODY = 65_536;
/** Parts of a batch. https://learn.microsoft.com/graph/json-batching */
const BATCH_SIZE = 20;
/** A lab may run for days. */
const MAX_REQUESTS = 10_000;

class GraphHandler {
  readonly faults: GraphFaults;
  readonly permissions = new Set<string>(GRAPH_PERMISSIONS);
  hasIntune = true;
  hides: (device: ManagedDevice) => boolean = () => false;
  early = 0;
  readonly #parts: HandlerParts;
  #throttledUntil = 0;
  #rowsBefore: readonly unknown[] = [];

  constructor(parts: HandlerParts) {
    this.#parts = parts;
    this.faults = parts.faults;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.#parts.origin);
    const body = await readBody(request);
    const { authorization: _authorization, ...headers } = request.headers as Record<string, string | undefined>;
    const status = url.pathname.startsWith('/v1.0/')
      ? this.#graph(request, response, url, body)
      : this.#token(request, response, url, body);
    this.#note({ method: request.method ?? '', url: request.url ?? '', headers, status });
  }

  #note(request: GraphServerRequest): void {
    const { requests } = this.#parts;
    requests.push(request);
    if (requests.length > MAX_REQUESTS) requests.shift();
  }

  #token(request: IncomingMessage, response: ServerResponse, url: URL, body: string): number {
    const fault = this.faults.take({ target: 'token', path: url.pathname, page: null });
    const broken = fault === null ? null : this.#playFault(fault, response, {});
    if (broken !== null) return broken;
    if (fault?.kind === 'echo')
      return sendJson(response, 400, { error: 'invalid_request', error_description: `Not understood: ${body}` });
    const answer = this.#parts.authority.answer(
      request.method ?? '',
      url.pathname,
      request.headers['content-type'] ?? '',
      body,
    );
    return sendJson(response, answer?.status ?? 404, answer?.body ?? { error: 'not_found' });
  }

  /** Up to twenty GETs in one POST, each answered by itself. */
  #batch(response: ServerResponse, text: string): number {
    const refuse = (message: string): number => sendJson(response, 400, graphError(400, 'BadRequest', message).body);
    let requests: { id: string; method: string; url: string }[];
    try {
      ({ requests } = JSON.parse(text) as { requests: { id: string; method: string; url: string }[] });
    } catch {
      return refuse('Invalid batch payload format.');
    }
    if (!Array.isArray(requests) || requests.length === 0) return refuse('Invalid batch payload format.');
    if (requests.length > BATCH_SIZE)
      return refuse(`Number of batch request steps exceeds the maximum value of ${BATCH_SIZE}.`);
    return sendJson(response, 200, { responses: requests.map((part) => this.#part(part)) });
  }

  #part({ id, method, url: address }: { id: string; method: string; url: string }): object {
    const url = new URL(`/v1.0${address}`, this.#parts.origin);
    const path = url.pathname.slice('/v1.0'.length);
    const reply = (status: number, body: object, headers: Record<string, string> = {}): object => {
      this.#note({ method, url: `/v1.0${address}`, headers: {}, status });
      return { id, status, headers: { 'Content-Type': 'application/json', ...headers }, body };
    };
    if (method !== 'GET') return reply(405, graphError(405, 'Request_BadRequest', 'The lab answers GET only.').body);
    const permission = requiredPermission(path);
    if (permission !== null && !this.permissions.has(permission)) return reply(403, forbidden(path, permission).body);
    const answer = this.#answer(this.#parts.slice, path, { url, headers: {} });
    const fault = this.faults.take({ target: 'part', path, page: answer.page });
    if (fault?.kind === 'throttle') {
      const wait = fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter };
      return reply(429, graphError(429, 'TooManyRequests', 'Please retry again later.').body, wait);
    }
    if (fault?.kind === 'status')
      return reply(fault.status, graphError(fault.status, fault.code ?? 'UnknownError', 'Not available.').body);
    const spoiled = (fault === null ? null : spoilAnswer(fault, answer, url)) ?? answer;
    return reply(spoiled.status, spoiled.body);
  }

  /** Without a licence Intune knows no tenant (seen: microsoftgraph/msgraph-beta-sdk-go issue 198). */
  #answer(slice: GraphSlice, path: string, request: SliceRequest): SliceAnswer {
    if (this.hasIntune || !/^\/deviceManagement\//i.test(path)) return slice.answer(request);
    return graphError(400, 'BadRequest', 'Request not applicable to target tenant.');
  }

  #graph(request: IncomingMessage, response: ServerResponse, url: URL, body: string): number {
    const { authority, slice } = this.#parts;
    const now = this.#parts.now();
    if (this.#parts.dateAheadMs !== 0)
      response.setHeader('date', new Date(Date.now() + this.#parts.dateAheadMs).toUTCString());
    const headers = request.headers as Record<string, string | undefined>;
    if (now < this.#throttledUntil) {
      this.early += 1;
      return this.#throttle(response, String(Math.ceil((this.#throttledUntil - now) / 1000)));
    }
    const path = url.pathname.slice('/v1.0'.length);
    const isBatch = path === '/$batch';
    const isPost = request.method === 'POST';
    const answer = isPost ? { status: 200, body: {}, page: null } : this.#answer(slice, path, { url, headers });
    const fault = this.faults.take({ target: 'graph', path, page: answer.page });
    if (fault?.kind === 'expired-token') authority.expireTokens();
    const refused = authority.refuse(headers['authorization']);
    if (refused !== null) {
      response.setHeader(
        'www-authenticate',
        `Bearer realm="", authorization_uri="${authority.options.origin}/common/oauth2/authorize"`,
      );
      return sendJson(response, 401, graphError(401, 'InvalidAuthenticationToken', refused).body);
    }
    if (isPost && isBatch) {
      const broken = fault === null ? null : this.#playFault(fault, response, {});
      return broken ?? this.#batch(response, body);
    }
    if (request.method !== 'GET' && !isPost)
      return sendJson(response, 405, graphError(405, 'Request_BadRequest', 'The lab answers GET only.').body);
    const permission = requiredPermission(path);
    if (permission !== null && !this.permissions.has(permission))
      return sendJson(response, 403, forbidden(path, permission).body);
    const broken = fault === null ? null : this.#playFault(fault, response, answer.body);
    if (broken !== null) return broken;
    const given = isPost ? this.#post(response, url, body) : answer;
    const spoiled = (fault === null ? null : spoilAnswer(fault, given, url, this.#rowsBefore)) ?? given;
    this.#rowsBefore = rowsOf(spoiled);
    return sendJson(response, spoiled.status, spoiled.body);
  }

  #post(response: ServerResponse, url: URL, body: string): SliceAnswer {
    const answer = this.#parts.slice.post({ url, headers: {} }, body);
    if (answer.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(answer.retryAfterSeconds));
    return answer;
  }

  /** Faults of the connection and of the status; returns the status sent, or null for faults that are inside of an answer. */
  #playFault(fault: GraphFault, response: ServerResponse, body: object): number | null {
    switch (fault.kind) {
      case 'throttle':
        return this.#throttle(response, fault.retryAfter);
      case 'status':
        if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
        if (fault.html === true) return sendHtml(response, fault.status);
        return sendJson(
          response,
          fault.status,
          graphError(fault.status, fault.code ?? 'UnknownError', 'The service is not available.').body,
        );
      case 'html-200':
        return sendHtml(response, 200);
      case 'silence':
        return 0;
      case 'reset':
        return breakOff(response, JSON.stringify(body));
      case 'cut-json': {
        const text = JSON.stringify(body);
        response.setHeader('content-type', 'application/json');
        response.end(text.slice(0, Math.floor(text.length / 2)));
        return 200;
      }
      default:
        return null;
    }
  }

  #throttle(response: ServerResponse, retryAfter: string | undefined): number {
    if (retryAfter !== undefined) {
      response.setHeader('retry-after', retryAfter);
      const ms = /^\d+(\.\d+)?$/.test(retryAfter)
        ? Number(retryAfter) * 1000
        : Date.parse(retryAfter) - this.#parts.now();
      if (ms > 0) this.#throttledUntil = Math.max(this.#throttledUntil, this.#parts.now() + ms);
    }
    return sendJson(response, 429, graphError(429, 'TooManyRequests', 'Please retry again later.').body);
  }
}

function forbidden(path: string, permission: string): SliceAnswer {
  const text = `Application is not authorized to perform this operation. Application must have one of the following scopes: ${permission}`;
  return path.startsWith('/deviceManagement')
    ? graphError(403, 'Forbidden', intuneMessage(text))
    : graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error('The request body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: object): number {
  response.statusCode = status;
  response.setHeader(
    'content-type',
    'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
  );
  response.setHeader('request-id', randomUUID());
  response.setHeader('cache-control', 'no-store');
  response.end(JSON.stringify(body));
  return status;
}

function sendHtml(response: ServerResponse, status: number): number {
  response.statusCode = status;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end('<html><head><title>Gateway</title></head><body><h1>Bad Gateway</h1></body></html>');
  return status;
}

/** Half of the body, then the end of the connection; returns 0. */
function breakOff(response: ServerResponse, text: string): number {
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy());
  return 0;
}
