import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { inspect } from 'node:util';
import { startAutodiscoverServer, type LabAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { Organization } from '../../src/lab/organization.ts';
import type { EwsAccountOptions } from '../../src/mail/ews.ts';
import { readEwsAnswer } from '../../src/mail/ews-messages.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { codeOf, failure, MAIL, organization, PASSWORD, SHOWN_PICTURE, WITH_PICTURE } from './support.ts';

describe('mail over Exchange Web Services', () => {
  let authority: CertificateAuthority;
  let exchange: Organization;
  let server: LabAutodiscoverServer;
  let opened: Mailer[] = [];

  before(async () => {
    authority = await createCertificateAuthority();
  });
  beforeEach(async () => {
    exchange = organization();
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    server = await startAutodiscoverServer(exchange, { certificate, schemes: ['NTLM', 'Basic'] });
  });
  afterEach(async () => {
    for (const mailer of opened) await mailer.close();
    opened = [];
    await server.close();
  });

  function mailer(options: Partial<EwsAccountOptions> = {}): Mailer {
    const mailer = openMailer({
      transport: 'ews',
      address: 'enroll@contoso.example',
      displayName: 'Device Enrollment',
      ewsUrl: server.ewsUrl,
      username: 'enroll@contoso.example',
      password: PASSWORD,
      tls: { ca: authority.ca },
      ...options,
    });
    opened.push(mailer);
    return mailer;
  }

  it('arrives with both texts and the headers of an automatic mail, and the password is not shown', async () => {
    const sent = await mailer().send(MAIL);
    const message = exchange.inbox(MAIL.to).at(-1);
    assert.deepEqual(
      {
        id: sent.messageId,
        from: message?.from,
        subject: message?.subject,
        text: message?.text,
        html: message?.html,
        messageId: message?.headers['message-id'],
        autoSubmitted: message?.headers['auto-submitted'],
        suppress: message?.headers['x-auto-response-suppress'],
        language: message?.headers['content-language'],
      },
      {
        id: MAIL.messageId,
        from: 'enroll@contoso.example',
        subject: MAIL.subject,
        text: MAIL.text,
        html: MAIL.html,
        messageId: MAIL.messageId,
        autoSubmitted: 'auto-generated',
        suppress: 'OOF, AutoReply, RN, NRN',
        language: 'en',
      },
    );
    assert.deepEqual([...new Set(server.requests.map(({ signIn }) => signIn))], ['NTLM']);
  });

  it('arrives with the picture that its HTML shows', async () => {
    await mailer().send(WITH_PICTURE);
    assert.equal(exchange.inbox(MAIL.to).at(-1)?.html, SHOWN_PICTURE);
  });

  it('proves in its check that there is a mailbox', async () => {
    await mailer().verify();
    const svc = { address: 'svc@contoso.example', username: 'svc@contoso.example' };
    const error = await failure(mailer(svc).verify());
    assert.deepEqual(
      [error.code, error.details],
      [
        'ERR_MAIL_NO_MAILBOX',
        { about: 'account', fate: 'account', permanent: true, ewsCode: 'ErrorNonExistentMailbox' },
      ],
    );
    assert.equal((await failure(mailer(svc).send({ ...MAIL }))).code, 'ERR_MAIL_NO_MAILBOX');
  });

  it('names the wrong password and never shows it', async () => {
    for (const auth of ['ntlm', 'basic'] as const) {
      const error = await failure(mailer({ password: 'not-this-one', auth }).verify());
      assert.deepEqual([error.code, error.details['permanent']], ['ERR_MAIL_AUTH', true]);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /not-this-one|bm90LXRoaXMtb25l/);
    }
  });

  it('names the sender that may not be used', async () => {
    const error = await failure(mailer({ address: 'anna@contoso.example' }).send(MAIL));
    assert.deepEqual(
      [error.code, error.details],
      ['ERR_MAIL_SENDER', { about: 'sender', fate: 'account', permanent: true, ewsCode: 'ErrorSendAsDenied' }],
    );
  });

  it('learns of an unknown recipient by a bounce in its own mailbox only', async () => {
    await mailer().send({ ...MAIL, to: 'nobody@contoso.example' });
    assert.match(exchange.inbox('enroll@contoso.example').at(-1)?.subject ?? '', /^Undeliverable: Enroll your phone/);
  });

  it('refuses the same hostile recipients before anything is sent', async () => {
    assert.equal(
      (await failure(mailer().send({ ...MAIL, to: 'a@b.example\r\nBcc: c@d.example' }))).code,
      'ERR_MAIL_ADDRESS',
    );
    assert.deepEqual(server.requests, []);
  });

  it('names a certificate of an unknown authority', async () => {
    const error = await failure(mailer({ tls: {} }).send(MAIL));
    assert.deepEqual([error.code, error.details['permanent']], ['ERR_HTTP_TLS_UNTRUSTED', true]);
  });

  it('names a web page that answers in the place of EWS', async () => {
    server.faults.anonymous = { status: 200, body: '<html><body>Welcome' };
    assert.equal((await failure(mailer().send(MAIL))).code, 'ERR_HTTP_NOT_EXPECTED');
  });

  it('may be tried again when the server is gone, and works when it is back', async () => {
    const account = mailer();
    const { port } = server;
    await server.close();
    const error = await failure(account.send(MAIL));
    assert.deepEqual([error.code, error.details['permanent']], ['ERR_HTTP_UNREACHABLE', false]);
    server = await startAutodiscoverServer(exchange, {
      certificate: await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] }),
      port,
    });
    assert.equal((await account.send(MAIL)).response, 'NoError');
  });

  it('is put off for as long as Exchange asks, in a fault or in an answer', async () => {
    const busy = { code: 'ErrorServerBusy', text: 'The server cannot service this request right now.' };
    for (const isFault of [true, false]) {
      server.faults.ews = { ...busy, isFault, backOffMs: 297_749 };
      const error = await failure(mailer().send(MAIL));
      const { fate, retryAfterMs } = error.details;
      assert.deepEqual([error.code, fate, retryAfterMs], ['ERR_MAIL_RATE', 'again', 297_749]);
      assert.match(error.message, /ErrorServerBusy: ".*right now\.", and asks to wait for 298 s\./);
    }
  });

  it('is put off by what stands in front of Exchange, and is not taken for a web page', async () => {
    const seen = async (status: number, headers: Record<string, string> = {}): Promise<unknown[]> => {
      server.faults.anonymous = { status, headers, body: '<html><body>Service Unavailable' };
      const { code, details } = await failure(mailer().send(MAIL));
      return [code, details['fate'], details['retryAfterMs'] ?? null];
    };
    assert.deepEqual(await seen(503, { 'Retry-After': '120' }), ['ERR_MAIL_RATE', 'again', 120_000]);
    assert.deepEqual(await seen(429), ['ERR_MAIL_RATE', 'again', null]);
    assert.deepEqual(await seen(503), ['ERR_MAIL_BUSY', 'again', null]);
    assert.deepEqual(await seen(403), ['ERR_MAIL_DENIED', 'account', null]);
  });

  it('is waited for ten minutes, since who gives up earlier sends it twice; who only asks waits one', async () => {
    const account = mailer();
    const limitsOf = async (work: () => Promise<unknown>): Promise<number> => {
      const limits: number[] = [];
      const timer = globalThis.setTimeout;
      const { mock: held } = mock.method(globalThis, 'setTimeout', (run: () => void, ms: number) => {
        limits.push(ms);
        return timer(run, ms);
      });
      await work().finally(() => held.restore());
      return Math.round(Math.max(...limits) / 60_000);
    };
    assert.deepEqual([await limitsOf(() => account.send(MAIL)), await limitsOf(() => account.verify())], [10, 1]);
  });

  it('may have arrived when the connection breaks after the request, and keeps its Message-ID', async () => {
    server.faults.ews = null;
    const account = mailer();
    const error = await failure(account.send(MAIL));
    assert.deepEqual([error.code, error.details['fate']], ['ERR_MAIL_UNANSWERED', 'repeat']);
    delete server.faults.ews;
    await account.send(MAIL);
    const ids = exchange.inbox(MAIL.to).map(({ headers }) => headers['message-id']);
    assert.deepEqual(ids, [MAIL.messageId, MAIL.messageId]);
  });

  it('is given up for the one recipient that Exchange does not know, and goes without copies that it does not know', async () => {
    server.faults.ews = { code: 'ErrorInvalidRecipients', text: 'At least one recipient is not valid.' };
    const alone = await failure(mailer().send(MAIL));
    assert.deepEqual([alone.code, alone.details['fate']], ['ERR_MAIL_RECIPIENT', 'never']);
    const withCopy = failure(mailer().send({ ...MAIL, cc: ['nobody@contoso.example'] }));
    assert.equal((await withCopy).details['fate'], 'never');
    const posts = server.requests.filter(({ signIn }) => signIn !== null).length;
    assert.ok(posts >= 3, 'with the copy, and once more without');
  });

  it('says that the mailbox of the account is full', async () => {
    server.faults.ews = { code: 'ErrorQuotaExceeded', text: 'The quota was exceeded.' };
    const error = await failure(mailer().send(MAIL));
    assert.deepEqual([error.code, error.details['fate']], ['ERR_MAIL_QUOTA', 'account']);
  });

  it('waits when the minute is full, until the node closes', async () => {
    const account = mailer({ ratePerMinute: 1 });
    await account.send(MAIL);
    const second = failure(account.send(MAIL));
    await account.close();
    assert.deepEqual([(await second).code, exchange.inbox(MAIL.to).length], ['ERR_ABORTED', 1]);
  });

  it('never sends a password over plain HTTP', () => {
    assert.equal(
      codeOf(() => mailer({ ewsUrl: 'http://mail.contoso.example/EWS/Exchange.asmx' })),
      'ERR_HTTP_INSECURE',
    );
  });

  it('knows which complaints pass by themselves', () => {
    assert.deepEqual(judge('ErrorServerBusy'), ['ERR_MAIL_RATE', false]);
    assert.deepEqual(judge('ErrorInternalServerTransientError'), ['ERR_MAIL_BUSY', false]);
    assert.deepEqual(judge('ErrorQuotaExceeded'), ['ERR_MAIL_QUOTA', true]);
    assert.deepEqual(judge('ErrorPasswordExpired'), ['ERR_MAIL_AUTH', true]);
  });
});

