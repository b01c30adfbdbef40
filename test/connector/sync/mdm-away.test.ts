/** What the access switch does while the MDM cannot be read for too long, and what becomes of it afterwards. */
import assert from 'node:assert/strict';
import { DEFAULT_RULES } from '../../../src/access/rules.ts';
import type { Rule } from '../../../src/access/rules.ts';
import type { SwitchSettings } from '../../../src/connector/sync/switch-settings.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const mailbox = (alias: string) =>
  ({ field: 'mailbox', how: 'exact', patterns: [`${alias}@contoso.example`] }) as const;

describe('while the MDM is away', () => {
  let world: SyncWorld;
  let vips: string;

  /** The rules of a site with an excluded group and two rules of its own. */
  const rulesOf = (...groups: readonly string[]): Rule[] => [
    { name: 'Excluded groups', when: [{ field: 'group', in: groups }], action: 'leave', code: 'excluded-group' },
    { name: 'Kiosk', when: [mailbox('kiosk')], action: 'leave', code: 'kiosk' },
    { name: 'Board', when: [mailbox('board')], action: 'allow', code: 'board' },
    ...DEFAULT_RULES.slice(1),
  ];
  const ALL = ['vips', 'kiosk', 'board', 'disc', 'kurt', 'neil', 'olga'] as const;
  const states = () => Object.fromEntries(ALL.map((alias) => [alias, world.state(alias)]));
  const ledger = async (): Promise<string[]> =>
    (await world.store.entries.list())
      .map(({ easId, list, rule }) => `${easId.slice(3, 7)} ${list}: ${rule}`)
      .sort((a, b) => a.localeCompare(b));

  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ALL) world.organization.addMailbox({ alias, displayName: alias });
    const members = [world.organization.mailboxByAddress('vips@contoso.example')!];
    vips = world.organization.addGroup({ name: 'VIP', address: 'vip@contoso.example', members }).id;
  });
  afterEach(() => world.close());

  /** The last MDM reading is two days old. */
  const goAway = (): void => world.letPass(2 * DAY_MS);

  /** Everybody adds an account after the MDM was read. Kurt's phone is an old one; Exchange still looks at one of them. */
  const everybodyComes = (): void => {
    for (const alias of ALL) world.syncPhone(alias);
    world.setFirstSync('kurt', world.now() - 30 * DAY_MS);
    const watched = world.organization.partnership('disc@contoso.example', easIdOf('disc'))!;
    world.organization.holdAccess(watched, { state: 'discovery', reason: 'global' });
  };

  it('leaves new devices alone by default', async () => {
    await world.sync();
    world.syncPhone('neil');
    goAway();
    const { mdmAway, problems } = await world.read('eas');
    assert.deepEqual([mdmAway?.whenMdmAway, mdmAway?.devices, world.writes], ['leave', 0, 0]);
    assert.deepEqual(
      problems?.map(({ code }) => code),
      ['ERR_SNAPSHOT_STALE'],
    );
  });

  it('blocks only what is new and would have been blocked, and takes it back when the MDM has spoken', async () => {
    const settings: Partial<SwitchSettings> = { whenMdmAway: 'block' };
    world.set({ ...settings, rules: rulesOf(vips) });
    await world.sync();
    everybodyComes();
    goAway();
    const { mdmAway } = await world.read('eas');
    const untouched = { vips: 'allowed', kiosk: 'allowed', board: 'allowed', disc: 'discovery', kurt: 'allowed' };
    assert.deepEqual([mdmAway?.whenMdmAway, mdmAway?.devices], ['block', 2]);
    assert.deepEqual(states(), { ...untouched, neil: 'blocked', olga: 'blocked' });
    assert.deepEqual(await ledger(), ['NEIL blocked: MDM away', 'OLGA blocked: MDM away']);
    await world.read('eas');
    assert.equal(world.writes, 2, 'a second sync changes nothing');

    // Olga comes into the excluded group; the MDM knows neither of them.
    const olga = world.organization.mailboxByAddress('olga@contoso.example')!;
    const { id } = world.organization.addGroup({ name: 'More', address: 'more@contoso.example', members: [olga] });
    world.set({ ...settings, rules: rulesOf(vips, id) });
    const back = await world.sync();
    assert.equal(back.mdmAway, undefined);
    assert.deepEqual(states(), { ...untouched, kurt: 'blocked', neil: 'blocked', olga: 'allowed' });
    assert.deepEqual(await ledger(), ['KURT blocked: Not managed', 'NEIL blocked: Not managed']);
    const [taken] = (await world.store.audit.recent()).filter(({ what }) => what === 'release');
    assert.deepEqual([taken?.rule, taken?.reason], ['MDM away', 'mdm-back']);
    const { writes } = world;
    await world.sync();
    assert.equal(world.writes, writes, 'and that is all');
  });

  it('allows only what is new and would have been blocked, where Exchange’s default shuts it out', async () => {
    world.organization.defaultAccessLevel = 'Quarantine';
    world.set({ whenMdmAway: 'allow', rules: rulesOf(vips) });
    await world.sync();
    everybodyComes();
    goAway();
    await world.read('eas');
    const untouched = { vips: 'quarantined', kiosk: 'quarantined', board: 'allowed', disc: 'discovery' };
    assert.deepEqual(states(), { ...untouched, kurt: 'quarantined', neil: 'allowed', olga: 'allowed' });
    assert.deepEqual(await ledger(), ['BOAR allowed: Board', 'NEIL allowed: MDM away', 'OLGA allowed: MDM away']);

    // Neil enrolls. Of Olga's phone the MDM says that it is somebody else's: that is looked at, and not decided about.
    world.enroll('neil');
    world.enroll('olga', { upn: 'stranger@contoso.example' });
    await world.sync();
    assert.deepEqual(states(), { ...untouched, kurt: 'blocked', neil: 'allowed', olga: 'quarantined' });
    assert.deepEqual(await ledger(), [
      'BOAR allowed: Board',
      'KURT blocked: Not managed',
      'NEIL allowed: Managed and compliant',
    ]);
    const { writes } = world;
    await world.sync();
    assert.equal(world.writes, writes, 'and that is all');
  });

  it('does not take back what it blocked before the MDM has spoken about the phone', async () => {
    world.set({ whenMdmAway: 'block' });
    await world.sync();
    goAway();
    world.syncPhone('neil');
    world.setFirstSync('neil', world.now() + 60_000);
    await world.read('eas');
    assert.equal(world.state('neil'), 'blocked');
    // This reading began before the phone came, as far as the clocks tell.
    await world.sync();
    assert.equal(world.state('neil'), 'blocked');
    world.setFirstSync('neil', world.now() - 60_000);
    world.enroll('neil');
    await world.sync();
    assert.equal(world.state('neil'), 'allowed');
  });

  it('leaves what a gentle switch-on keeps allowed', async () => {
    world.set({ whenMdmAway: 'block', startFrom: 'grandfather', grandfatherDays: 30 });
    await world.readOnly('mdm');
    world.syncPhone('neil');
    await world.read('eas');
    goAway();
    world.syncPhone('olga');
    const { mdmAway } = await world.read('eas');
    assert.deepEqual([mdmAway?.devices, world.state('neil'), world.state('olga')], [1, 'allowed', 'blocked']);
  });

  it('decides about nobody when the MDM was never read: then everybody would be new', async () => {
    everybodyComes();
    for (const whenMdmAway of ['block', 'allow'] as const) {
      world.set({ whenMdmAway });
      const { mdmAway, problems } = await world.read('eas');
      assert.deepEqual([mdmAway, world.writes], [{ since: null, whenMdmAway, devices: 0 }, 0]);
      assert.deepEqual(
        problems?.map(({ code, text }) => `${code} ${text}`),
        ['ERR_SNAPSHOT_INCOMPLETE tenant has not been read to its end yet.'],
      );
    }
  });

  it('stays within the brake', async () => {
    world.set({ whenMdmAway: 'block', brakeCount: 1, brakePercent: 0 });
    await world.sync();
    for (const alias of ['neil', 'olga']) world.syncPhone(alias);
    goAway();
    const { held } = await world.read('eas');
    assert.deepEqual([held?.reason.code, held?.count, world.writes], ['ERR_BRAKE', 2, 0]);
  });
});
