/** Reading a collection of Graph to its end, page by page, at the pace of whoever takes the pages. */
import { asConnectorError, ConnectorError, isConnectorError } from '../errors.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import { IdSet } from './id-set.ts';
import type { GraphPath, GraphRequest, GraphTransport } from './graph-transport.ts';
import type { EachRow } from './json-rows.ts';

/** One entity as it came; only its id has been looked at. */
export type GraphRow = Readonly<Record<string, unknown>> & { readonly id: string };

/** What every row is known by. */
interface WithId {
  readonly id: string;
}

/** One page of a chain. */
export interface GraphPage<Row extends WithId = GraphRow> {
  /** Rows not seen on an earlier page. Rows move between pages while a chain is read, so repeats are normal. */
  readonly rows: readonly Row[];
  /** 0, 1, 2, … */
  readonly page: number;
  /** True on the last page of a complete reading, and only there. */
  readonly last: boolean;
  /** How many rows the collection has: on the last page what was read, before it what Graph says, or null. */
  readonly total: number | null;
  /** Repeated rows dropped so far. */
  readonly duplicates: number;
  /** Graph's own count, where it gave one that can be meant. */
  readonly counted: number | null;
}

/** A collection to read; all but path and query goes with every page. */
export interface GraphCollection extends GraphPath {
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock?: ClockWatch;
  /** What each row is made into as it is read; without an `id` it counts as a row without one. */
  readonly eachRow?: EachRow;
}

/**
 * Pages of a collection. The next one is asked for when the last one has been taken. A reading that is not complete
 * always throws and never yields `last`: what it did yield proves nothing about what is missing.
 * `Row`: what comes of the collection's `eachRow`; a row as it is without one.
 * @throws ConnectorError on the first page what the transport throws; later ERR_GRAPH_PAGE_CHAIN with the cause
 *   (details.causedBy), or for a page that comes again in the place of another; ERR_GRAPH_ORIGIN for a link to another server;
 *   ERR_GRAPH_RESPONSE for a page without rows;
 *   ERR_SNAPSHOT_INCOMPLETE if fewer rows came than Graph counted; ERR_ABORTED
 */
export async function* readPages<Row extends WithId = GraphRow>(
  graph: GraphTransport,
  collection: GraphCollection,
  signal?: AbortSignal,
): AsyncGenerator<GraphPage<Row>, void, undefined> {
  const chain = new PageChain<Row>(graph, collection, signal);
  while (!chain.ended) yield chain.next();
}

/*
 *   of a page                              came on earlier pages   then
 *   some rows                              yes                     dropped: rows move while a chain is read
 *   all of fewer than AGAIN_ROWS           yes                     dropped: what is left at the end may have moved there
 *   all of AGAIN_ROWS or more              yes                     the page came in the place of another, whose rows nobody
 *                                                                  has seen: the chain is broken, whatever is counted
 *
 *   BARREN_PAGES in a row bring nothing new, and there is a link to one more: the chain has no end, and is broken. Without
 *   rows a page may have a link too (msgraph-beta-sdk-dotnet issue 681: beyond `$skip`).
 *
 * Links that lead to rows that were read are known of Graph (microsoft-graph-docs issue 8186), and a count does not tell:
 * Intune's may be of the page alone.
 */

/** So many rows do not move together by chance. */
const AGAIN_ROWS = 10;

/** Links that differ lead on without end; nobody waits for that for ever. */
const BARREN_PAGES = 100;

/**
 * The same without a generator, which holds on to what it has last yielded until it has the next: a page is half of a megabyte
 * that each collection of garbage would have to copy, and V8 enlarges its young generation by how much it copies.
 */
export class PageChain<Row extends WithId = GraphRow> {
  readonly #graph: GraphTransport;
  readonly #collection: GraphCollection;
  readonly #signal: AbortSignal | undefined;
  readonly #followed = new Set<string>();
  #seen = new IdSet();
  /** Null: the last page has come. */
  #request: GraphRequest | null;
  #page = 0;
  /** Pages in a row that brought nothing new. */
  #barren = 0;
  #count: number | null = null;
  #duplicates = 0;

  constructor(graph: GraphTransport, collection: GraphCollection, signal: AbortSignal | undefined) {
    this.#graph = graph;
    this.#collection = collection;
    this.#signal = signal;
    this.#request = collection;
  }

  /** True once the last page has come. */
  get ended(): boolean {
    return this.#request === null;
  }

