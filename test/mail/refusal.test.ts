/** Whom a refusal is about and what becomes of the mail, reply by reply as servers write them. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../src/errors.ts';
import { addressRefusal, ewsRefusal, smtpRefusal } from '../../src/mail/refusal.ts';
import type { SmtpStage } from '../../src/mail/refusal.ts';
import { mailFateOf } from '../../src/model/mail-refusal.ts';
import type { MailFate, RefusalSubject } from '../../src/model/mail-refusal.ts';

const SENDER = 'notify@contoso.example';
const RECIPIENT = 'anna@contoso.example';

/** stage, reply as on the wire ('' = none), about, fate. */
type Row = readonly [SmtpStage, string, RefusalSubject, MailFate];

const ROWS: readonly Row[] = [
  ['connect', '', 'server', 'again'],
  ['connect', '421 4.3.2 Service not available', 'server', 'again'],
  ['connect', '554 5.7.1 No SMTP service here', 'server', 'again'],
  ['connect', '421 4.7.0 mx Error: too many connections from 10.0.0.1', 'rate', 'again'],
  ['connect', '454 4.7.0 TLS not available due to temporary reason', 'server', 'again'],
  ['auth', '', 'account', 'account'],
  ['auth', '535 5.7.3 Authentication unsuccessful', 'account', 'account'],
  ['auth', '535 5.7.0 Too many failed attempts', 'account', 'account'],
  ['auth', '534 5.7.9 Please log in with your web browser', 'account', 'account'],
  ['auth', '504 5.7.4 Unrecognized authentication type', 'account', 'account'],
  ['auth', '454 4.7.0 Temporary authentication failure', 'account', 'again'],
  ['auth', '432 4.7.12 A password transition is needed', 'account', 'again'],
  ['auth', '421 4.7.66 Too many concurrent sign-ins', 'rate', 'again'],
  ['mail', '', 'server', 'again'],
  ['mail', '450 4.7.1 Error: too much mail from 10.0.0.1', 'rate', 'again'],
  ['mail', '421 4.4.2 Message submission rate for this client has exceeded the configured limit', 'rate', 'again'],
  ['mail', '421 4.4.2 mx Error: timeout exceeded', 'server', 'again'],
  ['mail', '452 4.3.1 Insufficient system resources', 'server', 'again'],
  ['mail', '450 4.1.8 Sender address rejected: Domain not found', 'sender', 'again'],
  ['mail', '553 5.7.1 Sender address rejected', 'sender', 'account'],
  ['mail', '530 5.7.1 Client was not authenticated', 'sender', 'account'],
  ['mail', '552 5.3.4 Message size exceeds fixed limit', 'content', 'again'],
  ['rcpt', '', 'server', 'again'],
  ['rcpt', '450 4.2.0 <anna@contoso.example>: Recipient address rejected: Greylisted', 'recipient', 'again'],
  ['rcpt', '450 Greylisted, see http://postgrey.schweikert.ch', 'recipient', 'again'],
  ['rcpt', '450 4.7.1 Client host rejected: cannot find your hostname', 'policy', 'again'],
  ['rcpt', '451 4.7.0 Temporary server error. Please try again later. PRX2', 'policy', 'again'],
  ['rcpt', '451 4.3.0 Temporary lookup failure', 'server', 'again'],
  ['rcpt', '452 4.2.2 Mailbox full', 'recipient', 'again'],
  ['rcpt', '452 Requested action not taken: insufficient system storage', 'recipient', 'again'],
  ['rcpt', '452 4.5.3 Error: too many recipients', 'rate', 'again'],
  ['rcpt', '552 5.2.2 Mailbox full', 'recipient', 'again'],
  ['rcpt', '550 5.1.1 User unknown', 'recipient', 'never'],
  [
    'rcpt',
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    'recipient',
    'never',
  ],
  ['rcpt', '550 5.2.1 Mailbox disabled, not accepting messages', 'recipient', 'never'],
  ['rcpt', '550 No such user here', 'recipient', 'never'],
  ['rcpt', '550 Access denied', 'policy', 'account'],
  ['rcpt', '501 5.5.4 Invalid arguments', 'recipient', 'again'],
  [
    'rcpt',
    '553 5.7.1 <notify@contoso.example>: Sender address rejected: not owned by user notify',
    'sender',
    'account',
  ],
  ['rcpt', '550 5.1.0 <notify@contoso.example>: User unknown in virtual mailbox table', 'sender', 'account'],
  ['rcpt', '550 5.7.60 SMTP; Client does not have permissions (SendAsDenied)', 'sender', 'account'],
  ['rcpt', '554 5.2.252 SendAsDenied; not allowed', 'sender', 'account'],
  ['rcpt', '554 5.7.1 <anna@contoso.example>: Relay access denied', 'policy', 'account'],
  ['rcpt', '550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain', 'policy', 'account'],
  ['rcpt', '550 5.4.1 Recipient address rejected', 'server', 'again'],
  ['data', '', 'server', 'again'],
  ['data', '452 4.3.1 Insufficient system resources', 'server', 'again'],
  ['data', '451 Try again later', 'server', 'again'],
  ['data', '550 5.7.60 SMTP; Client does not have permissions to send as this sender', 'sender', 'account'],
  ['data', '554 5.6.0 Message content is not acceptable', 'content', 'again'],
  ['data', '552 Message exceeds fixed maximum message size', 'content', 'again'],
  ['data', '554 5.7.1 Message blocked by policy', 'policy', 'account'],
  ['data', '550 5.1.1 User unknown', 'recipient', 'again'],
  ['data', '554 Transaction failed', 'content', 'again'],
];

