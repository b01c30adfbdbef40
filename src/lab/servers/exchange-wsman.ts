/**
 * The WSMan service of the lab's Exchange: shells, their commands, quotas and faults. Requests in, answer bodies out;
 * HTTP and sign-in are exchange.ts. Refuses what Exchange refuses.
 */
import { ConnectorError } from '../../errors.ts';
import { decodeMessage, Defragmenter } from '../../psrp/index.ts';
import { decodeCreatePipeline } from '../../psrp/server-messages.ts';
import { EXCHANGE_RESOURCE, GUID, Signal } from '../../wsman/names.ts';
import {
  accessDeniedFault,
  invalidCommandFault,
  invalidShellFault,
  operationTimeoutFault,
  protocolVersionFault,
  resourceUriFault,
  runspaceLimitFault,
  shellQuotaFault,
  unsupportedActionFault,
  userQuotaFault,
} from '../../wsman/server-faults.ts';
import {
  commandStartedXml,
  createdXml,
  deletedXml,
  faultXml,
  receivedXml,
  sentXml,
  signaledXml,
} from '../../wsman/server.ts';
import type { ExchangeOrigin } from '../../wsman/server-faults.ts';
import type { AnswerContext, FaultAnswer, WsmanServerRequest } from '../../wsman/server.ts';
import { usTime } from '../cmdlet-error.ts';
import type { CmdletError } from '../cmdlet-error.ts';
import { runLabCmdlet } from '../exchange-cmdlets.ts';
import type { LabCall } from '../exchange-cmdlets.ts';
import type { LabSession } from '../recipient-view.ts';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';
import { faultyCmdlet } from './exchange-cmdlet-faults.ts';
import type { ExchangeFaults } from './exchange-faults.ts';
import type { PipelineEvent } from './exchange-pipeline.ts';
import { LabShell } from './exchange-shell.ts';
import {
  abortedFault,
  envelopeFault,
  invalidParameterFault,
  notUnderstoodFault,
  SMALLEST_ENVELOPE,
} from './exchange-refusals.ts';
import { RateThrottle } from './exchange-throttle.ts';
import type { RateQuota } from './exchange-throttle.ts';

/** In whose words a shell too many is refused; `broken`: it comes to be, and its pool breaks at once in those of `authz`. */
export type ShellRefusal = 'winrm' | 'authz' | 'broken';

/** What the service is set up with; times in milliseconds. */
export interface WsmanServiceOptions {
  readonly organization: Organization;
  readonly faults: ExchangeFaults;
  /** PowerShellMaxConcurrency. */
  readonly shellQuota: number;
  /** In whose words it is refused. */
  readonly shellRefusal: ShellRefusal;
  readonly rateQuota: RateQuota | null;
  /** Idle shells are forgotten after this. */
  readonly idleTimeoutMs: number;
  /** Bytes of a PSRP fragment, header included. */
  readonly fragmentBytes: number;
  readonly now: () => number;
}

/** Who asks, and where the request arrived. */
export interface RequestOrigin {
  readonly user: Mailbox;
  readonly frontEnd: string;
  readonly clientIp: string;
  /** Aborted when the client's connection is gone. */
  readonly signal: AbortSignal;
}

/** An answer: HTTP status 200, or 500 for a fault. */
export interface WsmanAnswer {
  readonly status: 200 | 500;
  readonly body: string;
}

/** Counters of the service. */
export interface WsmanCounters {
  openedShells: number;
  deletedShells: number;
  expiredShells: number;
  refusedShells: number;
  commands: number;
}

/** What an envelope needs beside its streams. */
const ENVELOPE_BYTES = 2048;
/**
 * Stack default where the client names no limit, and the most it may ask for: 150 KiB before protocol 2.2, 500 KiB from it on
 * (pypsrp wsman.py; PowerShell, WSManNativeAPI.cs).
 */
const DEFAULT_MAX_ENVELOPE = 153_600;
const LARGEST_ENVELOPE = 512_000;
/** MaxOperationTimeoutSeconds 900 of Exchange's shipped configuration. */
const MAX_OPERATION_TIMEOUT_MS = 900_000;
/** WinRM's default (MaxTimeoutms; learn.microsoft.com, Installation and configuration for Windows Remote Management). */
const DEFAULT_OPERATION_TIMEOUT_MS = 60_000;
/** MaxShellIdleTimeoutMinutes 15 of Exchange's shipped configuration. */
const MAX_IDLE_TIMEOUT_MS = 900_000;
const CREATE_OPTIONS = new Set(['protocolversion', 'PSVersion']);

/** Thrown inside, answered as a fault. */
class Refusal extends Error {
  readonly fault: FaultAnswer;

  constructor(fault: FaultAnswer) {
    super(fault.reason);
    this.name = 'Refusal';
    this.fault = fault;
  }
}

