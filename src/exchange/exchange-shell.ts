/**
 * One PowerShell session with Exchange: the state machine of src/psrp, the envelopes of src/wsman, one HTTP session.
 * The only place of this wire that awaits. One pipeline at a time.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainObject } from '../clixml/index.ts';
import { asConnectorError, ConnectorError, isConnectorError, throwIfAborted } from '../errors.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import { HttpSession } from '../http/http-session.ts';
import type { HttpAuth, HttpProxy, TlsOptions } from '../http/options.ts';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import { RunspacePoolState } from '../psrp/message.ts';
import type { Pipeline } from '../psrp/pipeline.ts';
import { RunspacePool } from '../psrp/runspace-pool.ts';
import type { PsrpOutgoing } from '../psrp/runspace-pool.ts';
import { WsmanFault } from '../wsman/fault.ts';
import {
  CONTENT_TYPE,
  DEFAULT_OPERATION_TIMEOUT_MS,
  commandRequest,
  createRequest,
  deleteRequest,
  receiveRequest,
  sendRequest,
  signalRequest,
} from '../wsman/requests.ts';
import type { RequestContext, WsmanRequest } from '../wsman/requests.ts';
import { parseAnswer } from '../wsman/responses.ts';
import type { WsmanResponse } from '../wsman/responses.ts';
import { StreamRoom } from '../wsman/streams-aside.ts';
import type { CheckedCall } from './cmdlets/check-call.ts';
import { parametersOf } from './cmdlet-parameters.ts';
import { CmdletRun, throwIfEnded } from './cmdlet-run.ts';
import { ReceivePace } from './receive-pace.ts';
import type { PooledShell } from './session-pool.ts';
import type { CmdletOptions } from './transport.ts';

export interface ExchangeShellOptions {
  /** Address of the PowerShell virtual directory. */
  readonly url: string;
  readonly auth: HttpAuth;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  readonly logger?: Logger;
  /** Hears every answer of the server. */
  readonly clock?: ClockWatch;
  /** How long the server may hold a request; default 60,000. The HTTP request gets `graceMs` more. */
  readonly operationTimeoutMs?: number;
  /** Default 30,000. */
  readonly graceMs?: number;
  /** The longest a request of a command under way waits because the server asks for it; default 300,000. */
  readonly maxWaitMs?: number;
  /** The longest it waits for a server that says "later" by its status alone; default: as `maxWaitMs`. Then ERR_HTTP_STATUS. */
  readonly maxStatusWaitMs?: number;
  /** A connection that was idle for longer is not used again; default 5,000. */
  readonly keepIdleMs?: number;
  /** How long a cmdlet may yield no object before it is stopped; default 600,000. */
  readonly silenceLimitMs?: number;
  readonly newId?: () => string;
}

/** How far a call got, kept by whoever decides whether it may be made again. */
export interface RunState {
  /** True once the server may have begun with it. */
  sent: boolean;
  /** Objects handed over. */
  yielded: number;
}

/** From protocol 2.2 on servers take 500 KiB (pypsrp wsman.py; WSManNativeAPI.cs). */
const LARGE_ENVELOPE_BYTES = 512_000;
/** PowerShell's own client waits 180 s for a session (BaseTransportManager.cs); within this, another address is still worth a try. */
const OPEN_TIMEOUT_MS = 120_000;
/** What a command that is stopped is given to end, and what a stop is given that must leave time for closing. */
const STOP_TIMEOUT_MS = 5_000;
const INTERRUPT_TIMEOUT_MS = 1_500;
/** Leaves room within the 5 s a closing node has. */
const CLOSE_TIMEOUT_MS = 3_000;
/** A cmdlet that has yielded no object for so long is not waited for any longer. */
const SILENCE_LIMIT_MS = 600_000;
/** A server that says "nothing yet" without having waited is asked again after this, doubled each time. */
const UNHURRIED_MS = 100;
const LONGEST_UNHURRIED_MS = 10_000;
/** The least time a server is given to hold a Receive. */
const SHORTEST_HOLD_MS = 100;
/** A server that puts us off without a time is not asked again at once. */
const MIN_WAIT_MS = 100;

