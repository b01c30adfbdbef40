/** Who may do what only one may do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isConnectorError } from '../../src/errors.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import type { Lease, Store } from '../../src/store/store.ts';
import { openEmptyStore } from './records.ts';

const HERE = THIS_PROCESS;
const ELSEWHERE = 'another host/pid:[1]/1';
const VALID = { validMs: 10_000 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a lease', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const take = (
    holder: string,
    node: string,
    how: { process?: string; validMs?: number; patient?: boolean } = {},
  ): Promise<Lease> => {
    const { process = ELSEWHERE, validMs = 10_000, patient = false } = how;
    return store.leases.take({ name: 'work', holder, node, process }, { validMs, patient });
  };
  const who = async (...[holder, node, how]: Parameters<typeof take>): Promise<[holder: string, fence: number]> => {
    const lease = await take(holder, node, how);
    return [lease.holder, lease.fence];
  };

  it('is one’s until it is let go or ends, and each new holder has a higher fence', async () => {
    assert.deepEqual(await who('a', 'n1'), ['a', 1]);
    assert.deepEqual(
      [await who('b', 'n2'), await who('a', 'n1')],
      [
        ['a', 1],
        ['a', 1],
      ],
    );
    await store.leases.release({ name: 'work', holder: 'b' });
    assert.deepEqual(await who('b', 'n2'), ['a', 1], 'who does not hold it lets go of nothing');
    await store.leases.release({ name: 'work', holder: 'a' });
    assert.deepEqual(
      [await who('b', 'n2'), await who('a', 'n1')],
      [
        ['b', 2],
        ['b', 2],
      ],
    );
    await store.leases.release({ name: 'work', holder: 'b' });
    await take('c', 'n3', { validMs: 30 });
    await sleep(60);
    assert.deepEqual(await who('a', 'n1'), ['a', 4]);
  });

  it('that has ended is anew even for who had it', async () => {
    await take('a', 'n1', { validMs: 30 });
    await sleep(60);
    assert.deepEqual(await who('a', 'n1'), ['a', 2]);
  });

  it('that has ended is left to the node that had it by who is patient, unless that is gone for good', async () => {
    await take('a', 'n1');
    await store.leases.release({ name: 'work', holder: 'a' });
    assert.deepEqual(await who('b', 'n2', { patient: true }), ['a', 1]);
    assert.deepEqual(await who('a2', 'n1', { patient: true }), ['a2', 2]);
    await store.leases.release({ name: 'work', holder: 'a2' }, { forGood: true });
    assert.deepEqual(await who('b', 'n2', { patient: true }), ['b', 3]);
  });

  it('that ends later than it can is void: the clock was put back', async () => {
    await take('a', 'n1', { validMs: 3_600_000 });
    assert.deepEqual(await who('b', 'n2'), ['b', 2]);
  });

  it('of a node that was deployed anew in the same process goes to it at once, and to no other process', async () => {
    await take('a', 'n1', { process: HERE });
    assert.deepEqual(await who('a2', 'n1', { process: ELSEWHERE }), ['a', 1]);
    assert.deepEqual(await who('a2', 'n1', { process: HERE }), ['a2', 2]);
  });

  it('of a process that is known to be gone is free at once', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const gone = HERE.replace(/\d+$/, String(child.pid));
    await take('a', 'n1', { process: gone });
    const held = async (): Promise<string[]> =>
      (await store.leases.held(['work', 'other'], VALID)).map(({ holder }) => holder);
    assert.deepEqual(await held(), []);
    assert.deepEqual(await who('b', 'n2'), ['b', 2]);
    assert.deepEqual(await held(), ['b']);
  });

  it('is checked by its fence, within the transaction of what it allows', async () => {
    const first = await take('a', 'n1');
    await store.together(({ leases }) => leases.check(first));
    await store.leases.release(first);
    await take('b', 'n2');
    await assert.rejects(
      store.together(async ({ leases, settings }) => {
        await settings.set('written', 1);
        await leases.check(first);
      }),
      (error) => isConnectorError(error, 'ERR_LEASE_LOST'),
    );
    assert.equal(await store.settings.get('written'), null);
  });

  it('is taken by one of many who ask at the same time', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => take(holder, holder)));
    assert.equal(new Set(all.map(({ holder }) => holder)).size, 1);
    assert.deepEqual(new Set(all.map(({ fence }) => fence)), new Set([1]));
  });
});
