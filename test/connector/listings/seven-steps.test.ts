/** The way of one phone, as a person reads it. */
import assert from 'node:assert/strict';
import { sevenSteps } from '../../../src/connector/listings/seven-steps.ts';
import type { KnownWay } from '../../../src/connector/listings/seven-steps.ts';
import type { AuditEntry, TimelineStep } from '../../../src/store/store.ts';

const at = (minute: number): string => new Date(Date.parse('2026-06-01T08:00:00.000Z') + minute * 60_000).toISOString();

const step = (name: TimelineStep['step'], minute: number, changes: Partial<TimelineStep> = {}): TimelineStep => ({
  organization: 'org',
  deviceKey: 'device',
  episode: 'e',
  step: name,
  at: at(minute),
  detail: null,
  waited: null,
  ...changes,
});

const entry = (what: string, minute: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  at: at(minute),
  who: 'Gate',
  what,
  deviceKey: 'device',
  organization: 'org',
  rule: null,
  reason: 'not-enrolled',
  evidence: [],
  before: null,
  after: null,
  approvedBy: null,
  ...changes,
});

const NOTHING: KnownWay = {
  timeline: [],
  audit: [],
  firstSyncAt: null,
  firstReadAt: null,
  enrolledAt: null,
  merged: null,
};

const told = (known: Partial<KnownWay>) =>
  sevenSteps({ ...NOTHING, ...known }).map(({ step: name, at: time, author, who, evidence }) => [
    name,
    time,
    author,
    who,
    evidence,
  ]);

describe('the seven steps', () => {
  it('are told of a phone that went all the way, with who did it and what shows it', () => {
    assert.deepEqual(
      told({
        timeline: [
          step('added', 0),
          step('blocked', 5, { detail: 'not-enrolled' }),
          step('mailed', 6, { detail: 'not-enrolled' }),
          step('opened', 20),
          step('activated', 21),
          step('enrolled', 30),
          step('merged', 35, { detail: 'activation' }),
          step('allowed', 36, { detail: 'compliant' }),
        ],
        audit: [entry('allow', 36), entry('block', 5, { approvedBy: 'Ida', evidence: ['no record'] })],
        firstSyncAt: at(0),
        firstReadAt: at(4),
        enrolledAt: at(30),
        merged: { by: 'activation', since: at(35) },
      }),
      [
        ['added', at(0), 'phone', null, ['as Exchange says']],
        ['read', at(4), 'connector', null, []],
        ['blocked', at(5), 'person', 'Ida', ['not-enrolled', 'no record']],
        ['mailed', at(6), 'connector', null, ['not-enrolled']],
        ['enrolled', at(30), 'user', null, [`link opened ${at(20)}`, `link confirmed ${at(21)}`]],
        ['merged', at(35), 'connector', null, ['activation']],
        ['allowed', at(36), 'connector', 'Gate', ['compliant']],
      ],
    );
  });

  it('are told of a phone that was managed before it synced: it was never blocked', () => {
    const merged = { by: 'eas-id', since: at(9) };
    assert.deepEqual(
      told({ firstSyncAt: at(8), firstReadAt: at(9), enrolledAt: at(1), merged, audit: [entry('allow', 10)] }).map(
        ([name, time]) => [name, time],
      ),
      [
        ['added', at(8)],
        ['read', at(9)],
        ['blocked', null],
        ['mailed', null],
        ['enrolled', at(1)],
        ['merged', at(9)],
        ['allowed', at(10)],
      ],
    );
  });

  it('are those of the last blocking: what an earlier one led to is over', () => {
    const steps = told({
      timeline: [
        step('blocked', 1, { episode: 'first' }),
        step('mailed', 2, { episode: 'first' }),
        step('allowed', 3, { episode: 'first' }),
        step('blocked', 50, { episode: 'second' }),
      ],
      audit: [entry('block', 50), entry('allow', 3), entry('block', 1)],
    });
    assert.deepEqual(
      steps.map(([name, time]) => [name, time]).filter(([, time]) => time !== null),
      [['blocked', at(50)]],
    );
  });

  it('are empty of a device that nothing is known of', () => {
    assert.ok(told({}).every(([, time, , who, evidence]) => time === null && who === null && String(evidence) === ''));
  });
});
