import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { SmtpFaults } from '../../src/lab/servers/smtp.ts';
import { seenOf } from '../../src/model/check-report.ts';
import { whileSocketsWait } from '../support/put-forward.ts';
import { passTurns } from '../support/turns.ts';
import { failure, MAIL, MailLab, PASSWORD, SHOWN_PICTURE, WITH_PICTURE } from './support.ts';

const lab = new MailLab();

describe('mail over SMTP', () => {
  before(() => lab.start());
  afterEach(() => lab.stop());

  it('arrives with text first, HTML second, and the headers of an automatic mail', async () => {
    const sent = await lab.mailer(await lab.smtp()).send(MAIL);
    const message = lab.organization.inbox('anna@contoso.example').at(-1);
    assert.deepEqual(
      {
        id: sent.messageId,
        from: message?.from,
        subject: message?.subject,
        text: message?.text,
        html: message?.html,
        fromHeader: message?.headers['from'],
        messageId: message?.headers['message-id'],
        autoSubmitted: message?.headers['auto-submitted'],
        suppress: message?.headers['x-auto-response-suppress'],
        language: message?.headers['content-language'],
        mailer: message?.headers['x-mailer'],
      },
      {
        id: MAIL.messageId,
        from: 'enroll@contoso.example',
        subject: MAIL.subject,
        text: MAIL.text,
        html: MAIL.html,
        fromHeader: 'Device Enrollment <enroll@contoso.example>',
        messageId: MAIL.messageId,
        autoSubmitted: 'auto-generated',
        suppress: 'OOF, AutoReply, RN, NRN',
        language: 'en',
        mailer: undefined,
      },
    );
    assert.match(message?.raw ?? '', /multipart\/alternative[^]*text\/plain[^]*text\/html/);
    assert.match(sent.response, /^250 2\.6\.0 .*Queued mail for delivery/);
  });

  it('goes to a server that this host trusts anyway, also with an authority of its own in the TLS configuration', async () => {
    const trusted = getCACertificates('default');
    const { ca } = await createCertificateAuthority('Another Root');
    setDefaultCACertificates([...trusted, lab.authority.ca]);
    try {
      await lab.mailer(await lab.smtp(), { tls: { ca } }).send(MAIL);
    } finally {
      setDefaultCACertificates(trusted);
    }
    assert.equal(lab.organization.inbox('anna@contoso.example').at(-1)?.subject, MAIL.subject);
  });

  it('arrives with the picture that its HTML shows, beside the HTML and not as an attachment of the mail', async () => {
    await lab.mailer(await lab.smtp()).send(WITH_PICTURE);
    const message = lab.organization.inbox('anna@contoso.example').at(-1);
    assert.equal(message?.html, SHOWN_PICTURE);
    const parts = message?.raw?.match(/^content-(?:type: [\w/]+|disposition: \w+|id: .*)/gim);
    assert.deepEqual(
      parts?.map((part) => part.toLowerCase()),
      [
        'content-type: multipart/alternative',
        'content-type: text/plain',
        'content-type: multipart/related',
        'content-type: text/html',
        'content-type: image/png',
        'content-id: <qr.1@contoso.example>',
        'content-disposition: inline',
      ],
    );
  });

  it('is not sent with a picture whose id could break a header', async () => {
    const pictures = [{ ...WITH_PICTURE.pictures![0]!, cid: 'a@b>\r\nBcc: eve@contoso.example' }];
    const error = await failure(lab.mailer(await lab.smtp()).send({ ...WITH_PICTURE, pictures }));
    assert.equal(error.code, 'ERR_INPUT_INVALID');
  });

  it('is not sent at all when the recipient hides an SMTP command (alice does not become notify)', async () => {
    const server = await lab.smtp();
    const before = lab.organization.inbox('enroll@contoso.example').length;
    const error = await failure(
      lab.mailer(server).send({ ...MAIL, to: 'anna@contoso.example\r\nRCPT TO:<enroll@contoso.example>' }),
    );
    assert.deepEqual(
      [error.code, server.stats.connections, lab.organization.inbox('enroll@contoso.example').length],
      ['ERR_MAIL_ADDRESS', 0, before],
    );
  });

  it('keeps line breaks in the subject out of the headers', async () => {
    await lab.mailer(await lab.smtp()).send({ ...MAIL, subject: 'Hello\r\nBcc: eve@contoso.example' });
    const message = lab.organization.inbox('anna@contoso.example').at(-1);
    assert.deepEqual([message?.subject, message?.headers['bcc']], ['Hello  Bcc: eve@contoso.example', undefined]);
  });

  it('sends several mails over one connection', async () => {
    const server = await lab.smtp();
    const mailer = lab.mailer(server);
    await Promise.all([mailer.send(MAIL), mailer.send(MAIL), mailer.send(MAIL)]);
    assert.deepEqual([server.stats.connections, server.stats.mails, server.stats.signIns.length], [1, 3, 1]);
  });

  it('waits with the sixth mail of a minute, as Exchange demands', async () => {
    const server = await lab.smtp({ messagesPerMinute: 5 });
    const mailer = lab.mailer(server);
    for (let count = 0; count < 5; count += 1) await mailer.send(MAIL);
    const sixth = failure(mailer.send(MAIL));
    await mailer.close();
    assert.deepEqual([(await sixth).code, server.stats.mails], ['ERR_ABORTED', 5]);
  });

  it('names the copy recipient that was refused, and counts the mail as sent', async () => {
    const sent = await lab.mailer(await lab.smtp()).send({ ...MAIL, cc: ['nobody@contoso.example'] });
    assert.deepEqual(sent.refusedCopies, ['nobody@contoso.example']);
  });

  it('sends its copy once, however often its own recipient is put off', async () => {
    const server = await lab.smtp();
    const mailer = lab.mailer(server);
    const mail = {
      ...MAIL,
      to: 'enroll@contoso.example',
      messageId: '<put.off@contoso.example>',
      cc: ['Anna@contoso.example'],
    };
    const copies = (to: string): number =>
      lab.organization.inbox(to).filter(({ headers }) => headers['message-id'] === mail.messageId).length;
    server.faults.recipients = { 'enroll@contoso.example': [450, '4.2.0 Greylisted'] };
    for (let attempt = 0; attempt < 3; attempt += 1)
      assert.equal((await failure(mailer.send(mail))).details['fate'], 'again');
    delete server.faults.recipients;
    await mailer.send(mail);
    assert.deepEqual([copies('anna@contoso.example'), copies('enroll@contoso.example')], [1, 1]);
  });

  it('counts a mail as refused when only the copy was taken', async () => {
    const error = await failure(
      lab.mailer(await lab.smtp()).send({ ...MAIL, to: 'nobody@contoso.example', cc: ['anna@contoso.example'] }),
    );
    assert.equal(error.code, 'ERR_MAIL_RECIPIENT');
  });

  it('speaks TLS from the first byte when told so', async () => {
    await lab.mailer(await lab.smtp({ implicitTls: true }), { security: 'tls' }).verify();
  });

  it('goes to a relay without TLS and without a sign-in when told so', async () => {
    const mailer = lab.mailer(await lab.smtp({ withoutTls: true }), { security: 'none', username: '', password: '' });
    assert.match((await mailer.send(MAIL)).response, /^250/);
  });
});

