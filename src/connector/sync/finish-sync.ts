/**
 * The end of a sync of the access switch: its plan is guarded and braked, written or only said, and reported.
 * In: the sync whose pages have all come. Out: the report. Changes: all that a sync changes.
 */
import { easRecordKey } from '../../model/keys.ts';
import { elsewhereProblem } from '../organization/entries-elsewhere.ts';
import { changedProblem } from '../organization/known-organization.ts';
import type { DeviceCounts } from '../../store/store.ts';
import { delaysOf } from '../timeline/delays.ts';
import { recordGone } from '../timeline/record-steps.ts';
import type { SyncOutcome } from './decide-sync.ts';
import { settingsDigest } from './dry-run-settings.ts';
import { dropUnseen } from './drop-unseen.ts';
import { exemptReport } from './exempt-report.ts';
import { ChangeNews, newsOfProblem } from './device-news.ts';
import type { ToldNews } from './device-news.ts';
import { makeValid } from './held-plans.ts';
import { askQuietAgain } from './quiet-devices.ts';
import { lookAfterWrites, lookAtNotifiers } from './mail-first.ts';
import { mailReport } from './mail-report.ts';
import { believe, takeFullForGood } from './mdm-measures.ts';
import { giveUpUnheard, owedAs, oweProblem, untilTold } from './owed-news.ts';
import { trulyGone } from './gone-entries.ts';
import { plannedInMemory, queuePlan } from './queue-plan.ts';
import type { KeptHead } from './stored-changes.ts';
import { keepInHistory, keepSimulation, NO_COUNTS, syncReport } from './sync-report.ts';
import type { Counts, SwitchMode, SyncReport } from './sync-report.ts';
import { readingsOfSync } from './readings-of-sync.ts';
import { timeOf } from './switch-parts.ts';
import { isInCharge } from './switch-lease.ts';
import { tidyEntries } from './tidy-entries.ts';
import type { SwitchParts } from './switch-parts.ts';
import { writeDue } from './write-run.ts';
import type { DevicePage, OpenSync, Settle } from './open-sync.ts';

/** Ends a sync: guards and brakes its plan, writes it (enforce) or only says it (simulate, dry run), and reports. */
export async function finishSync(
  parts: SwitchParts,
  page: DevicePage,
  sync: OpenSync,
  settle: Settle,
): Promise<SyncReport> {
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
  const unheard = !page.dryRun && (await isInCharge(parts)) ? await giveUpUnheard(parts) : null;
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
    elsewhere: await elsewhereProblem(store, organization, {
      writes: isWritten,
      adoptEntries: parts.settings.adoptEntries,
    }),
    isWhole: sync.nextPage !== null,
    missed: (await store.touched.isQuietSince(organization, page.id)) ? (sync.missed ?? 0) : 0,
    attempts: isWritten && page.kind === 'full' ? await askQuietAgain(parts, asker) : asker.problem,
    ...(isWritten ? await countsOf(parts, page) : { whole: null, isMiscounted: false }),
    delays: mode === 'enforce' ? await delaysOf(store, organization, now()) : null,
    exempt: await exemptReport(store, organization, now()),
    readings: await readingsOfSync(store, organization),
    tookMs: now() - sync.began,
  });
  if (mode === 'simulate' && page.scope === 'all' && sync.nextPage !== null) {
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
 *   tidy                what waits for phones that are no more is not written any more; entries of theirs are taken off
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
  // Before what was touched is forgotten.
  const seenWhole = nextPage === null ? [] : await decisions.seenWhole(outcome);
  await acceptBaseline(parts, outcome);
  if (outcome.measures.length > 0) await decider.gentle?.keep();
  await correctLedger(parts, outcome);
  const queue = await plannedInMemory(parts, outcome.plan, outcome.verdict);
  let changed: ToldNews[] = [];
  const { held, told } = await untilTold(
    parts,
    () => changed.flatMap(owedAs),
    () =>
      makeValid(parts, outcome.plan, outcome.verdict, outcome, async (together) => {
        await queue(together);
        changed = await causes.settle(together, parts, outcome.problems);
        await settle(together);
        if (outcome.isSomeLeft) await together.touched.addEverything(parts.exchange.organization);
      }),
  );
  for (const one of told === null ? changed : [told, ...changed]) news.tell(one);
  await queuePlan(parts, outcome.plan, outcome.verdict, outcome.decided);
  await dropUnseen(parts, { began: decisions.at, seen: outcome.decided, mailboxes: seenWhole });
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

async function correctLedger(parts: SwitchParts, { gone, confirmed }: SyncOutcome): Promise<void> {
  const { store, now } = parts;
  for (const entry of await trulyGone(parts, gone)) {
    await store.together(async (parts) => {
      await parts.entries.remove(entry);
      if (entry.list === 'blocked')
        await parts.announcements.settleBlocks(easRecordKey(entry.organization, entry.mailboxId, entry.easId));
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
