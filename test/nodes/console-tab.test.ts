/** What the tab of the sidebar says of an overview. */
import assert from 'node:assert/strict';
import { ageText, needLines, overviewRows } from '../../nodes/connector-store/editor/console-tab.js';

const t = (key: string, values: object = {}): string => [key, ...Object.values(values)].join(' ');

describe('the tab of the sidebar', () => {
  const AGES = [
    [null, 'never'],
    [0, 'age.seconds 0'],
    [89, 'age.seconds 89'],
    [90, 'age.minutes 2'],
    [5_399, 'age.minutes 90'],
    [5_400, 'age.hours 2'],
    [86_400, 'age.hours 24'],
  ] as const;
  for (const [seconds, text] of AGES)
    it(`says of ${seconds} seconds "${text}"`, () => assert.equal(ageText(seconds, t), text));

  it('has the last sync, each reading with its age, and the counts', () => {
    const counts = { devices: 4, allowed: 1, blocked: 2, waiting: 0, held: 3, failed: 0 };
    const readings = [{ name: 'Intune', ageSeconds: 60, isFresh: false }];
    const runs = [{ at: '', subject: { code: 'eas' } }];
    assert.deepEqual(overviewRows({ counts, readings, runs, dryRun: null }, t), [
      ['lastSync', 'never'],
      ['read Intune', 'age.seconds 60 – notFresh'],
      ['count.devices', 4],
      ['count.allowed', 1],
      ['count.blocked', 2],
      ['count.waiting', 0],
      ['count.held', 3],
      ['count.failed', 0],
      ['dryRun', 'never'],
    ]);
    const dryRun = { at: '2026-06-02T08:00:00.000Z', blocked: 4, allowed: 1, held: 2 };
    assert.match(String(overviewRows({ counts, readings, runs, dryRun }, t).at(-1)), /^dryRun,dryRunWould .* 4 1 2$/);
  });

  it('has a line for what needs a person, and none for a held plan, which has a section', () => {
    const needs = [
      { code: 'held', text: 'changes wait', count: 4, about: 'plan', seen: null },
      { code: 'failed', text: 'changes failed', count: 2, about: null, seen: null },
      { code: 'reading', text: 'the last reading failed', count: 1, about: 'Intune', seen: { text: 'No answer.' } },
    ];
    assert.deepEqual(needLines({ needs }), ['changes failed (2)', 'Intune: the last reading failed. No answer.']);
  });
});