/** See the module. Made by {@link ExchangeShell.open}. */
export class ExchangeShell implements PooledShell {
  isBroken = false;
  readonly #options: ExchangeShellOptions;
  readonly #http: HttpSession;
  readonly #logger: Logger;
  readonly #newId: () => string;
  readonly #sessionId: string;
  readonly #pool: RunspacePool;
  #shellId: string | null = null;
  /** True once a request after Create was answered by whoever knows the shell. */
  #isKnown = false;
  #room = new StreamRoom();
  /** Answers in a row that came at once and had nothing in them. */
  #emptyAnswers = 0;
  /** Bytes of output in the last answer to Receive. */
  #lastBytes = 0;
  /** True when the server may hold a shell of ours. */
  #mayExist = false;
  #closed: Promise<void> | null = null;
  /** Ends what is under way when the shell closes, so that the connection is free for Delete. */
  readonly #closing = new AbortController();
  #lastLive: { readonly of: AbortSignal; readonly live: AbortSignal } | null = null;
  /** The signal that frees the last command; nobody waits for it but the next request. */
  #freeing: Promise<void> = Promise.resolve();

  private constructor(options: ExchangeShellOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#newId = options.newId ?? randomUUID;
    this.#sessionId = this.#newId();
    this.#pool = new RunspacePool({ newId: this.#newId, logger: this.#logger });
    this.#http = new HttpSession({
      url: options.url,
      auth: options.auth,
      ...(options.tls && { tls: options.tls }),
      ...(options.proxy && { proxy: options.proxy }),
      ...(options.keepIdleMs !== undefined && { limits: { keepIdleMs: options.keepIdleMs } }),
      logger: this.#logger,
      clock: options.clock,
    });
  }

  /**
   * Opens a shell and its runspace pool.
   * @throws ERR_HTTP_…, ERR_WSMAN_…, ERR_PSRP_…; the shell, if there came to be one, is deleted
   */
  static async open(options: ExchangeShellOptions, signal: AbortSignal): Promise<ExchangeShell> {
    const shell = new ExchangeShell(options);
    try {
      await shell.#open(shell.#live(signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)));
      return shell;
    } catch (error) {
      await shell.close();
      throw signal.aborted || !isConnectorError(error, 'ERR_ABORTED')
        ? asConnectorError(error)
        : new ConnectorError('ERR_HTTP_TIMEOUT', 'The PowerShell session did not open in time.', { cause: error });
    }
  }

  /** Protocol version both sides agreed on, e.g. "2.3". */
  get protocolVersion(): string {
    return this.#pool.protocolVersion;
  }

  /**
   * Runs one cmdlet and yields its objects; the next Receive goes out when the consumer has taken all of the last one.
   * Leaving early stops the pipeline on the server.
   */
  async *run(call: CheckedCall, options: CmdletOptions, state: RunState): AsyncGenerator<PlainObject, void, undefined> {
    // Before the next command is queued: the queue is one.
    await this.#freeing;
    if (this.isBroken) throw new ConnectorError('ERR_WSMAN_SHELL_LOST', 'The session is no longer usable.');
    const signal = this.#liveFor(options.signal);
    const run = new CmdletRun(call.cmdlet, options);
    const command = { name: call.cmdlet, parameters: parametersOf(call) };
    const pipeline = this.#pool.createPipeline([command], options.properties ?? null);
    const silence = new Silence(call.cmdlet, this.#options.silenceLimitMs ?? SILENCE_LIMIT_MS);
    const pace = new ReceivePace();
    try {
      await this.#start(pipeline, call, state, signal);
      while (!pipeline.ended) {
        const isDone = await this.#receive(pipeline.id, signal, silence.leftMs);
        for (let event = this.#pool.nextEvent(); event !== null; event = this.#pool.nextEvent()) {
          const object = run.take(event);
          if (object === null) continue;
          state.yielded++;
          yield object;
          // The time that the consumer took is none of the server's.
          silence.end();
        }
        await this.#flush(signal);
        if (!pipeline.ended) silence.check();
        if (isDone && !pipeline.ended)
          throw new ConnectorError('ERR_PSRP_STATE', `${call.cmdlet} ended without saying how.`);
        pace.take(this.#lastBytes);
        if (!pipeline.ended && pace.pauseMs > 0)
          await sleep(pace.pauseMs, undefined, { signal }).catch(() => throwIfAborted(signal));
      }
    } catch (error) {
      // A command that was put off has done nothing to its shell.
      this.isBroken ||= state.sent || !isPutOff(error);
      throw asConnectorError(error);
    } finally {
      await this.#leave(pipeline, state, options.signal?.aborted === true || silence.isOver);
    }
    // What the cmdlet says went wrong leaves the session usable.
    run.finish();
  }

  /** Deletes the shell and ends the connection, whatever is under way. Never throws; at most 3 s. */
  close(): Promise<void> {
    this.isBroken = true;
    this.#closed ??= this.#delete();
    return this.#closed;
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#pool.open();
    const opening = this.#pool.dataToSend();
    if (opening?.kind !== 'open') throw new ConnectorError('ERR_INTERNAL', 'The pool had nothing to open with.');
    const { id: poolId } = this.#pool;
    this.#mayExist = true;
    // A balancer says in the answer to Create which server has the shell; without it, Delete may reach another one.
    const patience = afterAbort(signal, INTERRUPT_TIMEOUT_MS);
    try {
      const create = createRequest(this.#context(), { poolId, creation: opening.data });
      const created = await this.#post(create, patience.signal);
      if (created.kind !== 'created') throw unexpected('Create', created);
      this.#shellId = created.shellId;
    } catch (error) {
      if (isRefusal(error)) this.#mayExist = false;
      throw error;
    } finally {
      patience.end();
    }
    while (this.#pool.state !== RunspacePoolState.OPENED) {
      throwIfAborted(signal);
      await this.#receive(null, signal);
      for (let event = this.#pool.nextEvent(); event !== null; event = this.#pool.nextEvent()) throwIfEnded(event);
      await this.#flush(signal);
    }
  }

  /** Sends the command and whatever else of it there is. */
  async #start(pipeline: Pipeline, call: CheckedCall, state: RunState, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    state.sent = true;
    try {
      const first = this.#pool.dataToSend();
      if (first?.kind !== 'command')
        throw new ConnectorError('ERR_INTERNAL', 'The pipeline had nothing to start with.');
      const answer = await this.#send(first, signal);
      if (answer.kind !== 'commandStarted') throw unexpected('Command', answer);
      if (answer.commandId.toUpperCase() !== pipeline.id)
        throw new ConnectorError('ERR_WSMAN_INVALID', 'The server started another command than ours.');
    } catch (error) {
      // A read that was put off does no harm if it had begun after all.
      if (isRefusal(error) || (isPutOff(error) && call.spec.effect === 'read')) state.sent = false;
      throw error;
    }
    await this.#flush(signal);
  }

  /** Sends what the pool has queued: further fragments, answers to host calls, signals. */
  async #flush(signal: AbortSignal): Promise<void> {
    for (let outgoing = this.#pool.dataToSend(); outgoing !== null; outgoing = this.#pool.dataToSend())
      await this.#send(outgoing, signal);
  }

  async #send(outgoing: PsrpOutgoing, signal: AbortSignal): Promise<WsmanResponse> {
    const request = this.#requestOf(outgoing);
    return outgoing.kind === 'command' ? this.#post(request, signal) : this.#postPatiently(request, signal);
  }

  /** Posts, and posts again when the server puts it off: what belongs to a command under way waits on its shell. */
  async #postPatiently(request: WsmanRequest, signal: AbortSignal): Promise<WsmanResponse> {
    for (let waitedMs = 0, putOffs = 0; ; putOffs++) {
      try {
        return await this.#post(request, signal);
      } catch (error) {
        if (!isPutOff(error) || (this.#pool.state !== RunspacePoolState.OPENED && isAboutShells(error))) throw error;
        const waitMs = Math.max(MIN_WAIT_MS * 2 ** Math.min(putOffs, 5), error.waitMs);
        waitedMs += waitMs;
        this.#throwIfTooLong(error, waitedMs);
        this.#logger.debug('Exchange puts us off.', { waitMs });
        await sleep(waitMs, undefined, { signal }).catch(() => throwIfAborted(signal));
      }
    }
  }

  #throwIfTooLong(error: WsmanFault, waitedMs: number): void {
    const { maxWaitMs = 300_000, maxStatusWaitMs = Infinity } = this.#options;
    const seconds = Math.ceil(waitedMs / 1000);
    if (error.code === 'ERR_HTTP_STATUS' && waitedMs > maxStatusWaitMs) {
      const status = Number(error.details['status']);
      const seen = `The server answered ${status} again and again; a request would have to wait ${seconds} s.`;
      throw new ConnectorError('ERR_HTTP_STATUS', seen, { cause: error, details: { status } });
    }
    if (waitedMs > maxWaitMs) {
      const seen = `A request would have to wait ${seconds} s.`;
      throw new ConnectorError('ERR_EXCHANGE_THROTTLED', seen, { cause: error });
    }
  }

  #requestOf(outgoing: PsrpOutgoing): WsmanRequest {
    const context = this.#context();
    const shellId = this.#shellId ?? this.#pool.id;
    switch (outgoing.kind) {
      case 'open':
        return createRequest(context, { poolId: this.#pool.id, creation: outgoing.data });
      case 'command':
        return commandRequest(context, { shellId, commandId: outgoing.pipelineId, fragment: outgoing.data });
      case 'send': {
        const commandId = outgoing.pipelineId === null ? {} : { commandId: outgoing.pipelineId };
        return sendRequest(context, { shellId, ...commandId, stream: outgoing.stream, fragments: outgoing.data });
      }
      case 'stop':
      case 'terminate':
        return signalRequest(context, { shellId, commandId: outgoing.pipelineId, signal: outgoing.kind });
      default:
        return deleteRequest(context, { shellId, operationTimeoutMs: CLOSE_TIMEOUT_MS });
    }
  }

  /**
   * Takes the next piece of output; true if the server says the command is done.
   * @param holdMs the server is not asked to hold the request for longer
   */
  async #receive(commandId: string | null, signal: AbortSignal, holdMs = Infinity): Promise<boolean> {
    const options = commandId === null ? {} : { commandId };
    const context = this.#context();
    const longestMs = context.operationTimeoutMs ?? DEFAULT_OPERATION_TIMEOUT_MS;
    const operationTimeoutMs = Math.max(SHORTEST_HOLD_MS, Math.min(longestMs, Math.ceil(holdMs)));
    const shellId = this.#shellId ?? this.#pool.id;
    const request = receiveRequest({ ...context, operationTimeoutMs }, { shellId, ...options });
    const askedAt = performance.now();
    const unhurried = (): Promise<void> => {
      if (performance.now() - askedAt >= operationTimeoutMs / 2) this.#emptyAnswers = 0;
      else this.#emptyAnswers++;
      return this.#pauseAfterNothing(holdMs, signal);
    };
    this.#lastBytes = 0;
    let answer: WsmanResponse;
    try {
      // Not sent again when it is lost: what the lost answer carried would be missing. The whole read is repeated instead.
      answer = await this.#postPatiently(request, signal);
    } catch (error) {
      if (!(error instanceof WsmanFault && error.recovery === 'nothing-yet')) throw error;
      await unhurried();
      return false;
    }
    if (answer.kind !== 'received') throw unexpected('Receive', answer);
    for (const chunk of answer.streams) {
      if (chunk.name !== 'stdout' || chunk.bytes.length === 0) continue;
      this.#lastBytes += chunk.bytes.length;
      this.#pool.receiveData(chunk.bytes, chunk.commandId);
    }
    const isDone = answer.commandState === 'done' && answer.commandId?.toUpperCase() === commandId;
    if (this.#lastBytes > 0 || isDone) this.#emptyAnswers = 0;
    else await unhurried();
    return isDone;
  }

  /** Waits before a server that had nothing to say, and said so at once, is asked again. */
  async #pauseAfterNothing(longestMs: number, signal: AbortSignal): Promise<void> {
    if (this.#emptyAnswers === 0) return;
    const pauseMs = Math.min(UNHURRIED_MS * 2 ** Math.min(this.#emptyAnswers - 1, 16), LONGEST_UNHURRIED_MS);
    const ms = Math.min(pauseMs, longestMs);
    await sleep(ms, undefined, { signal }).catch(() => throwIfAborted(signal));
  }

  async #post(request: WsmanRequest, signal: AbortSignal): Promise<WsmanResponse> {
    const answer = await this.#http.request({
      method: 'POST',
      // Exchange's shipped configuration does not compress here, and what comes compressed is read all the same.
      headers: { 'Content-Type': CONTENT_TYPE, 'Accept-Encoding': 'identity' },
      body: request.xml,
      passingBody: true,
      timeoutMs: request.operationTimeoutMs + (this.#options.graceMs ?? 30_000),
      signal,
    });
    const { 'retry-after': retryAfter = null } = answer.headers;
    try {
      const body = { status: answer.status, body: answer.body, retryAfter };
      const response = parseAnswer(body, request.messageId, { room: this.#roomForStreams() });
      this.#isKnown ||= this.#shellId !== null;
      return response;
    } catch (error) {
      const isLost = error instanceof WsmanFault && isUnknownShell(error);
      if (isLost && this.#shellId !== null && !this.#isKnown) throw lostAtOnce(error);
      if (error instanceof WsmanFault && error.recovery === 'nothing-yet') this.#isKnown ||= this.#shellId !== null;
      throw error;
    }
  }

  /** Messages share the memory of the streams they came in: it is used again once all of them were read. */
  #roomForStreams(): StreamRoom {
    if (this.#pool.hasUnread) this.#room = new StreamRoom();
    return this.#room;
  }

  #live(...signals: readonly AbortSignal[]): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...signals]);
  }

  /** As {@link ExchangeShell.#live}, made once for a signal that comes with every call, as a rule that of the pool. */
  #liveFor(signal: AbortSignal | undefined): AbortSignal {
    if (signal === undefined) return this.#closing.signal;
    if (this.#lastLive?.of !== signal) this.#lastLive = { of: signal, live: this.#live(signal) };
    return this.#lastLive.live;
  }

  /** Does something within a time, or until the shell closes. The timers of AbortSignal would run on for all of it. */
  async #within(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const stop = (): void => end.abort(this.#closing.signal.reason);
    const timer = setTimeout(stop, ms).unref();
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    try {
      await work(end.signal);
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', stop);
    }
  }

  /** What every request says of this session. A redirect may have moved it. */
  #context(): RequestContext {
    const { operationTimeoutMs } = this.#options;
    return {
      to: this.#http.url,
      sessionId: this.#sessionId,
      newId: this.#newId,
      ...(operationTimeoutMs === undefined ? {} : { operationTimeoutMs }),
      ...(this.#pool.state === RunspacePoolState.OPENED && this.#pool.protocolVersion !== '2.1'
        ? { maxEnvelopeBytes: LARGE_ENVELOPE_BYTES }
        : {}),
    };
  }

  /** Frees the command on the server; one that has not ended is stopped first. */
  async #leave(pipeline: Pipeline, state: RunState, isCutOff: boolean): Promise<void> {
    if (!state.sent) {
      // The server knows nothing of it, so nothing is to be freed there.
      pipeline.close();
      while (this.#pool.dataToSend() !== null);
      return;
    }
    this.#drain(pipeline);
    if (isCutOff) await this.#interrupt(pipeline);
    else if (!pipeline.ended && !this.isBroken) await this.#stop(pipeline);
    if (this.isBroken) return;
    pipeline.close();
    this.#freeing = this.#within(STOP_TIMEOUT_MS, (signal) => this.#flush(signal)).catch((error: unknown) => {
      this.isBroken = true;
      this.#logger.debug('A finished command could not be freed.', { code: asConnectorError(error).code });
    });
  }

  /** Its end may have come with the last answer: a server has nothing more to say about a command that is done. */
  #drain(pipeline: Pipeline): void {
    try {
      while (!pipeline.ended && this.#pool.nextEvent() !== null);
    } catch {
      this.isBroken = true;
    }
  }

  /** Ctrl-C to a pipeline that is not waited for: its Receive was cut off, or it has hung for too long. Its shell is of no further use and is deleted by whoever holds it. */
  async #interrupt(pipeline: Pipeline): Promise<void> {
    this.isBroken = true;
    if (pipeline.ended) return;
    pipeline.stop();
    await this.#flush(this.#live(AbortSignal.timeout(INTERRUPT_TIMEOUT_MS))).catch(() => undefined);
  }

  /** Ctrl-C, and the rest of the output thrown away. A pipeline that does not stop in time takes its shell along. */
  async #stop(pipeline: Pipeline): Promise<void> {
    const signal = this.#live(AbortSignal.timeout(STOP_TIMEOUT_MS));
    try {
      pipeline.stop();
      await this.#flush(signal);
      while (!pipeline.ended) {
        const isDone = await this.#receive(pipeline.id, signal);
        while (this.#pool.nextEvent() !== null);
        await this.#flush(signal);
        if (isDone) break;
      }
    } catch (error) {
      this.isBroken = true;
      this.#logger.debug('A pipeline did not stop in time; its shell is deleted.', {
        code: asConnectorError(error).code,
      });
    }
  }

  async #delete(): Promise<void> {
    // What is under way would hold the connection.
    this.#closing.abort(new ConnectorError('ERR_ABORTED', 'The session was closed.'));
    if (this.#mayExist) {
      this.#pool.close();
      try {
        await this.#flush(AbortSignal.timeout(CLOSE_TIMEOUT_MS));
      } catch (error) {
        this.#logger.debug('A shell could not be deleted; the server drops it when it is idle.', {
          code: asConnectorError(error).code,
        });
      }
    }
    this.#http.close();
  }
}

