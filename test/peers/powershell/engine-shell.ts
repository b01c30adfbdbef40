/** A shell of the front: one engine process, and what it has said and nobody has fetched yet. */
import { readClixml } from '../../../src/clixml/index.ts';
import { Defragmenter, decodeMessage, MessageType, PipelineState } from '../../../src/psrp/index.ts';
import { EngineProcess } from './engine-process.ts';
import type { EngineLaunch } from './engine-process.ts';

/** What one Receive fetched. */
export interface Fetched {
  readonly pieces: readonly Uint8Array[];
  /** The command has ended and all of it is fetched. */
  readonly done: boolean;
}

/** Output of the pool or of one command. */
class Output {
  readonly pieces: Uint8Array[] = [];
  /** PIPELINE_STATE of the end, once it was seen. */
  ended: number | null = null;
  isDelivered = false;
  readonly #defragmenter = new Defragmenter({ messageBytes: 64 * 1024 * 1024 });

  add(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    for (const message of this.#defragmenter.receive(bytes)) this.#look(message);
  }

  /** A command's end is not in the framing; it is a message like any other. */
  #look(message: Uint8Array): void {
    const type = Buffer.from(message.buffer, message.byteOffset, message.byteLength).readUInt32LE(4);
    if (type !== MessageType.PIPELINE_STATE) return;
    const content = readClixml(decodeMessage(message).data);
    const isObject = typeof content === 'object' && content !== null && 'members' in content;
    const state = isObject ? content.members?.get('PipelineState') : undefined;
    if (state === PipelineState.STOPPED || state === PipelineState.COMPLETED || state === PipelineState.FAILED)
      this.ended = state;
  }
}

/** Above this much unfetched output the engine is not read from, and blocks. */
const HIGH_WATER = 4 * 1024 * 1024;
/** One stream element and its share of base64. */
const STREAM_OVERHEAD = 120;

/** See the module. */
export class EngineShell {
  readonly id: string;
  /** Name of the front end that has it. */
  readonly node: string;
  readonly engine: EngineProcess;
  /** True once the process is gone. */
  isDead = false;
  readonly #outputs = new Map<string, Output>([['', new Output()]]);
  #held = 0;
  #waiting: (() => void)[] = [];

  constructor(id: string, node: string, launch: EngineLaunch) {
    this.id = id;
    this.node = node;
    this.engine = new EngineProcess(launch, {
      onData: (pipelineId, bytes) => this.#take(pipelineId, bytes),
      onExit: () => {
        this.isDead = true;
        this.#wake();
      },
    });
  }

  /** Whether the command is known and not yet freed. */
  has(commandId: string): boolean {
    return this.#outputs.has(commandId);
  }

  async open(creation: Uint8Array): Promise<void> {
    await this.engine.data(null, 'Default', creation);
  }

  async start(commandId: string, fragment: Uint8Array): Promise<void> {
    this.#outputs.set(commandId, new Output());
    await this.engine.command(commandId);
    await this.engine.data(commandId, 'Default', fragment);
  }

  /** Frees a command; what it still says is dropped. */
  async free(commandId: string): Promise<void> {
    const output = this.#outputs.get(commandId);
    this.#outputs.delete(commandId);
    for (const piece of output?.pieces ?? []) this.#held -= piece.length;
    await this.engine.close(commandId);
    this.#wake();
  }

  /** State a command ended with, null before that. */
  endOf(commandId: string): number | null {
    return this.#outputs.get(commandId)?.ended ?? null;
  }

  /** Fetches what there is, at most `room` bytes of an envelope; null if there is nothing. */
  fetch(commandId: string | null, room: number): Fetched | null {
    const output = this.#outputs.get(commandId ?? '');
    if (output === undefined) return null;
    const pieces: Uint8Array[] = [];
    let used = 0;
    for (const piece of output.pieces) {
      used += Math.ceil(piece.length / 3) * 4 + STREAM_OVERHEAD;
      if (used > room && pieces.length > 0) break;
      pieces.push(piece);
      this.#held -= piece.length;
    }
    output.pieces.splice(0, pieces.length);
    if (this.#held < HIGH_WATER / 2) this.engine.resume();
    const done = output.ended !== null && output.pieces.length === 0;
    if (pieces.length === 0 && (!done || output.isDelivered)) return null;
    output.isDelivered = done;
    return { pieces, done };
  }

  /** Resolves at the next output or end, after `ms`, or when the signal aborts. */
  async change(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      this.#waiting.push(done);
    });
  }

  /** Ends the session and its process. The engine closes a session only when all of its commands are, so they go first. */
  async close(): Promise<void> {
    const ids = [...this.#outputs.keys()].filter((id) => id !== '');
    this.#outputs.clear();
    const polite = Promise.all([...ids, null].map((id) => this.engine.close(id))).catch(() => undefined);
    const { promise: impatient, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, 3_000);
    await Promise.race([polite, impatient]);
    clearTimeout(timer);
    await this.engine.dispose();
  }

  #take(pipelineId: string | null, bytes: Uint8Array): void {
    const output = this.#outputs.get(pipelineId ?? '');
    if (output === undefined) return;
    output.add(bytes);
    this.#held += bytes.length;
    if (this.#held > HIGH_WATER) this.engine.pause();
    this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}
