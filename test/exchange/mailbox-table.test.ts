import assert from 'node:assert/strict';
import { array, assert as check, constantFrom, nat, oneof, option, property, record, string, uuid } from 'fast-check';
import type { MailboxEntry } from '../../src/exchange/eas-record.ts';
import { MailboxTable } from '../../src/exchange/mailbox-table.ts';

function entry(changed: Partial<MailboxEntry> = {}): MailboxEntry {
  return {
    id: '11111111-2222-4333-8444-555555555555',
    displayName: 'Inès Müller 🎵',
    address: 'ines@contoso.example',
    addresses: ['ines@contoso.example', 'i.mueller@contoso.example'],
    allowedDeviceIds: ['ApplDX1'],
    blockedDeviceIds: [],
    upn: null,
    type: null,
    ...changed,
  };
}

const odd = string({ unit: 'binary', maxLength: 70 });
const local = oneof(odd, constantFrom('ines', 'INES', ' ines ', 'i.müller+x', 'a@b', '', 'l'.repeat(64), '🎵'));
const domain = oneof(
  constantFrom('contoso.example', 'Contoso.example', 'corp.local', 'b\u00fccher.example', ''),
  nat(2000).map((number) => `d${number}.example`),
);
const address = oneof(
  record({ local, domain }).map((parts) => `${parts.local}@${parts.domain}`),
  odd,
);
const addresses = oneof(constantFrom([]), array(address, { maxLength: 6 }));
const easIds = oneof(constantFrom([]), array(oneof(odd, constantFrom('ApplDX1', 'appldx1')), { maxLength: 5 }));
const id = oneof(
  uuid(),
  uuid().map((guid) => guid.toUpperCase()),
  uuid().map((guid) => guid.replaceAll('-', '')),
  uuid().map((guid) => `{${guid}}`),
  odd,
);
const type = option(
  oneof(
    constantFrom('UserMailbox', 'usermailbox', ''),
    odd,
    nat(400).map((number) => `Type${number}`),
  ),
);

/** A mailbox whose own texts, as a rule, have to do with each other. */
const anyEntry = record({ id, displayName: option(odd), primary: option(address), more: addresses, type })
  .chain((own) =>
    record({
      own: constantFrom(own),
      first: constantFrom('primary first', 'primary last', 'no primary'),
      upn: option(
        oneof(
          constantFrom(own.primary ?? ''),
          domain.map((at) => sameLocal(own.primary, at)),
          address,
        ),
      ),
      allowedDeviceIds: easIds,
      blockedDeviceIds: easIds,
    }),
  )
  .map(({ own: { primary, more, ...own }, first, ...rest }): MailboxEntry => {
    const its = primary === null ? [] : [primary];
    const all = { 'primary first': [...its, ...more], 'primary last': [...more, ...its], 'no primary': more }[first];
    return { ...own, address: primary, addresses: all, ...rest };
  });

function sameLocal(of: string | null, at: string): string {
  return `${of?.slice(0, Math.max(0, of.lastIndexOf('@'))) ?? ''}@${at}`;
}

