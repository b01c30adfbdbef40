/** A full reading, a quick one, one by key and the look at one record: one answer, whatever an organization is like. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { checkCall } from '../../src/exchange/cmdlets/check-call.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { EasPage } from '../../src/exchange/eas-records.ts';
import { editMailboxLists, readEasRecord, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { CmdletTransport } from '../../src/exchange/transport.ts';
import type { Fault } from '../../src/lab/broken-objects.ts';
import type { Mailbox, Partnership } from '../../src/lab/mailboxes.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import { simulatedExchange } from '../../src/lab/simulated-exchange.ts';
import { easRecordKey, foldEasId } from '../../src/model/keys.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { collect } from './scripted-exchange.ts';

const organization = 'org';
const START = Date.parse('2026-03-02T06:00:00.000Z');

/** As no phone should spell its id, and some do. */
const ID = fc.constantFrom(
  'ApplF4KQ71ZZ0Q',
  'SEC1D0C6',
  ' lead3',
  'trail4 ',
  'in ner\tid',
  "o'five$(6)",
  'ünïcøde7§',
  '🎵8',
  'a*b?9',
  'X\u0001control',
  'R'.repeat(300),
);

interface PhoneOf {
  readonly id: string;
  readonly isUpper: boolean;
  readonly type: string;
  readonly fault: Fault | 'conflict' | 'no-id' | null;
  readonly listed: 'allowed' | 'blocked' | null;
}
interface MailboxOf {
  readonly name: string;
  /** Exchange's flag that it has devices; null: it is right. */
  readonly flag: boolean | null;
  readonly fault: Fault | null;
  readonly userFault: Fault | null;
  readonly phones: readonly PhoneOf[];
}

