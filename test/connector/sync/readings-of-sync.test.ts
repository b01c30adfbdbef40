/** What a report says of the readings that a sync went by. */
import assert from 'node:assert/strict';
import { hoursSinceOldest, readingsOfSync } from '../../../src/connector/sync/readings-of-sync.ts';
import { keepFailedRun, keepRun } from '../../../src/connector/keep-run.ts';
import { ConnectorError, ERROR_HELP } from '../../../src/errors.ts';
import { SyncWorld } from './sync-world.ts';

const HOUR_MS = 3_600_000;
const NOW = '2026-06-01T08:00:00.000Z';

describe('the readings that a sync went by', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
  });
  afterEach(() => world.close());

  /** A try to read a source, as its node keeps it. */
  async function tried(subject: 'eas' | 'mdm', scope: string, code: 'ERR_GRAPH_FORBIDDEN' | 'ERR_HTTP_RESET' | null) {
    const run = { subject, syncId: 's', organization: subject === 'eas' ? scope : null, began: world.now() };
    const report = { source: scope };
    const { now } = world;
    if (code === null) await keepRun(world.store, run, { ok: true, report, now });
    else await keepFailedRun(world.store, run, { thrown: new ConnectorError(code, 'It said no.'), now, report });
    return new Date(world.now() - 1).toISOString();
  }

  const of = (): Promise<object[]> => readingsOfSync(world.store, 'exchange');

  it('are in the report, each with the time at which it began', async () => {
    const { readings } = await world.sync();
    const [eas, mdm] = await Promise.all([
      world.store.snapshots.latest('eas', 'exchange'),
      world.store.snapshots.latest('mdm', 'tenant'),
    ]);
    assert.deepEqual(readings, [
      { source: 'eas', name: 'Exchange', startedAt: eas?.startedAt },
      { source: 'mdm', name: 'tenant', startedAt: mdm?.startedAt },
    ]);
  });

  it('say in a dry run what follows of what an MDM cannot tell, and not when changes are written', async () => {
    await world.sync();
    const notes = [{ code: 'no-eas-id', text: 'Tells no EAS ID: phones merge through the link.' }];
    const source = {
      nodeId: 'source of tenant',
      scope: 'tenant',
      provider: 'intune',
      name: null,
      announcedAt: NOW,
      notes,
    };
    await world.store.sources.announce(source);
    const [, dry] = (await world.sync({ dryRun: true })).readings;
    assert.deepEqual(dry?.notes, notes);
    const [, written] = (await world.sync()).readings;
    assert.equal(written !== undefined && 'notes' in written, false);
  });

  it('say that the last try to read an MDM failed, when and why, until it is read again', async () => {
    await world.sync();
    await tried('mdm', 'tenant', null);
    const before = await of();
    const at = await tried('mdm', 'tenant', 'ERR_GRAPH_FORBIDDEN');
    await tried('mdm', 'another', null);
    const failed = { at, code: 'ERR_GRAPH_FORBIDDEN', text: ERROR_HELP['ERR_GRAPH_FORBIDDEN'] };
    assert.deepEqual(await of(), [before[0], { ...before[1], failed }]);
    await tried('mdm', 'tenant', null);
    assert.deepEqual(await of(), before);
  });

  it('say what the reading of an MDM came to, and how far a later one came that failed', async () => {
    await world.sync();
    const read = await world.store.snapshots.latest('mdm', 'tenant');
    const coverage = {
      whole: true,
      pages: 1,
      records: 1,
      easIds: 1,
      user: 1,
      compliance: 1,
      managed: 1,
      rows: 1,
      duplicates: 0,
      counted: null,
      enrolled: null,
    };
    const whole = { subject: 'mdm', syncId: read?.syncId ?? '', organization: null, began: world.now() } as const;
    await keepRun(world.store, whole, { ok: true, report: { source: 'tenant', coverage }, now: world.now });
    const { readings } = await world.match();
    assert.deepEqual(readings.find(({ source }) => source === 'mdm')?.coverage, coverage);
    const broken = { ...coverage, whole: false, pages: 0, records: 0, easIds: 0, user: 0, compliance: 0, managed: 0 };
    const run = { subject: 'mdm', syncId: 's', organization: null, began: world.now() } as const;
    const thrown = new ConnectorError('ERR_HTTP_RESET', 'It broke.');
    await keepFailedRun(world.store, run, { thrown, now: world.now, report: { source: 'tenant', coverage: broken } });
    const after = (await readingsOfSync(world.store, 'exchange')).find(({ source }) => source === 'mdm');
    assert.deepEqual([after?.coverage, after?.failed?.coverage], [coverage, broken]);
  });

  it('say the same of Exchange, and nothing of another organization', async () => {
    await world.sync();
    const before = await of();
    await tried('eas', 'exchange2', 'ERR_HTTP_RESET');
    assert.deepEqual(await of(), before);
    const at = await tried('eas', 'exchange', 'ERR_HTTP_RESET');
    const failed = { at, code: 'ERR_HTTP_RESET', text: ERROR_HELP['ERR_HTTP_RESET'] };
    assert.deepEqual(await of(), [{ ...before[0], failed }, before[1]]);
  });

  it('are as old as the oldest of them; of one that was never read nobody knows', () => {
    const now = Date.parse('2026-06-01T12:00:00.000Z');
    const read = (startedAt: string | null): { source: 'mdm'; name: string; startedAt: string | null } => ({
      source: 'mdm',
      name: 'tenant',
      startedAt,
    });
    const [young, old] = [new Date(now - HOUR_MS / 2).toISOString(), new Date(now - 7.9 * HOUR_MS).toISOString()];
    assert.equal(hoursSinceOldest([read(young), read(old)], now), 7);
    assert.equal(hoursSinceOldest([read(young)], now), 0);
    assert.equal(hoursSinceOldest([read(young), read(null)], now), null);
    assert.equal(hoursSinceOldest([], now), null);
  });
});
