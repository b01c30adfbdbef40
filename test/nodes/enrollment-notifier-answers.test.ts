/** What the notifier sends and shows of what its mails came to: every outcome, without a flow. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  answerTo,
  outputsOf,
  outputsOfNews,
  statusOf,
  statusOfCheck,
  statusOfNews,
} from '../../nodes/enrollment-notifier/answers.ts';
import type { Msg } from '../../nodes/red.ts';
import type { CheckStepName } from '../../src/connector/mails/check-account.ts';
import type { MailOutcome } from '../../src/connector/mails/mail-outcome.ts';
import type { NewsOutcome } from '../../src/connector/mails/record-news.ts';
import { ConnectorError } from '../../src/errors.ts';
import { blocked } from '../support/changes.ts';

const ERROR = new ConnectorError('ERR_MAIL_REFUSED', 'No.');
const PROBLEM = { code: 'ERR_MAIL_REFUSED', text: ERROR.message };
const MAIL = { to: 'a@b.example', subject: 's', messageId: '<m@b>', at: '2026-06-01T08:00:00.000Z', reminder: 0 };
const OUTCOMES: Record<MailOutcome['kind'], MailOutcome> = {
  sent: { kind: 'sent', mail: MAIL },
  stopped: { kind: 'stopped', until: new Date(2026, 5, 1, 9, 5).toISOString(), error: ERROR },
  kept: { kind: 'kept', error: ERROR },
  attention: { kind: 'attention', error: ERROR },
  'given-up': { kind: 'given-up', error: ERROR },
  failed: { kind: 'failed', error: ERROR },
};
const NEWS: Record<NewsOutcome['kind'], NewsOutcome> = {
  recorded: { kind: 'recorded' },
  skipped: { kind: 'skipped', reason: 'already-sent', text: 'It was.' },
  failed: { kind: 'failed', error: ERROR },
};

describe('the answers of a notifier', () => {
  it('have their output, and keep what else the message has', () => {
    const change = blocked(1);
    const msg = { _msgid: '1', ticket: 7, text: 'of another node' } as Msg;
    const outputs = Object.entries(OUTCOMES).map(([kind, outcome]) => [
      kind,
      outputsOf(msg, change, outcome).map((one) => {
        if (one === null) return null;
        const { payload, text, ...rest } = one;
        assert.deepEqual(rest, { _msgid: '1', ticket: 7, topic: 'device' });
        const whose = "User 1's iPhone15C2";
        assert.equal(
          text,
          kind === 'sent' ? `Mail about ${whose} sent to a@b.example` : `No mail about ${whose}: ${ERROR.message}`,
        );
        const { device, decision, change: made, ...more } = payload as Record<string, unknown>;
        assert.deepEqual({ device, decision, change: made }, change);
        return more;
      }),
    ]);
    assert.deepEqual(Object.fromEntries(outputs), {
      sent: [{ mail: MAIL }, null],
      stopped: [null, { problem: PROBLEM }],
      kept: [null, { problem: PROBLEM }],
      attention: [null, { problem: PROBLEM }],
      'given-up': [null, { problem: PROBLEM }],
      failed: [null, { problem: PROBLEM }],
    });
    assert.deepEqual(answerTo({ topic: 'check' } as Msg, null, 'Said.'), {
      topic: 'check',
      payload: null,
      text: 'Said.',
    });
  });

  it('tell of copies that were refused beside the mail that went out', () => {
    const mail = { ...MAIL, refusedCopies: ['help@b.example', 'it@b.example'] };
    const [sent, problem] = outputsOf({ _msgid: '1' } as Msg, blocked(1), { kind: 'sent', mail });
    const text =
      'The mail to a@b.example went out, its copy to help@b.example, it@b.example did not. Correct or remove the addresses in "Copy to" of the notifier.';
    assert.deepEqual(sent?.payload, { ...blocked(1), mail });
    assert.deepEqual(problem?.payload, { ...blocked(1), mail, problem: { code: 'ERR_MAIL_COPY', text } });
  });

  it('to news come at once where there is no mail, else with the mail', () => {
    const [change, msg] = [blocked(1), { _msgid: '1' } as Msg];
    const told = Object.entries(NEWS).map(([kind, outcome]) => [kind, outputsOfNews(msg, change, outcome)]);
    const answer = (problem: { code: string; text: string }) => [
      null,
      {
        ...msg,
        topic: 'device',
        payload: { ...change, problem },
        text: `No mail about User 1's iPhone15C2: ${problem.text}`,
      },
    ];
    assert.deepEqual(Object.fromEntries(told), {
      recorded: null,
      skipped: answer({ code: 'already-sent', text: 'It was.' }),
      failed: answer(PROBLEM),
    });
    assert.deepEqual(
      [NEWS.recorded, NEWS.skipped].map((outcome) => statusOfNews(outcome)),
      [null, { fill: 'grey', key: 'skipped.already-sent' }],
    );
    assert.throws(() => statusOfNews(NEWS.failed), ERROR);
  });

  it('have their status; what is a problem shows itself', () => {
    const { sent, stopped, ...problems } = OUTCOMES;
    assert.deepEqual(
      [null, sent, stopped, ...Object.values(problems)].map((outcome) => statusOf(outcome, 3, 0)),
      [
        { key: 'sent', values: { count: 3 } },
        { key: 'sent', values: { count: 3 } },
        { fill: 'red', key: 'stopped', values: { time: '09:05' } },
        null,
        null,
        null,
        null,
      ],
    );
  });

  it('do not hide mails that wait for a person, but behind what is red', () => {
    const attention = { fill: 'yellow', key: 'attention', values: { count: 3, attention: 2 } };
    assert.deepEqual([statusOf(null, 3, 2), statusOf(OUTCOMES.stopped, 3, 2)?.fill], [attention, 'red']);
  });

  it('have words for every step of a check that is not proven', () => {
    const file = new URL('../../nodes/enrollment-notifier/locales/en-US/enrollment-notifier.json', import.meta.url);
    const catalogue = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { status: { unproven: object } }>;
    const names = Object.keys(catalogue['enrollment-notifier']?.status.unproven ?? {}) as CheckStepName[];
    const check = { account: '', signedIn: true, mailbox: 'unknown' } as const;
    const keys = names.map((step) => {
      const steps = [
        { step: 'store', verdict: 'ready', text: '' } as const,
        { step, verdict: 'unknown', text: '' } as const,
      ];
      return statusOfCheck({ ...check, verdict: 'unknown', steps });
    });
    assert.deepEqual(
      keys,
      ['mailbox', 'autodiscover', 'own-mail', 'link', 'enrollment-page'].map((step) => ({
        fill: 'yellow',
        key: `unproven.${step}`,
      })),
    );
    assert.deepEqual(statusOfCheck({ ...check, verdict: 'ready', steps: [] }), { key: 'checked' });
  });
});
