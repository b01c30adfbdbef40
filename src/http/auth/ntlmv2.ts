/** NTLMv2: keys, responses, MIC. [MS-NLMP] 3.3.2, 3.1.5.1.2; no I/O here. */
import { createHash, createHmac } from 'node:crypto';
import { md4, rc4 } from './md4-rc4.ts';
import { AV_FLAG_MIC, AvId, encodeAuthenticate, NtlmFlag, readAvPairs, setMic, writeAvPairs } from './ntlm-messages.ts';
import type { NtlmChallenge } from './ntlm-messages.ts';

/** HMAC-MD5 over the parts. */
export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac('md5', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** NTOWFv2: the key the password stands for. [MS-NLMP] 3.3.2 */
export function ntowfv2(password: string, user: string, domain: string): Buffer {
  return hmacMd5(md4(Buffer.from(password, 'utf16le')), Buffer.from(user.toUpperCase() + domain, 'utf16le'));
}

/** Responses and session key for a challenge. */
export interface Ntlmv2Response {
  readonly ntResponse: Buffer;
  readonly lmResponse: Buffer;
  readonly sessionBaseKey: Buffer;
}

/**
 * ComputeResponse. [MS-NLMP] 3.3.2
 * @param input.time FILETIME, 8 bytes little-endian
 * @param input.targetInfo what the client sends back, end mark included
 */
export function ntlmv2Response(input: {
  key: Uint8Array;
  serverChallenge: Uint8Array;
  clientChallenge: Uint8Array;
  time: Uint8Array;
  targetInfo: Uint8Array;
}): Ntlmv2Response {
  const { key, serverChallenge, clientChallenge } = input;
  const temp = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    input.time,
    clientChallenge,
    Buffer.alloc(4),
    input.targetInfo,
    Buffer.alloc(4),
  ]);
  const proof = hmacMd5(key, serverChallenge, temp);
  return {
    ntResponse: Buffer.concat([proof, temp]),
    lmResponse: Buffer.concat([hmacMd5(key, serverChallenge, clientChallenge), clientChallenge]),
    sessionBaseKey: hmacMd5(key, proof),
  };
}

/** Milliseconds since 1970 as FILETIME: 100 ns since 1601, 8 bytes little-endian. [MS-DTYP] 2.3.3 */
export function fileTime(ms: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((BigInt(Math.floor(ms)) + 11_644_473_600_000n) * 10_000n);
  return bytes;
}

/** MD5 of the gss_channel_bindings_struct around `tls-server-end-point:` and the certificate's hash. [MS-NLMP] 2.2.2.1, RFC 5929 4.1 */
export function channelBindingHash(endPoint: Uint8Array): Buffer {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), endPoint]);
  const struct = Buffer.alloc(20);
  struct.writeUInt32LE(data.length, 16);
  return createHash('md5').update(struct).update(data).digest();
}

/** Who signs in. */
export interface NtlmCredentials {
  readonly user: string;
  readonly domain: string;
  readonly password: string;
}

/** `DOMAIN\user` in parts; `user@domain` stays whole with an empty domain, as Windows takes it. */
export function splitUser(username: string): { user: string; domain: string } {
  const at = username.indexOf('\\');
  return at < 0 ? { user: username, domain: '' } : { user: username.slice(at + 1), domain: username.slice(0, at) };
}

/** What a client asks for. NTLMv2 with a session key, so that there is a key for the MIC. */
export const CLIENT_FLAGS =
  (NtlmFlag.unicode |
    NtlmFlag.requestTarget |
    NtlmFlag.sign |
    NtlmFlag.ntlm |
    NtlmFlag.alwaysSign |
    NtlmFlag.extendedSessionSecurity |
    NtlmFlag.targetInfo |
    NtlmFlag.version |
    NtlmFlag.key128 |
    NtlmFlag.keyExchange |
    NtlmFlag.key56) >>>
  0;

/** What the client adds to a handshake. */
export interface AnswerOptions {
  readonly credentials: NtlmCredentials;
  readonly workstation?: string;
  /** `HTTP/host`: a server may refuse an answer meant for another. [MS-NLMP] 2.2.2.1 MsvAvTargetName */
  readonly targetName: string;
  /** channelBindingHash, or null to send none. */
  readonly channelBinding: Uint8Array | null;
  /** 8 random bytes. */
  readonly clientChallenge: Uint8Array;
  /** 16 random bytes. */
  readonly sessionKey: Uint8Array;
  /** Used when the server sends no time, milliseconds since 1970. */
  readonly now: number;
}

/** The target info the client sends back, and whether it must sign with a MIC. [MS-NLMP] 3.1.5.1.2 */
function answerTargetInfo(
  challenge: NtlmChallenge,
  options: AnswerOptions,
): { targetInfo: Buffer; time: Buffer; hasTime: boolean } {
  const pairs = challenge.targetInfo.length === 0 ? new Map<number, Buffer>() : readAvPairs(challenge.targetInfo);
  const serverTime = pairs.get(AvId.timestamp);
  const hasTime = serverTime?.length === 8;
  if (hasTime) {
    const flags = Buffer.alloc(4);
    const sent = pairs.get(AvId.flags);
    flags.writeUInt32LE(((sent?.length === 4 ? sent.readUInt32LE(0) : 0) | AV_FLAG_MIC) >>> 0);
    pairs.set(AvId.flags, flags);
  }
  pairs.set(AvId.channelBindings, Buffer.from(options.channelBinding ?? Buffer.alloc(16)));
  pairs.set(AvId.targetName, Buffer.from(options.targetName, 'utf16le'));
  return { targetInfo: writeAvPairs(pairs), time: hasTime ? serverTime : fileTime(options.now), hasTime };
}

/**
 * Answers a challenge with NTLMv2, channel binding and, if the server sent its time, a MIC over all three messages.
 * @returns the AUTHENTICATE_MESSAGE
 */
export function answerChallenge(
  negotiate: Uint8Array,
  challengeMessage: Uint8Array,
  challenge: NtlmChallenge,
  options: AnswerOptions,
): Buffer {
  const { user, domain, password } = options.credentials;
  const { targetInfo, time, hasTime } = answerTargetInfo(challenge, options);
  const response = ntlmv2Response({
    key: ntowfv2(password, user, domain),
    serverChallenge: challenge.serverChallenge,
    clientChallenge: options.clientChallenge,
    time,
    targetInfo,
  });
  const flags = (challenge.flags & CLIENT_FLAGS) | NtlmFlag.unicode;
  // Without key exchange the session key is the one both sides derive. [MS-NLMP] 3.1.5.1.2
  const exchange = (flags & NtlmFlag.keyExchange) !== 0 && (flags & (NtlmFlag.sign | NtlmFlag.seal)) !== 0;
  const sessionKey = exchange ? options.sessionKey : response.sessionBaseKey;
  const message = encodeAuthenticate({
    flags,
    domain,
    user,
    workstation: options.workstation ?? '',
    // With a server time the LM response is 24 zero bytes. [MS-NLMP] 3.1.5.1.2
    lmResponse: hasTime ? Buffer.alloc(24) : response.lmResponse,
    ntResponse: response.ntResponse,
    encryptedSessionKey: exchange ? rc4(response.sessionBaseKey, options.sessionKey) : Buffer.alloc(0),
  });
  if (!hasTime) return message;
  return setMic(message, hmacMd5(sessionKey, negotiate, challengeMessage, message));
}
