/** What a full reading has not seen goes, but for what lies in its gaps. */
import type { Kysely } from 'kysely';
import type { GapMailboxes } from '../model/reading-gaps.ts';
import { walk } from './generation-walk.ts';
import { findSnapshot } from './generations.ts';
import type { Generations } from './generations.ts';
import { isWithin } from './known-records.ts';
import type { KnownRecords } from './known-records.ts';
import type { ReadingUnderWay } from './reading-under-way.ts';
import type { Schema } from './schema.ts';
import { numberOf, UNKNOWN } from './seen-records.ts';
import { stageGone } from './snapshot-rows.ts';

/** Keys that are looked at at once. */
const KEYS_PER_STEP = 2000;

/** What is shown, and what is known of it. */
interface Shown {
  readonly database: Kysely<Schema>;
  readonly generations: Generations;
  readonly known: KnownRecords;
  /** Of the store: see {@link numberOf}. */
  readonly salt: string;
}

/**
 * Takes out what is shown and was not seen; of later readings a full one can say nothing. What may be there all the same
 * counts as seen, as it was.
 * @returns the mailboxes of what stays
 */
export async function stageUnseen(
  { database, generations, known: knownRecords, salt }: Shown,
  { no, source, scope, seen }: ReadingUnderWay,
  gaps: GapMailboxes,
): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  const view = await generations.hold(source, scope);
  if (view === null) return kept;
  try {
    const current = await findSnapshot(database, view);
    const known = current === undefined ? null : await knownRecords.of(current);
    if (known !== null && (await isWithin(known, seen))) return kept;
    const earlier = view.generations.filter((generation) => generation < no);
    for await (const rows of walk(database, earlier, { step: KEYS_PER_STEP, records: false })) {
      const gone: string[] = [];
      for (const { key } of rows) {
        const number = numberOf(salt, key);
        if (seen.has(number)) continue;
        const mailboxId = gaps.ofUnseen(key);
        if (mailboxId === null) gone.push(key);
        else {
          kept.add(mailboxId);
          seen.set(number, known?.get(number) ?? { content: UNKNOWN, time: Number.NaN });
        }
      }
      await stageGone(database, no, gone);
    }
    return kept;
  } finally {
    generations.release(view);
  }
}
