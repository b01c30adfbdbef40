/** When a check that says changes only has something to say. */
import assert from 'node:assert/strict';
import { afterSaying, lastSaidIn, sayingOf, saysIt } from '../../src/autodiscover/changes.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';

const of = (facts: Partial<AutodiscoverReport>): AutodiscoverReport => facts as AutodiscoverReport;

describe('a check that says changes only', () => {
  const table: readonly [changesOnly: boolean, before: string | null, now: string, says: boolean][] = [
    [false, null, 'broken', true],
    [false, 'broken', 'broken', true],
    [true, null, 'broken', true],
    [true, 'broken', 'broken', false],
    [true, 'broken', 'healthy', true],
  ];
  for (const [changesOnly, before, now, says] of table) {
    it(`${says ? 'says' : 'keeps to itself'} ${now} after ${before ?? 'nothing'}${changesOnly ? '' : ', switched off'}`, () => {
      const last = before === null ? [] : afterSaying([], 'contoso.com', before);
      assert.equal(saysIt(changesOnly, last, { target: 'contoso.com', saying: now }), says);
    });
  }

  it('keeps targets apart, and forgets the oldest of very many', () => {
    const last = afterSaying(afterSaying([], 'a', 'broken'), 'b', 'healthy');
    assert.equal(saysIt(true, last, { target: 'a', saying: 'healthy' }), true);
    const many = Array.from({ length: 200 }, (_, at) => `t${at}`).reduce(
      (said, target) => afterSaying(said, target, 'x'),
      last,
    );
    assert.deepEqual([many.length, many[0]?.[0]], [200, 't0']);
  });

  it('goes by verdict and headline, of every domain, and not by times or words', () => {
    const one = of({ overall: 'broken', verdict: 'dns.nodata', ms: 1, summary: 'a' });
    assert.equal(sayingOf(one), sayingOf({ ...one, ms: 9, summary: 'b' }));
    assert.notEqual(sayingOf(one), sayingOf({ ...one, verdict: 'net.tcp' }));
    assert.notEqual(sayingOf(one), sayingOf({ ...one, overall: 'unknown' }));
    assert.notEqual(sayingOf(one), sayingOf({ ...one, domain: 'c.com' }), 'the node was set to another domain');
    const second = of({ domain: 'b.com', overall: 'healthy' });
    const whole = { ...one, domains: [one, second] };
    assert.notEqual(sayingOf(whole), sayingOf({ ...whole, domains: [one, { ...second, overall: 'broken' }] }));
  });

  it('takes what was kept for nothing where it cannot be meant', () => {
    assert.deepEqual(lastSaidIn([['a', 'b'], ['a'], [1, 2], null, 'x']), [['a', 'b']]);
    for (const kept of [undefined, null, {}, 'x', 5]) assert.deepEqual(lastSaidIn(kept), []);
  });
});
