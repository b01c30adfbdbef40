import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import type { PlainObject } from '../../src/clixml/value.ts';
import { textOf } from '../../src/exchange/cmdlets/plain-record.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import { readEasRecord } from '../../src/exchange/read-mailbox.ts';
import type { CmdletCall } from '../../src/exchange/transport.ts';
import type { EasRecord } from '../../src/model/records.ts';
import type { Answer } from './scripted-exchange.ts';
import { casMailbox, collect, guid, mobileDevice, ScriptedExchange, user } from './scripted-exchange.ts';

const organization = 'org';
const reset = () => new ConnectorError('ERR_HTTP_RESET', 'The connection broke.');
const notFound = () =>
  new ConnectorError('ERR_EXCHANGE_CMDLET', 'Get-CASMailbox failed.', {
    details: { errorId: 'ABC,ManagementObjectNotFoundException', reason: 'ManagementObjectNotFoundException' },
  });

/** An organization of `count` mailboxes with one phone each. */
function fleet(count: number, answers: (call: CmdletCall) => Answer | undefined = () => undefined): ScriptedExchange {
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  return new ScriptedExchange((call) => {
    const special = answers(call);
    if (special !== undefined) return special;
    const { Identity, Mailbox } = call.parameters;
    const one = (Identity ?? Mailbox) as string | undefined;
    const of = one === undefined ? numbers : numbers.filter((n) => guid(n) === one || one.includes(`CN=User ${n},`));
    if (one !== undefined && of.length === 0) return notFound();
    if (call.cmdlet === 'Get-CASMailbox') return of.map((n) => casMailbox(n));
    if (call.cmdlet === 'Get-User') return of.map((n) => user(n));
    return of.map((n) => mobileDevice(n, `Appl${n}`));
  });
}

async function* breaking(objects: Iterable<ReturnType<typeof casMailbox>>, error: Error) {
  yield* objects;
  throw error;
}

