/** One organization has one switch that writes. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { SwitchLease } from '../../../src/connector/sync/switch-lease.ts';
import { AccessSync } from '../../../src/connector/sync/access-sync.ts';
import type { DevicePage } from '../../../src/connector/sync/open-sync.ts';
import { isConnectorError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { LEASE_MS, RENEW_MS } from '../../../src/store/leases.ts';
import { eventually } from '../../support/eventually.ts';
import { SyncWorld } from './sync-world.ts';

describe('the switch of an organization', () => {
  let world: SyncWorld;
  let clock: number;

  beforeEach(async () => {
    world = await SyncWorld.open();
    clock = 0;
  });
  afterEach(() => {
    mock.timers.reset();
    return world.close();
  });

  const code = (expected: ErrorCode) => (error: unknown) =>
    isConnectorError(error, expected) || assert.fail(String(error));
  const lease = (holder: string, node: string): SwitchLease =>
    new SwitchLease({ holder, node, process: `host of ${holder}/1` }, () => clock);
  const page = (number: number, last: boolean): DevicePage => ({
    id: 's',
    kind: 'full',
    organization: 'exchange',
    startedAt: null,
    page: number,
    last,
    dryRun: false,
    maxAgeHours: null,
    scope: 'all',
    known: null,
    match: null,
    devices: [],
  });

  it('is the one that has the lease; another one is refused, and takes over when that one lets go', async () => {
    const [first, second] = [lease('a', 'gate'), lease('b', 'another gate')];
    assert.ok(await first.over(world.parts, null));
    await assert.rejects(second.over(world.parts, null), code('ERR_SWITCH_SECOND'));
    await first.release(world.store, false);
    await assert.rejects(
      second.over(world.parts, null),
      code('ERR_SWITCH_SECOND'),
      'after a start, the last one comes first',
    );
    clock += 15_000;
    assert.ok(await second.over(world.parts, null));
    await assert.rejects(first.over(world.parts, null), code('ERR_SWITCH_SECOND'));
  });

  it('is taken over at once from one that was taken off the canvas', async () => {
    const [first, second] = [lease('a', 'gate'), lease('b', 'another gate')];
    await first.over(world.parts, null);
    await first.release(world.store, true);
    assert.equal(await second.hold(world.store, 'exchange'), 'held');
  });

  it('works in one instance of its flow at a time', async () => {
    const [here, there] = [lease('a', 'gate'), lease('b', 'gate')];
    assert.ok(await here.over(world.parts, 0));
    assert.equal(await there.over(world.parts, 0), null);
    assert.deepEqual([here.host, there.host], ['', 'host of a']);
    await here.release(world.store, false);
    assert.ok(await there.over(world.parts, 0));
  });

  it('writes nothing once it cannot be sure any more, and nothing of its own into the store', async () => {
    world.addPhone('anna');
    const [first, second] = [lease('a', 'gate'), lease('b', 'gate')];
    const parts = (await first.over(world.parts, null))!;
    const { guid: mailboxId } = world.organization.mailboxByAddress('anna@contoso.example')!;
    await parts.exchange.write(mailboxId, { blocked: { add: ['SURE'] } }, {});
    clock += LEASE_MS;
    await assert.rejects(parts.exchange.write(mailboxId, { blocked: { add: ['LATE'] } }, {}), code('ERR_LEASE_LOST'));
    assert.deepEqual(world.lists('anna').blocked, ['SURE']);
    await first.release(world.store, false);
    await second.hold(world.store, 'exchange');
    await assert.rejects(
      parts.store.together(async ({ settings }) => settings.set('late', 1)),
      code('ERR_LEASE_LOST'),
    );
    await assert.rejects(parts.store.settings.set('late', 1), code('ERR_LEASE_LOST'));
    assert.equal(await world.store.settings.get('late'), null);
  });

  it('keeps the lease of one that simulates while it takes back, however long that takes, and lets go of it then', async () => {
    world.addPhone('anna');
    const [first, second] = [lease('a', 'gate'), lease('b', 'another gate')];
    const { guid: mailboxId } = world.organization.mailboxByAddress('anna@contoso.example')!;
    mock.timers.enable({ apis: ['setInterval'] });
    const parts = (await first.over(world.parts, null))!;
    await first.during(world.store, 'exchange', async () => {
      clock += LEASE_MS;
      mock.timers.tick(RENEW_MS);
      await eventually(() => first.isHeld, 'it is sure of the lease again');
      await parts.exchange.write(mailboxId, { blocked: { add: ['LATE'] } }, {});
    });
    assert.deepEqual([world.lists('anna').blocked, first.isHeld], [['LATE'], false]);
    assert.equal(await second.hold(world.store, 'exchange'), 'held');
  });

  it('begins a sync anew when another one had the lease between its pages', async () => {
    const [first, second] = [lease('a', 'gate'), lease('b', 'gate')];
    const sync = new AccessSync();
    await sync.page((await first.over(world.parts, 0))!, page(0, false));
    await first.release(world.store, false);
    await second.hold(world.store, 'exchange');
    await second.release(world.store, false);
    await assert.rejects(first.over(world.parts, 1), code('ERR_LEASE_LOST'));
    assert.ok(await first.over(world.parts, 0));
  });
});
