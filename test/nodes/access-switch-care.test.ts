/** The access switch sees to the store once a day, if it is the one that works. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { SwitchWorld } from '../support/access-switch-world.ts';

const MINUTE_MS = 60_000;
const OLD = new Date(Date.now() - 400 * 86_400_000).toISOString();

describe('an access switch', () => {
  let world: SwitchWorld;
  beforeEach(async () => {
    world = await SwitchWorld.open();
    // Its looks once a minute; nothing else of this test is repeated by a timer.
    mock.timers.enable({ apis: ['setInterval'] });
  });
  afterEach(async () => {
    mock.timers.reset();
    await world.close();
  });

  for (const mode of ['enforce', 'simulate']) {
    it(`that is set to ${mode} takes out of the store what is old`, async () => {
      await world.start({ mode });
      const store = await world.store;
      const run = { syncId: 's', subject: 'access', organization: null, ok: true, tookMs: 1, report: null };
      await store.history.add({ ...run, at: OLD });
      await store.history.add({ ...run, at: new Date().toISOString() });
      const known = async (): Promise<number> => (await store.history.recent()).filter(({ at }) => at === OLD).length;
      const until = Date.now() + 100_000;
      while ((await known()) > 0 && Date.now() < until) {
        mock.timers.tick(MINUTE_MS);
        await new Promise((resolve) => void setTimeout(resolve, 20));
      }
      assert.deepEqual([await known(), (await store.history.recent()).length], [0, 1]);
    });
  }
});