describe('the table of mailboxes', () => {
  it('gives any mailbox back as it was put in, and with what its user tells later', () => {
    check(
      property(array(record({ entry: anyEntry, user: anyEntry, name: nat(10) }), { maxLength: 30 }), (steps) => {
        const table = new MailboxTable();
        const map = new Map<number, MailboxEntry>();
        for (const { entry: put, user, name } of steps) {
          table.set(`cn=${name}`, put);
          assert.deepEqual(table.get(`cn=${name}`), put);
          table.setUser(`cn=${name}`, user);
          map.set(name, { ...put, upn: user.upn, type: user.type });
        }
        assert.equal(table.size, map.size);
        for (const [name, put] of map) assert.deepEqual(table.get(`cn=${name}`), put);
      }),
    );
  });

  it('gives mailboxes back of which each has a domain and a type of its own', () => {
    const table = new MailboxTable();
    const of = (at: number): MailboxEntry =>
      entry({ address: `a@d${at}.example`, addresses: [`a@d${at}.example`], upn: `a@u${at}.example`, type: `T${at}` });
    for (let at = 0; at < 3000; at++) table.set(`cn=${at}`, of(at));
    for (let at = 0; at < 3000; at++) assert.deepEqual(table.get(`cn=${at}`), of(at));
  });

  it('keeps what was noted of a mailbox when it is replaced, or its user comes', () => {
    const table = new MailboxTable();
    table.set('cn=a', entry());
    table.find('cn=a')?.note.write('0123456789', 'latin1');
    table.set('cn=a', entry({ displayName: 'Another, longer name' }));
    table.setUser('cn=a', { upn: 'somebody.else@corp.example', type: 'UserMailbox' });
    table.set('cn=b', entry());
    assert.deepEqual(
      ['cn=a', 'cn=b'].map((name) => table.find(name)?.note.toString('latin1')),
      ['0123456789', '\0'.repeat(10)],
    );
  });

  it('gives a mailbox back as it was put in', () => {
    const table = new MailboxTable();
    const mailboxes = [
      entry(),
      entry({ upn: 'ines@contoso.example' }),
      entry({ upn: 'other@corp.example', type: 'UserMailbox' }),
      entry({ type: 'RoomMailbox' }),
      entry({ addresses: ['second@contoso.example', 'ines@contoso.example'] }),
      entry({ address: null, addresses: [], displayName: null }),
      entry({ addresses: [] }),
    ];
    mailboxes.forEach((mailbox, at) => table.set(`cn=${at}`, mailbox));
    assert.deepEqual(
      mailboxes.map((_, at) => table.get(`cn=${at}`)),
      mailboxes,
    );
    assert.equal(table.size, mailboxes.length);
  });

  it('knows nothing of a name that was not put in', () => {
    const table = new MailboxTable();
    table.set('cn=a', entry());
    assert.deepEqual([table.get('cn=b'), table.has('cn=b'), table.has('cn=a')], [undefined, false, true]);
  });

  it('takes a sign-in name and a type later, and takes them away again', () => {
    const table = new MailboxTable();
    table.set('cn=a', entry());
    for (const upn of ['other@corp.example', 'ines@contoso.example', null]) {
      const user = { upn, type: upn === null ? null : 'SharedMailbox' };
      table.setUser('cn=a', user);
      assert.deepEqual(table.get('cn=a'), entry(user));
    }
    table.setUser('cn=unknown', { upn: 'x@contoso.example', type: null });
    assert.equal(table.size, 1);
  });

  it('replaces a mailbox read a second time', () => {
    const table = new MailboxTable();
    table.set('cn=a', entry({ upn: 'old@contoso.example' }));
    table.set('cn=a', entry({ blockedDeviceIds: ['X'] }));
    assert.deepEqual([table.size, table.get('cn=a')], [1, entry({ blockedDeviceIds: ['X'] })]);
  });

  it('holds a mailbox whose lists are longer than a slab', () => {
    const table = new MailboxTable();
    const long = entry({
      blockedDeviceIds: Array.from({ length: 60_000 }, (_, at) => `androidc${at}`.padEnd(20, '0')),
    });
    table.set('cn=a', entry());
    table.set('cn=long', long);
    table.set('cn=b', entry({ displayName: null }));
    assert.deepEqual([table.get('cn=long'), table.get('cn=b')], [long, entry({ displayName: null })]);
  });

  it('holds ten thousand mailboxes', () => {
    const table = new MailboxTable();
    const of = (at: number): MailboxEntry =>
      entry({ displayName: `user ${at}`, upn: at % 3 === 0 ? null : `u${at}@x.example` });
    for (let at = 0; at < 10_000; at++) table.set(`cn=${at}`, of(at));
    for (let at = 0; at < 10_000; at++) assert.deepEqual(table.get(`cn=${at}`), of(at));
  });
});
