/** SPNEGO around NTLM tokens, as little of it as NTLM needs. RFC 4178, [MS-SPNG]; no I/O here. */
import { ConnectorError } from '../../errors.ts';
import { ntlmMessageType } from './ntlm-messages.ts';

/** DER of 1.3.6.1.5.5.2 (SPNEGO) and 1.3.6.1.4.1.311.2.2.10 (NTLMSSP). */
const SPNEGO_OID = Buffer.from('06062b0601050502', 'hex');
const NTLM_OID = Buffer.from('060a2b06010401823702020a', 'hex');

/** Nested DER values that are followed: a NegotiationToken has five levels down to its token [RFC 4178 4.2.2]. */
const MAX_DEPTH = 8;

function tlv(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** The first token of a client: NegTokenInit with NTLM as the only mechanism. */
export function wrapInit(token: Uint8Array): Buffer {
  const mechanisms = tlv(0xa0, tlv(0x30, NTLM_OID));
  return tlv(0x60, SPNEGO_OID, tlv(0xa0, tlv(0x30, mechanisms, tlv(0xa2, tlv(0x04, token)))));
}

/** States of a negotiation. RFC 4178 4.2.2 */
export const NegState = { completed: 0, incomplete: 1, reject: 2 } as const;

/** A later token of either side: NegTokenResp. */
export function wrapResponse(token: Uint8Array | null, state?: (typeof NegState)[keyof typeof NegState]): Buffer {
  const parts: Buffer[] = [];
  if (state !== undefined) parts.push(tlv(0xa0, tlv(0x0a, Buffer.from([state]))));
  if (state === NegState.incomplete) parts.push(tlv(0xa1, NTLM_OID));
  if (token !== null) parts.push(tlv(0xa2, tlv(0x04, token)));
  return tlv(0xa1, tlv(0x30, ...parts));
}

interface Tlv {
  readonly tag: number;
  readonly content: Buffer;
  readonly rest: Buffer;
}

function readTlv(bytes: Buffer): Tlv | null {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) return null;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  if (extra > 4 || bytes.length < 2 + extra) return null;
  const length = extra === 0 ? first : bytes.readUIntBE(2, extra);
  const start = 2 + extra;
  if (first === 0x80 || start + length > bytes.length) return null;
  return { tag, content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

/** The first OCTET STRING that is an NTLM message, searched through constructed elements. */
function findNtlm(bytes: Buffer, depth: number): Buffer | null {
  if (depth > MAX_DEPTH) return null;
  let rest = bytes;
  for (let element = readTlv(rest); element !== null; element = readTlv(rest)) {
    if (element.tag === 0x04 && ntlmMessageType(element.content) !== null) return element.content;
    const constructed = (element.tag & 0x20) !== 0;
    const found = constructed ? findNtlm(element.content, depth + 1) : null;
    if (found !== null) return found;
    rest = element.rest;
  }
  return null;
}

/**
 * The NTLM message of a token, raw or wrapped.
 * @throws ConnectorError ERR_HTTP_AUTH if there is none (Kerberos, or damaged)
 */
export function unwrapNtlm(token: Uint8Array): { message: Buffer; wrapped: boolean } {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  if (ntlmMessageType(bytes) !== null) return { message: bytes, wrapped: false };
  const message = bytes.length <= 64 * 1024 ? findNtlm(bytes, 0) : null;
  if (message === null) throw new ConnectorError('ERR_HTTP_AUTH', 'The Negotiate token holds no NTLM message.');
  return { message, wrapped: true };
}
