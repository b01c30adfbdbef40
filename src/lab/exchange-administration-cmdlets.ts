/**
 * What an administrator pastes to prepare an organization for the connector: roles and role groups, the account's remote
 * PowerShell, throttling policies, the PowerShell directory. Parameters as in office-docs-powershell, those of Exchange Server.
 */
import type { BoundParameters } from './cmdlet-binding.ts';
import { objectNotFound } from './cmdlet-error.ts';
import { CONFIRMABLE, identityOf, SERVER_CHOICE, spec } from './exchange-cmdlet.ts';
import type { CmdletContext, LabCmdlet } from './exchange-cmdlet.ts';
import type { CmdletEvent } from './exchange-query.ts';
import type { Mailbox } from './mailboxes.ts';

const CHANGING = { ...CONFIRMABLE, ...SERVER_CHOICE } as const;
const NAMED = { ...CHANGING, Identity: 'identity' } as const;

/** The cmdlets of the page about the first hour. */
export const ADMINISTRATION_CMDLETS: readonly LabCmdlet[] = [
  spec('New-ManagementRole', 'Tasks', {
    parameters: {
      ...CHANGING,
      Name: 'text',
      Parent: 'identity',
      EnabledCmdlets: 'texts',
      Description: 'text',
      UnScopedTopLevel: 'switch',
    },
    mandatory: ['Name', 'Parent'],
    exclusive: [['Parent', 'UnScopedTopLevel']],
    run: newRole,
  }),
  spec('Remove-ManagementRole', 'Tasks', {
    parameters: { ...NAMED, Recurse: 'switch', UnScopedTopLevel: 'switch' },
    mandatory: ['Identity'],
    asks: true,
    run: (context, bound) => ending(context, bound, context.organization.roles.removeRole(identityOf(bound))),
  }),
  spec('Set-ManagementRoleEntry', 'Tasks', {
    parameters: {
      ...NAMED,
      Parameters: 'texts',
      AddParameter: 'switch',
      RemoveParameter: 'switch',
      UnScopedTopLevel: 'switch',
    },
    mandatory: ['Identity'],
    exclusive: [['AddParameter', 'RemoveParameter']],
    run: (context, bound) => setEntry(context, bound, false),
  }),
  spec('Add-ManagementRoleEntry', 'Tasks', {
    parameters: {
      ...NAMED,
      Parameters: 'texts',
      Overwrite: 'switch',
      PSSnapinName: 'text',
      Type: 'text',
      UnScopedTopLevel: 'switch',
    },
    mandatory: ['Identity'],
    run: (context, bound) => setEntry(context, bound, true),
  }),
  spec('New-RoleGroup', 'Tasks', {
    parameters: {
      ...CHANGING,
      Name: 'text',
      Roles: 'texts',
      Members: 'texts',
      ManagedBy: 'texts',
      Description: 'text',
      DisplayName: 'text',
      SamAccountName: 'text',
      CustomConfigWriteScope: 'identity',
      CustomRecipientWriteScope: 'identity',
      RecipientOrganizationalUnitScope: 'text',
    },
    mandatory: ['Name'],
    exclusive: [['CustomRecipientWriteScope', 'RecipientOrganizationalUnitScope']],
    run: newRoleGroup,
  }),
  spec('Remove-RoleGroup', 'Tasks', {
    parameters: { ...NAMED, BypassSecurityGroupManagerCheck: 'switch' },
    mandatory: ['Identity'],
    asks: true,
    run: removeRoleGroup,
  }),
  spec('Set-User', 'RecipientTasks', {
    parameters: { ...NAMED, RemotePowerShellEnabled: 'bool', DisplayName: 'text', UserPrincipalName: 'text' },
    mandatory: ['Identity'],
    run: setUser,
  }),
  spec('New-ThrottlingPolicy', 'Throttling', {
    parameters: {
      ...CHANGING,
      Name: 'text',
      ThrottlingPolicyScope: 'text',
      PowerShellMaxConcurrency: 'size',
      PowerShellMaxCmdlets: 'size',
      PowerShellMaxCmdletsTimePeriod: 'size',
      MessageRateLimit: 'size',
    },
    mandatory: ['Name'],
    run: newThrottlingPolicy,
  }),
  spec('Set-ThrottlingPolicyAssociation', 'Throttling', {
    parameters: { ...NAMED, ThrottlingPolicy: 'identity' },
    mandatory: ['Identity'],
    run: setPolicyAssociation,
  }),
  spec('Remove-ThrottlingPolicy', 'Throttling', {
    parameters: { ...NAMED, Force: 'switch' },
    mandatory: ['Identity'],
    asks: true,
    run: removeThrottlingPolicy,
  }),
  spec('Set-PowerShellVirtualDirectory', 'SystemConfigurationTasks', {
    parameters: {
      ...NAMED,
      BasicAuthentication: 'bool',
      WindowsAuthentication: 'bool',
      CertificateAuthentication: 'bool',
      RequireSSL: 'bool',
      ExternalUrl: 'text',
      InternalUrl: 'text',
      ExtendedProtectionTokenChecking: 'text',
      ExtendedProtectionFlags: 'texts',
      ExtendedProtectionSPNList: 'texts',
    },
    mandatory: ['Identity'],
    // The lab's servers say by an option of their own which sign-in they offer.
    run: (context, bound) => ending(context, bound, /^(?:[^\\]+\\)?PowerShell \(.+\)$/i.test(identityOf(bound))),
  }),
];

