/** An Exchange server configuration that was made anew, or copied by an import: the store knows the organization under its old id. */
import assert from 'node:assert/strict';
import { askOrganization } from '../../src/connector/organization/known-organization.ts';
import { REPORT_SAYINGS_EN } from '../../src/connector/sentences/report-sayings-en.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import type { OrganizationKind } from '../../src/model/organization-identity.ts';
import { LEASE_MS } from '../../src/store/leases.ts';
import { SyncWorld } from './sync/sync-world.ts';

describe('a second configuration of one Exchange', () => {
  let world: SyncWorld;
  let anew: SyncWorld;

  afterEach(() => world.close());

  /** Anna and Ben were blocked under the old configuration; Anna is enrolled by now. */
  const make = async (
    kind: OrganizationKind,
    { adoptEntries = false, mode = 'enforce' }: Partial<Pick<SwitchSettings, 'adoptEntries' | 'mode'>> = {},
    isOldAtWork = false,
  ): Promise<void> => {
    world = await SyncWorld.open();
    world.answersAs = (own) => ({ ...own, kind });
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    world.enroll('carla');
    await world.sync();
    await know(world);
    world.set({ mode: 'simulate' });
    anew = world.beside('anew');
    Object.assign(anew, { organization: world.organization, answersAs: world.answersAs });
    anew.set({ adoptEntries, mode });
    const old = { name: 'organization/exchange', holder: 'old', node: 'old', process: 'old host/1' };
    if (isOldAtWork) await world.store.leases.take(old, { validMs: LEASE_MS });
    world.enroll('anna');
    await world.readOnly('mdm');
    await anew.readOnly('eas');
    await know(anew);
    await anew.match();
  };
  /** As the EAS source does. */
  const know = async ({ parts, store }: SyncWorld): Promise<void> => {
    await askOrganization({ store, exchange: parts.exchange, now: parts.now, signal: parts.signal });
  };
  const problems = (): unknown[] => (anew.reports.at(-1)!.problems ?? []).map(({ code, text }) => ({ code, text }));

  it('says who stays blocked by what was written under the other one, and leaves them', async () => {
    await make('on-premises');
    const text = REPORT_SAYINGS_EN['entries-elsewhere']
      .replace('{count}', '2')
      .replace('{ids}', 'exchange')
      .replace('{examples}', 'anna@contoso.example, ben@contoso.example');
    assert.deepEqual(
      [problems(), world.blocked('anna', 'ben')],
      [[{ code: 'ERR_ORGANIZATION_TWICE', text }], ['anna', 'ben']],
    );
  });

  it('says nothing where it takes entries over: who is enrolled is let in', async () => {
    await make('on-premises', { adoptEntries: true });
    assert.deepEqual([problems(), world.blocked('anna', 'ben')], [[], ['ben']]);
  });

  it('says that an access switch writes under the other one too, as both would block and mail', async () => {
    const text = REPORT_SAYINGS_EN['works-elsewhere'].replace('{ids}', 'exchange');
    for (const adoptEntries of [false, true]) {
      await make('on-premises', { adoptEntries }, true);
      assert.deepEqual(problems(), [{ code: 'ERR_ORGANIZATION_TWICE', text }]);
      if (!adoptEntries) await world.close();
    }
  });

  it('says only who stays blocked where it simulates beside one that writes', async () => {
    await make('on-premises', { mode: 'simulate' }, true);
    assert.match(JSON.stringify(problems()), /^\[\{"code":"ERR_ORGANIZATION_TWICE","text":"2 devices are blocked by /);
  });

  it('says nothing of simulated organizations, which may be alike', async () => {
    await make('simulated');
    assert.deepEqual(problems(), []);
  });
});
