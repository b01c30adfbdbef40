/**
 * The readings between two matches.
 * In: pages as they come, one at a time; what other instances have left. Out: after each, whether a match is due, and what it
 * takes after. Changes: the store keeps the pages, and that a reading has ended until a match has followed; a reading that was
 * kept whole is under way no longer.
 */
import { mdmReadings } from '../../store/mdm-readings.ts';
import { RENEW_MS, THIS_PROCESS } from '../../store/leases.ts';
import type { InstanceRequest, Store } from '../../store/store.ts';
import type { Clock, Ids } from '../ports.ts';
import { workedForElsewhere } from '../sync/switch-lease.ts';
import { READING_PATIENCE_MS, ReadingKeeper } from './keep-reading.ts';
import type { ReadingPage } from './keep-reading.ts';
import { MATCH_AGAIN, pendingOf, waitsFor } from './match-turn.ts';
import type { PendingMatch } from './match-turn.ts';
import type { ReadingName, ReadingsUnderWay } from './readings-under-way.ts';
import { UnmatchedEnds, wantedAfter } from './unmatched-ends.ts';
import type { UnmatchedEnd } from './unmatched-ends.ts';

/** A match that is to be made now. */
export interface DueMatch {
  readonly state: 'due';
  readonly cause: PendingMatch;
  /** Organizations that another instance sees to. */
  readonly elsewhere: ReadonlySet<string>;
  /** What it settles; see {@link MatchTurns.done}. */
  readonly ends: readonly string[];
}

/** What is to be done now. */
export type Turn =
  /** More pages of this reading are to come. */
  | { readonly state: 'storing' }
  | DueMatch
  | { readonly state: 'waiting'; readonly source: 'eas' | 'mdm' }
  /** The instance that works for the organizations does it; with its host. */
  | { readonly state: 'handed-on'; readonly host: string };

/** Where readings are kept, and who else is reading. */
export interface MatchScope {
  readonly store: Store;
  readonly underWay: ReadingsUnderWay;
  /** Pages that have arrived and wait for their turn, at the moment of asking. */
  readonly arrived: () => readonly ReadingName[];
}

/*
 *   an organization whose match is wanted        it is made
 *   nobody works for                             here
 *   a switch of this process works for           here
 *   one of another process works for             there: the row waits for it
 */

/** Keeps readings, and says when they are to be matched: once for all that were under way together. */
export class MatchTurns {
  readonly #keeper: ReadingKeeper;
  readonly #ends: UnmatchedEnds;
  readonly #process: string;
  readonly #mayBeDue: () => void;
  /** Rows that are this one's and that it has looked at; those of them that a match settles. */
  readonly #seen = new Set<string>();
  readonly #inWork = new Set<string>();
  #stopWaiting: (() => void) | null = null;
  #closed = false;

  /**
   * @param options.mayBeDue called when a match that waits is to be looked at again: see {@link look}
   * @param options.node the matcher, the same in every instance of its flow
   * @param options.process names this process in leases
   */
  constructor({
    now,
    ids,
    node,
    process = THIS_PROCESS,
    mayBeDue,
  }: {
    readonly now: Clock;
    readonly ids: Ids;
    readonly node: string;
    readonly process?: string;
    readonly mayBeDue: () => void;
  }) {
    this.#keeper = new ReadingKeeper({ now, node });
    this.#ends = new UnmatchedEnds({ node, process, now, ids });
    this.#process = process;
    this.#mayBeDue = mayBeDue;
  }

  /**
   * Keeps a page.
   * @throws as {@link ReadingKeeper.keep}; a match that waits goes on waiting then
   */
  async keep(page: ReadingPage, scope: MatchScope): Promise<Turn> {
    const { store, underWay } = scope;
    if (!page.last) {
      await this.#keeper.keep(store, underWay, page);
      return { state: 'storing' };
    }
    const known = new Set((await store.snapshots.list('eas')).map((one) => one.scope));
    if (page.source === 'eas') known.add(page.scope);
    await this.#keeper.keep(store, underWay, page, (parts) => this.#ends.add(parts, [...known], wantedAfter(page)));
    this.#stop();
    underWay.end(page.id);
    return (await this.look(scope)) ?? { state: 'waiting', source: 'eas' };
  }

  /** Looks at what waits again; null if nothing does. */
  async look(scope: MatchScope): Promise<Turn | null> {
    const { waiting, elsewhere } = await this.#waiting(scope.store);
    if (waiting.length === 0) return null;
    const here = waiting.filter(({ organization }) => !elsewhere.has(organization));
    // What is left to another instance is news again when this one works.
    for (const { id, organization } of waiting) if (elsewhere.has(organization)) this.#seen.delete(id);
    const [host] = elsewhere.values();
    return here.length === 0
      ? { state: 'handed-on', host: host ?? '' }
      : this.#turn(here, new Set(elsewhere.keys()), scope);
  }

