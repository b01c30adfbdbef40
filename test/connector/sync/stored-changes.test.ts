/** What the store keeps as JSON comes back as it was, or is named as something that this version cannot read. */
import assert from 'node:assert/strict';
import { keptHead, outboxRow, pendingOf } from '../../../src/connector/sync/stored-changes.ts';
import { isConnectorError } from '../../../src/errors.ts';
import type { Json, OutboxChange } from '../../../src/store/store.ts';
import { SyncWorld } from './sync-world.ts';

describe('a stored change', () => {
  let world: SyncWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
  });
  afterEach(() => world.close());

  it('comes back as it was put', async () => {
    world.failures.push('refused', 'refused');
    await world.sync();
    const rows = await world.store.outbox.list();
    assert.equal(rows.length, 2);
    assert.deepEqual(
      rows.map((row) => outboxRow(pendingOf(row))),
      rows,
    );
  });

  it('that this version cannot read is named, and undo gets past it', async () => {
    world.failures.push('refused');
    await world.sync();
    const [row] = await world.store.outbox.list();
    const without = (name: string): OutboxChange => {
      const { [name]: _, ...change } = row!.change as Readonly<Record<string, Json>>;
      return { ...row!, change };
    };
    for (const name of ['key', 'mailboxId', 'easId', 'action', 'plannedAt', 'decision', 'device'])
      assert.throws(
        () => pendingOf(without(name)),
        (error) => isConnectorError(error, 'ERR_STORE_VERSION'),
        name,
      );
    await world.store.outbox.put(without('decision'));
    await assert.rejects(world.retry(), (error) => isConnectorError(error, 'ERR_STORE_VERSION'));
    await world.undo();
    assert.deepEqual([await world.waiting(), world.blocked('anna', 'ben')], [[], []]);
  });
});

describe('a stored plan', () => {
  it('is read with the reason that held it, whichever guard it was; another one is none', () => {
    const plan = (reason: Json, changes: Record<string, Json> = {}): { plan: Json } => ({
      plan: {
        id: 'p',
        organization: 'org',
        at: '2026-06-01T08:00:00.000Z',
        reason,
        count: 0,
        byReason: {},
        groups: [],
        digest: 'd',
        ...changes,
      },
    });
    for (const code of ['ERR_BRAKE', 'ERR_SNAPSHOT_SHRUNKEN', 'ERR_SNAPSHOT_CONTENT', 'ERR_DIRECTORY_UNREADABLE'])
      assert.equal(keptHead(plan({ code, text: 'Why.' }))?.reason.code, code);
    for (const wrong of [null, {}, 'ERR_BRAKE', { code: 'ERR_OTHER', text: '' }, { code: 'ERR_BRAKE' }])
      assert.equal(keptHead(plan(wrong)), null);
    assert.equal(keptHead({ plan: 'p' }), null);
    assert.equal(keptHead(plan({ code: 'ERR_BRAKE', text: '' }, { groups: 1 })), null);
  });
});
