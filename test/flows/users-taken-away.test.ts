/** The account of the Exchange server may read users, and then may not any more: nobody is blocked for it. */
import assert from 'node:assert/strict';
import { SwitchWorld, easIdOf } from '../support/access-switch-world.ts';
import { syncPhoneOfSecondsAgo } from '../support/phone-of-seconds-ago.ts';

/** What the first hour gives the account, but for Get-User. */
const OTHERS = [
  'Get-CASMailbox',
  'Get-MobileDevice',
  'Set-CASMailbox',
  'Get-Recipient',
  'Get-MobileDeviceStatistics',
  'Get-OrganizationConfig',
  'Set-ADServerSettings',
];
const PEOPLE = ['carla', 'dora'];

describe('an account that may not read users any more', function () {
  this.timeout(60_000);
  let world: SwitchWorld;
  beforeEach(async () => {
    world = await SwitchWorld.open();
  });
  afterEach(() => world.close());

  const signInOf = (alias: string): string => `u-${alias}@corp.example`;
  const states = (...aliases: readonly string[]): unknown[] => aliases.map((alias) => world.state(alias));
  const syncAndroid = (alias: string, os: string): void =>
    syncPhoneOfSecondsAgo(world.lab.organization, {
      mailbox: `${alias}@contoso.example`,
      deviceId: easIdOf(alias),
      deviceType: 'SAMSUNGSMS921B',
      model: 'SM-S921B',
      os,
      userAgent: 'SAMSUNG-SM-S921B/101.14',
    });
  const mayUse = (cmdlets: readonly string[] | null): void => {
    const { organization, exchange } = world.lab;
    organization.directory.find(exchange.username)!.cmdlets = cmdlets;
  };
  const lastStatus = (node: string): unknown => world.flow.statuses(node).at(-1)?.fill;

  /** People whom the MDM knows by their sign-in name alone, with phones that are one with it by the link. */
  const enrollByLink = async (): Promise<void> => {
    const { organization } = world.lab;
    const { activations } = await world.store;
    for (const alias of PEOPLE) {
      const upn = signInOf(alias);
      const { guid } = organization.addMailbox({ alias, displayName: `User ${alias}`, upn });
      syncAndroid(alias, 'Android 14');
      const at = new Date(Date.now() - 1_000).toISOString();
      await activations.add({ mailbox: guid, easId: easIdOf(alias), at, userAgent: null, tokenId: alias });
      const phone = { platform: 'android', name: alias, model: 'SM-S921B', serial: `S${alias}` } as const;
      organization.enroll({ upn, emailAddress: upn, ...phone });
    }
  };

  for (const kind of ['full', 'quick'] as const) {
    it(`blocks none of the enrolled phones, says so with each sync, and goes on when it may again (${kind})`, async () => {
      await world.start({ mode: 'enforce' });
      await enrollByLink();
      assert.deepEqual((await world.sync()).all?.reason, { compliant: 2 });

      mayUse(OTHERS);
      world.addPhone('emil');
      for (const alias of PEOPLE) syncAndroid(alias, 'Android 15');
      for (const report of [await world.read('eas', { sync: { kind } }), await world.sync()]) {
        assert.deepEqual(
          [report.counts.blocked, report.all?.reason, report.problems?.map(({ code }) => code)],
          [0, { 'snapshot-incomplete': 3 }, ['ERR_SNAPSHOT_GAPS']],
        );
        assert.equal(lastStatus('eas'), 'yellow');
      }
      assert.deepEqual(states(...PEOPLE, 'emil'), ['allowed', 'allowed', 'allowed']);

      mayUse(null);
      const { all, problems } = await world.sync();
      assert.deepEqual([all?.reason, problems], [{ compliant: 2, 'not-enrolled': 1 }, undefined]);
      assert.deepEqual(states(...PEOPLE, 'emil'), ['allowed', 'allowed', 'blocked']);
    });
  }

  it('goes without users if it never could read them', async () => {
    await world.start({ mode: 'enforce' });
    mayUse(OTHERS);
    world.addPhone('emil');
    const { problems, counts } = await world.sync();
    assert.deepEqual([problems, counts.blocked, states('emil')], [undefined, 1, ['blocked']]);
  });
});
