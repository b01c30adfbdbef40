/** As much of a store as matching and deciding read and write, in memory: what counts is which rows are touched by what. */
import type { Exemption } from '../../src/model/exemption.ts';
import type { OwnedEntry, TakenOff } from '../../src/model/personal-lists.ts';
import { reachedByEas, reachedByMdm } from '../../src/model/join-keys.ts';
import { foldEasId } from '../../src/model/keys.ts';
import { addContent } from '../../src/model/reading-content.ts';
import { OWN_CLOCK } from '../../src/model/server-clock.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';
import type { Activation, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
import { textOf } from '../../src/store/seen-records.ts';
import type {
  AttemptRow,
  DeviceDecision,
  DeviceReturn,
  ListEntryKey,
  Merged,
  QuietDevice,
  SnapshotInfo,
  SnapshotRecord,
  SnapshotSource,
  Store,
  TouchedDue,
} from '../../src/store/store.ts';
import { EVERYTHING, PAIRED } from '../../src/store/touched-keys.ts';

/** The one organization. */
export const ORGANIZATION = 'org';

/** Stands for every record of a scope, as in the table of changes. */
const EVERY_RECORD = '';

/** A row of what was touched. */
interface TouchedRow {
  readonly due: TouchedDue | 'either';
  readonly run: string | null;
  readonly again: TouchedDue | 'either' | null;
}

/** As in the store: mailboxes whose turn comes with one run. */
const TURNS = 500;

const hangsOnReading = (due: TouchedRow['again']): boolean => due === 'reading' || due === 'either';

/** The sooner of both. */
function bothOf(before: TouchedRow['again'], said: TouchedDue): TouchedDue | 'either' {
  if (before === 'now' || said === 'now') return 'now';
  return before === null || before === said ? said : 'either';
}

/** A reading that came to its end. */
export interface EndedReading {
  readonly source: SnapshotSource;
  readonly scope: string;
  readonly kind: 'full' | 'quick';
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** A full one: all there are. */
  readonly records: readonly SnapshotRecord[];
  /** The far end's. */
  readonly clock?: ServerClock;
  /** A quick one: keys that are no longer there. */
  readonly gone: readonly string[];
}

function mailboxKey(id: string): string {
  return `mailbox:${id.toLowerCase()}`;
}

/** Whether an entry is one of these devices'. */
function isOfAny(devices: readonly Omit<ListEntryKey, 'list'>[]): (entry: ListEntryKey) => boolean {
  return (entry) =>
    devices.some(
      ({ mailboxId, easId }) => mailboxId === entry.mailboxId && foldEasId(easId) === foldEasId(entry.easId),
    );
}

/** Rows by name, and what of the store's parts goes by them. */
export class MemoryStore {
  readonly records = new Map<string, SnapshotRecord>();
  readonly decided = new Map<string, DeviceDecision>();
  /** What EAS records are one with, or were last. */
  readonly merges = new Map<string, Merged>();
  readonly settings = new Map<string, unknown>();
  entries: readonly OwnedEntry[] = [];
  takenOff: readonly TakenOff[] = [];
  readonly #snapshots = new Map<string, SnapshotInfo>();
  readonly #touched = new Map<string, TouchedRow>();
  readonly #changes: string[] = [];
  readonly #pairings = new Map<string, Pairing>();
  /** When the first reading began that had a record: it stays. */
  readonly #firstRead = new Map<string, string>();
  readonly #exemptions = new Map<string, Exemption>();
  readonly #activations: Activation[] = [];
  readonly #returns = new Map<string, DeviceReturn>();
  readonly #asked = new Map<string, string>();
  readonly #attempts = new Map<string, AttemptRow>();
  #fullReadings = 0;
  /** Full readings before the last run began. */
  #knownToRun = 0;

  /** The parts that are there, as if they were a whole store. */
  readonly store: Store = this.#asStore();

  /** All records of one side, by key. */
  of<T extends SnapshotRecord>(source: T['kind'], scope?: string): T[] {
    const all = [...this.records.values()].filter(
      (record) => record.kind === source && (scope === undefined || record.kind === 'eas' || record.source === scope),
    );
    return (all as T[]).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  latest(source: SnapshotSource, scope: string): SnapshotInfo | null {
    return this.#snapshots.get(`${source}:${scope}`) ?? null;
  }

  /** How many changes were said. */
  get lastChange(): number {
    return this.#changes.length;
  }

  /** Keys of the records that have changed since; null: a whole scope did. */
  changesSince(no: number): string[] | null {
    const keys = this.#changes.slice(no);
    return keys.includes(EVERY_RECORD) ? null : [...new Set(keys)];
  }

  // ── readings ────────────────────────────────────────────────────────────────

  /*
   *   a reading                       says as changed                       makes due
   *   is the first one of its scope   everything                            all
   *   is a quick one                  the records that it brings or         what is reached over them, before and after
   *                                   takes out
   *   is a full one                   those with another content; times     the same, and what hangs on a reading
   *                                   are known from it, and said nowhere
   */
  end(reading: EndedReading): void {
    const { source, scope, kind } = reading;
    const isFirst = this.latest(source, scope) === null;
    const known = new Map(this.of(source, scope).map((record) => [record.key, record]));
    const brought = new Set(reading.records.map(({ key }) => key));
    const gone = kind === 'full' ? [...known.keys()].filter((key) => !brought.has(key)) : reading.gone;
    const changed = reading.records.filter((record) => {
      const before = known.get(record.key);
      return kind === 'quick' || before === undefined || textOf(before).content !== textOf(record).content;
    });
    const keys = [...changed.map(({ key }) => key), ...gone];
    const befores = keys.flatMap((key) => known.get(key) ?? []);
    const reached = [...befores, ...changed].flatMap((record) =>
      record.kind === 'eas' ? reachedByEas(record) : reachedByMdm(record),
    );
    const itself = source === 'mdm' ? keys : gone.flatMap((key) => this.mergedWith(key) ?? []);
    for (const record of reading.records) {
      this.records.set(record.key, record);
      if (!this.#firstRead.has(record.key)) this.#firstRead.set(record.key, reading.startedAt);
    }
    for (const key of gone) {
      this.records.delete(key);
      this.decided.delete(key);
      this.merges.delete(key);
    }
    this.#changes.push(...(isFirst ? [EVERY_RECORD] : keys));
    this.#keepSnapshot(reading);
    this.touch(isFirst ? [EVERYTHING] : [...reached, ...itself]);
    if (kind === 'full') this.#touchAfterReading();
  }

  #keepSnapshot({ source, scope, kind, startedAt, clock = OWN_CLOCK }: EndedReading): void {
    const before = this.latest(source, scope);
    this.#snapshots.set(`${source}:${scope}`, {
      source,
      scope,
      syncId: '',
      kind,
      startedAt,
      completedAt: startedAt,
      fullStartedAt: kind === 'full' || before === null ? startedAt : before.fullStartedAt,
      count: this.of(source, scope).length,
      previousCount: null,
      ...(source === 'mdm' && {
        content:
          kind === 'full' || before === null ? addContent({}, this.of<MdmRecord>('mdm', scope)) : before.content!,
      }),
      clock,
    });
  }

  // ── what people and the connector do ────────────────────────────────────────

  activate(activation: Activation): void {
    this.#activations.push(activation);
    this.touch([mailboxKey(activation.mailbox)]);
  }

  pair(pairing: Pairing): void {
    this.#touchPaired(pairing.easKey, pairing.mdmKey);
    this.#pairings.set(pairing.easKey, pairing);
  }

  unpair(easKey: string): void {
    this.#touchPaired(easKey, null);
    this.#pairings.delete(easKey);
  }

  #touchPaired(easKey: string, mdmKey: string | null): void {
    const mdmKeys = [this.#pairings.get(easKey)?.mdmKey ?? null, mdmKey].filter((key) => key !== null);
    this.touch(mdmKeys.map((key) => `${PAIRED}${key}`));
    this.touch([mailboxKey(easKey.split(':')[2]!)]);
  }

  /** A person exempts a device, or takes that back: null. */
  exempt({ key, mailbox }: EasRecord, exemption: Exemption | null): void {
    if (exemption === null) this.#exemptions.delete(key);
    else this.#exemptions.set(key, exemption);
    this.touch([mailboxKey(mailbox.id)]);
  }

  /** Keys of the EAS records that are paired. */
  get paired(): readonly string[] {
    return [...this.#pairings.keys()];
  }

  /** The MDMs were asked for the owner of a mailbox. */
  ask(mailboxId: string, at: string): void {
    const starts = [...this.#snapshots.values()]
      .filter(({ source }) => source === 'mdm')
      .map((one) => one.fullStartedAt);
    const oldest = starts.sort()[0] ?? '';
    for (const [mailbox, askedAt] of this.#asked) if (askedAt < oldest) this.#asked.delete(mailbox);
    this.#asked.set(mailboxId.toLowerCase(), at);
    this.touch([mailboxKey(mailboxId)]);
  }

  /** Exchange told when a device last tried to sync. */
  tell({ key, mailbox }: EasRecord, lastAttemptAt: string | null, toldAt: string): void {
    const before = this.#attempts.get(key);
    const isQuiet = before?.isQuiet ?? false;
    this.#attempts.set(key, { told: { lastAttemptAt, toldAt }, refusedAt: null, isQuiet, seen: '' });
    this.touch([mailboxKey(mailbox.id)]);
  }

  /** It may not be asked. */
  refuse({ key, mailbox }: EasRecord, at: string): void {
    const before = this.#attempts.get(key) ?? { told: null, isQuiet: false, seen: '' };
    this.#attempts.set(key, { ...before, refusedAt: at });
    this.touch([mailboxKey(mailbox.id)]);
  }

  /** What we own of a device. */
  ownedOf(device: Omit<ListEntryKey, 'list'>): readonly OwnedEntry[] {
    return this.entries.filter(isOfAny([device]));
  }

  /** In place of what we own of a device. @param takenOff what of it was taken off with that */
  own(device: Omit<ListEntryKey, 'list'>, entries: readonly OwnedEntry[], takenOff: readonly TakenOff[] = []): void {
    const isOf = isOfAny([device]);
    this.entries = [...this.entries.filter((entry) => !isOf(entry)), ...entries];
    const isSame = (entry: TakenOff): boolean => isOf(entry) && takenOff.some(({ list }) => list === entry.list);
    this.takenOff = [...this.takenOff.filter((entry) => !isSame(entry)), ...takenOff];
    this.touch([mailboxKey(device.mailboxId)]);
  }

  #quiet(devices: readonly QuietDevice[], others: readonly string[]): void {
    for (const key of [...devices.map((device) => device.key), ...others]) {
      const { told = null, refusedAt = null } = this.#attempts.get(key) ?? {};
      this.#attempts.set(key, { told, refusedAt, isQuiet: !others.includes(key), seen: '' });
    }
  }

  // ── what was touched ────────────────────────────────────────────────────────

  touch(keys: readonly string[]): void {
    for (const key of keys) this.#touched.set(key, { due: 'now', run: null, again: null });
  }

  /** A run's plan is valid. */
  clear(run: string): void {
    for (const [key, row] of this.#touched) {
      if (row.run !== run) continue;
      if (row.again === null) this.#touched.delete(key);
      else this.#touched.set(key, { due: row.again, run: null, again: null });
    }
  }

  /** True if a later run has to decide about something. */
  get isAnythingDue(): boolean {
    return [...this.#touched.values()].some(({ due }) => due !== 'reading');
  }

  /*
   *   a full reading ends                            what hangs on a reading
   *   while no run is under way                      is due
   *   after a run has said that it does              is due after that run too
   *   after a run began, and before it says so       is due after that run: it may have looked at what was before
   */
  #touchAfterReading(): void {
    this.#fullReadings += 1;
    const hanging = [...this.#touched].filter(([, { due, again }]) => hangsOnReading(due) || hangsOnReading(again));
    this.touch(hanging.map(([key]) => key));
  }

  #take(run: string): string[] {
    this.#knownToRun = this.#fullReadings;
    for (const [key, { due }] of this.#touched) if (due === 'now') this.#touched.set(key, { due, run, again: null });
    const turns = [...this.#touched].filter(([, { due }]) => due === 'turn' || due === 'either');
    turns.sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [key, row] of turns.slice(0, TURNS)) this.#touched.set(key, { ...row, run, again: null });
    return [...this.#touched].filter(([, row]) => row.run === run).map(([key]) => key);
  }

  #resolve(run: string, keys: readonly string[], mailboxIds: readonly string[]): void {
    for (const key of keys) if (this.#touched.get(key)?.run === run) this.#touched.delete(key);
    for (const id of mailboxIds) {
      const row = this.#touched.get(mailboxKey(id));
      const isOthers = row !== undefined && row.due === 'now';
      this.#touched.set(mailboxKey(id), { again: null, ...row, due: 'now', run: isOthers ? row.run : run });
    }
  }

  #again(mailboxIds: readonly string[], wanted: TouchedDue): void {
    const due = this.#fullReadings > this.#knownToRun ? 'now' : wanted;
    for (const id of new Set(mailboxIds)) {
      const row = this.#touched.get(mailboxKey(id));
      const next: TouchedRow =
        row === undefined
          ? { due, run: null, again: null }
          : { run: row.run, due: bothOf(row.due, due), again: bothOf(row.again, due) };
      this.#touched.set(mailboxKey(id), next);
    }
  }

  // ── as a store ──────────────────────────────────────────────────────────────

  /** The MDM record that an EAS record is one with. */
  mergedWith(easKey: string): string | undefined {
    const row = this.merges.get(easKey);
    return row?.until === null ? row.mdmKey : undefined;
  }

  #settle(found: Parameters<Store['merges']['settle']>[1], at: string): string[] {
    const parted: string[] = [];
    for (const { easKey, mdmKey, by, hardware } of found) {
      const row = this.merges.get(easKey);
      const before = row?.until === null ? row : undefined;
      if (before !== undefined && before.mdmKey !== mdmKey) parted.push(before.mdmKey);
      if (mdmKey !== null)
        this.merges.set(easKey, {
          easKey,
          mdmKey,
          by: by ?? '',
          since: before?.mdmKey === mdmKey ? before.since : at,
          until: null,
          ...(hardware && { hardware }),
        });
      else if (before !== undefined) this.merges.set(easKey, { ...before, until: at });
    }
    return parted;
  }

  async *#read(source: SnapshotSource, scope: string | undefined, pageSize: number): AsyncGenerator<SnapshotRecord[]> {
    const records = this.of(source, scope);
    for (let at = 0; at < records.length; at += pageSize) yield records.slice(at, at + pageSize);
  }

  #asStore(): Store {
    const parts = {
      listings: { postponeOrders: async () => {}, makeOrders: () => {} },
      snapshots: {
        latest: async (source: SnapshotSource, scope: string) => this.latest(source, scope),
        list: async (source: SnapshotSource) => [...this.#snapshots.values()].filter((one) => one.source === source),
        read: (source: SnapshotSource, scope: string | undefined, { pageSize = 500 }: { pageSize?: number } = {}) =>
          this.#read(source, scope, pageSize),
        getMany: async (keys: readonly string[]) =>
          new Map(keys.flatMap((key) => (this.records.has(key) ? [[key, this.records.get(key)!]] : []))),
        lastChange: async () => this.lastChange,
      },
      sources: { list: async () => [], gone: async () => [] },
      touched: {
        addEverything: async () => this.touch([EVERYTHING]),
        take: async (_: string, run: string) => this.#take(run),
        resolve: async (
          _: string,
          run: string,
          { keys, mailboxIds }: { keys: readonly string[]; mailboxIds: readonly string[] },
        ) => this.#resolve(run, keys, mailboxIds),
        again: async (_: string, mailboxIds: readonly string[], due: TouchedDue) => this.#again(mailboxIds, due),
      },
      settings: {
        get: async (name: string) => this.settings.get(name) ?? null,
        set: async (name: string, value: unknown) => void this.settings.set(name, value),
      },
      devices: {
        firstRead: async (keys: readonly string[]) =>
          new Map(keys.flatMap((key) => (this.#firstRead.has(key) ? [[key, this.#firstRead.get(key)!]] : []))),
        decide: async (rows: readonly DeviceDecision[]) => {
          for (const row of rows) this.decided.set(row.key, row);
        },
        counts: async () => ({ decision: this.decided.size === 0 ? {} : { any: this.decided.size } }),
        due: async (_: string, time: string) =>
          [...this.decided.values()]
            .filter(({ reviewAt }) => reviewAt !== null && reviewAt <= time)
            .map(({ mailboxId }) => mailboxId),
      },
      // Whose changes wait is decided about each time: here that would only hide what was missed.
      outbox: { mailboxes: async () => [] },
      plans: { mailboxes: async () => [] },
      pairings: { list: async () => [...this.#pairings.values()] },
      exemptions: { list: async () => [...this.#exemptions.values()] },
      activations: {
        list: async () => this.#activations,
        forMailboxes: async (mailboxes: readonly string[]) =>
          this.#activations.filter(({ mailbox }) => mailboxes.includes(mailbox.toLowerCase())),
      },
      asked: { list: async () => new Map(this.#asked) },
      attempts: {
        of: async (keys: readonly string[]) =>
          new Map(keys.flatMap((key) => (this.#attempts.has(key) ? [[key, this.#attempts.get(key)!]] : []))),
        quiet: async (devices: readonly QuietDevice[], others: readonly string[]) => this.#quiet(devices, others),
      },
      merges: {
        settle: async (_: string, ...[found, at]: [Parameters<Store['merges']['settle']>[1], string]) =>
          this.#settle(found, at),
        getMany: async (keys: readonly string[]) =>
          new Map(keys.flatMap((key) => (this.merges.has(key) ? [[key, this.merges.get(key)!]] : []))),
        withMdm: async (_: string, mdmKeys: readonly string[]) =>
          [...this.merges.values()].filter(({ mdmKey }) => mdmKeys.includes(mdmKey)).map(({ easKey }) => easKey),
      },
      returns: {
        put: async (_: string, returns: readonly DeviceReturn[]) => {
          for (const one of returns) this.#returns.set(`${one.mailboxId} ${one.mdmKey}`, one);
        },
        of: async (_: string, ids: readonly string[]) =>
          [...this.#returns.values()].filter(({ mailboxId }) => ids.includes(mailboxId)),
      },
      entries: {
        list: async () => this.entries,
        forDevices: async (devices: readonly Omit<ListEntryKey, 'list'>[]) => this.entries.filter(isOfAny(devices)),
        takenOffOf: async (devices: readonly Omit<ListEntryKey, 'list'>[]) => this.takenOff.filter(isOfAny(devices)),
      },
      together: async (work: (store: Store) => Promise<void>) => work(this.store),
    };
    return parts as unknown as Store;
  }
}
