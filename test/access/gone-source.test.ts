/** When an MDM source that no node reads is missed, and what a click may forget: the table, walked row by row. */
import assert from 'node:assert/strict';
import { isGone, mayBeForgotten } from '../../src/access/gone-source.ts';

const NOW = Date.parse('2026-06-02T12:00:00.000Z');
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

describe('an MDM source', () => {
  const rows: readonly [
    what: string,
    goneAt: string | null | undefined,
    isInFlows: boolean,
    gone: boolean,
    click: boolean,
  ][] = [
    ['that runs is not missed', null, true, false, false],
    ['that nobody ever announced is not missed', undefined, false, false, false],
    ['is not missed while flows are deployed, or imported in steps', minutesAgo(9.9), false, false, false],
    ['is not missed while a tab is disabled for a moment', minutesAgo(1), true, false, false],
    ['that has been disabled for long is missed, and no click forgets it', minutesAgo(10), true, true, false],
    ['that is in no flow for ten minutes is missed, and a click may forget it', minutesAgo(10), false, true, true],
    ['of whose end the time makes no sense is not missed', 'yesterday', false, false, false],
    ['that will end later, by another clock, is not missed', minutesAgo(-30), false, false, false],
  ];
  for (const [what, goneAt, isInFlows, gone, click] of rows)
    it(what, () => assert.deepEqual([isGone(goneAt, NOW), mayBeForgotten(goneAt, isInFlows, NOW)], [gone, click]));
});
