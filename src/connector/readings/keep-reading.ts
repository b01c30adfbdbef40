/**
 * Pages into the store.
 * In: pages as they come, one at a time. Out: which readings are coming in. Changes: readings and snapshots of the store, and its
 * history: a row for each reading that was kept whole, or given up. A reading that loses a page is dropped, and the one before stays.
 */
import { ConnectorError } from '../../errors.ts';
import type { EasRecord, SyncInfo } from '../../model/records.ts';
import { readView } from '../../model/forest-view.ts';
import { readCoverage } from '../../model/coverage.ts';
import { readGaps } from '../../model/reading-gaps.ts';
import { clockAfter, readClock } from '../../model/server-clock.ts';
import type { Json, SnapshotRecord, Store, StoreParts } from '../../store/store.ts';
import { keepFailedRun, keepRun } from '../keep-run.ts';
import type { Run } from '../keep-run.ts';
import type { OrganizationKind } from '../../model/organization-identity.ts';
import { compareOrganization, refuseChanged } from '../organization/known-organization.ts';
import type { Clock } from '../ports.ts';
import { NamesOfReading } from './known-users.ts';
import { seenAfter } from './seen-after.ts';
import { refuseOtherValues } from './record-values.ts';
import { SeenPages } from './seen-pages.ts';
import type { ReadingName, ReadingsUnderWay } from './readings-under-way.ts';

/** A page of a reading, and what it says of it. */
export interface ReadingPage extends SyncInfo {
  readonly scope: string;
  readonly dryRun: boolean;
  readonly records: readonly SnapshotRecord[];
  /** How the organization is reached that EAS records are of; absent: nobody says. */
  readonly reached?: OrganizationKind;
}

/**
 * The one wait that goes by the clock. Pages that a flow made, or another process, end without a word when they break off:
 * nobody is there to say so. Such a reading without a new page for this long is taken for dead.
 */
export const READING_PATIENCE_MS = 60_000;

/**
 * Reads a page off a message.
 * @param sync `msg.sync`, whatever it is
 * @param records `msg.payload`; the store looks at what each record is of
 * @throws ConnectorError ERR_INPUT_INVALID if the message is no page of records
 */
