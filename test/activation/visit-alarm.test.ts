/** When somebody hears of visits that went wrong. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { VisitAlarm } from '../../src/activation/visit-alarm.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the alarm about visits', () => {
  const rung: unknown[] = [];
  let alarm: VisitAlarm;

  const start = (gatherMs: number): void => {
    alarm = new VisitAlarm({ gatherMs, everyMs: HOUR });
    alarm.listen(({ visits, codes }) => rung.push({ visits, ...codes }));
  };
  const visit = (times: number, code: ErrorCode = 'ERR_TOKEN_INVALID'): void => {
    for (let time = 0; time < times; time += 1) alarm.count(new ConnectorError(code, 'Seen.'));
  };
  /** What rings while this time goes by. */
  const pass = (ms: number): unknown[] => {
    mock.timers.tick(ms);
    return rung.splice(0);
  };

  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => {
    alarm.stop();
    mock.timers.reset();
    rung.length = 0;
  });

  it('rings a minute after the first visit, with all that came until then by code, and then hourly', () => {
    start(MINUTE);
    visit(9_000);
    visit(1_000, 'ERR_TOKEN_EXPIRED');
    assert.deepEqual(pass(MINUTE - 1), []);
    assert.deepEqual(pass(1), [{ visits: 10_000, ERR_TOKEN_INVALID: 9_000, ERR_TOKEN_EXPIRED: 1_000 }]);
    visit(3);
    assert.deepEqual(pass(HOUR - 1), []);
    assert.deepEqual(pass(1), [{ visits: 3, ERR_TOKEN_INVALID: 3 }]);
  });

  it('stays silent while nobody comes, and begins anew afterwards', () => {
    start(MINUTE);
    visit(1);
    assert.deepEqual(pass(MINUTE), [{ visits: 1, ERR_TOKEN_INVALID: 1 }]);
    assert.deepEqual(pass(5 * HOUR), []);
    visit(2);
    assert.deepEqual(pass(MINUTE), [{ visits: 2, ERR_TOKEN_INVALID: 2 }]);
  });

  it('rings at once where nothing is gathered, and then hourly as long as it goes on', () => {
    start(0);
    visit(500, 'ERR_STORE_OPEN');
    assert.deepEqual(pass(0), [{ visits: 1, ERR_STORE_OPEN: 1 }]);
    assert.deepEqual(pass(HOUR - 1), []);
    assert.deepEqual(pass(1), [{ visits: 499, ERR_STORE_OPEN: 499 }]);
    assert.deepEqual(pass(HOUR), []);
  });

  it('loses no visit between two deploys, and rings no more often because of them', () => {
    start(MINUTE);
    visit(1);
    assert.equal(pass(MINUTE).length, 1);
    visit(4);
    alarm.listen(null);
    visit(2);
    alarm.listen(({ visits }) => rung.push(visits));
    assert.deepEqual(pass(HOUR - 1), []);
    assert.deepEqual(pass(1), [6]);
    visit(5);
    alarm.listen(null);
    assert.deepEqual(pass(2 * HOUR), []);
    alarm.listen(({ visits }) => rung.push(visits));
    assert.deepEqual(pass(MINUTE), [5]);
  });

  it('forgets everything when its node is removed', () => {
    start(MINUTE);
    visit(3);
    alarm.stop();
    assert.deepEqual(pass(2 * HOUR), []);
  });
});
