/** Message contents a server reads and writes (MS-PSRP 3.2); the lab's Exchange is such a server. No I/O here. */
import { clixmlObject, clixmlScalar, writeClixml } from '../clixml/index.ts';
import type { ClixmlValue } from '../clixml/index.ts';
import type { ErrorRecordParts } from './error-record.ts';
import { encodeErrorRecord } from './error-record.ts';

export { decodeCreatePipeline, receivedParameter } from './create-pipeline.ts';
export type { ReceivedCommand, ReceivedPipeline } from './create-pipeline.ts';
export { decodeHostResponse, encodeHostCall } from './host-call.ts';
export type { HostResponse } from './host-call.ts';
export { encodeInformationRecord, encodeInformationalRecord, encodeProgressRecord } from './records.ts';
export { decodeInitRunspacePool, decodeSessionCapability, encodeSessionCapability } from './session-capability.ts';

/** What servers put into APPLICATION_PRIVATE_DATA, by name; texts are versions. */
export interface PowerShellVersions {
  /** E.g. "5.1.14393.2248". */
  readonly psVersion: string;
  readonly edition?: string;
  readonly protocolVersion?: string;
}

/** The content of an APPLICATION_PRIVATE_DATA message (MS-PSRP 2.2.2.13), as Windows PowerShell sends it. */
export function encodeApplicationPrivateData(versions: PowerShellVersions): string {
  const types = ['System.Management.Automation.PSPrimitiveDictionary', 'System.Collections.Hashtable', 'System.Object'];
  const table = clixmlObject({
    typeNames: types,
    entries: [
      ['PSVersion', clixmlScalar('Version', versions.psVersion)],
      ['PSEdition', versions.edition ?? 'Desktop'],
      ['WSManStackVersion', clixmlScalar('Version', '3.0')],
      ['PSRemotingProtocolVersion', clixmlScalar('Version', versions.protocolVersion ?? '2.3')],
      ['SerializationVersion', clixmlScalar('Version', '1.1.0.1')],
    ],
  });
  return writeClixml(
    clixmlObject({
      members: { ApplicationPrivateData: clixmlObject({ typeNames: types, entries: [['PSVersionTable', table]] }) },
    }),
  );
}

/** The content of a RUNSPACEPOOL_STATE message (MS-PSRP 2.2.2.3). @param state RunspacePoolState */
export function encodeRunspacePoolState(state: number, error?: ErrorRecordParts): string {
  return stateContent('RunspaceState', state, error);
}

/** The content of a PIPELINE_STATE message (MS-PSRP 2.2.2.21). @param state PipelineState; a failed one carries why */
export function encodePipelineState(state: number, error?: ErrorRecordParts): string {
  return stateContent('PipelineState', state, error);
}

function stateContent(name: string, state: number, error: ErrorRecordParts | undefined): string {
  const members = new Map<string, ClixmlValue>([[name, state]]);
  if (error !== undefined) members.set('ExceptionAsErrorRecord', encodeErrorRecord(error));
  return writeClixml(clixmlObject({ members }));
}

/** The content of an ERROR_RECORD message (MS-PSRP 2.2.2.20). */
export function encodeErrorRecordMessage(parts: ErrorRecordParts): string {
  return writeClixml(encodeErrorRecord(parts));
}
