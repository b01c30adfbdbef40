/**
 * Asks Exchange when devices last tried to sync, where a decision hangs on it: one call a mailbox, a few at a time.
 * In: devices. Out: what Exchange told of them. Changes: what is kept of it, and with it what is touched.
 */
import { createHash } from 'node:crypto';
import type { ToldAttempt } from '../../access/idle.ts';
import { asConnectorError } from '../../errors.ts';
import { easRecordKey } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import type { AttemptRow, KeptAttempt } from '../../store/store.ts';
import type { LastAttempt } from '../ports.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

/** Mailboxes that one sync asks for at least, if there are so many. */
const MAILBOXES = 500;

/** Mailboxes whose answers a sync remembers: devices come by the mailbox, and a first sync may ask for each of a million. */
const REMEMBERED = 1_000;

/** Calls under way at once; the Exchange connection has its own limit on shells. */
const SIDE_BY_SIDE = 4;

/** Mailboxes that Exchange may fail for by themselves, until more of them have failed than were answered for. */
const FAILING = 5;

/** So long one sync asks; what it has not asked for by then is asked for later. */
const LONGEST_MS = 5 * 60_000;

/** What asking needs. */
export interface AskingParts extends Pick<SwitchParts, 'store' | 'now' | 'signal'> {
  readonly exchange: Pick<SwitchParts['exchange'], 'organization' | 'lastAttempts'>;
}

/** A device that Exchange is asked for. */
export interface AskedDevice {
  readonly key: string;
  readonly mailboxId: string;
  /** See {@link seenOf}. */
  readonly seen: string;
  /** One of several accounts of a model: whose phone it is hangs on when it was asked for, too. */
  readonly isOneOfSeveral?: boolean;
  /** Its mailbox has no other device, as far as it was read: no other one hangs on what Exchange tells of it. */
  readonly isAlone?: boolean;
}

/** Why not all were asked for. */
export interface AttemptsProblem {
  readonly code: 'ERR_ATTEMPTS_UNKNOWN';
  readonly text: string;
}

