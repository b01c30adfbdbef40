/** Mails that are still to be sent: those that failed, and reminders. Kept in the store, so that a restart loses none. */
import type { DeviceChange } from '../../src/notify/decide-notification.ts';
import type { Json, Store } from '../../src/store/store.ts';

/** One mail that waits. */
export interface DueMail {
  readonly change: DeviceChange;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** Tries that failed. */
  readonly attempts: number;
}

const MINUTE_MS = 60_000;
const LONGEST_WAIT_MS = 6 * 60 * MINUTE_MS;
/** A mail that could not be sent for a week is given up. */
const GIVE_UP_ATTEMPTS = 40;

/** Changes of one list come one after the other: each reads the list and writes it whole. */
const turns = new WeakMap<Store, Promise<unknown>>();

/** A list of waiting mails of one notifier, one a device. */
export class DueMails {
  readonly #store: Store;
  readonly #name: string;

  /** @param name tells the lists of all notifiers of this store apart */
  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = `notifier.due.${name}`;
  }

  async list(): Promise<DueMail[]> {
    return ((await this.#store.settings.get(this.#name)) ?? []) as unknown as DueMail[];
  }

  /** Those whose time has come. */
  async due(now: number): Promise<DueMail[]> {
    return (await this.list()).filter(({ dueAt }) => dueAt <= now);
  }

  /** Adds mails; each replaces the waiting one of the same device. */
  async put(...mails: readonly DueMail[]): Promise<void> {
    const devices = new Set(mails.map(({ change }) => change.device.key));
    await this.#edit((waiting) => [...waiting.filter(({ change }) => !devices.has(change.device.key)), ...mails]);
  }

  async remove(deviceKey: string): Promise<void> {
    await this.#edit((waiting) => waiting.filter(({ change }) => change.device.key !== deviceKey));
  }

  #edit(change: (waiting: readonly DueMail[]) => readonly DueMail[]): Promise<void> {
    const turn = (turns.get(this.#store) ?? Promise.resolve()).then(async () => {
      const before = await this.list();
      const after = change(before);
      if (before.length > 0 || after.length > 0) await this.#store.settings.set(this.#name, after as unknown as Json);
    });
    turns.set(
      this.#store,
      turn.catch(() => undefined),
    );
    return turn;
  }
}

/**
 * Mails that arrived at a notifier and wait in its queue. They are kept in the store from the moment they arrive, because
 * the access switch tells each change once and a mail account may send only five mails a minute.
 */
export class ArrivedMails {
  readonly #name: string;
  /** Devices whose message is in this node's queue now. */
  readonly #queued = new Map<string, number>();
  #fresh: DueMail[] = [];

  constructor(nodeId: string) {
    this.#name = `${nodeId}.arrived`;
  }

  /** A message has arrived. What the store refuses now is written at the next occasion. */
  async accept(change: DeviceChange, store: () => Promise<Store>): Promise<void> {
    const { key } = change.device;
    this.#queued.set(key, (this.#queued.get(key) ?? 0) + 1);
    this.#fresh.push({ change, attempts: 0, dueAt: Date.now() });
    if (this.#fresh.length === 1) await this.#write(await store());
  }

  /** The message of this device has its turn. */
  begin(deviceKey: string): void {
    const left = (this.#queued.get(deviceKey) ?? 1) - 1;
    if (left > 0) this.#queued.set(deviceKey, left);
    else this.#queued.delete(deviceKey);
  }

  /** Takes a device off: its mail was sent, is not to be sent, or waits elsewhere. */
  async settle(store: Store, deviceKey: string): Promise<void> {
    await this.#write(store);
    if (!this.#queued.has(deviceKey)) await new DueMails(store, this.#name).remove(deviceKey);
  }

  /** Those that nobody works on: the node was closed, or Node-RED ended, before their turn came. */
  async left(store: Store): Promise<DueMail[]> {
    await this.#write(store);
    const kept = await new DueMails(store, this.#name).list();
    return kept.filter(({ change }) => !this.#queued.has(change.device.key));
  }

  /** Messages that arrive together share a write. */
  async #write(store: Store): Promise<void> {
    const mails = this.#fresh.splice(0);
    if (mails.length > 0) await new DueMails(store, this.#name).put(...mails);
  }
}

/** When a mail that failed is tried again, or null if it has been tried for long enough. */
export function nextTry(mail: Pick<DueMail, 'change' | 'attempts'>, now: number): DueMail | null {
  const attempts = mail.attempts + 1;
  if (attempts > GIVE_UP_ATTEMPTS) return null;
  return {
    change: mail.change,
    attempts,
    dueAt: now + Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(12, attempts - 1)),
  };
}
