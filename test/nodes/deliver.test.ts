/** A message that a person sends from the console, on its way to a node and back, over Node-RED's own hooks. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { deliver } from '../../nodes/deliver.ts';
import type { RED, RunningNode } from '../../nodes/red.ts';
import { ConnectorError } from '../../src/errors.ts';

const require = createRequire(import.meta.url);
const { hooks } = createRequire(require.resolve('node-red'))('@node-red/util') as {
  hooks: RED['hooks'] & { trigger(name: string, event: object): Promise<unknown>; has(name: string): boolean };
};

describe('a message that a person sends from the console', () => {
  let sent: { _msgid: string; topic: string } | null = null;
  const node: RunningNode = {
    id: 'gate',
    type: 'access-switch',
    receive: (msg) => void (sent = msg as { _msgid: string; topic: string }),
  };
  const RED = { hooks, util: { generateId: () => 'the-id' } } as unknown as Parameters<typeof deliver>[0];
  const done = (id: string, msgid: string, error?: unknown): Promise<unknown> =>
    hooks.trigger('onComplete', { msg: { _msgid: msgid }, node: { id, node }, error });
  const { signal } = new AbortController();

  afterEach(() => assert.equal(hooks.has('onComplete.exchange-connector-the-id'), false, 'no hook stays'));

  it('is answered when the node is done with it, and not when it is done with another', async () => {
    let answered = false;
    const answer = deliver(RED, node, { topic: 'retry' }, signal).finally(() => (answered = true));
    assert.deepEqual(sent, { topic: 'retry', _msgid: 'the-id' });
    await done('gate', 'another');
    await done('another', 'the-id');
    await new Promise(setImmediate);
    assert.equal(answered, false);
    await done('gate', 'the-id');
    assert.equal(await answer, 'ended');
  });

  it('fails with what the node fails with', async () => {
    const answer = deliver(RED, node, { topic: 'approve' }, signal);
    const failing = assert.rejects(answer, { code: 'ERR_PLAN_UNKNOWN' });
    await done('gate', 'the-id', new ConnectorError('ERR_PLAN_UNKNOWN', 'It is not held.'));
    await failing;
  });

  it('is under way where a deploy has cut it off and it goes on by itself', async () => {
    const answer = deliver(RED, node, { topic: 'approve' }, signal);
    await done('gate', 'the-id', new ConnectorError('ERR_REQUEST_KEPT', 'It was closed.'));
    assert.equal(await answer, 'under-way');
  });

  it('goes on when nobody waits for the answer any more', async () => {
    const leaving = new AbortController();
    const answer = deliver(RED, node, { topic: 'retry' }, leaving.signal);
    leaving.abort();
    assert.equal(await answer, 'under-way');
  });

  it('is refused by a node that takes none', () =>
    assert.rejects(deliver(RED, { id: 'x', type: 'x' }, {}, signal), { code: 'ERR_CONFIG_MISSING' }));
});
