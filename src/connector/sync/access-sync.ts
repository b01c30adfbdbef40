/**
 * The loop of the access switch: a sync comes in pages; with the last one it is held, written or only said, and reported.
 * In: pages of one organization's device records. Out: how far it is, and the report. Changes: all that a sync changes.
 */
import { compileRules } from '../../access/compile-rules.ts';
import { ConnectorError } from '../../errors.ts';
import type { DeviceRecord } from '../../model/records.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { changedProblem, refuseChanged } from '../organization/known-organization.ts';
import { keepFailedRun } from '../keep-run.ts';
import { paceText } from '../pace.ts';
import type { PaceText } from '../pace.ts';
import type { DeviceCounts, StoreParts } from '../../store/store.ts';
import { delaysOf } from '../timeline/delays.ts';
import { recordGone, recordMerges } from '../timeline/record-steps.ts';
import { rulesInUse } from './decider.ts';
import { SyncDecisions } from './decide-sync.ts';
import type { SyncOutcome } from './decide-sync.ts';
import { digestOf, keepDecidedAll } from './decided-all.ts';
import { ChangedCauses } from './changed-causes.ts';
import { settingsDigest } from './dry-run-settings.ts';
import { isCheck, keepDecisions, touchIfOtherwise } from './decided-devices.ts';
import { endExemptions } from './exemptions.ts';
import { exemptReport } from './exempt-report.ts';
import { ChangeNews, newsOfProblem } from './device-news.ts';
import type { ToldNews } from './device-news.ts';
import type { GroupMembership } from './group-membership.ts';
import { KeptGroups } from './kept-groups.ts';
import { makeValid } from './held-plans.ts';
import { askQuietAgain } from './quiet-devices.ts';
import { lookAfterWrites, lookAtNotifiers } from './mail-first.ts';
import { mailReport, textOfHold } from './mail-report.ts';
import { believe, takeFullForGood } from './mdm-measures.ts';
import { refuseMixedSides } from './mixed-sides.ts';
import { NotedDevices } from './noted-devices.ts';
import { giveUpUnheard, oweProblem } from './owed-news.ts';
import { plannedInMemory, queuePlan, queueRest } from './queue-plan.ts';
import { clearCutOff } from './staged-plan.ts';
import type { KeptHead } from './stored-changes.ts';
import { keepInHistory, keepSimulation, NO_COUNTS, syncReport } from './sync-report.ts';
import type { Counts, SwitchMode, SyncReport } from './sync-report.ts';
import { readingsOfSync } from './readings-of-sync.ts';
import { timeOf } from './switch-parts.ts';
import { tidyEntries } from './tidy-entries.ts';
import type { SwitchParts } from './switch-parts.ts';
import { ToldDevices } from './told-devices.ts';
import { writeDue } from './write-run.ts';

/** One page of a merge matcher, and what it says of its sync. */
export interface DevicePage {
  /** Names the sync. */
  readonly id: string;
  readonly kind: 'full' | 'quick';
  readonly organization: string;
  /** When the EAS reading began that it was made from, ISO 8601 UTC; null: it does not say. */
  readonly startedAt: string | null;
  /** Counted from 0. */
  readonly page: number;
  readonly last: boolean;
  readonly dryRun: boolean;
  /** How long an MDM reading stays usable for the matcher; null: it does not say, and the last match counts. */
  readonly maxAgeHours: number | null;
  /** Whether the pages are of every device, or of those that something touched. */
  readonly scope: 'all' | 'changes';
  /** Devices of the organization; null: the pages do not say. */
  readonly known: number | null;
  readonly devices: readonly DeviceRecord[];
}

/** What became of a page. */
export type PageResult =
  /** Another organization's: nothing was read, stored or queued. */
  | { readonly kind: 'passed-over'; readonly hasSynced: boolean }
  | { readonly kind: 'deciding'; readonly said: PaceText }
  | { readonly kind: 'ended'; readonly report: SyncReport };

