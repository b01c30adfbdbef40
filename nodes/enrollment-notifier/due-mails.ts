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

/** The waiting mails of one notifier, one a device. */
export class DueMails {
  readonly #store: Store;
  readonly #name: string;

  constructor(store: Store, nodeId: string) {
    this.#store = store;
    this.#name = `notifier.due.${nodeId}`;
  }

  async list(): Promise<DueMail[]> {
    return ((await this.#store.settings.get(this.#name)) ?? []) as unknown as DueMail[];
  }

  /** Those whose time has come. */
  async due(now: number): Promise<DueMail[]> {
    return (await this.list()).filter(({ dueAt }) => dueAt <= now);
  }

  /** Adds a mail, or replaces the waiting one of the same device. */
  async put(mail: DueMail): Promise<void> {
    const others = (await this.list()).filter(({ change }) => change.device.key !== mail.change.device.key);
    await this.#write([...others, mail]);
  }

  async remove(deviceKey: string): Promise<void> {
    const waiting = await this.list();
    const others = waiting.filter(({ change }) => change.device.key !== deviceKey);
    if (others.length !== waiting.length) await this.#write(others);
  }

  async #write(mails: readonly DueMail[]): Promise<void> {
    await this.#store.settings.set(this.#name, mails as unknown as Json);
  }
}

/** When a mail that failed is tried again, or null if it has been tried for long enough. */
export function nextTry(mail: Pick<DueMail, 'change' | 'attempts'>, now: number): DueMail | null {
  const attempts = mail.attempts + 1;
  if (attempts > GIVE_UP_ATTEMPTS) return null;
  return { change: mail.change, attempts, dueAt: now + Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(12, attempts - 1)) };
}
