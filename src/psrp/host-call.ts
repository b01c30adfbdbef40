/** Host calls (MS-PSRP 2.2.2.15, 16, 27, 28; methods 2.2.3.17): what a server asks of the client's console. */
import { clixmlEnum, clixmlObject, readClixml, writeClixml } from '../clixml/index.ts';
import type { ClixmlValue } from '../clixml/index.ts';
import { encodeErrorRecord } from './error-record.ts';
import { fieldsOf, isObject, itemsOf, readFields, textField, unreadable } from './message-fields.ts';

/** One call. */
export interface HostCall {
  /** Call id: what an answer must repeat. */
  readonly callId: bigint;
  /** Method number of MS-PSRP 2.2.3.17, e.g. 11. */
  readonly method: number;
  /** Its name as the server spells it, e.g. "ReadLine". */
  readonly methodName: string;
  readonly parameters: readonly ClixmlValue[];
  /** Whether the server waits for an answer. */
  readonly expectsAnswer: boolean;
}

/** PowerShell's servers give calls without a return value this id and wait for none (ServerDispatchTable.VoidCallId). */
export const VOID_CALL_ID = -100n;

/** Reads a PIPELINE_HOST_CALL or RUNSPACEPOOL_HOST_CALL message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeHostCall(type: number, data: string): HostCall {
  const fields = readFields(type, data);
  const callId = callIdOf(fields.get('ci'));
  const mi = fields.get('mi');
  const method = isObject(mi) ? mi.value : mi;
  if (callId === null) throw unreadable(type, 'without ci');
  if (typeof method !== 'number') throw unreadable(type, 'without mi');
  return {
    callId,
    method,
    methodName: (isObject(mi) ? mi.text : null) ?? String(method),
    parameters: itemsOf(fields.get('mp')),
    expectsAnswer: callId !== VOID_CALL_ID,
  };
}

function callIdOf(value: ClixmlValue | undefined): bigint | null {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : null;
}

/** The content of a host call message. A call without a return value has {@link VOID_CALL_ID}. */
export function encodeHostCall(call: Omit<HostCall, 'expectsAnswer'>): string {
  return writeClixml(
    clixmlObject({
      members: {
        ci: call.callId,
        mi: methodId(call),
        mp: clixmlObject({ typeNames: ['System.Collections.ArrayList', 'System.Object'], items: call.parameters }),
      },
    }),
  );
}

/** The content of a host response that says: nobody is here. The server's cmdlet gets it as an exception. */
export function encodeHostRefusal(call: HostCall): string {
  const message = `No one can answer ${call.methodName}: this is an unattended client.`;
  return writeClixml(
    clixmlObject({
      members: {
        ci: call.callId,
        mi: methodId(call),
        me: encodeErrorRecord({
          message,
          fullyQualifiedErrorId: 'RemoteHostExecutionException',
          category: 'NotImplemented',
          exceptions: [{ type: 'System.Management.Automation.Host.HostException', message }],
        }),
      },
    }),
  );
}

function methodId(call: Pick<HostCall, 'method' | 'methodName'>): ClixmlValue {
  return clixmlEnum('System.Management.Automation.Remoting.RemoteHostMethodId', call.methodName, call.method);
}

/** A client's answer, as a server reads it. */
export interface HostResponse {
  readonly callId: bigint;
  readonly method: number;
  /** The returned value, or null. */
  readonly result: ClixmlValue;
  /** Message of the exception the client answered with, or null. */
  readonly error: string | null;
}

/** Reads a PIPELINE_HOST_RESPONSE or RUNSPACEPOOL_HOST_RESPONSE message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeHostResponse(type: number, data: string): HostResponse {
  const call = decodeHostCall(type, data);
  const fields = fieldsOf(readClixml(data)) ?? new Map<string, ClixmlValue>();
  return {
    callId: call.callId,
    method: call.method,
    result: fields.get('mr') ?? null,
    error: fields.has('me') ? (textField(fields, 'me') ?? 'An exception without a text.') : null,
  };
}
