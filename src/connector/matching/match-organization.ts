/** One run of the matcher over the readings in the store: device records in pages, then what only the MDM knows. */
import { isGone } from '../../access/gone-source.ts';
import type { EasIndex } from '../../match/eas-index.ts';
import type { MatchReport } from '../../match/match-report.ts';
import type { Matcher } from '../../match/matcher.ts';
import { mdmState } from '../../match/mdm-state.ts';
import { hardwareOfMdm } from '../../model/join-keys.ts';
import { easRecordKey, readEasRecordKey } from '../../model/keys.ts';
import { isFresh } from '../../model/reading-age.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord } from '../../model/records.ts';
import { chunks } from '../../store/chunks.ts';
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import { EVERYTHING } from '../../store/touched-keys.ts';
import { markLast } from '../readings/page.ts';
import type { Page } from '../readings/page.ts';
import { JoinedReadings } from './joined-readings.ts';
import type { Joined, LentReadings } from './joined-readings.ts';
import { mostMailboxes, reachedMailboxes, takeTouched } from './match-scope.ts';
import type { WantedScope } from './match-scope.ts';
import type { MatchSettings } from './match-settings.ts';
import { countOf, matcherOf } from './open-matching.ts';
import type { OpenMatching } from './open-matching.ts';
import { UsersToAsk } from './users-to-ask.ts';
import type { AskedReport, AskingParts } from './users-to-ask.ts';

/** Mailboxes whose records are read at once. */
const MAILBOXES_AT_ONCE = 500;

/** What is known of the MDM side: the oldest of its readings counts. */
export interface MdmState {
  readonly startedAt: string | null;
  readonly complete: boolean;
  readonly fresh: boolean;
  readonly count: number;
  readonly sources: readonly {
    readonly source: string;
    /** Null: it is deployed, and was never read to its end. */
    readonly startedAt: string | null;
    readonly fresh: boolean;
    readonly count: number;
    /** Nothing on the canvas reads it any more, and it is missed: what a person calls it, and since when. Absent: it is not. */
    readonly gone?: { readonly name: string; readonly since: string };
  }[];
}

/** A run, ready to be read page by page: `devices` first, then `mdmOnly`, then `report`. */
export interface OrganizationMatch {
  readonly eas: SnapshotInfo;
  readonly mdm: MdmState;
  /** Which devices it is about. */
  readonly scope: 'all' | 'changes';
  devices(): AsyncGenerator<Page<DeviceRecord>>;
  mdmOnly(): AsyncGenerator<Page<DeviceRecord>>;
  report(): MatchReport;
  /** For whom the MDMs were asked before it; null: for nobody, since no answer would tell or there is none to ask. */
  readonly asked: AskedReport | null;
}

/** Whom the MDMs are asked through, if they may be. */
export type Asking = Omit<AskingParts, 'store' | 'signal'>;

/** The state of all MDM sources that count, at `now` (milliseconds since 1970). */
export function mdmStateOf(readings: readonly MdmReading[], maxAgeHours: number, now: number): MdmState {
  const state = mdmState(
    readings.map(({ snapshot }) => snapshot),
    now,
    maxAgeHours,
  );
  return {
    startedAt: state.mdmStartedAt,
    complete: state.mdmComplete,
    fresh: state.mdmFresh,
    count: countOf(readings),
    sources: readings.map(({ scope, name, snapshot, goneAt }) => ({
      source: scope,
      startedAt: snapshot?.startedAt ?? null,
      fresh: snapshot !== null && isFresh(snapshot, now, maxAgeHours),
      count: snapshot?.count ?? 0,
      ...(goneAt !== null && isGone(goneAt, now) ? { gone: { name, since: goneAt } } : {}),
    })),
  };
}

/** How a run goes. */
export interface MatchRun extends WantedScope {
  readonly settings: MatchSettings;
  /** Device records a page. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** Absent: no MDM is asked. */
  readonly asking?: Asking;
  /** The indexes, lent for as long as the run takes. */
  readonly lent: LentReadings;
}

/** Whom a run is about, and the matcher that knows them. */
interface Opened extends Pick<OpenMatching, 'matcher' | 'load' | 'mdm'> {
  readonly joined: Joined;
  readonly asked: AskedReport | null;
  /** In order; null: all. */
  readonly mailboxes: readonly string[] | null;
  /** MDM records that were touched themselves. */
  readonly mdmKeys: readonly string[];
}

