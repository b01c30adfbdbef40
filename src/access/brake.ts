/** The limit on how many mailboxes one sync may take access from, and what becomes of each part of a plan. Pure. */
import { numberWords } from '../model/number-words.ts';
import { sayIn } from '../model/sayings.ts';
import { isPast } from './approvals.ts';
import { GUARD_CODES, isWithheld, reaches } from './guard-plan.ts';
import type { GuardProblem } from './guard-plan.ts';
import { mailboxesWith } from './mailbox-counts.ts';
import type { MailboxCounts } from './mailbox-counts.ts';
import { MAIL_NOT_READY } from './mail-first.ts';
import type { BrakeKind, ChangeClass, ClassHead } from './plan-tally.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** The brake's settings, and what they are a share of. */
export interface BrakeLimits {
  /** Share of the mailboxes that may lose access in one sync. */
  readonly brakePercent: number;
  /** That many are always let through. */
  readonly brakeCount: number;
  /** That many are let through in 24 hours; null: {@link DAY_LIMITS} times as many as in one sync. */
  readonly brakePerDay: number | null;
  /** Mailboxes with devices. */
  readonly mailboxes: number;
  /** Devices with an EAS record that Exchange has. */
  readonly devices: number;
  /** How many mailboxes lost access in the last 24 hours, those not counted that a person has approved. */
  readonly today: { readonly known: number; readonly new: number };
  /** MDM sources of which no reading was ever believed: what a person calls them. */
  readonly firstReadOf: readonly string[];
  /** When the whole forest was read for the first time, ISO 8601 UTC, if that is not long ago; absent: it was not so. */
  readonly wholeSince?: string;
}

/** A day has so many limits of one sync, unless an administrator says otherwise. */
const DAY_LIMITS = 3;

/** What holds a plan. */
export const HOLD_CODES = ['ERR_BRAKE', MAIL_NOT_READY, ...GUARD_CODES] as const;

/** Why a plan is held: the brake, that nobody could be mailed, or what a guard found. */
export type HoldReason = { readonly code: 'ERR_BRAKE' | typeof MAIL_NOT_READY; readonly text: string } | GuardProblem;

/** How much one sync may do. @param of how many there are */
export function brakeLimit({ brakePercent, brakeCount }: Pick<BrakeLimits, 'brakePercent' | 'brakeCount'>, of: number) {
  return Math.max(brakeCount, Math.floor((of * brakePercent) / 100));
}

/*
 *   of those that lower, approved       counted in    over the limit
 *   ones not counted, for devices
 *   known for longer                    mailboxes     more than one sync may; or not more, but too many with those of the
 *                                                     last 24 hours: many small syncs are one large one
 *   first seen within a day             mailboxes     the same, counted apart
 *   idle                                devices       more than one sync may; a day has no limit
 *   superseded                          –             never: each has its successor
 *   removals, whoever is blocked        devices       more than one sync may; a day has no limit
 *   ones of any kind, also those that   devices       as soon as there is one, where the brake is 0: both its number and its
 *   lower nobody                                      share. A person decides about each
 *
 * A mailbox counts once, whatever the number of its devices, in a sync and within 24 hours. One that lost access within 24
 * hours and is to lose it again counts among both.
 */

/** So many devices say something about a first reading. */
const ENOUGH_DEVICES = 20;

/*
 *   a reading of every MDM      devices          that would be shut out, of whatever     a first reading
 *   source was believed once    of all           kind, approved ones not counted
 *   yes                         any              any                                     is none: goes
 *   no                          fewer than 20    any                                     goes
 *   no                          20 or more       half of them, or fewer                  goes, and is believed
 *   no                          20 or more       more than half                          holds all, until a person has approved
 */

