/** One pipeline of the lab's Exchange: fragments of CREATE_PIPELINE in, fragments of its output out, made when they are fetched. */
import { toPlain } from '../../clixml/index.ts';
import type { PlainValue } from '../../clixml/index.ts';
import { ConnectorError } from '../../errors.ts';
import { decodeMessage, Defragmenter, Destination, MessageType, PipelineState } from '../../psrp/index.ts';
import {
  decodeCreatePipeline,
  decodeHostResponse,
  encodeErrorRecordMessage,
  encodeHostCall,
  encodeInformationalRecord,
  encodePipelineState,
  encodeProgressRecord,
} from '../../psrp/server-messages.ts';
import type { ReceivedCommand, ReceivedPipeline } from '../../psrp/server-messages.ts';
import type { CmdletError } from '../cmdlet-error.ts';
import { bindingError, commandNotFound, scriptsNotAllowed } from '../cmdlet-error.ts';
import { writeExchangeObject } from '../exchange-clixml.ts';
import type { LabCall, LabCmdletEvent } from '../exchange-cmdlets.ts';
import type { ServerFragments } from './exchange-fragments.ts';

/** Objects are packed into one rsp:Stream until it holds this much, so that some streams carry several fragments. */
const STREAM_BYTES = 8 * 1024;
/** What a stream costs in an envelope beside its base64: element, name and CommandId. */
const STREAM_OVERHEAD = 128;

/** What a pipeline may send beside a cmdlet's own events. */
export type PipelineEvent =
  | LabCmdletEvent
  | { readonly type: 'progress'; readonly activity: string; readonly percent: number }
  | { readonly type: 'verbose'; readonly text: string }
  /** The cmdlet works for so many milliseconds without output. */
  | { readonly type: 'pause'; readonly ms: number }
  | {
      readonly type: 'host-call';
      readonly method: number;
      readonly methodName: string;
      readonly expectsAnswer: boolean;
    };

/** What a pipeline needs from its runspace. */
export interface PipelineHost {
  readonly poolId: string;
  /** Shared by all pipelines of a pool: object ids are the pool's. */
  readonly fragments: ServerFragments;
  /** Runs one call. */
  readonly run: (call: LabCall) => Iterable<PipelineEvent>;
  /** Called when something has changed that a waiting Receive may want to know. */
  readonly changed: () => void;
}

/** Data for one Receive. */
export interface TakenOutput {
  readonly streams: readonly Uint8Array[];
  /** The pipeline has ended and everything was taken. */
  readonly done: boolean;
}

/** One pipeline. */
export class LabPipeline {
  readonly id: string;
  readonly #host: PipelineHost;
  readonly #defragmenter = new Defragmenter();
  #created: ReceivedPipeline | null = null;
  #inputEnded = false;
  #granted = false;
  #events: Iterator<PipelineEvent> | null = null;
  #fragments: Uint8Array[] = [];
  #ended = false;
  #pausedUntilAnswer: bigint | null = null;
  #pause: NodeJS.Timeout | null = null;
  #lastHostCall = 0n;

  constructor(id: string, host: PipelineHost) {
    this.id = id;
    this.#host = host;
  }

  /** Takes bytes of the stream `stdin` or `pr`. @throws ConnectorError ERR_PSRP_… for what is no PSRP */
  receive(bytes: Uint8Array): void {
    for (const message of this.#defragmenter.receive(bytes)) this.#take(message);
    this.#start();
  }

  /** The runspace is free for this pipeline. */
  grantRunspace(): void {
    this.#granted = true;
    this.#start();
  }

  /** True while a Receive has something to fetch. */
  get hasOutput(): boolean {
    return this.#fragments.length > 0 || (this.#events !== null && !this.#isPaused());
  }

  /** Name of the cmdlet, null until CREATE_PIPELINE is complete. */
  get cmdlet(): string | null {
    return this.#created?.commands[0]?.name ?? null;
  }

  /** True if the last state has been made; what is left to fetch may still be there. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Stops the cmdlet (signal `powershell/signal/crtl_c`): what is not yet made is not made, the state becomes Stopped. */
  stop(): void {
    if (this.#ended) return;
    this.#leave();
    this.#end(PipelineState.STOPPED, {
      message: 'The pipeline has been stopped.',
      exceptionTypes: ['System.Management.Automation.PipelineStoppedException'],
      fullyQualifiedErrorId: 'PipelineStopped',
      category: 'OperationStopped',
      activity: '',
      targetName: '',
    });
    this.#host.changed();
  }