/** Matches one organization: what was touched, or all. Null if it has no complete reading yet. */
export async function matchOrganization(store: Store, run: MatchRun): Promise<OrganizationMatch | null> {
  const { organization, settings, now, pageSize } = run;
  const eas = await store.snapshots.latest('eas', organization);
  if (eas === null) return null;
  // Before anything is read for it: what is touched while it reads is for the next run.
  const { isAll, keys } = await takeTouched(store, run, { settings, mdm: await mdmReadings(store) });
  const changes = isAll ? null : await openChanges(store, run, eas, keys);
  const opened = changes ?? (await openAll(store, run, eas, keys));
  const { matcher, load, mailboxes } = opened;
  const parted = new Set(opened.mdmKeys);
  async function* matched(): AsyncGenerator<DeviceRecord[]> {
    for await (const page of recordsOf(store, run, opened)) {
      const devices = await matcher.matchPage(page, load);
      if (!run.dryRun) await keepFound(store, run, matcher, devices, parted);
      yield devices;
    }
  }
  return {
    eas,
    mdm: mdmStateOf(opened.mdm, settings.maxAgeHours, now),
    scope: mailboxes === null ? 'all' : 'changes',
    devices: () => markLast(matched()),
    mdmOnly: () =>
      markLast(mailboxes === null ? matcher.mdmOnly(load, pageSize) : matcher.mdmOnlyOf([...parted], load, pageSize)),
    report: () => matcher.report(),
    asked: opened.asked,
  };
}

/** Matches an organization for somebody who only looks: all of it, and nothing is written. */
export function lookAtOrganization(
  store: Store,
  organization: string,
  settings: MatchSettings,
  options: Pick<MatchRun, 'now' | 'pageSize' | 'signal'>,
): Promise<OrganizationMatch | null> {
  // Indexes of its own: it need not wait for a match, and leaves nothing in memory.
  const lent = new JoinedReadings().borrow();
  return matchOrganization(store, { organization, id: '', dryRun: true, all: true, settings, lent, ...options });
}

/** Both sides, and what was known of the MDM readings before its records were read: later ones may be in them, none is missing. */
interface Read {
  readonly joined: Joined;
  readonly mdm: readonly MdmReading[];
}

/** What an answer of the MDM changed is touched, and the run takes that too. Null: it is rather one about all devices. */
async function openChanges(
  store: Store,
  run: MatchRun,
  eas: SnapshotInfo,
  taken: readonly string[],
): Promise<Opened | null> {
  const { organization, settings, signal, lent } = run;
  const upToDate = async (): Promise<Read> => {
    const mdm = await mdmReadings(store);
    return { mdm, joined: await lent.upToDate(store, eas, () => countOf(mdm), signal) };
  };
  let { joined, mdm } = await upToDate();
  let keys = taken;
  const most = mostMailboxes(eas.count);
  let mailboxes = await reachedMailboxes(store, run, keys, { ...joined, most });
  if (mailboxes === null) return null;
  const asked = await askFor(store, run, joined.eas, mailboxes);
  if (asked !== null && asked.users > 0) {
    keys = await store.touched.take(organization, run.id);
    ({ joined, mdm } = await upToDate());
    mailboxes = await reachedMailboxes(store, run, keys, { ...joined, most });
    if (mailboxes === null) return null;
  }
  await store.touched.resolve(organization, run.id, { keys, mailboxIds: mailboxes });
  const activations: Activation[] = [];
  for (const some of chunks(mailboxes, MAILBOXES_AT_ONCE))
    activations.push(...(await store.activations.forMailboxes(some)));
  const matching = await matcherOf(store, organization, { eas, joined, mdm, settings, now: run.now }, activations);
  return { ...matching, joined, mdm, asked, mailboxes, mdmKeys: keys.filter((key) => key.startsWith('mdm:')) };
}

/** Asks the MDMs for users whose devices are among those that a run is about, or that wait. */
async function askFor(
  store: Store,
  { organization, settings, signal, asking }: MatchRun,
  eas: EasIndex,
  mailboxes: readonly string[],
): Promise<AskedReport | null> {
  if (asking === undefined) return null;
  const users = await UsersToAsk.begin({ ...asking, store, signal }, organization, settings);
  if (users === null) return null;
  const waiting = users.waitingKeys.flatMap((key) => readEasRecordKey(key)?.mailboxId ?? []);
  for (const some of chunks([...new Set([...mailboxes, ...waiting])], MAILBOXES_AT_ONCE))
    users.see(await recordsOfMailboxes(store, organization, eas, some));
  return users.ask();
}

async function openAll(store: Store, run: MatchRun, eas: SnapshotInfo, taken: readonly string[]): Promise<Opened> {
  const { organization, settings, now, signal, asking, lent } = run;
  const users =
    asking === undefined ? null : await UsersToAsk.begin({ ...asking, store, signal }, organization, settings);
  let asked: AskedReport | null = null;
  let mdm: readonly MdmReading[] = [];
  const afterEas = async (): Promise<number> => {
    asked = (await users?.ask()) ?? null;
    mdm = await mdmReadings(store);
    return countOf(mdm);
  };
  const joined = await lent.anew(store, eas, afterEas, { signal, onEas: (page) => users?.see(page) });
  if (!run.dryRun && !taken.includes(EVERYTHING)) await resolveAll(store, run, joined, taken);
  const matching = await matcherOf(store, organization, { eas, joined, mdm, settings, now });
  return { ...matching, joined, mdm, asked, mailboxes: null, mdmKeys: [] };
}

