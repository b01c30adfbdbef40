/**
 * Devices that a report names though nothing is changed about them: blocked without a mail, and blocked still though a rule
 * leaves them. In: devices that were decided about. Out: parts of the report. Changes: nothing.
 */
import { noMailOf } from '../../model/no-mail.ts';
import type { NoMail } from '../../model/no-mail.ts';
import type { Judged } from './decider.ts';
import { standingBlock } from './standing-block.ts';

/** Devices that a report names. */
const NAMED = 20;

/** Blocks that no mail is about, of the devices that a sync was about. */
export interface WithoutMailReport {
  readonly count: number;
  /** How many for each reason: `shared`, `room`, `equipment`, `system`, `test`, `wipe`, `retire`. */
  readonly byWhy: Readonly<Partial<Record<NoMail, number>>>;
  /** Some of the mailboxes. */
  readonly examples: readonly { readonly mailbox: string; readonly easId: string; readonly why: NoMail }[];
  readonly text: string;
}

/** Devices that an entry of ours blocks, and that a rule leaves, of those that a sync was about. */
export interface LeftBlockedReport {
  readonly count: number;
  readonly byRule: Readonly<Record<string, number>>;
  readonly examples: readonly { readonly mailbox: string; readonly easId: string; readonly rule: string }[];
  readonly text: string;
}

/** What of a sync's devices its report names. */
export class NotedDevices {
  readonly #why = new Map<NoMail, number>();
  readonly #withoutMail: WithoutMailReport['examples'][number][] = [];
  readonly #rules = new Map<string, number>();
  readonly #left: LeftBlockedReport['examples'][number][] = [];

  /** Looks through devices that were decided about. */
  page(judged: readonly Judged[]): void {
    for (const one of judged) {
      if (one.decision.action === 'block') this.#blocked(one);
      if (one.decision.action === 'leave' && standingBlock(one.device, one.entries) !== null) this.#leftBlocked(one);
    }
  }

  #blocked({ device }: Judged): void {
    const why = noMailOf(device);
    if (why === null) return;
    this.#why.set(why, (this.#why.get(why) ?? 0) + 1);
    if (this.#withoutMail.length < NAMED) this.#withoutMail.push({ ...nameOf(device), why });
  }

  #leftBlocked({ device, decision: { rule } }: Judged): void {
    this.#rules.set(rule, (this.#rules.get(rule) ?? 0) + 1);
    if (this.#left.length < NAMED) this.#left.push({ ...nameOf(device), rule });
  }

  /** Null: there is none. */
  get withoutMail(): WithoutMailReport | null {
    if (this.#why.size === 0) return null;
    const text =
      'Nobody is mailed about these: shared, room, equipment, system and test mailboxes, and devices that the MDM was told to wipe or to retire.';
    return { count: sumOf(this.#why), byWhy: Object.fromEntries(this.#why), examples: this.#withoutMail, text };
  }

  /** Null: there is none. */
  get leftBlocked(): LeftBlockedReport | null {
    if (this.#rules.size === 0) return null;
    const text =
      'A rule leaves these devices, and an entry of ours goes on blocking them. A rule with the action "release" takes it off, or "undo" all of ours.';
    return { count: sumOf(this.#rules), byRule: Object.fromEntries(this.#rules), examples: this.#left, text };
  }
}

function nameOf({ key, eas }: Judged['device']): { mailbox: string; easId: string } {
  return { mailbox: eas?.mailbox.address ?? eas?.mailbox.upn ?? key, easId: eas?.easId ?? '' };
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
