/**
 * A plan with all its changes in memory, guarded and braked change by change: what the plan that is only counted, and staged
 * as rows, has to come to as well.
 */
import { approvalOf } from '../../src/access/approvals.ts';
import { brakeLimit } from '../../src/access/brake.ts';
import type { BrakeLimits, HoldReason } from '../../src/access/brake.ts';
import type { GuardProblem } from '../../src/access/guard-plan.ts';
import { MDM_AWAY } from '../../src/access/mdm-away.ts';
import type { PlannedChange } from '../../src/access/plan.ts';

export interface PlanInMemory {
  /** Those that open first, then by key. */
  readonly goes: readonly PlannedChange[];
  readonly held: readonly PlannedChange[];
  readonly reason: HoldReason | null;
}

const mayShutOut = ({ action, lowers }: PlannedChange): boolean => action === 'block' || action === 'remove' || lowers;

const byTurn = (a: PlannedChange, b: PlannedChange): number =>
  Number(mayShutOut(a)) - Number(mayShutOut(b)) || (a.key < b.key ? -1 : 1);

/** @param waiting the approved changes that are not written yet */
export function planInMemory(
  changes: readonly PlannedChange[],
  waiting: readonly PlannedChange[],
  problems: readonly GuardProblem[],
  limits: BrakeLimits,
): PlanInMemory {
  const known = new Map(waiting.map((change) => [change.key, change]));
  const [approved, others]: [PlannedChange[], PlannedChange[]] = [[], []];
  for (const change of changes) {
    const approval = approvalOf(change, known.get(change.key) ?? null);
    const passes = approval !== null && problems.every(({ code }) => code === approval.reason);
    // It stays with the change as long as that is not written, needed or not.
    const marked = approval === null ? change : { ...change, approvedBy: approval.by, approval };
    (passes ? approved : others).push(marked);
  }
  const isAwayOnly = problems.every(({ code }) => code === 'ERR_SNAPSHOT_STALE');
  const passes = (change: PlannedChange): boolean =>
    problems.length === 0 ||
    !mayShutOut(change) ||
    (isAwayOnly && change.action !== 'remove' && change.decision.reason.code === MDM_AWAY);
  const through = others.filter(passes);
  const withheld = others.filter((change) => !passes(change)).sort(byTurn);
  const texts = brakedTexts(
    through.filter(({ lowers, action }) => lowers || action === 'remove'),
    limits,
  );
  for (const [kind, text] of zeroTexts(through.filter(mayShutOut).map(kindOf), texts, limits)) texts.set(kind, text);
  const isOver = (change: PlannedChange): boolean => mayShutOut(change) && texts.has(kindOf(change));
  const goes = [...approved, ...through.filter((change) => !isOver(change))].sort(byTurn);
  const [problem] = problems;
  if (withheld.length > 0 && problem !== undefined)
    return { goes, held: withheld, reason: { ...problem, text: problems.map(({ text }) => text).join(' ') } };
  if (texts.size === 0) return { goes, held: [], reason: null };
  const held = through.filter(isOver).sort(byTurn);
  return { goes, held, reason: { code: 'ERR_BRAKE', text: [...new Set(texts.values())].join(' ') } };
}

function kindOf({ action, device, isNew }: PlannedChange): string {
  const { code } = device.reason;
  if (action === 'remove') return 'removal';
  if (action === 'block' && (code === 'idle' || code === 'superseded')) return code;
  return isNew === true ? 'new' : 'known';
}

/** Why the kinds are held that are. */
function brakedTexts(lowering: readonly PlannedChange[], limits: BrakeLimits): Map<string, string> {
  const texts = new Map<string, string>();
  const limit = brakeLimit(limits, limits.mailboxes);
  for (const kind of ['known', 'new']) {
    const many = new Set(lowering.filter((one) => kindOf(one) === kind).map(({ mailboxId }) => mailboxId)).size;
    const whose = kind === 'new' ? ' for devices first seen within a day' : '';
    const text = `${many} mailbox${many === 1 ? '' : 'es'} would lose access${whose}; the brake allows ${limit} of ${limits.mailboxes}.`;
    if (many > limit) texts.set(kind, text);
  }
  const idle = lowering.filter((one) => kindOf(one) === 'idle').length;
  const ofDevices = brakeLimit(limits, limits.devices);
  if (idle > ofDevices)
    texts.set('idle', `${idle} devices would be blocked as idle; the brake allows ${ofDevices} of ${limits.devices}.`);
  const removals = lowering.filter((one) => kindOf(one) === 'removal').length;
  if (removals > ofDevices) {
    const text = `${removals} partnerships would be removed; the brake allows ${ofDevices} of ${limits.devices}.`;
    texts.set('removal', text);
  }
  return texts;
}

/** Why the other kinds are held where the brake is 0, which asks about everything. */
function zeroTexts(
  kinds: readonly string[],
  told: ReadonlyMap<string, string>,
  { brakePercent, brakeCount }: BrakeLimits,
): [string, string][] {
  if (brakePercent > 0 || brakeCount > 0) return [];
  const countOf = (kind: string): number => kinds.filter((one) => one === kind).length;
  const untold = ['known', 'new', 'idle', 'superseded'].filter((kind) => !told.has(kind) && countOf(kind) > 0);
  const already = untold.filter((kind) => kind !== 'superseded').reduce((sum, kind) => sum + countOf(kind), 0);
  return untold.map((kind) => [
    kind,
    kind === 'superseded'
      ? `Accounts that a newer one of the same phone has replaced would be blocked: ${countOf(kind)}; the brake is 0.`
      : `Devices that Exchange keeps out by itself would be blocked: ${already}; the brake is 0.`,
  ]);
}
