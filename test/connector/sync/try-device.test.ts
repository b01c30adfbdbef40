/** "Try it" and a sync are one judge: for every device of a random world they give the same decision, rule and reason. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { DEFAULT_RULES } from '../../../src/access/rules.ts';
import type { Rule } from '../../../src/access/rules.ts';
import { lookAtOrganization } from '../../../src/connector/matching/match-organization.ts';
import { keepMatchSettings } from '../../../src/connector/matching/match-settings.ts';
import type { MatchSettings } from '../../../src/connector/matching/match-settings.ts';
import type { ExchangePort } from '../../../src/connector/ports.ts';
import { AccessSync } from '../../../src/connector/sync/access-sync.ts';
import { SyncDecisions } from '../../../src/connector/sync/decide-sync.ts';
import type { SwitchParts } from '../../../src/connector/sync/switch-parts.ts';
import { tryDevice } from '../../../src/connector/sync/try-device.ts';
import { isConnectorError } from '../../../src/errors.ts';
import type { AccessState, DeviceRecord, EasRecord, MdmRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { ExchangeModel } from '../../access/exchange-model.ts';
import { activationsOf, easRecord, mdmOf, pairingsOf, phones, READ_AT } from '../../access/worlds.ts';
import type { Phone } from '../../access/worlds.ts';
import { SETTINGS, SyncWorld } from './sync-world.ts';
import { openEmptyStore } from '../../store/records.ts';

const HOUR_MS = 3_600_000;
/** More than the query of these tests finds: every mailbox has such an address. */
const EVERYBODY = '@corp.example';

const matchSettings: fc.Arbitrary<MatchSettings> = fc.record({
  sameUser: fc.boolean(),
  lateActivation: fc.boolean(),
  serialMatch: fc.boolean(),
  maxAgeHours: fc.constant(26),
});
const BOARD: Rule = { name: 'Board', when: [{ field: 'group', in: ['board@corp.example'] }], action: 'leave' };
const settings = fc.record({
  adoptEntries: fc.boolean(),
  whenMdmAway: fc.constantFrom('leave' as const, 'allow' as const, 'block' as const),
  startFrom: fc.constantFrom('strict' as const, 'grandfather' as const),
  rules: fc.constantFrom<readonly Rule[]>([], [BOARD, ...DEFAULT_RULES]),
});
/** Hours after the MDM reading: fresh, too old, or from a clock that is an hour ahead. */
const hoursLater = fc.constantFrom(1, 40, -1);
const groups = fc.constantFrom('readable' as const, 'unreadable' as const);

/** Exchange as the rules meet it; user 1 is on the board. */
function portOf(model: ExchangeModel, canReadGroups: boolean): ExchangePort {
  return {
    organization: 'org',
    readLists: (mailboxId) => model.readLists(mailboxId),
    write: (mailboxId, edit) => model.write(mailboxId, edit),
    lastAttempts: () => Promise.resolve([]),
    partnerships: () => Promise.resolve([]),
    removePartnership: () => Promise.resolve(),
    easPages: () => assert.fail('Nothing is read here.'),
    recipients: () => assert.fail('Nobody is looked up here.'),
    async *groupMembers() {
      if (!canReadGroups) throw new Error('The group cannot be read.');
      yield { id: 'user1', upn: 'user1@corp.example', addresses: [] };
    },
  };
}

async function read(store: Store, source: 'eas' | 'mdm', records: readonly (EasRecord | MdmRecord)[], at: number) {
  const scope = source === 'eas' ? 'org' : 'intune';
  const reading = {
    id: `${source} ${at}`,
    source,
    kind: 'full',
    scope,
    startedAt: new Date(at).toISOString(),
  } as const;
  await store.snapshots.begin(reading);
  await store.snapshots.putPage(reading, records);
  await store.snapshots.commit(reading);
}

function exchangeOf(all: readonly Phone[], level: AccessState): ExchangeModel {
  const exchange = new ExchangeModel();
  exchange.defaultState = level;
  for (const phone of all) {
    const eas = easRecord(phone);
    if (phone.admin) exchange.edit(eas.mailbox.id, phone.admin, [eas.easId]);
    if (phone.account) exchange.sync(eas);
  }
  return exchange;
}

