/**
 * How a site that has devices already begins: strict, or with those in use allowed for a while (ADR 0010).
 * In: the setting, a decision of the rules. Out: the decision, or an allow in place of a block. Changes: when it began.
 */
import { compileRules } from '../../access/compile-rules.ts';
import type { CompiledRule } from '../../access/compile-rules.ts';
import { decideAccess } from '../../access/decide-access.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import type { ReviewClock } from '../../access/review-clock.ts';
import { GRANDFATHERED, grandfatherRule } from '../../access/rules.ts';
import type { Rule } from '../../access/rules.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';
import { sayIn } from '../../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from '../../access/sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** Ten years: a slip of the pen must not make a time that no clock knows. */
const LONGEST_DAYS = 3650;

function settingName(organization: string): string {
  return `access.switchedOn.${organization}`;
}

/** Forgets when the organization was switched on: after an undo it may begin anew. */
export async function forgetGentleStart(store: Pick<Store, 'settings'>, organization: string): Promise<void> {
  await store.settings.set(settingName(organization), null);
}

/** What a report says of a gentle beginning. */
export interface GentleStartReport {
  /** When the first enforced sync began; in a simulation before it, now. */
  readonly since: string;
  readonly until: string;
  /** Devices that are allowed for this alone. */
  readonly devices: number;
}

/** What a gentle start needs. */
export interface GentleStartParts extends Pick<SwitchParts, 'store' | 'settings' | 'now'> {
  readonly exchange: Pick<SwitchParts['exchange'], 'organization'>;
}

/** Turns blocks of devices that were in use at switch-on into allows, until they age out. */
export class GentleStart {
  readonly #store: Pick<Store, 'settings'>;
  readonly #organization: string;
  readonly #isNew: boolean;
  readonly #since: string;
  readonly #rule: Rule;
  readonly #compiled: readonly CompiledRule[];
  #wasKept = false;

  private constructor(
    store: Pick<Store, 'settings'>,
    organization: string,
    since: string,
    isNew: boolean,
    days: number,
  ) {
    this.#store = store;
    this.#organization = organization;
    this.#since = since;
    this.#isNew = isNew;
    const bounded = Math.min(days, LONGEST_DAYS);
    this.#rule = grandfatherRule({ switchedOnAt: since, syncedWithinDays: bounded, keepDays: bounded });
    this.#compiled = compileRules([this.#rule]);
  }

  /** Null if the site begins strictly, or the time is over. */
  static async begin({
    store,
    settings,
    exchange: { organization },
    now,
  }: GentleStartParts): Promise<GentleStart | null> {
    const { startFrom, grandfatherDays } = settings;
    if (startFrom !== 'grandfather' || grandfatherDays <= 0) return null;
    const known = await store.settings.get<string>(settingName(organization));
    return new GentleStart(store, organization, known ?? timeOf(now), known === null, grandfatherDays);
  }

  /*
   *   decision by the rules        device                                  becomes
   *   block                        unmatched, in use at switch-on          allow, until its time is over
   *   block                        merged, or came later, or time is over  stays
   *   anything else                any                                     stays
   */
  decide(device: DeviceRecord, decision: AccessDecision, clock: ReviewClock): AccessDecision {
    if (decision.action !== 'block') return decision;
    const instead = decideAccess(device, this.#compiled, { clock, owned: null });
    if (instead.rule !== this.#rule.name) return decision;
    const text = say('grandfathered', { time: this.#until, text: decision.reason.text });
    return { ...instead, reason: { ...instead.reason, text } };
  }

  /** Keeps the time of the first enforced sync over a complete picture. */
  async keep(): Promise<void> {
    // Whoever was first has it: another instance may have begun with the same sync.
    if (this.#isNew) await this.#store.settings.edit(settingName(this.#organization), (kept) => kept ?? this.#since);
    this.#wasKept = true;
  }

  /** False while every sync is the first one: its time is not fixed, and so is not what hangs on it. */
  get isKept(): boolean {
    return !this.#isNew || this.#wasKept;
  }

  /** @param byReason how many devices are decided about for each reason */
  report(byReason: Readonly<Record<string, number>>): GentleStartReport {
    return { since: this.#since, until: this.#until, devices: byReason[GRANDFATHERED] ?? 0 };
  }

  /** The rule in whose name it decides. */
  get rule(): Rule {
    return this.#rule;
  }

  get #until(): string {
    return this.#rule.until ?? this.#since;
  }
}
