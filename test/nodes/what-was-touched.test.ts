/** A sync through the nodes about what was touched: what goes over the wire, what the report and the statuses say. */
import assert from 'node:assert/strict';
import type { ManagedDevice } from '../../src/lab/managed-devices.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { SwitchWorld } from '../support/access-switch-world.ts';

/** What is said of the pages that went from the matcher to the access switch since it was last asked. */
interface Said {
  readonly scope: string;
  readonly known: number;
  readonly devices: readonly string[];
}

describe('a sync about what was touched', () => {
  let world: SwitchWorld;
  let seen = 0;
  let bens: ManagedDevice;
  beforeEach(async () => {
    world = await SwitchWorld.open();
    seen = 0;
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    for (const alias of ['anna', 'carla']) world.enroll(alias);
    bens = world.enroll('ben');
  });
  afterEach(() => world.close());

  const said = (): Said[] => {
    const messages = world.flow.messages('devices').slice(seen) as unknown as {
      readonly payload: readonly DeviceRecord[];
      readonly sync: { readonly scope: string; readonly known: number };
    }[];
    seen += messages.length;
    return messages.map(({ payload, sync: { scope, known } }) => ({
      scope,
      known,
      devices: payload.map(({ eas }) => eas?.mailbox.address?.split('@')[0] ?? '-'),
    }));
  };

  /** A match that is asked for, and the sync it leads to. */
  const match = async (payload: string): Promise<void> => {
    const before = world.reports().length;
    world.flow.receive('matcher', { topic: 'match', payload });
    await world.flow.until(() => world.reports().length > before, 'the match has led to a sync');
  };

  it('sends those devices only, says how many there are, and ends with an empty page when nothing was touched', async () => {
    await world.start({ mode: 'enforce' });
    await world.sync();
    assert.deepEqual(
      said().map(({ scope, known }) => [scope, known]),
      [['all', 3]],
    );
    assert.ok(world.flow.words().includes('3 of 3 merged'));
    world.lab.organization.setCompliance(bens.id, 'noncompliant');
    const { sync, counts, all } = await world.read('mdm');
    assert.deepEqual(said(), [{ scope: 'changes', known: 3, devices: ['ben'] }]);
    assert.deepEqual([sync.scope, sync.known, counts.devices, counts.blocked], ['changes', 3, 1, 1]);
    assert.deepEqual(all?.decision, { allow: 2, block: 1 }, 'the whole, however few it was about');
    assert.ok(world.flow.words().includes('1 of 3 changed, 3 merged'));
    await world.read('eas');
    said();
    const nothing = await world.read('eas');
    assert.deepEqual(said(), [{ scope: 'changes', known: 3, devices: [] }]);
    assert.deepEqual([nothing.counts.devices, nothing.counts.unchanged], [0, 0]);
  });

  it('is one about every device on request, and in a dry run', async () => {
    await world.start({ mode: 'enforce' });
    await world.sync();
    await world.read('eas');
    said();
    const scopes = (): string[] => said().map(({ scope, devices }) => `${scope} ${devices.length}`);
    await match('all');
    assert.deepEqual(scopes(), ['all 3']);
    await match('');
    assert.deepEqual(scopes(), ['changes 0']);
    await world.read('eas', { sync: { dryRun: true } });
    assert.deepEqual(scopes(), ['all 3']);
    await world.read('eas');
    assert.deepEqual(scopes(), ['changes 0']);
  });

  it('does not come to a switch that only simulates: it has every device each time', async () => {
    await world.start({ mode: 'simulate' });
    await world.sync();
    said();
    await world.read('eas');
    assert.deepEqual(
      said().map(({ scope, devices }) => [scope, devices.length]),
      [['all', 3]],
    );
  });
});
