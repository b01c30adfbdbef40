/** "Test" of the Exchange server's dialog: what was entered is tested, deployed or not, and no password goes where it was not meant to. */
import assert from 'node:assert/strict';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { BASE, user } from '../ldap/contoso.ts';
import { askTest, reportOf, stepsOf, UNTOUCHED } from '../support/ask-test.ts';
import type { TestAnswer } from '../support/ask-test.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { directoryDomain } from '../support/directory-domain.ts';
import { startDirectoryServer } from '../support/directory-server.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

describe('"Test" of an Exchange server', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    delete process.env['EAS_TEST_URL'];
    delete process.env['EAS_TEST_USER'];
    await stopFlow();
    await lab.close();
  });

  const start = (
    changes: Record<string, unknown> = {},
    only = ['tls', 'exchange'],
    own: Record<string, string> = {},
  ): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { exchange: changes });
    return startFlow(
      nodes.filter(({ id }) => only.includes(id)),
      { ...credentials, exchange: { ...credentials['exchange'], ...own } },
    );
  };

  /** What the dialog has in its fields. */
  const fields = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    name: '',
    kind: 'remote-powershell',
    urls: lab.exchange.url,
    auth: 'basic',
    viewEntireForest: 'true',
    sessions: '2',
    silenceLimit: '10',
    tls: 'tls',
    proxy: '',
    ...changes,
  });
  const typed = () => ({ username: lab.exchange.username, password: lab.exchange.password });
  const stored = () => ({ username: lab.exchange.username, password: UNTOUCHED });

  async function ask(flow: RunningFlow, body: unknown): Promise<TestAnswer> {
    const answer = await askTest(flow, 'exchange-server', body);
    assert.equal(answer.text.includes(lab.exchange.password), false, 'no password');
    return answer;
  }
  const requests = (): number => lab.servers.exchange.stats.requests;

  it('tests what is entered before it is deployed, and tells each step as it ends', async () => {
    lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    lab.organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: 'A1', deviceType: 'iPhone', model: 'x' });
    const flow = await start({}, ['tls']);
    const answer = await ask(flow, { id: 'new', fields: fields(), credentials: typed() });
    const report = reportOf(answer);
    assert.deepEqual(
      [answer.status, report.status, report.word, report.seen],
      [200, 'healthy', 'ready', 'The connector can work with this Exchange.'],
    );
    const told = answer.lines.flatMap(({ step }) => (step === undefined ? [] : [step.title]));
    assert.deepEqual(
      told,
      report.children.map(({ title }) => title),
    );
    assert.equal(told.length, 11);
    assert.ok(answer.lines.some(({ progress }) => progress === 'Session…'));
    assert.equal(lab.servers.exchange.stats.shells, 0, 'no session is left');
  });

  it('tests what is entered beside what is deployed, with the stored password at the deployed address', async () => {
    const flow = await start({ kind: 'remote-powershell', sessions: 1 });
    const answer = await ask(flow, { id: 'exchange', fields: fields({ sessions: '4' }), credentials: stored() });
    assert.ok(stepsOf(answer).includes('ok Session: signed in, session open'));
  });

  it('says of a wrong password that the sign-in is refused, and of a right that it is missing', async () => {
    const flow = await start({}, ['tls']);
    const wrong = { username: lab.exchange.username, password: 'wrong' };
    const refused = await ask(flow, { id: 'x', fields: fields(), credentials: wrong });
    assert.ok(stepsOf(refused).includes('error Session: sign-in refused'), stepsOf(refused).join('\n'));
    lab.organization.addMailbox({
      alias: 'reader',
      displayName: 'Few Rights',
      password: 'Few-Rights-24',
      remotePowerShell: true,
      cmdlets: ['Get-CASMailbox', 'Get-MobileDevice', 'Get-User', 'Get-Recipient'],
    });
    const few = { username: 'reader@contoso.example', password: 'Few-Rights-24' };
    const missing = await ask(flow, { id: 'x', fields: fields(), credentials: few });
    const rights = reportOf(missing).children.find(({ title }) => title.startsWith('Rights'));
    assert.deepEqual([rights?.status, rights?.title], ['error', 'Rights: needed ones are missing']);
    assert.match(rights?.command ?? '', /^New-ManagementRole -Name .*-User 'reader@contoso\.example'/s);
  });

  it('says of a certificate that is not trusted whose it is', async () => {
    const flow = await start({}, ['tls']);
    const answer = await ask(flow, { id: 'x', fields: fields({ tls: '' }), credentials: typed() });
    assert.ok(
      stepsOf(answer).includes('error TLS: certificate of an authority that is not trusted here'),
      stepsOf(answer).join('\n'),
    );
  });

  it('sends a stored password to the servers that it was stored for, and to no other', async () => {
    const flow = await start({ urls: 'https://mail.contoso.example/PowerShell/', auth: 'ntlm' });
    for (const changes of [
      { auth: 'ntlm' },
      { auth: 'ntlm', urls: `https://mail.contoso.example/PowerShell/ ${lab.exchange.url}` },
      { auth: 'basic', urls: 'https://mail.contoso.example/PowerShell/' },
      { auth: 'kerberos', realm: 'EVIL.EXAMPLE', urls: 'https://mail.contoso.example/PowerShell/' },
    ]) {
      const { status, text } = await ask(flow, { id: 'exchange', fields: fields(changes), credentials: stored() });
      assert.deepEqual([status, /ERR_CONFIG_MISSING.*Enter it again/.test(text)], [400, true], JSON.stringify(changes));
    }
    assert.equal(requests(), 0);
  });

  it('takes a value of the environment where the deployed node has it, and tells it nowhere else', async () => {
    process.env['EAS_TEST_URL'] = lab.exchange.url;
    const flow = await start({ urls: '${EAS_TEST_URL}' });
    const same = await ask(flow, {
      id: 'exchange',
      fields: fields({ urls: '${EAS_TEST_URL}' }),
      credentials: stored(),
    });
    assert.ok(stepsOf(same).includes('ok Session: signed in, session open'));
    const elsewhere = await ask(flow, {
      id: 'exchange',
      fields: fields({ realm: '${EAS_TEST_URL}' }),
      credentials: {},
    });
    assert.equal(elsewhere.text.includes(lab.exchange.url), false);
  });

  it('asks for a ticket with the stored password in the realm of the same user, by whatever he is named', async () => {
    process.env['EAS_TEST_USER'] = 'connector@CORP.EXAMPLE';
    const flow = await start({ auth: 'kerberos' }, ['tls', 'exchange'], { username: '${EAS_TEST_USER}' });
    const entered = (username: string) =>
      ask(flow, {
        id: 'exchange',
        fields: fields({ auth: 'kerberos' }),
        credentials: { username, password: UNTOUCHED },
      });
    for (const [username, status] of [
      ['${EAS_TEST_USER}', 200],
      ['connector@CORP.EXAMPLE', 200],
      ['connector@EVIL.EXAMPLE', 400],
    ] as const)
      assert.equal((await entered(username)).status, status, username);
  });

  it('tests the simulation without a server, whatever password was stored for one', async () => {
    const answer = await ask(await start(), {
      id: 'exchange',
      fields: fields({ kind: 'simulated' }),
      credentials: stored(),
    });
    assert.equal(reportOf(answer).status, 'healthy');
    assert.deepEqual(
      stepsOf(answer)
        .filter((step) => step.startsWith('skipped'))
        .map((step) => step.split(/[ :]/)[1]),
      ['Name', 'TLS', 'Sign-in', 'Throttling', 'Clock'],
    );
  });

  it('tests the Active Directory that is entered, and sends its stored password to no other', async () => {
    const domain = directoryDomain([{ dn: BASE, values: { objectClass: ['top', 'domain'] } }, user(1)], { base: BASE });
    const directory = await startDirectoryServer({ certificate: lab.certificate, domain });
    const refusing = await startDirectoryServer({ certificate: lab.certificate, domain, bindCode: 49 });
    try {
      const reader = { ldapUser: 'CONTOSO\\reader', ldapPassword: 'D1rectory-Secret!' };
      const flow = await start({}, ['tls']);
      const entered = (changes: Record<string, unknown>, credentials: object = {}) =>
        ask(flow, { id: 'x', fields: fields(changes), credentials: { ...typed(), ...reader, ...credentials } });
      const lineOf = (answer: TestAnswer) =>
        reportOf(answer).children.find(({ title }) => title.startsWith('Active Directory'));
      const good = await entered({ ldapUrl: directory.url });
      assert.equal(lineOf(good)?.title, 'Active Directory: signed in and read', JSON.stringify(lineOf(good)));
      const refused = await entered({ ldapUrl: refusing.url });
      assert.deepEqual(
        [lineOf(refused)?.title, lineOf(refused)?.code, reportOf(refused).status],
        ['Active Directory: the account is refused', 'ERR_DIRECTORY_UNREADABLE', 'warning'],
      );
      const untrusted = await entered({ ldapUrl: directory.url, tls: '' });
      assert.match(lineOf(untrusted)?.title ?? '', /^Active Directory: the certificate is not trusted/);
      for (const answer of [good, refused, untrusted]) assert.equal(answer.text.includes('D1rectory-Secret!'), false);
      const before = directory.connections();
      const stored = await entered({ ldapUrl: directory.url }, { ldapPassword: UNTOUCHED });
      assert.deepEqual([stored.status, directory.connections()], [400, before]);
    } finally {
      await directory.close();
      await refusing.close();
    }
  });

  it('refuses what cannot be meant, and a request without fields', async () => {
    const flow = await start({});
    for (const [body, code] of [
      [{ id: 'exchange', fields: fields({ urls: 'http://mail.contoso.example/PowerShell/' }) }, 'ERR_CONFIG_INVALID'],
      [{ id: 'exchange', fields: fields({ sessions: 'many' }) }, 'ERR_CONFIG_INVALID'],
      [{ id: 'exchange', fields: fields({ tls: 'gone' }), credentials: typed() }, 'ERR_CONFIG_MISSING'],
      [{ id: 'other', fields: fields(), credentials: stored() }, 'ERR_CONFIG_MISSING'],
      [{ id: 'exchange' }, 'ERR_INPUT_INVALID'],
      [{}, 'ERR_INPUT_INVALID'],
    ] as const) {
      const { status, text } = await ask(flow, body);
      assert.deepEqual([status, text.includes(code)], [400, true], text);
    }
    assert.equal(requests(), 0);
  });
});
