/** One world that lives through a history: what was touched is matched and decided about, and what came of it is carried on. */
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { goneEntries } from '../../src/access/owned-entries.ts';
import { planChange } from '../../src/access/plan.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { lookAtOrganization, matchOrganization } from '../../src/connector/matching/match-organization.ts';
import type { MatchSettings } from '../../src/connector/matching/match-settings.ts';
import { digestOf, keepDecidedAll, readDecidedAll } from '../../src/connector/sync/decided-all.ts';
import { keepDecisions, touchIfOtherwise } from '../../src/connector/sync/decided-devices.ts';
import { Decider } from '../../src/connector/sync/decider.ts';
import type { Judged } from '../../src/connector/sync/decider.ts';
import { ownedOf } from '../../src/connector/sync/owned-of.ts';
import type { SwitchParts } from '../../src/connector/sync/switch-parts.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import { easRecordKey } from '../../src/model/keys.ts';
import type { OwnedEntry } from '../../src/model/personal-lists.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import { OWN_CLOCK } from '../../src/model/server-clock.ts';
import type { Merged, SnapshotInfo, SnapshotRecord } from '../../src/store/store.ts';
import { EAS_IDS, MAILBOXES } from '../match/match-worlds.ts';
import { BEGAN, SOURCES } from './histories.ts';
import type { History, RecordChange, RunStep, Step } from './histories.ts';
import { KeptIndexes } from './kept-indexes.ts';
import { MemoryStore, ORGANIZATION } from './memory-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What is known of a device after a run. */
export interface Known {
  readonly device: DeviceRecord;
  readonly decision: AccessDecision;
  readonly change: PlannedChange | null;
}

/** What was decided by difference, and what is decided about everything at the same time. */
export interface Compared {
  readonly scope: 'all' | 'changes';
  /** Devices that the run was about. */
  readonly about: number;
  readonly carried: Outcome;
  readonly anew: Outcome;
}

/** What came of all devices. */
export interface Outcome {
  readonly devices: Readonly<Record<string, object>>;
  /** MDM records by the EAS records that are one with them. */
  readonly merged: Readonly<Record<string, string>>;
  /** Our entries that somebody else has taken off. */
  readonly gone: readonly string[];
}

const EAS_PARTS = ['mailbox', 'device', 'access', 'firstSyncAt'] as const;
const MDM_PARTS = ['easIds', 'user', 'device', 'managed', 'enrolledAt', 'compliance', 'graceUntil'] as const;
const SIGNAL = new AbortController().signal;

/** A world, and what is carried from run to run. */
export class Life {
  readonly #memory = new MemoryStore();
  readonly #indexes = new KeptIndexes(this.#memory);
  /** As Exchange and the MDMs have it, read or not. */
  readonly #eas = new Map<string, EasRecord>();
  readonly #mdm = new Map<string, MdmRecord>();
  readonly #known = new Map<string, Known>();
  #matchSettings: MatchSettings;
  #switchSettings: SwitchSettings;
  #now = BEGAN;
  #runs = 0;
  /** The settings by which every device was decided about, or is touched to be. */
  #decidedBy: string | null = null;

  constructor({ eas, mdm, sources, areMergesMade, matchSettings, switchSettings }: Omit<History, 'steps'>) {
    this.#matchSettings = matchSettings;
    this.#switchSettings = switchSettings;
    this.#memory.settings.set(`access.switchedOn.${ORGANIZATION}`, new Date(BEGAN).toISOString());
    this.#memory.settings.set(`match.mergesMade.${ORGANIZATION}`, areMergesMade);
    for (const record of eas) this.#eas.set(record.key, record);
    for (const record of mdm) this.#mdm.set(record.key, record);
    this.#read('eas', ORGANIZATION, 'full', []);
    for (const source of SOURCES.slice(0, sources)) this.#read('mdm', source, 'full', []);
  }