/** An error where there was no object of that identity; nothing where there was. */
function* ending(context: CmdletContext, bound: BoundParameters, isFound: boolean): Generator<CmdletEvent> {
  if (!isFound) yield notFound(context, identityOf(bound));
}

function notFound(context: CmdletContext, identity: string): CmdletEvent {
  return { type: 'error', error: objectNotFound(context, context.cmdlet, identity, context.domain) };
}

const textOf = (bound: BoundParameters, name: string): string => (bound.get(name) as string | undefined) ?? '';

const textsOf = (bound: BoundParameters, name: string): readonly string[] =>
  (bound.get(name) as readonly string[] | undefined) ?? [];

function* newRole(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { roles } = context.organization;
  const parent = identityOf(bound, 'Parent');
  if (roles.isBuiltIn(parent)) roles.addRole(textOf(bound, 'Name'), parent, textsOf(bound, 'EnabledCmdlets'));
  else yield notFound(context, parent);
}

function* setEntry(context: CmdletContext, bound: BoundParameters, isNew: boolean): Generator<CmdletEvent> {
  yield* ending(
    context,
    bound,
    context.organization.roles.setEntry(identityOf(bound), textsOf(bound, 'Parameters'), isNew),
  );
  refresh(context);
}

function* newRoleGroup(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { roles, directory } = context.organization;
  const names = textsOf(bound, 'Roles');
  const members = textsOf(bound, 'Members').map((member) => [member, directory.find(member)] as const);
  const missing = names.find((name) => !roles.hasRole(name)) ?? members.find(([, user]) => user === null)?.[0];
  if (missing !== undefined) {
    yield notFound(context, missing);
    return;
  }
  const guids = members.flatMap(([, user]) => user?.guid ?? []);
  roles.addGroup({ name: textOf(bound, 'Name'), roles: names, members: guids });
  refresh(context);
}

function* removeRoleGroup(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const group = context.organization.roles.removeGroup(identityOf(bound));
  yield* ending(context, bound, group !== null);
  for (const guid of group?.members ?? []) give(context, context.organization.directory.find(guid));
}

/** Gives every account with a role group what its roles have now. */
function refresh(context: CmdletContext): void {
  for (const user of context.organization.directory.users())
    if (context.organization.roles.cmdletsOf(user.guid).length > 0) give(context, user);
}

function give({ organization }: CmdletContext, user: Mailbox | null): void {
  if (user !== null) user.cmdlets = organization.roles.cmdletsOf(user.guid);
}

function* setUser(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const user = context.organization.directory.find(identityOf(bound));
  const enabled = bound.get('RemotePowerShellEnabled');
  if (user === null) yield notFound(context, identityOf(bound));
  else if (typeof enabled === 'boolean') user.remotePowerShell = enabled;
}

// eslint-disable-next-line require-yield
function* newThrottlingPolicy({ organization }: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const limit = (name: string): number | null | undefined => {
    const size = bound.get(name);
    return typeof size !== 'number' ? undefined : Number.isFinite(size) ? size : null;
  };
  const given = {
    sessions: limit('PowerShellMaxConcurrency'),
    cmdlets: limit('PowerShellMaxCmdlets'),
    cmdletsSeconds: limit('PowerShellMaxCmdletsTimePeriod'),
  };
  organization.throttlingPolicies.push({
    name: textOf(bound, 'Name'),
    scope: bound.get('ThrottlingPolicyScope') === 'Organization' ? 'Organization' : 'Regular',
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
}

function* setPolicyAssociation(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { directory, throttlingPolicies } = context.organization;
  const user = directory.find(identityOf(bound));
  const policy = identityOf(bound, 'ThrottlingPolicy');
  const known = policy === '' || throttlingPolicies.some(({ name }) => name.toLowerCase() === policy.toLowerCase());
  if (user === null || !known) yield notFound(context, user === null ? identityOf(bound) : policy);
  else if (bound.has('ThrottlingPolicy')) user.throttlingPolicy = policy === '' ? null : policy;
}

function* removeThrottlingPolicy(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const policies = context.organization.throttlingPolicies;
  const at = policies.findIndex(({ name }) => name.toLowerCase() === identityOf(bound).toLowerCase());
  yield* ending(context, bound, at >= 0);
  if (at >= 0) policies.splice(at, 1);
}
