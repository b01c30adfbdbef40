/** "Test" of the mail account's dialog: whether mails can go out with what is entered, before it is deployed; nobody is mailed unasked. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { startSmtpServer } from '../../src/lab/servers/smtp.ts';
import { askTest, reportOf, stepsOf, UNTOUCHED } from '../support/ask-test.ts';
import type { TestAnswer } from '../support/ask-test.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

describe('"Test" of a mail account', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const start = (changes: Record<string, unknown> = {}, only = ['tls', 'account']): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { account: changes });
    return startFlow(
      nodes.filter(({ id }) => only.includes(id)),
      credentials,
    );
  };

  /** What the dialog has in its fields. */
  const fields = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    name: '',
    transport: 'smtp',
    address: lab.smtp.address,
    displayName: '',
    host: lab.smtp.host,
    port: String(lab.smtp.port),
    security: 'starttls',
    ewsUrl: '',
    allowedRedirects: '',
    ewsAuth: 'ntlm',
    spn: '',
    tls: 'tls',
    ratePerMinute: '5',
    ...changes,
  });
  const ews = (changes: Record<string, unknown> = {}): Record<string, unknown> =>
    fields({ transport: 'ews', ewsUrl: lab.autodiscover.ews, ...changes });
  const typed = () => ({ username: lab.smtp.username, password: lab.smtp.password });
  const stored = () => ({ username: lab.smtp.username, password: UNTOUCHED });

  async function ask(flow: RunningFlow, body: Record<string, unknown>): Promise<TestAnswer> {
    const answer = await askTest(flow, 'mail-account', body);
    const { password, username } = lab.smtp;
    const forms = [password, ...[`\0${username}\0${password}`, password].map((one) => btoa(one))];
    assert.ok(!forms.some((form) => answer.text.includes(form)), 'no password');
    return answer;
  }
  const entered = (flow: RunningFlow, changes: Record<string, unknown>, credentials: object = typed()) =>
    ask(flow, { id: 'new', fields: fields(changes), credentials });

  it('tests SMTP as it is entered before it is deployed, tells each step, and mails nobody', async () => {
    const flow = await start({}, ['tls']);
    const answer = await entered(flow, {});
    assert.deepEqual(stepsOf(answer), [
      'ok Name: an address, no name',
      'ok Connection: open',
      'ok TLS: certificate trusted',
      'ok Sign-in: signed in',
      'ok Limits: told',
      'skipped Test mail: nobody is mailed',
    ]);
    const report = reportOf(answer);
    assert.deepEqual([report.status, report.seen], ['healthy', 'The connector can work with this mail account.']);
    assert.deepEqual(
      answer.lines.flatMap(({ step }) => (step === undefined ? [] : [step.title])),
      report.children.map(({ title }) => title),
    );
    assert.ok(answer.lines.some(({ progress }) => progress === 'Connection…'));
    assert.match(
      report.children[4]?.seen ?? '',
      /^It takes mails of up to .* KiB\. It offers to sign in by LOGIN, PLAIN\./,
    );
    assert.match(report.children[2]?.seen ?? '', /^The certificate of .* until \d{4}-\d\d-\d\d\.$/);
    assert.equal(lab.servers.smtp.stats.mails, 0);
  });

  it('takes the variables of the flow that the account will be in, and of the process, before it is deployed', async () => {
    process.env['EAS_TEST_PASSWORD'] = lab.smtp.password;
    process.env['EAS_TEST_HOST'] = 'of-the-process.example';
    const flow = await start({}, ['tls']);
    const variables = [
      { name: 'EAS_TEST_HOST', type: 'str', value: lab.smtp.host },
      { name: 'EAS_TEST_PORT', type: 'num', value: String(lab.smtp.port) },
    ];
    const answer = await ask(flow, {
      id: 'new',
      fields: fields({ host: '${EAS_TEST_HOST}', port: '$(EAS_TEST_PORT)' }),
      credentials: { username: lab.smtp.username, password: '${EAS_TEST_PASSWORD}' },
      environment: [{ of: 'flow', id: 'tab', variables }],
    });
    assert.ok(stepsOf(answer).includes('ok Sign-in: signed in'), answer.text);
  });

  it('sends a mail where an address is entered for it, and nowhere else', async () => {
    const flow = await start({}, ['tls']);
    lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    const answer = await ask(flow, {
      id: 'new',
      fields: fields(),
      credentials: typed(),
      sendTo: 'anna@contoso.example',
    });
    assert.ok(stepsOf(answer).includes('ok Test mail: accepted'));
    assert.equal(lab.organization.inbox('anna@contoso.example').length, 1);
    assert.equal(lab.servers.smtp.stats.mails, 1);
    for (const sendTo of ['nobody', 'a@b.example, c@d.example', 7]) {
      const { status, text } = await ask(flow, { id: 'new', fields: fields(), credentials: typed(), sendTo });
      assert.deepEqual([status, text.includes('ERR_CONFIG_INVALID')], [400, true]);
    }
  });

  it('says that user and password are missing where the server offers a sign-in, and what a mail without them comes to', async () => {
    const flow = await start({}, ['tls']);
    const nobody = { username: '', password: '' };
    const step = reportOf(await entered(flow, {}, nobody)).children[3];
    assert.deepEqual(
      [step?.status, step?.title, step?.seen, step?.remedy],
      [
        'warning',
        'Sign-in: no user, and the server offers a sign-in',
        'No user is entered, so nobody signs in.',
        'Enter user and password, unless this host may send without: a test mail shows it.',
      ],
    );
    lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    const body = { id: 'new', fields: fields(), credentials: nobody, sendTo: 'anna@contoso.example' };
    const mail = reportOf(await ask(flow, body)).children.at(-1);
    assert.deepEqual([mail?.title, mail?.code], ['Test mail: not accepted', 'ERR_MAIL_NO_SIGN_IN']);
    assert.match(mail?.remedy ?? '', /^The mail server wants a sign-in, and the mail account has no user\./);
  });

  it('says of a wrong password that it is refused, and of a recipient that is not taken why', async () => {
    const flow = await start({}, ['tls']);
    const refused = await entered(flow, {}, { username: lab.smtp.username, password: 'wrong-password' });
    const step = reportOf(refused).children[3];
    assert.deepEqual([step?.status, step?.title, step?.code], ['error', 'Sign-in: refused', 'ERR_MAIL_AUTH']);
    assert.match(step?.remedy ?? '', /counts towards a lock-out/);
    assert.equal(stepsOf(refused)[4], 'ok Limits: told');
    lab.servers.smtp.faults.recipient = [550, '5.1.1 No such user'];
    const nobody = { id: 'new', fields: fields(), credentials: typed(), sendTo: 'gone@contoso.example' };
    const mail = reportOf(await ask(flow, nobody)).children.at(-1);
    assert.deepEqual([mail?.title, mail?.code], ['Test mail: not accepted', 'ERR_MAIL_RECIPIENT']);
  });

  it('tries again each time a person tests, though the sign-in was refused before', async () => {
    const flow = await start({}, ['tls']);
    const wrong = { username: lab.smtp.username, password: 'wrong-password' };
    for (const count of [1, 2]) {
      await entered(flow, {}, wrong);
      assert.equal(lab.servers.smtp.stats.signIns.length, count);
    }
  });

  it('says of a certificate that is not trusted, or of another name, and sends no password there', async () => {
    const flow = await start({}, ['tls']);
    const untrusted = await entered(flow, { tls: '' });
    assert.equal(stepsOf(untrusted)[2], 'error TLS: certificate of an authority that is not trusted here');
    assert.match(
      reportOf(untrusted).children[2]?.command ?? '',
      /^openssl s_client -starttls smtp -connect 127\.0\.0\.1:\d+ /,
    );
    assert.equal(lab.servers.smtp.stats.signIns.length, 0);
  });

  it('says of a server without STARTTLS that it has none', async () => {
    const flow = await start({}, ['tls']);
    const relay = await startSmtpServer(lab.organization, { certificate: lab.certificate, withoutTls: true });
    try {
      const insisting = await entered(flow, { port: String(relay.port) });
      assert.equal(stepsOf(insisting)[2], 'error TLS: the server offers no STARTTLS');
      const nobody = { username: '', password: '' };
      const plain = await entered(flow, { port: String(relay.port), security: 'none' }, nobody);
      assert.deepEqual(stepsOf(plain).slice(1, 4), [
        'ok Connection: open',
        'warning TLS: mails go unencrypted',
        'ok Sign-in: not asked for',
      ]);
      const { status, text } = await entered(flow, { port: String(relay.port), security: 'none' });
      assert.deepEqual([status, /ERR_CONFIG_INVALID/.test(text)], [400, true], 'no password over it');
    } finally {
      await relay.close();
    }
  });

  it('says of a port where nobody listens, and of one where something else does', async () => {
    const flow = await start({}, ['tls']);
    const other = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const elsewhere = await entered(flow, { port: String(port) });
    assert.equal(stepsOf(elsewhere)[2], 'error TLS: it does not talk as a mail server');
    other.close();
    await once(other, 'close');
    const nowhere = await entered(flow, { port: String(port) });
    assert.equal(stepsOf(nowhere)[1], 'error Connection: refused or not answered');
    const unknown = await entered(flow, { host: 'mail.invalid' });
    assert.match(stepsOf(unknown)[0] ?? '', /^error Name: /);
  });

  it('tests Exchange Web Services: certificate, sign-in and inbox', async () => {
    const flow = await start({}, ['tls']);
    const body = { id: 'new', fields: ews(), credentials: typed() };
    assert.deepEqual(stepsOf(await ask(flow, body)), [
      'ok Name: an address, no name',
      'skipped Connection: does not apply',
      'ok TLS: certificate trusted',
      'ok Sign-in: signed in',
      'skipped Limits: does not apply',
      'skipped Test mail: nobody is mailed',
    ]);
    const wrong = { ...body, credentials: { username: lab.smtp.username, password: 'wrong-password' } };
    assert.equal(stepsOf(await ask(flow, wrong))[3], 'error Sign-in: refused');
    const untrusted = { ...body, fields: ews({ tls: '' }) };
    assert.match(stepsOf(await ask(flow, untrusted))[2] ?? '', /^error TLS: certificate of an authority/);
    const { text } = await ask(flow, { ...body, fields: ews({ ewsUrl: '', address: 'a@nowhere.invalid' }) });
    assert.match(text, /"title":"Autodiscover: no EWS address to be had"/);
  });

  it('sends a stored password where it was stored for, and nowhere else', async () => {
    const flow = await start();
    const same = await ask(flow, { id: 'account', fields: fields({ displayName: 'IT' }), credentials: stored() });
    assert.equal(reportOf(same).status, 'healthy');
    const second = await startSmtpServer(lab.organization, { certificate: lab.certificate });
    try {
      for (const changed of [fields({ port: String(second.port) }), fields({ host: 'mail.contoso.example' }), ews()]) {
        const { status, text } = await ask(flow, { id: 'account', fields: changed, credentials: stored() });
        assert.deepEqual([status, /ERR_CONFIG_MISSING.*Enter it again/.test(text)], [400, true]);
      }
      assert.equal(second.stats.connections, 0);
    } finally {
      await second.close();
    }
  });

  it('lets Autodiscover lead a stored password no further than the deployed account does', async () => {
    const flow = await start({ transport: 'ews', ewsUrl: '', ewsAuth: 'ntlm', allowedRedirects: 'mail.contoso.net' });
    for (const changes of [
      { allowedRedirects: 'mail.contoso.net, evil.example' },
      { ewsAuth: 'basic', allowedRedirects: 'mail.contoso.net' },
      { address: 'a@evil.example', allowedRedirects: '' },
    ]) {
      const { status, text } = await ask(flow, {
        id: 'account',
        fields: ews({ ewsUrl: '', ...changes }),
        credentials: stored(),
      });
      assert.deepEqual([status, /Enter it again/.test(text)], [400, true], JSON.stringify(changes));
    }
  });

  it('tests the simulation, which has no server', async () => {
    const flow = await start({}, ['tls']);
    const body = { id: 'new', fields: fields({ transport: 'simulated' }), credentials: { password: UNTOUCHED } };
    assert.equal(reportOf(await ask(flow, body)).status, 'healthy');
  });

  it('says once what to do about what cannot be tested, in the language of the editor', async () => {
    const flow = await start();
    for (const [language, told] of [
      [
        'en-US',
        `The mail account's "Security" is none: no password is sent over a plain connection. Open the node named in the message and correct the field it names.`,
      ],
      [
        'de',
        'Die „Sicherheit“ des Mailkontos ist „keine“: über eine unverschlüsselte Verbindung geht kein Kennwort. Öffnen Sie den Node aus der Meldung und berichtigen Sie das Feld, das sie nennt.',
      ],
    ] as const) {
      const entered = { id: 'account', fields: fields({ security: 'none' }), credentials: typed(), language };
      const { status, text } = await ask(flow, entered);
      assert.deepEqual([status, JSON.parse(text)], [400, { error: { code: 'ERR_CONFIG_INVALID', text: told } }]);
    }
  });

  it('refuses what cannot be meant before anything is asked', async () => {
    const flow = await start();
    for (const [body, code] of [
      [{ id: 'account', fields: fields({ port: '70000' }), credentials: stored() }, 'ERR_CONFIG_INVALID'],
      [{ id: 'account', fields: fields({ address: 'nobody' }), credentials: stored() }, 'ERR_CONFIG_INVALID'],
      [{ id: 'account', fields: fields({ host: '${SMTP_HOST}' }), credentials: stored() }, 'ERR_CONFIG_MISSING'],
      [{ id: 'account', fields: fields({ tls: 'gone' }), credentials: typed() }, 'ERR_CONFIG_MISSING'],
      [{ id: 'other', fields: fields(), credentials: stored() }, 'ERR_CONFIG_MISSING'],
      [{ id: 'account' }, 'ERR_INPUT_INVALID'],
    ] as const) {
      const { status, text } = await ask(flow, body);
      assert.deepEqual([status, text.includes(code)], [400, true], text);
    }
    assert.equal(lab.servers.smtp.stats.connections, 0);
  });
});
