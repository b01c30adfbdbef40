import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../../src/errors.ts';
import { CMDLETS } from '../../../src/exchange/cmdlets/catalogue.ts';
import type { CmdletSpec, ParameterType } from '../../../src/exchange/cmdlets/catalogue.ts';
import { getCasMailbox } from '../../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { getMobileDevice } from '../../../src/exchange/cmdlets/get-mobile-device.ts';
import { getMobileDeviceStatistics } from '../../../src/exchange/cmdlets/get-mobile-device-statistics.ts';
import {
  getActiveSyncDeviceAccessRule,
  getActiveSyncOrganizationSettings,
  getExchangeServer,
} from '../../../src/exchange/cmdlets/get-organization-settings.ts';
import {
  getDistributionGroupMember,
  getRecipient,
  getRecipientByAddress,
} from '../../../src/exchange/cmdlets/get-recipient.ts';
import { getUser } from '../../../src/exchange/cmdlets/get-user.ts';
import { clearMobileDevice, removeMobileDevice } from '../../../src/exchange/cmdlets/remove-mobile-device.ts';
import { setCasMailbox } from '../../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { readEasRecords } from '../../../src/exchange/eas-records.ts';
import { openExchange } from '../../../src/exchange/open-exchange.ts';
import type { RemotePowerShellServer } from '../../../src/exchange/open-exchange.ts';
import { readEasRecord, readMailboxLists } from '../../../src/exchange/read-mailbox.ts';
import type { CmdletTransport, CmdletValue } from '../../../src/exchange/transport.ts';
import { Signal } from '../../../src/wsman/names.ts';
import { ENGINE_ASSEMBLY } from './engine-assembly.ts';
import { startPowerShellFront } from './front.ts';
import type { FrontOptions, PowerShellFront } from './front.ts';

const mailboxId = (number: number): string =>
  `${(number + 1).toString(16).padStart(8, '0')}-0000-0000-0000-000000000000`;
const deviceId = (number: number): string =>
  `${(number + 1).toString(16).padStart(8, '0')}-0001-0000-0000-000000000000`;
const easId = (number: number): string =>
  number % 3 === 0 ? `ApplF${String(number).padStart(10, '0')}` : number.toString(16).toUpperCase().padStart(32, '0');
const mailboxName = (number: number): string => `CN=user${number},OU=Users,DC=contoso,DC=example`;
const GROUP = 'CN=Sales,OU=Groups,DC=contoso,DC=example';

/** An exchange behind a front; both end with the test. */
interface Peer {
  readonly front: PowerShellFront;
  readonly exchange: CmdletTransport;
}

async function open(options: Partial<FrontOptions> = {}, client: Partial<RemotePowerShellServer> = {}): Promise<Peer> {
  const front = await startPowerShellFront({ assembly: ENGINE_ASSEMBLY, ...options });
  const { url, ca, username, password } = front;
  const exchange = openExchange({
    kind: 'remote-powershell',
    urls: [url],
    auth: 'basic',
    username,
    password,
    tls: { ca },
    sessions: 1,
    allowDestructive: true,
    ...client,
  });
  return { front, exchange };
}

async function close({ front, exchange }: Peer): Promise<void> {
  await exchange.close();
  const left = front.shells.size;
  await front.close();
  assert.equal(left, 0, 'Shells were left on the server.');
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

async function failure(work: Promise<unknown>): Promise<ConnectorError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ConnectorError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'Nothing failed.' });
}

