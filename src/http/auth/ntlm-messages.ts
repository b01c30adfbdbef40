/** The three NTLM messages and their attribute pairs, both directions. [MS-NLMP] 2.2; no I/O here. */
import { ConnectorError } from '../../errors.ts';

/** Negotiate flags. [MS-NLMP] 2.2.2.5 */
export const NtlmFlag = {
  unicode: 0x0000_0001,
  requestTarget: 0x0000_0004,
  sign: 0x0000_0010,
  seal: 0x0000_0020,
  ntlm: 0x0000_0200,
  anonymous: 0x0000_0800,
  alwaysSign: 0x0000_8000,
  targetTypeDomain: 0x0001_0000,
  targetTypeServer: 0x0002_0000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  version: 0x0200_0000,
  key128: 0x2000_0000,
  keyExchange: 0x4000_0000,
  key56: 0x8000_0000,
} as const;

/** Attribute ids of the target info. [MS-NLMP] 2.2.2.1 */
export const AvId = {
  endOfList: 0,
  netbiosComputer: 1,
  netbiosDomain: 2,
  dnsComputer: 3,
  dnsDomain: 4,
  dnsTree: 5,
  flags: 6,
  timestamp: 7,
  singleHost: 8,
  targetName: 9,
  channelBindings: 10,
} as const;

/** Bit of AvId.flags: the authenticate message carries a MIC. */
export const AV_FLAG_MIC = 0x2;

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
/** Windows 10 / NTLM revision 15. [MS-NLMP] 2.2.2.10: for debugging only. */
const VERSION = Buffer.from([10, 0, 0x63, 0x45, 0, 0, 0, 15]);
/** Lengths in the messages are 16 bits wide; real messages have some hundred bytes. */
const MAX_MESSAGE = 64 * 1024;
/** Offset of the MIC, and of the payload after it. [MS-NLMP] 2.2.1.3 */
const MIC_AT = 72;
const AUTHENTICATE_HEADER = 88;

function invalid(seen: string): ConnectorError {
  return new ConnectorError('ERR_HTTP_AUTH', `The NTLM message ${seen}.`);
}

/** Checks signature and type; every NTLM message passes here first. */
function check(message: Uint8Array, type: number, minimum: number): Buffer {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (bytes.length > MAX_MESSAGE) throw invalid('is larger than allowed');
  if (bytes.length < minimum || !bytes.subarray(0, 8).equals(SIGNATURE)) throw invalid('is none, or cut off');
  if (bytes.readUInt32LE(8) !== type) throw invalid(`has type ${bytes.readUInt32LE(8)}, not ${type}`);
  return bytes;
}

/** Length, allocated length, offset: a field pointing into the payload. */
function readField(bytes: Buffer, at: number): Buffer {
  const length = bytes.readUInt16LE(at);
  const offset = bytes.readUInt32LE(at + 4);
  if (length === 0) return Buffer.alloc(0);
  if (offset + length > bytes.length) throw invalid('points beyond its end');
  return bytes.subarray(offset, offset + length);
}

/** Type of any NTLM message, or null if it is none. */
export function ntlmMessageType(message: Uint8Array): number | null {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  return bytes.length >= 12 && bytes.subarray(0, 8).equals(SIGNATURE) ? bytes.readUInt32LE(8) : null;
}

/** Target info: id → value. */
export type AvPairs = ReadonlyMap<number, Buffer>;

