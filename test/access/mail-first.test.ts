/** Whether a block waits for its mail: the tables, line by line. */
import assert from 'node:assert/strict';
import { judgePlan } from '../../src/access/brake.ts';
import type { ClassCounts } from '../../src/access/brake.ts';
import { judgeNotifiers, leadsToMail, mailFate, waitsForMail } from '../../src/access/mail-first.ts';
import type { MailVerdict, NotifierWord } from '../../src/access/mail-first.ts';
import { enqueue } from '../../src/access/outbox.ts';
import { planChange } from '../../src/access/plan.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { unmatched } from '../support/records.ts';

const NOW = Date.parse('2026-06-01T12:00:00.000Z');
const MINUTE_MS = 60_000;
const ago = (minutes: number): string => new Date(NOW - minutes * MINUTE_MS).toISOString();

const word = (verdict: NotifierWord['verdict'], minutes = 0): NotifierWord => ({
  node: verdict,
  name: verdict,
  verdict,
  step: null,
  text: '',
  at: ago(minutes),
});

describe('what the notifiers come to together', () => {
  const WEEK = 7 * 24 * 60;
  const CASES: readonly (readonly [
    what: string,
    said: readonly NotifierWord[],
    silent: number,
    since: string | null,
    verdict: MailVerdict,
  ])[] = [
    ['none: nobody is mailed', [], 0, null, 'nobody'],
    ['one that has said nothing yet', [], 1, null, 'unproven'],
    ['one that is ready', [word('ready')], 0, null, 'heard'],
    ['one that is unknown', [word('unknown')], 0, null, 'unproven'],
    ['one that has failed', [word('failed')], 0, null, 'unheard'],
    ['one of two that is ready', [word('failed'), word('ready')], 0, null, 'heard'],
    ['one of two that is unknown', [word('failed'), word('unknown')], 0, null, 'unproven'],
    ['one that has failed beside one that has said nothing yet', [word('failed')], 1, null, 'unproven'],
    ['two that have failed', [word('failed'), word('failed')], 0, null, 'unheard'],
    ['a word of last week while nothing waits', [word('failed', WEEK)], 0, null, 'unheard'],
    ['a word of last week, and a block waits for 29 minutes', [word('failed', WEEK)], 0, ago(29), 'unheard'],
    ['a word of last week, and a block waits for 30 minutes', [word('failed', WEEK)], 0, ago(30), 'nobody'],
    ['a word of 29 minutes ago, and a block waits for a day', [word('failed', 29)], 0, ago(24 * 60), 'unheard'],
    [
      'one that says nothing any more beside one that has failed',
      [word('ready', 31), word('failed', 1)],
      0,
      ago(60),
      'unheard',
    ],
  ];

  for (const [what, said, silent, since, verdict] of CASES)
    it(`${what}: ${verdict}`, () => assert.equal(judgeNotifiers({ said, silent, since, now: NOW }), verdict));
});

describe('a block with a mail', () => {
  const fate = (verdict: MailVerdict, mailFirst = true, since: string | null = null): string =>
    mailFate(verdict, { mailFirst, since, now: NOW });

  it('goes as long as somebody may hear of it, or nobody is meant to', () => {
    for (const verdict of ['heard', 'unproven', 'nobody'] as const) assert.equal(fate(verdict), 'go');
    assert.equal(fate('unheard', false), 'go');
  });

  it('waits while nobody would hear of it, and is held after 72 hours', () => {
    assert.equal(fate('unheard'), 'wait');
    assert.equal(fate('unheard', true, ago(72 * 60 - 1)), 'wait');
    assert.equal(fate('unheard', true, ago(72 * 60)), 'held');
    assert.equal(fate('heard', true, ago(72 * 60)), 'go');
  });
});

