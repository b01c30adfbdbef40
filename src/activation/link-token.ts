/**
 * The token of the link in the mail: an id and its MAC, 80 bits each, in 32 letters and digits that can be typed. The store
 * knows the rest: whose link it is, and until when. No I/O here.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ConnectorError } from '../errors.ts';
import type { LinkClaims, LinkReader } from './link-claims.ts';
import { readLongToken } from './long-token.ts';

/** What a link says by itself. */
export interface ReadLink {
  readonly tokenId: string;
  /** As we write it. */
  readonly token: string;
  /** What a link of the long form says besides. */
  readonly claims: LinkClaims | null;
}

/** Crockford's base 32 (https://www.crockford.com/base32.html): no i, l, o and u. Small letters, as a phone types them. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** What looks like a digit of ours, or sounds like it, is read as that. */
const LOOK_ALIKES: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1', u: 'v' };

/** 80 bits: nobody guesses one in a thousand million among a million links in the two weeks that a link is good. */
const BYTES = 10;
/** An id or a MAC in digits. */
const LENGTH = 16;

const FORM = /^[0-9a-hjkmnp-tv-z]{32}$/;

/** Longest text that is looked at. */
export const MAX_TOKEN_LENGTH = 2048;

/** What mail programs and people put around an address, or break it with. */
const BLANKS = /[\s\u00ad\u200b-\u200f\u2060\ufeff()<>[\]{}"'`\u00ab\u00b4\u00bb\u2018-\u201f\u2039\u203a]/g;
const MARKS_AT_ENDS = /^[.,;:!?*=]+|[.,;:!?*=]+$/g;
const MARKS = /[.,;:!?*=_-]/g;
/** What gateways and trackers hang onto an address begins with one of these. */
const HUNG_ON = /[?&;#/\\|\u2026]/;
/** An equals sign of the address that was encoded for a mail (RFC 2045 section 6.7) and not decoded. */
const ENCODED_EQUALS = /^3d(?=.{32}$)/;

/** The id of a new link, made of any text that is unique. */
export function linkIdOf(unique: string): string {
  return digitsOf(createHash('sha256').update(unique, 'utf8').digest());
}

/** Makes the token of a link that the store has issued, or will. @param secret the store's link secret */
export function issueLinkToken(link: Pick<LinkClaims, 'purpose' | 'storeId' | 'tokenId'>, secret: Uint8Array): string {
  return link.tokenId + macOf(link, secret);
}

/**
 * Reads a token that a browser sent, or a link that somebody has pasted as one. Stray blanks, dots, brackets and quotes, letters
 * that look like others, what was hung onto the address, and an encoding too many are forgiven. Whether it was issued, is
 * withdrawn or has expired, the store knows.
 * Errors: ERR_TOKEN_INVALID (not a token, or its MAC does not hold), ERR_TOKEN_FOREIGN (a long one of another store or purpose).
 */
export function readLinkToken(sent: unknown, reader: LinkReader): ReadLink {
  if (typeof sent !== 'string' || sent.length > MAX_TOKEN_LENGTH)
    throw new ConnectorError('ERR_TOKEN_INVALID', 'What came is not a link token.');
  const link = decoded(sent);
  const text = (/^.*[?&;]token=([^&#]*)/is.exec(link)?.[1] ?? link).replace(BLANKS, '').replace(MARKS_AT_ENDS, '');
  const [head = ''] = text.split(HUNG_ON, 1);
  const short = head
    .replace(MARKS, '')
    .toLowerCase()
    .replace(ENCODED_EQUALS, '')
    .replace(/[oilu]/g, (letter) => LOOK_ALIKES[letter] ?? '');
  if (!FORM.test(short)) {
    const claims = readLongToken(text, reader);
    return { tokenId: claims.tokenId, token: text, claims };
  }
  const tokenId = short.slice(0, LENGTH);
  const [given, wanted] = [Buffer.from(short.slice(LENGTH)), Buffer.from(macOf({ ...reader, tokenId }, reader.secret))];
  if (!timingSafeEqual(given, wanted))
    throw new ConnectorError('ERR_TOKEN_INVALID', 'The link was mistyped, or made by another store.');
  return { tokenId, token: short, claims: null };
}

/** A token has no percent sign: what has one was encoded once more than the browser decodes. */
function decoded(sent: string): string {
  try {
    return sent.includes('%') ? decodeURIComponent(sent) : sent;
  } catch {
    return sent;
  }
}

function macOf(
  { purpose, storeId, tokenId }: Pick<LinkClaims, 'purpose' | 'storeId' | 'tokenId'>,
  secret: Uint8Array,
): string {
  // A text that no long token is signed with: those are base64url.
  return digitsOf(createHmac('sha256', secret).update(`link ${purpose} ${storeId} ${tokenId}`, 'utf8').digest());
}

/** The first 80 bits. */
function digitsOf(bytes: Buffer): string {
  const value = BigInt(`0x${bytes.subarray(0, BYTES).toString('hex')}`);
  const digits = value.toString(DIGITS.length).padStart(LENGTH, '0');
  return digits.replace(/./g, (digit) => DIGITS[Number.parseInt(digit, DIGITS.length)] ?? '');
}