/** Why a first reading is not believed; null: it is, or it is none. */
function firstText(classes: readonly ClassCounts[], { firstReadOf, devices }: BrakeLimits): string | null {
  const lowering = classes.reduce((sum, one) => sum + one.lowering, 0);
  if (firstReadOf.length === 0 || devices < ENOUGH_DEVICES || lowering * 2 <= devices) return null;
  return say('brake.first', { count: numberWords(lowering), of: numberWords(devices), name: firstReadOf.join(', ') });
}

/** What the brake has a limit for, and why each is over it. */
function brakeTexts(
  classes: readonly ClassCounts[],
  mailboxes: MailboxCounts,
  limits: BrakeLimits,
): ReadonlyMap<BrakeKind, string> {
  const texts = new Map<BrakeKind, string>();
  for (const kind of ['known', 'new'] as const) {
    const names = classes.filter((one) => one.kind === kind && one.lowering > 0).map(({ name }) => name);
    const text = mailboxText(kind, mailboxesWith(mailboxes, new Set(names)), limits);
    if (text !== null) texts.set(kind, text);
  }
  const idle = classes.filter(({ kind }) => kind === 'idle').reduce((sum, { lowering }) => sum + lowering, 0);
  const limit = brakeLimit(limits, limits.devices);
  const allowed = { limit: numberWords(limit), of: numberWords(limits.devices) };
  if (idle > limit) texts.set('idle', say('brake.idle', { count: numberWords(idle), ...allowed }));
  const removals = countOf(classes, 'removal');
  if (removals > limit) texts.set('removal', say('brake.removal', { count: numberWords(removals), ...allowed }));
  if (isZero(limits)) for (const [kind, text] of zeroTexts(classes, texts)) texts.set(kind, text);
  return texts;
}

/** True if a person is to decide about every block: nothing else can be meant by a brake of 0 devices and 0 %. */
function isZero({ brakePercent, brakeCount }: BrakeLimits): boolean {
  return brakePercent === 0 && brakeCount === 0;
}

const BLOCKS = ['known', 'new', 'idle', 'superseded'] as const satisfies readonly BrakeKind[];

/** Kinds of blocks that the brake would let go, and what it says of them as it is 0. */
function zeroTexts(classes: readonly ClassCounts[], told: ReadonlyMap<BrakeKind, string>): [BrakeKind, string][] {
  const untold = BLOCKS.filter((kind) => !told.has(kind) && countOf(classes, kind) > 0);
  const already = untold.filter((kind) => kind !== 'superseded').reduce((sum, kind) => sum + countOf(classes, kind), 0);
  return untold.map((kind) => [
    kind,
    kind === 'superseded'
      ? say('brake.superseded', { count: numberWords(countOf(classes, kind)) })
      : say('brake.already', { count: numberWords(already) }),
  ]);
}

function countOf(classes: readonly ClassCounts[], kind: BrakeKind): number {
  return classes.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
}

function mailboxText(kind: 'known' | 'new', lowering: number, limits: BrakeLimits): string | null {
  const limit = brakeLimit(limits, limits.mailboxes);
  const today = limits.today[kind];
  const perDay = limits.brakePerDay ?? DAY_LIMITS * limit;
  const mailboxes = lowering === 1 ? '1 mailbox' : `${numberWords(lowering)} mailboxes`;
  if (lowering > limit)
    return say(`brake.${kind}`, { mailboxes, limit: numberWords(limit), of: numberWords(limits.mailboxes) });
  if (lowering === 0 || lowering + today <= perDay) return null;
  return say(`brake.${kind}.day`, { mailboxes, count: numberWords(today), limit: numberWords(perDay) });
}

/** Why there are so many: they came with the rest of the forest. */
function wholeText({ wholeSince }: BrakeLimits): string[] {
  if (wholeSince === undefined) return [];
  return [say('brake.whole', { time: wholeSince })];
}

/** What becomes of a change: it may be written now, waits for a person, or is left to a later sync. */
export type Verdict = 'goes' | 'held' | 'left';

