/**
 * The loop of the access switch: a sync comes in pages; with the last one it is ended (finish-sync.ts).
 * In: pages of one organization's device records. Out: how far it is, and the report. Changes: what is decided about devices;
 * with the last page all that a sync changes.
 */
import { compileRules } from '../../access/compile-rules.ts';
import { decidedMatch, isOvertaken } from '../matching/match-numbers.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { refuseChanged } from '../organization/known-organization.ts';
import { keepFailedRun } from '../keep-run.ts';
import { paceText } from '../pace.ts';
import type { PaceText } from '../pace.ts';
import { refuseOtherDevices } from '../readings/record-values.ts';
import { SeenPages } from '../readings/seen-pages.ts';
import { recordMerges } from '../timeline/record-steps.ts';
import { rulesInUse } from './decider.ts';
import { SyncDecisions } from './decide-sync.ts';
import { digestOf, keepDecidedAll } from './decided-all.ts';
import { ChangedCauses } from './changed-causes.ts';
import { isCheck, keepDecisions, touchIfOtherwise } from './decided-devices.ts';
import { endExemptions } from './exemptions.ts';
import type { GroupMembership } from './group-membership.ts';
import { KeptGroups } from './kept-groups.ts';
import { lookAtNotifiers } from './mail-first.ts';
import { textOfHold } from './mail-report.ts';
import { refuseMixedSides } from './mixed-sides.ts';
import { NotedDevices } from './noted-devices.ts';
import { queueRest } from './queue-plan.ts';
import { clearCutOff } from './staged-plan.ts';
import type { SwitchMode, SyncReport } from './sync-report.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';
import { ToldDevices } from './told-devices.ts';
import { finishSync } from './finish-sync.ts';
import { firstPagesMissing } from './switch-lease.ts';
import type { DevicePage, OpenSync, Settle } from './open-sync.ts';

/** What became of a page. */
export type PageResult =
  /** Another organization's, or of a match that a newer one has overtaken: nothing was decided, stored or queued. */
  | { readonly kind: 'passed-over'; readonly hasSynced: boolean }
  | { readonly kind: 'deciding'; readonly said: PaceText }
  | { readonly kind: 'ended'; readonly report: SyncReport };

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
   * Throws ERR_SNAPSHOT_INCOMPLETE if the sync's first page was lost, ERR_INPUT_INVALID for a page that holds anything but
   * devices of the organization, or those of another page, which the next sync decides about; rejects when the store or the
   * configuration fails. A change that Exchange refuses does not reject.
   */
  async page(parts: SwitchParts, page: DevicePage): Promise<PageResult> {
    // Before anything is read, stored or queued: another organization's devices are its own switch's business.
    if (page.organization !== parts.exchange.organization) return { kind: 'passed-over', hasSynced: this.#hasSynced };
    this.#hasSynced = true;
    try {
      if (await this.#isOvertaken(parts, page)) return { kind: 'passed-over', hasSynced: true };
      return await this.#take(parts, page);
    } catch (thrown) {
      // Its devices may not have been decided about.
      if (this.#open?.id === page.id) this.#open.nextPage = null;
      await this.#keepFailure(parts, page, thrown);
      throw thrown;
    }
  }

  /** What only simulates takes nothing from anybody. */
  async #isOvertaken({ store, settings }: SwitchParts, page: DevicePage): Promise<boolean> {
    if (settings.mode !== 'enforce' || page.dryRun) return false;
    return isOvertaken(store, page, this.#open?.match ?? null);
  }

  async #take(parts: SwitchParts, page: DevicePage): Promise<PageResult> {
    const sync = page.page === 0 ? await this.#begin(parts, page) : this.#goOn(page);
    refuseOtherDevices(page.devices, page.organization);
    sync.pages.take({ page: page.page, records: page.devices });
    sync.nextPage = sync.nextPage === page.page ? page.page + 1 : null;
    const judged = await sync.decisions.decide(page.devices);
    sync.causes.page(judged);
    sync.noted.page(judged);
    sync.undecided += judged.filter(({ decision }) => decision.report).length;
    await this.#told.page(parts, judged);
    if (this.#told.isInCharge && judged.length > 0) {
      await parts.store.together(async (store) => {
        await recordMerges(store, judged, timeOf(parts.now));
        if (!page.dryRun) await keepDecisions({ ...parts, store }, judged, sync);
      });
    }
    if (sync.mode === 'enforce') await this.#decideAgain(parts, sync.decisions);
    if (page.last) {
      this.#open = null;
      if (page.scope === 'all' && sync.nextPage !== null) this.#hasHadAll = true;
      await this.#told.end(parts);
      const report = await finishSync(parts, page, sync, this.#settle(parts, page, sync));
      parts.store.listings.makeOrders('sync');
      return { kind: 'ended', report };
    }
    const work = { done: sync.decisions.count, total: sync.total, elapsedMs: parts.now() - sync.began };
    const said = paceText('deciding', work);
    parts.progress(...said);
    return { kind: 'deciding', said };
  }

  /** Those that Exchange was not asked for are for a later sync. */
  async #decideAgain({ store, exchange }: SwitchParts, { asker }: SyncDecisions): Promise<void> {
    const { turn, reading } = asker.takeLeft();
    if (turn.length > 0) await store.touched.again(exchange.organization, turn, 'turn');
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
    if (!isPart && this.#told.isInCharge && !page.dryRun) await store.listings.postponeOrders();
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
      match: page.match,
      mode,
      decisions,
      causes: new ChangedCauses(),
      noted: new NotedDevices(),
      maxAgeHours,
      began: now(),
      total: isPart ? null : latest,
      undecided: 0,
      nextPage: 0,
      pages: new SeenPages(),
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
      await decidedMatch(together, organization, page.match);
      // Whose page was lost or failed was not decided about, and may have been held.
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
    throw firstPagesMissing();
  }
}
