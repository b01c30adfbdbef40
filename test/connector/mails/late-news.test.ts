/** News of a block that comes late, as when the flow holds it back: mails are about the block that stands. */
import assert from 'node:assert/strict';
import { maker } from '../../../src/connector/timeline/timeline-steps.ts';
import type { DeviceChange } from '../../../src/model/records.ts';
import type { OwnedEntry } from '../../../src/store/store.ts';
import { blocked } from '../../support/changes.ts';
import { DAY_MS, MailWorld, MINUTE_MS, refused, whatOf } from './support/mail-world.ts';

const USER1 = 'user1@contoso.example';
const BUSY = refused('ERR_MAIL_BUSY', { about: 'server', fate: 'again', permanent: false });

describe('news of a block that comes late', () => {
  let world: MailWorld;
  let blocks = 0;

  beforeEach(async () => {
    world = await MailWorld.open();
    blocks = 0;
  });
  afterEach(() => world.store.close());

  /** The access switch blocks the phone, and keeps that it did. */
  async function block(): Promise<DeviceChange> {
    [blocks, world.now] = [blocks + 1, world.now + MINUTE_MS];
    await world.own(blocked(1));
    const at = new Date(world.now).toISOString();
    const change = blocked(1, { id: `change ${blocks}`, episode: (await entry())!.episode, at });
    await world.store.timeline.append([
      maker('exchange', change.device.key, change.change.episode ?? null)('blocked', at),
    ]);
    return change;
  }

  async function entry(): Promise<OwnedEntry | null> {
    const { organization, mailbox, easId } = blocked(1).device.eas!;
    return world.store.entries.get({ organization, mailboxId: mailbox.id, easId, list: 'blocked' });
  }

  it('leads to no mail once the phone is allowed', async () => {
    const late = await block();
    const { announcements } = world.store;
    const owed = { id: late.change.id ?? '', organization: 'exchange', deviceKey: late.device.key, at: late.change.at };
    const emitted = { emittedAt: late.change.at, emittedBy: 'run', emissions: 1, declinedBy: [] };
    await announcements.add({ ...owed, ...emitted, kind: 'blocked', news: null });
    await world.disown(late);
    assert.equal(whatOf(await world.hear(late)), 'not-blocked');
    assert.deepEqual([world.mailed(), await world.waiting()], [[], []]);
    assert.deepEqual(await announcements.list({ organization: 'exchange' }), [], 'and nobody need be told again');
  });

  it('leads to no mail of its own once the phone is blocked anew', async () => {
    const late = await block();
    await world.disown(late);
    const standing = await block();
    assert.equal(whatOf(await world.hear(standing)), 'sent');
    assert.equal(whatOf(await world.hear(late)), 'not-blocked');
    world.now += 2 * DAY_MS;
    await world.due();
    assert.deepEqual(world.mailed(), [USER1]);
  });

  it('is followed by one mail if the phone was allowed and blocked anew while the mail server took none', async () => {
    world.account.refuse = () => BUSY;
    const earlier = await block();
    await world.hear(earlier);
    await world.disown(earlier);
    assert.equal((await world.record(await block())).kind, 'recorded');
    world.account.refuse = () => null;
    world.now += 2 * DAY_MS;
    await world.due();
    assert.deepEqual([world.mailed(), await world.waiting()], [[USER1], []]);
  });

  it('is followed by one mail, about the block that stands, if none was tried before that one', async () => {
    const earlier = await block();
    await world.record(earlier);
    await world.disown(earlier);
    world.now += MINUTE_MS;
    const standing = await block();
    assert.equal((await world.record(standing)).kind, 'recorded');
    await world.due();
    const mails = await world.store.mails.ofDevice(standing.device.key);
    assert.deepEqual(
      [world.mailed(), mails.map(({ episode, state }) => [episode, state])],
      [[USER1], [[standing.change.episode, 'done']]],
    );
  });

  it('is not reminded of once the phone is blocked anew: that block has reminders of its own', async () => {
    world.set({}, { reminders: 1 });
    const earlier = await block();
    await world.hear(earlier);
    world.now += MINUTE_MS;
    await world.disown(earlier);
    await world.hear(await block());
    world.now += DAY_MS;
    await world.due();
    assert.deepEqual(world.mailed(), [USER1, USER1], 'one a block');
    world.now += DAY_MS;
    await world.due();
    assert.equal(world.mailed().length, 3, 'and the reminder of the one that stands');
  });

  it('is mailed as ever where the store knows nothing of the block: the switch has another store', async () => {
    assert.equal(whatOf(await world.hear(blocked(1, { episode: 'elsewhere' }))), 'sent');
  });
});
