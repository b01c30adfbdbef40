/** Faults of the lab's WSMan service for requests that Windows' own service refuses before Exchange sees them. */
import type { FaultAnswer } from '../../wsman/server.ts';

/** Bytes; no client asks for less. */
export const SMALLEST_ENVELOPE = 8192;

/** A part of the request that is missing, malformed or not allowed. */
export function invalidParameterFault(machine: string, what: string): FaultAnswer {
  const reason = `The WS-Management service cannot process the request because it contains invalid parameters: ${what}. `;
  return { subcode: 'SchemaValidationError', wsmanCode: 2150858817, reason, machine };
}

/** A header marked mustUnderstand that is none of WS-Management's. */
export function notUnderstoodFault(machine: string, names: readonly string[]): FaultAnswer {
  const reason = `The WS-Management service cannot process a SOAP header that must be understood: ${names.join(', ')}. `;
  return { subcode: 'UnsupportedFeature', wsmanCode: 2150858818, reason, machine };
}

/** A MaxEnvelopeSize below what any answer needs. */
export function envelopeFault(machine: string): FaultAnswer {
  const reason = `The WS-Management service cannot process the request. MaxEnvelopeSize must be at least ${SMALLEST_ENVELOPE}. `;
  return { subcode: 'EncodingLimit', wsmanCode: 2150858783, reason, machine };
}

/** What a waiting Receive gets when its shell is deleted: ERROR_OPERATION_ABORTED. */
export function abortedFault(machine: string): FaultAnswer {
  const reason = 'The I/O operation has been aborted because of either a thread exit or an application request. ';
  return { soapCode: 'Receiver', subcode: 'InternalError', wsmanCode: 995, reason, machine };
}
