/** Decides about one device after the other, with everything beside its record that counts: groups, ledger, switch-on, the MDM's absence. */
import { compileRules } from '../../src/access/compile-rules.ts';
import type { CompiledRule } from '../../src/access/compile-rules.ts';
import { decideAccess, MDM_AWAY } from '../../src/access/decide-access.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { isFresh } from '../../src/access/guard-plan.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import type { DeviceRecord, Listed } from '../../src/model/records.ts';
import type { SnapshotInfo, Store } from '../../src/store/store.ts';
import { GroupMembership } from './groups.ts';
import type { GroupSources } from './groups.ts';
import type { SwitchSettings } from './settings.ts';
import { SwitchOn } from './switch-on.ts';

/** What a report says while the MDM is away. */
export interface MdmAwayReport {
  /** When the oldest MDM reading began; null: there is none. */
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
    return new Decider(settings, groups, switchOn, awaySince(await store.snapshots.list('mdm'), scene.maxAgeHours));
  }

  /** @param owned the personal list on which the ledger says we own the device's entry */
  decide(device: DeviceRecord, owned: Listed): AccessDecision {
    const now = Date.now();
    const { adoptEntries, whenMdmAway } = this.#settings;
    const groups = device.eas === undefined ? null : (this.groups?.of(device.eas.mailbox) ?? null);
    const decision = decideAccess(device, this.#compiled, {
      now,
      owned,
      adoptEntries,
      ...(this.groups === null ? {} : { groups }),
      ...(this.#away === null ? {} : { whenMdmAway }),
    });
    if (decision.reason.code === MDM_AWAY) this.#awayDevices += 1;
    return this.switchOn?.decide(device, decision, now) ?? decision;
  }

  /** Null while the MDM is not away. */
  mdmAway(): MdmAwayReport | null {
    if (this.#away === null) return null;
    return { since: this.#away.since, whenMdmAway: this.#settings.whenMdmAway, devices: this.#awayDevices };
  }
}

function awaySince(snapshots: readonly SnapshotInfo[], maxAgeHours: number): { since: string | null } | null {
  if (snapshots.length > 0 && snapshots.every((snapshot) => isFresh(snapshot, Date.now(), maxAgeHours))) return null;
  const oldest = snapshots.map(({ startedAt }) => startedAt).sort((a, b) => a.localeCompare(b))[0];
  return { since: oldest ?? null };
}
