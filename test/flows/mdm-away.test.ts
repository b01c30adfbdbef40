/** What the access switch does while the MDM cannot be read for too long, and what becomes of it afterwards. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import { easIdOf, SwitchWorld } from '../support/access-switch-world.ts';

const DAY_MS = 24 * 3_600_000;

/** Hours after which a reading is too old: three seconds. A block that waits for longer is too old as well. */
const SOON = 3 / 3600;

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
    for (const alias of ALL) {
      world.syncPhone(alias);
      world.setFirstSync(alias, Date.now());
    }
    world.setFirstSync('kurt', Date.now() - 30 * DAY_MS);
    const watched = organization.partnership('disc@contoso.example', easIdOf('disc'))!;
    organization.holdAccess(watched, { state: 'discovery', reason: 'global' });
  };

  it('blocks only what is new and would have been blocked, and takes it back when the MDM has spoken', async () => {
    await start({ whenMdmAway: 'block', rules: rulesOf(vips) });
    await world.sync();
    everybodyComes();
    await setMaxAge(SOON);
    await setTimeout(3_000);
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
});
