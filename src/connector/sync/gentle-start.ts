/** How a site that has devices already begins: strict, or with those in use allowed for a while (ADR 0010). */
import { compileRules } from '../../access/compile-rules.ts';
import type { CompiledRule } from '../../access/compile-rules.ts';
import { decideAccess } from '../../access/decide-access.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { grandfatherRule } from '../../access/rules.ts';
import type { Rule } from '../../access/rules.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import type { SwitchSettings } from './switch-settings.ts';

/** Ten years: a slip of the pen must not make a time that no clock knows. */
const LONGEST_DAYS = 3650;

function settingName(organization: string): string {
  return `access.switchedOn.${organization}`;
}

/** Forgets when the organization was switched on: after an undo it may begin anew. */
export async function forgetSwitchOn(store: Store, organization: string): Promise<void> {
  await store.settings.set(settingName(organization), null);
}

/** What a report says of a gentle beginning. */
export interface SwitchOnReport {
  /** When the first enforced sync began; in a simulation before it, now. */
  readonly since: string;
  readonly until: string;
  /** Devices that are allowed for this alone. */
  readonly devices: number;
}

/** Turns blocks of devices that were in use at switch-on into allows, until they age out. */
export class SwitchOn {
  readonly #store: Store;
  readonly #organization: string;
  readonly #isNew: boolean;
  readonly #since: string;
  readonly #rule: Rule;
  readonly #compiled: readonly CompiledRule[];
  #devices = 0;

  private constructor(store: Store, organization: string, since: string, isNew: boolean, days: number) {
    this.#store = store;
    this.#organization = organization;
    this.#since = since;
    this.#isNew = isNew;
    const bounded = Math.min(days, LONGEST_DAYS);
    this.#rule = grandfatherRule({ switchedOnAt: since, syncedWithinDays: bounded, keepDays: bounded });
    this.#compiled = compileRules([this.#rule]);
  }

  /** Null if the site begins strictly, or the time is over. */
  static async begin(
    store: Store,
    settings: Pick<SwitchSettings, 'startFrom' | 'grandfatherDays'>,
    organization: string,
  ): Promise<SwitchOn | null> {
    if (settings.startFrom !== 'grandfather' || settings.grandfatherDays <= 0) return null;
    const known = await store.settings.get<string>(settingName(organization));
    return new SwitchOn(
      store,
      organization,
      known ?? new Date().toISOString(),
      known === null,
      settings.grandfatherDays,
    );
  }

  /*
   *   decision by the rules        device                                  becomes
   *   block                        unmatched, in use at switch-on          allow, until its time is over
   *   block                        merged, or came later, or time is over  stays
   *   anything else                any                                     stays
   */
  decide(device: DeviceRecord, decision: AccessDecision, now: number): AccessDecision {
    if (decision.action !== 'block') return decision;
    const instead = decideAccess(device, this.#compiled, { now, owned: null });
    if (instead.rule !== this.#rule.name) return decision;
    const text = `In use at switch-on, so allowed until ${this.#until}. After that: ${decision.reason.text}`;
    return { ...instead, reason: { ...instead.reason, text } };
  }

  /** Counts the device if it is allowed for this alone, for the report. */
  count({ rule }: AccessDecision): void {
    if (rule === this.#rule.name) this.#devices += 1;
  }

  /** Keeps the time of the first enforced sync over a complete picture. */
  async keep(): Promise<void> {
    if (this.#isNew) await this.#store.settings.set(settingName(this.#organization), this.#since);
  }

  report(): SwitchOnReport {
    return { since: this.#since, until: this.#until, devices: this.#devices };
  }

  get #until(): string {
    return this.#rule.until ?? this.#since;
  }
}
