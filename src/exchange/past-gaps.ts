/** Reads that go on past objects which the server cannot give. */
import { GapCollector } from './gap-collector.ts';
import { failureAmong } from './gap-kinds.ts';
import type { ReadOptions } from './cmdlets/read-objects.ts';
import { distinguishedNameOf, guidOf } from './cmdlets/plain-record.ts';
import type { Effort } from './transport.ts';

/**
 * Yields the objects of one bulk read. Its error records, and the objects that cannot be used, are gaps once it has come to its
 * end: a read that breaks and is started again meets them again.
 * @param read starts it
 * @throws an error record that is about the call and no object of it; and whatever `read` throws
 */
export async function* pastGaps<T>(
  read: (options: ReadOptions) => AsyncIterable<T>,
  options: ReadOptions & { readonly effort: Effort },
  gaps: GapCollector,
): AsyncGenerator<T, void, undefined> {
  const errors: Error[] = [];
  const unreadable: [kind: 'no-id' | 'no-name', name: string | null][] = [];
  let count = 0;
  const watched: ReadOptions = {
    ...options,
    onError: (error) => errors.push(error),
    onUnreadable: (record) => {
      const name = distinguishedNameOf(record);
      unreadable.push([name === null || guidOf(record, 'Guid') === null ? 'no-name' : 'no-id', name]);
    },
  };
  for await (const object of read(watched)) {
    count += 1;
    yield object;
  }
  const failure = failureAmong(errors, count, (error) => GapCollector.names(error));
  if (failure !== null) throw failure;
  gaps.addErrors(errors);
  for (const [kind, name] of unreadable) gaps.addObject(kind, name);
}
