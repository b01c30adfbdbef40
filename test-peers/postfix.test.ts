/** Our mailer against Postfix, Debian's package: what it delivers, and what becomes of what it refuses. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import { openMailer } from '../src/mail/open-mailer.ts';
import { failure, MAIL, SHOWN_PICTURE, WITH_PICTURE } from '../test/mail/support.ts';
import { startPostfix, type Postfix } from './support/postfix.ts';

const ANNA = 'anna@contoso.example';

/** The refusals of the table of src/mail/refusal.ts, in Postfix's own words. */
const REFUSALS: readonly [name: string, to: string, settings: string[], expected: readonly string[]][] = [
  ['an unknown recipient is given up', 'nobody@contoso.example', [], ['ERR_MAIL_RECIPIENT', 'recipient', 'never']],
  [
    'greylisting is waited for',
    ANNA,
    ['smtpd_recipient_restrictions = check_recipient_access inline:{{anna@contoso.example = 450 4.2.0 Greylisted}}'],
    ['ERR_MAIL_RECIPIENT', 'recipient', 'again'],
  ],
  [
    'a full mailbox is waited for',
    ANNA,
    ['smtpd_recipient_restrictions = check_recipient_access inline:{{anna@contoso.example = 452 4.2.2 Mailbox full}}'],
    ['ERR_MAIL_RECIPIENT', 'recipient', 'again'],
  ],
  [
    'a sender that is not owned keeps the mail until the account works',
    ANNA,
    ['smtpd_sender_restrictions = check_sender_access inline:{{enroll@contoso.example = 553 5.7.1 not owned by user}}'],
    ['ERR_MAIL_SENDER', 'sender', 'account'],
  ],
  ['a mail that is too large stays', ANNA, ['message_size_limit = 300'], ['ERR_MAIL_REFUSED', 'content', 'again']],
];

describe('peer: Postfix', function () {
  let postfix: Postfix | undefined;

  before(function () {
    if (process.getuid?.() === 0 && existsSync('/usr/lib/postfix/sbin/master')) return;
    process.stdout.write('  skipped: Postfix needs root and the package "postfix"\n');
    this.skip();
  });

  afterEach(async () => {
    await postfix?.close();
    postfix = undefined;
  });

  async function send(settings: string[], to = ANNA): Promise<string> {
    postfix = await startPostfix([ANNA], settings);
    const mailer = openMailer({
      transport: 'smtp',
      address: 'enroll@contoso.example',
      host: '127.0.0.1',
      port: postfix.port,
      tls: { ca: postfix.ca },
    });
    try {
      return (await mailer.send({ ...WITH_PICTURE, to })).messageId;
    } finally {
      await mailer.close();
    }
  }

  it('a mail over STARTTLS arrives whole', async () => {
    const messageId = await send([]);
    const [raw] = (await postfix?.mails(ANNA, 1)) ?? [];
    const mail = await simpleParser(raw ?? '');
    assert.deepEqual(
      { subject: mail.subject, text: mail.text, html: mail.html, id: mail.messageId, sent: messageId },
      { subject: MAIL.subject, text: MAIL.text, html: SHOWN_PICTURE, id: MAIL.messageId, sent: MAIL.messageId },
    );
  });

  for (const [name, to, settings, expected] of REFUSALS) {
    it(name, async () => {
      const { code, details } = await failure(send(settings, to));
      assert.deepEqual([code, details?.['about'], details?.['fate']], expected);
    });
  }

  it('a server without STARTTLS gets no mail', async () => {
    const { code, details } = await failure(send(['smtpd_tls_security_level = none']));
    assert.deepEqual([code, details?.['about'], details?.['fate']], ['ERR_MAIL_CONNECT', 'server', 'again']);
  });
});