/** A sync that the switch is in the middle of. */
interface OpenSync {
  readonly id: string;
  readonly mode: SwitchMode;
  readonly decisions: SyncDecisions;
  readonly causes: ChangedCauses;
  readonly noted: NotedDevices;
  readonly maxAgeHours: number;
  /** Milliseconds since 1970. */
  readonly began: number;
  /** Devices that Exchange had at the last reading; null: it was not read. */
  readonly total: number | null;
  /** Devices that a person should look at. */
  undecided: number;
  /** Number of the page that comes next; null: one was lost, or came twice. */
  nextPage: number | null;
  /** Devices that nothing had touched and that are decided otherwise than before; null: they are not looked for. */
  missed: number | null;
  readonly groups: GroupMembership | null;
}

/** What happens in the transaction in which a plan becomes valid. */
type Settle = (together: StoreParts) => Promise<void>;

/** One access switch's syncs, one after the other. What it is given may change between pages; the sync itself may not. */
export class AccessSync {
  readonly #told = new ToldDevices();
  readonly #groups = new KeptGroups();
  readonly #inMemory: number | undefined;
  #open: OpenSync | null = null;
  /** The sync that failed last. */
  #failed: string | null = null;
  #hasSynced = false;
  #hasHadAll = false;

  /** @param inMemory changes of a plan that may stay in memory; absent: as many as ever */
  constructor(inMemory?: number) {
    this.#inMemory = inMemory;
  }

