/**
 * What is told of changed devices and of what a person should look at, what is counted of it, and how far it has come.
 * In: what became of changes. Out: counts. Changes: nothing; news and progress go out as they come.
 */
import type { ApplyResult } from '../../access/apply.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ERROR_HELP } from '../../errors.ts';
import type { AccessChange, DeviceNews } from '../../model/records.ts';
import { paceText } from '../pace.ts';
import type { Judged } from './decider.ts';
import type { KeptHead } from './stored-changes.ts';
import { NO_COUNTS } from './sync-report.ts';
import type { Counts } from './sync-report.ts';
import { timeOf } from './switch-parts.ts';
import type { NewsKind, SwitchParts } from './switch-parts.ts';

/** Devices of a held plan that are told of. */
const SAMPLES = 20;

/** What a person should know of a device, or of no single one. */
interface Problem {
  readonly code: string;
  readonly text: string;
}

/*
 *   outcome of a try            counted as                    told as
 *   applied, block              blocked                       blocked
 *   applied, allow or release   allowed or released           allowed
 *   applied, remove             removed                       nothing: the device stays blocked
 *   waits                       nextSync                      attention: waits-for-sync
 *   failed, refused             failed                        attention: its error
 *   already, left, dropped      unchanged                     nothing
 */

/** A count of what was tried. */
type CountOfTries = Exclude<keyof Counts, 'forMail'>;

/** Under which name of a report a try is counted. */
export function countedAs({ outcome, change }: Pick<ApplyResult, 'outcome' | 'change'>): CountOfTries {
  if (outcome === 'applied') return countedChange(change);
  if (outcome === 'waits') return 'nextSync';
  return outcome === 'failed' || outcome === 'refused' ? 'failed' : 'unchanged';
}

function countedChange({ action }: PlannedChange): 'blocked' | 'allowed' | 'released' | 'removed' {
  return ({ block: 'blocked', allow: 'allowed', release: 'released', remove: 'removed' } as const)[action];
}

/** A piece of news, and where it belongs. */
export interface ToldNews {
  readonly kind: NewsKind;
  readonly news: DeviceNews;
}

/** What is told of a try; null: nothing. @param attempts tries so far, with this one */
export function newsOfTry(result: ApplyResult, attempts: number): ToldNews | null {
  const { outcome, change, at, error } = result;
  if (outcome === 'applied' && change.action === 'remove') return null;
  if (outcome === 'applied') return { kind: kindOf(change), news: newsOf(change, { at, applied: true, attempts }) };
  const counted = countedAs(result);
  if (counted === 'unchanged') return null;
  const problem = {
    code: counted === 'nextSync' ? 'waits-for-sync' : (error?.code ?? 'ERR_APPLY_FAILED'),
    text: result.text ?? ERROR_HELP.ERR_APPLY_FAILED,
  };
  return { kind: 'attention', news: newsOf(change, { at, applied: false, attempts }, problem) };
}

function kindOf({ action }: PlannedChange): NewsKind {
  return action === 'block' ? 'blocked' : 'allowed';
}

function newsOf(
  { device, decision, from, to }: PlannedChange,
  how: Pick<AccessChange, 'at' | 'applied' | 'attempts'>,
  problem?: Problem,
): DeviceNews {
  return { device, decision, change: { from, to, ...how }, ...(problem === undefined ? {} : { problem }) };
}

/** What is told of a device that stands blocked, and is so for another cause by now. @param at ISO 8601 UTC */
export function newsOfCause({ device, decision }: Pick<Judged, 'device' | 'decision'>, at: string): ToldNews {
  return {
    kind: 'blocked',
    news: { device, decision, change: { from: 'blocked', to: 'blocked', at, applied: true, attempts: 0 } },
  };
}

/** What is told of a plan that waits for a person: one piece of news, however many changes it has. */
export function newsOfPlan({ id, count, byReason, groups, reason }: KeptHead): ToldNews {
  const samples = groups.flatMap(({ action, reason: why, examples }) =>
    examples.map((example) => ({ ...example, action, reason: why })),
  );
  const plan = { id, count, byReason, samples: samples.slice(0, SAMPLES) };
  return { kind: 'attention', news: { ...newsOfProblem(reason).news, plan } };
}

/** What is told of a device that a person should look at. */
export function newsOfDevice({ device, decision }: Judged): ToldNews {
  const { code, text } = decision.reason;
  return { kind: 'attention', news: { device, decision, change: null, problem: { code, text } } };
}

/** What is told of a problem that concerns no single device. */
export function newsOfProblem({ code, text }: Problem): ToldNews {
  return { kind: 'attention', news: { device: null, decision: null, change: null, problem: { code, text } } };
}

/** Tells of what becomes of changes one after the other, and counts it. */
export class ChangeNews {
  #counts: Counts;
  #tries = 0;
  /** How many there are to be, and since when; null: nobody knows. */
  #all: { readonly total: number; readonly began: number } | null = null;
  readonly #parts: Pick<SwitchParts, 'announce' | 'progress' | 'now'>;

  constructor(parts: Pick<SwitchParts, 'announce' | 'progress' | 'now'>, counts: Counts = NO_COUNTS) {
    this.#parts = parts;
    this.#counts = counts;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** From here on so many changes are tried. */
  begin(total: number): void {
    this.#all = { total, began: this.#parts.now() };
  }

  /** A change that was tried. @param told what is told of it */
  tried(result: Pick<ApplyResult, 'outcome' | 'change'>, told: ToldNews | null): void {
    this.#count(countedAs(result));
    this.#showProgress();
    if (told !== null) this.#parts.announce(told.kind, told.news);
  }

  /** A change that a simulation would make. */
  simulated(change: PlannedChange): void {
    this.#count(countedChange(change));
    this.#showProgress();
    if (change.action !== 'remove') this.#parts.announce(kindOf(change), newsOf(change, this.#notMade()));
  }

  /** What no single device is about. */
  tell({ kind, news }: ToldNews): void {
    this.#parts.announce(kind, news);
  }

  #count(name: CountOfTries): void {
    this.#counts = { ...this.#counts, [name]: (this.#counts[name] ?? 0) + 1 };
  }

  #showProgress(): void {
    this.#tries += 1;
    const { total = null, began = 0 } = this.#all ?? {};
    const work = { done: this.#tries, total, elapsedMs: this.#parts.now() - began };
    this.#parts.progress(...paceText('applying', work));
  }

  #notMade(): Pick<AccessChange, 'at' | 'applied' | 'attempts'> {
    return { at: timeOf(this.#parts.now), applied: false, attempts: 0 };
  }
}
