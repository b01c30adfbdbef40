/** What a session tells about itself: Get-Command, Get-ADServerSettings, and the throttling policies of accounts. */
import type { BoundParameters } from './cmdlet-binding.ts';
import { commandNotFound, objectNotFound } from './cmdlet-error.ts';
import { identityOf, SERVER_CHOICE, spec } from './exchange-cmdlet.ts';
import type { CmdletContext, LabCmdlet } from './exchange-cmdlet.ts';
import type { CmdletEvent } from './exchange-query.ts';
import { COMMAND, POLICY_ASSOCIATION, SERVER_SETTINGS, THROTTLING_POLICY } from './exchange-session-objects.ts';

/** The cmdlets over the session and its account. */
export const SESSION_CMDLETS: readonly LabCmdlet[] = [
  {
    ...spec('Get-Command', 'Tasks', {
      // Of a restricted session (PowerShell, CommandMetadata.GetRestrictedGetCommand).
      parameters: {
        Name: 'texts',
        Module: 'texts',
        CommandType: 'text',
        ListImported: 'switch',
        ShowCommandInfo: 'switch',
      },
      run: getCommand,
    }),
    typeName: 'Microsoft.PowerShell.Commands.GetCommandCommand',
  },
  spec('Get-ADServerSettings', 'SystemConfigurationTasks', { parameters: {}, run: getServerSettings }),
  spec('Get-ThrottlingPolicyAssociation', 'Throttling', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity', ResultSize: 'size' },
    run: getPolicyAssociation,
  }),
  spec('Get-ThrottlingPolicy', 'Throttling', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity', Explicit: 'switch', ThrottlingPolicyScope: 'text' },
    run: getThrottlingPolicy,
  }),
];

/** Names with wildcards find what there is; a plain one that is not there is an error, and the others are given. */
function* getCommand({ available, cmdlet }: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const commands = available();
  for (const name of (bound.get('Name') as readonly string[] | undefined) ?? ['*']) {
    const pattern = new RegExp(`^${name.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');
    const found = commands.filter((command) => pattern.test(command.name));
    for (const entity of found) yield { type: 'output', object: { schema: COMMAND, entity } as never };
    if (found.length > 0 || name.includes('*')) continue;
    const fullyQualifiedErrorId = `CommandNotFoundException,${cmdlet.typeName}`;
    yield { type: 'error', error: { ...commandNotFound(name), fullyQualifiedErrorId, activity: cmdlet.name } };
  }
}

function* getServerSettings({ domain, session }: CmdletContext): Generator<CmdletEvent> {
  yield {
    type: 'output',
    object: { schema: SERVER_SETTINGS, entity: { domain, forest: session.viewEntireForest } } as never,
  };
}

function* getPolicyAssociation(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization, cmdlet, domain } = context;
  const identity = identityOf(bound);
  const found = identity === '' ? null : organization.directory.find(identity);
  if (identity !== '' && found === null) {
    yield { type: 'error', error: objectNotFound(context, cmdlet, identity, domain) };
    return;
  }
  for (const entity of found === null ? organization.directory.users() : [found])
    yield { type: 'output', object: { schema: POLICY_ASSOCIATION, entity } as never };
}

function* getThrottlingPolicy(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization, cmdlet, domain } = context;
  const identity = identityOf(bound);
  const scope = bound.get('ThrottlingPolicyScope');
  const policies = organization.throttlingPolicies
    .filter(({ name }) => identity === '' || name.toLowerCase() === identity.toLowerCase())
    .filter((policy) => typeof scope !== 'string' || policy.scope.toLowerCase() === scope.toLowerCase());
  if (identity !== '' && policies.length === 0)
    yield { type: 'error', error: objectNotFound(context, cmdlet, identity, domain) };
  for (const policy of policies)
    yield { type: 'output', object: { schema: THROTTLING_POLICY, entity: { policy, domain } } as never };
}
