import assert from 'node:assert/strict';
import { fewerDevices } from '../../src/model/fewer-devices.ts';

const MONDAY = '2026-06-01T09:00:00.000Z';
const THURSDAY = '2026-06-04T08:59:59.000Z';
const LATER = '2026-06-04T09:00:00.000Z';

describe('a full reading of Exchange without an error', () => {
  for (const [sentence, was, is, since, startedAt, wanted] of [
    ['that has as many devices is believed', 1000, 1000, null, MONDAY, null],
    ['that lacks a fifth of them is believed', 1000, 800, null, MONDAY, null],
    ['that lacks more is doubted from its start on', 1000, 799, null, MONDAY, MONDAY],
    ['that has none is doubted', 10, 0, null, MONDAY, MONDAY],
    ['that lacks nine of a few is believed', 9, 0, null, MONDAY, null],
    ['that lacks as much as one before is doubted for three days', 1000, 500, MONDAY, THURSDAY, MONDAY],
    ['that lacks as much after three days is believed', 1000, 500, MONDAY, LATER, null],
    ['that has them again is believed', 1000, 990, MONDAY, THURSDAY, null],
  ] as const) {
    it(sentence, () => {
      const fewer = since === null ? undefined : { was, is, since };
      assert.deepEqual(
        fewerDevices({ count: was, fewer }, { count: is, startedAt }),
        wanted === null ? null : { was, is, since: wanted },
      );
    });
  }
});
