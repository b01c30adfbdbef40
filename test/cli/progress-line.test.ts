/** The line that says how far a command is. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { ProgressLine } from '../../src/cli/progress-line.ts';

describe('the progress line of a command', () => {
  it('says how much of how much is done, and the time left once the pace is known; a new piece of work begins anew', () => {
    let now = 0;
    const stream = new PassThrough();
    const line = new ProgressLine(stream, true, () => now);
    const shown = (what: string, at: number, done: number): string => {
      now = at;
      line.showWork(what, { done, total: 1_000, unit: 'rows' });
      return ((stream.read() as Buffer | null)?.toString() ?? '').replace('\r\u001b[K', '');
    };
    assert.deepEqual(
      [
        shown('reading audit', 1_000, 100),
        shown('reading audit', 10_000, 250),
        shown('reading mails', 10_200, 1),
        shown('reading mails', 10_400, 1_000),
      ],
      [
        'reading audit: 100 of 1000 rows',
        'reading audit: 250 of 1000 rows, 30 s left',
        'reading mails: 1 of 1000 rows',
        'reading mails: 1000 of 1000 rows',
      ],
    );
  });

  it('is not there where there is no terminal', () => {
    const stream = new PassThrough();
    new ProgressLine(stream, false, () => 1_000).showWork('reading', { done: 1, total: 2, unit: 'rows' });
    assert.equal(stream.read(), null);
  });
});
