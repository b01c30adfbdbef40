/** Error records as Exchange's cmdlets and PowerShell's parameter binder write them. */

/** ErrorCategory values used here (System.Management.Automation.ErrorCategory). */
export type ErrorCategory =
  | 'NotSpecified'
  | 'InvalidArgument'
  | 'InvalidData'
  | 'ObjectNotFound'
  | 'NotImplemented'
  | 'InvalidOperation'
  | 'OperationStopped'
  | 'ParserError'
  | 'LimitsExceeded';

/** What an ErrorRecord says. */
export interface CmdletError {
  readonly message: string;
  /** .NET types of the exception, most derived first. */
  readonly exceptionTypes: readonly string[];
  readonly fullyQualifiedErrorId: string;
  readonly category: ErrorCategory;
  /** Cmdlet name. */
  readonly activity: string;
  readonly targetName: string;
  /** Short name of the target's .NET type; left out if there is no target. */
  readonly targetType?: string;
  /** The object the error is about, as text; left out if there is none. */
  readonly target?: string;
}

/** Thrown while a call is bound or run: ends the pipeline (state Failed). */
export class CmdletFailure extends Error {
  readonly error: CmdletError;

  constructor(error: CmdletError) {
    super(error.message);
    this.name = 'CmdletFailure';
    this.error = error;
  }
}

const BINDING_TYPES = [
  'System.Management.Automation.ParameterBindingException',
  'System.Management.Automation.RuntimeException',
  'System.SystemException',
  'System.Exception',
  'System.Object',
];

/** Of a value that a parameter's rules refuse, such as null where one is mandatory. */
const VALIDATION_TYPES = ['System.Management.Automation.ParameterBindingValidationException', ...BINDING_TYPES];

/** A parameter that could not be bound. `id` is PowerShell's error id. */
export function bindingError(
  cmdlet: { readonly name: string; readonly typeName: string },
  id: string,
  message: string,
): CmdletFailure {
  const isValidation = id.startsWith('ParameterArgument');
  return new CmdletFailure({
    message,
    exceptionTypes: isValidation ? VALIDATION_TYPES : BINDING_TYPES,
    fullyQualifiedErrorId: `${id},${cmdlet.typeName}`,
    category: isValidation ? 'InvalidData' : 'InvalidArgument',
    activity: cmdlet.name,
    // The engine names the parameter in the message only: the category line says (:).
    targetName: '',
  });
}

/** A name that is no cmdlet this account may use: PowerShell cannot tell the two apart. */
export function commandNotFound(name: string): CmdletError {
  return {
    message: `The term '${name}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.`,
    exceptionTypes: [
      'System.Management.Automation.CommandNotFoundException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: 'CommandNotFoundException',
    category: 'ObjectNotFound',
    activity: '',
    ...textTarget(name),
  };
}

/** What an error says of a text it is about. */
function textTarget(text: string): Pick<CmdletError, 'targetName' | 'targetType' | 'target'> {
  return { targetName: text, targetType: 'String', target: text };
}

/** A script in a session without language (MS-PSRP; text recorded from a restricted endpoint). */
export function scriptsNotAllowed(script: string): CmdletError {
  return {
    message: 'The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.',
    exceptionTypes: [
      'System.Management.Automation.ParseException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: 'ScriptsNotAllowed',
    category: 'ParserError',
    activity: '',
    ...textTarget(script),
  };
}

/** Who ran the cmdlet, for the identifiers Exchange puts into its error ids. */
export interface CmdletOrigin {
  /** Server name. */
  readonly server: string;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `[Server=EX1,RequestId=…,TimeStamp=11/22/2026 5:41:07 PM] [FailureCategory=Cmdlet-…] 4FDE3B0A,Microsoft.Exchange.…` */
export function exchangeErrorId(origin: CmdletOrigin, exception: string, typeName: string): string {
  const requestId = origin.newId();
  const hash = requestId.slice(0, 8).toUpperCase();
  return `[Server=${origin.server},RequestId=${requestId},TimeStamp=${usTime(origin.now())}] [FailureCategory=Cmdlet-${exception}] ${hash},${typeName}`;
}

/** `11/22/2026 5:41:07 PM` in UTC, as Exchange stamps its texts. */
export function usTime(ms: number): string {
  const date = new Date(ms);
  const hours = date.getUTCHours();
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
  return `${day} ${hours % 12 === 0 ? 12 : hours % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? 'AM' : 'PM'}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** By cmdlet: what its identity is bound to, and what other parameters are ("Type" in office-docs-powershell). */
const OTHER_IDENTITIES: Readonly<Record<string, string>> = {
  'Get-ExchangeServer': 'ServerIdParameter',
  'Remove-ManagementRole': 'RoleIdParameter',
  'Set-ManagementRoleEntry': 'RoleEntryIdParameter',
  'Add-ManagementRoleEntry': 'RoleEntryIdParameter',
  'Remove-RoleGroup': 'RoleGroupIdParameter',
  'Set-User': 'UserIdParameter',
  'Remove-ThrottlingPolicy': 'ThrottlingPolicyIdParameter',
  'Set-PowerShellVirtualDirectory': 'VirtualDirectoryIdParameter',
};
const OTHER_PARAMETERS: Readonly<Record<string, string>> = {
  Parent: 'RoleIdParameter',
  ThrottlingPolicy: 'ThrottlingPolicyIdParameter',
};

/** Short name of the .NET class that an identity of this cmdlet is bound to. */
export function identityType({ name }: { readonly name: string }, parameter = 'Identity'): string {
  if (parameter === 'Mailbox' || name.endsWith('-CASMailbox')) return 'MailboxIdParameter';
  if (/-MobileDevice(?:Statistics)?$/.test(name)) return 'MobileDeviceIdParameter';
  return OTHER_IDENTITIES[name] ?? OTHER_PARAMETERS[parameter] ?? 'RecipientIdParameter';
}

/** No object of that identity, given as that parameter: not terminating, the pipeline goes on and completes. */
export function objectNotFound(
  origin: CmdletOrigin,
  cmdlet: { readonly name: string; readonly typeName: string },
  identity: string,
  domain: string,
  parameter = 'Identity',
): CmdletError {
  return {
    message: `The operation couldn't be performed because object '${identity}' couldn't be found on 'DC1.${domain}'.`,
    exceptionTypes: [
      'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
      'Microsoft.Exchange.Data.Common.LocalizedException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: exchangeErrorId(origin, 'ManagementObjectNotFoundException', cmdlet.typeName),
    category: 'NotSpecified',
    activity: cmdlet.name,
    targetName: identity,
    targetType: identityType(cmdlet, parameter),
    target: identity,
  };
}

/** A mailbox that the account may read and not change: not terminating. The text is Exchange's (https://kb.odin.com/en/115989 has its kind). */
export function outOfWriteScope(
  origin: CmdletOrigin,
  cmdlet: { readonly name: string; readonly typeName: string },
  canonicalName: string,
): CmdletError {
  return {
    message: `The operation on mailbox "${canonicalName}" failed because it's out of the current user's write scope. '${canonicalName}' isn't within your current write scopes. Can't perform save operation.`,
    exceptionTypes: ['System.InvalidOperationException', 'System.SystemException', 'System.Exception', 'System.Object'],
    fullyQualifiedErrorId: exchangeErrorId(origin, 'InvalidOperationException', cmdlet.typeName),
    category: 'InvalidOperation',
    activity: cmdlet.name,
    targetName: canonicalName,
    targetType: 'ADObjectId',
    target: canonicalName,
  };
}