/** A signal that fires so many milliseconds after another one, if it is not ended before. */
function afterAbort(signal: AbortSignal, ms: number): { readonly signal: AbortSignal; readonly end: () => void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => late.abort(signal.reason), ms);
  };
  if (signal.aborted) late.abort(signal.reason);
  else signal.addEventListener('abort', start, { once: true });
  const end = (): void => {
    signal.removeEventListener('abort', start);
    clearTimeout(timer);
  };
  return { signal: late.signal, end };
}

/** How long a cmdlet has yielded no object. */
class Silence {
  readonly #cmdlet: string;
  readonly #limitMs: number;
  #since = performance.now();
  isOver = false;

  constructor(cmdlet: string, limitMs: number) {
    this.#cmdlet = cmdlet;
    this.#limitMs = limitMs;
  }

  /** Milliseconds until the limit. */
  get leftMs(): number {
    return Math.max(0, this.#limitMs - (performance.now() - this.#since));
  }

  /** An object came. */
  end(): void {
    this.#since = performance.now();
  }

  /** @throws ERR_EXCHANGE_SILENT when the limit is reached */
  check(): void {
    if (this.leftMs > 0) return;
    this.isOver = true;
    const seconds = Math.round(this.#limitMs / 1000);
    const time = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
    const details = { cmdlet: this.#cmdlet, silenceLimitMs: this.#limitMs };
    throw new ConnectorError('ERR_EXCHANGE_SILENT', `${this.#cmdlet} has yielded nothing for ${time}.`, { details });
  }
}

/** True if a server says that it does not know the shell; one that shuts down or gives up says something else. */
function isUnknownShell({ recovery, details }: WsmanFault): boolean {
  return recovery === 'reopen' && !/aborted|shutdown/.test(String(details['fault']));
}

/** The fault of a shell that nobody knew at the first request after it was made. */
function lostAtOnce(fault: WsmanFault): WsmanFault {
  const { recovery, facts, details } = fault;
  const server = [facts.exchange?.clientAccessServer, facts.exchange?.backEndServer].find(Boolean) ?? facts.machine;
  const seen = `A session was made, and ${server ?? 'the server'}, which got its first request, does not know it.`;
  return new WsmanFault('ERR_WSMAN_AFFINITY', seen, { recovery, facts, details, cause: fault });
}

/** True if the server wants the request later. */
function isPutOff(error: unknown): error is WsmanFault {
  return error instanceof WsmanFault && error.recovery === 'wait';
}

/** True if a quota is about sessions: the one that is being opened will not come to be, however long it waits. */
function isAboutShells(error: WsmanFault): boolean {
  return /max-(?:plugin-)?shells/.test(String(error.details['fault'])) || /\brunspace\b/i.test(error.facts.text);
}

/** True if an error says that the request was not begun with: it never left, or the server refused it as such. */
function isRefusal(error: unknown): boolean {
  if (!isConnectorError(error)) return false;
  if (error instanceof WsmanFault) return error.isRefusal;
  if (['ERR_HTTP_AUTH', 'ERR_HTTP_AUTH_METHOD', 'ERR_HTTP_INSECURE'].includes(error.code)) return true;
  // Before the ticket was sent, or with 401; a server that did not prove who it is may have carried the request out.
  if (error.code.startsWith('ERR_HTTP_KERBEROS')) return error.details['phase'] !== 'answer';
  return error.code.startsWith('ERR_HTTP_TLS') || error.details['phase'] === 'connect';
}

function unexpected(operation: string, answer: WsmanResponse): ConnectorError {
  return new ConnectorError('ERR_WSMAN_INVALID', `The server answered ${operation} with ${answer.kind}.`);
}
