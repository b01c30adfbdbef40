/** One pipeline of a pool, seen from the client (MS-PSRP 3.1.1.3). No I/O here. */
import { ConnectorError } from '../errors.ts';
import { Defragmenter } from './fragment.ts';
import type { FragmentLimits } from './fragment.ts';
import { PipelineState } from './message.ts';

/** How a pipeline reaches the pool's queue of what is to be sent. */
export interface PipelineChannel {
  send(outgoing: { readonly kind: 'stop' | 'terminate'; readonly pipelineId: string }): void;
  forget(pipelineId: string): void;
}

/** Made by `RunspacePool.createPipeline`; its events come out of the pool. */
export class Pipeline {
  /** GUID, upper case: WSMan's CommandId. */
  readonly id: string;
  /** @internal */
  readonly defragmenter: Defragmenter;
  /** {@link PipelineState}, as of the last event taken from the pool. */
  state: number = PipelineState.RUNNING;
  /** Messages and bytes of messages received so far. */
  received = { messages: 0, bytes: 0 };
  /** Properties that are read of its objects; null: all. */
  readonly wanted: ReadonlySet<string> | null;
  readonly #channel: PipelineChannel;
  #closed = false;

  constructor(
    id: string,
    limits: Partial<FragmentLimits>,
    channel: PipelineChannel,
    wanted: ReadonlySet<string> | null = null,
  ) {
    this.id = id;
    this.wanted = wanted;
    this.defragmenter = new Defragmenter(limits);
    this.#channel = channel;
  }

  /** True once the server has said that nothing more will come. */
  get ended(): boolean {
    return (
      this.state === PipelineState.STOPPED ||
      this.state === PipelineState.COMPLETED ||
      this.state === PipelineState.FAILED
    );
  }

  /** Asks the server to stop it; the pipeline-state event STOPPED (or another end it was faster with) follows. */
  stop(): void {
    if (this.ended || this.#closed || this.state === PipelineState.STOPPING) return;
    this.state = PipelineState.STOPPING;
    this.#channel.send({ kind: 'stop', pipelineId: this.id });
  }

  /**
   * Frees it on the server; what still arrives of it is dropped. Due for every pipeline, also after its end.
   * Does nothing the second time.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.forget(this.id);
    this.#channel.send({ kind: 'terminate', pipelineId: this.id });
  }

  /** @internal Counts a message against the limits of one command. @throws ConnectorError ERR_CLIXML_LIMIT */
  count(bytes: number, limits: { readonly pipelineMessages: number; readonly pipelineBytes: number }): void {
    this.received = { messages: this.received.messages + 1, bytes: this.received.bytes + bytes };
    const { messages, bytes: total } = this.received;
    if (messages <= limits.pipelineMessages && total <= limits.pipelineBytes) return;
    throw new ConnectorError('ERR_CLIXML_LIMIT', `A command answered with ${messages} messages, ${total} bytes.`);
  }
}
