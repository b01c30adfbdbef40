import { RUN_BOUNDS } from '../../src/connector/listings/measures.ts';
import type { StoreMeasures } from '../../src/connector/listings/measures.ts';
import { WAIT_BOUNDS } from '../../src/connector/listings/overview.ts';

/** Measures of a store in which something of everything is. */
export const measuresOfTests = (organizations: readonly string[]): StoreMeasures => ({
  organizations: organizations.map((organization) => ({
    organization,
    readings: [
      {
        source: 'eas',
        name: 'Exchange',
        startedAt: null,
        ageSeconds: null,
        wholeSince: null,
        wholeAgeSeconds: null,
        records: 0,
        isFresh: false,
        failed: null,
      },
    ],
    devices: {
      decision: { block: 2 },
      reason: { 'not-enrolled': 1, 'a reason of a phone': 1 },
      platform: {},
      merged: {},
    },
    waiting: [{ state: 'later', code: 'ERR_APPLY_FAILED', count: 3 }],
    held: { ERR_BRAKE: 4 },
    delays: [{ step: 'mailed', of: { counts: [1, ...WAIT_BOUNDS.map(() => 0)], sum: 5 } }],
  })),
  runs: [{ subject: 'eas', of: { counts: [0, 2, ...RUN_BOUNDS.slice(1).map(() => 0)], sum: 1_500 } }],
  notifiers: [
    { name: 'Mail', verdict: 'failed', mails: { waiting: 1, attention: 2 } },
    { name: 'Mail', verdict: 'unknown', mails: { waiting: 0, attention: 0 } },
  ],
  checks: [
    { name: 'Inside', domain: 'contoso.example', overall: 'healthy', ageSeconds: 60 },
    { name: 'Inside', domain: 'contoso.example', overall: 'broken', ageSeconds: 7_200 },
  ],
});
