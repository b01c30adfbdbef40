/** What a plan would change, grouped by reason: the table of a dry run. Pure. */
import type { PlannedChange } from './plan.ts';

/** Devices shown of one group, and groups shown: a report stays small however many devices there are. */
const EXAMPLES = 5;
const MAX_GROUPS = 100;

/** One device of a group. */
export interface ChangeExample {
  readonly mailbox: string;
  readonly easId: string;
  /** Model or type, as the phone names itself. */
  readonly device: string | null;
  readonly from: string;
  readonly to: string;
}

/** Changes of one kind for one reason. */
export interface ChangeGroup {
  readonly action: PlannedChange['action'];
  /** Reason code. */
  readonly reason: string;
  /** The reason in words, of the first device. */
  readonly text: string;
  readonly rule: string;
  readonly count: number;
  /** How many of them wait for a person. */
  readonly held: number;
  readonly examples: readonly ChangeExample[];
}

/** A group as it is counted: its first devices by key, and their reason in words. */
interface Counted extends Pick<ChangeGroup, 'action' | 'reason' | 'rule'> {
  count: number;
  readonly first: { readonly key: string; readonly text: string; readonly example: ChangeExample }[];
}

/** Changes counted by action, reason and rule, one after the other, in any order. */
export class CountedGroups {
  readonly #groups = new Map<string, Counted>();

  add(change: PlannedChange): void {
    const { key, action, decision } = change;
    const { reason, rule } = decision;
    const group = this.#group({ action, reason: reason.code, rule });
    group.count += 1;
    const last = group.first.at(-1);
    if (group.first.length === EXAMPLES && last !== undefined && key > last.key) return;
    insert(group, { key, text: reason.text, example: exampleOf(change) });
  }

  /** Takes over what another has counted. */
  addAll(others: CountedGroups): void {
    for (const other of others.#groups.values()) {
      const group = this.#group(other);
      group.count += other.count;
      for (const one of other.first) insert(group, one);
    }
  }

  /** How many changes a group has. */
  countOf(group: Pick<ChangeGroup, 'action' | 'reason' | 'rule'>): number {
    return this.#groups.get(nameOf(group))?.count ?? 0;
  }

  /** Blocks first, the largest group first. @param held those of the changes that wait for a person */
  list(held: CountedGroups): ChangeGroup[] {
    const groups = [...this.#groups.values()].map(({ action, reason, rule, count, first }) => ({
      action,
      reason,
      text: first[0]?.text ?? '',
      rule,
      count,
      held: held.countOf({ action, reason, rule }),
      examples: first.map(({ example }) => example),
    }));
    return inOrder(groups);
  }

  #group({ action, reason, rule }: Pick<ChangeGroup, 'action' | 'reason' | 'rule'>): Counted {
    const name = nameOf({ action, reason, rule });
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const made: Counted = { action, reason, rule, count: 0, first: [] };
    this.#groups.set(name, made);
    return made;
  }
}

const ORDER = { block: 0, remove: 1, release: 2, allow: 3 };

function inOrder(groups: readonly ChangeGroup[]): ChangeGroup[] {
  return [...groups]
    .sort(
      (a, b) =>
        ORDER[a.action] - ORDER[b.action] ||
        b.count - a.count ||
        a.reason.localeCompare(b.reason) ||
        a.rule.localeCompare(b.rule),
    )
    .slice(0, MAX_GROUPS);
}

/** Two lists of groups as one. */
export function sumOfGroups(a: readonly ChangeGroup[], b: readonly ChangeGroup[]): ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>();
  for (const group of [...a, ...b]) {
    const known = groups.get(nameOf(group));
    const sum = (known: ChangeGroup): ChangeGroup => ({
      ...known,
      count: known.count + group.count,
      held: known.held + group.held,
      examples: [...known.examples, ...group.examples].slice(0, EXAMPLES),
    });
    groups.set(nameOf(group), known === undefined ? group : sum(known));
  }
  return inOrder([...groups.values()]);
}

function nameOf({ action, reason, rule }: Pick<ChangeGroup, 'action' | 'reason' | 'rule'>): string {
  return `${action}\n${reason}\n${rule}`;
}

function insert({ first }: Counted, one: Counted['first'][number]): void {
  const at = first.findIndex(({ key }) => one.key < key);
  first.splice(at < 0 ? first.length : at, 0, one);
  first.length = Math.min(first.length, EXAMPLES);
}

function exampleOf({ device, mailboxId, easId, from, to }: PlannedChange): ChangeExample {
  const { mailbox, device: phone } = device.eas ?? { mailbox: null, device: null };
  return {
    mailbox: mailbox?.address ?? mailbox?.upn ?? mailboxId,
    easId,
    device: phone?.model ?? phone?.type ?? null,
    from,
    to,
  };
}
