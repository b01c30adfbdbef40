/** "Test" of the Autodiscover check's dialog: what is entered is checked, and the account's password goes no further than deployed. */
import assert from 'node:assert/strict';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { askTest, reportOf, UNTOUCHED } from '../support/ask-test.ts';
import type { TestAnswer } from '../support/ask-test.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

describe('"Test" of an Autodiscover check', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const DEPLOYED = { domain: '', address: '', allowBasic: false, allowedRedirects: '' };
  const start = (
    check: Record<string, unknown> | null = null,
    credentialsOfCheck: Record<string, string> = {},
    account: Record<string, unknown> = {},
  ): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { account });
    return startFlow(
      [
        ...nodes.filter(({ id }) => ['tls', 'account'].includes(id)),
        ...(check === null
          ? []
          : [
              {
                id: 'check',
                type: 'autodiscover-check',
                account: 'account',
                internalResolvers: lab.dns.internal,
                wires: [['healthy'], ['unhealthy']],
                ...DEPLOYED,
                ...check,
              },
            ]),
        { id: 'healthy', type: 'helper' },
        { id: 'unhealthy', type: 'helper' },
      ],
      { ...credentials, check: credentialsOfCheck },
    );
  };

  /** What the dialog has in its fields. */
  const fields = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    name: '',
    domain: '',
    address: '',
    account: 'account',
    allowBasic: 'false',
    internalResolvers: lab.dns.internal,
    externalResolvers: '',
    allowedRedirects: '',
    domains: '',
    exchange: '',
    ldapUrl: '',
    site: '',
    language: 'en',
    changesOnly: 'false',
    ...changes,
  });

  async function ask(flow: RunningFlow, body: Record<string, unknown>): Promise<TestAnswer> {
    const answer = await askTest(flow, 'autodiscover-check', body);
    assert.equal(answer.text.includes(lab.smtp.password), false, 'no password');
    return answer;
  }
  const signIns = (): unknown[] => lab.servers.autodiscover.requests.filter(({ signIn }) => signIn !== null);

  it('checks what is entered before it is deployed, step by step, and sends no message', async () => {
    const flow = await start();
    const answer = await ask(flow, { id: 'new', fields: fields(), credentials: {} });
    const report = reportOf(answer);
    assert.deepEqual([answer.status, report.word, report.code], [200, 'works, with a warning', 'tls.private']);
    assert.ok(answer.lines.length > 5);
    assert.ok(answer.lines.slice(0, -1).every(({ step }) => step !== undefined && step.title !== ''));
    assert.deepEqual([flow.messages('healthy'), flow.messages('unhealthy')], [[], []]);
    assert.ok(signIns().length > 0, 'at the domain of the account it signs in');
  });

  it('checks what is entered beside what is deployed, in the language that is entered', async () => {
    const flow = await start({ domain: 'fabrikam.example', account: '' });
    const entered = fields({ domain: 'contoso.example', account: '', language: 'de' });
    const report = reportOf(await ask(flow, { id: 'check', fields: entered, credentials: {} }));
    assert.match(report.title, /contoso\.example/);
    assert.match(JSON.stringify(report), /Zertifizierungsstelle/);
    assert.equal(signIns().length, 0);
  });

  it('says what is broken: nobody answers, a certificate is not trusted', async () => {
    const flow = await start(null, {}, { tls: '' });
    const missing = reportOf(
      await ask(flow, { id: 'x', fields: fields({ account: '', domain: 'fabrikam.example' }), credentials: {} }),
    );
    assert.deepEqual([missing.status, missing.code], ['broken', 'dns.internal.missing']);
    const untrusted = reportOf(await ask(flow, { id: 'x', fields: fields(), credentials: {} }));
    assert.match(JSON.stringify(untrusted), /"code":"tls\.(private|untrusted|chain|self-signed)"/);
  });

  for (const [what, deployed, entered, signsIn] of [
    ['the account’s own domain', null, {}, true],
    ['a domain that is deployed with it', { domain: 'contoso.example' }, { domain: 'contoso.example' }, true],
    ['redirects that are not deployed', {}, { allowedRedirects: 'evil.example' }, false],
    ['redirects that are deployed', { allowedRedirects: 'a.example' }, { allowedRedirects: 'a.example' }, true],
    ['Basic where that is not deployed', {}, { allowBasic: 'true' }, false],
    ['Basic where that is deployed', { allowBasic: true }, { allowBasic: 'true' }, true],
  ] as const)
    it(`${signsIn ? 'signs' : 'does not sign'} in with the stored password by ${what}`, async () => {
      const flow = await start(deployed);
      const answer = await ask(flow, { id: 'check', fields: fields(entered), credentials: {} });
      const isLeftOut = reportOf(answer).children.some(({ title }) => title === 'Sign-in of the mail account');
      assert.deepEqual([signIns().length > 0, isLeftOut], [signsIn, !signsIn]);
    });

  it('sends a stored password of the directory to the one that it was stored for, and to no other', async () => {
    const flow = await start(
      { ldapUrl: 'ldaps://dc1.contoso.example' },
      { ldapUser: 'x', ldapPassword: 'Stored-Secret' },
    );
    const credentials = { ldapUser: 'x', ldapPassword: UNTOUCHED };
    for (const ldapUrl of ['ldaps://evil.example', 'ldap://dc1.contoso.example']) {
      const { status, text } = await ask(flow, { id: 'check', fields: fields({ ldapUrl }), credentials });
      assert.deepEqual([status, /Enter it again/.test(text), text.includes('Stored-Secret')], [400, true, false]);
    }
  });

  it('refuses what cannot be meant, and what is not deployed', async () => {
    const flow = await start({});
    for (const [changes, code] of [
      [{ domain: 'no domain' }, 'ERR_CONFIG_INVALID'],
      [{ account: 'gone' }, 'ERR_CONFIG_MISSING'],
      [{ domain: '${MAIL_DOMAIN}' }, 'ERR_CONFIG_MISSING'],
    ] as const) {
      const { status, text } = await ask(flow, { id: 'check', fields: fields(changes), credentials: {} });
      assert.deepEqual([status, text.includes(code)], [400, true], text);
    }
    assert.deepEqual(lab.servers.autodiscover.requests, []);
  });
});
