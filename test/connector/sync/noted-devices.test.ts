/** What a report names of devices about which nothing is changed. */
import assert from 'node:assert/strict';
import { DEFAULT_RULES } from '../../../src/access/rules.ts';
import type { Judged } from '../../../src/connector/sync/decider.ts';
import { NotedDevices } from '../../../src/connector/sync/noted-devices.ts';
import type { DeviceRecord } from '../../../src/model/records.ts';
import type { OwnedEntry } from '../../../src/store/store.ts';
import { easRecord, guid, unmatched } from '../../support/records.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const judged = (device: DeviceRecord, action: 'block' | 'leave', entries: readonly OwnedEntry[] = []): Judged => ({
  device,
  owned: null,
  entries,
  decision: { action, rule: 'A rule', reason: { ...device.reason, evidence: [] }, report: false },
  review: { at: null, onReading: false },
  asks: false,
  wasQuiet: false,
});

describe('the report of a sync', () => {
  it('names blocked devices that nobody is mailed about, and counts them by why', () => {
    const noted = new NotedDevices();
    const ofType = (n: number, type: string): DeviceRecord => {
      const { mailbox, ...eas } = easRecord(n);
      return unmatched({ ...eas, mailbox: { ...mailbox, type } });
    };
    const wiped = { ...unmatched(easRecord(3)), formerly: { mdmKey: 'm', name: null, removal: 'wipe' as const } };
    noted.page([ofType(1, 'SharedMailbox'), ofType(2, 'UserMailbox'), wiped].map((device) => judged(device, 'block')));
    noted.page([judged(ofType(4, 'RoomMailbox'), 'leave')]);
    noted.page(Array.from({ length: 30 }, (_, n) => judged(ofType(n + 5, 'SharedMailbox'), 'block')));
    const { examples, text, ...counts } = noted.withoutMail ?? assert.fail('nothing is named');
    assert.deepEqual(counts, { count: 32, byWhy: { shared: 31, wipe: 1 } });
    assert.deepEqual(examples.slice(0, 2), [
      { mailbox: 'user1@contoso.example', easId: 'EAS1', why: 'shared' },
      { mailbox: 'user3@contoso.example', easId: 'EAS3', why: 'wipe' },
    ]);
    assert.equal(examples.length, 20);
    assert.match(text, /Nobody is mailed/);
  });

  it('does not name a device that a rule leaves and that somebody else blocks, or nobody', () => {
    const noted = new NotedDevices();
    const blocked = unmatched(easRecord(1, { access: { state: 'blocked', reason: 'individual', listed: 'blocked' } }));
    const entry = {
      organization: 'exchange',
      mailboxId: guid(1),
      easId: 'EAS1',
      list: 'blocked',
      state: 'owned',
      writtenAt: '2026-06-01T08:00:00.000Z',
      rule: 'A rule',
      episode: 'one',
    } as const;
    noted.page([judged(blocked, 'leave'), judged(unmatched(easRecord(1)), 'leave', [entry])]);
    assert.deepEqual([noted.leftBlocked, noted.withoutMail], [null, null]);
    noted.page([judged(blocked, 'leave', [entry])]);
    assert.equal(noted.leftBlocked?.count, 1);
  });

  it('says which rule leaves a device that our entry blocks, and what would release it', async () => {
    const world = await SyncWorld.open();
    try {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      const first = await world.sync();
      assert.deepEqual([first.withoutMail, first.leftBlocked], [undefined, undefined]);
      const when = [{ field: 'mailbox', how: 'exact', patterns: ['anna@contoso.example'] }] as const;
      world.set({ rules: [{ name: 'The board', when, action: 'leave' }, ...DEFAULT_RULES] });
      const { leftBlocked } = await world.sync();
      const { text, ...left } = leftBlocked ?? assert.fail('nothing is named');
      assert.deepEqual(left, {
        count: 1,
        byRule: { 'The board': 1 },
        examples: [{ mailbox: 'anna@contoso.example', easId: easIdOf('anna'), rule: 'The board' }],
      });
      assert.match(text, /"release".*"undo"/);
      world.set({ rules: [{ name: 'The board', when, action: 'release' }, ...DEFAULT_RULES] });
      assert.equal((await world.sync()).leftBlocked, undefined);
    } finally {
      await world.close();
    }
  });
});
