/** Which users a reading names, kept in a few bits each. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { KnownUsers } from '../../src/model/known-users.ts';
import type { EasRecord } from '../../src/model/records.ts';

const mailbox = (names: Partial<EasRecord['mailbox']>): EasRecord['mailbox'] => ({
  id: '11111111-0000-4000-8000-000000000001',
  upn: null,
  address: null,
  displayName: null,
  addresses: [],
  ...names,
});
const addressOf = (n: number): string => `user${n}@contoso.example`;
const of = (...names: readonly string[]): KnownUsers => {
  const known = KnownUsers.none();
  for (const name of names) known.add(name);
  return known;
};
/** How many of so many users whom nobody named are taken for known. */
const wrong = (known: KnownUsers, count: number): number =>
  Array.from({ length: count }, (_, n) => known.hasOwner(mailbox({ upn: `nobody${n}@contoso.example` }))).filter(
    Boolean,
  ).length;

describe('the users that a reading names', () => {
  it('are known by each name of the mailbox: its GUID, UPN, primary and other addresses, however they are written', () => {
    const known = KnownUsers.none();
    known.addUser({
      id: 'ID-7',
      upn: 'Anna@Contoso.example',
      addresses: ['a.adler@contoso.example'],
    });
    const ways = [
      { id: 'id-7' },
      { upn: ' anna@contoso.EXAMPLE' },
      { address: 'anna@contoso.example' },
      { addresses: ['x@contoso.example', 'A.Adler@contoso.example'] },
      { upn: 'adler@contoso.example', address: '' },
    ];
    assert.deepEqual(
      ways.map((names) => known.hasOwner(mailbox(names))),
      [true, true, true, true, false],
    );
  });

  it('are none where no record names one', () => {
    const known = KnownUsers.none();
    known.addUser({ id: null, upn: '', addresses: [] });
    assert.equal(wrong(known, 1000), 0);
    assert.equal(known.toText().length, 12, 'and take no space');
  });

  it('are all found again after they were kept, of any number, alone and together with others', () => {
    const texts = fc.array(fc.string({ minLength: 1 }), { maxLength: 300 });
    fc.assert(
      fc.property(texts, texts, (some, others) => {
        const [a, b] = [some, others].map((names) => KnownUsers.fromText(of(...names).toText())!);
        const both = KnownUsers.fromText(a!.with(b!).toText())!;
        for (const upn of some) assert.ok(a!.hasOwner(mailbox({ upn })) && both.hasOwner(mailbox({ upn })));
        for (const upn of others) assert.ok(both.hasOwner(mailbox({ upn })));
      }),
    );
  });

  for (const count of [5, 500, 50_000]) {
    it(`are taken for others in one of fifty cases at most, among ${count}`, () => {
      const known = KnownUsers.fromText(of(...Array.from({ length: count }, (_, n) => addressOf(n))).toText())!;
      assert.ok(wrong(known, 10_000) <= 200);
    });
  }

  it('are not read from what is no set', () => {
    const texts = [null, 7, '', 'AAAA', Buffer.alloc(24).toString('base64'), 'ü'];
    assert.deepEqual(
      texts.map((text) => KnownUsers.fromText(text)),
      texts.map(() => null),
    );
  });
});
