/**
 * One reading of Exchange or of an MDM, over its port.
 * In: the port, the store, what the start asked for. Out: what the reading is, and its pages as they come. Changes: the reading
 * is under way for the store from here on; whoever takes the pages calls `end` when they have been taken, or will not be.
 * A reading that fails is kept in the history.
 */
import { wantsFullReading } from '../../model/forest-view.ts';
import { eachPage } from '../../model/page-cursor.ts';
import type { EasRecord, MdmRecord, SyncInfo } from '../../model/records.ts';
import type { ReadingCoverage } from '../../model/coverage.ts';
import type { Json, SnapshotInfo, Store } from '../../store/store.ts';
import { keepFailedRun } from '../keep-run.ts';
import type { Run } from '../keep-run.ts';
import { askOrganization } from '../organization/known-organization.ts';
import type { Clock, ExchangePort, Ids, MdmPort, Stoppable } from '../ports.ts';
import { withCoverage } from './covered-pages.ts';
import { notingUsers, wereUsersRead } from './known-users.ts';
import type { Page } from './page.ts';
import type { LeasedReading } from './reading-leases.ts';
import type { ReadingsUnderWay } from './readings-under-way.ts';
import { mdmPagesOf } from './mdm-reading.ts';
import type { StoreOfMdm } from './mdm-reading.ts';
import type { WhyFull } from './mdm-reading-kind.ts';
import type { StartRequest } from './start-request.ts';

/** Changes that are read from the store at once: there may be as many as there are devices. */
const PAGE = 500;

/** What every page of a reading carries. */
export interface ReadingInfo extends Omit<
  SyncInfo,
  'page' | 'last' | 'total' | 'gone' | 'clock' | 'gaps' | 'view' | 'coverage'
> {
  readonly organization: string;
  readonly dryRun?: true;
}

/** A reading that has begun. */
export interface TakenReading<T> {
  readonly info: ReadingInfo;
  /** A reading that fails throws and never yields `last`. */
  readonly pages: AsyncIterable<Page<T>>;
  /** Records that the last reading had; null: nobody knows, or it is one of changes alone. */
  readonly expected: number | null;
  /** Nobody needs to wait for this reading any longer. */
  readonly end: () => void;
}

interface Start extends Stoppable {
  readonly asked: StartRequest;
  /** Records a page. */
  readonly pageSize: number;
  readonly underWay: Pick<ReadingsUnderWay, 'begin' | 'end'>;
  /** The node that reads. */
  readonly node: string;
  readonly now: Clock;
  readonly newId: Ids;
}

/*
 *   earlier reading                  asked for   setting   read
 *   none                             any         any       full: there is nothing that a quick one could change
 *   of less than is seen by now      any         any       full: see wantsFullReading
 *   there is                         full        any       full
 *   there is                         quick       any       quick, since the earlier one began
 *   there is                         nothing     full      full
 *   there is                         nothing     quick     quick
 */

/**
 * Begins a reading of one organization. Opens no connection: the first page does. The pages fail with
 * ERR_ORGANIZATION_CHANGED, before the first one and before the last one, where another organization answers than is known.
 * @param input.store opened when the reading is under way
 * @param input.setting what the source reads when the start does not say
 * @throws as opening the store does; ERR_READING_SECOND while another instance or node reads this organization
 */
export async function takeEasReading({
  exchange,
  store: openStore,
  asked,
  setting,
  scope,
  pageSize,
  underWay,
  node,
  now,
  newId,
  signal,
  onWarning,
}: Start & {
  readonly underWay: Pick<ReadingsUnderWay, 'lease'>;
  readonly exchange: ExchangePort;
  readonly store: () => Promise<Store>;
  readonly setting: 'full' | 'quick';
  /** The "Only" field, as it was saved. */
  readonly scope: unknown;
  readonly onWarning: (text: string) => void;
}): Promise<TakenReading<EasRecord>> {
  const { organization } = exchange;
  return begun('eas', organization, { underWay, newId, now, signal, store: openStore }, async (id) => {
    const store = await openStore();
    await underWay.lease(store, { id, source: 'eas', scope: organization, node });
    const startedAt = new Date(now()).toISOString();
    const earlier = await store.snapshots.latest('eas', organization);
    const kind = earlier === null || isOfPart(earlier) ? 'full' : (asked.kind ?? setting);
    const changes =
      kind === 'quick' && earlier !== null
        ? { since: earlier.startedAt, keys: await keysToLookAt(store, organization) }
        : {};
    const wereRead = await wereUsersRead(store, organization);
    const usersKnown = wereRead ? { usersKnown: true } : {};
    const pages = exchange.easPages({ kind, pageSize, ...changes, ...usersKnown, scope, signal, onWarning });
    return {
      info: { id, source: 'eas', kind, organization, startedAt, ...(asked.dryRun ? { dryRun: true } : {}) },
      pages: ofKnownOrganization(notingUsers(store, pages, { organization, wereRead }), () =>
        askOrganization({ store, exchange, now, signal, onWarning }),
      ),
      expected: kind === 'full' ? (earlier?.count ?? null) : null,
    };
  });
}

/** A reading of an MDM that has begun. */
export interface TakenMdmReading extends TakenReading<MdmRecord> {
  /** Null: it is one of changes. */
  readonly whyFull: WhyFull | null;
  /** Quick readings are wanted, and we may not ask Entra; null: we may, or they are not. In words. */
  readonly refused: string | null;
}

