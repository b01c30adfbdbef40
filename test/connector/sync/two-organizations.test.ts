/** Two Exchange organizations on one store and one MDM: each access switch sees to its own and leaves the other's alone. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../../src/errors.ts';
import { SyncWorld } from './sync-world.ts';

const NARROW = { brakeCount: 1, brakePercent: 0 };
const TIGHT = { brakeCount: 10, brakePercent: 20 };

describe('two organizations with one store', () => {
  let a: SyncWorld;
  let b: SyncWorld;

  beforeEach(async () => {
    a = await SyncWorld.open();
    b = a.beside('exchange2');
  });
  afterEach(() => a.close());

  const readAll = async (): Promise<void> => {
    await a.read('mdm');
    await a.read('eas');
    await b.read('eas');
  };
  const waiting = async (): Promise<string[]> => (await a.store.outbox.list()).map(({ organization }) => organization);

  it('write and report their own alone', async () => {
    for (const alias of ['anna', 'ben']) a.addPhone(alias);
    for (const alias of ['carl', 'dora', 'emil']) b.addPhone(alias);
    for (const alias of ['ben', 'emil']) a.enroll(alias);
    await readAll();
    await readAll();
    assert.deepEqual([a.blocked('anna', 'ben'), b.blocked('carl', 'dora', 'emil')], [['anna'], ['carl', 'dora']]);
    assert.deepEqual([a.writes, b.writes, await waiting()], [1, 2, []]);
    const of = (world: SyncWorld): string[] => [...new Set(world.reports.map(({ sync }) => sync.organization))];
    assert.deepEqual([of(a), of(b)], [['exchange'], ['exchange2']]);
  });

  it('keep one organization’s rules from the other’s phones', async () => {
    a.addPhone('anna');
    for (const alias of ['carl', 'dora', 'emil']) b.addPhone(alias);
    a.set({ rules: [{ name: 'A blocks all', when: [], action: 'block' }] });
    b.set({ rules: [{ name: 'B leaves all', when: [], action: 'leave' }] });
    await readAll();
    await a.read('eas');
    assert.deepEqual(await waiting(), []);
    assert.deepEqual([await a.due(), await b.due(), a.writes, b.writes], [null, null, 1, 0]);
  });

  it('keep no simulation of the other organization', async () => {
    a.addPhone('anna');
    b.addPhone('carl');
    a.set({ mode: 'simulate' });
    b.set({ mode: 'simulate', rules: [{ name: 'B leaves all', when: [], action: 'leave' }] });
    await readAll();
    const kept = async (name: string): Promise<unknown> =>
      ((await a.store.settings.get(`access.simulation.${name}`)) as { report: { counts: { blocked: number } } }).report
        .counts.blocked;
    assert.deepEqual([await kept('exchange'), await kept('exchange2')], [1, 0]);
  });

  it('hold plans under ids of their own, and approve what was told', async () => {
    for (const alias of ['anna', 'ben']) a.addPhone(alias);
    for (const alias of ['carl', 'dora', 'emil']) b.addPhone(alias);
    a.enroll('emil');
    for (const world of [a, b]) world.set(NARROW);
    await readAll();
    const [ofA, ofB] = [a.reports.at(-1)?.held, b.reports.at(-1)?.held];
    assert.deepEqual([ofA?.count, ofB?.count], [2, 2]);
    assert.ok(ofA!.id.startsWith('exchange.') && ofB!.id.startsWith('exchange2.'), `${ofA!.id} ${ofB!.id}`);
    await b.approve(ofB!.id, 'Ida');
    assert.deepEqual(b.blocked('carl', 'dora', 'emil'), ['carl', 'dora']);
    assert.deepEqual([a.writes, b.writes], [0, 2]);
  });

  for (const verdict of ['approve', 'discard'] as const) {
    it(`refuse to ${verdict} the other organization's plan, and leave it held`, async () => {
      a.addPhone('anna');
      for (const alias of ['carl', 'dora']) b.addPhone(alias);
      b.set(NARROW);
      await readAll();
      const { id } = b.reports.at(-1)!.held!;
      await assert.rejects(a[verdict](id, 'Ida'), (error) => isConnectorError(error, 'ERR_PLAN_FOREIGN'));
      assert.deepEqual(
        (await a.store.plans.list()).map((plan) => [plan.id, plan.organization]),
        [[id, 'exchange2']],
      );
      assert.deepEqual(
        (await a.store.audit.recent()).filter(({ what }) => what === verdict),
        [],
      );
      assert.deepEqual([await waiting(), await b.due(), b.writes], [[], null, 0]);
    });
  }

  it('need an approval each when the MDM list they share has shrunken', async () => {
    const ofA = ['anna', 'ben'];
    const ofB = ['carl', 'dora'];
    for (const alias of ofA) a.addPhone(alias);
    for (const alias of ofB) b.addPhone(alias);
    const gone = [...ofA, ...ofB].map((alias) => a.enroll(alias));
    a.enroll('fritz');
    for (const world of [a, b]) world.set(TIGHT);
    await readAll();
    for (const device of gone) a.unenroll(device);
    await readAll();
    await a.approve(a.reports.at(-1)!.held!.id);
    await readAll();
    assert.deepEqual([a.blocked(...ofA), b.blocked(...ofB)], [ofA, []]);
    const held = b.reports.at(-1)?.held;
    assert.deepEqual([held?.reason.code, held?.count], ['ERR_SNAPSHOT_SHRUNKEN', 2]);
    await b.approve(held!.id);
    assert.deepEqual(b.blocked(...ofB), ofB);
    await readAll();
    assert.deepEqual(b.reports.at(-1)?.problems, undefined);
  });

  it('take over the measure of the MDM list that an older version kept for all organizations', async () => {
    a.addPhone('anna');
    a.enroll('fritz');
    for (const world of [a, b]) world.set(TIGHT);
    await a.store.settings.set('access.baseline.tenant', 10);
    const { problems } = await a.sync();
    assert.deepEqual([problems?.map(({ code }) => code), a.writes], [['ERR_SNAPSHOT_SHRUNKEN'], 0]);
  });
});
