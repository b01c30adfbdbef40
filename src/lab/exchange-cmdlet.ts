/** What a cmdlet of the lab is, and what several of them share. */
import { bindingError } from './cmdlet-error.ts';
import type { CmdletOrigin } from './cmdlet-error.ts';
import type { BoundParameters, CmdletSignature, ParameterKind } from './cmdlet-binding.ts';
import type { CmdletEvent } from './exchange-query.ts';
import type { Mailbox } from './mailboxes.ts';
import type { Organization } from './organization.ts';
import { isSeen } from './recipient-view.ts';
import type { LabSession } from './recipient-view.ts';
import type { PlainValue } from '../clixml/value.ts';
import type { CmdletValue } from '../exchange/transport.ts';

/** What a cmdlet runs with. */
export interface CmdletContext extends CmdletOrigin {
  readonly organization: Organization;
  readonly domain: string;
  readonly cmdlet: LabCmdlet;
  /** Cmdlets that the caller may use, each with the parameters that it may use. */
  readonly available: () => readonly LabCmdlet[];
  /** Who calls; null: nobody signed in. */
  readonly user: Mailbox | null;
  readonly session: LabSession;
  /** As given, before binding. */
  readonly parameters: Readonly<Record<string, CmdletValue | PlainValue>>;
}

/** One cmdlet of the lab. */
export interface LabCmdlet extends CmdletSignature {
  /** Set- cmdlets run without asking, Remove- and Clear- ask unless -Confirm:$false (ConfirmImpact High). */
  readonly asks: boolean;
  readonly run: (context: CmdletContext, bound: BoundParameters) => Iterable<CmdletEvent>;
}

/** Filterable properties that every directory object has, lower case. */
export const DIRECTORY_FILTER = [
  'name',
  'guid',
  'distinguishedname',
  'id',
  'whenchanged',
  'whencreated',
  'whenchangedutc',
  'whencreatedutc',
  'objectclass',
  'objectcategory',
  'exchangeversion',
];

/** A filter that may name nothing. */
export const NO_FILTER: ReadonlySet<string> = new Set();

/** -DomainController. */
export const SERVER_CHOICE: Readonly<Record<string, ParameterKind>> = { DomainController: 'text' };
/** What Get cmdlets over recipients and devices take. */
export const QUERY: Readonly<Record<string, ParameterKind>> = {
  Identity: 'identity',
  Filter: 'filter',
  ResultSize: 'size',
  SortBy: 'text',
  OrganizationalUnit: 'text',
  IgnoreDefaultScope: 'switch',
  ReadFromDomainController: 'switch',
  Anr: 'text',
  Credential: 'text',
  ...SERVER_CHOICE,
};
/** What Set-, Remove- and Clear- cmdlets take. */
export const CONFIRMABLE: Readonly<Record<string, ParameterKind>> = { Confirm: 'switch', WhatIf: 'switch' };

/** A cmdlet with what is not given left at its default. */
export function spec(
  name: string,
  area: 'Tasks' | 'RecipientTasks' | 'SystemConfigurationTasks' | 'Throttling',
  rest: Partial<LabCmdlet> & Pick<LabCmdlet, 'parameters' | 'run'>,
): LabCmdlet {
  return {
    name,
    typeName: `Microsoft.Exchange.Management.${area}.${name.replace('-', '')}`,
    mandatory: [],
    exclusive: [],
    asks: false,
    ...rest,
  };
}

/** An identity that was bound, as text. */
export function identityOf(bound: BoundParameters, parameter = 'Identity'): string {
  const identity = bound.get(parameter);
  return typeof identity === 'string' ? identity : '';
}

/** The user with that identity, if it has a mailbox and the session sees it. */
export function findMailbox({ organization, domain, session }: CmdletContext, identity: string): Mailbox | null {
  const user = organization.directory.find(identity);
  return user !== null && user.hasMailbox && isSeen(user, domain, session) ? user : null;
}

/** Objects below an OU or container; the lab's users all live in Users. */
export function checkUnit({ cmdlet, domain }: CmdletContext, bound: BoundParameters): void {
  const unit = bound.get('OrganizationalUnit');
  if (typeof unit !== 'string') return;
  const known = [
    domain,
    `${domain}/Users`,
    'Users',
    `OU=Users,${domain
      .split('.')
      .map((label) => `DC=${label}`)
      .join(',')}`,
  ];
  if (known.some((name) => name.toLowerCase() === unit.toLowerCase())) return;
  throw bindingError(
    cmdlet,
    'ParameterBindingFailed',
    `Organizational unit "${unit}" was not found. Please make sure you have typed it correctly.`,
  );
}
