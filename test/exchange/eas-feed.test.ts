/** EAS records that come by message: as the EAS source sends them, and as the cmdlets give them. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { PlainObject } from '../../src/clixml/value.ts';
import { safeJson } from '../../src/cli/safe-text.ts';
import type { ConnectorError } from '../../src/errors.ts';
import { toEasRecord } from '../../src/exchange/eas-record.ts';
import { toCasMailbox } from '../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { toMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import { toUser } from '../../src/exchange/cmdlets/get-user.ts';
import { EasFeed } from '../../src/exchange/eas-feed.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { easPage } from '../support/pages.ts';
import { anEas, easRecord, guid } from '../support/records.ts';

const take = (payload: unknown, organization = 'org'): Promise<EasRecord[]> => new EasFeed(organization).take(payload);

async function mistake(work: () => unknown): Promise<Pick<ConnectorError, 'code' | 'message' | 'details'>> {
  try {
    await work();
  } catch (error) {
    const { code, message, details } = error as ConnectorError;
    return { code, message, details };
  }
  throw new Error('It was taken.');
}

describe('EAS records by message', () => {
  const LEAST = { easId: 'IPHONE1', mailbox: { id: guid(1) }, access: { state: 'allowed', listed: null } };

  it('need EAS ID, mailbox, access state and lists: what else is not said is unset', async () => {
    assert.deepEqual(await take(LEAST), [
      {
        kind: 'eas',
        key: `eas:org:${guid(1)}:iphone1`,
        organization: 'org',
        easId: 'IPHONE1',
        mailbox: { id: guid(1), upn: null, address: null, displayName: null, addresses: [] },
        device: {
          type: null,
          model: null,
          os: null,
          userAgent: null,
          friendlyName: null,
          imei: null,
          clientType: null,
          protocolVersion: null,
        },
        access: { state: 'allowed', reason: 'unknown', listed: null },
        firstSyncAt: null,
      },
    ]);
  });

  it('may say what kind of mailbox it is', async () => {
    const [record] = await take({ ...LEAST, mailbox: { id: guid(1), type: 'RoomMailbox' } });
    assert.deepEqual(record?.mailbox.type, 'RoomMailbox');
  });

  it('are made what a reading of Exchange makes of them: keys folded, primary address first, placeholders unset', async () => {
    const [record] = await take({
      ...LEAST,
      easId: ' Appl1 ',
      mailbox: {
        id: guid(10).toUpperCase(),
        upn: '',
        addresses: ['smtp:old@corp.example', 'X500:/o=corp', 'SMTP:anna@corp.example', 'OLD@corp.example'],
      },
      device: { imei: '000000000000000', friendlyName: 'An\u0000na', os: ' iOS 19 ' },
      access: { state: 'blocked', reason: 'Individual', listed: 'blocked' },
      firstSyncAt: '2026-05-01T10:00:00+02:00',
      lastSyncAt: '0001-01-01T00:00:00Z',
    });
    assert.deepEqual(
      [record?.key, record?.mailbox, record?.device.imei, record?.device.friendlyName, record?.device.os],
      [
        `eas:org:${guid(10)}:appl1`,
        {
          id: guid(10),
          upn: null,
          address: 'anna@corp.example',
          displayName: null,
          addresses: ['anna@corp.example', 'old@corp.example'],
        },
        null,
        'An na',
        'iOS 19',
      ],
    );
    assert.deepEqual(record?.access, { state: 'blocked', reason: 'individual', listed: 'blocked' });
    assert.deepEqual([record?.firstSyncAt, record?.lastSyncAt], ['2026-05-01T08:00:00.000Z', null]);
  });

  /** Mistakes → the field that is named. */
  const MISTAKES: readonly (readonly [fed: unknown, field: string])[] = [
    [undefined, 'record'],
    [null, 'record'],
    [1795348740000, 'record'],
    [[LEAST], 'record'],
    [{}, 'mailbox'],
    [{ ...LEAST, easId: undefined }, 'easId'],
    [{ ...LEAST, easId: ' ' }, 'easId'],
    [{ ...LEAST, easId: 7 }, 'easId'],
    [{ ...LEAST, easID: 'X' }, 'easID'],
    [{ ...LEAST, kind: 'mdm' }, 'kind'],
    [{ ...LEAST, mailbox: 'anna@corp.example' }, 'mailbox'],
    [{ ...LEAST, mailbox: {} }, 'mailbox.id'],
    [{ ...LEAST, mailbox: { id: 'anna@corp.example' } }, 'mailbox.id'],
    [{ ...LEAST, mailbox: { id: '00000000-0000-0000-0000-000000000000' } }, 'mailbox.id'],
    [{ ...LEAST, mailbox: { id: guid(1), addresses: [5] } }, 'mailbox.addresses[0]'],
    [{ ...LEAST, partnerships: {} }, 'partnerships'],
    [{ ...LEAST, partnerships: [{ state: 'allowed' }, { deviceType: 'iPhone' }] }, 'partnerships[1].state'],
    [{ ...LEAST, partnerships: [{ state: 'allowed', type: 'iPhone' }] }, 'partnerships[0].type'],
    [{ ...LEAST, device: [] }, 'device'],
    [{ ...LEAST, device: { OS: 'iOS' } }, 'device.OS'],
    [{ ...LEAST, device: { os: 19 } }, 'device.os'],
    [{ ...LEAST, access: undefined }, 'access'],
    [{ ...LEAST, access: { listed: null } }, 'access.state'],
    [{ ...LEAST, access: { state: 'Allowed', listed: null } }, 'access.state'],
    [{ ...LEAST, access: { state: 'allowed' } }, 'access.listed'],
    [{ ...LEAST, access: { state: 'allowed', listed: false } }, 'access.listed'],
    [{ ...LEAST, access: { state: 'allowed', listed: 'both' } }, 'access.listed'],
    [{ ...LEAST, firstSyncAt: 'yesterday' }, 'firstSyncAt'],
    [{ ...LEAST, lastSyncAt: 5 }, 'lastSyncAt'],
    [{ ...LEAST, deviceIdentity: {} }, 'deviceIdentity'],
    [{ ...LEAST, deviceIdentity: `CN=${'x'.repeat(5000)}` }, 'deviceIdentity'],
    [{ ...LEAST, organization: 'another' }, 'organization'],
    [{ ...LEAST, key: `eas:org:${guid(2)}:iphone1` }, 'key'],
  ];
  for (const [fed, field] of MISTAKES) {
    it(`name record and ${field} as the mistake in ${JSON.stringify(fed)?.slice(0, 90) ?? 'nothing'}`, async () => {
      const { code, details, message } = await mistake(() => take([LEAST, fed]));
      assert.deepEqual({ code, details }, { code: 'ERR_EAS_RECORD', details: { record: 2, field } });
      assert.match(message, /^Record 2\b/);
    });
  }

  it('are counted through the whole reading, so that the message of one record each says which line it was', async () => {
    const feed = new EasFeed('org');
    assert.equal((await feed.take(JSON.stringify(LEAST))).length, 1);
    assert.equal((await feed.take(`${JSON.stringify(LEAST)}\n${JSON.stringify(LEAST)}\n`)).length, 2);
    assert.deepEqual((await mistake(() => feed.take('{"easId": '))).details, {
      record: 4,
      field: 'line 1 of the text',
    });
    assert.deepEqual((await mistake(() => feed.take({}))).details, { record: 4, field: 'mailbox' });
  });

  it('may come as text: a list, one record, or a line each, with the mark that Windows puts first', async () => {
    const both = [LEAST, { ...LEAST, easId: 'IPHONE2' }];
    const expected = await take(both);
    for (const text of [
      JSON.stringify(both),
      JSON.stringify(both, null, 2),
      both.map((one) => JSON.stringify(one)).join('\n'),
      both.map((one) => JSON.stringify([one])).join('\n'),
      `\ufeff${both.map((one) => JSON.stringify(one)).join('\r\n')}\r\n\r\n`,
    ])
      assert.deepEqual(await take(text), expected);
    assert.deepEqual(await take(JSON.stringify(LEAST, null, 2)), await take(LEAST));
    assert.deepEqual([await take('[]'), await take([])], [[], []]);
  });

  it('are not taken from an empty text, which is an export that broke off; the empty end of a file is none', async () => {
    assert.match(
      (await mistake(() => take(' \n'))).message,
      /^Record 1: payload is an empty text; no records at all are \[\]\./,
    );
    const feed = new EasFeed('org');
    await feed.take(JSON.stringify(LEAST));
    assert.deepEqual(await feed.take(''), []);
  });

  it('come in any number, and let others have their turn meanwhile', async () => {
    const list = Array.from({ length: 2500 }, (_, n) => easRecord(n));
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    assert.deepEqual(await take(list.map((one) => JSON.stringify(one)).join('\n'), 'exchange'), list);
    clearInterval(counting);
    assert.ok(turns > 0);
  });

  it('say what is gone by the keys of their organization, and by nothing else', async () => {
    const feed = new EasFeed('org');
    const key = anEas().key;
    assert.deepEqual([feed.gone(undefined), feed.gone([key.replace('iphone1', ' IPHONE1')])], [[], [key]]);
    for (const wrong of [key, null, [5], ['x'], [anEas({ organization: 'another' }).key]])
      assert.equal((await mistake(() => feed.gone(wrong))).code, 'ERR_INPUT_INVALID');
  });

  it('are taken as the pages of an EAS source have them, unchanged', async () => {
    const records = [easRecord(1), easRecord(2, { lastSyncAt: null, deviceIdentity: 'CN=x,CN=y' })];
    assert.deepEqual(await take(easPage({ id: 's' }, records)['payload'], 'exchange'), records);
  });

  it('are a record or a named mistake, whatever is fed', async () => {
    const fed = fc.oneof(
      fc.anything(),
      fc.record({ easId: fc.anything(), mailbox: fc.anything(), access: fc.anything(), DeviceId: fc.anything() }),
      fc.record({ Guid: fc.anything(), DistinguishedName: fc.anything(), ActiveSyncBlockedDeviceIDs: fc.anything() }),
    );
    await fc.assert(
      fc.asyncProperty(fed, async (one) => {
        try {
          return (await take(one)).every(({ organization }) => organization === 'org');
        } catch (error) {
          return (error as ConnectorError).code === 'ERR_EAS_RECORD';
        }
      }),
    );
  });
});

