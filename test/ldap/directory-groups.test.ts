/** Groups of an Active Directory, read over real sockets from a directory in memory. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { directoryGroups, type DirectoryGroupsOptions } from '../../src/ldap/directory-groups.ts';
import { filterValue } from '../../src/ldap/filter.ts';
import { directoryDomain, type DirectoryDomain, type DirectoryObject } from '../support/directory-domain.ts';
import {
  startDirectoryServer,
  type DirectoryServer,
  type DirectoryServerOptions,
} from '../support/directory-server.ts';
import { BASE, group, groupDn, groupId, partition, thing, user, userDn, userId } from './contoso.ts';

const SECRET = 'D1rectory-Secret!';
const READER = 'CONTOSO\\reader';

describe('groups of Active Directory', () => {
  const open: { close(): Promise<void> }[] = [];
  let authority: Awaited<ReturnType<typeof createCertificateAuthority>>;
  before(async () => {
    authority = await createCertificateAuthority('Contoso Root CA');
  });
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  async function start(
    domain: DirectoryDomain,
    options: Partial<DirectoryServerOptions> = {},
  ): Promise<DirectoryServer> {
    const certificate = await authority.issue({ names: ['dc1.contoso.example'], ips: ['127.0.0.1'] });
    const server = await startDirectoryServer({ certificate, domain, ...options });
    open.push(server);
    return server;
  }
  const readerOf = (server: { readonly url: string }, options: Partial<DirectoryGroupsOptions> = {}) =>
    directoryGroups({ url: server.url, username: READER, password: SECRET }, { ca: [authority.ca], ...options });
  async function all(groups: ReturnType<typeof readerOf>, name: string, signal = new AbortController().signal) {
    const found = [];
    for await (const member of groups.groupMembers(name, { signal })) found.push(member);
    return found;
  }
  async function idsIn(domain: DirectoryDomain, name: string): Promise<string[]> {
    return (await all(readerOf(await start(domain)), name)).map(({ id }) => id).sort();
  }
  /** What is said of a group that is not read; no text may hold the password. */
  async function said(groups: ReturnType<typeof readerOf>, name = groupDn('Sales')): Promise<string> {
    const members: unknown[] = [];
    try {
      for await (const member of groups.groupMembers(name, { signal: new AbortController().signal }))
        members.push(member);
    } catch (error) {
      assert.ok(isConnectorError(error), String(error));
      assert.deepEqual([error.code, members], ['ERR_DIRECTORY_UNREADABLE', []]);
      assert.equal(JSON.stringify([error.message, error.stack, error.details]).includes(SECRET), false);
      return error.message;
    }
    return assert.fail(`${members.length} members were given.`);
  }

  it('are read with the names that mailboxes have', async () => {
    const ann = user(1, {
      proxyAddresses: ['x500:/o=Contoso', 'smtp:Ann@contoso.example', 'SMTP:ann.smith@contoso.example'],
      mail: ['ann.smith@contoso.example'],
    });
    const domain = directoryDomain([
      ann,
      user(2, { mail: [], userPrincipalName: [] }),
      group(1, 'Sales', [ann.dn, userDn(2)]),
    ]);
    assert.deepEqual(await all(readerOf(await start(domain)), groupDn('Sales')), [
      {
        id: '00000001-0a1b-4c2d-9e3f-000000000001',
        upn: 'u1@contoso.example',
        addresses: ['ann.smith@contoso.example', 'Ann@contoso.example'],
      },
      { id: '00000001-0a1b-4c2d-9e3f-000000000002', upn: null, addresses: [] },
    ]);
  });

  it('are found by distinguished name, GUID, DOMAIN\\name and name', async () => {
    const domain = directoryDomain([
      user(1),
      group(1, 'Sales, EMEA (west)*', [userDn(1)]),
      group(2, 'Other', []),
      partition('CONTOSO', BASE),
      partition('FABRIKAM', 'DC=fabrikam,DC=example'),
    ]);
    const groups = readerOf(await start(domain));
    for (const name of [
      groupDn('Sales, EMEA (west)*'),
      groupDn('Sales, EMEA (west)*').toUpperCase(),
      groupId(1),
      `{${groupId(1).toUpperCase()}}`,
      'Sales, EMEA (west)*',
      'contoso\\SALES, emea (WEST)*',
      ` ${groupId(1)} `,
    ])
      assert.deepEqual(
        (await all(groups, name)).map(({ id }) => id),
        [userId(1)],
        name,
      );
  });

  it('count members of groups within them, at any depth and in circles, each once', async () => {
    const domain = directoryDomain([
      ...[1, 2, 3, 4].map((at) => user(at)),
      group(1, 'Sales', [userDn(1), groupDn('Inner')]),
      group(2, 'Inner', [userDn(1), userDn(2), groupDn('Deep')]),
      group(3, 'Deep', [userDn(3), groupDn('Sales')]),
      group(4, 'Other', [userDn(4)]),
    ]);
    assert.deepEqual(await idsIn(domain, 'Sales'), [userId(1), userId(2), userId(3)]);
  });

  it('leave out computers and contacts, who have no mailbox', async () => {
    const computer = thing('PC1', ['top', 'person', 'organizationalPerson', 'user', 'computer']);
    const contact = thing('Contact', ['top', 'person', 'contact']);
    const domain = directoryDomain([
      user(1),
      computer,
      contact,
      group(1, 'Sales', [userDn(1), computer.dn, contact.dn]),
    ]);
    assert.deepEqual(await idsIn(domain, 'Sales'), [userId(1)]);
  });

  it('have the users whose primary group they are, whom no list names', async () => {
    const domain = directoryDomain([
      user(1),
      user(2, { primaryGroupID: ['1001'] }),
      user(3, { primaryGroupID: ['1002'] }),
      group(1, 'Sales', [userDn(1), groupDn('Inner')]),
      group(2, 'Inner', []),
    ]);
    assert.deepEqual(await idsIn(domain, 'Sales'), [userId(1), userId(2), userId(3)]);
  });

  it('are read whole where they are larger than a page, and their lists than one answer', async () => {
    const users = Array.from({ length: 4321 }, (_, at) => user(at));
    const domain = directoryDomain([
      ...users,
      group(
        1,
        'Sales',
        users.map(({ dn }) => dn),
      ),
    ]);
    assert.deepEqual(await idsIn(domain, 'Sales'), users.map((_, at) => userId(at)).sort());
  });

  it('may be empty, where the directory shows the members of others', async () => {
    const domain = directoryDomain([user(1), group(1, 'Sales', []), group(2, 'Other', [userDn(1)])]);
    assert.deepEqual(await idsIn(domain, 'Sales'), []);
  });

  it('are read over StartTLS too, and the password never in clear', async () => {
    const dc = await start(directoryDomain([user(1), group(1, 'Sales', [userDn(1)])]), { scheme: 'ldap' });
    assert.equal((await all(readerOf(dc), 'Sales')).length, 1);
    assert.deepEqual([dc.binds, dc.clear().includes(SECRET), dc.connections()], [[READER], false, 1]);
  });

  // ── complete or unusable ──────────────────────────────────────────────────

  const members = [1, 2, 3].map((at) => user(at));
  const sales = group(
    1,
    'Sales',
    members.map(({ dn }) => dn),
  );
  const plain = (options: Parameters<typeof directoryDomain>[1] = {}) => directoryDomain([...members, sales], options);
  const within = (member: DirectoryObject) =>
    directoryDomain([...members, member, group(1, 'Sales', [userDn(1), member.dn])]);

  const UNUSABLE: readonly (readonly [string, DirectoryDomain, RegExp])[] = [
    [
      'a member of another domain',
      directoryDomain([user(1), group(1, 'Sales', [userDn(1), 'CN=Eve,DC=eu,DC=contoso,DC=example'])]),
      /CN=Eve.* was not found.*global catalog/,
    ],
    [
      'a member that the account may not see',
      directoryDomain([user(1), { ...user(2), isHidden: true }, group(1, 'Sales', [userDn(1), userDn(2)])]),
      /CN=User 2.* was not found/,
    ],
    [
      'a member of another forest',
      within(thing('S-1-5-21-9-9-9-1', ['top', 'foreignSecurityPrincipal'])),
      /somebody of another forest/,
    ],
    [
      'a dynamic distribution group in it',
      within(thing('Dynamic', ['top', 'msExchDynamicDistributionList'])),
      /dynamic distribution group.*mail address/,
    ],
    ['a member of a class that may not be read', within(thing('Blind', [])), /CN=Blind.* may not be read/],
    [
      'a user without GUID',
      within({ dn: userDn(9), values: { ...user(9).values, objectGUID: [] } }),
      /has no objectGUID/,
    ],
    ['memberships that may not be read', plain({ unreadable: ['memberOf'] }), /was not found/],
    ['lists that may not be read', plain({ unreadable: ['member'] }), /is not in a list that may be read/],
    [
      'neither being readable',
      plain({ unreadable: ['member', 'memberOf'] }),
      /No group of the directory shows a member/,
    ],
    ['SIDs that may not be read', plain({ unreadable: ['objectSid'] }), /SID of one of its groups may not be read/],
    [
      'more users by primary group than one answer holds',
      directoryDomain(
        [
          ...members.map((one) => ({ ...one, values: { ...one.values, primaryGroupID: ['1001'] } })),
          group(1, 'Sales', []),
          group(2, 'Other', [userDn(1)]),
        ],
        { maxPageSize: 2 },
      ),
      /primary group of more users/,
    ],
    ['pages that end with one that is empty', plain({ emptyPageAt: 3 }), /was not found/],
    [
      'a directory that knows no pages, and has more than it gives',
      plain({ ignoresPages: true, maxPageSize: 2 }),
      /MaxPageSize/,
    ],
    ['no group', directoryDomain([user(1)]), /knows no such group/],
    ['a user of this name', directoryDomain([{ ...user(1), dn: groupDn('Sales') }]), /is not a group/],
    [
      'a dynamic distribution group itself',
      directoryDomain([{ ...thing('x', ['top', 'msExchDynamicDistributionList']), dn: groupDn('Sales') }]),
      /Write its mail address/,
    ],
    ['a directory that is no Active Directory', plain({ base: '' }), /no Active Directory/],
  ];
  for (const [what, domain, text] of UNUSABLE)
    it(`are unusable for ${what}`, async () => {
      assert.match(await said(readerOf(await start(domain))), text);
    });

  it('are unusable where a search at any step ends in an error or in the middle, whatever the error', async () => {
    const whole = plain();
    assert.equal((await idsIn(whole, groupDn('Sales'))).length, 3);
    const steps = whole.asked.length;
    assert.equal(steps, 5);
    for (let at = 1; at <= steps; at++) {
      for (const code of [1, 4, 10, 32, 51]) await said(readerOf(await start(plain({ codes: { [at]: code } }))));
      const dc = await start(plain({ cutAt: at }));
      await said(readerOf(dc));
      assert.equal(dc.connections(), 1, 'nobody connects anew');
    }
  });

  it('say what to check', async () => {
    const at = (code: number) => plain({ codes: { 3: code } });
    const table: readonly (readonly [DirectoryDomain, RegExp])[] = [
      [at(3), /MaxQueryDuration/],
      [at(4), /MaxPageSize/],
      [at(10), /lies on another server.*3269/],
      [at(11), /limit of the directory/],
      [at(50), /it may not read this\. Check "Directory account"/],
      [at(52), /asked again with the next sync/],
    ];
    for (const [domain, text] of table) assert.match(await said(readerOf(await start(domain))), text);
  });

  it('name the one connection that cannot be made', async () => {
    const stranger = await (await createCertificateAuthority('Other')).issue({ names: ['x'], ips: ['127.0.0.1'] });
    const table: readonly (readonly [Partial<DirectoryServerOptions>, RegExp])[] = [
      [{ certificate: stranger }, /TLS failed.*Choose a TLS configuration/],
      [{ scheme: 'ldap', startTlsCode: 2 }, /StartTLS is refused/],
      [{ silent: true }, /No complete answer in time.*firewall/],
    ];
    for (const [options, text] of table) {
      const limit = options.silent === true ? { timeoutMs: 700 } : {};
      assert.match(await said(readerOf(await start(plain(), options), limit)), text);
    }
    assert.match(await said(readerOf({ url: 'ldaps://127.0.0.1:9' })), /^Not read: .*ECONNREFUSED/);
    assert.match(
      await said(readerOf({ url: 'ldaps://127.0.0.1:9' }, { load: async () => null })),
      /npm install ldapts/,
    );
  });

  it('of several domains are asked for by the name of the domain', async () => {
    const domain = directoryDomain([user(1), sales, partition('FABRIKAM', 'DC=fabrikam,DC=example')]);
    const groups = readerOf(await start(domain));
    assert.match(await said(groups, 'FABRIKAM\\Sales'), /another domain than that of the server.*global catalog/);
    assert.match(await said(groups, 'NOWHERE\\Sales'), /no domain "NOWHERE"/);
    assert.match(await said(groups, 'CN=Sales,DC=fabrikam,DC=example'), /lies on another server/);
  });

  it('of the whole forest are asked of a global catalog, which knows the members of universal groups only', async () => {
    const universal = { groupType: ['-2147483640'] };
    const domain = directoryDomain([
      user(1),
      { ...user(2), dn: 'CN=User 2,DC=eu,DC=contoso,DC=example' },
      group(1, 'Sales', [userDn(1), 'CN=User 2,DC=eu,DC=contoso,DC=example'], universal),
      group(2, 'Staff', [groupDn('Local')], universal),
      group(3, 'Local', [userDn(1)]),
    ]);
    const dc = await start(domain, {
      host: '127.0.0.69',
      port: 3269,
      certificate: await authority.issue({ names: ['gc.contoso.example'], ips: ['127.0.0.69'] }),
    });
    assert.deepEqual(
      (await all(readerOf(dc), 'Sales')).map(({ id }) => id),
      [userId(1), userId(2)],
    );
    assert.match(await said(readerOf(dc), 'Staff'), /CN=Local.* is not universal.*port 636/);
    assert.match(await said(readerOf(dc), 'Local'), /CN=Local.* is not universal/);
  });

  // ── the account ───────────────────────────────────────────────────────────

  it('do not lock out an account that is refused: it is tried again after an hour', async () => {
    let now = Date.parse('2026-03-04T05:06:07Z');
    const dc = await start(plain(), { bindCode: 49 });
    const groups = readerOf(dc, { now: () => now });
    assert.match(
      await said(groups),
      /^The directory refused the account \(49\): wrong name or password\. Check "Directory account"/,
    );
    assert.match(await said(groups), /wrong name or password.*not tried again before 2026-03-04T06:06:07\.000Z/);
    now += 3_599_999;
    await said(groups);
    assert.equal(dc.connections(), 1);
    now += 1;
    await said(groups);
    assert.equal(dc.connections(), 2);
  });

  it('are given up when the sync is stopped', async () => {
    const dc = await start(plain(), { silent: true });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(all(readerOf(dc), 'Sales', stop.signal), { code: 'ERR_ABORTED' });
  });

  it('are given up when the sync is stopped while the connection is still being made', async () => {
    const mute = createServer((socket) => void socket.on('error', () => {}));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    open.push({ close: async () => void mute.close() });
    const { port } = mute.address() as AddressInfo;
    const stop = new AbortController();
    mute.once('connection', () => stop.abort());
    const groups = readerOf({ url: `ldaps://127.0.0.1:${port}` });
    await assert.rejects(all(groups, 'Sales', stop.signal), { code: 'ERR_ABORTED' });
  });

  // ── values in filters ─────────────────────────────────────────────────────

  it('are asked for by the name as it is written, whatever signs are in it', async () => {
    const domain = directoryDomain([user(1)]);
    const groups = readerOf(await start(domain));
    const name = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom(...Array.from('()*\\|&!=:<>~,;/+ "#\u0000\u007fäß€😀aZ0')),
          fc.string({ minLength: 1, maxLength: 1 }),
        ),
        minLength: 1,
        maxLength: 12,
      })
      .map((text) => text.trim())
      // Those are no names but distinguished names, domains or addresses.
      .filter((text) => text !== '' && !/[=\\]/.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        domain.asked.length = 0;
        await said(groups, text);
        assert.equal(domain.asked[1]?.filter, `(&(objectClass=group)(sAMAccountName=${text}))`);
      }),
      { numRuns: 30 },
    );
  });

  it('escape every sign of RFC 4515, and nothing that is none of ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = filterValue(text);
        assert.equal(/[()*\u0000]|\\(?![0-9a-f]{2})/.test(escaped), false);
        const back = escaped.replace(/\\([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
        assert.equal(back, text);
      }),
    );
  });
});
