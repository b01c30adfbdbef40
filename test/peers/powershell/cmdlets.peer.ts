import assert from 'node:assert/strict';
import { getAcceptedDomain } from '../../../src/exchange/cmdlets/get-accepted-domain.ts';
import { getCasMailbox } from '../../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { getDynamicGroupMembers } from '../../../src/exchange/cmdlets/get-dynamic-group.ts';
import { getMailbox, getMailboxSize } from '../../../src/exchange/cmdlets/get-mailbox.ts';
import { getMobileDevice } from '../../../src/exchange/cmdlets/get-mobile-device.ts';
import { getMobileDeviceStatistics } from '../../../src/exchange/cmdlets/get-mobile-device-statistics.ts';
import { getOrganizationConfig } from '../../../src/exchange/cmdlets/get-organization-config.ts';
import {
  getActiveSyncDeviceAccessRule,
  getActiveSyncOrganizationSettings,
} from '../../../src/exchange/cmdlets/get-organization-settings.ts';
import {
  getDistributionGroupMember,
  getRecipient,
  getRecipientByAddress,
} from '../../../src/exchange/cmdlets/get-recipient.ts';
import { getMailboxLanguage } from '../../../src/exchange/cmdlets/get-regional-configuration.ts';
import { getUser } from '../../../src/exchange/cmdlets/get-user.ts';
import { clearMobileDevice, removeMobileDevice } from '../../../src/exchange/cmdlets/remove-mobile-device.ts';
import { setCasMailbox } from '../../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { readEasRecord, readMailboxLists } from '../../../src/exchange/read-mailbox.ts';
import {
  collect,
  deviceId,
  DYNAMIC_GROUP,
  easId,
  failure,
  GROUP,
  mailboxId,
  mailboxName,
  usePeer,
} from './exchange-peer.ts';

