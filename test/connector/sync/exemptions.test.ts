/** Devices that a person exempts for a time: what the access switch does with them, and what is kept of it. */
import assert from 'node:assert/strict';
import { deviceTimeline } from '../../../src/connector/listings/list-timeline.ts';
import { endExemptions, exempt, LONGEST_NOTE, unexempt } from '../../../src/connector/sync/exemptions.ts';
import type { ExemptRequest } from '../../../src/connector/sync/exemptions.ts';
import type { Exemption } from '../../../src/model/exemption.ts';
import type { DeviceNews } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import type { KillSwitch } from '../kill-switch.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const DAY_MS = 86_400_000;
const { signal } = new AbortController();

/** Lets something happen after a sync has decided, and before it writes. */
function beforeWrites(happen: () => Promise<unknown>): KillSwitch {
  const outboxOf = ({ outbox }: Store): Store['outbox'] =>
    new Proxy(outbox, {
      get(of, name: keyof Store['outbox']) {
        if (name !== 'reserve') return of[name].bind(of);
        return async (keys: readonly string[]) => {
          await happen();
          return of.reserve(keys);
        };
      },
    });
  const hooks: Pick<KillSwitch, 'store' | 'exchange'> = {
    store: (store) => ({ ...store, outbox: outboxOf(store) }),
    exchange: (port) => port,
  };
  return hooks as KillSwitch;
}

