/** What a text loses before it reaches a log or an error. */
import assert from 'node:assert/strict';
import { redact } from '../src/log.ts';

describe('a text that leaves', () => {
  for (const [text, left] of [
    ['Authorization: Basic c2VjcmV0OnNlY3JldA==', 'Authorization: ***'],
    ['an answer to Bearer abcdefgh12345678', 'an answer to Bearer ***'],
    ['GET https://h/activate?token=rp3zjgfzem6j26pj&x=1', 'GET https://h/activate?token=***&x=1'],
    ['password=hunter2&user=a', 'password=***&user=a'],
    ['grant_type=x&client_secret=a%20b&refresh_token=c', 'grant_type=x&client_secret=***&refresh_token=***'],
    ['{"clientSecret":"a b","host":"c"}', '{"clientSecret":***,"host":"c"}'],
    ["PGPASSWORD=abc linkSecret: 'd e'", 'PGPASSWORD=*** linkSecret: ***'],
    ['postgres://u:secret@host/db, ask it@contoso.com', 'postgres://***@host/db, ask it@contoso.com'],
    ['https://svc:p@ss@mail.contoso.com/PowerShell/', 'https://***@mail.contoso.com/PowerShell/'],
    ['https://h/owa?mail=anna@contoso.com', 'https://h/owa?mail=anna@contoso.com'],
    ['https://h?mail=anna@contoso.com', 'https://h?mail=anna@contoso.com'],
    ['The token is not one, and its password: none', 'The token is not one, and its password: ***'],
    ['tokenId=abc', 'tokenId=abc'],
  ] as const)
    it(`is "${left}"`, () => assert.equal(redact(text), left));
});