describe('Exchange-shaped cmdlets on the real engine', () => {
  let peer: Peer;
  before(async () => {
    peer = await open();
  });
  after(() => close(peer));

  it('give mailboxes with their lists, by GUID, by distinguished name and by filter', async () => {
    const expected = {
      id: mailboxId(1),
      distinguishedName: mailboxName(1),
      displayName: "Bjørn 'the' O’Hara",
      address: 'user1@contoso.example',
      addresses: ['user1@contoso.example'],
      activeSyncEnabled: true,
      allowedDeviceIds: ['ADMIN1'],
      blockedDeviceIds: [],
    };
    assert.deepEqual(await collect(getCasMailbox(peer.exchange, { identity: mailboxId(1) })), [expected]);
    assert.deepEqual(await collect(getCasMailbox(peer.exchange, { identity: mailboxName(1) })), [expected]);
    const all = await collect(getCasMailbox(peer.exchange, { all: true }));
    assert.deepEqual(
      all.map(({ id }) => id),
      Array.from({ length: 12 }, (_, number) => mailboxId(number)),
    );
  });

  it('give devices whose names hurt', async () => {
    const devices = await collect(getMobileDevice(peer.exchange, { all: true }));
    assert.deepEqual(
      devices.map((device) => [device.id, device.deviceId]),
      Array.from({ length: 12 }, (_, number) => [deviceId(number), easId(number)]),
    );
    assert.deepEqual(
      devices.slice(0, 5).map(({ friendlyName }) => friendlyName),
      [
        'phone of Ann Müller',
        "phone of Bjørn 'the' O’Hara",
        'phone of Евгения _x000A_ Ли',
        // A control character is a blank in a record; half a character stays what it is.
        'x  _x0041_ \uD83C',
        'phone of A<b>&amp;"c"',
      ],
    );
    assert.deepEqual(devices[2], {
      id: deviceId(2),
      distinguishedName: `CN=iPhone§${easId(2)},CN=ExchangeActiveSyncDevices,${mailboxName(2)}`,
      deviceId: easId(2),
      type: 'SamsungDevice',
      model: 'SM-S931B',
      os: 'Android 16',
      userAgent: 'Android-SAMSUNG-SM-S931B/101.16',
      friendlyName: 'phone of Евгения _x000A_ Ли',
      imei: null,
      clientType: 'EAS',
      protocolVersion: '16.1',
      state: 'quarantined',
      reason: 'global',
      firstSyncAt: '2026-04-30T12:00:02.123Z',
      changedAt: '2026-05-01T08:00:00.000Z',
    });
  });

  it('give the devices of one mailbox, or one device', async () => {
    const ofMailbox = await collect(getMobileDevice(peer.exchange, { mailbox: mailboxId(3) }));
    assert.deepEqual(
      ofMailbox.map(({ id }) => id),
      [deviceId(3)],
    );
    const one = await collect(getMobileDevice(peer.exchange, { identity: ofMailbox[0]?.distinguishedName ?? '' }));
    assert.deepEqual(one, ofMailbox);
  });

  it('give statistics, with a warning on the way', async () => {
    const warnings: string[] = [];
    const statistics = await collect(
      getMobileDeviceStatistics(peer.exchange, { mailbox: mailboxId(5) }, { onWarning: (text) => warnings.push(text) }),
    );
    assert.deepEqual(statistics, [
      {
        deviceId: easId(5),
        lastSyncAttemptAt: null,
        lastSuccessSyncAt: '2026-04-30T12:00:05.123Z',
        state: 'blocked',
        reason: 'global',
        policyStatus: 'AppliedInFull',
        wipeRequestedAt: null,
        wipeAcknowledgedAt: null,
      },
    ]);
    assert.deepEqual(warnings, ['Get-MobileDeviceStatistics reads the mailbox itself and takes its time.']);
  });

  it('give recipients, users and members of groups', async () => {
    const recipient = {
      id: mailboxId(4),
      distinguishedName: mailboxName(4),
      displayName: 'A<b>&amp;"c"',
      recipientType: 'UserMailbox',
      recipientTypeDetails: 'UserMailbox',
      address: 'user4@contoso.example',
      addresses: ['user4@contoso.example', 'alias4@contoso.example'],
      upn: null,
    };
    assert.deepEqual(await collect(getRecipient(peer.exchange, { identity: mailboxId(4) })), [recipient]);
    assert.deepEqual(await collect(getRecipientByAddress(peer.exchange, 'ALIAS4@contoso.example')), [recipient]);
    assert.deepEqual(await collect(getUser(peer.exchange, { identity: mailboxName(4) })), [
      {
        id: mailboxId(4),
        distinguishedName: mailboxName(4),
        upn: 'user4@corp.contoso.example',
        displayName: 'A<b>&amp;"c"',
      },
    ]);
    const members = await collect(getDistributionGroupMember(peer.exchange, GROUP));
    assert.deepEqual(
      members.map(({ id }) => id),
      [0, 1, 2].map(mailboxId),
    );
  });

  it('give the organization, its rules and its servers', async () => {
    assert.deepEqual(await getActiveSyncOrganizationSettings(peer.exchange), {
      defaultAccessLevel: 'Quarantine',
      adminMailRecipients: ['admin@contoso.example', 'mobile@contoso.example'],
      userMailInsert: 'Call the desk: <1234> & ask.',
    });
    assert.deepEqual(await collect(getActiveSyncDeviceAccessRule(peer.exchange)), [
      { name: 'SM-S931B (DeviceModel)', characteristic: 'DeviceModel', queryString: 'SM-S931B', accessLevel: 'Block' },
      {
        name: 'iOS 19.1 23B85 (DeviceOS)',
        characteristic: 'DeviceOS',
        queryString: 'iOS 19.1 23B85',
        accessLevel: 'Allow',
      },
    ]);
    assert.deepEqual(
      await collect(getExchangeServer(peer.exchange)),
      [1, 2].map((number) => ({
        name: `EX${number}`,
        fqdn: `ex${number}.contoso.example`,
        version: 'Version 15.2 (Build 1544.4)',
        edition: 'Standard',
        isClientAccessServer: true,
      })),
    );
  });

  it('edit the lists by Add and Remove and leave the rest alone', async () => {
    const id = mailboxId(7);
    await setCasMailbox(peer.exchange, {
      mailboxId: id,
      allowed: { add: ['a b;$(x)', "o'x", 'z_x0041_'] },
      blocked: { add: ['B1', 'B2'] },
    });
    assert.deepEqual(await readMailboxLists(peer.exchange, id), {
      allowed: ['ADMIN7', 'a b;$(x)', "o'x", 'z_x0041_'],
      blocked: ['B1', 'B2'],
    });
    await setCasMailbox(peer.exchange, {
      mailboxId: id,
      allowed: { remove: ["O'X"], add: ['b1'] },
      blocked: { remove: ['B1'] },
    });
    assert.deepEqual(await readMailboxLists(peer.exchange, id), {
      allowed: ['ADMIN7', 'a b;$(x)', 'z_x0041_', 'b1'],
      blocked: ['B2'],
    });
    const warnings: string[] = [];
    await setCasMailbox(
      peer.exchange,
      { mailboxId: id, blocked: { add: ['B2'] } },
      { onWarning: (text) => warnings.push(text) },
    );
    assert.deepEqual(warnings, [
      "The command completed successfully but no settings of 'contoso.example/Users/user7' have been modified.",
    ]);
  });

  it('wipe and remove devices without asking, with progress and warnings', async () => {
    const seen: unknown[] = [];
    await clearMobileDevice(peer.exchange, deviceId(8), {
      accountOnly: true,
      onWarning: (text) => seen.push(text),
      onProgress: (activity, percent) => seen.push([activity, percent]),
    });
    assert.deepEqual(seen, [['Clear-MobileDevice', 50], 'Account only will be wiped; told: nobody.']);
    const [statistics] = await collect(getMobileDeviceStatistics(peer.exchange, { identity: deviceId(8) }));
    assert.equal(statistics?.wipeRequestedAt, '2026-05-02T09:30:00.000Z');
    await removeMobileDevice(peer.exchange, deviceId(9));
    assert.deepEqual(await collect(getMobileDevice(peer.exchange, { mailbox: mailboxId(9) })), []);
    await assert.rejects(removeMobileDevice(peer.exchange, deviceId(9)), { code: 'ERR_EXCHANGE_CMDLET' });
  });

  it('report an object that is not there as Exchange does, and the session goes on', async () => {
    const nobody = '99999999-0000-0000-0000-000000000000';
    const error = await failure(readMailboxLists(peer.exchange, nobody));
    assert.equal(error.code, 'ERR_EXCHANGE_CMDLET');
    assert.deepEqual(error.details, {
      cmdlet: 'Get-CASMailbox',
      errorId: '2D7B1234,ExchangeEngine.GetCasMailbox',
      category: 'NotSpecified',
      reason: 'ManagementObjectNotFoundException',
      exception: 'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
      target: nobody,
      server: 'EX1',
      requestId: '8c7d5b1e-0f6f-4b52-9f0e-0a0b0c0d0e0f',
      failureCategory: 'Cmdlet-ManagementObjectNotFoundException',
    });
    assert.match(
      error.message,
      /^Get-CASMailbox failed: The operation couldn't be performed because object '99999999-/,
    );
    assert.equal(await readEasRecord(peer.exchange, { organization: 'org', mailboxId: nobody, easId: 'x' }), null);
    const shells = peer.front.events.filter(({ action }) => action === 'create').length;
    assert.equal(shells, 1);
  });

  it('say when there is more than was asked for', async () => {
    const warnings: string[] = [];
    const devices = await collect(
      getMobileDevice(peer.exchange, { all: true, resultSize: 3 }, { onWarning: (text) => warnings.push(text) }),
    );
    assert.equal(devices.length, 3);
    assert.deepEqual(warnings, [
      'There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.',
    ]);
  });

  it('refuse a filter by a property they do not know', async () => {
    const filter = { property: 'NoSuchProperty', operator: 'eq', value: 1 } as const;
    const error = await failure(collect(getMobileDevice(peer.exchange, { filter })));
    assert.equal(error.code, 'ERR_EXCHANGE_CMDLET');
    assert.equal(error.details['errorId'], 'Cmdlet-InvalidFilter,ExchangeEngine.GetMobileDevice');
  });
});

