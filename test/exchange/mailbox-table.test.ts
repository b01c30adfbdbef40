import assert from 'node:assert/strict';
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

describe('the table of mailboxes', () => {
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
