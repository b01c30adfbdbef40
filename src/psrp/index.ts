/** PowerShell Remoting Protocol (MS-PSRP), bytes in and bytes out. A server's message contents are in server-messages.ts. */
export type { PsrpCommand, PsrpParameter } from './create-pipeline.ts';
export { ERROR_CATEGORIES, decodeErrorRecord } from './error-record.ts';
export type { ErrorCategory, ErrorRecordParts, PsrpErrorRecord, PsrpException } from './error-record.ts';
export { DEFAULT_FRAGMENT_BYTES, Defragmenter, FRAGMENT_LIMITS, Fragmenter } from './fragment.ts';
export type { FragmentLimits } from './fragment.ts';
export {
  Destination,
  MessageType,
  PipelineState,
  RunspacePoolState,
  decodeMessage,
  encodeMessage,
  messageTypeName,
} from './message.ts';
export type { PsrpMessage } from './message.ts';
export { Pipeline } from './pipeline.ts';
export type { PipelineEvent, PoolEvent, PsrpEvent, SharedEvent } from './psrp-event.ts';
export { NO_GUID } from './psrp-guid.ts';
export type { HostCall } from './host-call.ts';
export type { InformationRecord, ProgressRecord } from './records.ts';
export { PSRP_LIMITS, RunspacePool } from './runspace-pool.ts';
export type { PsrpLimits, PsrpOutgoing, RunspacePoolOptions } from './runspace-pool.ts';
export { PROTOCOL_VERSION } from './session-capability.ts';
export type { SessionCapability } from './session-capability.ts';