function judge([stage, reply]: readonly [SmtpStage, string, ...unknown[]], recipient = RECIPIENT) {
  const [, code, status] = /^(\d{3})(?: (\d\.\d+\.\d+))?/.exec(reply) ?? [];
  return smtpRefusal({
    stage,
    code: code === undefined ? null : Number(code),
    status: status ?? null,
    text: reply,
    sender: SENDER,
    recipient,
  });
}

describe('a mail that a server refused', () => {
  for (const row of ROWS) {
    const [stage, reply, about, fate] = row;
    it(`at ${stage} with "${reply}": about the ${about}, then ${fate}`, () => {
      const permanent = stage === 'auth' ? fate === 'account' : reply.startsWith('5');
      assert.deepEqual(judge(row), { about, fate, permanent });
    });
  }

  it('is not taken for one about the sender because the recipient is called "sender", or is the account itself', () => {
    const sender = judge(['rcpt', '550 5.1.1 <sender@contoso.example>: User unknown'], 'sender@contoso.example');
    const self = judge(['rcpt', `550 5.1.1 <${SENDER}>: User unknown`], SENDER);
    for (const refusal of [sender, self]) assert.deepEqual([refusal.about, refusal.fate], ['recipient', 'never']);
  });

  it('is given up for a final refusal of the recipient at RCPT only, whatever code and status are', () => {
    for (const stage of ['connect', 'auth', 'mail', 'rcpt', 'data'] as const) {
      for (const code of [334, 400, 421, 450, 451, 452, 454, 500, 501, 530, 535, 550, 551, 552, 553, 554, 556]) {
        for (const status of [
          '',
          ...[1, 2, 3, 4, 5, 6, 7].flatMap((subject) => [0, 1, 2, 8].map((n) => `${subject}.${n}`)),
        ]) {
          const enhanced = status === '' ? '' : `${String(code)[0]}.${status} `;
          const { fate, permanent, about } = judge([stage, `${code} ${enhanced}Words`]);
          if (fate === 'never') assert.deepEqual([stage, about, permanent], ['rcpt', 'recipient', true]);
          if (code >= 400 && code < 500) assert.deepEqual([fate, permanent], ['again', false]);
        }
      }
    }
  });

  it('waits for a person where a certificate is not good, at any stage', () => {
    const reply = {
      stage: 'connect',
      code: null,
      status: null,
      text: '',
      sender: SENDER,
      recipient: RECIPIENT,
    } as const;
    assert.deepEqual(smtpRefusal({ ...reply, badCertificate: true }), {
      about: 'server',
      fate: 'account',
      permanent: true,
    });
  });

  it('over EWS is kept whatever the answer was', () => {
    const fates = Object.fromEntries(
      [
        'ErrorPasswordExpired',
        'ErrorNonExistentMailbox',
        'ErrorSendAsDenied',
        'ErrorServerBusy',
        'ErrorInvalidRecipients',
        'ErrorX',
      ].map((code) => [code, Object.values(ewsRefusal(code))]),
    );
    assert.deepEqual(fates, {
      ErrorPasswordExpired: ['account', 'account', true],
      ErrorNonExistentMailbox: ['account', 'account', true],
      ErrorSendAsDenied: ['sender', 'account', true],
      ErrorServerBusy: ['rate', 'again', false],
      ErrorInvalidRecipients: ['recipient', 'again', true],
      ErrorX: ['content', 'again', true],
    });
  });

  it('is kept when its sender or copy recipient is no address, and when nothing is known', () => {
    assert.deepEqual(
      ['recipient', 'sender', 'copy recipient', 'reply address'].map((role) => addressRefusal(role).fate),
      ['never', 'account', 'account', 'account'],
    );
    assert.deepEqual([new Error('x'), new ConnectorError('ERR_MAIL_TEMPLATE', 'x.'), null].map(mailFateOf), [
      'again',
      'again',
      'again',
    ]);
  });
});