describe('EAS records from the real engine', () => {
  let peer: Peer;
  before(async () => {
    peer = await open();
  });
  after(() => close(peer));

  it('are read in full, in pages', async () => {
    const pages = await collect(readEasRecords(peer.exchange, { organization: 'org', kind: 'full', pageSize: 5 }));
    assert.deepEqual(
      pages.map(({ records, ...page }) => ({ ...page, ids: records.map((record) => record.easId) })),
      [
        { page: 0, last: false, ids: [0, 1, 2, 3, 4].map(easId) },
        { page: 1, last: false, ids: [5, 6, 7, 8, 9].map(easId) },
        { page: 2, last: true, total: 12, ids: [10, 11].map(easId) },
      ],
    );
    assert.deepEqual(pages[0]?.records[1], {
      kind: 'eas',
      key: `eas:org:${mailboxId(1)}:${easId(1)}`,
      organization: 'org',
      easId: easId(1),
      mailbox: {
        id: mailboxId(1),
        upn: 'user1@corp.contoso.example',
        address: 'user1@contoso.example',
        displayName: "Bjørn 'the' O’Hara",
        addresses: ['user1@contoso.example'],
      },
      device: {
        type: 'SamsungDevice',
        model: 'SM-S931B',
        os: 'Android 16',
        userAgent: 'Android-SAMSUNG-SM-S931B/101.16',
        friendlyName: "phone of Bjørn 'the' O’Hara",
        imei: null,
        clientType: 'EAS',
        protocolVersion: '16.1',
      },
      access: { state: 'blocked', reason: 'global', listed: null },
      firstSyncAt: '2026-04-30T12:00:01.123Z',
      deviceIdentity: `CN=iPhone§${easId(1)},CN=ExchangeActiveSyncDevices,${mailboxName(1)}`,
    });
  });

  for (const sessions of [2, 1]) {
    it(`are read quickly with ${sessions} shell${sessions === 1 ? '' : 's'}: only what changed, and what is asked for again`, async function () {
      this.timeout(30_000);
      const quick = await open({}, { sessions });
      try {
        const read = (since: string, keys: string[] = []) =>
          collect(readEasRecords(quick.exchange, { organization: 'org', kind: 'quick', since, keys }));
        const ids = (pages: Awaited<ReturnType<typeof read>>) =>
          pages.flatMap(({ records }) => records.map((record) => record.easId));
        assert.equal(ids(await read('2026-05-01T08:10:00Z')).length, 12);
        assert.deepEqual(ids(await read('2026-05-01T08:16:00Z')), []);
        const gone = `eas:org:${mailboxId(6)}:nothing`;
        const wanted = await read('2026-05-01T08:16:00Z', [`eas:org:${mailboxId(6)}:${easId(6).toLowerCase()}`, gone]);
        assert.deepEqual(ids(wanted), [easId(6)]);
        assert.deepEqual(wanted.at(-1)?.gone, [gone]);
      } finally {
        await close(quick);
      }
    });
  }
});

