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
  readonly action: 'allow' | 'block' | 'release';
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

/** The changes grouped by action, reason and rule; blocks first, the largest group first. */
export function groupChanges(changes: readonly PlannedChange[], held: readonly PlannedChange[]): ChangeGroup[] {
  const waiting = new Set(held.map(({ key }) => key));
  const groups = new Map<string, PlannedChange[]>();
  for (const change of changes) {
    const name = JSON.stringify([change.action, change.decision.reason.code, change.decision.rule]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [change]);
    else group.push(change);
  }
  const order = { block: 0, release: 1, allow: 2 };
  return [...groups.values()]
    .map((group) => groupOf(group, waiting))
    .sort((a, b) => order[a.action] - order[b.action] || b.count - a.count || a.reason.localeCompare(b.reason))
    .slice(0, MAX_GROUPS);
}

function groupOf(changes: readonly PlannedChange[], waiting: ReadonlySet<string>): ChangeGroup {
  const first = changes[0]!;
  return {
    action: first.action,
    reason: first.decision.reason.code,
    text: first.decision.reason.text,
    rule: first.decision.rule,
    count: changes.length,
    held: changes.filter(({ key }) => waiting.has(key)).length,
    examples: changes.slice(0, EXAMPLES).map(exampleOf),
  };
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
