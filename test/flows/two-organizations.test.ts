/** Two Exchange organizations on one store and one MDM: each access switch sees to its own and leaves the other's alone. */
import assert from 'node:assert/strict';
import { TwoOrganizations } from './two-organizations-world.ts';
import type { TwoOptions } from './two-organizations-world.ts';

const rule = (action: string, name: string): Record<string, unknown> => ({ rules: [{ name, when: [], action }] });
const BLOCKS = rule('block', 'A blocks all');
const LEAVES = rule('leave', 'B leaves all');
const NARROW = { brakeCount: 1, brakePercent: 0 };

describe('two organizations with one store', () => {
  let world: TwoOrganizations;

  beforeEach(async () => {
    world = await TwoOrganizations.open();
  });
  afterEach(() => world.close());

  const errors = (): (string | undefined)[] => world.flow.errors().map(({ code }) => code);

  const SETUPS: readonly (readonly [sentence: string, wires: NonNullable<TwoOptions['wires']>])[] = [
    ['one matcher and a switch each', ['switch', 'switch2']],
    ['one matcher and a switch each, wired the other way round', ['switch2', 'switch']],
    ['a matcher and a switch each, both fed by one MDM source', 'two matchers'],
  ];
  for (const [sentence, wires] of SETUPS) {
    it(`run without an error and write their own alone: ${sentence}`, async () => {
      for (const alias of ['anna', 'ben']) world.addPhone('a', alias);
      for (const alias of ['carl', 'dora', 'emil']) world.addPhone('b', alias);
      world.enroll('ben');
      world.enroll('emil');
      await world.start({ wires });
      await world.read('mdm', 'a', 'b');
      await world.read('mdm', 'a', 'b');
      assert.deepEqual(errors(), []);
      assert.deepEqual(world.blocked('a', 'anna', 'ben'), ['anna']);
      assert.deepEqual(world.blocked('b', 'carl', 'dora', 'emil'), ['carl', 'dora']);
      assert.deepEqual([world.writes('a'), world.writes('b')], [1, 2]);
      const organizations = (side: 'a' | 'b'): string[] => [
        ...new Set(world.reports(side).map(({ sync }) => sync.organization)),
      ];
      assert.deepEqual([organizations('a'), organizations('b')], [['exchange'], ['exchange2']]);
      assert.deepEqual(await world.waiting(), []);
      const red = [...world.flow.statuses('switch'), ...world.flow.statuses('switch2')].filter(
        ({ fill }) => fill === 'red',
      );
      assert.deepEqual(red, []);
    });

    it(`keep one organization's rules from the other's phones: ${sentence}`, async () => {
      world.addPhone('a', 'anna');
      for (const alias of ['carl', 'dora', 'emil']) world.addPhone('b', alias);
      await world.start({ a: BLOCKS, b: LEAVES, wires });
      await world.read('mdm', 'a', 'b', 'a');
      assert.deepEqual(await world.waiting(), []);
      for (const side of ['a', 'b'] as const) await world.control(side, 'due');
      assert.deepEqual([world.writes('a'), world.writes('b')], [1, 0]);
      assert.deepEqual(errors(), []);
    });
  }

  it('say in grey that they pass over, until they have had a sync of their own', async () => {
    world.addPhone('b', 'carl');
    await world.start();
    await world.read('mdm', 'b');
    assert.deepEqual(world.flow.statuses('switch').at(-1), {
      fill: 'grey',
      text: 'access-switch.status.passedOver',
    });
    world.addPhone('a', 'anna');
    await world.read('a');
    assert.equal(world.flow.statuses('switch').at(-1)?.fill, 'green');
    await world.read('b');
    assert.equal(world.flow.statuses('switch').at(-1)?.fill, 'green');
  });

  for (const topic of ['approve', 'discard']) {
    it(`refuse to ${topic} the other organization's plan, and leave it held`, async () => {
      world.addPhone('a', 'anna');
      for (const alias of ['carl', 'dora']) world.addPhone('b', alias);
      await world.start({ b: NARROW });
      await world.read('mdm', 'a', 'b');
      const id = world.reports('b').at(-1)!.held!.id;
      await world.control('a', topic, id, { by: 'Ida' });
      assert.deepEqual(errors(), ['ERR_PLAN_FOREIGN']);
      const { plans, audit } = await world.store;
      assert.deepEqual(
        (await plans.list()).map((plan) => [plan.id, plan.organization]),
        [[id, 'exchange2']],
      );
      assert.deepEqual(
        (await audit.recent()).filter(({ what }) => what === topic),
        [],
      );
      assert.deepEqual(await world.waiting(), []);
      await world.control('b', 'due');
      assert.equal(world.writes('b'), 0);
    });
  }
});
