import assert from 'node:assert/strict';
import { ehloName } from '../../src/mail/ehlo-name.ts';

describe('the name by which this host greets a mail server', () => {
  const cases: readonly (readonly [host: string, name: string | null])[] = [
    ['nodered.contoso.com', 'nodered.contoso.com'],
    ['nodered.contoso.com.', 'nodered.contoso.com'],
    ['NODERED-01', 'NODERED-01.contoso.com'],
    ['2f9a0c1b7d3e', '2f9a0c1b7d3e.contoso.com'],
    ['localhost', null],
    ['localhost.localdomain', null],
    ['node_red', null],
    ['10.0.0.7', null],
    ['1234', null],
    ['-x', null],
    ['', null],
    ['a..b', null],
    ['a\r\nMAIL FROM:<x@y>', null],
  ];
  for (const [host, name] of cases)
    it(`is ${name ?? 'left to the library'} on the host ${JSON.stringify(host)}`, () =>
      assert.equal(ehloName(host, 'notify@contoso.com'), name));
});
