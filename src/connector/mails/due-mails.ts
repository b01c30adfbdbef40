/**
 * Mails that are still to be sent: those that failed, and reminders. Kept in the store, so that a restart loses none.
 *
 * In: mails. Out: which of them are due, and when the next try is. Changes: rows of the store, one a mail.
 */
import { randomUUID } from 'node:crypto';
import type { DeviceChange } from '../../model/records.ts';
import type { Json, Store, StoreParts, WaitingMail, WaitingMailFilter, WaitingMails } from '../../store/store.ts';
import type { Clock } from '../ports.ts';

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

/** The waiting mails of one notifier, one a device. */
export class DueMails {
  readonly #mails: WaitingMails;
  readonly #notifier: string;

  /** @param notifier tells the mails of all notifiers of this store apart */
  constructor({ mails }: Pick<StoreParts, 'mails'>, notifier: string) {
    this.#mails = mails;
    this.#notifier = notifier;
  }

  /** The longest due first. */
  async list(): Promise<DueMail[]> {
    return (await this.#mails.list(this.#due())).map(toDueMail);
  }

  async get(deviceKey: string): Promise<DueMail | null> {
    const [mail] = await this.#mails.list({ ...this.#due(), deviceKeys: [deviceKey] });
    return mail === undefined ? null : toDueMail(mail);
  }

  /** Those whose time has come; what needs attention waits for a person. */
  async due(now: number): Promise<DueMail[]> {
    return (await this.#mails.list(this.#dueBy(now))).map(toDueMail);
  }

  async isAnyDue(now: number): Promise<boolean> {
    return (await this.#mails.count(this.#dueBy(now))) > 0;
  }

  /**
   * Mends times that were set while the clock was ahead: no mail that was tried waits longer than the longest pause.
   * @param now milliseconds since 1970
   */
  async mendTimes(now: number): Promise<void> {
    const filter = { ...this.#due(), attention: false, triedAndDueAfter: isoOf(now + LONGEST_WAIT_MS) };
    const mails = (await this.#mails.list(filter)).map(toDueMail);
    if (mails.length > 0)
      await this.put(...mails.map((mail) => ({ ...mail, dueAt: now, since: Math.min(mail.since ?? now, now) })));
  }

  /** Those that wait for a person. */
  async attention(): Promise<DueMail[]> {
    return (await this.#mails.list({ ...this.#due(), attention: true })).map(toDueMail);
  }

  attentionCount(): Promise<number> {
    return this.#mails.count({ ...this.#due(), attention: true });
  }

  /** Adds mails; each replaces the waiting one of the same device. */
  put(...mails: readonly DueMail[]): Promise<void> {
    return this.#mails.put(mails.map((mail) => toRow(mail, { ...this.#due(), heldBy: null })));
  }

  remove(deviceKey: string): Promise<void> {
    return this.#mails.remove({ ...this.#due(), deviceKey });
  }

  /** Of several instances of this notifier, one sends a mail. True if it is this one. */
  async claim(mail: DueMail, queue: MailQueue): Promise<boolean> {
    const row = toRow(mail, { ...this.#due(), heldBy: null });
    return this.#mails.claim(row, queue.id, (heldBy) => queue.isAlive(heldBy));
  }

  #due(): { readonly notifier: string; readonly part: 'due' } {
    return { notifier: this.#notifier, part: 'due' };
  }

  #dueBy(now: number): WaitingMailFilter {
    const due = { ...this.#due(), attention: false };
    return Number.isFinite(now) ? { ...due, dueBy: isoOf(now) } : due;
  }
}

/** A notifier's queue is known to live by a lease: what a dead one had, others take over. */
const QUEUE_MS = 10_000;

/** Who works on mails: one queue of one start of a notifier. */
export interface MailQueue {
  readonly id: string;
  isAlive(id: string): Promise<boolean>;
}

/**
 * Mails that arrived at a notifier and wait in its queue. They are kept in the store from the moment they arrive, because
 * a mail account may send only five mails a minute.
 */
export class ArrivedMails {
  readonly #notifier: string;
  readonly #now: Clock;
  readonly #process: string;
  /** Names this queue: what another one had, when its process ended or its node was deployed anew, nobody works on. */
  readonly id = randomUUID();
  /** Devices whose message is in this queue now. */
  readonly #queued = new Map<string, number>();
  /** Devices whose message had its turn, and that are not settled. */
  readonly #begun = new Set<string>();
  #fresh: DueMail[] = [];

  /**
   * @param notifier names it among the notifiers of a store
   * @param process as a lease names it
   */
  constructor(notifier: string, now: Clock, process: string) {
    this.#notifier = notifier;
    this.#now = now;
    this.#process = process;
    LIVING.add(this.id);
  }

  /** True while something is under way that nobody else may take over. */
  get isBusy(): boolean {
    return this.#queued.size + this.#begun.size + this.#fresh.length > 0;
  }

  /** Says that this queue lives. Every few seconds while it is busy, and before a mail is claimed. */
  async beat({ leases }: Pick<Store, 'leases'>): Promise<void> {
    const { id } = this;
    await leases.take(
      { name: queueName(id), holder: id, node: this.#notifier, process: this.#process },
      { validMs: QUEUE_MS },
    );
  }

  /** This queue ends: what is left in it may be taken over, in this process at once. */
  end(): void {
    LIVING.delete(this.id);
  }

  /** Tells other processes that it has ended. */
  async release({ leases }: Pick<Store, 'leases'>): Promise<void> {
    await leases.release({ name: queueName(this.id), holder: this.id });
  }

  /** This queue, to whom claims are made. */
  over(store: Pick<Store, 'leases'>): MailQueue {
    return { id: this.id, isAlive: async (id) => (await livingQueues(store, [id], this.#process)).has(id) };
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
    this.#begun.add(deviceKey);
    if (left > 0) this.#queued.set(deviceKey, left);
    else this.#queued.delete(deviceKey);
  }

  /** Takes a device off: its mail was sent, is not to be sent, or waits elsewhere. */
  async settle(store: Store, deviceKey: string): Promise<void> {
    await this.#write(store);
    if (!this.#queued.has(deviceKey)) await store.mails.remove({ ...this.#arrived(), deviceKey });
    this.#begun.delete(deviceKey);
  }

  /** Those that nobody works on: the node was closed, Node-RED ended, or the store failed, before they were settled. */
  async left(store: Store): Promise<DueMail[]> {
    await this.#write(store);
    const others = await store.mails.list({ ...this.#arrived(), notHeldBy: this.id });
    const living = await livingQueues(store, [...new Set(others.flatMap(({ heldBy }) => heldBy ?? []))], this.#process);
    const orphans = others.filter(({ heldBy }) => heldBy === null || !living.has(heldBy));
    const begun = [...this.#begun].filter((key) => !this.#queued.has(key));
    const unsettled = begun.length === 0 ? [] : await store.mails.list({ ...this.#arrived(), deviceKeys: begun });
    const left = new Map([...orphans, ...unsettled].map((mail) => [mail.deviceKey, mail]));
    return [...left.values()].filter(({ deviceKey }) => !this.#queued.has(deviceKey)).map(toDueMail);
  }

  /** Messages that arrive together share a write; what the store refuses stays for the next one. */
  async #write(store: Store): Promise<void> {
    const mails = this.#fresh.splice(0);
    if (mails.length === 0) return;
    try {
      await this.beat(store);
      await store.mails.put(mails.map((mail) => toRow(mail, { ...this.#arrived(), heldBy: this.id })));
    } catch (error) {
      this.#fresh.unshift(...mails);
      throw error;
    }
  }

  #arrived(): { readonly notifier: string; readonly part: 'arrived' } {
    return { notifier: this.#notifier, part: 'arrived' };
  }
}

function queueName(id: string): string {
  return `queue/${id}`;
}

/** Queues of this process that have not ended: of its own it knows better than any lease. */
const LIVING = new Set<string>();

/** @param own this process, as a lease names it */
async function livingQueues(
  { leases }: Pick<Store, 'leases'>,
  ids: readonly string[],
  own: string,
): Promise<Set<string>> {
  const held = await leases.held(ids.map(queueName), { validMs: QUEUE_MS });
  return new Set(
    held.filter(({ holder, process }) => process !== own || LIVING.has(holder)).map(({ holder }) => holder),
  );
}

function toRow(
  { change, dueAt, since, attempts, attention }: DueMail,
  where: Pick<WaitingMail, 'notifier' | 'part' | 'heldBy'>,
): WaitingMail {
  return {
    ...where,
    deviceKey: change.device.key,
    attention: attention === true,
    dueAt: isoOf(dueAt),
    since: since === undefined ? null : isoOf(since),
    attempts,
    change: change as unknown as Json,
  };
}

function toDueMail({ change, dueAt, since, attempts, attention }: WaitingMail): DueMail {
  return {
    change: change as unknown as DeviceChange,
    dueAt: Date.parse(dueAt),
    attempts,
    ...(since !== null && { since: Date.parse(since) }),
    ...(attention && { attention: true }),
  };
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
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