describe('Exchange-shaped cmdlets on the real engine', () => {
  const peer = usePeer();

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
    assert.deepEqual(await collect(getCasMailbox(peer().exchange, { identity: mailboxId(1) })), [expected]);
    assert.deepEqual(await collect(getCasMailbox(peer().exchange, { identity: mailboxName(1) })), [expected]);
    const all = await collect(getCasMailbox(peer().exchange, { all: true }));
    assert.deepEqual(
      all.map(({ id }) => id),
      Array.from({ length: 12 }, (_, number) => mailboxId(number)),
    );
  });

  it('give devices whose names hurt', async () => {
    const devices = await collect(getMobileDevice(peer().exchange, { all: true }));
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
    const ofMailbox = await collect(getMobileDevice(peer().exchange, { mailbox: mailboxId(3) }));
    assert.deepEqual(
      ofMailbox.map(({ id }) => id),
      [deviceId(3)],
    );
    const one = await collect(getMobileDevice(peer().exchange, { identity: ofMailbox[0]?.distinguishedName ?? '' }));
    assert.deepEqual(one, ofMailbox);
  });

  it('give statistics, with a warning on the way', async () => {
    const warnings: string[] = [];
    const statistics = await collect(
      getMobileDeviceStatistics(
        peer().exchange,
        { mailbox: mailboxId(5) },
        { onWarning: (text) => warnings.push(text) },
      ),
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
    assert.deepEqual(await collect(getRecipient(peer().exchange, { identity: mailboxId(4) })), [recipient]);
    assert.deepEqual(await collect(getRecipientByAddress(peer().exchange, 'ALIAS4@contoso.example')), [recipient]);
    assert.deepEqual(await collect(getUser(peer().exchange, { identity: mailboxName(4) })), [
      {
        id: mailboxId(4),
        distinguishedName: mailboxName(4),
        upn: 'user4@corp.contoso.example',
        displayName: 'A<b>&amp;"c"',
        type: 'UserMailbox',
      },
    ]);
    const members = await collect(getDistributionGroupMember(peer().exchange, GROUP));
    assert.deepEqual(
      members.map(({ id }) => id),
      [0, 1, 2].map(mailboxId),
    );
  });

  it('give the members of a dynamic group, whose filter goes back as it came', async () => {
    const members = await collect(getDynamicGroupMembers(peer().exchange, DYNAMIC_GROUP));
    assert.deepEqual(
      members.map(({ id }) => id),
      [0, 2, 3, 4, 5, 6, 7, 8, 9].map(mailboxId),
    );
  });

  it('tell of a mailbox whether its account is disabled, how full it is, and the language of its owner', async () => {
    const { exchange } = peer();
    assert.deepEqual(await getMailbox(exchange, mailboxId(3)), {
      id: mailboxId(3),
      distinguishedName: mailboxName(3),
      isDisabled: false,
      isHidden: false,
      usesDatabaseQuota: false,
      sendQuota: 1_500_000_000,
    });
    assert.deepEqual(await getMailbox(exchange, mailboxName(4)), {
      id: mailboxId(4),
      distinguishedName: mailboxName(4),
      isDisabled: true,
      isHidden: false,
      usesDatabaseQuota: true,
      sendQuota: 'unlimited',
    });
    assert.deepEqual(await getMailboxSize(exchange, mailboxId(3)), {
      bytes: 1_234_567_890,
      databaseSendQuota: 2_147_483_648,
    });
    const warnings: string[] = [];
    assert.equal(await getMailboxSize(exchange, mailboxId(2), { onWarning: (text) => warnings.push(text) }), null);
    assert.match(warnings.join(), /hasn't logged on/);
    const languages = [3, 4, 5].map((number) => getMailboxLanguage(exchange, mailboxId(number)));
    assert.deepEqual(await Promise.all(languages), ['de-AT', 'en-US', null]);
  });

  it('give the mail domains that Exchange takes mail for', async () => {
    assert.deepEqual(await collect(getAcceptedDomain(peer().exchange)), [
      { name: 'contoso.example', type: 'Authoritative', isDefault: true },
      { name: '*.branch.example', type: 'InternalRelay', isDefault: false },
      { name: 'partner.example', type: 'ExternalRelay', isDefault: false },
    ]);
  });

  it('give the organization, its rules and its servers', async () => {
    assert.deepEqual(await getOrganizationConfig(peer().exchange), {
      guid: '00000001-0005-0000-0000-000000000000',
      name: 'Contoso',
    });
    assert.deepEqual(await getActiveSyncOrganizationSettings(peer().exchange), {
      defaultAccessLevel: 'Quarantine',
      adminMailRecipients: ['admin@contoso.example', 'mobile@contoso.example'],
      userMailInsert: 'Call the desk: <1234> & ask.',
    });
    assert.deepEqual(await collect(getActiveSyncDeviceAccessRule(peer().exchange)), [
      { name: 'SM-S931B (DeviceModel)', characteristic: 'DeviceModel', queryString: 'SM-S931B', accessLevel: 'Block' },
      {
        name: 'iOS 19.1 23B85 (DeviceOS)',
        characteristic: 'DeviceOS',
        queryString: 'iOS 19.1 23B85',
        accessLevel: 'Allow',
      },
    ]);
    const servers = await collect(peer().exchange.invoke({ cmdlet: 'Get-ExchangeServer', parameters: {} }));
    assert.deepEqual(
      servers.map(({ Name, Fqdn, AdminDisplayVersion }) => [Name, Fqdn, AdminDisplayVersion]),
      [1, 2].map((number) => [`EX${number}`, `ex${number}.contoso.example`, 'Version 15.2 (Build 1544.4)']),
    );
  });

  it('edit the lists by Add and Remove and leave the rest alone', async () => {
    const id = mailboxId(7);
    await setCasMailbox(peer().exchange, {
      mailboxId: id,
      allowed: { add: ['a b;$(x)', "o'x", 'z_x0041_'] },
      blocked: { add: ['B1', 'B2'] },
    });
    assert.deepEqual(await readMailboxLists(peer().exchange, id), {
      allowed: ['ADMIN7', 'a b;$(x)', "o'x", 'z_x0041_'],
      blocked: ['B1', 'B2'],
    });
    await setCasMailbox(peer().exchange, {
      mailboxId: id,
      allowed: { remove: ["O'X"], add: ['b1'] },
      blocked: { remove: ['B1'] },
    });
    assert.deepEqual(await readMailboxLists(peer().exchange, id), {
      allowed: ['ADMIN7', 'a b;$(x)', 'z_x0041_', 'b1'],
      blocked: ['B2'],
    });
    const warnings: string[] = [];
    await setCasMailbox(
      peer().exchange,
      { mailboxId: id, blocked: { add: ['B2'] } },
      { onWarning: (text) => warnings.push(text) },
    );
    assert.deepEqual(warnings, [
      "The command completed successfully but no settings of 'contoso.example/Users/user7' have been modified.",
    ]);
  });

  it('wipe and remove devices without asking, with progress and warnings', async () => {
    const seen: unknown[] = [];
    await clearMobileDevice(peer().exchange, deviceId(8), {
      accountOnly: true,
      onWarning: (text) => seen.push(text),
      onProgress: (activity, percent) => seen.push([activity, percent]),
    });
    assert.deepEqual(seen, [['Clear-MobileDevice', 50], 'Account only will be wiped; told: nobody.']);
    const [statistics] = await collect(getMobileDeviceStatistics(peer().exchange, { identity: deviceId(8) }));
    assert.equal(statistics?.wipeRequestedAt, '2026-05-02T09:30:00.000Z');
    await removeMobileDevice(peer().exchange, deviceId(9));
    assert.deepEqual(await collect(getMobileDevice(peer().exchange, { mailbox: mailboxId(9) })), []);
    await assert.rejects(removeMobileDevice(peer().exchange, deviceId(9)), { code: 'ERR_EXCHANGE_CMDLET' });
  });

  it('report an object that is not there as Exchange does, and the session goes on', async () => {
    const nobody = '99999999-0000-0000-0000-000000000000';
    const error = await failure(readMailboxLists(peer().exchange, nobody));
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
    assert.equal(await readEasRecord(peer().exchange, { organization: 'org', mailboxId: nobody, easId: 'x' }), null);
    const shells = peer().front.events.filter(({ action }) => action === 'create').length;
    assert.equal(shells, 1);
  });

  it('say when there is more than was asked for', async () => {
    const warnings: string[] = [];
    const devices = await collect(
      getMobileDevice(peer().exchange, { all: true, resultSize: 3 }, { onWarning: (text) => warnings.push(text) }),
    );
    assert.equal(devices.length, 3);
    assert.deepEqual(warnings, [
      'There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.',
    ]);
  });

  it('refuse a filter by a property they do not know', async () => {
    const filter = { property: 'NoSuchProperty', operator: 'eq', value: 1 } as const;
    const error = await failure(collect(getMobileDevice(peer().exchange, { filter })));
    assert.equal(error.code, 'ERR_EXCHANGE_CMDLET');
    assert.equal(error.details['errorId'], 'Cmdlet-InvalidFilter,ExchangeEngine.GetMobileDevice');
  });
});