  /** Frees what the pipeline holds. */
  dispose(): void {
    this.#leave();
    this.#host.fragments.forget(this.id);
    this.#fragments = [];
    this.#ended = true;
  }

  #leave(): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = null;
    this.#events?.return?.();
    this.#events = null;
  }

  #isPaused(): boolean {
    return this.#pausedUntilAnswer !== null || this.#pause !== null;
  }

  /** As much output as fits, at least one fragment if there is any. @param room bytes of envelope left for streams */
  take(room: number): TakenOutput {
    const streams: Uint8Array[] = [];
    let left = room;
    let pieces: Uint8Array[] = [];
    let packed = 0;
    const flush = (): void => {
      if (packed === 0) return;
      streams.push(Buffer.concat(pieces, packed));
      pieces = [];
      packed = 0;
    };
    for (let next = this.#peek(); next !== null; next = this.#peek()) {
      const cost = Math.ceil((next.length * 4) / 3) + 4 + (packed === 0 ? STREAM_OVERHEAD : 0);
      if (cost > left && (streams.length > 0 || packed > 0)) break;
      this.#fragments.shift();
      left -= cost;
      pieces.push(next);
      packed += next.length;
      if (packed >= STREAM_BYTES) flush();
    }
    flush();
    return { streams, done: this.#ended && this.#fragments.length === 0 };
  }

  /**
   * A cmdlet runs when it is started, whether or not anybody fetches its output: what it changes is changed.
   * Only output of Get cmdlets is made when it is fetched, so that a fleet is never held in memory.
   */
  #pump(): void {
    if (this.cmdlet?.toLowerCase().startsWith('get-') ?? true) return;
    while (this.#events !== null && !this.#isPaused()) this.#step(this.#events);
  }

  #step(events: Iterator<PipelineEvent>): void {
    const next = events.next();
    if (next.done === true) this.#end(PipelineState.COMPLETED);
    else this.#put(next.value);
  }

  /** The next fragment, made from the cmdlet's next event if none is waiting. */
  #peek(): Uint8Array | null {
    while (this.#fragments.length === 0) {
      if (this.#events === null || this.#isPaused()) return null;
      this.#step(this.#events);
    }
    return this.#fragments[0] ?? null;
  }

  #put(event: PipelineEvent): void {
    switch (event.type) {
      case 'output':
        return this.#send(MessageType.PIPELINE_OUTPUT, writeExchangeObject(event.object));
      case 'warning':
        return this.#send(MessageType.WARNING_RECORD, encodeInformationalRecord('Warning', event.text));
      case 'verbose':
        return this.#send(MessageType.VERBOSE_RECORD, encodeInformationalRecord('Verbose', event.text));
      case 'progress':
        return this.#send(
          MessageType.PROGRESS_RECORD,
          encodeProgressRecord({ activity: event.activity, percent: event.percent }),
        );
      case 'error':
        return this.#send(MessageType.ERROR_RECORD, encodeErrorRecordMessage(errorParts(event.error)));
      case 'host-call':
        return this.#callHost(event);
      case 'pause':
        this.#pause = setTimeout(() => {
          this.#pause = null;
          this.#pump();
          this.#host.changed();
        }, event.ms);
        return;
      case 'failed':
        return this.#end(PipelineState.FAILED, event.error);
    }
  }

  /** A call that expects an answer holds the pipeline until it comes. */
  #callHost(call: PipelineEvent & { readonly type: 'host-call' }): void {
    // -100: VoidCallId of PowerShell's server dispatch table.
    const callId = call.expectsAnswer ? ++this.#lastHostCall : -100n;
    if (call.expectsAnswer) this.#pausedUntilAnswer = callId;
    this.#send(
      MessageType.PIPELINE_HOST_CALL,
      encodeHostCall({ callId, method: call.method, methodName: call.methodName, parameters: [] }),
    );
  }

  #send(type: number, data: string): void {
    this.#fragments.push(...this.#host.fragments.fragment(type, this.id, data));
  }

  #end(state: number, error?: CmdletError): void {
    this.#events = null;
    this.#ended = true;
    this.#send(
      MessageType.PIPELINE_STATE,
      encodePipelineState(state, error === undefined ? undefined : errorParts(error)),
    );
    this.#host.changed();
  }

  #take(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (
      message.destination !== Destination.SERVER ||
      message.pipelineId !== this.id ||
      message.poolId !== this.#host.poolId
    ) {
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'A message for another pool, pipeline or side.');
    }
    switch (message.type) {
      case MessageType.CREATE_PIPELINE:
        if (this.#created !== null) throw new ConnectorError('ERR_PSRP_STATE', 'A second CREATE_PIPELINE.');
        this.#created = decodeCreatePipeline(message.data);
        return;
      case MessageType.END_OF_PIPELINE_INPUT:
        this.#inputEnded = true;
        return;
      case MessageType.PIPELINE_INPUT:
        return;
      case MessageType.PIPELINE_HOST_RESPONSE:
        return this.#takeAnswer(message.type, message.data);
      default:
        throw new ConnectorError('ERR_PSRP_MESSAGE', `A message of type ${message.type} to a pipeline.`);
    }
  }

  #takeAnswer(type: number, data: string): void {
    const answer = decodeHostResponse(type, data);
    if (answer.callId !== this.#pausedUntilAnswer)
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'An answer to no host call.');
    this.#pausedUntilAnswer = null;
    if (answer.error !== null) {
      this.#leave();
      this.#end(PipelineState.FAILED, hostRefused(answer.error));
    }
    this.#pump();
    this.#host.changed();
  }

  #start(): void {
    if (this.#created === null || !this.#granted || this.#events !== null || this.#ended) return;
    if (!this.#created.noInput && !this.#inputEnded) return;
    this.#events = runPipeline(this.#created.commands, this.#host.run)[Symbol.iterator]();
    this.#pump();
    this.#host.changed();
  }
}

