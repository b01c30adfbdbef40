/**
 * Get-OrganizationConfig, Get-AcceptedDomain, Get-ActiveSyncOrganizationSettings, Get-ActiveSyncDeviceAccessRule,
 * Get-ExchangeServer, Set-ADServerSettings.
 */
import type { BoundParameters } from './cmdlet-binding.ts';
import { CONFIRMABLE, NO_FILTER, SERVER_CHOICE, spec } from './exchange-cmdlet.ts';
import type { CmdletContext, LabCmdlet } from './exchange-cmdlet.ts';
import {
  ACCEPTED_DOMAIN,
  DEVICE_ACCESS_RULE,
  EXCHANGE_SERVER,
  exchangeServers,
  ORGANIZATION_CONFIG,
  ORGANIZATION_SETTINGS,
} from './exchange-configuration-objects.ts';
import { query } from './exchange-query.ts';
import type { CmdletEvent } from './exchange-query.ts';

/** The cmdlets over the organization's configuration. */
export const CONFIGURATION_CMDLETS: readonly LabCmdlet[] = [
  spec('Get-OrganizationConfig', 'SystemConfigurationTasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity' },
    run: getOrganizationConfig,
  }),
  spec('Get-AcceptedDomain', 'SystemConfigurationTasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity' },
    run: getAcceptedDomain,
  }),
  spec('Get-ActiveSyncOrganizationSettings', 'Tasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity' },
    run: getActiveSyncOrganizationSettings,
  }),
  spec('Get-ActiveSyncDeviceAccessRule', 'Tasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity' },
    run: getActiveSyncDeviceAccessRule,
  }),
  spec('Get-ExchangeServer', 'SystemConfigurationTasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity', Status: 'switch', Domain: 'text' },
    exclusive: [['Identity', 'Domain']],
    run: getExchangeServer,
  }),
  spec('Set-ADServerSettings', 'Tasks', {
    parameters: {
      ...CONFIRMABLE,
      ViewEntireForest: 'bool',
      RecipientViewRoot: 'text',
      PreferredServer: 'text',
      ConfigurationDomainController: 'text',
      PreferredGlobalCatalog: 'text',
      SetPreferredDomainControllers: 'texts',
    },
    exclusive: [['PreferredServer', 'PreferredGlobalCatalog']],
    run: setAdServerSettings,
  }),
];

function* getOrganizationConfig({ organization }: CmdletContext): Generator<CmdletEvent> {
  yield { type: 'output', object: { schema: ORGANIZATION_CONFIG, entity: organization } as never };
}

function* getAcceptedDomain(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization, domain } = context;
  const domains = organization.acceptedDomains.map((accepted, index) => ({ accepted, domain, index }));
  const source = {
    schema: ACCEPTED_DOMAIN,
    entities: () => domains,
    find: (identity: string) =>
      domains.find(({ accepted }) => accepted.name.toLowerCase() === identity.toLowerCase()) ?? null,
    filterable: NO_FILTER,
  };
  yield* query(context.cmdlet, bound, source, context);
}

function* getActiveSyncOrganizationSettings({ organization }: CmdletContext): Generator<CmdletEvent> {
  yield { type: 'output', object: { schema: ORGANIZATION_SETTINGS, entity: organization } as never };
}

function* getActiveSyncDeviceAccessRule(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization, domain } = context;
  const rules = organization.deviceRules.map((rule, index) => ({ rule, domain, index }));
  const source = {
    schema: DEVICE_ACCESS_RULE,
    entities: () => rules,
    find: (identity: string) => rules.find(({ rule }) => rule.name.toLowerCase() === identity.toLowerCase()) ?? null,
    filterable: NO_FILTER,
  };
  yield* query(context.cmdlet, bound, source, context);
}

function* getExchangeServer(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const servers = exchangeServers(context.domain);
  const source = {
    schema: EXCHANGE_SERVER,
    entities: () => servers,
    find: (identity: string) =>
      servers.find(({ name, guid }) =>
        [name, guid, `${name}.${context.domain}`].some((text) => text.toLowerCase() === identity.toLowerCase()),
      ) ?? null,
    filterable: NO_FILTER,
  };
  yield* query(context.cmdlet, bound, source, context);
}

/** Gives nothing back; what it sets ends with the session. */
// eslint-disable-next-line require-yield
function* setAdServerSettings({ session }: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const wanted = bound.get('ViewEntireForest');
  if (typeof wanted === 'boolean' && bound.get('WhatIf') !== true) session.viewEntireForest = wanted;
}
