/** The address of an Exchange server is changed to that of another organization, or the server from simulated to real. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Organization } from '../../src/lab/organization.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { easIdOf, SwitchWorld } from '../support/access-switch-world.ts';
import { stopFlow } from '../support/node-red.ts';
import { syncPhoneOfSecondsAgo } from '../support/phone-of-seconds-ago.ts';

const FABRIKAM = 'fabrikam.example';

describe('an Exchange server node whose address becomes that of another organization', () => {
  let world: SwitchWorld;
  let other: Lab;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'another-organization-'));
    world = await SwitchWorld.open();
    other = await startLab({ organization: new Organization({ domain: FABRIKAM }) });
    world.addPhone('ben');
    other.organization.addMailbox({ alias: 'otto', displayName: 'Otto' });
    syncPhoneOfSecondsAgo(other.organization, {
      mailbox: `otto@${FABRIKAM}`,
      deviceId: easIdOf('otto'),
      deviceType: 'iPhone',
      model: 'iPhone16C1',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone16C1/2202.83',
    });
  });
  afterEach(async () => {
    await world.close();
    await other.close();
    rmSync(folder, { recursive: true });
  });

  const store = () => ({ path: join(folder, 'store.db') });
  const start = () => world.start({}, { store: store() });
  const startAtOther = () => {
    const { username, password, url } = other.exchange;
    const tls = { cert: '', key: '', servername: '', verifyservercert: true };
    return world.start(
      {},
      { store: store(), exchange: { urls: url, tls: 'tls2' } },
      {
        nodes: [{ id: 'tls2', type: 'tls-config', name: '', ca: other.caFile, ...tls }],
        credentials: { exchange: { username, password } },
      },
    );
  };
  const untilError = async (count: number): Promise<string | undefined> => {
    await world.flow.until(() => world.flow.errors().length >= count, 'it is refused');
    return world.flow.errors().at(-1)?.code;
  };
  const isOttoBlocked = () => other.organization.partnership(`otto@${FABRIKAM}`, easIdOf('otto'))?.state === 'blocked';

  it('is red and writes nothing, and works for the other one after “forget”', async () => {
    await start();
    await world.sync();
    assert.equal(world.writes, 1);
    await stopFlow();

    await startAtOther();
    world.flow.receive('eas');
    assert.equal(await untilError(1), 'ERR_ORGANIZATION_CHANGED');
    assert.equal(world.flow.statuses('eas').at(-1)?.fill, 'red');
    world.flow.receive('mdm');
    assert.equal(await untilError(2), 'ERR_ORGANIZATION_CHANGED');
    world.flow.receive('switch', { topic: 'undo' });
    assert.equal(await untilError(3), 'ERR_ORGANIZATION_CHANGED');
    assert.equal(world.flow.statuses('switch').at(-1)?.fill, 'red');
    assert.deepEqual([world.writes, other.organization.writes.length], [1, 0]);
    assert.equal((await (await world.store).snapshots.latest('eas', 'exchange'))?.count, 1);

    const forgotten = world.flow.completed('matcher');
    world.flow.receive('matcher', { topic: 'forget', payload: { organization: 'exchange' }, by: 'admin' });
    await world.flow.until(() => world.flow.completed('matcher') > forgotten, 'it is forgotten');
    await world.readOnly('mdm');
    await world.readOnly('eas');
    await world.flow.until(() => world.reports().length > 0, 'the sync has ended');
    assert.deepEqual([world.writes, other.organization.writes.length, isOttoBlocked()], [1, 1, true]);
    const entries = await (await world.store).entries.list({ organization: 'exchange' });
    assert.equal(entries.length, 2);
  });

  it('goes on where it left off once the address is put back', async () => {
    await start();
    await world.sync();
    await stopFlow();
    await startAtOther();
    world.flow.receive('eas');
    await untilError(1);
    await stopFlow();
    world.addPhone('carl');
    await start();
    await world.readOnly('eas');
    await world.readOnly('mdm');
    await world.flow.until(() => world.writes > 1, 'the new phone is blocked');
    assert.deepEqual([world.writes, other.organization.writes.length], [2, 0]);
  });

  it('is refused where a simulated one becomes real, though that is fed by message', async () => {
    await world.start({}, { store: store(), exchange: { kind: 'simulated' }, eas: { from: 'message' } });
    const page = { topic: 'eas', payload: [], sync: { kind: 'full' } };
    const kept = world.flow.completed('matcher');
    world.flow.receive('eas', page);
    await world.flow.until(() => world.flow.completed('matcher') > kept, 'the list was kept');
    await stopFlow();
    await world.start({}, { store: store(), eas: { from: 'message' } });
    world.flow.receive('eas', page);
    assert.equal(await untilError(1), 'ERR_ORGANIZATION_CHANGED');
  });
});
