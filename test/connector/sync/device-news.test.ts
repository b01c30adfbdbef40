/** What is told of each try, what it is counted as, and how far the work is: three things, each by a table. */
import assert from 'node:assert/strict';
import type { ApplyResult } from '../../../src/access/apply.ts';
import { PlanTally } from '../../../src/access/plan-tally.ts';
import type { PlannedChange } from '../../../src/access/plan.ts';
import {
  ChangeNews,
  countedAs,
  newsOfPlan,
  newsOfProblem,
  newsOfTry,
} from '../../../src/connector/sync/device-news.ts';
import { NO_COUNTS } from '../../../src/connector/sync/sync-report.ts';
import { ConnectorError } from '../../../src/errors.ts';
import type { DeviceNews } from '../../../src/model/records.ts';
import { anEas } from '../../support/records.ts';

const AT = '2026-06-01T09:00:00.000Z';
const EAS = anEas();
const REASON = { code: 'not-enrolled', text: 'No enrolled device of this user fits.' } as const;

const DEVICE = { key: EAS.key, status: 'eas', eas: EAS, match: { by: null, evidence: [] }, reason: REASON } as const;

const change = (action: PlannedChange['action']): PlannedChange => ({
  key: EAS.key,
  organization: EAS.organization,
  mailboxId: EAS.mailbox.id,
  easId: EAS.easId,
  action,
  from: 'allowed',
  to: 'blocked',
  edit: {},
  lowers: action === 'block',
  plannedAt: AT,
  decision: {
    action: action === 'remove' ? 'block' : action,
    rule: 'Not managed',
    reason: { ...REASON, evidence: [] },
    report: false,
  },
  device: DEVICE,
});

const ERROR = new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');

describe('the news of a try', () => {
  const TRIES: readonly (readonly [ApplyResult['outcome'], PlannedChange['action'], string, string])[] = [
    ['applied', 'block', 'blocked', 'blocked'],
    ['applied', 'allow', 'allowed', 'allowed'],
    ['applied', 'release', 'released', 'allowed'],
    ['waits', 'block', 'nextSync', 'attention waits-for-sync'],
    ['failed', 'block', 'failed', 'attention ERR_EXCHANGE_CMDLET'],
    ['refused', 'allow', 'failed', 'attention ERR_EXCHANGE_CMDLET'],
    ['already', 'block', 'unchanged', 'nothing'],
    ['left', 'block', 'unchanged', 'nothing'],
    ['dropped', 'block', 'unchanged', 'nothing'],
  ];
  for (const [outcome, action, counted, told] of TRIES) {
    it(`that came to "${outcome}", for a ${action}: counted as ${counted}, told as ${told}`, () => {
      const result: ApplyResult = {
        outcome,
        change: change(action),
        at: AT,
        ...(outcome === 'failed' || outcome === 'refused' ? { error: ERROR, text: ERROR.message } : {}),
      };
      const news = newsOfTry(result, 3);
      const said = news === null ? 'nothing' : [news.kind, news.news.problem?.code].filter(Boolean).join(' ');
      assert.deepEqual([countedAs(result), said], [counted, told]);
      const { from, to } = result.change;
      if (news !== null)
        assert.deepEqual(news.news.change, { from, to, at: AT, applied: outcome === 'applied', attempts: 3 });
    });
  }
});

describe('changes one after the other', () => {
  it('are counted, shown as progress and announced', () => {
    const told: [string, DeviceNews][] = [];
    const steps: unknown[] = [];
    const news = new ChangeNews(
      {
        announce: (kind, one) => told.push([kind, one]),
        progress: (step, counts) => steps.push([step, counts]),
        now: () => Date.parse(AT),
      },
      { ...NO_COUNTS, devices: 7 },
    );
    const tried = (result: ApplyResult, attempts: number): void => news.tried(result, newsOfTry(result, attempts));
    news.begin(4);
    tried({ outcome: 'applied', change: change('block'), at: AT }, 1);
    tried({ outcome: 'failed', change: change('block'), at: AT, error: ERROR }, 2);
    tried({ outcome: 'already', change: change('block'), at: AT }, 1);
    news.simulated(change('allow'));
    const plan = { id: 'p', organization: 'org', at: AT, reason: { code: 'ERR_BRAKE', text: 'Too many.' } } as const;
    const tally = new PlanTally();
    tally.add(change('block'));
    news.tell(newsOfPlan({ ...plan, ...tally.summary(() => true) }));
    news.tell(newsOfProblem({ code: 'ERR_DIRECTORY_UNREADABLE', text: 'No.' }));
    assert.deepEqual(news.counts, { ...NO_COUNTS, devices: 7, blocked: 1, failed: 1, unchanged: 1, allowed: 1 });
    assert.deepEqual(steps, [
      ['applyingOf', { count: 1, total: 4 }],
      ['applyingOf', { count: 2, total: 4 }],
      ['applyingOf', { count: 3, total: 4 }],
      ['applying', { count: 4 }],
    ]);
    assert.deepEqual(
      told.map(([kind, one]) => [kind, one.change?.applied, one.change?.attempts, one.problem?.code]),
      [
        ['blocked', true, 1, undefined],
        ['attention', false, 2, 'ERR_EXCHANGE_CMDLET'],
        ['allowed', false, 0, undefined],
        ['attention', undefined, undefined, 'ERR_BRAKE'],
        ['attention', undefined, undefined, 'ERR_DIRECTORY_UNREADABLE'],
      ],
    );
  });
});
