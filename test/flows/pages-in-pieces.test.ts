/** Split and Join nodes between ours: what is put together again works as if they were not there, pieces are refused. */
import assert from 'node:assert/strict';
import { SwitchWorld } from '../support/access-switch-world.ts';
import type { Changes } from '../support/connector-flow.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { aJoin, aSplit } from '../support/sequences.ts';

const USERS = ['anna', 'ben', 'carla', 'dora', 'emil', 'frida'];
const MANAGED = USERS.slice(1);

describe('pages that a flow takes apart', () => {
  let world: SwitchWorld;

  beforeEach(async () => {
    world = await SwitchWorld.open();
    for (const user of USERS) world.addPhone(user);
    for (const user of MANAGED) world.enroll(user);
  });

  afterEach(() => world.close());

  const start = (changes: Changes, nodes: readonly FlowNode[]): Promise<void> =>
    world.start({ mode: 'enforce' }, changes, { nodes });
  const readMdm = async (flow: RunningFlow): Promise<void> => {
    flow.receive('mdm');
    await flow.until(() => flow.words().includes('waits for the EAS reading'), 'the MDM was read');
  };
  const blocked = (): string[] => USERS.filter((user) => world.state(user) === 'blocked');
  const refused = (): unknown[] => world.flow.errors().map(({ code, source }) => ({ code, source }));

  it('and puts together again, between each two nodes, lead to the same as without', async () => {
    await start(
      {
        eas: { pageSize: 2, wires: [['easApart']] },
        mdm: { pageSize: 2, wires: [['mdmApart']] },
        matcher: { pageSize: 2, wires: [['devicesApart'], [], ['report']] },
      },
      [
        ['eas', 'matcher'],
        ['mdm', 'matcher'],
        ['devices', 'switch'],
      ].flatMap(([name, to = '']) => [aSplit(`${name}Apart`, `${name}Whole`), aJoin(`${name}Whole`, to)]),
    );
    await readMdm(world.flow);
    world.flow.receive('eas');
    await world.flow.until(() => world.reports().length === 1, 'the access switch has reported');
    const { counts } = world.reports()[0]!;
    assert.deepEqual([counts.devices, blocked(), refused()], [USERS.length, ['anna'], []]);
  });

  it('make nobody unmanaged when pieces of the MDM’s pages reach the matcher', async () => {
    // Pieces of two records: arrays like pages, and the last page would end with its first piece.
    await start({ mdm: { wires: [['apart']] } }, [aSplit('apart', 'matcher', { arraySplt: 2 })]);
    const { flow } = world;
    flow.receive('mdm');
    await flow.until(() => flow.ended('matcher').done === 3, 'the matcher has answered every piece');
    assert.deepEqual(refused(), [{ code: 'ERR_PAGE_SPLIT', source: 'matcher' }], 'told once');
    assert.deepEqual(flow.statuses('matcher').at(-1), { fill: 'red', text: 'shared.error.ERR_PAGE_SPLIT' });
    await world.read('eas');
    assert.deepEqual(blocked(), []);
    assert.equal((await (await world.store).snapshots.latest('mdm', 'tenant')) ?? null, null);
  });

  it('are refused by the access switch, which decides about none of them', async () => {
    await start({ matcher: { wires: [['apart'], [], ['report']] } }, [aSplit('apart', 'switch')]);
    const { flow } = world;
    await readMdm(flow);
    flow.receive('eas');
    await flow.until(() => flow.ended('switch').done === USERS.length, 'the access switch has answered every piece');
    assert.deepEqual(refused(), [{ code: 'ERR_PAGE_SPLIT', source: 'switch' }], 'told once');
    assert.deepEqual([blocked(), world.reports()], [[], []]);
  });
});