describe('full reading of EAS records', () => {
  it('takes three bulk calls, whatever the number of mailboxes, and pages them', async () => {
    const exchange = fleet(5);
    const pages = await collect(readEasRecords(exchange, { organization, kind: 'full', pageSize: 2 }));
    assert.deepEqual(exchange.calls, [
      {
        cmdlet: 'Get-CASMailbox',
        parameters: {
          Filter: "(HasActiveSyncDevicePartnership -eq $true) -and (-not (DisplayName -like 'CAS_{*'))",
          ResultSize: 'Unlimited',
        },
      },
      { cmdlet: 'Get-User', parameters: { Filter: "RecipientType -eq 'UserMailbox'", ResultSize: 'Unlimited' } },
      { cmdlet: 'Get-MobileDevice', parameters: { ResultSize: 'Unlimited' } },
    ]);
    assert.deepEqual(
      pages.map(({ records, ...page }) => ({ ...page, ids: records.map((record) => record.easId) })),
      [
        { page: 0, last: false, ids: ['Appl1', 'Appl2'] },
        { page: 1, last: false, ids: ['Appl3', 'Appl4'] },
        { page: 2, last: true, total: 5, ids: ['Appl5'] },
      ],
    );
  });

  it('makes whole records out of what Exchange sends', async () => {
    const exchange = fleet(1);
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'full' }));
    assert.deepEqual(page?.records, [
      {
        kind: 'eas',
        key: `eas:org:${guid(1)}:appl1`,
        organization,
        easId: 'Appl1',
        mailbox: {
          id: guid(1),
          upn: 'u1@corp.contoso.example',
          address: 'user1@contoso.example',
          displayName: 'User 1',
          addresses: ['user1@contoso.example', 'alias1@contoso.example'],
        },
        device: {
          type: 'iPhone',
          model: 'iPhone17C3',
          os: 'iOS 19.1',
          userAgent: 'Apple-iPhone17C3/2302.85',
          friendlyName: null,
          imei: null,
          clientType: 'EAS',
          protocolVersion: '16.1',
        },
        access: { state: 'allowed', reason: 'global', listed: null },
        firstSyncAt: '2026-04-30T12:00:00.123Z',
        deviceIdentity: 'CN=iPhone§Appl1,CN=ExchangeActiveSyncDevices,CN=User 1,OU=People,DC=contoso,DC=example',
      },
    ]);
  });

  for (const [name, state, reason, expected] of [
    ['Allowed', 'Allowed', 'Individual', { state: 'allowed', reason: 'individual' }],
    ['DeviceDiscovery', 'DeviceDiscovery', 'Global', { state: 'discovery', reason: 'global' }],
    ['Quarantined', 'Quarantined', 'DeviceRule', { state: 'quarantined', reason: 'deviceRule' }],
    ['Blocked', 'Blocked', 'UserAgentsChanges', { state: 'blocked', reason: 'userAgentsChanges' }],
    ['a number', 2, 5, { state: 'blocked', reason: 'policy' }],
    ['a state of the future', 'Sleeping', 'SomethingNew', { state: 'unknown', reason: 'somethingNew' }],
    ['nothing', null, '', { state: 'unknown', reason: 'unknown' }],
  ] as const) {
    it(`maps the access state ${name}`, async () => {
      const exchange = fleet(1, ({ cmdlet }) =>
        cmdlet === 'Get-MobileDevice'
          ? [mobileDevice(1, 'A', { DeviceAccessState: state, DeviceAccessStateReason: reason })]
          : undefined,
      );
      const [page] = await collect(readEasRecords(exchange, { organization, kind: 'full' }));
      assert.deepEqual(page?.records[0]?.access, { ...expected, listed: null });
    });
  }

  it('names the list a device is on, folded, and the blocked one if it is on both', async () => {
    const exchange = fleet(1, ({ cmdlet }) => {
      if (cmdlet === 'Get-MobileDevice')
        return ['A', 'B', 'C'].map((id, at) => mobileDevice(1, id, { Guid: guid(100 + at) }));
      if (cmdlet === 'Get-User') return [];
      return [casMailbox(1, { ActiveSyncAllowedDeviceIDs: ['a', ' B '], ActiveSyncBlockedDeviceIDs: 'b' })];
    });
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'full' }));
    assert.deepEqual(
      page?.records.map((record) => record.access.listed),
      ['allowed', 'blocked', null],
    );
  });

  it('joins names that Active Directory escapes', async () => {
    const exchange = fleet(1, ({ cmdlet }) => {
      if (cmdlet === 'Get-User') return [];
      if (cmdlet === 'Get-CASMailbox')
        return [casMailbox(1, { DistinguishedName: 'CN=Smith\\, Ann,OU=People,DC=contoso,DC=example' })];
      return [
        mobileDevice(1, 'A', {
          DistinguishedName: 'CN=t§A,CN=ExchangeActiveSyncDevices,CN=Smith\\2C Ann,OU=people,DC=Contoso,DC=example',
        }),
      ];
    });
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'full' }));
    assert.equal(page?.records[0]?.mailbox.displayName, 'User 1');
  });

  it('leaves out devices of mailboxes it did not get, and says so', async () => {
    const warnings: string[] = [];
    const exchange = fleet(2, ({ cmdlet, parameters }) => {
      if (cmdlet !== 'Get-CASMailbox') return undefined;
      return 'Identity' in parameters ? notFound() : [casMailbox(1)];
    });
    const [page] = await collect(
      readEasRecords(exchange, { organization, kind: 'full', onWarning: (text) => warnings.push(text) }),
    );
    assert.deepEqual(
      { count: page?.records.length, total: page?.total, skipped: page?.skipped },
      { count: 1, total: 1, skipped: 1 },
    );
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /1 devices belong to mailboxes/);
  });

  it('leaves out an object without identity, says so, and holds what is missing for nobody knows whose', async () => {
    const warnings: string[] = [];
    const exchange = fleet(1, ({ cmdlet }) =>
      cmdlet === 'Get-MobileDevice' ? [{ DeviceId: 'x' }, mobileDevice(1, 'A')] : undefined,
    );
    const [page] = await collect(
      readEasRecords(exchange, { organization, kind: 'full', onWarning: (text) => warnings.push(text) }),
    );
    assert.deepEqual(
      page?.records.map((record) => record.easId),
      ['A'],
    );
    assert.match(warnings[0] ?? '', /1 object and does not say which: It came without GUID/);
    assert.deepEqual(page?.gaps, { count: 1, mailboxes: [], unnamed: 1 });
  });

  it('of nothing is one empty page', async () => {
    assert.deepEqual(await collect(readEasRecords(fleet(0), { organization, kind: 'full' })), [
      { records: [], page: 0, last: true, total: 0 },
    ]);
  });

  it('that ends with a full page sends no empty one after it', async () => {
    const pages = await collect(readEasRecords(fleet(4), { organization, kind: 'full', pageSize: 2 }));
    assert.deepEqual(
      pages.map(({ last, records }) => [last, records.length]),
      [
        [false, 2],
        [true, 2],
      ],
    );
  });

  it('never sends a last page when it fails', async () => {
    const refused = new ConnectorError('ERR_EXCHANGE_CMDLET', 'Get-MobileDevice failed.');
    const exchange = fleet(9, ({ cmdlet }) =>
      cmdlet === 'Get-MobileDevice'
        ? breaking(
            [1, 2, 3].map((n) => mobileDevice(n, `Appl${n}`)),
            refused,
          )
        : undefined,
    );
    const pages: boolean[] = [];
    await assert.rejects(async () => {
      for await (const page of readEasRecords(exchange, { organization, kind: 'full', pageSize: 1 }))
        pages.push(page.last);
    }, refused);
    assert.deepEqual(pages, [false, false]);
  });

  it('goes on after a broken line without sending a record twice', async () => {
    let reads = 0;
    const exchange = fleet(4, ({ cmdlet }) => {
      if (cmdlet !== 'Get-MobileDevice' || ++reads > 1) return undefined;
      return breaking(
        [1, 2].map((n) => mobileDevice(n, `Appl${n}`)),
        reset(),
      );
    });
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'full' }));
    assert.deepEqual(
      page?.records.map((record) => record.easId),
      ['Appl1', 'Appl2', 'Appl3', 'Appl4'],
    );
    assert.equal(reads, 2);
  });

  it('counts a device without a mailbox once, and reads an unlisted mailbox once, when the line breaks after them', async () => {
    let reads = 0;
    const exchange = fleet(3, ({ cmdlet, parameters }) => {
      if (cmdlet === 'Get-CASMailbox' && !('Identity' in parameters)) return [casMailbox(3)];
      if (cmdlet === 'Get-CASMailbox' && JSON.stringify(parameters['Identity']).includes('User 1')) return notFound();
      if (cmdlet !== 'Get-MobileDevice' || ++reads > 1) return undefined;
      return breaking(
        [1, 2].map((n) => mobileDevice(n, `Appl${n}`)),
        reset(),
      );
    });
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'full' }));
    assert.deepEqual(
      { ids: page?.records.map(({ easId }) => easId), total: page?.total, skipped: page?.skipped, reads },
      { ids: ['Appl3', 'Appl2'], total: 2, skipped: 1, reads: 2 },
    );
  });

  it('gives up on a line that keeps breaking', async () => {
    let reads = 0;
    const exchange = fleet(4, ({ cmdlet }) => {
      if (cmdlet !== 'Get-MobileDevice') return undefined;
      reads++;
      return breaking([mobileDevice(1, 'Appl1')], reset());
    });
    await assert.rejects(collect(readEasRecords(exchange, { organization, kind: 'full' })), (error) =>
      isConnectorError(error, 'ERR_HTTP_RESET'),
    );
    assert.equal(reads, 3);
  });

  it('tells of which kind a mailbox is, without a further call, in full and quick readings', async () => {
    const exchange = fleet(1, ({ cmdlet }) =>
      cmdlet === 'Get-User' ? [user(1, { RecipientTypeDetails: 'SharedMailbox' })] : undefined,
    );
    const keys = [`eas:org:${guid(1)}:appl1`];
    const readings = [
      { kind: 'full' },
      { kind: 'quick', keys },
      { kind: 'quick', since: '2026-05-01T00:00:00Z' },
    ] as const;
    for (const reading of readings) {
      const [page] = await collect(readEasRecords(exchange, { organization, ...reading }));
      assert.deepEqual(
        page?.records.map((record) => record.mailbox.type),
        ['SharedMailbox'],
      );
    }
  });

  it('works for an account that may not read users, without sign-in names', async () => {
    const warnings: string[] = [];
    const exchange = fleet(1, ({ cmdlet }) =>
      cmdlet === 'Get-User' ? new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'Get-User is not there.') : undefined,
    );
    const [page] = await collect(
      readEasRecords(exchange, { organization, kind: 'full', onWarning: (text) => warnings.push(text) }),
    );
    assert.deepEqual(
      page?.records.map((record) => record.mailbox.upn),
      [null],
    );
    assert.match(warnings[0] ?? '', /User principal names and mailbox types could not be read/);
  });

  it('has gaps for an account that may not read users any more, in full and quick readings', async () => {
    for (const kind of ['full', 'quick'] as const) {
      const exchange = fleet(2, ({ cmdlet }) =>
        cmdlet === 'Get-User' ? new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'Get-User is not there.') : undefined,
      );
      const since = '2020-01-01T00:00:00.000Z';
      const pages = await collect(readEasRecords(exchange, { organization, kind, since, usersKnown: true }));
      assert.deepEqual(pages.at(-1)?.gaps, { count: 2, mailboxes: [guid(1), guid(2)] }, kind);
    }
  });

  it('reads no further than its consumer, and stops the pipeline when the consumer leaves', async () => {
    const exchange = fleet(1000);
    for await (const page of readEasRecords(exchange, {
      organization,
      kind: 'full',
      pageSize: 10,
      userPrincipalNames: false,
    })) {
      assert.equal(page.records.length, 10);
      break;
    }
    // 1000 mailboxes, ten devices and the one that showed the page was not the last.
    assert.deepEqual({ sent: exchange.sent, stopped: exchange.stopped }, { sent: 1011, stopped: 1 });
  });

  it('keeps to a scope given as structure', async () => {
    const exchange = fleet(1);
    const device = { property: 'DeviceType', operator: 'eq', value: "it's" } as const;
    const mailbox = { property: 'CustomAttribute1', operator: 'eq', value: 'pilot' } as const;
    await collect(
      readEasRecords(exchange, { organization, kind: 'full', scope: { device, mailbox }, userPrincipalNames: false }),
    );
    assert.deepEqual(
      exchange.calls.map((call) => call.parameters['Filter']),
      [
        "((HasActiveSyncDevicePartnership -eq $true) -and (-not (DisplayName -like 'CAS_{*'))) -and (CustomAttribute1 -eq 'pilot')",
        "DeviceType -eq 'it''s'",
      ],
    );
  });
});

