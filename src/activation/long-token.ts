/**
 * The token of links that older versions sent: base64url(payload) "." base64url(HMAC-SHA256(secret, payload text)), some 330
 * characters. They are read until they have expired; new ones are short (link-token.ts). No I/O here.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ConnectorError } from '../errors.ts';
import type { LinkClaims, LinkReader } from './link-claims.ts';

/** The payload's form; a token of another version is refused. */
const VERSION = 1;

/** base64url of 32 bytes without padding, RFC 4648 section 5. */
const SIGNATURE_LENGTH = 43;

const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/;

/**
 * Reads a long token; nothing of it is believed before its signature holds. Whether it has expired is not looked at here.
 * Errors: ERR_TOKEN_INVALID (not a token, or its signature does not hold), ERR_TOKEN_FOREIGN (of another store or purpose).
 */
export function readLongToken(token: string, expected: LinkReader): LinkClaims {
  if (!FORM.test(token)) throw new ConnectorError('ERR_TOKEN_INVALID', 'What came is not a link token.');
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

/** Seconds since 1970 as ISO text; null for what no Date can hold (ECMA-262 21.4.1.1: 8.64e15 ms). */
function timeOf(seconds: unknown): string | null {
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 8.64e12) return null;
  return new Date(seconds * 1000).toISOString();
}
