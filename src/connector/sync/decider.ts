/** Decides about one device after the other, with everything beside its record that counts: groups, ledger, switch-on, the MDM's absence. */
import { compileRules } from '../../access/compile-rules.ts';
import type { CompiledRule } from '../../access/compile-rules.ts';
import { decideAccess } from '../../access/decide-access.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { decideWithMdmAway, MDM_AWAY } from '../../access/mdm-away.ts';
import { DEFAULT_RULES } from '../../access/rules.ts';
import type { Rule } from '../../access/rules.ts';
import { isFresh, wholeSince } from '../../model/reading-age.ts';
import type { DeviceRecord, Listed } from '../../model/records.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { OwnedEntry, Store } from '../../store/store.ts';
import { GroupMembership } from './group-membership.ts';
import type { GroupSources } from './group-membership.ts';
import type { SwitchSettings } from './switch-settings.ts';
import { SwitchOn } from './gentle-start.ts';

/** What a report says while the MDM is away. */
export interface MdmAwayReport {
  /** When the last whole MDM reading began, the oldest of all sources; null: a source has none. */
  readonly since: string | null;
  readonly whenMdmAway: 'leave' | 'allow' | 'block';
  /** New devices that were decided about by this setting. */
  readonly devices: number;
}

export interface DeciderScene {
  readonly store: Store;
  readonly settings: SwitchSettings;
  readonly organization: string;
  readonly maxAgeHours: number;
  readonly groups: GroupSources;
  readonly signal: AbortSignal;
}

/** The rules that count: an empty list stands for the default rules. */
export function rulesInUse(rules: readonly Rule[]): readonly Rule[] {
  return rules.length === 0 ? DEFAULT_RULES : rules;
}

export class Decider {
  readonly rules: readonly Rule[];
  readonly groups: GroupMembership | null;
  readonly switchOn: SwitchOn | null;
  readonly #compiled: readonly CompiledRule[];
  readonly #settings: SwitchSettings;
  readonly #away: { readonly since: string | null } | null;
  #awayDevices = 0;

  private constructor(
    settings: SwitchSettings,
    groups: GroupMembership | null,
    switchOn: SwitchOn | null,
    away: { readonly since: string | null } | null,
  ) {
    this.rules = rulesInUse(settings.rules);
    this.groups = groups;
    this.switchOn = switchOn;
    this.#compiled = compileRules(this.rules);
    this.#settings = settings;
    this.#away = away;
  }

  /** Reads what is needed once. Throws ERR_RULE_INVALID before anything is read; groups that cannot be read do not throw. */
  static async begin(scene: DeciderScene): Promise<Decider> {
    const { store, settings, organization } = scene;
    compileRules(rulesInUse(settings.rules));
    const groups = await GroupMembership.read(rulesInUse(settings.rules), scene.groups, scene.signal);
    const switchOn = await SwitchOn.begin(store, settings, organization);
    return new Decider(settings, groups, switchOn, awaySince(await mdmReadings(store), scene.maxAgeHours));
  }

  /**
   * @param owned the personal list on which the ledger says we own the device's entry
   * @param entries the device's entries in the ledger, for which rule wrote the one on that list
   */
  decide(
    device: DeviceRecord,
    owned: Listed,
    entries: readonly Pick<OwnedEntry, 'list' | 'rule'>[] = [],
  ): AccessDecision {
    const now = Date.now();
    const { adoptEntries, whenMdmAway } = this.#settings;
    const groups = device.eas === undefined ? null : (this.groups?.of(device.eas.mailbox) ?? null);
    const context = { now, owned, adoptEntries, ...(this.groups === null ? {} : { groups }) };
    const byRules = (one: DeviceRecord): AccessDecision => {
      const decision = decideAccess(one, this.#compiled, context);
      return this.switchOn?.decide(one, decision, now) ?? decision;
    };
    const entryRule = entries.find(({ list }) => list === owned)?.rule ?? null;
    const away = this.#away === null ? null : { whenMdmAway, ...this.#away };
    const decision = decideWithMdmAway(device, { away, entryRule, byRules });
    if (decision.reason.code === MDM_AWAY) this.#awayDevices += 1;
    this.switchOn?.count(decision);
    return decision;
  }

  /** Null while the MDM is not away. */
  mdmAway(): MdmAwayReport | null {
    if (this.#away === null) return null;
    return { since: this.#away.since, whenMdmAway: this.#settings.whenMdmAway, devices: this.#awayDevices };
  }
}

function awaySince(readings: readonly MdmReading[], maxAgeHours: number): { since: string | null } | null {
  const snapshots = snapshotsOf(readings);
  if (snapshots.length < readings.length || snapshots.length === 0) return { since: null };
  if (snapshots.every((snapshot) => isFresh(snapshot, Date.now(), maxAgeHours))) return null;
  const times = snapshots.map((snapshot) => Date.parse(wholeSince(snapshot)));
  return { since: new Date(Math.min(...times)).toISOString() };
}
