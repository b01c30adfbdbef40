/** Users whose devices the MDMs are asked for before a match. */
import assert from 'node:assert/strict';
import { AskingPace } from '../../../src/connector/matching/asking-pace.ts';
import { JoinedReadings } from '../../../src/connector/matching/joined-readings.ts';
import { matchOrganization } from '../../../src/connector/matching/match-organization.ts';
import type { MatchSettings } from '../../../src/connector/matching/match-settings.ts';
import type { AskedReport } from '../../../src/connector/matching/users-to-ask.ts';
import type { MdmPort } from '../../../src/connector/ports.ts';
import { ConnectorError } from '../../../src/errors.ts';
import type { EasRecord, MdmRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { anEas, anMdm, guid } from '../../support/records.ts';
import { allOf, keepWhole } from '../kept-readings.ts';
import { openEmptyStore } from '../../store/records.ts';

const READ_AT = '2026-06-01T08:00:00.000Z';
const MINUTE_MS = 60_000;
const minutesAfter = (minutes: number): string => new Date(Date.parse(READ_AT) + minutes * MINUTE_MS).toISOString();
const SETTINGS: MatchSettings = { sameUser: true, lateActivation: true, serialMatch: false, maxAgeHours: 26 };

const upnOf = (n: number): string => `user${n}@corp.example`;
const idOf = (n: number): string => `PHONE${n}`;

/** The phone of a user. */
function phone(n: number, firstSyncAt: string): EasRecord {
  const upn = upnOf(n);
  return anEas({ easId: idOf(n), mailbox: { id: guid(n), upn, address: upn, addresses: [upn] }, firstSyncAt });
}

/** The same, enrolled. */
function enrolled(n: number, more: Partial<MdmRecord> = {}): MdmRecord {
  const upn = upnOf(n);
  return { ...anMdm({ id: `m${n}`, easIds: [idOf(n)], user: { upn, addresses: [upn] } }), ...more };
}

/** The far end: an MDM that knows what was enrolled. */
class FakeMdm {
  readonly devices: MdmRecord[] = [];
  /** For whom it was asked. */
  asked: string[] = [];
  failing: ConnectorError | null = null;
  readonly port: MdmPort;

  constructor() {
    const unused = (): never => assert.fail('not asked here');
    this.port = {
      source: 'intune',
      mdmPages: ({ enrolledSince }) => this.#enrolledSince(enrolledSince ?? ''),
      mdmRecord: unused,
      groupMembers: unused,
      devicesOfUsers: async (users) => {
        await Promise.resolve();
        this.asked.push(...users.map(([name]) => name!));
        if (this.failing !== null) throw this.failing;
        return users.map((names) => this.devices.filter(({ user }) => user.upn !== null && names.includes(user.upn)));
      },
    };
  }

  async *#enrolledSince(time: string): AsyncGenerator<{ records: MdmRecord[]; page: number; last: boolean }> {
    await Promise.resolve();
    if (this.failing !== null) throw this.failing;
    yield { records: this.devices.filter(({ enrolledAt }) => (enrolledAt ?? '') > time), page: 0, last: true };
  }
}

