/** What the matrix tries, and how it counts. */
import assert from 'node:assert/strict';
import { nodeLines } from '../../scripts/matrix/engines.ts';
import { countMocha } from '../../scripts/matrix.ts';

describe('the matrix', () => {
  it('tries the newest Node.js too, once there is one beyond those that are cared for', () => {
    assert.deepEqual(nodeLines('24.21.0'), ['22', '24']);
    assert.deepEqual(nodeLines('26.10.0'), ['22', '24', '26']);
  });

  it('counts what a cell says at its end, and a run that broke off as failed', () => {
    assert.deepEqual(countMocha('  ✔ one\n\n  12 passing (3s)\n  1 pending\n  2 failing\n', 2), {
      passed: 12,
      failed: 2,
      skipped: 1,
    });
    assert.deepEqual(countMocha('Error: no such file', 1), { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(countMocha('  183 passing (4m)\n', 0), { passed: 183, failed: 0, skipped: 0 });
  });
});
