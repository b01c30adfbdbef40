/** What a client learns from a server's messages, one event a message. No I/O here. */
import { readClixml, readClixmlPlain, toPlain } from '../clixml/index.ts';
import type { PlainValue } from '../clixml/index.ts';
import type { PsrpErrorRecord } from './error-record.ts';
import { decodeErrorRecord } from './error-record.ts';
import type { HostCall } from './host-call.ts';
import { decodeHostCall } from './host-call.ts';
import type { PsrpMessage } from './message.ts';
import { MessageType, messageTypeName } from './message.ts';
import { numberField, readFields, requiredNumber, textField } from './message-fields.ts';
import type { InformationRecord, ProgressRecord } from './records.ts';
import { decodeInformationRecord, decodeInformationalRecord, decodeProgressRecord } from './records.ts';
import type { SessionCapability } from './session-capability.ts';
import { decodeSessionCapability } from './session-capability.ts';

/** An event about the pool. */
export type PoolEvent =
  | { readonly kind: 'capability'; readonly capability: SessionCapability }
  | { readonly kind: 'private-data'; readonly data: PlainValue }
  /** `state`: RunspacePoolState. */
  | { readonly kind: 'pool-state'; readonly state: number; readonly error: PsrpErrorRecord | null }
  /** A pool connected to again; what a Connect is answered with. */
  | { readonly kind: 'pool-connected'; readonly minRunspaces: number; readonly maxRunspaces: number }
  /** Answer to a change of, or a question about, the runspaces of the pool. */
  | { readonly kind: 'availability'; readonly callId: number; readonly response: PlainValue };

/** An event about one pipeline. */
export type PipelineEvent = { readonly pipelineId: string } & (
  | /** One object; `xml` is what it was read from. */ {
      readonly kind: 'output';
      readonly value: PlainValue;
      readonly xml: string;
    }
  | /** A non-terminating error: the pipeline goes on. */ { readonly kind: 'error'; readonly error: PsrpErrorRecord }
  | /** `state`: PipelineState; a failed one carries the terminating error. */ {
      readonly kind: 'pipeline-state';
      readonly state: number;
      readonly error: PsrpErrorRecord | null;
    }
  | { readonly kind: 'warning' | 'verbose' | 'debug'; readonly text: string }
  | { readonly kind: 'progress'; readonly record: ProgressRecord }
  | { readonly kind: 'information'; readonly record: InformationRecord }
);

/** An event about either. */
export type SharedEvent = { readonly pipelineId: string | null } & (
  | /** `answered`: the refusal that is due has been queued; nothing is due for a call without return value. */ {
      readonly kind: 'host-call';
      readonly call: HostCall;
      readonly answered: boolean;
    }
  | /** A message this client has no use for, and dropped unread. */ {
      readonly kind: 'ignored';
      readonly type: number;
      readonly typeName: string;
    }
);

/** Everything `RunspacePool.nextEvent` gives. */
export type PsrpEvent = PoolEvent | PipelineEvent | SharedEvent;

/**
 * Reads a message about a pipeline.
 * @param wanted properties that are read of output objects; null: all
 * @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_INVALID, ERR_CLIXML_LIMIT
 */
export function decodePipelineEvent(
  message: PsrpMessage,
  pipelineId: string,
  wanted: ReadonlySet<string> | null = null,
): PipelineEvent | SharedEvent {
  const { type, data } = message;
  switch (type) {
    case MessageType.PIPELINE_OUTPUT:
      // The engine writes an output of $null as a message without any data (seen with PowerShell's own engine).
      return { kind: 'output', pipelineId, value: data === '' ? null : readClixmlPlain(data, {}, wanted), xml: data };
    case MessageType.ERROR_RECORD:
      return { kind: 'error', pipelineId, error: decodeErrorRecord(readClixml(data)) };
    case MessageType.PIPELINE_STATE:
      return { kind: 'pipeline-state', pipelineId, ...decodeState(type, data, 'PipelineState') };
    case MessageType.DEBUG_RECORD:
      return { kind: 'debug', pipelineId, text: decodeInformationalRecord(type, data) };
    case MessageType.VERBOSE_RECORD:
      return { kind: 'verbose', pipelineId, text: decodeInformationalRecord(type, data) };
    case MessageType.WARNING_RECORD:
      return { kind: 'warning', pipelineId, text: decodeInformationalRecord(type, data) };
    case MessageType.PROGRESS_RECORD:
      return { kind: 'progress', pipelineId, record: decodeProgressRecord(data) };
    case MessageType.INFORMATION_RECORD:
      return { kind: 'information', pipelineId, record: decodeInformationRecord(data) };
    case MessageType.PIPELINE_HOST_CALL:
      return { kind: 'host-call', pipelineId, call: decodeHostCall(type, data), answered: false };
    default:
      return ignored(type, pipelineId);
  }
}

/** Reads a message about the pool. Errors as {@link decodePipelineEvent}. */
export function decodePoolEvent(message: PsrpMessage): PoolEvent | SharedEvent {
  const { type, data } = message;
  switch (type) {
    case MessageType.SESSION_CAPABILITY:
      return { kind: 'capability', capability: decodeSessionCapability(data) };
    case MessageType.APPLICATION_PRIVATE_DATA:
      return { kind: 'private-data', data: toPlain(readFields(type, data).get('ApplicationPrivateData') ?? null) };
    case MessageType.RUNSPACEPOOL_STATE:
      return { kind: 'pool-state', ...decodeState(type, data, 'RunspaceState') };
    case MessageType.RUNSPACEPOOL_INIT_DATA:
      return decodeInitData(type, data);
    case MessageType.RUNSPACE_AVAILABILITY:
      return decodeAvailability(type, data);
    case MessageType.RUNSPACEPOOL_HOST_CALL:
      return { kind: 'host-call', pipelineId: null, call: decodeHostCall(type, data), answered: false };
    default:
      return ignored(type, null);
  }
}

function ignored(type: number, pipelineId: string | null): SharedEvent {
  return { kind: 'ignored', pipelineId, type, typeName: messageTypeName(type) };
}

function decodeState(type: number, data: string, name: string): { state: number; error: PsrpErrorRecord | null } {
  const fields = readFields(type, data);
  const error = fields.get('ExceptionAsErrorRecord') ?? null;
  return { state: requiredNumber(type, fields, name), error: error === null ? null : decodeErrorRecord(error) };
}

/** MS-PSRP 2.2.2.30. */
function decodeInitData(type: number, data: string): PoolEvent {
  const fields = readFields(type, data);
  return {
    kind: 'pool-connected',
    minRunspaces: requiredNumber(type, fields, 'MinRunspaces'),
    maxRunspaces: requiredNumber(type, fields, 'MaxRunspaces'),
  };
}

/** MS-PSRP 2.2.2.8: a truth value after a change, a count after a question. */
function decodeAvailability(type: number, data: string): PoolEvent {
  const fields = readFields(type, data);
  return {
    kind: 'availability',
    callId: numberField(fields, 'ci') ?? -1,
    response: toPlain(fields.get('SetMinMaxRunspacesResponse') ?? textField(fields, 'response')),
  };
}
