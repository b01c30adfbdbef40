/** Takes records out of what the last full readings have seen: a record that comes again is a new one. */
import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import { withoutNumbers } from '../seen-records.ts';

/** @param numbers of the keys, as `numberOf` makes them */
export async function forgetNumbers(database: Kysely<Schema>, numbers: ReadonlySet<number>): Promise<void> {
  const rows = await database.selectFrom('seen').select(['reading', 'no']).orderBy('reading').orderBy('no').execute();
  // One at a time: a row is a tenth of a megabyte.
  for (const { reading, no } of rows) {
    const own = database.selectFrom('seen').select('records').where('reading', '=', reading).where('no', '=', no);
    const { records } = await own.executeTakeFirstOrThrow();
    const without = withoutNumbers(records, numbers);
    if (without === records) continue;
    await database
      .updateTable('seen')
      .set({ records: without })
      .where('reading', '=', reading)
      .where('no', '=', no)
      .execute();
  }
}
