/** Check boxes and rules whose values came out of the environment, or were written into a flow file by hand. */
import assert from 'node:assert/strict';
import { flagOf } from '../../nodes/red.ts';
import { rulesOf } from '../../nodes/saved-rules.ts';

describe('values that a flow file has as texts', () => {
  it('switch a check box, also with a blank or a line break as a file of secrets ends with', () => {
    const read = (expected: unknown) =>
      [true, false].map((fallback) => flagOf({ expected }, 'expected', fallback)).join(' ');
    const all = (text: string) => [text, text, text, text];
    assert.deepEqual(['true', ' true', 'true\n', true].map(read), all('true true'));
    assert.deepEqual(['false', 'false ', 'false\r\n', false].map(read), all('false false'));
    assert.deepEqual([undefined, null, '', ' '].map(read), all('true false'));
  });

  it('switch a rule, its report and what a condition turns round, and are hours', () => {
    const when = [
      { field: 'status', is: ['eas'], not: 'false' },
      { field: 'mailbox', how: 'exact', patterns: ['true'], not: 'true\n' },
      { field: 'ageHours', below: '24' },
    ];
    assert.deepEqual(rulesOf([{ name: 'true', when, action: 'leave', disabled: 'false', report: ' true' }]), [
      {
        name: 'true',
        when: [
          { field: 'status', is: ['eas'], not: false },
          { field: 'mailbox', how: 'exact', patterns: ['true'], not: true },
          { field: 'ageHours', below: 24 },
        ],
        action: 'leave',
        disabled: false,
        report: true,
      },
    ]);
  });

  it('stay what they are where they mean nothing, for whoever looks at them to refuse', () => {
    const rules = [null, 'x', { when: 5 }, { when: [null], disabled: 'no', report: 1 }];
    assert.deepEqual(rulesOf(rules), rules);
  });
});
