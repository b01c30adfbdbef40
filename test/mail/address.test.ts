import * as fc from 'fast-check';
import addressparser from 'nodemailer/lib/addressparser';
import assert from 'node:assert/strict';
import { plainAddress } from '../../src/mail/address.ts';
import { isPlainAddress } from '../../src/model/plain-address.ts';
import { codeOf } from './support.ts';

describe('mail address', () => {
  for (const address of [
    'anna@contoso.example',
    "o'brien+exchange@mail.contoso.example",
    'a.b_c-d@xn--bcher-kva.example',
  ]) {
    it(`takes ${address}`, () => assert.equal(plainAddress(address), address));
  }

  const refused: Record<string, string> = {
    'a line break that carries an SMTP command': 'alice@corp.example\r\nRCPT TO:<notify@corp.example>',
    'a bare line feed': 'alice@corp.example\n',
    'two addresses': 'alice@corp.example,bob@corp.example',
    'two addresses with a semicolon': 'alice@corp.example;bob@corp.example',
    'a display name': 'Alice <alice@corp.example>',
    'angle brackets': '<alice@corp.example>',
    'a comment': 'alice(bob@corp.example)@corp.example',
    'a quoted local part': '"alice bob"@corp.example',
    'a group': 'staff:alice@corp.example;',
    'a route': '@relay.example:alice@corp.example',
    'a blank around it': ' alice@corp.example',
    'two at signs': 'alice@evil.example@corp.example',
    'a percent route hidden behind a NUL': 'alice\u0000@corp.example',
    'a domain of one label': 'alice@localhost',
    'an address literal': 'alice@[127.0.0.1]',
    'letters that only look like ASCII': 'аlice@corp.example',
    'a domain that begins with a hyphen': 'alice@-corp.example',
    'a local part that is too long': `${'a'.repeat(65)}@corp.example`,
    nothing: '',
  };
  for (const [what, address] of Object.entries(refused)) {
    it(`refuses ${what}`, () =>
      assert.equal(
        codeOf(() => plainAddress(address)),
        'ERR_MAIL_ADDRESS',
      ));
  }

  it('is read by the mail library as the very same single address, whatever is accepted', () => {
    const nearly = fc.stringMatching(/^[a-z.<>(),;:@" \r\n'%!+-]{1,12}@[a-z.<>(),;: \r\n-]{1,8}\.example$/);
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), nearly), (address) => {
        if (isPlainAddress(address)) assert.deepEqual(addressparser(address), [{ address, name: '' }]);
      }),
      { numRuns: 2000 },
    );
  });
});
