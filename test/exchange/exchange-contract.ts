/** What every way to an Exchange organization must do, run against each of them. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { isConnectorError } from '../../src/errors.ts';
import { getAcceptedDomain } from '../../src/exchange/cmdlets/get-accepted-domain.ts';
import { getCasMailbox } from '../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { lastAttemptsOf } from '../../src/exchange/last-attempts.ts';
import { getMobileDeviceStatistics } from '../../src/exchange/cmdlets/get-mobile-device-statistics.ts';
import { getMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import {
  getActiveSyncDeviceAccessRule,
  getActiveSyncOrganizationSettings,
} from '../../src/exchange/cmdlets/get-organization-settings.ts';
import { getDistributionGroupMember, getRecipientByAddress } from '../../src/exchange/cmdlets/get-recipient.ts';
import { getMailboxLanguage } from '../../src/exchange/cmdlets/get-regional-configuration.ts';
import { getUser } from '../../src/exchange/cmdlets/get-user.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import { mailboxStateOf } from '../../src/exchange/mailbox-state.ts';
import type { MailboxState } from '../../src/exchange/mailbox-state.ts';
import { readGroupMembers } from '../../src/exchange/group-members.ts';
import { editMailboxLists, readEasRecord, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { CmdletTransport } from '../../src/exchange/transport.ts';
import { Organization } from '../../src/lab/organization.ts';
import type { Mailbox } from '../../src/lab/mailboxes.ts';
import { collect } from './scripted-exchange.ts';

/** The organization the contract is run on: two users with phones, one whose names hurt, one without a phone. */
export function contractOrganization(): Organization {
  const organization = new Organization();
  organization.addMailbox({ alias: 'ann', displayName: 'Ann Müller', upn: 'ann@corp.contoso.example' });
  organization.addMailbox({ alias: 'bob', displayName: "O'Brien, Bob <admin> \u{1F3B5}" });
  organization.addMailbox({ alias: 'cleo', displayName: 'Cleo' });
  for (const [mailbox, deviceId, friendlyName] of [
    ['ann', 'ApplANN1', 'Ann’s phone'],
    ['bob', 'SEC0BOB1', '_x0041_ ]]> &amp; \u{1F4F1}'],
    ['bob', 'androidc2', ''],
  ] as const) {
    organization.syncPhone({
      mailbox: `${mailbox}@contoso.example`,
      deviceId,
      deviceType: deviceId.startsWith('Appl') ? 'iPhone' : 'Android',
      model: 'Model 1',
      os: 'OS 19.1',
      userAgent: 'Agent/1.0',
      friendlyName,
    });
  }
  return organization;
}

function mailboxOf(organization: Organization, alias: string): Mailbox {
  const mailbox = organization.mailboxByAddress(`${alias}@contoso.example`);
  assert.ok(mailbox);
  return mailbox;
}