/** Of a run about all it is known as well which devices were touched: the others should come out as before. */
async function resolveAll(store: Store, run: MatchRun, joined: Joined, keys: readonly string[]): Promise<void> {
  const mailboxIds = (await reachedMailboxes(store, run, keys, joined)) ?? [];
  await store.touched.resolve(run.organization, run.id, { keys, mailboxIds });
}

/** The EAS records that a run is about. */
async function* recordsOf(
  store: Store,
  { organization, pageSize, signal }: MatchRun,
  { mailboxes, joined }: Opened,
): AsyncGenerator<EasRecord[]> {
  if (mailboxes === null) {
    yield* store.snapshots.read('eas', organization, { pageSize, signal });
    return;
  }
  let rest: EasRecord[] = [];
  for (const some of chunks(mailboxes, Math.min(MAILBOXES_AT_ONCE, pageSize))) {
    signal.throwIfAborted();
    const records = await recordsOfMailboxes(store, organization, joined.eas, some);
    await refresh(store, joined, records);
    rest = [...rest, ...records];
    for (; rest.length >= pageSize; rest = rest.slice(pageSize)) yield rest.slice(0, pageSize);
  }
  if (rest.length > 0) yield rest;
}

/** By key. */
async function recordsOfMailboxes(
  store: Store,
  organization: string,
  eas: EasIndex,
  mailboxes: readonly string[],
): Promise<EasRecord[]> {
  const keys = mailboxes.flatMap((id) => eas.ofMailbox(id).map(({ easId }) => easRecordKey(organization, id, easId)));
  const records = await store.snapshots.getMany<EasRecord>(keys);
  return [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Sync times change without a trace: the index is told those of the records that are looked at, and of what rivals them. */
async function refresh(store: Store, { eas, mdm }: Joined, records: readonly EasRecord[]): Promise<void> {
  eas.heard(records);
  const rivals = records.flatMap(({ easId }) => {
    const keys = mdm.keysWithEasId(easId);
    return keys.length > 1 ? keys : [];
  });
  if (rivals.length === 0) return;
  for (const record of (await store.snapshots.getMany<MdmRecord>(rivals)).values()) mdm.heard(record);
}

/** When a mailbox is due again whose device hangs on something that leaves no trace. */
const HANGING = [
  ['asking', 'now'],
  ['reading', 'reading'],
] as const;

/**
 * Mailboxes of devices that a click has merged just now. From now on that stays, and counts for their neighbors: those were
 * matched before it was known, and each by what its own record says of the mailbox.
 */
async function newlyClaimed({ merges }: Pick<Store, 'merges'>, devices: readonly DeviceRecord[]): Promise<string[]> {
  const clicked = devices.filter(({ match }) => match.by === 'activation');
  if (clicked.length === 0) return [];
  const known = await merges.getMany(clicked.map(({ key }) => key));
  return clicked.flatMap(({ key, eas, mdm }) => {
    const before = known.get(key);
    const isKnown = before?.mdmKey === mdm?.key && before?.by === 'activation' && before.until === null;
    return isKnown || eas === undefined ? [] : [eas.mailbox.id];
  });
}

/** Keeps what was found: what is one, and whose outcome hangs on something that leaves no trace. @param parted gets MDM records that are one with nothing now */
async function keepFound(
  store: Store,
  { organization, now }: MatchRun,
  matcher: Matcher,
  devices: readonly DeviceRecord[],
  parted: Set<string>,
): Promise<void> {
  const found = devices.map(({ key, mdm, match }) => {
    const hardware = mdm === undefined ? [] : hardwareOfMdm(mdm);
    return { easKey: key, mdmKey: mdm?.key ?? null, by: match.by, ...(hardware.length > 0 && { hardware }) };
  });
  const claimed = await newlyClaimed(store, devices);
  if (claimed.length > 0) await store.touched.again(organization, claimed, 'now');
  for (const key of await store.merges.settle(organization, found, new Date(now).toISOString())) parted.add(key);
  if (matcher.returns.length > 0) await store.returns.put(organization, matcher.returns);
  for (const [on, due] of HANGING) {
    const hanging = devices.filter(({ key }) => matcher.hangsOn.get(key) === on);
    const mailboxIds = hanging.flatMap(({ eas }) => eas?.mailbox.id ?? []);
    if (mailboxIds.length > 0) await store.touched.again(organization, mailboxIds, due);
  }
}