describe('filters as the real engine reads them', () => {
  let peer: Peer;
  before(async () => {
    peer = await open();
  });
  after(() => close(peer));

  // The engine's own parser reads the filter, so what it takes for the text is what was meant, or nothing is found.
  for (const [name, filter, expected] of [
    ['a typographic quotation mark', { property: 'DisplayName', operator: 'eq', value: "Bjørn 'the' O’Hara" }, null],
    ['quotes', { property: 'DisplayName', operator: 'like', value: "Bjørn 'the' O*" }, [1, 6, 11]],
    ['brackets and quotation marks', { property: 'DisplayName', operator: 'eq', value: 'A<b>&amp;"c"' }, [4]],
    ['emoji', { property: 'DisplayName', operator: 'eq', value: '李 🎵 小龙' }, [3]],
    ['variables and code', { property: 'DisplayName', operator: 'eq', value: '$true) -or ($true; $(exit)' }, []],
    ['a wildcard', { property: 'DisplayName', operator: 'like', value: 'Ann*' }, [0, 5, 10]],
    ['a wildcard that is none', { property: 'DisplayName', operator: 'like', value: '?nn*' }, []],
    ['nothing', { property: 'ActiveSyncMailboxPolicy', operator: 'ne', value: null }, []],
    [
      'either',
      {
        any: [
          { property: 'Name', operator: 'eq', value: 'user2' },
          { property: 'Name', operator: 'eq', value: 'user3' },
        ],
      },
      [2, 3],
    ],
    [
      'not',
      {
        all: [
          { not: { property: 'Name', operator: 'like', value: 'user1*' } },
          { property: 'Name', operator: 'gt', value: 'user5' },
        ],
      },
      [6, 7, 8, 9],
    ],
  ] as const) {
    it(`${name} means what was written`, async () => {
      const mailboxes = async () => collect(getCasMailbox(peer.exchange, { filter }));
      if (expected === null) {
        assert.equal((await failure(mailboxes())).code, 'ERR_INPUT_INVALID');
        return;
      }
      assert.deepEqual(
        (await mailboxes()).map(({ id }) => id),
        expected.map(mailboxId),
      );
    });
  }
});

