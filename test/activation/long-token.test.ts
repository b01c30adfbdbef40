import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MAX_TOKEN_LENGTH, readLinkToken } from '../../src/activation/link-token.ts';
import type { LinkClaims, LinkReader } from '../../src/activation/link-claims.ts';
import { longToken, signedPayload } from '../support/long-link.ts';

const secret = Buffer.alloc(32, 7);
const claims: LinkClaims = {
  purpose: 'activate',
  storeId: 'store-1',
  tokenId: 'token-1',
  mailboxId: '7f3c1a52-0000-4000-8000-00000000000a',
  easId: 'SEC0123456789ABC',
  issuedAt: '2026-05-04T10:00:00.000Z',
  expiresAt: '2026-05-11T10:00:00.000Z',
};
const expected: LinkReader = { secret, storeId: 'store-1', purpose: 'activate' };
const readLong = (sent: unknown, reader = expected): LinkClaims | null => readLinkToken(sent, reader).claims;

/** Blanks, brackets and quotes anywhere, and dots at the ends, are forgiven. */
function isSame(changed: string, token: string): boolean {
  return changed.replace(/[\s()<>[\]{}"'`]/g, '').replace(/^[.,;:!?*=]+|[.,;:!?*=]+$/g, '') === token;
}

describe('the token of a link that an older version sent', () => {
  it('says what it was made to say', () => {
    const token = longToken(claims, secret);
    assert.match(token, /^[\w-]+\.[\w-]{43}$/);
    assert.deepEqual(readLong(token, expected), claims);
  });

  it('says so for any EAS ID and any time', () => {
    const time = fc
      .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000).toISOString());
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
        time,
        fc.uuid(),
        (easId, issuedAt, mailboxId) => {
          const made: LinkClaims = { ...claims, easId, issuedAt, mailboxId, expiresAt: '2100-01-01T00:00:00.000Z' };
          assert.deepEqual(readLong(longToken(made, secret), expected), made);
        },
      ),
    );
  });

  it('is refused with any one bit flipped', () => {
    const token = longToken(claims, secret);
    const bytes = Buffer.from(token, 'latin1');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(
        () => readLong(flipped.toString('latin1'), expected),
        { code: /^ERR_TOKEN_(INVALID|FOREIGN)$/ },
        `bit ${bit}`,
      );
    }
  });

  it('is refused with anything cut off, put in or put behind', () => {
    const token = longToken(claims, secret);
    fc.assert(
      fc.property(fc.nat(token.length), fc.nat(10), fc.string({ maxLength: 10 }), (start, length, put) => {
        const changed = token.slice(0, start) + put + token.slice(start + length);
        fc.pre(!isSame(changed, token));
        assert.throws(() => readLong(changed, expected), { code: /^ERR_TOKEN_(INVALID|FOREIGN)$/ });
      }),
    );
  });

  it('never fails otherwise than with a coded error, whatever a browser sends', () => {
    fc.assert(
      fc.property(fc.anything(), (sent) => {
        assert.throws(() => readLong(sent, expected), { code: 'ERR_TOKEN_INVALID' });
      }),
    );
    for (const sent of [
      '',
      '.',
      'a.b',
      `${'A'.repeat(MAX_TOKEN_LENGTH)}.${'A'.repeat(43)}`,
      [longToken(claims, secret)],
    ]) {
      assert.throws(() => readLong(sent, expected), { code: 'ERR_TOKEN_INVALID' });
    }
  });

  it('is refused by another store, with its own secret or with the same one', () => {
    const token = longToken(claims, secret);
    assert.throws(() => readLong(token, { ...expected, storeId: 'store-2' }), { code: 'ERR_TOKEN_FOREIGN' });
    assert.throws(() => readLong(token, { ...expected, storeId: 'store-2', secret: Buffer.alloc(32, 8) }), {
      code: 'ERR_TOKEN_FOREIGN',
    });
    assert.throws(() => readLong(token, { ...expected, secret: Buffer.alloc(32, 8) }), {
      code: 'ERR_TOKEN_INVALID',
    });
  });

  const good = { v: 1, p: 'activate', s: 'store-1', t: 't', m: 'm', e: 'ABC', i: 1777888800, x: 1999999999 };
  const strange: [string, unknown][] = [
    ['another version', { ...good, v: 2 }],
    ['another purpose', { ...good, p: 'admin' }],
    ['no EAS ID', { ...good, e: '' }],
    ['an EAS ID that is a list', { ...good, e: ['ABC'] }],
    ['no end', { ...good, x: undefined }],
    ['an end beyond all dates', { ...good, x: 1e300 }],
    ['a list', [good]],
    ['null', null],
    ['no JSON', 'no JSON'],
  ];
  for (const [what, payload] of strange) {
    it(`is refused although signed, when it holds ${what}`, () => {
      assert.equal(readLong(signedPayload(good, secret), expected)?.easId, 'ABC');
      assert.throws(() => readLong(signedPayload(payload, secret), expected), { code: 'ERR_TOKEN_INVALID' });
    });
  }
});
