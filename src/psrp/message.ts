/** PSRP messages (MS-PSRP 2.2.1): a 40-byte header and CLIXML text. No I/O here. */
import { isAscii, isUtf8 } from 'node:buffer';
import { ConnectorError } from '../errors.ts';
import { NO_GUID, readGuid, writeGuid } from './psrp-guid.ts';

/** Message types, named as in MS-PSRP 2.2.1. */
export const MessageType = {
  SESSION_CAPABILITY: 0x00010002,
  INIT_RUNSPACEPOOL: 0x00010004,
  PUBLIC_KEY: 0x00010005,
  ENCRYPTED_SESSION_KEY: 0x00010006,
  PUBLIC_KEY_REQUEST: 0x00010007,
  CONNECT_RUNSPACEPOOL: 0x00010008,
  SET_MAX_RUNSPACES: 0x00021002,
  SET_MIN_RUNSPACES: 0x00021003,
  RUNSPACE_AVAILABILITY: 0x00021004,
  RUNSPACEPOOL_STATE: 0x00021005,
  CREATE_PIPELINE: 0x00021006,
  GET_AVAILABLE_RUNSPACES: 0x00021007,
  USER_EVENT: 0x00021008,
  APPLICATION_PRIVATE_DATA: 0x00021009,
  GET_COMMAND_METADATA: 0x0002100a,
  RUNSPACEPOOL_INIT_DATA: 0x0002100b,
  RESET_RUNSPACE_STATE: 0x0002100c,
  RUNSPACEPOOL_HOST_CALL: 0x00021100,
  RUNSPACEPOOL_HOST_RESPONSE: 0x00021101,
  PIPELINE_INPUT: 0x00041002,
  END_OF_PIPELINE_INPUT: 0x00041003,
  PIPELINE_OUTPUT: 0x00041004,
  ERROR_RECORD: 0x00041005,
  PIPELINE_STATE: 0x00041006,
  DEBUG_RECORD: 0x00041007,
  VERBOSE_RECORD: 0x00041008,
  WARNING_RECORD: 0x00041009,
  PROGRESS_RECORD: 0x00041010,
  INFORMATION_RECORD: 0x00041011,
  PIPELINE_HOST_CALL: 0x00041100,
  PIPELINE_HOST_RESPONSE: 0x00041101,
} as const;

/** The `Destination` field (MS-PSRP 2.2.1). */
export const Destination = { CLIENT: 1, SERVER: 2 } as const;

/** RunspacePoolState (MS-PSRP 2.2.3.4). */
export const RunspacePoolState = {
  BEFORE_OPEN: 0,
  OPENING: 1,
  OPENED: 2,
  CLOSED: 3,
  CLOSING: 4,
  BROKEN: 5,
  NEGOTIATION_SENT: 6,
  NEGOTIATION_SUCCEEDED: 7,
  CONNECTING: 8,
  DISCONNECTED: 9,
} as const;

/** PSInvocationState (MS-PSRP 2.2.3.5). */
export const PipelineState = {
  NOT_STARTED: 0,
  RUNNING: 1,
  STOPPING: 2,
  STOPPED: 3,
  COMPLETED: 4,
  FAILED: 5,
  DISCONNECTED: 6,
} as const;

/** One message. */
export interface PsrpMessage {
  /** {@link Destination}: who it is for. */
  readonly destination: number;
  /** {@link MessageType}; others are possible from newer peers. */
  readonly type: number;
  /** GUID text in upper case; {@link NO_GUID} in what a server sends before it knows the pool. */
  readonly poolId: string;
  /** GUID text in upper case, or null for a message about the pool. */
  readonly pipelineId: string | null;
  /** CLIXML, without BOM; '' for a message without content. */
  readonly data: string;
}

/** Bytes before the CLIXML. */
export const MESSAGE_HEADER_BYTES = 40;

/**
 * Encodes a message. Servers put a BOM before the text; it is not needed, and not written.
 * @throws ConnectorError ERR_PSRP_MESSAGE if an id is no GUID
 */
export function encodeMessage(message: PsrpMessage): Uint8Array {
  const bytes = Buffer.allocUnsafe(MESSAGE_HEADER_BYTES + Buffer.byteLength(message.data));
  bytes.writeInt32LE(message.destination, 0);
  bytes.writeUInt32LE(message.type, 4);
  writeGuid(bytes, 8, message.poolId);
  writeGuid(bytes, 24, message.pipelineId ?? NO_GUID);
  bytes.write(message.data, MESSAGE_HEADER_BYTES);
  return bytes;
}

/**
 * Decodes a whole message, as a {@link Defragmenter} gives it.
 * @throws ConnectorError ERR_PSRP_MESSAGE if it is too short, for nobody, or its text is not UTF-8
 */
export function decodeMessage(bytes: Uint8Array): PsrpMessage {
  if (bytes.length < MESSAGE_HEADER_BYTES) {
    throw new ConnectorError('ERR_PSRP_MESSAGE', `A message of ${bytes.length} bytes, shorter than its header.`);
  }
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const destination = source.readInt32LE(0);
  if (destination !== Destination.CLIENT && destination !== Destination.SERVER) {
    throw new ConnectorError('ERR_PSRP_MESSAGE', `A message for destination ${destination}.`);
  }
  const pipelineId = readGuid(source, 24);
  return {
    destination,
    type: source.readUInt32LE(4),
    poolId: readGuid(source, 8),
    pipelineId: pipelineId === NO_GUID ? null : pipelineId,
    data: messageText(source),
  };
}

function messageText(source: Buffer): string {
  const hasBom = source[40] === 0xef && source[41] === 0xbb && source[42] === 0xbf;
  const text = source.subarray(hasBom ? MESSAGE_HEADER_BYTES + 3 : MESSAGE_HEADER_BYTES);
  if (isAscii(text)) return text.toString('latin1');
  if (!isUtf8(text)) throw new ConnectorError('ERR_PSRP_MESSAGE', 'A message whose text is not UTF-8.');
  return text.toString('utf8');
}

const NAMES = new Map<number, string>(Object.entries(MessageType).map(([name, type]) => [type, name]));

/** The specification's name of a message type, or its number in hexadecimal. */
export function messageTypeName(type: number): string {
  return NAMES.get(type) ?? `0x${type.toString(16).padStart(8, '0')}`;
}
