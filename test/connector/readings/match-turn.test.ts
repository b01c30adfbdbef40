/** When a match is due: the table in match-turn.ts, line by line. */
import assert from 'node:assert/strict';
import { pendingOf, waitsFor } from '../../../src/connector/readings/match-turn.ts';
import type { TurnFacts } from '../../../src/connector/readings/match-turn.ts';
import type { ReadingName } from '../../../src/connector/readings/readings-under-way.ts';

const eas = (scope: string): ReadingName => ({ source: 'eas', scope });
const mdm = (scope: string): ReadingName => ({ source: 'mdm', scope });

interface Case {
  readonly ended?: readonly ReadingName[];
  readonly open?: readonly ReadingName[];
  readonly arrived?: readonly ReadingName[];
  readonly underWay?: readonly ReadingName[];
  readonly known?: Partial<TurnFacts['known']>;
}

function waits({ ended = [], open = [], arrived = [], underWay = [], known = {} }: Case): 'eas' | 'mdm' | null {
  return waitsFor({
    ended,
    open,
    arrived,
    known: { eas: ['here'], mdm: ['intune', 'jamf'], ...known },
    isUnderWay: (source, scopes) =>
      underWay.some((one) => one.source === source && (scopes === undefined || scopes.includes(one.scope))),
  });
}

describe('a match', () => {
  const cases: [string, Case, 'eas' | 'mdm' | null][] = [
    ['is due when nobody is reading', { ended: [eas('here')] }, null],
    ['waits for a reading whose pages are coming in', { ended: [eas('here')], open: [mdm('intune')] }, 'mdm'],
    ['waits for a new reading of a source that has ended', { ended: [mdm('intune')], open: [mdm('intune')] }, 'mdm'],
    ['waits for a page that has arrived', { ended: [eas('here')], arrived: [mdm('intune')] }, 'mdm'],
    ['does not wait for a page of what has ended', { ended: [mdm('intune')], arrived: [mdm('intune')] }, null],
    ['waits for Exchange, if an MDM has ended', { ended: [mdm('intune')], underWay: [eas('here')] }, 'eas'],
    ['waits for an MDM, if Exchange has ended', { ended: [eas('here')], underWay: [mdm('jamf')] }, 'mdm'],
    ['waits for each MDM by itself', { ended: [mdm('intune')], underWay: [mdm('jamf')] }, 'mdm'],
    ['does not wait for an MDM that has ended', { ended: [mdm('jamf'), eas('here')], underWay: [mdm('jamf')] }, null],
    [
      'does not wait for a second organization, if one has ended',
      { ended: [eas('here')], known: { eas: ['here', 'there'] }, underWay: [eas('there')] },
      null,
    ],
    ['does not wait for the MDM of somebody else', { ended: [eas('here')], underWay: [mdm('elsewhere')] }, null],
    [
      'waits for any MDM as long as the store knows none',
      { ended: [eas('here')], known: { mdm: [] }, underWay: [mdm('elsewhere')] },
      'mdm',
    ],
    ['waits for any Exchange as long as the store knows none', { known: { eas: [] }, underWay: [eas('new')] }, 'eas'],
    ['that is looked at again waits for both', { underWay: [eas('here'), mdm('intune')] }, 'eas'],
  ];
  for (const [what, facts, source] of cases) it(what, () => assert.equal(waits(facts), source));
});

describe('the match after several readings', () => {
  const quick = { kind: 'quick', dryRun: false, ended: eas('here') } as const;

  it('is none after none', () => assert.equal(pendingOf([]), null));

  it('takes after one reading alone', () => {
    assert.deepEqual(pendingOf([quick]), { kind: 'quick', dryRun: false, ended: [eas('here')] });
  });

  it('is full if one of them is, and dry if one of them is', () => {
    const dry = { kind: 'full', dryRun: true, ended: mdm('jamf') } as const;
    assert.deepEqual(pendingOf([dry, quick]), { kind: 'full', dryRun: true, ended: [mdm('jamf'), eas('here')] });
  });

  it('names each reading once, for however many organizations it is wanted', () => {
    const asked = { kind: 'full', dryRun: false, ended: null } as const;
    assert.deepEqual(pendingOf([quick, asked, quick]), { kind: 'full', dryRun: false, ended: [eas('here')] });
  });
});
