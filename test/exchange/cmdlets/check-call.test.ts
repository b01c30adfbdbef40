import assert from 'node:assert/strict';
import { isConnectorError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { CMDLETS } from '../../../src/exchange/cmdlets/catalogue.ts';
import { checkCall } from '../../../src/exchange/cmdlets/check-call.ts';
import type { CmdletValue } from '../../../src/exchange/transport.ts';

const ID = '0F8FAD5B-D9CB-469F-A165-70867728950E';
const refuses = (code: ErrorCode, cmdlet: string, parameters: Record<string, unknown>) => {
  assert.throws(
    () => checkCall({ cmdlet, parameters: parameters as Record<string, CmdletValue> }),
    (error) => isConnectorError(error, code),
  );
};

describe('check of a cmdlet call', () => {
  it('knows the cmdlets of the catalogue and no other', () => {
    assert.deepEqual(
      [...CMDLETS.values()].map((spec) => spec.name),
      [
        'Get-CASMailbox',
        'Get-MobileDevice',
        'Get-MobileDeviceStatistics',
        'Get-Recipient',
        'Get-Mailbox',
        'Get-MailboxRegionalConfiguration',
        'Get-MailboxStatistics',
        'Get-User',
        'Get-OrganizationConfig',
        'Get-AcceptedDomain',
        'Get-ActiveSyncOrganizationSettings',
        'Get-ActiveSyncDeviceAccessRule',
        'Get-ExchangeServer',
        'Get-DistributionGroupMember',
        'Get-DynamicDistributionGroup',
        'Get-DynamicDistributionGroupMember',
        'Get-Command',
        'Get-ThrottlingPolicyAssociation',
        'Get-ThrottlingPolicy',
        'Get-ADServerSettings',
        'Set-ADServerSettings',
        'Set-CASMailbox',
        'Remove-MobileDevice',
        'Clear-MobileDevice',
      ],
    );
  });

  it('spells names as the catalogue does and leaves out switches that are off', () => {
    const { cmdlet, parameters } = checkCall({
      cmdlet: 'get-mobiledevice',
      parameters: { mailbox: ID, RESULTSIZE: 'unlimited', activesync: true, RestApi: false },
    });
    assert.deepEqual(
      { cmdlet, parameters },
      {
        cmdlet: 'Get-MobileDevice',
        parameters: { Mailbox: ID.toLowerCase(), ResultSize: 'Unlimited', ActiveSync: true },
      },
    );
  });

  it('sends Confirm false with a change, whatever was asked', () => {
    const call = {
      cmdlet: 'Set-CASMailbox',
      parameters: { Identity: ID, ActiveSyncBlockedDeviceIDs: { Add: ['A1'], Remove: [] }, Confirm: true },
    };
    assert.deepEqual(checkCall(call).parameters, {
      Identity: ID.toLowerCase(),
      ActiveSyncBlockedDeviceIDs: { Add: ['A1'] },
      Confirm: false,
    });
  });

  it('lets a device be removed or wiped only after an opt-in', () => {
    refuses('ERR_EXCHANGE_CMDLET_REFUSED', 'Clear-MobileDevice', { Identity: ID });
    refuses('ERR_EXCHANGE_CMDLET_REFUSED', 'Remove-MobileDevice', { Identity: ID });
    const call = checkCall({ cmdlet: 'Remove-MobileDevice', parameters: { Identity: ID } }, { allowDestructive: true });
    assert.deepEqual(call.parameters, { Identity: ID.toLowerCase(), Confirm: false });
  });

  for (const cmdlet of [
    'Get-MailboxPermission',
    'Invoke-Expression',
    '',
    'Get-User; Get-User',
    'constructor',
    '__proto__',
    ' Get-User',
  ]) {
    it(`refuses the cmdlet ${JSON.stringify(cmdlet)}`, () => refuses('ERR_EXCHANGE_CMDLET_REFUSED', cmdlet, {}));
  }

  for (const name of [
    '-Filter',
    'Filter:',
    'Filter ',
    'Fil-ter',
    '',
    'Bypass',
    'ErrorAction',
    'OutVariable',
    '__proto__',
    'constructor',
    'Ｆilter',
  ]) {
    it(`refuses the parameter ${JSON.stringify(name)}`, () => {
      refuses('ERR_EXCHANGE_CMDLET_REFUSED', 'Get-MobileDevice', Object.fromEntries([[name, 'x']]));
    });
  }

  it('refuses one parameter in two spellings', () => {
    refuses('ERR_EXCHANGE_CMDLET_REFUSED', 'Get-MobileDevice', { Mailbox: ID, mailbox: ID });
  });

  for (const identity of [
    '',
    ' ',
    null,
    undefined,
    'user@contoso.example',
    '*',
    'CN=*,DC=x',
    'Ann',
    '00000000-0000-0000-0000-000000000000',
    {},
    [ID],
    5,
    'CN=a\0b,DC=x',
    'CN=,DC=x',
  ]) {
    it(`refuses the identity ${JSON.stringify(identity) ?? 'undefined'}`, () => {
      refuses('ERR_EXCHANGE_IDENTITY', 'Get-CASMailbox', { Identity: identity });
      refuses('ERR_EXCHANGE_IDENTITY', 'Set-CASMailbox', {
        Identity: identity,
        ActiveSyncBlockedDeviceIDs: { Add: ['x'] },
      });
    });
  }

  it('refuses a change that names nobody', () => {
    refuses('ERR_EXCHANGE_IDENTITY', 'Set-CASMailbox', { ActiveSyncBlockedDeviceIDs: { Add: ['x'] } });
    refuses('ERR_EXCHANGE_IDENTITY', 'Get-MobileDeviceStatistics', {});
  });

  for (const list of [
    ['A'],
    null,
    'A',
    {},
    { Add: [] },
    { Set: ['A'] },
    { Add: 'A' },
    { Add: [''] },
    { Add: ['a\0b'] },
    { Add: ['x'.repeat(1025)] },
    { Remove: ['half \ud83c'] },
    { Add: [1] },
  ]) {
    it(`refuses ${JSON.stringify(list)} for a list, which only Add and Remove may edit`, () => {
      refuses('ERR_EXCHANGE_CMDLET_REFUSED', 'Set-CASMailbox', { Identity: ID, ActiveSyncAllowedDeviceIDs: list });
    });
  }

  it('writes a filter anew, so that only what was understood goes out', () => {
    const { parameters } = checkCall({
      cmdlet: 'Get-MobileDevice',
      parameters: { Filter: '( (DeviceType   -EQ "iPhone") )' },
    });
    assert.deepEqual(parameters, { Filter: "DeviceType -eq 'iPhone'" });
    refuses('ERR_INPUT_INVALID', 'Get-MobileDevice', { Filter: 'DeviceType -eq $(Get-Date)' });
  });

  for (const size of [0, -1, 1.5, '10', 'All', null]) {
    it(`refuses the result size ${JSON.stringify(size)}`, () =>
      refuses('ERR_EXCHANGE_CMDLET_REFUSED', 'Get-User', { ResultSize: size }));
  }
});
