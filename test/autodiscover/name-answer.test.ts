import assert from 'node:assert/strict';
import { judgeName } from '../../src/autodiscover/check-dns.ts';
import { nameVerdict, outcomeOfError, type NameAnswer } from '../../src/autodiscover/name-answer.ts';
import { stepFrom } from '../../src/autodiscover/report.ts';
import { said } from '../../src/autodiscover/words/say.ts';

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
      reason: said('dns.reason.silent'),
    });
  });

  it('is an alias of nothing when zero records come back', () => {
    const dangling = answer({
      a: { kind: 'records', values: [] },
      cname: { kind: 'records', values: ['gone.example'] },
    });
    assert.deepEqual(nameVerdict(dangling), { kind: 'dangling', target: 'gone.example' });
  });

  it('is said of the servers of this host, where it was those that failed', () => {
    const at = { view: 'internal', name: 'n', server: 'system', domain: 'd' } as const;
    const { seen, remedy } = stepFrom('dns', null, judgeName({ kind: 'unknown', reason: 'SERVFAIL' }, at), 0);
    assert.deepEqual(
      [seen, remedy?.split(';')[0]],
      ['The DNS servers of this host: SERVFAIL.', 'DNS server of this host did not answer'],
    );
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