  /** Lets one thing happen. Null: there is nothing to compare, since a run is still due. */
  async step(step: Step): Promise<Compared | null> {
    this.#now += MINUTE;
    if (step.do === 'run') return this.#run(step);
    this.#happen(step);
    return null;
  }

  #happen(step: Exclude<Step, RunStep>): void {
    const memory = this.#memory;
    switch (step.do) {
      case 'read-eas':
        this.#read(
          'eas',
          ORGANIZATION,
          step.kind,
          step.changes.flatMap((one) => this.#changeEas(one)),
        );
        break;
      case 'read-mdm': {
        const source = SOURCES[step.source]!;
        this.#read(
          'mdm',
          source,
          step.kind,
          step.changes.flatMap((one) => this.#changeMdm(one)),
          step.aheadHours,
        );
        break;
      }
      case 'times':
        for (const pick of step.picks) this.#pass(pick, step.hours);
        break;
      case 'activate': {
        const { easId, userAgent } = step;
        const mailbox = MAILBOXES[step.mailbox]!;
        memory.activate({ easId, mailbox, at: this.#at(), userAgent, tokenId: '' });
        break;
      }
      case 'pair': {
        const easKey = picked(memory.of<EasRecord>('eas'), step.pick)?.key;
        const mdmKey = picked(memory.of<MdmRecord>('mdm'), step.with)?.key;
        if (easKey !== undefined && mdmKey !== undefined)
          memory.pair({ easKey, mdmKey, at: this.#at(), by: null, note: null });
        break;
      }
      case 'unpair': {
        const easKey = picked(memory.paired, step.pick);
        if (easKey !== undefined) memory.unpair(easKey);
        break;
      }
      case 'write':
        this.#write(step);
        break;
      case 'exempt': {
        const record = picked(memory.of<EasRecord>('eas'), step.pick);
        if (record !== undefined) this.#exempt(record, step.hours);
        break;
      }
      case 'ask':
        memory.ask(MAILBOXES[step.mailbox]!, this.#at());
        break;
      case 'tell': {
        const record = picked(memory.of<EasRecord>('eas'), step.pick);
        const at = step.days === null ? null : new Date(this.#now - step.days * 24 * HOUR).toISOString();
        if (record !== undefined) memory.tell(record, at, this.#at());
        break;
      }
      case 'refuse': {
        const record = picked(memory.of<EasRecord>('eas'), step.pick);
        if (record !== undefined) memory.refuse(record, this.#at());
        break;
      }
      case 'wait':
        this.#now += step.hours * HOUR;
        break;
      case 'match-settings':
        this.#matchSettings = step.settings;
        break;
      case 'switch-settings':
        this.#switchSettings = step.settings;
        break;
      default:
        this.#indexes.forget();
    }
  }

  // ── what happens outside ────────────────────────────────────────────────────

  #changeEas({ how, pick, part, record }: RecordChange<EasRecord>): string[] {
    const known = how === 'comes' ? this.#eas.get(record.key) : picked([...this.#eas.values()], pick);
    if (how !== 'comes' && known === undefined) return [];
    if (how === 'goes' || how === 'moves') this.#eas.delete(known!.key);
    else if (how === 'again') {
      const easId = part % 2 === 0 ? record.easId : known!.easId;
      const mailbox = part % 2 === 0 ? known!.mailbox : record.mailbox;
      const key = easRecordKey(ORGANIZATION, mailbox.id, easId);
      if (this.#eas.has(key)) return [];
      const { lastSyncAt: _, ...phone } = known!;
      this.#eas.set(key, { ...phone, key, easId, mailbox, firstSyncAt: this.#at() });
      return [key];
    } else {
      const name = EAS_PARTS[part % EAS_PARTS.length]!;
      // A mailbox keeps its GUID, or it would be another record.
      const value = name === 'mailbox' ? { ...record.mailbox, id: known?.mailbox.id } : record[name];
      const next = (how === 'comes' ? record : { ...known, [name]: value }) as EasRecord;
      const lastSyncAt = latest(known?.lastSyncAt, next.lastSyncAt);
      this.#eas.set(next.key, lastSyncAt === null ? next : { ...next, lastSyncAt });
    }
    return [(known ?? record).key];
  }

  #changeMdm({ how, pick, part, record }: RecordChange<MdmRecord>): string[] {
    const known = how === 'comes' ? this.#mdm.get(record.key) : picked([...this.#mdm.values()], pick);
    if (how !== 'comes' && known === undefined) return [];
    if (how === 'goes') this.#mdm.delete(known!.key);
    else if (how === 'again') {
      const { source, id, key } = record;
      if (this.#mdm.has(key)) return [];
      const easIds = part % 2 === 0 ? known!.easIds : [];
      this.#mdm.set(key, { ...known!, source, id, key, easIds, enrolledAt: this.#at() });
      return [key];
    } else if (how === 'moves') this.#mdm.set(known!.key, { ...known!, easIds: [EAS_IDS[part % EAS_IDS.length]!] });
    else {
      const name = MDM_PARTS[part % MDM_PARTS.length]!;
      const next = (how === 'comes' ? record : { ...known, [name]: record[name] }) as MdmRecord;
      this.#mdm.set(next.key, { ...next, lastSeenAt: latest(known?.lastSeenAt, next.lastSeenAt) });
    }
    return [(known ?? record).key];
  }

  /** A phone syncs, and its MDM sees it: an earlier time never replaces a later one. */
  #pass(pick: number, hours: number): void {
    const passed = (time: string | null | undefined): string =>
      new Date(Math.min(this.#now, Date.parse(time ?? '') || BEGAN) + hours * HOUR).toISOString();
    const eas = picked([...this.#eas.values()], pick);
    if (eas !== undefined)
      this.#eas.set(eas.key, { ...eas, lastSyncAt: latest(eas.lastSyncAt, passed(eas.lastSyncAt))! });
    const mdm = picked([...this.#mdm.values()], pick);
    if (mdm !== undefined)
      this.#mdm.set(mdm.key, { ...mdm, lastSeenAt: latest(mdm.lastSeenAt, passed(mdm.lastSeenAt)) });
  }

  /** @param changed keys of what a quick reading hears of */
  #read(
    source: 'eas' | 'mdm',
    scope: string,
    kind: 'full' | 'quick',
    changed: readonly string[],
    aheadHours = 0,
  ): void {
    const isFirst = this.#memory.latest(source, scope) === null;
    const all: readonly SnapshotRecord[] =
      source === 'eas' ? [...this.#eas.values()] : [...this.#mdm.values()].filter((one) => one.source === scope);
    const prefix = `${source}:${scope}:`;
    const keys = new Set(changed.filter((key) => key.startsWith(prefix)));
    const isWhole = kind === 'full' || isFirst;
    this.#memory.end({
      source,
      scope,
      kind: isWhole ? 'full' : 'quick',
      startedAt: this.#at(),
      records: isWhole ? all : all.filter(({ key }) => keys.has(key)),
      clock: aheadHours === 0 ? OWN_CLOCK : { offsetMs: aheadHours * 3_600_000, marginMs: 2_000 },
      gone: [...keys].filter((key) => this.#memory.records.has(key) && !all.some((record) => record.key === key)),
    });
  }

  #write({ pick, list, rule, seen }: Extract<Step, { do: 'write' }>): void {
    const record = picked(this.#memory.of<EasRecord>('eas'), pick);
    if (record === undefined) return;
    const { organization, easId, mailbox } = record;
    const device = { organization, mailboxId: mailbox.id, easId };
    const written = { ...device, state: 'owned', writtenAt: this.#at(), rule, episode: '' } as const;
    const takenOff = this.#memory
      .ownedOf(device)
      .filter((entry) => entry.list !== list)
      .map((entry) => ({ ...device, list: entry.list, takenOffAt: this.#at() }));
    this.#memory.own(device, list === null ? [] : [{ ...written, list }], takenOff);
    const outside = this.#eas.get(record.key);
    if (seen && outside !== undefined)
      this.#eas.set(record.key, { ...outside, access: { ...outside.access, listed: list } });
  }

  #exempt(record: EasRecord, hours: number | null): void {
    const { key, organization, easId, mailbox } = record;
    const until = hours === null ? null : new Date(this.#now + hours * HOUR).toISOString();
    const said = { key, organization, mailboxId: mailbox.id, easId, note: 'a loan', by: null, since: this.#at() };
    this.#memory.exempt(record, until === null ? null : { ...said, until });
  }

  #at(): string {
    return new Date(this.#now).toISOString();
  }

  // ── a run ───────────────────────────────────────────────────────────────────

  async #run({ end, pageSize, isAll, meanwhile }: RunStep): Promise<Compared | null> {
    const store = this.#memory.store;
    const merges = new Map(this.#memory.merges);
    const id = `run-${(this.#runs += 1)}`;
    await this.#keepAllRecent();
    const dryRun = end === 'dry';
    const match = await matchOrganization(store, {
      organization: ORGANIZATION,
      id,
      dryRun,
      all: isAll,
      settings: this.#matchSettings,
      now: this.#now,
      pageSize,
      signal: SIGNAL,
      lent: this.#indexes,
    });
    if (match === null) return null;
    const parts = this.#parts();
    const isOther = digestOf(parts.settings) !== this.#decidedBy;
    if (match.scope === 'changes' && !dryRun) {
      await touchIfOtherwise(store, parts);
      this.#decidedBy = digestOf(parts.settings);
    }
    const decider = await this.#decider(parts);
    // Read once, as a sync does with its first page.
    const reading = this.#memory.latest('eas', ORGANIZATION)!;
    const gone: OwnedEntry[] = [];
    let about = 0;
    let number = 0;
    for await (const { records, last } of match.devices()) {
      if (last && end === 'cut-off') return null;
      const isLost = end === 'page-lost' && last && number > 0;
      number += 1;
      about += records.length;
      if (!isLost) {
        const found = await this.#decide(decider, records, reading);
        gone.push(...found.gone);
        if (!dryRun) {
          await keepDecisions(parts, found.judged, { mode: 'enforce', missed: null });
          for (const { device, decision, change } of found.known)
            this.#known.set(device.key, { device, decision, change });
        }
      }
      if (number === 1 && meanwhile !== null) this.#happen(meanwhile);
      if (last && (isLost || (end === 'page-lost' && number === 1))) return null;
    }
    if (dryRun) return null;
    const compared =
      meanwhile === null ? await this.#compare(decider, { scope: match.scope, reading, about, gone }) : null;
    for (const entry of gone) this.#forget(entry);
    this.#memory.clear(id);
    if (match.scope === 'all') {
      this.#decidedBy = digestOf(parts.settings);
      await keepDecidedAll(store, ORGANIZATION, { at: this.#at(), by: this.#decidedBy });
    }
    // Those that this run was not about are decided about by other settings: the next one is about them. And what a click has
    // merged just now counts for its neighbors with the next one.
    return (match.scope === 'changes' && isOther) || this.#hasClaimedSince(merges) ? null : compared;
  }

  #hasClaimedSince(before: ReadonlyMap<string, Merged>): boolean {
    return [...this.#memory.merges].some(([key, { mdmKey, by, until }]) => {
      const known = before.get(key);
      return (
        by === 'activation' && until === null && !(known?.mdmKey === mdmKey && known.by === by && known.until === null)
      );
    });
  }

  /** A run about all comes once a day: without it, runs are about what was touched however long it is ago. */
  async #keepAllRecent(): Promise<void> {
    const decided = await readDecidedAll(this.#memory.store, ORGANIZATION);
    if (decided !== null) await keepDecidedAll(this.#memory.store, ORGANIZATION, { ...decided, at: this.#at() });
  }

  #parts(): SwitchParts {
    const parts = {
      store: this.#memory.store,
      settings: this.#switchSettings,
      exchange: { organization: ORGANIZATION },
      directory: null,
      now: () => this.#now,
      signal: SIGNAL,
    };
    return parts as unknown as SwitchParts;
  }

  #decider(parts: SwitchParts): Promise<Decider> {
    const now = this.#now;
    return Decider.begin({ ...parts, now: () => now }, this.#matchSettings.maxAgeHours, null);
  }

  async #decide(
    decider: Decider,
    records: readonly DeviceRecord[],
    reading: SnapshotInfo,
  ): Promise<{ judged: Judged[]; known: Known[]; gone: OwnedEntry[] }> {
    const ours = await ownedOf(this.#memory.store, records);
    const { adoptEntries } = this.#switchSettings;
    const kept = await this.#memory.store.attempts.of(records.map(({ key }) => key));
    const judged = records.map((record) =>
      decider.judge(record, ours, reading.fullStartedAt, kept.get(record.key) ?? null),
    );
    return {
      judged,
      known: judged.map(({ device, decision, owned }) => ({
        device,
        decision,
        change: planChange(device, decision, owned, { at: this.#at(), adoptEntries }),
      })),
      gone: records.flatMap((record) => goneEntries(record, ours.entriesOf(record), reading.fullStartedAt)),
    };
  }

  #forget(gone: OwnedEntry): void {
    const isOther = (entry: OwnedEntry): boolean =>
      entry.mailboxId === gone.mailboxId && entry.easId === gone.easId && entry.list !== gone.list;
    this.#memory.own(gone, this.#memory.entries.filter(isOther));
  }

  /** What was carried beside what is found and decided about every device at this time. */
  async #compare(
    decider: Decider,
    {
      scope,
      reading,
      about,
      gone,
    }: Pick<Compared, 'scope' | 'about'> & { readonly reading: SnapshotInfo; readonly gone: readonly OwnedEntry[] },
  ): Promise<Compared> {
    const look = { now: this.#now, pageSize: 100, signal: SIGNAL };
    const whole = await lookAtOrganization(this.#memory.store, ORGANIZATION, this.#matchSettings, look);
    const records: DeviceRecord[] = [];
    for await (const page of whole!.devices()) records.push(...page.records);
    const anew = await this.#decide(decider, records, reading);
    const keys = records.map(({ key }) => key);
    return {
      scope,
      about,
      carried: {
        devices: shown(keys.flatMap((key) => this.#known.get(key) ?? [])),
        merged: Object.fromEntries(keys.flatMap((key) => pairOf(key, this.#memory.mergedWith(key)))),
        gone: gone.map(nameOf).sort(),
      },
      anew: {
        devices: shown(anew.known),
        merged: Object.fromEntries(records.flatMap(({ key, mdm }) => pairOf(key, mdm?.key))),
        gone: anew.gone.map(nameOf).sort(),
      },
    };
  }
}

function pairOf(easKey: string, mdmKey: string | undefined): [string, string][] {
  return mdmKey === undefined ? [] : [[easKey, mdmKey]];
}

function nameOf({ mailboxId, easId, list }: OwnedEntry): string {
  return `${mailboxId} ${easId} ${list}`;
}

function picked<T>(of: readonly T[], pick: number): T | undefined {
  return of[pick % of.length];
}

function latest(one: string | null | undefined, other: string | null | undefined): string | null {
  const times = [one, other].filter((time) => typeof time === 'string').sort();
  return times.at(-1) ?? null;
}

/** Without the times that every reading brings. */
function shown(all: readonly Known[]): Record<string, object> {
  return Object.fromEntries(
    all.map(({ device: { eas, mdm, ...device }, decision, change }) => [
      device.key,
      {
        ...device,
        eas: { ...eas, lastSyncAt: null },
        mdm: mdm === undefined ? null : { ...mdm, lastSeenAt: null },
        decision,
        change:
          change === null
            ? null
            : { action: change.action, from: change.from, to: change.to, edit: change.edit, lowers: change.lowers },
      },
    ]),
  );
}
