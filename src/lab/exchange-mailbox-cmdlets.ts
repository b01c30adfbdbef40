/** Get-CASMailbox, Set-CASMailbox, Get-User, Get-Recipient, Get-DistributionGroupMember. */
import type { BoundParameters } from './cmdlet-binding.ts';
import { objectNotFound, outOfWriteScope } from './cmdlet-error.ts';
import {
  checkUnit,
  CONFIRMABLE,
  DIRECTORY_FILTER,
  findMailbox,
  identityOf,
  NO_FILTER,
  QUERY,
  SERVER_CHOICE,
  spec,
} from './exchange-cmdlet.ts';
import type { CmdletContext, LabCmdlet } from './exchange-cmdlet.ts';
import {
  CAS_MAILBOX,
  DYNAMIC_GROUP,
  groupType,
  MAILBOX,
  MAILBOX_STATISTICS,
  RECIPIENT,
  REGIONAL_CONFIGURATION,
  USER,
} from './exchange-mailbox-objects.ts';
import type { Recipient } from './exchange-mailbox-objects.ts';
import { filterBy, query } from './exchange-query.ts';
import type { CmdletEvent } from './exchange-query.ts';
import type { ListEdit } from './list-edit.ts';
import type { LabGroup } from './directory.ts';
import type { Mailbox } from './mailboxes.ts';
import type { CasMailboxEdits, Organization } from './organization.ts';
import type { CmdletValue } from '../exchange/transport.ts';

// Filterable properties: the cmdlet's help page, and what every directory object has.
const CAS_FILTER = new Set([
  'activesyncalloweddeviceids',
  'activesyncblockeddeviceids',
  'activesyncenabled',
  'activesyncmailboxpolicy',
  'hasactivesyncdevicepartnership',
  'displayname',
  'emailaddresses',
  'primarysmtpaddress',
  'samaccountname',
  'servername',
  'legacyexchangedn',
  ...DIRECTORY_FILTER,
]);
const USER_FILTER = new Set([
  'userprincipalname',
  'samaccountname',
  'displayname',
  'windowsemailaddress',
  'recipienttype',
  'recipienttypedetails',
  'remotepowershellenabled',
  ...DIRECTORY_FILTER,
]);
const RECIPIENT_FILTER = new Set([
  'alias',
  'displayname',
  'emailaddresses',
  'primarysmtpaddress',
  'recipienttype',
  'recipienttypedetails',
  'samaccountname',
  'hasactivesyncdevicepartnership',
  'hiddenfromaddresslistsenabled',
  ...DIRECTORY_FILTER,
]);

