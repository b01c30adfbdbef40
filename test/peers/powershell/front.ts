/**
 * A WSMan front for the engine, as an Exchange server's: HTTPS, Basic sign-in, two front ends behind one address with an
 * affinity cookie, faults. One engine process a shell. For the test only.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '../../../src/lab/servers/certificates.ts';
import { EXCHANGE_RESOURCE, GUID, Signal } from '../../../src/wsman/names.ts';
import {
  invalidCommandFault,
  invalidShellFault,
  operationTimeoutFault,
  protocolVersionFault,
  resourceUriFault,
  runspaceLimitFault,
  shellQuotaFault,
  unsupportedActionFault,
} from '../../../src/wsman/server-faults.ts';
import {
  commandStartedXml,
  createdXml,
  deletedXml,
  faultXml,
  parseRequest,
  receivedXml,
  sentXml,
  signaledXml,
} from '../../../src/wsman/server.ts';
import type { AnswerContext, FaultAnswer, WsmanServerRequest } from '../../../src/wsman/server.ts';
import type { EngineLaunch } from './engine-process.ts';
import { EngineShell } from './engine-shell.ts';
import { writeSessionFile } from './session-file.ts';

/** How a front is set up. */
export interface FrontOptions extends Omit<EngineLaunch, 'session'> {
  /** Cmdlets a session shows; default all. */
  readonly visible?: readonly string[];
  /** Default 18, as Exchange's. */
  readonly shellQuota?: number;
  /** In whose words one too many is refused: WinRM's (default), or those of Exchange 2013 and later. */
  readonly shellRefusal?: 'winrm' | 'authz';
  /** Default: the cookie keeps a client with one node; `none`: each request goes to the next. */
  readonly affinity?: 'cookie' | 'none';
  /** Largest answer in bytes; default what the client allows. */
  readonly largestEnvelope?: number;
}

/** What the front saw, in order. */
export interface FrontEvent {
  readonly action: 'create' | 'receive' | 'command' | 'send' | 'signal' | 'delete' | 'unknown';
  readonly shellId: string | null;
  readonly commandId?: string | null;
  /** Signal code, or name of the streams of a Send. */
  readonly what?: string;
  /** Fault number, if it was refused. */
  readonly fault?: number;
}

/** A front that runs. */
export interface PowerShellFront {
  readonly url: string;
  /** PEM of the authority that issued its certificate. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  /** Everything asked so far; empty it at will. */
  readonly events: FrontEvent[];
  readonly shells: ReadonlyMap<string, EngineShell>;
  /** Seconds of processor time of all engines that run; null where the system does not tell. */
  cpuSeconds(): number | null;
  close(): Promise<void>;
}

const USERNAME = 'CONTOSO\\svc-connector';
const ENVELOPE_BYTES = 2048;
const DEFAULT_ENVELOPE = 153_600;
const LARGEST_ENVELOPE = 512_000;
const LARGEST_REQUEST = 1024 * 1024;

