/** Groups before a real Active Directory: Samba, Debian's packages. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { directoryGroups } from '../src/ldap/directory-groups.ts';
import type { DirectoryDoor } from '../src/ldap/connection.ts';
import { startSambaDirectory } from './support/samba.ts';
import type { SambaDirectory } from './support/samba.ts';

const BASE = 'DC=corp,DC=example';
/** More than a page of entries, and than a piece of a list. */
const MANY = 1700;

function ldif(): string {
  const users = Array.from(
    { length: MANY },
    (_, at) =>
      `dn: CN=User ${at},CN=Users,${BASE}\nobjectClass: user\nsAMAccountName: user${at}\nuserPrincipalName: user${at}@corp.example\nmail: user${at}@corp.example\n\n`,
  );
  const group = (name: string, members: readonly string[], type = '-2147483646'): string =>
    `dn: CN=${name},CN=Users,${BASE}\nobjectClass: group\nsAMAccountName: ${name.replace(/[*\\,]/g, '')}\ngroupType: ${type}\n${members.map((dn) => `member: ${dn}\n`).join('')}\n`;
  const user = (at: number): string => `CN=User ${at},CN=Users,${BASE}`;
  return [
    ...users,
    group('Deep (x)*\\, y', [user(0), user(1)]),
    group('Inner', [user(1), user(2), `CN=Deep (x)*\\, y,CN=Users,${BASE}`]),
    group('Sales', [user(3), `CN=Inner,CN=Users,${BASE}`]),
    group(
      'Large',
      Array.from({ length: MANY }, (_, at) => user(at)),
      '-2147483640',
    ),
    group('Empty', []),
    group('Primary', []),
    group('Circle', [`CN=Sales,CN=Users,${BASE}`]),
  ].join('');
}

describe('peer: groups of Samba as Active Directory', function () {
  let samba: SambaDirectory;

  before(async function () {
    this.timeout(240_000);
    if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/samba') || !existsSync('/usr/bin/ldbadd')) {
      process.stdout.write(
        '  skipped: it needs root and the packages "samba-ad-dc", "samba-ad-provision" and "ldb-tools"\n',
      );
      this.skip();
    }
    samba = await startSambaDirectory();
    await samba.add(ldif());
    await samba.tool('group', 'addmembers', 'Inner', 'Circle');
    await samba.tool('group', 'addmembers', 'Primary', 'user7');
    await samba.tool('user', 'setprimarygroup', 'user7', 'Primary');
  });
  after(async () => {
    await samba?.close();
  });

  async function names(group: string, door: Partial<DirectoryDoor> = {}): Promise<string[]> {
    const reader = directoryGroups({ url: samba.ldaps, ...samba.account, ...door }, { ca: [samba.ca] });
    const found: string[] = [];
    for await (const member of reader.groupMembers(group, { signal: new AbortController().signal })) {
      assert.match(member.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.deepEqual(member.addresses, [member.upn]);
      found.push((member.upn ?? '').split('@')[0] ?? '');
    }
    return found.sort();
  }

  for (const scheme of ['ldaps', 'ldap'] as const)
    it(`are read with groups within them and in circles, over ${scheme === 'ldaps' ? 'TLS from the first byte' : 'StartTLS'}`, async () => {
      assert.deepEqual(await names('CORP\\Sales', { url: samba[scheme] }), ['user0', 'user1', 'user2', 'user3']);
    });

  it('are found by every way of writing them', async () => {
    for (const group of ['Sales', 'corp\\sales', `cn=sales,cn=users,${BASE.toLowerCase()}`])
      assert.equal((await names(group)).length, 4, group);
    assert.deepEqual(await names(`CN=Deep (x)*\\, y,CN=Users,${BASE}`), ['user0', 'user1']);
    assert.deepEqual(await names('Deep (x) y'), ['user0', 'user1']);
  });

  it('are read whole where they are larger than a page', async () => {
    assert.equal((await names('Large')).length, MANY);
  });

  it('have the users whose primary group they are, and may be empty', async () => {
    assert.deepEqual([await names('Primary'), await names('Empty')], [['user7'], []]);
  });

  it('are asked of the global catalog where they are universal', async () => {
    const url = `${samba.ldaps}:3269`;
    assert.equal((await names('Large', { url })).length, MANY);
    await assert.rejects(names('Sales', { url }), /is not universal/);
  });

  for (const [sentence, group, door, text] of [
    ['no such group', 'CORP\\Nobody', {}, /knows no such group/],
    ['no such GUID', '0f8fad5b-d9cb-469f-a165-70867728950e', {}, /knows no such group/],
    ['no such name', `CN=Nobody,${BASE}`, {}, /knows no such group/],
    ['a user', `CN=User 1,CN=Users,${BASE}`, {}, /is not a group/],
    ['another domain', 'OTHER\\Sales', {}, /no domain "OTHER"/],
    ['a name of another domain', 'CN=Sales,DC=other,DC=example', {}, /./],
    ['a wrong password', 'Sales', { password: 'wrong' }, /refused the account \(49\)/],
  ] as const)
    it(`are unusable for ${sentence}`, async () => {
      const failed: unknown = await names(group, door).catch((error: unknown) => error);
      const { code, message } = failed as { code?: string; message?: string };
      assert.equal(code, 'ERR_DIRECTORY_UNREADABLE', String(failed));
      assert.match(message ?? '', text);
    });
});
