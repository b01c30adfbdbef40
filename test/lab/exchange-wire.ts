/** A plain client for tests of the lab's Exchange: raw HTTPS requests, this package's codecs, nothing of its session handling. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { ClixmlValue, PlainValue } from '../../src/clixml/index.ts';
import { clixmlObject } from '../../src/clixml/index.ts';
import type { OrganizationOptions } from '../../src/lab/organization.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import type { ExchangeServerSetup } from '../../src/lab/servers/exchange.ts';
import { RunspacePool } from '../../src/psrp/index.ts';
import type { PsrpEvent } from '../../src/psrp/index.ts';
import {
  commandRequest,
  createRequest,
  deleteRequest,
  receiveRequest,
  sendRequest,
  signalRequest,
} from '../../src/wsman/requests.ts';
import type { RequestContext, WsmanRequest } from '../../src/wsman/requests.ts';
import { parseResponse } from '../../src/wsman/responses.ts';
import type { WsmanResponse } from '../../src/wsman/responses.ts';

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const authority = createCertificateAuthority();
const certificate = authority.then((ca) => ca.issue({ names: ['localhost'], ips: ['127.0.0.1'] }));

/** A small organization with an account that may use remote PowerShell, and its server. */
export async function startContoso(setup: Partial<ExchangeServerSetup> = {}, options: OrganizationOptions = {}) {
  const organization = new Organization({ newId: sequentialIds(), ...options });
  const admin = organization.addMailbox({
    alias: 'svc-connector',
    displayName: 'Connector',
    password: 'pä:ss wörd',
    remotePowerShell: true,
  });
  const anna = organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
  const server = await startExchangeServer(organization, { certificate: await certificate, ...setup });
  return { organization, admin, anna, server, ca: (await authority).ca };
}

/** One client on one connection. */
export class Wire {
  readonly context: RequestContext;
  readonly agent: Agent;
  readonly url: URL;
  authorization: string | null;
  cookie: string | null = null;
  shellId = '';
  readonly pool = new RunspacePool({ newId: randomUUID });