describe('parameters as the real engine binds them', () => {
  let peer: Peer;
  before(async () => {
    peer = await open({ echo: true });
  });
  after(() => close(peer));

  async function bound(cmdlet: string, parameters: Record<string, CmdletValue>): Promise<string | undefined> {
    const warnings: string[] = [];
    await collect(peer.exchange.invoke({ cmdlet, parameters }, { onWarning: (text) => warnings.push(text) }));
    return warnings[0];
  }

  for (const spec of CMDLETS.values()) {
    for (const without of parameterSets(spec)) {
      it(`${spec.name} takes every parameter of the catalogue${without === null ? '' : ` beside -${without}`}`, async () => {
        const names = Object.keys(spec.parameters).filter((name) => name !== without);
        const samples = names.map((name) => [name, sampleOf(spec, name)] as const);
        const parameters = Object.fromEntries(samples.map(([name, [value]]) => [name, value]));
        const expected = samples.map(([name, [, shown]]) => `-${name} ${shown}`);
        if (spec.confirmable) expected.push('-Confirm SwitchParameter=False');
        assert.equal(await bound(spec.name, parameters), expected.sort().join('; '));
      });
    }
  }

  it('a size may be unlimited', async () => {
    assert.equal(await bound('Get-User', { ResultSize: 'Unlimited' }), '-ResultSize Unlimited`1=Unlimited');
  });

  it('an edit may only add, or only remove, one or many', async () => {
    for (const [edit, shown] of [
      [{ Add: ['one'] }, '+[one] -[]'],
      [{ Remove: ['a', 'b', 'c'] }, '+[] -[a,b,c]'],
    ] as const) {
      const seen = await bound('Set-CASMailbox', { Identity: mailboxId(0), ActiveSyncBlockedDeviceIDs: edit });
      assert.match(
        seen ?? '',
        new RegExp(`-ActiveSyncBlockedDeviceIDs MultiValuedProperty\`1=${shown.replace(/[[\]+]/g, '\\$&')};`),
      );
    }
  });

  it('two ways to name a device at once are refused by the engine', async () => {
    const parameters = { Identity: deviceId(0), Mailbox: mailboxId(0) };
    const error = await failure(collect(peer.exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters })));
    assert.equal(error.details['errorId'], 'AmbiguousParameterSet,ExchangeEngine.GetMobileDevice');
  });
});