/** What becomes of a plan's changes, class by class. */
export interface PlanVerdict {
  of(of: ClassHead): Verdict;
  /** Why changes are held; null: none is. */
  readonly reason: HoldReason | null;
  /** What guards found wrong that holds any of them. */
  readonly doubts: readonly GuardProblem[];
  /** A first reading would shut out more than half of all devices: none is believed. */
  readonly isFirst: boolean;
}

/** How many changes a class has. */
export type ClassCounts = ClassHead & Pick<ChangeClass, 'count' | 'lowering'>;

/*
 *   part    approved, and nothing   the guard   those of its kind that      verdict
 *           else is wrong           withholds   lower and pass approvals
 *                                               and guard
 *   opens   any                     no          any                         goes
 *   other   yes                     any         any                         goes
 *   other   no                      yes         any                         held, for the guard's reason
 *   other   no                      no          up to the limit             goes
 *   other   no                      no          over it                     held, for the brake; left, if the guard holds any
 *
 * What is held because nobody could be mailed (part `unheard`, while `unheard` says why) is held for that, approved for
 * something else or not, unless the guard withholds it; it does not count for the brake. What the brake holds besides is held
 * with it, for both reasons.
 *
 * A block of what Exchange's default shuts out already lowers nobody: it does not count, but is held with the others of its
 * kind. A plan is held for one reason: what is left meets the brake again when the guard has nothing to say.
 */

/**
 * Judges a plan by the numbers of its classes.
 * @param mailboxes by its classes
 * @param unheard why blocks are held about which nobody could be mailed; null: they are not
 */
export function judgePlan(
  classes: readonly ClassCounts[],
  mailboxes: MailboxCounts,
  problems: readonly GuardProblem[],
  limits: BrakeLimits,
  unheard: string | null = null,
): PlanVerdict {
  const wrongFor = (one: ClassHead): GuardProblem[] => problems.filter((problem) => reaches(problem, one));
  const isUnheard = ({ part }: Pick<ClassHead, 'part'>): boolean => part === 'unheard' && unheard !== null;
  const guarded = (one: ClassHead): Verdict | null => {
    if (one.part === 'opens') return 'goes';
    if (isUnheard(one)) return 'held';
    if (isPast(one.approvedFor, wrongFor(one))) return 'goes';
    return isWithheld(one.part, wrongFor(one)) ? 'held' : null;
  };
  const withheld = classes.filter(
    (one) => one.count > 0 && guarded(one) === 'held' && isWithheld(one.part, wrongFor(one)),
  );
  const isGuardHolding = withheld.length > 0;
  const isMailHolding = classes.some((one) => one.count > 0 && isUnheard(one));
  const braked = classes.filter((one) => guarded(one) === null);
  const texts = brakeTexts(braked, mailboxes, limits);
  const first = firstText(braked, limits);
  const past = ({ kind }: ClassHead): Verdict =>
    first === null && !texts.has(kind) ? 'goes' : isGuardHolding ? 'left' : 'held';
  const over = [...(first === null ? [] : [first]), ...new Set(texts.values())];
  const text = [...over, ...(over.length === 0 ? [] : wholeText(limits))].join(' ');
  const doubts = problems.filter((problem) => withheld.some((one) => reaches(problem, one)));
  return {
    of: (one) => guarded(one) ?? past(one),
    reason: isGuardHolding
      ? reasonOf(doubts)
      : isMailHolding
        ? { code: MAIL_NOT_READY, text: [unheard ?? '', text].filter((one) => one !== '').join(' ') }
        : text === ''
          ? null
          : { code: 'ERR_BRAKE', text },
    doubts,
    isFirst: first !== null,
  };
}

/** The first problem gives the code; the text tells all of them, as all are approved with the plan. */
function reasonOf(doubts: readonly GuardProblem[]): HoldReason | null {
  const [problem] = doubts;
  if (problem === undefined) return null;
  const { platforms: _, ...told } = problem;
  return { ...told, text: doubts.map(({ text }) => text).join(' ') };
}
