/**
 * Mails that are still to be sent: those that failed, and reminders. Kept in the store, so that a restart loses none.
 *
 * In: mails. Out: which of them are due, and when the next try is. Changes: small values of the store.
 */
import type { DeviceChange } from '../../model/records.ts';
import type { Json, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { inTurn } from './in-turn.ts';

/** One mail that waits. */
export interface DueMail {
  readonly change: DeviceChange;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** Tries that failed. */
  readonly attempts: number;
  /** When it was to be sent first, milliseconds since 1970; a reminder that is not due yet has none. */
  readonly since?: number;
  /** It could not be sent for a week, and waits for a person. */
  readonly attention?: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LONGEST_WAIT_MS = 6 * HOUR_MS;
/** How long a mail is tried again by itself. */
const WEEK_MS = 7 * 24 * HOUR_MS;

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

  /** Those whose time has come; what needs attention waits for a person. */
  async due(now: number): Promise<DueMail[]> {
    return (await this.list()).filter(({ dueAt, attention }) => attention !== true && dueAt <= now);
  }

  /** Those that wait for a person. */
  async attention(): Promise<DueMail[]> {
    return (await this.list()).filter(({ attention }) => attention === true);
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
    return inTurn(this.#store, async () => {
      const before = await this.list();
      const after = change(before);
      if (before.length > 0 || after.length > 0) await this.#store.settings.set(this.#name, after as unknown as Json);
    });
  }
}

/**
 * Mails that arrived at a notifier and wait in its queue. They are kept in the store from the moment they arrive, because
 * the access switch tells each change once and a mail account may send only five mails a minute.
 */
export class ArrivedMails {
  readonly #name: string;
  readonly #now: Clock;
  /** Devices whose message is in this node's queue now. */
  readonly #queued = new Map<string, number>();
  #fresh: DueMail[] = [];

  /** @param notifier names it among the notifiers of a store */
  constructor(notifier: string, now: Clock) {
    this.#name = `${notifier}.arrived`;
    this.#now = now;
  }

  /** A message has arrived. What the store refuses now is written at the next occasion. */
  async accept(change: DeviceChange, store: () => Promise<Store>): Promise<void> {
    const { key } = change.device;
    this.#queued.set(key, (this.#queued.get(key) ?? 0) + 1);
    const at = this.#now();
    this.#fresh.push({ change, attempts: 0, dueAt: at, since: at });
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

/**
 * A mail that failed, as it is kept.
 *
 * | since its first try | what failed            | the mail                                                        |
 * |---------------------|------------------------|-----------------------------------------------------------------|
 * | a week or more      | whatever               | needs attention                                                 |
 * | less                | the mail, the server   | is tried after 1, 2, 4, … minutes, at most 6 hours              |
 * | less                | the account            | is tried after an hour: nothing is wrong with the mail          |
 *
 * The last try is at the end of the week.
 */
export function nextTry(mail: DueMail, failed: 'again' | 'account', now: number): DueMail {
  const { change, since = now } = mail;
  const end = since + WEEK_MS;
  if (now >= end) return { change, attempts: mail.attempts, since, dueAt: now, attention: true };
  const attempts = mail.attempts + 1;
  const wait = failed === 'account' ? HOUR_MS : Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(12, attempts - 1));
  return { change, attempts: failed === 'account' ? mail.attempts : attempts, since, dueAt: Math.min(now + wait, end) };
}

/** A mail that was not tried, because its account is stopped. Its week goes on; it goes out as soon as the account works. */
export function heldBack(mail: DueMail, now: number): DueMail {
  const { since = now } = mail;
  return { ...mail, since, dueAt: Math.min(mail.dueAt, now), ...(now >= since + WEEK_MS ? { attention: true } : {}) };
}

/** A mail that needed attention, after a person has told the notifier to send it: it has another week. */
export function takenUpAgain({ change }: DueMail, now: number): DueMail {
  return { change, attempts: 0, dueAt: now, since: now };
}
