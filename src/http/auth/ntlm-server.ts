/** The server's side of NTLMv2 for the lab: one handshake per connection, verified as strictly as Windows does. [MS-NLMP] 3.2.5 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rc4 } from './md4-rc4.ts';
import {
  AV_FLAG_MIC,
  AvId,
  decodeAuthenticate,
  decodeNegotiate,
  encodeChallenge,
  NtlmFlag,
  ntlmMessageType,
  readAvPairs,
  setMic,
  writeAvPairs,
} from './ntlm-messages.ts';
import type { AvPairs, NtlmAuthenticate } from './ntlm-messages.ts';
import { CLIENT_FLAGS, fileTime, hmacMd5, ntowfv2 } from './ntlmv2.ts';
import { NegState, unwrapNtlm, wrapResponse } from './spnego.ts';

/** Extended protection as IIS has it: ignore the binding, check it if sent, or demand it. */
export type ChannelBindingPolicy = 'none' | 'allow' | 'require';

/** What an NTLM server knows. */
export interface NtlmServerOptions {
  /** NetBIOS names. */
  readonly domain: string;
  readonly computer: string;
  readonly dnsDomain?: string;
  readonly dnsComputer?: string;
  /** Password of an account, or null. `domain` is '' for `user@domain` names. */
  password(user: string, domain: string): string | null;
  /** channelBindingHash of this connection's certificate; null on plain TCP. */
  readonly channelBinding: Buffer | null;
  /** Default `none`, as Microsoft's script sets the front end's PowerShell directory. */
  readonly policy?: ChannelBindingPolicy;
  /** Default Date.now. */
  readonly now?: () => number;
}

/** Outcome of one Authorization header. `header` goes out as WWW-Authenticate. */
export type NtlmStep =
  | { readonly kind: 'challenge'; readonly header: string }
  | { readonly kind: 'accepted'; readonly user: string; readonly domain: string; readonly header: string | null }
  | { readonly kind: 'refused'; readonly reason: string };

/** Farthest a client's time may be off. Windows allows 36 hours for NTLMv2 ([MS-NLMP] 3.2.5.1.2, product behavior). */
const MAX_SKEW_MS = 36 * 3_600_000;

