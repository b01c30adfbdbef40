import assert from 'node:assert/strict';
import { schemesOf } from '../../src/autodiscover/http-probe.ts';

describe('sign-in methods', () => {
  it('are read from one header each, and from a joined one', () => {
    assert.deepEqual(schemesOf(['Negotiate', 'NTLM', 'Basic realm="mail.contoso.com"']), [
      'Negotiate',
      'NTLM',
      'Basic',
    ]);
    assert.deepEqual(schemesOf(['Negotiate, NTLM, Basic realm="a, b"']), ['Negotiate', 'NTLM', 'Basic']);
    assert.deepEqual(schemesOf(['Bearer client_id="0000", trusted_issuers="x@*", token_types="app"']), ['Bearer']);
    assert.deepEqual(schemesOf([]), []);
  });
});
