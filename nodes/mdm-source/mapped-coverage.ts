/** Of a reading that comes by message: what it came to, on its last page; and in the history, when a message ends it. */
import { keepFailedRun } from '../../src/connector/keep-run.ts';
import { failedReading } from '../../src/connector/readings/covered-pages.ts';
import type { FedMessagePages } from '../../src/connector/readings/fed-sequence.ts';
import { CoverageCount } from '../../src/model/reading-coverage.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import type { Run } from '../on-input.ts';

/** Whose reading it is, and where a failed one is kept. */
interface Reader {
  readonly scope: string;
  /** Null: nobody knows yet which store it is. */
  readonly store: () => Promise<Pick<Store, 'history'> | null>;
  readonly run: Pick<Run, 'signal'>;
  readonly newId: () => string;
}

/** The pages that a message completes. */
interface Taken extends FedMessagePages<MdmRecord> {
  /** What a person should look at; null or absent: nothing. */
  readonly hint?: string | null;
}

/**
 * A message that cannot be taken ends its reading: the history says so, as of a reading of Intune, and what came before.
 * @param take takes one message, and names what counts its reading
 * @throws what `take` throws, with what came before it as its cause
 */
export async function mappedWithCoverage(
  { scope, store: openStore, run, newId }: Reader,
  take: (count: (coverage: CoverageCount) => void) => Promise<Taken | null>,
): Promise<FedMessagePages<MdmRecord> | null> {
  const began = Date.now();
  let count: CoverageCount | null = null;
  const counted = (): CoverageCount => count ?? new CoverageCount();
  try {
    const taken = await take((one) => (count = one));
    if (taken === null) return null;
    const { hint = null, ...pagesOf } = taken;
    const { twice, stated } = pagesOf;
    const all = counted().coverage(true);
    const said = hint === null ? {} : { hint };
    const coverage = { ...all, rows: all.rows - twice, duplicates: twice, counted: stated, ...said };
    return { ...pagesOf, pages: taken.pages.map((page) => (page.last ? { ...page, coverage } : page)) };
  } catch (thrown) {
    // Stopped, as by a deploy: it did not fail.
    if (run.signal.aborted) throw thrown;
    const coverage = counted().coverage(false);
    const store = await openStore().catch(() => null);
    const failed = { subject: 'mdm', syncId: newId(), organization: null, began } as const;
    const report = { source: scope, kind: 'full', coverage };
    if (store !== null) await keepFailedRun(store, failed, { thrown, signal: run.signal, now: Date.now, report });
    throw failedReading(thrown, coverage);
  }
}