  /**
   * A match that is wanted now, whoever is reading; of what another instance works for, there.
   * @param all of all devices, whatever was touched
   */
  async matchNow({ store }: Pick<MatchScope, 'store'>, all: boolean = false): Promise<Turn> {
    const known = (await store.snapshots.list('eas')).map(({ scope }) => scope);
    const elsewhere = await workedForElsewhere(store, known, this.#process);
    const wanted = { ...MATCH_AGAIN, ended: null, ...(all ? { all } : {}) };
    await this.#ends.add(store, [...elsewhere.keys()], wanted);
    const [host] = elsewhere.values();
    if (host !== undefined && elsewhere.size === known.length) return { state: 'handed-on', host };
    const { waiting } = await this.#waiting(store);
    const here = waiting.filter(({ organization }) => !elsewhere.has(organization));
    const due = this.#due(here, new Set(elsewhere.keys()));
    return all ? { ...due, cause: { ...due.cause, all } } : due;
  }

  /** A match that something said of one organization's records leads to: now, whoever is reading; there, if another instance works for it. */
  async matchAfter(organization: string, scope: MatchScope): Promise<Turn | null> {
    await this.#ends.add(scope.store, [organization], { ...MATCH_AGAIN, ended: null });
    return this.look(scope);
  }

  /** True if there are rows among these that this matcher has not looked at. */
  hasNews(requests: readonly InstanceRequest[]): boolean {
    return requests.some((row) => this.#ends.isOwn(row) && !this.#seen.has(row.id));
  }

  /** A match was made, and whoever got it is done with it; or it failed, and the next sync makes it anew. */
  async done({ requests }: Pick<Store, 'requests'>, { ends }: Pick<DueMatch, 'ends'>): Promise<void> {
    await requests.remove(ends);
    for (const id of ends) this.#inWork.delete(id);
  }

  /** Nobody is called any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  /** What no match has followed, and what of it another instance sees to: organizations with their hosts. */
  async #waiting(store: Store): Promise<{ waiting: UnmatchedEnd[]; elsewhere: Map<string, string> }> {
    const rows = await this.#ends.list(store);
    this.#seen.clear();
    for (const { id } of rows) this.#seen.add(id);
    const waiting = rows.filter(({ id }) => !this.#inWork.has(id));
    if (waiting.length === 0) return { waiting, elsewhere: new Map() };
    const organizations = new Set(waiting.map(({ organization }) => organization));
    for (const { scope } of await store.snapshots.list('eas')) organizations.add(scope);
    return { waiting, elsewhere: await workedForElsewhere(store, [...organizations], this.#process) };
  }

  async #turn(
    here: readonly UnmatchedEnd[],
    elsewhere: ReadonlySet<string>,
    { store, underWay, arrived }: MatchScope,
  ): Promise<Turn> {
    const ended = pendingOf(here)?.ended ?? [];
    if (here.some((one) => one.ended === null)) return this.#due(here, elsewhere);
    const known = await knownScopes(store);
    const others = await underWay.elsewhere(store);
    // From here to the wait without a pause: a reading that ends in between would be missed.
    const open = this.#keeper.open(underWay);
    const isUnderWay: ReadingsUnderWay['isUnderWay'] = (source, scopes) =>
      underWay.isUnderWay(source, scopes) ||
      others.some((one) => one.source === source && (scopes === undefined || scopes.includes(one.scope)));
    const source = waitsFor({ ended, open, arrived: arrived(), known, isUnderWay });
    if (source === null) return this.#due(here, elsewhere);
    // Nobody here tells of another instance's end: its lease does.
    this.#wait(underWay, others.length > 0 ? RENEW_MS : READING_PATIENCE_MS);
    return { state: 'waiting', source };
  }

  #due(here: readonly UnmatchedEnd[], elsewhere: ReadonlySet<string>): DueMatch {
    this.#stop();
    const ends = here.map(({ id }) => id);
    for (const id of ends) this.#inWork.add(id);
    return { state: 'due', cause: pendingOf(here) ?? MATCH_AGAIN, elsewhere, ends };
  }

  /** Calls back once: a reading has ended, or one that only its pages or its lease tell of may have. */
  #wait(underWay: ReadingsUnderWay, patienceMs: number): void {
    this.#stop();
    if (this.#closed) return;
    const end = (): void => {
      this.#stop();
      this.#mayBeDue();
    };
    const forget = underWay.onEnd(end);
    const patience = setTimeout(end, patienceMs);
    this.#stopWaiting = () => {
      clearTimeout(patience);
      forget();
    };
  }

  #stop(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }
}

async function knownScopes(store: Store): Promise<Record<'eas' | 'mdm', string[]>> {
  const [eas, mdm] = [await store.snapshots.list('eas'), await mdmReadings(store)];
  return { eas: eas.map(({ scope }) => scope), mdm: mdm.map(({ scope }) => scope) };
}