export function readPage(sync: unknown, records: unknown): ReadingPage {
  const fields = fieldsOf(sync);
  const { id, source, startedAt, page, last, organization, kind, dryRun, gone } = fields;
  // Which devices of a match they are of; readings have no such thing.
  if (fields.scope !== undefined) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The message is a page of device records, as a merge matcher sends them: wire its output 1 to an access switch, and an EAS source and an MDM source to the matcher.',
    );
  }
  const clock = readClock(fields.clock);
  const gaps = readGaps(fields.gaps);
  const view = readView(fields.view);
  const coverage = last === true && source === 'mdm' ? readCoverage(fields.coverage) : null;
  if (gaps === undefined && source === 'eas')
    throw new ConnectorError('ERR_INPUT_INVALID', 'msg.sync.gaps has no "count" and no "mailboxes" with their GUIDs.');
  const isPage =
    typeof id === 'string' &&
    (source === 'eas' || source === 'mdm') &&
    typeof startedAt === 'string' &&
    typeof page === 'number' &&
    typeof last === 'boolean' &&
    typeof organization === 'string' &&
    Array.isArray(records);
  if (!isPage) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The message is no page of EAS or MDM records: wire an EAS source and an MDM source to the matcher.',
    );
  }
  refuseOtherValues(records, source);
  return {
    id,
    source,
    kind: kind === 'quick' ? 'quick' : 'full',
    startedAt,
    page,
    last,
    organization,
    scope: organization,
    dryRun: dryRun === true,
    records: records as SnapshotRecord[],
    ...(isTexts(gone) ? { gone } : {}),
    ...(clock === null ? {} : { clock }),
    ...(gaps && source === 'eas' ? { gaps } : {}),
    ...(view !== null && source === 'eas' ? { view } : {}),
    ...(coverage === null ? {} : { coverage }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** Whose reading a message is a page of; null if it is none. */
export function readName(sync: unknown): ReadingName | null {
  const { source, organization } = fieldsOf(sync);
  if ((source !== 'eas' && source !== 'mdm') || typeof organization !== 'string') return null;
  return { source, scope: organization };
}

function fieldsOf(sync: unknown): Partial<Record<keyof SyncInfo | 'dryRun' | 'scope', unknown>> {
  return typeof sync === 'object' && sync !== null ? sync : {};
}

/** A reading whose first page came and whose last has not. */
interface OpenReading extends ReadingName {
  readonly id: string;
  /** A source of ours told of it, and tells of its end. */
  readonly told: boolean;
  readonly pageAt: number;
  readonly startedAt: string;
  /** Records so far. */
  readonly read: number;
  /** Of EAS records that come by message. */
  readonly names: NamesOfReading | null;
  readonly pages: SeenPages;
}

/*
 *   page     the open reading of this scope    then
 *   first    none                              opened
 *   first    the same one                      goes on: a page may come again
 *   first    another one                       that one is given up, this one is opened
 *   later    the same one                      goes on, if the store misses no page before it
 *   any      of another instance               refused: ERR_READING_SECOND
 *   any      of an organization that another   refused: ERR_ORGANIZATION_CHANGED
 *            one answers for
 *   later    none, or another one              refused: ERR_SNAPSHOT_INCOMPLETE
 *   later    the same one, with the records    refused: ERR_INPUT_INVALID: those of one of the two are lost
 *            of another of its pages
 *   first    of a full one by message that is  refused: ERR_INPUT_INVALID (ADR 0114)
 *            older than the last one
 *   last     as above                          and the whole reading becomes visible; what a quick one did not find any more is
 *                                              taken out of the snapshot with it, unless it may lie in a gap of the reading
 *
 * What the store refuses, or fails to keep, gives the whole reading up.
 */

/** Keeps pages, and remembers which readings have begun and not ended. One page at a time. */
export class ReadingKeeper {
  readonly #open = new Map<string, OpenReading>();
  readonly #now: Clock;
  readonly #node: string;

  /** @param options.node the one that has the pages of a reading that no source tells of */
  constructor({ now, node }: { readonly now: Clock; readonly node: string }) {
    this.#now = now;
    this.#node = node;
  }

  /**
   * Keeps one page; with the last one the reading is visible, and whoever matches it ends it in `underWay`.
   * @param also what is kept in one transaction with the reading's end
   * @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE for a later page of a reading whose first one did not come, that lost a
   *   page or was dropped; ERR_INPUT_INVALID for one with the records of another page; ERR_READING_SECOND while another
   *   instance reads the same; ERR_ORGANIZATION_CHANGED; as the store's snapshots do
   */
  async keep(
    store: Store,
    underWay: Pick<ReadingsUnderWay, 'has' | 'lease' | 'end'>,
    page: ReadingPage,
    also?: (parts: StoreParts) => Promise<void>,
  ): Promise<void> {
    const told = underWay.has(page.id);
    const before = this.#open.get(keyOf(page));
    const goesOn = before?.id === page.id ? before : null;
    const read = (goesOn?.read ?? 0) + page.records.length;
    const pages = goesOn?.pages ?? new SeenPages();
    const names = goesOn?.names ?? (page.source === 'eas' && !told ? new NamesOfReading() : null);
    names?.add(page.records as readonly EasRecord[]);
    const replaced = this.#note(page, { told, read, names, pages });
    if (replaced !== null) await this.#giveUp(store, underWay, replaced);
    let kept: KeptReading | null = null;
    try {
      pages.take(page);
      await underWay.lease(store, { ...page, node: this.#node }, told ? undefined : READING_PATIENCE_MS);
      if (page.source === 'eas') await refuseOtherKind(store, page, this.#now);
      await store.snapshots.begin({ ...page, ...(told ? {} : { toldAt: new Date(this.#now()).toISOString() }) });
      await store.snapshots.putPage(page, page.records);
      if (page.last) kept = await commit(store, page, { read, names }, also);
    } catch (thrown) {
      if (!told) underWay.end(page.id);
      this.#drop(page);
      await store.snapshots.abandon(page.id).catch(() => undefined);
      await keepFailedRun(store, runOf(page), { thrown, now: this.#now, report: reportOf(page, { read }) });
      throw thrown;
    }
    if (page.last && !told) underWay.end(page.id);
    if (kept === null || !kept.isNew) return;
    const counts = {
      read,
      records: kept.records,
      ...(page.gone === undefined ? {} : { gone: page.gone.length }),
      ...(page.gaps === undefined ? {} : { gaps: page.gaps.count }),
    };
    const report = { ...reportOf(page, counts), ...(page.coverage === undefined ? {} : { coverage: page.coverage }) };
    await keepRun(store, runOf(page), { ok: true, report, now: this.#now });
  }

  /** A reading that will never end. Our own sources have said so themselves; of another one this is all there is. */
  async #giveUp(store: Store, underWay: Pick<ReadingsUnderWay, 'end'>, reading: OpenReading): Promise<void> {
    if (!reading.told) underWay.end(reading.id);
    await store.snapshots.abandon(reading.id);
    if (reading.told) return;
    const thrown = new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The reading broke off.');
    const report = reportOf(reading, { read: reading.read });
    await keepFailedRun(store, runOf(reading), { thrown, now: this.#now, report });
  }

  /** The readings whose end is still to come, the longest open first. */
  open(underWay: Pick<ReadingsUnderWay, 'has'>): ReadingName[] {
    const mayGoOn = ({ id, told, pageAt }: OpenReading): boolean =>
      told ? underWay.has(id) : this.#now() - pageAt < READING_PATIENCE_MS;
    return [...this.#open.values()].filter(mayGoOn).map(({ source, scope }) => ({ source, scope }));
  }

  /** Notes a page; answers with an older reading of the same scope that will never end, or null. */
  #note(page: ReadingPage, so: Pick<OpenReading, 'told' | 'read' | 'names' | 'pages'>): OpenReading | null {
    const open = this.#open.get(keyOf(page));
    const goesOn = open?.id === page.id;
    if (page.page !== 0 && !goesOn) {
      throw new ConnectorError(
        'ERR_SNAPSHOT_INCOMPLETE',
        `Page ${page.page + 1} of a reading came, but its first page did not, or the reading was dropped.`,
      );
    }
    const { id, source, scope, startedAt } = page;
    if (page.last) this.#open.delete(keyOf(page));
    else this.#open.set(keyOf(page), { id, source, scope, pageAt: this.#now(), startedAt, ...so });
    return open === undefined || goesOn ? null : open;
  }

  /** Forgets a reading that lost a page: what still comes of it is refused, and nobody waits for it. */
  #drop(page: ReadingPage): void {
    if (this.#open.get(keyOf(page))?.id === page.id) this.#open.delete(keyOf(page));
  }
}

function keyOf({ source, scope }: ReadingName): string {
  return `${source}:${scope}`;
}

/** What a reading came to. */
interface KeptReading {
  readonly records: number;
  /** False: another matcher has kept it before. */
  readonly isNew: boolean;
}

async function commit(
  store: Pick<Store, 'snapshots' | 'settings'>,
  page: ReadingPage,
  { read, names }: Pick<OpenReading, 'read' | 'names'>,
  also?: (parts: StoreParts) => Promise<void>,
): Promise<KeptReading> {
  const { snapshots } = store;
  const before = await snapshots.latest(page.source, page.scope);
  const known = before?.clock ?? null;
  const clock = clockAfter(known, page.clock ?? null);
  const { gaps: own = null, ...rest } = page;
  const gaps = (await names?.gaps(store, page.scope, own)) ?? own;
  const seen = page.source === 'eas' ? seenAfter(before, { ...rest, ...(gaps && { gaps }) }, read) : {};
  const { count, syncId } = await snapshots.commit({ id: page.id, clock, ...seen }, page.gone, async (parts) => {
    // Times of Exchange mean others now: what was decided by them is looked at anew.
    if (page.source === 'eas' && before !== null && clock !== known) await parts.touched.addEverything(page.scope);
    await also?.(parts);
  });
  return { records: count, isNew: syncId === page.id && before?.syncId !== page.id };
}

/** Of records that come by message nobody says which organization they are of, but how it is reached. */
async function refuseOtherKind(store: Store, { scope, reached }: ReadingPage, now: Clock): Promise<void> {
  if (reached === undefined) await refuseChanged(store, scope);
  else await compareOrganization(store, scope, { kind: reached, id: null, name: null }, now);
}

function runOf({ id, source, scope, startedAt }: Pick<OpenReading, 'id' | 'source' | 'scope' | 'startedAt'>): Run {
  return { subject: source, syncId: id, organization: source === 'eas' ? scope : null, began: Date.parse(startedAt) };
}

function reportOf(
  { scope, kind }: Pick<ReadingName, 'scope'> & { readonly kind?: string },
  counts: Readonly<Record<string, number>>,
): { readonly [name: string]: Json } {
  return { source: scope, ...(kind === undefined ? {} : { kind }), counts };
}
