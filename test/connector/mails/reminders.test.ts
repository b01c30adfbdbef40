/** Reminders of a real sync's blocks: they go by what is true of the phone when they are due. */
import assert from 'node:assert/strict';
import type { ToldCause } from '../../../src/model/personal-lists.ts';
import { isDeviceChange } from '../../support/changes.ts';
import { easIdOf, SyncWorld } from '../sync/sync-world.ts';
import { DAY_MS, MailWorld } from './support/mail-world.ts';

const ANNA = 'anna@contoso.example';

describe('a reminder', () => {
  let world: SyncWorld;
  let mails: MailWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
    mails = new MailWorld(world.store);
    mails.set({}, { reminders: 1, reminderAfterHours: 24 });
    await world.sync();
    await pass();
  });
  afterEach(() => world.close());

  /** What was told reaches the notifier, which sends what is due. */
  async function pass(): Promise<void> {
    mails.now = world.now();
    for (const { kind, news } of world.told.splice(0)) {
      if (kind === 'blocked' && isDeviceChange(news)) await mails.record(news);
    }
    world.letPass(3 * 60_000);
    await later(0);
  }

  async function later(milliseconds: number): Promise<void> {
    world.letPass(milliseconds);
    mails.now = world.now();
    // Once for what is due, once for what that made of it.
    await mails.due();
    await mails.due();
  }

  /** Subjects of what Anna was sent after the first mail. */
  const reminded = (): string[] => {
    assert.equal(mails.account.mails[0]?.subject, 'Enroll your device to get company mail');
    return mails.account.mails.slice(1).map(({ subject }) => subject);
  };
  const tell = async (cause: ToldCause): Promise<void> => {
    const [entry] = await world.store.entries.list();
    await world.store.entries.tell(world.name, [{ ...entry!, cause }]);
  };

  it('goes while the phone is blocked for the same cause, with what Exchange says of it today', async () => {
    Object.assign(world.organization.partnership(ANNA, easIdOf('anna'))!, { friendlyName: 'The new name' });
    await world.sync();
    await later(DAY_MS);
    assert.deepEqual(reminded(), ['Reminder: Enroll your device to get company mail']);
    assert.match(mails.account.mails[1]?.text ?? '', /The new name/);
    await later(30 * DAY_MS);
    assert.equal(reminded().length, 1);
  });

  it('is none once the partnership is gone, though our entry stands', async () => {
    world.organization.removePartnership(world.organization.partnership(ANNA, easIdOf('anna'))!);
    await world.sync();
    await later(DAY_MS);
    assert.deepEqual([reminded(), await mails.waiting(), world.lists('anna').blocked.length], [[], [], 1]);
  });

  it('is none of a cause that has passed: the mail of the new one has reminders of its own', async () => {
    world.organization.setCompliance(world.enroll('anna').id, 'noncompliant');
    await world.sync();
    await pass();
    await later(2 * DAY_MS);
    const subject = 'Your device must be put right to get company mail';
    assert.deepEqual(reminded(), [subject, `Reminder: ${subject}`]);
    assert.deepEqual(await mails.waiting(), []);
  });

  it("goes in today's kind, with today's MDM record, if nobody was mailed about that", async () => {
    const { id } = world.enroll('anna');
    world.organization.setCompliance(id, 'noncompliant');
    await world.sync();
    // The news of it was lost to another store's notifier.
    world.told.length = 0;
    await later(DAY_MS);
    assert.deepEqual(reminded(), ['Reminder: Your device must be put right to get company mail']);
    const [[device] = []] = (
      await world.store.mails.devicesOf((await world.store.mails.list({})).map((one) => one.id))
    ).values();
    assert.equal(device?.episode, (await world.store.entries.list())[0]?.episode);
  });

  it('is none of a phone that nobody uses, or that is blocked for a cause without a mail', async () => {
    await tell({ reason: 'idle', kind: null });
    await later(DAY_MS);
    assert.deepEqual([reminded(), await mails.waiting()], [[], []]);
  });

  it('is none of a phone that the rules leave by now, though our entry stands', async () => {
    world.organization.setCompliance(world.enroll('anna').id, 'unknown');
    await world.sync();
    await later(DAY_MS);
    assert.deepEqual([reminded(), world.lists('anna').blocked.length], [[], 1]);
  });

  it('of an entry whose cause is not kept goes by the last decision', async () => {
    await world.forgetCauses();
    await later(DAY_MS);
    assert.deepEqual(reminded(), ['Reminder: Enroll your device to get company mail']);
  });
});
