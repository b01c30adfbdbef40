/**
 * Pages go out at the pace of whoever takes them. Node-RED has no back-pressure: `send` returns at once and a slow node
 * piles messages up. Its messaging hooks tell when a message was delivered to a node (`preDeliver`) and when that node
 * was done with it (`onComplete`): a page sequence counts the two and holds the next page back. What a Split node makes of a
 * page is counted like the page.
 */
import { setImmediate } from 'node:timers/promises';
import { sequencesOf } from '../src/connector/readings/parts.ts';
import { isOurs } from './red.ts';
import type { DeliveryEvent, RED, Receiver } from './red.ts';

/** With fewer deliveries of a sequence under way than this, the next page goes out. */
const WINDOW = 2;

/** A node that has messages, gets none and is done with none would hold a sequence for ever: after this long it goes on without. */
const PATIENCE_MS = 30_000;

const LABEL = 'eas-connector-pages';

/** The credit of one sequence of pages. */
export interface PageCredit {
  /** Resolves when the next page may be sent. Rejects when the signal fires. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * To be waited for when a page was sent. One turn of the event loop, so that it is delivered, and a long sequence never starves
   * the rest of Node-RED; not a part of `ready`, as the next page would be in memory meanwhile.
   */
  sent(): Promise<void>;
  /**
   * Resolves when whoever got a page is done with it, well or not; when the signal fires; and when nobody was done with
   * anything for as long as a page is held back.
   */
  taken(signal: AbortSignal): Promise<void>;
  /** Ends the sequence; nothing is counted any more. */
  end(): void;
}

/** What one node has of a sequence. */
interface Holding {
  /** Deliveries under way. */
  count: number;
  /** When it last got a message or was done with one; ms, monotonic. */
  heardAt: number;
}

interface Sequence {
  readonly outstanding: Map<Receiver, Holding>;
  /** Nodes that this sequence does not wait for any more. */
  readonly passedOver: Set<Receiver>;
  wake: (() => void) | null;
}

const sequences = new Map<string, Sequence>();
/** The nodes that have a message, and for which sequence. */
const deliveries = new WeakMap<object, { readonly id: string; readonly node: Receiver }[]>();
/** Nodes that have been done with a page before; those that let our patience run out and never were. */
const answering = new WeakSet<Receiver>();
const silent = new WeakSet<Receiver>();

function delivered({ msg, destination }: DeliveryEvent): void {
  const id = sequencesOf(msg?.parts).find((one) => sequences.has(one));
  const node = destination?.node;
  const sequence = id === undefined ? undefined : sequences.get(id);
  if (msg === undefined || id === undefined || node === undefined || sequence === undefined) return;
  // A handler that takes no `done` never says it: such a node takes pages as they come.
  if (node._expectedDoneCount === 0) return;
  // One that is not waited for is still listened to: it may turn out to be slow only.
  const isWaitedFor = !silent.has(node) && !sequence.passedOver.has(node);
  if (isWaitedFor) hear(sequence, node, 1);
  deliveries.set(msg, [...(deliveries.get(msg) ?? []), { id, node }]);
}

function completed({ msg, node: done }: DeliveryEvent): void {
  const node = done?.node;
  const waiting = msg === undefined ? undefined : deliveries.get(msg);
  const at = waiting?.findIndex((delivery) => delivery.node === node) ?? -1;
  const [delivery] = at < 0 ? [] : (waiting?.splice(at, 1) ?? []);
  if (delivery === undefined || node === undefined) return;
  answering.add(node);
  silent.delete(node);
  const sequence = sequences.get(delivery.id);
  if (sequence?.outstanding.has(node) !== true) return;
  hear(sequence, node, -1);
  sequence.wake?.();
}

function hear(sequence: Sequence, node: Receiver, more: 1 | -1): void {
  const count = (sequence.outstanding.get(node)?.count ?? 0) + more;
  if (count > 0) sequence.outstanding.set(node, { count, heardAt: performance.now() });
  else sequence.outstanding.delete(node);
}

