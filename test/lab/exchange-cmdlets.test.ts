import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { readClixml, toPlain, writeClixml } from '../../src/clixml/index.ts';
import { isConnectorError } from '../../src/errors.ts';
import { CMDLETS } from '../../src/exchange/cmdlets/catalogue.ts';
import type { CmdletCall } from '../../src/exchange/transport.ts';
import { plainExchangeObject, writeExchangeObject } from '../../src/lab/exchange-clixml.ts';
import { runLabCmdlet } from '../../src/lab/exchange-cmdlets.ts';
import type { LabCall } from '../../src/lab/exchange-cmdlets.ts';
import { localText, utcText } from '../../src/lab/exchange-schema.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import { seedOrganization } from '../../src/lab/seed-organization.ts';
import { simulatedExchange } from '../../src/lab/simulated-exchange.ts';
import { collectLabCmdlet } from './collect-cmdlet.ts';
import { clixmlExchangeObject } from './exchange-object-value.ts';

function contoso() {
  const organization = new Organization({ newId: sequentialIds(), now: () => Date.UTC(2026, 4, 1, 8, 0, 0, 123) });
  const anna = organization.addMailbox({
    alias: 'anna',
    displayName: 'Anna Adler',
    upn: 'a.adler@contoso.example',
    addresses: ['adler@contoso.example'],
  });
  const ben = organization.addMailbox({ alias: 'ben', displayName: 'Ben Brandt' });
  organization.addMailbox({ alias: 'nobox', displayName: 'No Box', hasMailbox: false });
  const iphone = organization.syncPhone({
    mailbox: 'anna@contoso.example',
    deviceId: 'ApplF17XK1',
    deviceType: 'iPhone',
    model: 'iPhone17C3',
    friendlyName: 'Anna’s 🎵 <phone> _x0041_',
  }).partnership;
  assert.ok(iphone);
  const run = (cmdlet: string, parameters: LabCall['parameters'] = {}) =>
    collectLabCmdlet(organization, { cmdlet, parameters });
  return { organization, anna, ben, iphone, run };
}

