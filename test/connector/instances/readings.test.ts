/** Readings of several instances on one store: one at a time, matched where the organization is worked for. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readPage } from '../../../src/connector/readings/keep-reading.ts';
import type { ReadingPage } from '../../../src/connector/readings/keep-reading.ts';
import { MatchTurns } from '../../../src/connector/readings/match-turns.ts';
import type { Turn } from '../../../src/connector/readings/match-turns.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import type { ReadingName } from '../../../src/connector/readings/readings-under-way.ts';
import { SwitchLease } from '../../../src/connector/sync/switch-lease.ts';
import { isConnectorError } from '../../../src/errors.ts';
import { THIS_PROCESS } from '../../../src/store/leases.ts';
import type { Store } from '../../../src/store/store.ts';
import { openForTwo } from '../../store/records.ts';
import { easPage, mdmPage } from '../../support/pages.ts';
import { easRecord, mdmRecord } from '../../support/records.ts';

const EAS = { source: 'eas', scope: 'exchange' } as const;
const MDM = { source: 'mdm', scope: 'tenant' } as const;
/** No process has this number. https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html (pid_max) */
const KILLED = THIS_PROCESS.replace(/\d+$/, '4194305');

/** One instance: its connection to the store, and its merge matcher. */
class Instance {
  readonly store: Store;
  readonly underWay: OwnReadingsUnderWay;
  readonly turns: MatchTurns;
  readonly #process: string;
  called = 0;

  constructor(store: Store, process: string) {
    this.store = store;
    this.#process = process;
    this.underWay = new OwnReadingsUnderWay(process);
    this.turns = new MatchTurns({
      now: Date.now,
      ids: randomUUID,
      node: 'matcher',
      process,
      mayBeDue: () => (this.called += 1),
    });
  }

  /** A source begins to read. */
  async begin(id: string, reading: ReadingName, node = 'source'): Promise<void> {
    this.underWay.begin({ id, ...reading });
    await this.underWay.lease(this.store, { id, ...reading, node });
  }

  /** What the matcher says to a page of Exchange. */
  eas(id: string, page: number = 0, last: boolean = true): Promise<unknown> {
    return this.#keep(easPage({ id, page, last }, [easRecord(page + 1)]));
  }

  mdm(id: string): Promise<unknown> {
    return this.#keep(mdmPage({ id }, [mdmRecord(1)]));
  }