describe('“Try it”', () => {
  it('tries a device as the sync decides, whatever is known of it and whatever was written before', () =>
    fc.assert(
      fc.asyncProperty(
        phones,
        fc.constantFrom<AccessState>('allowed', 'blocked', 'quarantined'),
        settings,
        matchSettings,
        hoursLater,
        groups,
        fc.boolean(),
        async (all, level, chosen, matcher, hours, canRead, readAgain) => {
          const store = await openEmptyStore();
          try {
            const exchange = exchangeOf(all, level);
            await read(store, 'eas', exchange.records(), READ_AT);
            await read(store, 'mdm', mdmOf(all), READ_AT);
            for (const activation of activationsOf(all)) await store.activations.add(activation);
            for (const pairing of pairingsOf(all)) await store.pairings.add(pairing);
            await keepMatchSettings(store, matcher);
            const now = READ_AT + hours * HOUR_MS;
            const parts: SwitchParts = {
              store,
              exchange: portOf(exchange, canRead === 'readable'),
              mdms: { deployed: () => ['intune'], port: () => null },
              directory: null,
              settings: { ...SETTINGS, ...chosen },
              who: 'switch',
              name: 'switch',
              announce: () => undefined,
              flow: {
                run: 'run',
                hears: () => false,
                notifiers: () => [],
                storeless: () => [],
                untold: new Set<string>(),
              },
              progress: () => undefined,
              now: () => now,
              ids: () => 'id',
              signal: new AbortController().signal,
            };
            const devices = async (): Promise<DeviceRecord[]> => {
              const options = { now, pageSize: 100, signal: parts.signal };
              const matched: DeviceRecord[] = [];
              for await (const { records } of (await lookAtOrganization(store, 'org', matcher, options))!.devices())
                matched.push(...records);
              return matched;
            };
            const startedAt = new Date(READ_AT).toISOString();
            const page = { id: 's', kind: 'full', organization: 'org', startedAt, page: 0, last: true } as const;
            await new AccessSync().page(parts, {
              ...page,
              dryRun: false,
              match: null,
              maxAgeHours: null,
              scope: 'all',
              known: null,
              devices: await devices(),
            });
            if (readAgain) await read(store, 'eas', exchange.records(), now + 1);

            const head = {
              id: 'plan',
              startedAt,
              maxAgeHours: matcher.maxAgeHours,
              simulated: false,
              run: 's',
              known: null,
            };
            const decisions = await SyncDecisions.begin(parts, head);
            const judged = await decisions.decide(await devices());
            const { plan, problems } = await decisions.finish(true);
            const planned = await plan.find(judged.map(({ device }) => device.key));
            const changing = new Set(planned.map(({ key }) => key));
            const tried = await tryDevice({ ...parts, query: EVERYBODY, written: chosen.rules, language: 'en' });
            const byName = (a: { easId: string }, b: { easId: string }): number => a.easId.localeCompare(b.easId);
            assert.deepEqual(
              tried.devices
                .map(({ easId, action, rule, reason, listed, changes, match }) => ({
                  easId,
                  action,
                  rule,
                  reason,
                  listed,
                  changes,
                  match,
                }))
                .sort(byName),
              judged
                .map(({ device, decision: { action, rule, reason } }) => ({
                  easId: device.eas!.easId,
                  action,
                  rule,
                  reason: { code: reason.code, text: reason.text },
                  listed: device.eas!.access.listed,
                  changes: changing.has(device.key),
                  match: device.reason.text,
                }))
                .sort(byName),
            );
            assert.deepEqual(
              tried.problems,
              problems.map(({ code, text }) => ({ code, text })),
            );
          } finally {
            await store.close();
          }
        },
      ),
      { numRuns: process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 150 : 15 },
    )).timeout(240_000);

  describe('of one organization', () => {
    let world: SyncWorld;
    beforeEach(async () => {
      world = await SyncWorld.open();
    });
    afterEach(() => world.close());

    it('finds a mailbox by any of its names, a device by its EAS ID, and a part of them if nothing is called so', async () => {
      for (const alias of ['anna', 'hanna']) world.addPhone(alias, [`${alias}.old@contoso.example`]);
      await world.sync();
      const found = async (query: string): Promise<string[]> =>
        (await world.tryDevice(query)).devices.map(({ mailbox }) => mailbox.split('@')[0]!).sort();
      assert.deepEqual(await found('ANNA@contoso.example'), ['anna']);
      assert.deepEqual(await found('hanna.old@contoso.example'), ['hanna']);
      assert.deepEqual(await found('user anna'), ['anna']);
      assert.deepEqual(await found('anna'), ['anna', 'hanna']);
      assert.deepEqual(await found('nobody'), []);
    });

    it('changes nothing, counts nothing, and begins no gentle start', async () => {
      world.addPhone('anna');
      world.set({ mode: 'simulate', startFrom: 'grandfather' });
      const { switchOn } = await world.sync();
      await world.tryDevice('anna');
      assert.equal(switchOn?.devices, 1);
      assert.equal(await world.store.settings.get('access.switchedOn.exchange'), null);
      assert.deepEqual([world.writes, await world.waiting(), await world.store.entries.list()], [0, [], []]);
    });

    it('says what keeps it from trying', async () => {
      const code = (wanted: string) => (error: unknown) => isConnectorError(error) && error.code === wanted;
      await assert.rejects(world.tryDevice('anna'), code('ERR_SNAPSHOT_INCOMPLETE'));
      await assert.rejects(world.tryDevice(' '), code('ERR_INPUT_INVALID'));
      world.set({ rules: [{ name: '', when: [], action: 'allow' }] });
      await assert.rejects(world.tryDevice('anna'), code('ERR_RULE_INVALID'));
    });
  });
});
