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
export { NO_GUID } from './psrp-guid.ts';
export type { InformationRecord, ProgressRecord } from './records.ts';
export { PROTOCOL_VERSION } from './session-capability.ts';
export type { SessionCapability } from './session-capability.ts';
