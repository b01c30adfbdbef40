/** Whom a refusal is about and what becomes of the mail, reply by reply as servers write them. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../src/errors.ts';
import { addressRefusal, ewsRefusal, ewsStatusRefusal, smtpRefusal } from '../../src/mail/refusal.ts';
import type { SmtpStage } from '../../src/mail/refusal.ts';
import { mailFateOf } from '../../src/model/mail-refusal.ts';
import type { MailFate, RefusalSubject } from '../../src/model/mail-refusal.ts';

const SENDER = 'notify@contoso.example';
const RECIPIENT = 'anna@contoso.example';

/** stage, reply as on the wire ('' = none), about, fate. */
type Row = readonly [SmtpStage, string, RefusalSubject, MailFate];

const ROWS: readonly Row[] = [
  ['connect', '', 'server', 'again'],
  ['greeting', '421 4.3.2 Service not available', 'server', 'again'],
  ['greeting', '554 5.7.1 No SMTP service here', 'server', 'again'],
  ['greeting', '421 4.7.0 mx Error: too many connections from 10.0.0.1', 'rate', 'again'],
  ['tls', '', 'server', 'again'],
  ['tls', '454 4.7.0 TLS not available due to temporary reason', 'server', 'again'],
  ['tls', '502 5.5.1 Command not implemented', 'server', 'again'],
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
  ['rcpt', '451 4.7.0 Temporary server error. Please try again later. PRX2', 'server', 'again'],
  ['rcpt', '450 4.7.1 <anna@contoso.example>: Greylisted', 'recipient', 'again'],
  ['rcpt', '432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded', 'rate', 'again'],
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
  ['data', '421 4.7.0 mx Error: too many errors', 'rate', 'again'],
  ['data', '503 5.5.1 Bad sequence of commands', 'content', 'again'],
  ['after-data', '', 'server', 'repeat'],
  ['after-data', '421 4.4.2 Timeout waiting for the filter', 'server', 'again'],
  ['after-data', '432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded', 'rate', 'again'],
  ['data', '452 4.3.1 Insufficient system resources', 'server', 'again'],
  ['data', '451 Try again later', 'server', 'again'],
  ['after-data', '550 5.7.60 SMTP; Client does not have permissions to send as this sender', 'sender', 'account'],
  ['after-data', '554 5.6.0 Message content is not acceptable', 'content', 'again'],
  ['after-data', '552 Message exceeds fixed maximum message size', 'content', 'again'],
  ['after-data', '554 5.7.1 Message blocked by policy', 'policy', 'account'],
  ['after-data', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup', 'recipient', 'never'],
  ['after-data', '550 5.2.2 Mailbox full', 'recipient', 'again'],
  ['after-data', '550 User unknown', 'content', 'again'],
  ['after-data', '554 Transaction failed', 'content', 'again'],
];

function judge([stage, reply]: readonly [SmtpStage, string, ...unknown[]], recipient = RECIPIENT, isAlone = true) {
  const [, code, status] = /^(\d{3})(?: (\d\.\d+\.\d+))?/.exec(reply) ?? [];
  return smtpRefusal({
    stage,
    code: code === undefined ? null : Number(code),
    status: status ?? null,
    text: reply,
    sender: SENDER,
    recipient,
    isAlone,
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

  it('is judged by the words of the server, not by those in the address of its recipient', () => {
    for (const name of ['rate', 'spam', 'sender', 'blocked', 'greylist', 'PRX2', 'too-much', 'mail.from', 'ratE']) {
      const to = `${name}@contoso.example`;
      const refusal = judge(['rcpt', `550 <${to}>: No such user ${to.toUpperCase()}`], to);
      assert.deepEqual([name, refusal.about, refusal.fate], [name, 'recipient', 'never']);
    }
  });

  it('goes again without its copies when one of several was refused after the data', () => {
    const reply = ['after-data', '550 5.1.10 RESOLVER.ADR.RecipientNotFound'] as const;
    const refusal = { about: 'recipient', permanent: true } as const;
    assert.deepEqual(judge(reply, RECIPIENT, false), { ...refusal, fate: 'again', ofSeveral: true });
    assert.deepEqual(judge(reply), { ...refusal, fate: 'never' });
  });

  /** Every reply that a server can write, as far as the table looks at it. */
  function* replies(): Generator<readonly [SmtpStage, number, string]> {
    const stages = ['connect', 'greeting', 'tls', 'auth', 'mail', 'rcpt', 'data', 'after-data'] as const;
    const codes = [
      0, 99, 250, 334, 400, 421, 432, 450, 451, 452, 454, 499, 500, 501, 503, 530, 535, 550, 551, 552, 553,
    ];
    const statuses = [
      '',
      ...[0, 1, 2, 3, 4, 5, 6, 7, 9].flatMap((s) => [0, 1, 2, 3, 4, 8, 10, 60, 252].map((n) => `${s}.${n}`)),
    ];
    const words = ['Words', 'too much mail', 'Sender refused', 'relay denied', 'greylisted', 'User unknown', 'PRX4'];
    for (const stage of stages)
      for (const code of [...codes, 554, 556, 571, 599, 600, 999])
        for (const status of statuses)
          for (const word of words) {
            const enhanced = status === '' ? '' : `${String(code)[0]}.${status} `;
            yield [stage, code, `${String(code).padStart(3, '0')} ${enhanced}${word}`];
          }
  }

  it('is given up for a final refusal of the one recipient only, never for a 4yz or for what no server says', () => {
    for (const [stage, code, reply] of replies()) {
      for (const isAlone of [true, false]) {
        const { fate, permanent, about } = judge([stage, reply], RECIPIENT, isAlone);
        const seen = [reply, stage, about, permanent, isAlone || stage === 'rcpt'];
        if (fate === 'never') {
          assert.deepEqual(seen, [reply, stage, 'recipient', true, true]);
          assert.ok(code >= 500 && ['rcpt', 'data', 'after-data'].includes(stage), reply);
        }
        if (code >= 400 && code < 500) assert.deepEqual([reply, fate, permanent], [reply, 'again', false]);
      }
    }
  });

  it('is not kept for a recipient that does not exist, wherever that is said', () => {
    for (const stage of ['rcpt', 'data', 'after-data'] as const)
      for (const status of ['5.1.0', '5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1'])
        assert.equal(judge([stage, `550 ${status} No such user`]).fate, 'never', `${stage} ${status}`);
    for (const code of ['ErrorInvalidRecipients', 'ErrorMailRecipientNotFound'])
      assert.equal(ewsRefusal(code, true).fate, 'never');
  });

  it('waits for a person where a certificate is not good, at any stage', () => {
    const reply = {
      stage: 'connect',
      code: null,
      status: null,
      text: '',
      sender: SENDER,
      recipient: RECIPIENT,
      isAlone: true,
    } as const;
    assert.deepEqual(smtpRefusal({ ...reply, badCertificate: true }), {
      about: 'server',
      fate: 'account',
      permanent: true,
    });
  });

  /** about, then, permanent, code → response codes of CreateItem. */
  const EWS: readonly (readonly [RefusalSubject, MailFate, boolean, string, readonly string[]])[] = [
    [
      'account',
      'account',
      true,
      'ERR_MAIL_AUTH',
      ['ErrorAccountDisabled', 'ErrorPasswordExpired', 'ErrorPasswordChangeRequired'],
    ],
    [
      'account',
      'account',
      true,
      'ERR_MAIL_NO_MAILBOX',
      ['ErrorNonExistentMailbox', 'ErrorMissingEmailAddress', 'ErrorMailboxConfiguration'],
    ],
    ['account', 'account', true, 'ERR_MAIL_QUOTA', ['ErrorQuotaExceeded']],
    ['sender', 'account', true, 'ERR_MAIL_SENDER', ['ErrorSendAsDenied', 'ErrorAccessDenied']],
    ['recipient', 'never', true, 'ERR_MAIL_RECIPIENT', ['ErrorInvalidRecipients', 'ErrorMailRecipientNotFound']],
    [
      'rate',
      'again',
      false,
      'ERR_MAIL_RATE',
      ['ErrorServerBusy', 'ErrorExceededConnectionCount', 'ErrorTooManyObjectsOpened'],
    ],
    [
      'server',
      'again',
      false,
      'ERR_MAIL_BUSY',
      [
        'ErrorADOperation',
        'ErrorADUnavailable',
        'ErrorConnectionFailed',
        'ErrorInsufficientResources',
        'ErrorInternalServerError',
        'ErrorInternalServerTransientError',
        'ErrorMailboxFailover',
        'ErrorMailboxMoveInProgress',
        'ErrorMailboxStoreUnavailable',
        'ErrorTimeoutExpired',
      ],
    ],
    [
      'content',
      'again',
      true,
      'ERR_MAIL_REFUSED',
      [
        'ErrorMessageSizeExceeded',
        'ErrorMimeContentInvalid',
        'ErrorInvalidRequest',
        'ErrorOfTomorrow',
        '__proto__',
        '',
      ],
    ],
  ];
  for (const [about, fate, permanent, code, answers] of EWS) {
    it(`over EWS with ${answers.join(', ')}: about the ${about}, then ${fate}, ${code}`, () => {
      for (const answer of answers) assert.deepEqual(ewsRefusal(answer, true), { about, fate, permanent, code });
    });
  }

  it('over EWS with something in front that answers: waits, for the account where it is closed to it', () => {
    const rows = [403, 429, 500, 502, 503, 504, 200, 404].map((status) => {
      const { about, fate, code } = ewsStatusRefusal(status, false);
      return [status, about, fate, code];
    });
    assert.deepEqual(rows, [
      [403, 'account', 'account', 'ERR_MAIL_DENIED'],
      [429, 'rate', 'again', 'ERR_MAIL_RATE'],
      [500, 'server', 'again', 'ERR_MAIL_BUSY'],
      [502, 'server', 'again', 'ERR_MAIL_BUSY'],
      [503, 'server', 'again', 'ERR_MAIL_BUSY'],
      [504, 'server', 'again', 'ERR_MAIL_BUSY'],
      [200, 'server', 'again', 'ERR_HTTP_NOT_EXPECTED'],
      [404, 'server', 'again', 'ERR_HTTP_NOT_EXPECTED'],
    ]);
    assert.equal(ewsStatusRefusal(503, true).code, 'ERR_MAIL_RATE');
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
