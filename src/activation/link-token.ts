/**
 * The signed token of the link in the mail: base64url(payload) "." base64url(HMAC-SHA256(secret, payload text)).
 * It names one device on one mailbox for one purpose, one store and a limited time. No I/O here.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ConnectorError } from '../errors.ts';

/** What a link may be used for. */
export type LinkPurpose = 'activate';

/** What a token says. Times are ISO 8601 UTC text, whole seconds. */
export interface LinkClaims {
  readonly purpose: LinkPurpose;
  /** The store that issued it. */
  readonly storeId: string;
  readonly tokenId: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  /** As Exchange spells it. */
  readonly easId: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

/** The payload's form; a token of another version is refused. */
const VERSION = 1;

/** Longest token that is looked at: an EAS ID has at most 32 characters ([MS-ASHTTP] 2.2.1.1.1.2.3), but Exchange keeps what it gets. */
export const MAX_TOKEN_LENGTH = 2048;

/** base64url of 32 bytes without padding, RFC 4648 section 5. */
const SIGNATURE_LENGTH = 43;

const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/;

/**
 * Makes a token. `secret` is the store's link secret.
 * Throws ERR_INPUT_INVALID if a claim is empty, a time is no time, or the token would be longer than {@link MAX_TOKEN_LENGTH}.
 */
export function issueLinkToken(claims: LinkClaims, secret: Uint8Array): string {
  const payload = {
    v: VERSION,
    p: claims.purpose,
    s: claims.storeId,
    t: claims.tokenId,
    m: claims.mailboxId.toLowerCase(),
    e: claims.easId,
    i: secondsOf(claims.issuedAt),
    x: secondsOf(claims.expiresAt),
  };
  if (readPayload(payload) === null) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'A link needs a store, a token id, a mailbox, an EAS ID and its times.',
    );
  }
  const text = Buffer.from(JSON.stringify(payload), 'utf8').toString('base64url');
  const token = `${text}.${sign(text, secret)}`;
  if (token.length <= MAX_TOKEN_LENGTH) return token;
  throw new ConnectorError('ERR_INPUT_INVALID', 'The EAS ID is too long for a link.', {
    details: { length: token.length },
  });
}

/**
 * Reads a token that a browser sent; nothing of it is believed before its signature holds.
 * Errors: ERR_TOKEN_INVALID (not a token, or its signature does not hold), ERR_TOKEN_FOREIGN (of another store or
 * purpose), ERR_TOKEN_EXPIRED. Whether it was issued and not withdrawn, the store knows.
 */
export function readLinkToken(
  token: unknown,
  expected: { secret: Uint8Array; storeId: string; purpose: LinkPurpose; now: Date },
): LinkClaims {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH || !FORM.test(token)) {
    throw new ConnectorError('ERR_TOKEN_INVALID', 'What came is not a link token.');
  }
  const text = token.slice(0, -SIGNATURE_LENGTH - 1);
  const claims = parsePayload(text);
  if (!sameText(token.slice(-SIGNATURE_LENGTH), sign(text, expected.secret))) {
    // Another store has another secret, so its signature cannot hold. Only the word for the refusal depends on this.
    const foreign = claims !== null && claims.storeId !== expected.storeId;
    throw foreign
      ? foreignToken()
      : new ConnectorError('ERR_TOKEN_INVALID', 'The signature of the link does not hold.');
  }
  if (claims === null) throw new ConnectorError('ERR_TOKEN_INVALID', 'The link has a form this version does not know.');
  if (claims.storeId !== expected.storeId || claims.purpose !== expected.purpose) throw foreignToken();
  if (expected.now.getTime() >= Date.parse(claims.expiresAt)) {
    throw new ConnectorError('ERR_TOKEN_EXPIRED', `The link was good until ${claims.expiresAt}.`, {
      details: { tokenId: claims.tokenId, expiresAt: claims.expiresAt },
    });
  }
  return claims;
}

function foreignToken(): ConnectorError {
  return new ConnectorError('ERR_TOKEN_FOREIGN', 'The link was made by another store or for another purpose.');
}

function sign(text: string, secret: Uint8Array): string {
  return createHmac('sha256', secret).update(text, 'ascii').digest('base64url');
}

/** Compares texts, not decoded bytes: the last base64url digit has unused bits, and two spellings would be one signature. */
function sameText(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given, 'utf8'), Buffer.from(wanted, 'utf8')];
  return left.length === right.length && timingSafeEqual(left, right);
}

function parsePayload(text: string): LinkClaims | null {
  try {
    return readPayload(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown);
  } catch {
    return null;
  }
}

function readPayload(payload: unknown): LinkClaims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { v, p, s, t, m, e, i, x } = payload as Record<string, unknown>;
  if (v !== VERSION || p !== 'activate' || !isText(s) || !isText(t) || !isText(m) || !isText(e)) return null;
  const [issuedAt, expiresAt] = [timeOf(i), timeOf(x)];
  if (issuedAt === null || expiresAt === null) return null;
  return { purpose: p, storeId: s, tokenId: t, mailboxId: m, easId: e, issuedAt, expiresAt };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function secondsOf(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

/** Seconds since 1970 as ISO text; null for what no Date can hold (ECMA-262 21.4.1.1: 8.64e15 ms). */
function timeOf(seconds: unknown): string | null {
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 8.64e12) return null;
  return new Date(seconds * 1000).toISOString();
}