/** Tells a record from others of the same device, but for what we ourselves write and what leaves no trace. */
export function seenOf({ firstSyncAt, device, access, partnerships }: EasRecord): string {
  const content = JSON.stringify([firstSyncAt, device, access.state, access.reason, partnerships ?? null]);
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/*
 *   a mailbox                                           then
 *   was asked for in this sync, one of the last ones    what it told is known: no second call
 *   is asked for                                        what it tells is kept, of each device that was meant; no attempt for
 *                                                       one that it does not name, if none was known before
 *   would be asked for, and so many were already        left to a later sync, when its turn comes
 *   is one that the cmdlet itself fails for             left until the next full reading: its database may be down
 *   would be asked for, and a call has failed before    left until the next full reading: the account may lack the right, the
 *   otherwise, or for most of several mailboxes         server may be busy
 *   is refused, as the account does lack the right      kept of each device that is one of several, so that whose phone it is
 *                                                       is decided without
 *
 * What was told is to be decided by, as whose phone another one is may hang on it:
 *
 *   the mailbox                                                          is decided about
 *   has one device by the reading, and no other by the answer, and the   by this sync; again only if it does not come to its end
 *   sync that asks writes what it decides
 *   any other                                                            by the next one
 */

/** The calls of one sync. */
export class AttemptAsker {
  readonly #parts: AskingParts;
  readonly #run: string | null;
  readonly #limit: number;
  readonly #told = new Map<string, { readonly at: string; readonly attempts: ReadonlyMap<string, string | null> }>();
  /** Mailboxes that were answered for, remembered or not. */
  #answered = 0;
  readonly #left = new Set<string>();
  readonly #failed = new Set<string>();
  #signal: AbortSignal | null = null;
  /** What Exchange said first where it did not tell. */
  #error: string | null = null;
  /** Mailboxes that the cmdlet itself failed for. */
  readonly #failing = new Set<string>();
  /** No further one is asked for. */
  #isOver = false;
  #isRefused = false;

  /**
   * @param run the run that is decided about with the answers; null: nothing of it is written
   * @param limit mailboxes that are asked for, if that is more than {@link MAILBOXES}
   */
  constructor(parts: AskingParts, run: string | null, limit: number) {
    this.#parts = parts;
    this.#run = run;
    this.#limit = Math.max(MAILBOXES, limit);
  }

  /**
   * Asks for these devices, as far as the limit goes. Rejects only when it is stopped.
   * @param known what is kept of them
   * @returns what Exchange told of them; not of those that it was not asked for, or did not answer for
   */
  async ask(
    devices: readonly AskedDevice[],
    known: ReadonlyMap<string, AttemptRow>,
  ): Promise<ReadonlyMap<string, ToldAttempt>> {
    await this.#callFor([...new Set(devices.map(({ mailboxId }) => mailboxId.toLowerCase()))]);
    const { store } = this.#parts;
    const { organization } = this.#parts.exchange;
    const told = new Map<string, ToldAttempt>();
    const rows: KeptAttempt[] = [];
    const same = new Map<string, AskedDevice[]>();
    const refused: AskedDevice[] = [];
    const decided = new Set<string>();
    for (const device of devices) {
      const mailbox = this.#told.get(device.mailboxId.toLowerCase());
      if (mailbox === undefined) {
        if (this.#isRefused && device.isOneOfSeveral === true) refused.push(device);
        continue;
      }
      const row = known.get(device.key);
      const before = row?.told ?? null;
      // A time that Exchange knew is not unlearned.
      const lastAttemptAt = mailbox.attempts.get(device.key) ?? before?.lastAttemptAt ?? null;
      told.set(device.key, { lastAttemptAt, toldAt: mailbox.at });
      // Of what is blocked already only another attempt decides anything.
      const isSame = row?.isQuiet === true && before?.lastAttemptAt === lastAttemptAt;
      if (isSame && device.isOneOfSeveral !== true) {
        same.set(mailbox.at, [...(same.get(mailbox.at) ?? []), device]);
      } else {
        const { key, mailboxId, seen } = device;
        rows.push({ key, mailboxId, seen, organization, lastAttemptAt, toldAt: mailbox.at });
        if (device.isAlone === true && [...mailbox.attempts.keys()].every((one) => one === key)) decided.add(key);
      }
    }
    if (rows.length > 0)
      await store.attempts.put(rows, this.#run === null ? undefined : { run: this.#run, keys: decided });
    for (const [at, some] of same) await store.attempts.same(some, at);
    if (refused.length > 0)
      await store.attempts.refused(
        refused.map(({ key, mailboxId, seen }) => ({ key, mailboxId, seen, organization })),
        timeOf(this.#parts.now),
      );
    this.#forgetOldest();
    return told;
  }

  /** Mailboxes that are to be decided about again: `turn`, there were too many; `reading`, Exchange did not answer. */
  takeLeft(): { readonly turn: readonly string[]; readonly reading: readonly string[] } {
    const left = { turn: [...this.#left], reading: [...this.#failed] };
    this.#left.clear();
    this.#failed.clear();
    return left;
  }

  /** Null: Exchange has answered, or was not asked. */
  get problem(): AttemptsProblem | null {
    if (this.#error === null) return null;
    const say = sayIn(REPORT_SAYINGS_EN);
    const text = this.#isOver
      ? say('attempts-unknown', { said: this.#error })
      : say('attempts-unknown.some', { count: this.#failing.size, said: this.#error });
    return { code: 'ERR_ATTEMPTS_UNKNOWN', text };
  }

  #forgetOldest(): void {
    for (const id of this.#told.keys()) {
      if (this.#told.size <= REMEMBERED) return;
      this.#told.delete(id);
    }
  }

  async #callFor(mailboxIds: readonly string[]): Promise<void> {
    const queue: string[] = [];
    for (const id of mailboxIds) {
      if (this.#told.has(id)) continue;
      if (this.#isOver || this.#failing.has(id)) this.#failed.add(id);
      else if (this.#answered + queue.length >= this.#limit) this.#left.add(id);
      else queue.push(id);
    }
    if (queue.length === 0) return;
    const worker = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        if (this.#isOver) this.#failed.add(id);
        else await this.#call(id);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
    this.#parts.signal.throwIfAborted();
  }

  async #call(mailboxId: string): Promise<void> {
    const { exchange, now, signal } = this.#parts;
    this.#signal ??= AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    // What is done while Exchange answers may be missing in the answer.
    const at = timeOf(now);
    try {
      const answer = await exchange.lastAttempts(mailboxId, { signal: this.#signal });
      this.#told.set(mailboxId, { at, attempts: byKey(exchange.organization, mailboxId, answer) });
      this.#answered += 1;
    } catch (error) {
      this.#failed.add(mailboxId);
      const { code, message } = asConnectorError(error);
      this.#error ??= message;
      this.#isRefused ||= code === 'ERR_EXCHANGE_CMDLET_UNKNOWN';
      if (code === 'ERR_EXCHANGE_CMDLET') this.#failing.add(mailboxId);
      else this.#isOver = true;
      if (this.#failing.size > FAILING && this.#failing.size > this.#answered) this.#isOver = true;
    }
  }
}

function byKey(organization: string, mailboxId: string, answer: readonly LastAttempt[]): Map<string, string | null> {
  return new Map(answer.map(({ easId, at }) => [easRecordKey(organization, mailboxId, easId), at]));
}
