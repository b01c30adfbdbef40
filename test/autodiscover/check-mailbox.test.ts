import assert from 'node:assert/strict';
import type { Overall } from '../../src/autodiscover/report.ts';
import type { CannedAnswer } from '../../src/lab/servers/autodiscover.ts';
import { ADDRESS, DiscoveryLab, DOMAIN, gist, HOST, PASSWORD, stepOf } from './support.ts';

const lab = new DiscoveryLab();

/** Every sign-in that any server of the lab saw, as `host scheme`. */
function signIns(...servers: { requests: readonly { host: string; signIn: string | null }[] }[]): string[] {
  return servers.flatMap(({ requests }) =>
    requests.filter(({ signIn }) => signIn !== null).map(({ host, signIn }) => `${host} ${signIn}`),
  );
}

const FORM = '<html><form><input type="password"></form></html>';
const open: CannedAnswer = { status: 200, headers: { 'MS-ASProtocolVersions': '14.1,16.1' } };

function offering(challenge: string): CannedAnswer {
  return { status: 401, headers: { 'WWW-Authenticate': challenge } };
}

describe('Autodiscover check as the notification account', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  it('finds where EWS and ActiveSync are (row 1)', async () => {
    await lab.start();
    const report = await lab.check();
    assert.deepEqual(gist(report).overall, 'warning');
    assert.deepEqual(report.found, {
      url: lab.url,
      by: 'autodiscover',
      ewsUrl: lab.server.handedOut.ewsUrl,
      activeSyncUrl: lab.server.handedOut.activeSyncUrl,
      schemes: ['Negotiate', 'NTLM', 'Basic'],
    });
    assert.equal(
      report.summary,
      `Found by https://${HOST}:${lab.server.port}; EWS ${lab.server.handedOut.ewsUrl}; ActiveSync ${lab.server.handedOut.activeSyncUrl}.`,
    );
  });

  it('never shows the password to a server that offers NTLM', async () => {
    await lab.start();
    await lab.check({ credentials: { username: ADDRESS, password: PASSWORD, allowBasic: true } });
    assert.deepEqual([...new Set(signIns(lab.server))], [`${HOST}:${lab.server.port} NTLM`]);
  });

  it('does not use Basic unless it is allowed (row 28)', async () => {
    await lab.start({ schemes: ['Basic'] });
    assert.equal(stepOf(await lab.check(), 'mailbox')?.verdict, 'auth.schemes.unusable');
    assert.deepEqual(signIns(lab.server), []);
    const report = await lab.check({
      credentials: { username: ADDRESS, password: PASSWORD, allowBasic: true },
    });
    assert.equal(report.found.ewsUrl, lab.server.handedOut.ewsUrl);
  });

  it('sends no password to a server whose certificate is not trusted', async () => {
    await lab.start();
    const report = await lab.check({ tls: {} });
    assert.deepEqual(
      [report.overall, stepOf(report, 'mailbox')?.status, signIns(lab.server)],
      ['unknown', 'skipped', []],
    );
  });

  it('names the wrong password (row 29)', async () => {
    await lab.start();
    const report = await lab.check({ credentials: { username: ADDRESS, password: 'not it' } });
    assert.deepEqual([report.overall, report.failing, report.verdict], ['broken', 'mailbox.settings', 'auth.password']);
    assert.doesNotMatch(JSON.stringify(report), /not it/);
  });

  it('does not blame the password where only Negotiate is offered and NTLM is refused: it may want Kerberos', async () => {
    await lab.start({ schemes: ['Negotiate'] });
    lab.server.faults.kerberosOnly = true;
    const report = await lab.check();
    assert.deepEqual(
      [report.overall, report.failing, report.verdict],
      ['unknown', 'mailbox.settings', 'auth.kerberos'],
    );
    assert.match(
      stepOf(report, 'mailbox.settings')?.remedy ?? '',
      /may want Kerberos.*nothing is said about the password/,
    );
    // NTLM's first message, refused; the account is not signed in again for phones.
    assert.deepEqual(signIns(lab.server), [`${HOST}:${lab.server.port} Negotiate`]);
  });

  it('signs in where only Negotiate is offered and takes NTLM', async () => {
    await lab.start({ schemes: ['Negotiate'] });
    assert.equal((await lab.check()).found.ewsUrl, lab.server.handedOut.ewsUrl);
  });

  for (const [what, times, signedIn, overall, verdict] of [
    ['is busy once, before the sign-in', 1, false, 'warning', 'tls.private'],
    ['is busy once, after the sign-in', 1, true, 'warning', 'tls.private'],
    ['stays busy before the sign-in', 9, false, 'broken', 'http.503'],
    ['stays busy after the sign-in', 9, true, 'broken', 'http.503'],
  ] as const) {
    it(`asks once more at the end where the server ${what} (row 41)`, async () => {
      await lab.start();
      lab.server.faults.busy = { times, signedIn };
      const report = await lab.check();
      assert.deepEqual([report.overall, report.verdict], [overall, verdict]);
      // Before the sign-in one question twice, after it two questions twice.
      const left = lab.server.faults.busy.times;
      assert.equal(times - left, times === 1 ? 1 : signedIn ? 4 : 2);
    });
  }

  it('knows a server that says 503 in its answer as busy', async () => {
    await lab.start();
    lab.server.faults.poxError = { code: 503, message: 'Server busy' };
    assert.equal((await lab.check()).verdict, 'http.503');
  });

  it('names an account without a mailbox, though its password is right (row 31)', async () => {
    await lab.start();
    const address = `svc@${DOMAIN}`;
    const report = await lab.check({ address, credentials: { username: address, password: PASSWORD } });
    assert.deepEqual([report.overall, report.failing, report.verdict], ['broken', 'mailbox.settings', 'mailbox.none']);
    assert.deepEqual(stepOf(report, 'mailbox.settings')?.seen, 'Error 500: "The e-mail address cannot be found".');
    assert.match(
      stepOf(report, 'mailbox.settings')?.remedy ?? '',
      /Enable-Mailbox svc@contoso\.example\. Without it the enroll mail is never sent/,
    );
  });

  it('names a mailbox that moved to the cloud (row 32)', async () => {
    await lab.start();
    lab.server.faults.redirectAddress = { [ADDRESS]: 'enroll@contoso.mail.onmicrosoft.com' };
    assert.equal((await lab.check()).verdict, 'mailbox.cloud');
  });

  it('warns when the account signs in with another name than its address (row 33)', async () => {
    await lab.start();
    lab.organization.addMailbox({
      alias: 'other',
      displayName: 'Other',
      upn: `other@ad.${DOMAIN}`,
      address: `help@${DOMAIN}`,
      password: PASSWORD,
    });
    const report = await lab.check({
      address: `help@${DOMAIN}`,
      credentials: { username: `other@ad.${DOMAIN}`, password: PASSWORD },
    });
    assert.deepEqual([report.overall, gist(report).verdicts.includes('mailbox.upn')], ['warning', true]);
  });

  for (const [code, message] of [
    [600, 'Invalid Request'],
    [601, 'Provider is not available'],
    [603, "The Active Directory user wasn't found."],
  ] as const) {
    it(`explains error ${code} (row 34)`, async () => {
      await lab.start();
      lab.server.faults.poxError = { code, message };
      assert.equal((await lab.check()).verdict, `user.${code}`);
    });
  }

  it('keeps an unknown error code as it came', async () => {
    await lab.start();
    lab.server.faults.poxError = { code: 799, message: 'Something <new>' };
    const report = await lab.check();
    assert.deepEqual(
      [report.verdict, stepOf(report, 'mailbox.settings')?.seen],
      ['user.error', 'Error 799: "Something <new>".'],
    );
  });

  it('ends a redirect that points to itself (row 24)', async () => {
    await lab.start();
    lab.server.faults.redirectAddress = { [ADDRESS]: ADDRESS };
    assert.equal((await lab.check()).verdict, 'redirect.loop');
  });

  it('follows a redirect to another address of the same domain', async () => {
    await lab.start();
    lab.organization.addMailbox({ alias: 'real', displayName: 'Real', password: PASSWORD });
    lab.server.faults.redirectAddress = { [ADDRESS]: `real@${DOMAIN}` };
    assert.equal((await lab.check()).found.ewsUrl, lab.server.handedOut.ewsUrl);
  });

  it('sends nothing where a redirect of the answer leads to another owner (row 22)', async () => {
    await lab.start();
    const stranger = await lab.frontEnd({ host: '127.0.0.2', names: ['evil.example'] });
    lab.zone['evil.example'] = { a: ['127.0.0.2'] };
    lab.server.faults.redirectUrl = `https://evil.example:${stranger.port}/autodiscover/autodiscover.xml`;
    const report = await lab.check();
    assert.deepEqual(
      [report.overall, gist(report).verdicts.includes('redirect.confirm'), stranger.requests],
      ['unknown', true, []],
    );
  });

  it('signs in where a redirect leads once the admin has allowed it', async () => {
    await lab.start();
    const hosting = lab.trust(
      await lab.frontEnd({
        host: '127.0.0.2',
        names: ['mail.hosting.example'],
        name: 'mail.hosting.example',
      }),
    );
    lab.zone['mail.hosting.example'] = { a: ['127.0.0.2'] };
    lab.server.faults.redirectUrl = `https://mail.hosting.example:${hosting.port}/autodiscover/autodiscover.xml`;
    const report = await lab.check({ allowedRedirects: ['hosting.example'] });
    assert.equal(report.found.ewsUrl, hosting.handedOut.ewsUrl);
  });

  it('goes by the external address where the internal one has a name that nobody is known to own', async () => {
    await lab.start();
    const { ewsUrl } = lab.server.handedOut;
    Object.assign(lab.server.handedOut, { internalEwsUrl: 'https://ex01.corp.local/EWS/Exchange.asmx' });
    assert.equal((await lab.check()).found.ewsUrl, ewsUrl);
    assert.equal(
      (await lab.check({ allowedRedirects: ['corp.local'] })).found.ewsUrl,
      'https://ex01.corp.local/EWS/Exchange.asmx',
    );
  });

  it('names a handed-out address that does not exist (row 35)', async () => {
    await lab.start({ ewsUrl: `https://mail.${DOMAIN}/EWS/Exchange.asmx` });
    const report = await lab.check();
    assert.deepEqual([report.overall, report.failing, report.verdict], ['broken', 'mailbox.ews', 'url.next']);
    assert.match(
      stepOf(report, 'mailbox.ews')?.remedy ?? '',
      /hands out https:\/\/mail\.contoso\.example\/EWS\/Exchange\.asmx, which fails: .*no address.*Set-WebServicesVirtualDirectory/,
    );
  });

  it('names a handed-out address that answers 404 (row 35)', async () => {
    await lab.start();
    lab.server.faults.paths = { '/microsoft-server-activesync': { status: 404 } };
    const report = await lab.check();
    assert.deepEqual([report.failing, report.verdict], ['mailbox.activesync', 'url.next']);
  });

  it('asks EWS and ActiveSync what their own clients ask, as nobody, and finds a default Exchange in order', async () => {
    await lab.start();
    const report = await lab.check();
    const asked = lab.server.requests.filter(({ path }) => !path.startsWith('/autodiscover'));
    assert.deepEqual(asked.map(({ method, path, signIn }) => `${method} ${path} ${signIn}`).sort(), [
      'GET /EWS/Exchange.asmx null',
      'OPTIONS /Microsoft-Server-ActiveSync null',
    ]);
    // The private CA apart, nothing is to be looked at: Basic is what ActiveSync offers.
    assert.deepEqual(gist(report), { overall: 'warning', failing: undefined, verdicts: ['tls.private'] });
    assert.equal(stepOf(report, 'mailbox.activesync.http')?.seen, 'HTTP 401, sign-in by Basic. Front end EX01.');
  });

  const directories: readonly (readonly [string, string, CannedAnswer, Overall, string])[] = [
    ['ActiveSync with a page', '/microsoft-server-activesync', { status: 200, body: '<html>' }, 'broken', 'url.next'],
    ['ActiveSync without a sign-in', '/microsoft-server-activesync', open, 'warning', 'tls.private'],
    ['ActiveSync by Bearer', '/microsoft-server-activesync', offering('Bearer'), 'warning', 'tls.private'],
    ['ActiveSync behind a form', '/microsoft-server-activesync', { status: 200, body: FORM }, 'broken', 'url.next'],
    ['EWS by Basic', '/ews', offering('Basic realm="x"'), 'warning', 'auth.schemes.basic'],
    ['EWS by Bearer', '/ews', offering('Bearer'), 'warning', 'auth.schemes.bearer'],
    ['EWS with a page', '/ews', { status: 200, body: '<html>' }, 'broken', 'url.next'],
    ['EWS that refuses GET', '/ews', { status: 405 }, 'broken', 'url.next'],
  ];
  for (const [what, path, answer, overall, verdict] of directories) {
    it(`judges by its own rules: ${what}`, async () => {
      await lab.start();
      lab.server.faults.paths = { [path]: answer };
      const report = await lab.check();
      assert.deepEqual([report.overall, report.verdict], [overall, verdict]);
    });
  }

  it('finds what phones need where the server knows phones only, as Z-Push', async () => {
    await lab.start();
    lab.server.faults.phonesOnly = true;
    const report = await lab.check();
    assert.deepEqual(
      [report.overall, report.verdict, report.found.ewsUrl, report.found.activeSyncUrl],
      ['warning', 'eas.only', null, lab.server.handedOut.activeSyncUrl],
    );
    assert.deepEqual(stepOf(report, 'mailbox.settings')?.seen, 'HTTP 400 from "Microsoft-IIS/10.0" after the sign-in.');
  });

  it('names a missing ActiveSync address (row 36)', async () => {
    await lab.start({ activeSyncUrl: null });
    const report = await lab.check();
    assert.deepEqual([report.overall, report.failing, report.verdict], ['broken', 'mailbox.phone-settings', 'eas.url']);
  });

  it('waits for a slow answer (row 41)', async () => {
    await lab.start();
    lab.server.faults.slowMs = 300;
    assert.equal((await lab.check({ timeouts: { stepMs: 5_000 } })).overall, 'warning');
  });

  it('does not know whether the account gets its settings when the sign-in takes too long (row 41)', async () => {
    await lab.start();
    const { organization } = lab;
    const mailboxByAddress = organization.mailboxByAddress.bind(organization);
    organization.mailboxByAddress = (address) => {
      lab.server.faults.slowMs = 9_000; // from here on, as a server that hangs while it looks the mailbox up
      return mailboxByAddress(address);
    };
    const report = await lab.check({ timeouts: { stepMs: 3_000 } });
    assert.deepEqual(
      [report.overall, report.failing, report.verdict],
      ['unknown', 'mailbox.phone-settings', 'http.timeout'],
    );
  });

  it('is not harmed by settings that are no Autodiscover document (row 42)', async () => {
    await lab.start();
    for (const body of ['<html>', '<Autodiscover/>', '', '<!DOCTYPE a><Autodiscover/>', 'x'.repeat(400_000)]) {
      lab.server.faults.body = body;
      assert.equal((await lab.check()).verdict, 'body.invalid');
    }
  });

  it('knows an answer for IMAP as not Exchange (row 20)', async () => {
    await lab.start();
    lab.server.faults.body =
      '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><AccountType>email</AccountType><Action>settings</Action><Protocol><Type>IMAP</Type><Server>imap.contoso.example</Server></Protocol></Account></Response></Autodiscover>';
    assert.equal((await lab.check()).verdict, 'body.invalid');
  });
});
