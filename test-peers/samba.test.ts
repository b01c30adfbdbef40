/** The Autodiscover check before a real Active Directory: Samba, Debian's packages. What Outlook is told by service connection points. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readScps } from '../src/autodiscover/scp-directory.ts';
import type { DirectoryDoor } from '../src/ldap/connection.ts';
import { POINTER_KEYWORD, URL_KEYWORD } from '../src/autodiscover/scp-rules.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';
import { CONFIGURATION, startSambaDirectory } from './support/samba.ts';
import type { SambaDirectory } from './support/samba.ts';

/** Where an Exchange organization keeps them: container by container. */
const CONTAINERS = ['Microsoft Exchange,CN=Services', 'Contoso', 'Administrative Groups', 'Servers'];
const ADDRESS = 'https://mail.corp.example/Autodiscover/Autodiscover.xml';

function ldif(): string {
  let parent = CONFIGURATION;
  let text = '';
  for (const name of CONTAINERS) {
    parent = `CN=${name},${parent}`;
    text += `dn: ${parent}\nobjectClass: container\n\n`;
  }
  const scp = (name: string, keywords: readonly string[], binding: string): string =>
    `dn: CN=${name},${parent}\nobjectClass: serviceConnectionPoint\n${keywords.map((keyword) => `keywords: ${keyword}\n`).join('')}serviceBindingInformation: ${binding}\n\n`;
  return `${text}${scp('EX1', [URL_KEYWORD, 'Site=Munich', 'Site=Berlin'], ADDRESS)}${scp('EX2', [URL_KEYWORD], 'https://old.corp.example/Autodiscover/Autodiscover.xml')}${scp('Elsewhere', [POINTER_KEYWORD, 'Domain=fabrikam.example'], 'LDAP://fabrikam.example')}${scp('Printer', ['11111111-2222-3333-4444-555555555555'], 'https://printer')}`;
}

describe('peer: Samba as Active Directory', function () {
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
  });
  after(async () => {
    await samba?.close();
  });

  const read = (door: Partial<DirectoryDoor> = {}, ca: string = samba.ca) =>
    readScps(
      { url: samba.ldaps, ...samba.account, ...door },
      { ca: [ca], signal: new AbortController().signal, timeoutMs: 10_000 },
    );

  for (const scheme of ['ldaps', 'ldap'] as const) {
    it(`reads what Outlook is told, over ${scheme === 'ldaps' ? 'TLS from the first byte' : 'StartTLS'}`, async () => {
      const reading = await read({ url: samba[scheme] });
      assert.ok('entries' in reading, JSON.stringify(reading));
      const seen = reading.entries.map((entry) => JSON.stringify(entry)).sort();
      assert.equal(seen.length, 3, seen.join('\n'));
      assert.ok(seen.some((entry) => entry.includes(ADDRESS) && entry.includes('Munich') && entry.includes('Berlin')));
      assert.ok(seen.some((entry) => entry.includes('old.corp.example')));
      assert.ok(seen.some((entry) => entry.includes('fabrikam.example')));
    });
  }

  it('takes the user principal name of the account as well', async () => {
    assert.ok('entries' in (await read({ username: 'reader@corp.example' })));
  });

  for (const [sentence, door] of [
    ['a wrong password', { password: 'wrong' }],
    ['an account that is none', { username: 'CORP\\nobody' }],
  ] as const) {
    it(`says that ${sentence} is refused`, async () => {
      const reading = await read(door);
      assert.deepEqual('finding' in reading ? [reading.finding.status, reading.finding.verdict] : reading, [
        'unknown',
        'scp.account',
      ]);
    });
  }

  it('tells no password to a directory whose certificate nobody here trusts', async () => {
    const reading = await read({}, (await createCertificateAuthority('Other')).ca);
    assert.equal('finding' in reading ? reading.finding.verdict : reading, 'scp.tls');
  });
});
