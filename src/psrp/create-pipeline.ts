/** CREATE_PIPELINE (MS-PSRP 2.2.2.10): cmdlets with typed parameters. There is no way to make one of script text. */
import { clixmlEnum, clixmlObject } from '../clixml/index.ts';
import type { ClixmlObject, ClixmlValue } from '../clixml/index.ts';
import { ConnectorError } from '../errors.ts';
import { MessageType } from './message.ts';
import { fieldsOf, itemsOf, readFields, textField, unreadable } from './message-fields.ts';
import { minorVersion, noHostInfo, unknownApartmentState } from './session-capability.ts';

/** One parameter. The value of a switch is `true`: PowerShell reads a null there as "present" (hostifaces/Parameter.cs). */
export interface PsrpParameter {
  /** Letters and digits only: a name with `-`, `:` or a blank would be parsed anew by the server. */
  readonly name: string;
  readonly value: ClixmlValue;
}

/** One cmdlet call. */
export interface PsrpCommand {
  /** E.g. "Get-MobileDevice". */
  readonly name: string;
  readonly parameters: readonly PsrpParameter[];
}

/** What may be chosen about a pipeline. */
export interface PipelineOptions {
  /** Negotiated protocol version; it decides which fields the message has. */
  readonly protocolVersion: string;
}

const LIST_TYPES = [
  'System.Collections.Generic.List`1[[System.Management.Automation.PSObject, System.Management.Automation, Version=1.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]',
  'System.Object',
];
const COMMAND_NAME = /^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)?$/;
const PARAMETER_NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/**
 * The content of a CREATE_PIPELINE message: commands in a row, no input, not in the history, no host.
 * RemoteStreamOptions is 0: records come without invocation info and are a third of the size.
 * @throws ConnectorError ERR_EXCHANGE_CMDLET_REFUSED for a name that is not plain, or a script block as value
 */
export function createPipelineContent(commands: readonly PsrpCommand[], options: PipelineOptions): ClixmlObject {
  if (commands.length === 0) throw refused('A pipeline without a cmdlet.');
  return clixmlObject({
    members: {
      NoInput: true,
      ApartmentState: unknownApartmentState(),
      RemoteStreamOptions: clixmlEnum('System.Management.Automation.Runspaces.RemoteStreamOptions', '0', 0),
      AddToHistory: false,
      HostInfo: noHostInfo(),
      PowerShell: clixmlObject({
        members: {
          IsNested: false,
          ExtraCmds: null,
          Cmds: list(commands.map((command) => commandContent(command, minorVersion(options.protocolVersion)))),
          History: null,
          RedirectShellErrorOutputPipe: false,
        },
      }),
      IsNested: false,
    },
  });
}

/** Command (MS-PSRP 2.2.3.12); the last merge fields came with 2.2 and 2.3 (PowerShell, hostifaces/Command.cs). */
function commandContent(command: PsrpCommand, minor: number): ClixmlObject {
  if (!COMMAND_NAME.test(command.name)) throw refused('A cmdlet name that is not Verb-Noun.');
  const members = new Map<string, ClixmlValue>([
    ['Cmd', command.name],
    ['IsScript', false],
    ['UseLocalScope', null],
    ['MergeMyResult', noMerge()],
    ['MergeToResult', noMerge()],
    ['MergePreviousResults', noMerge()],
    ['Args', list(command.parameters.map(parameterContent))],
  ]);
  if (minor >= 2)
    for (const stream of ['Error', 'Warning', 'Verbose', 'Debug']) members.set(`Merge${stream}`, noMerge());
  if (minor >= 3) members.set('MergeInformation', noMerge());
  return clixmlObject({ members });
}

/** A new object each time: one that occurs twice would be written as a reference. */
function noMerge(): ClixmlObject {
  return clixmlEnum('System.Management.Automation.Runspaces.PipelineResultTypes', 'None', 0);
}

/** Command parameter (MS-PSRP 2.2.3.13). */
function parameterContent(parameter: PsrpParameter): ClixmlObject {
  if (!PARAMETER_NAME.test(parameter.name)) throw refused('A parameter name with more than letters and digits.');
  refuseScriptBlocks(parameter.value);
  return clixmlObject({ members: { N: parameter.name, V: parameter.value } });
}

function refuseScriptBlocks(value: ClixmlValue): void {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return;
  if (value.kind === 'scalar') {
    if (value.tag === 'SBK') throw refused('A script block as a parameter value.');
    return;
  }
  const parts = [value.value ?? null, ...(value.items ?? []), ...(value.entries ?? []).flat()];
  for (const part of parts) refuseScriptBlocks(part);
  for (const part of value.properties?.values() ?? []) refuseScriptBlocks(part);
  for (const part of value.members?.values() ?? []) refuseScriptBlocks(part);
}

function list(items: readonly ClixmlValue[]): ClixmlObject {
  return clixmlObject({ typeNames: LIST_TYPES, items });
}

function refused(seen: string): ConnectorError {
  return new ConnectorError('ERR_EXCHANGE_CMDLET_REFUSED', seen);
}

/** One command as a server reads it; foreign clients may send scripts and unnamed arguments. */
export interface ReceivedCommand {
  readonly name: string;
  readonly isScript: boolean;
  readonly parameters: readonly { readonly name: string | null; readonly value: ClixmlValue }[];
}

/** CREATE_PIPELINE as a server reads it. */
export interface ReceivedPipeline {
  readonly commands: readonly ReceivedCommand[];
  /** True if no PIPELINE_INPUT follows. */
  readonly noInput: boolean;
  readonly addToHistory: boolean;
  readonly isNested: boolean;
  /** Whether the client has a host that could answer prompts. */
  readonly hasHost: boolean;
}

/** Reads a CREATE_PIPELINE message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeCreatePipeline(data: string): ReceivedPipeline {
  const type = MessageType.CREATE_PIPELINE;
  const fields = readFields(type, data);
  const powerShell = fieldsOf(fields.get('PowerShell'));
  if (powerShell === null) throw unreadable(type, 'without PowerShell');
  return {
    commands: itemsOf(powerShell.get('Cmds')).map(receivedCommand),
    noInput: fields.get('NoInput') === true,
    addToHistory: fields.get('AddToHistory') === true,
    isNested: fields.get('IsNested') === true,
    hasHost: fieldsOf(fields.get('HostInfo'))?.get('_isHostNull') === false,
  };
}

function receivedCommand(value: ClixmlValue): ReceivedCommand {
  const fields = fieldsOf(value);
  const name = fields === null ? null : textField(fields, 'Cmd');
  if (fields === null || name === null) throw unreadable(MessageType.CREATE_PIPELINE, 'with a command without Cmd');
  return {
    name,
    isScript: fields.get('IsScript') === true,
    parameters: itemsOf(fields.get('Args')).map((argument) => {
      const parts = fieldsOf(argument);
      if (parts === null) throw unreadable(MessageType.CREATE_PIPELINE, 'with an argument without fields');
      return { name: parameterName(textField(parts, 'N')), value: parts.get('V') ?? null };
    }),
  };
}

/** Clients may write the name as typed, "-Identity" or "-Identity:" (hostifaces/Parameter.cs). */
function parameterName(name: string | null): string | null {
  return name === null ? null : name.replace(/^-/, '').replace(/:$/, '');
}

/** The value of a received parameter, or undefined. Names compare without case, as PowerShell's do. */
export function receivedParameter(command: ReceivedCommand, name: string): ClixmlValue | undefined {
  const wanted = name.toLowerCase();
  return command.parameters.find((parameter) => parameter.name?.toLowerCase() === wanted)?.value;
}
