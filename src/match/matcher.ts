/** The matcher: pages of EAS records in, pages of device records out; MDM records are loaded by key, one batch a page. */
import { foldEasId } from '../model/keys.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord, Reason, ReasonCode } from '../model/records.ts';
import { explainMerge, explainUnmatched, MERGED, NAMED_RECORDS } from './explain.ts';
import { formerKeys, formerlyOf } from './formerly.ts';
import { MatchCounter } from './match-report.ts';
import type { MatchReport } from './match-report.ts';
import { hangsOn } from './finding.ts';
import { MatchRules } from './match-rules.ts';
import type { MatchScene } from './match-scene.ts';
import type { Finding, HangsOn } from './finding.ts';
import type { PastReturn } from './returned.ts';
import { shareHardware } from './re-enrolled.ts';
import { isSameUser } from './same-user.ts';
import { suggestionOf, suggestRows } from './suggestions.ts';

/** Loads MDM records by key from the store; keys it does not have are absent from the map. */
export type LoadMdmRecords = (keys: readonly string[]) => Promise<ReadonlyMap<string, MdmRecord>>;

// What an MDM record without EAS side is to be told apart by: the highest that applies.
const MDM_ONLY: readonly ReasonCode[] = [
  'no-eas-record',
  'snapshot-incomplete',
  'needs-activation',
  'returned-with-new-id',
  'other-user',
  'ambiguous',
];
const MERGED_ROW = 255;

const NONE: readonly never[] = [];

const MDM_ONLY_TEXT: Partial<Record<ReasonCode, string>> = {
  'snapshot-incomplete': 'The record changed while it was matched; the next run settles it.',
  'needs-activation': 'The device waits for its user to open the link.',
  'returned-with-new-id': 'The mail account of this device seems to have returned under a new EAS ID.',
  'other-user': 'Its EAS ID is on the mailbox of another user.',
  ambiguous: 'It is one of several candidates for a mail account.',
};

/** What is found of an EAS record, and which MDM records are to be looked at for what is said of it, by their keys. */
interface Found {
  readonly finding: Finding;
  /** The record it belongs to. */
  readonly own: string | null;
  /** Of {@link Finding.beside} those that are named. */
  readonly named: readonly string[];
  readonly suggested: readonly { readonly key: string; readonly why: string }[];
  /** Keys: what may have managed it before. */
  readonly former: readonly string[];
}

/**
 * Matches one EAS snapshot against one MDM snapshot. Feed every page of EAS records to {@link matchPage}, in any order;
 * then {@link mdmOnly} yields the MDM records no EAS record belongs to, and {@link report} the counts.
 */
export class Matcher {
  readonly #scene: MatchScene;
  readonly #rules: MatchRules;
  readonly #counter = new MatchCounter();
  // By row, up to the last one of which something is known.
  #rowState: Uint8Array;
  #hangsOn = new Map<string, HangsOn>();
  #returns: PastReturn[] = [];

  constructor(scene: MatchScene) {
    this.#scene = scene;
    this.#rules = new MatchRules(scene);
    this.#rowState = new Uint8Array(scene.mdm.rows);
  }

  /** Devices of the last page, by their keys, whose outcome may be another one though no content of a record is. */
  get hangsOn(): ReadonlyMap<string, HangsOn> {
    return this.#hangsOn;
  }

  /** Devices of the last page that are believed to have come back under a new EAS ID. */
  get returns(): readonly PastReturn[] {
    return this.#returns;
  }

  /** Further ones, before the first page: many are added some at a time. */
  addActivations(activations: readonly Activation[]): void {
    this.#rules.addActivations(activations);
  }

