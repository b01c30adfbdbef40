/** A simulated side beside a real one: a sync that would write is refused. */
import assert from 'node:assert/strict';
import { refuseMixedSides } from '../../../src/connector/sync/mixed-sides.ts';
import { isConnectorError } from '../../../src/errors.ts';
import { SyncWorld } from './sync-world.ts';

const isRefused = (error: unknown): boolean => isConnectorError(error, 'ERR_SIDES_MIXED');

describe('a simulated side beside a real one', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('ben');
  });
  afterEach(() => world.close());

  const announce = (nodeId: string, provider: string): Promise<void> =>
    world.store.sources.announce({
      nodeId,
      scope: nodeId,
      provider,
      name: null,
      announcedAt: '2026-06-01T08:00:00.000Z',
    });

  it('blocks nobody in Enforce, still simulates, and blocks once it is gone', async () => {
    await announce('left over', 'simulated');
    await assert.rejects(world.sync(), isRefused);
    assert.deepEqual([world.writes, world.state('ben')], [0, 'allowed']);
    assert.equal((await world.match({ dryRun: true })).mode, 'simulate');
    world.set({ mode: 'simulate' });
    assert.equal((await world.match()).mode, 'simulate');
    assert.equal(world.writes, 0);
    world.set({ mode: 'enforce' });
    await world.store.sources.remove('left over', new Date(world.now()).toISOString());
    await world.sync();
    assert.equal(world.state('ben'), 'blocked');
  });

  const table: readonly (readonly [isSimulated: boolean, providers: readonly string[], refused: boolean])[] = [
    [false, [], false],
    [false, ['intune', 'mapping'], false],
    [false, ['intune', 'simulated'], true],
    [true, ['simulated', 'mapping'], false],
    [true, ['simulated', 'intune'], true],
    [true, [], false],
  ];
  for (const [isSimulated, providers, refused] of table) {
    const sources = providers.length === 0 ? 'no source' : providers.join(' and ');
    it(`is ${refused ? '' : 'not '}seen in a ${isSimulated ? 'simulated' : 'real'} Exchange with ${sources}`, async () => {
      await world.store.sources.remove('source of tenant', new Date(world.now()).toISOString());
      for (const provider of providers) await announce(`a ${provider} source`, provider);
      const looked = refuseMixedSides(world.store, { isSimulated });
      await (refused ? assert.rejects(looked, isRefused) : looked);
    });
  }
});
