/**
 * Devices that stand blocked by our entry, and are decided `block` again for another cause: news, as a new block is.
 * In: devices that were decided about. Out: what is told of them. Changes: what is owed, and the causes as they were told.
 */
import { causeOf, judgeCause } from '../../access/changed-cause.ts';
import type { GuardProblem } from '../../access/guard-plan.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { OwnedEntry, StoreParts, ToldCause } from '../../store/store.ts';
import type { Judged } from './decider.ts';
import type { ToldNews } from './device-news.ts';
import { oweCause } from './owed-news.ts';
import { standingBlock } from './standing-block.ts';
import type { SwitchParts } from './switch-parts.ts';

/** News of one sync: they are told in one transaction. */
const TOGETHER = 2_000;

/** A cause that is another than the one last told. */
interface ChangedCause {
  readonly entry: Pick<OwnedEntry, 'mailboxId' | 'easId' | 'episode' | 'writtenAt'>;
  readonly cause: ToldCause;
  /** What is told; null: nothing. */
  readonly news: Pick<Judged, 'device' | 'decision'> | null;
  /** Only if its user had no mail of this kind. */
  readonly ifUnmailed: boolean;
}

/*
 *   the sync                                             changed causes
 *   has an Exchange or MDM reading that is in doubt      wait: they are decided about again with the next sync
 *   has more news than are told in one transaction       the rest waits as well
 *   otherwise                                            are kept, and told, in the transaction that makes the plan valid
 */

/** The changed causes of one sync. */
export class ChangedCauses {
  readonly #changed: ChangedCause[] = [];
  /** GUIDs of mailboxes whose news are too many for this sync. */
  readonly #later: string[] = [];
  #news = 0;

  /** Looks through devices that were decided about. */
  page(judged: readonly Judged[]): void {
    for (const one of judged) {
      const entry = standingBlock(one.device, one.entries);
      if (entry !== null && one.decision.action === 'block') this.#look(one, entry);
    }
  }

  #look({ device, decision }: Judged, entry: OwnedEntry): void {
    const verdict = judgeCause(entry.told ?? null, device, decision);
    if (verdict === 'same') return;
    const isNews = verdict !== 'keep';
    if (isNews && this.#news >= TOGETHER) {
      this.#later.push(entry.mailboxId);
      return;
    }
    if (isNews) this.#news += 1;
    const { mailboxId, easId, episode, writtenAt } = entry;
    this.#changed.push({
      entry: { mailboxId, easId, episode, writtenAt },
      cause: causeOf(device, decision),
      news: isNews ? { device, decision } : null,
      ifUnmailed: verdict === 'tell-unmailed',
    });
  }

  /**
   * Keeps the causes and puts down what the flow is owed, within the transaction that makes the plan valid.
   * @returns what is told
   */
  async settle(
    store: StoreParts,
    parts: Pick<SwitchParts, 'exchange' | 'flow' | 'now' | 'ids'>,
    problems: readonly GuardProblem[],
  ): Promise<ToldNews[]> {
    const { organization } = parts.exchange;
    const isInDoubt = problems.some(({ about }) => about !== 'directory');
    const later = isInDoubt ? [...this.#later, ...this.#changed.map(({ entry }) => entry.mailboxId)] : this.#later;
    if (later.length > 0) await store.touched.again(organization, [...new Set(later)], 'now');
    if (isInDoubt) return [];
    const told: ToldNews[] = [];
    for (const one of this.#changed) {
      if (one.news === null || (one.ifUnmailed && (await wasMailed(store, one, one.news.device)))) continue;
      told.push(await oweCause(store, parts, one.news, one.entry.episode));
    }
    await store.entries.tell(
      organization,
      this.#changed.map(({ entry: { mailboxId, easId }, cause }) => ({ mailboxId, easId, cause })),
    );
    return told;
  }
}

async function wasMailed(
  { mails }: Pick<StoreParts, 'mails'>,
  { entry, cause }: ChangedCause,
  { key }: DeviceRecord,
): Promise<boolean> {
  const ofKind = await mails.ofDevice(key, cause.kind ?? '');
  return ofKind.some(
    ({ state, episode, createdAt }) =>
      state !== 'given-up' && (episode === entry.episode || createdAt >= entry.writtenAt),
  );
}