describe('the answers of Exchange Web Services', () => {
  /** What is said of an answer; null if nothing. */
  const said = (xml: string): string | null => {
    try {
      readEwsAnswer({ status: 200, body: xml, retryAfterMs: null });
      return null;
    } catch (error) {
      return (error as { message: string }).message;
    }
  };
  const text = (words: string): string => answer('ErrorSendAsDenied').replace('Words.', words);

  it('are read wherever the complaint stands, a fault as well', () => {
    assert.equal(said(answer('NoError').replace('"Error"', '"Success"')), null);
    assert.match(said(text('A &lt;b&gt;<![CDATA[ & more]]>')) ?? '', /ErrorSendAsDenied: "A <b> & more"/);
    const fault = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>a</faultcode><faultstring>b</faultstring><detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorServerBusy</e:ResponseCode><e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">Later.</e:Message></detail></s:Fault></s:Body></s:Envelope>`;
    assert.match(said(fault) ?? '', /ErrorServerBusy: "Later\."/);
  });

  for (const [name, xml] of Object.entries({
    'with a DOCTYPE': `<!DOCTYPE a>${answer('NoError')}`,
    'that nests endlessly': '<a>'.repeat(100_000),
    'of a hundred thousand elements': text('<b/>'.repeat(100_000)),
    'that breaks off': answer('NoError').slice(0, -10),
    'of another protocol': '<a><ResponseCode>NoError</ResponseCode></a>',
  })) {
    it(`are none ${name}`, () => {
      assert.match(said(xml) ?? '', /^Something that is not EWS answered with HTTP 200\./);
    });
  }
});

function answer(code: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:CreateItemResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages><m:CreateItemResponseMessage ResponseClass="Error"><m:MessageText>Words.</m:MessageText><m:ResponseCode>${code}</m:ResponseCode></m:CreateItemResponseMessage></m:ResponseMessages></m:CreateItemResponse></s:Body></s:Envelope>`;
}

function judge(code: string): unknown[] {
  try {
    readEwsAnswer({ status: 200, body: answer(code), retryAfterMs: null });
    return [];
  } catch (error) {
    const { code, details } = error as { code: string; details: { permanent: boolean } };
    return [code, details.permanent];
  }
}
