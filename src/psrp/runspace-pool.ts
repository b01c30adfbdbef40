/**
 * A runspace pool seen from the client (MS-PSRP 3.1): bytes in, events out, and what is to be sent. No I/O here.
 * Whoever moves the bytes (WSMan, or a test) pumps: `dataToSend()` until null, `receiveData()`, `nextEvent()` until null.
 */
import { writeClixml } from '../clixml/index.ts';
import { ConnectorError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { silentLogger } from '../log.ts';
import type { PsrpCommand } from './create-pipeline.ts';
import { createPipelineContent } from './create-pipeline.ts';
import type { FragmentLimits } from './fragment.ts';
import { DEFAULT_FRAGMENT_BYTES, Defragmenter, FRAGMENT_LIMITS, Fragmenter } from './fragment.ts';
import { encodeHostRefusal } from './host-call.ts';
import { Destination, MessageType, PipelineState, RunspacePoolState, decodeMessage, encodeMessage } from './message.ts';
import type { PsrpMessage } from './message.ts';
import { Pipeline } from './pipeline.ts';
import type { PsrpEvent } from './psrp-event.ts';
import { decodePipelineEvent, decodePoolEvent } from './psrp-event.ts';
import { NO_GUID } from './psrp-guid.ts';
import {
  OWN_CAPABILITY,
  encodeInitRunspacePool,
  encodeSessionCapability,
  negotiateVersion,
} from './session-capability.ts';

/** Something for the far end, in the order it has to go. `data`: whole fragments. */
export type PsrpOutgoing =
  | /** WSMan Create, as creationXml. */ { readonly kind: 'open'; readonly data: Uint8Array }
  | /** WSMan Command with this CommandId; the first fragment, as its argument. */ {
      readonly kind: 'command';
      readonly pipelineId: string;
      readonly data: Uint8Array;
    }
  | /** WSMan Send, one fragment. */ {
      readonly kind: 'send';
      readonly pipelineId: string | null;
      readonly stream: 'stdin' | 'pr';
      readonly data: Uint8Array;
    }
  | /** WSMan Signal: ctrl-c, or terminate. */ { readonly kind: 'stop' | 'terminate'; readonly pipelineId: string }
  | /** WSMan Delete. */ { readonly kind: 'close' };

/** Safety limits of one pool. */
export interface PsrpLimits extends FragmentLimits {
  /** Messages of one pipeline. */
  readonly pipelineMessages: number;
  /** Bytes of all messages of one pipeline. */
  readonly pipelineBytes: number;
}

/** Two million objects and 8 GiB a command: the largest organizations, and an end. */
export const PSRP_LIMITS: PsrpLimits = {
  ...FRAGMENT_LIMITS,
  pipelineMessages: 2_000_000,
  pipelineBytes: 8 * 1024 ** 3,
};

/** Options of a pool. */
export interface RunspacePoolOptions {
  /** Gives the GUIDs of the pool and its pipelines, e.g. `crypto.randomUUID`. */
  readonly newId: () => string;
  /** Size of outgoing fragments, default {@link DEFAULT_FRAGMENT_BYTES}. */
  readonly fragmentBytes?: number;
  /** What to offer; the lower of both sides is spoken. Default "2.3". */
  readonly protocolVersion?: '2.1' | '2.2' | '2.3';
  readonly limits?: Partial<PsrpLimits>;
  readonly logger?: Logger;
}

/** A message as received, read when its event is taken. */
interface Received {
  readonly bytes: Uint8Array;
  /** CommandId of the stream it came on. */
  readonly pipelineId: string | null;
}

/** Client side of one runspace pool. */
export class RunspacePool {
  /** GUID, upper case: our ShellId wish. */
  readonly id: string;
  /** {@link RunspacePoolState}, as of the last event taken. */
  state: number = RunspacePoolState.BEFORE_OPEN;
  /** Negotiated version, e.g. "2.3"; before that what we offer. */
  protocolVersion: string;

  readonly #newId: () => string;
  readonly #limits: PsrpLimits;
  readonly #logger: Logger;
  readonly #fragmenter: Fragmenter;
  readonly #defragmenter: Defragmenter;
  readonly #pipelines = new Map<string, Pipeline>();
  #outgoing: PsrpOutgoing[] = [];
  #received: Received[] = [];
  /** Position of the next one in `#received`: shifting a long array is slow. */
  #nextReceived = 0;
  #derived: PsrpEvent[] = [];

  constructor(options: RunspacePoolOptions) {
    this.#newId = () => options.newId().toUpperCase();
    this.#limits = { ...PSRP_LIMITS, ...options.limits };
    this.#logger = options.logger ?? silentLogger;
    this.#fragmenter = new Fragmenter(options.fragmentBytes ?? DEFAULT_FRAGMENT_BYTES);
    this.#defragmenter = new Defragmenter(this.#limits);
    this.id = this.#newId();
    this.protocolVersion = options.protocolVersion ?? OWN_CAPABILITY.protocolVersion;
  }

  /** Queues what opens the pool; it is open with the event pool-state OPENED. @throws ConnectorError ERR_PSRP_STATE */
  open(): void {
    this.#require(RunspacePoolState.BEFORE_OPEN, 'open the pool');
    this.state = RunspacePoolState.NEGOTIATION_SENT;
    const capability = encodeSessionCapability({ ...OWN_CAPABILITY, protocolVersion: this.protocolVersion });
    const fragments = [
      ...this.#fragments(MessageType.SESSION_CAPABILITY, null, capability),
      ...this.#fragments(MessageType.INIT_RUNSPACEPOOL, null, encodeInitRunspacePool()),
    ];
    this.#outgoing.push({ kind: 'open', data: Buffer.concat(fragments) });
  }

  /**
   * Queues a pipeline of cmdlets. There is no way to run script text.
   * @param wanted properties that are read of its output objects, which then have no others; null: all
   * @throws ConnectorError ERR_PSRP_STATE if the pool is not open, ERR_EXCHANGE_CMDLET_REFUSED for a name or value that
   *   is not plain, ERR_CLIXML_… for a value that cannot be written
   */
  createPipeline(commands: readonly PsrpCommand[], wanted: ReadonlySet<string> | null = null): Pipeline {
    this.#require(RunspacePoolState.OPENED, 'run a cmdlet');
    const content = writeClixml(createPipelineContent(commands, { protocolVersion: this.protocolVersion }));
    const pipeline = this.followPipeline(this.#newId(), wanted);
    const [first, ...rest] = this.#fragments(MessageType.CREATE_PIPELINE, pipeline.id, content);
    if (first !== undefined) this.#outgoing.push({ kind: 'command', pipelineId: pipeline.id, data: first });
    for (const data of rest) this.#outgoing.push({ kind: 'send', pipelineId: pipeline.id, stream: 'stdin', data });
    return pipeline;
  }

  /** Reads the messages of a pipeline that runs on this pool but was not started through this object. Sends nothing. */
  followPipeline(id: string, wanted: ReadonlySet<string> | null = null): Pipeline {
    const channel = {
      send: (outgoing: PsrpOutgoing) => this.#sendOfPipeline(outgoing),
      forget: (pipelineId: string) => void this.#pipelines.delete(pipelineId),
    };
    const pipeline = new Pipeline(id.toUpperCase(), this.#limits, channel, wanted);
    this.#pipelines.set(pipeline.id, pipeline);
    return pipeline;
  }

  /** The next thing to send, or null. */
  dataToSend(): PsrpOutgoing | null {
    return this.#outgoing.shift() ?? null;
  }

  /** True if messages were received whose events were not taken. */
  get hasUnread(): boolean {
    return this.#received.length > 0;
  }

  /**
   * Takes bytes of a stream, cut anywhere. They may be written over once nothing {@link hasUnread is unread}.
   * @param pipelineId CommandId of the stream, null for the pool's own; what belongs to a closed pipeline is dropped
   * @throws ConnectorError ERR_PSRP_FRAGMENT: the stream is damaged, the pool is of no use any more
   */
  receiveData(bytes: Uint8Array, pipelineId: string | null = null): void {
    const id = pipelineId?.toUpperCase() ?? null;
    const defragmenter = id === null ? this.#defragmenter : this.#pipelines.get(id)?.defragmenter;
    if (defragmenter === undefined) {
      this.#logger.debug('Dropped data of a closed pipeline.', { pipelineId: id, bytes: bytes.length });
      return;
    }
    for (const message of defragmenter.receive(bytes)) this.#received.push({ bytes: message, pipelineId: id });
  }

  /**
   * Reads the next message and changes state by it; null if none is left.
   * @throws ConnectorError ERR_PSRP_MESSAGE, ERR_PSRP_VERSION, ERR_CLIXML_… for a message that cannot be read. It is gone
   *   then; the next call goes on with the one after it.
   */
  nextEvent(): PsrpEvent | null {
    for (;;) {
      const derived = this.#derived.shift();
      if (derived !== undefined) return derived;
      const received = this.#take();
      if (received === null) return null;
      const event = this.#read(received);
      if (event !== null) return event;
    }
  }

  /** Queues the end of the pool and of all its pipelines. Does nothing if it was never opened, or the second time. */
  close(): void {
    const { BEFORE_OPEN, CLOSED, CLOSING } = RunspacePoolState;
    if (this.state === CLOSED || this.state === CLOSING) return;
    this.#outgoing = this.state === BEFORE_OPEN ? [] : [{ kind: 'close' }];
    this.state = this.state === BEFORE_OPEN ? CLOSED : CLOSING;
    this.#pipelines.clear();
  }

  /** Once the pool goes, its pipelines go with it: nothing about them is sent after the Delete. */
  #sendOfPipeline(outgoing: PsrpOutgoing): void {
    if (this.state !== RunspacePoolState.CLOSING && this.state !== RunspacePoolState.CLOSED)
      this.#outgoing.push(outgoing);
  }

  #take(): Received | null {
    const received = this.#received[this.#nextReceived];
    if (received === undefined) return null;
    this.#nextReceived++;
    if (this.#nextReceived >= this.#received.length) {
      this.#received = [];
      this.#nextReceived = 0;
    }
    return received;
  }

  #read(received: Received): PsrpEvent | null {
    const message = decodeMessage(received.bytes);
    this.#check(message);
    // The stream's CommandId decides, not the id in the header: a server only echoes there what CREATE_PIPELINE said.
    const pipelineId = isPipelineMessage(message.type) ? (received.pipelineId ?? message.pipelineId) : null;
    if (pipelineId === null) return this.#readPool(message);
    const pipeline = this.#pipelines.get(pipelineId);
    if (pipeline === undefined || pipeline.ended) {
      this.#logger.debug('Dropped a message of an ended pipeline.', { pipelineId, type: message.type });
      return null;
    }
    pipeline.count(received.bytes.length, this.#limits);
    return this.#readPipeline(message, pipeline);
  }

  #check(message: PsrpMessage): void {
    if (message.destination !== Destination.CLIENT) {
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'A message that is for the server came from it.');
    }
    // Servers send their first messages, and the answers of key exchange, under the all-zero id.
    if (message.poolId !== this.id && message.poolId !== NO_GUID) {
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'A message of another runspace pool.');
    }
  }

  #readPool(message: PsrpMessage): PsrpEvent {
    const event = decodePoolEvent(message);
    switch (event.kind) {
      case 'capability':
        this.protocolVersion = negotiateVersion(this.protocolVersion, event.capability.protocolVersion);
        if (this.state === RunspacePoolState.NEGOTIATION_SENT) this.state = RunspacePoolState.NEGOTIATION_SUCCEEDED;
        return event;
      case 'pool-connected':
        this.state = RunspacePoolState.OPENED;
        return event;
      case 'pool-state':
        this.state = event.state;
        if (event.state === RunspacePoolState.BROKEN || event.state === RunspacePoolState.CLOSED)
          this.#endPipelines(event);
        return event;
      case 'host-call':
        return this.#answer(event, MessageType.RUNSPACEPOOL_HOST_RESPONSE);
      default:
        return event;
    }
  }

  #readPipeline(message: PsrpMessage, pipeline: Pipeline): PsrpEvent {
    const event = decodePipelineEvent(message, pipeline.id, pipeline.wanted);
    if (event.kind === 'pipeline-state') pipeline.state = event.state;
    return event.kind === 'host-call' ? this.#answer(event, MessageType.PIPELINE_HOST_RESPONSE) : event;
  }

  /** A server waits for the answer of a call that returns something, and its pipeline with it: refuse at once. */
  #answer(event: PsrpEvent & { kind: 'host-call' }, type: number): PsrpEvent {
    if (!event.call.expectsAnswer) return event;
    for (const data of this.#fragments(type, event.pipelineId, encodeHostRefusal(event.call))) {
      this.#outgoing.push({ kind: 'send', pipelineId: event.pipelineId, stream: 'pr', data });
    }
    return { ...event, answered: true };
  }

  /** A pool that ended takes its pipelines along; nothing more would ever be heard of them. */
  #endPipelines(ended: PsrpEvent & { kind: 'pool-state' }): void {
    for (const pipeline of this.#pipelines.values()) {
      if (pipeline.ended) continue;
      pipeline.state = PipelineState.FAILED;
      this.#derived.push({
        kind: 'pipeline-state',
        pipelineId: pipeline.id,
        state: PipelineState.FAILED,
        error: ended.error,
      });
    }
  }

  #fragments(type: number, pipelineId: string | null, data: string): Uint8Array[] {
    const message = { destination: Destination.SERVER, type, poolId: this.id, pipelineId, data };
    return this.#fragmenter.fragment(encodeMessage(message));
  }

  #require(state: number, what: string): void {
    if (this.state === state) return;
    throw new ConnectorError('ERR_PSRP_STATE', `Cannot ${what} in state ${this.state}.`, {
      details: { state: this.state },
    });
  }
}

/** Types 0x0004xxxx are about a pipeline (MS-PSRP 2.2.1). */
function isPipelineMessage(type: number): boolean {
  return type >>> 16 === 0x0004;
}