  /**
   * Device records for a page of EAS records, in its order.
   * @param load called at most once, with the keys of every MDM record the page needs
   */
  async matchPage(records: readonly EasRecord[], load: LoadMdmRecords): Promise<DeviceRecord[]> {
    this.#hangsOn = new Map();
    this.#returns = [];
    const plain = records.map((record) => this.#rules.plainMatch(record));
    const others = records.filter((_, i) => plain[i] === null);
    await this.#knowFirstRead(others);
    await this.#rules.knowPast(records, others);
    const findings = records.map((record, i) => this.#find(record, plain[i] ?? null));
    const keys = new Set<string>();
    for (const found of findings) addWanted(found, keys);
    const loaded: ReadonlyMap<string, MdmRecord> = keys.size === 0 ? new Map() : await load([...keys]);
    const devices = records.map((record, i) => this.#device(record, findings[i]!, loaded));
    for (const device of devices) this.#counter.count(device);
    return devices;
  }

  async #knowFirstRead(records: readonly EasRecord[]): Promise<void> {
    const untold = records.filter((record) => this.#rules.isFirstSyncUntold(record)).map(({ key }) => key);
    if (untold.length > 0) this.#rules.knowFirstRead((await this.#scene.firstRead?.(untold)) ?? new Map());
  }

  /** MDM records that no EAS record seen so far belongs to. Call it after the last EAS page of a complete reading. */
  async *mdmOnly(load: LoadMdmRecords, pageSize = 500): AsyncGenerator<DeviceRecord[]> {
    this.#followReplaced();
    yield* this.#mdmOnlyPages(this.#liveRows(), load, pageSize);
  }

  /**
   * The same of some MDM records only: those with these keys, and those that belong to none of the EAS records seen so far but
   * are named by one (candidates of a hold, devices that wait). In the order of their keys, each once.
   */
  async *mdmOnlyOf(keys: readonly string[], load: LoadMdmRecords, pageSize = 500): AsyncGenerator<DeviceRecord[]> {
    const { mdm } = this.#scene;
    this.#followReplaced();
    const rows = new Set<number>();
    for (const key of keys) {
      const row = mdm.rowOfKey(key);
      if (row >= 0 && mdm.key(row) === key) rows.add(row);
    }
    for (const row of this.#liveRows()) if (this.#rowState[row] !== 0) rows.add(row);
    yield* this.#mdmOnlyPages(mdm.byKeyOrder([...rows]), load, pageSize);
  }

  /** Counts of everything handed out so far. */
  report(): MatchReport {
    return this.#counter.report();
  }

  #find(record: EasRecord, plain: Finding | null): Found {
    const { mdm } = this.#scene;
    const finding = plain ?? this.#rules.match(record);
    const named = finding.beside.length === 0 ? NONE : this.#named(finding);
    if (finding.row >= 0) return { finding, own: mdm.key(finding.row), named, suggested: NONE, former: NONE };
    const suggested = suggestRows(mdm, record, finding, this.#rules.rowsOfUser(record));
    return {
      finding,
      own: null,
      named,
      suggested: suggested.map(({ row, why }) => ({ key: mdm.key(row), why })),
      former: formerKeys(record, this.#rules.pastOf(record), mdm),
    };
  }

  #device(eas: EasRecord, found: Found, loaded: ReadonlyMap<string, MdmRecord>): DeviceRecord {
    const { finding } = found;
    const beside = found.named.length === 0 ? NONE : found.named.flatMap((key) => loaded.get(key) ?? []);
    if (found.own === null) return this.#unmatched(eas, found, beside, loaded);
    const mdm = loaded.get(found.own);
    if (!mdm || !this.#stillFits(finding, eas, mdm, beside)) return this.#changedMeanwhile(eas, finding);
    this.#hang(eas, this.#hangOf(eas, finding));
    this.#setState(finding.row, MERGED_ROW);
    const evidence = explainMerge(finding, eas, mdm, beside);
    const match = { by: finding.by, evidence };
    return { key: eas.key, status: 'eas/mdm', eas, mdm, match, reason: MERGED, ...askFrom(finding) };
  }

  #unmatched(
    eas: EasRecord,
    { finding, suggested, former }: Found,
    beside: readonly MdmRecord[],
    loaded: ReadonlyMap<string, MdmRecord>,
  ): DeviceRecord {
    this.#hang(eas, this.#hangOf(eas, finding));
    for (const row of finding.beside) this.#mark(row, finding.reason);
    if (finding.returnedAt !== undefined) {
      const back = { mailboxId: eas.mailbox.id.toLowerCase(), easKey: eas.key, at: finding.returnedAt };
      for (const row of finding.beside) this.#returns.push({ ...back, mdmKey: this.#scene.mdm.key(row) });
    }
    const { reason, evidence } = explainUnmatched(finding, eas, beside);
    const suggestions = suggested.flatMap(({ key, why }) => {
      const mdm = loaded.get(key);
      return mdm ? [suggestionOf(mdm, why)] : [];
    });
    const formerly = formerlyOf(eas, this.#rules.pastOf(eas), former, loaded);
    return {
      key: eas.key,
      status: 'eas',
      eas,
      match: { by: null, evidence },
      reason,
      ...askFrom(finding),
      ...(formerly !== undefined && { formerly }),
      ...(suggestions.length > 0 && { suggestions }),
    };
  }

  // The index is built first, the records are loaded later: a reading may have been committed between, and hashes only
  // nearly always tell texts apart. What does not hold on the records themselves is left for the next run.
  #stillFits(finding: Finding, eas: EasRecord, mdm: MdmRecord, beside: readonly MdmRecord[]): boolean {
    if (!mdm.managed) return false;
    if (finding.case === 're-enrolled') return isSameUser(eas, mdm) && isRenewed(eas, mdm, beside);
    if (finding.by === 'eas-id' && !isReportedBy(mdm, eas)) return false;
    if (finding.by === 'activation' && mdm.easIds.length > 0) return false;
    return finding.by === 'pairing' || finding.case === 'other-user-merged' || isSameUser(eas, mdm);
  }

  #changedMeanwhile(eas: EasRecord, finding: Finding): DeviceRecord {
    this.#hang(eas, 'asking');
    this.#mark(finding.row, 'snapshot-incomplete');
    const reason: Reason = {
      code: 'snapshot-incomplete',
      text: 'The MDM record changed while it was matched; the next run settles it.',
    };
    return { key: eas.key, status: 'eas', eas, match: { by: null, evidence: [] }, reason };
  }

  #mark(row: number, code: ReasonCode): void {
    this.#setState(row, Math.max(0, MDM_ONLY.indexOf(code)));
  }

  // The highest state of a row holds.
  #setState(row: number, state: number): void {
    if (row >= this.#rowState.length) this.#makeRoom();
    if (state > this.#rowState[row]!) this.#rowState[row] = state;
  }

  #makeRoom(): void {
    const grown = new Uint8Array(this.#scene.mdm.rows * 2);
    grown.set(this.#rowState);
    this.#rowState = grown;
  }

  // A record that was replaced while it was matched has another row now: what is known of the old one is true of it.
  #followReplaced(): void {
    const { mdm } = this.#scene;
    if (this.#rowState.length < mdm.rows) this.#makeRoom();
    for (let row = 0; row < mdm.rows; row++) {
      if (this.#rowState[row] === 0 || mdm.isLive(row)) continue;
      const now = mdm.rowOfKey(mdm.key(row));
      if (now >= 0) this.#setState(now, this.#rowState[row]!);
    }
  }

  *#liveRows(): Generator<number> {
    const { mdm } = this.#scene;
    const end = mdm.rows;
    for (let row = 0; row < end; row++) if (mdm.isLive(row)) yield row;
  }

  // A first sync in the future will be in the past one day; until then the account is not one of several.
  #hangOf(eas: EasRecord, finding: Finding): HangsOn | null {
    const isAhead = finding.case !== 'same-user' && eas.firstSyncAt !== null && this.#rules.isFirstSyncUntold(eas);
    return isAhead ? 'asking' : hangsOn(finding);
  }

  #hang(eas: EasRecord, on: HangsOn | null): void {
    if (on !== null) this.#hangsOn.set(eas.key, on);
  }

  // In the order of their keys, so that the order of pages does not show.
  #named({ beside }: Finding): string[] {
    const { mdm } = this.#scene;
    const rows = mdm.byKeyOrder(beside).slice(0, NAMED_RECORDS);
    return rows.map((row) => mdm.key(row));
  }

  async *#mdmOnlyPages(rows: Iterable<number>, load: LoadMdmRecords, pageSize: number): AsyncGenerator<DeviceRecord[]> {
    let page: { key: string; code: ReasonCode }[] = [];
    for (const row of rows) {
      if (this.#rowState[row] === MERGED_ROW) continue;
      page.push({ key: this.#scene.mdm.key(row), code: MDM_ONLY[this.#rowState[row]!]! });
      if (page.length < pageSize) continue;
      yield await this.#mdmOnlyPage(page, load);
      page = [];
    }
    if (page.length > 0) yield await this.#mdmOnlyPage(page, load);
  }

  async #mdmOnlyPage(
    page: readonly { key: string; code: ReasonCode }[],
    load: LoadMdmRecords,
  ): Promise<DeviceRecord[]> {
    const loaded = await load(page.map(({ key }) => key));
    const devices = page.flatMap(({ key, code }) => {
      const mdm = loaded.get(key);
      return mdm ? [mdmOnlyDevice(mdm, code)] : [];
    });
    for (const device of devices) this.#counter.count(device);
    return devices;
  }
}

function addWanted({ own, named, suggested, former }: Found, keys: Set<string>): void {
  if (own !== null) keys.add(own);
  for (const key of named) keys.add(key);
  for (const { key } of suggested) keys.add(key);
  for (const key of former) keys.add(key);
}

function askFrom({ askFrom: at }: Finding): { readonly askFrom?: string } {
  return at === undefined ? {} : { askFrom: new Date(at).toISOString() };
}

function isReportedBy({ easIds }: MdmRecord, { easId }: EasRecord): boolean {
  return easIds.includes(easId) || easIds.some((id) => foldEasId(id) === foldEasId(easId));
}

/** Enrolled again, after one that still has the EAS ID. */
function isRenewed(eas: EasRecord, mdm: MdmRecord, beside: readonly MdmRecord[]): boolean {
  return mdm.easIds.length === 0 && beside.some((old) => isReportedBy(old, eas) && shareHardware(old, mdm));
}

function mdmOnlyDevice(mdm: MdmRecord, code: ReasonCode): DeviceRecord {
  const text = MDM_ONLY_TEXT[code] ?? 'No mail account on this device is known to Exchange.';
  return { key: mdm.key, status: 'mdm', mdm, match: { by: null, evidence: [] }, reason: { code, text } };
}