describe('objects of cmdlets by message', () => {
  const DN = (n: number): string => `CN=User ${n},OU=Staff\\, all,DC=corp,DC=example`;
  const mailbox = (n: number, more: object = {}): PlainObject => ({
    Guid: guid(n),
    DistinguishedName: DN(n),
    DisplayName: `User ${n}`,
    PrimarySmtpAddress: `user${n}@corp.example`,
    EmailAddresses: [`smtp:u${n}@corp.example`, `SMTP:user${n}@corp.example`],
    ActiveSyncEnabled: true,
    ActiveSyncAllowedDeviceIDs: [],
    ActiveSyncBlockedDeviceIDs: ['appl1'],
    ...more,
  });
  const user = (n: number, more: object = {}): PlainObject => ({
    Guid: guid(n + 100),
    DistinguishedName: DN(n).toUpperCase(),
    UserPrincipalName: `${n}@corp.example`,
    ...more,
  });
  const device = (n: number, more: object = {}): PlainObject => ({
    Guid: guid(n + 200),
    DistinguishedName: `CN=iPhone§Appl${n},CN=ExchangeActiveSyncDevices,${DN(n)}`,
    DeviceId: `Appl${n}`,
    DeviceType: 'iPhone',
    DeviceOS: 'iOS 19.1',
    DeviceAccessState: 'Blocked',
    DeviceAccessStateReason: 'Individual',
    ClientType: 'EAS',
    ClientVersion: '16.1',
    FirstSyncTime: '2026-05-01T08:00:00Z',
    WhenChangedUTC: '2026-05-02T08:00:00Z',
    ...more,
  });

  it('that make no record though they are there are gaps: a container of a conflict, a lost id', async () => {
    const feed = new EasFeed('exchange');
    const conflict = `CN=iPhone§Appl2,CN=ExchangeActiveSyncDevices\\0ACNF:${guid(900)},${DN(2)}`;
    const objects = [mailbox(1), mailbox(2), device(1, { DeviceId: ' ' }), device(2, { DistinguishedName: conflict })];
    assert.deepEqual(await feed.take(objects), []);
    assert.deepEqual(feed.gaps, { count: 2, mailboxes: [guid(1), guid(2)].sort() });
    const odd = device(2, { DeviceId: ' Appl\t2 ' });
    assert.deepEqual(
      (await feed.take([odd])).map(({ easId }) => easId),
      [' Appl\t2 '],
    );
  });

  it('become the record that a reading makes of them, without a word of Exchange', async () => {
    assert.deepEqual(await take([mailbox(1), user(1), device(1)]), [
      {
        kind: 'eas',
        key: `eas:org:${guid(1)}:appl1`,
        organization: 'org',
        easId: 'Appl1',
        mailbox: {
          id: guid(1),
          upn: '1@corp.example',
          address: 'user1@corp.example',
          displayName: 'User 1',
          addresses: ['user1@corp.example', 'u1@corp.example'],
        },
        device: {
          type: 'iPhone',
          model: null,
          os: 'iOS 19.1',
          userAgent: null,
          friendlyName: null,
          imei: null,
          clientType: 'EAS',
          protocolVersion: '16.1',
        },
        access: { state: 'blocked', reason: 'individual', listed: 'blocked' },
        firstSyncAt: '2026-05-01T08:00:00.000Z',
        deviceIdentity: `CN=iPhone§Appl1,CN=ExchangeActiveSyncDevices,${DN(1)}`,
      },
    ]);
  });

  it('say what kind of mailbox it is, by word or number; one that Exchange made for its own tests is one of its probes', async () => {
    const typeOf = async (details: unknown, more: object = {}): Promise<unknown> =>
      (await take([mailbox(1, more), user(1, { RecipientTypeDetails: details }), device(1)]))[0]?.mailbox.type;
    const extest = { PrimarySmtpAddress: 'extest_0a1b2c3d4e5f6@corp.example' };
    assert.deepEqual(
      [
        await typeOf('SharedMailbox'),
        await typeOf(16),
        await typeOf('FutureMailbox'),
        await typeOf(null),
        await typeOf('UserMailbox', extest),
        await typeOf(null, { DisplayName: 'extest_0a1b2c3d4e5f6' }),
        await typeOf('UserMailbox', { DisplayName: 'extest_fan' }),
      ],
      [
        'SharedMailbox',
        'RoomMailbox',
        'FutureMailbox',
        undefined,
        'MonitoringMailbox',
        'MonitoringMailbox',
        'UserMailbox',
      ],
    );
  });

  it('are one record where one EAS ID comes under two device types of a mailbox, also in two messages', async () => {
    const feed = new EasFeed('org');
    const other = device(1, {
      Guid: guid(999),
      DistinguishedName: `CN=Android§APPL1,CN=ExchangeActiveSyncDevices,${DN(1)}`,
      DeviceId: 'APPL1',
      DeviceType: 'Android',
      DeviceModel: 'Pixel 9',
      DeviceOS: 'Android 16',
      DeviceAccessState: 'Allowed',
      FirstSyncTime: '2026-06-01T08:00:00Z',
    });
    const [first] = await feed.take([mailbox(1), mailbox(2), device(1), device(2)]);
    const [second] = await feed.take([other]);
    assert.deepEqual([first?.key, first?.partnerships], [second?.key, undefined]);
    assert.deepEqual(
      [second?.device.type, second?.device.model, second?.access.state, second?.firstSyncAt, second?.partnerships],
      [
        'Android',
        'Pixel 9',
        'allowed',
        '2026-06-01T08:00:00.000Z',
        [
          {
            deviceType: 'Android',
            model: 'Pixel 9',
            os: 'Android 16',
            userAgent: null,
            firstSyncAt: '2026-06-01T08:00:00.000Z',
            state: 'allowed',
          },
          {
            deviceType: 'iPhone',
            model: null,
            os: 'iOS 19.1',
            userAgent: null,
            firstSyncAt: '2026-05-01T08:00:00.000Z',
            state: 'blocked',
          },
        ],
      ],
    );
    // The older one after the newer one, and once more: the same record.
    assert.deepEqual(await new EasFeed('org').take([mailbox(1), other, device(1)]).then((all) => all[1]), second);
    assert.deepEqual(await feed.take([device(1), device(1)]).then((all) => all[1]), second);
    assert.deepEqual(await take(second), [second]);
  });

  it('may have numbers for words and times as Windows PowerShell writes them', async () => {
    const [record] = await take([
      mailbox(1),
      device(1, { DeviceAccessState: 2, DeviceAccessStateReason: 2, FirstSyncTime: '/Date(1777622400000)/' }),
    ]);
    assert.deepEqual(
      [record?.access, record?.firstSyncAt],
      [{ state: 'blocked', reason: 'individual', listed: 'blocked' }, '2026-05-01T08:00:00.000Z'],
    );
  });

  it('may come in several messages, as long as mailboxes and users come before the devices', async () => {
    const feed = new EasFeed('org');
    const payloads = [[mailbox(1), mailbox(2)], user(1), [user(3), device(1)], safeJson(device(2))];
    const records: EasRecord[] = [];
    for (const payload of payloads) records.push(...(await feed.take(payload)));
    assert.deepEqual(
      records.map(({ key, mailbox: { upn } }) => ({ key, upn })),
      [
        { key: `eas:org:${guid(1)}:appl1`, upn: '1@corp.example' },
        { key: `eas:org:${guid(2)}:appl2`, upn: null },
      ],
    );
  });

  const without = (object: PlainObject, property: string): object =>
    Object.fromEntries(Object.entries(object).filter(([name]) => name !== property));
  const SMTP = { Local: 'anna', Domain: 'corp.example' };
  const MISTAKES: readonly (readonly [what: string, objects: readonly unknown[], field: string])[] = [
    ['a device without its mailbox', [device(1)], 'DistinguishedName'],
    ['a device whose name is none', [mailbox(1), device(1, { DistinguishedName: DN(1) })], 'DistinguishedName'],
    ['a mailbox after users', [user(1), mailbox(1)], 'record'],
    ['a user after devices', [mailbox(1), device(1), user(1)], 'record'],
    ['statistics', [{ DeviceId: 'Appl1', LastSuccessSync: null }], 'record'],
    [
      'a mailbox without one of its lists',
      [without(mailbox(1), 'ActiveSyncBlockedDeviceIDs')],
      'ActiveSyncBlockedDeviceIDs',
    ],
    ['an address that is an object', [mailbox(1, { PrimarySmtpAddress: SMTP })], 'PrimarySmtpAddress'],
    ['a list that is an object', [mailbox(1, { EmailAddresses: { value: [], Count: 0 } })], 'EmailAddresses'],
    ['an entry that is an object', [mailbox(1, { ActiveSyncAllowedDeviceIDs: [{}] })], 'ActiveSyncAllowedDeviceIDs'],
    ['an entry that is a number', [mailbox(1, { ActiveSyncBlockedDeviceIDs: 7 })], 'ActiveSyncBlockedDeviceIDs'],
    ['a device without a state', [mailbox(1), without(device(1), 'DeviceAccessState')], 'DeviceAccessState'],
    ['a time that is none', [mailbox(1), device(1, { FirstSyncTime: 'yesterday' })], 'FirstSyncTime'],
    ['a GUID that is none', [mailbox(1, { Guid: '7' })], 'Guid, DistinguishedName or DeviceId'],
  ];
  for (const [what, objects, field] of MISTAKES) {
    it(`name ${field} where ${what} came`, async () => {
      const { code, details } = await mistake(() => take(objects));
      assert.deepEqual({ code, details }, { code: 'ERR_EAS_RECORD', details: { record: objects.length, field } });
    });
  }

  /** Texts as a phone may tell them, also longer than what is kept. */
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constant(null),
    fc.tuple(fc.nat({ max: 3 }), fc.string({ maxLength: 5 })).map(([n, end]) => `${'x'.repeat(1022 + n)} ${end}`),
  );
  const easId = fc.string({ minLength: 1, maxLength: 12 }).map((id) => `A${id}`);
  const when = fc.oneof(
    fc.constantFrom(null, '', '0001-01-01T00:00:00', '9999-12-31T23:59:59.9999999'),
    fc
      .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString()),
  );
  const world = fc.record({
    mailbox: fc.record({
      DisplayName: text,
      PrimarySmtpAddress: fc.oneof(fc.emailAddress(), fc.constant(null)),
      EmailAddresses: fc.array(
        fc
          .tuple(fc.constantFrom('SMTP:', 'smtp:', '', 'X500:', 'SIP:'), fc.emailAddress())
          .map((parts) => parts.join('')),
      ),
      ActiveSyncAllowedDeviceIDs: fc.array(easId, { maxLength: 3 }),
      ActiveSyncBlockedDeviceIDs: fc.array(easId, { maxLength: 3 }),
    }),
    user: fc.record({
      UserPrincipalName: text,
      RecipientTypeDetails: fc.constantFrom<string | number | null>(null, 'SharedMailbox', 'Odd', 16, 3),
    }),
    device: fc.record({
      DeviceId: easId,
      DeviceType: text,
      DeviceModel: text,
      DeviceOS: text,
      DeviceUserAgent: text,
      FriendlyName: text,
      DeviceImei: text,
      ClientType: text,
      ClientVersion: text,
      DeviceAccessState: fc.constantFrom<string | number>('Allowed', 'Blocked', 'DeviceDiscovery', 'Odd', 1, 4),
      DeviceAccessStateReason: fc.constantFrom<string | number>('Global', 'DeviceRule', 5, 'ExternallyManaged', 77),
      FirstSyncTime: when,
    }),
  });

  it('exported, and the records made of them exported once more, are the records of a reading', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const objects = [mailbox(1, given.mailbox), user(1, given.user), device(1, given.device)] as const;
        const [box, owner, phone] = [toCasMailbox(objects[0]), toUser(objects[1]), toMobileDevice(objects[2])];
        assert.ok(box !== null && owner !== null && phone !== null);
        const read = [toEasRecord('org', { ...box, upn: owner.upn, type: owner.type }, [phone])];
        // As `exchange-connector exchange --json` prints them, one after the other.
        assert.deepEqual(await take(objects.map((one) => safeJson(one)).join('\n')), read);
        assert.deepEqual(await take(JSON.stringify(read)), read);
        assert.deepEqual(await take(read), read);
      }),
    );
  });
});
