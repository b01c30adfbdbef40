/** HTTPS on loopback for the APIs of the lab's MDMs: reads requests, plays faults, sends answers. Development only. */
import { createServer } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerCertificate } from './certificates.ts';
import { MdmFaults } from './mdm-faults.ts';
import type { MdmFault, MdmTarget } from './mdm-faults.ts';
import { stopServer } from './stop-server.ts';

/** What a client asks. */
export interface MdmRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What it gets: an object is sent as JSON. */
export interface MdmAnswer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One API. */
export interface MdmApi {
  /** What the request asks for; null: nothing that there is. */
  targetOf(request: MdmRequest): MdmTarget | null;
  /** @param totalOff added to the number of devices that the answer tells */
  answer(request: MdmRequest, totalOff: number): MdmAnswer;
  expireTokens(): void;
}

/** A running one. */
export interface MdmServer {
  readonly url: string;
  readonly faults: MdmFaults;
  /** What was asked for and how it was answered, oldest first: `token 200`, `1 200`, `2 429`. */
  readonly answered: readonly string[];
  close(): Promise<void>;
}

/** No sign-in is longer. */
const MAX_BODY_BYTES = 4096;
const SORRY = '<!DOCTYPE html><title>Sorry</title><p>Please sign in to the proxy.';

/** Starts a server for an API, on a free port. */
export async function startMdmApi(
  api: MdmApi,
  { certificate }: { readonly certificate: ServerCertificate },
): Promise<MdmServer> {
  const faults = new MdmFaults();
  const answered: string[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (incoming, response) => {
    readRequest(incoming).then(
      (request) => {
        const target = api.targetOf(request);
        const fault = target === null ? undefined : faults.take(target);
        const answer = faultyAnswer(api, request, fault);
        answered.push(`${target ?? 'unknown'} ${answer.status}`);
        send(response, answer, fault?.kind);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    answered,
    close: () => stopServer(server),
  };
}

function faultyAnswer(api: MdmApi, request: MdmRequest, fault: MdmFault | undefined): MdmAnswer {
  if (fault?.kind === 'expired-tokens') api.expireTokens();
  if (fault?.kind === 'html') return { status: 200, body: SORRY, headers: { 'Content-Type': 'text/html' } };
  if (fault?.kind !== 'status') return api.answer(request, fault?.kind === 'total' ? fault.off : 0);
  const headers = {
    ...(fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter }),
    ...(fault.location === undefined ? {} : { Location: fault.location }),
  };
  return { status: fault.status, body: { message: 'Asked to fail.' }, headers };
}

async function readRequest(incoming: IncomingMessage): Promise<MdmRequest> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'https://lab.invalid');
  let body = '';
  for await (const part of incoming) {
    body += String(part);
    if (body.length > MAX_BODY_BYTES) throw new RangeError('The request is too long.');
  }
  return { method: incoming.method ?? '', path: pathname, query: searchParams, headers: incoming.headers, body };
}

function send(response: ServerResponse, answer: MdmAnswer, fault: MdmFault['kind'] | undefined): void {
  const isText = typeof answer.body === 'string';
  const whole = isText ? (answer.body as string) : JSON.stringify(answer.body);
  const half = whole.slice(0, Math.floor(whole.length / 2));
  response.writeHead(answer.status, {
    'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    ...answer.headers,
    ...(fault === 'reset' ? { 'Content-Length': Buffer.byteLength(whole) } : {}),
  });
  if (fault === 'reset') response.write(half, () => response.destroy());
  else if (answer.status === 204) response.end();
  else response.end(fault === 'cut' ? half : whole);
}
