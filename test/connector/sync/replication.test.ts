/** Domain controllers that are behind: what a list does not show yet is not gone. */
import assert from 'node:assert/strict';
import { easIdOf, SyncWorld } from './sync-world.ts';

const HOUR_MS = 3_600_000;

describe('a domain controller that is behind', () => {
  let world: SyncWorld;
  const id = easIdOf('anna');
  const listed = { allowed: [], blocked: [id] };
  const inAgain = { allowed: [id], blocked: [] };

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
  });
  afterEach(() => world.close());

  const ours = async (): Promise<unknown[]> =>
    (await world.store.entries.list()).map(({ list, state }) => [list, state]);
  const told = (): unknown[] =>
    world.told.filter(({ news }) => news.device?.eas?.easId === id).map(({ kind, news }) => [kind, news.problem?.code]);
  const audited = async (): Promise<string[]> =>
    (await world.store.audit.recent()).map(({ what }) => what).filter((what) => ['block', 'allow'].includes(what));
  const nextTry = async (): Promise<void> => {
    await world.untilNextTry();
    await world.due();
  };

  it('does not make our block an administrator’s: who enrolls later is let in', async () => {
    world.organization.fallBehind();
    await world.sync();
    await world.readOnly('eas');
    world.organization.catchUp();
    // What the reading does not show is there by now.
    await world.match();
    assert.deepEqual([world.writes, await ours()], [1, [['blocked', 'owned']]]);
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
  });

  it('has our block written once more, as the same blocking: nobody is mailed twice', async () => {
    world.organization.fallBehind();
    await world.sync();
    await world.sync();
    assert.deepEqual([world.writes, world.lists('anna'), await ours()], [2, listed, [['blocked', 'owned']]]);
    const episodes = world.news('blocked').map(({ change }) => change?.episode);
    assert.deepEqual([episodes.length, new Set(episodes).size], [2, 1]);
  });

  it('keeps who enrolls meanwhile waiting until the block can be taken off, and tells why', async () => {
    world.organization.fallBehind();
    await world.sync();
    world.enroll('anna');
    await world.sync();
    const both = { allowed: [id], blocked: [id] };
    const meanwhile = [
      ['allowed', 'adding'],
      ['blocked', 'owned'],
    ];
    assert.deepEqual([world.lists('anna'), await ours()], [both, meanwhile]);
    assert.deepEqual(told(), [
      ['blocked', undefined],
      ['attention', 'ERR_APPLY_FAILED'],
    ]);
    await nextTry();
    assert.deepEqual([world.lists('anna'), await ours(), world.writes], [both, meanwhile, 3]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
    assert.deepEqual(told().at(-1), ['allowed', undefined]);
    assert.deepEqual(await world.waiting(), []);
  });

  it('does not hide a block whose answer was lost: it is told once, and is ours', async () => {
    world.organization.fallBehind();
    world.failures.push('lost-after');
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'adding']]]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual(await ours(), [['blocked', 'owned']]);
    assert.deepEqual(told(), [
      ['attention', 'ERR_EXCHANGE_OUTCOME_UNKNOWN'],
      ['blocked', undefined],
    ]);
    assert.deepEqual([await audited(), await world.waiting(), world.writes], [['block'], [], 1]);
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
  });

  it('does not hide a block whose answer was lost behind a refusal of the next try', async () => {
    world.organization.fallBehind();
    world.failures.push('lost-after', 'refused');
    await world.sync();
    await nextTry();
    assert.deepEqual([await ours(), await world.waiting()], [[['blocked', 'adding']], [['later', 2]]]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual([await ours(), told().at(-1)], [[['blocked', 'owned']], ['blocked', undefined]]);
  });

  it('does not hide a block whose answer was lost from who enrolls before it is seen', async () => {
    world.organization.fallBehind();
    world.failures.push('lost-after');
    await world.sync();
    world.enroll('anna');
    await world.sync();
    await nextTry();
    world.organization.catchUp();
    await nextTry();
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
    assert.deepEqual([await audited(), await world.waiting()], [['allow', 'block'], []]);
  });

  it('does not hide an allow whose answer was lost: it is told, and its entry is ours', async () => {
    await world.sync();
    world.enroll('anna');
    world.organization.fallBehind();
    world.failures.push('lost-after');
    await world.sync();
    assert.deepEqual(world.lists('anna'), inAgain);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual(await ours(), [['allowed', 'owned']]);
    assert.deepEqual(
      [told().at(-1), await audited()],
      [
        ['allowed', undefined],
        ['allow', 'block'],
      ],
    );
  });

  it('does not pass for a block that stands: who is allowed and is to be blocked again is blocked once it has caught up', async () => {
    await world.sync();
    const device = world.enroll('anna');
    world.organization.fallBehind();
    await world.read('mdm');
    assert.deepEqual(world.lists('anna'), inAgain);
    Object.assign(device, { complianceState: 'noncompliant' });
    await world.read('mdm');
    assert.deepEqual([world.lists('anna'), await world.waiting()], [inAgain, [['later', 1]]]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'owned']]]);
    assert.deepEqual(told().at(-1), ['blocked', undefined]);
  });

  it('is waited for by undo, which takes our entry off then', async () => {
    world.organization.fallBehind();
    await world.sync();
    await world.undo();
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'owned']]]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual([world.lists('anna'), await ours()], [{ allowed: [], blocked: [] }, []]);
  });

  it('loses none of our entries to a reading, however long it is behind: the mailbox’s own lists are asked', async () => {
    world.organization.fallBehind();
    await world.sync();
    world.letPass(24 * HOUR_MS);
    await world.readOnly('mdm');
    await world.readOnly('eas');
    world.organization.catchUp();
    await world.match();
    assert.deepEqual([world.writes, await ours()], [1, [['blocked', 'owned']]]);
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
  });

  it('does not keep out who enrolls after a person has taken our block off', async () => {
    await world.sync();
    world.setLists('anna', { blocked: [] });
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([world.lists('anna'), told().at(-1)], [inAgain, ['attention', 'ERR_APPLY_FAILED']]);
    world.letPass(3 * HOUR_MS);
    await nextTry();
    assert.deepEqual([world.lists('anna'), world.writes, told().at(-1)], [inAgain, 2, ['allowed', undefined]]);
    assert.deepEqual([await audited(), await world.waiting()], [['allow', 'block'], []]);
    await world.sync();
    assert.deepEqual(await ours(), [['allowed', 'owned']]);
  });

  it('is not blamed for ever: after three hours what is not there was taken off by somebody', async () => {
    await world.sync();
    world.setLists('anna', { blocked: [] });
    world.letPass(3 * HOUR_MS);
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
  });
});