  /**
   * Takes one page: the first one begins the sync, the last one finishes it.
   * Throws ERR_SNAPSHOT_INCOMPLETE if the sync's first page was lost; rejects when the store or the configuration fails. A
   * change that Exchange refuses does not reject.
   */
  async page(parts: SwitchParts, page: DevicePage): Promise<PageResult> {
    // Before anything is read, stored or queued: another organization's devices are its own switch's business.
    if (page.organization !== parts.exchange.organization) return { kind: 'passed-over', hasSynced: this.#hasSynced };
    this.#hasSynced = true;
    try {
      return await this.#take(parts, page);
    } catch (thrown) {
      await this.#keepFailure(parts, page, thrown);
      throw thrown;
    }
  }

  async #take(parts: SwitchParts, page: DevicePage): Promise<PageResult> {
    const sync = page.page === 0 ? await this.#begin(parts, page) : this.#goOn(page);
    sync.nextPage = sync.nextPage === page.page ? page.page + 1 : null;
    const judged = await sync.decisions.decide(page.devices);
    sync.causes.page(judged);
    sync.noted.page(judged);
    sync.undecided += judged.filter(({ decision }) => decision.report).length;
    await this.#told.page(parts, judged);
    if (this.#told.isInCharge) {
      await recordMerges(parts.store, judged, timeOf(parts.now));
      if (!page.dryRun) await keepDecisions(parts, judged, sync);
    }
    if (sync.mode === 'enforce') await this.#decideAgain(parts, sync.decisions);
    if (page.last) {
      this.#open = null;
      if (page.scope === 'all') this.#hasHadAll = true;
      await this.#told.end(parts);
      return { kind: 'ended', report: await finish(parts, page, sync, this.#settle(parts, page, sync)) };
    }
    const work = { done: sync.decisions.count, total: sync.total, elapsedMs: parts.now() - sync.began };
    const said = paceText('deciding', work);
    parts.progress(...said);
    return { kind: 'deciding', said };
  }

  /** Those that Exchange was not asked for are for a later sync. */
  async #decideAgain({ store, exchange }: SwitchParts, { asker }: SyncDecisions): Promise<void> {
    const { now, reading } = asker.takeLeft();
    if (now.length > 0) await store.touched.again(exchange.organization, now, 'now');
    if (reading.length > 0) await store.touched.again(exchange.organization, reading, 'reading');
  }

  /** Once a sync: what comes of it afterwards fails as well. */
  async #keepFailure({ store, signal, now }: SwitchParts, page: DevicePage, thrown: unknown): Promise<void> {
    const { id, kind, organization } = page;
    if (this.#failed === id) return;
    this.#failed = id;
    const began = this.#open?.id === id ? this.#open.began : now();
    const report = { sync: { id, kind, organization } };
    await keepFailedRun(store, { subject: 'access', syncId: id, organization, began }, { thrown, signal, now, report });
  }

  async #begin(parts: SwitchParts, page: DevicePage): Promise<OpenSync> {
    const { exchange, store, settings, ids, now } = parts;
    const { organization } = exchange;
    const mode: SwitchMode = settings.mode === 'enforce' && !page.dryRun ? 'enforce' : 'simulate';
    const simulated = mode === 'simulate';
    if (!simulated) await refuseChanged(store, organization);
    if (!simulated) await refuseMixedSides(store, exchange);
    const broken = this.#open;
    this.#open = null;
    await broken?.decisions.drop();
    await clearCutOff(parts, simulated ? null : organization);
    if (!simulated) await queueRest(parts);
    await this.#told.begin(parts);
    if (!page.dryRun) await endExemptions(parts);
    const maxAgeHours = page.maxAgeHours ?? (await keptMatchSettings(store)).maxAgeHours;
    // Rules that are wrong are refused before anything is read for them.
    compileRules(rulesInUse(settings.rules));
    const groups = await this.#groups.read(rulesInUse(settings.rules), parts, { now: now(), signal: parts.signal });
    const latest = (await store.snapshots.latest('eas', organization))?.count ?? null;
    const isPart = page.scope === 'changes';
    if (isPart) await this.#wantAll(parts, simulated, groups);
    const known = isPart ? (page.known ?? latest ?? 0) : null;
    // The plan's id is this switch's and this sync's alone: what is approved under it is what was told under it.
    const mail = await lookAtNotifiers(parts);
    const head = {
      id: `${organization}.${ids()}`,
      startedAt: page.startedAt,
      maxAgeHours,
      simulated,
      run: page.id,
      known,
      groups,
      unheard: mail.fate === 'held' ? textOfHold(mail) : null,
    };
    const decisions = await SyncDecisions.begin(parts, { ...head, inMemory: this.#inMemory });
    const isChecked =
      !simulated && (await this.#groups.isSame(store, organization, groups)) && (await isCheck(parts, page));
    this.#open = {
      id: page.id,
      mode,
      decisions,
      causes: new ChangedCauses(),
      noted: new NotedDevices(),
      maxAgeHours,
      began: now(),
      total: isPart ? null : latest,
      undecided: 0,
      nextPage: 0,
      missed: isChecked ? 0 : null,
      groups,
    };
    return this.#open;
  }

  /*
   *   pages of some devices come to a switch that    then
   *   writes, and has decided about the others by    those are touched, and it is about them next time
   *   other settings or groups
   *   simulates, and has not had the others          all are touched: beside one that writes it has had none of them
   */
  async #wantAll(parts: SwitchParts, isSimulated: boolean, groups: GroupMembership | null): Promise<void> {
    const { store, exchange, settings } = parts;
    if (settings.mode === 'simulate') {
      if (!this.#hasHadAll) await store.touched.addEverything(exchange.organization);
      return;
    }
    if (isSimulated) return;
    await touchIfOtherwise(store, parts);
    if (await this.#groups.isSame(store, exchange.organization, groups)) return;
    await store.together((together) => this.#groups.touchOthers(together, exchange.organization, groups));
  }

  /** The sync's plan becomes valid: what its run has taken is done with. */
  #settle(parts: SwitchParts, page: DevicePage, { nextPage, groups, decisions }: OpenSync): Settle {
    const { organization } = parts.exchange;
    return async (together) => {
      // Whose page was lost was not decided about, and may have been held.
      if (nextPage === null) return together.touched.addEverything(organization);
      await together.touched.clear(organization, page.id);
      // A gentle start that is not kept yet begins anew with each sync, and all that hangs on it.
      if (page.scope !== 'all' || decisions.decider.gentle?.isKept === false) return;
      await this.#groups.decidedBy(together, organization, groups);
      await keepDecidedAll(together, organization, { at: timeOf(parts.now), by: digestOf(parts.settings) });
    };
  }

  #goOn({ id }: DevicePage): OpenSync {
    if (this.#open?.id === id) return this.#open;
    throw new ConnectorError(
      'ERR_SNAPSHOT_INCOMPLETE',
      'The first pages of this sync did not reach the access switch.',
    );
  }
}

/** Ends a sync: guards and brakes its plan, writes it (enforce) or only says it (simulate, dry run), and reports. */
async function finish(parts: SwitchParts, page: DevicePage, sync: OpenSync, settle: Settle): Promise<SyncReport> {
  const { store, exchange, name, now } = parts;
  const { organization } = exchange;
  const { mode } = sync;
  const outcome = await sync.decisions.finish(sync.nextPage !== null);
  // In a simulation too: what it has seen is what a later reading must not fall behind.
  await believe(store, organization, outcome.measures, now());
  const news = new ChangeNews(parts, countsAtFirst(outcome, sync));
  await tellOfDirectory(parts, mode, outcome, news);

  const named = {
    id: page.id,
    kind: page.kind,
    organization,
    ...(page.scope === 'changes' ? { scope: page.scope, known: sync.decisions.known } : {}),
    ...(page.dryRun ? { dryRun: true as const } : {}),
  };
  const held =
    mode === 'enforce'
      ? await write(parts, sync, { named, outcome, news, settle })
      : await simulate(sync, outcome, news);

  const isWritten = mode === 'enforce';
  const { asker } = sync.decisions;
  const seen = isWritten ? await lookAfterWrites(parts) : null;
  if (seen?.told) news.tell(seen.told);
  const unheard = mode === 'enforce' ? await giveUpUnheard(parts) : null;
  const report = syncReport({
    sync: named,
    mode,
    counts: seen === null ? news.counts : await withWaiting(parts, news.counts, seen.waiting),
    outcome,
    mail: mailReport(seen?.sight ?? (await lookAtNotifiers(parts)), {
      mails: outcome.mails,
      waiting: seen?.waiting ?? null,
    }),
    held,
    decider: sync.decisions.decider,
    unheard,
    noted: sync.noted,
    // Of what was read meanwhile nobody knows whom it reaches.
    changed: await changedProblem(store, organization),
    missed: (await store.touched.isQuietSince(organization, page.id)) ? (sync.missed ?? 0) : 0,
    attempts: isWritten && page.kind === 'full' ? await askQuietAgain(parts, asker) : asker.problem,
    ...(isWritten ? await countsOf(parts, page) : { whole: null, isMiscounted: false }),
    delays: mode === 'enforce' ? await delaysOf(store, organization, now()) : null,
    exempt: await exemptReport(store, organization, now()),
    readings: await readingsOfSync(store, organization),
    tookMs: now() - sync.began,
  });
  if (mode === 'simulate' && page.scope === 'all') {
    const complianceUnknown = outcome.counts.byReason['compliance-unknown'] ?? 0;
    const settings = await settingsDigest(store, parts);
    await keepSimulation(store, { at: timeOf(now), by: name, report, settings, complianceUnknown });
  }
  await keepInHistory(store, report, timeOf(now));
  return report;
}

/** Groups that cannot be read concern no single device. What a simulation tells is owed to nobody. */
async function tellOfDirectory(
  parts: SwitchParts,
  mode: SwitchMode,
  { problems }: SyncOutcome,
  news: ChangeNews,
): Promise<void> {
  const problem = problems.find(({ about }) => about === 'directory') ?? null;
  const told =
    mode === 'enforce'
      ? await oweProblem(parts, 'ERR_DIRECTORY_UNREADABLE', problem)
      : problem && newsOfProblem(problem);
  if (told !== null) news.tell(told);
}

/*
 * What an enforced sync changes, in this order. Cut off after any step, the next sync finds nothing that it could take
 * wrongly, and does the rest.
 *
 *   step                why before the next one
 *   accept baseline     what this sync was decided by is the measure of the next reading, whatever becomes of its changes
 *   keep switch-on      a gentle start counts from the first sync over a whole picture, not from its first write
 *   ledger              what others took off the lists is theirs before anything of it is edited again
 *   make valid          its changes, those of them that are to be written, the older plan's end, what is told of it and of
 *                       blocks that stand for another cause, and that nobody need decide about these devices again are one
 *                       transaction; before it nothing of this sync may be written or approved
 *   queue               what is handed to Exchange is in the outbox, where a crash leaves it
 *   tidy                entries of partnerships that are no more are among what is written
 *   write               everything that is due, what failed before too
 */
async function write(
  parts: SwitchParts,
  { decisions, causes, maxAgeHours, nextPage }: OpenSync,
  {
    named,
    outcome,
    news,
    settle,
  }: {
    readonly named: SyncReport['sync'];
    readonly outcome: SyncOutcome;
    readonly news: ChangeNews;
    readonly settle: Settle;
  },
): Promise<KeptHead | null> {
  const { decider, mdmReadAt, quick } = decisions;
  await acceptBaseline(parts, outcome);
  if (outcome.measures.length > 0) await decider.gentle?.keep();
  await correctLedger(parts, outcome);
  const queue = await plannedInMemory(parts, outcome.plan, outcome.verdict);
  let changed: ToldNews[] = [];
  const { held, told } = await makeValid(parts, outcome.plan, outcome.verdict, outcome, async (together) => {
    await queue(together);
    changed = await causes.settle(together, parts, outcome.problems);
    await settle(together);
    if (outcome.isSomeLeft) await together.touched.addEverything(parts.exchange.organization);
  });
  for (const one of told === null ? changed : [told, ...changed]) news.tell(one);
  await queuePlan(parts, outcome.plan, outcome.verdict, outcome.decided);
  const missing = nextPage === null ? null : decisions.missing(outcome);
  if (missing !== null) await tidyEntries(parts, missing);
  news.begin(await parts.store.outbox.count({ organization: parts.exchange.organization }));
  await writeDue(parts, named, {
    maxAgeHours,
    sync: { at: decisions.at, mdmReadAt, quick, decider },
    onTried: (result, toldOfTry) => news.tried(result, toldOfTry),
  });
  return held;
}

async function simulate(
  { decisions }: OpenSync,
  { plan, verdict, held }: SyncOutcome,
  news: ChangeNews,
): Promise<KeptHead | null> {
  for await (const page of plan.pages(verdict, 'goes')) for (const change of page) news.simulated(change);
  await decisions.drop();
  return held;
}

async function acceptBaseline({ store, exchange }: SwitchParts, { measures }: SyncOutcome): Promise<void> {
  await takeFullForGood(store, exchange.organization, measures);
}

async function correctLedger({ store, now }: SwitchParts, { gone, confirmed }: SyncOutcome): Promise<void> {
  for (const entry of gone) {
    await store.together(async (parts) => {
      await parts.entries.remove(entry);
      await recordGone(parts, entry, timeOf(now));
    });
  }
  for (const entry of confirmed) await store.entries.record(entry);
}

/** What is decided about all devices, as it is kept; after a sync about all of them it is counted. */
async function countsOf(
  { store, exchange: { organization } }: SwitchParts,
  { scope }: DevicePage,
): Promise<{ readonly whole: DeviceCounts; readonly isMiscounted: boolean }> {
  const isMiscounted = scope === 'all' && (await store.devices.recount(organization));
  return { whole: await store.devices.counts(organization), isMiscounted };
}

function countsAtFirst({ counts, held }: SyncOutcome, { undecided }: OpenSync): Counts {
  const { devices, unchanged } = counts;
  return { ...NO_COUNTS, devices, unchanged, undecided, held: held?.count ?? 0 };
}

/** @param forMail blocks that wait until somebody can be mailed */
async function withWaiting({ store, exchange }: SwitchParts, counts: Counts, forMail: number): Promise<Counts> {
  const waiting = await store.outbox.count({ organization: exchange.organization });
  return { ...counts, waiting, ...(forMail > 0 && { forMail }) };
}
