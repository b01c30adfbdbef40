/** What the flow behind an access switch is, as the use cases ask: which run of it, who is wired to which output, who mails. */
import type { Flow, NewsKind } from '../../src/connector/sync/switch-parts.ts';
import { notifiersOf } from '../guides.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { textOf } from '../red.ts';
import { OUTPUTS } from './answers.ts';

const KINDS: readonly NewsKind[] = ['blocked', 'allowed', 'attention'];

/**
 * The flow of one access switch. Its run has another name after every deploy, also one that leaves this node as it is.
 *
 *   flows                             who hears, who mails
 *   run                               the nodes that are there now: a deploy may change the wires and leave this node
 *   are being stopped, or stopped     those that were there before: what is still being kept is owed to the next start, which
 *                                     knows who hears it then
 */
export class FlowBehind implements Flow {
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #store: string;
  #run: string;
  #hasStarted = false;
  readonly untold = new Set<string>();
  #before: { readonly hears: ReadonlySet<NewsKind>; readonly notifiers: readonly string[] } | null = null;

  constructor(RED: RED, node: Instance, definition: Definition) {
    this.#RED = RED;
    this.#node = node;
    this.#store = textOf(definition, 'store');
    this.#run = RED.util.generateId();
    const stopping = (): void => {
      this.#before ??= { hears: new Set(KINDS.filter((kind) => this.hears(kind))), notifiers: this.notifiers() };
    };
    RED.events.on('flows:stopping', stopping);
    node.on('close', () => RED.events.off('flows:stopping', stopping));
  }

  /** The flows have started, with this node or around it. */
  started(): void {
    if (this.#hasStarted) this.#run = this.#RED.util.generateId();
    this.#hasStarted = true;
    this.#before = null;
  }

  get run(): string {
    return this.#run;
  }

  hears(kind: NewsKind): boolean {
    if (this.#before !== null) return this.#before.hears.has(kind);
    const { wires = [] } = this.#node as Instance & { readonly wires?: readonly (readonly string[])[] };
    return (wires[OUTPUTS[kind]] ?? []).some((id) => this.#RED.nodes.getNode(id) !== null);
  }

  notifiers(): readonly string[] {
    return this.#before?.notifiers ?? notifiersOf(this.#RED, this.#store).ids;
  }

  storeless(): ReturnType<Flow['storeless']> {
    return notifiersOf(this.#RED, this.#store).storeless;
  }
}