  constructor(url: string, options: { username?: string; password?: string; context?: Partial<RequestContext> } = {}) {
    this.url = new URL(url);
    const { username = 'svc-connector', password = 'pä:ss wörd' } = options;
    this.authorization = `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
    this.context = {
      to: url,
      sessionId: randomUUID(),
      newId: randomUUID,
      operationTimeoutMs: 5_000,
      ...options.context,
    };
    this.agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  }

  /** Sends anything. Rejects if the connection breaks. */
  raw(
    body: string,
    options: { method?: string; path?: string; headers?: Record<string, string> } = {},
  ): Promise<RawAnswer> {
    const headers: Record<string, string> = {
      'Content-Type': 'application/soap+xml;charset=UTF-8',
      ...options.headers,
    };
    if (this.authorization !== null) headers['Authorization'] = this.authorization;
    if (this.cookie !== null) headers['Cookie'] = this.cookie;
    return new Promise((resolve, reject) => {
      const sent = request(
        this.url,
        {
          method: options.method ?? 'POST',
          path: options.path ?? this.url.pathname,
          agent: this.agent,
          headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            this.cookie ??= answer.headers['set-cookie']?.[0]?.split(';')[0] ?? null;
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Sends a request and reads the answer; faults are thrown. */
  async send(message: WsmanRequest): Promise<WsmanResponse> {
    const { body } = await this.raw(message.xml);
    return parseResponse(body, message.messageId);
  }

  /** Create and the Receives until the pool is open. Returns how many Receives it took. */
  async open(): Promise<number> {
    this.pool.open();
    const first = this.pool.dataToSend();
    if (first?.kind !== 'open') throw new Error('nothing to open with');
    const created = await this.send(createRequest(this.context, { poolId: this.pool.id, creation: first.data }));
    if (created.kind !== 'created') throw new Error('not created');
    this.shellId = created.shellId;
    let receives = 0;
    for (let opened = false; !opened; receives += 1) {
      const received = await this.send(receiveRequest(this.context, { shellId: this.shellId }));
      if (received.kind !== 'received') throw new Error('not received');
      for (const { bytes } of received.streams) this.pool.receiveData(bytes, null);
      for (const event of this.events()) opened ||= event.kind === 'pool-state' && event.state === 2;
    }
    return receives;
  }

  /** Everything the pool has read so far. */
  events(): PsrpEvent[] {
    const events: PsrpEvent[] = [];
    for (let event = this.pool.nextEvent(); event !== null; event = this.pool.nextEvent()) events.push(event);
    return events;
  }

  /** Starts a cmdlet; returns its command id. */
  async start(cmdlet: string, parameters: Record<string, ClixmlValue> = {}): Promise<string> {
    const pipeline = this.pool.createPipeline([
      { name: cmdlet, parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })) },
    ]);
    for (let next = this.pool.dataToSend(); next !== null; next = this.pool.dataToSend()) {
      if (next.kind === 'command')
        await this.send(
          commandRequest(this.context, { shellId: this.shellId, commandId: next.pipelineId, fragment: next.data }),
        );
      if (next.kind === 'send')
        await this.send(
          sendRequest(this.context, {
            shellId: this.shellId,
            commandId: pipeline.id,
            stream: next.stream,
            fragments: next.data,
          }),
        );
    }
    return pipeline.id;
  }

  /** One Receive of a command. */
  async receive(commandId: string): Promise<{ events: PsrpEvent[]; done: boolean; streams: number; bytes: number }> {
    const received = await this.send(receiveRequest(this.context, { shellId: this.shellId, commandId }));
    if (received.kind !== 'received') throw new Error('not received');
    let bytes = 0;
    for (const stream of received.streams) {
      bytes += stream.bytes.length;
      this.pool.receiveData(stream.bytes, stream.commandId);
    }
    const events = this.events();
    for (let next = this.pool.dataToSend(); next !== null; next = this.pool.dataToSend()) {
      if (next.kind === 'send')
        await this.send(
          sendRequest(this.context, { shellId: this.shellId, commandId, stream: next.stream, fragments: next.data }),
        );
    }
    return { events, done: received.commandState === 'done', streams: received.streams.length, bytes };
  }

  /** Runs a cmdlet to its end and frees the command. */
  async run(
    cmdlet: string,
    parameters: Record<string, ClixmlValue> = {},
  ): Promise<{ events: PsrpEvent[]; receives: number }> {
    const commandId = await this.start(cmdlet, parameters);
    const events: PsrpEvent[] = [];
    let receives = 0;
    for (let done = false; !done; receives += 1) {
      const received = await this.receive(commandId);
      events.push(...received.events);
      done = received.done;
    }
    await this.signal(commandId, 'terminate');
    return { events, receives };
  }

  signal(commandId: string, signal: 'stop' | 'terminate'): Promise<WsmanResponse> {
    return this.send(signalRequest(this.context, { shellId: this.shellId, commandId, signal }));
  }

  async delete(): Promise<void> {
    await this.send(deleteRequest(this.context, { shellId: this.shellId }));
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Output objects among events. */
export function outputs(events: readonly PsrpEvent[]): Record<string, PlainValue>[] {
  return events.flatMap((event) => (event.kind === 'output' ? [event.value as Record<string, PlainValue>] : []));
}

/** State numbers among events, last one last. */
export function states(events: readonly PsrpEvent[]): number[] {
  return events.flatMap((event) => (event.kind === 'pipeline-state' ? [event.state] : []));
}

/** `@{Add=…;Remove=…}` as PowerShell sends it. */
export function hashtable(entries: Record<string, ClixmlValue>): ClixmlValue {
  return clixmlObject({
    typeNames: ['System.Collections.Hashtable', 'System.Object'],
    entries: Object.entries(entries),
  });
}

/** A list as PowerShell sends it. */
export function list(items: readonly string[]): ClixmlValue {
  return clixmlObject({ typeNames: ['System.Object[]', 'System.Array', 'System.Object'], items });
}