/** The cmdlets over mailboxes, users and recipients. */
export const MAILBOX_CMDLETS: readonly LabCmdlet[] = [
  spec('Get-CASMailbox', 'RecipientTasks', {
    parameters: {
      ...QUERY,
      RecalculateHasActiveSyncDevicePartnership: 'switch',
      ActiveSyncDebugLogging: 'switch',
      GetPopProtocolLog: 'switch',
      GetImapProtocolLog: 'switch',
      Monitoring: 'switch',
      ProtocolSettings: 'switch',
      SendLogsTo: 'texts',
    },
    exclusive: [['Identity', 'Anr']],
    run: getCasMailbox,
  }),
  spec('Set-CASMailbox', 'RecipientTasks', {
    parameters: {
      ...SERVER_CHOICE,
      ...CONFIRMABLE,
      Identity: 'identity',
      ActiveSyncAllowedDeviceIDs: 'edit',
      ActiveSyncBlockedDeviceIDs: 'edit',
      ActiveSyncEnabled: 'bool',
      IgnoreDefaultScope: 'switch',
    },
    mandatory: ['Identity'],
    run: setCasMailbox,
  }),
  spec('Get-Mailbox', 'RecipientTasks', {
    parameters: { ...QUERY, RecipientTypeDetails: 'texts', Database: 'text', Server: 'text', Arbitration: 'switch' },
    exclusive: [['Identity', 'Anr', 'Database', 'Server']],
    run: getMailbox,
  }),
  spec('Get-MailboxRegionalConfiguration', 'RecipientTasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity', VerifyDefaultFolderNameLanguage: 'switch' },
    mandatory: ['Identity'],
    run: getRegionalConfiguration,
  }),
  spec('Get-MailboxStatistics', 'RecipientTasks', {
    parameters: { ...SERVER_CHOICE, Identity: 'identity', IncludeQuarantineDetails: 'switch' },
    mandatory: ['Identity'],
    run: getMailboxStatistics,
  }),
  spec('Get-Recipient', 'RecipientTasks', {
    parameters: {
      ...QUERY,
      RecipientType: 'texts',
      RecipientTypeDetails: 'texts',
      PropertySet: 'text',
      Properties: 'texts',
      BookmarkDisplayName: 'text',
      RecipientPreviewFilter: 'text',
    },
    exclusive: [['Identity', 'Anr']],
    run: getRecipient,
  }),
  spec('Get-User', 'RecipientTasks', {
    parameters: { ...QUERY, RecipientTypeDetails: 'texts', Arbitration: 'switch' },
    exclusive: [['Identity', 'Anr']],
    run: getUser,
  }),
  spec('Get-DistributionGroupMember', 'RecipientTasks', {
    parameters: {
      ...SERVER_CHOICE,
      Identity: 'identity',
      ResultSize: 'size',
      IgnoreDefaultScope: 'switch',
      ReadFromDomainController: 'switch',
      Credential: 'text',
    },
    mandatory: ['Identity'],
    run: getDistributionGroupMember,
  }),
  spec('Get-DynamicDistributionGroup', 'RecipientTasks', {
    parameters: { ...QUERY, IncludeSystemObjects: 'switch', ManagedBy: 'text' },
    exclusive: [['Identity', 'Anr', 'ManagedBy']],
    run: getDynamicDistributionGroup,
  }),
];

function* mailboxes(organization: Organization): Generator<Mailbox> {
  for (const user of organization.directory.users()) if (user.hasMailbox) yield user;
}

function* getCasMailbox(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  checkUnit(context, bound);
  const recalculate = bound.get('RecalculateHasActiveSyncDevicePartnership') === true;
  const source = {
    schema: CAS_MAILBOX,
    entities: () => mailboxes(organization),
    find: (identity: string) => findMailbox(context, identity),
    filterable: CAS_FILTER,
    wildcardName: (mailbox: Mailbox) => mailbox.name,
  };
  for (const event of query(context.cmdlet, bound, source, context)) {
    // KB 3001236: repairs a flag that says something else than there are partnerships.
    if (recalculate && event.type === 'output') (event.object.entity as Mailbox).partnershipFlag = null;
    yield event;
  }
}

function* getMailbox(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  checkUnit(context, bound);
  const source = {
    schema: MAILBOX,
    entities: () => mailboxes(organization),
    find: (identity: string) => findMailbox(context, identity),
    filterable: RECIPIENT_FILTER,
    wildcardName: (mailbox: Mailbox) => mailbox.name,
  };
  yield* query(context.cmdlet, bound, source, context);
}

function* getRegionalConfiguration(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  const source = {
    schema: REGIONAL_CONFIGURATION,
    entities: () => mailboxes(organization),
    find: (identity: string) => findMailbox(context, identity),
    filterable: NO_FILTER,
  };
  yield* query(context.cmdlet, bound, source, context);
}

function* getMailboxStatistics(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  const source = {
    schema: MAILBOX_STATISTICS,
    entities: () => mailboxes(organization),
    find: (identity: string) => findMailbox(context, identity),
    filterable: NO_FILTER,
  };
  yield* query(context.cmdlet, bound, source, context);
}

function* recipients(organization: Organization): Generator<Recipient> {
  yield* mailboxes(organization);
  yield* organization.directory.groups();
}

/** Both parameters must hold, if given. */
function recipientFilter(bound: BoundParameters): (type: string, details: string) => boolean {
  const among = (parameter: string): ((name: string) => boolean) => {
    const list = bound.get(parameter);
    if (!Array.isArray(list) || list.length === 0) return () => true;
    const wanted = (list as readonly string[]).map((name) => name.toLowerCase());
    return (name) => wanted.includes(name.toLowerCase());
  };
  const [ofType, ofDetails] = [among('RecipientType'), among('RecipientTypeDetails')];
  return (type, details) => ofType(type) && ofDetails(details);
}