describe('before a match the MDM is asked', () => {
  let store: Store;
  let mdm: FakeMdm;
  let time: number;
  let ids: number;
  let pace: AskingPace;

  beforeEach(async () => {
    time = Date.parse(minutesAfter(10));
    store = await openEmptyStore({ now: () => new Date(time) });
    mdm = new FakeMdm();
    pace = new AskingPace();
    ids = 0;
    await keepWhole(store, 'mdm', 'intune', [enrolled(1)], READ_AT);
  });
  afterEach(() => store.close());

  const readEas = (...records: EasRecord[]): Promise<void> =>
    keepWhole(store, 'eas', 'org', records, new Date(time).toISOString());

  /** What a match finds: each phone's reason, and what is said of the asking. */
  async function match({
    settings = SETTINGS,
    port = () => mdm.port,
    deployed = ['intune'],
  }: {
    readonly settings?: MatchSettings;
    readonly port?: (source: string) => MdmPort | null;
    readonly deployed?: readonly string[];
  } = {}): Promise<{ readonly reasons: Record<string, string>; readonly asked: AskedReport | null }> {
    const found = await matchOrganization(store, {
      organization: 'org',
      id: `run ${(ids += 1)}`,
      dryRun: false,
      all: false,
      settings,
      lent: new JoinedReadings().borrow(),
      now: time,
      pageSize: 100,
      signal: new AbortController().signal,
      asking: { mdms: { deployed: () => deployed, port }, pace, now: () => time, ids: () => `ask ${(ids += 1)}` },
    });
    const devices = (await allOf(found!.devices())).flatMap(({ records }) => records);
    return {
      reasons: Object.fromEntries(devices.map(({ eas, reason }) => [eas!.easId, reason.code])),
      asked: found!.asked,
    };
  }

  /** The ledger says that we block it, and that its user was mailed. */
  async function block(n: number, mailedAt: string | null): Promise<void> {
    const { key } = phone(n, READ_AT);
    const entry = { organization: 'org', mailboxId: guid(n), easId: idOf(n), list: 'blocked' } as const;
    await store.entries.record({ ...entry, writtenAt: READ_AT, rule: 'r' });
    if (mailedAt !== null)
      await store.timeline.append([
        {
          organization: 'org',
          deviceKey: key,
          episode: null,
          step: 'mailed',
          at: mailedAt,
          detail: null,
          waited: null,
        },
      ]);
  }

  /** Intune was read by its changes. */
  async function readQuick(startedAt: string, ...records: MdmRecord[]): Promise<void> {
    const reading = { id: `quick ${startedAt}`, source: 'mdm', scope: 'intune', kind: 'quick', startedAt } as const;
    await store.snapshots.begin(reading);
    await store.snapshots.putPage(reading, records);
    await store.snapshots.commit(reading);
  }

  it('for the user of a phone that is newer than its full reading, whatever quick ones came since', async () => {
    await readEas(phone(1, '2026-05-01T08:00:00.000Z'), phone(2, minutesAfter(2)));
    await readQuick(minutesAfter(5));
    const { reasons, asked } = await match();
    assert.deepEqual(
      [reasons, asked, mdm.asked],
      [
        { [idOf(1)]: 'merged', [idOf(2)]: 'not-enrolled' },
        { users: 1, later: 0, records: 0, problem: null },
        [upnOf(2)],
      ],
    );
  });

  it('and where it cannot be asked, a quick reading says nothing of such a phone', async () => {
    await readEas(phone(1, '2026-05-01T08:00:00.000Z'), phone(2, minutesAfter(2)));
    await readQuick(minutesAfter(5));
    assert.deepEqual(await match({ port: () => null }), {
      reasons: { [idOf(1)]: 'merged', [idOf(2)]: 'snapshot-incomplete' },
      asked: null,
    });
  });

  it('for the user of a phone that is newer than its reading: not enrolled is certain at once', async () => {
    await readEas(phone(1, '2026-05-01T08:00:00.000Z'), phone(2, minutesAfter(5)));
    const { reasons, asked } = await match();
    assert.deepEqual(reasons, { PHONE1: 'merged', PHONE2: 'not-enrolled' });
    assert.deepEqual(asked, { users: 1, later: 0, records: 0, problem: null });
    assert.deepEqual(mdm.asked, [upnOf(2)]);
  });

  it('and one that was enrolled since then merges, in this match and in later ones', async () => {
    await readEas(phone(2, minutesAfter(5)));
    mdm.devices.push(enrolled(2));
    assert.deepEqual(await match(), {
      reasons: { PHONE2: 'merged' },
      asked: { users: 1, later: 0, records: 1, problem: null },
    });
    time += 15 * MINUTE_MS;
    assert.deepEqual(await match(), {
      reasons: { PHONE2: 'merged' },
      asked: { users: 0, later: 0, records: 0, problem: null },
    });
    const latest = await store.snapshots.latest('mdm', 'intune');
    assert.deepEqual([latest?.startedAt, latest?.fullStartedAt, latest?.count], [READ_AT, READ_AT, 2]);
  });

  it('and what it says of one user makes nothing of what is known of others younger', async () => {
    await readEas(phone(2, minutesAfter(5)));
    mdm.devices.push(enrolled(2));
    await match();
    mdm.failing = new ConnectorError('ERR_HTTP_UNREACHABLE', 'Gone.');
    time += MINUTE_MS;
    await readEas(phone(2, minutesAfter(5)), phone(3, minutesAfter(6)));
    assert.deepEqual((await match()).reasons, { PHONE2: 'merged', PHONE3: 'snapshot-incomplete' });
  });

  it('again while a device that its user has just enrolled may still name its EAS ID', async () => {
    await readEas(phone(2, minutesAfter(5)));
    mdm.devices.push(enrolled(2, { easIds: [], enrolledAt: minutesAfter(4) }));
    assert.deepEqual(await match(), {
      reasons: { PHONE2: 'snapshot-incomplete' },
      asked: { users: 1, later: 0, records: 1, problem: null },
    });
    mdm.devices[0] = enrolled(2, { enrolledAt: minutesAfter(4) });
    time += MINUTE_MS;
    assert.equal((await match()).reasons['PHONE2'], 'merged');
  });

  it('and a device that was enrolled a quarter of an hour ago and names none is another one', async () => {
    await readEas(phone(2, minutesAfter(5)));
    mdm.devices.push(enrolled(2, { easIds: [], enrolledAt: minutesAfter(-10) }));
    assert.equal((await match()).reasons['PHONE2'], 'not-enrolled');
  });

  it('by the clock of the MDM, which is an hour behind', async () => {
    const behind = { offsetMs: -60 * MINUTE_MS, marginMs: 2_000 };
    await keepWhole(store, 'mdm', 'intune', [enrolled(1)], minutesAfter(1), behind);
    await readEas(phone(2, minutesAfter(5)), phone(3, minutesAfter(5)));
    // Four minutes after the reading, as the MDM writes it.
    mdm.devices.push(enrolled(2, { easIds: [], enrolledAt: minutesAfter(4 - 60) }));
    mdm.devices.push(enrolled(9, { easIds: [idOf(3)], enrolledAt: minutesAfter(4 - 60) }));
    assert.deepEqual((await match()).reasons, { PHONE2: 'snapshot-incomplete', PHONE3: 'other-user' });
    mdm.devices[0] = enrolled(2, { easIds: [], enrolledAt: minutesAfter(-10 - 60) });
    time += MINUTE_MS;
    assert.equal((await match()).reasons['PHONE2'], 'not-enrolled');
  });

  it('also for what was enrolled since for another user: the phone is on the mailbox of somebody else', async () => {
    await readEas(phone(2, minutesAfter(5)));
    mdm.devices.push(enrolled(3, { easIds: [idOf(2)], enrolledAt: minutesAfter(4) }));
    assert.deepEqual(await match(), {
      reasons: { PHONE2: 'other-user' },
      asked: { users: 1, later: 0, records: 1, problem: null },
    });
  });

  it('anew for a second phone of the same user that came later', async () => {
    await readEas(phone(2, minutesAfter(5)));
    await match();
    time += 5 * MINUTE_MS;
    const second = { ...phone(2, minutesAfter(12)), easId: 'SECOND', key: `${phone(2, READ_AT).key}x` };
    await readEas(phone(2, minutesAfter(5)), second);
    const { reasons, asked } = await match();
    assert.deepEqual(reasons, { PHONE2: 'not-enrolled', SECOND: 'not-enrolled' });
    assert.equal(asked?.users, 1);
  });

  it('for phones we block, while their users were mailed within half an hour', async () => {
    await readEas(...[2, 3, 4].map((n) => phone(n, '2026-05-01T08:00:00.000Z')));
    await block(2, minutesAfter(0));
    await block(3, minutesAfter(-25));
    const { asked, reasons } = await match();
    assert.deepEqual(mdm.asked, [upnOf(2)]);
    assert.deepEqual([asked?.users, reasons['PHONE2']], [1, 'not-enrolled']);
    mdm.devices.push(enrolled(2));
    time += MINUTE_MS;
    assert.equal((await match()).reasons['PHONE2'], 'merged');
    time += 25 * MINUTE_MS;
    mdm.asked = [];
    await match();
    assert.deepEqual(mdm.asked, []);
  });

  it('for phones we block whose user has pressed the link, for a day', async () => {
    await readEas(phone(2, '2026-05-01T08:00:00.000Z'), phone(3, '2026-05-01T08:00:00.000Z'));
    for (const n of [2, 3])
      await store.activations.add({ easId: idOf(n), mailbox: guid(n), at: READ_AT, userAgent: null, tokenId: `t${n}` });
    await block(2, null);
    await match();
    assert.deepEqual(mdm.asked, [upnOf(2)], 'the other is not blocked by us');
    time += 24 * 60 * MINUTE_MS;
    mdm.asked = [];
    await match();
    assert.deepEqual(mdm.asked, []);
  });

  it('for those first that it was not asked for longest', async () => {
    const numbers = Array.from({ length: 250 }, (_, n) => n + 2);
    await readEas(...numbers.map((n) => phone(n, '2026-05-01T08:00:00.000Z')));
    for (const n of numbers) await block(n, new Date(Date.parse(READ_AT) + n * 1000).toISOString());
    await match();
    assert.deepEqual(new Set(mdm.asked), new Set(numbers.slice(50).map(upnOf)));
    mdm.asked = [];
    time += MINUTE_MS;
    await match();
    assert.deepEqual(new Set(mdm.asked.slice(0, 50)), new Set(numbers.slice(0, 50).map(upnOf)));
    assert.equal(mdm.asked.length, 200);
  });

  it('for 200 users a minute at most, the newest first; the others wait for their turn', async () => {
    const numbers = Array.from({ length: 230 }, (_, n) => n + 2);
    await readEas(...numbers.map((n) => phone(n, new Date(Date.parse(READ_AT) + n * 1000).toISOString())));
    const { asked, reasons } = await match();
    assert.deepEqual(asked, { users: 200, later: 30, records: 0, problem: null });
    assert.deepEqual([reasons['PHONE2'], reasons['PHONE231']], ['snapshot-incomplete', 'not-enrolled']);
    time += 30_000;
    assert.deepEqual((await match()).asked, { users: 0, later: 30, records: 0, problem: null });
    time += 30_000;
    const third = await match();
    assert.deepEqual([third.asked?.users, third.reasons['PHONE2']], [30, 'not-enrolled']);
  });

  it('and where it does not answer, the phone waits for the next reading, and the match goes on', async () => {
    await readEas(phone(1, '2026-05-01T08:00:00.000Z'), phone(2, minutesAfter(5)));
    mdm.failing = new ConnectorError('ERR_HTTP_UNREACHABLE', 'Nobody is there.');
    const { reasons, asked } = await match();
    assert.deepEqual(reasons, { PHONE1: 'merged', PHONE2: 'snapshot-incomplete' });
    assert.deepEqual([asked?.users, asked?.later, asked?.records], [0, 1, 0]);
    assert.match(asked?.problem ?? '', /Nobody is there/);
    assert.equal((await store.asked.list('org')).size, 0);
    mdm.failing = null;
    time += MINUTE_MS;
    assert.equal((await match()).reasons['PHONE2'], 'not-enrolled');
  });

  for (const [sentence, how] of [
    ['where it cannot be asked', { port: () => null }],
    ['where another MDM is deployed that cannot be asked', { deployed: ['intune', 'jamf'], port: null }],
    ['where devices of other users merge too', { settings: { ...SETTINGS, sameUser: false } }],
    ['where its reading is too old', { settings: { ...SETTINGS, maxAgeHours: 0.1 } }],
  ] as const) {
    it(`for nobody ${sentence}`, async () => {
      await readEas(phone(2, minutesAfter(5)));
      const port = (source: string): MdmPort | null => (source === 'intune' ? mdm.port : null);
      const { reasons, asked } = await match({ ...how, port: 'port' in how && how.port !== null ? how.port : port });
      assert.deepEqual([reasons, asked, mdm.asked], [{ PHONE2: 'snapshot-incomplete' }, null, []]);
    });
  }

  it('not for a phone that an administrator has paired', async () => {
    const one = phone(2, minutesAfter(5));
    await readEas(one);
    await store.pairings.add({ easKey: one.key, mdmKey: 'mdm:intune:gone', at: READ_AT, by: null, note: null });
    const { asked } = await match();
    assert.deepEqual([asked?.users, mdm.asked], [0, []]);
  });

  it('and a whole reading that began before the answer does not take it back; one that began later does', async () => {
    await readEas(phone(2, minutesAfter(5)));
    const reading = {
      id: 'under way',
      source: 'mdm',
      scope: 'intune',
      kind: 'full',
      startedAt: minutesAfter(6),
    } as const;
    await store.snapshots.begin(reading);
    await store.snapshots.putPage(reading, [enrolled(1)]);
    mdm.devices.push(enrolled(2));
    await match();
    await store.snapshots.commit(reading);
    time += 2 * MINUTE_MS;
    assert.equal((await match()).reasons['PHONE2'], 'merged');
    await keepWhole(store, 'mdm', 'intune', [enrolled(1)], minutesAfter(20));
    time = Date.parse(minutesAfter(21));
    mdm.devices.length = 0;
    assert.deepEqual((await match()).reasons, { PHONE2: 'not-enrolled' });
    assert.equal((await store.asked.list('org')).size, 0, 'what was asked before the reading counts no more');
  });
});
