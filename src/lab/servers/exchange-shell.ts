/** One shell of the lab's Exchange: a runspace pool with its pipelines, one of them running at a time. */
import { ConnectorError } from '../../errors.ts';
import { decodeMessage, Defragmenter, Destination, MessageType, RunspacePoolState } from '../../psrp/index.ts';
import {
  decodeInitRunspacePool,
  decodeSessionCapability,
  encodeApplicationPrivateData,
  encodeRunspacePoolState,
  encodeSessionCapability,
} from '../../psrp/server-messages.ts';
import type { CmdletError } from '../cmdlet-error.ts';
import { ServerFragments } from './exchange-fragments.ts';
import { LabPipeline } from './exchange-pipeline.ts';
import type { PipelineEvent, TakenOutput } from './exchange-pipeline.ts';
import type { LabCall } from '../exchange-cmdlets.ts';
import type { Mailbox } from '../mailboxes.ts';

/** What a shell is opened with. */
export interface ShellOptions {
  /** GUID in upper case. */
  readonly id: string;
  readonly user: Mailbox;
  /** Name of the server it lives on. */
  readonly frontEnd: string;
  /** Bytes of one fragment, header included. */
  readonly fragmentBytes: number;
  readonly run: (call: LabCall) => Iterable<PipelineEvent>;
  readonly now: number;
}

/** A shell. */
export class LabShell {
  readonly id: string;
  readonly user: Mailbox;
  readonly frontEnd: string;
  /** Milliseconds; when the last request for it came. */
  usedAt: number;
  /** Answer to the last Receive by stream, so that the same request sent again gets the same data. */
  readonly lastReceive = new Map<string, { readonly messageId: string; readonly body: string }>();
  readonly #run: ShellOptions['run'];
  readonly #fragments: ServerFragments;
  readonly #defragmenter = new Defragmenter();
  /** What each Receive on the pool gets: Windows spreads the opening over two or three. */
  #poolOutput: Uint8Array[][] = [];
  readonly #pipelines = new Map<string, LabPipeline>();
  readonly #queue: LabPipeline[] = [];
  #running: LabPipeline | null = null;
  readonly #waiting = new Set<() => void>();
  #greeted = false;
  isClosed = false;

  constructor(options: ShellOptions) {
    this.id = options.id;
    this.user = options.user;
    this.frontEnd = options.frontEnd;
    this.usedAt = options.now;
    this.#run = options.run;
    this.#fragments = new ServerFragments(options.id, options.fragmentBytes);
  }