/** Identity and Mailbox name the same thing twice, so each is left out once. */
function parameterSets(spec: CmdletSpec): readonly (string | null)[] {
  return 'Mailbox' in spec.parameters ? ['Identity', 'Mailbox'] : [null];
}

/** A value for a parameter, and how the engine shows what became of it. */
function sampleOf(spec: CmdletSpec, name: string): readonly [CmdletValue, string] {
  const type = spec.parameters[name] as ParameterType;
  switch (type) {
    case 'identity':
      return identitySample(spec, name);
    case 'filter':
      return ['Guid -ne $null', 'String=Guid -ne $null'];
    case 'size':
      return [2, 'Unlimited`1=2'];
    case 'switch':
      return [true, 'SwitchParameter=True'];
    case 'bool':
      return [false, 'Boolean=False'];
    case 'text':
      return name === 'DomainController'
        ? ['dc1.contoso.example', 'Fqdn=dc1.contoso.example']
        : ['Name', 'String=Name'];
    case 'texts':
      return textsSample(name);
    case 'edit':
      return [{ Add: ['x 1', 'y'], Remove: ['z'] }, 'MultiValuedProperty`1=+[x 1,y] -[z]'];
  }
}

function identitySample({ name: cmdlet }: CmdletSpec, name: string): readonly [CmdletValue, string] {
  if (name === 'OrganizationalUnit') {
    const unit = 'OU=Users,DC=contoso,DC=example';
    return [unit, `OrganizationalUnitIdParameter=${unit}`];
  }
  if (name === 'Mailbox') return [mailboxId(2), `MailboxIdParameter=${mailboxId(2)}`];
  // By then the one before it is removed.
  if (cmdlet === 'Clear-MobileDevice') return [deviceId(3), `MobileDeviceIdParameter=${deviceId(3)}`];
  if (cmdlet.endsWith('-MobileDevice') || cmdlet.endsWith('-MobileDeviceStatistics'))
    return [deviceId(2), `MobileDeviceIdParameter=${deviceId(2)}`];
  if (cmdlet.endsWith('-CASMailbox')) return [mailboxId(2), `MailboxIdParameter=${mailboxId(2)}`];
  if (cmdlet === 'Get-ExchangeServer')
    return ['00000001-0004-0000-0000-000000000000', 'ServerIdParameter=00000001-0004-0000-0000-000000000000'];
  if (cmdlet === 'Get-DistributionGroupMember') return [GROUP, `RecipientIdParameter=${GROUP}`];
  return [mailboxId(2), `RecipientIdParameter=${mailboxId(2)}`];
}

function textsSample(name: string): readonly [CmdletValue, string] {
  if (name === 'NotificationEmailAddresses')
    return [['a@b.example', 'c@d.example'], 'MultiValuedProperty`1=[a@b.example,c@d.example]'];
  return [['UserMailbox', 'User'], `${name}[]=[UserMailbox,User]`];
}

