/** What stands between our nodes and meddles with their pages: nobody is shut out by it, and it is told. */
import assert from 'node:assert/strict';
import { SwitchWorld } from '../support/access-switch-world.ts';
import type { Changes } from '../support/connector-flow.ts';
import type { FlowNode } from '../support/node-red.ts';

const USERS = ['anna', 'ben', 'carla', 'dora', 'emil', 'frida'];

/** A core function node. */
function aFunction(id: string, to: string, func: string): FlowNode {
  return { id, type: 'function', func, outputs: 1, initialize: '', finalize: '', libs: [], wires: [[to]] };
}

/** What comes of two pages that a flow keeps in one variable while it asks a server about each: both get what the second one had. */
const MIXED_UP = `
  const first = context.get('first');
  if (first === undefined && !msg.sync.last) { context.set('first', msg); return null; }
  context.set('first', undefined);
  return first === undefined ? msg : [[{ ...first, payload: RED.util.cloneMessage(msg.payload) }, msg]];
`;

describe('a node between ours', () => {
  let world: SwitchWorld;

  beforeEach(async () => {
    world = await SwitchWorld.open();
    for (const user of USERS) world.addPhone(user);
  });
  afterEach(() => world.close());

  const start = (changes: Changes, nodes: readonly FlowNode[] = []): Promise<void> =>
    world.start({ mode: 'enforce' }, changes, { nodes });
  const blocked = (): string[] => USERS.filter((user) => world.state(user) === 'blocked');
  const refused = (): unknown[] => world.flow.errors().map(({ code, source }) => ({ code, source }));
  /** Codes of the problems in the last report. */
  const told = (): string[] => (world.reports().at(-1)?.problems ?? []).map(({ code }) => code);
  const INVALID = 'ERR_INPUT_INVALID';
  const INCOMPLETE = 'ERR_SNAPSHOT_INCOMPLETE';

  it('that puts one page’s MDM records into another page makes nobody unmanaged', async () => {
    for (const user of USERS) world.enroll(user);
    await start({ mdm: { pageSize: 3, wires: [['mixed']] } }, [aFunction('mixed', 'matcher', MIXED_UP)]);
    world.flow.receive('mdm');
    await world.flow.until(() => world.flow.errors().length === 2, 'two of three pages were refused');
    await world.read('eas');
    assert.deepEqual(blocked(), []);
    assert.deepEqual(refused(), [
      { code: INVALID, source: 'matcher' },
      { code: INCOMPLETE, source: 'matcher' },
    ]);
    assert.match(world.flow.errors()[0]!.message, /Page 2 came with what page 1 holds/);
  });

  const codesOf = (node: string): (string | undefined)[] =>
    world.flow
      .errors()
      .filter(({ source }) => source === node)
      .map(({ code }) => code);

  for (const [what, act] of [
    ['puts words in the place of records', 'msg.payload = ["SM-S921B"];'],
    ['leaves holes in a page', 'msg.payload = [null];'],
    ['takes the payload away', 'delete msg.payload;'],
    ['fails on one page', 'throw new Error("no answer");'],
    ['drops one page', 'return null;'],
  ] as const) {
    it(`that ${what} on its way to the matcher makes nobody unmanaged`, async () => {
      for (const user of USERS) world.enroll(user);
      const func = `if (msg.sync.page === 1) { ${act} } return msg;`;
      await start({ mdm: { pageSize: 3, wires: [['meddles']] } }, [aFunction('meddles', 'matcher', func)]);
      world.flow.receive('mdm');
      await world.flow.until(() => codesOf('matcher').includes(INCOMPLETE), 'the last page was refused');
      await world.read('eas');
      assert.deepEqual(blocked(), []);
      assert.equal(codesOf('matcher').includes('ERR_INTERNAL'), false);
    });

    it(`that ${what} on its way to the access switch keeps nobody out for longer than to the next sync`, async () => {
      // Once, when the first of them are merged.
      const func = `
        const isDue = msg.sync.page === 1 && msg.payload[0].status === "eas/mdm" && !context.get("was");
        if (isDue) { context.set("was", true); ${act} }
        return msg;`;
      const matcher = { pageSize: 2, wires: [['meddles'], [], ['report']] };
      await start({ matcher }, [aFunction('meddles', 'switch', func)]);
      await world.sync();
      assert.deepEqual(blocked(), USERS);
      for (const user of USERS) world.enroll(user);
      await world.read('mdm');
      assert.equal(blocked().length, 2, 'the phones of the other pages were let in');
      assert.deepEqual(told(), ['ERR_SYNC_INCOMPLETE']);
      const lost = { fill: 'yellow', text: 'access-switch.status.pagesLost' };
      assert.deepEqual(world.flow.statuses('switch').at(-1), lost);
      assert.equal(codesOf('switch').includes('ERR_INTERNAL'), false);
      await world.read('mdm');
      assert.deepEqual([blocked(), told()], [[], []]);
    });
  }

  it('that leads a matcher’s devices back into a matcher makes no device disappear, though there are none', async () => {
    await start({});
    await world.sync();
    const last = world.flow.messages('devices').at(-1)!;
    world.flow.receive('matcher', { ...last, payload: [] });
    await world.flow.until(() => world.flow.errors().length === 1, 'the page was refused');
    assert.deepEqual(refused(), [{ code: INVALID, source: 'matcher' }]);
    assert.equal((await (await world.store).snapshots.latest('eas', 'exchange'))?.count, USERS.length);
  });
});