/**
 * Begins a reading of one MDM: a full one, or one of changes where the source is set so and it is enough (the table is in
 * mdm-reading-kind.ts). Entra is asked for its changes before the first page, and the link to the next ones is kept with the
 * reading, when it is shown.
 * @param input.announce tells the store that this MDM is deployed
 * @param input.lease takes the reading's lease there; where nobody knows yet which store that is, the first page does
 * @param input.setting what the source reads when the start does not say; set to full it is full whatever was asked for
 * @throws as `announce` does; ERR_READING_SECOND while another instance or node reads this MDM; as the port does, where a
 *   reading of changes is due
 */
export async function takeMdmReading({
  mdm,
  announce,
  lease,
  asked,
  setting = 'full',
  pageSize,
  bulkAbove = 0,
  underWay,
  node,
  now,
  newId,
  store = () => Promise.resolve(null),
  onCoverage = () => undefined,
  signal,
}: Start & {
  readonly mdm: MdmPort;
  readonly announce: () => Promise<void>;
  readonly lease: (reading: LeasedReading) => Promise<void>;
  readonly setting?: 'full' | 'quick';
  /** As for {@link MdmPort.mdmPages}. */
  readonly bulkAbove?: number;
  /** Where the MDM is announced; null: nobody knows yet. */
  readonly store?: () => Promise<StoreOfMdm | null>;
  /** Hears what a full reading came to, before its last page goes out. */
  readonly onCoverage?: (coverage: ReadingCoverage) => void;
}): Promise<TakenMdmReading> {
  const organization = mdm.source;
  let coverage: ReadingCoverage | null = null;
  const heard = (one: ReadingCoverage): void => {
    coverage = one;
    onCoverage(one);
  };
  const told = (): { readonly coverage?: Json } => (coverage === null ? {} : { coverage });
  return begun('mdm', organization, { underWay, newId, now, signal, store, told }, async (id) => {
    await announce();
    await lease({ id, source: 'mdm', scope: organization, node });
    const startedAt = new Date(now()).toISOString();
    const kept = await store().catch(() => null);
    const earlier = (await kept?.snapshots.latest('mdm', organization)) ?? null;
    const { kind, whyFull, refused, pages } = await mdmPagesOf(mdm, {
      id,
      store: kept,
      earlier,
      setting,
      asked: asked.kind,
      now: now(),
      pageSize,
      bulkAbove,
      signal,
    });
    return {
      info: { id, source: 'mdm', kind, organization, startedAt, ...(asked.dryRun ? { dryRun: true } : {}) },
      // What changed says nothing of the list.
      pages: kind === 'full' ? withCoverage(pages, heard) : pages,
      expected: kind === 'full' ? (earlier?.count ?? null) : null,
      whyFull,
      refused,
    };
  });
}

/**
 * A reading is under way before anything is asked of store or server: others may end first, and must wait for it. One that
 * fails is kept in the history; one that comes to its end is kept there by whoever keeps its records.
 */
async function begun<R extends Omit<TakenReading<unknown>, 'end'>>(
  source: 'eas' | 'mdm',
  scope: string,
  {
    underWay,
    newId,
    now,
    signal,
    store,
    told = () => ({}),
  }: Pick<Start, 'underWay' | 'newId' | 'now' | 'signal'> & {
    readonly store: () => Promise<Pick<Store, 'history'> | null>;
    /** What is kept of a reading that fails, beside why. */
    readonly told?: () => { readonly [name: string]: Json };
  },
  take: (id: string) => Promise<R>,
): Promise<R & { readonly end: () => void }> {
  const id = newId();
  const end = (): void => underWay.end(id);
  const run: Run = { subject: source, syncId: id, organization: source === 'eas' ? scope : null, began: now() };
  const failed = async (thrown: unknown, kind?: string): Promise<void> => {
    // A store that cannot be opened has nothing to keep it in.
    const opened = await store().catch(() => null);
    const report = { source: scope, ...(kind === undefined ? {} : { kind }), ...told() };
    if (opened !== null) await keepFailedRun(opened, run, { thrown, signal, now, report });
  };
  underWay.begin({ id, source, scope });
  try {
    const taken = await take(id);
    return { ...taken, pages: orFailed(taken.pages, (thrown) => failed(thrown, taken.info.kind)), end };
  } catch (error) {
    end();
    await failed(error);
    throw error;
  }
}

/** True if an earlier reading has less of the forest than can be seen, or does not know what it could not see. */
function isOfPart({ view, gaps }: Pick<SnapshotInfo, 'view' | 'gaps'>): boolean {
  return wantsFullReading(view ?? null, gaps?.outside === true ? gaps.mailboxes : null);
}

/** The last page makes a reading visible: another address may have answered since the first one. */
async function* ofKnownOrganization<T>(
  pages: AsyncIterable<Page<T>>,
  ask: () => Promise<void>,
): AsyncGenerator<Page<T>> {
  await ask();
  for await (const page of pages) {
    if (page.last) await ask();
    yield page;
  }
}

function orFailed<T>(
  pages: AsyncIterable<Page<T>>,
  failed: (thrown: unknown) => Promise<void>,
): AsyncGenerator<Page<T>> {
  return eachPage(
    pages,
    (page) => page,
    async (thrown) => {
      await failed(thrown);
      return thrown;
    },
  );
}

/**
 * Records a quick reading reads whether Exchange calls them changed or not: those with a change under way, because their
 * lists are ours to watch.
 */
async function keysToLookAt(store: Store, organization: string): Promise<string[]> {
  const keys: string[] = [];
  for (let after = ''; ;) {
    const page = await store.outbox.list({ organization, after, limit: PAGE });
    keys.push(...page.map(({ key }) => key));
    if (page.length < PAGE) return keys;
    after = page.at(-1)!.key;
  }
}
