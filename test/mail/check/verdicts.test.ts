/** The tables of the report of a mail account, walked. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ConnectorError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import {
  extensionsIn,
  judgeLimits,
  judgeNoSignIn,
  judgeNoTls,
  judgeTls,
} from '../../../src/mail/check/judge-answers.ts';
import { overallOf, reportOf, stepOf } from '../../../src/mail/check/report.ts';
import type { ReportStep } from '../../../src/mail/check/report.ts';
import { english, valueInWords } from '../../../src/model/say.ts';
import { ACCOUNT_WORDS, said } from '../../../src/mail/check/words/words.ts';
import type { StepId } from '../../../src/mail/check/words/words.ts';
import { VERDICTS } from '../../../src/mail/check/verdicts.ts';
import type { Verdict } from '../../../src/mail/check/verdicts.ts';
import { judgeName } from '../../../src/model/judge-name.ts';

const NOW = Date.UTC(2026, 4, 1);
const DAY = 86_400_000;

const step = (verdict: Verdict): ReportStep => {
  const part = verdict.split('.')[0] as StepId;
  return stepOf(part in ACCOUNT_WORDS.en.titles ? part : 'limits', { verdict, seen: said('not-reached') }, 0);
};

describe('the table of what is found of a mail account', () => {
  for (const [verdict, { status, ...entry }] of Object.entries(VERDICTS))
    it(`says of ${verdict} what to do where something is to be done`, () => {
      const remedy = 'remedy' in entry ? entry.remedy : undefined;
      assert.equal(remedy !== undefined, status === 'error' || status === 'warning');
      const known = ['{host}', '{port}', '{account}', '{starttls}', '{help}'];
      const used = `${remedy ?? ''} ${'command' in entry ? entry.command : ''}`.match(/\{\w+\}/g) ?? [];
      assert.deepEqual(
        used.filter((blank) => !known.includes(blank)),
        [],
      );
    });
});

describe('what is said of the way to a mail server', () => {
  for (const [outcome, verdict] of [
    [{ kind: 'address' }, 'name.address'],
    [{ kind: 'found', addresses: ['192.0.2.1'] }, 'name.found'],
    [{ kind: 'failed', code: 'EAI_AGAIN' }, 'name.unanswered'],
    [{ kind: 'failed', code: 'ETIMEDOUT' }, 'name.unanswered'],
    [{ kind: 'failed', code: 'ENOTFOUND' }, 'name.unknown'],
    [{ kind: 'failed', code: '' }, 'name.unknown'],
  ] as const)
    it(`is ${verdict} of a name that is ${JSON.stringify(outcome)}`, () => {
      assert.equal(judgeName('mail.contoso.example', outcome).verdict, verdict);
    });

  for (const [certificate, verdict] of [
    ['none', 'tls.none'],
    [null, 'tls.trusted'],
    [{ subject: 'a', issuer: 'b', until: NOW + 29 * DAY }, 'tls.expiring'],
    [{ subject: 'a', issuer: 'b', until: NOW + 31 * DAY }, 'tls.trusted'],
    [{ subject: '', issuer: '', until: Number.NaN }, 'tls.trusted'],
  ] as const)
    it(`is ${verdict} of a certificate ${JSON.stringify(certificate)}`, () => {
      assert.equal(judgeTls(certificate, NOW, {}).verdict, verdict);
    });

  for (const [code, reason, isStarttls, verdict] of [
    ['ERR_HTTP_TLS_UNTRUSTED', 'ETLS', true, 'tls.untrusted'],
    ['ERR_HTTP_TLS_NAME', null, true, 'tls.name'],
    ['ERR_HTTP_TLS_EXPIRED', null, false, 'tls.expired'],
    ['ERR_HTTP_TLS', null, false, 'tls.failed'],
    ['ERR_MAIL_CONNECT', 'ETLS', true, 'tls.missing'],
    ['ERR_MAIL_CONNECT', 'ETLS', false, 'tls.greeting'],
    ['ERR_MAIL_CONNECT', 'EPROTOCOL', true, 'tls.greeting'],
    ['ERR_HTTP_UNREACHABLE', null, false, 'connection.closed'],
    ['ERR_HTTP_TIMEOUT', null, false, 'connection.closed'],
  ] as const)
    it(`is ${verdict} of a conversation that ended in ${code} (${reason})${isStarttls ? ' with STARTTLS' : ''}`, () => {
      const error = new ConnectorError(code as ErrorCode, 'Seen.', { details: { reason } });
      const finding = judgeNoTls(error, isStarttls, {});
      assert.deepEqual(
        [finding.verdict, finding.code, valueInWords(finding.seen, ACCOUNT_WORDS.en)],
        [verdict, code, 'Seen.'],
      );
    });

  for (const [code, verdict] of [
    ['ERR_MAIL_AUTH', 'sign-in.refused'],
    ['ERR_MAIL_NO_MAILBOX', 'sign-in.mailbox'],
    ['ERR_HTTP_KERBEROS_TICKET', 'sign-in.failed'],
    ['ERR_MAIL_BUSY', 'sign-in.failed'],
  ] as const)
    it(`is ${verdict} of a sign-in that ended in ${code}`, () => {
      assert.equal(judgeNoSignIn(new ConnectorError(code, 'Seen.'), {}).verdict, verdict);
    });
});

describe('what a mail server says of itself', () => {
  it('is read from its answer to EHLO, in either spelling of AUTH', () => {
    const answer =
      '250-mail.contoso.example Hello\r\n250-SIZE 36700160\r\n250-PIPELINING\r\n250-AUTH=LOGIN\r\n250 AUTH NTLM LOGIN';
    assert.deepEqual(extensionsIn(answer), { size: 36_700_160, auth: ['LOGIN', 'NTLM'], others: ['PIPELINING'] });
  });

  it('is bounded and of keywords, whatever it says', () => {
    const line = fc.string({
      unit: fc.constantFrom('2', '5', '0', '-', ' ', '=', '\r', '\n', 'A', 'u', 'T', 'H', '<', '\u202e', '9'),
    });
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { size, auth, others } = extensionsIn(lines.join('\r\n250-'));
        assert.ok(Number.isSafeInteger(size) && auth.length <= 20 && others.length <= 20);
        for (const word of [...auth, ...others]) assert.match(word, /^[A-Z0-9][A-Z0-9-]{0,31}$/);
      }),
    );
  });

  for (const [size, verdict] of [
    [0, 'limits.untold'],
    [204_799, 'limits.small'],
    [204_800, 'limits.told'],
  ] as const)
    it(`is ${verdict} of mails of up to ${size} bytes`, () => {
      assert.equal(judgeLimits({ size, auth: [], others: [] }, 5).verdict, verdict);
    });
});

describe('what the steps of a mail account mean together', () => {
  for (const [steps, overall] of [
    [['tls.trusted', 'sign-in.done', 'limits.told', 'test-mail.nobody'], 'healthy'],
    [['tls.none', 'sign-in.nobody', 'limits.untold'], 'warning'],
    [['tls.expiring', 'sign-in.refused', 'not-reached'], 'broken'],
  ] as const)
    it(`is ${overall} of ${steps.join(', ')}`, () => {
      const all = steps.map(step);
      assert.equal(overallOf(all), overall);
      assert.equal(reportOf(all).summary.includes('look at'), overall !== 'healthy');
    });

  it('leaves a placeholder in a command for what is no single word', () => {
    for (const [account, command] of [
      ['connector@contoso.example', 'Enable-Mailbox connector@contoso.example'],
      ["x'; Remove-Mailbox *", 'Enable-Mailbox {account}'],
    ] as const)
      assert.equal(
        stepOf('sign-in', { verdict: 'sign-in.mailbox', seen: said('not-reached'), blanks: { account } }, 0).command,
        command,
      );
  });

  it('never shows a secret, whoever repeats it', () => {
    const { seen } = stepOf(
      'sign-in',
      { verdict: 'sign-in.failed', seen: said('error', { message: english('It said "Pa$$word".') }) },
      0,
      { secrets: ['Pa$$word'] },
    );
    assert.equal(seen, 'It said "***".');
  });
});