describe('an exemption', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
  });
  afterEach(() => world.close());

  const keyOf = (alias: string): string => {
    const { guid } = world.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    return `eas:exchange:${guid.toLowerCase()}:${easIdOf(alias).toLowerCase()}`;
  };
  const inDays = (days: number): string => new Date(world.now() + days * DAY_MS).toISOString();
  const ask = (changes: Partial<ExemptRequest>): Promise<Exemption> =>
    exempt(world.parts, {
      key: null,
      mailbox: null,
      easId: null,
      until: inDays(10),
      note: 'phone of the fair',
      by: 'Ada',
      ...changes,
    });
  const takeBack = (changes: Partial<ExemptRequest>): Promise<Exemption> =>
    unexempt(world.parts, { key: null, mailbox: null, easId: null, note: null, by: null, ...changes });
  const audit = async (what: string) => (await world.store.audit.recent()).filter((one) => one.what === what);
  const steps = async (alias: string) =>
    (await deviceTimeline(world.store, keyOf(alias), { limit: 20, signal })).steps
      .filter(({ step }) => step !== 'added')
      .map(({ step, detail }) => [step, detail]);

  it('keeps a device that the rules block from being blocked, and nobody is told of it', async () => {
    world.addPhone('anna');
    world.addPhone('ben');
    await world.readOnly('eas');
    const { until } = await ask({ key: keyOf('anna') });
    const report = await world.sync();
    assert.deepEqual(world.blocked('anna', 'ben'), ['ben']);
    assert.deepEqual(
      world.news('blocked').map(({ device }) => device?.eas?.easId),
      [easIdOf('ben')],
    );
    assert.deepEqual(report.exempt, { count: 1, soon: 0, next: [] });
    const row = (await world.store.devices.decided([keyOf('anna')])).get(keyOf('anna'));
    assert.deepEqual([row?.decision, row?.rule, row?.reason, row?.reviewAt], ['release', 'Exempt', 'exempt', until]);
  });

  it('takes our block of a device off with the next sync, of which only that device is part', async () => {
    for (const alias of ['anna', 'ben', 'carl', 'dora', 'emil']) world.addPhone(alias);
    await world.sync();
    await world.sync();
    await world.match();
    await ask({ mailbox: 'ANNA@contoso.example', easId: ` ${easIdOf('anna').toLowerCase()} ` });
    const { sync, counts } = await world.match();
    assert.deepEqual([sync.scope, counts.devices, counts.released], ['changes', 1, 1]);
    world.syncPhone('anna');
    assert.deepEqual(world.blocked('anna', 'ben'), ['ben']);
    assert.deepEqual(world.lists('anna'), { allowed: [], blocked: [] });
    const news = world.news('allowed');
    assert.deepEqual(
      news.map(({ decision }) => [decision?.action, decision?.reason.code]),
      [['release', 'exempt']],
    );
    const { writes } = world;
    await world.sync();
    assert.equal(world.writes, writes, 'and that is all');
  });

  it('ends by itself: the device is decided about anew, blocked as any other, and the audit has it', async () => {
    world.addPhone('anna');
    await world.sync();
    const { until } = await ask({ key: keyOf('anna'), until: inDays(2) });
    const report = await world.match();
    assert.deepEqual(report.exempt, {
      count: 1,
      soon: 1,
      next: [
        {
          key: keyOf('anna'),
          mailbox: 'anna@contoso.example',
          easId: easIdOf('anna'),
          until,
          note: 'phone of the fair',
          by: 'Ada',
        },
      ],
    });
    world.syncPhone('anna');
    world.letPass(2 * DAY_MS);
    const after = await world.sync();
    assert.equal(after.exempt, undefined);
    assert.deepEqual(world.blocked('anna'), ['anna']);
    assert.equal(world.news('blocked').length, 2);
    assert.deepEqual(await world.store.exemptions.list('exchange'), []);
    const [ended] = await audit('exemption-ended');
    assert.deepEqual([ended?.who, ended?.reason, ended?.after], ['switch', 'phone of the fair', null]);
    assert.deepEqual(await steps('anna'), [
      ['blocked', 'not-enrolled'],
      ['exempted', until],
      ['released', 'exempt'],
      ['exemption-ended', 'time-over'],
      ['blocked', 'not-enrolled'],
    ]);
    assert.equal((await world.sync()).problems, undefined);
  });

  it('that ends is held by the brake as any other block', async () => {
    const aliases = ['anna', 'ben', 'carl'];
    for (const alias of aliases) world.addPhone(alias);
    await world.readOnly('eas');
    for (const alias of aliases) await ask({ key: keyOf(alias), until: inDays(1) });
    await world.sync();
    assert.deepEqual(world.blocked(...aliases), []);
    world.letPass(2 * DAY_MS);
    world.set({ brakeCount: 1, brakePercent: 1 });
    const { held } = await world.sync();
    assert.deepEqual([held?.reason.code, held?.count, world.blocked(...aliases)], ['ERR_BRAKE', 3, []]);
  });

  it('taken back counts from the next sync on', async () => {
    world.addPhone('anna');
    await world.readOnly('eas');
    await ask({ key: keyOf('anna') });
    await world.sync();
    await takeBack({ mailbox: 'anna@contoso.example', easId: easIdOf('anna'), by: 'Ida', note: 'enrolls now' });
    await world.match();
    assert.deepEqual(world.blocked('anna'), ['anna']);
    const [entry] = await audit('unexempt');
    assert.deepEqual([entry?.who, entry?.reason, entry?.after], ['Ida', 'enrolls now', null]);
    assert.equal((entry!.before as unknown as Exemption).by, 'Ada');
    await assert.rejects(takeBack({ key: keyOf('anna') }), /is not exempt. Exempt are: none/);
  });

  it('lets a block wait that a sync decided a moment before, and drops it then', async () => {
    world.addPhone('anna');
    await world.readOnly('mdm');
    await world.readOnly('eas');
    world.kill = beforeWrites(() => ask({ key: keyOf('anna') }));
    const { counts } = await world.match();
    world.kill = null;
    assert.deepEqual([counts.blocked, counts.nextSync, await world.waiting()], [0, 1, [['next-sync', 0]]]);
    const [{ problem }] = world.news('attention') as [DeviceNews];
    assert.match(problem?.text ?? '', /exempted the device meanwhile/);
    await world.match();
    assert.deepEqual([world.blocked('anna'), world.writes, await world.waiting()], [[], 0, []]);
  });

  it('does not shut out a device that our entry lets in', async () => {
    world.organization.defaultAccessLevel = 'Quarantine';
    world.addPhone('anna');
    const phone = world.enroll('anna');
    await world.sync();
    world.syncPhone('anna');
    assert.equal(world.state('anna'), 'allowed');
    await ask({ key: keyOf('anna') });
    world.unenroll(phone);
    await world.sync();
    assert.deepEqual([world.state('anna'), world.lists('anna').allowed], ['allowed', [easIdOf('anna')]]);
  });

  it('is shown by Try it, with what the rules alone would do', async () => {
    world.addPhone('anna');
    await world.sync();
    const { until } = await ask({ key: keyOf('anna') });
    const [tried] = (await world.tryDevice('anna@contoso.example')).devices;
    assert.deepEqual(
      [tried?.action, tried?.rule, tried?.ruleNumber, tried?.changes, tried?.reason.code],
      ['release', 'Exempt', null, true, 'exempt'],
    );
    assert.match(tried!.reason.text, /^Exempt until \S+ by Ada: “phone of the fair”. Without that: block. /);
    assert.ok(tried!.reason.text.includes(until));
  });

  it('holds in a simulation, and is said there', async () => {
    world.set({ mode: 'simulate' });
    world.addPhone('anna');
    await world.readOnly('eas');
    await ask({ key: keyOf('anna'), until: inDays(1) });
    const { counts, exempt: told } = await world.sync();
    assert.deepEqual([counts.blocked, told?.count], [0, 1]);
    world.letPass(DAY_MS);
    assert.deepEqual(
      [(await world.sync({ dryRun: true })).counts.blocked, (await world.store.exemptions.list('exchange')).length],
      [1, 1],
    );
    assert.deepEqual([(await world.sync()).counts.blocked, (await audit('exemption-ended')).length], [1, 1]);
  });

  it('is replaced by a later one, and the audit has both', async () => {
    world.addPhone('anna');
    await world.readOnly('eas');
    const first = await ask({ key: keyOf('anna') });
    const second = await ask({ key: keyOf('anna'), note: 'longer', by: null, until: inDays(20) });
    assert.deepEqual(await world.store.exemptions.list('exchange'), [second]);
    const entry = (changes: object): object => ({
      what: 'exempt',
      deviceKey: keyOf('anna'),
      organization: 'exchange',
      rule: null,
      evidence: [],
      approvedBy: null,
      ...changes,
    });
    const shown = ({ until, note, by, since }: Exemption): object => ({ until, note, by, since });
    assert.deepEqual(await audit('exempt'), [
      entry({
        at: second.since,
        who: 'control message',
        reason: 'longer',
        before: shown(first),
        after: shown(second),
      }),
      entry({ at: first.since, who: 'Ada', reason: first.note, before: null, after: shown(first) }),
    ]);
  });

  it('ends once, whoever notices it', async () => {
    world.addPhone('anna');
    await world.readOnly('eas');
    await ask({ key: keyOf('anna'), until: inDays(1) });
    world.letPass(DAY_MS);
    const [one, other] = await Promise.all([endExemptions(world.parts), endExemptions(world.parts)]);
    assert.deepEqual([one + other, (await audit('exemption-ended')).length], [1, 1]);
  });

  it('keeps a note as text: what cannot be seen or turns text around is no part of it', async () => {
    world.addPhone('anna');
    await world.readOnly('eas');
    const { note, by } = await ask({
      key: keyOf('anna'),
      note: ' <b>lent\u0000\u202e to\n\tBen</b> ',
      by: 'Ada\u200f\u001b[31m',
    });
    assert.deepEqual([note, by], ['<b>lent to Ben</b>', 'Ada [31m']);
  });

  it('until a day counts to the end of that day, until a time to that moment', async () => {
    world.addPhone('anna');
    await world.readOnly('eas');
    const untils: string[] = [];
    for (const until of ['2026-06-03', '2026-06-03T18:00+02:00', '2027-06-01'])
      untils.push((await ask({ key: keyOf('anna'), until })).until);
    assert.deepEqual(untils, ['2026-06-04T00:00:00.000Z', '2026-06-03T16:00:00.000Z', '2027-06-02T00:00:00.000Z']);
  });

  const refused: readonly (readonly [sentence: string, Partial<ExemptRequest>, RegExp])[] = [
    ['until a day that is past', { until: '2026-05-31' }, /payload.until.* is past/],
    ['for more than a year', { until: '2027-06-03' }, /more than a year ahead/],
    ['until a day that there is not', { until: '2027-02-30' }, /This is none/],
    ['until a time whose zone nobody knows', { until: '2026-06-03T12:00' }, /This is none/],
    ['without an end', { until: null }, /This is none/],
    ['until a number', { until: 1_800_000_000_000 }, /This is none/],
    ['without a note', { note: undefined }, /payload.note/],
    ['with a note of nothing that can be seen', { note: ' \u200b\n' }, /payload.note/],
    ['with a note that is too long', { note: 'x'.repeat(LONGEST_NOTE + 1) }, /at most 500 characters/],
    ['with a note of megabytes', { note: 'x '.repeat(2_000_000) }, /at most 500 characters/],
    ['with a note that is no text', { note: { toString: 'x' } }, /payload.note/],
    ['that nobody has named', { key: null }, /Which device\?/],
    ['of which the mailbox alone is named', { key: null, mailbox: 'anna@contoso.example' }, /Which device\?/],
    ['that Exchange does not have', { key: 'eas:exchange:x' }, /no such device/],
    ['of a mailbox that has it not', { key: null, mailbox: 'ben@contoso.example', easId: 'ANNA' }, /no such device/],
  ];
  for (const [sentence, changes, message] of refused)
    it(`is refused for a device ${sentence}`, async () => {
      world.addPhone('anna');
      await world.readOnly('eas');
      await assert.rejects(ask({ key: keyOf('anna'), ...changes }), { code: 'ERR_INPUT_INVALID', message });
      assert.deepEqual([await world.store.exemptions.list('exchange'), await audit('exempt')], [[], []]);
    });

  it('is not kept, and leaves nothing in the audit, where what belongs to it cannot be kept', async () => {
    world.addPhone('anna');
    await world.readOnly('eas');
    const { parts } = world;
    const store = {
      ...parts.store,
      together: (work: Parameters<typeof parts.store.together>[0]) =>
        parts.store.together(async (together) => {
          await work(together);
          throw new Error('The process ended.');
        }),
    };
    const request = { key: keyOf('anna'), mailbox: null, easId: null, until: inDays(1), note: 'x', by: null };
    await assert.rejects(exempt({ ...parts, store }, request));
    const kept = await world.store.timeline.of([keyOf('anna')]);
    assert.deepEqual([await world.store.exemptions.list('exchange'), await audit('exempt'), kept], [[], [], []]);
  });
});