/** What a handshake has to be checked against. */
export interface NtlmEvidence {
  readonly negotiate: Uint8Array;
  readonly challenge: Uint8Array;
  readonly authenticate: Uint8Array;
  /** 8 bytes. */
  readonly serverChallenge: Uint8Array;
  readonly password: string;
  readonly channelBinding: Uint8Array | null;
  readonly policy: ChannelBindingPolicy;
  readonly now: number;
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The client's target info inside its NTLMv2 response. [MS-NLMP] 2.2.2.7 */
function clientPairs(message: NtlmAuthenticate): AvPairs {
  return readAvPairs(message.ntResponse.subarray(16 + 28));
}

function checkBinding(pairs: AvPairs, evidence: NtlmEvidence): string | null {
  if (evidence.policy === 'none') return null;
  const sent = pairs.get(AvId.channelBindings);
  const empty = sent === undefined || sent.every((byte) => byte === 0);
  if (empty) return evidence.policy === 'require' ? 'channel binding missing' : null;
  return evidence.channelBinding !== null && same(sent, evidence.channelBinding) ? null : 'channel binding wrong';
}

function checkMic(message: NtlmAuthenticate, pairs: AvPairs, base: Buffer, evidence: NtlmEvidence): string | null {
  const flags = pairs.get(AvId.flags);
  const promised = flags?.length === 4 && (flags.readUInt32LE(0) & AV_FLAG_MIC) !== 0;
  // Only a promised MIC is checked: older clients (curl) send none. [MS-NLMP] 3.2.5.1.2
  if (!promised) return null;
  if (message.mic === null) return 'MIC missing';
  const exchanged = (message.flags & NtlmFlag.keyExchange) !== 0 && message.encryptedSessionKey.length === 16;
  const key = exchanged ? rc4(base, message.encryptedSessionKey) : base;
  const unsigned = setMic(Buffer.from(evidence.authenticate), Buffer.alloc(16));
  return same(hmacMd5(key, evidence.negotiate, evidence.challenge, unsigned), message.mic) ? null : 'MIC wrong';
}

/**
 * Checks an AUTHENTICATE_MESSAGE.
 * @returns null if it is good, else the reason, which tells the log and not the client
 */
export function verifyNtlmv2(evidence: NtlmEvidence): string | null {
  const message = decodeAuthenticate(evidence.authenticate);
  // 24 bytes are NTLMv1, which is never accepted. 16 proof, 28 fixed, 4 end of list.
  if (message.ntResponse.length < 48) return 'not NTLMv2';
  const key = ntowfv2(evidence.password, message.user, message.domain);
  const temp = message.ntResponse.subarray(16);
  const proof = hmacMd5(key, evidence.serverChallenge, temp);
  if (!same(proof, message.ntResponse.subarray(0, 16))) return 'password wrong';
  const pairs = clientPairs(message);
  const skew = Number(temp.readBigUInt64LE(8) / 10_000n) - 11_644_473_600_000 - evidence.now;
  if (Math.abs(skew) > MAX_SKEW_MS) return 'clock too far off';
  return checkBinding(pairs, evidence) ?? checkMic(message, pairs, hmacMd5(key, proof), evidence);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** One connection's NTLM state. Make one per socket; feed it every Authorization header until it accepts. */
export class NtlmServer {
  readonly #options: NtlmServerOptions;
  #pending: { negotiate: Buffer; challenge: Buffer; serverChallenge: Buffer; scheme: string } | null = null;
  #user: { user: string; domain: string } | null = null;

  constructor(options: NtlmServerOptions) {
    this.#options = options;
  }

  /** Who this connection belongs to, or null. */
  get user(): { user: string; domain: string } | null {
    return this.#user;
  }

  /** Takes `NTLM …` or `Negotiate …`. Never throws: whatever cannot be read is refused. */
  step(authorization: string): NtlmStep {
    const match = /^(NTLM|Negotiate)\s+([A-Za-z0-9+/=]+)$/i.exec(authorization);
    if (match?.[1] === undefined || match[2] === undefined) return this.#refuse('no NTLM or Negotiate token');
    const scheme = match[1].toLowerCase() === 'ntlm' ? 'NTLM' : 'Negotiate';
    try {
      const { message, wrapped } = unwrapNtlm(Buffer.from(match[2], 'base64'));
      if (wrapped && scheme === 'NTLM') return this.#refuse('SPNEGO under NTLM');
      return ntlmMessageType(message) === 1
        ? this.#challenge(scheme, message, wrapped)
        : this.#authenticate(scheme, message, wrapped);
    } catch (error) {
      return this.#refuse(error instanceof Error ? error.message : 'damaged');
    }
  }

  #refuse(reason: string): NtlmStep {
    this.#pending = null;
    this.#user = null;
    return { kind: 'refused', reason };
  }

  #challenge(scheme: string, negotiate: Buffer, wrapped: boolean): NtlmStep {
    const { domain, computer, dnsDomain, dnsComputer, now } = this.#options;
    const wanted = decodeNegotiate(negotiate).flags;
    const pairs = new Map<number, Buffer>([
      [AvId.netbiosDomain, utf16(domain)],
      [AvId.netbiosComputer, utf16(computer)],
      [AvId.dnsDomain, utf16(dnsDomain ?? `${domain.toLowerCase()}.example`)],
      [AvId.dnsComputer, utf16(dnsComputer ?? `${computer.toLowerCase()}.${domain.toLowerCase()}.example`)],
      [AvId.timestamp, fileTime((now ?? Date.now)())],
    ]);
    const serverChallenge = randomBytes(8);
    const flags =
      ((wanted & CLIENT_FLAGS) | NtlmFlag.targetInfo | NtlmFlag.targetTypeDomain | NtlmFlag.unicode | NtlmFlag.ntlm) >>>
      0;
    const challenge = encodeChallenge({ flags, targetName: domain, serverChallenge, targetInfo: writeAvPairs(pairs) });
    this.#user = null;
    this.#pending = { negotiate: Buffer.from(negotiate), challenge, serverChallenge, scheme };
    const token = wrapped ? wrapResponse(challenge, NegState.incomplete) : challenge;
    return { kind: 'challenge', header: `${scheme} ${token.toString('base64')}` };
  }

  #authenticate(scheme: string, authenticate: Buffer, wrapped: boolean): NtlmStep {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null || pending.scheme !== scheme) return this.#refuse('no handshake under way on this connection');
    const { user, domain } = decodeAuthenticate(authenticate);
    const password = this.#options.password(user, domain);
    if (password === null) return this.#refuse('user unknown');
    const reason = verifyNtlmv2({
      ...pending,
      authenticate,
      password,
      channelBinding: this.#options.channelBinding,
      policy: this.#options.policy ?? 'none',
      now: (this.#options.now ?? Date.now)(),
    });
    if (reason !== null) return this.#refuse(reason);
    this.#user = { user, domain };
    const done = wrapped ? `${scheme} ${wrapResponse(null, NegState.completed).toString('base64')}` : null;
    return { kind: 'accepted', user, domain, header: done };
  }
}

export { channelBindingHash } from './ntlmv2.ts';
export { tlsServerEndPoint } from './end-point.ts';
