/** What the flow behind an access switch is, as the use cases ask: which run of it, who is wired to which output, who mails. */
import type { Flow, NewsKind } from '../../src/connector/sync/switch-parts.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { textOf } from '../red.ts';
import { OUTPUTS } from './answers.ts';

/** The flow of one access switch. Its run has another name after every deploy, also one that leaves this node as it is. */
export class FlowBehind implements Flow {
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #store: string;
  #run: string;
  #hasStarted = false;

  constructor(RED: RED, node: Instance, definition: Definition) {
    this.#RED = RED;
    this.#node = node;
    this.#store = textOf(definition, 'store');
    this.#run = RED.util.generateId();
  }

  /** The flows have started, with this node or around it. */
  started(): void {
    if (this.#hasStarted) this.#run = this.#RED.util.generateId();
    this.#hasStarted = true;
  }

  get run(): string {
    return this.#run;
  }

  hears(kind: NewsKind): boolean {
    // As they are now: a deploy may change the wires and leave the node.
    const { wires = [] } = this.#node as Instance & { readonly wires?: readonly (readonly string[])[] };
    return (wires[OUTPUTS[kind]] ?? []).some((id) => this.#RED.nodes.getNode(id) !== null);
  }

  notifiers(): readonly string[] {
    const ids: string[] = [];
    this.#RED.nodes.eachNode((definition) => {
      const { id, type } = definition;
      const isOurs = type === 'enrollment-notifier' && textOf(definition, 'store') === this.#store;
      if (isOurs && this.#RED.nodes.getNode(id) !== null) ids.push(id);
    });
    return ids;
  }
}
