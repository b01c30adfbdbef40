/**
 * Pages go out at the pace of whoever takes them. Node-RED has no back-pressure: `send` returns at once and a slow node
 * piles messages up. Its messaging hooks tell when a message was delivered to a node (`preDeliver`) and when that node
 * was done with it (`onComplete`): a page sequence counts the two and holds the next page back.
 */
import type { Msg, RED } from './red.ts';

/** Deliveries of one sequence that may be under way at once. */
const WINDOW = 2;

/** A node that never calls `done` would hold a sequence for ever; after this long one more page goes out. */
const PATIENCE_MS = 30_000;

const LABEL = 'eas-connector-pages';

interface DeliveryHooks {
  add(hook: string, handler: (event: { msg?: Msg }) => void): void;
  remove(hook: string): void;
}

/** The credit of one sequence of pages. */
export interface PageCredit {
  /** Resolves when the next page may be sent. Rejects when the signal fires. */
  ready(signal: AbortSignal): Promise<void>;
  /** Ends the sequence; nothing is counted any more. */
  end(): void;
}

interface Sequence {
  outstanding: number;
  wake: (() => void) | null;
}

const sequences = new Map<string, Sequence>();
const deliveries = new WeakMap<object, string[]>();

function delivered(event: { msg?: Msg }): void {
  const id = event.msg?.parts?.id;
  const sequence = id === undefined ? undefined : sequences.get(id);
  if (id === undefined || sequence === undefined || event.msg === undefined) return;
  sequence.outstanding += 1;
  deliveries.set(event.msg, [...(deliveries.get(event.msg) ?? []), id]);
}

function completed(event: { msg?: Msg }): void {
  const ids = event.msg === undefined ? undefined : deliveries.get(event.msg);
  const id = ids?.pop();
  const sequence = id === undefined ? undefined : sequences.get(id);
  if (sequence === undefined) return;
  sequence.outstanding -= 1;
  sequence.wake?.();
}

/** Opens the credit of the sequence whose messages carry `msg.parts.id === id`. */
export function openPageCredit(RED: RED, id: string): PageCredit {
  const hooks = (RED as unknown as { hooks?: DeliveryHooks }).hooks;
  const sequence: Sequence = { outstanding: 0, wake: null };
  if (hooks !== undefined && sequences.size === 0) {
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
      const deadline = Date.now() + PATIENCE_MS;
      while (sequence.outstanding >= WINDOW && !signal.aborted && Date.now() < deadline) {
        await woken(sequence, signal, deadline - Date.now());
      }
      signal.throwIfAborted();
    },
    end() {
      sequences.delete(id);
      if (hooks !== undefined && sequences.size === 0) hooks.remove(`*.${LABEL}`);
    },
  };
}

function woken(sequence: Sequence, signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      sequence.wake = null;
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
    sequence.wake = finish;
  });
}