describe('mail account check', () => {
  before(() => lab.start());
  afterEach(() => lab.stop());

  it('signs in and sends nothing', async () => {
    const server = await lab.smtp();
    await lab.mailer(server).verify();
    assert.deepEqual(server.stats, {
      connections: 1,
      signIns: [{ username: 'enroll@contoso.example', ok: true }],
      mails: 0,
    });
  });

  it('does not notice a missing mailbox: SMTP cannot tell', async () => {
    await lab.mailer(await lab.smtp(), { username: 'svc@contoso.example', address: 'svc@contoso.example' }).verify();
  });

  it('fails when a password is configured and the server offers no sign-in', async () => {
    const error = await failure(lab.mailer(await lab.smtp({ withoutTls: true })).verify());
    assert.equal(error.code, 'ERR_MAIL_CONNECT');
    assert.match(error.message, /STARTTLS/);
  });

  it('stops at once when the node closes', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const mailer = lab.mailer({ port: (silent.address() as AddressInfo).port });
    const check = failure(mailer.verify());
    const mail = failure(mailer.send(MAIL));
    await mailer.close();
    silent.close();
    assert.deepEqual(
      [(await check).code, (await mail).code, (await failure(mailer.send(MAIL))).code],
      ['ERR_ABORTED', 'ERR_ABORTED', 'ERR_ABORTED'],
    );
  });

  it('stops when its signal fires, and the account still works', async () => {
    const server = await lab.smtp();
    server.faults.slowMs = 5_000;
    const mailer = lab.mailer(server);
    const stop = new AbortController();
    const mail = failure(mailer.send({ ...MAIL, signal: stop.signal }));
    while (server.stats.signIns.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    assert.equal((await mail).code, 'ERR_ABORTED');
    delete server.faults.slowMs;
    assert.match((await mailer.send(MAIL)).response, /^250/);
  });
});

