/** The readings between two matches: one match for all that were under way together. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mock } from 'node:test';
import { READING_PATIENCE_MS, readPage } from '../../../src/connector/readings/keep-reading.ts';
import type { ReadingPage } from '../../../src/connector/readings/keep-reading.ts';
import { MatchTurns } from '../../../src/connector/readings/match-turns.ts';
import type { Turn } from '../../../src/connector/readings/match-turns.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import type { ReadingName } from '../../../src/connector/readings/readings-under-way.ts';
import type { Store } from '../../../src/store/store.ts';
import { easPage, mdmPage } from '../../support/pages.ts';
import { easRecord, mdmRecord } from '../../support/records.ts';
import type { PageSync } from '../../support/pages.ts';
import { keepWhole, openEmptyStore } from '../kept-readings.ts';

const EAS = { source: 'eas', scope: 'exchange' } as const;
const MDM = { source: 'mdm', scope: 'tenant' } as const;

function eas(sync: PageSync): ReadingPage {
  const page = easPage(sync, [easRecord(1 + (sync.page ?? 0))]);
  return readPage(page['sync'], page['payload']);
}

function mdm(sync: PageSync): ReadingPage {
  const page = mdmPage(sync, [mdmRecord(1 + (sync.page ?? 0))]);
  return readPage(page['sync'], page['payload']);
}

describe('the turns of a match', () => {
  let store: Store;
  let underWay: OwnReadingsUnderWay;
  let turns: MatchTurns;
  let called: number;
  let arrived: ReadingName[];
  const scope = () => ({ store, underWay, arrived: () => arrived });
  const due = (...ended: ReadingName[]) => ({ state: 'due', cause: { kind: 'full', dryRun: false, ended } });
  /** A turn without what only its caller needs. */
  const ofDue = (turn: Turn | null): unknown =>
    turn?.state === 'due' ? { state: turn.state, cause: turn.cause } : turn;
  const keep = async (page: ReadingPage): Promise<unknown> => ofDue(await turns.keep(page, scope()));
  const look = async (): Promise<unknown> => ofDue(await turns.look(scope()));
  const waiting = { state: 'waiting', source: 'mdm' };

  beforeEach(async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    [called, arrived, underWay] = [0, [], new OwnReadingsUnderWay()];
    turns = new MatchTurns({ now: Date.now, ids: randomUUID, node: 'matcher', mayBeDue: () => (called += 1) });
    store = await openEmptyStore();
    await keepWhole(store, 'eas', 'exchange', []);
    await keepWhole(store, 'mdm', 'tenant', []);
  });
  afterEach(async () => {
    turns.close();
    mock.timers.reset();
    await store.close();
  });

  it('come at the last page, if nobody else is reading', async () => {
    assert.deepEqual(await keep(eas({ id: 'e', last: false })), { state: 'storing' });
    assert.deepEqual(await keep(eas({ id: 'e', page: 1 })), due(EAS));
    assert.equal(await look(), null);
  });

  it('end a reading when its last page is kept, not when its source gets to say so', async () => {
    underWay.begin({ id: 'e', ...EAS });
    await keep(eas({ id: 'e' }));
    assert.equal(underWay.isUnderWay('eas'), false);
  });

  it('leave a reading under way whose last page could not be kept', async () => {
    underWay.begin({ id: 'e', ...EAS });
    await assert.rejects(keep(eas({ id: 'e', page: 1 })), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.equal(underWay.isUnderWay('eas'), true);
  });

  it('wait for the other reading, and come once for both', async () => {
    underWay.begin({ id: 'm', ...MDM });
    assert.deepEqual(await keep(eas({ id: 'e' })), waiting);
    assert.deepEqual(await keep(mdm({ id: 'm' })), due(EAS, MDM));
    assert.deepEqual([called, await look()], [0, null]);
  });

  it('are looked at again when the other reading breaks off', async () => {
    underWay.begin({ id: 'm', ...MDM });
    await keep(mdm({ id: 'm', last: false }));
    assert.deepEqual(await keep(eas({ id: 'e' })), waiting);
    underWay.end('m');
    assert.equal(called, 1);
    assert.deepEqual(await look(), due(EAS));
  });

  it('go on waiting when a page of the other reading is lost, until its source has ended', async () => {
    underWay.begin({ id: 'm', ...MDM });
    await keep(eas({ id: 'e' }));
    await assert.rejects(keep(mdm({ id: 'm', page: 1 })), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.equal(called, 0);
    underWay.end('m');
    assert.equal(called, 1);
    assert.deepEqual(await look(), due(EAS));
  });

  it('are looked at again when pages that nobody tells of have not come for a minute', async () => {
    await keep(mdm({ id: 'm', last: false }));
    assert.deepEqual(await keep(eas({ id: 'e' })), waiting);
    mock.timers.tick(READING_PATIENCE_MS);
    assert.equal(called, 1);
    assert.deepEqual(await look(), due(EAS));
  });

  it('wait for a page that has arrived', async () => {
    arrived = [MDM];
    assert.deepEqual(await keep(eas({ id: 'e' })), waiting);
    arrived = [];
    assert.deepEqual(await keep(mdm({ id: 'm' })), due(EAS, MDM));
  });

  it('come at once when a match is asked for, for what had ended before it', async () => {
    underWay.begin({ id: 'm', ...MDM });
    await keep(eas({ id: 'e', kind: 'quick' }));
    const now = async () => ofDue(await turns.matchNow(scope()));
    assert.deepEqual(await now(), { state: 'due', cause: { kind: 'quick', dryRun: false, ended: [EAS] } });
    assert.deepEqual(await now(), { state: 'due', cause: { kind: 'full', dryRun: false, ended: [] } });
    underWay.end('m');
    assert.equal(called, 0);
  });

  it('call nobody after the node was closed', async () => {
    underWay.begin({ id: 'm', ...MDM });
    await keep(eas({ id: 'e' }));
    turns.close();
    await look();
    underWay.end('m');
    mock.timers.tick(READING_PATIENCE_MS);
    assert.equal(called, 0);
  });
});
