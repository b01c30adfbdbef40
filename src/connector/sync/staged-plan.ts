/**
 * The plan of one sync while its pages come: a few changes stay in memory, more become rows (ADR 0030).
 * In: changes, in any order. Out: their numbers; in the end the changes themselves, page by page. Changes: the rows, which
 * are nobody's until the plan is valid.
 */
import type { PlanVerdict, Verdict } from '../../access/brake.ts';
import { countMailboxes } from '../../access/mailbox-counts.ts';
import type { MailboxCounts } from '../../access/mailbox-counts.ts';
import { PlanTally, classOf } from '../../access/plan-tally.ts';
import type { ChangeClass } from '../../access/plan-tally.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { foldAddress } from '../../model/keys.ts';
import type { HeldChange, PlanClasses, StagedPlan as Head } from '../../store/store.ts';
import { asJson, mailboxesOf, stagedChangeOf } from './stored-changes.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Changes that stay in memory; some megabytes, and all that most syncs ever have. */
export const IN_MEMORY = 2_000;

/** Changes of one transaction, and of one page. */
const PAGE = 500;

/** A sync whose process ended: nothing was heard of its plan for so long. */
const LOST_AFTER_MS = 3_600_000;

type StagingParts = Pick<SwitchParts, 'store' | 'now'>;

/** Lets go of what a sync that was cut off has staged. @param organization whose sync begins; null: it only simulates */
export async function clearCutOff({ store, now }: StagingParts, organization: string | null): Promise<void> {
  await store.plans.clear({ organization, before: new Date(now() - LOST_AFTER_MS).toISOString() });
}

/** Takes a plan's changes one after the other. */
export class StagedPlan {
  readonly tally = new PlanTally();
  readonly head: Head;
  readonly #parts: StagingParts;
  readonly #inMemory: number;
  readonly #changes = new Map<string, PlannedChange>();
  #isStaged = false;
  #areRows = false;

  /** @param inMemory how many changes may stay in memory */
  constructor(parts: StagingParts, head: Head, inMemory: number = IN_MEMORY) {
    this.#parts = parts;
    this.head = head;
    this.#inMemory = inMemory;
  }

  /** True once its changes are rows. */
  get areRows(): boolean {
    return this.#areRows;
  }

  /** Takes a change; a device that it has one of keeps that one. */
  add(change: PlannedChange): void {
    if (this.#changes.has(change.key)) return;
    this.#changes.set(change.key, change);
    if (!this.#areRows) this.tally.add(change);
  }

  /** After some were taken: makes rows of them if they are many. @param isEnd no more will come */
  async keep(isEnd: boolean = false): Promise<void> {
    if (this.#areRows) {
      if (this.#changes.size >= PAGE || isEnd) for (const change of await this.#makeRows()) this.tally.add(change);
      return;
    }
    if (this.#changes.size <= this.#inMemory) return;
    await this.#stage();
    // They are counted already.
    await this.#makeRows();
    this.#areRows = true;
  }

  /** Makes rows of those that wait for a person, if they are none yet. The plan itself has a row from then on. */
  async keepHeld(verdict: PlanVerdict): Promise<void> {
    if (this.#areRows) return;
    await this.#stage();
    const held = [...this.#changes.values()].filter((change) => verdict.of(classOf(change)) === 'held');
    await this.#put(held);
  }

  /** Changes of one verdict, what opens first, then by key. */
  async *pages(verdict: PlanVerdict, which: Verdict): AsyncGenerator<PlannedChange[]> {
    if (!this.#areRows) {
      const all = [...this.#changes.values()].filter((change) => verdict.of(classOf(change)) === which).sort(byTurn);
      for (let start = 0; start < all.length; start += PAGE) yield all.slice(start, start + PAGE);
      return;
    }
    for (const opens of [true, false]) {
      const classes = this.tally.classes.filter((one) => verdict.of(one) === which && (one.part === 'opens') === opens);
      for (let after = ''; ;) {
        const rows = await this.#parts.store.plans.staged(this.head.id, {
          classes: classes.map(({ name }) => name),
          after,
          limit: PAGE,
        });
        if (rows.length === 0) break;
        yield rows.map(stagedChangeOf);
        after = rows.at(-1)!.key;
      }
    }
  }

  /** Of how many mailboxes its changes are, once all have been taken. */
  async mailboxes(): Promise<MailboxCounts> {
    if (this.#areRows) return mailboxesOf(this.#parts.store, this.head.id);
    const changes = [...this.#changes.values()];
    return countMailboxes(changes.map((change) => ({ mailboxId: change.mailboxId, class: classOf(change).name })));
  }

  /** Those of the devices that it has a change for. */
  async find(keys: readonly string[]): Promise<PlannedChange[]> {
    if (!this.#areRows) return keys.flatMap((key) => this.#changes.get(key) ?? []);
    const rows = await this.#parts.store.plans.staged(this.head.id, { keys, limit: keys.length });
    return rows.map(stagedChangeOf);
  }

  /** The classes as its rows name them. @param others classes of changes that it goes on with */
  classesBy(verdict: PlanVerdict, others: readonly ChangeClass[] = []): PlanClasses {
    const names = (which: Verdict): string[] => [
      ...new Set([...this.tally.classes, ...others].filter((one) => verdict.of(one) === which).map(({ name }) => name)),
    ];
    return { held: names('held'), goes: names('goes') };
  }

  /** It is wanted no more. */
  async drop(): Promise<void> {
    if (!this.#isStaged) return;
    await this.#parts.store.plans.remove(this.head.id);
    await this.#parts.store.plans.clear();
  }

  async #stage(): Promise<void> {
    await this.#parts.store.together(({ plans }) => plans.stage(this.head));
    this.#isStaged = true;
  }

  async #makeRows(): Promise<PlannedChange[]> {
    const all = [...this.#changes.values()];
    this.#changes.clear();
    return this.#put(all);
  }

  /** @returns those that the rows had not */
  async #put(all: readonly PlannedChange[]): Promise<PlannedChange[]> {
    const { store, now } = this.#parts;
    const put = new Set<string>();
    for (let start = 0; start < all.length; start += PAGE) {
      const rows = all.slice(start, start + PAGE).map(rowOf);
      const keys = await store.together(({ plans }) => plans.put(this.head.id, rows, timeOf(now)));
      for (const key of keys) put.add(key);
    }
    return all.filter(({ key }) => put.has(key));
  }
}

function byTurn(a: PlannedChange, b: PlannedChange): number {
  const order = (change: PlannedChange): number => (classOf(change).part === 'opens' ? 0 : 1);
  return order(a) - order(b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function rowOf(change: PlannedChange): HeldChange {
  const { key, action, decision, mailboxId, device } = change;
  const owner = foldAddress(device.eas?.mailbox.address ?? '');
  const { name } = classOf(change);
  return { key, class: name, action, reason: decision.reason.code, mailboxId, owner, change: asJson(change) };
}