describe('mail that fails', () => {
  before(() => lab.start());
  afterEach(() => lab.stop());

  it('names the wrong password', async () => {
    const mailer = lab.mailer(await lab.smtp(), { password: 'wrong' });
    assert.deepEqual(await seen(mailer.verify()), ['ERR_MAIL_AUTH', true, 535, '5.7.3']);
    assert.deepEqual(await seen(mailer.send(MAIL)), ['ERR_MAIL_AUTH', true, 535, '5.7.3']);
  });

  it('never shows the password, even if the server repeats it', async () => {
    const server = await lab.smtp();
    server.faults.auth = [535, `5.7.8 bad ${PASSWORD} ${Buffer.from(PASSWORD).toString('base64')}`];
    assert.deepEqual(await seen(lab.mailer(server).verify()), ['ERR_MAIL_AUTH', true, 535, '5.7.8']);
  });

  it('names the sender that may not be used', async () => {
    const mailer = lab.mailer(await lab.smtp(), { address: 'anna@contoso.example' });
    const error = await failure(mailer.send(MAIL));
    assert.deepEqual([error.code, error.details['enhancedCode']], ['ERR_MAIL_SENDER', '5.7.60']);
    assert.match(
      error.message,
      /refused the sender anna@contoso\.example: it answered "550 5\.7\.60 .*permissions to send as this sender"/,
    );
  });

  it('says that user and password are missing where the server wants a sign-in', async () => {
    const mailer = lab.mailer(await lab.smtp(), { username: '', password: '' });
    const error = await failure(mailer.send(MAIL));
    assert.deepEqual(await seen(mailer.send(MAIL)), ['ERR_MAIL_NO_SIGN_IN', true, 530, null]);
    assert.match(error.message, /takes no mail without a sign-in, and the account has no user: it answered "530 /);
    assert.deepEqual(await mailer.verify(), { offersSignIn: true });
  });

  it('names the sender that was refused at once', async () => {
    const server = await lab.smtp();
    server.faults.sender = [553, '5.7.1 Sender address rejected'];
    assert.deepEqual(await seen(lab.mailer(server).send(MAIL)), ['ERR_MAIL_SENDER', true, 553, '5.7.1']);
  });

  it('works again without a new mailer when the cause is gone', async () => {
    const server = await lab.smtp();
    const mailer = lab.mailer(server);
    server.faults.sender = [550, '5.7.1 Not now'];
    assert.equal((await failure(mailer.send(MAIL))).code, 'ERR_MAIL_SENDER');
    delete server.faults.sender;
    assert.match((await mailer.send(MAIL)).response, /^250/);
  });

  it('names the unknown recipient', async () => {
    const mailer = lab.mailer(await lab.smtp());
    assert.deepEqual(await seen(mailer.send({ ...MAIL, to: 'nobody@contoso.example' })), [
      'ERR_MAIL_RECIPIENT',
      true,
      550,
      '5.1.1',
    ]);
  });

  it('names the user without a mailbox as an unknown recipient', async () => {
    const mailer = lab.mailer(await lab.smtp());
    assert.deepEqual(await seen(mailer.send({ ...MAIL, to: 'svc@contoso.example' })), [
      'ERR_MAIL_RECIPIENT',
      true,
      550,
      '5.1.1',
    ]);
  });

  it('may be tried again after a temporary refusal', async () => {
    const server = await lab.smtp();
    server.faults.data = [452, '4.3.1 Insufficient system resources'];
    assert.deepEqual(await seen(lab.mailer(server).send(MAIL)), ['ERR_MAIL_BUSY', false, 452, '4.3.1']);
  });

  it('may not be tried again after a final refusal', async () => {
    const server = await lab.smtp();
    server.faults.data = [554, '5.6.0 Message content is not acceptable'];
    assert.deepEqual(await seen(lab.mailer(server).send(MAIL)), ['ERR_MAIL_REFUSED', true, 554, '5.6.0']);
  });

  it('is not given up when a sign-in was put off for now: that is no refusal', async () => {
    const server = await lab.smtp();
    server.faults.auth = [454, '4.7.0 Temporary authentication failure'];
    const error = await failure(lab.mailer(server).send(MAIL));
    assert.deepEqual(
      [error.code, error.details['about'], error.details['fate'], error.details['permanent']],
      ['ERR_MAIL_BUSY', 'account', 'again', false],
    );
  });

  it('is judged by its own recipient where the copy was refused as well', async () => {
    const server = await lab.smtp();
    server.faults.recipient = [450, '4.2.0 Greylisted'];
    const mail = { ...MAIL, to: 'nobody@contoso.example', cc: ['no-one@contoso.example'] };
    assert.equal((await failure(lab.mailer(server).send(mail))).details['fate'], 'again');
    delete server.faults.recipient;
    assert.equal((await failure(lab.mailer(server).send(mail))).details['fate'], 'never');
  });

  it('is asked to slow down when the account was busy elsewhere', async () => {
    const server = await lab.smtp({ messagesPerMinute: 1 });
    await lab.mailer(server).send(MAIL);
    assert.deepEqual(await seen(lab.mailer(server).send(MAIL)), ['ERR_MAIL_RATE', false, 421, '4.4.2']);
  });

  it('may be tried again when the server is too busy to greet', async () => {
    const server = await lab.smtp();
    server.faults.greeting = [421, '4.3.2 Service not available'];
    assert.deepEqual(await seen(lab.mailer(server).send(MAIL)), ['ERR_MAIL_BUSY', false, 421, '4.3.2']);
  });

  for (const reset of ['greeting', 'sender'] as const) {
    it(`may be tried again when the connection breaks at the ${reset}`, async () => {
      const server = await lab.smtp();
      server.faults.reset = reset;
      assert.deepEqual(await seen(lab.mailer(server).send(MAIL)), ['ERR_MAIL_CONNECT', false, null, null]);
    });
  }

  it('is not sent twice by itself when the connection breaks after the data: it may have arrived', async () => {
    const server = await lab.smtp();
    server.faults.reset = 'after-data';
    const mailer = lab.mailer(server);
    const error = await failure(mailer.send(MAIL));
    assert.deepEqual([error.code, error.details['fate']], ['ERR_MAIL_UNANSWERED', 'repeat']);
    assert.equal(server.stats.mails, 1);
    delete server.faults.reset;
    assert.equal((await mailer.send(MAIL)).messageId, MAIL.messageId);
  });

  it('has the date that it was given, by which Exchange knows one that was sent twice, and otherwise the time', async () => {
    const server = await lab.smtp();
    const mailer = lab.mailer(server);
    const began = Math.floor(Date.now() / 1000) * 1000;
    const date = '2026-06-01T08:00:07.000Z';
    for (const mail of [{ ...MAIL, date }, MAIL]) await mailer.send(mail);
    const [given, own] = lab.organization
      .inbox(MAIL.to)
      .slice(-2)
      .map(({ headers }) => headers['date'] ?? '');
    assert.equal(given, 'Mon, 01 Jun 2026 08:00:07 +0000');
    assert.ok(Date.parse(own ?? '') >= began, own);
  });

  it('waits ten minutes for the answer to its data, as a content filter may take: who gives up earlier sends it twice', async () => {
    const server = await lab.smtp();
    let asked = false;
    Object.defineProperty(server.faults, 'slowMs', { get: () => ((asked = true), 500) });
    const sent = await whileSocketsWait(
      () => lab.mailer(server).send(MAIL),
      async () => {
        while (!asked) await passTurns(1);
      },
      599_999,
    );
    assert.deepEqual([sent.messageId, server.stats.mails], [MAIL.messageId, 1]);
  });

  it('may have arrived as well when nothing is said after the data for too long', async () => {
    const server = await lab.smtp();
    let asked = false;
    Object.defineProperty(server.faults, 'slowMs', { get: () => ((asked = true), 1_000) });
    const error = await whileSocketsWait(
      () => failure(lab.mailer(server, { timeouts: { idleMs: 200 } }).send(MAIL)),
      async () => {
        while (!asked) await passTurns(1);
      },
      200,
    );
    assert.deepEqual([error.code, error.details['fate']], ['ERR_MAIL_UNANSWERED', 'repeat']);
  });

  for (const [where, faults, code] of [
    ['the connection is one too many', { greeting: [421, '4.7.0 mx Error: too many connections from ::1'] }, 421],
    ['the client sends too much', { sender: [450, '4.7.1 Error: too much mail from 10.0.0.1'] }, 450],
    ['the mailbox is busy', { data: [432, '4.3.2 STOREDRV.Deliver; recipient thread limit exceeded'] }, 432],
  ] as const satisfies readonly (readonly [string, SmtpFaults, number])[]) {
    it(`is to be sent later when ${where}`, async () => {
      const server = await lab.smtp();
      Object.assign(server.faults, faults);
      assert.deepEqual((await seen(lab.mailer(server).send(MAIL))).slice(0, 3), ['ERR_MAIL_RATE', false, code]);
    });
  }

  it('is not counted as sent when its recipient is refused, whatever the letters of its domain are', async () => {
    const mailer = lab.mailer(await lab.smtp());
    const mail = { ...MAIL, to: 'nobody@Contoso.EXAMPLE', cc: ['anna@contoso.example'] };
    assert.deepEqual(await seen(mailer.send(mail)), ['ERR_MAIL_RECIPIENT', true, 550, '5.1.1']);
  });

  it('goes without its copies when a recipient was refused after the data, and not told which', async () => {
    const server = await lab.smtp({ refusesAfterData: true });
    const sent = await lab.mailer(server).send({ ...MAIL, cc: ['nobody@contoso.example'] });
    assert.deepEqual([sent.refusedCopies, server.stats.mails], [['nobody@contoso.example'], 1]);
    const error = await failure(lab.mailer(server).send({ ...MAIL, to: 'nobody@contoso.example', cc: [MAIL.to] }));
    assert.deepEqual([error.code, error.details['fate'], server.stats.mails], ['ERR_MAIL_RECIPIENT', 'never', 1]);
  });

  it('says when nobody listens', async () => {
    const server = await lab.smtp();
    await server.close();
    const error = await failure(lab.mailer(server).send(MAIL));
    assert.deepEqual(
      [error.code, error.details['reason'], error.details['permanent']],
      ['ERR_MAIL_CONNECT', 'ECONNREFUSED', false],
    );
  });

  it('never signs in when the server offers no STARTTLS', async () => {
    const error = await failure(lab.mailer(await lab.smtp({ withoutTls: true })).send(MAIL));
    assert.deepEqual([error.code, error.details['reason']], ['ERR_MAIL_CONNECT', 'ETLS']);
  });

  it('names a certificate of an unknown authority, and sends nobody to the switches of Node.js', async () => {
    const server = await lab.smtp();
    const error = await failure(lab.mailer(server, { tls: {} }).verify());
    assert.equal(error.code, 'ERR_HTTP_TLS_UNTRUSTED');
    assert.equal(
      seenOf(error),
      `The certificate of the mail server 127.0.0.1:${server.port} is not trusted: it is of an authority that is not known here.`,
    );
  });

  it('names a certificate for another name', async () => {
    assert.equal(
      (await seen(lab.mailer(await lab.smtp({ names: ['mail.contoso.example'] })).send(MAIL)))[0],
      'ERR_HTTP_TLS_NAME',
    );
  });

  it('names an expired certificate', async () => {
    const server = await lab.smtp({ notAfter: new Date(Date.now() - 60_000) });
    assert.equal((await seen(lab.mailer(server).send(MAIL)))[0], 'ERR_HTTP_TLS_EXPIRED');
  });

  it('names a server that speaks no TLS where TLS was expected', async () => {
    const server = await lab.smtp();
    const error = await failure(lab.mailer(server, { security: 'tls' }).verify());
    assert.equal(error.code, 'ERR_HTTP_TLS');
    assert.equal(
      seenOf(error),
      `No TLS connection to the mail server 127.0.0.1:${server.port}: it speaks no TLS from the first byte. That is for port 465; "Security" STARTTLS is for 587 and 25.`,
    );
  });

  it('is refused before anything is opened when the account is wrong', async () => {
    const codes = [{ host: '' }, { port: 70_000 }, { security: 'none' as const }, { ratePerMinute: 0 }].map((wrong) => {
      try {
        lab.mailer({ port: 1 }, wrong);
        return 'no error';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    assert.deepEqual(codes, Array(4).fill('ERR_CONFIG_INVALID'));
  });
});

/** What matters of a failure; it shows no password anywhere. */
async function seen(promise: Promise<unknown>): Promise<unknown[]> {
  const error = await failure(promise);
  assert.doesNotMatch(
    inspect(error, { depth: 9 }),
    new RegExp(`${PASSWORD}|${Buffer.from(PASSWORD).toString('base64')}`),
  );
  return [error.code, error.details['permanent'], error.details['responseCode'], error.details['enhancedCode']];
}
