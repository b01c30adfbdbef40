/** Our mailer against Postfix with Dovecot, Debian's packages: signed in, delivered, read back over IMAP, and refused. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import { openMailer } from '../src/mail/open-mailer.ts';
import type { SmtpAccountOptions } from '../src/mail/smtp.ts';
import { qrPng } from '../src/qr/qr-picture.ts';
import { failure, MAIL } from '../test/mail/support.ts';
import { startDovecot } from './support/dovecot.ts';
import type { Dovecot, DovecotUser } from './support/dovecot.ts';
import { startPostfix } from './support/postfix.ts';
import type { Postfix } from './support/postfix.ts';

const ENROLL: DovecotUser = { address: 'enroll@contoso.example', password: 'C0rrect-Horse!Battery' };
const ANNA: DovecotUser = { address: 'anna@contoso.example', password: 'anna' };
const FULL: DovecotUser = { address: 'full@contoso.example', password: 'full', messages: 1 };
const QR = qrPng('https://connector.contoso.example/activate?t=0123456789abcdefghjkmnpqrstvwxyz');
const WITH_QR = {
  ...MAIL,
  html: '<p><img src="cid:qr.1@contoso.example" alt="QR code"></p>',
  pictures: [{ cid: 'qr.1@contoso.example', fileName: 'qr.png', contentType: 'image/png', content: QR }],
} as const;

describe('peer: Postfix with Dovecot', function () {
  let dovecot: Dovecot;
  const running: Postfix[] = [];

  before(async function () {
    if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/dovecot') || !existsSync('/usr/lib/postfix/sbin/master')) {
      process.stdout.write(
        '  skipped: it needs root and the packages "postfix", "dovecot-imapd" and "dovecot-lmtpd"\n',
      );
      this.skip();
    }
    dovecot = await startDovecot([ENROLL, ANNA, FULL]);
  });
  after(async () => {
    await dovecot?.close();
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close();
  });

  const start = async (settings: readonly string[] = []): Promise<Postfix> => {
    const one = await startPostfix(
      [ENROLL, ANNA, FULL].map(({ address }) => address),
      [...dovecot.settings, ...settings],
    );
    running.push(one);
    return one;
  };
  const mailerOf = (postfix: Postfix, options: Partial<SmtpAccountOptions> = {}) =>
    openMailer({
      transport: 'smtp',
      address: ENROLL.address,
      username: ENROLL.address,
      password: ENROLL.password,
      host: '127.0.0.1',
      port: postfix.port,
      tls: { ca: postfix.ca },
      ratePerMinute: 600,
      // Of a service that cannot begin yet, Postfix starts the next process a minute later.
      timeouts: { connectMs: 100_000, greetingMs: 100_000 },
      ...options,
    });
  /** What becomes of a mail: code, about whom, and its fate. */
  const refusedBy = async (postfix: Postfix, to: string, options: Partial<SmtpAccountOptions> = {}) => {
    const mailer = mailerOf(postfix, options);
    try {
      const { code, details } = await failure(mailer.send({ ...MAIL, to }));
      return [code, details['about'], details['fate']];
    } finally {
      await mailer.close();
    }
  };

  for (const [sentence, options] of [
    ['after STARTTLS', () => ({})],
    ['with TLS from the first byte', ({ tlsPort }) => ({ port: tlsPort, security: 'tls' })],
  ] as readonly (readonly [string, (postfix: Postfix) => Partial<SmtpAccountOptions>])[]) {
    it(`signs in ${sentence}, and the mail is in the inbox as it was written, with the code as its picture`, async () => {
      const postfix = await start();
      const mailer = mailerOf(postfix, options(postfix));
      const messageId = `<peer.${postfix.port}@contoso.example>`;
      await mailer.verify();
      await mailer.send({ ...WITH_QR, messageId, to: ANNA.address });
      await mailer.close();
      const mails = await dovecot.inbox(ANNA, sentence === 'after STARTTLS' ? 1 : 2);
      const mail = await simpleParser(Buffer.from(mails.at(-1)!, 'latin1'));
      assert.deepEqual(
        {
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          id: mail.messageId,
          auto: mail.headers.get('auto-submitted'),
        },
        {
          subject: MAIL.subject,
          text: MAIL.text,
          html: `<p><img src="data:image/png;base64,${QR.toString('base64')}" alt="QR code"></p>`,
          id: messageId,
          auto: 'auto-generated',
        },
      );
    });
  }

  it('says of a wrong password that it is the account, which stops', async () => {
    const postfix = await start();
    assert.deepEqual(await refusedBy(postfix, ANNA.address, { password: 'wrong' }), [
      'ERR_MAIL_AUTH',
      'account',
      'account',
    ]);
  });

  it('keeps a mail to a mailbox that is over its quota', async () => {
    const postfix = await start();
    const mailer = mailerOf(postfix);
    await mailer.send({ ...MAIL, to: FULL.address });
    await dovecot.inbox(FULL, 1);
    await mailer.close();
    assert.deepEqual(await refusedBy(postfix, FULL.address), ['ERR_MAIL_RECIPIENT', 'recipient', 'again']);
  });

  it('keeps a mail whose sender the account does not own, until the account works', async () => {
    const postfix = await start([
      `smtpd_sender_login_maps = inline:{ other@contoso.example=${ENROLL.address}, ${ENROLL.address}=${ANNA.address} }`,
      'smtpd_sender_restrictions = reject_sender_login_mismatch',
    ]);
    assert.deepEqual(await refusedBy(postfix, ANNA.address), ['ERR_MAIL_SENDER', 'sender', 'account']);
  });

  it('waits when Postfix says that too much mail came', async () => {
    const postfix = await start(['smtpd_client_message_rate_limit = 1']);
    const mailer = mailerOf(postfix);
    await mailer.send({ ...MAIL, to: ENROLL.address });
    const { code, details } = await failure(mailer.send({ ...MAIL, to: ENROLL.address }));
    await mailer.close();
    assert.deepEqual([code, details['about'], details['fate']], ['ERR_MAIL_RATE', 'rate', 'again']);
  });
});
