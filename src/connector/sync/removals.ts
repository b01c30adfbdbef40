/**
 * Partnerships that nobody uses any more: which of a sync's devices are planned for removal, and how one is removed.
 * In: judged devices; a planned removal. Out: planned changes; what became of one. Changes: Exchange, and the row of the
 * outbox right before.
 */
import { applyRemoval } from '../../access/apply-removal.ts';
import type { ApplyResult } from '../../access/apply.ts';
import { isByHand, planRemoval } from '../../access/remove.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { isConnectorError } from '../../errors.ts';
import { foldEasId } from '../../model/keys.ts';
import type { Judged } from './decider.ts';
import { seenOf } from './last-attempts.ts';
import { asJson } from './stored-changes.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Partnerships of one sync; the others are for the next one. */
const REMOVALS = 200;

/** The removals of one sync: those that wait already, then those that nobody has used for longest. */
export class Removals {
  readonly #removeIdleDays: number;
  #waiting: PlannedChange[] = [];
  #others: PlannedChange[] = [];

  constructor({ removeIdleDays }: Pick<SwitchParts['settings'], 'removeIdleDays'>) {
    this.#removeIdleDays = removeIdleDays;
  }

  /**
   * Takes a device for which nothing else is planned.
   * @param waiting what waits for it in the outbox; null: nothing
   * @param at ISO 8601 UTC
   */
  offer(judged: Judged, waiting: PlannedChange | null, at: string): PlannedChange | null {
    if (this.#removeIdleDays <= 0) return null;
    if (waiting !== null && (waiting.action !== 'remove' || isByHand(waiting))) return null;
    return planRemoval(judged, { removeIdleDays: this.#removeIdleDays, at });
  }

  /** Keeps a removal, if it is among those of this sync. */
  add(change: PlannedChange, isWaiting: boolean): void {
    if (isWaiting) this.#waiting.push(change);
    else this.#others.push(change);
    if (this.#others.length >= 2 * REMOVALS) this.#others = this.#longestUnused();
  }

  /** What is planned of them. */
  get planned(): readonly PlannedChange[] {
    return [...this.#waiting, ...this.#longestUnused()].slice(0, REMOVALS);
  }

  #longestUnused(): PlannedChange[] {
    return this.#others.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)).slice(0, REMOVALS);
  }
}

function sortKey({ key, device }: PlannedChange): string {
  return `${device.eas?.lastSyncAt ?? ''} ${key}`;
}

type RemovingParts = Pick<SwitchParts, 'store' | 'exchange' | 'settings' | 'now' | 'signal'>;

/** Removes partnerships, one after the other, until it is known that the account may not. */
export class PartnershipRemoval {
  readonly #parts: RemovingParts;
  #refused: string | null = null;

  constructor(parts: RemovingParts) {
    this.#parts = parts;
  }

  /** @param at ISO 8601 UTC */
  async remove(change: PlannedChange, at: string): Promise<ApplyResult> {
    const { store, exchange, settings, now, signal } = this.#parts;
    if (this.#refused !== null) return { outcome: 'dropped', change, at, text: this.#refused };
    const { organization, mailboxId, easId } = change;
    const result = await applyRemoval(exchange, change, at, {
      now,
      signal,
      removeIdleDays: settings.removeIdleDays,
      entries: await store.entries.forDevice({ organization, mailboxId, easId }),
      isBound: await this.#isBound(change),
      intend: (asked) => this.#intend(asked),
    });
    // The account lacks the cmdlet: one try says so for all.
    if (isConnectorError(result.error, 'ERR_EXCHANGE_CMDLET_UNKNOWN')) this.#refused = result.text ?? '';
    return result;
  }

  async #isBound({ key, mailboxId, easId }: PlannedChange): Promise<boolean> {
    const { activations, pairings } = this.#parts.store;
    const ofMailbox = await activations.forMailbox(mailboxId);
    if (ofMailbox.some((one) => foldEasId(one.easId) === foldEasId(easId))) return true;
    return (await pairings.list()).some(({ easKey }) => easKey === key);
  }

  async #intend(asked: PlannedChange): Promise<void> {
    const { outbox } = this.#parts.store;
    const [row] = await outbox.getMany([asked.key]);
    if (row !== undefined) await outbox.put({ ...row, change: asJson(asked) });
  }
}

/** Keeps what Exchange told before a removal that was not made for it: the user may have to hear of the block. */
export async function keepTold(
  { attempts }: Pick<SwitchParts['store'], 'attempts'>,
  { change, attempt }: ApplyResult,
): Promise<void> {
  const { key, organization, mailboxId, device } = change;
  if (attempt === undefined || device.eas === undefined) return;
  await attempts.put([{ key, organization, mailboxId, seen: seenOf(device.eas), ...attempt }]);
}