/** The WS-Management service of the lab's Exchange: shells, commands and their streams, for authenticated callers. */
export class WsmanService {
  readonly counters: WsmanCounters = {
    openedShells: 0,
    deletedShells: 0,
    expiredShells: 0,
    refusedShells: 0,
    commands: 0,
  };
  readonly #options: WsmanServiceOptions;
  readonly #shells = new Map<string, LabShell>();
  readonly #throttle: RateThrottle | null;

  constructor(options: WsmanServiceOptions) {
    this.#options = options;
    this.#throttle = options.rateQuota === null ? null : new RateThrottle(options.rateQuota, options.now);
  }

  /** Shells open now. */
  get shellCount(): number {
    this.expireShells();
    return this.#shells.size;
  }

  /** Forgets shells idle for too long. */
  expireShells(): void {
    const limit = this.#options.now() - this.#options.idleTimeoutMs;
    for (const shell of this.#shells.values()) {
      if (shell.usedAt > limit) continue;
      this.#drop(shell);
      this.counters.expiredShells += 1;
    }
  }

  /** Forgets shells as a restart does; without an id all of them. */
  dropShells(id?: string): void {
    for (const shell of this.#shells.values()) if (id === undefined || shell.id === id) this.#drop(shell);
  }

  /** Name of the cmdlet a request is about, or null. */
  cmdletOf(request: WsmanServerRequest): string | null {
    if (request.kind === 'command') return startedCmdlet(request.fragment);
    if ((request.kind !== 'receive' && request.kind !== 'signal') || request.commandId === null) return null;
    return (
      this.#shells.get(request.header.shellId?.toUpperCase() ?? '')?.cmdletOf(request.commandId.toUpperCase()) ?? null
    );
  }

  /** Answers a request; waits for output where it has to. Null if the client is gone. */
  async answer(request: WsmanServerRequest, origin: RequestOrigin): Promise<WsmanAnswer | null> {
    const context: AnswerContext = {
      relatesTo: request.header.messageId,
      newId: () => this.#options.organization.newId(),
    };
    try {
      const body = await this.#handle(request, origin, context);
      return body === null ? null : { status: 200, body };
    } catch (error) {
      const fault = this.#faultOf(error, origin);
      return { status: 500, body: faultXml(context, fault) };
    }
  }

  #faultOf(error: unknown, origin: RequestOrigin): FaultAnswer {
    if (error instanceof Refusal) return error.fault;
    if (error instanceof ConnectorError && /^ERR_(PSRP|CLIXML|WSMAN|XML)_/.test(error.code))
      return invalidParameterFault(origin.frontEnd, error.message);
    throw error;
  }

  #handle(request: WsmanServerRequest, origin: RequestOrigin, context: AnswerContext): Promise<string | null> | string {
    this.#checkHeader(request, origin);
    this.expireShells();
    const wait = this.#throttle?.admit(origin.user.guid) ?? null;
    if (wait !== null) throw new Refusal(this.#rateFault(origin, wait));
    if (request.kind === 'create') return this.#create(request, origin, context);
    if (request.kind === 'unknown') throw new Refusal(unsupportedActionFault(origin.frontEnd));
    const shell = this.#shellOf(request, origin);
    shell.usedAt = this.#options.now();
    switch (request.kind) {
      case 'receive':
        return this.#receive(request, shell, origin, context);
      case 'command':
        return this.#command(request, shell, origin, context);
      case 'send':
        return this.#send(request, shell, origin, context);
      case 'signal':
        return this.#signal(request, shell, origin, context);
      default:
        this.#drop(shell);
        this.counters.deletedShells += 1;
        return deletedXml(context);
    }
  }