function* runPipeline(
  commands: readonly ReceivedCommand[],
  run: (call: LabCall) => Iterable<PipelineEvent>,
): Generator<PipelineEvent> {
  const [command, ...rest] = commands;
  if (command === undefined) {
    yield { type: 'failed', error: commandNotFound('') };
    return;
  }
  const script = commands.find(({ isScript }) => isScript);
  if (script !== undefined) {
    yield { type: 'failed', error: scriptsNotAllowed(script.name) };
    return;
  }
  const [second] = rest;
  if (second !== undefined) {
    // The session shows Exchange's cmdlets only: there is nothing that a pipe could lead to here.
    yield { type: 'failed', error: commandNotFound(second.name) };
    return;
  }
  const call = callOf(command);
  if ('error' in call) yield { type: 'failed', error: call.error };
  else yield* run(call);
}

/** An unnamed first argument is the identity (position 0 of every cmdlet here); more of them fit nowhere. */
function callOf(command: ReceivedCommand): LabCall | { readonly error: CmdletError } {
  const parameters: Record<string, PlainValue> = Object.create(null) as Record<string, PlainValue>;
  const cmdlet = { name: command.name, typeName: command.name };
  for (const [index, { name, value }] of command.parameters.entries()) {
    if (name === null && index > 0) {
      const message = 'A positional parameter cannot be found that accepts the given argument.';
      return { error: bindingError(cmdlet, 'PositionalParameterNotFound', message).error };
    }
    const key = name ?? 'Identity';
    if (Object.keys(parameters).some((known) => known.toLowerCase() === key.toLowerCase())) {
      const message = `Cannot bind parameter because parameter '${key}' is specified more than once.`;
      return { error: bindingError(cmdlet, 'ParameterAlreadyBound', message).error };
    }
    parameters[key] = toPlain(value);
  }
  return { cmdlet: command.name, parameters };
}

function hostRefused(message: string): CmdletError {
  return {
    message,
    exceptionTypes: [
      'System.Management.Automation.Host.HostException',
      'System.Management.Automation.RuntimeException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: 'RemoteHostExecutionException',
    category: 'NotImplemented',
    activity: '',
    targetName: '',
  };
}

/** The parts of an error record on the wire. */
function errorParts(error: CmdletError): Parameters<typeof encodeErrorRecordMessage>[0] {
  return {
    message: error.message,
    fullyQualifiedErrorId: error.fullyQualifiedErrorId,
    category: error.category,
    activity: error.activity,
    targetName: error.targetName,
    targetType: error.targetType ?? '',
    target: error.target ?? null,
    exceptions: [{ type: error.exceptionTypes[0] ?? 'System.Exception', message: error.message }],
  };
}
