/**
 * Pages go out at the pace of whoever takes them. Node-RED has no back-pressure: `send` returns at once and a slow node
 * piles messages up. Its messaging hooks tell when a message was delivered to a node (`preDeliver`) and when that node
 * was done with it (`onComplete`): a page sequence counts the two and holds the next page back.
 */
import { isOurs } from './red.ts';
import type { DeliveryEvent, RED, Receiver } from './red.ts';

/** Deliveries of one sequence that may be under way at once. */
const WINDOW = 2;

/** A node that is never done, or slow beyond measure, would hold a sequence for ever: after this long it goes on without. */
const PATIENCE_MS = 30_000;

const LABEL = 'eas-connector-pages';

/** The credit of one sequence of pages. */
export interface PageCredit {
  /** Resolves when the next page may be sent. Rejects when the signal fires. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when whoever got a page is done with it, well or not; when the signal fires; and when nobody was done with
   * anything for as long as a page is held back.
   */
  taken(signal: AbortSignal): Promise<void>;
  /** Ends the sequence; nothing is counted any more. */
  end(): void;
}

interface Sequence {
  /** Deliveries under way, by node. */
  readonly outstanding: Map<Receiver, number>;
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
  const id = msg?.parts?.id;
  const node = destination?.node;
  const sequence = id === undefined ? undefined : sequences.get(id);
  if (msg === undefined || id === undefined || node === undefined || sequence === undefined) return;
  // A handler that takes no `done` never says it: such a node takes pages as they come.
  if (node._expectedDoneCount === 0) return;
  // One that is not waited for is still listened to: it may turn out to be slow only.
  const isWaitedFor = !silent.has(node) && !sequence.passedOver.has(node);
  if (isWaitedFor) sequence.outstanding.set(node, (sequence.outstanding.get(node) ?? 0) + 1);
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
  const left = sequence?.outstanding.get(node);
  if (sequence === undefined || left === undefined) return;
  if (left > 1) sequence.outstanding.set(node, left - 1);
  else sequence.outstanding.delete(node);
  sequence.wake?.();
}

function outstanding(sequence: Sequence): number {
  return [...sequence.outstanding.values()].reduce((sum, count) => sum + count, 0);
}

/*
 *   patience has run out, and a node that has a page     then
 *   is one of ours                                       one more page goes out: it is always done in the end, and what
 *                                                        piles up before it is memory
 *   is another's, and was done with pages before         is passed over for the rest of this sequence
 *   is another's, and never was                          is not waited for again, in no sequence, until it is
 */

function passOver(sequence: Sequence): void {
  for (const node of sequence.outstanding.keys()) {
    if (isOurs(node)) continue;
    if (!answering.has(node)) silent.add(node);
    sequence.passedOver.add(node);
    sequence.outstanding.delete(node);
  }
}

/**
 * Opens the credit of the sequence whose messages carry `msg.parts.id === id`.
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
      // One turn of the event loop, so that a long sequence never starves the rest of Node-RED.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      const deadline = Date.now() + patienceMs;
      while (outstanding(sequence) >= WINDOW && !signal.aborted) {
        const ms = deadline - Date.now();
        if (ms <= 0) {
          passOver(sequence);
          break;
        }
        await woken(sequence, signal, ms);
      }
      signal.throwIfAborted();
    },
    async taken(signal) {
      while (outstanding(sequence) > 0 && !signal.aborted) {
        if ((await woken(sequence, signal, patienceMs)) === 'late') {
          passOver(sequence);
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
