/** Streams cut into pages, or taken up to a number. */
import { ConnectorError } from '../errors.ts';

/** A page of `T`; what `E` has is on the last one. */
export type PageOf<T, E> = { readonly records: T[]; readonly page: number; readonly last: boolean } & Partial<E>;

/**
 * One page is held back, so that `last` is known when it is sent.
 * @param ending what the last page says beside its records
 * @throws ERR_INPUT_INVALID for a page size that is no positive integer
 */
export async function* inPages<T, E extends object>(
  records: AsyncIterable<T>,
  pageSize: number,
  ending: (sent: number) => Promise<E>,
): AsyncGenerator<PageOf<T, E>, void, undefined> {
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new ConnectorError('ERR_INPUT_INVALID', `The page size ${pageSize} is not a positive integer.`);
  }
  let page = 0;
  let sent = 0;
  let current: T[] = [];
  for await (const record of records) {
    if (current.length === pageSize) {
      yield { records: current, page: page++, last: false } as PageOf<T, E>;
      current = [];
    }
    current.push(record);
    sent++;
  }
  yield { records: current, page, last: true, ...(await ending(sent)) };
}

/** The wanted ones of a stream if they are at most `limit`, else null (and the stream is left, which stops its pipeline). */
export async function upTo<T>(
  limit: number,
  source: AsyncIterable<T>,
  isWanted: (one: T) => boolean,
): Promise<T[] | null> {
  const found: T[] = [];
  for await (const one of source) {
    if (!isWanted(one)) continue;
    if (found.length === limit) return null;
    found.push(one);
  }
  return found;
}
