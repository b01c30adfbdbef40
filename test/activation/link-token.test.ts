import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { MAX_TOKEN_LENGTH, issueLinkToken, readLinkToken } from '../../src/activation/link-token.ts';
import type { LinkClaims } from '../../src/activation/link-token.ts';

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
const expected = {
  secret,
  storeId: 'store-1',
  purpose: 'activate' as const,
  now: new Date('2026-05-05T00:00:00.000Z'),
};

/** A token with any payload, signed as ours are. */
function signed(payload: unknown, key: Uint8Array = secret): string {
  const text = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)).toString('base64url');
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

describe('the token of a link', () => {
  it('says what it was made to say', () => {
    const token = issueLinkToken(claims, secret);
    assert.match(token, /^[\w-]+\.[\w-]{43}$/);
    assert.deepEqual(readLinkToken(token, expected), claims);
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
          assert.deepEqual(readLinkToken(issueLinkToken(made, secret), expected), made);
        },
      ),
    );
  });

  it('is refused with any one bit flipped', () => {
    const token = issueLinkToken(claims, secret);
    const bytes = Buffer.from(token, 'latin1');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(
        () => readLinkToken(flipped.toString('latin1'), expected),
        { code: /^ERR_TOKEN_(INVALID|FOREIGN)$/ },
        `bit ${bit}`,
      );
    }
  });

  it('is refused with anything cut off, put in or put behind', () => {
    const token = issueLinkToken(claims, secret);
    fc.assert(
      fc.property(fc.nat(token.length), fc.nat(10), fc.string({ maxLength: 10 }), (start, length, put) => {
        const changed = token.slice(0, start) + put + token.slice(start + length);
        fc.pre(changed !== token);
        assert.throws(() => readLinkToken(changed, expected), { code: /^ERR_TOKEN_(INVALID|FOREIGN)$/ });
      }),
    );
  });

  it('never fails otherwise than with a coded error, whatever a browser sends', () => {
    fc.assert(
      fc.property(fc.anything(), (sent) => {
        assert.throws(() => readLinkToken(sent, expected), { code: 'ERR_TOKEN_INVALID' });
      }),
    );
    for (const sent of [
      '',
      '.',
      'a.b',
      `${'A'.repeat(MAX_TOKEN_LENGTH)}.${'A'.repeat(43)}`,
      [issueLinkToken(claims, secret)],
    ]) {
      assert.throws(() => readLinkToken(sent, expected), { code: 'ERR_TOKEN_INVALID' });
    }
  });

  it('is refused from the moment it expires', () => {
    const token = issueLinkToken(claims, secret);
    readLinkToken(token, { ...expected, now: new Date('2026-05-11T09:59:59.999Z') });
    assert.throws(() => readLinkToken(token, { ...expected, now: new Date('2026-05-11T10:00:00.000Z') }), {
      code: 'ERR_TOKEN_EXPIRED',
    });
  });

  it('is refused by another store, with its own secret or with the same one', () => {
    const token = issueLinkToken(claims, secret);
    assert.throws(() => readLinkToken(token, { ...expected, storeId: 'store-2' }), { code: 'ERR_TOKEN_FOREIGN' });
    assert.throws(() => readLinkToken(token, { ...expected, storeId: 'store-2', secret: Buffer.alloc(32, 8) }), {
      code: 'ERR_TOKEN_FOREIGN',
    });
    assert.throws(() => readLinkToken(token, { ...expected, secret: Buffer.alloc(32, 8) }), {
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
      assert.equal(readLinkToken(signed(good), expected).easId, 'ABC');
      assert.throws(() => readLinkToken(signed(payload), expected), { code: 'ERR_TOKEN_INVALID' });
    });
  }

  it('is not made without a device, without an end, or beyond its length', () => {
    for (const change of [
      { easId: '' },
      { storeId: '' },
      { expiresAt: 'soon' },
      { easId: 'A'.repeat(MAX_TOKEN_LENGTH) },
    ]) {
      assert.throws(() => issueLinkToken({ ...claims, ...change }, secret), { code: 'ERR_INPUT_INVALID' });
    }
  });
});
