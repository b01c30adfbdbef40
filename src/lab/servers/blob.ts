/** The storage that reports are fetched from: another host than Graph, and one that wants to know nobody. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ExportJobs } from '../export-jobs.ts';
import type { ServerCertificate } from './certificates.ts';
import type { GraphFaults } from './graph-faults.ts';
import { stopServer } from './stop-server.ts';

/** A running storage. */
export interface BlobServer {
  readonly origin: string;
  /** Headers that no stranger should see, of requests that had them: names only. */
  readonly leaks: readonly string[];
  /** Requests so far. */
  readonly requests: number;
  close(): Promise<void>;
}

/** Headers that say who asks. */
const TELLING = ['authorization', 'cookie', 'x-ms-client-principal', 'proxy-authorization'];

/** Starts it. @param jobs asked for when a file is: they know this server's address */
export async function startBlobServer(
  at: { readonly certificate: ServerCertificate; readonly host: string },
  faults: GraphFaults,
  jobs: () => ExportJobs,
): Promise<BlobServer> {
  const leaks: string[] = [];
  let requests = 0;
  const { cert, key } = at.certificate;
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    requests += 1;
    const told = TELLING.filter((name) => request.headers[name] !== undefined);
    if ('getPeerX509Certificate' in request.socket && peerOf(request)) told.push('client certificate');
    leaks.push(...told);
    // Azure Storage takes no token beside a signature: "InvalidAuthenticationInfo".
    if (told.length > 0) sendXml(response, 400, 'InvalidAuthenticationInfo');
    else answer(request, response, at.host, faults, jobs());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, at.host, resolve);
  });
  return {
    origin: `https://${at.host}:${(server.address() as AddressInfo).port}`,
    leaks,
    get requests() {
      return requests;
    },
    close: () => stopServer(server),
  };
}

function peerOf(request: IncomingMessage): boolean {
  const socket = request.socket as unknown as { getPeerX509Certificate(): unknown };
  return socket.getPeerX509Certificate() !== undefined;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  faults: GraphFaults,
  jobs: ExportJobs,
): void {
  const url = new URL(request.url ?? '/', `https://${host}`);
  const fault = faults.take({ target: 'blob', path: url.pathname, page: null });
  const file = jobs.file(url);
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'status') {
    if (fault.location !== undefined) response.setHeader('location', fault.location);
    sendXml(response, fault.status, 'ServerBusy');
    return;
  }
  if (request.method !== 'GET' || file === null) {
    sendXml(response, 403, 'AuthenticationFailed');
    return;
  }
  const bytes = fault?.kind === 'file' ? fault.spoil(file) : file;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length });
  if (fault?.kind === 'reset')
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy());
  else response.end(bytes);
}

function sendXml(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`);
}
