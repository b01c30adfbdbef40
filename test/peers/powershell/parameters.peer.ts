import assert from 'node:assert/strict';
import { CMDLETS } from '../../../src/exchange/cmdlets/catalogue.ts';
import type { CmdletSpec, ParameterType } from '../../../src/exchange/cmdlets/catalogue.ts';
import type { CmdletValue } from '../../../src/exchange/transport.ts';
import { collect, deviceId, DYNAMIC_GROUP, failure, GROUP, mailboxId, usePeer } from './exchange-peer.ts';

describe('parameters as the real engine binds them', () => {
  const peer = usePeer({ echo: true });

  async function bound(cmdlet: string, parameters: Record<string, CmdletValue>): Promise<string | undefined> {
    const warnings: string[] = [];
    await collect(peer().exchange.invoke({ cmdlet, parameters }, { onWarning: (text) => warnings.push(text) }));
    return warnings[0];
  }

  // Get-Command is the engine's own and does not say what it was given.
  for (const spec of [...CMDLETS.values()].filter(({ name }) => name !== 'Get-Command')) {
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
    const error = await failure(collect(peer().exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters })));
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
      return textSample(name);
    case 'texts':
      return textsSample(name);
    default:
      return [{ Add: ['x 1', 'y'], Remove: ['z'] }, 'MultiValuedProperty`1=+[x 1,y] -[z]'];
  }
}

function textSample(name: string): readonly [CmdletValue, string] {
  if (name === 'DomainController') return ['dc1.contoso.example', 'Fqdn=dc1.contoso.example'];
  if (name === 'OrganizationalUnit')
    return ['contoso.example/Users', 'OrganizationalUnitIdParameter=contoso.example/Users'];
  if (name === 'RecipientPreviewFilter') return ["(Name -eq 'user1')", "String=(Name -eq 'user1')"];
  return ['Name', 'String=Name'];
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
  if (/-(?:CAS)?Mailbox(?:Statistics|RegionalConfiguration)?$/.test(cmdlet))
    return [mailboxId(2), `MailboxIdParameter=${mailboxId(2)}`];
  if (cmdlet === 'Get-ThrottlingPolicyAssociation')
    return [mailboxId(2), `ThrottlingPolicyAssociationIdParameter=${mailboxId(2)}`];
  if (cmdlet === 'Get-ExchangeServer')
    return ['00000001-0004-0000-0000-000000000000', 'ServerIdParameter=00000001-0004-0000-0000-000000000000'];
  if (cmdlet === 'Get-DistributionGroupMember') return [GROUP, `RecipientIdParameter=${GROUP}`];
  if (cmdlet.startsWith('Get-Dynamic')) return [DYNAMIC_GROUP, `RecipientIdParameter=${DYNAMIC_GROUP}`];
  return [mailboxId(2), `RecipientIdParameter=${mailboxId(2)}`];
}

function textsSample(name: string): readonly [CmdletValue, string] {
  if (name === 'NotificationEmailAddresses')
    return [['a@b.example', 'c@d.example'], 'MultiValuedProperty`1=[a@b.example,c@d.example]'];
  return [['UserMailbox', 'User'], `${name}[]=[UserMailbox,User]`];
}