/** @throws ConnectorError ERR_HTTP_AUTH if the list does not end where it should */
export function readAvPairs(bytes: Uint8Array): Map<number, Buffer> {
  const list = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pairs = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= list.length;) {
    const id = list.readUInt16LE(at);
    const length = list.readUInt16LE(at + 2);
    if (id === AvId.endOfList) return pairs;
    if (at + 4 + length > list.length) throw invalid('has target info that is cut off');
    pairs.set(id, list.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  throw invalid('has target info without an end');
}

/** Writes pairs in their order, then the end mark. */
export function writeAvPairs(pairs: AvPairs): Buffer {
  const parts: Buffer[] = [];
  for (const [id, value] of pairs) {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(id, 0);
    head.writeUInt16LE(value.length, 2);
    parts.push(head, value);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

/** NEGOTIATE_MESSAGE without domain and workstation. [MS-NLMP] 2.2.1.1 */
export function encodeNegotiate(flags: number): Buffer {
  const message = Buffer.alloc(40);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(flags >>> 0, 12);
  VERSION.copy(message, 32);
  return message;
}

/** Flags of a NEGOTIATE_MESSAGE. */
export function decodeNegotiate(message: Uint8Array): { flags: number } {
  return { flags: check(message, 1, 16).readUInt32LE(12) };
}

/** CHALLENGE_MESSAGE. [MS-NLMP] 2.2.1.2 */
export interface NtlmChallenge {
  readonly flags: number;
  readonly targetName: string;
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  readonly targetInfo: Buffer;
}

/** Reads a challenge. @throws ConnectorError ERR_HTTP_AUTH */
export function decodeChallenge(message: Uint8Array): NtlmChallenge {
  const bytes = check(message, 2, 32);
  const flags = bytes.readUInt32LE(20);
  const name = readField(bytes, 12);
  return {
    flags,
    targetName: name.toString((flags & NtlmFlag.unicode) === 0 ? 'latin1' : 'utf16le'),
    serverChallenge: bytes.subarray(24, 32),
    targetInfo: (flags & NtlmFlag.targetInfo) !== 0 && bytes.length >= 48 ? readField(bytes, 40) : Buffer.alloc(0),
  };
}

/** Writes a challenge. */
export function encodeChallenge(challenge: NtlmChallenge): Buffer {
  const name = Buffer.from(challenge.targetName, 'utf16le');
  const message = Buffer.alloc(56);
  SIGNATURE.copy(message);
  message.writeUInt32LE(2, 8);
  writeField(message, 12, name.length, 56);
  message.writeUInt32LE(challenge.flags >>> 0, 20);
  challenge.serverChallenge.copy(message, 24);
  writeField(message, 40, challenge.targetInfo.length, 56 + name.length);
  VERSION.copy(message, 48);
  return Buffer.concat([message, name, challenge.targetInfo]);
}

function writeField(message: Buffer, at: number, length: number, offset: number): void {
  message.writeUInt16LE(length, at);
  message.writeUInt16LE(length, at + 2);
  message.writeUInt32LE(offset, at + 4);
}

/** AUTHENTICATE_MESSAGE. [MS-NLMP] 2.2.1.3 */
export interface NtlmAuthenticate {
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly lmResponse: Buffer;
  readonly ntResponse: Buffer;
  readonly encryptedSessionKey: Buffer;
  /** 16 bytes, or null where the sender left it out. */
  readonly mic: Buffer | null;
}

/** Writes an authenticate message; the MIC field is there, zero until setMic. */
export function encodeAuthenticate(message: Omit<NtlmAuthenticate, 'mic'>): Buffer {
  const parts = [
    { at: 28, value: Buffer.from(message.domain, 'utf16le') },
    { at: 36, value: Buffer.from(message.user, 'utf16le') },
    { at: 44, value: Buffer.from(message.workstation, 'utf16le') },
    { at: 12, value: message.lmResponse },
    { at: 20, value: message.ntResponse },
    { at: 52, value: message.encryptedSessionKey },
  ];
  const header = Buffer.alloc(AUTHENTICATE_HEADER);
  SIGNATURE.copy(header);
  header.writeUInt32LE(3, 8);
  let offset = AUTHENTICATE_HEADER;
  for (const { at, value } of parts) {
    writeField(header, at, value.length, offset);
    offset += value.length;
  }
  header.writeUInt32LE(message.flags >>> 0, 60);
  VERSION.copy(header, 64);
  return Buffer.concat([header, ...parts.map(({ value }) => value)]);
}

/** Puts the MIC into an authenticate message. */
export function setMic(message: Buffer, mic: Uint8Array): Buffer {
  const signed = Buffer.from(message);
  signed.set(mic.subarray(0, 16), MIC_AT);
  return signed;
}

/** Reads an authenticate message. @throws ConnectorError ERR_HTTP_AUTH */
export function decodeAuthenticate(message: Uint8Array): NtlmAuthenticate {
  const bytes = check(message, 3, 64);
  const flags = bytes.readUInt32LE(60);
  if ((flags & NtlmFlag.unicode) === 0) throw invalid('is not in Unicode');
  const offsets = [12, 20, 28, 36, 44, 52]
    .filter((at) => bytes.readUInt16LE(at) > 0)
    .map((at) => bytes.readUInt32LE(at + 4));
  // Old senders have no MIC: then the payload begins before its place would end.
  const hasMic = bytes.length >= AUTHENTICATE_HEADER && Math.min(...offsets, bytes.length) >= AUTHENTICATE_HEADER;
  return {
    flags,
    lmResponse: readField(bytes, 12),
    ntResponse: readField(bytes, 20),
    domain: readField(bytes, 28).toString('utf16le'),
    user: readField(bytes, 36).toString('utf16le'),
    workstation: readField(bytes, 44).toString('utf16le'),
    encryptedSessionKey: readField(bytes, 52),
    mic: hasMic ? bytes.subarray(MIC_AT, MIC_AT + 16) : null,
  };
}
