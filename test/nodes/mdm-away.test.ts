/** What the access switch does while the MDM cannot be read for too long, and what becomes of it afterwards. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import { stopFlow } from '../support/node-red.ts';
import { easIdOf, SwitchWorld } from './access-switch-world.ts';

const DAY_MS = 24 * 3_600_000;

/** Hours after which a reading is too old at once. */
const AT_ONCE = 0.00001;

const mailbox = (alias: string) =>
  ({ field: 'mailbox', how: 'exact', patterns: [`${alias}@contoso.example`] }) as const;

describe('while the MDM is away', () => {
  let world: SwitchWorld;
  let folder: string;

  beforeEach(async () => {
    world = await SwitchWorld.open();
    folder = mkdtempSync(join(tmpdir(), 'mdm-away-'));
  });
  afterEach(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });

  /** The rules of a site with an excluded group and two rules of its own. */
  const rulesOf = (vips: string): Rule[] => [
    { name: 'Excluded groups', when: [{ field: 'group', in: [vips] }], action: 'leave', code: 'excluded-group' },
    { name: 'Kiosk', when: [mailbox('kiosk')], action: 'leave', code: 'kiosk' },
    { name: 'Board', when: [mailbox('board')], action: 'allow', code: 'board' },
    ...DEFAULT_RULES.slice(1),
  ];
  const changes = (maxAge: number) => ({ matcher: { maxAge }, store: { path: join(folder, 'store.sqlite') } });
  let access: Record<string, unknown>;
  const start = async (properties: Record<string, unknown>): Promise<void> => {
    access = properties;
    await world.start(access, changes(26));
  };
  /** From now on every MDM reading is too old, or not any more. */
  const setMaxAge = (maxAge: number): Promise<void> => world.flow.redeploy(world.nodes(access, changes(maxAge)).nodes);
  const states = () => Object.fromEntries(ALL.map((alias) => [alias, world.state(alias)]));
  const ledger = async (): Promise<string[]> =>
    (await (await world.store).entries.list())
      .map(({ easId, list, rule }) => `${easId.slice(3, 7)} ${list}: ${rule}`)
      .sort((a, b) => a.localeCompare(b));

  const ALL = ['vips', 'kiosk', 'board', 'disc', 'kurt', 'neil', 'olga'] as const;
  let vips: string;

  beforeEach(() => {
    const { organization } = world.lab;
    for (const alias of ALL) organization.addMailbox({ alias, displayName: alias });
    const members = [organization.mailboxByAddress('vips@contoso.example')!];
    vips = organization.addGroup({ name: 'VIP', address: 'vip@contoso.example', members }).id;
  });

  /** Everybody adds an account after the MDM was read. Kurt's phone is an old one; Exchange still looks at one of them. */
  const everybodyComes = (): void => {
    const { organization } = world.lab;
    for (const alias of ALL) world.syncPhone(alias);
    world.setFirstSync('kurt', Date.now() - 30 * DAY_MS);
    const watched = organization.partnership('disc@contoso.example', easIdOf('disc'))!;
    organization.holdAccess(watched, { state: 'discovery', reason: 'global' });
  };

  it('leaves new devices alone by default', async () => {
    await start({});
    await world.sync();
    world.syncPhone('neil');
    await setMaxAge(AT_ONCE);
    const { mdmAway, problems } = await world.read('eas');
    assert.deepEqual([mdmAway?.whenMdmAway, mdmAway?.devices, world.writes], ['leave', 0, 0]);
    assert.deepEqual(
      problems?.map(({ code }) => code),
      ['ERR_SNAPSHOT_STALE'],
    );
  });

  it('blocks only what is new and would have been blocked, and takes it back when the MDM has spoken', async () => {
    await start({ whenMdmAway: 'block', rules: rulesOf(vips) });
    await world.sync();
    everybodyComes();
    await setMaxAge(AT_ONCE);
    const { mdmAway } = await world.read('eas');
    const untouched = { vips: 'allowed', kiosk: 'allowed', board: 'allowed', disc: 'discovery', kurt: 'allowed' };
    assert.deepEqual([mdmAway?.whenMdmAway, mdmAway?.devices], ['block', 2]);
    assert.deepEqual(states(), { ...untouched, neil: 'blocked', olga: 'blocked' });
    assert.deepEqual(await ledger(), ['NEIL blocked: MDM away', 'OLGA blocked: MDM away']);
    await world.read('eas');
    assert.equal(world.writes, 2, 'a second sync changes nothing');

    // Olga comes into the excluded group; the MDM knows neither of them.
    const olga = world.lab.organization.mailboxByAddress('olga@contoso.example')!;
    const { id } = world.lab.organization.addGroup({ name: 'More', address: 'more@contoso.example', members: [olga] });
    access = {
      ...access,
      rules: [{ ...rulesOf(vips)[0]!, when: [{ field: 'group', in: [vips, id] }] }, ...rulesOf(vips).slice(1)],
    };
    await setMaxAge(26);
    const back = await world.sync();
    assert.equal(back.mdmAway, undefined);
    assert.deepEqual(states(), { ...untouched, kurt: 'blocked', neil: 'blocked', olga: 'allowed' });
    assert.deepEqual(await ledger(), ['KURT blocked: Not managed', 'NEIL blocked: Not managed']);
    const [taken] = (await (await world.store).audit.recent()).filter(({ what }) => what === 'release');
    assert.deepEqual([taken?.rule, taken?.reason], ['MDM away', 'mdm-back']);
    const { writes } = world;
    await world.sync();
    assert.equal(world.writes, writes, 'and that is all');
  });

  it('allows only what is new and would have been blocked, where Exchange’s default shuts it out', async () => {
    world.lab.organization.defaultAccessLevel = 'Quarantine';
    await start({ whenMdmAway: 'allow', rules: rulesOf(vips) });
    await world.sync();
    everybodyComes();
    await setMaxAge(AT_ONCE);
    await world.read('eas');
    const untouched = { vips: 'quarantined', kiosk: 'quarantined', board: 'allowed', disc: 'discovery' };
    assert.deepEqual(states(), { ...untouched, kurt: 'quarantined', neil: 'allowed', olga: 'allowed' });
    assert.deepEqual(await ledger(), ['BOAR allowed: Board', 'NEIL allowed: MDM away', 'OLGA allowed: MDM away']);

    // Neil enrolls. Of Olga's phone the MDM says that it is somebody else's: that is looked at, and not decided about.
    world.enroll('neil');
    world.lab.organization.enroll({
      upn: 'stranger@contoso.example',
      platform: 'ios',
      name: 'Phone',
      model: 'iPhone 16',
      serial: 'STRANGER',
      easDeviceId: easIdOf('olga'),
    });
    await setMaxAge(26);
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
    await start({ whenMdmAway: 'block' });
    await world.sync();
    await setMaxAge(AT_ONCE);
    world.syncPhone('neil');
    world.setFirstSync('neil', Date.now() + 60_000);
    await world.read('eas');
    assert.equal(world.state('neil'), 'blocked');
    // This reading began before the phone came, as far as the clocks tell.
    await setMaxAge(26);
    await world.sync();
    assert.equal(world.state('neil'), 'blocked');
    world.setFirstSync('neil', Date.now() - 60_000);
    world.enroll('neil');
    await world.sync();
    assert.equal(world.state('neil'), 'allowed');
  });

  it('leaves what a gentle switch-on keeps allowed', async () => {
    await start({ whenMdmAway: 'block', startFrom: 'grandfather', grandfatherDays: 30 });
    await world.readOnly('mdm');
    world.syncPhone('neil');
    await world.read('eas');
    await setMaxAge(AT_ONCE);
    world.syncPhone('olga');
    const { mdmAway } = await world.read('eas');
    assert.deepEqual([mdmAway?.devices, world.state('neil'), world.state('olga')], [1, 'allowed', 'blocked']);
  });

  it('decides about nobody when the MDM was never read: then everybody would be new', async () => {
    everybodyComes();
    for (const whenMdmAway of ['block', 'allow'] as const) {
      await start({ whenMdmAway });
      const { mdmAway, problems } = await world.read('eas');
      assert.deepEqual([mdmAway, world.writes], [{ since: null, whenMdmAway, devices: 0 }, 0]);
      assert.deepEqual(
        problems?.map(({ code, text }) => `${code} ${text}`),
        ['ERR_SNAPSHOT_INCOMPLETE tenant has not been read to its end yet.'],
      );
      await stopFlow();
    }
  });

  it('stays within the brake', async () => {
    await start({ whenMdmAway: 'block', brakeCount: 1, brakePercent: 0 });
    await world.sync();
    for (const alias of ['neil', 'olga']) world.syncPhone(alias);
    await setMaxAge(AT_ONCE);
    const { held } = await world.read('eas');
    assert.deepEqual([held?.reason.code, held?.count, world.writes], ['ERR_BRAKE', 2, 0]);
  });
});