describe('whether a change waits for a mail', () => {
  const record = unmatched();
  const changeOf = (action: 'block' | 'allow', code = 'not-enrolled'): PlannedChange => {
    const reason = { code: code as 'not-enrolled', text: '', evidence: [] };
    const device = { ...record, reason: { ...record.reason, code: code as 'not-enrolled' } };
    const quarantined = {
      ...device,
      eas: { ...device.eas!, access: { ...device.eas!.access, state: 'quarantined' as const } },
    };
    return planChange(quarantined, { action, rule: 'rule', reason, report: false }, null, { at: ago(0) })!;
  };

  it('only a block does, and only one that leads to a mail', () => {
    assert.deepEqual([leadsToMail(changeOf('block')), waitsForMail(changeOf('block'))], [true, true]);
    assert.deepEqual([leadsToMail(changeOf('allow')), waitsForMail(changeOf('allow'))], [false, false]);
    assert.deepEqual(
      [leadsToMail(changeOf('block', 'idle')), waitsForMail(changeOf('block', 'superseded'))],
      [false, false],
    );
  });

  it('one that a person has let go does not; one that was approved past the brake does', () => {
    const approval = (reason: string): PlannedChange => ({
      ...changeOf('block'),
      approval: { by: 'anna', at: ago(0), plan: 'p', reason },
    });
    assert.equal(waitsForMail(approval('ERR_MAIL_NOT_READY')), false);
    assert.equal(waitsForMail(approval('ERR_BRAKE')), true);
  });

  it('one that waits goes on waiting when the next sync asks for the same, and not when it asks for something else', () => {
    const waiting = { ...enqueue(changeOf('block'), null, ago(60)), state: 'waiting-for-mail' as const };
    assert.deepEqual(
      [
        enqueue(changeOf('block'), waiting, ago(0)).state,
        enqueue(changeOf('allow'), waiting, ago(0)).state,
        enqueue(changeOf('block', 'idle'), waiting, ago(0)).state,
      ],
      ['waiting-for-mail', 'planned', 'planned'],
    );
  });
});

describe('blocks that are held because nobody could be mailed', () => {
  const LIMITS = {
    brakePercent: 10,
    brakeCount: 10,
    mailboxes: 100,
    devices: 100,
    brakePerDay: null,
    today: { known: 0, new: 0 },
    firstReadOf: [],
  };
  const TEXT = 'Nobody could be mailed.';
  const some = (part: ClassCounts['part'], count: number, approvedFor: string | null = null): ClassCounts => ({
    name: part,
    part,
    kind: 'known',
    platform: 'ios',
    source: null,
    approvedFor,
    count,
    lowering: part === 'opens' ? 0 : count,
  });
  const judge = (
    classes: readonly ClassCounts[],
    problems: Parameters<typeof judgePlan>[2] = [],
    unheard: string | null = TEXT,
  ) => {
    // Each device has a mailbox of its own.
    const mailboxes = Object.fromEntries(classes.map(({ name, count }) => [name, count]));
    const verdict = judgePlan(classes, mailboxes, problems, LIMITS, unheard);
    return { verdicts: classes.map((one) => verdict.of(one)), reason: verdict.reason };
  };

  it('are held for it, and no other change is', () => {
    assert.deepEqual(judge([some('opens', 3), some('shuts', 3), some('unheard', 50)]), {
      verdicts: ['goes', 'goes', 'held'],
      reason: { code: 'ERR_MAIL_NOT_READY', text: TEXT },
    });
  });

  it('are held for it though they were approved past the brake', () => {
    assert.deepEqual(judge([some('unheard', 3, 'ERR_BRAKE')]).verdicts, ['held']);
  });

  it('are held with what the brake holds, for both reasons', () => {
    const { verdicts, reason } = judge([some('shuts', 11), some('unheard', 3)]);
    assert.deepEqual(verdicts, ['held', 'held']);
    assert.match(reason?.text ?? '', /^Nobody could be mailed\. 11 mailboxes would lose access/);
    assert.equal(reason?.code, 'ERR_MAIL_NOT_READY');
  });

  it('are held for the reason of the guard while it withholds them', () => {
    const problem = { about: 'mdm', code: 'ERR_SNAPSHOT_STALE', text: 'It is old.' } as const;
    assert.deepEqual(judge([some('unheard', 3)], [problem]), { verdicts: ['held'], reason: problem });
  });

  it('go, past the brake like any other, once somebody can be mailed', () => {
    assert.deepEqual(judge([some('unheard', 3)], [], null), { verdicts: ['goes'], reason: null });
    assert.deepEqual(judge([some('unheard', 11)], [], null).verdicts, ['held']);
  });
});