  #checkHeader({ header }: WsmanServerRequest, origin: RequestOrigin): void {
    const { frontEnd } = origin;
    if (!/^uuid:/i.test(header.messageId) || !GUID.test(header.messageId.slice('uuid:'.length)))
      throw new Refusal(invalidParameterFault(frontEnd, 'MessageID'));
    if (header.notUnderstood.length > 0) throw new Refusal(notUnderstoodFault(frontEnd, header.notUnderstood));
    if (header.resourceUri !== EXCHANGE_RESOURCE) throw new Refusal(resourceUriFault(frontEnd));
    if (header.maxEnvelopeBytes !== null && header.maxEnvelopeBytes < SMALLEST_ENVELOPE)
      throw new Refusal(envelopeFault(frontEnd));
  }

  #rateFault(origin: RequestOrigin, waitMs: number): FaultAnswer {
    const { requests, seconds } = this.#options.rateQuota ?? { requests: 0, seconds: 0 };
    return userQuotaFault(this.exchangeOrigin(origin), { requests, seconds, waitMs });
  }

  #shellRefusal(origin: RequestOrigin): FaultAnswer {
    const { shellQuota, shellRefusal } = this.#options;
    return shellRefusal === 'winrm'
      ? shellQuotaFault(this.exchangeOrigin(origin), shellQuota)
      : runspaceLimitFault(this.exchangeOrigin(origin), { maximum: shellQuota });
  }

  /** The error of a pool that is refused after its shell came to be. */
  #brokenPool(origin: RequestOrigin): CmdletError {
    return {
      message: runspaceLimitFault(this.exchangeOrigin(origin), { maximum: this.#options.shellQuota }).message ?? '',
      exceptionTypes: ['System.Management.Automation.Remoting.PSRemotingTransportException', 'System.Object'],
      fullyQualifiedErrorId: 'RunspaceStateBroken',
      category: 'NotSpecified',
      activity: '',
      targetName: '',
    };
  }

  /** What Exchange puts before the texts of a refusal. */
  exchangeOrigin({ frontEnd }: Pick<RequestOrigin, 'frontEnd'>): ExchangeOrigin {
    const { organization } = this.#options;
    const fqdn = (name: string): string => `${name}.${organization.domain}`.toLowerCase();
    return {
      clientAccessServer: frontEnd,
      backEndServer: fqdn(frontEnd),
      requestId: organization.newId(),
      timeStamp: usTime(this.#options.now()),
    };
  }

  #create(
    request: WsmanServerRequest & { readonly kind: 'create' },
    origin: RequestOrigin,
    context: AnswerContext,
  ): string {
    const { user, frontEnd } = origin;
    const { header, poolId } = request;
    const unknown = header.mustComply.filter((name) => !CREATE_OPTIONS.has(name));
    // MS-PSRP 3.2.5.3.1: the major version must be 2, or the server faults.
    if (unknown.length > 0 || !/^2\.\d+$/.test(header.options.get('protocolversion') ?? ''))
      throw new Refusal(protocolVersionFault(frontEnd));
    if (header.shellId !== null) throw new Refusal(invalidParameterFault(frontEnd, 'SelectorSet'));
    if (request.inputStreams !== 'stdin pr' || request.outputStreams !== 'stdout')
      throw new Refusal(invalidParameterFault(frontEnd, 'Streams'));
    if (poolId === null || !GUID.test(poolId)) throw new Refusal(invalidParameterFault(frontEnd, 'ShellId'));
    if (request.idleTimeoutMs !== null && request.idleTimeoutMs > MAX_IDLE_TIMEOUT_MS)
      throw new Refusal(invalidParameterFault(frontEnd, 'IdleTimeOut'));
    // Exchange says the same of both.
    if (!user.remotePowerShell || user.cmdlets?.length === 0)
      throw new Refusal(accessDeniedFault(this.exchangeOrigin(origin), user.canonicalName));
    const open = [...this.#shells.values()].filter((shell) => shell.user === user).length;
    if (open >= this.#options.shellQuota) {
      this.counters.refusedShells += 1;
      if (this.#options.shellRefusal !== 'broken') throw new Refusal(this.#shellRefusal(origin));
    }
    const broken = open >= this.#options.shellQuota ? this.#brokenPool(origin) : undefined;
    const id = poolId.toUpperCase();
    if (this.#shells.has(id)) throw new Refusal(invalidParameterFault(frontEnd, 'ShellId'));
    const { now, fragmentBytes } = this.#options;
    // Of this session alone: the next one sees its own domain again.
    const session: LabSession = { viewEntireForest: false };
    const shell = new LabShell({
      id,
      user,
      frontEnd,
      fragmentBytes,
      now: now(),
      run: (call) => this.#run(call, { user, server: frontEnd, session }),
    });
    shell.open(request.creation, broken);
    this.#shells.set(id, shell);
    if (broken === undefined) this.counters.openedShells += 1;
    const owner = `${this.#options.organization.domain.split('.')[0]?.toUpperCase() ?? ''}\\${user.alias}`;
    return createdXml(context, {
      shellId: id,
      to: header.to,
      owner,
      clientIp: origin.clientIp,
      idleTimeoutMs: this.#options.idleTimeoutMs,
    });
  }

  #run(
    call: LabCall,
    { user, server, session }: { readonly user: Mailbox; readonly server: string; readonly session: LabSession },
  ): Iterable<PipelineEvent> {
    const faults = this.#options.faults.takeCmdlet(call.cmdlet);
    return faultyCmdlet(faults, call, () =>
      runLabCmdlet(this.#options.organization, call, { cmdlets: user.cmdlets, user, server, session }),
    );
  }

  #shellOf(request: WsmanServerRequest, origin: RequestOrigin): LabShell {
    const id = request.header.shellId;
    if (id === null) throw new Refusal(invalidParameterFault(origin.frontEnd, 'SelectorSet'));
    const shell = this.#shells.get(id.toUpperCase());
    // A shell lives on one server: a request that a load balancer sends elsewhere finds nothing.
    if (shell === undefined || shell.frontEnd !== origin.frontEnd || shell.user !== origin.user) {
      throw new Refusal(invalidShellFault(this.exchangeOrigin(origin), id));
    }
    return shell;
  }

  #command(
    request: WsmanServerRequest & { readonly kind: 'command' },
    shell: LabShell,
    origin: RequestOrigin,
    context: AnswerContext,
  ): string {
    const { commandId } = request;
    if (commandId === null || !GUID.test(commandId) || request.arguments.length !== 1)
      throw new Refusal(invalidParameterFault(origin.frontEnd, 'CommandLine'));
    const id = commandId.toUpperCase();
    this.counters.commands += 1;
    shell.startCommand(id, request.fragment);
    return commandStartedXml(context, id);
  }

  #send(
    request: WsmanServerRequest & { readonly kind: 'send' },
    shell: LabShell,
    origin: RequestOrigin,
    context: AnswerContext,
  ): string {
    for (const { name, commandId, bytes } of request.streams) {
      if (name !== 'stdin' && name !== 'pr') throw new Refusal(invalidParameterFault(origin.frontEnd, 'Stream'));
      if (!shell.send(commandId?.toUpperCase() ?? null, bytes)) throw new Refusal(invalidCommandFault(origin.frontEnd));
    }
    return sentXml(context);
  }

  /** Only the misspelt code stops; any other closes the command (PowerShell, WSManPlugin.cs). */
  #signal(
    request: WsmanServerRequest & { readonly kind: 'signal' },
    shell: LabShell,
    origin: RequestOrigin,
    context: AnswerContext,
  ): string {
    const id = request.commandId?.toUpperCase();
    if (id === undefined) throw new Refusal(invalidParameterFault(origin.frontEnd, 'CommandId'));
    const known = request.code === Signal.stop ? shell.stopCommand(id) : shell.endCommand(id);
    if (!known) throw new Refusal(invalidCommandFault(origin.frontEnd));
    return signaledXml(context);
  }

  async #receive(
    request: WsmanServerRequest & { readonly kind: 'receive' },
    shell: LabShell,
    origin: RequestOrigin,
    context: AnswerContext,
  ): Promise<string | null> {
    const commandId = request.commandId?.toUpperCase() ?? null;
    const { header } = request;
    if (request.streams !== 'stdout') throw new Refusal(invalidParameterFault(origin.frontEnd, 'DesiredStream'));
    const last = shell.lastReceive.get(commandId ?? '');
    // The same request once more: its answer was lost on the way.
    if (last?.messageId === header.messageId) return last.body;
    const room = Math.min(header.maxEnvelopeBytes ?? DEFAULT_MAX_ENVELOPE, LARGEST_ENVELOPE) - ENVELOPE_BYTES;
    const timeoutMs = Math.min(header.operationTimeoutMs ?? DEFAULT_OPERATION_TIMEOUT_MS, MAX_OPERATION_TIMEOUT_MS);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (shell.isClosed) throw new Refusal(abortedFault(origin.frontEnd));
      if (commandId !== null && !shell.hasCommand(commandId)) throw new Refusal(invalidCommandFault(origin.frontEnd));
      const output = shell.takeOutput(commandId, room);
      if (output !== null) {
        const streams = output.streams.map((bytes) => ({ bytes, commandId }));
        const state =
          commandId === null ? {} : { commandId, commandState: output.done ? ('done' as const) : ('pending' as const) };
        const body = receivedXml(context, { streams, ...state });
        shell.lastReceive.set(commandId ?? '', { messageId: header.messageId, body });
        shell.usedAt = this.#options.now();
        return body;
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new Refusal(operationTimeoutFault(origin.frontEnd));
      await nextChange(shell, left, origin.signal);
      if (origin.signal.aborted) return null;
    }
  }

  #drop(shell: LabShell): void {
    this.#shells.delete(shell.id);
    shell.close();
  }
}

/** The cmdlet a CREATE_PIPELINE starts, if it is whole in one fragment. */
function startedCmdlet(fragment: Uint8Array): string | null {
  try {
    const [message] = new Defragmenter().receive(fragment).map(decodeMessage);
    return message === undefined ? null : (decodeCreatePipeline(message.data).commands[0]?.name ?? null);
  } catch {
    return null;
  }
}

/** Resolves at the shell's next change, after `ms`, or when the client is gone. */
function nextChange(shell: LabShell, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const forget = shell.onChange(done);
    signal.addEventListener('abort', done, { once: true });
  });
}
