/** Reading a collection of Graph to its end, page by page, at the pace of whoever takes the pages. */
import { asConnectorError, ConnectorError, isConnectorError } from '../errors.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import { IdSet } from './id-set.ts';
import type { GraphPath, GraphRequest, GraphTransport } from './graph-transport.ts';

/** One entity as it came; only its id has been looked at. */
export type GraphRow = Readonly<Record<string, unknown>> & { readonly id: string };

/** One page of a chain. */
export interface GraphPage {
  /** Rows not seen on an earlier page. Rows move between pages while a chain is read, so repeats are normal. */
  readonly rows: readonly GraphRow[];
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

/** A collection to read; headers and clock go with every page. */
export interface GraphCollection extends GraphPath {
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock?: ClockWatch;
}

/**
 * Pages of a collection. The next one is asked for when the last one has been taken. A reading that is not complete
 * always throws and never yields `last`: what it did yield proves nothing about what is missing.
 * @throws ConnectorError on the first page what the transport throws; later ERR_GRAPH_PAGE_CHAIN with the cause
 *   (details.causedBy); ERR_GRAPH_ORIGIN for a link to another server; ERR_GRAPH_RESPONSE for a page without rows;
 *   ERR_SNAPSHOT_INCOMPLETE if fewer rows came than Graph counted; ERR_ABORTED
 */
export async function* readPages(
  graph: GraphTransport,
  collection: GraphCollection,
  signal?: AbortSignal,
): AsyncGenerator<GraphPage, void, undefined> {
  let seen = new IdSet();
  const followed = new Set<string>();
  let request: GraphRequest = collection;
  let count: number | null = null;
  let duplicates = 0;
  for (let page = 0; ; page += 1) {
    const answer = await readPage(graph, request, collection, page, seen.size, signal);
    if (page === 0 && answer.count !== null) seen = new IdSet(answer.count);
    const rows = answer.rows.filter((row) => seen.add(row.id));
    duplicates += answer.rows.length - rows.length;
    // Later pages may carry a newer count, which counts then. One that is smaller than what has come is of the page, or
    // wrong: believed, it would hide rows that are missing.
    if (answer.count !== null && answer.count >= seen.size) count = answer.count;
    if (answer.next === null) {
      if (count !== null && seen.size < count) throw incomplete(collection.path, count, seen.size, duplicates);
      yield { rows, page, last: true, total: seen.size, duplicates, counted: count };
      return;
    }
    if (followed.has(answer.next))
      throw brokenChain(collection.path, page, seen.size, 'the chain leads back to a page that was read');
    followed.add(answer.next);
    // As many as have come, with more to follow: that is of the page too.
    const total = count !== null && count > seen.size ? count : null;
    yield { rows, page, last: false, total, duplicates, counted: count };
    const { headers, clock } = collection;
    request = { link: answer.next, ...(headers && { headers }), ...(clock && { clock }) };
  }
}

interface PageAnswer {
  readonly rows: readonly GraphRow[];
  readonly next: string | null;
  readonly count: number | null;
}

async function readPage(
  graph: GraphTransport,
  request: GraphRequest,
  collection: GraphCollection,
  page: number,
  rowsRead: number,
  signal: AbortSignal | undefined,
): Promise<PageAnswer> {
  try {
    return parsePage(collection.path, await graph.get({ ...request, ...(signal === undefined ? {} : { signal }) }));
  } catch (error) {
    if (page === 0 || isConnectorError(error, 'ERR_ABORTED') || isConnectorError(error, 'ERR_GRAPH_ORIGIN'))
      throw error;
    const cause = asConnectorError(error);
    throw brokenChain(collection.path, page, rowsRead, cause.message, cause);
  }
}

/** OData JSON of a collection: `value`, `@odata.nextLink`, `@odata.count`. */
export function parsePage(path: string, body: unknown): PageAnswer {
  const { value, '@odata.nextLink': next, '@odata.count': count } = body as Record<string, unknown>;
  if (!Array.isArray(value)) throw notAPage(path, 'has no list of rows');
  if (next !== undefined && next !== null && (typeof next !== 'string' || next === ''))
    throw notAPage(path, 'has a next link that is no text');
  if (!value.every(isRow)) throw notAPage(path, 'has a row without an id');
  return {
    rows: value,
    next: next ?? null,
    count: typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null,
  };
}

function isRow(row: unknown): row is GraphRow {
  return typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' && row.id !== '';
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