  /**
   * Takes the opening messages of Create.
   * @param broken why the pool breaks at once instead of opening
   * @throws ConnectorError ERR_PSRP_… if they are not SESSION_CAPABILITY and INIT_RUNSPACEPOOL of version 2
   */
  open(creation: Uint8Array, broken?: CmdletError): void {
    const messages = this.#defragmenter.receive(creation).map(decodeMessage);
    const [capability, init] = messages;
    if (
      capability?.type !== MessageType.SESSION_CAPABILITY ||
      init?.type !== MessageType.INIT_RUNSPACEPOOL ||
      messages.length !== 2
    ) {
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'A shell opens with SESSION_CAPABILITY and INIT_RUNSPACEPOOL.');
    }
    if (messages.some(({ poolId, destination }) => poolId !== this.id || destination !== Destination.SERVER)) {
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'The opening messages are for another pool or side.');
    }
    const client = decodeSessionCapability(capability.data);
    if (!/^2\.\d+$/.test(client.protocolVersion))
      throw new ConnectorError('ERR_PSRP_VERSION', 'The client does not speak version 2.');
    const { minRunspaces, maxRunspaces } = decodeInitRunspacePool(init.data);
    if (minRunspaces < 1 || maxRunspaces < minRunspaces)
      throw new ConnectorError('ERR_PSRP_MESSAGE', 'A pool without runspaces.');
    this.#poolOutput = [
      [
        ...this.#poolMessage(
          MessageType.SESSION_CAPABILITY,
          encodeSessionCapability({ protocolVersion: '2.3', psVersion: '2.0', serializationVersion: '1.1.0.1' }),
        ),
        ...this.#poolMessage(
          MessageType.APPLICATION_PRIVATE_DATA,
          encodeApplicationPrivateData({ psVersion: '5.1.17763.6532' }),
        ),
      ],
      this.#poolMessage(
        MessageType.RUNSPACEPOOL_STATE,
        broken === undefined
          ? encodeRunspacePoolState(RunspacePoolState.OPENED)
          : encodeRunspacePoolState(RunspacePoolState.BROKEN, broken),
      ),
    ];
  }

  /** Starts a command. @throws ConnectorError ERR_PSRP_… for what is no PSRP, ERR_PSRP_STATE if the id is taken */
  startCommand(commandId: string, fragment: Uint8Array): void {
    if (this.#pipelines.has(commandId)) throw new ConnectorError('ERR_PSRP_STATE', 'A command of this id is there.');
    const pipeline = new LabPipeline(commandId, {
      poolId: this.id,
      fragments: this.#fragments,
      run: (call) => this.#greetAndRun(call),
      changed: () => this.#changed(),
    });
    pipeline.receive(fragment);
    this.#pipelines.set(commandId, pipeline);
    this.#queue.push(pipeline);
    this.#grantNext();
  }

  /** The first pipeline of a session reports what PowerShell is doing before it comes to the cmdlet. */
  *#greetAndRun(call: LabCall): Generator<PipelineEvent> {
    if (!this.#greeted) yield { type: 'progress', activity: 'Preparing modules for first use.', percent: -1 };
    this.#greeted = true;
    yield* this.#run(call);
  }

  /** Bytes from Send for a command or, with null, the pool. False if there is no such command. */
  send(commandId: string | null, bytes: Uint8Array): boolean {
    if (commandId === null) {
      // Host responses, runspace counts and key exchange of a pool: nothing here waits for them.
      for (const message of this.#defragmenter.receive(bytes)) decodeMessage(message);
      return true;
    }
    const pipeline = this.#pipelines.get(commandId);
    pipeline?.receive(bytes);
    return pipeline !== undefined;
  }

  /** Stops a command; it stays until it is terminated. False if there is no such command. */
  stopCommand(commandId: string): boolean {
    const pipeline = this.#pipelines.get(commandId);
    pipeline?.stop();
    this.#grantNext();
    return pipeline !== undefined;
  }

  /** Forgets a command. False if there is no such command. */
  endCommand(commandId: string): boolean {
    const pipeline = this.#pipelines.get(commandId);
    if (pipeline === undefined) return false;
    pipeline.dispose();
    this.#pipelines.delete(commandId);
    this.lastReceive.delete(commandId);
    this.#grantNext();
    this.#changed();
    return true;
  }

  /** Name of the cmdlet a command runs, or null. */
  cmdletOf(commandId: string): string | null {
    return this.#pipelines.get(commandId)?.cmdlet ?? null;
  }

  hasCommand(commandId: string): boolean {
    return this.#pipelines.has(commandId);
  }

  /** Output for a Receive on the pool (null) or a command; null if there is nothing yet. */
  takeOutput(commandId: string | null, room: number): TakenOutput | null {
    if (commandId === null) {
      const batch = this.#poolOutput.shift();
      return batch === undefined ? null : { streams: batch, done: false };
    }
    const pipeline = this.#pipelines.get(commandId);
    if (pipeline === undefined || (!pipeline.hasOutput && !pipeline.hasEnded)) return null;
    const taken = pipeline.take(room);
    this.#grantNext();
    return taken.streams.length === 0 && !taken.done ? null : taken;
  }

  /** Calls back once at the next change; the returned function takes the wish back. */
  onChange(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** Ends everything; whoever waits is told. */
  close(): void {
    this.isClosed = true;
    for (const pipeline of this.#pipelines.values()) pipeline.dispose();
    this.#pipelines.clear();
    this.#changed();
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener();
  }

  /** A pool of one runspace runs one pipeline; the next waits until it has ended. */
  #grantNext(): void {
    if (this.#running !== null && !this.#running.hasEnded) return;
    this.#running = null;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.hasEnded) continue;
      this.#running = next;
      next.grantRunspace();
      return;
    }
  }

  #poolMessage(type: number, data: string): Uint8Array[] {
    return this.#fragments.fragment(type, null, data);
  }
}