const often = <T, U>(usual: T, ...odd: U[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const aPhone: fc.Arbitrary<PhoneOf> = fc.record({
  id: ID,
  isUpper: fc.boolean(),
  type: fc.constantFrom('iPhone', 'iPad', 'TestPad'),
  fault: often(null, 'unreachable-database', 'corrupted', 'nobodys', 'conflict', 'no-id'),
  listed: fc.constantFrom(null, 'allowed', 'blocked'),
});
const aMailbox: fc.Arbitrary<MailboxOf> = fc.record({
  name: fc.constantFrom('Ida Moe', 'Moe, Ida', 'Moe/Ida', 'Ida "Q" Moe', 'Äda Öz', 'CAS_{5e} probe'),
  flag: often(null, false, true),
  fault: often(null, 'unreachable-database', 'corrupted', 'nobodys'),
  userFault: often(null, 'corrupted', 'nobodys'),
  phones: fc.array(aPhone, { maxLength: 4 }),
});

function build(mailboxes: readonly MailboxOf[]): Organization {
  let now = START;
  const world = new Organization({ now: () => (now += 1000), newId: sequentialIds(7) });
  mailboxes.forEach(({ name, flag, fault, userFault, phones }, at) => {
    const mailbox = world.addMailbox({ alias: `m${at}`, displayName: name });
    for (const phone of phones) addPhone(world, mailbox, phone);
    mailbox.partnershipFlag = flag;
    if (fault !== null) world.broken.break(mailbox, fault, ['Get-CASMailbox']);
    else if (userFault !== null) world.broken.break(mailbox, userFault, ['Get-User']);
  });
  return world;
}

function addPhone(world: Organization, mailbox: Mailbox, { id, isUpper, type, fault, listed }: PhoneOf): void {
  const deviceId = isUpper ? id.toUpperCase() : id;
  const { partnership } = world.syncPhone({ mailbox: mailbox.address, deviceId, deviceType: type });
  if (fault === 'conflict') partnership!.conflict = world.newId();
  else if (fault === 'no-id') partnership!.hasLostId = true;
  else if (fault !== null) world.broken.break(partnership!, fault);
  if (listed !== null && !names([...mailbox.allowedDeviceIds, ...mailbox.blockedDeviceIds], deviceId))
    world.setCasMailbox(mailbox, { [listed]: { Add: [deviceId] } }, {});
}

function names(list: readonly string[], id: string): boolean {
  return list.some((entry) => foldEasId(entry) === foldEasId(id));
}

/** Without a wire, but with what is checked before one. */
function exchangeOf(world: Organization): CmdletTransport {
  const exchange = simulatedExchange(world);
  return {
    kind: exchange.kind,
    invoke: (call, options) => exchange.invoke(checkCall(call), options),
    close: () => exchange.close(),
  };
}

interface Answer {
  readonly records: ReadonlyMap<string, EasRecord>;
  readonly last: EasPage;
}

async function read(
  world: Organization,
  how: { kind: 'full' } | { kind: 'quick'; since: string } | { kind: 'quick'; keys: readonly string[] },
): Promise<Answer> {
  const pages = await collect(readEasRecords(exchangeOf(world), { organization, ...how, pageSize: 3 }));
  const records = new Map(pages.flatMap((page) => page.records).map((record) => [record.key, record]));
  return { records, last: pages.at(-1)! };
}

/** What the organization has, by key, without the mailboxes of Exchange's own probes. */
function keysIn(world: Organization): Map<string, Partnership> {
  const all = [...world.partnerships()].filter(({ mailbox }) => !mailbox.displayName.startsWith('CAS_{'));
  return new Map(all.map((one) => [easRecordKey(organization, one.mailbox.guid, one.deviceId), one]));
}

describe('one question has one answer', () => {
  it('of a full reading, a quick one, one by key and a look at one record, whatever is broken or spelled oddly', async function () {
    await fc.assert(
      fc.asyncProperty(fc.array(aMailbox, { minLength: 1, maxLength: 5 }), async (mailboxes) => {
        const world = build(mailboxes);
        const there = keysIn(world);
        const nobody = easRecordKey(organization, world.newId(), 'gone');
        const keys = [...there.keys(), nobody];
        // A reading that is about nothing but what cannot be read fails, in each way.
        const full = await read(world, { kind: 'full' }).catch((error: unknown) => error as Error);
        if (full instanceof Error) {
          assert.match(full.message, /could not be read/);
          return;
        }
        const quick = await read(world, { kind: 'quick', since: new Date(START).toISOString() });
        const byKey = await read(world, { kind: 'quick', keys });
        assert.deepEqual(Object.fromEntries(quick.records), Object.fromEntries(full.records));
        assert.deepEqual(Object.fromEntries(byKey.records), Object.fromEntries(full.records));
        assert.equal(full.last.total, full.records.size);
        const missing = new Set(full.last.gaps?.mailboxes);
        for (const [key, partnership] of there) {
          const { guid: mailboxId } = partnership.mailbox;
          const look = { organization, mailboxId, easId: partnership.deviceId };
          const one: EasRecord | Error | null = await readEasRecord(exchangeOf(world), look).catch(
            (error: unknown) => error as Error,
          );
          const record: EasRecord | null = full.records.get(key) ?? null;
          if (record !== null) {
            assert.deepEqual(one, record);
            assert.equal(foldEasId(record.easId), foldEasId(partnership.deviceId));
          } else {
            // It is there and was not given: each way knows that, and none says that it is gone.
            assert.ok(one instanceof Error, `${key} is gone by a look`);
            assert.ok(
              missing.has(mailboxId) || full.last.gaps?.unnamed !== undefined,
              `${key} is gone by a full reading`,
            );
            assert.ok(byKey.last.gaps?.mailboxes.includes(mailboxId), `${key} is in no gap by key`);
            assert.ok(!byKey.last.gone?.includes(key), `${key} is gone by key`);
          }
        }
        assert.deepEqual(byKey.last.gone, [nobody]);
        // What has no device is of no concern to a quick reading.
        const withDevices = new Set([...there.values()].map(({ mailbox }) => mailbox.guid));
        const gapsOf = ({ last }: Answer) => last.gaps?.mailboxes.filter((id) => withDevices.has(id)) ?? [];
        if (full.last.gaps?.unnamed === undefined) assert.deepEqual(gapsOf(quick), gapsOf(full));
      }),
      { numRuns: 400 },
    );
  });

  it('spells ids as Exchange does, and takes them off the lists as they stand there', async () => {
    await fc.assert(
      fc.asyncProperty(ID, fc.boolean(), async (id, isUpper) => {
        const world = new Organization({ now: () => START, newId: sequentialIds(9) });
        const mailbox = world.addMailbox({ alias: 'noor', displayName: 'Noor Ek' });
        const deviceId = isUpper ? id.toUpperCase() : id;
        world.syncPhone({ mailbox: mailbox.address, deviceId, deviceType: 'iPhone' });
        const exchange = exchangeOf(world);
        const { records } = await read(world, { kind: 'full' });
        const easId = String([...records.values()][0]?.easId);
        assert.equal(easId, deviceId);
        const edit = { mailboxId: mailbox.guid, blocked: { add: [easId] } };
        assert.equal(await editMailboxLists(exchange, edit), 'done');
        assert.deepEqual(mailbox.blockedDeviceIds, [deviceId]);
        assert.equal(mailbox.partnerships[0]?.state, 'blocked');
        const lists = await readMailboxLists(exchange, mailbox.guid);
        assert.deepEqual(lists.blocked, [deviceId]);
        await editMailboxLists(exchange, { mailboxId: mailbox.guid, blocked: { remove: lists.blocked } });
        assert.deepEqual(mailbox.blockedDeviceIds, []);
      }),
      { numRuns: 60 },
    );
  });
});