function outstanding(sequence: Sequence): number {
  return [...sequence.outstanding.values()].reduce((sum, { count }) => sum + count, 0);
}

/*
 *   nothing was heard of a node that has messages        then
 *   for as long as patience lasts, and it
 *   is one of ours                                       one more page goes out: it is always done in the end, and what
 *                                                        piles up before it is memory
 *   is another's, and was done with pages before         is passed over for the rest of this sequence
 *   is another's, and never was                          is not waited for again, in no sequence, until it is
 */

function passOver(sequence: Sequence, nodes: readonly Receiver[]): void {
  for (const node of nodes) {
    if (isOurs(node)) continue;
    if (!answering.has(node)) silent.add(node);
    sequence.passedOver.add(node);
    sequence.outstanding.delete(node);
  }
}

/** How long patience with a node still lasts, in ms. It begins anew with each page that is held back. */
function patienceLeft({ heardAt }: Holding, patienceMs: number, since: number): number {
  return Math.max(heardAt, since) + patienceMs - performance.now();
}

/**
 * Opens the credit of the sequence whose messages carry `msg.parts.id === id`, and of what is made of them.
 * @param patienceMs how long a page is held back by nodes that are not done with the earlier ones
 */
export function openPageCredit(RED: RED, id: string, patienceMs = PATIENCE_MS): PageCredit {
  const { hooks } = RED;
  const sequence: Sequence = { outstanding: new Map(), passedOver: new Set(), wake: null };
  if (sequences.size === 0) {
    hooks.add(`preDeliver.${LABEL}`, delivered);
    hooks.add(`onComplete.${LABEL}`, completed);
  }
  sequences.set(id, sequence);
  return {
    async ready(signal) {
      const began = performance.now();
      while (outstanding(sequence) >= WINDOW && !signal.aborted) {
        const left = [...sequence.outstanding].map(
          ([node, holding]) => [node, patienceLeft(holding, patienceMs, began)] as const,
        );
        const unheard = left.filter(([, ms]) => ms <= 0).map(([node]) => node);
        passOver(sequence, unheard);
        if (unheard.some(isOurs)) break;
        if (unheard.length === 0) await woken(sequence, signal, Math.min(...left.map(([, ms]) => ms)));
      }
      signal.throwIfAborted();
    },
    sent: () => setImmediate(),
    async taken(signal) {
      while (outstanding(sequence) > 0 && !signal.aborted) {
        if ((await woken(sequence, signal, patienceMs)) === 'late') {
          passOver(sequence, [...sequence.outstanding.keys()]);
          return;
        }
      }
    },
    end() {
      sequences.delete(id);
      if (sequences.size === 0) hooks.remove(`*.${LABEL}`);
    },
  };
}

/** The credit of a sequence that comes in several messages. */
export class LastingCredit {
  readonly #RED: RED;
  #open: { readonly id: string; readonly credit: PageCredit } | null = null;

  constructor(RED: RED) {
    this.#RED = RED;
  }

  /** Of this sequence; another one ends with it. */
  of(id: string): PageCredit {
    if (this.#open?.id !== id) {
      this.end();
      this.#open = { id, credit: openPageCredit(this.#RED, id) };
    }
    return this.#open.credit;
  }

  end(): void {
    this.#open?.credit.end();
    this.#open = null;
  }
}

function woken(sequence: Sequence, signal: AbortSignal, ms: number): Promise<'late' | 'woken'> {
  return new Promise((resolve) => {
    const end = (how: 'late' | 'woken'): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      sequence.wake = null;
      resolve(how);
    };
    const finish = (): void => end('woken');
    const timer = setTimeout(end, ms, 'late');
    signal.addEventListener('abort', finish, { once: true });
    sequence.wake = finish;
  });
}
