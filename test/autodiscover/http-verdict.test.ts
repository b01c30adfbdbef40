import assert from 'node:assert/strict';
import type { ProbeAnswer } from '../../src/autodiscover/http-probe.ts';
import { inWords, said } from '../../src/autodiscover/words/say.ts';
import { judgeAnonymous } from '../../src/autodiscover/http-verdict.ts';

const healthy: ProbeAnswer = {
  kind: 'answer',
  status: 401,
  headers: { 'x-feserver': 'EX01' },
  schemes: ['Negotiate', 'NTLM'],
  body: '',
  unreadable: null,
  ms: 20,
};

describe('an anonymous answer', () => {
  it('that asks for a sign-in is the healthy one, and its front end is named', () => {
    assert.deepEqual(judgeAnonymous(healthy), {
      kind: 'finding',
      alive: true,
      finding: {
        status: 'ok',
        seen: said('http.sign-in.front-end', { schemes: ['Negotiate', 'NTLM'], frontEnd: 'EX01' }),
      },
    });
  });

  it('that took nine seconds works, and is worth a warning (row 41)', () => {
    const verdict = judgeAnonymous({ ...healthy, ms: 9_000 });
    assert.deepEqual(
      verdict.kind === 'finding' ? [verdict.alive, verdict.finding.verdict, verdict.finding.fields] : verdict,
      [true, 'http.slow', { s: 9 }],
    );
  });

  it('that never came says nothing about the service (row 41)', () => {
    const verdict = judgeAnonymous({ kind: 'timeout', code: 'ETIMEDOUT', ms: 10_000 });
    assert.equal(verdict.kind === 'finding' ? verdict.finding.status : '', 'unknown');
  });

  it('keeps control characters of a server out of the report', () => {
    const verdict = judgeAnonymous({ ...healthy, status: 403, headers: { server: 'a\u001b[31m\r\nb' } });
    assert.equal(verdict.kind === 'finding' ? inWords(verdict.finding.seen, 'en') : '', 'HTTP 403 from "a [31m  b".');
  });
});