  async look(): Promise<Turn | null> {
    return this.turns.look(this.#scope());
  }

  async matchNow(): Promise<Turn> {
    return this.turns.matchNow(this.#scope());
  }

  /** Its access switch works for the organization. */
  async work(): Promise<void> {
    const lease = new SwitchLease({ holder: this.#process, node: 'switch', process: this.#process }, () => 0);
    assert.equal(await lease.hold(this.store, 'exchange'), 'held');
  }

  close(): void {
    this.turns.close();
    this.underWay.close();
  }

  async #keep(message: Record<string, unknown>): Promise<unknown> {
    const page: ReadingPage = readPage(message['sync'], message['payload']);
    return told(await this.turns.keep(page, this.#scope()));
  }

  #scope(): Parameters<MatchTurns['look']>[0] {
    return { store: this.store, underWay: this.underWay, arrived: () => [] };
  }
}

/** A turn without what only its caller needs. */
function told(turn: Turn | null): unknown {
  return turn?.state === 'due' ? { state: 'due', cause: turn.cause } : turn;
}

const due = (...ended: ReadingName[]): unknown => ({ state: 'due', cause: { kind: 'full', dryRun: false, ended } });

describe('readings of several instances', () => {
  let here: Instance;
  let there: Instance;
  beforeEach(async () => {
    const [first, second] = await openForTwo();
    here = new Instance(first, 'alpha/pid:[1]/1');
    there = new Instance(second, 'beta/pid:[1]/1');
  });
  afterEach(async () => {
    here.close();
    there.close();
    await here.store.close();
  });

  it('are one at a time of one source: the second is refused until the first has ended', async () => {
    await here.begin('a', EAS);
    await here.begin('m', MDM);
    await assert.rejects(there.begin('b', EAS), (error) => {
      assert.ok(isConnectorError(error, 'ERR_READING_SECOND'), String(error));
      assert.match(error.message, /^Another reading of this Exchange organization is under way \(on alpha\)\./);
      assert.deepEqual(error.details, { ...EAS, host: 'alpha', isSameNode: true });
      return true;
    });
    here.underWay.end('a');
    // The lease is let go in the background.
    while ((await there.underWay.elsewhere(there.store)).some(({ source }) => source === 'eas'));
    await there.begin('c', EAS);
    assert.deepEqual(await here.underWay.elsewhere(here.store), [EAS]);
    assert.deepEqual(await there.underWay.elsewhere(there.store), [MDM]);
  });

  it('are refused in one process too, of another node; a node reads one after the other', async () => {
    await here.begin('a', EAS);
    await assert.rejects(here.begin('b', EAS, 'another source'), { code: 'ERR_READING_SECOND' });
    await here.begin('c', EAS);
  });

  it('that a flow made belong to the instance that has their pages', async () => {
    assert.deepEqual(await here.eas('a', 0, false), { state: 'storing' });
    await assert.rejects(there.eas('b', 0), { code: 'ERR_READING_SECOND' });
    assert.deepEqual(await here.eas('a', 1), due(EAS));
    assert.equal((await here.store.snapshots.latest('eas', 'exchange'))?.syncId, 'a');
  });

  it('that a killed process has left are given up by the next one, and none of their pages counts any more', async () => {
    const killed = new Instance(there.store, KILLED);
    await killed.begin('a', EAS);
    await killed.eas('a', 0, false);
    await here.begin('b', EAS);
    assert.deepEqual(await here.eas('b'), due(EAS));
    const page = easPage({ id: 'a', page: 1 }, [easRecord(2)])['sync'] as Parameters<Store['snapshots']['putPage']>[0];
    await assert.rejects(there.store.snapshots.putPage(page, [easRecord(2)]), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    killed.close();
  });

  it('that a killed process has left are cleared with the next reading of anything', async () => {
    const killed = new Instance(there.store, KILLED);
    await killed.begin('a', EAS);
    await killed.eas('a', 0, false);
    await here.mdm('m');
    const page = easPage({ id: 'a', page: 1 }, [])['sync'] as Parameters<Store['snapshots']['putPage']>[0];
    await assert.rejects(there.store.snapshots.putPage(page, []), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    killed.close();
  });

  it('are matched by the instance that works for the organization', async () => {
    await here.work();
    assert.deepEqual(await there.eas('a'), { state: 'handed-on', host: 'alpha' });
    assert.equal((await there.look())?.state, 'handed-on');
    const rows = await here.store.requests.list({ organization: 'exchange' });
    assert.equal(here.turns.hasNews(rows), true);
    const turn = await here.look();
    assert.deepEqual(told(turn), due(EAS));
    assert.equal(here.turns.hasNews(rows), false, 'it is at it');
    assert.equal(await here.look(), null, 'it is matched once');
    assert.ok(turn?.state === 'due');
    await here.turns.done(here.store, turn);
    assert.deepEqual([await here.look(), await there.look()], [null, null]);
  });

  it('are matched by any instance while no switch writes, each what it has read', async () => {
    assert.deepEqual(await there.eas('a'), due(EAS));
  });

  it('are not waited for once their process is killed', async () => {
    const killed = new Instance(there.store, KILLED);
    await here.work();
    await killed.begin('m', MDM);
    assert.deepEqual(await here.eas('a'), due(EAS));
    killed.close();
  });

  it('that ended are matched together with those that another instance is at', async () => {
    await here.work();
    await there.begin('m', MDM);
    assert.deepEqual(await here.eas('a'), { state: 'waiting', source: 'mdm' });
    assert.deepEqual(await there.mdm('m'), { state: 'handed-on', host: 'alpha' });
    assert.deepEqual(told(await here.look()), due(EAS, MDM));
  });

  it('that ended just before a kill are matched after the next start', async () => {
    const killed = new Instance(there.store, KILLED);
    assert.deepEqual(await killed.eas('a'), due(EAS));
    killed.close();
    assert.deepEqual(told(await here.look()), due(EAS));
  });

  it('are matched anew by the one that works when somebody asks in another instance', async () => {
    await here.work();
    await here.eas('a');
    assert.deepEqual(await there.matchNow(), { state: 'handed-on', host: 'alpha' });
    assert.deepEqual(told(await here.look()), due());
  });
});
