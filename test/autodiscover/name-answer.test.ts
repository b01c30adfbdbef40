import assert from 'node:assert/strict';
import { nameVerdict, outcomeOfError, type NameAnswer } from '../../src/autodiscover/name-answer.ts';

describe('what a DNS server says about a name', () => {
  it('is an address if any query found one', () => {
    const found = answer({
      a: { kind: 'failed', reason: 'SERVFAIL' },
      aaaa: { kind: 'records', values: ['2001:db8::1'] },
    });
    assert.deepEqual(nameVerdict(found), { kind: 'found', addresses: ['2001:db8::1'], alias: null });
  });

  it('is nothing at all if the question about addresses failed', () => {
    assert.deepEqual(nameVerdict(answer({ a: outcomeOfError('ETIMEOUT'), aaaa: { kind: 'nxdomain' } })), {
      kind: 'unknown',
      reason: 'no answer in time',
    });
  });

  it('is an alias of nothing when zero records come back', () => {
    const dangling = answer({
      a: { kind: 'records', values: [] },
      cname: { kind: 'records', values: ['gone.example'] },
    });
    assert.deepEqual(nameVerdict(dangling), { kind: 'dangling', target: 'gone.example' });
  });

  it('tells a missing name from a missing record', () => {
    assert.deepEqual(
      [nameVerdict(answer({ a: { kind: 'nxdomain' } })).kind, nameVerdict(answer({})).kind],
      ['missing', 'nodata'],
    );
  });
});

function answer(parts: Partial<NameAnswer>): NameAnswer {
  const none = { kind: 'nodata' } as const;
  return { server: 's', name: 'n', a: none, aaaa: none, cname: none, ...parts };
}
