/** Error records (MS-PSRP 2.2.3.15), both directions. */
import { clixmlObject } from '../clixml/index.ts';
import type { ClixmlObject, ClixmlValue } from '../clixml/index.ts';
import { fieldsOf, isObject, numberField, textField, textOf } from './message-fields.ts';

/** ErrorCategory (MS-PSRP 2.2.3.9); the index is the number on the wire. */
export const ERROR_CATEGORIES = [
  'NotSpecified',
  'OpenError',
  'CloseError',
  'DeviceError',
  'DeadlockDetected',
  'InvalidArgument',
  'InvalidData',
  'InvalidOperation',
  'InvalidResult',
  'InvalidType',
  'MetadataError',
  'NotImplemented',
  'NotInstalled',
  'ObjectNotFound',
  'OperationStopped',
  'OperationTimeout',
  'SyntaxError',
  'ParserError',
  'PermissionDenied',
  'ResourceBusy',
  'ResourceExists',
  'ResourceUnavailable',
  'ReadError',
  'WriteError',
  'FromStdErr',
  'SecurityError',
  'ProtocolError',
  'ConnectionError',
  'AuthenticationError',
  'LimitsExceeded',
  'QuotaExceeded',
  'NotEnabled',
] as const;

/** Name of an error category. */
export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** One exception of the chain. */
export interface PsrpException {
  /** Most derived type, e.g. "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"; '' if unknown. */
  readonly type: string;
  readonly message: string;
}

/** What went wrong on the server. All texts are the server's and untrusted. */
export interface PsrpErrorRecord {
  /** The text PowerShell would show: error details before the exception's message. */
  readonly message: string;
  /** E.g. "ScriptsNotAllowed" or "[Server=…] …,Microsoft.Exchange.Management.…"; '' if none. */
  readonly fullyQualifiedErrorId: string;
  /** Name of {@link ERROR_CATEGORIES}; "NotSpecified" for a number that is none of them. */
  readonly category: ErrorCategory;
  readonly activity: string | null;
  readonly reason: string | null;
  readonly targetName: string | null;
  readonly targetType: string | null;
  /** The category line PowerShell prints, e.g. "NotSpecified: (:) [Write-Error], WriteErrorException". */
  readonly categoryMessage: string | null;
  /** Text form of the object the error is about. */
  readonly target: string | null;
  readonly recommendedAction: string | null;
  /** Outermost first, inner exceptions after it. */
  readonly exceptions: readonly PsrpException[];
}

/** Reads an ErrorRecord object; fields that are missing or of another type read as absent, an error is never lost. */
export function decodeErrorRecord(value: ClixmlValue): PsrpErrorRecord {
  const fields = fieldsOf(value) ?? new Map<string, ClixmlValue>();
  const exceptions = exceptionChain(fields.get('Exception'));
  const message = textField(fields, 'ErrorDetails_Message') ?? exceptions[0]?.message ?? textOf(value);
  return {
    message: message ?? 'An error without a text.',
    fullyQualifiedErrorId: textField(fields, 'FullyQualifiedErrorId') ?? '',
    category: ERROR_CATEGORIES[numberField(fields, 'ErrorCategory_Category') ?? 0] ?? 'NotSpecified',
    activity: textField(fields, 'ErrorCategory_Activity'),
    reason: textField(fields, 'ErrorCategory_Reason'),
    targetName: textField(fields, 'ErrorCategory_TargetName'),
    targetType: textField(fields, 'ErrorCategory_TargetType'),
    categoryMessage: textField(fields, 'ErrorCategory_Message'),
    target: textField(fields, 'TargetObject'),
    recommendedAction: textField(fields, 'ErrorDetails_RecommendedAction'),
    exceptions,
  };
}

function exceptionChain(outermost: ClixmlValue | undefined): PsrpException[] {
  const chain: PsrpException[] = [];
  // The reader's depth limit ends the chain; a circle cannot be read.
  for (let next = outermost; next !== undefined && next !== null;) {
    chain.push(decodeException(next));
    next = isObject(next) ? (next.properties?.get('InnerException') ?? next.members?.get('InnerException')) : undefined;
  }
  return chain;
}

/** How .NET writes an exception as text: its type, the message, then the inner ones and the stack trace. */
const EXCEPTION_TEXT = /^([\w.`+]+): ([^]*?)(?=\r?\n ---> |\r?\n {3}at |$)/;

function decodeException(value: ClixmlValue): PsrpException {
  if (!isObject(value)) {
    // PowerShell's engine sends an inner exception as such a text.
    const text = textOf(value) ?? '';
    const [, type = '', message = text] = EXCEPTION_TEXT.exec(text) ?? [];
    return { type, message };
  }
  const message = value.properties?.get('Message') ?? value.members?.get('Message');
  return {
    type: (value.typeNames[0] ?? '').replace(/^Deserialized\./, ''),
    message: (message === undefined ? null : textOf(message)) ?? value.text ?? '',
  };
}

/** The parts of an error record that a server sends; the rest is derived as PowerShell derives it. */
export interface ErrorRecordParts {
  readonly message: string;
  readonly fullyQualifiedErrorId: string;
  readonly category?: ErrorCategory;
  readonly activity?: string;
  readonly targetName?: string;
  readonly targetType?: string;
  readonly target?: ClixmlValue;
  /** Outermost first; defaults to one RuntimeException with the message. */
  readonly exceptions?: readonly PsrpException[];
}

/** Builds an ErrorRecord object as a server sends it without invocation info. */
export function encodeErrorRecord(parts: ErrorRecordParts): ClixmlObject {
  const exceptions = parts.exceptions ?? [
    { type: 'System.Management.Automation.RuntimeException', message: parts.message },
  ];
  const category = parts.category ?? 'NotSpecified';
  const reason = exceptions[0]?.type.split('.').at(-1) ?? '';
  const activity = parts.activity ?? '';
  const targetName = parts.targetName ?? '';
  const targetType = parts.targetType ?? '';
  return clixmlObject({
    typeNames: ['System.Management.Automation.ErrorRecord', 'System.Object'],
    text: parts.message,
    members: {
      Exception: exceptions.reduceRight<ClixmlValue>((inner, exception) => encodeException(exception, inner), null),
      TargetObject: parts.target ?? null,
      FullyQualifiedErrorId: parts.fullyQualifiedErrorId,
      InvocationInfo: null,
      ErrorCategory_Category: ERROR_CATEGORIES.indexOf(category),
      ErrorCategory_Activity: activity,
      ErrorCategory_Reason: reason,
      ErrorCategory_TargetName: targetName,
      ErrorCategory_TargetType: targetType,
      ErrorCategory_Message: `${category}: (${targetName}:${targetType}) [${activity}], ${reason}`,
      SerializeExtendedInfo: false,
    },
  });
}

function encodeException(exception: PsrpException, inner: ClixmlValue): ClixmlObject {
  return clixmlObject({
    typeNames: [exception.type, 'System.Exception', 'System.Object'],
    text: `${exception.type}: ${exception.message}`,
    properties: {
      Message: exception.message,
      Data: clixmlObject({ typeNames: ['System.Collections.ListDictionaryInternal', 'System.Object'], entries: [] }),
      InnerException: inner,
      TargetSite: null,
      StackTrace: null,
      HelpLink: null,
      Source: null,
      HResult: -2146233087,
    },
  });
}
