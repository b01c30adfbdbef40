/**
 * The processes of the Exchange bench: the lab with its fleet, and the one that reads or writes. Apart, so that the
 * operating system counts the CPU time and the memory of each for itself. Started by {@link startProcess}; a process
 * answers the messages its parent sends.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setCasMailbox } from '../src/exchange/cmdlets/set-cas-mailbox.ts';
import { readEasRecords } from '../src/exchange/eas-records.ts';
import { openRemotePowerShell } from '../src/exchange/open-exchange.ts';
import { Organization, sequentialIds } from '../src/lab/organization.ts';
import { seedOrganization } from '../src/lab/seed-organization.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';
import { startExchangeServer } from '../src/lab/servers/exchange.ts';
import type { ExchangeServer } from '../src/lab/servers/exchange.ts';

/** Where the lab is, and who may sign in. */
export interface LabAddress {
  readonly url: string;
  /** Answers any POST with a fixed body: the same TLS and HTTP with nothing behind it. */
  readonly bareUrl: string;
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  /** GUIDs of some mailboxes to write to. */
  readonly mailboxes: readonly string[];
}

/** What a process has used since it started. */
export interface Usage {
  readonly cpuMs: number;
  /** Peak resident set, MiB. */
  readonly peakMib: number;
}

/** What the lab has used and done since it started. */
export interface LabUsage extends Usage {
  /** Spent in the server's own handlers, TLS and HTTP not counted. */
  readonly handlingMs: number;
  readonly requests: number;
  readonly bytes: number;
}

/** What a process is asked for. */
type Order =
  | { readonly kind: 'lab'; readonly phones: number }
  | { readonly kind: 'usage' }
  | { readonly kind: 'read'; readonly lab: LabAddress; readonly pageSize: number }
  | { readonly kind: 'drain'; readonly lab: LabAddress; readonly requests: number; readonly bytes: number }
  | { readonly kind: 'write'; readonly lab: LabAddress; readonly calls: number; readonly sessions: number };

/** A reading of the whole fleet, as its process saw it. */
export interface ReadingFigure extends Usage {
  readonly records: number;
  readonly pages: number;
  readonly wallMs: number;
}

/** A number of calls or requests, as their process saw them. */
export interface WorkFigure extends Usage {
  readonly wallMs: number;
}

type Answer<T> = { readonly error: string } | { readonly value: T };

/** A process of the bench. */
export interface BenchProcess {
  lab(phones: number): Promise<LabAddress>;
  labUsage(): Promise<LabUsage>;
  read(lab: LabAddress, pageSize: number): Promise<ReadingFigure>;
  /** As many answers of as many bytes from the lab's bare address, and nothing done with them. */
  drain(lab: LabAddress, requests: number, bytes: number): Promise<WorkFigure>;
  /** Set-CASMailbox, each adding one entry, shared out among the sessions. */
  write(lab: LabAddress, calls: number, sessions: number): Promise<WorkFigure>;
  end(): Promise<void>;
}

