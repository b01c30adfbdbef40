/**
 * What is measured of an organization for a monitoring: numbers by code, never by device or person.
 * In: store, clock. Out: numbers. Changes: nothing.
 */
import type { DeviceCounts, Distribution, KeptCheck, Store, WaitingCount } from '../../store/store.ts';
import { RUN_SUBJECTS } from '../keep-run.ts';
import { listPlans } from './list-plans.ts';
import { CHECKS, readingAges, WAIT_BOUNDS } from './overview.ts';
import type { ReadingAge } from './overview.ts';

const DAY_MS = 86_400_000;

/** Up to how many milliseconds a run took. */
export const RUN_BOUNDS = [100, 1_000, 5_000, 30_000, 60_000, 300_000, 900_000, 3_600_000] as const;

/** The steps that somebody waits for. */
const WAITED_FOR = ['mailed', 'allowed'] as const;

/** The measures of one organization; delays are of the last day. */
export interface OrganizationMeasures {
  readonly organization: string;
  readonly readings: readonly ReadingAge[];
  readonly devices: DeviceCounts;
  readonly waiting: readonly WaitingCount[];
  /** Changes that are held, by the code of the plan's reason. */
  readonly held: Readonly<Record<string, number>>;
  readonly delays: readonly { readonly step: (typeof WAITED_FOR)[number]; readonly of: Distribution }[];
}

/** The measures of a store; runs are of the last day, in milliseconds. */
export interface StoreMeasures {
  readonly organizations: readonly OrganizationMeasures[];
  readonly runs: readonly { readonly subject: string; readonly of: Distribution }[];
  readonly notifiers: readonly {
    readonly name: string;
    readonly verdict: 'ready' | 'unknown' | 'failed';
    readonly mails: { readonly waiting: number; readonly attention: number };
  }[];
  readonly checks: readonly (Pick<KeptCheck, 'name' | 'domain' | 'overall'> & { readonly ageSeconds: number })[];
}

/** Everything that is measured of a store. @param now milliseconds since 1970. Errors: ERR_STORE_… */
export async function measuresOf(store: Store, organizations: readonly string[], now: number): Promise<StoreMeasures> {
  const since = new Date(now - DAY_MS).toISOString();
  const measured: OrganizationMeasures[] = [];
  for (const organization of organizations) measured.push(await ofOrganization(store, organization, { since, now }));
  const runs: StoreMeasures['runs'][number][] = [];
  for (const subject of RUN_SUBJECTS)
    runs.push({ subject, of: await store.listings.durations(subject, since, RUN_BOUNDS) });
  const notifiers: StoreMeasures['notifiers'][number][] = [];
  for (const { node, name, verdict } of await store.notifiers.list()) {
    const waiting = await store.mails.count({ notifier: node, states: ['waiting', 'reserved'] });
    const attention = await store.mails.count({ notifier: node, states: ['attention'] });
    notifiers.push({ name, verdict, mails: { waiting, attention } });
  }
  // Those of one name keep their numbers, whichever was made last.
  const kept = (await store.checks.list(CHECKS)).sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const checks = kept.map(({ name, domain, overall, at }) => ({
    name,
    domain,
    overall,
    ageSeconds: Math.max(0, Math.round((now - Date.parse(at)) / 1000)),
  }));
  return { organizations: measured, runs, notifiers, checks };
}

function placeOf({ node, target }: KeptCheck): string {
  return `${node} ${target}`;
}

async function ofOrganization(
  store: Store,
  organization: string,
  { since, now }: { readonly since: string; readonly now: number },
): Promise<OrganizationMeasures> {
  const held: Record<string, number> = {};
  for (const { reason, changes } of await listPlans(store, { organization }))
    held[reason.code] = (held[reason.code] ?? 0) + changes;
  const delays: OrganizationMeasures['delays'][number][] = [];
  for (const step of WAITED_FOR)
    delays.push({ step, of: await store.listings.waits(organization, step, since, WAIT_BOUNDS) });
  return {
    organization,
    readings: await readingAges(store, organization, now),
    devices: await store.devices.counts(organization),
    waiting: await store.listings.waiting(organization),
    held,
    delays,
  };
}