/** Adds the contract's tests. `open` gives a transport to the organization; each test closes its own. */
export function exchangeContract(open: (organization: Organization) => Promise<CmdletTransport>): void {
  async function withExchange(
    test: (exchange: CmdletTransport, organization: Organization) => Promise<void>,
  ): Promise<void> {
    const organization = contractOrganization();
    const exchange = await open(organization);
    try {
      await test(exchange, organization);
    } finally {
      await exchange.close();
    }
  }

  it('reads every EAS record with its mailbox', async () => {
    await withExchange(async (exchange, organization) => {
      const warnings: string[] = [];
      const onWarning = (text: string) => void warnings.push(text);
      const pages = await collect(
        readEasRecords(exchange, { organization: 'org', kind: 'full', pageSize: 2, onWarning }),
      );
      const ann = mailboxOf(organization, 'ann');
      assert.deepEqual(warnings, []);
      assert.deepEqual(
        pages.map((page) => [page.records.length, page.last, page.total]),
        [
          [2, false, undefined],
          [1, true, 3],
        ],
      );
      const records = pages.flatMap((page) => page.records).sort((a, b) => a.easId.localeCompare(b.easId));
      assert.deepEqual(
        records.map((record) => [
          record.easId,
          record.mailbox.displayName,
          record.mailbox.upn,
          record.device.friendlyName,
        ]),
        [
          ['androidc2', "O'Brien, Bob <admin> \u{1F3B5}", 'bob@contoso.example', null],
          ['ApplANN1', 'Ann Müller', 'ann@corp.contoso.example', 'Ann’s phone'],
          ['SEC0BOB1', "O'Brien, Bob <admin> \u{1F3B5}", 'bob@contoso.example', '_x0041_ ]]> &amp; \u{1F4F1}'],
        ],
      );
      assert.deepEqual(records[1]?.mailbox.id, ann.guid);
      assert.deepEqual(records[1]?.access, { state: 'allowed', reason: 'global', listed: null });
      assert.match(records[1]?.firstSyncAt ?? '', /^\d{4}-\d\d-\d\dT.*Z$/);
    });
  });

  it('blocks and releases a device by its mailbox’s lists, and reads it back', async () => {
    await withExchange(async (exchange, organization) => {
      const mailboxId = mailboxOf(organization, 'bob').guid;
      const wanted = { organization: 'org', mailboxId, easId: 'sec0bob1' };
      assert.equal(await editMailboxLists(exchange, { mailboxId, blocked: { add: ['SEC0BOB1', 'x;$(y) z'] } }), 'done');
      assert.deepEqual(await readMailboxLists(exchange, mailboxId), { allowed: [], blocked: ['SEC0BOB1', 'x;$(y) z'] });
      assert.deepEqual((await readEasRecord(exchange, wanted))?.access, {
        state: 'blocked',
        reason: 'individual',
        listed: 'blocked',
      });
      const back = { mailboxId, blocked: { remove: ['SEC0BOB1'] }, allowed: { add: ['SEC0BOB1'] } };
      assert.equal(await editMailboxLists(exchange, back), 'done');
      assert.deepEqual((await readEasRecord(exchange, wanted))?.access, {
        state: 'allowed',
        reason: 'individual',
        listed: 'allowed',
      });
      assert.equal(organization.writes.length, 2);
    });
  });

  it('reads quickly what changed, and what is asked for again', async () => {
    await withExchange(async (exchange, organization) => {
      const mailboxId = mailboxOf(organization, 'bob').guid;
      const quick = { organization: 'org', kind: 'quick' } as const;
      const future = new Date(organization.now() + 86_400_000).toISOString();
      const past = new Date(organization.now() - 60_000).toISOString();
      const keys = [`eas:org:${mailboxId}:androidc2`, `eas:org:${mailboxId}:gone`];
      const none = await collect(readEasRecords(exchange, { ...quick, since: future }));
      // Only Exchange on premises has a forest.
      const view = exchange.kind === 'remote-powershell' ? { view: 'forest' } : {};
      assert.deepEqual(none, [{ records: [], page: 0, last: true, total: 0, ...view }]);
      const changed = await collect(readEasRecords(exchange, { ...quick, since: past }));
      assert.deepEqual(changed.flatMap((page) => page.records.map((record) => record.easId)).sort(), [
        'ApplANN1',
        'SEC0BOB1',
        'androidc2',
      ]);
      const again = await collect(readEasRecords(exchange, { ...quick, since: future, keys }));
      assert.deepEqual(
        again.map((page) => [page.records.map((record) => record.key), page.gone]),
        [[[keys[0]], [keys[1]]]],
      );
    });
  });

  it('makes one record of one EAS ID under two device types, whose lists hold for both', async () => {
    await withExchange(async (exchange, organization) => {
      const ann = mailboxOf(organization, 'ann');
      const phone = { mailbox: 'ann@contoso.example', deviceId: 'APPLann1', deviceType: 'Android', model: 'Pixel 9' };
      // Of two that began at once nobody knows which is the newer one.
      await setTimeout(5);
      organization.syncPhone(phone);
      assert.equal(ann.partnerships.length, 2);
      await editMailboxLists(exchange, { mailboxId: ann.guid, blocked: { add: ['ApplANN1'] } });
      const readings = [{ kind: 'full' }, { kind: 'quick', since: new Date().toISOString() }] as const;
      for (const reading of readings) {
        const pages = await collect(readEasRecords(exchange, { organization: 'org', ...reading }));
        const records = new Map(pages.flatMap((page) => page.records).map((record) => [record.key, record]));
        const { device, access, partnerships } = records.get(`eas:org:${ann.guid}:applann1`)!;
        assert.deepEqual(
          { of: records.size, total: pages.at(-1)?.total, model: device.model, access },
          { of: 3, total: 3, model: 'Pixel 9', access: { state: 'blocked', reason: 'individual', listed: 'blocked' } },
        );
        assert.deepEqual(
          partnerships?.map(({ deviceType, state }) => [deviceType, state]),
          [
            ['Android', 'blocked'],
            ['iPhone', 'blocked'],
          ],
        );
      }
    });
  });

  it('runs every reading cmdlet of the catalogue', async () => {
    await withExchange(async (exchange, organization) => {
      const ann = mailboxOf(organization, 'ann');
      const [mailbox] = await collect(getCasMailbox(exchange, { identity: ann.guid }));
      assert.deepEqual([mailbox?.id, mailbox?.address], [ann.guid, 'ann@contoso.example']);
      const byName = await collect(getCasMailbox(exchange, { identity: mailbox?.distinguishedName ?? '' }));
      assert.deepEqual(byName, [mailbox]);
      const [device] = await collect(getMobileDevice(exchange, { mailbox: ann.guid }));
      assert.equal(device?.deviceId, 'ApplANN1');
      assert.deepEqual(await collect(getMobileDevice(exchange, { identity: device?.distinguishedName ?? '' })), [
        device,
      ]);
      const statistics = await collect(getMobileDeviceStatistics(exchange, { mailbox: ann.guid }));
      assert.deepEqual(
        statistics.map((one) => one.deviceId),
        ['ApplANN1'],
      );
      const { lastSyncAttemptAt, lastSuccessfulSyncAt } = organization.partnership('ann@contoso.example', 'ApplANN1')!;
      const at = new Date(Math.max(lastSyncAttemptAt!, lastSuccessfulSyncAt!)).toISOString();
      assert.deepEqual(await lastAttemptsOf(exchange, ann.guid), [{ easId: 'ApplANN1', at }]);
      assert.deepEqual(await lastAttemptsOf(exchange, '00000000-0000-4000-8000-00000000dead'), []);
      const recipients = await collect(getRecipientByAddress(exchange, 'ann@contoso.example'));
      assert.deepEqual(
        recipients.map((one) => [one.id, one.recipientType]),
        [[ann.guid, 'UserMailbox']],
      );
      const filter = { property: 'UserPrincipalName', operator: 'eq', value: 'ann@corp.contoso.example' } as const;
      assert.deepEqual(
        (await collect(getUser(exchange, { filter }))).map((one) => one.id),
        [ann.guid],
      );
      assert.equal((await getActiveSyncOrganizationSettings(exchange))?.defaultAccessLevel, 'Allow');
      assert.deepEqual(await collect(getActiveSyncDeviceAccessRule(exchange)), []);
      assert.ok((await collect(exchange.invoke({ cmdlet: 'Get-ExchangeServer', parameters: {} }))).length > 0);
      organization.acceptedDomains.push({ name: 'partner.example', type: 'InternalRelay' });
      assert.deepEqual(await collect(getAcceptedDomain(exchange)), [
        { name: 'contoso.example', type: 'Authoritative', isDefault: true },
        { name: 'partner.example', type: 'InternalRelay', isDefault: false },
      ]);
      const group = organization.addGroup({ name: 'Pilots', members: [ann] } as never);
      const members = await collect(
        getDistributionGroupMember(exchange, (group as { guid?: string; id?: string }).guid ?? ''),
      );
      assert.deepEqual(
        members.map((one) => one.id),
        [ann.guid],
      );
    });
  });

  it('tells who is in a group: a list, a group within it, and a dynamic one whose filter it evaluates itself', async () => {
    await withExchange(async (exchange, organization) => {
      const [ann, bob] = [mailboxOf(organization, 'ann'), mailboxOf(organization, 'bob')];
      const filter = "(RecipientTypeDetails -eq 'UserMailbox') -and (DisplayName -like 'Cl*' -or Alias -eq 'bob')";
      const dynamic = organization.addGroup({ name: 'Field staff', filter });
      const inner = organization.addGroup({ name: 'Inner', members: [ann, dynamic] });
      const outer = organization.addGroup({ name: 'Outer', members: [inner, bob] });
      const membersOf = async (group: string): Promise<string[]> =>
        (await collect(readGroupMembers(exchange, group))).map(({ address }) => address ?? '').sort();
      const [annAt, bobAt, cleoAt] = ['ann', 'bob', 'cleo'].map((alias) => `${alias}@contoso.example`) as [
        string,
        string,
        string,
      ];
      assert.deepEqual(await membersOf(dynamic.address), [bobAt, cleoAt]);
      assert.deepEqual(await membersOf(dynamic.guid), [bobAt, cleoAt]);
      assert.deepEqual(await membersOf(inner.guid), [annAt, bobAt, cleoAt]);
      assert.deepEqual(await membersOf(outer.address), [annAt, bobAt, bobAt, cleoAt]);
      await assert.rejects(membersOf('nobody@contoso.example'), { code: 'ERR_DIRECTORY_UNREADABLE' });
      await assert.rejects(membersOf('00000000-0000-4000-8000-00000000dead'), { code: 'ERR_EXCHANGE_CMDLET' });
    });
  });

  it('tells whether a mailbox can be used: disabled, hidden, full by its own limit or its database’s', async () => {
    await withExchange(async (exchange, organization) => {
      const cleo = mailboxOf(organization, 'cleo');
      const seen = (): Promise<MailboxState> => mailboxStateOf(exchange, cleo.guid);
      assert.deepEqual(await seen(), { isDisabled: false, isHidden: false, isFull: false });
      Object.assign(cleo, { accountDisabled: true, hiddenFromAddressLists: true, bytes: 3_000_000_000 });
      assert.deepEqual(await seen(), { isDisabled: true, isHidden: true, isFull: true });
      cleo.sendQuota = 5_368_709_120;
      assert.equal((await seen()).isFull, false);
      cleo.sendQuota = 2_999_999_999;
      assert.equal((await seen()).isFull, true);
    });
  });

  it('tells in which language the owner of a mailbox reads, once they have chosen one', async () => {
    await withExchange(async (exchange, organization) => {
      const cleo = mailboxOf(organization, 'cleo');
      assert.equal(await getMailboxLanguage(exchange, cleo.guid), null);
      cleo.language = 'de-AT';
      assert.equal(await getMailboxLanguage(exchange, cleo.guid), 'de-AT');
      cleo.language = 'not a language';
      assert.equal(await getMailboxLanguage(exchange, cleo.guid), null);
    });
  });

  it('says what is not there, in a way that can be told from other failures', async () => {
    await withExchange(async (exchange) => {
      const nobody = 'deadbeef-0000-4000-8000-000000000000';
      await assert.rejects(readMailboxLists(exchange, nobody), (error) =>
        isConnectorError(error, 'ERR_EXCHANGE_CMDLET'),
      );
      assert.equal(await readEasRecord(exchange, { organization: 'org', mailboxId: nobody, easId: 'x' }), null);
    });
  });

  it('stops when the consumer leaves, and goes on working', async () => {
    await withExchange(async (exchange) => {
      for (let round = 0; round < 5; round++) {
        for await (const _ of exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters: { ResultSize: 'Unlimited' } }))
          break;
      }
      assert.equal((await collect(getMobileDevice(exchange, { all: true }))).length, 3);
    });
  });

  it('stops when its signal fires', async () => {
    await withExchange(async (exchange) => {
      const stop = new AbortController();
      stop.abort();
      await assert.rejects(collect(getMobileDevice(exchange, { all: true }, { signal: stop.signal })), (error) =>
        isConnectorError(error, 'ERR_ABORTED'),
      );
    });
  });
}