/** Starts a process that does nothing yet. */
export function startProcess(): BenchProcess {
  const child = fork(fileURLToPath(import.meta.url), ['--child'], { execArgv: process.execArgv });
  const ask = async <T>(order: Order): Promise<T> => {
    const waiting = new AbortController();
    const { signal } = waiting;
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`A process of the bench ended early (${String(code)}).`);
    });
    child.send(order);
    const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Answer<T>];
    ended.catch(() => undefined);
    waiting.abort();
    if ('error' in answer) throw new Error(answer.error);
    return answer.value;
  };
  return {
    lab: (phones) => ask({ kind: 'lab', phones }),
    labUsage: () => ask({ kind: 'usage' }),
    read: (lab, pageSize) => ask({ kind: 'read', lab, pageSize }),
    drain: (lab, requests, bytes) => ask({ kind: 'drain', lab, requests, bytes }),
    write: (lab, calls, sessions) => ask({ kind: 'write', lab, calls, sessions }),
    async end() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

let exchange: ExchangeServer | null = null;
const USER = { username: 'connector@contoso.example', password: 'bench' };

async function serveLab(phones: number): Promise<LabAddress> {
  const clock = { now: Date.UTC(2026, 0, 5, 8) };
  const organization = new Organization({ newId: sequentialIds(1), now: () => clock.now });
  organization.addMailbox({
    alias: 'connector',
    displayName: 'Connector',
    password: USER.password,
    remotePowerShell: true,
  });
  seedOrganization({ phones, organization, enrolled: 0 });
  const authority = await createCertificateAuthority();
  const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  exchange = await startExchangeServer(organization, { certificate });
  const mailboxes: string[] = [];
  for (let user = 0; mailboxes.length < 1000; user++) {
    const mailbox = organization.mailboxByAddress(`user${String(user).padStart(6, '0')}@${organization.domain}`);
    if (mailbox === null) break;
    mailboxes.push(mailbox.guid);
  }
  return { url: exchange.url, bareUrl: await serveBare(certificate), ca: authority.ca, ...USER, mailboxes };
}

async function serveBare(certificate: { key: string; cert: string }): Promise<string> {
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    const body = Buffer.alloc(Number(request.headers['x-bytes'] ?? 0), 0x41);
    request.resume().on('end', () => response.writeHead(200, { 'Content-Length': body.length }).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function transportTo(lab: LabAddress, sessions: number): ReturnType<typeof openRemotePowerShell> {
  const { url, username, password, ca } = lab;
  return openRemotePowerShell({
    kind: 'remote-powershell',
    urls: [url],
    auth: 'basic',
    username,
    password,
    tls: { ca },
    sessions,
  });
}

async function read(lab: LabAddress, pageSize: number): Promise<ReadingFigure> {
  const transport = transportTo(lab, 1);
  const started = performance.now();
  let records = 0;
  let pages = 0;
  for await (const page of readEasRecords(transport, { organization: 'bench', kind: 'full', pageSize })) {
    records += page.records.length;
    pages++;
  }
  const wallMs = performance.now() - started;
  await transport.close();
  return { records, pages, wallMs, ...usage() };
}

async function drain(lab: LabAddress, requests: number, bytes: number): Promise<WorkFigure> {
  const agent = new Agent({ ca: lab.ca, keepAlive: true, maxSockets: 1 });
  const body = Buffer.alloc(2048, 0x41);
  const started = performance.now();
  for (let at = 0; at < requests; at++) {
    await new Promise<void>((resolve, reject) => {
      const headers = { 'X-Bytes': String(bytes), 'Content-Length': String(body.length) };
      const outgoing = httpsRequest(lab.bareUrl, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().on('end', resolve).on('error', reject);
      });
      outgoing.on('error', reject).end(body);
    });
  }
  const wallMs = performance.now() - started;
  agent.destroy();
  return { wallMs, ...usage() };
}

async function write(lab: LabAddress, calls: number, sessions: number): Promise<WorkFigure> {
  const transport = transportTo(lab, sessions);
  // Shells are opened before the clock runs.
  await Promise.all(Array.from({ length: sessions }, () => transport.warmUp()));
  const before = process.cpuUsage();
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < calls; at = next++) {
      const mailboxId = lab.mailboxes[at % lab.mailboxes.length] ?? '';
      await setCasMailbox(transport, { mailboxId, blocked: { add: [`BENCH${process.pid}N${at}`] } });
    }
  };
  await Promise.all(Array.from({ length: sessions }, worker));
  const wallMs = performance.now() - started;
  const used = process.cpuUsage(before);
  await transport.close();
  return { wallMs, ...usage(), cpuMs: (used.user + used.system) / 1000 };
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  // maxRSS is in kibibytes (getrusage).
  return { cpuMs: (user + system) / 1000, peakMib: process.resourceUsage().maxRSS / 1024 };
}

function labUsage(): LabUsage {
  const { cpuMs = 0, requests = 0, bytes = 0 } = exchange?.stats ?? {};
  return { ...usage(), handlingMs: cpuMs, requests, bytes };
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'lab':
      return serveLab(order.phones);
    case 'usage':
      return labUsage();
    case 'read':
      return read(order.lab, order.pageSize);
    case 'drain':
      return drain(order.lab, order.requests, order.bytes);
    default:
      return write(order.lab, order.calls, order.sessions);
  }
}

if (import.meta.main && process.argv[2] === '--child') {
  process.on('message', (order: Order) => {
    carryOut(order).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
