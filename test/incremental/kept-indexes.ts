/** The indexes of both sides, kept from run to run however much of them is dead: made anew, they would know every time again. */
import type { Joined, LentReadings } from '../../src/connector/matching/joined-readings.ts';
import { EasIndex } from '../../src/match/eas-index.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { readEasRecordKey } from '../../src/model/keys.ts';
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';
import type { MemoryStore } from './memory-store.ts';

/*
 *   a run                    the indexes
 *   about all                are made anew, from all records
 *   about some, later        learn the records that have changed since, and those that the run looks at
 *   after a restart, or a    are made anew
 *   first reading
 */

/** Lends them to one run after the other. */
export class KeptIndexes implements LentReadings {
  readonly #memory: MemoryStore;
  #kept: { readonly joined: Joined; readonly no: number } | null = null;

  constructor(memory: MemoryStore) {
    this.#memory = memory;
  }

  /** The process was started again. */
  forget(): void {
    this.#kept = null;
  }

  async anew(...[, , afterEas]: Parameters<LentReadings['anew']>): Promise<Joined> {
    await afterEas();
    return this.#anew();
  }

  #anew(): Joined {
    const no = this.#memory.lastChange;
    const joined = { eas: new EasIndex(16, { reachable: true }), mdm: new MdmIndex(16) };
    joined.eas.add(this.#memory.of<EasRecord>('eas'));
    joined.mdm.add(this.#memory.of<MdmRecord>('mdm'));
    this.#kept = { joined, no };
    return joined;
  }

  async upToDate(): Promise<Joined> {
    const kept = this.#kept;
    const changes = kept === null ? null : this.#memory.changesSince(kept.no);
    if (kept === null || changes === null) return this.#anew();
    const { eas, mdm } = kept.joined;
    for (const key of changes) {
      const record = this.#memory.records.get(key);
      const named = readEasRecordKey(key);
      if (record?.kind === 'eas') eas.add([record]);
      else if (record?.kind === 'mdm') mdm.replace(record);
      else if (named !== null) eas.remove(named.mailboxId, named.easId);
      else mdm.remove(key);
    }
    this.#kept = { joined: kept.joined, no: this.#memory.lastChange };
    return kept.joined;
  }

  giveBack(): void {}
}
