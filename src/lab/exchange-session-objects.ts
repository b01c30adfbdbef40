/** Commands, the settings of a session and throttling policies as Exchange's sessions put them out. */
import { domainComponents } from './directory-names.ts';
import { directoryColumns, presentationTypes } from './exchange-directory-columns.ts';
import { COMMAND_TYPE, THROTTLING_POLICY_SCOPE } from './exchange-enums.ts';
import type { LabCmdlet } from './exchange-cmdlet.ts';
import type { Column, Schema } from './exchange-schema.ts';
import type { Mailbox } from './mailboxes.ts';
import type { LabThrottlingPolicy } from './throttling-policy.ts';

/** What the engine writes in the place of a parameter's description. */
const METADATA = 'System.Management.Automation.ParameterMetadata';

/** Get-Command: a cmdlet as the engine describes it, with the parameters that the account may use. */
export const COMMAND: Schema<LabCmdlet> = {
  typeNames: ['System.Management.Automation.CmdletInfo', 'System.Management.Automation.CommandInfo', 'System.Object'],
  text: ({ name }) => name,
  columns: [
    { name: 'Verb', kind: 'text', read: ({ name }) => name.split('-')[0] ?? '' },
    { name: 'Noun', kind: 'text', read: ({ name }) => name.split('-')[1] ?? '' },
    { name: 'ImplementingType', kind: 'text', read: ({ typeName }) => typeName },
    { name: 'Name', kind: 'text', read: ({ name }) => name },
    { name: 'CommandType', kind: 'enum', type: COMMAND_TYPE, read: () => 'Cmdlet' },
    { name: 'ModuleName', kind: 'text', read: () => '' },
    {
      name: 'Parameters',
      kind: 'dictionary',
      read: ({ parameters }) => Object.fromEntries(Object.keys(parameters).map((name) => [name, METADATA])),
    },
  ],
};

/** What a session sees. */
export interface SessionScope {
  readonly domain: string;
  readonly forest: boolean;
}

/** Get-ADServerSettings. */
export const SERVER_SETTINGS: Schema<SessionScope> = {
  typeNames: [
    'Microsoft.Exchange.Management.SystemConfigurationTasks.ADServerSettingsPresentationObject',
    'Microsoft.Exchange.Data.ConfigurableObject',
    'System.Object',
  ],
  text: ({ domain }) => domain,
  columns: [
    { name: 'DefaultGlobalCatalog', kind: 'text', read: ({ domain }) => `DC1.${domain}` },
    { name: 'PreferredDomainControllerForDomain', kind: 'texts', read: () => [] },
    { name: 'DefaultConfigurationDomainController', kind: 'text', read: ({ domain }) => `DC1.${domain}` },
    { name: 'DefaultPreferredDomainControllers', kind: 'texts', read: ({ domain }) => [`DC1.${domain}`] },
    { name: 'RecipientViewRoot', kind: 'text', read: ({ domain, forest }) => (forest ? '' : domain) },
    { name: 'ViewEntireForest', kind: 'bool', read: ({ forest }) => forest },
  ],
};

/** Get-ThrottlingPolicyAssociation. */
export const POLICY_ASSOCIATION: Schema<Mailbox> = {
  typeNames: presentationTypes('ThrottlingPolicyAssociation'),
  text: ({ name }) => name,
  columns: [
    { name: 'ObjectId', kind: 'text', read: ({ canonicalName }) => canonicalName },
    { name: 'ThrottlingPolicyId', kind: 'text', read: ({ throttlingPolicy }) => throttlingPolicy },
    ...directoryColumns<Mailbox>({
      name: ({ name }) => name,
      distinguishedName: ({ distinguishedName }) => distinguishedName,
      identity: ({ canonicalName }) => canonicalName,
      guid: ({ guid }) => guid,
      domain: ({ domain }) => domain,
      category: 'Person',
      classes: ['top', 'person', 'organizationalPerson', 'user'],
      changedAt: ({ changedAt }) => changedAt,
      createdAt: ({ createdAt }) => createdAt,
    }),
  ],
};

/** A policy of an organization. */
export interface PolicyOf {
  readonly policy: LabThrottlingPolicy;
  readonly domain: string;
}

/** A limit as Exchange writes it: a number, "Unlimited", or nothing where the global policy counts. */
function limit(name: string, read: (policy: LabThrottlingPolicy) => number | null | undefined): Column<PolicyOf> {
  return {
    name,
    kind: 'text',
    read: ({ policy }) => {
      const value = read(policy);
      return value === undefined ? null : value === null ? 'Unlimited' : String(value);
    },
  };
}

/** Get-ThrottlingPolicy: of its many limits, those of PowerShell. */
export const THROTTLING_POLICY: Schema<PolicyOf> = {
  typeNames: [
    'Microsoft.Exchange.Data.Directory.SystemConfiguration.ThrottlingPolicy',
    ...presentationTypes('').slice(2),
  ],
  text: ({ policy }) => policy.name,
  columns: [
    { name: 'IsServiceAccount', kind: 'bool', read: () => false },
    {
      name: 'ThrottlingPolicyScope',
      kind: 'enum',
      type: THROTTLING_POLICY_SCOPE,
      read: ({ policy }) => policy.scope,
    },
    limit('PowerShellMaxConcurrency', ({ sessions }) => sessions),
    limit('PowerShellMaxCmdlets', ({ cmdlets }) => cmdlets),
    limit('PowerShellMaxCmdletsTimePeriod', ({ cmdletsSeconds }) => cmdletsSeconds),
    ...directoryColumns<PolicyOf>({
      name: ({ policy }) => policy.name,
      distinguishedName: ({ policy, domain }) =>
        `CN=${policy.name},CN=Global Settings,CN=${domain.split('.')[0] ?? ''},CN=Microsoft Exchange,CN=Services,CN=Configuration,${domainComponents(domain)}`,
      identity: ({ policy }) => policy.name,
      guid: () => '0a5e7715-0000-4000-8000-000000000004',
      domain: ({ domain }) => domain,
      category: 'ms-Exch-Throttling-Policy',
      classes: ['top', 'msExchGenericPolicy', 'msExchThrottlingPolicy'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};
