import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MAX_TOKEN_LENGTH, issueLinkToken, linkIdOf, readLinkToken } from '../../src/activation/link-token.ts';
import type { LinkReader } from '../../src/activation/link-claims.ts';

const secret = Buffer.alloc(32, 7);
const reader: LinkReader = { secret, storeId: 'store-1', purpose: 'activate' };
const INVALID = { code: 'ERR_TOKEN_INVALID' };
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

const tokenOf = (unique: string): string => issueLinkToken({ ...reader, tokenId: linkIdOf(unique) }, secret);
/** Any link there may be. */
const anyLink = fc.uuid();

describe('the token of a link', () => {
  it('is 32 small letters and digits without look-alikes, and says its id', () => {
    fc.assert(
      fc.property(anyLink, (unique) => {
        assert.match(tokenOf(unique), /^[0-9a-hjkmnp-tv-z]{32}$/);
        assert.deepEqual(readLinkToken(tokenOf(unique), reader), {
          tokenId: linkIdOf(unique),
          token: tokenOf(unique),
          claims: null,
        });
      }),
    );
    assert.equal(tokenOf('one'), tokenOf('one'));
    assert.notEqual(linkIdOf('one'), linkIdOf('two'));
  });

  it('is refused with any one of its letters changed', () => {
    const token = tokenOf('one');
    for (let at = 0; at < token.length; at += 1)
      for (const digit of DIGITS) {
        if (digit === token[at]) continue;
        const changed = token.slice(0, at) + digit + token.slice(at + 1);
        assert.throws(() => readLinkToken(changed, reader), INVALID, changed);
      }
  });

  it('is refused with letters cut off, put in, or of another link', () => {
    const [token, other] = [tokenOf('one'), tokenOf('two')];
    for (const changed of [
      token.slice(1),
      token.slice(0, -1),
      `${token}0`,
      `0${token}`,
      token + token,
      token.slice(0, 16) + other.slice(16),
    ])
      assert.throws(() => readLinkToken(changed, reader), INVALID, changed);
  });

  it('reads large letters as small ones, and look-alikes as what they look like', () => {
    const ALIKE: Readonly<Record<string, string>> = { '0': '0oO', '1': '1iIlL', v: 'vVuU' };
    fc.assert(
      fc.property(anyLink, fc.array(fc.nat(), { minLength: 32, maxLength: 32 }), (unique, choices) => {
        const typed = tokenOf(unique).replace(/./g, (digit, at: number) => {
          const alike = ALIKE[digit] ?? digit + digit.toUpperCase();
          return alike[(choices[at] ?? 0) % alike.length] ?? '';
        });
        assert.equal(readLinkToken(typed, reader).tokenId, linkIdOf(unique));
      }),
    );
  });

  it('is read whatever blanks, dots, brackets and quotes have come around it or into it', () => {
    const stray = fc.constantFrom(
      ' ',
      '\n',
      '\t',
      '.',
      ',',
      '<',
      '>',
      '(',
      ')',
      '[',
      ']',
      '"',
      "'",
      '„',
      '“',
      '-',
      '\u200b',
    );
    fc.assert(
      fc.property(anyLink, fc.array(fc.tuple(fc.nat(32), stray), { maxLength: 12 }), (unique, strays) => {
        const letters = [...tokenOf(unique).split(''), ''];
        for (const [at, one] of strays) letters[at] = one + (letters[at] ?? '');
        assert.equal(readLinkToken(letters.join(''), reader).tokenId, linkIdOf(unique));
      }),
    );
  });

  it('is found in a whole link that was pasted as one', () => {
    const link = `https://connector.contoso.example/activate?token=${tokenOf('one')}`;
    for (const sent of [link, `<${link}>`, `"${link}".`, ` ${link} `, `${link}&x=1`, `${link}#top`])
      assert.equal(readLinkToken(sent, reader).tokenId, linkIdOf('one'), sent);
  });

  it('is read with what gateways and trackers hang onto it, and as they encode it once more', () => {
    const token = tokenOf('one');
    const link = `https://connector.contoso.example/activate?token=${token}`;
    for (const sent of [
      `${token}?utm_source=mail&utm_medium=x`,
      `${token};utm_source=mail`,
      `${token}#top`,
      `${token}/`,
      `${token}…`,
      `${token}%3E`,
      `${token}%20`,
      `${token}%3Futm_source%3Dmail`,
      `3D${token}`,
      `=3D${token.toUpperCase()}`,
      `%3D${token}`,
      encodeURIComponent(link),
      encodeURIComponent(`${link}&x=1`),
    ])
      assert.equal(readLinkToken(sent, reader).token, token, sent);
  });

  it('never fails otherwise than with a coded error, whatever a browser sends', () => {
    fc.assert(
      fc.property(fc.anything(), (sent) => {
        assert.throws(() => readLinkToken(sent, reader), INVALID);
      }),
    );
    const long = 'A'.repeat(MAX_TOKEN_LENGTH);
    for (const sent of [
      '',
      '.',
      'a.b',
      `${long}.${'A'.repeat(43)}`,
      ' '.repeat(5_000) + tokenOf('one'),
      [tokenOf('one')],
    ])
      assert.throws(() => readLinkToken(sent, reader), INVALID);
  });

  it('is refused by another store, with its own secret or with the same one', () => {
    const token = tokenOf('one');
    for (const other of [{ storeId: 'store-2' }, { secret: Buffer.alloc(32, 8) }])
      assert.throws(() => readLinkToken(token, { ...reader, ...other }), INVALID);
  });
});