describe('shells on the real engine', () => {
  it('stop a pipeline whose reader leaves early, and are used again', async () => {
    const peer = await open({ mailboxes: 10_000, delayMs: 20 });
    try {
      for await (const device of getMobileDevice(peer.exchange, { all: true })) {
        assert.equal(device.deviceId, easId(0));
        break;
      }
      const signals = peer.front.events.filter(({ action }) => action === 'signal').map(({ what }) => what);
      assert.equal(signals[0], Signal.stop);
      const [mailbox] = await collect(getCasMailbox(peer.exchange, { identity: mailboxId(9_999) }));
      assert.equal(mailbox?.address, 'user9999@contoso.example');
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 1);
    } finally {
      await close(peer);
    }
  });

  it('end with an aborted call', async () => {
    const peer = await open({ mailboxes: 10_000, delayMs: 20 });
    try {
      const abort = new AbortController();
      const error = await failure(
        (async () => {
          for await (const _ of getMobileDevice(peer.exchange, { all: true }, { signal: abort.signal })) abort.abort();
        })(),
      );
      assert.equal(error.code, 'ERR_ABORTED');
    } finally {
      await close(peer);
    }
  });

  it('wait for a slow cmdlet however often the server says "nothing yet"', async () => {
    const peer = await open({ mailboxes: 3, delayMs: 900 }, { operationTimeoutMs: 400 });
    try {
      assert.equal((await collect(getMobileDevice(peer.exchange, { all: true }))).length, 3);
      const timeouts = peer.front.events.filter(({ fault }) => fault === 2150858793).length;
      assert.ok(timeouts >= 3, `${timeouts} timeouts`);
    } finally {
      await close(peer);
    }
  });

  it('are replaced when their process dies', async () => {
    const peer = await open();
    try {
      await collect(getCasMailbox(peer.exchange, { identity: mailboxId(0) }));
      for (const shell of peer.front.shells.values()) shell.engine.kill();
      assert.equal((await collect(getMobileDevice(peer.exchange, { all: true }))).length, 12);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 2);
    } finally {
      await close(peer);
    }
  });

  it('do not have cmdlets the account has no role for', async () => {
    const peer = await open({ visible: ['Get-MobileDevice'] });
    try {
      assert.equal((await collect(getMobileDevice(peer.exchange, { all: true }))).length, 12);
      const error = await failure(setCasMailbox(peer.exchange, { mailboxId: mailboxId(0), blocked: { add: ['x'] } }));
      assert.equal(error.code, 'ERR_EXCHANGE_CMDLET_UNKNOWN');
      assert.equal(error.details['errorId'], 'CommandNotFoundException');
    } finally {
      await close(peer);
    }
  });

  it('work two at once, each on its own front end', async () => {
    const peer = await open({ delayMs: 5 }, { sessions: 2 });
    try {
      const readers = [1, 2].map(() => getMobileDevice(peer.exchange, { all: true }));
      const firsts = await Promise.all(readers.map((reader) => reader.next()));
      assert.deepEqual(
        firsts.map(({ value }) => value?.deviceId),
        [easId(0), easId(0)],
      );
      const shells = [...peer.front.shells.values()];
      assert.deepEqual(shells.map(({ node }) => node).sort(), ['EX1', 'EX2']);
      assert.notEqual(shells[0]?.engine.pid, shells[1]?.engine.pid);
      const rests = await Promise.all(readers.map((reader) => collect(reader)));
      assert.deepEqual(
        rests.map(({ length }) => length),
        [11, 11],
      );
      assert.deepEqual(
        peer.front.events.filter(({ fault }) => fault !== undefined && fault !== 2150858793),
        [],
      );
    } finally {
      await close(peer);
    }
  });

  it('give 20,000 devices', async () => {
    const count = 20_000;
    const peer = await open({ mailboxes: count });
    try {
      let number = 0;
      for await (const device of getMobileDevice(peer.exchange, { all: true })) {
        assert.equal(device.deviceId, easId(number));
        number++;
      }
      assert.equal(number, count);
    } finally {
      await close(peer);
    }
  });

  it('make 1,000 writes', async () => {
    const peer = await open();
    try {
      for (let number = 0; number < 1000; number++) {
        const edit = number < 500 ? { add: [`D${number}`] } : { remove: [`d${number - 500}`], add: [`E${number}`] };
        await setCasMailbox(peer.exchange, { mailboxId: mailboxId(number % 10), blocked: edit });
      }
      for (let mailbox = 0; mailbox < 10; mailbox++) {
        const { blocked } = await readMailboxLists(peer.exchange, mailboxId(mailbox));
        assert.deepEqual(
          blocked,
          Array.from({ length: 50 }, (_, at) => `E${500 + at * 10 + mailbox}`),
        );
      }
      assert.equal(peer.front.events.filter(({ action }) => action === 'command').length, 1010);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 1);
    } finally {
      await close(peer);
    }
  });

  it('refuse a wrong password', async () => {
    const peer = await open({}, { password: 'wrong' });
    try {
      const error = await failure(collect(getExchangeServer(peer.exchange)));
      assert.ok(isConnectorError(error, 'ERR_HTTP_AUTH'), error.code);
      assert.ok(!JSON.stringify([error.message, error.details]).includes('wrong'));
    } finally {
      await close(peer);
    }
  });
});
