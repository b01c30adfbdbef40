/** What is missing before a sync: one line a thing, in the order a person would look. */
import assert from 'node:assert/strict';
import { preflight } from '../../src/connector/preflight.ts';
import type { PreflightParts } from '../../src/connector/preflight.ts';
import { PREFLIGHT_WORDS } from '../../src/connector/sentences/preflight-words.ts';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import { Organization } from '../../src/lab/organization.ts';
import { ERROR_HELP_DE } from '../../src/model/error-help-de.ts';
import { englishWordsIn } from '../support/english-words.ts';
import { SyncWorld } from './sync/sync-world.ts';

describe('the preflight of a sync', () => {
  let world: SyncWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
  });
  afterEach(() => world.close());

  const look = (changes: Partial<PreflightParts> = {}) => preflight({ ...world.parts, ...changes });
  /** `step, about: verdict CODE`, one line a step. */
  const seen = async (changes: Partial<PreflightParts> = {}): Promise<string[]> =>
    (await look(changes)).steps.map(({ step, about, verdict, code }) =>
      `${step}${about === null ? '' : `, ${about}`}: ${verdict} ${code ?? ''}`.trim(),
    );
  const GOOD = [
    'rules: ready',
    'exchange: ready',
    'eas-reading: ready',
    'mdm, tenant: ready',
    'mdm-reading, tenant: ready',
  ];
  /** The good lines, one of them changed. */
  const but = (...lines: readonly string[]): string[] =>
    GOOD.map((good) => lines.find((line) => line.split(':')[0] === good.split(':')[0]) ?? good);

  it('is ready when both sides were read and answer, and says what was seen', async () => {
    await world.sync();
    const { verdict, steps } = await look();
    const readAt = async (source: 'eas' | 'mdm') => (await world.store.snapshots.list(source))[0]!.startedAt;
    assert.deepEqual(
      [verdict, ...steps.map(({ text }) => text)],
      [
        'ready',
        'The rules can be used: 9 of 9 are switched on.',
        'Exchange lets the connector sign in and read devices.',
        `Exchange was last read whole at ${await readAt('eas')}; devices: 1.`,
        'The MDM lets the connector sign in and read devices.',
        `Last read whole at ${await readAt('mdm')}; records: 1.`,
      ],
    );
    assert.deepEqual(await seen(), GOOD);
  });

  it('is said in German to a German dialog: what is well, what is missing, what an error says', async () => {
    const texts = async (changes: Partial<PreflightParts> = {}): Promise<string[]> =>
      (await look({ language: 'de', ...changes })).steps.map(({ text }) => text);
    const unread = await texts();
    const refuse = (): never => {
      throw new ConnectorError('ERR_HTTP_AUTH', 'Exchange refused the password.');
    };
    await world.sync();
    const [eas, mdm] = await Promise.all(
      (['eas', 'mdm'] as const).map(async (source) => (await world.store.snapshots.list(source))[0]!.startedAt),
    );
    const refused = await texts({ exchange: { ...world.parts.exchange, easPages: refuse } });
    assert.deepEqual(unread.slice(2), [
      `Dieses Exchange wurde noch nicht bis zum Ende abgerufen. ${ERROR_HELP_DE.ERR_SNAPSHOT_INCOMPLETE}`,
      'Das MDM lässt den Connector sich anmelden und Geräte lesen.',
      'tenant wurde noch nicht bis zum Ende abgerufen.',
    ]);
    assert.deepEqual(refused, [
      'Die Regeln sind brauchbar: 9 von 9 sind eingeschaltet.',
      `„Exchange refused the password.“ ${ERROR_HELP_DE.ERR_HTTP_AUTH}`,
      `Exchange wurde zuletzt um ${eas} ganz abgerufen; Geräte: 1.`,
      'Das MDM lässt den Connector sich anmelden und Geräte lesen.',
      `Zuletzt um ${mdm} ganz abgerufen; Datensätze: 1.`,
    ]);
  });

  it('has every sentence in German, with the same values', () => {
    const { en, de } = PREFLIGHT_WORDS;
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted();
    assert.deepEqual(
      Object.entries(de.sayings).map(([code, text]) => [code, places(text), englishWordsIn(text)]),
      Object.entries(en.sayings).map(([code, text]) => [code, places(text), []]),
    );
  });

  it('changes nothing, in Exchange, in the store or for the next sync', async () => {
    await world.sync();
    const before = JSON.stringify([await world.store.snapshots.list('eas'), await world.store.entries.list({})]);
    const { writes } = world;
    await look();
    assert.equal(JSON.stringify([await world.store.snapshots.list('eas'), await world.store.entries.list({})]), before);
    assert.equal(world.writes, writes);
  });

  it('says what was never read', async () => {
    assert.deepEqual(
      await seen(),
      but('eas-reading: failed ERR_SNAPSHOT_INCOMPLETE', 'mdm-reading, tenant: failed ERR_SNAPSHOT_INCOMPLETE'),
    );
  });

  it('says which of several MDMs is missing, by its name', async () => {
    await world.deployMdm('tenant2', new Organization({ now: world.now }), 'Second tenant');
    await world.deployMdm('mapped', null);
    await world.sync();
    assert.deepEqual(await seen(), [
      ...GOOD.slice(0, 4),
      'mdm, Second tenant: ready',
      'mdm, mapped: unknown',
      'mdm-reading, tenant: ready',
      'mdm-reading, Second tenant: failed ERR_SNAPSHOT_INCOMPLETE',
    ]);
  });

  it('says that one side is simulated and the other real', async () => {
    await world.sync();
    const exchange = { ...world.exchange, isSimulated: true };
    assert.deepEqual(await seen({ exchange }), but('exchange: failed ERR_SIDES_MIXED'));
  });

  it('says that another organization answers than was read', async () => {
    await world.sync();
    assert.deepEqual(await seen(), GOOD);
    world.answersAs = (own) => ({ ...own, id: '0f8fad5b-d9cb-469f-a165-70867728950e' });
    assert.deepEqual(await seen(), but('exchange: failed ERR_ORGANIZATION_CHANGED'));
  });

  it('says that there is no MDM at all', async () => {
    await world.removeMdm('tenant');
    await world.readOnly('eas');
    assert.deepEqual(await seen(), [...GOOD.slice(0, 3), 'mdm-reading: failed ERR_SNAPSHOT_INCOMPLETE']);
  });

  it('judges readings as the sync does: too old, or shrunken', async () => {
    const other = world.enroll('anna');
    await world.sync();
    world.unenroll(other);
    await world.readOnly('mdm');
    world.set({ brakePercent: 10 });
    assert.deepEqual(await seen(), but('mdm-reading, tenant: failed ERR_SNAPSHOT_SHRUNKEN'));
    world.set({});
    world.letPass(27 * 3_600_000);
    assert.deepEqual(await seen(), but('eas-reading: unknown', 'mdm-reading, tenant: failed ERR_SNAPSHOT_STALE'));
  });

  it('says that the MDM or Exchange does not let it read, and goes on with the rest', async () => {
    await world.sync();
    world.setDeaf(true);
    const exchange = {
      ...world.parts.exchange,
      easPages: () => {
        throw new ConnectorError('ERR_HTTP_AUTH', 'Exchange refused the password.');
      },
    };
    assert.deepEqual(
      await seen({ exchange }),
      but('exchange: failed ERR_HTTP_AUTH', 'mdm, tenant: failed ERR_GRAPH_FORBIDDEN'),
    );
  });

  it('waits for a far end that hangs no longer than its limit, and for nobody who went away', async () => {
    await world.sync();
    const exchange: PreflightParts['exchange'] = {
      ...world.parts.exchange,
      // oxlint-disable-next-line require-yield
      async *easPages({ signal }) {
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
    };
    assert.deepEqual(await seen({ exchange, limitMs: 1_000 }), but('exchange: failed ERR_HTTP_TIMEOUT'));
    const gone = new AbortController();
    const looking = look({ exchange, signal: gone.signal });
    gone.abort();
    await assert.rejects(looking, (error) => isConnectorError(error, 'ERR_ABORTED'));
  });

  it('says which rule cannot be meant, and which group cannot be read', async () => {
    await world.sync();
    const rules = (group: string) => [
      { name: 'Excluded', when: [{ field: 'group' as const, in: [group] }], action: 'leave' as const },
    ];
    world.set({ rules: rules('nobody@contoso.example') });
    assert.deepEqual(await seen(), [...GOOD, 'groups: failed ERR_DIRECTORY_UNREADABLE']);
    const members = [world.organization.mailboxByAddress('anna@contoso.example')!];
    world.organization.addGroup({ name: 'VIP', address: 'vip@contoso.example', members });
    world.set({ rules: rules('vip@contoso.example') });
    assert.deepEqual(await seen(), [...GOOD, 'groups: ready']);
    const { steps } = await look();
    assert.equal(steps.at(-1)?.text, 'Groups that rules name, each read whole: vip@contoso.example (1 member).');
    assert.deepEqual((await world.sync()).groups, [{ group: 'vip@contoso.example', members: 1 }]);
    world.set({
      rules: [{ name: 'Broken', when: [{ field: 'mailbox', how: 'regex', patterns: ['('] }], action: 'allow' }],
    });
    assert.deepEqual(await seen(), but('rules: failed ERR_RULE_INVALID'));
  });
});