  /** The next page, which is there unless the chain has ended. @throws as {@link readPages} */
  async next(): Promise<GraphPage<Row>> {
    if (this.#request === null) throw new Error('A chain of pages was read beyond its end.');
    const read = { page: this.#page, rowsRead: this.#seen.size };
    return this.#accept(await readPage<Row>(this.#graph, this.#request, this.#collection, read, this.#signal));
  }

  #accept(answer: PageAnswer<Row>): GraphPage<Row> {
    const page = this.#page++;
    if (page === 0 && answer.count !== null) this.#seen = new IdSet(answer.count);
    const seen = this.#seen;
    const rows: Row[] = [];
    for (const row of answer.rows) if (seen.add(row.id)) rows.push(row);
    const came = answer.rows.length;
    if (rows.length === 0 && came >= AGAIN_ROWS)
      throw brokenChain(this.#collection.path, page, seen.size, `all of its ${came} rows came on pages before it`);
    this.#barren = rows.length === 0 ? this.#barren + 1 : 0;
    if (this.#barren >= BARREN_PAGES && answer.next !== null)
      throw brokenChain(this.#collection.path, page, seen.size, `${BARREN_PAGES} pages brought nothing new`);
    this.#duplicates += came - rows.length;
    // Later pages may carry a newer count, which counts then. One that is smaller than what has come is of the page, or
    // wrong: believed, it would hide rows that are missing.
    if (answer.count !== null && answer.count >= seen.size) this.#count = answer.count;
    const count = this.#count;
    const told = { rows, page, duplicates: this.#duplicates, counted: count };
    if (answer.next === null) {
      if (count !== null && seen.size < count)
        throw incomplete(this.#collection.path, count, seen.size, this.#duplicates);
      this.#request = null;
      return { ...told, last: true, total: seen.size };
    }
    this.#follow(answer.next, page);
    // As many as have come, with more to follow: that is of the page too.
    return { ...told, last: false, total: count !== null && count > seen.size ? count : null };
  }

  #follow(link: string, page: number): void {
    if (this.#followed.has(link))
      throw brokenChain(this.#collection.path, page, this.#seen.size, 'the chain leads back to a page that was read');
    this.#followed.add(link);
    const { headers, clock, eachRow } = this.#collection;
    this.#request = { link, ...(headers && { headers }), ...(clock && { clock }), ...(eachRow && { eachRow }) };
  }
}

interface PageAnswer<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
  readonly count: number | null;
}

async function readPage<Row extends WithId>(
  graph: GraphTransport,
  request: GraphRequest,
  collection: GraphCollection,
  { page, rowsRead }: { readonly page: number; readonly rowsRead: number },
  signal: AbortSignal | undefined,
): Promise<PageAnswer<Row>> {
  try {
    return parsePage<Row>(
      collection.path,
      await graph.get({ ...request, ...(signal === undefined ? {} : { signal }) }),
    );
  } catch (error) {
    if (page === 0 || isConnectorError(error, 'ERR_ABORTED') || isConnectorError(error, 'ERR_GRAPH_ORIGIN'))
      throw error;
    const cause = asConnectorError(error);
    throw brokenChain(collection.path, page, rowsRead, cause.message, cause);
  }
}

/** OData JSON of a collection: `value`, `@odata.nextLink`, `@odata.count`. */
export function parsePage<Row extends WithId = GraphRow>(path: string, body: unknown): PageAnswer<Row> {
  const { value, '@odata.nextLink': next, '@odata.count': count } = body as Record<string, unknown>;
  if (!Array.isArray(value)) throw notAPage(path, 'has no list of rows');
  if (next !== undefined && next !== null && (typeof next !== 'string' || next === ''))
    throw notAPage(path, 'has a next link that is no text');
  const rows = value as readonly Row[];
  for (const row of rows) if (!isRow(row)) throw notAPage(path, 'has a row without an id');
  return {
    rows,
    next: next ?? null,
    count: typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null,
  };
}

/** True for what has an id. */
export function isRow(row: unknown): row is GraphRow {
  if (typeof row !== 'object' || row === null) return false;
  const { id } = row as { readonly id?: unknown };
  return typeof id === 'string' && id !== '';
}

function notAPage(path: string, why: string): ConnectorError {
  return new ConnectorError('ERR_GRAPH_RESPONSE', `The answer to ${path} ${why}.`, { details: { path } });
}

function brokenChain(
  path: string,
  page: number,
  rowsRead: number,
  why: string,
  cause?: ConnectorError,
): ConnectorError {
  return new ConnectorError(
    'ERR_GRAPH_PAGE_CHAIN',
    `Reading ${path}: page ${page + 1} failed after ${rowsRead} rows: ${why}`,
    {
      ...(cause === undefined ? {} : { cause }),
      details: { path, page: page + 1, rowsRead, ...(cause === undefined ? {} : { causedBy: cause.code }) },
    },
  );
}

function incomplete(path: string, counted: number, read: number, duplicates: number): ConnectorError {
  return new ConnectorError(
    'ERR_SNAPSHOT_INCOMPLETE',
    `Graph counts ${counted} rows at ${path}, but ${read} came (${duplicates} of them twice).`,
    {
      details: { path, counted, read, duplicates },
    },
  );
}
