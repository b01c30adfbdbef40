import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { CmdletCall } from '../../src/exchange/transport.ts';
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
    const exchange = fleet(2, ({ cmdlet }) => (cmdlet === 'Get-CASMailbox' ? [casMailbox(1)] : undefined));
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

  it('leaves out an object without identity and says so', async () => {
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
    assert.match(warnings[0] ?? '', /1 objects without GUID/);
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
    const exchange = fleet(2500);
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
      return [mobileDevice(1, 'Old'), mobileDevice(2, 'New', { WhenChangedUTC: '2026-11-22T11:50:00.0000000' })];
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
