/**
 * Lets the rest of the process have its turn while the store is read or written in a loop.
 * node:sqlite answers at once and Kysely awaits nothing that the event loop would have to deliver, so a loop over the
 * store would be one turn of the loop, however long: no request would be answered and no timer would fire before its end.
 */
import { setImmediate } from 'node:timers/promises';
import type { KyselyPlugin, PluginTransformResultArgs, QueryResult, UnknownRow } from 'kysely';

/** Rows read or written in one turn; reading and parsing a thousand records takes some ten milliseconds. */
const ROWS_A_TURN = 1000;

/** What a statement costs beside its rows, in rows. */
const ROWS_A_STATEMENT = 20;

/**
 * A plugin for an engine that works in this process: after every thousand rows, or fifty statements, the statement that
 * reached the number is answered in a later turn of the event loop.
 */
export class TakesTurns implements KyselyPlugin {
  #rows = 0;

  transformQuery({ node }: Parameters<KyselyPlugin['transformQuery']>[0]): ReturnType<KyselyPlugin['transformQuery']> {
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    this.#rows += ROWS_A_STATEMENT + result.rows.length + Number(result.numAffectedRows ?? 0n);
    if (this.#rows >= ROWS_A_TURN) {
      this.#rows = 0;
      await setImmediate();
    }
    return result;
  }
}
