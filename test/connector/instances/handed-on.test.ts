/** What a person asks of an instance that does not work for the organization is done by the one that does. */
import assert from 'node:assert/strict';
import { doHandedOn, handOn } from '../../../src/connector/sync/handed-on.ts';
import { approvePlan, retryAll } from '../../../src/connector/sync/operator-requests.ts';
import { ConnectorError } from '../../../src/errors.ts';
import type { InstanceRequest } from '../../../src/store/store.ts';
import { SyncWorld } from '../sync/sync-world.ts';

describe('a request that reaches an instance without the lease', () => {
  let world: SyncWorld;
  let plan: string;
  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    world.set({ brakeCount: 0, brakePercent: 0 });
    plan = (await world.sync()).held?.id ?? assert.fail('nothing is held');
  });
  afterEach(() => world.close());

  const ask = (topic: string, payload: unknown = plan, node = 'switch'): Promise<void> =>
    handOn(world.parts, { node, topic, payload, askedBy: 'Ada', process: 'beta/pid:[1]/1' });
  const act = async ({ topic, payload, askedBy }: InstanceRequest): Promise<void> => {
    if (topic === 'retry') await retryAll(world.parts);
    else await approvePlan(world.parts, { plan: textIn(payload), person: askedBy });
  };
  const textIn = (payload: unknown): string => (typeof payload === 'string' ? payload : '');
  const left = async (): Promise<string[]> => (await world.store.requests.list({})).map(({ topic }) => topic);

  it('is a row until it is done, with who asked and where', async () => {
    await ask('approve');
    const [row] = await world.store.requests.list({ organization: 'exchange' });
    const { id: _id, askedAt: _at, ...asked } = row ?? assert.fail('there is no row');
    assert.deepEqual(asked, {
      organization: 'exchange',
      node: 'switch',
      topic: 'approve',
      payload: plan,
      askedBy: 'Ada',
      askedFrom: 'beta',
      tries: 0,
    });
    assert.deepEqual(await doHandedOn(world.parts, 'another switch', act), []);
    assert.deepEqual([await left(), world.writes], [['approve'], 0], 'it is not for another switch');
    assert.deepEqual(await doHandedOn(world.parts, 'switch', act), []);
    assert.deepEqual([await left(), world.writes], [[], 2]);
    const approvals = (await world.store.audit.recent()).filter(({ what }) => what === 'approve');
    assert.deepEqual(
      approvals.map(({ who }) => who),
      ['Ada'],
    );
  });

  it('is done once, though the one that did it was killed before it could say so', async () => {
    await ask('approve');
    const killed = async (request: InstanceRequest): Promise<void> => {
      await act(request);
      throw new ConnectorError('ERR_ABORTED', 'The process was killed.');
    };
    await assert.rejects(doHandedOn(world.parts, 'switch', killed), { code: 'ERR_ABORTED' });
    assert.deepEqual(await left(), ['approve']);
    assert.deepEqual(await doHandedOn(world.parts, 'switch', act), []);
    assert.deepEqual([await left(), world.writes], [[], 2]);
  });

  it('that cannot be done is an error where it was to be done, and does not keep the next one from it', async () => {
    await ask('approve', 'no such plan');
    await ask('approve');
    const errors = await doHandedOn(world.parts, 'switch', act);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['ERR_PLAN_UNKNOWN'],
    );
    assert.deepEqual([await left(), world.writes], [[], 2]);
  });

  it('that nobody has done within a day is told as a problem, and not done', async () => {
    await ask('approve');
    world.letPass(24 * 3_600_000);
    assert.deepEqual(await doHandedOn(world.parts, 'switch', act), []);
    assert.deepEqual([await left(), world.writes], [[], 0]);
    const { kind, news } = world.told.at(-1) ?? assert.fail('nothing is told');
    assert.equal(kind, 'attention');
    assert.equal(news.problem?.code, 'ERR_REQUEST_EXPIRED');
    assert.match(news.problem.text, /^"approve" was asked for by Ada on beta at .*, and nobody has done it/);
  });

  it('waits while the store is away', async () => {
    await ask('retry', null);
    const away = (): Promise<void> => Promise.reject(new ConnectorError('ERR_STORE_BUSY', 'locked'));
    await assert.rejects(doHandedOn(world.parts, 'switch', away), { code: 'ERR_STORE_BUSY' });
    assert.deepEqual(await left(), ['retry']);
  });
});