const invalid = (error: unknown) => isConnectorError(error, 'ERR_INPUT_INVALID');

describe('one EAS ID under two device types', () => {
  const since = '2026-11-22T12:00:00.000Z';
  /** What Exchange has of the n-th mailbox, by mailbox; it filters by ID and by change. */
  const server = (devices: readonly (readonly [n: number, device: PlainObject])[], refused = /^$/): ScriptedExchange =>
    fleet(3, ({ cmdlet, parameters: { Filter, Mailbox } }) => {
      if (cmdlet !== 'Get-MobileDevice') return undefined;
      const filter = typeof Filter === 'string' ? Filter : '';
      if (filter !== '' && refused.test(filter))
        return new ConnectorError('ERR_EXCHANGE_CMDLET', 'That isn’t a valid filterable property.');
      const ids = [...filter.matchAll(/DeviceId -eq '([^']*)'/g)].map(([, id]) => id);
      const fits = ([n, device]: (typeof devices)[number]): boolean =>
        (Mailbox === undefined || Mailbox === guid(n)) &&
        (ids.length === 0 || ids.includes(textOf(device, 'DeviceId')?.toLowerCase())) &&
        (!filter.includes('WhenChangedUTC') || (textOf(device, 'WhenChangedUTC') ?? '') >= '2026-11-22');
      return devices.filter(fits).map(([, device]) => device);
    });
  const device = (n: number, id: string, type: string, more: PlainObject = {}): readonly [number, PlainObject] => [
    n,
    mobileDevice(n, id, {
      Guid: guid(n * 1000 + type.length),
      DistinguishedName: `CN=${type}§${id},CN=ExchangeActiveSyncDevices,CN=User ${n},OU=People,DC=contoso,DC=example`,
      DeviceType: type,
      ...more,
    }),
  ];
  const IPHONE = device(1, 'Same', 'iPhone', { FirstSyncTime: '2026-03-01T08:00:00Z', DeviceAccessState: 'Allowed' });
  const ANDROID = device(1, 'SAME', 'SamsungDevice', {
    FirstSyncTime: '2026-11-22T12:01:00Z',
    WhenChangedUTC: '2026-11-22T12:01:00Z',
    DeviceModel: 'SM-S931B',
    DeviceOS: 'Android 16',
    DeviceUserAgent: 'Android-SAMSUNG-SM-S931B/101.16',
    DeviceAccessState: 'Blocked',
    DeviceAccessStateReason: 'DeviceRule',
  });
  const OTHER = device(2, 'Same', 'iPhone', { Guid: guid(77) });
  const BOTH = [
    {
      deviceType: 'SamsungDevice',
      model: 'SM-S931B',
      os: 'Android 16',
      userAgent: 'Android-SAMSUNG-SM-S931B/101.16',
      firstSyncAt: '2026-11-22T12:01:00.000Z',
      state: 'blocked',
    },
    {
      deviceType: 'iPhone',
      model: 'iPhone17C3',
      os: 'iOS 19.1',
      userAgent: 'Apple-iPhone17C3/2302.85',
      firstSyncAt: '2026-03-01T08:00:00.000Z',
      state: 'allowed',
    },
  ];
  const key = (n: number): string => `eas:org:${guid(n)}:same`;
  const KEYS = { kind: 'quick', keys: [key(1)] } as const;
  /** What a reading says in the end, by key. */
  async function read(
    exchange: ScriptedExchange,
    how: { kind: 'full' } | { kind: 'quick'; since?: string; keys?: readonly string[] },
  ): Promise<{ records: Record<string, EasRecord>; total: unknown }> {
    const pages = await collect(readEasRecords(exchange, { organization, pageSize: 1, ...how }));
    const records = Object.fromEntries(pages.flatMap((page) => page.records).map((record) => [record.key, record]));
    return { records, total: pages.at(-1)?.total };
  }

  it('is one record with both partnerships and the values of the one that began last, however they come', async () => {
    for (const devices of [
      [IPHONE, OTHER, ANDROID],
      [ANDROID, IPHONE, OTHER],
    ]) {
      const { records, total } = await read(server(devices), { kind: 'full' });
      const { partnerships, device: shown, access, firstSyncAt, easId, deviceIdentity } = records[key(1)]!;
      assert.deepEqual(
        { partnerships, type: shown.type, model: shown.model, access, firstSyncAt, easId, deviceIdentity, total },
        {
          partnerships: BOTH,
          type: 'SamsungDevice',
          model: 'SM-S931B',
          access: { state: 'blocked', reason: 'deviceRule', listed: null },
          firstSyncAt: '2026-11-22T12:01:00.000Z',
          easId: 'SAME',
          deviceIdentity: ANDROID[1]['DistinguishedName'],
          total: 2,
        },
      );
      // One phone on two mailboxes is two records, as ever.
      assert.equal(records[key(2)]?.partnerships, undefined);
    }
  });

  it('is the same record in every reading: full, of what changed, of what is wanted, and of it alone', async () => {
    const devices = [IPHONE, ANDROID, OTHER];
    const { records } = await read(server(devices), { kind: 'full' });
    const alone = { organization, mailboxId: guid(1), easId: 'same' };
    const whole = records[key(1)];
    assert.deepEqual((await read(server(devices), { kind: 'quick', since })).records, { [key(1)]: whole });
    assert.deepEqual((await read(server(devices), KEYS)).records, { [key(1)]: whole });
    assert.deepEqual(await readEasRecord(server(devices), alone), whole);
    // Servers that filter neither by change nor by ID.
    assert.deepEqual((await read(server(devices, /./), { kind: 'full' })).records, records);
    assert.deepEqual((await read(server(devices, /./), { kind: 'quick', since })).records, { [key(1)]: whole });
  });

  it('is the same record where very many devices changed', async () => {
    const many = Array.from({ length: 2001 }, (_, at) =>
      device(3, `X${at}`, 'iPhone', { Guid: guid(9000 + at), WhenChangedUTC: since }),
    );
    const { records } = await read(server([IPHONE, ...many, ANDROID]), { kind: 'quick', since });
    assert.deepEqual(records[key(1)]?.partnerships, BOTH);
    assert.equal(Object.keys(records).length, 2002);
  });

  it('is one partnership again when the other one is deleted', async () => {
    const full = await read(server([IPHONE]), { kind: 'full' });
    const { partnerships, device: shown } = full.records[key(1)]!;
    assert.deepEqual([partnerships, shown.type], [undefined, 'iPhone']);
    assert.deepEqual((await read(server([IPHONE]), KEYS)).records, full.records);
  });

  it('puts no ID into a filter that is not made of letters and digits: its mailbox is read', async () => {
    const odd = `a' -or DeviceId -like '*`;
    const devices = [
      device(1, odd, 'iPhone', { FirstSyncTime: null }),
      device(1, odd, 'Android', { WhenChangedUTC: since }),
    ];
    const exchange = server(devices);
    const { records } = await read(exchange, { kind: 'quick', since });
    assert.deepEqual(
      Object.values(records).map(({ partnerships }) => partnerships?.map(({ deviceType }) => deviceType)),
      [['Android', 'iPhone']],
    );
    assert.deepEqual(
      exchange.calls.slice(3).map(({ parameters }) => parameters),
      [{ Mailbox: guid(1), ResultSize: 'Unlimited' }],
    );
  });

  it('costs a full reading no call where there is none, and one for a hundred IDs where there are', async () => {
    const calls = async (devices: Parameters<typeof server>[0]): Promise<number> => {
      const exchange = server(devices);
      await read(exchange, { kind: 'full' });
      return exchange.calls.length;
    };
    const doubled = Array.from({ length: 101 }, (_, at) => [
      device(3, `X${at}`, 'iPhone', { Guid: guid(9000 + at) }),
      device(3, `X${at}`, 'iPad', { Guid: guid(9500 + at) }),
    ]).flat();
    assert.deepEqual([await calls([IPHONE, OTHER]), await calls(doubled)], [3, 5]);
  });
});

