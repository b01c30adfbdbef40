/** A mail that a person has sent again. */
import assert from 'node:assert/strict';
import { resendMails } from '../../../src/connector/mails/resend-mails.ts';
import { isConnectorError } from '../../../src/errors.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { isDeviceChange } from '../../support/changes.ts';
import { SyncWorld, easIdOf } from '../sync/sync-world.ts';
import { DAY_MS, MailWorld, refused } from './support/mail-world.ts';

const ENROLL = 'Enroll your device to get company mail';

describe('a mail that is sent again', () => {
  let world: SyncWorld;
  let mails: MailWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    mails = new MailWorld(world.store);
    mails.set({}, { reminders: 1, reminderAfterHours: 24 });
    await world.sync();
    await pass();
    mails.account.mails.length = 0;
  });
  afterEach(() => world.close());

  /** What was told reaches the notifier, which sends what is due. */
  async function pass(): Promise<void> {
    mails.now = world.now();
    for (const { kind, news } of world.told.splice(0))
      if (kind === 'blocked' && isDeviceChange(news)) await mails.record(news);
    await later(3 * 60_000);
  }

  async function later(milliseconds: number): Promise<void> {
    world.letPass(milliseconds);
    mails.now = world.now();
    await mails.due();
  }

  async function resend(name: unknown, by: string | null = 'Ida'): Promise<number> {
    mails.now = world.now();
    const count = await resendMails({ ...mails.ports, who: 'notifier' }, { name, by });
    await mails.due();
    return count;
  }

  const sent = (): string[] =>
    mails.account.mails.splice(0).map(({ to, subject }) => `${to.split('@')[0]}: ${subject}`);
  const mailboxId = async (): Promise<string> =>
    (await world.store.entries.list()).find(({ easId }) => easId === easIdOf('anna'))!.mailboxId;
  const key = async (): Promise<string> => easRecordKey(world.name, await mailboxId(), easIdOf('anna'));

  for (const [what, name] of [
    ["the device's key", () => key()],
    ['an address of the mailbox', () => Promise.resolve(' Anna@Contoso.example ')],
    ["the mailbox's GUID", async () => (await mailboxId()).toUpperCase()],
  ] as const)
    it(`is found by ${what}, goes with a new link whatever was sent before, and is audited`, async () => {
      const before = await world.store.mails.ofDevice(await key());
      assert.equal(await resend(await name()), 1);
      const [mail] = mails.account.mails;
      assert.match(mail?.text ?? '', /activate\?token=/);
      assert.deepEqual(sent(), [`anna: ${ENROLL}`]);
      assert.equal(await resend(await name()), 1, 'and again');
      assert.deepEqual(sent(), [`anna: ${ENROLL}`]);
      const { at: _, evidence, before: had, after: ___, ...audit } = (await world.store.audit.recent({ limit: 1 }))[0]!;
      assert.deepEqual(audit, {
        who: 'notifier',
        what: 'resend',
        deviceKey: await key(),
        organization: world.name,
        rule: null,
        reason: 'not-enrolled',
        approvedBy: 'Ida',
      });
      assert.deepEqual([evidence, had], [[`Asked for: ${(await name()).trim()}.`], { mails: before.length + 1 }]);
    });

  it('has no reminders of its own: the first mail has them', async () => {
    await resend('anna@contoso.example');
    await later(2 * DAY_MS);
    assert.deepEqual(sent().sort(), [`anna: ${ENROLL}`, `anna: Reminder: ${ENROLL}`, `ben: Reminder: ${ENROLL}`]);
    assert.deepEqual(await mails.waiting(), []);
  });

  it("is that of today's cause, with its reminders if nobody was mailed about it", async () => {
    world.organization.setCompliance(world.enroll('anna').id, 'noncompliant');
    await world.sync();
    world.told.length = 0;
    await resend('anna@contoso.example');
    const subject = 'Your device must be put right to get company mail';
    assert.deepEqual(sent(), [`anna: ${subject}`]);
    await later(2 * DAY_MS);
    assert.deepEqual(sent().sort(), [`anna: Reminder: ${subject}`, `ben: Reminder: ${ENROLL}`]);
  });

  it('is the one that waits, if one does', async () => {
    world.addPhone('carla');
    mails.account.refuse = () => refused('ERR_MAIL_REFUSED', { about: 'server', fate: 'again', permanent: false });
    await world.sync();
    await pass();
    mails.account.refuse = () => null;
    assert.deepEqual([await resend('carla@contoso.example'), sent()], [1, [`carla: ${ENROLL}`]]);
    await later(3_600_000);
    assert.deepEqual(sent(), []);
  });

  it('is one about all blocked devices of the mailbox', async () => {
    world.organization.syncPhone({
      mailbox: 'anna@contoso.example',
      deviceId: 'SECONDPHONE',
      deviceType: 'iPhone',
      model: 'iPhone15C4',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone15C4/2202.83',
    });
    await world.sync();
    await pass();
    sent();
    assert.deepEqual([await resend('anna@contoso.example'), mails.account.mails.length], [2, 1]);
    assert.match(mails.account.mails[0]?.text ?? '', /SECONDPHONE/);
    assert.match(mails.account.mails[0]?.text ?? '', new RegExp(easIdOf('anna')));
  });

  for (const [what, name, expected] of [
    ['names nothing', '  ', /^The payload names nothing\. Name a device/],
    ['is no text', { mailbox: 'anna@contoso.example' }, /^The payload names nothing/],
    [
      'is not known',
      'nobody@contoso.example',
      /called "nobody@contoso\.example" in the last readings \(read: exchange\)/,
    ],
  ] as const)
    it(`is refused, with what is known, where its name ${what}`, async () => {
      await assert.rejects(
        resend(name),
        (thrown) => isConnectorError(thrown, 'ERR_INPUT_INVALID') && expected.test(thrown.message),
      );
      assert.deepEqual(
        [sent(), await world.store.audit.recent({ limit: 1 }).then(([one]) => one?.what)],
        [[], 'block'],
      );
    });

  it('is refused, with why, where none of its devices can be mailed about', async () => {
    world.enroll('anna');
    world.organization.setCompliance(world.enroll('ben').id, 'unknown');
    await world.sync();
    const refusals: string[] = [];
    for (const name of ['anna@contoso.example', 'ben@contoso.example'])
      await resend(name).catch((thrown: unknown) => refusals.push(thrown instanceof Error ? thrown.message : ''));
    assert.match(refusals[0] ?? '', new RegExp(`${easIdOf('anna')} is not blocked by an entry of ours`));
    assert.match(refusals[1] ?? '', new RegExp(`${easIdOf('ben')} is blocked still, and the rules leave it`));
    assert.deepEqual(sent(), []);
  });
});