/** Starts a front on a free port of 127.0.0.1. */
export async function startPowerShellFront(options: FrontOptions): Promise<PowerShellFront> {
  const authority = await createCertificateAuthority();
  const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  const session = await writeSessionFile(options.assembly, options.visible);
  const front = new Front(options, session.path);
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    void front.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/PowerShell/`,
    ca: authority.ca,
    username: USERNAME,
    password: front.password,
    events: front.events,
    shells: front.shells,
    cpuSeconds: () => front.cpuSeconds(),
    async close() {
      server.close();
      server.closeAllConnections();
      await front.close();
      await session.remove();
    },
  };
}

/** Thrown inside, answered as a fault. */
class Refusal extends Error {
  readonly fault: FaultAnswer;

  constructor(fault: FaultAnswer) {
    super(fault.reason);
    this.fault = fault;
  }
}

interface Origin {
  readonly node: string;
  readonly clientIp: string;
  readonly signal: AbortSignal;
}

class Front {
  readonly password = randomUUID();
  readonly events: FrontEvent[] = [];
  readonly shells = new Map<string, EngineShell>();
  readonly #options: FrontOptions;
  readonly #session: string;
  #nextNode = 0;

  constructor(options: FrontOptions, session: string) {
    this.#options = options;
    this.#session = session;
  }

  cpuSeconds(): number | null {
    let sum = 0;
    for (const shell of this.shells.values()) {
      const seconds = shell.engine.cpuSeconds();
      if (seconds === null) return null;
      sum += seconds;
    }
    return sum;
  }

  async close(): Promise<void> {
    await Promise.all([...this.shells.values()].map((shell) => shell.close()));
    this.shells.clear();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new AbortController();
    response.on('close', () => closed.abort());
    try {
      const body = await readBody(request);
      if (request.method !== 'POST' || !/^\/powershell\/?(\?.*)?$/i.test(request.url ?? ''))
        return end(response, 404, '');
      if (!this.#isSignedIn(request)) {
        response.setHeader('WWW-Authenticate', 'Basic realm="127.0.0.1"');
        return end(response, 401, '');
      }
      const node = this.#nodeOf(request);
      if (this.#options.affinity !== 'none')
        response.setHeader('Set-Cookie', `MS-WSMAN=${node}; path=/PowerShell; secure; HttpOnly`);
      response.setHeader('Content-Type', 'application/soap+xml;charset=UTF-8');
      const origin = { node, clientIp: request.socket.remoteAddress ?? '', signal: closed.signal };
      const answer = await this.#answer(parseRequest(body), origin);
      end(response, answer.status, answer.xml);
    } catch (error) {
      end(response, 400, String(error));
    }
  }

  #isSignedIn(request: IncomingMessage): boolean {
    const wanted = `Basic ${Buffer.from(`${USERNAME}:${this.password}`).toString('base64')}`;
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(wanted));
  }

  /** The node its cookie names; without one the next, as a load balancer does it. */
  #nodeOf(request: IncomingMessage): string {
    const named = /(?:^|;\s*)MS-WSMAN=(EX[12])(?:;|$)/.exec(request.headers.cookie ?? '')?.[1];
    return named ?? `EX${(this.#nextNode++ % 2) + 1}`;
  }

  async #answer(request: WsmanServerRequest, origin: Origin): Promise<{ status: number; xml: string }> {
    const context: AnswerContext = { relatesTo: request.header.messageId, newId: randomUUID };
    const event = eventOf(request);
    try {
      const xml = await this.#serve(request, origin, context);
      this.events.push(event);
      return { status: 200, xml };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.events.push({ ...event, fault: error.fault.wsmanCode });
      return { status: 500, xml: faultXml(context, error.fault) };
    }
  }

  async #serve(request: WsmanServerRequest, origin: Origin, context: AnswerContext): Promise<string> {
    if (request.header.resourceUri !== EXCHANGE_RESOURCE) throw new Refusal(resourceUriFault(origin.node));
    if (request.kind === 'unknown') throw new Refusal(unsupportedActionFault(origin.node));
    if (request.kind === 'create') return this.#create(request, origin, context);
    const shell = this.#shellOf(request, origin);
    switch (request.kind) {
      case 'receive':
        return this.#receive(request, shell, origin, context);
      case 'command': {
        const id = checkedId(request.commandId, origin);
        await shell.start(id, request.fragment);
        return commandStartedXml(context, id);
      }
      case 'send':
        for (const { name, commandId, bytes } of request.streams) {
          if (commandId !== null && !shell.has(commandId.toUpperCase()))
            throw new Refusal(invalidCommandFault(origin.node));
          await shell.engine.data(commandId, name === 'pr' ? 'PromptResponse' : 'Default', bytes);
        }
        return sentXml(context);
      case 'signal':
        await this.#signal(checkedId(request.commandId, origin), request.code, shell, origin);
        return signaledXml(context);
      default:
        this.shells.delete(shell.id);
        await shell.close();
        return deletedXml(context);
    }
  }

  async #create(
    request: WsmanServerRequest & { readonly kind: 'create' },
    origin: Origin,
    context: AnswerContext,
  ): Promise<string> {
    // MS-PSRP 3.2.5.3.1: the major version must be 2, or the server faults.
    if (!/^2\.\d+$/.test(request.header.options.get('protocolversion') ?? ''))
      throw new Refusal(protocolVersionFault(origin.node));
    const quota = this.#options.shellQuota ?? 18;
    if (this.shells.size >= quota) {
      const at = exchangeOrigin(origin);
      const isLater = this.#options.shellRefusal === 'authz';
      throw new Refusal(isLater ? runspaceLimitFault(at, { maximum: quota }) : shellQuotaFault(at, quota));
    }
    const id = checkedId(request.poolId, origin);
    const shell = new EngineShell(id, origin.node, { ...this.#options, session: this.#session });
    this.shells.set(id, shell);
    await shell.open(request.creation);
    return createdXml(context, { shellId: id, to: request.header.to, owner: USERNAME, clientIp: origin.clientIp });
  }

  /** A shell lives on one server, and dies with its process. */
  #shellOf(request: WsmanServerRequest, origin: Origin): EngineShell {
    const id = request.header.shellId?.toUpperCase() ?? '';
    const shell = this.shells.get(id);
    if (shell === undefined || shell.node !== origin.node || shell.isDead) {
      if (shell?.isDead === true) this.shells.delete(id);
      throw new Refusal(invalidShellFault(exchangeOrigin(origin), id));
    }
    return shell;
  }

  /** Only the misspelt code stops; any other closes the command (PowerShell, WSManPlugin.cs). */
  async #signal(id: string, code: string, shell: EngineShell, origin: Origin): Promise<void> {
    if (!shell.has(id)) throw new Refusal(invalidCommandFault(origin.node));
    if (code === Signal.stop) await shell.engine.stop(id);
    else await shell.free(id);
  }

  async #receive(
    request: WsmanServerRequest & { readonly kind: 'receive' },
    shell: EngineShell,
    origin: Origin,
    context: AnswerContext,
  ): Promise<string> {
    const id = request.commandId?.toUpperCase() ?? null;
    const { maxEnvelopeBytes, operationTimeoutMs } = request.header;
    const largest = Math.min(maxEnvelopeBytes ?? DEFAULT_ENVELOPE, this.#options.largestEnvelope ?? LARGEST_ENVELOPE);
    const deadline = performance.now() + (operationTimeoutMs ?? 60_000);
    for (;;) {
      if (id !== null && !shell.has(id)) throw new Refusal(invalidCommandFault(origin.node));
      const fetched = shell.fetch(id, largest - ENVELOPE_BYTES);
      if (fetched !== null) {
        const streams = fetched.pieces.map((bytes) => ({ bytes, commandId: id }));
        const state =
          id === null ? {} : { commandId: id, commandState: fetched.done ? ('done' as const) : ('running' as const) };
        return receivedXml(context, { streams, ...state });
      }
      if (shell.isDead) throw new Refusal(invalidShellFault(exchangeOrigin(origin), shell.id));
      const left = deadline - performance.now();
      if (left <= 0 || origin.signal.aborted) throw new Refusal(operationTimeoutFault(origin.node));
      await shell.change(left, origin.signal);
    }
  }
}

function eventOf(request: WsmanServerRequest): FrontEvent {
  const { shellId } = request.header;
  switch (request.kind) {
    case 'create':
      return { action: 'create', shellId: request.poolId };
    case 'receive':
    case 'command':
      return { action: request.kind, shellId, commandId: request.commandId };
    case 'send':
      return { action: 'send', shellId, what: request.streams.map(({ name }) => name).join(' ') };
    case 'signal':
      return { action: 'signal', shellId, commandId: request.commandId, what: request.code };
    default:
      return { action: request.kind, shellId };
  }
}

function checkedId(id: string | null, origin: Origin): string {
  if (id === null || !GUID.test(id)) throw new Refusal(invalidCommandFault(origin.node));
  return id.toUpperCase();
}

function exchangeOrigin({ node }: Origin) {
  return {
    clientAccessServer: node,
    backEndServer: `${node.toLowerCase()}.contoso.example`,
    requestId: randomUUID(),
    timeStamp: '5/1/2026 8:00:00 AM',
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_REQUEST) throw new Error('The request is too large.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function end(response: ServerResponse, status: number, body: string): void {
  if (response.writableEnded) return;
  response.statusCode = status;
  response.end(body);
}