describe('quick reading of EAS records', () => {
  const since = '2026-11-22T12:00:00.000Z';

  it('asks for devices changed since the last reading less an overlap, and for their mailboxes only', async () => {
    const exchange = fleet(50, ({ cmdlet, parameters }) =>
      cmdlet === 'Get-MobileDevice' && parameters['Filter'] !== undefined ? [mobileDevice(7, 'Appl7')] : undefined,
    );
    const pages = await collect(readEasRecords(exchange, { organization, kind: 'quick', since }));
    assert.deepEqual(
      pages.map(({ records, last }) => [records.map((record) => record.key), last]),
      [[[`eas:org:${guid(7)}:appl7`], true]],
    );
    assert.deepEqual(
      exchange.calls.map(({ cmdlet, parameters }) => [cmdlet, parameters['Filter'] ?? parameters['Identity']]),
      [
        ['Get-MobileDevice', "WhenChangedUTC -ge '2026-11-22T11:45:00.000Z'"],
        ['Get-CASMailbox', 'CN=User 7,OU=People,DC=contoso,DC=example'],
        ['Get-User', 'CN=User 7,OU=People,DC=contoso,DC=example'],
        ['Get-MobileDevice', "DeviceId -eq 'appl7'"],
      ],
    );
  });

  it('reads wanted records again, and names those that are gone', async () => {
    const exchange = fleet(3, ({ cmdlet, parameters }) =>
      cmdlet === 'Get-MobileDevice' && parameters['Filter'] !== undefined ? [] : undefined,
    );
    const keys = [`eas:org:${guid(2)}:appl2`, `eas:org:${guid(2)}:removed`, `eas:org:${guid(99)}:x`];
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'quick', since, keys }));
    assert.deepEqual(
      page?.records.map((record) => record.key),
      [keys[0]],
    );
    assert.deepEqual(page?.gone, [keys[1], keys[2]]);
  });

  it('reads a record once that is both changed and wanted', async () => {
    const exchange = fleet(1);
    const keys = [`eas:org:${guid(1)}:appl1`];
    const [page] = await collect(readEasRecords(exchange, { organization, kind: 'quick', since, keys }));
    assert.deepEqual(
      page?.records.map((record) => record.key),
      keys,
    );
    assert.equal(page?.gone, undefined);
  });

  it('goes over to bulk calls and streams when very many changed', async () => {
    const exchange = fleet(2500, ({ cmdlet }) =>
      cmdlet === 'Get-MobileDevice'
        ? Array.from({ length: 2500 }, (_, at) => mobileDevice(at + 1, `Appl${at + 1}`, { WhenChangedUTC: since }))
        : undefined,
    );
    const pages = await collect(readEasRecords(exchange, { organization, kind: 'quick', since }));
    assert.equal(pages.at(-1)?.total, 2500);
    assert.equal(exchange.calls.length, 4);
  });

  it('filters by itself where Exchange does not filter by WhenChangedUTC', async () => {
    const warnings: string[] = [];
    const exchange = fleet(2, ({ cmdlet, parameters }) => {
      if (cmdlet !== 'Get-MobileDevice') return undefined;
      if (parameters['Filter'] !== undefined) {
        return new ConnectorError(
          'ERR_EXCHANGE_CMDLET',
          'Get-MobileDevice failed: "WhenChangedUTC" isn’t a valid filterable property.',
        );
      }
      const changed = mobileDevice(2, 'New', { WhenChangedUTC: '2026-11-22T11:50:00.0000000' });
      return parameters['Mailbox'] === undefined ? [mobileDevice(1, 'Old'), changed] : [changed];
    });
    const [page] = await collect(
      readEasRecords(exchange, { organization, kind: 'quick', since, onWarning: (text) => warnings.push(text) }),
    );
    assert.deepEqual(
      page?.records.map((record) => record.easId),
      ['New'],
    );
    assert.equal(warnings.length, 1);
  });

  it('refuses keys of another organization, and to start without anything to go by', async () => {
    await assert.rejects(
      collect(readEasRecords(fleet(1), { organization, kind: 'quick', keys: [`eas:other:${guid(1)}:x`] })),
      invalid,
    );
    await assert.rejects(collect(readEasRecords(fleet(1), { organization, kind: 'quick' })), invalid);
    await assert.rejects(
      collect(readEasRecords(fleet(1), { organization, kind: 'quick', since: 'yesterday' })),
      invalid,
    );
  });

  it('refuses devices of another mailbox than the one asked for', async () => {
    const exchange = fleet(3, ({ cmdlet, parameters }) =>
      // What Exchange does with an identity it does not know: everything.
      cmdlet === 'Get-MobileDevice' && parameters['Mailbox'] !== undefined
        ? [1, 2, 3].map((n) => mobileDevice(n, `Appl${n}`))
        : undefined,
    );
    await assert.rejects(
      collect(readEasRecords(exchange, { organization, kind: 'quick', keys: [`eas:org:${guid(1)}:appl1`] })),
      (error) => isConnectorError(error, 'ERR_EXCHANGE_RECORD'),
    );
  });
});
