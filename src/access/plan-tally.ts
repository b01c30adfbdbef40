/** What a plan comes to, counted change by change: guards, brake and report need numbers, not the changes. Pure. */
import { hash } from 'node:crypto';
import { CountedGroups, sumOfGroups } from './changes-by-reason.ts';
import type { ChangeGroup } from './changes-by-reason.ts';
import { isQuiet } from '../model/mail-kind.ts';
import type { AccessDecision } from './decide-access.ts';
import { platformOf } from './compile-rules.ts';
import { partOf } from './guard-plan.ts';
import type { ChangeTarget, PlanPart } from './guard-plan.ts';
import type { PlannedChange } from './plan.ts';

/**
 * What the brake counts apart: devices first seen within a day, so that neither they nor the others hold each other; and those
 * that nobody uses any more, whose block shuts nobody out; and partnerships that are removed.
 */
export type BrakeKind = 'known' | 'new' | 'idle' | 'superseded' | 'removal';

/** Changes of a plan that meet the same verdict, in numbers. */
export interface ChangeClass extends ChangeTarget {
  /** Names it, in the rows of a staged plan too. */
  readonly name: string;
  readonly part: PlanPart;
  readonly kind: BrakeKind;
  /** Code of the brake or guard that had held them and that a person has approved; null: nobody has. */
  readonly approvedFor: string | null;
  readonly count: number;
  /** How many of them may take access away: all of them, or none. */
  readonly lowering: number;
}

/** What a plan comes to, in numbers. */
export interface PlanCounts {
  /** Devices decided about. */
  readonly devices: number;
  /** Devices that stay as they are, whatever was decided. */
  readonly unchanged: number;
  /** Decisions, changed or not. */
  readonly byAction: Readonly<Record<string, number>>;
  readonly byRule: Readonly<Record<string, number>>;
  readonly byReason: Readonly<Record<string, number>>;
  /** Changes by the decision's reason code: what a dry run shows. */
  readonly changesByReason: Readonly<Record<string, number>>;
}

/** What is told and kept of changes beside the changes. */
export interface PlanSummary {
  readonly count: number;
  /** How many for each reason code. */
  readonly byReason: Readonly<Record<string, number>>;
  /** By action, reason and rule, with a few devices each. */
  readonly groups: readonly ChangeGroup[];
  /** What they ask for, in whatever order, told from what others ask for. */
  readonly digest: string;
  /** The same of each class. */
  readonly classes: readonly ClassSummary[];
}

/** What is told and kept of the changes of one class. */
export interface ClassSummary extends ChangeClass, Omit<PlanSummary, 'count' | 'classes'> {}

/** What names a class. */
export type ClassHead = Omit<ChangeClass, 'count' | 'lowering'>;

/*
 *   change    reason of the device   first seen                        kind
 *   remove    any                    any                               removal
 *   block     idle                   any                               idle
 *   block     superseded             any                               superseded
 *   other                            less than a day before it was     new
 *                                    decided so (isNew)
 *   other                            longer before                     known
 */

/** As what the brake counts a change. */
export function brakeKindOf({ action, device, isNew }: Pick<PlannedChange, 'action' | 'device' | 'isNew'>): BrakeKind {
  const { code } = device.reason;
  if (action === 'remove') return 'removal';
  if (action === 'block' && isQuiet(code)) return code === 'idle' ? 'idle' : 'superseded';
  return isNew === true ? 'new' : 'known';
}

/** The class of a change. */
export function classOf(change: PlannedChange): ClassHead {
  const unapproved = unapprovedClassOf(change);
  const approvedFor = change.approval?.reason ?? null;
  return approvedFor === null ? unapproved : { ...unapproved, name: `${unapproved.name} ${approvedFor}`, approvedFor };
}

/** What opens is one class, whatever it is about: nothing holds it. */
const OPENS: ClassHead = {
  name: 'opens',
  part: 'opens',
  kind: 'known',
  platform: 'other',
  source: null,
  approvedFor: null,
};

function unapprovedClassOf(change: PlannedChange): ClassHead {
  const { device, lowers } = change;
  const part = partOf(change);
  if (part === 'opens') return OPENS;
  const kind = brakeKindOf(change);
  const platform = platformOf(device);
  const source = device.mdm?.source ?? null;
  const unknownTo = source === null ? (change.unknownTo ?? []) : [];
  const name = [
    part,
    platform,
    ...(source === null ? [] : [JSON.stringify(source)]),
    ...(kind === 'known' ? [] : [kind]),
    ...(lowers ? [] : ['already']),
    ...(unknownTo.length === 0 ? [] : [`unknown to ${JSON.stringify(unknownTo)}`]),
  ].join(' ');
  const head = { name, part, kind, platform, source, approvedFor: null };
  return unknownTo.length === 0 ? head : { ...head, unknownTo };
}

