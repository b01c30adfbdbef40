import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  distinguishedNameKey,
  isDistinguishedName,
  mailboxOfDevice,
  splitDistinguishedName,
} from '../../src/exchange/distinguished-name.ts';

const escape = (value: string) => value.replace(/[\\,"+<>;=#]/g, '\\$&').replace(/^ | $/g, '\\ ');

const key = (parts: string[]) => distinguishedNameKey(parts.map((part) => `CN=${escape(part)}`).join(','));

describe('distinguished names', () => {
  it('are cut at commas, not at escaped or quoted ones', () => {
    assert.deepEqual(splitDistinguishedName('CN=Smith\\, Ann,OU="a,b",DC=x'), ['CN=Smith\\, Ann', 'OU="a,b"', 'DC=x']);
    assert.deepEqual(splitDistinguishedName('CN=a\\\\,DC=x'), ['CN=a\\\\', 'DC=x']);
  });

  it('are the same in every spelling RFC 4514 allows', () => {
    const key = distinguishedNameKey('CN=Smith\\, Änn,OU=People,DC=contoso,DC=example');
    for (const other of [
      'cn=smith\\, änn,ou=people,dc=CONTOSO,dc=example',
      'CN=Smith\\2c \\C3\\84nn,OU=People,DC=contoso,DC=example',
      'CN="Smith, Änn", OU = People, DC=contoso, DC=example',
    ]) {
      assert.equal(distinguishedNameKey(other), key);
    }
    assert.notEqual(distinguishedNameKey('CN=Smith,CN=Änn,OU=People,DC=contoso,DC=example'), key);
  });

  it('lead from a device to its mailbox', () => {
    assert.equal(
      mailboxOfDevice('CN=iPhone§Appl\\,1,CN=ExchangeActiveSyncDevices,CN=Smith\\, Ann,DC=x'),
      'CN=Smith\\, Ann,DC=x',
    );
    assert.equal(mailboxOfDevice('CN=iPhone§A,CN=Other,CN=Ann,DC=x'), null);
    assert.equal(mailboxOfDevice('CN=ExchangeActiveSyncDevices,CN=Ann,DC=x'), null);
    // A mailbox that calls itself like the container does not move the device to someone else.
    assert.equal(
      mailboxOfDevice('CN=t§1,CN=ExchangeActiveSyncDevices,CN=ExchangeActiveSyncDevices,DC=x'),
      'CN=ExchangeActiveSyncDevices,DC=x',
    );
    assert.equal(
      mailboxOfDevice('CN=t§1\\,CN\\=ExchangeActiveSyncDevices\\,CN=victim,CN=ExchangeActiveSyncDevices,CN=Eve,DC=x'),
      'CN=Eve,DC=x',
    );
  });

  it('are told from other texts', () => {
    for (const text of ['CN=a,DC=b', 'OU=a\\,b,DC=c', '2.5.4.3=a,DC=b'])
      assert.equal(isDistinguishedName(text), true, text);
    for (const text of ['', 'a', 'CN=a', 'CN=a,b', 'CN=,DC=x', 'CN=a,,DC=x', 'CN=a\n,DC=x', 'a@b.example']) {
      assert.equal(isDistinguishedName(text), false, text);
    }
  });

  it('tell two different names apart, whatever the values', () => {
    const value = fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom('a', 'B', 'ä', ',', '\\', '"', '=', ' ', '§', '2', 'c'),
    });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 4 }),
        fc.array(value, { minLength: 1, maxLength: 4 }),
        (a, b) => {
          const same = a.length === b.length && a.every((part, at) => part.toLowerCase() === b[at]?.toLowerCase());
          assert.equal(key(a) === key(b), same);
        },
      ),
      { numRuns: 500 },
    );
  });
});
