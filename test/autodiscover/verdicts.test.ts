import assert from 'node:assert/strict';
import { remedyOf, VERDICTS, type Verdict } from '../../src/autodiscover/verdicts.ts';

describe('remedies', () => {
  it('fill in what was seen, once, and leave the rest readable', () => {
    assert.equal(
      remedyOf('dns.dangling', { d: 'contoso.com', t: '{d}' }),
      'autodiscover.contoso.com is an alias of {d}, which does not exist. Point it to a live name.',
    );
    assert.equal(remedyOf('tls.version', {}), 'Only {v} is offered. Enable TLS 1.2 or later.');
  });

  it('exist for everything that is not in order', () => {
    const silent = (Object.keys(VERDICTS) as Verdict[]).filter(
      (verdict) => VERDICTS[verdict].remedy === '' && VERDICTS[verdict].status !== 'ok',
    );
    assert.deepEqual(silent, []);
  });
});