/** A class while it is counted. */
class Counted {
  readonly head: ClassHead;
  count = 0;
  lowering = 0;
  digest = 0n;
  readonly byReason = new Map<string, number>();
  readonly groups = new CountedGroups();

  constructor(head: ClassHead) {
    this.head = head;
  }

  get inNumbers(): ChangeClass {
    return { ...this.head, count: this.count, lowering: this.lowering };
  }
}

/** Counts decisions and changes, in any order. What it keeps does not grow with them. */
export class PlanTally {
  #devices = 0;
  readonly #byAction = new Map<string, number>();
  readonly #byRule = new Map<string, number>();
  readonly #byReason = new Map<string, number>();
  readonly #classes = new Map<string, Counted>();

  /** Counts what was decided about a device. */
  decided({ action, rule, reason }: AccessDecision): void {
    this.#devices += 1;
    countUp(this.#byAction, action);
    countUp(this.#byRule, rule);
    countUp(this.#byReason, reason.code);
  }

  /** Counts a change: each once. */
  add(change: PlannedChange): void {
    const head = classOf(change);
    const counted = this.#classes.get(head.name) ?? new Counted(head);
    this.#classes.set(head.name, counted);
    counted.count += 1;
    if (change.lowers) counted.lowering += 1;
    countUp(counted.byReason, change.decision.reason.code);
    counted.groups.add(change);
    // What opens is never held: nobody compares it.
    if (head.part !== 'opens') counted.digest = sumOf(counted.digest, digestOf(change));
  }

  get classes(): readonly ChangeClass[] {
    return [...this.#classes.values()].map(({ inNumbers }) => inNumbers);
  }

  get counts(): PlanCounts {
    const all = this.summary(() => true);
    return {
      devices: this.#devices,
      unchanged: this.#devices - all.count,
      byAction: Object.fromEntries(this.#byAction),
      byRule: Object.fromEntries(this.#byRule),
      byReason: Object.fromEntries(this.#byReason),
      changesByReason: all.byReason,
    };
  }

  /** All changes grouped. @param isHeld the classes whose changes wait for a person */
  groups(isHeld: (one: ChangeClass) => boolean): ChangeGroup[] {
    return this.#grouped(() => true).list(this.#grouped(isHeld));
  }

  /** The changes of some classes, as if they were all that wait for a person. */
  summary(isAmong: (one: ChangeClass) => boolean): PlanSummary {
    const among = [...this.#classes.values()].filter(({ inNumbers }) => isAmong(inNumbers));
    const byReason: Record<string, number> = {};
    for (const { byReason: some } of among)
      for (const [reason, count] of some) byReason[reason] = (byReason[reason] ?? 0) + count;
    const groups = this.#grouped(isAmong);
    return {
      count: among.reduce((sum, { count }) => sum + count, 0),
      byReason,
      groups: groups.list(groups),
      digest: toText(among.reduce((sum, { digest }) => sumOf(sum, digest), 0n)),
      classes: among.map(summaryOfClass).sort(byName),
    };
  }

  /**
   * What is left of a summary once the tallied changes, which it counts too, are gone.
   * @param rest some of what is left, for examples
   */
  leftOf(whole: PlanSummary, rest: PlanTally): PlanSummary {
    const gone = this.summary(() => true);
    const grouped = this.#grouped(() => true);
    const left = Object.entries(whole.byReason).map(([code, of]) => [code, of - (gone.byReason[code] ?? 0)] as const);
    return {
      count: whole.count - gone.count,
      byReason: Object.fromEntries(left.filter(([, of]) => of > 0)),
      groups: leftOfGroups(
        whole.groups,
        grouped,
        rest.#grouped(() => true),
      ),
      digest: leftOfDigest(whole.digest, gone.digest),
      classes: whole.classes
        .map((one) => this.#leftOfClass(one, rest.#classes.get(one.name)))
        .filter(({ count }) => count > 0),
    };
  }

  #leftOfClass(whole: ClassSummary, rest: Counted | undefined): ClassSummary {
    const gone = this.#classes.get(whole.name);
    if (gone === undefined) return whole;
    const left = Object.entries(whole.byReason).map(
      ([code, of]) => [code, of - (gone.byReason.get(code) ?? 0)] as const,
    );
    return {
      ...whole,
      count: whole.count - gone.count,
      lowering: whole.lowering - gone.lowering,
      byReason: Object.fromEntries(left.filter(([, of]) => of > 0)),
      groups: leftOfGroups(whole.groups, gone.groups, rest?.groups ?? new CountedGroups()),
      digest: leftOfDigest(whole.digest, toText(gone.digest)),
    };
  }

  #grouped(isAmong: (one: ChangeClass) => boolean): CountedGroups {
    const groups = new CountedGroups();
    for (const one of this.#classes.values()) if (isAmong(one.inNumbers)) groups.addAll(one.groups);
    return groups;
  }
}

function summaryOfClass({ inNumbers, digest, byReason, groups }: Counted): ClassSummary {
  return {
    ...inNumbers,
    byReason: Object.fromEntries(byReason),
    groups: groups.list(groups),
    digest: toText(digest),
  };
}

function byName(a: Pick<ChangeClass, 'name'>, b: Pick<ChangeClass, 'name'>): number {
  return a.name < b.name ? -1 : 1;
}

/** What several lists of classes come to together. */
export function sumUp(...lists: readonly (readonly ClassSummary[])[]): PlanSummary {
  const classes = new Map<string, ClassSummary>();
  for (const one of lists.flat()) {
    const known = classes.get(one.name);
    classes.set(one.name, known === undefined ? one : sumOfClasses(known, one));
  }
  const all = [...classes.values()].sort(byName);
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    byReason: all.reduce<Record<string, number>>((sum, { byReason }) => sumOfCounts(sum, byReason), {}),
    groups: all.reduce<readonly ChangeGroup[]>((sum, { groups }) => sumOfGroups(sum, groups), []),
    digest: toText(all.reduce((sum, { digest }) => sumOf(sum, fromText(digest)), 0n)),
    classes: all,
  };
}

function sumOfClasses(a: ClassSummary, b: ClassSummary): ClassSummary {
  return {
    ...a,
    count: a.count + b.count,
    lowering: a.lowering + b.lowering,
    byReason: sumOfCounts(a.byReason, b.byReason),
    groups: sumOfGroups(a.groups, b.groups),
    digest: toText(sumOf(fromText(a.digest), fromText(b.digest))),
  };
}

function sumOfCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** What is left of groups. @param rest some of what is left, for examples */
function leftOfGroups(whole: readonly ChangeGroup[], gone: CountedGroups, rest: CountedGroups): ChangeGroup[] {
  const fresh = rest.list(new CountedGroups());
  return whole
    .map((group) => ({ ...group, count: group.count - gone.countOf(group) }))
    .filter((group) => group.count > 0)
    .map((group) => ({ ...group, held: group.count, ...shownOf(fresh.find((one) => isSameGroup(one, group))) }));
}

/** One of an older version stays unlike any other. */
function leftOfDigest(whole: string, gone: string): string {
  return IS_DIGEST.test(whole) ? toText(sumOf(fromText(whole), MODULUS - fromText(gone))) : '';
}

function isSameGroup(a: ChangeGroup, b: ChangeGroup): boolean {
  return a.action === b.action && a.reason === b.reason && a.rule === b.rule;
}

function shownOf(group: ChangeGroup | undefined): Pick<ChangeGroup, 'examples'> & Partial<Pick<ChangeGroup, 'text'>> {
  return group === undefined ? { examples: [] } : { text: group.text, examples: group.examples };
}

/*
 * The digest of many is the sum of the digests of each: it can be made in any order, of parts, and without what is gone.
 */

const MODULUS = 1n << 256n;
const IS_DIGEST = /^[0-9a-f]{1,64}$/;

// With the class but for an approval: a plan whose changes are to be counted otherwise is another one.
function digestOf(change: PlannedChange): bigint {
  const { key, action, decision } = change;
  const { name } = unapprovedClassOf(change);
  return BigInt(`0x${hash('sha256', `${key} ${action} ${decision.reason.code} ${name}`)}`);
}

function sumOf(a: bigint, b: bigint): bigint {
  return (a + b) % MODULUS;
}

function toText(digest: bigint): string {
  return digest.toString(16);
}

function fromText(text: string): bigint {
  return BigInt(`0x${text}`);
}

function countUp(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