function* getRecipient(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  checkUnit(context, bound);
  const typed = recipientFilter(bound);
  const previewed = filterBy(context.cmdlet, bound, 'RecipientPreviewFilter', {
    schema: RECIPIENT,
    filterable: RECIPIENT_FILTER,
  });
  yield* query(
    context.cmdlet,
    bound,
    {
      schema: RECIPIENT,
      *entities() {
        for (const recipient of recipients(organization))
          if (!previewed(recipient)) continue;
          else if (
            'members' in recipient
              ? typed(groupType(recipient), groupType(recipient))
              : typed('UserMailbox', recipient.type)
          )
            yield recipient;
      },
      find: (identity: string): Recipient | null =>
        findMailbox(context, identity) ?? organization.directory.findGroup(identity),
      filterable: RECIPIENT_FILTER,
      wildcardName: (recipient: Recipient) => recipient.name,
    },
    context,
  );
}

function* getUser(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  checkUnit(context, bound);
  const typed = recipientFilter(bound);
  yield* query(
    context.cmdlet,
    bound,
    {
      schema: USER,
      *entities() {
        for (const user of organization.directory.users())
          if (user.hasMailbox ? typed('UserMailbox', user.type) : typed('User', 'User')) yield user;
      },
      find: (identity: string) => organization.directory.find(identity),
      filterable: USER_FILTER,
      wildcardName: (user: Mailbox) => user.name,
    },
    context,
  );
}

function* getDistributionGroupMember(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const identity = identityOf(bound);
  const group = context.organization.directory.findGroup(identity);
  if (group === null || group.filter !== null) {
    yield { type: 'error', error: objectNotFound(context, context.cmdlet, identity, context.domain) };
    return;
  }
  const source = {
    schema: RECIPIENT,
    entities: () => group.members,
    find: () => null,
    filterable: NO_FILTER,
  };
  const size = bound.get('ResultSize');
  yield* query(context.cmdlet, new Map(size === undefined ? [] : [['ResultSize', size]]), source, context);
}

function* getDynamicDistributionGroup(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  checkUnit(context, bound);
  yield* query(
    context.cmdlet,
    bound,
    {
      schema: DYNAMIC_GROUP,
      entities: () => [...organization.directory.groups()].filter(({ filter }) => filter !== null),
      find: (identity: string) => {
        const group = organization.directory.findGroup(identity);
        return group?.filter === null ? null : group;
      },
      filterable: new Set(['alias', 'displayname', 'primarysmtpaddress', ...DIRECTORY_FILTER]),
      wildcardName: ({ name }: LabGroup) => name,
    },
    context,
  );
}

function* setCasMailbox(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const { organization } = context;
  const identity = identityOf(bound);
  const mailbox = findMailbox(context, identity);
  if (mailbox === null) {
    yield { type: 'error', error: objectNotFound(context, context.cmdlet, identity, context.domain) };
    return;
  }
  if (organization.outOfScope.has(mailbox.guid)) {
    yield { type: 'error', error: outOfWriteScope(context, context.cmdlet, mailbox.canonicalName) };
    return;
  }
  if (bound.get('WhatIf') === true) return;
  const changed = organization.setCasMailbox(
    mailbox,
    editsOf(bound),
    context.parameters as Readonly<Record<string, CmdletValue>>,
  );
  if (changed) return;
  yield {
    type: 'warning',
    text: `The command completed successfully but no settings of '${mailbox.canonicalName}' have been modified.`,
  };
}

function editsOf(bound: BoundParameters): CasMailboxEdits {
  const allowed = bound.get('ActiveSyncAllowedDeviceIDs') as ListEdit | undefined;
  const blocked = bound.get('ActiveSyncBlockedDeviceIDs') as ListEdit | undefined;
  const enabled = bound.get('ActiveSyncEnabled');
  return {
    ...(allowed === undefined ? {} : { allowed }),
    ...(blocked === undefined ? {} : { blocked }),
    ...(typeof enabled === 'boolean' ? { activeSyncEnabled: enabled } : {}),
  };
}
