/** One mail a mailbox, kind and run, whatever number of its devices was blocked. */
import assert from 'node:assert/strict';
import { easRecordKey } from '../../../src/model/keys.ts';
import type { DeviceChange } from '../../../src/model/records.ts';
import type { OutboxChange } from '../../../src/store/store.ts';
import { blocked } from '../../support/changes.ts';
import { easRecord, guid } from '../../support/records.ts';
import { HOUR_MS, MailWorld, MINUTE_MS, refused } from './support/mail-world.ts';

const USER1 = 'user1@contoso.example';
const BUSY = refused('ERR_MAIL_REFUSED', { about: 'server', fate: 'again', permanent: false });

/** A phone of the first user, blocked; the higher its number, the later its account was added. */
function phone(n: number, changes: Partial<DeviceChange['change']> = {}): DeviceChange {
  const { mailbox, device, organization } = easRecord(1);
  const easId = `PHONE${n}`;
  return blocked(
    1,
    { id: `change ${n}`, episode: `episode ${n}`, ...changes },
    {
      key: easRecordKey(organization, mailbox.id, easId),
      easId,
      device: { ...device, friendlyName: `Phone ${n}` },
      firstSyncAt: `2026-05-0${n}T08:00:00.000Z`,
    },
  );
}

describe('the mail of a mailbox with several blocked phones', () => {
  let world: MailWorld;

  beforeEach(async () => {
    world = await MailWorld.open();
  });
  afterEach(() => world.store.close());

  async function record(...changes: DeviceChange[]): Promise<void> {
    for (const change of changes) {
      await world.own(change);
      assert.equal((await world.record(change)).kind, 'recorded');
    }
  }

  /** What waits for Exchange. */
  const underWay = (n: number, changes: Partial<OutboxChange> = {}): OutboxChange => ({
    key: phone(n).device.key,
    organization: 'exchange',
    mailboxId: guid(1),
    state: 'planned',
    turn: 1,
    attempts: 0,
    createdAt: '2026-06-01T08:00:00.000Z',
    nextAttemptAt: '2026-06-01T08:00:00.000Z',
    lastError: null,
    change: null,
    ...changes,
  });

  const announce = (n: number, emittedAt = new Date(world.now).toISOString()): Promise<void> =>
    world.store.announcements.add({
      id: `change ${n}`,
      organization: phone(n).device.eas!.organization,
      kind: 'blocked',
      deviceKey: phone(n).device.key,
      at: emittedAt,
      emittedAt,
      emittedBy: 'run',
      emissions: 1,
      declinedBy: [],
      news: null,
    });

  /** The phones in each mail that went out, in the order in which the mail names them. */
  const mails = (): string[][] =>
    world.account.mails.map(({ text }) => [...text.matchAll(/Phone \d/g)].map(([name]) => name));

  it('is one, names the newest phone first, and has a link for each', async () => {
    await record(phone(2), phone(3), phone(1));
    await world.due();
    assert.deepEqual([world.mailed(), mails()], [[USER1], [['Phone 3', 'Phone 2', 'Phone 1']]]);
    const links = [...(world.account.mails[0]?.text ?? '').matchAll(/token=\S+/g)].map(([link]) => link);
    assert.equal(new Set(links).size, 3);
    assert.deepEqual(world.heard(), [
      [USER1, 'sent'],
      [USER1, 'sent'],
      [USER1, 'sent'],
    ]);
    const known = await Promise.all([1, 2, 3].map((n) => world.store.mails.ofDevice(phone(n).device.key)));
    assert.equal(new Set(known.flat().map(({ messageId }) => messageId)).size, 1);
  });

  it('is another one for another kind and another mailbox', async () => {
    const noncompliant = phone(2);
    const reason = { code: 'not-native-client', text: 'Another app.' } as const;
    const other = {
      ...noncompliant,
      device: { ...noncompliant.device, reason },
      decision: { ...noncompliant.decision, reason: { ...reason, evidence: [] } },
    };
    await record(phone(1), other, blocked(2));
    await world.due();
    assert.deepEqual(world.mailed().sort(), [USER1, USER1, 'user2@contoso.example']);
  });

  for (const [what, begin, end] of [
    ['is with Exchange', () => world.store.outbox.put(underWay(2, { state: 'reserved' })), 'done'],
    ['is due for its first try', () => world.store.outbox.put(underWay(2)), 'done'],
    ['was told, and did not get here yet', () => announce(2), 'told'],
  ] as const) {
    it(`waits while another block of its mailbox ${what}`, async () => {
      await begin();
      await record(phone(1));
      await world.due();
      assert.deepEqual(world.mailed(), []);
      if (end === 'done') await world.store.outbox.remove(phone(2).device.key);
      await record(phone(2));
      await world.due();
      assert.deepEqual(mails(), [['Phone 2', 'Phone 1']]);
    });
  }

  for (const [what, begin] of [
    ['failed and is tried later', () => world.store.outbox.put(underWay(2, { state: 'later', attempts: 1 }))],
    [
      'waits for its time',
      () => world.store.outbox.put(underWay(2, { state: 'later', nextAttemptAt: '2026-06-01T09:00:00.000Z' })),
    ],
    ['needs attention', () => world.store.outbox.put(underWay(2, { state: 'attention' }))],
    ['was told long ago', () => announce(2, '2026-06-01T07:00:00.000Z')],
  ] as const) {
    it(`does not wait for another block of its mailbox that ${what}`, async () => {
      await begin();
      await record(phone(1));
      await world.due();
      assert.deepEqual(world.mailed(), [USER1]);
    });
  }

  it('waits two minutes at most', async () => {
    await world.store.outbox.put(underWay(2, { state: 'reserved' }));
    await record(phone(1));
    world.now += 2 * MINUTE_MS - 1;
    await world.due();
    assert.deepEqual(world.mailed(), []);
    world.now += 1;
    await world.due();
    assert.deepEqual(world.mailed(), [USER1]);
  });

  it('waits for nothing when only the cause of a block has changed', async () => {
    await world.store.outbox.put(underWay(2, { state: 'reserved' }));
    await record(phone(1, { from: 'blocked' }));
    await world.due();
    assert.deepEqual(world.mailed(), [USER1]);
  });

  it('is a mail of its own for a phone that comes when the first one was tried', async () => {
    world.account.refuse = () => BUSY;
    await record(phone(1));
    await world.due();
    await record(phone(2));
    world.account.refuse = () => null;
    world.now += HOUR_MS;
    await world.due();
    assert.deepEqual(mails().flat().sort(), ['Phone 1', 'Phone 2']);
    assert.equal(new Set(world.account.mails.map(({ messageId }) => messageId)).size, 2);
  });

  it('leaves out what is blocked no longer, and is none when nothing is left', async () => {
    await record(phone(1), phone(2));
    await world.disown(phone(2));
    await record(blocked(2));
    await world.disown(blocked(2));
    await world.due();
    assert.deepEqual([mails(), await world.waiting()], [[['Phone 1']], []]);
  });

  it('has one reminder about those that are blocked still', async () => {
    world.set({}, { reminders: 1 });
    await record(phone(1), phone(2), phone(3));
    await world.due();
    await world.disown(phone(3));
    world.now += 24 * HOUR_MS;
    await world.due();
    assert.deepEqual(mails(), [
      ['Phone 3', 'Phone 2', 'Phone 1'],
      ['Phone 2', 'Phone 1'],
    ]);
    assert.match(world.account.mails[1]?.subject ?? '', /^Reminder: /);
    assert.deepEqual(await world.waiting(), []);
  });

  it('is told of once where it fails, about each phone', async () => {
    world.account.refuse = () => BUSY;
    await record(phone(1), phone(2));
    assert.equal((await world.due())?.kind, 'kept');
    assert.deepEqual(world.heard(), [
      [USER1, 'ERR_MAIL_REFUSED'],
      [USER1, 'ERR_MAIL_REFUSED'],
    ]);
    const [mail, ...more] = await world.waiting();
    assert.deepEqual([mail?.attempts, more], [1, []]);
  });

  it('is made by one of two notifiers that get the same news', async () => {
    const other = new MailWorld(world.store, 'other');
    other.account = world.account;
    await record(phone(1));
    assert.deepEqual(await other.record(phone(1)), {
      kind: 'skipped',
      reason: 'already-waiting',
      text: 'Its mail waits already.',
    });
    await other.due();
    await world.due();
    assert.deepEqual(world.mailed(), [USER1]);
  });
});