describe('Get cmdlets of the lab’s Exchange', () => {
  it('put out a device as Exchange names its properties', () => {
    const { run, iphone } = contoso();
    const { outputs } = run('Get-MobileDevice');
    assert.deepEqual(
      { ...outputs[0] },
      {
        FriendlyName: 'Anna’s 🎵 <phone> _x0041_',
        DeviceId: 'ApplF17XK1',
        DeviceImei: '',
        DeviceMobileOperator: '',
        DeviceOS: '',
        DeviceOSLanguage: '',
        DeviceTelephoneNumber: '',
        DeviceType: 'iPhone',
        DeviceUserAgent: '',
        DeviceModel: 'iPhone17C3',
        FirstSyncTime: '2026-05-01T08:00:00.123Z',
        UserDisplayName: 'contoso.example/Users/Anna Adler',
        DeviceAccessState: 'Allowed',
        DeviceAccessStateReason: 'Global',
        DeviceAccessControlRule: null,
        ClientVersion: '16.1',
        ClientType: 'EAS',
        IsManaged: false,
        IsCompliant: false,
        IsDisabled: false,
        AdminDisplayName: '',
        IsValid: true,
        ExchangeVersion: '0.10 (14.0.100.0)',
        Name: 'iPhone§ApplF17XK1',
        DistinguishedName:
          'CN=iPhone§ApplF17XK1,CN=ExchangeActiveSyncDevices,CN=Anna Adler,OU=Users,DC=contoso,DC=example',
        Identity: 'contoso.example/Users/Anna Adler/ExchangeActiveSyncDevices/iPhone§ApplF17XK1',
        Guid: iphone.guid,
        ObjectCategory: 'contoso.example/Configuration/Schema/ms-Exch-Active-Sync-Device',
        ObjectClass: ['top', 'msExchActiveSyncDevice'],
        WhenChanged: '2026-05-01T09:00:00+01:00',
        WhenCreated: '2026-05-01T09:00:00+01:00',
        WhenChangedUTC: '2026-05-01T08:00:00Z',
        WhenCreatedUTC: '2026-05-01T08:00:00Z',
        OrganizationId: '',
        Id: 'contoso.example/Users/Anna Adler/ExchangeActiveSyncDevices/iPhone§ApplF17XK1',
        OriginatingServer: 'DC1.contoso.example',
        ObjectState: 'Unchanged',
      },
    );
  });

  it('give mailboxes their addresses and lists but no UPN, and users their UPN', () => {
    const { run, organization, anna } = contoso();
    organization.setCasMailbox(anna, { blocked: ['X1'] }, {});
    const [mailbox, ...others] = run('Get-CASMailbox').outputs;
    assert.equal(others.length, 1);
    assert.deepEqual(mailbox?.['EmailAddresses'], ['SMTP:anna@contoso.example', 'smtp:adler@contoso.example']);
    assert.deepEqual(
      [
        mailbox?.['ActiveSyncAllowedDeviceIDs'],
        mailbox?.['ActiveSyncBlockedDeviceIDs'],
        mailbox?.['HasActiveSyncDevicePartnership'],
      ],
      [[], ['X1'], true],
    );
    assert.equal('UserPrincipalName' in (mailbox ?? {}), false);
    assert.deepEqual(
      run('Get-User').outputs.map((user) => [user['UserPrincipalName'], user['RecipientTypeDetails']]),
      [
        ['a.adler@contoso.example', 'UserMailbox'],
        ['ben@contoso.example', 'UserMailbox'],
        ['nobox@contoso.example', 'User'],
      ],
    );
  });

  it('tell the kinds of mailboxes that Exchange knows, in the words of RecipientTypeDetails', () => {
    const { run, organization } = contoso();
    organization.addMailbox({ alias: 'info', displayName: 'Info', type: 'SharedMailbox' });
    organization.addMailbox({ alias: 'room1', displayName: 'Room 1', type: 'RoomMailbox' });
    const filter = { Filter: "(RecipientType -eq 'UserMailbox') -and (DisplayName -ne 'Anna Adler')" };
    assert.deepEqual(
      run('Get-User', filter).outputs.map((user) => [user['DisplayName'], user['RecipientTypeDetails']]),
      [
        ['Ben Brandt', 'UserMailbox'],
        ['Info', 'SharedMailbox'],
        ['Room 1', 'RoomMailbox'],
      ],
    );
    for (const cmdlet of ['Get-User', 'Get-Recipient'])
      assert.deepEqual(
        run(cmdlet, { RecipientTypeDetails: ['RoomMailbox'] }).outputs.map(({ DisplayName }) => DisplayName),
        ['Room 1'],
      );
  });

  it('find by every identity, and report one that is not there without failing', () => {
    const { run, anna, iphone } = contoso();
    for (const identity of [anna.guid, anna.distinguishedName, 'anna', 'adler@contoso.example', 'contoso\\anna']) {
      assert.equal(run('Get-CASMailbox', { Identity: identity }).outputs[0]?.['Guid'], anna.guid, identity);
    }
    for (const identity of [
      iphone.guid,
      iphone.distinguishedName,
      iphone.identity,
      'anna\\ExchangeActiveSyncDevices\\iPhone§ApplF17XK1',
    ]) {
      assert.equal(run('Get-MobileDevice', { Identity: identity }).outputs[0]?.['Guid'], iphone.guid, identity);
    }
    const { outputs, errors, failed } = run('Get-CASMailbox', { Identity: 'nobox' });
    assert.deepEqual([outputs, failed], [[], null]);
    assert.equal(
      errors[0]?.message,
      "The operation couldn't be performed because object 'nobox' couldn't be found on 'DC1.contoso.example'.",
    );
    assert.match(
      errors[0]?.fullyQualifiedErrorId ?? '',
      /^\[Server=EX1,RequestId=[0-9a-f-]{36},TimeStamp=5\/1\/2026 8:00:00 AM\] \[FailureCategory=Cmdlet-ManagementObjectNotFoundException\] [0-9A-F]{8},Microsoft\.Exchange\.Management\.RecipientTasks\.GetCASMailbox$/,
    );
  });

  it('say which identity was not found, and as what it was taken', () => {
    const { run } = contoso();
    const missing: readonly (readonly [string, LabCall['parameters'], string])[] = [
      ['Get-CASMailbox', { Identity: 'x' }, 'MailboxIdParameter'],
      ['Set-CASMailbox', { Identity: 'x', ActiveSyncEnabled: true }, 'MailboxIdParameter'],
      ['Get-MobileDevice', { Identity: 'x' }, 'MobileDeviceIdParameter'],
      ['Get-MobileDeviceStatistics', { Mailbox: 'x' }, 'MailboxIdParameter'],
      ['Remove-MobileDevice', { Identity: 'x', Confirm: false }, 'MobileDeviceIdParameter'],
    ];
    for (const [cmdlet, parameters, type] of missing) {
      const { targetName, target, targetType } = run(cmdlet, parameters).errors[0] ?? {};
      assert.deepEqual([targetName, target, targetType], ['x', 'x', type], cmdlet);
    }
  });

  it('take a null filter for none', () => {
    const { run } = contoso();
    const { outputs, failed } = run('Get-CASMailbox', { Filter: null });
    assert.deepEqual([outputs.length, failed], [2, null]);
  });

  it('fail with the first error when told to stop at errors', () => {
    const { run } = contoso();
    const gone = { Identity: 'nobox' };
    const [error] = run('Get-CASMailbox', gone).errors;
    for (const stop of [{ ErrorAction: 'Stop' }, { erroraction: 'stop' }, { ErrorAction: 1 }]) {
      const { outputs, errors, failed } = run('Get-CASMailbox', { ...gone, ...stop });
      assert.deepEqual([outputs, errors, failed?.message], [[], [], error?.message]);
    }
    assert.equal(run('Get-CASMailbox', { ...gone, ErrorAction: 'Continue' }).failed, null);
  });

  it('return everything for a null identity: the trap a client must not step into', () => {
    const { run } = contoso();
    assert.equal(run('Get-CASMailbox', { Identity: null }).outputs.length, 2);
    assert.equal(run('Get-MobileDeviceStatistics', { Identity: null }).outputs.length, 1);
    assert.equal(
      run('Set-CASMailbox', { Identity: null }).failed?.fullyQualifiedErrorId,
      'ParameterArgumentValidationErrorNullNotAllowed,Microsoft.Exchange.Management.RecipientTasks.SetCASMailbox',
    );
    assert.match(run('Get-CASMailbox', { Identity: ' ' }).failed?.message ?? '', /can't be empty/);
  });

  it('stop at 1000 with a warning unless told otherwise', () => {
    const organization = seedOrganization({ phones: 1_005, secondPhones: 0 });
    const run = (size: LabCall['parameters']) =>
      collectLabCmdlet(organization, { cmdlet: 'Get-MobileDevice', parameters: size });
    const byDefault = run({});
    assert.equal(byDefault.outputs.length, 1_000);
    assert.match(byDefault.warnings[0] ?? '', /^By default, only the first 1000 items are returned\./);
    const three = run({ ResultSize: 3 });
    assert.deepEqual(
      [three.outputs.length, three.warnings],
      [
        3,
        [
          'There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.',
        ],
      ],
    );
    const all = run({ ResultSize: 'Unlimited' });
    assert.deepEqual([all.outputs.length, all.warnings], [1_005, []]);
    assert.notEqual(run({ ResultSize: 0 }).failed, null);
  });

  it('name devices of one mailbox, of one kind, and the members of groups', () => {
    const { run, organization, anna, ben } = contoso();
    organization.syncPhone({
      mailbox: 'ben@contoso.example',
      deviceId: '5EEC',
      deviceType: 'Outlook',
      clientType: 'REST',
    });
    assert.deepEqual(
      run('Get-MobileDevice', { Mailbox: ben.guid }).outputs.map(({ Name }) => Name),
      ['REST§Outlook§5EEC'],
    );
    assert.deepEqual(
      run('Get-MobileDevice', { ActiveSync: true }).outputs.map(({ DeviceId }) => DeviceId),
      ['ApplF17XK1'],
    );
    const group = organization.addGroup({ name: 'Pilot', members: [anna] });
    assert.deepEqual(
      run('Get-DistributionGroupMember', { Identity: group.guid }).outputs.map(
        ({ PrimarySmtpAddress }) => PrimarySmtpAddress,
      ),
      ['anna@contoso.example'],
    );
    assert.deepEqual(
      run('Get-Recipient', { RecipientTypeDetails: ['MailUniversalDistributionGroup'] }).outputs.map(
        ({ Name }) => Name,
      ),
      ['Pilot'],
    );
  });

  it('tell the organization’s settings, rules and servers', () => {
    const { run, organization } = contoso();
    organization.defaultAccessLevel = 'Quarantine';
    organization.addDeviceRule({ characteristic: 'DeviceType', queryString: 'iPad', accessLevel: 'Block' });
    assert.equal(run('Get-ActiveSyncOrganizationSettings').outputs[0]?.['DefaultAccessLevel'], 'Quarantine');
    assert.deepEqual(
      run('Get-ActiveSyncDeviceAccessRule').outputs.map(({ Name, AccessLevel }) => [Name, AccessLevel]),
      [['iPad (DeviceType)', 'Block']],
    );
    assert.deepEqual(
      run('Get-ExchangeServer').outputs.map(({ Fqdn }) => Fqdn),
      ['ex1.contoso.example', 'ex2.contoso.example'],
    );
  });

  it('repair a wrong partnership flag when asked to recalculate', () => {
    const { run, anna } = contoso();
    anna.partnershipFlag = false;
    const filter = { Filter: 'HasActiveSyncDevicePartnership -eq $true' };
    assert.equal(run('Get-CASMailbox', filter).outputs.length, 0);
    run('Get-CASMailbox', { RecalculateHasActiveSyncDevicePartnership: true });
    assert.equal(run('Get-CASMailbox', filter).outputs.length, 1);
  });
});

describe('cmdlets that change something in the lab’s Exchange', () => {
  it('edit both lists in one call and log it', () => {
    const { run, organization, anna, iphone } = contoso();
    const parameters = {
      Identity: anna.guid,
      ActiveSyncBlockedDeviceIDs: { Add: ['ApplF17XK1'] },
      ActiveSyncAllowedDeviceIDs: { Remove: ['ApplF17XK1'] },
      Confirm: false,
    };
    assert.deepEqual(run('Set-CASMailbox', parameters), { outputs: [], warnings: [], errors: [], failed: null });
    assert.deepEqual([anna.blockedDeviceIds, iphone.state, iphone.reason], [['ApplF17XK1'], 'blocked', 'individual']);
    assert.deepEqual(
      organization.writes.map(({ mailbox, parameters: logged }) => ({ mailbox, logged })),
      [{ mailbox: anna.guid, logged: parameters }],
    );
    assert.deepEqual(run('Set-CASMailbox', parameters).warnings, [
      "The command completed successfully but no settings of 'contoso.example/Users/Anna Adler' have been modified.",
    ]);
  });

  it('drop a null among the values to add', () => {
    const { run, anna } = contoso();
    const { failed } = run('Set-CASMailbox', { Identity: anna.guid, ActiveSyncBlockedDeviceIDs: { Add: ['x', null] } });
    assert.deepEqual([failed, anna.blockedDeviceIds], [null, ['x']]);
  });

  it('overwrite with a plain list and clear with null', () => {
    const { run, anna } = contoso();
    run('Set-CASMailbox', { Identity: anna.guid, ActiveSyncAllowedDeviceIDs: ['a', 'b'] });
    run('Set-CASMailbox', { Identity: anna.guid, ActiveSyncAllowedDeviceIDs: 'c' });
    assert.deepEqual(anna.allowedDeviceIds, ['c']);
    run('Set-CASMailbox', { Identity: anna.guid, ActiveSyncAllowedDeviceIDs: null });
    assert.deepEqual(anna.allowedDeviceIds, []);
  });

  it('ask for confirmation, which nobody can give, before a device is removed or wiped', () => {
    const { run, organization, iphone } = contoso();
    assert.match(
      run('Remove-MobileDevice', { Identity: iphone.guid }).failed?.fullyQualifiedErrorId ?? '',
      /^HostFunctionNotImplemented,/,
    );
    assert.equal(organization.partnershipCount, 1);
    run('Clear-MobileDevice', { Identity: iphone.guid, AccountOnly: true, Confirm: false });
    assert.equal(
      run('Get-MobileDeviceStatistics', { Identity: iphone.guid }).outputs[0]?.['Status'],
      'AccountOnlyDeviceWipePending',
    );
    run('Remove-MobileDevice', { Identity: iphone.distinguishedName, Confirm: false });
    assert.equal(organization.partnershipCount, 0);
  });

  const refusals: readonly (readonly [string, string, LabCall['parameters'], string])[] = [
    ['an unknown parameter', 'Get-CASMailbox', { Foo: 'x' }, 'NamedParameterNotFound'],
    ['an ambiguous beginning of a name', 'Set-CASMailbox', { ActiveSync: 'x' }, 'AmbiguousParameter'],
    ['no identity', 'Set-CASMailbox', { ActiveSyncEnabled: true }, 'MissingMandatoryParameter'],
    ['two ways to choose', 'Get-MobileDevice', { Identity: 'x', Mailbox: 'y' }, 'AmbiguousParameterSet'],
    ['a text for a bool', 'Set-CASMailbox', { Identity: 'anna', ActiveSyncEnabled: 'true' }, 'CannotConvertArgument'],
    [
      'a null for a bool',
      'Set-CASMailbox',
      { Identity: 'anna', ActiveSyncEnabled: null },
      'ParameterArgumentValidationErrorNullNotAllowed',
    ],
    [
      'another key than Add and Remove',
      'Set-CASMailbox',
      { Identity: 'anna', ActiveSyncBlockedDeviceIDs: { Plus: ['x'] } },
      'CannotConvertArgumentNoMessage',
    ],
    [
      'a list with one id twice',
      'Set-CASMailbox',
      { Identity: 'anna', ActiveSyncBlockedDeviceIDs: ['x', 'X'] },
      'CannotConvertArgumentNoMessage',
    ],
    ['a size that is no number', 'Get-MobileDevice', { ResultSize: 'x' }, 'CannotConvertArgumentNoMessage'],
    ['a size below zero', 'Get-MobileDevice', { ResultSize: -1 }, 'CannotConvertArgumentNoMessage'],
    ['an empty identity', 'Get-CASMailbox', { Identity: '' }, 'CannotConvertArgumentNoMessage'],
    ['a list of identities', 'Get-CASMailbox', { Identity: ['anna', 'ben'] }, 'CannotConvertArgument'],
    ['a text for a switch', 'Get-MobileDevice', { ActiveSync: 'true' }, 'CannotConvertArgument'],
    ['a filter that is none', 'Get-MobileDevice', { Filter: 'DeviceId' }, 'ParameterBindingFailed'],
    [
      'a filter on what cannot be filtered',
      'Get-MobileDevice',
      { Filter: 'ObjectState -eq 1' },
      'ParameterBindingFailed',
    ],
    ['a cmdlet that does not exist', 'Get-Everything', {}, 'CommandNotFoundException'],
  ];
  for (const [title, cmdlet, parameters, errorId] of refusals) {
    it(`fail with ${errorId} for ${title}`, () => {
      const { run, organization } = contoso();
      const { failed, outputs } = run(cmdlet, parameters);
      assert.equal(failed?.fullyQualifiedErrorId.split(',')[0], errorId);
      assert.deepEqual([outputs, organization.writes], [[], []]);
    });
  }

  it('say which value could not be converted to which type', () => {
    const { run } = contoso();
    const said = (cmdlet: string, parameters: LabCall['parameters']) => {
      const { failed } = run(cmdlet, parameters);
      return [failed?.category, failed?.message];
    };
    assert.deepEqual(
      [
        said('Get-MobileDevice', { ResultSize: 'x' }),
        said('Get-MobileDevice', { ActiveSync: 'true' }),
        said('Get-CASMailbox', { Identity: ['anna', 'ben'] }),
      ],
      [
        [
          'InvalidArgument',
          `Cannot bind parameter 'ResultSize'. Cannot convert value "x" to type "Microsoft.Exchange.Data.Unlimited\`1[System.UInt32]". Error: "'x' isn't a valid value for this parameter."`,
        ],
        [
          'InvalidArgument',
          "Cannot convert 'System.String' to the type 'System.Management.Automation.SwitchParameter' required by parameter 'ActiveSync'. ",
        ],
        [
          'InvalidArgument',
          "Cannot convert 'System.Object[]' to the type 'Microsoft.Exchange.Configuration.Tasks.MailboxIdParameter' required by parameter 'Identity'. Specified method is not supported.",
        ],
      ],
    );
  });

  it('tell why two ways to choose do not go together', () => {
    assert.equal(
      contoso().run('Get-MobileDevice', { Identity: 'x', Mailbox: 'y' }).failed?.message,
      'Parameter set cannot be resolved using the specified named parameters. One or more parameters issued cannot be used together or an insufficient number of parameters were provided.',
    );
  });

  it('refuse a null identity where one is mandatory, as PowerShell’s validation does', () => {
    const { run } = contoso();
    for (const cmdlet of ['Set-CASMailbox', 'Remove-MobileDevice', 'Clear-MobileDevice']) {
      const { failed } = run(cmdlet, { Identity: null, Confirm: false });
      assert.deepEqual(
        [failed?.exceptionTypes[0], failed?.category, failed?.message],
        [
          'System.Management.Automation.ParameterBindingValidationException',
          'InvalidData',
          "Cannot bind argument to parameter 'Identity' because it is null.",
        ],
        cmdlet,
      );
    }
  });

  it('take a number for a switch', () => {
    const { run } = contoso();
    const found = (ActiveSync: number) => run('Get-MobileDevice', { ActiveSync }).outputs.length;
    assert.deepEqual([found(1), found(0)], [1, 1]);
    assert.equal(run('Get-MobileDevice', { RestApi: 1 }).outputs.length, 0);
    assert.equal(run('Get-MobileDevice', { RestApi: 0 }).outputs.length, 1);
  });

  it('show an account the cmdlets that its roles give, and of each the parameters', () => {
    const { organization } = contoso();
    const cmdlets = ['Get-MobileDevice', 'Set-CASMailbox -Identity -ActiveSyncBlockedDeviceIDs'];
    const ask = (Name: readonly string[]) =>
      collectLabCmdlet(organization, { cmdlet: 'Get-Command', parameters: { Name } }, { cmdlets });
    const { outputs, errors } = ask(['get-mobiledevice', 'Set-CASMailbox', 'Get-User']);
    assert.deepEqual(
      outputs.map(({ Name, CommandType }) => [Name, CommandType]),
      [
        ['Get-MobileDevice', 'Cmdlet'],
        ['Set-CASMailbox', 'Cmdlet'],
      ],
    );
    assert.deepEqual(Object.keys(outputs[1]?.['Parameters'] as object), ['Identity', 'ActiveSyncBlockedDeviceIDs']);
    assert.deepEqual(
      errors.map(({ fullyQualifiedErrorId, targetName }) => [fullyQualifiedErrorId, targetName]),
      [['CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand', 'Get-User']],
    );
    assert.deepEqual(
      ask(['*']).outputs.map(({ Name }) => Name),
      ['Set-CASMailbox', 'Get-MobileDevice', 'Get-Command'],
    );
    const edit = { Identity: 'anna', ActiveSyncAllowedDeviceIDs: { Add: ['X'] } };
    const call = { cmdlet: 'Set-CASMailbox', parameters: edit };
    assert.match(
      collectLabCmdlet(organization, call, { cmdlets }).failed?.message ?? '',
      /matches parameter name 'ActiveSyncAllowedDeviceIDs'/,
    );
  });

  it('tell what an account may ask for in a time, and which domains a session sees', () => {
    const { organization, anna, run } = contoso();
    organization.throttlingPolicies.push({ name: 'Two at once', scope: 'Regular', sessions: 2 });
    anna.throttlingPolicy = 'Two at once';
    const limits = run('Get-ThrottlingPolicy').outputs.map((policy) => [
      policy['ThrottlingPolicyScope'],
      policy['PowerShellMaxConcurrency'],
      policy['PowerShellMaxCmdlets'],
    ]);
    assert.deepEqual(limits, [
      ['Global', '18', 'Unlimited'],
      ['Regular', '2', null],
    ]);
    const policyOf = (Identity: string) => run('Get-ThrottlingPolicyAssociation', { Identity });
    assert.equal(policyOf('anna').outputs[0]?.['ThrottlingPolicyId'], 'Two at once');
    assert.equal(policyOf('ben').outputs[0]?.['ThrottlingPolicyId'], null);
    assert.equal(policyOf('nobody').errors.length, 1);
    const scopeOf = (viewEntireForest: boolean): readonly unknown[] => {
      const call = { cmdlet: 'Get-ADServerSettings', parameters: {} };
      const [settings] = collectLabCmdlet(organization, call, { session: { viewEntireForest } }).outputs;
      return [settings?.['ViewEntireForest'], settings?.['RecipientViewRoot']];
    };
    assert.deepEqual(
      [scopeOf(false), scopeOf(true)],
      [
        [false, 'contoso.example'],
        [true, ''],
      ],
    );
  });

  it('look unknown to an account whose role does not have them', () => {
    const { organization } = contoso();
    const { failed } = collectLabCmdlet(
      organization,
      { cmdlet: 'Clear-MobileDevice', parameters: {} },
      { cmdlets: ['Get-CASMailbox'] },
    );
    assert.match(failed?.message ?? '', /^The term 'Clear-MobileDevice' is not recognized/);
  });

  it('take a unique beginning of a parameter name in any case', () => {
    const { run } = contoso();
    assert.equal(run('get-casmailbox', { resultsi: 1 }).outputs.length, 1);
  });
});

describe('objects of the lab’s Exchange', () => {
  it('read from the wire as they are in process, every cmdlet of them', () => {
    const { organization, anna } = contoso();
    organization.addDeviceRule({ characteristic: 'DeviceType', queryString: 'iPad & "co"', accessLevel: 'Block' });
    organization.addGroup({ name: 'Pilot', members: [anna] });
    organization.addGroup({ name: 'Field', filter: "Alias -eq 'anna'" });
    const parameters: Record<string, LabCall['parameters']> = {
      'Get-DistributionGroupMember': { Identity: 'Pilot' },
      'Get-MobileDeviceStatistics': { Mailbox: 'anna' },
      'Get-MailboxRegionalConfiguration': { Identity: 'anna' },
      'Get-MailboxStatistics': { Identity: 'anna' },
    };
    const seen = new Set<string>();
    const reading = [...CMDLETS.values()].map(({ name }) => name).filter((name) => name.startsWith('Get-'));
    // Exchange Online alone has it.
    const cmdlets = reading.filter((name) => name !== 'Get-DynamicDistributionGroupMember');
    for (const cmdlet of cmdlets) {
      for (const event of runLabCmdlet(organization, { cmdlet, parameters: parameters[cmdlet] ?? {} })) {
        assert.equal(event.type, 'output');
        if (event.type !== 'output') continue;
        const xml = writeExchangeObject(event.object);
        assert.deepEqual(toPlain(readClixml(xml)), plainExchangeObject(event.object));
        assert.deepEqual(readClixml(xml), readClixml(writeClixml(clixmlExchangeObject(event.object))));
        seen.add(cmdlet);
      }
    }
    assert.deepEqual([...seen], cmdlets);
  });

  it('carry enums as name and number and lists with Exchange’s type', () => {
    const { organization } = contoso();
    const [event] = runLabCmdlet(organization, { cmdlet: 'Get-MobileDevice', parameters: {} });
    assert.equal(event?.type, 'output');
    if (event?.type !== 'output') return;
    const xml = writeExchangeObject(event.object);
    assert.match(
      xml,
      /<Obj N="DeviceAccessState" RefId="1"><TN RefId="1"><T>Microsoft\.Exchange\.Data\.Directory\.SystemConfiguration\.DeviceAccessState<\/T><T>System\.Enum<\/T><T>System\.ValueType<\/T><T>System\.Object<\/T><\/TN><ToString>Allowed<\/ToString><I32>1<\/I32><\/Obj>/,
    );
    assert.match(xml, /<S N="FriendlyName">Anna’s _xD83C__xDFB5_ &lt;phone&gt; _x005F_x0041_<\/S>/);
  });
});

describe('the simulated transport', () => {
  const all: CmdletCall = { cmdlet: 'Get-MobileDevice', parameters: { ResultSize: 'Unlimited' } };

  it('yields what the cmdlet puts out', async () => {
    const { organization } = contoso();
    const transport = simulatedExchange(organization);
    const ids: unknown[] = [];
    for await (const device of transport.invoke(all)) ids.push(device['DeviceId']);
    assert.deepEqual([transport.kind, ids], ['simulated', ['ApplF17XK1']]);
  });

  it('throws an error record at the end unless somebody listens', async () => {
    const { organization } = contoso();
    const transport = simulatedExchange(organization);
    const call = { cmdlet: 'Get-CASMailbox', parameters: { Identity: 'nobody' } };
    const drain = async (onError?: (error: Error) => void) => {
      for await (const _ of transport.invoke(call, onError === undefined ? {} : { onError })) assert.fail();
    };
    await assert.rejects(drain(), (error) => isConnectorError(error, 'ERR_EXCHANGE_CMDLET'));
    const errors: Error[] = [];
    await drain((error) => errors.push(error));
    assert.equal(errors.length, 1);
  });

  it('refuses unknown cmdlets and ends when closed', async () => {
    const { organization } = contoso();
    const transport = simulatedExchange(organization);
    const next = (call: CmdletCall) => transport.invoke(call)[Symbol.asyncIterator]().next();
    await assert.rejects(next({ cmdlet: 'Get-Nothing', parameters: {} }), (error) =>
      isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN'),
    );
    await transport.close();
    await assert.rejects(next(all), (error) => isConnectorError(error, 'ERR_ABORTED'));
  });
});

describe('times of the lab’s Exchange', () => {
  it('read as JavaScript reads them, whatever the instant', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0002-01-01'), max: new Date('9998-01-01'), noInvalidDate: true }),
        (date) => {
          assert.equal(Date.parse(utcText(date.getTime())), date.getTime());
          assert.equal(Date.parse(localText(date.getTime())), date.getTime());
        },
      ),
    );
    assert.equal(utcText(Date.UTC(2026, 4, 1, 8, 0, 0, 120)), '2026-05-01T08:00:00.12Z');
  });
});
